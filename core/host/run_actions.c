/* SPDX-License-Identifier: Apache-2.0 */
/* run_actions.c - does what the commit core asks for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host/run_int.h"

static void
ask_hash (struct run *r, struct object *o)
{
  struct wire_head h = { .type = WIRE_HASH, .obj = (uint32_t)o->ord };
  struct seat *cutter = run_cutter (r);

  if (o->key[0]) /* known from an earlier look */
    {
      commit_on_hashed (r->commit, o->ord, run_duplicate_word (r, o, 1));
      return;
    }
  o->asked_hash = 1;
  run_lend (cutter, o);
  seat_send (cutter, &h, NULL, -1);
}

static void
send_cut (struct run *r, struct object *o, uint32_t gen, uint64_t seq, uint64_t offset, const struct carry *carry)
{
  struct seat *cutter = run_cutter (r);
  struct wire_head h = { .type = WIRE_CUT,
                         .obj = (uint32_t)o->ord,
                         .gen = gen,
                         .seq = seq,
                         .a = offset,
                         .b = r->o->chunk,
                         .c = (uint64_t)(!o->key[0] && !o->spooled) | r->o->window << 1,
                         .len = carry->n };

  o->cutting = 1;
  o->gen = gen;
  o->next_offset = offset;
  run_carry_set (&o->cut_carry, carry->p, carry->n);
  if (offset > o->safe) /* from a checkpoint: what is before it is in the sinks */
    o->safe = offset;
  run_lend (cutter, o);
  seat_send (cutter, &h, carry->p, -1);
}

