/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - the CSV encoder: one table per stream, a header row first, RFC 4180 or what the receiver needs instead.
 *
 * As in PostgreSQL's COPY, a null is the null word without quotes; a text that reads the same gets quotes. */
#include "cell.h"
#include <penstock/column.h>
#include <penstock/plugin.h>
#include <penstock/print.h>
#include <stdbool.h>
#include <stdlib.h>

enum quoting
{
  QUOTE_MINIMAL = 0,
  QUOTE_ALL,
};
struct csv_options
{
  int delimiter, quote, line_end, formula_guard;
  const char *null;
  bool header;
};

#define RUN 128  /* rows whose room is checked at once */
#define SLACK 64 /* bytes after a row that may be scribbled over */

struct column
{
  struct pen_column c;
  struct pen_type type;
  const uint8_t *readable; /* end of the text of all rows */
  char *name;              /* owned */
  int32_t day;             /* whose text `date` is */
  uint32_t date_len;       /* 0: none yet */
  uint8_t date[32];
};
struct table
{
  char *name; /* owned */
  size_t n;
  struct column *col;
  size_t fixed; /* bytes that a row needs at most, but for text and binary values */
};
struct csv
{
  const struct pen_host *host;
  const struct csv_options *o;
  uint8_t delimiter;
  int flags; /* enum cell_flags */
  const char *null;
  size_t null_len;
  size_t n;
  struct table *table;
  uint8_t *scratch; /* for a row that fits by its length, but not by its bound */
  size_t scratch_cap;
};

static int
csv_check (const struct pen_host *host, const void *options)
{
  const struct csv_options *o = options;

  if (o->null && (strpbrk (o->null, "\",;|\t\r\n") || strlen (o->null) > 32))
    return host->fail (host->ctx, "null: \"%s\" has a quote, a delimiter or a line end in it, or more than 32 bytes",
                       o->null);
  return PEN_OK;
}

static int
csv_create (const struct pen_host *host, const void *options, void **self)
{
  struct csv *c;

  if (csv_check (host, options))
    return PEN_ERR;
  c = calloc (1, sizeof *c);
  if (!c)
    return host->fail (host->ctx, "out of memory");
  c->host = host;
  c->o = options;
  c->delimiter = (uint8_t) ",\t;|"[c->o->delimiter];
  c->flags = (c->o->quote == QUOTE_ALL ? CELL_QUOTE : 0) | (c->o->formula_guard ? CELL_GUARD : 0);
  c->null = c->o->null ? c->o->null : "";
  c->null_len = strlen (c->null);
  *self = c;
  return PEN_OK;
}

static void
table_fini (struct table *t)
{
  for (size_t i = 0; t->col && i < t->n; i++)
    free (t->col[i].name);
  free (t->col);
  free (t->name);
  memset (t, 0, sizeof *t);
}

static void
csv_destroy (void *self)
{
  struct csv *c = self;

  for (size_t i = 0; i < c->n; i++)
    table_fini (&c->table[i]);
  free (c->table);
  free (c->scratch);
  free (c);
}

/* ---- tables ---- */

static int
grow (struct csv *c, size_t n)
{
  struct table *t;

  if (n <= c->n)
    return 0;
  t = realloc (c->table, n * sizeof *t);
  if (!t)
    return -1;
  memset (t + c->n, 0, (n - c->n) * sizeof *t);
  c->table = t;
  c->n = n;
  return 0;
}

