/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - the host's side of the shared-memory slots of one worker seat: who may write into which one now. */
#ifndef PEN_HOST_SLOT_H
#define PEN_HOST_SLOT_H
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/limits.h"

enum slot_state
{
  SLOT_RESERVED, /* kept back for the lowest uncommitted chunk */
  SLOT_LENT,     /* the worker may write into it */
  SLOT_HELD,     /* holds output that sinks have not taken yet */
};
/* One piece of sealed memory. It outlives the worker process that filled it: a held slot of a dead worker is replaced in
 * its seat, so that the successor cannot reach what its predecessor has handed over. */
struct slot
{
  int fd;
  const uint8_t *map; /* read-only here */
  enum slot_state state;
  unsigned index;
  uint64_t obj, seq; /* HELD: for whom */
  size_t n_pieces;   /* HELD: pieces in it that were not given back */
  size_t taken;      /* bytes that this lease has named so far: pieces follow each other, none twice */
  size_t n_taken;    /* pieces that this lease has named so far */
  struct seat *seat; /* NULL: orphan, freed when given back */
};

struct slot *slot_create (struct seat *seat, unsigned index, struct err *e);
/* The worker may write into it from its start. */
void slot_lend (struct slot *s);
void slot_destroy (struct slot *s);
#endif
