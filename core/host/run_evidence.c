/* SPDX-License-Identifier: Apache-2.0 */
/* run_evidence.c - keeps an object's books: findings, ledger entries and tallies of its chunks, in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/host/run_int.h"

struct replay
{
  struct run *r;
  struct object *o;
  struct chunk *c;
};

static void
show_finding (struct run *r, struct object *o, const struct pen_finding *f)
{
  char place[96];

  if (++o->n_shown > FINDINGS_SHOWN)
    {
      if (o->n_shown == FINDINGS_SHOWN + 1)
        run_log (r, PEN_LOG_WARN, "%s: more findings are in the state database only", o->name);
      return;
    }
  if (f->line)
    snprintf (place, sizeof place, ":%llu: offset %llu", (unsigned long long)f->line, (unsigned long long)f->offset);
  else
    snprintf (place, sizeof place, ": offset %llu", (unsigned long long)f->offset);
  run_log (r, f->severity == PEN_SEV_WARN ? PEN_LOG_WARN : PEN_LOG_ERROR, "%s%s: %s%s%s: %s", o->name, place, f->rule,
           f->column ? ": " : "", f->column ? f->column : "", f->text);
}

/* All objects before this one have ended, none behind it has begun to: now is the time to stop. */
static void
halt (struct run *r, struct object *o)
{
  commit_on_object_failed (r->commit, o->ord);
  run_fail (r, RUN_FAILED,
            "%s: the run halts before this object, nothing of it or behind it is loaded: correct the object or the "
            "configuration and run again",
            o->name);
}

/* Counts a finding, shows it, and keeps it: all of them where the object is at stake, else as many as the configuration
 * wants. Without an end to them, one file of broken lines would fill the disk with what it is itself. */
