/* SPDX-License-Identifier: Apache-2.0 */
/* sim_workers.c - cutters, workers and the slots that they fill: chunks are cut, parsed, delivered in parts, cut again, crash. */
#include "tests/sim/sim_host.h"

static unsigned
chunk_units (const struct held_object *o, uint64_t seq)
{
  return o->chunk[seq].bad ? 1 : sim->contents[o->k].units[seq];
}

void
host_read_slots (struct host *h, uint64_t obj, uint64_t seq, bool part, struct log *into)
{
  const struct held_object *o = &h->objs[obj];
  const struct held_chunk *ch = &o->chunk[seq];
  unsigned end = part ? ch->delivered + ch->part_n : chunk_units (o, seq);

  if (ch->quarantined)
    return;
  if (!ch->held || ch->bad || (!part && !ch->done))
    log_add (into, GARBAGE);
  for (unsigned i = ch->delivered; i < end; i++)
    log_add (into, o->k << 16 | (uint32_t)seq << 8 | i);
}

static void
give_slots (struct host *h, struct held_chunk *ch, unsigned n)
{
  if (n > ch->slots)
    sim_fail ("host %d: more slots back than taken", h->id);
  ch->slots -= n;
  h->free_slots += n;
}

/* The last slot is for the lowest uncommitted chunk. */
static bool
may_take_slot (struct host *h, const struct worker *w)
{
  uint64_t obj, seq;

  if (h->free_slots >= 2)
    return true;
  return h->free_slots && commit_lowest (h->c, &obj, &seq) && obj == w->obj && seq == w->seq;
}

void
cutter_begin (struct host *h, const struct commit_action *a)
{
  struct held_object *o = &h->objs[a->obj];

  if (a->kind == ACT_CUT)
    o->replayed = o->good_from = a->seq; /* a later seq comes with a checkpoint's carry */
  else if (o->after_seam)
    o->good_from = a->seq;
  o->after_seam = o->credit = o->blocked = false;
  o->cutting = true;
  o->gen = a->gen;
  o->next = a->seq;
}

static bool
is_cut_bad (const struct held_object *o, uint64_t seq)
{
  for (uint64_t p = o->good_from + 1; p <= seq; p++)
    if (sim->contents[o->k].seams >> p & 1)
      return true;
  return false;
}

void
cutter_step (struct host *h, uint64_t obj)
{
  struct held_object *o = &h->objs[obj];
  uint64_t seq = o->next;

  if (!o->credit)
    {
      o->credit = commit_take_credit (h->c, obj, o->gen);
      o->blocked = !o->credit;
      return;
    }
  o->credit = false;
  if (sim_chance (16) && commit_on_cut (h->c, obj, o->gen - 1, seq))
    sim_fail ("host %d: object %u: a cut of another generation was taken", h->id, (unsigned)obj);
  if (sim->faults && (seq >= o->cut_deaths_to || content_is_bad (o->k)) && sim_chance (20))
    {
      sim->faults--;
      o->cut_deaths_to = seq + 1; /* a good object's once in one place: twice refuses it */
      sim_trace ("host %d: the cutter of object %u dies", h->id, (unsigned)obj);
      o->cutting = false;
      commit_on_cut_crashed (h->c, obj, o->gen);
      return;
    }
  if (content_is_bad (o->k) && sim_chance (10))
    {
      sim_trace ("host %d: object %u cannot be cut", h->id, (unsigned)obj);
      o->cutting = false;
      commit_on_cut_failed (h->c, obj, o->gen);
      return;
    }
  if (seq == sim->contents[o->k].n_chunks)
    {
      o->cutting = false;
      commit_on_cut_end (h->c, obj, o->gen, seq);
      return;
    }
  if (!commit_on_cut (h->c, obj, o->gen, seq))
    {
      o->cutting = false;
      return;
    }
  h->n_held++;
  o->next++;
  if (o->chunk[seq].held)
    sim_fail ("host %d: chunk %u/%u cut again while it is held", h->id, (unsigned)obj, (unsigned)seq);
  o->chunk[seq] =
      (struct held_chunk){ .held = true, .gen = o->gen, .bad = is_cut_bad (o, seq), .crashed = o->chunk[seq].crashed };
  sim_trace ("host %d: object %u: chunk %u is cut%s", h->id, (unsigned)obj, (unsigned)seq,
             o->chunk[seq].bad ? " wrongly" : "");
  if (o->chunk[seq].bad && seq && o->chunk[seq - 1].parsed && !o->chunk[seq - 1].bad)
    {
      o->after_seam = true;
      commit_on_seam (h->c, obj, o->gen, seq);
    }
}

