/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - the file source: paths, directories and globs become objects, in order of name or time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <penstock/plugin.h>

enum order
{
  ORDER_NAME,
  ORDER_MTIME,
  ORDER_GIVEN,
};

struct options
{
  struct pen_list path;
  int order; /* enum order */
};

struct found
{
  char *path;
  int64_t mtime_ns;
  size_t given; /* ordinal of the path option that it came from, then of its place there */
};

struct source
{
  const struct pen_host *host;
  const struct options *options;
  struct found *v;
  size_t n, cap;
};

static int
no_memory (struct source *s)
{
  return s->host->fail (s->host->ctx, "out of memory");
}

static int64_t
mtime_of (const struct stat *st)
{
  return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static int
add (struct source *s, const char *path, const struct stat *st)
{
  struct found *f;

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
  f->mtime_ns = mtime_of (st);
  f->given = s->n++;
  return PEN_OK;
}

/* Regular files of a directory; hidden ones (partial uploads, by custom) and what is no file are left out. */
static int
add_directory (struct source *s, const char *dir)
{
  DIR *d = opendir (dir);
  struct dirent *e;
  int rc = PEN_OK;

  if (!d)
    return s->host->fail (s->host->ctx, "cannot read the directory %s: %s", dir, strerror (errno));
  while (rc == PEN_OK && (errno = 0, e = readdir (d)))
    {
      struct stat st;
      size_t n = strlen (dir) + strlen (e->d_name) + 2;
      char *path;
      if (e->d_name[0] == '.' || fstatat (dirfd (d), e->d_name, &st, 0) == -1 || !S_ISREG (st.st_mode))
        continue;
      path = malloc (n);
      if (!path)
        rc = no_memory (s);
      else
        {
          const char *slash = dir[0] && dir[strlen (dir) - 1] == '/' ? "" : "/";
          strcpy (path, dir);
          strcat (path, slash);
          strcat (path, e->d_name);
          rc = add (s, path, &st);
        }
      free (path);
    }
  if (rc == PEN_OK && errno)
    rc = s->host->fail (s->host->ctx, "cannot read the directory %s: %s", dir, strerror (errno));
  closedir (d);
  return rc;
}

static int
add_path (struct source *s, const char *path, const struct stat *st)
{
  return S_ISDIR (st->st_mode) ? add_directory (s, path) : add (s, path, st);
}

/* A path that exists is taken as it is, whatever characters are in it; else it is a pattern. A pattern without a match is
 * no error: nothing has arrived yet. A plain path that is not there is one. */
static int
add_pattern (struct source *s, const char *pattern)
{
  struct stat st;
  glob_t g;
  int rc;

  if (stat (pattern, &st) == 0)
    return add_path (s, pattern, &st);
  if (!strpbrk (pattern, "*?["))
    return s->host->fail (s->host->ctx, "cannot read %s: %s", pattern, strerror (errno));
  rc = glob (pattern, GLOB_NOSORT, NULL, &g);
  if (rc == GLOB_NOMATCH)
    return PEN_OK;
  if (rc)
    return s->host->fail (s->host->ctx, "cannot match %s: %s", pattern,
                          rc == GLOB_NOSPACE ? "out of memory" : "a directory cannot be read");
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
  return strcmp (((const struct found *)a)->path, ((const struct found *)b)->path);
}

static int
by_mtime (const void *a, const void *b)
{
  const struct found *x = a, *y = b;
  return x->mtime_ns < y->mtime_ns ? -1 : x->mtime_ns > y->mtime_ns ? 1 : by_name (a, b);
}

/* ---- the plugin ---- */

static int
file_create (const struct pen_host *host, const void *options, void **self)
{
  struct source *s = calloc (1, sizeof *s);

  if (!s)
    return host->fail (host->ctx, "out of memory");
  s->host = host;
  s->options = options;
  *self = s;
  return PEN_OK;
}

static void
forget (struct source *s)
{
  for (size_t i = 0; i < s->n; i++)
    free (s->v[i].path);
  s->n = 0;
}

static void
file_destroy (void *self)
{
  struct source *s = self;
  forget (s);
  free (s->v);
  free (s);
}

/* Opened without following the host's hand: O_NONBLOCK so that a FIFO that took the file's place cannot hang us. */
static int
offer (struct source *s, const struct pen_intake *in, const struct found *f)
{
  struct pen_object o = { .size = sizeof o, .name = f->path };
  struct stat st;
  void *handle;
  int fd = open (f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc;

  if (fd == -1 || fstat (fd, &st) == -1)
    {
      rc = s->host->fail (s->host->ctx, "cannot open %s: %s", f->path, strerror (errno));
      if (fd != -1)
        close (fd);
      return rc;
    }
  if (!S_ISREG (st.st_mode))
    {
      close (fd);
      return s->host->fail (s->host->ctx, "%s is not a regular file", f->path);
    }
  o.length = (uint64_t)st.st_size;
  o.mtime_ns = mtime_of (&st);
  rc = in->open (in->ctx, &o, &handle);
  if (rc != PEN_OK)
    {
      close (fd);
      return rc;
    }
  rc = in->give_fd (in->ctx, handle, fd);
  in->close (in->ctx, handle, rc == PEN_OK);
  return rc;
}

static int
file_run (void *self, const struct pen_intake *in, int follow)
{
  struct source *s = self;
  int rc = PEN_OK, worst = PEN_OK;

  (void)follow;
  for (size_t i = 0; i < s->options->path.n; i++)
    if (add_pattern (s, s->options->path.item[i]) != PEN_OK)
      worst = PEN_ERR; /* the other paths are read all the same */
  if (s->n && s->options->order != ORDER_GIVEN)
    qsort (s->v, s->n, sizeof *s->v, s->options->order == ORDER_NAME ? by_name : by_mtime);
  for (size_t i = 0; i < s->n && !in->stopping (in->ctx); i++)
    {
      rc = offer (s, in, &s->v[i]);
      if (rc != PEN_OK && rc != PEN_EOF)
        worst = PEN_ERR;
    }
  forget (s);
  return worst == PEN_OK ? PEN_EOF : PEN_ERR;
}

static const struct pen_opt file_opts[] = {
  { "path", PEN_LIST, PEN_OPT_REQUIRED, PEN_FIELD (struct options, path), NULL, NULL,
    "Files, directories (their regular files that are not hidden) or glob patterns; a pattern may match nothing." },
  { "order", PEN_ENUM, 0, PEN_FIELD (struct options, order), "name", "name|mtime|given",
    "Order of the objects: by path, by modification time (oldest first), or as the paths are given." },
  { 0 },
};

static const struct pen_source file_source = {
  .size = sizeof file_source,
  .create = file_create,
  .run = file_run,
  .destroy = file_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "file",
  .version = "1",
  .summary = "files of this machine",
  .doc = "Delivers files from given paths, directories and glob patterns. A file is handed over by descriptor and read "
         "by the "
         "workers in place; if it shrinks or changes while it is read, nothing of it becomes visible.",
  .options_size = sizeof (struct options),
  .opt_size = sizeof (struct pen_opt),
  .opts = file_opts,
  .source = &file_source,
};
