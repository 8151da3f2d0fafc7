/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - the commit core's table of objects and chunks, its queue of actions, and the events that are an object's. */
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

struct object *
commit_find_object (const struct commit *c, uint64_t obj)
{
  assert (obj < c->first + c->n);
  return obj < c->first ? NULL : object_at (c, obj - c->first);
}

struct object *
commit_find_cut (const struct commit *c, uint64_t obj, uint32_t gen)
{
  struct object *o = commit_find_object (c, obj);

  if (!o || o->gen != gen || o->cut != CUT_RUNNING)
    return NULL;
  return o;
}

struct chunk *
commit_find_chunk (const struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq, struct object **out)
{
  struct object *o = commit_find_object (c, obj);
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

void
commit_end_object (struct commit *c, struct object *o, enum commit_what outcome)
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
  struct object *o = commit_find_object (c, obj);

  if (!o || o->phase >= PHASE_DRAIN)
    return;
  assert (o->phase == PHASE_HASH || o->phase == PHASE_RECHECK);
  o->phase = PHASE_OPEN;
  o->hashed_at = c->n_accepted;
  o->resumed = word == COMMIT_RESUME;
  o->twin = word == COMMIT_TWIN;
  if (word == COMMIT_SKIP)
    commit_end_object (c, o, COMMIT_SKIPPED);
  else if (word == COMMIT_REFUSE)
    commit_end_object (c, o, COMMIT_REFUSED);
  commit_advance (c);
}

void
commit_on_refused (struct commit *c, uint64_t obj)
{
  struct object *o = commit_find_object (c, obj);

  if (o)
    commit_end_object (c, o, COMMIT_REFUSED);
  commit_advance (c);
}

void
commit_on_object_failed (struct commit *c, uint64_t obj)
{
  struct object *o = commit_find_object (c, obj);

  if (o)
    commit_end_object (c, o, COMMIT_ABORTED);
  commit_advance (c);
}

/* ---- events: verdict, journal, source, operator ---- */

void
commit_on_verdict (struct commit *c, uint64_t obj, enum commit_word word, uint64_t bytes)
{
  struct object *o = commit_find_object (c, obj);

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
    commit_end_object (c, o, word == COMMIT_SKIP ? COMMIT_SKIPPED : COMMIT_REFUSED);
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
        commit_end_object (c, o, COMMIT_ABORTED);
      else if (o->phase == PHASE_BEGIN)
        commit_end_object (c, o, COMMIT_UNFINISHED);
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
