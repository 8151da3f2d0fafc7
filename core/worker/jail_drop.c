/* SPDX-License-Identifier: Apache-2.0 */
/* jail_drop.c - what a worker gives up of its inheritance: descriptors, environment, user, capabilities, limits. */
#include "config.h"
#include "core/worker/jail_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#define DEFAULT_MAX_FDS 64

static int
is_kept (const struct jail_opts *o, int fd)
{
  if (fd == 2 || fd == o->sock)
    return 1;
  for (size_t i = 0; i < o->n_keep; i++)
    if (o->keep[i] == fd)
      return 1;
  return 0;
}

static int
null_instead (const struct jail_opts *o, int fd, struct err *e)
{
  int null;

  if (is_kept (o, fd))
    return 0;
  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (null == -1)
    return err_errno (e, "cannot open /dev/null");
  if (null != fd && dup2 (null, fd) == -1)
    return err_errno (e, "dup2");
  if (null != fd)
    close (null);
  return 0;
}

/* Closes all that the host may have left open, gap by gap between what stays. */
int
jail_close_fds (const struct jail_opts *o, struct err *e)
{
  int last = o->sock > 2 ? o->sock : 2, fd, from = 3;

  if (null_instead (o, 0, e) == -1 || null_instead (o, 1, e) == -1)
    return -1;
  for (size_t i = 0; i < o->n_keep; i++)
    if (o->keep[i] > last)
      last = o->keep[i];
  for (fd = 3; fd <= last; fd++)
    if (is_kept (o, fd))
      {
        if (from < fd && syscall (SYS_close_range, from, fd - 1, 0) == -1)
          return err_errno (e, "close_range");
        from = fd + 1;
      }
  if (syscall (SYS_close_range, from, ~0u, 0) == -1)
    return err_errno (e, "close_range");
  return 0;
}

/* Wipes the strings, too: the plugins share this memory. */
void
jail_scrub_env (void)
{
  extern char **environ;

  for (char **p = environ; p && *p; p++)
    memset (*p, 0, strlen (*p));
  clearenv ();
  setenv ("LC_ALL", "C", 1);
  setenv ("TZ", "UTC", 1);
}

/* All of them are a second wall behind seccomp: what the machine does not grant is left out. */
void
jail_unshare (struct jail_report *r)
{
  if (geteuid () != 0)
    r->user_ns = unshare (CLONE_NEWUSER) == 0;
  r->net_ns = unshare (CLONE_NEWNET) == 0;
  r->ipc_ns = unshare (CLONE_NEWIPC) == 0;
}

static int
set_caps (uint32_t low)
{
  struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct d[2] = { { .effective = low, .permitted = low } };

  return (int)syscall (SYS_capset, &h, d);
}

void
jail_drop_user (struct jail_report *r, int keep_search)
{
  int root = geteuid () == 0 && !r->user_ns;

  if (root)
    {
      if (keep_search)
        prctl (PR_SET_KEEPCAPS, 1, 0, 0, 0);
      if (setgroups (0, NULL) == 0 && setresgid (NOBODY, NOBODY, NOBODY) == 0
          && setresuid (NOBODY, NOBODY, NOBODY) == 0)
        r->uid = NOBODY;
      else
        {
          size_t n = strlen (r->missing);
          strncat (r->missing, n ? ", change of user" : "change of user", sizeof r->missing - n - 1);
        }
    }
  if (!root || !keep_search || set_caps (1u << CAP_DAC_READ_SEARCH) == -1)
    set_caps (0);
}

int
jail_drop_caps (void)
{
  return set_caps (0);
}

static int
limit (int what, const char *name, rlim_t n, struct err *e)
{
  struct rlimit l = { n, n }, now;

  if (getrlimit (what, &now) == 0 && now.rlim_max < n)
    l.rlim_cur = l.rlim_max = now.rlim_max;
  if (setrlimit (what, &l) == -1)
    return err_errno (e, "setrlimit (%s, %llu)", name, (unsigned long long)n);
  return 0;
}

int
jail_limit (const struct jail_opts *o, struct err *e)
{
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
#ifndef PEN_SANITIZED /* shadow memory is terabytes of address space */
  if (o->as_limit && limit (RLIMIT_AS, "AS", o->as_limit, e) == -1)
    return -1;
#endif
  if (o->cpu_seconds && limit (RLIMIT_CPU, "CPU", o->cpu_seconds, e) == -1)
    return -1;
  if (limit (RLIMIT_NOFILE, "NOFILE", o->max_fds ? o->max_fds : DEFAULT_MAX_FDS, e) == -1
      || limit (RLIMIT_FSIZE, "FSIZE", 0, e) == -1 || limit (RLIMIT_CORE, "CORE", 0, e) == -1
      || limit (RLIMIT_NPROC, "NPROC", 0, e) == -1 || limit (RLIMIT_MEMLOCK, "MEMLOCK", 0, e) == -1
      || limit (RLIMIT_MSGQUEUE, "MSGQUEUE", 0, e) == -1)
    return -1;
  return 0;
}
