/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.h - a chunk that has killed its workers: its next small piece, and the records of it that are left out. */
#ifndef PEN_WORKER_NARROW_H
#define PEN_WORKER_NARROW_H
#include <penstock/plugin.h>

#include "core/base/limits.h"
#include "core/worker/stage.h"

/* The longest piece at the start of `rest`, which goes to the end of a chunk, that ends within `window` bytes; a longer first
 * record counts. window = 1: exactly the first record. *carry moves to the piece's end, unless that is the chunk's (*n ==
 * rest->bytes.n), where it is not known. -1: cut() failed. */
int narrow_piece (const struct pen_parser *p, void *self, const struct pen_chunk *rest, size_t window,
                  struct pen_carry *carry, size_t *n);
/* Reads what follows the carry in WIRE_PARSE. *n holes; -1: malformed. */
int narrow_holes (const uint8_t *p, size_t len, const struct pen_chunk *chunk, struct stage_hole to[LIMIT_HOLES],
                  size_t *n);
#endif
