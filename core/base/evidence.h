/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - what a worker says about a chunk besides its rows: findings, ledger entries, tallies. Written by the
 * worker into slots, read by the host from a private copy; the reader trusts nothing. */
#ifndef PEN_BASE_EVIDENCE_H
#define PEN_BASE_EVIDENCE_H
#include <stddef.h>
#include <stdint.h>

#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/distinct.h"
#include "core/base/err.h"
#include "core/base/limits.h"

#define EVIDENCE_KEY_MAX 256
#define EVIDENCE_CLAIMS_MAX 32
#define EVIDENCE_TEXT_MAX 1024
#define EVIDENCE_RECORD_MAX (LIMIT_EVIDENCE_RAW + 8 * KIB)

enum evidence_kind
{
  EVIDENCE_FINDING = 1,
  EVIDENCE_OPEN,
  EVIDENCE_ADD,
  EVIDENCE_CLOSE,
  EVIDENCE_TALLY,
  EVIDENCE_UNIQUE,   /* a finding, should its key be known: the key is in raw */
  EVIDENCE_DISTINCT, /* keys, in raw as an array of struct distinct_key, and the finding where one comes again */
};

/* What became of one table's records in a chunk (or a part of it). */
struct evidence_tally
{
  uint32_t table;
  uint64_t read, rejected, emitted, filtered; /* read = rejected + emitted; emitted = rows delivered + filtered */
};

/* One decoded record; spans and strings are valid during the callback only. */
struct evidence
{
  enum evidence_kind kind;
  struct pen_finding finding; /* text, rule, column are NUL-terminated, free of control characters */
  struct pen_span raw;        /* FINDING: the record's first bytes */
  int scope, total;
  struct pen_span key;
  __int128 value; /* ADD */
  struct pen_claim claims[EVIDENCE_CLAIMS_MAX];
  size_t n_claims;
  uint64_t offset, length, line; /* CLOSE */
  struct evidence_tally tally;
};

void evidence_put_finding (struct blob *b, const struct pen_finding *f, struct pen_span raw);
void evidence_put_unique (struct blob *b, struct pen_span key, const struct pen_finding *f);
void evidence_put_distinct (struct blob *b, const struct distinct_key *k, size_t n, const struct pen_finding *f);
void evidence_put_open (struct blob *b, int scope, struct pen_span key);
void evidence_put_add (struct blob *b, int total, __int128 value);
void evidence_put_close (struct blob *b, int scope, struct pen_span key, const struct pen_claim *claims, size_t n,
                         uint64_t offset, uint64_t length, uint64_t line);
void evidence_put_tally (struct blob *b, const struct evidence_tally *t);

/* Takes a stream of records in pieces of any size; holds back at most one unfinished record. */
struct evidence_reader
{
  struct blob rest;
};
void evidence_reader_fini (struct evidence_reader *r);
/* Calls `see` for every whole record; stops at its first non-zero answer and returns it. -1 with e set: malformed. */
int evidence_feed (struct evidence_reader *r, const uint8_t *p, size_t n,
                   int (*see) (void *ctx, const struct evidence *), void *ctx, struct err *e);
/* 1 when no unfinished record is held. */
int evidence_is_whole (const struct evidence_reader *r);
#endif
