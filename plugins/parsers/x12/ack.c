/* SPDX-License-Identifier: Apache-2.0 */
/* ack.c - answers what was read: the segments of 997 functional acknowledgements and TA1, as rows.
 *
 * They use the delimiters of what they answer, so that copies of bad data need no care. How many sets of a group were
 * accepted is known only once all chunks are parsed: the row of kind GE says what AK9 needs beside that. */
#include "x12.h"

#define AK3_MAX 100 /* per set */

static void
add_bytes (struct x12 *x, const void *p, size_t n)
{
  if (x->n_ack + n > x->ack_cap)
    {
      size_t cap = (x->n_ack + n) * 2 + 256;
      char *ack = realloc (x->ack, cap);
      if (!ack)
        {
          x12_no_memory (x);
          return;
        }
      x->ack = ack;
      x->ack_cap = cap;
    }
  if (n)
    memcpy (x->ack + x->n_ack, p, n);
  x->n_ack += n;
}

/* A segment: its id, elements, and the terminator. Bytes of what is answered may be anything but these delimiters. */
static void
seg_begin (struct x12 *x, const char *id)
{
  add_bytes (x, id, strlen (id));
}
static void
seg_span (struct x12 *x, struct pen_span v)
{
  add_bytes (x, &x->st.elem, 1);
  add_bytes (x, v.p, v.n);
}
static void
seg_text (struct x12 *x, const char *v)
{
  seg_span (x, (struct pen_span){ (const uint8_t *)v, strlen (v) });
}
static void
seg_number (struct x12 *x, unsigned long long v, int width)
{
  char text[24];
  snprintf (text, sizeof text, "%0*llu", width, v);
  seg_text (x, text);
}
/* Elements of another one. */
static void
seg_copy (struct x12 *x, const struct x12_seg *g, unsigned from, unsigned to)
{
  for (unsigned i = from; i <= to; i++)
    seg_span (x, seg_el (g, i));
}
static void
seg_end (struct x12 *x)
{
  add_bytes (x, &x->st.term, 1);
}

static bool
is_wanted (const struct x12 *x)
{
  return x->o->acknowledgements && x->out;
}

/* A group of acknowledgements is never answered: its answer would be answered, and so on. */
static bool
is_group_wanted (const struct x12 *x)
{
  const struct x12_state *s = &x->st;
  return is_wanted (x) && s->in_gs && !(s->gs_n > 5 && s->gs[3] == 'F' && s->gs[4] == 'A' && s->gs[5] == s->elem);
}

static bool
begin_segment (struct x12 *x, const struct x12_seg *g, unsigned code)
{
  if (!is_group_wanted (x) || x->set.huge)
    return false;
  if (x->ack_segment == x->set.segments && x->n_ak3)
    return true;
  if (x->n_ak3 == AK3_MAX)
    return false;
  x->n_ak3++;
  x->ack_segment = x->set.segments;
  seg_begin (x, "AK3");
  seg_span (x, (struct pen_span){ g->p, g->id ? (size_t)seg_id_len (g) : 0 });
  seg_number (x, x->set.segments, 1);
  seg_text (x, "");
  seg_number (x, code, 1);
  seg_end (x);
  return true;
}

void
x12_ack_segment (struct x12 *x, const struct x12_seg *g, unsigned code)
{
  begin_segment (x, g, code);
}

void
x12_ack_element (struct x12 *x, const struct x12_seg *g, unsigned pos, unsigned code)
{
  struct pen_span v = seg_el (g, pos);
  if (!begin_segment (x, g, 8))
    return;
  seg_begin (x, "AK4");
  seg_number (x, pos, 1);
  seg_text (x, "");
  seg_number (x, code, 1);
  if (v.n)
    seg_span (x, (struct pen_span){ v.p, v.n > 99 ? 99 : v.n });
  seg_end (x);
}

/* An ISA with bytes outside of ASCII: delimiters, mostly. Then all bytes of the answer are characters of their own. */
static bool
is_raw (const struct x12_state *s)
{
  uint8_t all = s->term;
  for (unsigned i = 0; i < s->isa_n; i++)
    all |= s->isa[i];
  return all >= 0x80;
}

