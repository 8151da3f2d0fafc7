/* SPDX-License-Identifier: Apache-2.0 */
/* sim_host.c - one life of a host around the commit core: performs its actions and lets one thing happen at a time.
 * Everything that a real host waits for is an operation that completes when chance says so. */
#include "tests/sim/sim_host.h"

#include <string.h>

static void
replay (struct host *h, const struct commit_action *a)
{
  struct held_object *o = &h->objs[a->obj];
  struct held_chunk *ch = &o->chunk[a->seq];

  if (a->seq != o->replayed || !ch->held || ch->gen != a->gen)
    sim_fail ("host %d: replay of %u/%u out of order", h->id, (unsigned)a->obj, (unsigned)a->seq);
  if (ch->bad || ch->quarantined != a->what)
    sim_fail ("host %d: replay of %u/%u, which is void", h->id, (unsigned)a->obj, (unsigned)a->seq);
  o->replayed++;
  if (sim->contents[o->k].halts && !a->what)
    {
      sim_trace ("host %d: object %u halts the run", h->id, (unsigned)a->obj);
      sim->contents[o->k].halts = false;
      h->halted = a->obj;
      commit_on_object_failed (h->c, a->obj);
#ifndef MUTANT_HALT_GOES_ON
      h->stopping = true;
      commit_on_stop (h->c);
#endif
    }
  else if (content_is_bad (o->k) && sim_chance (10))
    commit_on_refused (h->c, a->obj);
}

static void
close_object (struct host *h, const struct commit_action *a)
{
  struct held_object *o = &h->objs[a->obj];

  for (unsigned q = 0; q < MAX_CHUNKS; q++)
    if (o->chunk[q].held)
      sim_fail ("host %d: object %u closed with chunk %u held", h->id, (unsigned)a->obj, q);
  if (a->what == COMMIT_UNFINISHED && !h->stopping && !o->resumed && sim->n_hosts == 1)
    sim_fail ("host %d: object %u left unfinished for no reason", h->id, (unsigned)a->obj);
  o->closed = true;
  o->cutting = false;
}

static void
perform (struct host *h, const struct commit_action *a)
{
  static const char *const name[] = { "",           "HASH",      "CUT",     "RECUT",  "BEGIN",      "REPLAY",  "WRITE",
                                      "WRITE_PART", "PART_DONE", "RELEASE", "COMMIT", "QUARANTINE", "VERDICT", "SEAL",
                                      "RECORD",     "FINISH",    "ACK",     "CLOSE",  "STOPPED" };

  sim_trace ("host %d:   -> %s obj %u seq %u gen %u sink %u what %d", h->id, name[a->kind], (unsigned)a->obj,
             (unsigned)a->seq, a->gen, a->sink, a->what);
  if (h->stopped)
    sim_fail ("host %d: action after STOPPED", h->id);
  switch (a->kind)
    {
    case ACT_HASH:
      source_ask (h, MISC_HASH, a->obj, 0);
      break;
    case ACT_CUT:
    case ACT_RECUT:
      cutter_begin (h, a);
      break;
    case ACT_BEGIN:
      thread_push (h, OP_BEGIN, a);
      break;
    case ACT_REPLAY:
      replay (h, a);
      break;
    case ACT_WRITE:
      thread_push (h, OP_WRITE, a);
      break;
    case ACT_WRITE_PART:
      part_begin (h, a);
      break;
    case ACT_PART_DONE:
      part_end (h, a);
      break;
    case ACT_RELEASE:
      chunk_release (h, a);
      break;
    case ACT_COMMIT:
      thread_push (h, OP_COMMIT, a);
      break;
    case ACT_QUARANTINE:
      h->objs[a->obj].chunk[a->seq].quarantined = true;
      break;
    case ACT_VERDICT:
      source_ask (h, MISC_VERDICT, a->obj, 0);
      break;
    case ACT_SEAL:
      thread_push (h, OP_SEAL, a);
      break;
    case ACT_RECORD:
      h->records[h->n_recording++] = *a;
      if (!a->more && sim_chance (4))
        journal_step (h);
      break;
    case ACT_FINISH:
      thread_push (h, OP_FINISH, a);
      break;
    case ACT_ACK:
      source_ask (h, MISC_ACK, a->obj, a->what);
      break;
    case ACT_CLOSE:
      close_object (h, a);
      break;
    case ACT_STOPPED:
      h->stopped = true;
      break;
    }
}

