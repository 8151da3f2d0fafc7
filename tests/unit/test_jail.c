/* SPDX-License-Identifier: Apache-2.0 */
/* test_jail.c - every forbidden thing is tried in a child of its own and must end it by SIGSYS, told by name. */
#include "config.h"
#include "core/worker/jail.h"
#include "core/base/cleanup.h"
#include "tests/unit/jail_child.h"

#include <CUnit/Basic.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The second list, written down apart from jail_seccomp.c: a call that joins that list by accident fails here. */
static const char *const may[] = {
  "read",
  "readv",
  "pread64",
  "preadv",
  "lseek",
  "fstat",
  "poll",
  "brk",
  "munmap",
  "mremap",
  "clock_gettime",
  "clock_getres",
  "gettimeofday",
  "time",
  "getpid",
  "gettid",
  "getppid",
  "getrusage",
  "getcpu",
  "getrandom",
  "futex",
  "sched_yield",
  "restart_syscall",
  "exit",
  "exit_group",
  /* with some arguments only, tried one by one below */
  "write",
  "writev",
  "sendmsg",
  "recvmsg",
  "sendto",
  "recvfrom",
  "ppoll",
  "close",
  "fcntl",
  "mmap",
  "mprotect",
  "madvise",
  "rt_sigprocmask",
  "tgkill",
  "prlimit64",
#ifdef PEN_SANITIZED
  "sigaltstack",
  "rt_sigreturn",
  "nanosleep",
  "clock_nanosleep",
  "mincore",
#endif
};

static int
is_allowed (int nr)
{
  for (size_t i = 0; i < sizeof may / sizeof *may; i++)
    if (seccomp_syscall_resolve_name (may[i]) == nr)
      return 1;
  return 0;
}

/* ---- every number ---- */

static int
call_number (int sock, long nr)
{
  (void)sock;
  return syscall (nr, 0, 0, 0, 0, 0, 0) == -1 ? CHILD_FAILED : CHILD_UNDENIED;
}

/* x86-64 kernels since 6.12 answer uretprobe and uprobe before they ask any filter: they are of use only to the
 * kernel's own probe trampolines and fail, or end the process by SIGILL, everywhere else. */
static int
is_out_of_reach (int nr, const struct end *end)
{
#if defined(__x86_64__)
  if (nr == 335 || nr == 336)
    return (WIFSIGNALED (end->status) && WTERMSIG (end->status) == SIGILL)
           || (WIFEXITED (end->status) && WEXITSTATUS (end->status) == CHILD_FAILED);
#endif
  (void)nr, (void)end;
  return 0;
}

static void
every_number_not_allowed_is_denied_and_told (void)
{
  int tried = 0, denied = 0, beyond = 0;
  char what[32];

  for (int nr = 0; nr <= 600; nr++)
    {
      if (is_allowed (nr))
        continue;
      struct end end = in_jail (2, call_number, nr);
      snprintf (what, sizeof what, "number %d", nr);
      tried++;
      if (is_out_of_reach (nr, &end))
        beyond++;
      else
        denied += is_denied (&end, nr, what);
    }
  printf (" %d of %d numbers denied and told by name, %d fail before any filter ", denied, tried, beyond);
  CU_ASSERT (tried > 500);
  CU_ASSERT_EQUAL (denied + beyond, tried);
}

/* ---- the classes of attack, with arguments that would work ---- */

