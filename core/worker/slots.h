/* SPDX-License-Identifier: Apache-2.0 */
/* slots.h - shared memory that a worker fills with a chunk's output, and the segments that say what is where. */
#ifndef PEN_WORKER_SLOTS_H
#define PEN_WORKER_SLOTS_H
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/base/wire.h"

#define SLOTS_SEGMENTS_MAX 512 /* what fits into a message beside the end carry */

struct link;
struct slots
{
  struct link *link;
  uint8_t *map[LIMIT_SLOTS_PER_WORKER];
  unsigned stack[LIMIT_SLOTS_PER_WORKER]; /* free ones; last in, first out: its memory is still in the cache */
  unsigned n_free;
  int current; /* -1: none */
  size_t used; /* bytes of the current slot */
  uint32_t obj;
  uint64_t seq;
  struct wire_segment seg[SLOTS_SEGMENTS_MAX];
  size_t n_seg;
};

void slots_init (struct slots *s, struct link *l);
void slots_add (struct slots *s, unsigned index, int fd); /* maps and closes fd */
void slots_free (struct slots *s, unsigned index);
/* A chunk begins: its output starts in a fresh slot. */
void slots_begin (struct slots *s, uint32_t obj, uint64_t seq);
/* Room in the current slot; takes the next one (waiting for the host, if need be) when nothing is left or `fresh`. */
uint8_t *slots_room (struct slots *s, int fresh, size_t *cap);
/* n bytes were put at the room's start. */
void slots_put (struct slots *s, int kind, unsigned stream, unsigned table, size_t n, uint64_t rows);
/* Copies bytes of any length, over as many slots as they need; rows count with the last piece. */
void slots_copy (struct slots *s, int kind, unsigned stream, unsigned table, const void *p, size_t n, uint64_t rows);
/* The chunk is done: says so with its segments. */
void slots_finish (struct slots *s, const void *end_carry, size_t carry_len);
#endif
