/* SPDX-License-Identifier: Apache-2.0 */
/* plugindirs.h - the directories in which plugins are found by name. */
#ifndef PEN_BASE_PLUGINDIRS_H
#define PEN_BASE_PLUGINDIRS_H
#include "core/base/err.h"

#include <stddef.h>

/* Searched in order: --plugin-dir, the config file's plugin_dirs, the directory compiled in. No environment variable
 * takes part: whoever can set one must not choose the code that runs with the credentials of the feeds. */
struct plugin_dirs
{
  size_t n;
  char **v;
};

void plugin_dirs_add (struct plugin_dirs *d, const char *dir);
void plugin_dirs_fini (struct plugin_dirs *d);

/* The absolute path of NAME.so; the caller frees. A name is [a-z0-9_-]+, never a path. The error lists where it was
 * looked for. */
char *plugin_dirs_find (const struct plugin_dirs *d, const char *name, struct err *e);
/* Calls fn for each NAME.so, directory by directory and by name in each, hidden ones (an earlier directory has the same
 * name) left out. Stops when fn returns non-zero and returns that. */
int plugin_dirs_each (const struct plugin_dirs *d, int (*fn) (void *ctx, const char *name, const char *path),
                      void *ctx);
#endif
