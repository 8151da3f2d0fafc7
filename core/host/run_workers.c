/* SPDX-License-Identifier: Apache-2.0 */
/* run_workers.c - what workers say becomes events of the commit core; dead ones are replaced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host/run_int.h"

#define STARTS_MAX 8 /* workers in a row that die before they are ready */

static void
give_back (const struct piece *v, size_t n)
{
  for (size_t i = 0; i < n; i++)
    seat_give_back (v[i].slot);
}

/* ---- ready ---- */

static int
announce_tables (struct run *r, struct err *e)
{
  const struct schema *s = r->schema;

  if (r->probe)
    return 0;
  for (size_t i = 0; i < r->o->n_sinks; i++)
    {
      for (unsigned t = 0; t < s->n_tables; t++)
        {
          const struct schema_head *h = &s->streams[i].heads[t];
          if (h->wanted
              && sinkthread_table (r->sinks[i].thread, t, s->tables[t].name, &s->tables[t].arrow,
                                   s->streams[i].single ? 0 : t, (struct pen_span){ h->bytes, h->n }, e)
                     == -1)
            return -1;
        }
      if (sinkthread_start (r->sinks[i].thread, e) == -1)
        return -1;
    }
  return 0;
}

static void
on_ready (void *ctx, struct seat *s, const uint8_t *answer, size_t n)
{
  struct run *r = ctx;
  uint8_t *copy; /* private: what is checked cannot change any more */
  struct err e;

  r->starts_failed = 0;
  if (!s->is_cutter && !r->schema)
    {
      copy = xmalloc (n);
      memcpy (copy, answer, n);
      r->schema = schema_read (copy, n, &e);
      free (copy);
      if (!r->schema || announce_tables (r, &e) == -1)
        {
          run_fail (r, r->schema ? RUN_FAILED : RUN_CONFIG, "%s", e.text);
          run_pump (r);
          return;
        }
      r->seat_opts.n_tables = (unsigned)r->schema->n_tables;
      if (r->probe)
        run_finish_loop (r);
      else if (!r->stopping && !r->draining && run_feed_start (r, &e) == -1)
        run_fail (r, RUN_FAILED, "%s", e.text);
    }
  run_pump (r);
}

/* ---- the cutter ---- */

static int
is_same_carry (const struct carry *a, const void *p, size_t n)
{
  return a->n == n && (n == 0 || memcmp (a->p, p, n) == 0);
}

/* The carry that the parse before chunk c has ended with, or NULL: it is not parsed yet, or never will be. */
static const struct carry *
end_before (const struct object *o, const struct chunk *c)
{
  for (size_t i = 0; i < o->n_chunks; i++)
    if (o->chunks[i]->seq + 1 == c->seq)
      return o->chunks[i]->parsed ? &o->chunks[i]->end : NULL;
  return c->seq && o->released_parsed && o->released_offset == c->offset ? &o->last_end : NULL;
}

static void
cut_again (struct run *r, struct object *o, const struct chunk *c)
{
  run_log (r, PEN_LOG_WARN, "%s: offset %llu: the cut and the parse disagree on the context; cut again from here",
           o->name, (unsigned long long)c->offset);
  commit_on_seam (r->commit, o->ord, c->gen, c->seq);
}

