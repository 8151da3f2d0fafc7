/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - configuration files as they are now: the names behind the arguments, and each one's content in a descriptor. */
#include "core/serve/files.h"

#include "core/base/cleanup.h"
#include "core/base/wire.h"
#include "core/host/config_text.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

static void
add (struct files *f, char *path)
{
  for (size_t i = 0; i < f->n; i++)
    if (strcmp (f->path[i], path) == 0)
      {
        free (path);
        return;
      }
  f->path = xrealloc (f->path, (f->n + 1) * sizeof *f->path);
  f->path[f->n++] = path;
}

void
files_fini (struct files *f)
{
  for (size_t i = 0; i < f->n; i++)
    free (f->path[i]);
  free (f->path);
  memset (f, 0, sizeof *f);
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static bool
is_conf (const char *name)
{
  size_t n = strlen (name);

  return name[0] != '.' && n > 5 && strcmp (name + n - 5, ".conf") == 0;
}

static int
add_folder (struct files *f, const char *dir, struct err *e)
{
  DIR *d = opendir (dir);
  struct files here = { 0 };
  struct dirent *entry;
  int rc = 0;

  if (!d)
    return err_errno (e, "%s", dir);
  while (errno = 0, (entry = readdir (d)))
    if (is_conf (entry->d_name))
      add (&here, xasprintf ("%s%s%s", dir, dir[strlen (dir) - 1] == '/' ? "" : "/", entry->d_name));
  if (errno)
    rc = err_errno (e, "%s", dir);
  closedir (d);
  if (here.n)
    qsort (here.path, here.n, sizeof *here.path, by_name);
  for (size_t i = 0; i < here.n; i++)
    add (f, xstrdup (here.path[i]));
  files_fini (&here);
  return rc;
}

int
files_list (struct files *f, char *const *arguments, size_t n, struct err *e)
{
  int rc = 0;

  memset (f, 0, sizeof *f);
  for (size_t i = 0; i < n && rc == 0; i++)
    {
      struct stat st;

      if (stat (arguments[i], &st) == -1)
        rc = err_errno (e, "%s", arguments[i]);
      else if (S_ISDIR (st.st_mode))
        rc = add_folder (f, arguments[i], e);
      else
        add (f, xstrdup (arguments[i]));
    }
  if (rc == -1)
    files_fini (f);
  return rc;
}

int
files_snapshot (const char *path, uint64_t digest[2], struct err *e)
{
  const char *slash = strrchr (path, '/');
  CLEANUP_FREE char *dir = slash ? xasprintf ("%.*s", slash == path ? 1 : (int)(slash - path), path) : xstrdup (".");
  CLEANUP_FREE char *real = realpath (dir, NULL);
  struct config_text t;
  struct blob b = { 0 };
  XXH128_hash_t sum;
  int fd;

  if (!real)
    return err_errno (e, "%s", path);
  if (config_text_load (&t, path, real, e) == -1)
    return -1;
  config_text_pack (&t, &b);
  config_text_fini (&t);
  sum = XXH3_128bits (b.p, b.n);
  digest[0] = sum.high64;
  digest[1] = sum.low64;
  fd = wire_memfd ("penstock-conf", b.p, b.n, e);
  blob_fini (&b);
  return fd;
}
