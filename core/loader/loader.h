/* SPDX-License-Identifier: Apache-2.0 */
/* loader.h - loads a plugin into this process by its absolute path: sinks in the host, sources in their own process. */
#ifndef PEN_LOADER_LOADER_H
#define PEN_LOADER_LOADER_H
#include "core/base/err.h"

#include <penstock/plugin.h>

struct loaded
{
  const struct pen_plugin *plugin; /* valid until loader_close() */
  void *handle;
};

/* Checks the file and the directories above it, loads it with all symbols bound and none shared, and checks what it
 * exports. kind: one of enum plugin_kind. Main thread only. Every failure has its own message in e. */
int loader_open (const char *path, unsigned kind, struct loaded *l, struct err *e);
/* Safe on a zeroed struct. */
void loader_close (struct loaded *l);
#endif
