/* SPDX-License-Identifier: Apache-2.0 */
/* bound.h - the most memory that a pipeline can take, and how many workers fit into what it may take. */
#ifndef PEN_HOST_BOUND_H
#define PEN_HOST_BOUND_H
#include "core/base/err.h"
#include "core/host/machine.h"
#include "core/host/plan.h"

#include <stdio.h>

struct bound_part
{
  const char *what;
  uint64_t each; /* bytes */
  unsigned count;
  bool per_worker; /* one of the parts of which one worker is made up */
};

#define BOUND_PARTS (16 + 16)
struct bound
{
  unsigned workers, cores;
  const char *cores_from;
  uint64_t memory; /* what the pipeline may take; 0: not known */
  const char *memory_from;
  uint64_t reserved, per_worker, total;
  size_t n;
  struct bound_part part[BOUND_PARTS];
};

/* workers = min (cores, (memory - reserved) / per worker), or limits.workers. A pure function of plan and machine. -1 when
 * not even one worker (or the number that was asked for) fits: e names both numbers. *b is filled in any case. */
int bound_compute (struct bound *b, const struct plan *p, const struct machine *m, struct err *e);
/* Bytes: the longest that a cut may have to look ahead. */
uint64_t bound_window (const struct plan *p);
/* Bytes: the longest that a row may become, encoded. */
uint64_t bound_row (const struct plan *p);
/* Bytes of the spool that belong to the first open object; twice as many are the least that a spool must have. */
uint64_t bound_spool_reserve (const struct plan *p);
/* Bytes that a decoder may be ahead of the sinks. */
uint64_t bound_decode_window (const struct plan *p);
/* The parts, one a line, and the sum. */
void bound_print (const struct bound *b, FILE *out);
#endif
