/* SPDX-License-Identifier: Apache-2.0 */
/* jail.c - the order in which a worker's walls go up. */
#include "config.h"
#include "core/worker/jail_parts.h"
#include "core/base/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* A process has one jail; stage 2 is prepared with stage 1, when everything is still allowed. */
static struct
{
  int entered, ruleset;
  enum jail_mode mode;
  struct sock_fprog lock;
} jail = { .ruleset = -1 };

#ifdef PEN_SANITIZED
/* A sanitizer's report would open files to name functions, its leak check would ptrace: both are denied. A crash is left
 * to the kernel, so that the host sees the signal. */
const char *__asan_default_options (void);
const char *__tsan_default_options (void);
const char *
__asan_default_options (void)
{
  return "symbolize=0:color=never:detect_leaks=0:handle_abort=0:handle_segv=0:handle_sigbus=0";
}
const char *
__tsan_default_options (void)
{
  return "symbolize=0:color=never";
}
#endif

static void
lacks (struct jail_report *r, const char *what)
{
  size_t n = strlen (r->missing);

  snprintf (r->missing + n, sizeof r->missing - n, "%s%s", n ? ", " : "", what);
}

static int
compare_bytes (const void *a, const void *b)
{
  return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* What the C library looks up once and keeps: under the lock these would be denied calls (qsort asks for the machine's
 * memory, stdout for its kind) or silently other results (time zone). */
static void
warm_up (void)
{
  static char out[512];
  unsigned char bytes[4096] = { 1 };

  qsort (bytes, sizeof bytes, 1, compare_bytes);
  setvbuf (stdout, out, _IOLBF, sizeof out);
  tzset ();
}

/* In ENFORCE mode the error goes up; else it is noted. */
static int
need (struct jail_report *r, const char *what, const struct err *why, struct err *e)
{
  if (jail.mode == JAIL_BEST_EFFORT)
    {
      lacks (r, what);
      return 0;
    }
  err_set (e, "cannot lock up the worker: %s; write jail = \"best-effort\" to run without", why->text);
  if (e)
    e->code = why->code;
  return -1;
}

/* The host's end is this process's end. After the change of user, which resets it. */
static int
die_with_parent (pid_t parent, struct err *e)
{
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) == -1)
    return err_errno (e, "prctl (PR_SET_PDEATHSIG)");
  if (parent && getppid () != parent)
    return err_set (e, "the host (process %d) has gone", (int)parent);
  if (prctl (PR_SET_DUMPABLE, 0) == -1)
    return err_errno (e, "prctl (PR_SET_DUMPABLE)");
  return 0;
}

static int
landlock_prepare (const struct jail_opts *o, struct jail_report *r, int *first, struct err *e)
{
  static const char *const libraries[] = {
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo", NULL
  };

  *first = -1;
  r->landlock_abi = jail_landlock_abi ();
  if (!r->landlock_abi)
    {
      lacks (r, "Landlock");
      return 0;
    }
  *first = jail_landlock_make (r->landlock_abi, libraries, o->read_dirs, e);
  if (*first == -1)
    return -1;
  jail.ruleset = jail_landlock_make (r->landlock_abi, NULL, NULL, e);
  return jail.ruleset == -1 ? -1 : 0;
}

static void
no_writable_code (struct jail_report *r)
{
#ifndef PEN_SANITIZED
  r->mdwe = prctl (PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
  if (!r->mdwe)
    lacks (r, "memory-deny-write-execute");
#else
  (void)r;
#endif
}

static int
load_filter (const struct sock_fprog *p, struct jail_report *r, struct err *e)
{
  struct err why;

  r->seccomp = jail_seccomp_load (p) == 0;
  if (r->seccomp)
    return 0;
  err_errno (&why, "the kernel refuses seccomp");
  return need (r, "seccomp", &why, e);
}

int
jail_enter (const struct jail_opts *o, struct jail_report *r, struct err *e)
{
  CLEANUP_FD int first = -1;
  CLEANUP_FREE void *code = NULL;
  struct sock_fprog prog;
  struct err why;

  memset (r, 0, sizeof *r);
  r->uid = -1;
  jail.mode = o->mode;
  jail_scrub_env ();
  warm_up ();
  if (jail_close_fds (o, e) == -1 || jail_seccomp_build (1, o->sock, &prog, e) == -1)
    return -1;
  code = prog.filter;
  if (jail_seccomp_build (2, o->sock, &jail.lock, e) == -1 || landlock_prepare (o, r, &first, e) == -1)
    return -1;
  jail_unshare (r);
  if (!r->net_ns)
    lacks (r, "network namespace");
  jail_drop_user (r, r->landlock_abi > 0);
  if (jail_limit (o, &why) == -1 && need (r, "resource limits", &why, e) == -1)
    return -1;
  if (die_with_parent (o->parent, e) == -1)
    return -1;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
    {
      err_errno (&why, "the kernel refuses no_new_privs");
      if (need (r, "no_new_privs", &why, e) == -1)
        return -1;
    }
  no_writable_code (r);
  if (first != -1 && jail_landlock_apply (first) == -1)
    return err_errno (e, "landlock_restrict_self");
  if (jail_trap_install (o->denied, o->ctx, o->read_dirs, e) == -1 || load_filter (&prog, r, e) == -1)
    return -1;
  jail.entered = 1;
  return 0;
}

int
jail_lock (struct jail_report *r, struct err *e)
{
  if (!jail.entered)
    return err_set (e, "jail_lock before jail_enter");
  if (jail_drop_caps () == -1)
    return err_errno (e, "cannot drop the last capability");
  if (jail.ruleset != -1 && jail_landlock_apply (jail.ruleset) == -1)
    return err_errno (e, "landlock_restrict_self");
  if (jail.ruleset != -1)
    close (steal_fd (&jail.ruleset));
  jail_trap_stage (2);
  if (r->seccomp && load_filter (&jail.lock, r, e) == -1)
    return -1;
  free (jail.lock.filter);
  jail.lock.filter = NULL;
  jail.entered = 0;
  return 0;
}

const char *
jail_report_text (const struct jail_report *r, char *buf, size_t cap)
{
  char landlock[32] = "", uid[32] = "";

  if (r->landlock_abi)
    snprintf (landlock, sizeof landlock, ", Landlock ABI %d", r->landlock_abi);
  if (r->uid != -1)
    snprintf (uid, sizeof uid, ", uid %d", r->uid);
  snprintf (buf, cap, "%s%s%s%s%s%s%s%s%s", r->seccomp ? "seccomp" : "no seccomp", landlock,
            r->mdwe ? ", no writable code" : "", r->net_ns ? ", network namespace" : "",
            r->ipc_ns ? ", ipc namespace" : "", r->user_ns ? ", user namespace" : "", uid,
            r->missing[0] ? "; missing: " : "", r->missing);
  return buf;
}
