/* SPDX-License-Identifier: Apache-2.0 */
/* table_put.h - values into the row that is being built, one by one or as runs of rows; <penstock/table.h> includes it and says
 * how the two ways to write differ. */
#ifndef PENSTOCK_TABLE_PUT_H
#define PENSTOCK_TABLE_PUT_H
#include <penstock/table.h>

/* ---- values: column `c` of the row that is being built ---- */

static inline struct pen_col *
pen_col_at_ (struct pen_table *t, size_t c)
{
  struct pen_col *col = &t->col[c];
  if (PEN_UNLIKELY (col->rows != t->rows))
    {
      if (col->rows > t->rows)
        abort (); /* two values in one row */
      pen_col_fill_ (col, t->rows);
    }
  col->rows = t->rows + 1;
  return col;
}

/* Null; the same as writing nothing. */
static inline void
pen_put_null (struct pen_table *t, size_t c)
{
  (void)t;
  (void)c;
}

static inline void
pen_put_i64 (struct pen_table *t, size_t c, int64_t v)
{
  ((int64_t *)(void *)pen_col_at_ (t, c)->data)[t->rows] = v;
}
static inline void
pen_put_i32 (struct pen_table *t, size_t c, int32_t v)
{
  ((int32_t *)(void *)pen_col_at_ (t, c)->data)[t->rows] = v;
}
static inline void
pen_put_date (struct pen_table *t, size_t c, int32_t days)
{
  pen_put_i32 (t, c, days);
}
static inline void
pen_put_timestamp (struct pen_table *t, size_t c, int64_t us)
{
  pen_put_i64 (t, c, us);
}
static inline void
pen_put_bool (struct pen_table *t, size_t c, int v)
{
  uint8_t *d = pen_col_at_ (t, c)->data + (t->rows >> 3);
  if (v)
    *d = (uint8_t)(*d | 1u << (t->rows & 7));
}
/* v: units of 10^-scale, e.g. cents. */
static inline void
pen_put_money (struct pen_table *t, size_t c, int64_t v)
{
  int64_t *d = (int64_t *)(void *)pen_col_at_ (t, c)->data + 2 * t->rows;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  pen_dec_store (d, v);
#else
  d[0] = v;
  d[1] = v >> 63;
#endif
}
static inline void
pen_put_decimal (struct pen_table *t, size_t c, pen_i128 v)
{
  pen_dec_store (pen_col_at_ (t, c)->data + 16 * (size_t)t->rows, v);
}
/* Copies n bytes of UTF-8, n <= the column's width. */
static inline void
pen_put_text (struct pen_table *t, size_t c, const void *p, size_t n)
{
  struct pen_col *col = pen_col_at_ (t, c);
  memcpy (col->data + col->used, p, n);
  col->used += n;
  col->start[t->rows + 1] = (int32_t)col->used;
}
/* The same, faster: n <= span <= PEN_TABLE_SLACK, span a constant, and span bytes may be read at p. */
static inline void
pen_put_short (struct pen_table *t, size_t c, const void *p, size_t n, size_t span)
{
  struct pen_col *col = pen_col_at_ (t, c);
  memcpy (col->data + col->used, p, span);
  col->used += n;
  col->start[t->rows + 1] = (int32_t)col->used;
}

/* Copies n bytes of UTF-8 and grows the column as needed; 0, or -1 without memory or beyond 2 GiB of text per batch. */
static inline int
pen_add_text (struct pen_table *t, size_t c, const void *p, size_t n)
{
  struct pen_col *col = &t->col[c];
  if (PEN_UNLIKELY (t->rows >= t->cap))
    abort ();
  /* what other rows may still put unchecked stays reserved */
  size_t need = col->used + n + (size_t)(t->cap - t->rows - 1) * col->width;
  if (PEN_UNLIKELY (need > col->room))
    {
      size_t room = col->room * 2 > need ? col->room * 2 : need;
      uint8_t *data =
          n <= INT32_MAX && room <= INT32_MAX ? (uint8_t *)realloc (col->data, room + PEN_TABLE_SLACK) : NULL;
      if (!data)
        return -1;
      col->data = data;
      col->room = room;
    }
  t->set->grown_text += n;
  if (n)
    pen_put_text (t, c, p, n);
  else
    pen_put_text (t, c, "", 0);
  return 0;
}

