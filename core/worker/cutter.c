/* SPDX-License-Identifier: Apache-2.0 */
/* cutter.c - one sequential pass over an object: fingerprint, record-safe chunks and the context that each needs. */
#include "core/worker/cutter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/worker/fingerprint.h"
#include "core/worker/framing.h"

#define HASH_STEP (1 * MIB)

struct job
{
  uint32_t obj, gen;
  int hash_only, hash;
  uint64_t seq, read_to; /* next chunk; bytes of the object that were read */
  uint64_t offset;       /* of buf[0] */
  uint64_t chunk_size;
  uint64_t limit; /* the longest window in which a record must end; penstock check counts with it */
  struct pen_carry carry;
  size_t n;        /* bytes in buf */
  uint64_t credit; /* further chunks that may be cut */
};

struct cutter
{
  struct link *link;
  const struct pen_parser *parser;
  void *self;
  const char *(*why) (void);
  struct job *jobs; /* by object; the lowest is worked on */
  size_t n_jobs;
  int loaded; /* buf belongs to jobs[0] */
  struct fingerprint *fingerprint;
  uint8_t *buf; /* `own`, or an input that the next chunk's worker will read from */
  uint8_t *own;
  size_t own_cap;
  uint16_t *unused; /* inputs that may be filled; the one that buf is in is not among them */
  size_t n_unused;
  unsigned input; /* that buf is in: 1 + number; 0: own */
};

struct cutter *
cutter_create (struct link *l, const struct pen_parser *parser, void *parser_self, const char *(*why) (void))
{
  struct cutter *c = xcalloc (1, sizeof *c);
  c->link = l;
  c->parser = parser;
  c->self = parser_self;
  c->why = why;
  c->fingerprint = fingerprint_create ();
  c->unused = xcalloc (l->n_inputs ? l->n_inputs : 1, sizeof *c->unused);
  return c;
}

static struct job *
job_for (struct cutter *c, uint32_t obj)
{
  size_t i;

  for (i = 0; i < c->n_jobs && c->jobs[i].obj <= obj; i++)
    if (c->jobs[i].obj == obj)
      return &c->jobs[i];
  c->jobs = xrealloc (c->jobs, (c->n_jobs + 1) * sizeof *c->jobs);
  memmove (c->jobs + i + 1, c->jobs + i, (c->n_jobs - i) * sizeof *c->jobs);
  c->n_jobs++;
  return &c->jobs[i];
}

static void
drop_first (struct cutter *c)
{
  memmove (c->jobs, c->jobs + 1, --c->n_jobs * sizeof *c->jobs);
  c->loaded = 0;
}

static void
take_inputs (struct cutter *c, const struct wire_msg *m)
{
  uint16_t which;

  for (size_t at = 0; at + sizeof which <= m->h.len; at += sizeof which)
    {
      memcpy (&which, m->payload + at, sizeof which);
      if (which < c->link->n_inputs && c->n_unused < c->link->n_inputs)
        c->unused[c->n_unused++] = which;
    }
}

void
cutter_message (struct cutter *c, const struct wire_msg *m)
{
  const struct wire_head *h = &m->h;
  struct job *j;

  if (h->type == WIRE_MORE)
    {
      take_inputs (c, m);
      for (size_t i = 0; i < c->n_jobs; i++)
        if (c->jobs[i].obj == h->obj && c->jobs[i].gen == h->gen)
          c->jobs[i].credit += h->a;
      return;
    }
  j = job_for (c, h->obj);
  memset (j, 0, sizeof *j);
  j->obj = h->obj;
  j->gen = h->gen;
  c->loaded = 0;
  if (h->type == WIRE_HASH)
    {
      j->hash_only = j->hash = 1;
      return;
    }
  j->seq = h->seq;
  j->offset = j->read_to = h->a;
  j->chunk_size = h->b;
  j->limit = h->c >> 1 > h->b ? h->c >> 1 : h->b;
  j->hash = (h->c & 1) && h->a == 0;
  j->carry.len = h->len <= PEN_CARRY_MAX ? h->len : 0;
  memcpy (j->carry.b, m->payload, j->carry.len);
}

