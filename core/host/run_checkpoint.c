/* SPDX-License-Identifier: Apache-2.0 */
/* run_checkpoint.c - chunk mode: the books as they stand after a chunk, stored by the sinks with it, and read back. */
#include <stdlib.h>
#include <string.h>

#include "core/host/run_int.h"

#define CHECKPOINT_VERSION 2

void
run_checkpoint_keep (struct run *r, struct object *o, struct chunk *c)
{
  const struct carry *carry = c->parsed ? &c->end : &c->after;
  struct checkpoint *k;

  o->checkpoints = xrealloc (o->checkpoints, (o->n_checkpoints + 1) * sizeof *k);
  k = &o->checkpoints[o->n_checkpoints++];
  *k = (struct checkpoint){ .seq = c->seq };
  blob_u32 (&k->b, CHECKPOINT_VERSION);
  blob_u64 (&k->b, r->settings);
  blob_u32 (&k->b, (uint32_t)r->o->n_sinks);
  for (size_t s = 0; s < r->o->n_sinks; s++)
    blob_u64 (&k->b, r->sinks[s].settings);
  blob_u64 (&k->b, c->offset + c->len);
  blob_bytes (&k->b, carry->p, carry->n);
  blob_u32 (&k->b, (uint32_t)r->schema->n_tables);
  for (size_t t = 0; t < r->schema->n_tables; t++)
    {
      blob_u64 (&k->b, o->tally[t].read);
      blob_u64 (&k->b, o->tally[t].rejected);
      blob_u64 (&k->b, o->tally[t].emitted);
      blob_u64 (&k->b, o->tally[t].filtered);
    }
  blob_u64 (&k->b, o->n_findings);
  blob_u32 (&k->b, (uint32_t)o->worst);
  blob_u8 (&k->b, (uint8_t)o->unbalanced);
  ledger_save (o->ledger, &k->b);
}

struct pen_span
run_checkpoint_get (struct object *o, uint64_t seq)
{
  for (size_t i = 0; i < o->n_checkpoints; i++)
    if (o->checkpoints[i].seq == seq)
      return (struct pen_span){ o->checkpoints[i].b.p, o->checkpoints[i].b.n };
  return (struct pen_span){ NULL, 0 };
}

void
run_checkpoint_drop (struct object *o, uint64_t seq)
{
  size_t kept = 0;

  for (size_t i = 0; i < o->n_checkpoints; i++)
    if (o->checkpoints[i].seq <= seq)
      blob_fini (&o->checkpoints[i].b);
    else
      o->checkpoints[kept++] = o->checkpoints[i];
  o->n_checkpoints = kept;
}

/* Version and settings, up to where the books begin; *same: they are those of this run. The sinks may be other ones, as long
 * as the one that stored it is still the same. */
static int
read_head (const struct run *r, struct blob_reader *b, size_t sink, int *same, struct err *e)
{
  const char *name = r->o->sinks[sink].name;
  int is_there = 0;
  uint32_t n;

  if (blob_get_u32 (b) != CHECKPOINT_VERSION)
    return err_set (e, "the checkpoint of sink \"%s\" was written by another version", name);
  *same = blob_get_u64 (b) == r->settings;
  n = blob_get_u32 (b);
  for (uint32_t i = 0; i < n && !b->bad; i++)
    if (blob_get_u64 (b) == r->sinks[sink].settings)
      is_there = 1;
  *same = *same && is_there;
  return b->bad ? err_set (e, "malformed checkpoint of sink \"%s\"", name) : 0;
}

int
run_checkpoint_fits (struct run *r, struct object *o, size_t s, struct err *e)
{
  struct blob_reader b;
  int same;

  blob_reader_init (&b, o->resume[s].p, o->resume[s].n);
  if (read_head (r, &b, s, &same, e) == -1)
    return -1;
  if (!same)
    return err_set (e,
                    "an earlier run loaded it up to chunk %llu with another parser, filter, encoder, choice of tables, "
                    "lineage or limits.chunk; to go on, put the old settings back, or take out by hand what this sink "
                    "has of it (see commit in penstock.conf(5))",
                    (unsigned long long)o->resume_seq[s]);
  return 0;
}

int
run_checkpoint_load (struct run *r, struct object *o, uint64_t seq, uint64_t *offset, struct carry *carry,
                     struct err *e)
{
  struct blob_reader b;
  const uint8_t *p;
  size_t n, s = 0;
  int same;

  while (s < r->o->n_sinks && !(o->resume_seq[s] == seq && o->resume[s].n))
    s++;
  if (s == r->o->n_sinks)
    return err_set (e, "no sink has a checkpoint for chunk %llu", (unsigned long long)seq);
  blob_reader_init (&b, o->resume[s].p, o->resume[s].n);
  if (read_head (r, &b, s, &same, e) == -1)
    return -1;
  *offset = blob_get_u64 (&b);
  p = blob_get_bytes (&b, &n);
  if (b.bad || n > PEN_CARRY_MAX || *offset > o->length)
    return err_set (e, "malformed checkpoint of sink \"%s\"", r->o->sinks[s].name);
  run_carry_set (carry, p, (uint32_t)n);
  if (blob_get_u32 (&b) != r->schema->n_tables)
    return err_set (e, "the checkpoint of sink \"%s\" has other tables", r->o->sinks[s].name);
  for (size_t t = 0; t < r->schema->n_tables; t++)
    {
      o->tally[t].read = blob_get_u64 (&b);
      o->tally[t].rejected = blob_get_u64 (&b);
      o->tally[t].emitted = blob_get_u64 (&b);
      o->tally[t].filtered = blob_get_u64 (&b);
    }
  o->n_findings = blob_get_u64 (&b);
  o->n_unkept = o->n_findings > r->o->keep_findings ? o->n_findings - r->o->keep_findings : 0;
  o->worst = (int)blob_get_u32 (&b);
  o->unbalanced = blob_get_u8 (&b);
  if (b.bad || ledger_load (o->ledger, &b, e) == -1)
    return err_set (e, "malformed checkpoint of sink \"%s\"", r->o->sinks[s].name);
  return 0;
}
