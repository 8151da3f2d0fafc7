/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h - the host's own memory: objects seen, fingerprints, quarantine, runs; one SQLite database per pipeline. */
#ifndef PEN_HOST_JOURNAL_H
#define PEN_HOST_JOURNAL_H
#include <stdint.h>

#include <penstock/plugin.h>

#include "core/base/err.h"
#include "core/host/commit.h"

#define JOURNAL_KEY_MAX 64

struct journal;
/* Creates the state directory (0700) and state.db if they are not there, locks the directory against a second host and
 * notes that a run begins. All functions: the loop's thread; -1 means that the state directory cannot be written. */
struct journal *journal_open (const char *state_dir, const char *pipeline, struct err *e);
void journal_close (struct journal *j);

struct journal_object
{
  int64_t row;
  int64_t opened_ns; /* of the first try */
  int is_old;        /* an earlier try has left the row, and perhaps findings and keys with it */
  int hash_first;    /* something of this length was seen: look at the fingerprint before anything else */
};
/* The "open" row, durable with what is recorded or flushed next. The row of an unfinished try of the same object (name, length, mtime) is taken up again. */
int journal_object_open (struct journal *j, const struct pen_object *o, struct journal_object *out, struct err *e);

/* The source cannot get it (status "lost"); durable with what is recorded next. origin may be empty. */
int journal_object_lost (struct journal *j, const char *name, const char *origin, const char *why, struct err *e);
/* The length of an object that was still growing when it was opened. Durable with its record. */
int journal_length (struct journal *j, int64_t row, uint64_t length, struct err *e);
/* 1: an earlier run may have published objects without having noted it. */
int journal_has_intents (struct journal *j, struct err *e);
/* What the journal knows of content `key`: COMMIT_FRESH, COMMIT_RESUME or COMMIT_SKIP
 * (committed before; policy is the caller's). -1 on error. *name (caller frees, may be NULL): of the earlier one. */
int journal_lookup (struct journal *j, const char *key, char **name, struct err *e);

/* Drops evidence that an earlier try left from chunk seq on. */
int journal_clean (struct journal *j, int64_t row, uint64_t seq, struct err *e);
/* Makes all that was written so far durable. */
int journal_flush (struct journal *j, struct err *e);
/* One refused record (or finding) of object `row`, with its first bytes. */
int journal_quarantine (struct journal *j, int64_t row, uint64_t seq, const struct pen_finding *f, struct pen_span raw,
                        struct err *e);
/* What the parser must know of the bytes before the record that was quarantined last, to parse it alone. */
int journal_carry (struct journal *j, int64_t row, struct pen_span carry, struct err *e);

/* ---- journal_keys.c: keys that no two accepted objects may have ---- */

/* Notes a key of object `row`, and the finding that it becomes should another object have it. Durable with what is
 * recorded next. */
int journal_key_note (struct journal *j, int64_t row, uint64_t seq, const struct pen_finding *f, struct pen_span key,
                      struct err *e);
/* Calls see for each key of `row` (up to 100) that an accepted object with other content than content_key has under the
 * same rule. */
int journal_keys_known (struct journal *j, int64_t row, const char *content_key,
                        void (*see) (void *ctx, const struct pen_finding *f), void *ctx, struct err *e);

struct journal_counts
{
  uint64_t records, rejected, filtered, findings;
};
/* Durable with journal_flush(): an intent that nothing was published for is harmless, a lost COMMITTED is found again from its
 * intent and the sinks. key may be NULL (not known). why: of a refusal, or NULL. */
int journal_record (struct journal *j, int64_t row, enum commit_what what, const char *key,
                    const struct journal_counts *c, const char *why, struct err *e);
/* The same as COMMITTED, of an object whose intent this run has recorded: nothing else about it has changed since. */
int journal_committed (struct journal *j, int64_t row, const char *key, struct err *e);
/* The source has acknowledged. */
int journal_acked (struct journal *j, int64_t row, int ok, struct err *e);
/* The run's end; not durable by itself. */
int journal_run_end (struct journal *j, int status, struct err *e);
#endif