static void
fail (struct cutter *c, struct job *j, enum link_fail code, const char *text)
{
  link_fail (c->link, j->obj, j->seq, code, text);
  drop_first (c);
}

/* The next chunk is to lie where its worker can read it, if there is such a place. */
static void
enter_input (struct cutter *c, const struct job *j)
{
  struct link *l = c->link;

  if (c->input || !c->n_unused || j->n > j->chunk_size || j->chunk_size + LIMIT_INPUT_SLACK > l->input_stride)
    return;
  c->input = 1u + c->unused[--c->n_unused];
  c->buf = l->inputs + (c->input - 1) * l->input_stride;
  if (j->n)
    memcpy (c->buf, c->own, j->n);
}

static void
need_own (struct cutter *c, size_t n)
{
  if (c->own_cap < n)
    {
      c->own = xrealloc (c->own, n);
      c->own_cap = n;
    }
  if (!c->input)
    c->buf = c->own;
}

/* A window that no input can hold goes back into our own memory. */
static void
need_buffer (struct cutter *c, const struct job *j, size_t n)
{
  if (c->input && n + LIMIT_INPUT_SLACK <= c->link->input_stride)
    return;
  need_own (c, n);
  if (!c->input)
    return;
  memcpy (c->own, c->buf, j->n);
  c->buf = c->own;
  c->unused[c->n_unused++] = (uint16_t)(c->input - 1);
  c->input = 0;
}

/* The first n bytes of buf are a chunk's; those behind it begin the next one. */
static void
leave_chunk (struct cutter *c, struct job *j, size_t n)
{
  j->n -= n;
  if (c->input)
    {
      need_own (c, j->n);
      if (j->n)
        memcpy (c->own, c->buf + n, j->n);
      c->buf = c->own;
      c->input = 0;
    }
  else if (j->n) /* an empty object has no buffer */
    memmove (c->buf, c->buf + n, j->n);
}

static void
load (struct cutter *c, struct job *j)
{
  /* A job that starts or starts over: what was read ahead for another one is void, and so is a half-made fingerprint.
   */
  j->read_to = j->offset;
  j->n = 0;
  if (j->offset)
    j->hash = 0; /* interrupted by an earlier object's new cut: the host asks for the fingerprint afterwards */
  fingerprint_reset (c->fingerprint);
  c->loaded = 1;
}

/* Reads until buf holds `want` bytes or the object ends. */
static int
fill (struct cutter *c, struct job *j, const struct link_object *o, size_t want)
{
  struct err e;
  uint64_t left = o->length - j->read_to;
  size_t k = want > j->n ? want - j->n : 0;

  if (k > left)
    k = (size_t)left;
  if (!k)
    return 0;
  need_buffer (c, j, j->n + k);
  if (link_read (o, c->buf + j->n, k, j->read_to, &e) == -1)
    {
      fail (c, j, LINK_FAIL_CHANGED, e.text);
      return -1;
    }
  if (j->hash)
    fingerprint_update (c->fingerprint, c->buf + j->n, k);
  j->n += k;
  j->read_to += k;
  return 0;
}

static int
hash_step (struct cutter *c, struct job *j, const struct link_object *o)
{
  j->n = 0;
  if (fill (c, j, o, HASH_STEP) == -1)
    return 1;
  if (j->read_to == o->length)
    {
      struct wire_head h = { .type = WIRE_HASHED, .obj = j->obj, .a = j->read_to, .len = 16 };
      uint8_t digest[16];
      fingerprint_get (c->fingerprint, digest);
      link_send (c->link, &h, digest);
      drop_first (c);
    }
  return 1;
}

