/* SPDX-License-Identifier: Apache-2.0 */
/* commit_chunks.c - what cutters and workers report of chunks: credit, cuts, parses, deaths, seams; and which chunk is next. */
#include "core/host/commit_int.h"

#include <assert.h>
#include <stdlib.h>

/* ---- events: cutting ---- */

int
commit_take_credit (struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = commit_find_cut (c, obj, gen);
  unsigned limit = c->cfg.window;

  if (!o)
    return 0;
  /* One credit is the head's: run-ahead chunks are not released before the head is through. */
  if (obj != c->first + c->head)
    limit--;
  if (c->in_flight >= limit)
    return 0;
  c->in_flight++;
  o->credits++;
  return 1;
}

int
commit_is_cutting (const struct commit *c, uint64_t obj, uint32_t gen)
{
  return commit_find_cut ((struct commit *)c, obj, gen) != NULL;
}

int
commit_is_cut_next (const struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  const struct object *o = commit_find_cut ((struct commit *)c, obj, gen);

  return o && seq == o->cut_next;
}

unsigned
commit_cut_credits (const struct commit *c, uint64_t obj, uint32_t gen)
{
  const struct object *o = commit_find_cut ((struct commit *)c, obj, gen);

  return o ? o->credits : 0;
}

int
commit_on_cut (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o = commit_find_cut (c, obj, gen);

  if (!o)
    return 0;
  assert (o->credits && seq == o->cut_next);
  o->credits--; /* in_flight: the credit is the chunk's now */
  o->cut_next++;
  *chunk_at (c, o, seq) = (struct chunk){ .gen = gen, .state = CHUNK_CUT };
  return 1;
}

int
commit_on_cut_end (struct commit *c, uint64_t obj, uint32_t gen, uint64_t n_chunks)
{
  struct object *o = commit_find_cut (c, obj, gen);

  if (!o)
    return 0;
  assert (n_chunks == o->cut_next);
  commit_drop_credits (c, o);
  o->cut = CUT_ENDED; /* the generation stays: its chunks may still meet a seam error */
  commit_advance (c);
  return 1;
}

int
commit_on_cut_failed (struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = commit_find_cut (c, obj, gen);

  if (!o)
    return 0;
  commit_end_object (c, o, COMMIT_REFUSED);
  commit_advance (c);
  return 1;
}

static void
recut (struct commit *c, struct object *o)
{
  commit_drop_credits (c, o);
  o->gen++;
  o->cut = CUT_RUNNING;
  commit_act (c, (struct commit_action){ ACT_RECUT, o->gen, .obj = o->obj, .seq = o->cut_next });
}

/* Deaths of cutters that an object may cost in all. A cutter that comes one chunk further each time makes progress, but a process
 * for each chunk: somebody who wants that could keep us busy with tiny chunks for days. */
static uint64_t
cut_deaths_allowed (const struct object *o)
{
  return COMMIT_CUT_DEATHS + o->cut_next / COMMIT_CHUNKS_PER_DEATH;
}

int
commit_on_cut_crashed (struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = commit_find_cut (c, obj, gen);

  if (!o)
    return 0;
  if (o->cut_next > o->cut_furthest)
    {
      o->cut_furthest = o->cut_next;
      o->cut_crashes = 0;
    }
  if (++o->cut_crashes > c->cfg.retries || ++o->cut_deaths > cut_deaths_allowed (o))
    commit_end_object (c, o, COMMIT_REFUSED);
  else
    recut (c, o);
  commit_advance (c);
  return 1;
}

/* ---- events: parsing ---- */

int
commit_pick (struct commit *c, uint64_t *obj, uint32_t *gen, uint64_t *seq)
{
  for (size_t i = 0; i < c->n; i++)
    {
      struct object *o = object_at (c, i);

      if (o->phase >= PHASE_SEAL)
        continue;
      for (uint64_t s = o->replayed; s < o->cut_next; s++)
        {
          struct chunk *ch = chunk_at (c, o, s);

          if (ch->state != CHUNK_CUT)
            continue;
          ch->state = CHUNK_BUSY;
          *obj = o->obj;
          *gen = ch->gen;
          *seq = s;
          return 1;
        }
      /* After a seam error lower chunks are still to come: would every worker wait for slots with later objects' chunks,
       * nobody could parse them. */
      if (o->cut != CUT_ENDED)
        return 0;
    }
  return 0;
}

int
commit_on_part (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o;
  struct chunk *ch = commit_find_chunk (c, obj, gen, seq, &o);

  if (!ch)
    return 0;
  assert (ch->state == CHUNK_BUSY && !ch->part_wait);
  ch->part_wait = true;
  commit_advance (c);
  return 1;
}

int
commit_on_parsed (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o;
  struct chunk *ch = commit_find_chunk (c, obj, gen, seq, &o);

  if (!ch)
    return 0;
  assert (ch->state == CHUNK_BUSY && !ch->part_wait);
  ch->state = CHUNK_DONE;
  commit_advance (c);
  return 1;
}

int
commit_on_crashed (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o;
  struct chunk *ch = commit_find_chunk (c, obj, gen, seq, &o);

  if (!ch)
    return 0;
  assert (ch->state == CHUNK_BUSY);
  ch->part_wait = false;
  if (++ch->crashes <= c->cfg.retries)
    ch->state = CHUNK_CUT;
  else if (ch->part_sent)
    commit_end_object (c, o, COMMIT_REFUSED);
  else
    {
      ch->state = CHUNK_DONE;
      ch->quarantined = true;
      commit_act (c, (struct commit_action){ ACT_QUARANTINE, gen, .obj = obj, .seq = seq });
    }
  commit_advance (c);
  return 1;
}

int
commit_on_again (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o;
  struct chunk *ch = commit_find_chunk (c, obj, gen, seq, &o);

  if (!ch)
    return 0;
  assert (ch->state == CHUNK_BUSY);
  ch->part_wait = false; /* whoever waited is dead */
  commit_advance (c);
  return 1;
}

int
commit_on_seam (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o;
  struct chunk *ch = commit_find_chunk (c, obj, gen, seq, &o);

  if (!ch)
    return 0;
  assert (seq >= 1 && seq >= o->replayed && !ch->part_sent);
  commit_drop_back (c, o, seq);
  if (c->stopping)
    {
      commit_end_cut (c, o);
      o->truncated = true;
    }
  else
    recut (c, o);
  commit_advance (c);
  return 1;
}
