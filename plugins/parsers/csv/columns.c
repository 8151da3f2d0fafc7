/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c - makes batches of the rows that wait: those that break a rule are found first, reported in their order, and the
 * others are put again without them. */
#include <stdlib.h>
#include <string.h>
#include "put.h"

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
      if (c->far.is_set) /* it is alone */
        {
          offset[r] = (int64_t)c->far.at;
          length[r] = (int32_t)c->far.length;
          line[r] = (int64_t)c->far.line;
          t->order[row + (int64_t)r] = c->far.order;
        }
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
        csv_put_column (c, i, &j);
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
  if (c->status == PEN_OK && (c->set.table[0].rows || (c->set.n > 1 && c->set.table[1].rows)))
    c->status = pen_tables_flush (&c->set, c->out);
}

static const struct pen_col_spec pieces[] = {
  { "record_offset", PEN_COL_INT64, 0, 0, 0, 0, "_offset of the row that the field belongs to", NULL },
  { "field", PEN_COL_UTF8, 0, 0, 0, 0, "its column", NULL },
  { "piece", PEN_COL_INT64, 0, 0, 0, 0, "1, 2, ... within the field", NULL },
  { "text", PEN_COL_UTF8, 0, 0, 0, 0, "the piece", NULL },
};

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
  c->table_spec[0] = (struct pen_table_spec){ c->o->table, c->spec, c->n_cols };
  c->table_spec[1] = (struct pen_table_spec){ c->pieces_name, pieces, sizeof pieces / sizeof *pieces };
  return pen_tables_init (&c->set, c->table_spec, 1 + c->d.streams, (int64_t)rows, 0);
}
