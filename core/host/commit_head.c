/* SPDX-License-Identifier: Apache-2.0 */
/* commit_head.c - the head object's way through the sinks until it is sealed or undone, and the cuts that may run ahead of it. */
#include "core/host/commit_int.h"

#include <assert.h>
#include <stdlib.h>
#include <penstock/plugin.h>

/* ---- cuts ---- */

static void
start_cut (struct commit *c, struct object *o, uint64_t from)
{
  o->cut = CUT_RUNNING;
  o->gen = 1;
  o->base = o->replayed = o->cut_next = from;
  commit_act (c, (struct commit_action){ ACT_CUT, o->gen, .obj = o->obj, .seq = from });
}

/* Object mode: an object may be cut once every earlier one is cut to its end. So the head has all the credit it can
 * use. */
static void
start_cuts (struct commit *c)
{
  if (c->cfg.mode != PEN_COMMIT_OBJECT)
    return;
  for (size_t i = c->head; i < c->n && i < c->head + c->cfg.max_open; i++)
    {
      struct object *o = object_at (c, i);

      if (o->cut == CUT_NONE && o->phase != PHASE_HASH)
        start_cut (c, o, 0);
      if (o->cut != CUT_ENDED)
        return;
    }
}

/* ---- writing ---- */

/* Hands the first chunk that is not replayed to the sinks, if it is parsed. */
static bool
write_chunk (struct commit *c, struct object *o)
{
  uint64_t seq = o->replayed;
  struct chunk *ch = chunk_at (c, o, seq);

  if (seq == o->cut_next || ch->state != CHUNK_DONE || commit_part_out (c, o))
    return false;
  commit_act (c, (struct commit_action){ ACT_REPLAY, ch->gen, .obj = o->obj, .seq = seq, .what = ch->quarantined });
  o->replayed++;
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      struct cursor *u = &o->cur[s];

      if (u->issued > seq)
        continue; /* it has this chunk from an earlier run */
      assert (u->issued == seq);
      u->issued++;
      commit_act (c, (struct commit_action){ ACT_WRITE, ch->gen, s, .obj = o->obj, .seq = seq });
    }
  return true;
}

/* The same for what the worker of that chunk has so far. */
static void
write_part (struct commit *c, struct object *o)
{
  uint64_t seq = o->replayed;
  struct chunk *ch = chunk_at (c, o, seq);

  if (seq == o->cut_next || !ch->part_wait || commit_part_out (c, o))
    return;
  ch->part_wait = false;
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      if (o->cur[s].issued > seq)
        continue;
      o->cur[s].part_out = ch->part_sent = true;
      commit_act (c, (struct commit_action){ ACT_WRITE_PART, ch->gen, s, .obj = o->obj, .seq = seq });
    }
  commit_settle_part (c, o); /* no sink lacks it: done at once */
}

/* Chunk mode: one commit at a time per sink, for all that was handed to it. A commit must not cover half a chunk. */
static void
commit_sinks (struct commit *c, struct object *o)
{
  if (o->replayed < o->cut_next && chunk_at (c, o, o->replayed)->part_sent)
    return;
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      struct cursor *u = &o->cur[s];

      if (u->commit_out || u->issued == u->committed)
        continue;
      u->commit_out = true;
      u->committed = u->issued;
      commit_act (c, (struct commit_action){ ACT_COMMIT, .sink = s, .obj = o->obj, .seq = u->issued - 1 });
    }
}

static void
release_written (struct commit *c, struct object *o)
{
  uint64_t low = o->replayed;

  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    if (o->cur[s].wrote < low)
      low = o->cur[s].wrote;
  for (; o->base < low; o->base++)
    {
      uint32_t gen = chunk_at (c, o, o->base)->gen;

      commit_act (c, (struct commit_action){ ACT_RELEASE, gen, .obj = o->obj, .seq = o->base });
      c->in_flight--;
    }
}

/* No sink owes an answer. */
static bool
is_quiet (const struct commit *c, const struct object *o)
{
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      const struct cursor *u = &o->cur[s];

      if (u->begin_out || u->part_out || u->commit_out || u->seal_out || u->finish_out || u->wrote != u->issued)
        return false;
    }
  return true;
}

