/* SPDX-License-Identifier: Apache-2.0 */
/* sim_host.c - one life of a host around the commit core: source, journal, cutters, workers with slots, sink threads.
 * Everything that a real host waits for is an operation that completes when chance says so. */
#include "tests/sim/sim.h"

#include <penstock/plugin.h>
#include <string.h>

#define MODE_CHUNK (sim->cfg.mode == PEN_COMMIT_CHUNK)

/* ---- journal ---- */

static bool
has_row (const struct host *h, enum commit_what what, unsigned k, int name)
{
  for (unsigned i = 0; i < h->n_rows; i++)
    if (h->rows[i].what == what && h->rows[i].k == k && (name < 0 || h->rows[i].name == name))
      return true;
  return false;
}

static bool
has_open_intent (const struct host *h)
{
  for (unsigned i = 0; i < h->n_rows; i++)
    if (h->rows[i].what == COMMIT_INTENT && !has_row (h, COMMIT_COMMITTED, h->rows[i].k, -1))
      return true;
  return false;
}

static bool
is_bad (unsigned k)
{
  return sim->contents[k].bad_totals || sim->contents[k].poison >= 0;
}

/* 0: nothing is known of it. */
static int
look_up (const struct host *h, const struct held_object *o)
{
  if (has_row (h, COMMIT_COMMITTED, o->k, o->name))
    return COMMIT_SKIP; /* this very object: only the acknowledgement is lacking */
  if (has_row (h, COMMIT_COMMITTED, o->k, -1))
    return sim->reject_duplicates ? COMMIT_REFUSE : COMMIT_SKIP;
  return 0;
}

static void
record (struct host *h, const struct commit_action *a)
{
  const struct held_object *o = &h->objs[a->obj];

  if (h->n_rows == MAX_ROWS)
    sim_fail ("host %d: the journal grows without end", h->id);
  if (a->what == COMMIT_INTENT && a->obj >= h->halted)
    sim_fail ("host %d: object %u is accepted after %u has halted the run", h->id, (unsigned)a->obj,
              (unsigned)h->halted);
  if (a->what == COMMIT_INTENT)
    sim->contents[o->k].intended = true;
  if (a->what == COMMIT_COMMITTED && has_row (h, COMMIT_COMMITTED, o->k, -1))
    sim_fail ("host %d: content %u recorded as committed twice", h->id, o->k);
  if (a->what == COMMIT_COMMITTED)
    for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
      if (!sink_has_durably (s, o->k))
        sim_fail ("host %d: content %u recorded as committed, but sink %u may lose it", h->id, o->k, s);
  h->rows[h->n_rows++] = (struct row){ (enum commit_what)a->what, o->name, o->k };
}

/* ---- slots ---- */

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

/* ---- the core's actions ---- */

static void do_misc (struct host *h, unsigned i);
static void do_record (struct host *h);
static void fail_sink (struct host *h, unsigned s);

/* Some hosts answer at once, while the action is performed. */
static void
push_misc (struct host *h, enum misc_kind kind, uint64_t obj, int accepted)
{
  h->misc[h->n_misc++] = (struct misc){ kind, obj, accepted };
  if (sim_chance (4))
    do_misc (h, h->n_misc - 1);
}

static void
push_sink (struct host *h, enum sink_op_kind kind, const struct commit_action *a)
{
  struct sink_thread *t = &h->threads[a->sink];
  struct sink_op op = { kind, a->obj, a->seq, a->what, 0 };

  if (t->dead)
    sim_fail ("host %d: action for the failed sink %u", h->id, a->sink);
  if (t->n == MAX_OPS || t->n_sealed_ops == MAX_OPS)
    sim_fail ("host %d: sink %u is asked too much", h->id, a->sink);
  if (sim->faults && sim_chance (200))
    {
      sim->faults--;
      fail_sink (h, a->sink);
      return;
    }
  if (kind == OP_SEAL)
    h->objs[a->obj].sealed_in[a->sink] = true;
  if (kind == OP_FINISH && h->objs[a->obj].sealed_in[a->sink])
    t->sealed_ops[t->n_sealed_ops++] = op;
  else
    t->ops[(t->first + t->n++) % MAX_OPS] = op;
}

