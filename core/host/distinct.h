/* SPDX-License-Identifier: Apache-2.0 */
/* distinct.h - finds which keys of an object come more than once, exactly, however many there are, in little memory.
 *
 * Keys are kept in memory up to DISTINCT_MEMORY bytes, then sorted and written to an unlinked file, as often as it takes;
 * at the object's end these runs are merged. What is reported does not depend on the order of adding. */
#ifndef PEN_HOST_DISTINCT_H
#define PEN_HOST_DISTINCT_H
#include <penstock/plugin.h>

#include "core/base/distinct.h"
#include "core/base/err.h"

#define DISTINCT_MEMORY (512u << 10) /* and at the end 4 KiB for each run of that size */
#define DISTINCT_TOLD 1000           /* of one object; the others are counted */

struct distinct;

/* dir: where the file goes, borrowed. */
struct distinct *distinct_create (const char *dir);
/* n keys for which f is a finding where they come again; f's place is not looked at, its texts are copied. -1: the file. */
int distinct_add (struct distinct *d, const struct distinct_key *k, size_t n, const struct pen_finding *f,
                  struct err *e);
/* Reports every key that is not the first of its kind, by offset, up to DISTINCT_TOLD; then how many more there are. */
int distinct_end (struct distinct *d, void (*see) (void *ctx, const struct pen_finding *f), void *ctx, struct err *e);
/* Bytes written to the file so far. */
uint64_t distinct_spilled (const struct distinct *d);
void distinct_destroy (struct distinct *d);
#endif
