/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - the commit core's table of objects and chunks, its queue of actions and its events. */
#include "core/host/commit_int.h"

#include <assert.h>
#include <stdlib.h>
#include <penstock/plugin.h>

#include "core/base/err.h"

/* ---- life ---- */

struct commit *
commit_create (const struct commit_config *cfg)
{
  struct commit *c = xcalloc (1, sizeof *c);

  assert (cfg->n_sinks >= 1 && cfg->window >= 1 && cfg->max_open >= 1);
  assert (cfg->mode == PEN_COMMIT_OBJECT || cfg->mode == PEN_COMMIT_CHUNK);
  c->cfg = *cfg;
  if (!c->cfg.batch || cfg->mode == PEN_COMMIT_CHUNK)
    c->cfg.batch = 1;
  if (!c->cfg.batch_bytes)
    c->cfg.batch_bytes = UINT64_MAX;
  c->sink_dead = xcalloc (cfg->n_sinks, sizeof *c->sink_dead);
  return c;
}

static void
object_destroy (struct object *o)
{
  free (o->ring);
  free (o->cur);
  free (o);
}

void
commit_destroy (struct commit *c)
{
  if (!c)
    return;
  for (size_t i = 0; i < c->n; i++)
    object_destroy (object_at (c, i));
  free (c->objs);
  free (c->acts);
  free (c->sink_dead);
  free (c);
}

/* ---- actions ---- */

void
commit_act (struct commit *c, struct commit_action a)
{
  if (c->act_n == c->act_cap)
    {
      size_t cap = c->act_cap ? 2 * c->act_cap : 32;
      struct commit_action *acts = xmalloc (cap * sizeof *acts);

      for (size_t i = 0; i < c->act_n; i++)
        acts[i] = c->acts[(c->act_start + i) % c->act_cap];
      free (c->acts);
      c->acts = acts;
      c->act_cap = cap;
      c->act_start = 0;
    }
  c->acts[(c->act_start + c->act_n++) % c->act_cap] = a;
}

/* Nothing more is asked of a sink that has failed, also what was queued before. */
static bool
is_for_dead_sink (const struct commit *c, const struct commit_action *a)
{
  switch (a->kind)
    {
    case ACT_BEGIN:
    case ACT_WRITE:
    case ACT_WRITE_PART:
    case ACT_COMMIT:
    case ACT_SEAL:
    case ACT_FINISH:
      return c->sink_dead[a->sink];
    default:
      return false;
    }
}

int
commit_next (struct commit *c, struct commit_action *a)
{
  while (c->act_n)
    {
      *a = c->acts[c->act_start];
      c->act_start = (c->act_start + 1) % c->act_cap;
      c->act_n--;
      if (!is_for_dead_sink (c, a))
        return 1;
    }
  return 0;
}

/* ---- the table ---- */

static void
table_push (struct commit *c, struct object *o)
{
  if (c->n == c->cap)
    {
      size_t cap = c->cap ? 2 * c->cap : 8;
      struct object **objs = xmalloc (cap * sizeof *objs);

      for (size_t i = 0; i < c->n; i++)
        objs[i] = object_at (c, i);
      free (c->objs);
      c->objs = objs;
      c->cap = cap;
      c->start = 0;
    }
  c->objs[(c->start + c->n++) % c->cap] = o;
}

/* NULL: closed already. */
static struct object *
find_object (const struct commit *c, uint64_t obj)
{
  assert (obj < c->first + c->n);
  return obj < c->first ? NULL : object_at (c, obj - c->first);
}

/* NULL: stale. */
static struct object *
find_cut (const struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = find_object (c, obj);

  if (!o || o->gen != gen || o->cut != CUT_RUNNING)
    return NULL;
  return o;
}

/* NULL: stale. */
static struct chunk *
find_chunk (const struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq, struct object **out)
{
  struct object *o = find_object (c, obj);
  struct chunk *ch;

  if (!o || o->phase >= PHASE_SEAL || seq < o->base || seq >= o->cut_next)
    return NULL;
  ch = chunk_at (c, o, seq);
  *out = o;
  return ch->gen == gen ? ch : NULL;
}

