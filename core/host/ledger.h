/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.h - control totals of one object: opened, added to and compared with what the input claims, in input order, in
 * overflow-checked 128-bit sums. Its entries come from workers: every index is checked. */
#ifndef PEN_HOST_LEDGER_H
#define PEN_HOST_LEDGER_H
#include <stddef.h>

#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/err.h"

/* Borrowed for the ledger's life. Scope 0 is the object: it is open from the start. */
struct ledger_decl
{
  const struct pen_scope *scopes;
  size_t n_scopes;
  const struct pen_total *totals;
  size_t n_totals;
};
/* A claim that does not hold, or a scope that was not closed in order; texts are valid during the call. */
typedef void ledger_found (void *ctx, const struct pen_finding *f);

struct ledger;
struct ledger *ledger_create (const struct ledger_decl *d);
void ledger_destroy (struct ledger *l);
/* 0; -1: an index or a size that was not declared (a broken plugin). */
int ledger_open (struct ledger *l, int scope, struct pen_span key, ledger_found *found, void *ctx);
int ledger_add (struct ledger *l, int total, __int128 value, ledger_found *found, void *ctx);
int ledger_close (struct ledger *l, int scope, struct pen_span key, const struct pen_claim *claims, size_t n,
                  uint64_t offset, uint64_t length, uint64_t line, ledger_found *found, void *ctx);
/* The object has ended: scopes that are still open are findings. */
void ledger_end (struct ledger *l, ledger_found *found, void *ctx);

/* What total `i` has come to over the whole object, all its scopes together. */
__int128 ledger_grand_total (const struct ledger *l, size_t i);
/* "1234.56" for 123456 at scale 2; cap >= 64. Returns buf. */
char *ledger_text (char *buf, size_t cap, __int128 value, unsigned scale);

/* The state as plain bytes, and back into a fresh ledger of the same declaration: -1 when they do not fit it. */
void ledger_save (const struct ledger *l, struct blob *b);
int ledger_load (struct ledger *l, struct blob_reader *r, struct err *e);
#endif
