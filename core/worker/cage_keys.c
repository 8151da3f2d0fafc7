/* SPDX-License-Identifier: Apache-2.0 */
/* cage_keys.c - the cage of a keyholder: programs may run in it, but nothing gets out except through the host's socket. */
#include "core/worker/cage.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/worker/jail_parts.h"

static const char *const programs[] = { "/bin", "/lib", "/lib64", "/usr", NULL };
/* What the C library opens by itself. */
static const char *const files[] = {
  "/etc/ld.so.cache", "/etc/passwd",  "/etc/nsswitch.conf", "/etc/localtime", "/etc/gcrypt", "/etc/ssl",
  "/dev/null",        "/dev/urandom", "/proc/self",         "/proc/sys",      NULL
};

/* Whatever could reach other processes or the network; the rest is the kernel's files, which Landlock and RLIMIT_FSIZE keep. */
static const char *const denied[] = { "ptrace",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "pidfd_getfd",
                                      "bpf",
                                      "keyctl",
                                      "add_key",
                                      "request_key",
                                      "io_uring_setup",
                                      "userfaultfd",
                                      "kcmp",
                                      "perf_event_open",
                                      "mount",
                                      "unshare",
                                      "setns",
                                      "name_to_handle_at",
                                      "open_by_handle_at",
                                      "mq_open",
                                      "shmget",
                                      "msgget",
                                      NULL };

int
cage_harden (pid_t parent)
{
  struct rlimit none = { 0, 0 };

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (parent && getppid () != parent)
    return -1;
  prctl (PR_SET_DUMPABLE, 0);
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  setrlimit (RLIMIT_CORE, &none);
  return 0;
}

static int
deny (scmp_filter_ctx f, const char *name, unsigned n, const struct scmp_arg_cmp *args)
{
  int nr = seccomp_syscall_resolve_name (name);
  int rc = nr < 0 ? 0 : seccomp_rule_add_array (f, SCMP_ACT_ERRNO (EPERM), nr, n, args);

  return rc == -EEXIST ? 0 : rc;
}

static int
filter (struct err *e)
{
  const struct scmp_arg_cmp not_unix = SCMP_CMP (0, SCMP_CMP_NE, AF_UNIX);
  scmp_filter_ctx f = seccomp_init (SCMP_ACT_ALLOW);
  int rc = f ? deny (f, "socket", 1, &not_unix) : -ENOMEM;

  for (const char *const *name = denied; *name && rc == 0; name++)
    rc = deny (f, *name, 0, NULL);
  if (rc == 0)
    rc = seccomp_load (f);
  if (f)
    seccomp_release (f);
  if (rc == 0)
    return 0;
  errno = -rc;
  return err_errno (e, "cannot lock up the keyholder: the kernel refuses seccomp");
}

int
cage_enter_keyholder (const char *const *reads, const char *dir, struct err *e)
{
  const struct rlimit nothing = { 0, 0 };
  int abi = jail_landlock_abi ();
  const char *all[sizeof files / sizeof *files + 64];
  CLEANUP_FD int ruleset = -1;
  size_t n = 0;

  for (const char *const *p = files; *p; p++)
    all[n++] = *p;
  for (; *reads && n + 1 < sizeof all / sizeof *all; reads++)
    all[n++] = *reads;
  all[n] = NULL;
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  if (setrlimit (RLIMIT_FSIZE, &nothing) == -1)
    return err_errno (e, "setrlimit (FSIZE, 0)");
  if (geteuid () == 0)
    unshare (CLONE_NEWNET | CLONE_NEWIPC); /* a second wall; what is not granted is left out */
  if (abi)
    {
      ruleset = jail_landlock_make_keyholder (abi, programs, all, dir, e);
      if (ruleset == -1)
        return -1;
      if (jail_landlock_apply (ruleset) == -1)
        return err_errno (e, "cannot confine this process to its files");
    }
  return filter (e);
}
