/* SPDX-License-Identifier: Apache-2.0 */
/* run_work.c - who gets what to do: credit for the cutter, chunks for idle workers. */
#include <assert.h>

#include "core/host/run_int.h"

int
run_inputs_start (struct run *r, struct err *e)
{
  if (r->o->fresh_workers || r->probe)
    return 0;
  r->inputs = inputs_create (LIMIT_INPUTS_PER_WORKER * r->o->workers, r->o->chunk, e);
  if (!r->inputs)
    return -1;
  r->seat_opts.inputs = inputs_fd (r->inputs, 0);
  r->cutter_opts.inputs = inputs_fd (r->inputs, 1);
  r->seat_opts.n_inputs = r->cutter_opts.n_inputs = inputs_count (r->inputs);
  r->seat_opts.input_stride = r->cutter_opts.input_stride = inputs_stride (r->o->chunk);
  return 0;
}

void
run_input_done (struct run *r, unsigned *input)
{
  if (*input)
    inputs_give_back (r->inputs, *input - 1);
  *input = 0;
}

/* Does a chunk of it lie in an input, waiting for a worker or with one? It will be parsed, and its input come back. */
static int
holds_input (const struct run *r, const struct object *o)
{
  for (size_t i = 0; i < o->n_chunks; i++)
    if (o->chunks[i]->input)
      return 1;
  for (size_t i = 0; i + 1 < r->n_seats; i++)
    if (r->seats[i]->input && r->seats[i]->obj == o->ord)
      return 1;
  return 0;
}

/* Chunks that may be cut now: as many as there are inputs for them, several at a time. A chunk without an input is better
 * than none where nothing that this object does would bring one back. */
static unsigned
cuts_due (const struct run *r, const struct object *o)
{
  unsigned unused, cutting;

  if (!r->inputs)
    return UINT32_MAX;
  unused = inputs_unused (r->inputs);
  cutting = commit_cut_credits (r->commit, o->ord, o->gen);
  unused = unused > cutting ? unused - cutting : 0;
  if (holds_input (r, o))
    return 2 * unused >= inputs_count (r->inputs) ? unused : 0;
  return unused ? unused : !cutting;
}

int
run_is_one_chunk (const struct run *r, const struct object *o)
{
  return o->key[0] && !o->growing && o->length <= r->o->chunk;
}

/* No cutter is needed where there is nothing to cut: all of it is the first chunk, and the last. */
static int
cut_whole (struct run *r, struct object *o)
{
  struct chunk *c;

  if (!commit_is_cutting (r->commit, o->ord, o->gen)) /* it has ended meanwhile */
    {
      o->one_chunk = 0;
      return 1;
    }
  if (!commit_take_credit (r->commit, o->ord, o->gen))
    return 0;
  o->one_chunk = 0;
  c = run_chunk_add (o, 0);
  c->gen = o->gen;
  c->len = o->next_offset = o->length;
  c->flags = PEN_CHUNK_FIRST | PEN_CHUNK_LAST;
  commit_on_cut (r->commit, o->ord, o->gen, 0);
  commit_on_cut_end (r->commit, o->ord, o->gen, 1);
  return 1;
}

static struct object *
waits_for_cut (struct run *r)
{
  for (size_t i = 0; i < r->n_objects; i++)
    if (r->objects[i]->cutting || r->objects[i]->one_chunk)
      return r->objects[i];
  return NULL;
}

int
run_give_credit (struct run *r)
{
  struct object *o = waits_for_cut (r);
  struct wire_head h = { .type = WIRE_MORE };
  uint16_t which[WIRE_PAYLOAD_MAX / sizeof (uint16_t)];
  unsigned due;

  if (!o || o->one_chunk)
    return o ? cut_whole (r, o) : 0;
  due = cuts_due (r, o);
  while (h.a < due && commit_take_credit (r->commit, o->ord, o->gen))
    h.a++;
  if (!h.a)
    return 0;
  h.obj = (uint32_t)o->ord;
  h.gen = o->gen;
  if (r->inputs)
    h.len = (uint32_t)(sizeof which[0] * inputs_lend (r->inputs, which, (unsigned)h.a));
  seat_send (run_cutter (r), &h, which, -1);
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
give_chunk (struct seat *s, struct object *o, struct chunk *c)
{
  struct seat_job j = { .obj = o->ord,
                        .gen = c->gen,
                        .seq = c->seq,
                        .offset = c->offset,
                        .len = c->len,
                        .flags = c->flags,
                        .input = c->input,
                        .carry = c->start.p,
                        .carry_len = c->start.n };

  c->input = 0; /* a retry reads for itself: what killed a worker may have been in that memory only */
  if ((c->flags & PEN_CHUNK_FIRST) && (c->flags & PEN_CHUNK_LAST)) /* none of it will be asked for once more */
    seat_lend_object (s, (uint32_t)o->ord, o->fd, o->length, SEAT_LOAN_ONCE, o->name);
  else
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