static void
put (struct x12 *x, const char *kind, char code, bool in_group, bool in_set, const struct x12_seg *ge, unsigned error,
     uint64_t order)
{
  struct pen_table *t = x12_begin_row (x, T_ACKS);
  int64_t count = 0;
  if (!t)
    return;
  x->n_read[T_ACKS]++;
  for (size_t i = 0; i < x->n_ack; i++)
    count += (uint8_t)x->ack[i] == x->st.term;
  pen_put_i64 (t, 0, (int64_t)x->st.interchanges);
  if (in_group)
    pen_put_i64 (t, 1, (int64_t)x->st.groups);
  if (in_set)
    pen_put_i64 (t, 2, (int64_t)x->st.sets);
  x12_put_text (x, t, 3, (struct pen_span){ (const uint8_t *)kind, strlen (kind) });
  if (code)
    x12_put_text (x, t, 4, (struct pen_span){ (const uint8_t *)&code, 1 });
  if (x->n_ack)
    {
      pen_put_i64 (t, 5, kind[0] == 'G' ? count - 1 : kind[0] == 'S' ? count : 0);
      x12_put_bytes (x, t, 6, (struct pen_span){ (const uint8_t *)x->ack, x->n_ack }, is_raw (&x->st));
    }
  if (kind[1] == 'E')
    {
      struct pen_span v = ge ? seg_el (ge, 1) : (struct pen_span){ NULL, 0 };
      int64_t included = v.n ? pen_parse_digits (v.p, v.n) : -1;
      pen_put_i64 (t, 7, included < 0 ? (int64_t)x->st.gs_sets : included);
      pen_put_i64 (t, 8, x->st.gs_sets);
      if (error)
        x12_put_text (x, t, 9, (struct pen_span){ (const uint8_t *)"0123456789" + error, 1 });
    }
  if (kind[0] == 'T')
    {
      struct x12_seg isa;
      x12_recall (&x->st, x->st.isa, x->st.isa_n, &isa);
      pen_put_i64 (t, 10, seg_el (&isa, 14).n == 1 && seg_el (&isa, 14).p[0] == '1');
    }
  x12_end_row (x, t, order, order, 0);
  x->n_ack = 0;
  x->n_ak3 = 0;
}

void
x12_ack_interchange_begin (struct x12 *x, uint64_t order)
{
  struct x12_seg isa;
  if (!is_wanted (x))
    return;
  x12_recall (&x->st, x->st.isa, x->st.isa_n, &isa);
  x->n_ack = 0;
  x->plain = false;
  seg_begin (x, "ISA");
  seg_copy (x, &isa, 1, 4);
  seg_copy (x, &isa, 7, 8);
  seg_copy (x, &isa, 5, 6);
  seg_copy (x, &isa, 9, 13);
  seg_text (x, "0");
  seg_copy (x, &isa, 15, 16);
  seg_end (x);
  put (x, "ISA", 0, false, false, NULL, 0, order);
}

void
x12_ack_group_begin (struct x12 *x, uint64_t order)
{
  struct x12_seg gs;
  if (!is_group_wanted (x))
    return;
  x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
  x->n_ack = 0;
  x->plain = false;
  seg_begin (x, "GS");
  seg_text (x, "FA");
  seg_copy (x, &gs, 3, 3);
  seg_copy (x, &gs, 2, 2);
  seg_copy (x, &gs, 4, 8);
  seg_end (x);
  seg_begin (x, "ST");
  seg_text (x, "997");
  seg_text (x, "0001");
  seg_end (x);
  seg_begin (x, "AK1");
  seg_copy (x, &gs, 1, 1);
  seg_copy (x, &gs, 6, 6);
  seg_end (x);
  put (x, "GS", 0, true, false, NULL, 0, order);
}

void
x12_ack_set_begin (struct x12 *x)
{
  x->n_ack = x->n_ak3 = 0;
  if (!is_group_wanted (x))
    return;
  seg_begin (x, "AK2");
  seg_copy (x, x12_recall_header (x), 1, 2);
  seg_end (x);
}

void
x12_ack_set (struct x12 *x, uint64_t order)
{
  const struct x12_set *t = &x->set;
  bool refused = t->errors || x->st.st_refused;
  unsigned codes = t->ak5 | (x->n_ak3 ? 1u << 5 : 0);
  if (!is_group_wanted (x))
    return;
  if (t->huge)
    x12_ack_set_begin (x);
  seg_begin (x, "AK5");
  seg_text (x, refused ? "R" : "A");
  for (unsigned k = 1; k <= 7; k++)
    if (codes >> k & 1)
      seg_number (x, k, 1);
  seg_end (x);
  put (x, "ST", refused ? 'R' : 'A', true, true, NULL, 0, order);
}

void
x12_ack_group_end (struct x12 *x, const struct x12_seg *ge, uint64_t order)
{
  unsigned error = 0;
  if (!is_group_wanted (x))
    return;
  if (!ge)
    error = 3;
  else
    {
      struct x12_seg gs;
      struct pen_span count = seg_el (ge, 1);
      x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
      if (seg_el (&gs, 6).n != seg_el (ge, 2).n || memcmp (seg_el (&gs, 6).p, seg_el (ge, 2).p, seg_el (ge, 2).n) != 0)
        error = 4;
      else if (pen_parse_digits (count.p, count.n) != (int64_t)x->st.gs_sets)
        error = 5;
    }
  x->n_ack = 0;
  put (x, "GE", 0, true, false, ge, error, order);
}

void
x12_ack_interchange (struct x12 *x, unsigned note, bool refused, uint64_t order)
{
  struct x12_seg isa;
  if (!is_wanted (x))
    return;
  x12_recall (&x->st, x->st.isa, x->st.isa_n, &isa);
  x->n_ack = 0;
  x->plain = false;
  seg_begin (x, "TA1");
  seg_copy (x, &isa, 13, 13);
  seg_copy (x, &isa, 9, 10);
  seg_text (x, refused ? "R" : note ? "E" : "A");
  seg_number (x, note, 3);
  seg_end (x);
  put (x, "TA1", refused ? 'R' : note ? 'E' : 'A', false, false, NULL, 0, order);
}
