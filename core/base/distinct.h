/* SPDX-License-Identifier: Apache-2.0 */
/* distinct.h - keys that may come once in an object, as they cross from a worker to the host: the raw bytes of an
 * EVIDENCE_DISTINCT record are an array of these. */
#ifndef PEN_BASE_DISTINCT_H
#define PEN_BASE_DISTINCT_H
#include <stdint.h>

struct distinct_key
{
  uint64_t hash[2]; /* xxh3-128 of the key, seeded with its rule's */
  uint64_t offset, length, line;
};
#define DISTINCT_BATCH 512 /* keys of one record of evidence */
#endif
