/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c - puts waiting rows into the table's columns, one column after the other, with short ways for what is common.
 *
 * A short way may only take what csv_cell_read() would take, with the same value; all else goes there. Rows that break a
 * rule are found first, reported in their order, and the others are put again without them. */
#include <stdlib.h>
#include <string.h>
#include <penstock/date.h>
#include <penstock/scan.h>
#include "csv.h"

#define READ_AHEAD 32 /* bytes that a short way may read behind a cell's first byte */

/* One column of the waiting rows. */
struct job
{
  struct csv *c;
  const struct csv_column *col;
  struct pen_col *to;
  const struct csv_cell *cell; /* of the first row */
  size_t stride, n;
  int64_t row;         /* the table's, of the first one */
  const uint8_t *safe; /* up to here READ_AHEAD bytes can be read */
  uint8_t *bad;        /* by row */
  size_t n_bad;
  bool sums;
};

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

static void
add_sum (struct csv *c, pen_i128 v)
{
  const struct pen_out *out = c->out;
  if (!__builtin_add_overflow (c->sum, (int64_t)v, &c->sum))
    return;
  c->sum -= (int64_t)v; /* wraps back */
  if (c->status == PEN_OK)
    c->status = out->add (out->ctx, TOTAL_SUM + c->col[c->sum_col].scale, c->sum);
  c->sum = (int64_t)v;
}

static inline enum csv_cell_is
number_at (struct job *j, const struct csv_cell *cell, pen_i128 *v)
{
  const struct csv_column *col = j->col;
  union csv_value value;
  int64_t number;
  enum csv_cell_is is;

  if (cell->n == 0 && !col->required)
    return CELL_NULL;
  if (cell->n && is_readable (j, cell) && !col->nulls.n && !j->c->nulls.n
      && short_number (j, cell->p, cell->n, &number))
    {
      *v = number;
      return col->has_range && (number < col->min || number > col->max) ? CELL_BAD : CELL_VALUE;
    }
  is = csv_cell_read (j->c, col, cell->p, cell->n, cell->quoted, &value, NULL);
  *v = is == CELL_VALUE ? value.number : 0;
  return is;
}

static void
put_ints (struct job *j)
{
  int64_t *to = (int64_t *)(void *)j->to->data + j->row;
  for (size_t r = 0; r < j->n; r++)
    {
      pen_i128 v = 0;
      enum csv_cell_is is = number_at (j, &j->cell[r * j->stride], &v);
      to[r] = (int64_t)v;
      if (is != CELL_VALUE)
        put_nothing (j, r, is);
    }
}

