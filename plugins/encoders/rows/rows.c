/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - the rows encoder: typed values in the binary format of penstock/rows.h, for sinks that bind them. */
#include <penstock/column.h>
#include <penstock/plugin.h>
#include <penstock/rows.h>
#include <stdlib.h>

struct column
{
  struct pen_column c;
  int kind, tag;
};
struct table
{
  char *name; /* owned */
  size_t n;
  struct column *col;
};
struct rows
{
  const struct pen_host *host;
  size_t n;
  struct table *table;
};

static int
rows_create (const struct pen_host *host, const void *options, void **self)
{
  struct rows *r = calloc (1, sizeof *r);

  (void)options;
  if (!r)
    return host->fail (host->ctx, "out of memory");
  r->host = host;
  *self = r;
  return PEN_OK;
}

static void
table_fini (struct table *t)
{
  free (t->name);
  free (t->col);
  memset (t, 0, sizeof *t);
}

static void
rows_destroy (void *self)
{
  struct rows *r = self;

  for (size_t i = 0; i < r->n; i++)
    table_fini (&r->table[i]);
  free (r->table);
  free (r);
}

static int
grow (struct rows *r, size_t n)
{
  struct table *t;

  if (n <= r->n)
    return 0;
  t = realloc (r->table, n * sizeof *t);
  if (!t)
    return -1;
  memset (t + r->n, 0, (n - r->n) * sizeof *t);
  r->table = t;
  r->n = n;
  return 0;
}

static int
rows_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema, int merged)
{
  struct rows *r = self;
  struct table *t;

  (void)merged; /* each row says of which table it is */
  if (table > UINT16_MAX || schema->n_children > UINT16_MAX)
    return r->host->fail (r->host->ctx, "table %s: number %u of %lld columns is more than a row can say", name, table,
                          (long long)schema->n_children);
  if (grow (r, (size_t)table + 1))
    return r->host->fail (r->host->ctx, "out of memory");
  t = &r->table[table];
  table_fini (t);
  t->n = (size_t)schema->n_children;
  t->name = strdup (name);
  t->col = calloc (t->n ? t->n : 1, sizeof *t->col);
  if (!t->name || !t->col)
    return r->host->fail (r->host->ctx, "out of memory");
  for (size_t i = 0; i < t->n; i++)
    {
      const struct ArrowSchema *s = schema->children[i];
      struct pen_type type;
      if (pen_type_read (s, &type))
        return r->host->fail (r->host->ctx, "table %s, column %s: format \"%s\" is not known", name,
                              s->name ? s->name : "", s->format ? s->format : "");
      t->col[i].kind = type.kind;
      t->col[i].tag = pen_rows_tag_of (type.kind);
    }
  return PEN_OK;
}

static inline uint8_t *
put_value (const struct column *c, int64_t row, uint8_t *p)
{
  const int64_t i = c->c.first + row;
  const uint8_t *s;
  int64_t v;
  size_t n;

  if (pen_column_is_null (&c->c, row))
    return pen_rows_null (p);
  switch (c->kind)
    {
    case PEN_KIND_BOOL:
      return pen_rows_i32 (p, c->tag, pen_bit (c->c.values, i));
    case PEN_KIND_INT32:
    case PEN_KIND_DATE:
      return pen_rows_i32 (p, c->tag, ((const int32_t *)(const void *)c->c.values)[i]);
    case PEN_KIND_INT64:
    case PEN_KIND_TIMESTAMP:
    case PEN_KIND_FLOAT64:
      memcpy (&v, c->c.values + i * 8, 8);
      return pen_rows_i64 (p, c->tag, v);
    case PEN_KIND_DECIMAL:
      return pen_rows_decimal (p, c->c.values + i * 16);
    default:
      return pen_column_bytes (&c->c, row, &s, &n) ? NULL : pen_rows_bytes (p, c->tag, s, n);
    }
}

/* Exact for text and binary, an upper bound for the rest. */
static size_t
row_bound (const struct table *t, int64_t row)
{
  size_t bytes = PEN_ROWS_HEAD + t->n * PEN_ROWS_VALUE_MAX, n;
  const uint8_t *s;

  for (const struct column *c = t->col, *end = c + t->n; c < end; c++)
    if (c->c.offsets && !pen_column_is_null (&c->c, row) && !pen_column_bytes (&c->c, row, &s, &n))
      bytes += n;
  return bytes;
}

/* What the row takes, to the byte. */
static size_t
row_size (const struct table *t, int64_t row)
{
  static const uint8_t width[] = { 1, 5, 9, 9, 5, 5, 17, 5, 9 };
  size_t bytes = PEN_ROWS_HEAD, n;
  const uint8_t *s;

  for (const struct column *c = t->col, *end = c + t->n; c < end; c++)
    {
      int is_null = pen_column_is_null (&c->c, row);
      bytes += width[is_null ? PEN_ROWS_NULL : c->tag];
      if (!is_null && c->c.offsets && !pen_column_bytes (&c->c, row, &s, &n))
        bytes += n;
    }
  return bytes;
}

static int
rows_encode (void *self, unsigned table, const struct ArrowArray *batch, size_t *row, size_t end, void *buf, size_t cap,
             size_t *n)
{
  struct rows *r = self;
  struct table *t = &r->table[table];
  uint8_t *start = buf, *p = start;

  *n = 0;
  for (size_t i = 0; i < t->n; i++)
    if (pen_column_open (batch, (int64_t)i, t->col[i].kind, &t->col[i].c))
      return r->host->fail (r->host->ctx, "table %s, column %zu: the batch is not what its schema says", t->name, i);
  for (; *row < end; ++*row)
    {
      uint8_t *first = p;
      size_t room = cap - (size_t)(p - start);
      if (row_bound (t, (int64_t)*row) > room && row_size (t, (int64_t)*row) > room)
        return PEN_MORE;
      p = pen_rows_begin (p);
      for (size_t i = 0; i < t->n; i++)
        if (!(p = put_value (&t->col[i], (int64_t)*row, p)))
          return r->host->fail (r->host->ctx, "table %s, column %zu: row %zu of the batch is not in its dictionary",
                                t->name, i, *row);
      p = pen_rows_finish (first, p, table, (unsigned)t->n);
      *n = (size_t)(p - start);
    }
  return PEN_OK;
}

static const struct pen_encoder rows_encoder = {
  .size = sizeof (struct pen_encoder),
  .flags = PEN_ENC_MERGES,
  .create = rows_create,
  .table = rows_table,
  .encode = rows_encode,
  .destroy = rows_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "rows",
  .version = "1",
  .summary = "typed values in a compact binary form, for database sinks",
  .doc = "The encoder of sinks that bind values instead of storing bytes, such as sqlite. The format is described in "
         "penstock/rows.h, which has a reader for it.",
  .encoder = &rows_encoder,
};
