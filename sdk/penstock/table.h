/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - builds the rows of a parser's tables as Arrow batches, in memory that is taken once and used again.
 *
 *   static const struct pen_col_spec cols[] = { { "amount", PEN_COL_DECIMAL, 0, 12, 2 }, { "name", PEN_COL_UTF8, 1 } };
 *   static const struct pen_table_spec specs[] = { { "entries", cols, 2 } };
 *   pen_tables_init (&set, specs, 1, 4096, 512 << 10);          in create()
 *   pen_tables_schema (&set, table, name, schema);              in schema()
 *   t = &set.table[0];
 *   pen_put_money (t, 0, cents); pen_put_text (t, 1, p, n);      in parse(), then for each row
 *   pen_row_end (t, order, offset, length, line);
 *   if (pen_tables_full (&set)) status = pen_tables_flush (&set, out);
 *   pen_tables_fini (&set);                                     in destroy()
 *
 * A column that gets no value in a row is null there, for nothing: a column pays only for rows in which it is used. Its
 * validity bitmap is handed out only if a null occurred. Every table ends with the lineage columns _offset, _length,
 * _line, which pen_row_end() fills (line 0 is null); the host adds _object.
 *
 * Two ways to write. pen_put_*() check nothing and need room: pen_row_room() says yes, and for text the column's
 * `width` is the most that one row may take. pen_add_text() and pen_row_reserve() grow as needed and can fail for want
 * of memory. One set belongs to one thread. Misuse (too wide, a null where none is allowed) is a bug and aborts. */
#ifndef PENSTOCK_TABLE_H
#define PENSTOCK_TABLE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/plugin.h>
#include <penstock/decimal.h>

#define PEN_LINEAGE_COLS 3
#define PEN_TABLE_SLACK 64 /* bytes that a copy may write past a text */
#define PEN_TABLE_ROWS 4096
#define PEN_TABLE_BYTES (512u << 10)

#if defined(__GNUC__)
#define PEN_UNLIKELY(x) __builtin_expect (!!(x), 0)
#else
#define PEN_UNLIKELY(x) (x)
#endif

enum pen_col_type
{
  PEN_COL_UTF8 = 1,
  PEN_COL_INT64,
  PEN_COL_INT32,
  PEN_COL_BOOL,
  PEN_COL_DECIMAL,   /* decimal128 of `precision` and `scale` */
  PEN_COL_DATE32,    /* days since 1970-01-01 */
  PEN_COL_TIMESTAMP, /* microseconds since 1970-01-01; `zone` "" or "UTC" */
};

/* A column as its author declares it; static, borrowed by the set. */
struct pen_col_spec
{
  const char *name;
  uint8_t type;             /* enum pen_col_type */
  uint8_t nullable;         /* 0: every row has a value */
  uint8_t precision, scale; /* PEN_COL_DECIMAL */
  uint32_t width;           /* PEN_COL_UTF8: room kept per row, in bytes; 0: 16 */
  const char *doc;          /* one sentence for describe and man pages, or NULL */
  const char *zone;         /* PEN_COL_TIMESTAMP; NULL: none */
};
struct pen_table_spec
{
  const char *name;
  const struct pen_col_spec *col;
  size_t n_cols; /* without the lineage columns */
};

struct pen_col
{
  int64_t rows; /* rows that have a value or a null here; the table may be ahead */
  int64_t nulls;
  uint8_t *data;  /* values, bits, or text */
  int32_t *start; /* text: where each row begins, rows + 1 of them */
  uint8_t *valid; /* bitmap: all ones but for nulls */
  size_t used;    /* text: bytes */
  size_t room;    /* text: bytes that data has, without the slack */
  uint32_t width;
  uint8_t type, nullable;
  char format[24];
};

struct pen_table
{
  int64_t rows, cap; /* rows finished; rows that there is room for */
  struct pen_col *col;
  size_t n_cols; /* with lineage */
  const struct pen_table_spec *spec;
  uint64_t *order; /* the input offset that completed each row */
  struct pen_tables *set;
  struct ArrowArray batch, *array, **child;
  struct ArrowSchema *schema, **schema_child;
  const void *root_buffer[1];
  const void *(*buffer)[3];
};

struct pen_tables
{
  struct pen_table *table;
  size_t n;
  int64_t full_rows;             /* per table */
  size_t full_bytes, grown_text; /* of text that pen_add_text() brought since the last flush */
  uint8_t *zeros;                /* what columns without any value point to */
  size_t n_zeros;
};

static inline size_t
pen_col_size_ (uint8_t type)
{
  switch (type)
    {
    case PEN_COL_INT32:
    case PEN_COL_DATE32:
      return 4;
    case PEN_COL_INT64:
    case PEN_COL_TIMESTAMP:
      return 8;
    case PEN_COL_DECIMAL:
      return 16;
    default:
      return 0; /* bits and text */
    }
}

