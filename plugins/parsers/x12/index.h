/* SPDX-License-Identifier: Apache-2.0 */
/* index.h - the places of all separators and terminators in a window; part of x12.h. */
#ifndef X12_INDEX_H
#define X12_INDEX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x12_seg;
struct x12_state;

#define INDEX_WINDOW 16384 /* bytes that are indexed at once */
/* What fills an index of its p, n and delimiters. */
struct x12_index;
typedef void x12_index_fn (struct x12_index *x);
/* Where separators and terminators are in a window of the chunk, so that a walk need not look for them. */
struct x12_index
{
  x12_index_fn *fill;
  const uint8_t *p; /* the window */
  size_t n;         /* its bytes; 0: none */
  uint8_t elem, term;
  bool odd; /* `strange` has bits */
  unsigned n_term;
  unsigned cursor;                     /* terminators before it are behind the walk */
  uint64_t strange[INDEX_WINDOW / 64]; /* bytes that make a segment odd */
  uint32_t sep[1 + INDEX_WINDOW + 64]; /* from [1] on: one behind each separator and terminator */
  uint32_t ends[INDEX_WINDOW + 64];    /* which of sep are terminators */
};
/* The terminated segment at p[at] into g, whose `at` may point into the index until the next call; false: the long way
 * has to find out what is there. p[0 .. n - 1] is the chunk, the same in all calls until x12_index_drop(). */
bool x12_index_segment (struct x12_index *x, const struct x12_state *s, const uint8_t *p, size_t n, size_t at,
                        uint64_t base, struct x12_seg *g);
static inline void
x12_index_drop (struct x12_index *x)
{
  x->n = 0;
}
/* By number, the better ones later; NULL behind the last that the processor can do. */
x12_index_fn *x12_index_variant (unsigned i);
#endif