/* Takes the input over, unless it is of no use: then *input stays. */
static void
add_chunk (struct run *r, struct seat *s, const struct wire_head *h, const uint8_t *carry, unsigned *input)
{
  struct object *o = run_object_wire (r, h->obj);
  uint32_t first = wire_chunk_carry (h->c);
  const struct carry *end;
  struct chunk *c;

  if (!o || !o->cutting || o->gen != h->gen || !commit_is_cutting (r->commit, o->ord, h->gen))
    return;
  if (!commit_is_cut_next (r->commit, o->ord, h->gen, h->seq) || !commit_cut_credits (r->commit, o->ord, h->gen))
    {
      seat_kill (s, "sent a malformed message (a chunk out of turn)");
      return;
    }
  if (o->growing && (h->c & PEN_CHUNK_LAST))
    {
      seat_kill (s, "sent a malformed message (the end of an object that still grows)");
      return;
    }
  if (h->a != o->next_offset || h->a > o->length || h->b > o->length - h->a || h->b > LIMIT_CHUNK_MAX * 16)
    {
      seat_kill (s, "sent a malformed message (a chunk that does not follow the one before)");
      return;
    }
  if (!h->b && !(h->c & PEN_CHUNK_LAST))
    {
      seat_kill (s, "sent a malformed message (a chunk of no bytes)");
      return;
    }
  if (!is_same_carry (&o->cut_carry, carry, first))
    {
      seat_kill (s, "sent a malformed message (a chunk that begins with another carry than the one before ended with)");
      return;
    }
  if (!commit_on_cut (r->commit, o->ord, h->gen, h->seq))
    return;
  c = run_chunk_add (o, h->seq);
  c->gen = h->gen;
  c->offset = h->a;
  c->len = h->b;
  c->flags = wire_chunk_flags (h->c);
  c->input = *input;
  *input = 0;
  run_carry_set (&c->start, carry, first);
  run_carry_set (&c->after, carry + first, h->len - first);
  run_carry_set (&o->cut_carry, carry + first, h->len - first);
  o->next_offset = h->a + h->b;
  end = end_before (o, c);
  if (end && !is_same_carry (end, c->start.p, c->start.n))
    cut_again (r, o, c);
}

static void
on_chunk (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *carry)
{
  struct run *r = ctx;
  unsigned input = wire_chunk_input (h->c);

  if (input && (!r->inputs || inputs_fill (r->inputs, input - 1, h->b) == -1))
    {
      seat_kill (s, "sent a malformed message (an input that it was not lent)");
      return;
    }
  add_chunk (r, s, h, carry, &input);
  run_input_done (r, &input);
  run_pump (r);
}

static void
on_cut_end (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *digest)
{
  struct run *r = ctx;
  struct object *o = run_object_wire (r, h->obj);

  if (!o || !o->cutting || o->gen != h->gen || !commit_is_cutting (r->commit, o->ord, h->gen))
    return;
  if (o->growing)
    {
      seat_kill (s, "sent a malformed message (the end of an object that still grows)");
      return;
    }
  if (o->next_offset == o->length && !commit_is_cut_next (r->commit, o->ord, h->gen, h->a))
    {
      seat_kill (s, "sent a malformed message (another number of chunks than it has cut)");
      return;
    }
  o->cutting = 0;
  if (digest && !o->key[0])
    run_set_key (r, o, digest);
  if (o->next_offset != o->length)
    {
      run_object_why (o, "the cut ended at byte %llu of %llu", (unsigned long long)o->next_offset,
                      (unsigned long long)o->length);
      commit_on_cut_failed (r->commit, o->ord, h->gen);
    }
  else
    commit_on_cut_end (r->commit, o->ord, h->gen, h->a);
  run_pump (r);
}

static void
on_hashed (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *digest)
{
  struct run *r = ctx;
  struct object *o = run_object_wire (r, h->obj);

  (void)s;
  if (!o || !o->asked_hash || !digest)
    return;
  o->asked_hash = 0;
  run_set_key (r, o, digest);
  if (o->wait_verdict)
    {
      o->wait_verdict = 0;
      run_verdict (r, o);
    }
  else
    commit_on_hashed (r->commit, o->ord, run_duplicate_word (r, o, 1));
  run_pump (r);
}

/* ---- the parsers ---- */

static void
not_deterministic (struct object *o, const struct chunk *c)
{
  run_object_why (o, "chunk %llu was parsed twice and came out differently: the parser is not deterministic",
                  (unsigned long long)c->seq);
}

/* A retry after a part was delivered: its first pieces are the delivered ones again and must be the same bytes. */
static int
skip_delivered (struct object *o, struct chunk *c, struct piece *p)
{
  if (!c->skip)
    return 0;
  if (!c->skip_hash)
    {
      c->skip_hash = XXH3_createState ();
      XXH3_64bits_reset (c->skip_hash);
    }
  run_piece_hash (c->skip_hash, p);
  p->kind = 0; /* nobody's: only its slot is given back */
  if (--c->skip == 0 && XXH3_64bits_digest (c->skip_hash) != XXH3_64bits_digest (c->delivered_hash))
    {
      not_deterministic (o, c);
      return -1;
    }
  return 0;
}