static void
cut_end (struct cutter *c, struct job *j)
{
  struct wire_head h = {
    .type = WIRE_CUT_END, .obj = j->obj, .gen = j->gen, .a = j->seq, .b = j->read_to, .len = j->hash ? 16 : 0
  };
  uint8_t digest[16];
  fingerprint_get (c->fingerprint, digest);
  link_send (c->link, &h, digest);
  drop_first (c);
}

/* Finds the end of the chunk at buf[0]; the carry moves on in *after. 0, PEN_MORE or PEN_ERR. */
static int
find_cut (struct cutter *c, struct job *j, int eof, size_t *cut, struct pen_carry *after)
{
  struct pen_chunk w = { sizeof w, { c->buf, j->n }, j->offset, 0 };

  w.flags = (j->offset == 0 ? PEN_CHUNK_FIRST : 0) | (eof ? PEN_CHUNK_LAST : 0);
  *after = j->carry;
  return framing_find (c->parser, c->self, w, eof, after, cut);
}

static void
fail_long (struct cutter *c, struct job *j, const struct link_object *o)
{
  char text[200];

  if (c->parser->framing == PEN_FRAME_WHOLE)
    snprintf (text, sizeof text,
              "record_too_long: this format is read in one piece, and the object has %llu bytes; limits.chunk is %llu",
              (unsigned long long)o->length, (unsigned long long)j->chunk_size);
  else
    snprintf (text, sizeof text, "record_too_long: the record at offset %llu is longer than %llu bytes",
              (unsigned long long)j->offset, (unsigned long long)j->limit);
  fail (c, j, LINK_FAIL_PLUGIN, text);
}

static int
cut_step (struct cutter *c, struct job *j, const struct link_object *o)
{
  struct wire_head h = { .type = WIRE_CHUNK, .obj = j->obj, .gen = j->gen };
  struct pen_carry after;
  uint8_t both[2 * PEN_CARRY_MAX];
  size_t want = j->chunk_size, limit = j->limit, cut;
  uint32_t flags;
  int rc, eof;

  enter_input (c, j);
  for (;;)
    {
      if (fill (c, j, o, want) == -1)
        return 1;
      if (o->growing && j->read_to == o->length)
        return 0; /* the same cuts as of a whole object: only where it is known whether this is the end */
      eof = j->read_to == o->length;
      rc = find_cut (c, j, eof, &cut, &after);
      if (rc != PEN_MORE)
        break;
      if (want >= limit)
        {
          fail_long (c, j, o);
          return 1;
        }
      want = want * 2 < limit ? want * 2 : limit;
    }
  if (rc == PEN_ERR)
    {
      const char *why = c->why ();
      fail (c, j, LINK_FAIL_PLUGIN, *why ? why : "the parser's cut() broke its contract");
      return 1;
    }
  h.seq = j->seq++;
  h.a = j->offset;
  h.b = cut;
  flags = (j->offset == 0 ? PEN_CHUNK_FIRST : 0) | (eof && cut == j->n ? PEN_CHUNK_LAST : 0);
  h.c = wire_chunk_word (flags, j->carry.len, c->input);
  h.len = j->carry.len + after.len;
  memcpy (both, j->carry.b, j->carry.len);
  memcpy (both + j->carry.len, after.b, after.len);
  link_send (c->link, &h, both);
  j->credit--;
  j->carry = after;
  j->offset += cut;
  leave_chunk (c, j, cut);
  if (flags & PEN_CHUNK_LAST)
    cut_end (c, j);
  return 1;
}

int
cutter_step (struct cutter *c)
{
  struct link_object *o;
  struct job *j;

  if (!c->n_jobs)
    return 0;
  j = &c->jobs[0];
  o = link_object (c->link, j->obj);
  if (!o) /* forgotten by the host */
    {
      drop_first (c);
      return 1;
    }
  if (!j->hash_only && !j->credit)
    return 0;
  if (!c->loaded)
    load (c, j);
  return j->hash_only ? hash_step (c, j, o) : cut_step (c, j, o);
}
