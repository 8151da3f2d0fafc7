/* SPDX-License-Identifier: Apache-2.0 */
/* run_verdict.c - may an object be published? Totals, counts, findings, duplicates and policy, once all of it was read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host/run_int.h"

static int
has_twin (const struct run *r, const struct object *o)
{
  for (size_t i = 0; i < r->n_objects; i++)
    if (r->objects[i] != o && r->objects[i]->accepted && !strcmp (r->objects[i]->key, o->key))
      return 1;
  return 0;
}

enum commit_word
run_duplicate_word (struct run *r, struct object *o, int first_look)
{
  struct err e;
  int word;

  if (!r->journal)
    return COMMIT_FRESH;
  if (has_twin (r, o))
    return COMMIT_TWIN;
  free (o->twin);
  word = journal_lookup (r->journal, o->key, &o->twin, &e);
  if (word == -1)
    {
      run_fail (r, RUN_FAILED, "%s", e.text);
      return COMMIT_REFUSE;
    }
  if (word == COMMIT_RESUME && !first_look)
    word = COMMIT_FRESH; /* our own intent, or one that a dead run left: this verdict decides */
  if (word == COMMIT_SKIP && r->o->duplicates == RUN_DUP_REJECT)
    {
      run_object_why (o, "duplicate: the same content was loaded before as %s (duplicates = \"reject\")", o->twin);
      word = COMMIT_REFUSE;
    }
  return (enum commit_word)word;
}

/* Every record that was read is accounted for, and every row that was made was sent. */
static int
is_conserved (struct run *r, struct object *o)
{
  for (unsigned t = 0; t < r->schema->n_tables; t++)
    {
      const struct tally *y = &o->tally[t];
      if (y->read != y->rejected + y->emitted)
        {
          run_object_why (o, "table %s: %llu records were read, but %llu rejected and %llu delivered",
                          r->schema->tables[t].name, (unsigned long long)y->read, (unsigned long long)y->rejected,
                          (unsigned long long)y->emitted);
          return 0;
        }
    }
  for (size_t s = 0; s < r->o->n_sinks; s++)
    {
      uint64_t rows = 0;
      for (unsigned t = 0; t < r->schema->n_tables; t++)
        if (r->schema->streams[s].heads[t].wanted)
          rows += o->tally[t].emitted - o->tally[t].filtered;
      if (rows != o->sent_rows[s] && o->resume_seq[s] == 0)
        {
          run_object_why (o, "sink \"%s\" was sent %llu rows of %llu", r->o->sinks[s].name,
                          (unsigned long long)o->sent_rows[s], (unsigned long long)rows);
          return 0;
        }
    }
  return 1;
}

static uint64_t
count_rejected (const struct object *o, uint64_t *read)
{
  uint64_t rejected = 0;

  *read = 0;
  for (size_t t = 0; t < LIMIT_TABLES; t++)
    {
      rejected += o->tally[t].rejected;
      *read += o->tally[t].read;
    }
  return rejected;
}

static int
policy_refuses (struct run *r, struct object *o)
{
  uint64_t read, rejected = count_rejected (o, &read);

  if (!rejected && o->worst < PEN_SEV_RECORD)
    return 0;
  if (r->o->on_reject == RUN_REJECT_FAIL)
    {
      run_object_why (o, "%llu of %llu records are refused, and on_reject is \"fail\"", (unsigned long long)rejected,
                      (unsigned long long)read);
      o->ends_run = 1;
      return 1;
    }
  if (r->o->on_reject == RUN_REJECT_OBJECT)
    {
      run_object_why (o, "%llu of %llu records are refused, and on_reject is \"reject-object\"",
                      (unsigned long long)rejected, (unsigned long long)read);
      return 1;
    }
  if (r->o->max_error_rate >= 0 && (double)rejected > r->o->max_error_rate * (double)read)
    {
      run_object_why (o, "%llu of %llu records are refused, more than max_error_rate = %g %%",
                      (unsigned long long)rejected, (unsigned long long)read, 100 * r->o->max_error_rate);
      return 1;
    }
  return 0;
}

static enum commit_word
look_at_books (struct run *r, struct object *o)
{
  enum commit_word word = o->key[0] ? run_duplicate_word (r, o, 0) : COMMIT_FRESH;

  if (word == COMMIT_SKIP || word == COMMIT_REFUSE || word == COMMIT_TWIN)
    return word;
  run_ledger_end (r, o);
  run_keys (r, o);
  run_findings_end (r, o);
  if (!is_conserved (r, o))
    {
      run_fail (r, RUN_FAILED, "%s: not all of it arrived: %s", o->name, o->why);
      return COMMIT_REFUSE;
    }
  if (!evidence_is_whole (&o->evidence))
    {
      run_object_why (o, "a worker's report ended in the middle");
      return COMMIT_REFUSE;
    }
  if (o->worst >= PEN_SEV_OBJECT || o->unbalanced || policy_refuses (r, o))
    return COMMIT_REFUSE;
  return COMMIT_ACCEPT;
}

struct journal_counts
run_counts (const struct object *o)
{
  struct journal_counts counts = { .findings = o->n_findings };

  for (size_t t = 0; t < LIMIT_TABLES; t++)
    {
      counts.records += o->tally[t].read;
      counts.rejected += o->tally[t].rejected;
      counts.filtered += o->tally[t].filtered;
    }
  return counts;
}

/* Its intent is noted, to be made durable with those of its batch; its bytes are not needed any more. */
static void
accept_object (struct run *r, struct object *o)
{
  struct journal_counts counts = run_counts (o);
  struct err e;

  o->accepted = 1;
  if (r->journal
      && journal_record (r->journal, o->row, COMMIT_INTENT, o->key[0] ? o->key : NULL, &counts, NULL, &e) == -1)
    run_journal_lost (r, &e);
  run_object_let_go (r, o);
}

void
run_verdict (struct run *r, struct object *o)
{
  enum commit_word word = look_at_books (r, o);
  uint64_t bytes = 0;

  for (size_t i = 0; i < r->o->n_sinks; i++)
    bytes += o->sent_bytes[i];
  if (word == COMMIT_ACCEPT)
    accept_object (r, o);
  if (!r->gave_up)
    commit_on_verdict (r->commit, o->ord, word, bytes);
}

static void
add_total (struct run_result *res, const struct pen_total *total, __int128 sum)
{
  struct run_total *t = res->totals;

  while (t < res->totals + res->n_totals && strcmp (t->name, total->name))
    t++;
  if (t == res->totals + sizeof res->totals / sizeof res->totals[0])
    return;
  if (t == res->totals + res->n_totals)
    res->n_totals++;
  snprintf (t->name, sizeof t->name, "%s", total->name);
  t->sum += sum;
  ledger_text (t->value, sizeof t->value, t->sum, total->scale);
}

void
run_totals (struct run *r, struct object *o)
{
  unsigned outermost = UINT16_MAX; /* scope that has totals: those of inner ones are parts of its own */

  for (size_t i = 0; i < r->schema->n_totals; i++)
    if (r->schema->totals[i].scope < outermost)
      outermost = r->schema->totals[i].scope;
  for (size_t i = 0; i < r->schema->n_totals; i++)
    if (r->schema->totals[i].scope == outermost)
      add_total (r->result, &r->schema->totals[i], ledger_grand_total (o->ledger, i));
}