static int
csv_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema, int merged)
{
  struct csv *c = self;
  struct table *t;

  if (merged)
    return c->host->fail (c->host->ctx,
                          "rows of several tables cannot share one CSV stream: put {table} into the path");
  if (grow (c, (size_t)table + 1))
    return c->host->fail (c->host->ctx, "out of memory");
  t = &c->table[table];
  table_fini (t);
  t->n = (size_t)schema->n_children;
  t->name = strdup (name);
  t->col = calloc (t->n ? t->n : 1, sizeof *t->col);
  if (!t->name || !t->col)
    return c->host->fail (c->host->ctx, "out of memory");
  t->fixed = 2;
  for (size_t i = 0; i < t->n; i++)
    {
      const struct ArrowSchema *s = schema->children[i];
      struct column *col = &t->col[i];
      col->name = strdup (s->name ? s->name : "");
      if (!col->name)
        return c->host->fail (c->host->ctx, "out of memory");
      if (pen_type_read (s, &col->type))
        return c->host->fail (c->host->ctx, "table %s, column %s: format \"%s\" is not known", name, col->name,
                              s->format ? s->format : "");
      t->fixed +=
          1 + CELL_EXTRA + (col->type.kind == PEN_KIND_DECIMAL ? PEN_PRINT_DECIMAL_MAX : PEN_PRINT_TIMESTAMP_MAX);
    }
  return PEN_OK;
}

static inline uint8_t *
put_line_end (const struct csv *c, uint8_t *p)
{
  if (c->o->line_end)
    *p++ = '\r';
  *p++ = '\n';
  return p;
}

static int
csv_head (void *self, unsigned table, void *buf, size_t cap, size_t *n)
{
  struct csv *c = self;
  const struct table *t = &c->table[table];
  size_t need = SLACK;
  uint8_t *p = buf;

  *n = 0;
  if (!c->o->header)
    return PEN_OK;
  for (size_t i = 0; i < t->n; i++)
    need += CELL_GROWTH * strlen (t->col[i].name) + CELL_EXTRA + 1;
  if (need > cap)
    return c->host->fail (c->host->ctx, "table %s: its header row may take %zu bytes, %zu are allowed", t->name, need,
                          cap);
  for (size_t i = 0; i < t->n; i++)
    {
      const uint8_t *name = (const uint8_t *)t->col[i].name;
      size_t len = strlen (t->col[i].name);
      if (i)
        *p++ = c->delimiter;
      p = cell_text (p, name, len, name + len, c->delimiter, c->flags);
      if (!p)
        return c->host->fail (c->host->ctx, "table %s: the name of column %zu is not UTF-8", t->name, i);
    }
  *n = (size_t)(put_line_end (c, p) - (uint8_t *)buf);
  return PEN_OK;
}

/* ---- values ---- */

static inline uint8_t *
put_text (const struct csv *c, const struct column *col, int64_t row, uint8_t *p)
{
  const uint8_t *s;
  size_t n;
  int flags = c->flags;

  if (pen_column_bytes (&col->c, row, &s, &n))
    return NULL;
  if (n == c->null_len && (!n || memcmp (s, c->null, n) == 0))
    flags |= CELL_QUOTE; /* it is not a null */
  return cell_text (p, s, n, col->type.kind == PEN_KIND_TEXT ? col->readable : s + n, c->delimiter, flags);
}

static __attribute__ ((noinline)) uint8_t *
put_binary (const struct csv *c, const struct column *col, int64_t row, uint8_t *p)
{
  const uint8_t *s;
  size_t n;

  if (pen_column_bytes (&col->c, row, &s, &n))
    return NULL;
  if (c->flags & CELL_GUARD && n && s[0] >> 2 == 62)
    *p++ = '\''; /* base64 begins with + */
  return pen_print_base64 (p, s, n);
}

static inline uint8_t *
put_date (struct column *col, int32_t day, uint8_t *p)
{
  if (__builtin_expect (day != col->day || !col->date_len, 0))
    {
      col->date_len = (uint32_t)(pen_print_date (col->date, day) - col->date);
      col->day = day;
    }
  memcpy (p, col->date, 16);
  return p + col->date_len;
}

static inline uint8_t *
put_plain (struct column *col, int64_t i, uint8_t *p)
{
  double v;
  int yes;

  switch (col->type.kind)
    {
    case PEN_KIND_INT64:
      return pen_print_i64 (p, ((const int64_t *)(const void *)col->c.values)[i]);
    case PEN_KIND_INT32:
      return pen_print_i64 (p, ((const int32_t *)(const void *)col->c.values)[i]);
    case PEN_KIND_DECIMAL:
      return pen_print_decimal (p, col->c.values + i * 16, col->type.scale);
    case PEN_KIND_DATE:
      return put_date (col, ((const int32_t *)(const void *)col->c.values)[i], p);
    case PEN_KIND_TIMESTAMP:
      return pen_print_timestamp (p, ((const int64_t *)(const void *)col->c.values)[i], col->type.zoned);
    case PEN_KIND_BOOL:
      yes = pen_bit (col->c.values, i);
      memcpy (p, yes ? "true\0\0\0" : "false\0\0", 8);
      return p + 5 - yes;
    default:
      memcpy (&v, col->c.values + i * 8, 8);
      return pen_print_double (p, v);
    }
}