static void
take_finding (struct run *r, struct object *o, uint64_t seq, const struct pen_finding *f, struct pen_span raw, int must)
{
  struct err e;

  o->n_findings++;
  o->n_warnings += f->severity == PEN_SEV_WARN;
  if (f->severity > o->worst)
    o->worst = f->severity;
  if (f->severity >= PEN_SEV_OBJECT)
    run_object_why (o, "%s: %s", f->rule, f->text);
  show_finding (r, o, f);
  if (!must && f->severity < PEN_SEV_OBJECT && o->n_findings > r->o->keep_findings)
    o->n_unkept++;
  else if (r->journal && journal_quarantine (r->journal, o->row, seq, f, raw, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  if (f->severity == PEN_SEV_HALT)
    halt (r, o);
}

void
run_finding (struct run *r, struct object *o, uint64_t seq, const struct pen_finding *f, struct pen_span raw)
{
  take_finding (r, o, seq, f, raw, 0);
}

void
run_findings_end (struct run *r, struct object *o)
{
  char text[160];
  struct pen_finding f = {
    .size = sizeof f, .severity = PEN_SEV_WARN, .offset = o->length, .rule = "more_findings", .text = text
  };
  struct err e;

  if (!o->n_unkept)
    return;
  snprintf (text, sizeof text, "%llu further findings were counted, but not kept: errors.keep_findings is %llu",
            (unsigned long long)o->n_unkept, (unsigned long long)r->o->keep_findings);
  run_log (r, PEN_LOG_WARN, "%s: %s", o->name, text);
  if (r->journal && journal_quarantine (r->journal, o->row, 0, &f, (struct pen_span){ NULL, 0 }, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
}

void
run_fatal (struct run *r, struct object *o, uint64_t seq, uint64_t offset, uint64_t len, const struct carry *carry,
           int severity, const char *text)
{
  size_t n = (size_t)(len < LIMIT_CHUNK_MAX ? len : LIMIT_CHUNK_MAX);
  CLEANUP_FREE uint8_t *raw = xmalloc (n);
  ssize_t got = pread (o->fd, raw, n, (off_t)offset);
  struct pen_finding f = {
    .size = sizeof f, .severity = severity, .offset = offset, .length = len, .rule = "worker_died", .text = text
  };
  struct err e;

  take_finding (r, o, seq, &f, (struct pen_span){ raw, got > 0 ? (size_t)got : 0 }, 1); /* the carry goes beside it */
  if (r->journal && journal_carry (r->journal, o->row, (struct pen_span){ carry->p, carry->n }, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
}

/* The ledger has found claims that do not hold. */
static void
on_mismatch (void *ctx, const struct pen_finding *f)
{
  struct replay *p = ctx;
  struct pen_finding copy = *f;

  if (f->severity > PEN_SEV_WARN)
    {
      if (p->r->o->require_balance)
        {
          p->o->unbalanced = 1;
          run_object_why (p->o, "%s: %s", f->rule, f->text);
        }
      else
        copy.severity = PEN_SEV_WARN;
    }
  run_finding (p->r, p->o, p->c ? p->c->seq : 0, &copy, (struct pen_span){ NULL, 0 });
}

struct ledger *
run_ledger_create (struct run *r)
{
  struct ledger_decl d = { .scopes = r->schema->scopes,
                           .n_scopes = r->schema->n_scopes,
                           .totals = r->schema->totals,
                           .n_totals = r->schema->n_totals };
  return ledger_create (&d);
}

static int
take_tally (struct replay *p, const struct evidence_tally *t)
{
  struct tally *to;

  if (t->table >= p->r->schema->n_tables)
    return -1;
  to = &p->o->tally[t->table];
  to->read += t->read;
  to->rejected += t->rejected;
  to->emitted += t->emitted;
  to->filtered += t->filtered;
  return 0;
}

static void
note_key (struct replay *p, const struct evidence *ev)
{
  struct err e;

  p->o->has_keys = 1;
  if (p->r->journal && journal_key_note (p->r->journal, p->o->row, p->c->seq, &ev->finding, ev->raw, &e) == -1)
    run_fail (p->r, RUN_FAILED, "%s", e.text);
}

/* The bytes are a worker's, and lie as they like. */
static int
note_distinct (struct replay *p, const struct evidence *ev)
{
  CLEANUP_FREE struct distinct_key *k = xmalloc (ev->raw.n + 1);
  struct err e;

  if (ev->raw.n)
    memcpy (k, ev->raw.p, ev->raw.n);
  if (!p->o->distinct)
    p->o->distinct = distinct_create (p->r->spool_dir);
  if (distinct_add (p->o->distinct, k, ev->raw.n / sizeof *k, &ev->finding, &e) == -1)
    run_fail (p->r, RUN_FAILED, "%s: %s", p->o->name, e.text);
  return 0;
}

static void
on_known_key (void *ctx, const struct pen_finding *f)
{
  struct replay *p = ctx;
  run_finding (p->r, p->o, 0, f, (struct pen_span){ NULL, 0 });
}

void
run_keys (struct run *r, struct object *o)
{
  struct replay p = { r, o, NULL };
  struct err e;
  if (r->journal && (o->has_keys || o->resumed_at)
      && journal_keys_known (r->journal, o->row, o->key, on_known_key, &p, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  if (o->distinct && o->resumed_at)
    run_log (r, PEN_LOG_WARN, "%s: keys of the first %llu bytes, read by a run before this, are not compared", o->name,
             (unsigned long long)o->resumed_at);
  if (o->distinct && distinct_end (o->distinct, on_known_key, &p, &e) == -1)
    run_fail (r, RUN_FAILED, "%s: %s", o->name, e.text);
}

static int
see (void *ctx, const struct evidence *ev)
{
  struct replay *p = ctx;

  switch (ev->kind)
    {
    case EVIDENCE_FINDING:
      run_finding (p->r, p->o, p->c->seq, &ev->finding, ev->raw);
      return 0;
    case EVIDENCE_OPEN:
      return ledger_open (p->o->ledger, ev->scope, ev->key, on_mismatch, ctx);
    case EVIDENCE_ADD:
      return ledger_add (p->o->ledger, ev->total, ev->value, on_mismatch, ctx);
    case EVIDENCE_CLOSE:
      return ledger_close (p->o->ledger, ev->scope, ev->key, ev->claims, ev->n_claims, ev->offset, ev->length, ev->line,
                           on_mismatch, ctx);
    case EVIDENCE_TALLY:
      return take_tally (p, &ev->tally);
    case EVIDENCE_UNIQUE:
      note_key (p, ev);
      return 0;
    case EVIDENCE_DISTINCT:
      return note_distinct (p, ev);
    }
  return -1;
}

int
run_replay (struct run *r, struct object *o, struct chunk *c)
{
  struct replay p = { r, o, c };
  struct err e = { 0, "an index that was not declared" };

  for (; c->replayed < c->n_pieces; c->replayed++)
    {
      const struct piece *piece = &c->pieces[c->replayed];
      uint8_t *copy;
      int rc;
      if (piece->kind != WIRE_SEG_EVIDENCE)
        continue;
      copy = xmalloc (piece->n); /* private: the worker can still write into its slot */
      memcpy (copy, piece->p, piece->n);
      rc = evidence_feed (&o->evidence, copy, piece->n, see, &p, &e);
      free (copy);
      if (rc)
        {
          run_object_why (o, "%s reported in a malformed way: %s", r->o->parser.options->owner, e.text);
          commit_on_refused (r->commit, o->ord);
          return -1;
        }
    }
  return 0;
}

void
run_ledger_end (struct run *r, struct object *o)
{
  struct replay p = { r, o, NULL };
  ledger_end (o->ledger, on_mismatch, &p);
}
