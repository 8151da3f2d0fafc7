/* SPDX-License-Identifier: Apache-2.0 */
/* cut.c - finds the last place in a window that is not inside a set that is held back, and brings the carried state there.
 *
 * Sets are passed over without looking at their segments; only one that is larger than set_buffer and fills the window
 * is walked by its definition, as parse() does it. */
#include "x12.h"

/* Segments of a huge set as far as they are whole; returns where the walk ended: in the window's last segment, or at
 * what ends the set. */
static size_t
walk_huge (struct x12 *x, const struct pen_chunk *w, size_t at)
{
  const uint8_t *p = w->bytes.p;
  size_t n = w->bytes.n;
  for (;;)
    {
      struct x12_seg *g = &x->seg;
      size_t next = x12_skip (&x->st, p, n, at);
      if (next == n || n - next < LOOK_AHEAD || x12_is_isa (p, n, next)
          || x12_segment (&x->st, p, n, next, w->offset, false, g) != FRAME_OK)
        return at;
      if (g->id == ID2 ('S', 'E') || g->id == ID2 ('S', 'T') || g->id == ID2 ('G', 'S') || g->id == ID2 ('G', 'E')
          || g->id == ID3 ('I', 'E', 'A'))
        return at;
      x12_set_segment (x, g);
      at = next + g->next;
    }
}

/* Inside a set that ends at `end`, n if not in this window: behind its end, else where the window is to be cut (*stop). */
static size_t
pass_set (struct x12 *x, const struct pen_chunk *w, size_t end, bool last, bool *stop)
{
  const uint8_t *p = w->bytes.p;
  size_t n = w->bytes.n;
  struct x12_seg *g = &x->seg;
  *stop = false;
  if (end < n && !x12_is_isa (p, n, end))
    {
      if (x12_segment (&x->st, p, n, end, w->offset, last, g) != FRAME_OK)
        {
          *stop = true;
          return end;
        }
      if (g->id == ID2 ('S', 'E'))
        end += g->next;
      else
        x->ahead = true;
    }
  else if (end < n)
    x->ahead = true;
  if (end < n || last)
    x->st.in_st = x->st.st_refused = 0;
  else
    *stop = true;
  return end;
}

/* A set begins at `at`. Behind it, or *stop: the window is to be cut where this says. */
static size_t
whole_set (struct x12 *x, const struct pen_chunk *w, size_t at, bool last, bool *stop)
{
  const uint8_t *p = w->bytes.p;
  size_t n = w->bytes.n, end, after;
  struct x12_state before;
  struct x12_seg *g = &x->seg;
  bool huge;
  *stop = true;
  end = x12_find_envelope (&x->st, p, n, x12_skip (&x->st, p, n, at + g->next), last);
  huge = end - at + LOOK_AHEAD > x->o->set_buffer;
  if (end == n && !last && (!huge || at))
    return at;
  before = x->st;
  x12_envelope (x, g);
  if (end == n && !last)
    {
      after = at + g->next;
      x12_set_begin (x, g, true);
      return walk_huge (x, w, after);
    }
  after = pass_set (x, w, end, last, stop);
  if (!*stop)
    return after;
  /* what ends the set is not whole */
  if (at || !huge)
    {
      x->st = before;
      return at;
    }
  x12_segment (&x->st, p, n, at, w->offset, last, g);
  x12_set_begin (x, g, true);
  return walk_huge (x, w, at + g->next);
}

/* Where the walk can go on; *stop: no further in this window. */
static size_t
advance (struct x12 *x, const struct pen_chunk *w, size_t at, bool last, bool *stop)
{
  const uint8_t *p = w->bytes.p;
  size_t n = w->bytes.n, next;
  *stop = false;
  if (!x->st.in_isa)
    return x12_outside (x, p, n, at, w->offset, last, stop);
  if (x->st.in_st)
    {
      size_t from = at;
      at = pass_set (x, w, x12_find_envelope (&x->st, p, n, x12_skip (&x->st, p, n, at), last), last, stop);
      if (*stop)
        at = walk_huge (x, w, from);
      return at;
    }
  next = x12_next (&x->st, p, n, at);
  if (next == n)
    {
      x->ahead = x->was_ahead;
      return n;
    }
  if (!last && n - next < LOOK_AHEAD)
    {
      *stop = true;
      return at;
    }
  if (x12_is_isa (p, n, next))
    {
      x12_break (x, w->offset + next);
      x->ahead = true;
      return next;
    }
  if (x12_segment (&x->st, p, n, next, w->offset, last, &x->seg) != FRAME_OK)
    {
      *stop = true;
      return at;
    }
  if (x->seg.id == ID2 ('S', 'T'))
    return whole_set (x, w, next, last, stop);
  x12_envelope (x, &x->seg);
  return next + x->seg.next;
}

int
x12_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut)
{
  struct x12 *x = self;
  size_t at = 0, n = window->bytes.n, safe_at = 0;
  struct x12_state safe;
  bool last = window->flags & PEN_CHUNK_LAST, stop = false;

  x->out = NULL;
  x->mute = false;
  x->status = PEN_OK;
  x->ahead = false;
  x->known.group = 0;
  x12_state_load (x, carry);
  safe = x->st;
  while (at < n && !stop)
    {
      if (!x->ahead)
        {
          safe = x->st;
          safe_at = at;
        }
      x->was_ahead = x->ahead;
      x->ahead = false;
      at = advance (x, window, at, last, &stop);
      x->ahead |= stop && x->was_ahead;
    }
  if (x->ahead && !last)
    {
      at = safe_at;
      x->st = safe;
      if (!at && x->st.in_st)
        at = walk_huge (x, window, 0);
    }
  if (last)
    {
      /* what parse() does at the end leaves nothing open */
      x->st.in_st = x->st.st_refused = 0;
      x12_object_end (x, window->offset + n);
      at = n;
    }
  if (at == 0)
    return PEN_MORE;
  x12_state_save (x, carry);
  *cut = at;
  return x->status;
}
