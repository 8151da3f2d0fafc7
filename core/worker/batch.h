/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - keys that may come once in an object, gathered until they are worth a record of evidence: a payment file has
 * one or two of them for every record. */
#ifndef PEN_WORKER_BATCH_H
#define PEN_WORKER_BATCH_H
#include <stddef.h>

#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/distinct.h"

#define BATCHES 4 /* rules with such keys that take turns without flushing */

struct batch
{
  int severity;
  char column[64], rule[64], text[256];
  uint64_t seed;
  size_t n;
  struct distinct_key key[DISTINCT_BATCH];
};
struct batches
{
  struct batch *batch[BATCHES]; /* made when needed */
};

/* Takes a key; evidence of full batches is appended to b. f's place is the key's, the rest of it must be the same for all
 * keys of a rule and column, or they are gathered apart. */
void batches_add (struct batches *s, struct pen_span key, const struct pen_finding *f, struct blob *b);
/* Appends what is left: at the end of a chunk. */
void batches_flush (struct batches *s, struct blob *b);
void batches_fini (struct batches *s);
#endif
