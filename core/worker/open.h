/* SPDX-License-Identifier: Apache-2.0 */
/* open.h - maps a plugin into a worker: plain dlopen(), inside the jail's first stage. */
#ifndef PEN_WORKER_OPEN_H
#define PEN_WORKER_OPEN_H
#include <penstock/plugin.h>

#include "core/base/err.h"

/* The descriptor, which stays mapped for good; NULL with e set. path is absolute. */
const struct pen_plugin *plugin_open (const char *path, struct err *e);
#endif
