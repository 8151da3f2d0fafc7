/* SPDX-License-Identifier: Apache-2.0 */
/* commit_sinks.c - what the sinks answer: how far each has come, and that one has failed. */
#include "core/host/commit_int.h"

#include <assert.h>
#include <penstock/plugin.h>

/* The cursor of the head, or of an object before it; NULL where the sink is dead and its answer comes too late. */
static struct cursor *
find_cursor (const struct commit *c, uint64_t obj, unsigned sink)
{
  assert (sink < c->cfg.n_sinks);
  if (c->sink_dead[sink])
    return NULL;
  assert (obj >= c->first && obj <= c->first + c->head && obj < c->first + c->n);
  return &object_at (c, obj - c->first)->cur[sink];
}

void
commit_on_begun (struct commit *c, uint64_t obj, unsigned sink, uint64_t next_seq)
{
  struct cursor *u = find_cursor (c, obj, sink);

  if (!u)
    return;
  assert (u->begin_out);
  u->begin_out = false;
  u->begun = true;
  u->visible = next_seq == PEN_SEQ_DONE;
  if (commit_find_object (c, obj)->begun_blind)
    assert (!next_seq || u->visible); /* what was handed out meanwhile is answered all the same */
  else
    u->issued = u->wrote = u->committed = next_seq;
  commit_advance (c);
}

void
commit_on_wrote (struct commit *c, uint64_t obj, uint64_t seq, unsigned sink)
{
  struct cursor *u = find_cursor (c, obj, sink);

  if (!u)
    return;
  assert (u->begun && seq == u->wrote && u->wrote < u->issued);
  u->wrote++;
  commit_advance (c);
}

bool
commit_part_out (const struct commit *c, const struct object *o)
{
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    if (o->cur[s].part_out)
      return true;
  return false;
}

void
commit_settle_part (struct commit *c, struct object *o)
{
  struct chunk *ch = chunk_at (c, o, o->replayed);

  if (!commit_part_out (c, o))
    commit_act (c, (struct commit_action){ ACT_PART_DONE, ch->gen, .obj = o->obj, .seq = o->replayed });
}

void
commit_on_part_wrote (struct commit *c, uint64_t obj, uint64_t seq, unsigned sink)
{
  struct cursor *u = find_cursor (c, obj, sink);

  if (!u)
    return;
  assert (u->part_out && seq == commit_find_object (c, obj)->replayed);
  u->part_out = false;
  commit_settle_part (c, commit_find_object (c, obj));
  commit_advance (c);
}

void
commit_on_committed (struct commit *c, uint64_t obj, uint64_t seq, unsigned sink)
{
  struct cursor *u = find_cursor (c, obj, sink);

  if (!u)
    return;
  assert (u->commit_out && seq + 1 == u->committed);
  u->commit_out = false;
  commit_advance (c);
}

void
commit_on_sealed (struct commit *c, uint64_t obj, unsigned sink)
{
  struct cursor *u = find_cursor (c, obj, sink);

  if (!u)
    return;
  assert (u->seal_out);
  u->seal_out = false;
  commit_advance (c);
}

void
commit_on_finished (struct commit *c, uint64_t obj, unsigned sink, int duplicate)
{
  struct cursor *u = find_cursor (c, obj, sink);
  struct object *o;

  if (!u)
    return;
  o = commit_find_object (c, obj);
  assert (u->finish_out && (o->phase == PHASE_FINISH || (o->phase == PHASE_ROLLBACK && !duplicate)));
  u->finish_out = false;
  u->visible = o->phase == PHASE_FINISH;
  commit_advance (c);
}

/* Nothing more is owed by this sink. What it has published stays published. */
static void
bury_cursor (struct commit *c, struct object *o, struct cursor *u)
{
  bool part_out = u->part_out;

  u->begin_out = u->part_out = u->commit_out = u->seal_out = u->finish_out = false;
  u->issued = u->wrote = u->committed = PEN_SEQ_DONE;
  if (part_out)
    commit_settle_part (c, o);
}

void
commit_on_sink_failed (struct commit *c, unsigned sink)
{
  assert (sink < c->cfg.n_sinks);
  if (c->sink_dead[sink])
    return;
  c->sink_dead[sink] = c->failed = c->stopping = true;
  for (size_t i = 0; i < c->n; i++)
    {
      struct object *o = object_at (c, i);
      bool begun = i == c->head && o->phase >= PHASE_BEGIN;

      if (i <= c->head)
        bury_cursor (c, o, &o->cur[sink]);
      commit_end_object (c, o, begun && c->cfg.mode == PEN_COMMIT_CHUNK ? COMMIT_UNFINISHED : COMMIT_ABORTED);
    }
  commit_advance (c);
}