static void
begin_cut (struct host *h, const struct commit_action *a)
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
  else if (is_bad (o->k) && sim_chance (10))
    commit_on_refused (h->c, a->obj);
}

static void
begin_part (struct host *h, const struct commit_action *a)
{
  struct held_chunk *ch = &h->objs[a->obj].chunk[a->seq];

  if (!ch->part_out)
    {
      ch->part_out = true;
      ch->part_n = ch->wait_n;
      ch->part_attempt = ch->wait_attempt;
    }
  push_sink (h, OP_WRITE_PART, a);
}

static void
end_part (struct host *h, const struct commit_action *a)
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

static void
release (struct host *h, const struct commit_action *a)
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
      push_misc (h, MISC_HASH, a->obj, 0);
      break;
    case ACT_CUT:
    case ACT_RECUT:
      begin_cut (h, a);
      break;
    case ACT_BEGIN:
      push_sink (h, OP_BEGIN, a);
      break;
    case ACT_REPLAY:
      replay (h, a);
      break;
    case ACT_WRITE:
      push_sink (h, OP_WRITE, a);
      break;
    case ACT_WRITE_PART:
      begin_part (h, a);
      break;
    case ACT_PART_DONE:
      end_part (h, a);
      break;
    case ACT_RELEASE:
      release (h, a);
      break;
    case ACT_COMMIT:
      push_sink (h, OP_COMMIT, a);
      break;
    case ACT_QUARANTINE:
      h->objs[a->obj].chunk[a->seq].quarantined = true;
      break;
    case ACT_VERDICT:
      push_misc (h, MISC_VERDICT, a->obj, 0);
      break;
    case ACT_SEAL:
      push_sink (h, OP_SEAL, a);
      break;
    case ACT_RECORD:
      h->records[h->n_recording++] = *a;
      if (!a->more && sim_chance (4))
        do_record (h);
      break;
    case ACT_FINISH:
      push_sink (h, OP_FINISH, a);
      break;
    case ACT_ACK:
      push_misc (h, MISC_ACK, a->obj, a->what);
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

/* ---- the source ---- */

static bool
is_all_offered (const struct host *h)
{
  for (int i = h->next_name; i < h->n_names; i++)
    if (!h->names[i].ack)
      return false;
  return true;
}

static void
offer (struct host *h)
{
  uint64_t obj = h->n_objs;
  struct held_object *o = &h->objs[h->n_objs++];

  while (h->names[h->next_name].ack)
    h->next_name++;
  o->name = h->next_name++;
  o->k = h->names[o->name].k;
  sim_trace ("host %d: object %u is offered: name %d, content %u", h->id, (unsigned)obj, o->name, o->k);
  commit_on_object (h->c, obj, MODE_CHUNK || has_open_intent (h) || sim_chance (3));
}

/* ---- fingerprint, verdict, acknowledgement ---- */

/* An object that is accepted and not closed has the same content. */
static bool
has_twin (const struct host *h, const struct held_object *o)
{
#ifndef MUTANT_NO_TWINS
  for (unsigned i = 0; i < h->n_objs; i++)
    if (&h->objs[i] != o && h->objs[i].k == o->k && h->objs[i].accepted && !h->objs[i].closed)
      return true;
#endif
  return false;
}

static void
answer_hash (struct host *h, uint64_t obj)
{
  struct held_object *o = &h->objs[obj];
  int word = has_twin (h, o) ? COMMIT_TWIN : look_up (h, o);

  if (!word)
    word = has_row (h, COMMIT_INTENT, o->k, -1) ? COMMIT_RESUME : COMMIT_FRESH;
  if (word == COMMIT_RESUME)
    o->resumed = true;
  sim_trace ("host %d: object %u is hashed: %d", h->id, (unsigned)obj, word);
  commit_on_hashed (h->c, obj, (enum commit_word)word);
}