static int
try_open (int sock, long arg)
{
  (void)sock;
  return open ("/etc/passwd", (int)arg) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_creat (int sock, long arg)
{
  (void)sock, (void)arg;
  return open ("/tmp/penstock-jail-test", O_CREAT | O_WRONLY, 0600) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_socket (int sock, long arg)
{
  (void)sock;
  return socket ((int)arg, SOCK_STREAM, 0) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_connect (int sock, long arg)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };
  (void)arg;
  return connect (sock, (struct sockaddr *)&a, sizeof a) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_fork (int sock, long arg)
{
  (void)sock, (void)arg;
  pid_t p = fork ();
  if (p == 0)
    _exit (0);
  return p == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_exec (int sock, long arg)
{
  char name[] = "/bin/true", *argv[] = { name, NULL }, *env[] = { NULL };
  (void)sock, (void)arg;
  execve (argv[0], argv, env);
  return CHILD_OK;
}
static int
try_kill (int sock, long arg)
{
  pid_t self = getpid ();
  (void)sock, (void)arg;
  if (self <= 1) /* never kill (-1), whatever the jail made of getpid */
    return CHILD_NO_JAIL;
  return kill (self, 0) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_tgkill_other_signal (int sock, long arg)
{
  (void)sock, (void)arg;
  return syscall (SYS_tgkill, getpid (), gettid (), SIGSTOP) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_exec_memory (int sock, long arg)
{
  (void)sock, (void)arg;
  return mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
             ? CHILD_OK
             : CHILD_UNDENIED;
}
static int
try_exec_protect (int sock, long arg)
{
  void *p = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  (void)sock, (void)arg;
  return mprotect (p, 4096, PROT_READ | PROT_EXEC) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_hide_sigsys (int sock, long arg)
{
  sigset_t s;
  (void)sock, (void)arg;
  sigemptyset (&s);
  sigaddset (&s, SIGSYS);
  return sigprocmask (SIG_BLOCK, &s, NULL) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_replace_handler (int sock, long arg)
{
  const unsigned long ignore[8] = { 1 }; /* SIG_IGN, as the kernel has it; signal() may end in a sanitizer */
  (void)sock, (void)arg;
  return syscall (SYS_rt_sigaction, SIGSYS, ignore, NULL, 8) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_write_elsewhere (int sock, long arg)
{
  (void)sock;
  return write ((int)arg, "x", 1) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_close (int sock, long arg)
{
  return close (arg < 0 ? sock : (int)arg) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_dup (int sock, long arg)
{
  (void)arg;
  return fcntl (sock, F_DUPFD, 10) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_raise_limit (int sock, long arg)
{
  struct rlimit l = { 1 << 20, 1 << 20 };
  (void)sock, (void)arg;
  return setrlimit (RLIMIT_NOFILE, &l) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_poll_masked (int sock, long arg)
{
  sigset_t s;
  struct pollfd p = { .fd = sock, .events = POLLOUT };
  (void)arg;
  sigfillset (&s);
  return ppoll (&p, 1, NULL, &s) == -1 ? CHILD_OK : CHILD_UNDENIED;
}
static int
try_dlopen (int sock, long arg)
{
  (void)sock, (void)arg;
  return dlopen ("libBrokenLocale.so.1", RTLD_NOW | RTLD_LOCAL) ? CHILD_UNDENIED : CHILD_OK;
}

struct attempt
{
  const char *what;
  int (*act) (int, long);
  long arg;
  int nr;
};

static void
attempts_are_denied (int stage, const struct attempt *a, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      struct end end = in_jail (stage, a[i].act, a[i].arg);
      CU_ASSERT (is_denied (&end, a[i].nr, a[i].what));
    }
}

static const struct attempt always[] = {
  { "creat", try_creat, 0, SYS_openat },
  { "socket unix", try_socket, AF_UNIX, SYS_socket },
  { "socket inet", try_socket, AF_INET, SYS_socket },
  { "socket netlink", try_socket, AF_NETLINK, SYS_socket },
  { "connect", try_connect, 0, SYS_connect },
  { "fork", try_fork, 0, SYS_clone },
  { "exec", try_exec, 0, SYS_execve },
  { "kill", try_kill, 0, SYS_kill },
  { "stop oneself", try_tgkill_other_signal, 0, SYS_tgkill },
  { "writable code", try_exec_memory, 0, SYS_mmap },
  { "memory made code", try_exec_protect, 0, SYS_mprotect },
  { "block SIGSYS", try_hide_sigsys, 0, SYS_rt_sigprocmask },
  { "ignore SIGSYS", try_replace_handler, 0, SYS_rt_sigaction },
  { "write to 0", try_write_elsewhere, 0, SYS_write },
  { "write to 63", try_write_elsewhere, 63, SYS_write },
  { "close the socket", try_close, -1, SYS_close },
  { "close stderr", try_close, 2, SYS_close },
  { "duplicate the socket", try_dup, 0, SYS_fcntl },
  { "raise a limit", try_raise_limit, 0, SYS_prlimit64 },
  { "poll behind a mask", try_poll_masked, 0, SYS_ppoll },
};
static const struct attempt locked_only[] = {
  { "open", try_open, O_RDONLY, SYS_openat },
  { "dlopen", try_dlopen, 0, SYS_openat },
};

static void
attacks_are_denied_while_loading (void)
{
  attempts_are_denied (1, always, sizeof always / sizeof *always);
}
static void
attacks_are_denied_under_the_lock (void)
{
  attempts_are_denied (2, always, sizeof always / sizeof *always);
  attempts_are_denied (2, locked_only, sizeof locked_only / sizeof *locked_only);
}

/* ---- what must work ---- */

static int
work (int sock, long fd)
{
  char text[16], c[CMSG_SPACE (sizeof (int))];
  struct iovec v = { text, sizeof text };
  struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c };
  struct timespec t;
  char *p = malloc (64u << 20);

  if (!p)
    return 1;
  memset (p, 1, 64u << 20);
  p = realloc (p, 100u << 20);
  if (!p || p[12345678] != 1)
    return 2;
  free (p);
  if (pread ((int)fd, text, 5, 0) != 5 || memcmp (text, "input", 5) != 0)
    return 3;
  if (clock_gettime (CLOCK_MONOTONIC, &t) == -1 || syscall (SYS_clock_gettime, CLOCK_REALTIME, &t) == -1)
    return 4;
  memcpy (text, "hello", 5);
  v.iov_len = 5;
  m.msg_control = NULL;
  m.msg_controllen = 0;
  if (sendmsg (sock, &m, 0) != 5)
    return 5;
  /* the standard library in its usual moods */
  char line[64];
  snprintf (line, sizeof line, "%s %.3f %d", strerror (ENOENT), 3.25, 7);
  if (strcmp (line, "No such file or directory 3.250 7") != 0)
    return 6;
  time_t now = 0;
  struct tm tm;
  if (!localtime_r (&now, &tm) || tm.tm_hour != 0)
    return 7;
  int *big = calloc (1 << 20, sizeof *big);
  for (int i = 0; i < 1 << 20; i++)
    big[i] = i ^ 0x5555;
  qsort (big, 1 << 20, sizeof *big, (int (*) (const void *, const void *))strcmp);
  free (big);
  printf ("%s", "");
  char *mem = NULL;
  size_t mem_n;
  FILE *f = open_memstream (&mem, &mem_n);
  if (!f || fprintf (f, "x") != 1 || fclose (f) != 0 || strcmp (mem, "x") != 0)
    return 8;
  free (mem);
  return CHILD_OK;
}

/* The jail closes what it was not told to keep, so this child is made by hand. */
static void
work_goes_on (void)
{
  for (int stage = 1; stage <= 2; stage++)
    {
      int in = memfd_create ("input", MFD_CLOEXEC), pair[2], status;
      struct stat host, now;
      pid_t parent = getpid (), pid;
      char got[16] = "";

      CU_ASSERT_FATAL (in != -1 && write (in, "input", 5) == 5);
      CU_ASSERT_FATAL (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
      CU_ASSERT_FATAL (fstat (pair[0], &host) == 0);
      fflush (stdout);
      pid = fork ();
      CU_ASSERT_FATAL (pid != -1);
      if (pid == 0)
        {
          struct jail_report r;
          struct err e = { 0 };
          struct jail_opts o = {
            .parent = parent, .sock = pair[1], .keep = (int[]){ 1, in }, .n_keep = 2, .denied = tell, .ctx = &pair[1]
          };
          alarm (20);
          if (jail_enter (&o, &r, &e) == -1)
            _exit (CHILD_NO_JAIL);
          /* The host's end was not among those to keep; a sanitizer may have opened something else at its number. */
          if (fstat (pair[0], &now) == 0 && now.st_ino == host.st_ino && now.st_dev == host.st_dev)
            _exit (CHILD_UNDENIED);
          if (stage == 2 && jail_lock (&r, &e) == -1)
            _exit (CHILD_NO_JAIL);
          _exit (work (pair[1], in));
        }
      close (pair[1]);
      CU_ASSERT (recv (pair[0], got, sizeof got, 0) == 5 && strcmp (got, "hello") == 0);
      CU_ASSERT_FATAL (waitpid (pid, &status, 0) == pid);
      CU_ASSERT (WIFEXITED (status) && WEXITSTATUS (status) == CHILD_OK);
      if (!WIFEXITED (status) || WEXITSTATUS (status))
        fprintf (stderr, "stage %d: status 0x%x\n", stage, status);
      close (pair[0]);
      close (in);
    }
}

static int
load_library (int sock, long arg)
{
  (void)sock, (void)arg;
  return dlopen ("libBrokenLocale.so.1", RTLD_NOW | RTLD_LOCAL) ? CHILD_OK : 3;
}
static int
abort_now (int sock, long arg)
{
  (void)sock, (void)arg;
  abort ();
}
static int
too_much_memory (int sock, long arg)
{
  (void)sock;
  return mmap (NULL, (size_t)arg, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
             ? CHILD_OK
             : CHILD_UNDENIED;
}

static void
libraries_load_in_the_first_stage (void)
{
  struct end end = in_jail (1, load_library, 0);
  CU_ASSERT (WIFEXITED (end.status) && WEXITSTATUS (end.status) == CHILD_OK);
}

static void
other_files_are_closed_in_the_first_stage (void)
{
  struct end end;

  if (syscall (SYS_landlock_create_ruleset, NULL, 0, 1) <= 0)
    {
      printf (" (no Landlock on this kernel: reading is not confined while loading) ");
      return;
    }
  end = in_jail (1, try_open, O_RDONLY);
  CU_ASSERT (WIFEXITED (end.status) && WEXITSTATUS (end.status) == CHILD_OK);
}

/* ---- plugins that act while they are loaded ---- */

static const char *plugin;

static int
load_plugin (int sock, long arg)
{
  (void)sock, (void)arg;
  if (dlopen (plugin, RTLD_NOW | RTLD_LOCAL))
    return CHILD_OK;
  dprintf (2, "%s\n", dlerror ());
  return 3;
}

static void
constructors_are_caught_and_blamed (void)
{
  static const char *const dirs[] = { TEST_PLUGINS, NULL };
  static const struct
  {
    const char *path;
    int nr;
    const char *said;
  } cases[] = {
    { TEST_PLUGINS "/ctor_socket.so", SYS_socket, "denied socket at ctor_socket.so+0x" },
    { TEST_PLUGINS "/ctor_write.so", SYS_openat, "denied openat at ctor_write.so+0x" },
    { TEST_PLUGINS "/ctor_exec.so", SYS_execve, "denied execve at ctor_exec.so+0x" },
  };
  char text[256];

  read_dirs = dirs;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      plugin = cases[i].path;
      struct end end = in_jail (1, load_plugin, 0);
      CU_ASSERT (is_denied (&end, cases[i].nr, plugin));
      CU_ASSERT_FATAL (end.told);
      jail_denial_text (&end.d, text, sizeof text);
      CU_ASSERT (strncmp (text, cases[i].said, strlen (cases[i].said)) == 0);
      CU_ASSERT (end.d.stage == 1);
    }
  plugin = TEST_PLUGINS "/hostile.so";
  struct end end = in_jail (1, load_plugin, 0);
  CU_ASSERT (WIFEXITED (end.status) && WEXITSTATUS (end.status) == CHILD_OK);
  read_dirs = NULL;
}

static void
an_abort_is_an_abort (void)
{
  struct end end = in_jail (2, abort_now, 0);
  CU_ASSERT (WIFSIGNALED (end.status) && WTERMSIG (end.status) == SIGABRT);
}

static void
address_space_is_bounded (void)
{
#ifndef PEN_SANITIZED
  struct end end = in_jail (2, too_much_memory, 600L << 20);
  CU_ASSERT (WIFEXITED (end.status) && WEXITSTATUS (end.status) == CHILD_OK);
#endif
  struct end small = in_jail (2, too_much_memory, 16L << 20);
  CU_ASSERT (WIFEXITED (small.status) && WEXITSTATUS (small.status) == CHILD_UNDENIED);
}

int
main (void)
{
  CU_pSuite s;
  unsigned failures;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("jail", NULL, NULL);
  CU_ADD_TEST (s, work_goes_on);
  CU_ADD_TEST (s, libraries_load_in_the_first_stage);
  CU_ADD_TEST (s, other_files_are_closed_in_the_first_stage);
  CU_ADD_TEST (s, attacks_are_denied_while_loading);
  CU_ADD_TEST (s, attacks_are_denied_under_the_lock);
  CU_ADD_TEST (s, constructors_are_caught_and_blamed);
  CU_ADD_TEST (s, an_abort_is_an_abort);
  CU_ADD_TEST (s, address_space_is_bounded);
  CU_ADD_TEST (s, every_number_not_allowed_is_denied_and_told);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  failures = CU_get_number_of_failures ();
  CU_cleanup_registry ();
  return failures != 0;
}