static bool
is_visible (const struct commit *c, const struct object *o)
{
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    if (o->cur[s].visible)
      return true;
  return false;
}

/* Sealing sinks do what they are asked one after the other: WRITE need not wait for the answer to BEGIN, where no earlier run
 * can have left anything of the object, nor verdict, SEAL and the next object's BEGIN for the last WRITE. A sink that fails
 * meanwhile ends the run, as always. */
static bool
runs_ahead (const struct commit *c)
{
  return c->cfg.batch > 1; /* object mode */
}

/* ---- the way of the head, one function per phase; false: waits for an event ---- */

static bool
step_open (struct commit *c, struct object *o)
{
  if (c->sealed_bytes >= c->cfg.batch_bytes || (o->twin && c->head))
    return false;
  if ((o->hash_first && o->hashed_at != c->n_accepted) || o->twin)
    {
      o->phase =
          PHASE_RECHECK; /* the look-up was made before the last one was accepted: it may be a duplicate by now */
      commit_act (c, (struct commit_action){ ACT_HASH, .obj = o->obj });
      return false;
    }
  o->begun_blind = runs_ahead (c) && !o->resumed;
  o->phase = o->begun_blind ? PHASE_FLOW : PHASE_BEGIN;
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      o->cur[s].begin_out = true;
      commit_act (c, (struct commit_action){ ACT_BEGIN, .sink = s, .obj = o->obj });
    }
  return o->begun_blind;
}

static bool
step_begin (struct commit *c, struct object *o)
{
  uint64_t from = PEN_SEQ_DONE;

  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      if (o->cur[s].begin_out)
        return false;
      if (o->cur[s].issued < from)
        from = o->cur[s].issued;
    }
  if (from == PEN_SEQ_DONE)
    {
      commit_drain (c, o, COMMIT_COMMITTED); /* an earlier run has published it everywhere */
      return true;
    }
  if (c->cfg.mode == PEN_COMMIT_CHUNK)
    start_cut (c, o, from);
  o->phase = PHASE_FLOW;
  return true;
}

static bool
step_flow (struct commit *c, struct object *o)
{
  while (write_chunk (c, o))
    ;
  if (c->cfg.mode == PEN_COMMIT_CHUNK)
    commit_sinks (c, o);
  write_part (c, o);
  release_written (c, o);
  if (o->cut != CUT_ENDED || o->replayed < o->cut_next || (!runs_ahead (c) && !is_quiet (c, o)))
    return false;
  if (o->truncated)
    {
      commit_drain (c, o, COMMIT_UNFINISHED);
      return true;
    }
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    if (!o->cur[s].visible && o->cur[s].issued > o->cut_next)
      {
        commit_drain (c, o, COMMIT_ABORTED); /* it claims more chunks than there are: cut differently in another run */
        return true;
      }
  o->phase = PHASE_VERDICT;
  commit_act (c, (struct commit_action){ ACT_VERDICT, .obj = o->obj });
  return false;
}

/* A twin of an earlier object, which is closed by now: the host shall look again. */
static bool
step_verdict (struct commit *c, struct object *o)
{
  release_written (c, o);
  if (!o->twin || c->head)
    return false;
  o->twin = false;
  commit_act (c, (struct commit_action){ ACT_VERDICT, .obj = o->obj });
  return false;
}

void
commit_seal (struct commit *c, struct object *o)
{
  o->phase = PHASE_SEAL;
  c->n_accepted++;
  for (unsigned s = 0; s < c->cfg.n_sinks && c->cfg.batch > 1; s++)
    {
      struct cursor *u = &o->cur[s];

      if (u->visible || c->sink_dead[s])
        continue;
      u->seal_out = true;
      commit_act (c, (struct commit_action){ ACT_SEAL, .sink = s, .obj = o->obj });
    }
}

/* Makes way for the next one. */
static void
leave_head (struct commit *c, struct object *o)
{
  c->head++;
  c->sealed_bytes += o->bytes;
}

