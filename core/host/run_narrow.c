/* SPDX-License-Identifier: Apache-2.0 */
/* run_narrow.c - a chunk that has killed two workers is narrowed down to the records that do; the rest of it is parsed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host/run_int.h"

#define PIECES 256 /* a chunk is tried in about so many pieces; one that kills is tried record by record */
#define DEATHS 2   /* of a single record, before it is left out */

struct hole
{
  uint64_t offset, len;
  struct carry before, after;
  char why[256];
};

/* Trials go from the chunk's start to its end, each with the carry that the one before has ended with; what they make is thrown
 * away. Then the whole chunk is parsed once more, around the holes that were found. */
struct narrow
{
  int waiting; /* for a worker */
  int is_last; /* the trials are over */
  uint64_t at;
  struct carry carry;   /* there */
  uint64_t single_till; /* up to here record by record */
  uint64_t piece;       /* bytes that are on trial; 0: the worker has not told yet */
  struct carry after;   /* the piece, as cut() has it */
  unsigned deaths;      /* of the single record that is on trial */
  struct hole holes[LIMIT_HOLES];
  size_t n_holes;
};

void
run_narrow_free (struct narrow *n)
{
  if (!n)
    return;
  for (size_t i = 0; i < n->n_holes; i++)
    {
      free (n->holes[i].before.p);
      free (n->holes[i].after.p);
    }
  free (n->carry.p);
  free (n->after.p);
  free (n);
}

int
run_narrow_is_trial (const struct chunk *c)
{
  return c->narrow && !c->narrow->is_last;
}

/* Parts that sinks have already are no hindrance: they come from before the fatal record, and so come out again. */
int
run_narrow_begin (struct run *r, struct object *o, struct chunk *c)
{
  if (c->narrow || !c->len)
    return 0;
  run_log (r, PEN_LOG_WARN, "%s: offset %llu: %llu bytes have killed two workers; looking for the record that does",
           o->name, (unsigned long long)c->offset, (unsigned long long)c->len);
  c->narrow = xcalloc (1, sizeof *c->narrow);
  c->narrow->at = c->offset;
  run_carry_set (&c->narrow->carry, c->start.p, c->start.n);
  c->narrow->waiting = 1;
  return 1;
}

struct chunk *
run_narrow_waiting (struct run *r, struct object **o)
{
  for (size_t i = 0; i < r->n_objects; i++)
    for (size_t k = 0; k < r->objects[i]->n_chunks; k++)
      {
        struct chunk *c = r->objects[i]->chunks[k];
        *o = r->objects[i];
        if (c->narrow && c->narrow->waiting)
          return c;
      }
  return NULL;
}

static uint64_t
chunk_end (const struct chunk *c)
{
  return c->offset + c->len;
}

static uint32_t
pack_holes (const struct narrow *n, uint8_t *to)
{
  uint32_t len = 0;

  for (size_t i = 0; i < n->n_holes; i++)
    {
      const struct hole *h = &n->holes[i];
      struct wire_hole w = { h->offset, h->len, h->after.n, 0 };
      memcpy (to + len, &w, sizeof w);
      memcpy (to + len + sizeof w, h->after.p, h->after.n);
      len += (uint32_t)sizeof w + h->after.n;
    }
  return len;
}

void
run_narrow_give (struct seat *s, struct object *o, struct chunk *c)
{
  struct narrow *n = c->narrow;
  uint8_t holes[WIRE_PAYLOAD_MAX];
  struct seat_job j = { .obj = o->ord, .gen = c->gen, .seq = c->seq, .flags = c->flags };

  n->waiting = 0;
  if (n->is_last)
    {
      j.offset = c->offset;
      j.len = c->len;
      j.carry = c->start.p;
      j.carry_len = c->start.n;
      j.holes = holes;
      j.holes_len = pack_holes (n, holes);
    }
  else
    {
      j.offset = n->at;
      j.len = chunk_end (c) - n->at;
      j.window = n->at < n->single_till || c->len < 2 * PIECES ? 1 : (uint32_t)(c->len / PIECES);
      if (n->at != c->offset)
        j.flags &= ~(uint32_t)PEN_CHUNK_FIRST;
      j.carry = n->carry.p;
      j.carry_len = n->carry.n;
    }
  run_lend (s, o);
  seat_parse (s, &j);
}

void
run_narrow_piece (struct chunk *c, uint64_t n, const uint8_t *carry, size_t carry_len)
{
  struct narrow *w = c->narrow;

  if (!run_narrow_is_trial (c))
    return;
  w->piece = n;
  if (w->at + n == chunk_end (c))
    run_carry_set (&w->after, c->after.p, c->after.n);
  else
    run_carry_set (&w->after, carry, (uint32_t)carry_len);
}

static void
go_on (struct chunk *c, const struct carry *carry)
{
  struct narrow *n = c->narrow;

  n->at += n->piece;
  run_carry_set (&n->carry, carry->p, carry->n);
  n->piece = 0;
  n->deaths = 0;
  n->is_last = n->at == chunk_end (c);
  n->waiting = 1;
}

void
run_narrow_parsed (struct chunk *c, const uint8_t *carry, size_t carry_len)
{
  struct carry end = { (uint8_t *)(uintptr_t)carry, (uint32_t)carry_len };

  if (!c->narrow->piece) /* it has not told what it would do: told here, as everything else that it did */
    c->narrow->piece = chunk_end (c) - c->narrow->at;
  go_on (c, &end);
}

/* The record on trial is left out. A whole object that kills is no record of it, and a chunk that is full of them is given up. */
static int
leave_out (struct object *o, struct chunk *c, const char *why)
{
  struct narrow *n = c->narrow;
  size_t bytes = c->start.n + n->after.n + (n->n_holes + 1) * sizeof (struct wire_hole);
  struct hole *h;

  for (size_t i = 0; i < n->n_holes; i++)
    bytes += n->holes[i].after.n;
  if (n->n_holes == LIMIT_HOLES || bytes > WIRE_PAYLOAD_MAX || n->piece == o->length)
    return 0;
  h = &n->holes[n->n_holes++];
  h->offset = n->at;
  h->len = n->piece;
  run_carry_set (&h->before, n->carry.p, n->carry.n);
  run_carry_set (&h->after, n->after.p, n->after.n);
  snprintf (h->why, sizeof h->why, "%s", why);
  go_on (c, &h->after);
  return 1;
}

int
run_narrow_died (struct object *o, struct chunk *c, const char *why)
{
  struct narrow *n = c->narrow;

  if (n->is_last || !n->piece) /* not the parse of any record, then */
    return 0;
  if (n->at < n->single_till || c->len < 2 * PIECES)
    {
      if (++n->deaths == DEATHS)
        return leave_out (o, c, why);
    }
  else
    n->single_till = n->at + n->piece;
  n->piece = 0;
  n->waiting = 1;
  return 1;
}

static void
report (struct run *r, struct object *o, const struct chunk *c, const struct hole *h)
{
  char text[400];

  snprintf (text, sizeof text, "this record of %llu bytes kills the worker that parses it: %s",
            (unsigned long long)h->len, h->why);
  run_fatal (r, o, c->seq, h->offset, h->len, &h->before, PEN_SEV_RECORD, text);
  o->tally[0].read++;
  o->tally[0].rejected++;
}

void
run_narrow_report (struct run *r, struct object *o, const struct chunk *c)
{
  if (!c->narrow)
    return;
  for (size_t i = 0; i < c->narrow->n_holes; i++)
    report (r, o, c, &c->narrow->holes[i]);
}