void
commit_drop_back (struct commit *c, struct object *o, uint64_t from)
{
  for (uint64_t seq = from; seq < o->cut_next; seq++)
    {
      commit_act (c, (struct commit_action){ ACT_RELEASE, chunk_at (c, o, seq)->gen, .obj = o->obj, .seq = seq });
      c->in_flight--;
    }
  if (from < o->cut_next)
    o->cut_next = from;
}

void
commit_drop_credits (struct commit *c, struct object *o)
{
  c->in_flight -= o->credits;
  o->credits = 0;
}

void
commit_end_cut (struct commit *c, struct object *o)
{
  commit_drop_credits (c, o);
  if (o->cut != CUT_ENDED)
    o->gen++;
  o->cut = CUT_ENDED;
}

/* The object's fate is decided, unless it is accepted already: then nothing may change it any more. */
static void
end_object (struct commit *c, struct object *o, enum commit_what outcome)
{
  if (o->phase < PHASE_SEAL)
    commit_drain (c, o, outcome);
}

/* ---- events: intake ---- */

void
commit_on_object (struct commit *c, uint64_t obj, int hash_first)
{
  struct object *o = xcalloc (1, sizeof *o);

  assert (obj == c->first + c->n && !c->stopping);
  o->obj = obj;
  o->hash_first = hash_first;
  o->ring = xcalloc (c->cfg.window, sizeof *o->ring);
  o->cur = xcalloc (c->cfg.n_sinks, sizeof *o->cur);
  o->phase = hash_first ? PHASE_HASH : PHASE_OPEN;
  table_push (c, o);
  if (hash_first)
    commit_act (c, (struct commit_action){ ACT_HASH, .obj = obj });
  commit_advance (c);
}

void
commit_on_hashed (struct commit *c, uint64_t obj, enum commit_word word)
{
  struct object *o = find_object (c, obj);

  if (!o || o->phase >= PHASE_DRAIN)
    return;
  assert (o->phase == PHASE_HASH || o->phase == PHASE_RECHECK);
  o->phase = PHASE_OPEN;
  o->hashed_at = c->n_accepted;
  o->resumed = word == COMMIT_RESUME;
  o->twin = word == COMMIT_TWIN;
  if (word == COMMIT_SKIP)
    end_object (c, o, COMMIT_SKIPPED);
  else if (word == COMMIT_REFUSE)
    end_object (c, o, COMMIT_REFUSED);
  commit_advance (c);
}

void
commit_on_refused (struct commit *c, uint64_t obj)
{
  struct object *o = find_object (c, obj);

  if (o)
    end_object (c, o, COMMIT_REFUSED);
  commit_advance (c);
}

void
commit_on_object_failed (struct commit *c, uint64_t obj)
{
  struct object *o = find_object (c, obj);

  if (o)
    end_object (c, o, COMMIT_ABORTED);
  commit_advance (c);
}

/* ---- events: cutting ---- */

int
commit_take_credit (struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = find_cut (c, obj, gen);
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
  return find_cut ((struct commit *)c, obj, gen) != NULL;
}

int
commit_is_cut_next (const struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  const struct object *o = find_cut ((struct commit *)c, obj, gen);

  return o && seq == o->cut_next;
}

unsigned
commit_cut_credits (const struct commit *c, uint64_t obj, uint32_t gen)
{
  const struct object *o = find_cut ((struct commit *)c, obj, gen);

  return o ? o->credits : 0;
}