static void
settle (struct host *h)
{
  struct commit_action a;
  uint64_t obj, seq;

  while (commit_next (h->c, &a))
    perform (h, &a);
  if (h->n_held > commit_in_flight (h->c) || commit_in_flight (h->c) > sim->cfg.window)
    sim_fail ("host %d: %u chunks held, %u credits, window %u", h->id, h->n_held, commit_in_flight (h->c),
              sim->cfg.window);
  if (h->n_held && !commit_lowest (h->c, &obj, &seq))
    sim_fail ("host %d: chunks are held, but none is the lowest", h->id);
  if (commit_n_objects (h->c) - commit_n_ahead (h->c) > sim->cfg.batch)
    sim_fail ("host %d: %zu objects of %zu are not closed, more than the batch of %u", h->id,
              commit_n_objects (h->c) - commit_n_ahead (h->c), commit_n_objects (h->c), sim->cfg.batch);
  if (commit_idle (h->c) && commit_in_flight (h->c))
    sim_fail ("host %d: idle with %u credits taken", h->id, commit_in_flight (h->c));
}

/* ---- one step ---- */

enum choice
{
  DO_OFFER,
  DO_MISC,
  DO_RECORD,
  DO_SINK,
  DO_SEALED = DO_SINK + MAX_SINKS,
  DO_CUT = DO_SEALED + MAX_SINKS,
  DO_WORKER,
  DO_GATHERED,
  N_CHOICES,
};

void
sim_host_is_slow_to_publish (unsigned *weight)
{
  for (unsigned i = 0; i < N_CHOICES; i++)
    weight[i] = i == DO_RECORD || (i >= DO_SEALED && i < DO_SEALED + MAX_SINKS) ? 1 : 8;
}

struct option
{
  enum choice choice;
  unsigned i;
};

static unsigned
list_options (struct host *h, struct option *opt)
{
  unsigned n = 0;

  if (!h->stopping && !source_has_offered_all (h))
    opt[n++] = (struct option){ DO_OFFER, 0 };
  for (unsigned i = 0; i < h->n_misc; i++)
    opt[n++] = (struct option){ DO_MISC, i };
  if (commit_is_gathering (h->c))
    opt[n++] = (struct option){ DO_GATHERED, 0 };
  if (h->n_recording)
    opt[n++] = (struct option){ DO_RECORD, 0 };
  for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
    {
      if (h->threads[s].n)
        opt[n++] = (struct option){ DO_SINK, s };
      if (h->threads[s].n_sealed_ops)
        opt[n++] = (struct option){ DO_SEALED, s };
    }
  for (unsigned i = 0; i < h->n_objs; i++)
    if (h->objs[i].cutting && !h->objs[i].blocked)
      opt[n++] = (struct option){ DO_CUT, i };
  for (unsigned i = 0; i < h->n_workers; i++)
    if (worker_is_ready (h, &h->workers[i]))
      opt[n++] = (struct option){ DO_WORKER, i };
  return n;
}

/* Something happens: asking for credit and for work makes sense again. */
static void
unblock (struct host *h)
{
  h->nothing_to_pick = false;
  for (unsigned i = 0; i < h->n_objs; i++)
    h->objs[i].blocked = false;
}

