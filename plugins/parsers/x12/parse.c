/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c - walks a chunk segment by segment and hands rows over between sets. */
#include "x12.h"

#define FLUSH_LOOK 64 /* segments of a huge set between two looks at how full the tables are */

static bool
is_full (const struct x12 *x)
{
  for (unsigned i = 0; i < N_FIXED; i++)
    if (x->tables.table[i].rows >= x->tables.full_rows)
      return true;
  return x->is_full || x->tables.grown_text >= x->tables.full_bytes;
}

static void
flush (struct x12 *x)
{
  x->is_full = false;
  x12_take (x, pen_tables_flush (&x->tables, x->out));
}

/* Is the set that begins at `at` larger than what is held back? Some end of a set that is no further away, be it another
 * set's, says no for all that begin before it: so there is one look for what is held back, not one for each set. */
static bool
is_huge (struct x12 *x, const struct pen_chunk *c, size_t at, bool last)
{
  const uint8_t *p = c->bytes.p;
  size_t n = c->bytes.n, from = x12_skip (&x->st, p, n, at + x->seg.next), most = at + x->o->set_buffer - LOOK_AHEAD;
  size_t end;
  if (x->sure_end >= from && x->sure_end <= most && x->sure_elem == x->st.elem && x->sure_term == x->st.term)
    return false;
  x->sure_end = x12_find_envelope_before (&x->st, p, n, from, most < n ? most + 1 : n, last);
  x->sure_elem = x->st.elem;
  x->sure_term = x->st.term;
  if (x->sure_end)
    return false;
  end = x12_find_envelope (&x->st, p, n, from, last);
  return (end == n && !last) || end > most;
}

/* One thing of any kind at `at`, in a set or around it; returns where the next begins. */
static size_t
step (struct x12 *x, const struct pen_chunk *c, size_t at, bool last)
{
  const uint8_t *p = c->bytes.p;
  size_t n = c->bytes.n;
  struct x12_seg *g = &x->seg;
  bool more;
  /* whatever ends a chunk is whole: cut() has left the beginning of an ISA to the next one */
  if (!x->st.in_isa)
    return x12_outside (x, p, n, at, c->offset, true, &more);
  at = x12_next (&x->st, p, n, at);
  if (at == n)
    return n;
  if (x12_is_isa (p, n, at))
    {
      if (x->st.in_st)
        x12_set_end (x, NULL, c->offset + at);
      x12_break (x, c->offset + at);
      return at;
    }
  if (!x12_index_segment (x->index, &x->st, p, n, at, c->offset, g)
      && x12_segment (&x->st, p, n, at, c->offset, true, g) != FRAME_OK)
    return n;
  if (x->st.in_st && g->id == ID2 ('S', 'E'))
    {
      if (g->open)
        x12_find (x, RULE_unterminated, g, 0, 0, "expected a terminator at the end of the file, found none");
      x12_set_end (x, g, g->offset);
      return at + g->next;
    }
  if (x->st.in_st
      && (g->id == ID2 ('S', 'T') || g->id == ID2 ('G', 'S') || g->id == ID2 ('G', 'E')
          || g->id == ID3 ('I', 'E', 'A')))
    x12_set_end (x, NULL, g->offset);
  if (x->st.in_st)
    {
      if (g->open)
        x12_find (x, RULE_unterminated, g, 0, 0, "expected a terminator at the end of the file, found none");
      x12_set_segment (x, g);
      return at + g->next;
    }
  x12_envelope (x, g);
  if (g->id == ID2 ('S', 'T'))
    x12_set_begin (x, g, is_huge (x, c, at, last));
  return at + g->next;
}

static bool
is_look_due (const struct x12 *x)
{
  return x->st.in_st && x->set.huge && x->set.segments % FLUSH_LOOK == 0;
}

/* Segments inside of a set from `at` on, as long as nothing but a segment of its own is there and no flush is due. */
static size_t
walk (struct x12 *x, const struct pen_chunk *c, size_t at)
{
  const uint8_t *p = c->bytes.p;
  size_t n = c->bytes.n;
  struct x12_seg *g = &x->seg;
  do
    {
      at = x12_next (&x->st, p, n, x12_quick (x, c, at));
      /* SE, ST, GS, GE, ISA, IEA: what may end the set is looked at elsewhere */
      if (at == n || ((p[at] == 'S' || p[at] == 'G' || p[at] == 'I') && x12_may_end_set (p, n, at))
          || !x12_index_segment (x->index, &x->st, p, n, at, c->offset, g))
        return at;
      x12_set_segment (x, g);
      at += g->next;
    }
  while (x->status == PEN_OK && !is_look_due (x));
  return at;
}

static void
begin (struct x12 *x, const struct pen_out *out)
{
  x->out = out;
  x->status = PEN_OK;
  x->mute = false;
  x12_index_drop (x->index);
  x->n_ack = x->n_ak3 = 0;
  x->segments_here = 0;
  memset (x->n_read, 0, sizeof x->n_read);
  memset (x->n_rejected, 0, sizeof x->n_rejected);
  x->is_full = false;
  x->known.group = 0;
  x->sure_end = 0;
  pen_tables_reset (&x->tables);
}

static void
count (struct x12 *x)
{
  for (unsigned i = 0; i < x->n_tables && x->status == PEN_OK; i++)
    {
      if (x->n_read[i])
        x12_take (x, x->out->read (x->out->ctx, i, x->n_read[i]));
      if (x->n_rejected[i])
        x12_take (x, x->out->rejected (x->out->ctx, i, x->n_rejected[i]));
    }
}

int
x12_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
           const struct pen_out *out)
{
  struct x12 *x = self;
  bool last = chunk->flags & PEN_CHUNK_LAST;
  begin (x, out);
  x12_state_load (x, in);
  if (x->st.in_st)
    x12_set_resume (x);
  for (size_t at = 0; at < chunk->bytes.n && x->status == PEN_OK;)
    {
      size_t from = at;
      if (x->st.in_isa && x->st.in_st)
        at = walk (x, chunk, at);
      if (at < chunk->bytes.n && (at == from || !is_look_due (x)))
        at = step (x, chunk, at, last);
      if ((!x->st.in_st || is_look_due (x)) && is_full (x))
        {
          if (x->st.in_st)
            x12_set_count (x, false);
          flush (x);
          if (x->st.in_st)
            x12_set_resume (x);
        }
    }
  if (last && x->status == PEN_OK)
    {
      uint64_t offset = chunk->offset + chunk->bytes.n;
      if (x->st.in_st)
        x12_set_end (x, NULL, offset);
      x12_object_end (x, offset);
    }
  if (x->st.in_st)
    x12_set_count (x, false);
  x12_settle (x);
  flush (x);
  count (x);
  x->out = NULL;
  x12_state_save (x, end);
  return x->status;
}

int
x12_recognise (struct pen_span head)
{
  struct x12_isa isa;
  size_t at = 0;
  while (at < head.n
         && (head.p[at] == ' ' || head.p[at] == '\n' || head.p[at] == '\r' || head.p[at] == 0xef || head.p[at] == 0xbb
             || head.p[at] == 0xbf))
    at++;
  return x12_isa (head.p + at, head.n - at, true, &isa) == FRAME_OK ? 95 : 0;
}
