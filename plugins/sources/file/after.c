/* SPDX-License-Identifier: Apache-2.0 */
/* after.c - the steps of after-success actions on local files: never over an existing file, across file systems by copy. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GONE_SUFFIX ".penstock-gone"
#define PART_SUFFIX ".penstock-part"
#define COPY_SIZE (256 * 1024)

static int
failed (struct file_after *a, const char *what, const char *path)
{
  snprintf (a->why, sizeof a->why, "cannot %s %.300s: %s", what, path, strerror (errno));
  return -1;
}

static int
look (void *ctx, const char *path, int *there, struct pen_identity *is)
{
  struct stat st;

  *there = 0;
  if (stat (path, &st) == -1 && lstat (path, &st) == -1)
    return errno == ENOENT || errno == ENOTDIR ? 0 : failed (ctx, "look at", path);
  *there = 1;
  *is = file_identity (&st);
  return 0;
}

/* 0, 1: `to` is there, -1 with errno. */
static int
rename_noreplace (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno == EEXIST)
    return 1;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  if (linkat (AT_FDCWD, from, AT_FDCWD, to, 0) == -1) /* a file system without that flag */
    return errno == EEXIST ? 1 : -1;
  return unlink (from);
}

/* DIR/.NAME + suffix. */
static int
hidden_name (struct file_after *a, const char *path, const char *suffix, char out[PEN_AFTER_PATH])
{
  const char *slash = strrchr (path, '/'), *name = slash ? slash + 1 : path;
  int n = snprintf (out, PEN_AFTER_PATH, "%.*s.%s%s", (int)(name - path), path, name, suffix);

  if (n > 0 && n < PEN_AFTER_PATH)
    return 0;
  errno = ENAMETOOLONG;
  return failed (a, "name a file beside", path);
}

static int
copy_bytes (int from, int to, char *buf)
{
  for (;;)
    {
      ssize_t n = read (from, buf, COPY_SIZE), done = 0;
      if (n == -1 && errno == EINTR)
        continue;
      if (n <= 0)
        return (int)n;
      while (done < n)
        {
          ssize_t k = write (to, buf + done, (size_t)(n - done));
          if (k == -1 && errno != EINTR)
            return -1;
          done += k > 0 ? k : 0;
        }
    }
}

/* All of it durable under a hidden name, with the same time and mode. */
static int
copy_aside (const char *from, const char *part)
{
  int in = open (from, O_RDONLY | O_CLOEXEC | O_NOCTTY), out = -1, rc = -1, saved;
  char *buf = malloc (COPY_SIZE);
  struct stat st;

  if (buf && in != -1 && fstat (in, &st) == 0)
    out = open (part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out != -1)
    {
      struct timespec t[2] = { st.st_atim, st.st_mtim };
      if (copy_bytes (in, out, buf) == 0 && fchmod (out, st.st_mode & 0777) == 0 && futimens (out, t) == 0)
        rc = fsync (out);
    }
  saved = errno;
  free (buf);
  if (in != -1)
    close (in);
  if (out != -1)
    close (out);
  if (rc == -1 && out != -1)
    unlink (part);
  errno = saved;
  return rc;
}

static void
sync_dir_of (const char *path)
{
  char dir[PEN_AFTER_PATH];
  const char *slash = strrchr (path, '/');
  int fd;

  snprintf (dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd != -1)
    {
      fsync (fd);
      close (fd);
    }
}

/* To another file system. The original goes when the copy is durable; killed before that, same() finds both. */
static int
move_by_copy (struct file_after *a, const char *from, const char *to)
{
  char part[PEN_AFTER_PATH];
  int rc;

  if (hidden_name (a, to, PART_SUFFIX, part) == -1)
    return -1;
  if (copy_aside (from, part) == -1)
    return failed (a, "copy it to", to);
  rc = rename_noreplace (part, to);
  if (rc)
    {
      if (rc == -1)
        failed (a, "copy it to", to);
      unlink (part);
      return rc;
    }
  sync_dir_of (to);
  return unlink (from) == -1 ? failed (a, "remove the original", from) : 2;
}

static int
move (void *ctx, const char *from, const char *to)
{
  int rc = rename_noreplace (from, to);

  if (rc == -1 && errno == EXDEV)
    return move_by_copy (ctx, from, to);
  return rc == -1 ? failed (ctx, "move it to", to) : rc;
}

/* Out of sight first: if it is not what was read after all, it goes back. */
static int
removal (void *ctx, const char *path, const struct pen_identity *is)
{
  char gone[PEN_AFTER_PATH];
  struct pen_identity now;
  struct stat st;

  if (hidden_name (ctx, path, GONE_SUFFIX, gone) == -1)
    return -1;
  if (unlink (gone) == -1 && errno != ENOENT)
    return failed (ctx, "remove", gone);
  if (rename_noreplace (path, gone) != 0)
    return failed (ctx, "remove", path);
  if (stat (gone, &st) == -1)
    return failed (ctx, "look at", gone);
  now = file_identity (&st);
  if (!pen_identity_same (&now, is))
    return rename_noreplace (gone, path) == 0 ? 0 : failed (ctx, "put back the newer", path);
  return unlink (gone) == -1 ? failed (ctx, "remove", path) : 0;
}

static int
make_dir (void *ctx, const char *dir)
{
  struct stat st;

  if (mkdir (dir, 0770) == 0 || (errno == EEXIST && stat (dir, &st) == 0 && S_ISDIR (st.st_mode)))
    return 0;
  return failed (ctx, "make the directory", dir);
}

static int
same (void *ctx, const char *a, const char *b)
{
  FILE *x = fopen (a, "re"), *y = fopen (b, "re");
  int equal = x && y;

  (void)ctx;
  while (equal)
    {
      char p[8192], q[8192];
      size_t n = fread (p, 1, sizeof p, x), m = fread (q, 1, sizeof q, y);
      equal = n == m && memcmp (p, q, n) == 0 && !ferror (x) && !ferror (y);
      if (n < sizeof p)
        break;
    }
  if (x)
    fclose (x);
  if (y)
    fclose (y);
  return equal;
}

struct pen_after_steps
file_after_steps (struct file_after *a)
{
  a->why[0] = 0;
  return (struct pen_after_steps){ a, look, move, removal, make_dir, same };
}

void
file_after_sweep (const char *dir)
{
  DIR *d = opendir (dir);
  struct dirent *e;

  while (d && (e = readdir (d)))
    {
      size_t n = strlen (e->d_name), k = strlen (GONE_SUFFIX);
      if (e->d_name[0] == '.' && n > k + 1 && strcmp (e->d_name + n - k, GONE_SUFFIX) == 0)
        unlinkat (dirfd (d), e->d_name, 0);
    }
  if (d)
    closedir (d);
}
