/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - enters and leaves the loops of a set: their rows and keys.
 *
 * Keys and lineage of a row have no nulls, so they are written to their places at once; x12_rows_settle() tells the
 * columns how far they are, and fills the column that is the same all over a set. */
#ifndef X12_LOOP_H
#define X12_LOOP_H
#include "x12.h"

enum key
{
  KEY_SET,
  KEY_SEGMENT,
  KEY_PARENT,
};

/* What every row of a definition's tables begins with. */
static inline void
x12_put_keys (struct x12 *x, struct pen_table *t, uint64_t ordinal, uint32_t parent)
{
  (void)x;
  ((int64_t *)(void *)t->col[KEY_SEGMENT].data)[t->rows] = (int64_t)ordinal;
  if (parent)
    pen_put_i64 (t, KEY_PARENT, parent);
}

static inline void
x12_close_row (struct pen_table *t, uint64_t order, uint64_t offset, uint64_t length)
{
  const struct pen_col *c = t->col + t->n_cols - PEN_LINEAGE_COLS;
  int64_t row = t->rows++;
  t->order[row] = order;
  ((int64_t *)(void *)c[0].data)[row] = (int64_t)offset;
  ((int32_t *)(void *)c[1].data)[row] = (int32_t)(length > INT32_MAX ? INT32_MAX : length);
}

static inline void
x12_rows_settle (const struct x12 *x, struct pen_table *t)
{
  struct pen_col *lineage = t->col + t->n_cols - PEN_LINEAGE_COLS;
  pen_fill_i64 (t, KEY_SET, t->rows, (int64_t)x->st.sets, 0);
  t->col[KEY_SEGMENT].rows = lineage[0].rows = lineage[1].rows = t->rows;
}

/* The innermost open loop that has a row: its segment's ordinal. */
static inline uint32_t
x12_parent_row (const struct x12 *x, const struct x12_def *d)
{
  const struct x12_set *s = &x->set;
  unsigned holder = s->depth ? d->loop[s->open[s->depth - 1].loop].holder : 0;
  return holder ? s->open[holder].ordinal : 0;
}

static inline void
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

static inline void
x12_close_loop (struct x12 *x, const struct x12_def *d, const struct x12_seg *g, uint64_t order, uint64_t end)
{
  struct x12_set *s = &x->set;
  struct x12_open_loop *o = &s->open[s->depth - 1];
  const struct x12_loop *l = &d->loop[o->loop];
  if (l->n_must)
    x12_check_mandatory (x, d, o->loop, g);
  if (l->table >= 0 && x->out)
    x12_close_row (&x->tables.table[l->table], order, o->offset, end - o->offset);
  s->n_log = o->log;
  memset (o, 0, sizeof *o);
  s->depth--;
}
#endif