static inline void
pen_col_format_ (struct pen_col *c, const struct pen_col_spec *s)
{
  switch (s->type)
    {
    case PEN_COL_UTF8:
      snprintf (c->format, sizeof c->format, "u");
      break;
    case PEN_COL_INT64:
      snprintf (c->format, sizeof c->format, "l");
      break;
    case PEN_COL_INT32:
      snprintf (c->format, sizeof c->format, "i");
      break;
    case PEN_COL_BOOL:
      snprintf (c->format, sizeof c->format, "b");
      break;
    case PEN_COL_DECIMAL:
      snprintf (c->format, sizeof c->format, "d:%u,%u", s->precision, s->scale);
      break;
    case PEN_COL_DATE32:
      snprintf (c->format, sizeof c->format, "tdD");
      break;
    case PEN_COL_TIMESTAMP:
      snprintf (c->format, sizeof c->format, "tsu:%.18s", s->zone ? s->zone : "");
      break;
    default:
      abort ();
    }
}

/* Gives a column room for `cap` rows in all (old: rows that it had room for); 0, or -1 without memory. */
static inline int
pen_col_rows_ (struct pen_col *c, int64_t cap, int64_t old)
{
  size_t bits = ((size_t)cap + 7) / 8 + 8, old_bits = old ? ((size_t)old + 7) / 8 + 8 : 0;
  uint8_t *valid = (uint8_t *)realloc (c->valid, bits);
  if (!valid)
    return -1;
  c->valid = valid;
  memset (valid + old_bits, 0xff, bits - old_bits);
  if (c->type == PEN_COL_UTF8)
    {
      int32_t *start = (int32_t *)realloc (c->start, ((size_t)cap + 1) * sizeof *start);
      if (!start)
        return -1;
      c->start = start;
      if (!old)
        start[0] = 0;
      if (c->room < (size_t)cap * c->width)
        {
          uint8_t *data = (uint8_t *)realloc (c->data, (size_t)cap * c->width + PEN_TABLE_SLACK);
          if (!data)
            return -1;
          c->data = data;
          c->room = (size_t)cap * c->width;
        }
      return 0;
    }
  size_t size = c->type == PEN_COL_BOOL ? bits : (size_t)cap * pen_col_size_ (c->type);
  uint8_t *data = (uint8_t *)realloc (c->data, size);
  if (!data)
    return -1;
  c->data = data;
  if (c->type == PEN_COL_BOOL)
    memset (data + old_bits, 0, bits - old_bits);
  return 0;
}

/* Gives a table room for `rows` rows in all; 0, or -1 without memory (nothing is lost then). */
static inline int
pen_table_grow_ (struct pen_table *t, int64_t rows)
{
  size_t n_zeros = ((size_t)rows + 1) * 16;
  for (size_t i = 0; i < t->n_cols; i++)
    if (pen_col_rows_ (&t->col[i], rows, t->cap))
      return -1;
  uint64_t *order = (uint64_t *)realloc (t->order, (size_t)rows * sizeof *order);
  if (!order)
    return -1;
  t->order = order;
  if (n_zeros > t->set->n_zeros)
    {
      uint8_t *zeros = (uint8_t *)realloc (t->set->zeros, n_zeros);
      if (!zeros)
        return -1;
      memset (zeros, 0, n_zeros);
      t->set->zeros = zeros;
      t->set->n_zeros = n_zeros;
    }
  t->cap = rows;
  return 0;
}

/* Consumers call release() on their copy; what it points to belongs to the set. */
static inline void
pen_schema_release_ (struct ArrowSchema *s)
{
  s->release = NULL;
}
static inline void
pen_array_release_ (struct ArrowArray *a)
{
  a->release = NULL;
}

