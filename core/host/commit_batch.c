/* SPDX-License-Identifier: Apache-2.0 */
/* commit_batch.c - the objects before the head: sealed ones become a batch, are published at once, recorded and closed. */
#include "core/host/commit_int.h"

#include <assert.h>
#include <stdlib.h>

/* Does anybody wait for these to be published, or are they enough? */
static bool
is_due (const struct commit *c, size_t n_sealed)
{
  return c->gathered || c->stopping || n_sealed >= c->cfg.gather || c->head >= c->cfg.batch
         || c->sealed_bytes >= c->cfg.batch_bytes / 2 || (c->head < c->n && object_at (c, c->head)->twin);
}

/* All that are sealed and have no other before them become the next batch, once the one before is through. */
static bool
start_batch (struct commit *c)
{
  size_t n = 0, n_sealed = 0;

  if (c->first < c->batch_end)
    return false;
  while (n < c->head && (object_at (c, n)->phase == PHASE_SEALED || object_at (c, n)->phase == PHASE_CLOSED))
    n_sealed += object_at (c, n++)->phase == PHASE_SEALED;
  if (!n_sealed || !is_due (c, n_sealed))
    return false;
  while (object_at (c, n - 1)->phase != PHASE_SEALED)
    n--;
  c->gathered = false;
  c->batch_end = c->first + n;
  for (size_t i = 0; i < n; i++)
    if (object_at (c, i)->phase == PHASE_SEALED)
      {
        object_at (c, i)->phase = PHASE_INTENT;
        commit_act (
            c, (struct commit_action){ ACT_RECORD, .obj = c->first + i, .what = COMMIT_INTENT, .more = i + 1 < n });
      }
  return true;
}

/* FINISH for one sink and all objects of the batch that it lacks. */
static void
finish_batch (struct commit *c, unsigned sink, size_t n)
{
  struct object *last = NULL;

  for (size_t i = 0; i <= n; i++)
    {
      struct object *o = i < n ? object_at (c, i) : NULL;

      if (o && (o->phase != PHASE_FINISH || o->cur[sink].visible))
        continue;
      if (last)
        commit_act (c,
                    (struct commit_action){ ACT_FINISH, .sink = sink, .obj = last->obj, .what = 1, .more = o != NULL });
      if (o)
        o->cur[sink].finish_out = true;
      last = o;
    }
}

/* The intents are durable: the point of no return is the first FINISH. */
static void
publish_batch (struct commit *c)
{
  size_t n = c->batch_end - c->first;

  for (size_t i = 0; i < n; i++)
    {
      struct object *o = object_at (c, i);

      if (o->phase != PHASE_INTENT)
        continue;
      if (c->failed)
        commit_break_off (c, o);
      else
        o->phase = PHASE_FINISH;
    }
  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    finish_batch (c, s, n);
}

static bool
step_finish (struct commit *c, struct object *o)
{
  bool lacking = false;

  for (unsigned s = 0; s < c->cfg.n_sinks; s++)
    {
      if (o->cur[s].finish_out)
        return false;
      lacking |= !o->cur[s].visible; /* its sink has failed */
    }
  commit_drain (c, o, lacking ? COMMIT_UNFINISHED : COMMIT_COMMITTED);
  o->phase = PHASE_ROLLBACK; /* nothing to roll back */
  return true;
}

/* The first open object has ended, and all before it. */
static void
close_first (struct commit *c)
{
  struct object *o = object_at (c, 0);

  assert (o->base == o->cut_next && !o->credits);
  commit_act (c, (struct commit_action){ ACT_CLOSE, .obj = o->obj, .what = o->outcome });
  c->sealed_bytes -= o->bytes;
  c->head--;
  c->start = (c->start + 1) % c->cap;
  c->first++;
  c->n--;
  free (o->ring);
  free (o->cur);
  free (o);
}

/* An object before the head. */
static bool
step_sealed (struct commit *c, struct object *o)
{
  switch (o->phase)
    {
    case PHASE_SEAL:
      return commit_step_seal (c, o);
    case PHASE_SEALED:
      if (c->failed)
        commit_break_off (c, o);
      return c->failed;
    case PHASE_FINISH:
      return step_finish (c, o);
    case PHASE_DRAIN:
      return commit_step_drain (c, o);
    case PHASE_ROLLBACK:
      return commit_step_rollback (c, o);
    default:
      return false;
    }
}

bool
commit_step_batches (struct commit *c)
{
  bool any = false;

  for (size_t i = 0; i < c->head; i++)
    while (step_sealed (c, object_at (c, i)))
      any = true;
  while (c->head && object_at (c, 0)->phase == PHASE_CLOSED)
    {
      close_first (c);
      any = true;
    }
  return start_batch (c) || any;
}

int
commit_is_gathering (const struct commit *c)
{
  for (size_t i = 0; i < c->head && !c->gathered; i++)
    if (object_at (c, i)->phase == PHASE_SEALED)
      return 1;
  return 0;
}

void
commit_on_gathered (struct commit *c)
{
  c->gathered = commit_is_gathering (c);
  commit_advance (c);
}

/* ---- the journal's and the source's answers ---- */

/* Of the head, or of an object before it. */
static struct object *
find_recorded (const struct commit *c, uint64_t obj)
{
  assert (obj >= c->first && obj <= c->first + c->head && obj < c->first + c->n);
  return object_at (c, obj - c->first);
}

void
commit_on_recorded (struct commit *c, uint64_t obj, enum commit_what what)
{
  struct object *o = find_recorded (c, obj);

  if (what == COMMIT_INTENT)
    {
      assert (o->phase == PHASE_INTENT);
      if (obj + 1 == c->batch_end)
        publish_batch (c);
    }
  else
    {
      assert (o->phase == PHASE_RECORD && (int)what == o->outcome);
      c->n_accepted += what == COMMIT_COMMITTED; /* the journal says more of its content now */
      if (what == COMMIT_ABORTED)
        o->phase = PHASE_CLOSED; /* it comes again */
      else
        {
          o->phase = PHASE_ACK;
          commit_act (c, (struct commit_action){ ACT_ACK, .obj = obj, .what = what != COMMIT_REFUSED });
        }
    }
  commit_advance (c);
}

void
commit_on_acked (struct commit *c, uint64_t obj, int ok)
{
  struct object *o = find_recorded (c, obj);

  (void)ok; /* the journal knows; the next run acknowledges again */
  assert (o->phase == PHASE_ACK);
  o->phase = PHASE_CLOSED;
  commit_advance (c);
}
