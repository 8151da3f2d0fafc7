/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - runs a helper program to its end: no inherited environment, bounded output, a deadline. */
#include "core/host/child.h"

#include "core/base/cleanup.h"
#include "core/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct pump
{
  int fd; /* -1 after its end */
  char *buf;
  size_t n, max;
};

/* In the child, between fork and exec: only async-signal-safe calls. */
static void __attribute__ ((noreturn)) become (const char *const *argv, int in, int out, int errors, pid_t parent)
{
  static char *const no_environment[] = { NULL };
  sigset_t none;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (127);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  if (dup2 (in, 0) == -1 || dup2 (out, 1) == -1 || dup2 (errors, 2) == -1)
    _exit (127);
  close_range (3, ~0u, 0);
  execve (argv[0], (char *const *)argv, no_environment);
  _exit (127);
}

static pid_t
start (const char *const *argv, int in, int *out, int *errors, struct err *e)
{
  CLEANUP_FD int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int o[2], r[2];
  pid_t pid, parent = getpid ();

  if (null == -1)
    return err_errno (e, "cannot open /dev/null");
  if (pipe2 (o, O_CLOEXEC) == -1)
    return err_errno (e, "cannot make a pipe");
  if (pipe2 (r, O_CLOEXEC) == -1)
    {
      err_errno (e, "cannot make a pipe");
      close (o[0]);
      close (o[1]);
      return -1;
    }
  pid = fork ();
  if (pid == 0)
    become (argv, in >= 0 ? in : null, o[1], r[1], parent);
  if (pid == -1)
    err_errno (e, "cannot fork for %s", argv[0]);
  close (o[1]);
  close (r[1]);
  *out = o[0];
  *errors = r[0];
  if (pid == -1)
    {
      close (o[0]);
      close (r[0]);
    }
  return pid;
}

/* Takes what is there; -1 when it is more than may be. */
static int
pump_read (struct pump *p)
{
  ssize_t got = read (p->fd, p->buf + p->n, p->max + 1 - p->n);

  if (got == -1 && (errno == EINTR || errno == EAGAIN))
    return 0;
  if (got <= 0)
    {
      close (p->fd);
      p->fd = -1;
      return 0;
    }
  p->n += (size_t)got;
  return p->n > p->max ? -1 : 0;
}

/* Until both pipes and the process have ended. */
static int
pump_all (struct pump *out, struct pump *errors, int pidfd, int64_t deadline, struct err *e)
{
  bool ended = false;

  while (out->fd >= 0 || errors->fd >= 0 || !ended)
    {
      struct pollfd f[3] = { { out->fd, POLLIN, 0 }, { errors->fd, POLLIN, 0 }, { ended ? -1 : pidfd, POLLIN, 0 } };
      int64_t left = deadline - clock_ns ();
      int n;

      if (left <= 0)
        return err_set (e, "has not ended in time and was killed");
      n = poll (f, 3, (int)(left / 1000000 + 1));
      if (n == -1 && errno != EINTR)
        return err_errno (e, "poll");
      if (n <= 0)
        continue;
      if ((f[0].revents && pump_read (out) == -1) || (f[1].revents && pump_read (errors) == -1))
        return err_set (e, "printed more than %zu bytes and was killed", f[0].revents ? out->max : errors->max);
      ended |= f[2].revents != 0;
    }
  return 0;
}

int
child_run (const char *const *argv, int in, int64_t timeout_ns, size_t out_max, struct child_result *r, struct err *e)
{
  struct pump out = { -1, NULL, 0, out_max }, errors = { -1, NULL, 0, CHILD_ERRORS_MAX };
  int64_t deadline = clock_ns () + timeout_ns;
  CLEANUP_FD int pidfd = -1;
  int rc, status;
  pid_t pid;

  if (access (argv[0], X_OK) == -1)
    return err_errno (e, "cannot run %s", argv[0]);
  pid = start (argv, in, &out.fd, &errors.fd, e);
  if (pid == -1)
    return -1;
  out.buf = xmalloc (out_max + 2);
  errors.buf = xmalloc (CHILD_ERRORS_MAX + 2);
  pidfd = pidfd_open (pid, 0);
  rc = pidfd == -1 ? err_errno (e, "pidfd_open") : pump_all (&out, &errors, pidfd, deadline, e);
  if (rc == -1)
    {
      err_prefix (e, "%s", argv[0]);
      kill (pid, SIGKILL);
    }
  while (waitpid (pid, &status, 0) == -1 && errno == EINTR)
    continue;
  if (out.fd >= 0)
    close (out.fd);
  if (errors.fd >= 0)
    close (errors.fd);
  out.buf[out.n] = errors.buf[errors.n] = '\0';
  *r = (struct child_result){ status, out.buf, out.n, errors.buf, errors.n };
  if (rc == -1)
    child_result_fini (r);
  return rc;
}

void
child_result_fini (struct child_result *r)
{
  free (r->out);
  free (r->errors);
  memset (r, 0, sizeof *r);
}
