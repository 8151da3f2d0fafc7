/* SPDX-License-Identifier: Apache-2.0 */
/* jail_seccomp.c - the list of system calls that a worker may make; everything else is trapped and told by name. */
#include "config.h"
#include "core/worker/jail_parts.h"
#include "core/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LOADING 1 /* stage 1: plugins are loaded */
#define LOCKED 2  /* stage 2: data is read */
#define BOTH (LOADING | LOCKED)

#define INT_MASK 0xffffffffu
/* Compares an int: the upper half of its register is nobody's business. */
#define INT_IS(arg, v) SCMP_CMP (arg, SCMP_CMP_MASKED_EQ, INT_MASK, (uint32_t)(v))
#define NO_BITS(arg, mask) SCMP_CMP (arg, SCMP_CMP_MASKED_EQ, mask, 0)
#define IS_NULL(arg) SCMP_CMP (arg, SCMP_CMP_EQ, 0)

/* Whatever the arguments. */
static const struct
{
  const char *name;
  int stages;
} plain[] = {
  /* the object's bytes and the conversation with the host; which sockets may be written to is said below */
  { "read", BOTH },
  { "readv", BOTH },
  { "pread64", BOTH },
  { "preadv", BOTH },
  { "lseek", BOTH },
  { "fstat", BOTH },
  { "poll", BOTH },
  /* memory; code only from files, only while loading: see below */
  { "brk", BOTH },
  { "munmap", BOTH },
  { "mremap", BOTH },
  /* time, identity, chance */
  { "clock_gettime", BOTH },
  { "clock_getres", BOTH },
  { "gettimeofday", BOTH },
  { "time", BOTH },
  { "getpid", BOTH },
  { "gettid", BOTH },
  { "getppid", BOTH },
  { "getrusage", BOTH },
  { "getcpu", BOTH },
  { "getrandom", BOTH },
  /* locks of the C library */
  { "futex", BOTH },
  { "sched_yield", BOTH },
  { "restart_syscall", BOTH },
  { "exit", BOTH },
  { "exit_group", BOTH },
  /* the dynamic linker looks for libraries; Landlock says where */
  { "newfstatat", LOADING },
  { "fstatat64", LOADING },
  { "stat", LOADING },
  { "access", LOADING },
  { "readlink", LOADING },
  { "sysinfo", LOADING },
  { "uname", LOADING },
  { "sched_getaffinity", LOADING },
  /* jail_lock() itself: each of these can only take more away */
  { "landlock_restrict_self", LOADING },
  { "capset", LOADING },
#ifdef PEN_SANITIZED
  /* the sanitizers' own allocators and stack walks; nothing that reaches out of the process */
  { "madvise", BOTH },
  { "sigaltstack", BOTH },
  { "rt_sigreturn", BOTH },
  { "nanosleep", BOTH },
  { "clock_nanosleep", BOTH },
  { "mincore", BOTH },
#endif
};

static int
allow (scmp_filter_ctx f, const char *name, unsigned n, const struct scmp_arg_cmp *args, struct err *e)
{
  int nr = seccomp_syscall_resolve_name (name), rc;

  if (nr < 0) /* this machine has no such call, or under another name */
    return 0;
  rc = seccomp_rule_add_array (f, SCMP_ACT_ALLOW, nr, n, args);
  if (rc == -EEXIST)
    return 0;
  if (rc < 0)
    {
      errno = -rc;
      return err_errno (e, "seccomp rule for %s", name);
    }
  return 0;
}
#define ALLOW(f, name, e, ...)                                                                                         \
  allow (f, name, sizeof ((struct scmp_arg_cmp[]){ __VA_ARGS__ }) / sizeof (struct scmp_arg_cmp),                      \
         (struct scmp_arg_cmp[]){ __VA_ARGS__ }, e)

static int
allow_plain (scmp_filter_ctx f, int stage, struct err *e)
{
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if ((plain[i].stages & stage) && allow (f, plain[i].name, 0, NULL, e) == -1)
      return -1;
  return 0;
}

/* Any descriptor but 1, 2 and the socket, said with the one comparison per rule that there is. */
static int
allow_close (scmp_filter_ctx f, int sock, struct err *e)
{
  unsigned top = sock > 2 ? (unsigned)sock : 2;

  if (sock >= 64)
    return err_set (e, "the socket to the host is descriptor %d, expected one below 64", sock);
  for (unsigned fd = 0; fd < top; fd++)
    if (fd != 1 && fd != 2 && ALLOW (f, "close", e, INT_IS (0, fd)) == -1)
      return -1;
  return ALLOW (f, "close", e, SCMP_CMP (0, SCMP_CMP_GT, top));
}

