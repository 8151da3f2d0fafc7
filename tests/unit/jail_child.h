/* SPDX-License-Identifier: Apache-2.0 */
/* jail_child.h - runs something in a jailed child of its own and takes what it left: its status, and the denial it told. */
#ifndef TEST_JAIL_CHILD_H
#define TEST_JAIL_CHILD_H
#include "core/worker/jail.h"

#include <CUnit/Basic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 20000
#define CHILD_OK 0
#define CHILD_UNDENIED 90
#define CHILD_NO_JAIL 91
#define CHILD_FAILED 92

/* What a child of its own left behind. */
struct end
{
  int status;
  int told; /* 1: d is what it said */
  struct jail_denial d;
};

static void
tell (const struct jail_denial *d, void *ctx)
{
  if (send (*(int *)ctx, d, sizeof *d, MSG_NOSIGNAL) != sizeof *d)
    _exit (CHILD_NO_JAIL);
}

/* Runs act() in a fresh child behind `stage` stages of the jail; act returns the exit status. */
static const char *const *read_dirs;
static struct end
in_jail (int stage, int (*act) (int sock, long arg), long arg)
{
  struct end end = { .status = -1 };
  pid_t parent = getpid (), pid;
  int pair[2];

  CU_ASSERT_FATAL (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
  fflush (stdout);
  pid = fork ();
  CU_ASSERT_FATAL (pid != -1);
  if (pid == 0)
    {
      struct jail_report r;
      struct err e = { 0 };
      struct jail_opts o = { .mode = JAIL_ENFORCE,
                             .parent = parent,
                             .sock = pair[1],
                             .as_limit = 512u << 20,
                             .cpu_seconds = 20,
                             .read_dirs = read_dirs,
                             .denied = tell,
                             .ctx = &pair[1] };

      alarm (20);
      if (jail_enter (&o, &r, &e) == -1 || (stage == 2 && jail_lock (&r, &e) == -1))
        {
          dprintf (2, "%s\n", e.text);
          _exit (CHILD_NO_JAIL);
        }
      _exit (act (pair[1], arg));
    }
  close (pair[1]);
  struct pollfd p = { .fd = pair[0], .events = POLLIN };
  CU_ASSERT_FATAL (poll (&p, 1, DEADLINE_MS) == 1);
  struct jail_denial d;
  ssize_t n = recv (pair[0], &d, sizeof d, MSG_DONTWAIT);
  end.told = n > 0 && jail_denial_read (&end.d, &d, (size_t)n) == 0;
  CU_ASSERT_FATAL (waitpid (pid, &end.status, 0) == pid);
  close (pair[0]);
  return end;
}

static int
is_denied (const struct end *end, int nr, const char *what)
{
  char name[64];

  if (WIFSIGNALED (end->status) && WTERMSIG (end->status) == SIGSYS && end->told && end->d.nr == nr)
    return 1;
  fprintf (stderr, "%s: status 0x%x, told %d: %s\n", what, end->status, end->told,
           end->told ? jail_syscall_name (end->d.nr, name, sizeof name) : "nothing");
  return 0;
}
#endif
