/* SPDX-License-Identifier: Apache-2.0 */
/* ways.h - the paths that the cage lets a source's plugin through to. */
#ifndef PEN_SOURCE_WAYS_H
#define PEN_SOURCE_WAYS_H
#include <penstock/plugin.h>
#include <stddef.h>

#include "core/base/err.h"

/* Lists that end with NULL, as the cage wants them; the strings are ours and are never freed: they are few, and the cage closes
 * once. reads: NULL, nothing is closed to reading. */
struct ways
{
  char **reads, **changes;
  size_t n_reads, n_changes;
};

void ways_read (struct ways *w, const char *path);
/* Only where there is such a directory. */
void ways_change (struct ways *w, const char *dir);
/* Asks the plugin, which answers to `reach`; a plugin that has nothing to say of what it reads leaves w->reads as it is. 0, or -1:
 * it failed. */
int ways_ask (struct ways *w, const struct pen_source *source, const void *options, const struct pen_reach *reach,
              struct err *e);
#endif
