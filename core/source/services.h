/* SPDX-License-Identifier: Apache-2.0 */
/* services.h - what a source's plugin may call of its process: to log, and to say why something failed. */
#ifndef PEN_SOURCE_SERVICES_H
#define PEN_SOURCE_SERVICES_H
#include <penstock/plugin.h>

/* tell: gets what the plugin logs; from any of its threads. Before the plugin is called. */
void services_start (void (*tell) (int level, const char *text));
/* From now on failures are told as errors, too; before, whoever made the call asks services_why(). */
void services_tell_failures (void);

const struct pen_host *services_host (void);
/* The reason of the last failure; borrowed, until the next one. */
const char *services_why (void);
#endif
