/* SPDX-License-Identifier: Apache-2.0 */
/* plugindirs.c - the directories in which plugins are found by name. */
#include "core/base/plugindirs.h"

#include "core/base/cleanup.h"
#include "core/base/escape.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"

void
plugin_dirs_add (struct plugin_dirs *d, const char *dir)
{
  for (size_t i = 0; i < d->n; i++)
    if (strcmp (d->v[i], dir) == 0)
      return;
  d->v = xrealloc (d->v, (d->n + 1) * sizeof *d->v);
  d->v[d->n++] = xstrdup (dir);
}

void
plugin_dirs_fini (struct plugin_dirs *d)
{
  for (size_t i = 0; i < d->n; i++)
    free (d->v[i]);
  free (d->v);
  memset (d, 0, sizeof *d);
}

char *
plugin_dirs_find (const struct plugin_dirs *d, const char *name, struct err *e)
{
  char shown[ESCAPE_MAX], list[ERR_TEXT_MAX] = "";
  size_t n = 0;

  escape_text (shown, sizeof shown, name, strlen (name));
  if (!*name || name[strspn (name, NAME_CHARS)])
    {
      err_set (e,
               "\"%s\" is not the name of a plugin (lower-case letters, digits, _ and -); the directory of your own "
               "plugins belongs into plugin_dirs or --plugin-dir",
               shown);
      return NULL;
    }
  for (size_t i = 0; i < d->n; i++)
    {
      CLEANUP_FREE char *path = xasprintf ("%s/%s.so", d->v[i], name);

      if (access (path, F_OK) == 0)
        return steal_ptr (&path);
      if (n < sizeof list)
        n += (size_t)snprintf (list + n, sizeof list - n, "%s%s", i ? ", " : "", d->v[i]);
    }
  err_set (e, "plugin \"%s\" was not found; searched: %s", shown, d->n ? list : "nowhere, no directory is known");
  return NULL;
}

/* "csv.so" -> 3; 0: not the file name of a plugin. */
static size_t
stem_length (const char *file)
{
  size_t n = strspn (file, NAME_CHARS);

  return strcmp (file + n, ".so") == 0 ? n : 0;
}

static int
is_plugin_file (const struct dirent *de)
{
  return stem_length (de->d_name) > 0;
}

static bool
is_hidden (const struct plugin_dirs *d, size_t dir, const char *file)
{
  for (size_t i = 0; i < dir; i++)
    {
      CLEANUP_FREE char *path = xasprintf ("%s/%s", d->v[i], file);

      if (access (path, F_OK) == 0)
        return true;
    }
  return false;
}

int
plugin_dirs_each (const struct plugin_dirs *d, int (*fn) (void *ctx, const char *name, const char *path), void *ctx)
{
  int rc = 0;

  for (size_t i = 0; i < d->n && rc == 0; i++)
    {
      struct dirent **found = NULL;
      int n = scandir (d->v[i], &found, is_plugin_file, alphasort);

      for (int k = 0; k < n; k++)
        {
          if (rc == 0 && !is_hidden (d, i, found[k]->d_name))
            {
              CLEANUP_FREE char *path = xasprintf ("%s/%s", d->v[i], found[k]->d_name);
              CLEANUP_FREE char *name = xasprintf ("%.*s", (int)stem_length (found[k]->d_name), found[k]->d_name);

              rc = fn (ctx, name, path);
            }
          free (found[k]);
        }
      free (found);
    }
  return rc;
}
