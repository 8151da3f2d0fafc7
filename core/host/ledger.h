/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.h - control totals as data: what parsers recorded chunk by chunk is replayed in input order, summed in 128 bits
 * and compared with what the input claims.
 *
 * Everything replayed comes from a worker and may be hostile. Input that does not add up is a finding; an entry that no
 * honest worker can send (an index that was not declared, a key too long) is -1: a broken plugin. Memory is fixed at
 * create. One thread.
 *
 * Findings of the ledger itself carry severity PEN_SEV_OBJECT and one of these rules:
 *   ledger_unclosed  a scope was still open when the next of its kind began, or the one around it or the object ended
 *   ledger_unopened  something that is not open was closed or added to (it is ignored; once per scope until it opens)
 *   ledger_key       a scope was closed under another key than it was opened under
 *   ledger_overflow  a sum left 128 bits
 * Mismatches carry the claim's severity, the total's name as column and its rule ("ledger_mismatch" if it has none). */
#ifndef PEN_HOST_LEDGER_H
#define PEN_HOST_LEDGER_H
#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/err.h"
#include "core/base/evidence.h"

#define LEDGER_SCOPES_MAX 16
#define LEDGER_TOTALS_MAX 64
#define LEDGER_TEXT_MAX 64 /* any sum as text, with its NUL */

/* Borrowed, with all names and rules, as long as the ledger lives; within these limits, indexes and scales checked
 * (schema_read does). Scope 0 is the object: it is open from the start and stays open. */
struct ledger_decl
{
  const struct pen_scope *scopes;
  size_t n_scopes;
  const struct pen_total *totals;
  size_t n_totals;
};
/* Texts are valid during the call. */
typedef void ledger_found (void *ctx, const struct pen_finding *f);

struct ledger;

struct ledger *ledger_create (const struct ledger_decl *d);
void ledger_destroy (struct ledger *l);

/* 0; -1: no honest worker sends this, the ledger has not changed. Sums of a scope begin when it is opened; opening it ends
 * the scopes inside it. */
int ledger_open (struct ledger *l, int scope, struct pen_span key, ledger_found *found, void *ctx);
int ledger_add (struct ledger *l, int total, __int128 value, ledger_found *found, void *ctx);
/* offset, length, line: the record that makes the claims. A second close of scope 0 is compared with what came after the
 * first. */
int ledger_close (struct ledger *l, int scope, struct pen_span key, const struct pen_claim *claims, size_t n,
                  uint64_t offset, uint64_t length, uint64_t line, ledger_found *found, void *ctx);
/* The object has ended: scopes that are still open are findings. */
void ledger_end (struct ledger *l, ledger_found *found, void *ctx);

/* What total `i` has come to over the whole object, all its scopes together; a sum that left 128 bits stays at the last
 * value that it had (and was a finding). */
__int128 ledger_grand_total (const struct ledger *l, size_t i);
/* "1234.56" for 123456 at scale 2; cap >= LEDGER_TEXT_MAX, scale <= 38. Returns buf. */
char *ledger_text (char *buf, size_t cap, __int128 value, unsigned scale);

/* All sums and open scopes as plain bytes (under 8 KiB), appended to b; and the way back, into a ledger just created. -1
 * with e set: damaged, or of another declaration; the ledger is as it was. */
void ledger_save (const struct ledger *l, struct blob *b);
int ledger_load (struct ledger *l, struct blob_reader *r, struct err *e);
#endif
