/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - one chunk through parser, filters and encoders into slots. */
#ifndef PEN_WORKER_STAGE_H
#define PEN_WORKER_STAGE_H
#include "core/worker/link.h"
#include "core/worker/setup.h"
#include "core/worker/slots.h"

/* Bytes of a chunk that are left out, and the carry after them. */
struct stage_hole
{
  size_t at, n;
  struct pen_carry after;
};

struct stage;
struct stage *stage_create (struct setup *s, struct slots *slots);
/* 0: the chunk's output and `end` are made. -1: the plugin refused; e says why. holes: ascending; usually none. */
int stage_parse (struct stage *st, const struct link_object *o, const struct pen_carry *carry,
                 const struct pen_chunk *chunk, const struct stage_hole *holes, size_t n_holes, struct pen_carry *end,
                 struct err *e);
#endif
