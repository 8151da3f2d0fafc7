/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c - paths, directories and patterns become the list of files that are due now, in order. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* While following, what fails is told once, until it has worked again. */
static int
cannot (struct file_source *s, const char *what, const char *path, const char *why)
{
  if (s->follow && s->scan_failed)
    return PEN_ERR;
  return s->host->fail (s->host->ctx, "cannot %s %s: %s", what, path, why);
}

static int
no_memory (struct file_source *s)
{
  return s->host->fail (s->host->ctx, "out of memory");
}

static int
push (struct file_source *s, const char *path, int64_t mtime_ns)
{
  struct file_found *f;

  if (s->n == s->cap)
    {
      size_t cap = s->cap ? 2 * s->cap : 64;
      f = realloc (s->v, cap * sizeof *f);
      if (!f)
        return no_memory (s);
      s->v = f;
      s->cap = cap;
    }
  f = &s->v[s->n];
  f->path = strdup (path);
  if (!f->path)
    return no_memory (s);
  f->mtime_ns = mtime_ns;
  f->given = s->n++;
  return PEN_OK;
}

int
file_marker (const struct file_source *s, const char *path, char *out, size_t cap)
{
  const char *slash = strrchr (path, '/');
  size_t dir = slash ? (size_t)(slash - path) + 1 : 0;

  if (dir >= cap)
    return PEN_ERR;
  memcpy (out, path, dir);
  return pen_done_name (out + dir, cap - dir, s->options->done_file, path + dir) == -1 ? PEN_ERR : PEN_OK;
}

int
file_is_done (const struct file_source *s, const char *path, const struct pen_identity *is)
{
  char marker[PEN_AFTER_PATH];
  struct stat st;

  if (!s->options->done_file)
    return 1;
  return file_marker (s, path, marker, sizeof marker) == PEN_OK && stat (marker, &st) == 0 && S_ISREG (st.st_mode)
         && file_identity (&st).mtime_ns >= is->mtime_ns;
}

/* Names that the source itself, or the other side, uses for something else than files to load. */
static int
is_passed_over (const struct file_source *s, const char *path)
{
  const char *slash = strrchr (path, '/'), *name = slash ? slash + 1 : path;
  const struct file_options *o = s->options;
  const struct
  {
    int action;
    const char *suffix;
  } renamed[] = { { o->success, o->suffix }, { o->refused, o->refused_suffix } };

  if (o->done_file && pen_is_done_name (o->done_file, name))
    return 1;
  for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
    if (renamed[i].action == PEN_AFTER_RENAME)
      {
        size_t n = strlen (name), k = strlen (renamed[i].suffix);
        if (n > k && strcmp (name + n - k, renamed[i].suffix) == 0)
          return 1;
      }
  return 0;
}

/* One look. When not following, all that is there is due, as often as it is named. */
static int
add (struct file_source *s, const char *path, const struct stat *st)
{
  struct pen_identity is = file_identity (st);
  struct pen_arrival *a;
  int64_t now = file_now (), settle = s->follow && !s->options->done_file ? s->options->settle : 0;
  int due;

  if (is_passed_over (s, path))
    return PEN_OK;
  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_look (&s->table, path, &is, now);
  due = a && (!s->follow || pen_arrival_is_due (a, now, settle));
  pthread_mutex_unlock (&s->lock);
  if (!a)
    return no_memory (s);
  return due && file_is_done (s, path, &is) ? push (s, path, is.mtime_ns) : PEN_OK;
}

/* Regular files of a directory; hidden ones (partial uploads, by custom) and what is no file are left out. */
static int
add_directory (struct file_source *s, const char *dir)
{
  DIR *d = opendir (dir);
  struct dirent *e;
  int rc = PEN_OK;

  if (!d)
    return cannot (s, "read the directory", dir, strerror (errno));
  while (rc == PEN_OK && (errno = 0, e = readdir (d)))
    {
      const char *slash = dir[0] && dir[strlen (dir) - 1] == '/' ? "" : "/";
      struct stat st;
      char *path;
      if (e->d_name[0] == '.' || fstatat (dirfd (d), e->d_name, &st, 0) == -1 || !S_ISREG (st.st_mode))
        continue;
      if (asprintf (&path, "%s%s%s", dir, slash, e->d_name) == -1)
        rc = no_memory (s);
      else
        {
          rc = add (s, path, &st);
          free (path);
        }
    }
  if (rc == PEN_OK && errno)
    rc = cannot (s, "read the directory", dir, strerror (errno));
  closedir (d);
  return rc;
}