static void
inject_fault (struct host *h)
{
  unsigned s = sim_random (sim->cfg.n_sinks);

  if (sim_chance (3) && h->n_objs)
    {
      uint64_t obj = sim_random (h->n_objs);

      sim_trace ("host %d: object %u is broken off", h->id, (unsigned)obj);
      commit_on_object_failed (h->c, obj);
    }
  else if (sim_chance (3))
    {
      if (!h->threads[s].dead)
        thread_fail (h, s);
    }
  else if (sim_chance (2))
    {
      sim_trace ("host %d: stop", h->id);
      h->stopping = true;
      commit_on_stop (h->c);
    }
  else if (h->n_objs && content_is_bad (h->objs[h->n_objs - 1].k))
    {
      sim_trace ("host %d: object %u is refused early", h->id, h->n_objs - 1);
      commit_on_refused (h->c, h->n_objs - 1);
    }
}

void
host_step (struct host *h)
{
  struct option opt[128], o;
  unsigned n = list_options (h, opt), tries = 0;

  if (h->stopped || (!n && source_has_offered_all (h) && commit_idle (h->c)))
    {
      if (!h->stopped && commit_n_objects (h->c))
        sim_fail ("host %d: idle with objects open", h->id);
      sim_trace ("host %d: ends", h->id);
      host_die (h);
      return;
    }
  if (!n)
    sim_fail ("host %d: deadlock: nothing can happen any more", h->id);
  if (sim->faults && sim_chance (sim->fault_per))
    {
      sim->faults--;
      inject_fault (h);
      unblock (h);
      settle (h);
      return;
    }
  do
    o = opt[sim_random (n)];
  while (sim_random (8) >= sim->weight[o.choice == DO_SINK || o.choice == DO_SEALED ? o.choice + o.i : o.choice]
         && ++tries < sim->tries);
  if ((o.choice != DO_WORKER || h->workers[o.i].busy) && (o.choice != DO_CUT || h->objs[o.i].credit))
    unblock (h);
  if (o.choice == DO_OFFER)
    source_offer (h);
  else if (o.choice == DO_MISC)
    source_answer (h, o.i);
  else if (o.choice == DO_RECORD)
    journal_step (h);
  else if (o.choice == DO_SINK)
    thread_step (h, o.i);
  else if (o.choice == DO_SEALED)
    thread_step_sealed (h, o.i);
  else if (o.choice == DO_CUT)
    cutter_step (h, o.i);
  else if (o.choice == DO_GATHERED)
    commit_on_gathered (h->c);
  else
    worker_step (h, &h->workers[o.i]);
  settle (h);
}

/* ---- life and death ---- */

bool
host_has_work (const struct host *h)
{
  for (int i = 0; i < h->n_names; i++)
    if (!h->names[i].ack)
      return true;
  return false;
}

void
host_start (struct host *h)
{
  h->alive = true;
  h->stopping = h->stopped = h->nothing_to_pick = false;
  h->halted = UINT64_MAX;
  h->next_name = 0;
  h->n_objs = h->n_misc = h->n_recording = h->n_held = 0;
  memset (h->objs, 0, sizeof h->objs);
  memset (h->workers, 0, sizeof h->workers);
  memset (h->threads, 0, sizeof h->threads);
  memset (h->sess, 0, sizeof h->sess);
  memset (h->sealed, 0, sizeof h->sealed);
  for (unsigned s = 0; s < MAX_SINKS; s++)
    h->sess[s].txn = -1;
  h->n_workers = 1 + sim_random (MAX_WORKERS);
  h->n_slots = h->free_slots = 2 + sim_random (6);
  h->c = commit_create (&sim->cfg);
  if (++h->n_lives > 200)
    sim_fail ("host %d: no end in sight after %u lives", h->id, h->n_lives);
  sim_trace ("host %d: life %u, %u workers, %u slots", h->id, h->n_lives, h->n_workers, h->n_slots);
}

void
host_die (struct host *h)
{
  journal_dies (h);
  commit_destroy (h->c);
  h->c = NULL;
  h->alive = false;
  sink_host_died (h->id);
}
