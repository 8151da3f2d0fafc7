/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - what a source plugin hands its objects to: calls become messages to the host, answers are waited for. */
#ifndef PEN_SOURCE_INTAKE_H
#define PEN_SOURCE_INTAKE_H
#include <penstock/plugin.h>

#include "core/base/err.h"
#include "core/base/wire.h"

/* Borrowed as long as the process lives; state and shared may be NULL. */
struct intake_dirs
{
  const char *spool, *state, *shared;
};

struct intake;
/* sock: to the host; dirs->spool: where write() puts bytes (unlinked files); start: the host's WIRE_S_START. Starts the thread that listens to the host;
 * ack is called on another one, one at a time, possibly while run() is at work. */
struct intake *intake_create (int sock, const struct intake_dirs *dirs, const struct wire_head *start,
                              const struct pen_source *source, void *self, struct err *e);
const struct pen_intake *intake_functions (struct intake *in);
/* The plugin has run. Serves acknowledgements, which come after a stop, too, until the host hangs up. */
void intake_wait_end (struct intake *in);
#endif