static inline int
pen_table_init_ (struct pen_table *t, struct pen_tables *set, const struct pen_table_spec *spec, int64_t rows)
{
  static const struct pen_col_spec lineage[PEN_LINEAGE_COLS] = {
    { "_offset", PEN_COL_INT64, 0, 0, 0, 0, "input offset of the record's first byte", NULL },
    { "_length", PEN_COL_INT32, 0, 0, 0, 0, "bytes of the record", NULL },
    { "_line", PEN_COL_INT64, 1, 0, 0, 0, "line number of the record, from 1", NULL }
  };
  size_t n = spec->n_cols + PEN_LINEAGE_COLS;

  t->set = set;
  t->spec = spec;
  t->n_cols = n;
  t->col = (struct pen_col *)calloc (n, sizeof *t->col);
  t->array = (struct ArrowArray *)calloc (n, sizeof *t->array);
  t->child = (struct ArrowArray **)calloc (n, sizeof *t->child);
  t->schema = (struct ArrowSchema *)calloc (n, sizeof *t->schema);
  t->schema_child = (struct ArrowSchema **)calloc (n, sizeof *t->schema_child);
  t->buffer = (const void *(*)[3])calloc (n, sizeof *t->buffer);
  if (!t->col || !t->array || !t->child || !t->schema || !t->schema_child || !t->buffer)
    return -1;
  for (size_t i = 0; i < n; i++)
    {
      const struct pen_col_spec *s = i < spec->n_cols ? &spec->col[i] : &lineage[i - spec->n_cols];
      struct pen_col *c = &t->col[i];
      c->type = s->type;
      c->nullable = s->nullable;
      c->width = s->type == PEN_COL_UTF8 ? (s->width ? s->width : 16) : 0;
      pen_col_format_ (c, s);
      t->schema_child[i] = &t->schema[i];
      t->schema[i].format = c->format;
      t->schema[i].name = s->name;
      t->schema[i].flags = s->nullable ? ARROW_FLAG_NULLABLE : 0;
      t->schema[i].release = pen_schema_release_;
      t->child[i] = &t->array[i];
    }
  return rows ? pen_table_grow_ (t, rows) : 0;
}

static inline void
pen_tables_fini (struct pen_tables *set)
{
  for (size_t k = 0; set->table && k < set->n; k++)
    {
      struct pen_table *t = &set->table[k];
      for (size_t i = 0; t->col && i < t->n_cols; i++)
        {
          free (t->col[i].data);
          free (t->col[i].start);
          free (t->col[i].valid);
        }
      free (t->col);
      free (t->array);
      free (t->child);
      free (t->schema);
      free (t->schema_child);
      free (t->buffer);
      free (t->order);
    }
  free (set->table);
  free (set->zeros);
  memset (set, 0, sizeof *set);
}

static inline int
pen_tables_init_ (struct pen_tables *set, const struct pen_table_spec *specs, size_t n, int64_t rows, size_t full_bytes,
                  int at_once)
{
  memset (set, 0, sizeof *set);
  set->full_rows = rows ? rows : PEN_TABLE_ROWS;
  set->full_bytes = full_bytes ? full_bytes : PEN_TABLE_BYTES;
  set->table = (struct pen_table *)calloc (n, sizeof *set->table);
  if (!set->table)
    return -1;
  set->n = n;
  for (size_t i = 0; i < n; i++)
    if (pen_table_init_ (&set->table[i], set, &specs[i], at_once ? set->full_rows : 0))
      {
        pen_tables_fini (set);
        return -1;
      }
  return 0;
}

/* Takes memory for `rows` rows of every table (0: PEN_TABLE_ROWS) and as many texts of their widths. full_bytes (0:
 * PEN_TABLE_BYTES): text after which pen_tables_full() says yes. `specs` is borrowed. 0, or -1 without memory. */
static inline int
pen_tables_init (struct pen_tables *set, const struct pen_table_spec *specs, size_t n, int64_t rows, size_t full_bytes)
{
  return pen_tables_init_ (set, specs, n, rows, full_bytes, 1);
}

/* The same for many tables of which an input uses few: each takes its memory with its first row, so every row begins with
 * pen_row_reserve(). */
static inline int
pen_tables_init_lazy (struct pen_tables *set, const struct pen_table_spec *specs, size_t n, int64_t rows,
                      size_t full_bytes)
{
  return pen_tables_init_ (set, specs, n, rows, full_bytes, 0);
}

/* Memory that the set holds, in bytes. */
static inline size_t
pen_tables_memory (const struct pen_tables *set)
{
  size_t sum = set->n_zeros;
  for (size_t k = 0; k < set->n; k++)
    {
      const struct pen_table *t = &set->table[k];
      sum += (size_t)t->cap * 8 + t->n_cols * (sizeof *t->col + sizeof *t->array + sizeof *t->schema + 40);
      for (size_t i = 0; i < t->n_cols; i++)
        sum += t->col[i].room + (size_t)t->cap * (pen_col_size_ (t->col[i].type) + (t->col[i].start ? 4 : 0))
               + (size_t)t->cap / 8;
    }
  return sum;
}

/* The parser's schema(): *name and what *out points to live as long as the set. PEN_EOF past the last table. */
static inline int
pen_tables_schema (struct pen_tables *set, unsigned table, const char **name, struct ArrowSchema *out)
{
  if (table >= set->n)
    return PEN_EOF;
  struct pen_table *t = &set->table[table];
  memset (out, 0, sizeof *out);
  *name = t->spec->name;
  out->format = "+s";
  out->name = t->spec->name;
  out->n_children = (int64_t)t->n_cols;
  out->children = t->schema_child;
  out->release = pen_schema_release_;
  return PEN_OK;
}

/* ---- room ---- */