static int
add_pieces (struct object *o, struct chunk *c, const struct piece *v, size_t n)
{
  int rc = 0;

  c->pieces = xrealloc (c->pieces, (c->n_pieces + n) * sizeof *c->pieces);
  for (size_t i = 0; i < n; i++)
    {
      c->pieces[c->n_pieces++] = v[i];
      if (skip_delivered (o, c, &c->pieces[c->n_pieces - 1]) == -1)
        rc = -1;
    }
  return rc;
}

static void
on_part (void *ctx, struct seat *s, const struct piece *v, size_t n, int starved)
{
  struct run *r = ctx;
  struct object *o = run_object (r, s->obj);
  struct chunk *c = o ? run_chunk (o, s->seq, s->gen) : NULL;

  if (!c) /* void: nobody wants it, but the worker has to get through */
    {
      give_back (v, n);
      if (starved)
        seat_lend_reserved (s);
      return;
    }
  if (run_narrow_is_trial (c))
    {
      give_back (v, n);
      if (starved)
        seat_lend_reserved (s);
      return;
    }
  if (add_pieces (o, c, v, n) == -1)
    commit_on_refused (r->commit, o->ord);
  else if (starved && c->starved)
    c->again = 1;
  else if (starved)
    {
      c->starved = s;
      commit_on_part (r->commit, o->ord, c->gen, c->seq);
    }
  run_pump (r);
}

static void
on_piece (void *ctx, struct seat *s, uint64_t n, const uint8_t *carry, size_t carry_len)
{
  struct object *o = run_object (ctx, s->obj);
  struct chunk *c = o ? run_chunk (o, s->seq, s->gen) : NULL;

  if (c)
    run_narrow_piece (c, n, carry, carry_len);
}

static void
on_parsed (void *ctx, struct seat *s, const uint8_t *carry, size_t carry_len, const struct piece *v, size_t n)
{
  struct run *r = ctx;
  struct object *o = run_object (r, s->obj);
  struct chunk *c = o ? run_chunk (o, s->seq, s->gen) : NULL, *next = NULL;

  run_input_done (r, &s->input);
  if (!c || run_narrow_is_trial (c))
    {
      give_back (v, n);
      if (c)
        run_narrow_parsed (c, carry, carry_len);
      run_pump (r);
      return;
    }
  if (add_pieces (o, c, v, n) == -1 || c->skip)
    {
      not_deterministic (o, c); /* also where less comes out than was delivered */
      commit_on_refused (r->commit, o->ord);
      run_pump (r);
      return;
    }
  c->parsed = 1;
  run_carry_set (&c->end, carry, (uint32_t)carry_len);
  for (size_t i = 0; i < o->n_chunks; i++)
    if (o->chunks[i]->seq == c->seq + 1)
      next = o->chunks[i];
  if (next && !is_same_carry (&next->start, carry, carry_len))
    cut_again (r, o, next);
  if (c->starved)
    c->done_early = 1;
  else
    commit_on_parsed (r->commit, o->ord, c->gen, c->seq);
  run_pump (r);
}

static void
on_failed (void *ctx, struct seat *s, const struct wire_head *h, const char *text)
{
  struct run *r = ctx;
  struct object *o;

  run_input_done (r, &s->input);
  if (s->state == SEAT_STARTING)
    {
      if (!r->stopping) /* every worker says the same */
        run_fail (r, RUN_CONFIG, "%s%s%s", r->o->where ? r->o->where : "", r->o->where ? ": " : "", text);
      run_pump (r);
      return;
    }
  if (!s->is_cutter && h->a != 1)
    seat_retire (s); /* what its plugin has left behind must not meet the next object */
  o = run_object_wire (r, h->obj);
  if (!o)
    {
      run_pump (r);
      return;
    }
  run_object_why (o, "%s", text);
  if (h->a == 1) /* it shrank, or cannot be read */
    {
      o->broken = 1;
      commit_on_object_failed (r->commit, o->ord);
    }
  else if (s->is_cutter && o->cutting)
    {
      o->cutting = 0;
      commit_on_cut_failed (r->commit, o->ord, o->gen);
    }
  else
    commit_on_refused (r->commit, o->ord);
  run_pump (r);
}

