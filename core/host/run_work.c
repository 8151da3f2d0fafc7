/* SPDX-License-Identifier: Apache-2.0 */
/* run_work.c - who gets what to do: credit for the cutter, chunks for idle workers. */
#include <assert.h>

#include "core/host/run_int.h"

static struct object *
being_cut (struct run *r)
{
  for (size_t i = 0; i < r->n_objects; i++)
    if (r->objects[i]->cutting)
      return r->objects[i];
  return NULL;
}

int
run_give_credit (struct run *r)
{
  struct object *o = being_cut (r);
  struct wire_head h = { .type = WIRE_MORE };

  if (!o)
    return 0;
  while (commit_take_credit (r->commit, o->ord, o->gen))
    h.a++;
  if (!h.a)
    return 0;
  h.obj = (uint32_t)o->ord;
  h.gen = o->gen;
  seat_send (run_cutter (r), &h, NULL, -1);
  return 1;
}

static int
has_idle (const struct run *r)
{
  for (size_t i = 0; i + 1 < r->n_seats; i++)
    if (r->seats[i]->state == SEAT_IDLE)
      return 1;
  return 0;
}

/* The next chunk to parse stays in r->picked until a worker takes it. */
static int
pick (struct run *r)
{
  if (r->picked.is_set)
    {
      struct object *o = run_object (r, r->picked.obj);
      if (o && run_chunk (o, r->picked.seq, r->picked.gen))
        return 1;
    }
  r->picked.is_set = commit_pick (r->commit, &r->picked.obj, &r->picked.gen, &r->picked.seq);
  return r->picked.is_set;
}

static int
may_parse (const struct run *r, const struct seat *s, uint64_t obj)
{
  return !r->o->fresh_workers || !s->served || s->obj == obj;
}

/* Where every object gets fresh workers, one that has served another object is replaced, unless a fresh one is on its
 * way. */
static struct seat *
find_worker (struct run *r, uint64_t obj)
{
  struct seat *used = NULL;
  int is_coming = 0;

  for (size_t i = 0; i + 1 < r->n_seats; i++)
    {
      struct seat *s = r->seats[i];
      is_coming |= s->state == SEAT_STARTING || (s->state == SEAT_DYING && s->retired);
      if (s->state != SEAT_IDLE)
        continue;
      if (may_parse (r, s, obj))
        return s;
      used = s;
    }
  if (used && !is_coming)
    seat_retire (used);
  return NULL;
}

static void
give_chunk (struct seat *s, struct object *o, const struct chunk *c)
{
  struct seat_job j = { .obj = o->ord,
                        .gen = c->gen,
                        .seq = c->seq,
                        .offset = c->offset,
                        .len = c->len,
                        .flags = c->flags,
                        .carry = c->start.p,
                        .carry_len = c->start.n };

  run_lend (s, o);
  seat_parse (s, &j);
}

int
run_give_work (struct run *r)
{
  struct object *o;
  struct chunk *c;
  struct seat *s;
  int gave = 0;

  while (has_idle (r) && (c = run_narrow_waiting (r, &o)) && (s = find_worker (r, o->ord)))
    {
      run_narrow_give (s, o, c);
      gave = 1;
    }
  while (has_idle (r) && pick (r) && (s = find_worker (r, r->picked.obj)))
    {
      o = run_object (r, r->picked.obj);
      c = run_chunk (o, r->picked.seq, r->picked.gen);
      assert (c);
      give_chunk (s, o, c);
      r->picked.is_set = 0;
      gave = 1;
    }
  return gave;
}

/* Only what is due has a deadline: a cutter without credit waits for us, one that has cut all there is for the source. */
void
run_watch_cutter (struct run *r)
{
  uint64_t bytes = 0;
  int owes = 0, waits = 0;

  if (r->probe || !r->n_seats)
    return;
  for (size_t i = 0; i < r->n_objects; i++)
    {
      const struct object *o = r->objects[i];
      if (o->asked_hash)
        bytes += o->length;
      waits |= o->cutting && run_spool_is_short (r, o);
      owes |= o->asked_hash || (o->cutting && commit_cut_credits (r->commit, o->ord, o->gen));
    }
  seat_expect (run_cutter (r), owes && !waits, bytes);
}