static void
answer_verdict (struct host *h, uint64_t obj)
{
  struct held_object *o = &h->objs[obj];
  int word = has_twin (h, o) ? COMMIT_TWIN : look_up (h, o);

  if (!word)
    word = is_bad (o->k) ? COMMIT_REFUSE : COMMIT_ACCEPT;
  o->accepted = word == COMMIT_ACCEPT;
  if (!o->closed && o->replayed != sim->contents[o->k].n_chunks)
    sim_fail ("host %d: verdict on object %u after %u chunks of %u", h->id, (unsigned)obj, (unsigned)o->replayed,
              sim->contents[o->k].n_chunks);
  sim_trace ("host %d: verdict on object %u: %d", h->id, (unsigned)obj, word);
  commit_on_verdict (h->c, obj, (enum commit_word)word, sim->contents[o->k].n_expect);
}

static void
answer_ack (struct host *h, uint64_t obj, int accepted)
{
  const struct held_object *o = &h->objs[obj];
  int ok = !sim_chance (8);

  if (accepted)
    for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
      if (!sink_has_durably (s, o->k))
        sim_fail ("host %d: content %u acknowledged, but sink %u may lose it", h->id, o->k, s);
  if (accepted && !has_row (h, COMMIT_COMMITTED, o->k, -1))
    sim_fail ("host %d: content %u acknowledged without a record", h->id, o->k);
  if (!accepted && !is_bad (o->k) && look_up (h, o) != COMMIT_REFUSE)
    sim_fail ("host %d: content %u is good, but was refused", h->id, o->k);
  if (!accepted && !has_row (h, COMMIT_REFUSED, o->k, o->name))
    sim_fail ("host %d: content %u refused without a record", h->id, o->k);
  if (ok || !sim->faults)
    h->names[o->name].ack = accepted ? ACK_ACCEPTED : ACK_REFUSED;
  sim_trace ("host %d: object %u acknowledged (%d)", h->id, (unsigned)obj, accepted);
  commit_on_acked (h->c, obj, ok);
}

static void
do_misc (struct host *h, unsigned i)
{
  struct misc m = h->misc[i];

  h->misc[i] = h->misc[--h->n_misc];
  if (m.kind == MISC_HASH)
    answer_hash (h, m.obj);
  else if (m.kind == MISC_VERDICT)
    answer_verdict (h, m.obj);
  else
    answer_ack (h, m.obj, m.accepted);
}

/* How many records become durable at once. */
static unsigned
record_group (const struct host *h)
{
  unsigned n = 1;

  while (h->records[n - 1].more)
    n++;
  if (n > h->n_recording)
    sim_fail ("host %d: a batch of records without its end", h->id);
  return n;
}

static void
do_record (struct host *h)
{
  struct commit_action group[MAX_OPS];
  unsigned n = record_group (h);

  memcpy (group, h->records, n * sizeof *group);
  h->n_recording -= n;
  memmove (h->records, h->records + n, h->n_recording * sizeof *group);
  for (unsigned i = 0; i < n; i++)
    record (h, &group[i]);
  for (unsigned i = 0; i < n; i++)
    {
      sim_trace ("host %d: object %u recorded as %d", h->id, (unsigned)group[i].obj, group[i].what);
      commit_on_recorded (h->c, group[i].obj, (enum commit_what)group[i].what);
    }
}

/* ---- sinks ---- */

static void
answer_sink (struct host *h, unsigned s, const struct sink_op *op, uint64_t value)
{
  if (op->kind == OP_BEGIN)
    commit_on_begun (h->c, op->obj, s, value);
  else if (op->kind == OP_WRITE)
    commit_on_wrote (h->c, op->obj, op->seq, s);
  else if (op->kind == OP_WRITE_PART)
    commit_on_part_wrote (h->c, op->obj, op->seq, s);
  else if (op->kind == OP_COMMIT)
    commit_on_committed (h->c, op->obj, op->seq, s);
  else if (op->kind == OP_SEAL)
    commit_on_sealed (h->c, op->obj, s);
  else
    commit_on_finished (h->c, op->obj, s, (int)value);
}

static void
fail_sink (struct host *h, unsigned s)
{
  struct sink_thread *t = &h->threads[s];

  sim_trace ("host %d: sink %u fails", h->id, s);
  t->dead = h->stopping = true;
  commit_on_sink_failed (h->c, s);
  if (t->n && sim_chance (2))
    answer_sink (h, s, &t->ops[t->first], 0); /* too late */
  if (sim_chance (2))
    commit_on_sink_failed (h->c, s);
  t->n = t->n_sealed_ops = 0;
}