/* ---- death ---- */

static void
after_cutter (struct run *r, const char *why)
{
  struct seat *cutter = run_cutter (r);

  for (size_t i = 0; i < r->n_objects; i++)
    {
      struct object *o = r->objects[i];
      struct wire_head h = { .type = WIRE_HASH, .obj = (uint32_t)o->ord };
      if (o->asked_hash && cutter->state != SEAT_EMPTY)
        {
          run_lend (cutter, o);
          seat_send (cutter, &h, NULL, -1);
        }
      if (o->cutting)
        {
          o->cutting = 0;
          run_object_why (o, "offset %llu: a worker that looked for the chunks' ends died: %s",
                          (unsigned long long)o->next_offset, why);
          commit_on_cut_crashed (r->commit, o->ord, o->gen);
        }
    }
}

/* What it has made so far is void; a retry makes it anew. */
static void
forget_output (struct chunk *c)
{
  give_back (c->pieces, c->n_pieces);
  c->n_pieces = c->replayed = 0;
  c->starved = NULL;
  c->again = 0;
  c->skip = c->delivered;
  if (c->skip_hash)
    XXH3_64bits_reset (c->skip_hash);
}

/* Once more in a fresh worker; then record by record, unless its parser has tried to break out, which costs the object. */
static void
after_parser (struct run *r, struct object *o, struct chunk *c, int broke_rules, const char *why)
{
  int again;

  run_log (r, run_narrow_is_trial (c) ? PEN_LOG_DEBUG : PEN_LOG_ERROR,
           "%s: offset %llu: the worker of this chunk (%s) died: %s", o->name, (unsigned long long)c->offset,
           r->o->parser.options->owner, why);
  forget_output (c);
  snprintf (o->death, sizeof o->death, "%s", why);
  if (broke_rules)
    again = 0;
  else if (c->narrow)
    again = run_narrow_died (o, c, why);
  else
    again = ++c->deaths > 1 && run_narrow_begin (r, o, c);
  if (!again && c->narrow)
    {
      run_narrow_free (c->narrow);
      c->narrow = NULL;
    }
  if (again)
    commit_on_again (r->commit, o->ord, c->gen, c->seq);
  else
    commit_on_crashed (r->commit, o->ord, c->gen, c->seq);
}

static void
on_died (void *ctx, struct seat *s, enum seat_state was, const char *why)
{
  struct run *r = ctx;
  struct object *o = was == SEAT_BUSY && !s->is_cutter ? run_object (r, s->obj) : NULL;
  struct chunk *c = o ? run_chunk (o, s->seq, s->gen) : NULL;
  int broke_rules = s->broke_rules;
  struct err e;

  run_input_done (r, &s->input);
  if (s->is_cutter && r->inputs)
    inputs_recall (r->inputs);
  if (r->ended)
    return;
  r->result->worker_deaths += !s->retired;
  if (s->retired)
    run_log (r, PEN_LOG_DEBUG, "worker %u: replaced by a fresh one", s->index);
  else if (was == SEAT_STARTING && ++r->starts_failed >= STARTS_MAX)
    run_fail (r, RUN_FAILED, "workers cannot start: %s; `penstock check` tries one and says more", why);
  else if (was == SEAT_STARTING || was == SEAT_IDLE)
    run_log (r, s->process.exit_signal || s->process.exit_status ? PEN_LOG_WARN : PEN_LOG_DEBUG, "worker %u ended: %s",
             s->index, why);
  if (!r->stopped && r->result->status < RUN_FAILED && seat_start (s, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  if (s->is_cutter)
    after_cutter (r, why);
  else if (c)
    after_parser (r, o, c, broke_rules, why);
  run_pump (r);
}

static void
on_log (void *ctx, int level, const char *text)
{
  struct run *r = ctx;
  run_log (r, level, "%s", text);
}

void
run_seat_calls (struct run *r)
{
  r->seat_calls = (struct seat_calls){ r,         on_ready, on_chunk,  on_cut_end, on_hashed, on_part,
                                       on_parsed, on_piece, on_failed, on_died,    on_log };
}