/* Every sink has put it aside, and with it all that was written before. */
bool
commit_step_seal (struct commit *c, struct object *o)
{
  release_written (c, o);
  if (!is_quiet (c, o))
    return false;
  if (c->failed)
    commit_break_off (c, o);
  else
    o->phase = PHASE_SEALED;
  return true;
}

static bool
step_seal (struct commit *c, struct object *o)
{
  if (!runs_ahead (c) && !commit_step_seal (c, o))
    return false;
  leave_head (c, o);
  return true;
}

/* A sink has failed: nothing is published any more. */
void
commit_break_off (struct commit *c, struct object *o)
{
  commit_drain (c, o, c->cfg.mode == PEN_COMMIT_CHUNK ? COMMIT_UNFINISHED : COMMIT_ABORTED);
}

void
commit_drain (struct commit *c, struct object *o, enum commit_what outcome)
{
  uint64_t keep = o->replayed + commit_part_out (c, o); /* sinks may still be reading from these */

  o->outcome = outcome;
  o->phase = PHASE_DRAIN;
  commit_end_cut (c, o);
  commit_drop_back (c, o, keep);
}

bool
commit_step_drain (struct commit *c, struct object *o)
{
  release_written (c, o);
  if (!commit_part_out (c, o))
    commit_drop_back (c, o, o->replayed);
  if (!is_quiet (c, o))
    return false;
  /* What is published somewhere, or may be, cannot end otherwise: leave it to another run, and say so. */
  if ((o->outcome == COMMIT_REFUSED || o->outcome == COMMIT_ABORTED) && (o->resumed || is_visible (c, o)))
    o->outcome = COMMIT_UNFINISHED;
  o->phase = PHASE_ROLLBACK;
  if (c->cfg.mode == PEN_COMMIT_CHUNK && (o->outcome == COMMIT_UNFINISHED || o->outcome == COMMIT_ABORTED))
    return true; /* it may come again: what is committed of it stays, and so does the place to go on from */
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      struct cursor *u = &o->cur[s];

      if (!u->begun || u->visible || c->sink_dead[s])
        continue;
      u->finish_out = true;
      commit_act (
          c, (struct commit_action){ ACT_FINISH, .sink = s, .obj = o->obj, .refused = o->outcome == COMMIT_REFUSED });
    }
  return true;
}

bool
commit_step_rollback (struct commit *c, struct object *o)
{
  if (!is_quiet (c, o))
    return false;
  if (o->outcome == COMMIT_UNFINISHED)
    {
      o->phase = PHASE_CLOSED;
      return true;
    }
  o->phase = PHASE_RECORD;
  commit_act (c, (struct commit_action){ ACT_RECORD, .obj = o->obj, .what = o->outcome });
  return false;
}

static bool
step_head (struct commit *c, struct object *o)
{
  switch (o->phase)
    {
    case PHASE_OPEN:
      return step_open (c, o);
    case PHASE_BEGIN:
      return step_begin (c, o);
    case PHASE_FLOW:
      return step_flow (c, o);
    case PHASE_VERDICT:
      return step_verdict (c, o);
    case PHASE_SEAL:
      return step_seal (c, o);
    case PHASE_DRAIN:
      return commit_step_drain (c, o);
    case PHASE_ROLLBACK:
      return commit_step_rollback (c, o);
    case PHASE_CLOSED:
      leave_head (c, o);
      return true;
    case PHASE_HASH:
    case PHASE_RECHECK:
    case PHASE_RECORD:
    case PHASE_ACK:
      return false; /* only their event goes on */
    case PHASE_SEALED:
    case PHASE_INTENT:
    case PHASE_FINISH:
      break; /* not the head's */
    }
  abort ();
}

void
commit_advance (struct commit *c)
{
  do
    start_cuts (c);
  while (commit_step_batches (c)
         || (c->head < c->n && c->head < c->cfg.batch && step_head (c, object_at (c, c->head))));
  if (c->stopping && !c->n && !c->stopped)
    {
      c->stopped = true;
      commit_act (c, (struct commit_action){ ACT_STOPPED, .what = c->failed });
    }
}
