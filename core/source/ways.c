/* SPDX-License-Identifier: Apache-2.0 */
/* ways.c - the paths that the cage lets a source's plugin through to. */
#include "core/source/ways.h"

#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/source/services.h"

static char **
add (char **list, size_t *n, const char *path)
{
  list = xrealloc (list, (*n + 2) * sizeof *list);
  list[(*n)++] = xstrdup (path);
  list[*n] = NULL;
  return list;
}

void
ways_read (struct ways *w, const char *path)
{
  w->reads = add (w->reads, &w->n_reads, path);
}

void
ways_change (struct ways *w, const char *dir)
{
  if (access (dir, F_OK) == 0)
    w->changes = add (w->changes, &w->n_changes, dir);
}

int
ways_ask (struct ways *w, const struct pen_source *source, const void *options, const struct pen_reach *reach,
          struct err *e)
{
  if (source->size <= offsetof (struct pen_source, reach) || !source->reach)
    return 0;
  if (!w->reads)
    w->reads = xcalloc (1, sizeof *w->reads); /* it says what it reads, be it nothing */
  return source->reach (services_host (), options, reach) == PEN_OK ? 0 : err_set (e, "%s", services_why ());
}