void
part_begin (struct host *h, const struct commit_action *a)
{
  struct held_chunk *ch = &h->objs[a->obj].chunk[a->seq];

  if (!ch->part_out)
    {
      ch->part_out = true;
      ch->part_n = ch->wait_n;
      ch->part_attempt = ch->wait_attempt;
    }
  thread_push (h, OP_WRITE_PART, a);
}

void
part_end (struct host *h, const struct commit_action *a)
{
  struct held_chunk *ch = &h->objs[a->obj].chunk[a->seq];
  unsigned n = ch->part_out ? ch->part_n : ch->wait_n;
  unsigned attempt = ch->part_out ? ch->part_attempt : ch->wait_attempt;

  ch->part_out = false;
#ifndef MUTANT_NO_RETRY_SKIP
  ch->delivered += n;
#endif
  give_slots (h, ch, n);
  for (unsigned i = 0; i < h->n_workers; i++)
    {
      struct worker *w = &h->workers[i];

      if (w->busy && w->obj == a->obj && w->seq == a->seq && w->gen == a->gen && w->attempt == attempt)
        w->waiting = false;
    }
}

void
chunk_release (struct host *h, const struct commit_action *a)
{
  struct held_object *o = &h->objs[a->obj];
  struct held_chunk *ch = &o->chunk[a->seq];

  if (!ch->held || ch->gen != a->gen || ch->part_out)
    sim_fail ("host %d: release of %u/%u, which is not held", h->id, (unsigned)a->obj, (unsigned)a->seq);
  ch->held = false;
  h->n_held--;
  give_slots (h, ch, ch->slots);
  for (unsigned i = 0; i < h->n_workers; i++)
    {
      struct worker *w = &h->workers[i];

      if (w->busy && w->obj == a->obj && w->seq == a->seq && w->gen == a->gen)
        {
          w->stale = true;
          w->waiting = false;
        }
    }
}

static void
crash_worker (struct host *h, struct worker *w, struct held_chunk *ch)
{
  unsigned in_part = ch->part_out ? ch->part_n : 0;

  sim_trace ("host %d: a worker dies on %u/%u", h->id, (unsigned)w->obj, (unsigned)w->seq);
  give_slots (h, ch, ch->slots - in_part);
  ch->crashed = true;
  if (sim_chance (4)) /* the host tries on by itself */
    {
      w->waiting = false;
      w->attempt = ++ch->attempt;
      w->pos = ch->delivered + in_part;
      commit_on_again (h->c, w->obj, w->gen, w->seq);
      return;
    }
  w->busy = false;
  commit_on_crashed (h->c, w->obj, w->gen, w->seq);
}

static void
ask_for_part (struct host *h, struct worker *w, struct held_chunk *ch, unsigned n)
{
  ch->wait_n = n;
  ch->wait_attempt = w->attempt;
  w->waiting = true;
  commit_on_part (h->c, w->obj, w->gen, w->seq);
}

static void
finish_chunk (struct host *h, struct worker *w)
{
  struct held_object *o = &h->objs[w->obj];
  struct held_chunk *ch = &o->chunk[w->seq], *after = ch + 1;

  w->busy = false;
  ch->done = true;
  ch->parsed = !ch->bad;
  sim_trace ("host %d: %u/%u is parsed", h->id, (unsigned)w->obj, (unsigned)w->seq);
  if (!ch->bad && w->seq + 1 < MAX_CHUNKS && after->held && after->bad)
    {
      o->after_seam = true;
      commit_on_seam (h->c, w->obj, after->gen, w->seq + 1);
    }
  if (!commit_on_parsed (h->c, w->obj, w->gen, w->seq) && !ch->part_out)
    sim_fail ("host %d: chunk %u/%u is held, but stale", h->id, (unsigned)w->obj, (unsigned)w->seq);
}