static void
end_sink_op (struct host *h, unsigned s, const struct sink_op *op, int rc, uint64_t value)
{
  sim_trace ("host %d: sink %u has done %d on %u/%u: %d, %lld", h->id, s, op->kind, (unsigned)op->obj,
             (unsigned)op->seq, rc, (long long)value);
  if (rc < 0)
    fail_sink (h, s);
  else
    answer_sink (h, s, op, value);
}

static void
do_sink (struct host *h, unsigned s)
{
  struct sink_thread *t = &h->threads[s];
  struct sink_op op, *first = &t->ops[t->first];
  uint64_t value;
  int rc = sink_step (h, s, first, &value);

  if (rc == 0)
    return;
  op = *first;
  t->first = (t->first + 1) % MAX_OPS;
  t->n--;
  end_sink_op (h, s, &op, rc, value);
}

/* Sealed objects of a batch are published in any order, but where they go to the end of one file. */
static void
do_sealed (struct host *h, unsigned s)
{
  struct sink_thread *t = &h->threads[s];
  unsigned i = sim->sinks[s].kind == SINK_APPEND ? 0 : sim_random (t->n_sealed_ops);
  struct sink_op op;
  uint64_t value;
  int rc = sink_step (h, s, &t->sealed_ops[i], &value);

  if (rc == 0)
    return;
  op = t->sealed_ops[i];
  memmove (t->sealed_ops + i, t->sealed_ops + i + 1, (--t->n_sealed_ops - i) * sizeof op);
  end_sink_op (h, s, &op, rc, value);
}

/* ---- cutters ---- */

static bool
is_cut_bad (const struct held_object *o, uint64_t seq)
{
  for (uint64_t p = o->good_from + 1; p <= seq; p++)
    if (sim->contents[o->k].seams >> p & 1)
      return true;
  return false;
}

static void
do_cut (struct host *h, uint64_t obj)
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
  if (sim->faults && (seq >= o->cut_deaths_to || is_bad (o->k)) && sim_chance (20))
    {
      sim->faults--;
      o->cut_deaths_to = seq + 1; /* a good object's once in one place: twice refuses it */
      sim_trace ("host %d: the cutter of object %u dies", h->id, (unsigned)obj);
      o->cutting = false;
      commit_on_cut_crashed (h->c, obj, o->gen);
      return;
    }
  if (is_bad (o->k) && sim_chance (10))
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

/* ---- workers ---- */

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

static void
do_worker (struct host *h, struct worker *w)
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

static bool
is_worker_ready (struct host *h, struct worker *w)
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

  if (!h->stopping && !is_all_offered (h))
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
    if (is_worker_ready (h, &h->workers[i]))
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
        fail_sink (h, s);
    }
  else if (sim_chance (2))
    {
      sim_trace ("host %d: stop", h->id);
      h->stopping = true;
      commit_on_stop (h->c);
    }
  else if (h->n_objs && is_bad (h->objs[h->n_objs - 1].k))
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

  if (h->stopped || (!n && is_all_offered (h) && commit_idle (h->c)))
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
    offer (h);
  else if (o.choice == DO_MISC)
    do_misc (h, o.i);
  else if (o.choice == DO_RECORD)
    do_record (h);
  else if (o.choice == DO_SINK)
    do_sink (h, o.i);
  else if (o.choice == DO_SEALED)
    do_sealed (h, o.i);
  else if (o.choice == DO_CUT)
    do_cut (h, o.i);
  else if (o.choice == DO_GATHERED)
    commit_on_gathered (h->c);
  else
    do_worker (h, &h->workers[o.i]);
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
  while (h->n_recording && sim_chance (2)) /* durable, but nobody was told */
    {
      unsigned n = record_group (h);

      for (unsigned i = 0; i < n; i++)
        record (h, &h->records[i]);
      h->n_recording -= n;
      memmove (h->records, h->records + n, h->n_recording * sizeof *h->records);
    }
  commit_destroy (h->c);
  h->c = NULL;
  h->alive = false;
  sink_host_died (h->id);
}
