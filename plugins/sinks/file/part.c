/* SPDX-License-Identifier: Apache-2.0 */
/* part.c - object mode: a locked temporary file beside the final one, which takes the final name once all is durable.
 *
 * A part is named .NAME.UNIQUE.part and locked (flock) as long as its writer lives. Whoever gets the lock of a part
 * that he did not make has found a dead one and unlinks it. A writer that loses this race while it opens its part sees
 * that the lock is taken or that the file has no name any more, and takes another name. */
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ".x.0123456789abcdef.part" */
static int
is_part (const char *name)
{
  size_t n = strlen (name), tail = FILE_UNIQUE + strlen (".part");

  return n > tail + 2 && name[0] == '.' && strcmp (name + n - 5, ".part") == 0 && name[n - tail - 1] == '.'
         && strspn (name + n - tail, "0123456789abcdef") == FILE_UNIQUE;
}

static void
sweep_one (struct file_sink *f, int dir, const char *name)
{
  int fd = openat (dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;

  if (fd == -1)
    return;
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && flock (fd, LOCK_EX | LOCK_NB) == 0
      && unlinkat (dir, name, 0) == 0)
    f->host->log (f->host->ctx, PEN_LOG_INFO, "removed %s, left by an earlier life", name);
  close (fd);
}

void
file_sweep (struct file_sink *f, int dir)
{
  struct stat st;
  DIR *d;
  int fd;

  if (fstat (dir, &st))
    return;
  for (unsigned i = 0; i < f->n_swept && i < 64; i++)
    if (f->swept[i].dev == st.st_dev && f->swept[i].ino == st.st_ino)
      return;
  f->swept[f->n_swept % 64].dev = st.st_dev;
  f->swept[f->n_swept % 64].ino = st.st_ino;
  f->n_swept++;
  fd = openat (dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  d = fd == -1 ? NULL : fdopendir (fd);
  if (!d)
    {
      file_close (&fd);
      return;
    }
  for (struct dirent *e; (e = readdir (d));)
    if (is_part (e->d_name))
      sweep_one (f, dir, e->d_name);
  closedir (d);
}

static int
name_part (struct file_stream *s)
{
  uint8_t r[FILE_UNIQUE / 2];
  /* A long name is cut: the part needs room for its own marks. */
  int n = snprintf (s->part, sizeof s->part, ".%.*s.", (int)(NAME_MAX - FILE_UNIQUE - 7), s->name);

  if (getrandom (r, sizeof r, 0) != (ssize_t)sizeof r)
    return -1;
  for (size_t i = 0; i < sizeof r; i++)
    n += sprintf (s->part + n, "%02x", r[i]);
  strcpy (s->part + n, ".part");
  return 0;
}

int
file_part_open (struct file_sink *f, struct file_stream *s)
{
  for (int tries = 0; tries < 100; tries++)
    {
      struct stat st;
      if (name_part (s))
        return file_fail (f, "draw a name for", s->name);
      s->fd = openat (s->dir, s->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (s->fd == -1 && errno == EEXIST)
        continue;
      if (s->fd == -1)
        {
          s->part[0] = 0;
          return file_fail (f, "create", s->name);
        }
      if (flock (s->fd, LOCK_EX | LOCK_NB) == 0 && fstat (s->fd, &st) == 0 && st.st_nlink == 1)
        return PEN_OK;
      file_close (&s->fd);
      unlinkat (s->dir, s->part, 0);
    }
  s->part[0] = 0;
  f->broken = 1;
  return f->host->fail (f->host->ctx, "cannot lock a temporary file for %s: somebody removes it each time", s->name);
}

void
file_part_discard (struct file_stream *s)
{
  if (s->part[0] && s->dir >= 0)
    unlinkat (s->dir, s->part, 0);
  s->part[0] = 0;
}

/* ---- publishing ---- */

/* 1: the same bytes; 0: not; -1: cannot tell. */
static int
is_same (int a, int b)
{
  uint8_t buf[16384];
  const size_t half = sizeof buf / 2;
  struct stat sa, sb;

  if (fstat (a, &sa) || fstat (b, &sb))
    return -1;
  if (!S_ISREG (sb.st_mode) || sa.st_size != sb.st_size)
    return 0;
  for (off_t at = 0; at < sa.st_size;)
    {
      ssize_t n = pread (a, buf, half, at), m;
      if (n <= 0)
        return -1;
      m = pread (b, buf + half, (size_t)n, at);
      if (m <= 0)
        return -1;
      if (memcmp (buf, buf + half, (size_t)(m < n ? m : n)) != 0)
        return 0;
      at += m < n ? m : n;
    }
  return 1;
}

enum taken
{
  TAKEN_NOT = 0, /* the name is free */
  TAKEN_SAME,    /* by our own earlier life */
  TAKEN_OTHER,   /* by something else */
};

/* Who has the final name? What an earlier life left is made durable, too: it may have died before its fsync. */
static int
look (struct file_sink *f, struct file_stream *s, enum taken *taken)
{
  int fd = openat (s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), same, r = PEN_OK;

  *taken = TAKEN_OTHER;
  if (fd == -1 && errno == ENOENT)
    *taken = TAKEN_NOT;
  if (fd == -1)
    return PEN_OK;
  same = is_same (s->fd, fd);
  if (same < 0)
    r = file_fail (f, "compare", s->name);
  else if (same)
    {
      *taken = TAKEN_SAME;
      r = file_sync (f, fd, s->name);
    }
  close (fd);
  return r;
}

static int
refuse (struct file_sink *f, const struct file_stream *s)
{
  f->broken = 1;
  return f->host->fail (f->host->ctx, "%s exists with other content: not replaced (overwrite = true would)", s->name);
}

/* Gives the part its final name, if that is free; errno is EEXIST if not. */
static int
rename_free (struct file_stream *s)
{
  if (renameat2 (s->dir, s->part, s->dir, s->name, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  /* A file system without it: a link never replaces either. */
  if (linkat (s->dir, s->part, s->dir, s->name, 0))
    return -1;
  return unlinkat (s->dir, s->part, 0);
}

static int
publish_one (struct file_sink *f, struct file_stream *s)
{
  enum taken taken;

  if (rename_free (s) == 0)
    {
      s->part[0] = 0;
      return PEN_OK;
    }
  if (errno != EEXIST)
    return file_fail (f, "rename to", s->name);
  if (look (f, s, &taken))
    return PEN_ERR;
  if (taken == TAKEN_SAME)
    {
      file_part_discard (s);
      return PEN_OK;
    }
  if (!f->o->overwrite)
    return refuse (f, s);
  if (renameat (s->dir, s->part, s->dir, s->name))
    return file_fail (f, "rename to", s->name);
  s->part[0] = 0;
  return PEN_OK;
}

/* The mode was 0600 while nobody was to read it. */
int
file_settle (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams; i++)
    {
      struct file_stream *s = &f->stream[i];
      if (file_flush (f, s))
        return PEN_ERR;
      if (fchmod (s->fd, f->file_mode))
        return file_fail (f, "set the mode of", s->name);
    }
  return PEN_OK;
}

int
file_place (struct file_sink *f)
{
  /* A conflict in one file shall not leave the others visible: look before the first rename. One alone is looked at where its
   * name is found to be taken. */
  for (size_t i = 0; i < f->n_streams && f->n_streams > 1 && !f->o->overwrite; i++)
    {
      enum taken taken;
      if (look (f, &f->stream[i], &taken))
        return PEN_ERR;
      if (taken == TAKEN_OTHER)
        return refuse (f, &f->stream[i]);
    }
  for (size_t i = 0; i < f->n_streams; i++)
    if (publish_one (f, &f->stream[i]))
      return PEN_ERR;
  return PEN_OK;
}

int
file_sync_dirs (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams; i++)
    if (file_sync (f, f->stream[i].dir, "the directory"))
      return PEN_ERR;
  return PEN_OK;
}

int
file_publish (struct file_sink *f)
{
  if (file_settle (f))
    return PEN_ERR;
  for (size_t i = 0; i < f->n_streams; i++)
    if (file_sync (f, f->stream[i].fd, f->stream[i].name))
      return PEN_ERR;
  return file_place (f) ? PEN_ERR : file_sync_dirs (f);
}