static void
cut (struct run *r, struct object *o, const struct commit_action *a)
{
  struct carry carry = { NULL, 0 };
  uint64_t offset = 0;
  struct err e;

  if (a->seq && run_checkpoint_load (r, o, a->seq, &offset, &carry, &e) == -1)
    {
      run_fail (r, RUN_FAILED, "%s: %s", o->name, e.text);
      return;
    }
  if (r->journal && o->row_is_old && journal_clean (r->journal, o->row, a->seq, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  if (!a->seq && run_is_one_chunk (r, o))
    {
      o->gen = a->gen;
      o->one_chunk = 1; /* once there is credit, see run_give_credit() */
      return;
    }
  send_cut (r, o, a->gen, a->seq, offset, &carry);
  o->resumed_at = offset;
  o->released_offset = offset; /* chunks before are the sinks': should the cutter die now, its successor begins here */
  o->released_parsed = 0;
  run_carry_set (&o->last_after, carry.p, carry.n);
  free (carry.p);
}

/* Goes on after chunk seq - 1: with the carry that its parse ended with, if it was parsed, else with the cut's own. */
static void
recut (struct run *r, struct object *o, const struct commit_action *a)
{
  const struct chunk *before = NULL;
  const struct carry none = { NULL, 0 };

  for (size_t i = 0; i < o->n_chunks; i++)
    if (a->seq && o->chunks[i]->seq == a->seq - 1)
      before = o->chunks[i];
  if (a->seq == 0)
    send_cut (r, o, a->gen, 0, 0, &none);
  else if (before)
    send_cut (r, o, a->gen, a->seq, before->offset + before->len, before->parsed ? &before->end : &before->after);
  else
    send_cut (r, o, a->gen, a->seq, o->released_offset, o->released_parsed ? &o->last_end : &o->last_after);
}

static struct chunk *
chunk_of (struct run *r, const struct commit_action *a, struct object **o)
{
  *o = run_object (r, a->obj);
  return *o ? run_chunk (*o, a->seq, a->gen) : NULL;
}

/* From now on sinks read these pieces, of which number and hash are remembered for a retry; what the worker sends meanwhile
 * goes into a new list. */
static void
take_off (struct run *r, struct object *o, struct chunk *c)
{
  run_replay (r, o, c);
  if (!c->delivered_hash)
    {
      c->delivered_hash = XXH3_createState ();
      XXH3_64bits_reset (c->delivered_hash);
    }
  for (size_t i = 0; i < c->n_pieces; i++)
    if (c->pieces[i].kind)
      {
        run_piece_hash (c->delivered_hash, &c->pieces[i]);
        c->delivered++;
      }
  c->flying = c->pieces;
  c->n_flying = c->n_pieces;
  c->pieces = NULL;
  c->n_pieces = c->replayed = 0;
  c->taken_off = 1;
}

static void
put_write (struct run *r, const struct commit_action *a)
{
  struct object *o;
  struct chunk *c = chunk_of (r, a, &o);
  struct sink_job j = { .kind = a->kind == ACT_WRITE ? SINK_WRITE : SINK_PART, .obj = a->obj, .seq = a->seq };

  if (!c)
    return;
  if (a->kind == ACT_WRITE_PART && !c->taken_off)
    take_off (r, o, c);
  j.pieces = a->kind == ACT_WRITE_PART ? c->flying : c->pieces;
  j.n_pieces = a->kind == ACT_WRITE_PART ? c->n_flying : c->n_pieces;
  for (size_t i = 0; i < j.n_pieces; i++)
    if (j.pieces[i].kind == WIRE_SEG_BODY && j.pieces[i].stream == a->sink)
      {
        o->sent_rows[a->sink] += j.pieces[i].rows;
        o->sent_bytes[a->sink] += j.pieces[i].n;
      }
  sinkthread_put (r->sinks[a->sink].thread, &j);
}

/* What the worker has reached while the part was on its way. */
static void
part_next (struct run *r, struct object *o, struct chunk *c)
{
  struct seat *s = c->starved;

  c->starved = NULL;
  if (c->done_early)
    {
      c->done_early = 0;
      commit_on_parsed (r->commit, o->ord, c->gen, c->seq);
    }
  else if (c->again)
    {
      c->again = 0;
      c->starved = s;
      commit_on_part (r->commit, o->ord, c->gen, c->seq);
    }
}

/* Every sink has the part. */
static void
part_done (struct run *r, const struct commit_action *a)
{
  struct object *o;
  struct chunk *c = chunk_of (r, a, &o);

  if (!c)
    return;
  if (!c->taken_off) /* no sink lacked it */
    take_off (r, o, c);
  c->taken_off = 0;
  for (size_t i = 0; i < c->n_flying; i++)
    seat_give_back (c->flying[i].slot);
  if (c->starved)
    seat_lend_reserved (c->starved);
  free (c->flying);
  c->flying = NULL;
  c->n_flying = 0;
  part_next (r, o, c);
}

static void
release (struct run *r, const struct commit_action *a)
{
  struct object *o;
  struct chunk *c = chunk_of (r, a, &o);
  struct seat *starved;

  if (!c)
    return;
  if (c->in_books)
    {
      o->released_offset = c->offset + c->len;
      o->released_parsed = c->parsed;
      run_carry_set (&o->last_after, c->after.p, c->after.n);
      run_carry_set (&o->last_end, c->end.p, c->end.n);
      o->bytes_done += c->len;
      r->bytes_done += c->len;
      run_spool_taken (r, o, c);
    }
  starved = c->starved;
  run_chunk_drop (r, o, c);
  if (starved)
    seat_lend_reserved (starved); /* nobody wants the rest, but the worker has to get through */
}

/* The chunk's own bytes are the evidence; its records are lost to the totals, which will say so. */
static void
quarantine (struct run *r, const struct commit_action *a)
{
  struct object *o;
  struct chunk *c = chunk_of (r, a, &o);
  char text[700];

  if (!c)
    return;
  snprintf (text, sizeof text, "this chunk of %llu bytes killed two workers: %s", (unsigned long long)c->len, o->death);
  run_fatal (r, o, c->seq, c->offset, c->len, &c->start, PEN_SEV_OBJECT, text);
}

/* what = 1: the chunk is in quarantine and has nothing to say. */
static void
replay (struct run *r, struct object *o, const struct commit_action *a)
{
  struct chunk *c = run_chunk (o, a->seq, a->gen);

  if (!c)
    return;
  c->in_books = 1;
  if (!a->what)
    {
      if (run_replay (r, o, c) == -1)
        return;
      run_narrow_report (r, o, c);
    }
  if (r->o->mode == PEN_COMMIT_CHUNK)
    run_checkpoint_keep (r, o, c);
}

static void
begin (struct run *r, struct object *o, unsigned sink)
{
  struct sink_job j = { .kind = SINK_BEGIN, .obj = o->ord, .object = &o->as_plugin };
  sinkthread_put (r->sinks[sink].thread, &j);
}

static void
put_commit (struct run *r, const struct commit_action *a)
{
  struct object *o = run_object (r, a->obj);
  struct sink_job j = { .kind = SINK_COMMIT, .obj = a->obj, .seq = a->seq };
  struct err e;

  if (o->worst == PEN_SEV_HALT) /* the next run has to see again what halts */
    {
      commit_on_committed (r->commit, a->obj, a->seq, a->sink);
      return;
    }
  j.checkpoint = run_checkpoint_get (o, a->seq);
  /* what was found in these chunks must not be forgotten once the sink has them */
  if (r->journal && journal_flush (r->journal, &e) == -1)
    {
      run_fail (r, RUN_FAILED, "%s", e.text);
      return;
    }
  sinkthread_put (r->sinks[a->sink].thread, &j);
}

static void
verdict (struct run *r, struct object *o)
{
  struct err e;

  if (!run_object_unchanged (o, &e))
    {
      run_object_why (o, "%s", e.text);
      commit_on_object_failed (r->commit, o->ord);
      return;
    }
  if (!o->key[0] && r->journal)
    {
      o->wait_verdict = 1;
      ask_hash (r, o);
      return;
    }
  run_verdict (r, o);
}

/* Intents are noted already, see run_verdict(): those of a batch become durable at once. */
static void
record_intent (struct run *r, const struct commit_action *a)
{
  struct err e;

  r->recording[r->n_recording++] = a->obj;
  if (a->more)
    return;
  if (r->journal && journal_flush (r->journal, &e) == -1)
    {
      run_journal_lost (r, &e);
      return;
    }
  run_acks_send (r); /* the journal is durable now */
  for (size_t i = 0; i < r->n_recording; i++)
    commit_on_recorded (r->commit, r->recording[i], COMMIT_INTENT);
  r->n_recording = 0;
}

static void
record (struct run *r, struct object *o, enum commit_what what)
{
  struct journal_counts counts = run_counts (o);
  const char *why = o->why[0] ? o->why : what == COMMIT_REFUSED && o->death[0] ? o->death : NULL;
  struct err e;
  int rc = 0;

  if (what == COMMIT_COMMITTED || what == COMMIT_REFUSED)
    {
      r->result->records += counts.records;
      r->result->rejected += counts.rejected;
      r->result->filtered += counts.filtered;
      r->result->warnings += o->n_warnings;
      if (counts.rejected && r->result->status < RUN_REJECTED)
        r->result->status = RUN_REJECTED;
    }
  if (what == COMMIT_COMMITTED)
    run_totals (r, o);
  if (r->journal && what == COMMIT_COMMITTED && o->accepted && !why)
    rc = journal_committed (r->journal, o->row, o->key[0] ? o->key : NULL, &e);
  else if (r->journal)
    rc = journal_record (r->journal, o->row, what, o->key[0] ? o->key : NULL, &counts, why, &e);
  if (rc == -1)
    run_journal_lost (r, &e);
  else
    commit_on_recorded (r->commit, o->ord, what);
}

static void
seal (struct run *r, struct object *o, unsigned sink)
{
  struct sink_job j = { .kind = SINK_SEAL, .obj = o->ord, .object = &o->as_plugin };

  o->sealed[sink] = 1;
  sinkthread_put (r->sinks[sink].thread, &j);
}

/* All of a batch that one sink lacks goes there as one job. */
static void
publish (struct run *r, struct object *o, const struct commit_action *a)
{
  struct batch *b = &r->publishing;
  struct sink_job j = { .kind = SINK_PUBLISH };

  b->v = xrealloc (b->v, (b->n + 1) * sizeof *b->v);
  b->v[b->n++] = (struct sink_publish){ .obj = o->ord, .object = &o->as_plugin, .status = PEN_RETRY };
  if (a->more)
    return;
  j.obj = b->v[0].obj;
  j.batch = b->v;
  j.n_batch = b->n;
  *b = (struct batch){ NULL, 0 };
  sinkthread_put (r->sinks[a->sink].thread, &j);
}

static void
finish (struct run *r, struct object *o, const struct commit_action *a)
{
  struct sink_job j = {
    .kind = SINK_FINISH, .obj = o->ord, .object = &o->as_plugin, .accepted = a->what, .refused = a->refused
  };

  if (o->sealed[a->sink] && a->what)
    {
      publish (r, o, a);
      return;
    }
  if (o->sealed[a->sink])
    j.kind = SINK_DISCARD;
  sinkthread_put (r->sinks[a->sink].thread, &j);
}

static void
acknowledge (struct run *r, struct object *o, int accepted)
{
  if (o->encoded) /* the source hears of all that was in it at once */
    commit_on_acked (r->commit, o->ord, 1);
  else if (o->growing) /* refused early: the source is told once it has closed it */
    {
      o->ack_waits = 1;
      o->ack_accepted = accepted;
      if (r->feed)
        feed_drop (r->feed, o->handle);
    }
  else
    {
      run_ack_put (r, o, accepted);
      commit_on_acked (r->commit, o->ord, 1); /* the core is through with it; we are not */
    }
}

void
run_perform (struct run *r, const struct commit_action *a)
{
  struct object *o = run_object (r, a->obj);

  switch (a->kind)
    {
    case ACT_HASH:
      ask_hash (r, o);
      break;
    case ACT_CUT:
      cut (r, o, a);
      break;
    case ACT_RECUT:
      recut (r, o, a);
      break;
    case ACT_BEGIN:
      begin (r, o, a->sink);
      break;
    case ACT_REPLAY:
      replay (r, o, a);
      break;
    case ACT_WRITE:
    case ACT_WRITE_PART:
      put_write (r, a);
      break;
    case ACT_PART_DONE:
      part_done (r, a);
      break;
    case ACT_RELEASE:
      release (r, a);
      break;
    case ACT_COMMIT:
      put_commit (r, a);
      break;
    case ACT_QUARANTINE:
      quarantine (r, a);
      break;
    case ACT_VERDICT:
      verdict (r, o);
      break;
    case ACT_SEAL:
      seal (r, o, a->sink);
      break;
    case ACT_RECORD:
      if (a->what == COMMIT_INTENT)
        record_intent (r, a);
      else
        record (r, o, (enum commit_what)a->what);
      break;
    case ACT_FINISH:
      finish (r, o, a);
      break;
    case ACT_ACK:
      acknowledge (r, o, a->what);
      break;
    case ACT_CLOSE:
      run_object_close (r, o, a->what);
      break;
    case ACT_STOPPED:
      r->stopped = 1;
      break;
    }
}