/* 1 when pen_put_*() may write n more rows. */
static inline int
pen_row_room (const struct pen_table *t, int64_t n)
{
  return t->cap - t->rows >= n;
}

/* Makes room for n more rows; 0, or -1 without memory. */
static inline int
pen_row_reserve (struct pen_table *t, int64_t n)
{
  int64_t cap = t->cap ? t->cap : t->set->full_rows;
  if (t->cap - t->rows >= n)
    return 0;
  while (cap - t->rows < n)
    cap *= 2;
  return pen_table_grow_ (t, cap);
}

/* 1 when it is time to flush: a table has its rows, or texts have grown to full_bytes. */
static inline int
pen_tables_full (const struct pen_tables *set)
{
  if (set->grown_text >= set->full_bytes)
    return 1;
  for (size_t i = 0; i < set->n; i++)
    if (set->table[i].rows >= set->full_rows)
      return 1;
  return 0;
}

/* ---- nulls ---- */

static inline void
pen_col_null_ (struct pen_col *c, int64_t row)
{
  c->valid[row >> 3] = (uint8_t)(c->valid[row >> 3] & ~(1u << (row & 7)));
  c->nulls++;
  if (c->type == PEN_COL_UTF8)
    c->start[row + 1] = (int32_t)c->used;
  else if (pen_col_size_ (c->type))
    memset (c->data + (size_t)row * pen_col_size_ (c->type), 0, pen_col_size_ (c->type));
}

/* Nulls for the rows in which the column was not used. */
static inline void
pen_col_fill_ (struct pen_col *c, int64_t rows)
{
  if (!c->nullable && c->rows < rows)
    abort ();
  for (; c->rows < rows; c->rows++)
    pen_col_null_ (c, c->rows);
}

/* ---- hand-over ---- */

static inline void
pen_col_export_ (struct pen_table *t, size_t i)
{
  struct pen_col *c = &t->col[i];
  struct ArrowArray *a = &t->array[i];
  const void **b = t->buffer[i];
  int untouched = c->rows == 0;

  if (untouched && !c->nullable)
    abort ();
  if (!untouched)
    pen_col_fill_ (c, t->rows);
  a->length = t->rows;
  a->null_count = untouched ? t->rows : c->nulls;
  a->offset = 0;
  a->n_buffers = c->type == PEN_COL_UTF8 ? 3 : 2;
  a->buffers = b;
  a->release = pen_array_release_;
  b[0] = untouched ? t->set->zeros : c->nulls ? c->valid : NULL;
  b[1] = untouched ? t->set->zeros : c->type == PEN_COL_UTF8 ? (const void *)c->start : (const void *)c->data;
  b[2] = c->data;
}

static inline void
pen_col_reset_ (struct pen_col *c)
{
  if (!c->rows)
    return;
  if (c->nulls)
    memset (c->valid, 0xff, ((size_t)c->rows + 7) / 8);
  if (c->type == PEN_COL_BOOL)
    memset (c->data, 0, ((size_t)c->rows + 7) / 8);
  c->rows = c->nulls = 0;
  c->used = 0;
}

/* The rows that there are, as one borrowed struct array; valid until pen_tables_reset(). */
static inline const struct ArrowArray *
pen_table_batch (struct pen_table *t)
{
  for (size_t i = 0; i < t->n_cols; i++)
    pen_col_export_ (t, i);
  t->batch.length = t->rows;
  t->batch.null_count = 0;
  t->batch.offset = 0;
  t->batch.n_buffers = 1;
  t->batch.buffers = t->root_buffer;
  t->batch.n_children = (int64_t)t->n_cols;
  t->batch.children = t->child;
  t->batch.release = pen_array_release_;
  return &t->batch;
}

/* Forgets all rows; the memory stays. Also at the start of parse(), should the last call have failed half-way. */
static inline void
pen_tables_reset (struct pen_tables *set)
{
  for (size_t k = 0; k < set->n; k++)
    {
      for (size_t i = 0; set->table[k].cap && i < set->table[k].n_cols; i++)
        pen_col_reset_ (&set->table[k].col[i]);
      set->table[k].rows = 0;
    }
  set->grown_text = 0;
}

/* Hands all finished rows over and starts anew. Only between records: a promise to the host that no row with a smaller
 * order comes. Returns what the host returned. */
static inline int
pen_tables_flush (struct pen_tables *set, const struct pen_out *out)
{
  int status = PEN_OK;
  for (size_t k = 0; k < set->n && status == PEN_OK; k++)
    {
      struct pen_table *t = &set->table[k];
      if (t->rows)
        status = out->emit (out->ctx, (unsigned)k, pen_table_batch (t), t->order);
    }
  if (status == PEN_OK)
    status = out->flush (out->ctx);
  pen_tables_reset (set);
  return status;
}
#include <penstock/table_put.h>
#endif
