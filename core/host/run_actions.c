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
  if (r->journal && journal_clean (r->journal, o->row, a->seq, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
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
  commit_on_verdict (r->commit, o->ord, run_verdict (r, o));
}

static void
record (struct run *r, struct object *o, enum commit_what what)
{
  struct journal_counts counts = { .findings = o->n_findings };
  const char *why = o->why[0] ? o->why : what == COMMIT_REFUSED && o->death[0] ? o->death : NULL;
  struct err e;

  for (size_t t = 0; t < LIMIT_TABLES; t++)
    {
      counts.records += o->tally[t].read;
      counts.rejected += o->tally[t].rejected;
      counts.filtered += o->tally[t].filtered;
    }
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
  if (r->journal && journal_record (r->journal, o->row, what, o->key[0] ? o->key : NULL, &counts, why, &e) == -1)
    {
      run_fail (r, RUN_FAILED, "%s", e.text);
      run_give_up (r); /* nothing that follows may happen without the record */
      return;
    }
  if (what == COMMIT_INTENT)
    run_acks_send (r); /* the journal is durable now */
  commit_on_recorded (r->commit, o->ord, what);
}

static void
finish (struct run *r, struct object *o, const struct commit_action *a)
{
  struct sink_job j = {
    .kind = SINK_FINISH, .obj = o->ord, .object = &o->as_plugin, .accepted = a->what, .refused = a->refused
  };
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
    case ACT_RECORD:
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

/* ---- answers of sinks ---- */

/* Nothing lost on the way: the sink's own count against what it was sent. */
static int
tally_is_right (struct run *r, const struct object *o, const struct sink_job *j, unsigned sink)
{
  if (j->tally.bytes == o->sent_bytes[sink] && (j->tally.rows == UINT64_MAX || j->tally.rows == o->sent_rows[sink]))
    return 1;
  run_fail (r, RUN_FAILED, "%s: sink \"%s\" was sent %llu rows in %llu bytes and has taken %llu in %llu", o->name,
            r->o->sinks[sink].name, (unsigned long long)o->sent_rows[sink], (unsigned long long)o->sent_bytes[sink],
            (unsigned long long)j->tally.rows, (unsigned long long)j->tally.bytes);
  return 0;
}

static void
keep_resume (struct object *o, unsigned sink, const struct sink_job *j)
{
  o->resume[sink].n = 0;
  blob_raw (&o->resume[sink], j->stored, j->n_stored);
  o->resume_seq[sink] = j->next_seq;
}

void
run_sink_done (void *ctx, unsigned sink, const struct sink_job *j)
{
  struct run *r = ctx;
  struct object *o = run_object (r, j->obj);

  if (r->ended)
    return;
  if (!o || r->sinks[sink].failed)
    return;
  if (j->status != PEN_OK && !(j->kind == SINK_FINISH && j->status == PEN_EOF))
    {
      r->sinks[sink].failed = 1;
      run_object_why (o, "sink \"%s\": %s", r->o->sinks[sink].name, j->text);
      run_fail (r, RUN_FAILED, "%s: sink \"%s\": %s", o->name, r->o->sinks[sink].name, j->text);
      commit_on_sink_failed (r->commit, sink);
      run_pump (r);
      return;
    }
  switch (j->kind)
    {
    case SINK_BEGIN:
      keep_resume (o, sink, j);
      commit_on_begun (r->commit, o->ord, sink, j->next_seq);
      break;
    case SINK_WRITE:
      commit_on_wrote (r->commit, o->ord, j->seq, sink);
      break;
    case SINK_PART:
      commit_on_part_wrote (r->commit, o->ord, j->seq, sink);
      break;
    case SINK_COMMIT:
      commit_on_committed (r->commit, o->ord, j->seq, sink);
      break;
    case SINK_FINISH:
      if (j->status == PEN_OK && j->accepted && o->resume_seq[sink] == 0)
        tally_is_right (r, o, j, sink);
      commit_on_finished (r->commit, o->ord, sink, j->status == PEN_EOF);
      break;
    }
  run_pump (r);
}