static void
put_decimals (struct job *j)
{
  uint8_t *to = j->to->data + 16 * j->row;
  for (size_t r = 0; r < j->n; r++)
    {
      pen_i128 v = 0;
      enum csv_cell_is is = number_at (j, &j->cell[r * j->stride], &v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      memcpy (to + 16 * r, &v, 16);
#else
      pen_dec_store (to + 16 * r, v);
#endif
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

/* ---- a batch ---- */

static void
put_column (struct csv *c, size_t i, struct job *j)
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

static void
sum_rows (struct csv *c, int64_t row, size_t n)
{
  const struct pen_col *col;
  if (c->sum_col < 0)
    return;
  col = &c->set.table[0].col[c->sum_col];
  for (size_t r = 0; r < n; r++)
    add_sum (c, c->col[c->sum_col].type == TYPE_INT ? ((const int64_t *)(const void *)col->data)[row + (int64_t)r]
                                                    : pen_dec_load (col->data + 16 * (row + (int64_t)r)));
}

static void
put_lineage (struct csv *c, int64_t row)
{
  struct pen_table *t = &c->set.table[0];
  struct pen_col *col = &t->col[c->n_cols];
  int64_t *offset = (int64_t *)(void *)col[0].data + row, *line = (int64_t *)(void *)col[2].data + row;
  int32_t *length = (int32_t *)(void *)col[1].data + row;
  uint64_t base = c->chunk->offset;
  bool plain = c->text.encoding == ENC_UTF8;

  for (size_t r = 0; r < c->n_rows; r++)
    {
      const struct csv_row *w = &c->row[r];
      size_t from = plain ? w->at : csv_source (&c->text, w->at), to = plain ? w->end : csv_source (&c->text, w->end);
      offset[r] = (int64_t)(base + from);
      length[r] = (int32_t)(to - from);
      line[r] = (int64_t)w->line;
      t->order[row + (int64_t)r] = base + from;
    }
  for (int i = 0; i < PEN_LINEAGE_COLS; i++)
    col[i].rows = row + (int64_t)c->n_rows;
}

void
csv_row_refuse (struct csv *c, const struct csv_cell *cells, const struct csv_row *row)
{
  struct csv_bad bad;
  union csv_value v;
  unsigned found = 0;

  for (size_t i = 0; i < c->n_cols && found < 8; i++)
    {
      if (csv_cell_read (c, &c->col[i], cells[i].p, cells[i].n, cells[i].quoted, &v, &bad) != CELL_BAD)
        continue;
      csv_find (c, PEN_SEV_RECORD, row->at, row->end, row->line, c->col[i].name, bad.rule, "%s", bad.text);
      found++;
    }
  if (c->sum_col >= 0
      && csv_cell_read (c, &c->col[c->sum_col], cells[c->sum_col].p, cells[c->sum_col].n, false, &v, NULL)
             == CELL_VALUE)
    add_sum (c, v.number);
  c->n_rejected++;
}

/* Reports the bad rows and takes them out. */
static void
drop_bad (struct csv *c, const uint8_t *bad)
{
  size_t kept = 0;
  for (size_t r = 0; r < c->n_rows; r++)
    {
      struct csv_cell *cells = c->cells + r * c->n_cols;
      if (bad[r])
        {
          csv_row_refuse (c, cells, &c->row[r]);
          continue;
        }
      if (kept != r)
        {
          memcpy (c->cells + kept * c->n_cols, cells, c->n_cols * sizeof *cells);
          c->row[kept] = c->row[r];
        }
      kept++;
    }
  c->n_rows = kept;
}

void
csv_batch_end (struct csv *c)
{
  struct pen_table *t = &c->set.table[0];
  uint8_t bad[BATCH_MAX];

  while (c->n_rows && c->status == PEN_OK)
    {
      if (!pen_row_room (t, (int64_t)c->n_rows))
        csv_flush (c);
      struct job j = { .c = c, .stride = c->n_cols, .n = c->n_rows, .row = t->rows, .bad = bad };
      size_t ahead = c->text.n < READ_AHEAD ? 0 : c->text.n - READ_AHEAD;
      j.safe = c->text.n < READ_AHEAD ? NULL : c->text.p + ahead;
      memset (bad, 0, sizeof bad);
      for (size_t i = 0; i < c->n_cols && c->status == PEN_OK; i++)
        put_column (c, i, &j);
      if (c->status != PEN_OK)
        break;
      if (j.n_bad)
        {
          pen_rows_truncate (t, j.row);
          drop_bad (c, bad);
          continue;
        }
      sum_rows (c, j.row, c->n_rows);
      put_lineage (c, j.row);
      t->rows += (int64_t)c->n_rows;
      for (size_t i = 0; i < c->n_cols; i++)
        if (t->col[i].type == PEN_COL_UTF8 && t->col[i].used > c->set.full_bytes)
          c->set.grown_text = c->set.full_bytes;
      break;
    }
  c->n_rows = 0;
  c->scratch_n = 0;
  if (c->status == PEN_OK && pen_tables_full (&c->set))
    csv_flush (c);
}

void
csv_flush (struct csv *c)
{
  if (c->status == PEN_OK && c->set.table[0].rows)
    c->status = pen_tables_flush (&c->set, c->out);
}

static const struct
{
  uint8_t type;
} kinds[] = {
  [TYPE_STRING] = { PEN_COL_UTF8 }, [TYPE_INT] = { PEN_COL_INT64 },           [TYPE_DECIMAL] = { PEN_COL_DECIMAL },
  [TYPE_DATE] = { PEN_COL_DATE32 }, [TYPE_TIMESTAMP] = { PEN_COL_TIMESTAMP }, [TYPE_BOOL] = { PEN_COL_BOOL },
  [TYPE_ENUM] = { PEN_COL_UTF8 }
};

int
csv_columns_init (struct csv *c)
{
  size_t rows = 32768 / c->n_cols;

  rows = rows > 2048 ? 2048 : rows < BATCH_MAX ? BATCH_MAX : rows;
  c->batch_rows = 4096 / c->n_cols;
  c->batch_rows = c->batch_rows > BATCH_MAX ? BATCH_MAX : c->batch_rows < 16 ? 16 : c->batch_rows;
  c->spec = calloc (c->n_cols, sizeof *c->spec);
  c->cells = calloc (c->batch_rows * c->n_cols, sizeof *c->cells);
  c->row = calloc (c->batch_rows, sizeof *c->row);
  c->lexed = calloc (CSV_FILE_COLUMNS, sizeof *c->lexed);
  if (!c->spec || !c->cells || !c->row || !c->lexed)
    return -1;
  for (size_t i = 0; i < c->n_cols; i++)
    c->spec[i] = (struct pen_col_spec){ .name = c->col[i].name,
                                        .type = kinds[c->col[i].type].type,
                                        .nullable = 1,
                                        .precision = c->col[i].precision,
                                        .scale = c->col[i].scale,
                                        .width = 8,
                                        .zone = c->col[i].zoned ? "UTC" : NULL };
  for (size_t i = 0; i < c->n_cols; i++)
    c->spec[i].nullable = !c->col[i].required;
  c->table_spec = (struct pen_table_spec){ c->o->table, c->spec, c->n_cols };
  return pen_tables_init (&c->set, &c->table_spec, 1, (int64_t)rows, 0);
}
