/* SPDX-License-Identifier: Apache-2.0 */
/* jail_landlock.c - file and TCP rules of the Landlock kernel module, by raw calls: libc has no wrappers, and kernel
 * and headers may be of different ages in either direction. */
#include "core/worker/jail_parts.h"
#include "core/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* Kernel ABI (linux/landlock.h): rights by the version that brought them. */
#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1
#define FS_EXECUTE (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_READ_FILE (1u << 2)
#define FS_READ_DIR (1u << 3)
#define FS_ABI1 ((1u << 13) - 1)
#define FS_REFER (1u << 13)
#define FS_TRUNCATE (1u << 14)
#define FS_IOCTL_DEV (1u << 15)
#define NET_BIND_CONNECT_TCP 3u
#define SCOPE_UNIX_AND_SIGNAL 3u

struct ruleset_attr
{
  uint64_t fs, net, scoped;
};
struct path_beneath
{
  uint64_t allowed;
  int32_t parent_fd;
} __attribute__ ((packed));

int
jail_landlock_abi (void)
{
  long v = syscall (SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

  return v > 0 ? (int)v : 0;
}

/* A path that is not there needs no rule. */
static int
allow_read (int ruleset, const char *path, struct err *e)
{
  CLEANUP_FD int fd = open (path, O_PATH | O_CLOEXEC);
  struct path_beneath rule = { .parent_fd = fd };
  struct stat st;

  if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
    return 0;
  if (fd == -1 || fstat (fd, &st) == -1)
    return err_errno (e, "cannot open %s", path);
  rule.allowed = S_ISDIR (st.st_mode) ? FS_READ_FILE | FS_READ_DIR : FS_READ_FILE;
  if (syscall (SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == -1)
    return err_errno (e, "landlock_add_rule for %s", path);
  return 0;
}

static int
allow_all (int ruleset, const char *const *dirs, struct err *e)
{
  for (; dirs && *dirs; dirs++)
    if (allow_read (ruleset, *dirs, e) == -1)
      return -1;
  return 0;
}

int
jail_landlock_make (int abi, const char *const *dirs, const char *const *more_dirs, struct err *e)
{
  struct ruleset_attr a = { .fs = FS_ABI1 };
  size_t n = sizeof a.fs;
  CLEANUP_FD int fd = -1;

  a.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
  if (abi >= 4)
    {
      a.net = NET_BIND_CONNECT_TCP;
      n = sizeof a.fs + sizeof a.net;
    }
  if (abi >= 6)
    {
      a.scoped = SCOPE_UNIX_AND_SIGNAL;
      n = sizeof a;
    }
  fd = (int)syscall (SYS_landlock_create_ruleset, &a, n, 0);
  if (fd == -1)
    return err_errno (e, "landlock_create_ruleset (ABI %d)", abi);
  if (allow_all (fd, dirs, e) == -1 || allow_all (fd, more_dirs, e) == -1)
    return -1;
  return steal_fd (&fd);
}

static int
allow_rights (int ruleset, uint64_t rights, const char *path, int flags, struct err *e)
{
  CLEANUP_FD int fd = open (path, O_PATH | O_CLOEXEC | flags);
  struct path_beneath rule = { .parent_fd = fd, .allowed = rights };

  if (fd == -1)
    return err_errno (e, "cannot open %s%s", flags ? "the directory " : "", path);
  if (syscall (SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == -1)
    return err_errno (e, "landlock_add_rule for %s", path);
  return 0;
}

static int
allow_change (int ruleset, uint64_t rights, const char *dir, struct err *e)
{
  return allow_rights (ruleset, rights, dir, O_DIRECTORY, e);
}

int
jail_landlock_make_source (int abi, const char *const *reads, const char *const *more_reads, const char *const *changes,
                           struct err *e)
{
  const uint64_t read = FS_READ_FILE | FS_READ_DIR;
  struct ruleset_attr a = { .fs = FS_ABI1 };
  CLEANUP_FD int fd = -1;

  a.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0);
  if (!reads)
    a.fs &= ~read;
  fd = (int)syscall (SYS_landlock_create_ruleset, &a, sizeof a.fs, 0);
  if (fd == -1)
    return err_errno (e, "landlock_create_ruleset (ABI %d)", abi);
  for (; *changes; changes++)
    if (allow_change (fd, a.fs & ~(uint64_t)FS_EXECUTE, *changes, e) == -1)
      return -1;
  if (reads && (allow_all (fd, reads, e) == -1 || allow_all (fd, more_reads, e) == -1))
    return -1;
  return steal_fd (&fd);
}

int
jail_landlock_make_keyholder (int abi, const char *const *programs, const char *const *reads, const char *dir,
                              struct err *e)
{
  const uint64_t run = FS_READ_FILE | FS_READ_DIR | FS_EXECUTE;
  struct ruleset_attr a = { .fs = FS_ABI1 };
  size_t n = sizeof a.fs;
  CLEANUP_FD int fd = -1;

  a.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0);
  if (abi >= 4)
    {
      a.net = NET_BIND_CONNECT_TCP;
      n = sizeof a.fs + sizeof a.net;
    }
  fd = (int)syscall (SYS_landlock_create_ruleset, &a, n, 0);
  if (fd == -1)
    return err_errno (e, "landlock_create_ruleset (ABI %d)", abi);
  for (; *programs; programs++)
    if (access (*programs, F_OK) == 0 && allow_change (fd, run, *programs, e) == -1)
      return -1;
  if (allow_all (fd, reads, e) == -1 || allow_rights (fd, FS_READ_FILE | FS_WRITE_FILE, "/dev/null", 0, e) == -1
      || allow_change (fd, a.fs & ~(uint64_t)FS_EXECUTE, dir, e) == -1)
    return -1;
  return steal_fd (&fd);
}

int
jail_landlock_apply (int ruleset)
{
  return (int)syscall (SYS_landlock_restrict_self, ruleset, 0);
}