static int
add_path (struct file_source *s, const char *path, const struct stat *st)
{
  return S_ISDIR (st->st_mode) ? add_directory (s, path) : add (s, path, st);
}

/* What glob() could not read; it passes no context on. */
static _Thread_local struct
{
  char dir[PEN_AFTER_PATH];
  int error;
} unread;

/* What is gone has nothing that matches; what may not be read could have. */
static int
on_unread (const char *dir, int error)
{
  if (error == ENOENT || error == ENOTDIR)
    return 0;
  snprintf (unread.dir, sizeof unread.dir, "%s", dir);
  unread.error = error;
  return 1;
}

/* The directory before a pattern's first wildcard has to be there: else nothing can ever arrive, and the path is misspelt. */
static int
check_base (struct file_source *s, const char *pattern)
{
  size_t n = strcspn (pattern, "*?[");
  struct stat st;
  char *dir;
  int rc = PEN_OK;

  while (n && pattern[n - 1] != '/')
    n--;
  if (s->follow || !n)
    return PEN_OK;
  if (!(dir = strndup (pattern, n > 1 ? n - 1 : 1)))
    return no_memory (s);
  if (stat (dir, &st) == -1)
    rc = cannot (s, "read the directory", dir, strerror (errno));
  free (dir);
  return rc;
}

/* A path that exists is taken as it is, whatever characters are in it; else it is a pattern. A pattern without a match is
 * no error: nothing has arrived yet. A plain path that is not there is one, unless we wait for it. */
static int
add_pattern (struct file_source *s, const char *pattern)
{
  struct stat st;
  glob_t g;
  int rc;

  if (stat (pattern, &st) == 0)
    return add_path (s, pattern, &st);
  if (!strpbrk (pattern, "*?["))
    return s->follow && errno == ENOENT ? PEN_OK : cannot (s, "read", pattern, strerror (errno));
  rc = glob (pattern, GLOB_NOSORT, on_unread, &g);
  if (rc == GLOB_NOMATCH)
    return check_base (s, pattern);
  if (rc == GLOB_ABORTED)
    return cannot (s, "read the directory", unread.dir, strerror (unread.error));
  if (rc)
    return no_memory (s);
  rc = PEN_OK;
  for (size_t i = 0; i < g.gl_pathc && rc == PEN_OK; i++)
    if (stat (g.gl_pathv[i], &st) == 0)
      rc = add_path (s, g.gl_pathv[i], &st);
  globfree (&g);
  return rc;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const struct file_found *)a)->path, ((const struct file_found *)b)->path);
}

static int
by_mtime (const void *a, const void *b)
{
  const struct file_found *x = a, *y = b;
  return x->mtime_ns < y->mtime_ns ? -1 : x->mtime_ns > y->mtime_ns ? 1 : by_name (a, b);
}

void
file_forget (struct file_source *s)
{
  for (size_t i = 0; i < s->n; i++)
    free (s->v[i].path);
  s->n = 0;
}

int
file_scan (struct file_source *s)
{
  int worst = PEN_OK;

  file_forget (s);
  pthread_mutex_lock (&s->lock);
  pen_arrivals_begin (&s->table);
  pthread_mutex_unlock (&s->lock);
  for (size_t i = 0; i < s->options->path.n; i++)
    if (add_pattern (s, s->options->path.item[i]) != PEN_OK)
      worst = PEN_ERR; /* the other paths are read all the same */
  s->scan_failed = worst != PEN_OK;
  if (worst == PEN_OK)
    {
      pthread_mutex_lock (&s->lock);
      pen_arrivals_sweep (&s->table);
      pthread_mutex_unlock (&s->lock);
    }
  if (s->n && s->options->order != FILE_ORDER_GIVEN)
    qsort (s->v, s->n, sizeof *s->v, s->options->order == FILE_ORDER_NAME ? by_name : by_mtime);
  return worst;
}

void
file_static_dir (const char *pattern, char *out, size_t cap)
{
  struct stat st;
  size_t n = strlen (pattern);

  if (n >= cap)
    n = cap - 1;
  memcpy (out, pattern, n);
  out[n] = 0;
  if (stat (pattern, &st) == 0 && S_ISDIR (st.st_mode))
    return;
  do
    {
      char *slash = strrchr (out, '/');
      if (!slash)
        {
          strcpy (out, ".");
          return;
        }
      slash[slash == out] = 0; /* the root stays */
    }
  while (strpbrk (out, "*?[") && strcmp (out, "/") != 0);
}