/* Adds to the text that the row being built has in column `c` so far, if any; fails as pen_add_text() does. */
static inline int
pen_append_text (struct pen_table *t, size_t c, const void *p, size_t n)
{
  struct pen_col *col = &t->col[c];
  int64_t rows = col->rows;
  if (rows > t->rows)
    col->rows = t->rows; /* the text lies at the end: what is written next continues it */
  int status = pen_add_text (t, c, p, n);
  if (status)
    col->rows = rows;
  return status;
}

/* Ends the row. order, offset, length, line: see plugin.h; line 0 is null. */
static inline void
pen_row_end (struct pen_table *t, uint64_t order, uint64_t offset, uint32_t length, uint64_t line)
{
  size_t c = t->n_cols - PEN_LINEAGE_COLS;
  if (PEN_UNLIKELY (t->rows >= t->cap))
    abort ();
  t->order[t->rows] = order;
  pen_put_i64 (t, c, (int64_t)offset);
  pen_put_i32 (t, c + 1, (int32_t)length);
  if (line)
    pen_put_i64 (t, c + 2, (int64_t)line);
  t->rows++;
}

/* ---- many rows in a row ----
 *
 * A loop that writes thousands of rows keeps its columns at hand: begin before the first, put for each row, end with the
 * number of rows that the table then has. Nothing else may write to the table meanwhile. */

struct pen_run
{
  uint8_t *data, *valid;
  int32_t *start;
  size_t used;
  int64_t nulls;
};

static inline void
pen_run_begin (struct pen_run *r, struct pen_table *t, size_t c)
{
  struct pen_col *col = &t->col[c];
  pen_col_fill_ (col, t->rows);
  r->data = col->data;
  r->valid = col->valid;
  r->start = col->start;
  r->used = col->used;
  r->nulls = 0;
}
/* Text: n <= span <= PEN_TABLE_SLACK, span a constant, and span bytes may be read at p. */
static inline void
pen_run_text (struct pen_run *r, int64_t row, const void *p, size_t n, size_t span)
{
  memcpy (r->data + r->used, p, span);
  r->used += n;
  r->start[row + 1] = (int32_t)r->used;
}
static inline void
pen_run_null_text (struct pen_run *r, int64_t row)
{
  r->start[row + 1] = (int32_t)r->used;
  r->valid[row >> 3] = (uint8_t)(r->valid[row >> 3] & ~(1u << (row & 7)));
  r->nulls++;
}
/* rows: that the table has now, this run's included. */
static inline void
pen_run_end (const struct pen_run *r, struct pen_table *t, size_t c, int64_t rows)
{
  t->col[c].used = r->used;
  t->col[c].nulls += r->nulls;
  t->col[c].rows = rows;
}
/* One value for all rows that column `c` lacks up to `rows`; step is added from row to row. */
static inline void
pen_fill_i32 (struct pen_table *t, size_t c, int64_t rows, int32_t v)
{
  int32_t *d = (int32_t *)(void *)t->col[c].data;
  for (int64_t i = t->col[c].rows; i < rows; i++)
    d[i] = v;
  t->col[c].rows = rows;
}
static inline void
pen_fill_i64 (struct pen_table *t, size_t c, int64_t rows, int64_t v, int64_t step)
{
  int64_t *d = (int64_t *)(void *)t->col[c].data;
  for (int64_t i = t->col[c].rows; i < rows; i++, v += step)
    d[i] = v;
  t->col[c].rows = rows;
}

/* Forgets what columns have of rows from `rows` on: a record that turned out bad, or a row begun and not ended. */
static inline void
pen_rows_truncate (struct pen_table *t, int64_t rows)
{
  for (size_t i = 0; i < t->n_cols; i++)
    {
      struct pen_col *c = &t->col[i];
      for (int64_t r = rows; r < c->rows; r++)
        {
          uint8_t bit = (uint8_t)(1u << (r & 7));
          if (!(c->valid[r >> 3] & bit))
            c->nulls--;
          c->valid[r >> 3] |= bit;
          if (c->type == PEN_COL_BOOL)
            c->data[r >> 3] = (uint8_t)(c->data[r >> 3] & ~bit);
        }
      if (c->rows > rows)
        {
          c->rows = rows;
          if (c->type == PEN_COL_UTF8)
            c->used = (size_t)c->start[rows];
        }
    }
  t->rows = rows;
}
#endif