int
commit_on_cut (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq)
{
  struct object *o = find_cut (c, obj, gen);

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
  struct object *o = find_cut (c, obj, gen);

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
  struct object *o = find_cut (c, obj, gen);

  if (!o)
    return 0;
  end_object (c, o, COMMIT_REFUSED);
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

int
commit_on_cut_crashed (struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = find_cut (c, obj, gen);

  if (!o)
    return 0;
  if (o->cut_next > o->cut_furthest)
    {
      o->cut_furthest = o->cut_next;
      o->cut_crashes = 0;
    }
  if (++o->cut_crashes > c->cfg.retries)
    end_object (c, o, COMMIT_REFUSED);
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
  struct chunk *ch = find_chunk (c, obj, gen, seq, &o);

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
  struct chunk *ch = find_chunk (c, obj, gen, seq, &o);

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
  struct chunk *ch = find_chunk (c, obj, gen, seq, &o);

  if (!ch)
    return 0;
  assert (ch->state == CHUNK_BUSY);
  ch->part_wait = false;
  if (++ch->crashes <= c->cfg.retries)
    ch->state = CHUNK_CUT;
  else if (ch->part_sent)
    end_object (c, o, COMMIT_REFUSED);
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
  struct chunk *ch = find_chunk (c, obj, gen, seq, &o);

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
  struct chunk *ch = find_chunk (c, obj, gen, seq, &o);

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

/* ---- events: sinks ---- */

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
  assert (u->part_out && seq == find_object (c, obj)->replayed);
  u->part_out = false;
  commit_settle_part (c, find_object (c, obj));
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
  o = find_object (c, obj);
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
      end_object (c, o, begun && c->cfg.mode == PEN_COMMIT_CHUNK ? COMMIT_UNFINISHED : COMMIT_ABORTED);
    }
  commit_advance (c);
}

/* ---- events: verdict, journal, source, operator ---- */

void
commit_on_verdict (struct commit *c, uint64_t obj, enum commit_word word, uint64_t bytes)
{
  struct object *o = find_object (c, obj);

  if (!o || o->phase >= PHASE_DRAIN)
    return; /* stopped or failed while the host was thinking */
  assert (o->phase == PHASE_VERDICT && word != COMMIT_RESUME && !o->twin);
  if (word == COMMIT_TWIN)
    o->twin = true;
  else if (word == COMMIT_ACCEPT)
    {
      o->bytes = bytes;
      commit_seal (c, o);
    }
  else
    end_object (c, o, word == COMMIT_SKIP ? COMMIT_SKIPPED : COMMIT_REFUSED);
  commit_advance (c);
}

/* Chunk mode: keep what workers have in hand, drop what comes after. */
static void
truncate_object (struct commit *c, struct object *o)
{
  uint64_t seq = o->replayed;

  while (seq < o->cut_next)
    {
      struct chunk *ch = chunk_at (c, o, seq);

      if (ch->state == CHUNK_CUT && !ch->part_sent && !ch->crashes)
        break;
      seq++;
    }
  if (seq == o->cut_next && o->cut == CUT_ENDED)
    return; /* nothing is lacking: it ends as if there were no stop */
  commit_drop_back (c, o, seq);
  commit_end_cut (c, o);
  o->truncated = true;
}

void
commit_on_stop (struct commit *c)
{
  if (c->stopping)
    return;
  c->stopping = true;
  for (size_t i = 0; i < c->n; i++)
    {
      struct object *o = object_at (c, i);

      if (c->cfg.mode == PEN_COMMIT_OBJECT || o->phase < PHASE_BEGIN)
        end_object (c, o, COMMIT_ABORTED);
      else if (o->phase == PHASE_BEGIN)
        end_object (c, o, COMMIT_UNFINISHED);
      else if (o->phase == PHASE_FLOW)
        truncate_object (c, o);
    }
  commit_advance (c);
}

/* ---- questions ---- */

int
commit_lowest (const struct commit *c, uint64_t *obj, uint64_t *seq)
{
  for (size_t i = 0; i < c->n; i++)
    {
      struct object *o = object_at (c, i);

      if (o->base == o->cut_next && o->cut == CUT_ENDED)
        continue;
      *obj = o->obj;
      *seq = o->base;
      return 1;
    }
  return 0;
}

int
commit_idle (const struct commit *c)
{
  return !c->n && !c->act_n;
}

size_t
commit_n_objects (const struct commit *c)
{
  return c->n;
}

size_t
commit_n_ahead (const struct commit *c)
{
  return c->n - c->head;
}

unsigned
commit_in_flight (const struct commit *c)
{
  return c->in_flight;
}
