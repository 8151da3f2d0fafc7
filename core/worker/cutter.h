/* SPDX-License-Identifier: Apache-2.0 */
/* cutter.h - one sequential pass over an object: fingerprint, record-safe chunks and the context that each needs. */
#ifndef PEN_WORKER_CUTTER_H
#define PEN_WORKER_CUTTER_H
#include <penstock/plugin.h>

#include "core/worker/link.h"

struct cutter;
struct cutter *cutter_create (struct link *l, const struct pen_parser *parser, void *parser_self,
                              const char *(*why) (void));
/* A message for the cutter (WIRE_CUT, WIRE_HASH, WIRE_MORE, WIRE_FORGET was handled before). */
void cutter_message (struct cutter *c, const struct wire_msg *m);
/* Does a bounded piece of work: 1, or 0 when there is nothing to do without a further message. */
int cutter_step (struct cutter *c);
#endif
