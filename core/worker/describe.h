/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - prints a loaded plugin's descriptor as JSON, for a host that never loads it. */
#ifndef PEN_WORKER_DESCRIBE_H
#define PEN_WORKER_DESCRIBE_H
#include "core/base/err.h"

#include <penstock/plugin.h>
#include <stdio.h>

/* The number of this notation; core/host/describe.c reads it. */
#define DESCRIBE_FORMAT 1

/* Prints one JSON object and a newline. p has passed plugin_check(). 0, or -1 when `out` failed. */
int worker_describe (FILE *out, const struct pen_plugin *p, struct err *e);
#endif