/* NULL: the value has no place in CSV. */
static inline uint8_t *
put_value (const struct csv *c, struct column *col, int64_t row, uint8_t *p)
{
  const int all = c->o->quote == QUOTE_ALL;
  uint8_t *start = p;

  if (col->type.kind == PEN_KIND_TEXT || col->type.kind == PEN_KIND_DICT)
    return put_text (c, col, row, p);
  *p = '"';
  p += all;
  p = col->type.kind == PEN_KIND_BINARY ? put_binary (c, col, row, p) : put_plain (col, col->c.first + row, p);
  if (!p)
    return NULL;
  if (!all && ((size_t)(p - start) != c->null_len || memcmp (start, c->null, c->null_len) != 0))
    return p;
  if (!all)
    {
      memmove (start + 1, start, c->null_len); /* it is not a null, although it reads like one */
      *start = '"';
      p++;
    }
  *p = '"';
  return p + 1;
}

static inline uint8_t *
put_row (const struct csv *c, struct table *t, int64_t row, uint8_t *p, const struct column **bad)
{
  for (size_t i = 0; i < t->n; i++)
    {
      struct column *col = &t->col[i];
      *p = c->delimiter;
      p += i != 0;
      if (__builtin_expect (pen_column_is_null (&col->c, row), 0))
        {
          /* the only cell of a row, empty, would be an empty line, which readers skip */
          if (t->n == 1 && !c->null_len)
            *p++ = '"', *p++ = '"';
          memcpy (p, c->null, c->null_len);
          p += c->null_len;
        }
      else if (!(p = put_value (c, col, row, p)))
        {
          *bad = col;
          return NULL;
        }
    }
  return put_line_end (c, p);
}

/* ---- runs of rows ---- */

static int
open_columns (struct csv *c, struct table *t, const struct ArrowArray *batch)
{
  for (size_t i = 0; i < t->n; i++)
    {
      struct column *col = &t->col[i];
      if (pen_column_open (batch, (int64_t)i, col->type.kind, &col->c))
        return c->host->fail (c->host->ctx, "table %s, column %s: the batch is not what its schema says", t->name,
                              col->name);
      if (col->type.kind == PEN_KIND_TEXT)
        col->readable = col->c.length ? col->c.values + col->c.offsets[col->c.first + col->c.length] : col->c.values;
    }
  return PEN_OK;
}

/* An upper bound for rows from .. from + k - 1, slack included. */
static size_t
bound (const struct table *t, int64_t from, int64_t k)
{
  size_t n = t->fixed * (size_t)k + SLACK, len;
  const uint8_t *s;

  for (const struct column *c = t->col, *end = c + t->n; c < end; c++)
    if (c->type.kind == PEN_KIND_TEXT || c->type.kind == PEN_KIND_BINARY)
      n +=
          (size_t)(c->c.offsets[c->c.first + from + k] - c->c.offsets[c->c.first + from]) * CELL_GROWTH + (size_t)k * 4;
    else if (c->type.kind == PEN_KIND_DICT)
      for (int64_t row = from; row < from + k; row++)
        if (!pen_column_is_null (&c->c, row) && !pen_column_bytes (&c->c, row, &s, &len))
          n += len * CELL_GROWTH;
  return n;
}

static int
fail_row (struct csv *c, const struct table *t, const struct column *bad, size_t row)
{
  return c->host->fail (c->host->ctx,
                        "table %s, column %s: row %zu of the batch is not UTF-8, or not in its dictionary", t->name,
                        bad->name, row);
}