/* Whose chunk was released meanwhile: whatever it says must be ignored. */
static void
do_stale (struct host *h, struct worker *w)
{
  int taken;

  w->busy = false;
  switch (sim_random (5))
    {
    case 4:
      taken = commit_on_again (h->c, w->obj, w->gen, w->seq);
      break;
    case 0:
      taken = commit_on_parsed (h->c, w->obj, w->gen, w->seq);
      break;
    case 1:
      taken = commit_on_part (h->c, w->obj, w->gen, w->seq);
      break;
    case 2:
      taken = commit_on_seam (h->c, w->obj, w->gen, w->seq);
      break;
    default:
      taken = commit_on_crashed (h->c, w->obj, w->gen, w->seq);
    }
  if (taken)
    sim_fail ("host %d: the answer on %u/%u gen %u is stale, but was taken", h->id, (unsigned)w->obj, (unsigned)w->seq,
              w->gen);
}

static void
pick (struct host *h, struct worker *w)
{
  struct held_chunk *ch;

  if (!commit_pick (h->c, &w->obj, &w->gen, &w->seq))
    {
      h->nothing_to_pick = true; /* until something happens, see host_step() */
      return;
    }
  ch = &h->objs[w->obj].chunk[w->seq];
  if (!ch->held || ch->gen != w->gen)
    sim_fail ("host %d: picked %u/%u, which is not held", h->id, (unsigned)w->obj, (unsigned)w->seq);
  w->busy = true;
  w->stale = w->waiting = false;
  w->attempt = ++ch->attempt;
  w->pos = ch->delivered + (ch->part_out ? ch->part_n : 0);
  sim_trace ("host %d: a worker takes %u/%u", h->id, (unsigned)w->obj, (unsigned)w->seq);
}

void
worker_step (struct host *h, struct worker *w)
{
  struct held_object *o;
  struct held_chunk *ch;
  unsigned n, made;
  bool poison;

  if (!w->busy)
    {
      pick (h, w);
      return;
    }
  if (w->stale)
    {
      do_stale (h, w);
      return;
    }
  o = &h->objs[w->obj];
  ch = &o->chunk[w->seq];
  n = chunk_units (o, w->seq);
  made = w->pos - ch->delivered - (ch->part_out ? ch->part_n : 0);
  poison = !ch->bad && sim->contents[o->k].poison == (int)w->seq;
  if (poison ? w->waiting || w->pos >= n || sim_chance (3)
             : sim->faults && !ch->crashed && (w->waiting || sim_chance (12)))
    {
      if (!poison)
        sim->faults--;
      crash_worker (h, w, ch);
    }
  else if (w->pos >= n)
    finish_chunk (h, w);
  else if (made && (sim_chance (6) || !may_take_slot (h, w)))
    ask_for_part (h, w, ch, made);
  else if (may_take_slot (h, w))
    {
      h->free_slots--;
      ch->slots++;
      w->pos++;
    }
}

bool
worker_is_ready (struct host *h, struct worker *w)
{
  struct held_object *o = &h->objs[w->obj];

  if (!w->busy)
    return !h->nothing_to_pick;
  if (w->stale)
    return true;
  if (w->waiting) /* it may only die */
    return sim_chance (64) && (sim->contents[o->k].poison == (int)w->seq || (sim->faults && !o->chunk[w->seq].crashed));
  if (w->pos >= chunk_units (o, w->seq) || sim->contents[o->k].poison == (int)w->seq)
    return true;
  return w->pos > o->chunk[w->seq].delivered + (o->chunk[w->seq].part_out ? o->chunk[w->seq].part_n : 0)
         || may_take_slot (h, w);
}
