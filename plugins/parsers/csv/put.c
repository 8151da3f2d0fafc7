/* SPDX-License-Identifier: Apache-2.0 */
/* put.c - puts the waiting rows' cells into one column of the table, with short ways for what is common.
 *
 * A short way may only take what csv_cell_read() would take, with the same value; all else goes there. */
#include <stdlib.h>
#include <string.h>
#include <penstock/date.h>
#include <penstock/scan.h>
#include "put.h"

static inline bool
is_readable (const struct job *j, const struct csv_cell *cell)
{
  return cell->raw || cell->p <= j->safe;
}

static inline void
put_null (struct job *j, size_t r)
{
  struct pen_col *to = j->to;
  int64_t row = j->row + (int64_t)r;
  to->valid[row >> 3] = (uint8_t)(to->valid[row >> 3] & ~(1u << (row & 7)));
  to->nulls++;
}

static inline void
put_bad (struct job *j, size_t r)
{
  j->n_bad += !j->bad[r];
  j->bad[r] = 1;
}

/* Not a value: null, or against a rule. */
static void
put_nothing (struct job *j, size_t r, enum csv_cell_is is)
{
  put_null (j, r);
  if (is == CELL_BAD)
    put_bad (j, r);
}

/* ---- numbers ---- */

/* n digits at p, 1..16, of which READ_AHEAD bytes can be read; false: something else. */
static inline bool
short_digits (const uint8_t *p, size_t n, uint64_t *v)
{
  const uint64_t zeros = 0x3030303030303030u;
  uint64_t low, high = zeros;

  if (n > 8)
    {
      low = pen_load8 (p + n - 8);
      high = pen_load8 (p);
      if (n < 16)
        high = high << (128 - 8 * n) | zeros >> (8 * n - 64);
    }
  else
    {
      low = pen_load8 (p);
      if (n < 8)
        low = low << (64 - 8 * n) | zeros >> (8 * n);
    }
  if (!pen_is_digits8 (low) || !pen_is_digits8 (high))
    return false;
  *v = pen_digits8 (low) + (n > 8 ? (uint64_t)pen_digits8 (high) * 100000000u : 0);
  return true;
}

static const uint64_t pow10_16[17] = { 1u,
                                       10u,
                                       100u,
                                       1000u,
                                       10000u,
                                       100000u,
                                       1000000u,
                                       10000000u,
                                       100000000u,
                                       1000000000u,
                                       10000000000u,
                                       100000000000u,
                                       1000000000000u,
                                       10000000000000u,
                                       100000000000000u,
                                       1000000000000000u,
                                       10000000000000000u };

/* A number of at most 16 digits before and 8 behind the point, of the column's scale or none. */
static inline bool
short_number (const struct job *j, const uint8_t *p, size_t n, int64_t *out)
{
  const struct csv_column *col = j->col;
  size_t scale = col->scale, whole;
  bool negative = n && *p == '-';
  uint64_t v = 0, part = 0;

  p += negative;
  n -= negative;
  whole = n;
  if (scale && n > scale + 1 && p[n - 1 - scale] == j->c->point)
    {
      whole = n - 1 - scale;
      if (scale > 8 || !short_digits (p + whole + 1, scale, &part))
        return false;
    }
  if (whole - 1 > 15 || whole + scale > col->precision || whole + scale > 16 || n > READ_AHEAD - 12
      || !short_digits (p, whole, &v))
    return false;
  v = v * pow10_16[scale] + part;
  *out = negative ? -(int64_t)v : (int64_t)v;
  return true;
}

static __attribute__ ((noinline)) enum csv_cell_is
any_number (const struct job *j, const struct csv_cell *cell, pen_i128 *v)
{
  union csv_value value;
  enum csv_cell_is is = csv_cell_read (j->c, j->col, cell->p, cell->n, cell->quoted, &value, NULL);
  *v = is == CELL_VALUE ? value.number : 0;
  return is;
}

/* One cell as a number of 64 bits; false: it is to be read by any_number(). */
static inline __attribute__ ((always_inline)) bool
quick_number (const struct job *j, const struct csv_cell *cell, int64_t *v, enum csv_cell_is *is)
{
  const struct csv_column *col = j->col;

  if (cell->n == 0 && !col->required)
    {
      *v = 0;
      *is = CELL_NULL;
      return true;
    }
  if (!cell->n || !is_readable (j, cell) || !short_number (j, cell->p, cell->n, v))
    return false;
  *is = col->has_range && (*v < col->min || *v > col->max) ? CELL_BAD : CELL_VALUE;
  return true;
}