/* A row at the end of the buffer, or longer than the buffer: written elsewhere, copied when it fits. */
static int
put_tight (struct csv *c, struct table *t, size_t row, uint8_t *buf, size_t cap, size_t *n)
{
  size_t need = bound (t, (int64_t)row, 1);
  const struct column *bad = NULL;
  uint8_t *end;

  if (need > c->scratch_cap)
    {
      free (c->scratch);
      c->scratch = malloc (need);
      c->scratch_cap = c->scratch ? need : 0;
      if (!c->scratch)
        return c->host->fail (c->host->ctx, "out of memory for a row of up to %zu bytes", need);
    }
  end = put_row (c, t, (int64_t)row, c->scratch, &bad);
  if (!end)
    return fail_row (c, t, bad, row);
  if ((size_t)(end - c->scratch) > cap - *n)
    return PEN_MORE;
  memcpy (buf + *n, c->scratch, (size_t)(end - c->scratch));
  *n += (size_t)(end - c->scratch);
  return PEN_OK;
}

static int
csv_encode (void *self, unsigned table, const struct ArrowArray *batch, size_t *row, size_t end, void *buf, size_t cap,
            size_t *n)
{
  struct csv *c = self;
  struct table *t = &c->table[table];
  const struct column *bad = NULL;
  uint8_t *p = buf;

  *n = 0;
  if (open_columns (c, t, batch))
    return PEN_ERR;
  while (*row < end)
    {
      size_t k = end - *row < RUN ? end - *row : RUN;
      while (k && bound (t, (int64_t)*row, (int64_t)k) > cap - *n)
        k /= 2;
      if (!k)
        {
          int r = put_tight (c, t, *row, buf, cap, n);
          if (r != PEN_OK)
            return r;
          p = (uint8_t *)buf + *n;
          ++*row;
          continue;
        }
      for (; k; k--, ++*row)
        if (!(p = put_row (c, t, (int64_t)*row, p, &bad)))
          return fail_row (c, t, bad, *row);
      *n = (size_t)(p - (uint8_t *)buf);
    }
  return PEN_OK;
}

static const struct pen_opt csv_opts[] = {
  { "delimiter", PEN_ENUM, 0, PEN_FIELD (struct csv_options, delimiter), "comma", "comma|tab|semicolon|pipe",
    "What stands between cells." },
  { "quote", PEN_ENUM, 0, PEN_FIELD (struct csv_options, quote), "minimal", "minimal|all",
    "Quote only cells that need it, or every cell that is not null." },
  { "line_end", PEN_ENUM, 0, PEN_FIELD (struct csv_options, line_end), "lf", "lf|crlf",
    "How lines end; RFC 4180 asks for crlf." },
  { "null", PEN_STRING, 0, PEN_FIELD (struct csv_options, null), "", NULL,
    "What a missing value is written as, never quoted; a text that reads the same is quoted." },
  { "header", PEN_BOOL, 0, PEN_FIELD (struct csv_options, header), "true", NULL, "Begin with a row of column names." },
  { "formula_guard", PEN_ENUM, 0, PEN_FIELD (struct csv_options, formula_guard), "off", "off|text",
    "\"text\" puts an apostrophe before texts that begin with = + - @, tab or CR, which a spreadsheet would run as a "
    "formula; it changes the data; numbers are left alone." },
  { NULL },
};

static const struct pen_encoder csv_encoder = {
  .size = sizeof (struct pen_encoder),
  .create = csv_create,
  .table = csv_table,
  .head = csv_head,
  .encode = csv_encode,
  .destroy = csv_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "csv",
  .version = "1",
  .summary = "comma separated values, one table per stream",
  .doc =
      "Writes RFC 4180 with LF line ends unless told otherwise. Each table needs a stream of its own ({table} in the "
      "file "
      "sink's path). A missing value is the null word without quotes, an empty text is \"\". Decimals have all their "
      "digits; dates are 2026-11-21, timestamps ISO 8601, binary values base64.",
  .options_size = sizeof (struct csv_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = csv_opts,
  .check = csv_check,
  .encoder = &csv_encoder,
};
