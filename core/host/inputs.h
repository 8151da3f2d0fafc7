/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.h - memory in which the cutter leaves the bytes of chunks for the workers, so that they are read only once.
 *
 * It saves a copy and promises nothing: a chunk without an input, and one that is parsed again, is read by its worker. The
 * host never looks into it; workers cannot write to it. On the loop's thread. */
#ifndef PEN_HOST_INPUTS_H
#define PEN_HOST_INPUTS_H
#include <stdint.h>

#include "core/base/err.h"

struct inputs;

/* Bytes of one input: a chunk, and room behind it, in pages. */
uint64_t inputs_stride (uint64_t chunk);

/* NULL on error. n is at least 1; destroy takes NULL. */
struct inputs *inputs_create (unsigned n, uint64_t chunk, struct err *e);
void inputs_destroy (struct inputs *t);

unsigned inputs_count (const struct inputs *t);
/* Borrowed. `writable`: the cutter's. */
int inputs_fd (const struct inputs *t, int writable);

/* Inputs that hold no chunk. */
unsigned inputs_unused (const struct inputs *t);
/* Lends the cutter at most `max` more of them; returns how many, and which ones. */
unsigned inputs_lend (struct inputs *t, uint16_t *which, unsigned max);
/* The cutter has put `bytes` of a chunk into one: 0, -1 when it was not lent that one, or they cannot be in there. */
int inputs_fill (struct inputs *t, unsigned which, uint64_t bytes);
/* A chunk does not need it any more. */
void inputs_give_back (struct inputs *t, unsigned which);
/* The cutter's process is gone, and with it what it was lent. */
void inputs_recall (struct inputs *t);
#endif