static void
put_ints (struct job *j)
{
  int64_t *to = (int64_t *)(void *)j->to->data + j->row;
  bool quick = !j->col->nulls.n && !j->c->nulls.n;
  for (size_t r = 0; r < j->n; r++)
    {
      const struct csv_cell *cell = &j->cell[r * j->stride];
      enum csv_cell_is is;
      if (!quick || !quick_number (j, cell, &to[r], &is))
        {
          pen_i128 v;
          is = any_number (j, cell, &v);
          to[r] = (int64_t)v;
        }
      if (is != CELL_VALUE)
        put_nothing (j, r, is);
    }
}

static void
put_decimals (struct job *j)
{
  uint8_t *to = j->to->data + 16 * j->row;
  bool quick = !j->col->nulls.n && !j->c->nulls.n;
  for (size_t r = 0; r < j->n; r++)
    {
      const struct csv_cell *cell = &j->cell[r * j->stride];
      enum csv_cell_is is;
      int64_t number;
      if (quick && quick_number (j, cell, &number, &is))
        {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
          int64_t high = number >> 63; /* halves: a store of both together would wait for them */
          memcpy (to + 16 * r, &number, 8);
          memcpy (to + 16 * r + 8, &high, 8);
#else
          pen_dec_store (to + 16 * r, number);
#endif
        }
      else
        {
          pen_i128 v;
          is = any_number (j, cell, &v);
          pen_dec_store (to + 16 * r, v);
        }
      if (is != CELL_VALUE)
        put_nothing (j, r, is);
    }
}

/* ---- dates ---- */

static void
put_dates (struct job *j)
{
  const struct csv_column *col = j->col;
  int32_t *to = (int32_t *)(void *)j->to->data + j->row, day = 0;
  uint8_t last[10] = { 0 };
  bool quick = col->iso && !col->has_range && !col->nulls.n && !j->c->nulls.n;

  for (size_t r = 0; r < j->n; r++)
    {
      const struct csv_cell *cell = &j->cell[r * j->stride];
      union csv_value v = { 0 };
      enum csv_cell_is is;
      if (quick && cell->n == 10)
        {
          if (memcmp (cell->p, last, 10) == 0)
            {
              to[r] = day;
              continue;
            }
          if (pen_date_iso (cell->p, 10, &to[r]) == 0)
            {
              memcpy (last, cell->p, 10);
              day = to[r];
              continue;
            }
        }
      is = csv_cell_read (j->c, col, cell->p, cell->n, cell->quoted, &v, NULL);
      to[r] = is == CELL_VALUE ? (int32_t)v.number : 0;
      if (is != CELL_VALUE)
        put_nothing (j, r, is);
    }
}

static void
put_timestamps (struct job *j)
{
  const struct csv_column *col = j->col;
  int64_t *to = (int64_t *)(void *)j->to->data + j->row;
  bool quick = col->iso && !col->has_range && !col->nulls.n && !j->c->nulls.n;

  for (size_t r = 0; r < j->n; r++)
    {
      const struct csv_cell *cell = &j->cell[r * j->stride];
      union csv_value v = { 0 };
      enum csv_cell_is is;
      int zoned;
      if (quick && pen_time_iso (cell->p, cell->n, &to[r], &zoned) == 0 && !zoned && cell->n < 40)
        continue;
      is = csv_cell_read (j->c, col, cell->p, cell->n, cell->quoted, &v, NULL);
      to[r] = is == CELL_VALUE ? (int64_t)v.number : 0;
      if (is != CELL_VALUE)
        put_nothing (j, r, is);
    }
}

/* A cell of at most 16 bytes as two numbers, zeros behind it. */
static inline void
cell_key (const struct csv_cell *cell, uint64_t key[2])
{
  static const uint8_t mask[32] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
  uint64_t m[2];
  memcpy (key, cell->p, 16);
  memcpy (m, mask + 16 - cell->n, 16);
  key[0] &= m[0];
  key[1] &= m[1];
}

static inline bool
is_key (const struct csv_words *w, const uint64_t key[2], size_t n)
{
  for (size_t i = 0; i < w->n; i++)
    if (w->v[i].key[0] == key[0] && w->v[i].key[1] == key[1] && w->v[i].n == n)
      return true;
  return false;
}

