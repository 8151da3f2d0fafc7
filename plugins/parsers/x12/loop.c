/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - enters and leaves the loops of a set: their rows and keys, what they must contain, levels of a hierarchy.
 *
 * Keys and lineage of a row have no nulls, so they are written to their places at once; x12_rows_settle() tells the
 * columns how far they are, and fills the column that is the same all over a set. */
#include "x12.h"

enum key
{
  KEY_SET,
  KEY_SEGMENT,
  KEY_PARENT,
};

/* What every row of a definition's tables begins with. */
void
x12_put_keys (struct x12 *x, struct pen_table *t, uint64_t ordinal, uint32_t parent)
{
  (void)x;
  ((int64_t *)(void *)t->col[KEY_SEGMENT].data)[t->rows] = (int64_t)ordinal;
  if (parent)
    pen_put_i64 (t, KEY_PARENT, parent);
}

void
x12_close_row (struct pen_table *t, uint64_t order, uint64_t offset, uint64_t length)
{
  const struct pen_col *c = t->col + t->n_cols - PEN_LINEAGE_COLS;
  int64_t row = t->rows++;
  t->order[row] = order;
  ((int64_t *)(void *)c[0].data)[row] = (int64_t)offset;
  ((int32_t *)(void *)c[1].data)[row] = (int32_t)(length > INT32_MAX ? INT32_MAX : length);
}

void
x12_rows_settle (const struct x12 *x, struct pen_table *t)
{
  struct pen_col *lineage = t->col + t->n_cols - PEN_LINEAGE_COLS;
  pen_fill_i64 (t, KEY_SET, t->rows, (int64_t)x->st.sets, 0);
  t->col[KEY_SEGMENT].rows = lineage[0].rows = lineage[1].rows = t->rows;
}

/* The innermost open loop that has a row: its segment's ordinal. */
uint32_t
x12_parent_row (const struct x12 *x, const struct x12_def *d)
{
  for (unsigned i = x->set.depth; i-- > 1;)
    if (d->loop[x->set.open[i].loop].table >= 0)
      return x->set.open[i].ordinal;
  return 0;
}

void
x12_open_loop (struct x12 *x, const struct x12_def *d, unsigned loop, uint64_t offset, uint32_t parent)
{
  struct x12_set *s = &x->set;
  const struct x12_loop *l = &d->loop[loop];
  struct x12_open_loop *o = &s->open[s->depth++];
  o->offset = offset;
  o->ordinal = (uint32_t)s->segments;
  o->parent = parent;
  o->loop = (uint8_t)loop;
  o->log = s->n_log;
  if (l->table >= 0 && x->out)
    {
      struct pen_table *t = x12_begin_row (x, (unsigned)l->table);
      if (t)
        x12_put_keys (x, t, o->ordinal, parent);
    }
}

static __attribute__ ((noinline)) void
check_mandatory (struct x12 *x, const struct x12_def *d, unsigned loop, const struct x12_seg *g)
{
  const struct x12_loop *l = &d->loop[loop];
  for (unsigned i = l->must; i < (unsigned)l->must + l->n_must; i++)
    {
      const struct x12_item *it = &d->item[d->must[i]];
      if (!x->set.seen[d->must[i]])
        x12_set_find (x, RULE_mandatory_segment, g, 0, 3, 0, "expected a %.3s segment before this, found none",
                      (const char[4]){ (char)it->id, (char)(it->id >> 8), (char)(it->id >> 16), 0 });
    }
}

void
x12_close_loop (struct x12 *x, const struct x12_def *d, const struct x12_seg *g, uint64_t order, uint64_t end)
{
  struct x12_set *s = &x->set;
  struct x12_open_loop *o = &s->open[s->depth - 1];
  const struct x12_loop *l = &d->loop[o->loop];
  if (l->n_must)
    check_mandatory (x, d, o->loop, g);
  if (l->table >= 0 && x->out)
    x12_close_row (&x->tables.table[l->table], order, o->offset, end - o->offset);
  s->n_log = o->log;
  memset (o, 0, sizeof *o);
  s->depth--;
}

/* ---- hierarchies (HL) ---- */

static bool
is_level (const struct x12_level_open *l, struct pen_span id)
{
  return id.n <= sizeof l->id && memcmp (l->id, id.p, id.n) == 0 && (id.n == sizeof l->id || !l->id[id.n]);
}

/* Takes the HL into the path; returns the ordinal of its parent's segment, 0: none or not known. */
uint32_t
x12_hl_enter (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  struct pen_span id = seg_el (g, 1), parent = seg_el (g, 2);
  int64_t number = pen_parse_digits (id.p, id.n), above = pen_parse_digits (parent.p, parent.n);
  unsigned depth = 0;
  s->hl_count++;
  if (number != s->hl_count)
    {
      if (!s->hl_loose)
        x12_set_find (x, RULE_hl_number, g, 1, 8, 7, "expected HL number %u, found \"%.*s\"", s->hl_count, EL (g, 1));
      s->hl_loose = 1;
    }
  if (parent.n)
    {
      for (depth = s->hl_depth; depth && !is_level (&s->hl[depth - 1], parent);)
        depth--;
      /* a parent outside of the path is fine where numbers tell that it came before */
      if (!depth && (s->hl_loose || above < 1 || above >= number))
        x12_set_find (x, RULE_hl_parent, g, 2, 8, 7, "expected the number of an HL before this one, found \"%.*s\"",
                      EL (g, 2));
    }
  if (depth == HL_DEPTH)
    depth--;
  memset (&s->hl[depth], 0, (HL_DEPTH - depth) * sizeof *s->hl);
  memcpy (s->hl[depth].id, id.p, id.n < sizeof s->hl->id ? id.n : sizeof s->hl->id);
  s->hl[depth].ordinal = (uint32_t)s->segments;
  s->hl_depth = (uint8_t)(depth + 1);
  return depth ? s->hl[depth - 1].ordinal : 0;
}
