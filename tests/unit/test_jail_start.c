/* SPDX-License-Identifier: Apache-2.0 */
/* test_jail_start.c - where the jail cannot be entered, whose death ends a worker, and how denials and reports are worded. */
#include "config.h"
#include "core/worker/jail.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_NO_JAIL 91

/* A filter of the test's own: seccomp(2) answers EINVAL, as on a kernel built without. */
static int
forbid_seccomp (void)
{
  struct sock_filter f[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog p = { sizeof f / sizeof *f, f };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == 0;
}

static int
without_seccomp (enum jail_mode mode, char *said, size_t cap)
{
  int pipefd[2], status;
  pid_t parent = getpid (), pid;
  ssize_t n;

  CU_ASSERT_FATAL (pipe (pipefd) == 0);
  fflush (stdout);
  pid = fork ();
  CU_ASSERT_FATAL (pid != -1);
  if (pid == 0)
    {
      struct jail_report r;
      struct err e = { 0 };
      struct jail_opts o = { .mode = mode, .parent = parent, .sock = pipefd[1] };
      char text[512];

      if (!forbid_seccomp ())
        _exit (CHILD_NO_JAIL);
      if (jail_enter (&o, &r, &e) == -1)
        {
          dprintf (pipefd[1], "%s", e.text);
          _exit (3);
        }
      if (jail_lock (&r, &e) == -1)
        _exit (4);
      dprintf (pipefd[1], "%s", jail_report_text (&r, text, sizeof text));
      _exit (0);
    }
  close (pipefd[1]);
  n = read (pipefd[0], said, cap - 1);
  said[n > 0 ? n : 0] = 0;
  close (pipefd[0]);
  CU_ASSERT_FATAL (waitpid (pid, &status, 0) == pid);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static void
a_kernel_without_seccomp (void)
{
  char said[1024];

  CU_ASSERT_EQUAL (without_seccomp (JAIL_ENFORCE, said, sizeof said), 3);
  CU_ASSERT (strstr (said, "the kernel refuses seccomp: Invalid argument") != NULL);
  CU_ASSERT (strstr (said, "best-effort") != NULL);
  CU_ASSERT_EQUAL (without_seccomp (JAIL_BEST_EFFORT, said, sizeof said), 0);
  CU_ASSERT (strncmp (said, "no seccomp", 10) == 0);
  CU_ASSERT (strstr (said, "missing: ") && strstr (strstr (said, "missing: "), "seccomp"));
}

static void
the_wrong_parent_is_told (void)
{
  int status;
  pid_t pid;

  fflush (stdout);
  pid = fork ();
  CU_ASSERT_FATAL (pid != -1);
  if (pid == 0)
    {
      struct jail_report r;
      struct err e = { 0 };
      struct jail_opts o = { .parent = getpid (), .sock = -1 };
      _exit (jail_enter (&o, &r, &e) == -1 && strstr (e.text, "has gone") ? 0 : 1);
    }
  CU_ASSERT_FATAL (waitpid (pid, &status, 0) == pid);
  CU_ASSERT (WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

/* A jailed grandchild waits on a pipe that nobody writes to; its host, our child, is killed: then it must end, too,
 * which closes the pipe's other end that only it holds. */
static void
death_of_the_host_is_death_of_the_worker (void)
{
  int pair[2], status;
  pid_t host;
  char c;

  CU_ASSERT_FATAL (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
  fflush (stdout);
  host = fork ();
  CU_ASSERT_FATAL (host != -1);
  if (host == 0)
    {
      pid_t self = getpid ();
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      if (fork () == 0)
        {
          struct jail_report r;
          struct err e = { 0 };
          struct jail_opts o = { .parent = self, .sock = pair[1] };
          if (jail_enter (&o, &r, &e) == -1 || jail_lock (&r, &e) == -1)
            _exit (1);
          if (write (pair[1], "r", 1) == 1)
            (void)!read (pair[1], &c, 1);
          _exit (0);
        }
      close (pair[0]);
      close (pair[1]);
      pause ();
      _exit (0);
    }
  close (pair[1]);
  CU_ASSERT (read (pair[0], &c, 1) == 1 && c == 'r');
  CU_ASSERT_FATAL (host > 1 && kill (host, SIGKILL) == 0);
  CU_ASSERT_FATAL (waitpid (host, &status, 0) == host);
  struct pollfd p = { .fd = pair[0], .events = POLLIN };
  CU_ASSERT (poll (&p, 1, 1000) == 1); /* within a second */
  CU_ASSERT (read (pair[0], &c, 1) == 0);
  close (pair[0]);
}

static void
denials_are_checked_and_worded (void)
{
  struct jail_denial d = { .magic = JAIL_DENIAL_MAGIC, .nr = SYS_openat, .site = 0x1234, .ip = 0x99 }, got;
  char text[256];

  strcpy (d.module, "acme.so");
  strcpy (d.at, "libc\x1b.so");
  CU_ASSERT_EQUAL (jail_denial_read (&got, &d, sizeof d), 0);
  CU_ASSERT_STRING_EQUAL (jail_denial_text (&got, text, sizeof text),
                          "denied openat at acme.so+0x1234 (in libc?.so+0x99)");
  CU_ASSERT_EQUAL (jail_denial_read (&got, &d, sizeof d - 1), -1);
  memset (d.at, 'x', sizeof d.at);
  CU_ASSERT_EQUAL (jail_denial_read (&got, &d, sizeof d), -1);
  CU_ASSERT_STRING_EQUAL (jail_syscall_name (100000, text, sizeof text), "syscall 100000");
}

static void
the_report_says_what_holds (void)
{
  struct jail_report r = { .seccomp = 1, .landlock_abi = 7, .uid = 65534, .missing = "network namespace" };
  char text[256];

  CU_ASSERT_STRING_EQUAL (jail_report_text (&r, text, sizeof text),
                          "seccomp, Landlock ABI 7, uid 65534; missing: network namespace");
}

int
main (void)
{
  CU_pSuite s;
  unsigned failures;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("jail, start and end", NULL, NULL);
  CU_ADD_TEST (s, denials_are_checked_and_worded);
  CU_ADD_TEST (s, the_report_says_what_holds);
  CU_ADD_TEST (s, a_kernel_without_seccomp);
  CU_ADD_TEST (s, the_wrong_parent_is_told);
  CU_ADD_TEST (s, death_of_the_host_is_death_of_the_worker);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  failures = CU_get_number_of_failures ();
  CU_cleanup_registry ();
  return failures != 0;
}
