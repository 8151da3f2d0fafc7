/* SPDX-License-Identifier: Apache-2.0 */
/* ack.c - answers what was read: the segments of 997 functional acknowledgements and TA1, as rows.
 *
 * They use the delimiters of what they answer, so that copies of bad data need no care. How many sets of a group were
 * accepted is known only once all chunks are parsed: the row of kind GE says what AK9 needs beside that. */
#include <stdarg.h>
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

PEN_PRINTF (2, 3)
static void
add (struct x12 *x, const char *fmt, ...)
{
  char text[400];
  va_list ap;
  va_start (ap, fmt);
  int n = vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  if ((size_t)n >= sizeof text)
    n = sizeof text - 1;
  for (int i = 0; i < n; i++)
    text[i] = text[i] == '\1' ? (char)x->st.elem : text[i] == '\2' ? (char)x->st.term : text[i];
  add_bytes (x, text, (size_t)n);
}
/* In the formats below \1 is the element separator, \2 the terminator. */

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
  add (x, "AK3\1%.*s\1%llu\1\1%u\2", g->id ? seg_id_len (g) : 0, (const char *)g->p,
       (unsigned long long)x->set.segments, code);
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
  if (v.n)
    add (x, "AK4\1%u\1\1%u\1%.*s\2", pos, code, (int)(v.n > 99 ? 99 : v.n), (const char *)v.p);
  else
    add (x, "AK4\1%u\1\1%u\2", pos, code);
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
      x12_put_text (x, t, 6, (struct pen_span){ (const uint8_t *)x->ack, x->n_ack });
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
  add (x, "ISA\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1", EL (&isa, 1), EL (&isa, 2), EL (&isa, 3),
       EL (&isa, 4), EL (&isa, 7), EL (&isa, 8), EL (&isa, 5), EL (&isa, 6));
  add (x, "%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1%s\1%.*s\1%.*s\2", EL (&isa, 9), EL (&isa, 10), EL (&isa, 11), EL (&isa, 12),
       EL (&isa, 13), "0", EL (&isa, 15), EL (&isa, 16));
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
  add (x, "GS\1FA\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\1%.*s\2", EL (&gs, 3), EL (&gs, 2), EL (&gs, 4), EL (&gs, 5),
       EL (&gs, 6), EL (&gs, 7), EL (&gs, 8));
  add (x, "ST\1997\0010001\2AK1\1%.*s\1%.*s\2", EL (&gs, 1), EL (&gs, 6));
  put (x, "GS", 0, true, false, NULL, 0, order);
}

void
x12_ack_set_begin (struct x12 *x)
{
  struct x12_seg st;
  x->n_ack = x->n_ak3 = 0;
  if (!is_group_wanted (x))
    return;
  x12_recall (&x->st, x->set.st, x->set.st_n, &st);
  add_bytes (x, "AK2", 3);
  add_bytes (x, &x->st.elem, 1);
  add_bytes (x, seg_el (&st, 1).p, seg_el (&st, 1).n);
  add_bytes (x, &x->st.elem, 1);
  add_bytes (x, seg_el (&st, 2).p, seg_el (&st, 2).n);
  add_bytes (x, &x->st.term, 1);
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
  add_bytes (x, "AK5", 3);
  add_bytes (x, &x->st.elem, 1);
  add_bytes (x, refused ? "R" : "A", 1);
  for (unsigned k = 1; k <= 7; k++)
    if (codes >> k & 1)
      add (x, "\1%u", k);
  add_bytes (x, &x->st.term, 1);
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
  add (x, "TA1\1%.*s\1%.*s\1%.*s\1%c\1%03u\2", EL (&isa, 13), EL (&isa, 9), EL (&isa, 10),
       refused ? 'R'
       : note  ? 'E'
               : 'A',
       note);
  put (x, "TA1", refused ? 'R' : note ? 'E' : 'A', false, false, NULL, 0, order);
}