static inline bool
has_key (const struct job *j, const struct csv_cell *cell, uint64_t key[2])
{
  if (cell->n == 0 || cell->n > 16 || !is_readable (j, cell) || j->col->nulls.n || j->c->nulls.n)
    return false;
  cell_key (cell, key);
  return true;
}

static void
put_bools (struct job *j)
{
  for (size_t r = 0; r < j->n; r++)
    {
      const struct csv_cell *cell = &j->cell[r * j->stride];
      union csv_value v = { 0 };
      enum csv_cell_is is = CELL_VALUE;
      int64_t row = j->row + (int64_t)r;
      uint64_t key[2];
      bool keyed = has_key (j, cell, key);
      if (keyed && is_key (&j->c->true_words, key, cell->n))
        v.number = 1;
      else if (!keyed || !is_key (&j->c->false_words, key, cell->n))
        is = csv_cell_read (j->c, j->col, cell->p, cell->n, cell->quoted, &v, NULL);
      if (is != CELL_VALUE)
        put_nothing (j, r, is);
      else if (v.number)
        j->to->data[row >> 3] = (uint8_t)(j->to->data[row >> 3] | 1u << (row & 7));
    }
}

/* ---- text ---- */

static bool
grow (struct csv *c, struct pen_col *to, size_t need)
{
  size_t room = to->room * 2 > need ? to->room * 2 : need;
  uint8_t *data = room <= INT32_MAX ? realloc (to->data, room + PEN_TABLE_SLACK) : NULL;
  if (!data)
    {
      c->status = c->host->fail (c->host->ctx, "csv: no memory for %zu bytes of text in one column", need);
      return false;
    }
  to->data = data;
  to->room = room;
  return true;
}

/* Is there more to look at than the text itself? */
static bool
has_text_rules (const struct job *j)
{
  const struct csv_column *col = j->col;
  return col->type == TYPE_ENUM || col->has_length || col->pattern.n || col->nulls.n || j->c->nulls.n;
}

static enum csv_cell_is
text_at (const struct job *j, const struct csv_cell *cell)
{
  union csv_value v;
  uint64_t key[2];
  if (j->col->type == TYPE_ENUM && has_key (j, cell, key) && is_key (&j->col->words, key, cell->n))
    return CELL_VALUE;
  if (cell->n == 0 && !cell->quoted && j->col->null_empty)
    return j->col->required ? CELL_BAD : CELL_NULL;
  return csv_cell_read (j->c, j->col, cell->p, cell->n, cell->quoted, &v, NULL);
}

static void
put_texts (struct job *j)
{
  struct pen_col *to = j->to;
  size_t used = to->used;
  int32_t *start = to->start + j->row + 1;
  bool rules = has_text_rules (j), quick_null = j->col->null_empty && j->col->type == TYPE_STRING;

  for (size_t r = 0; r < j->n; r++)
    {
      const struct csv_cell *cell = &j->cell[r * j->stride];
      size_t n = cell->n;
      if (PEN_UNLIKELY (rules || (n == 0 && !(quick_null && !j->col->required))))
        {
          enum csv_cell_is is = text_at (j, cell);
          if (is != CELL_VALUE)
            {
              put_nothing (j, r, is);
              n = 0;
            }
        }
      else if (n == 0 && !cell->quoted)
        put_null (j, r);
      if (PEN_UNLIKELY (used + n > to->room) && !grow (j->c, to, used + n))
        return;
      if (n <= READ_AHEAD && is_readable (j, cell))
        memcpy (to->data + used, cell->p, READ_AHEAD);
      else
        memcpy (to->data + used, cell->p, n);
      used += n;
      start[r] = (int32_t)used;
    }
  to->used = used;
}

/* ---- by type ---- */

void
csv_put_column (struct csv *c, size_t i, struct job *j)
{
  struct pen_table *t = &c->set.table[0];
  j->col = &c->col[i];
  j->to = &t->col[i];
  j->cell = c->cells + i;
  switch (j->col->type)
    {
    case TYPE_INT:
      put_ints (j);
      break;
    case TYPE_DECIMAL:
      put_decimals (j);
      break;
    case TYPE_DATE:
      put_dates (j);
      break;
    case TYPE_TIMESTAMP:
      put_timestamps (j);
      break;
    case TYPE_BOOL:
      put_bools (j);
      break;
    default:
      put_texts (j);
    }
  j->to->rows = j->row + (int64_t)j->n;
}