/* Words go to the host's socket and to 1 and 2, nowhere else. */
static int
allow_talk (scmp_filter_ctx f, int sock, struct err *e)
{
  int out[] = { 1, 2, sock };

  for (int i = 0; i < 3; i++)
    if (ALLOW (f, "write", e, INT_IS (0, out[i])) == -1 || ALLOW (f, "writev", e, INT_IS (0, out[i])) == -1)
      return -1;
  if (ALLOW (f, "sendmsg", e, INT_IS (0, sock)) == -1 || ALLOW (f, "recvmsg", e, INT_IS (0, sock)) == -1
      || ALLOW (f, "sendto", e, INT_IS (0, sock), IS_NULL (4)) == -1
      || ALLOW (f, "recvfrom", e, INT_IS (0, sock), IS_NULL (4)) == -1
      || ALLOW (f, "ppoll", e, IS_NULL (3)) == -1 /* a signal mask could hide SIGSYS */
      || ALLOW (f, "fcntl", e, INT_IS (1, F_GETFD)) == -1 || ALLOW (f, "fcntl", e, INT_IS (1, F_GETFL)) == -1
      || ALLOW (f, "fcntl", e, INT_IS (1, F_GET_SEALS)) == -1)
    return -1;
  return 0;
}

static int
allow_memory (scmp_filter_ctx f, int stage, struct err *e)
{
  if (ALLOW (f, "mmap", e, NO_BITS (2, PROT_EXEC)) == -1 || ALLOW (f, "mprotect", e, NO_BITS (2, PROT_EXEC)) == -1)
    return -1;
  if (stage == LOADING
      && ALLOW (f, "mmap", e, SCMP_CMP (2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
                NO_BITS (3, MAP_ANONYMOUS | MAP_SHARED))
             == -1)
    return -1;
#ifndef PEN_SANITIZED
  if (ALLOW (f, "madvise", e, INT_IS (2, MADV_DONTNEED)) == -1 || ALLOW (f, "madvise", e, INT_IS (2, MADV_FREE)) == -1
      || ALLOW (f, "madvise", e, INT_IS (2, MADV_HUGEPAGE)) == -1)
    return -1;
#endif
  return 0;
}

/* abort() and asserts: unblock SIGABRT, send it to oneself. Blocking is denied: SIGSYS must stay deliverable. */
static int
allow_abort (scmp_filter_ctx f, struct err *e)
{
  if (ALLOW (f, "rt_sigprocmask", e, INT_IS (0, SIG_UNBLOCK)) == -1 || ALLOW (f, "rt_sigprocmask", e, IS_NULL (1)) == -1
      || ALLOW (f, "tgkill", e, INT_IS (0, getpid ()), INT_IS (2, SIGABRT)) == -1
      || ALLOW (f, "prlimit64", e, INT_IS (0, 0), IS_NULL (2)) == -1)
    return -1;
  return 0;
}

static int
allow_loading (scmp_filter_ctx f, struct err *e)
{
  const unsigned writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_PATH | (O_TMPFILE & ~O_DIRECTORY);

  if (ALLOW (f, "open", e, NO_BITS (1, writing)) == -1 || ALLOW (f, "openat", e, NO_BITS (2, writing)) == -1
      || ALLOW (f, "seccomp", e, INT_IS (0, SECCOMP_SET_MODE_FILTER)) == -1)
    return -1;
  return 0;
}

/* libseccomp writes programs to descriptors only. */
static int
export_program (scmp_filter_ctx f, struct sock_fprog *prog, struct err *e)
{
  CLEANUP_FD int fd = memfd_create ("penstock-seccomp", MFD_CLOEXEC);
  CLEANUP_FREE void *code = NULL;
  struct stat st;
  int rc;

  if (fd == -1)
    return err_errno (e, "memfd_create");
  rc = seccomp_export_bpf (f, fd);
  if (rc < 0)
    {
      errno = -rc;
      return err_errno (e, "seccomp_export_bpf");
    }
  if (fstat (fd, &st) == -1)
    return err_errno (e, "fstat");
  code = xmalloc ((size_t)st.st_size);
  if (pread (fd, code, (size_t)st.st_size, 0) != st.st_size)
    return err_errno (e, "cannot read the seccomp program back");
  prog->len = (unsigned short)((size_t)st.st_size / sizeof (struct sock_filter));
  prog->filter = steal_ptr (&code);
  return 0;
}

int
jail_seccomp_build (int stage, int sock, struct sock_fprog *prog, struct err *e)
{
  scmp_filter_ctx f = seccomp_init (SCMP_ACT_TRAP);
  int rc = -1;

  if (!f)
    return err_set (e, "seccomp_init failed");
  seccomp_attr_set (f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  seccomp_attr_set (f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (allow_plain (f, stage, e) == 0 && allow_talk (f, sock, e) == 0 && allow_close (f, sock, e) == 0
      && allow_memory (f, stage, e) == 0 && allow_abort (f, e) == 0 && (stage == LOCKED || allow_loading (f, e) == 0)
      && export_program (f, prog, e) == 0)
    rc = 0;
  seccomp_release (f);
  return rc;
}

int
jail_seccomp_load (const struct sock_fprog *prog)
{
  long rc = syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, prog);

  if (rc > 0) /* a thread (a sanitizer's, say) has filters of its own */
    errno = EBUSY;
  return rc == 0 ? 0 : -1;
}
