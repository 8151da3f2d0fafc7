/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl.c - the JSON lines encoder: one object per row, nothing measured twice, room checked per run of rows.
 *
 * Every value is written with stores of a fixed size that may reach past its end; the upper bound of a run of rows,
 * which costs a few loads per text column, says beforehand that all of it stays within the buffer. */
#include "jsonl.h"
#include "escape.h"
#include <stdlib.h>

#define RUN 128 /* rows whose room is checked at once */

struct jsonl
{
  const struct pen_host *host;
  const struct jsonl_options *o;
  size_t n;
  struct jsonl_table *table;
  uint8_t *scratch; /* for a row that fits by its length, but not by its bound */
  size_t scratch_cap;
};

static int
jsonl_create (const struct pen_host *host, const void *options, void **self)
{
  struct jsonl *j = calloc (1, sizeof *j);

  if (!j)
    return host->fail (host->ctx, "out of memory");
  j->host = host;
  j->o = options;
  *self = j;
  return PEN_OK;
}

static void
jsonl_destroy (void *self)
{
  struct jsonl *j = self;

  for (size_t i = 0; i < j->n; i++)
    jsonl_plan_fini (&j->table[i]);
  free (j->table);
  free (j->scratch);
  free (j);
}

static int
jsonl_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema, int merged)
{
  struct jsonl *j = self;

  if (table >= j->n)
    {
      size_t n = (size_t)table + 1;
      struct jsonl_table *t = realloc (j->table, n * sizeof *t);
      if (!t)
        return j->host->fail (j->host->ctx, "out of memory");
      memset (t + j->n, 0, (n - j->n) * sizeof *t);
      j->table = t;
      j->n = n;
    }
  jsonl_plan_fini (&j->table[table]);
  return jsonl_plan (&j->table[table], j->host, j->o, name, schema, merged);
}

/* ---- one row ---- */

static inline uint8_t *
put_prefix (const struct jsonl_column *c, uint8_t *p)
{
  memcpy (p, c->prefix, 32);
  if (__builtin_expect (c->prefix_len > 32, 0))
    {
      if (c->long_prefix)
        memcpy (p, c->long_prefix, c->prefix_len);
      else
        memcpy (p + 32, c->prefix + 32, JSONL_PREFIX - 32);
    }
  return p + c->prefix_len;
}

static inline uint8_t *
put_word (const struct jsonl_words *w, int32_t i, uint8_t *p)
{
  const uint8_t *s = w->text + w->at[i];
  size_t n = w->at[i + 1] - w->at[i];

  memcpy (p, s, 32);
  for (size_t k = 32; __builtin_expect (k < n, 0); k += 32)
    memcpy (p + k, s + k, 32);
  return p + n;
}

static inline uint8_t *
put_date (struct jsonl_column *c, int32_t day, uint8_t *p)
{
  if (__builtin_expect (day != c->day || !c->date_len, 0))
    {
      uint8_t *end = pen_print_date (c->date, day);
      *end++ = '"';
      c->date_len = (uint32_t)(end - c->date);
      c->day = day;
    }
  memcpy (p, c->date, 16);
  return p + c->date_len;
}

static __attribute__ ((noinline)) uint8_t *
put_bytes (const struct jsonl_column *c, int64_t row, uint8_t *p)
{
  const uint8_t *s;
  size_t n;

  if (pen_column_bytes (&c->c, row, &s, &n))
    return NULL;
  p = c->kind == PEN_KIND_BINARY ? pen_print_base64 (p, s, n) : escape_text (p, s, n, s + n);
  if (p)
    *p++ = '"';
  return p;
}

static __attribute__ ((noinline)) uint8_t *
put_rare (const struct jsonl_column *c, int64_t row, uint8_t *p)
{
  int64_t i = c->c.first + row;
  double v;

  switch (c->kind)
    {
    case PEN_KIND_FLOAT64:
      memcpy (&v, c->c.values + i * 8, 8);
      if (v - v == 0)
        return pen_print_double (p, v);
      *p++ = '"'; /* JSON has no number for it */
      p = pen_print_double (p, v);
      break;
    case PEN_KIND_TIMESTAMP:
      p = pen_print_timestamp (p, ((const int64_t *)(const void *)c->c.values)[i], c->zoned);
      break;
    default:
      return put_bytes (c, row, p);
    }
  *p++ = '"';
  return p;
}

/* The value of a row that is not null, closing quote included; NULL when it has no place in JSON. */
static inline uint8_t *
put_value (struct jsonl_column *c, int64_t row, uint8_t *p)
{
  int64_t i = c->c.first + row;
  int32_t from, index;

  switch (c->kind)
    {
    case PEN_KIND_TEXT:
      from = c->c.offsets[i];
      p = escape_text (p, c->c.values + from, (size_t)(c->c.offsets[i + 1] - from), c->readable);
      if (__builtin_expect (!p, 0))
        return NULL;
      *p = '"';
      return p + 1;
    case PEN_KIND_INT64:
      return pen_print_i64 (p, ((const int64_t *)(const void *)c->c.values)[i]);
    case PEN_KIND_INT32:
      return pen_print_i64 (p, ((const int32_t *)(const void *)c->c.values)[i]);
    case PEN_KIND_DECIMAL:
      p = pen_print_decimal (p, c->c.values + i * 16, c->scale);
      *p = '"';
      return p + c->quoted;
    case PEN_KIND_DATE:
      return put_date (c, ((const int32_t *)(const void *)c->c.values)[i], p);
    case PEN_KIND_BOOL:
      {
        int yes = pen_bit (c->c.values, i);
        memcpy (p, yes ? "true\0\0\0" : "false\0\0", 8);
        return p + 5 - yes;
      }
    case PEN_KIND_DICT:
      index = c->c.index[i];
      if (!c->use_words)
        return put_bytes (c, row, p);
      return (uint32_t)index < (uint32_t)c->words.n ? put_word (&c->words, index, p) : NULL;
    default:
      return put_rare (c, row, p);
    }
}

/* Writes the row; returns its end, or NULL with the column to blame in *bad. */
static inline uint8_t *
put_row (struct jsonl_table *t, int64_t row, int nulls, uint8_t *p, const struct jsonl_column **bad)
{
  uint8_t *start = p, *next;

  if (t->start_len)
    memcpy (p, t->start, t->start_len);
  p += t->start_len;
  for (struct jsonl_column *c = t->col, *end = c + t->n; c < end; c++)
    {
      if (__builtin_expect (c->c.validity != NULL, 0) && !pen_bit (c->c.validity, c->c.first + row))
        {
          if (nulls == JSONL_NULLS_OMIT)
            continue;
          p = put_prefix (c, p) - c->quoted;
          memcpy (p, "null", 4);
          p += 4;
          continue;
        }
      next = put_value (c, row, put_prefix (c, p));
      if (__builtin_expect (!next, 0))
        {
          *bad = c;
          return NULL;
        }
      p = next;
    }
  p += p == start;
  *start = '{'; /* over the first column's comma */
  p[0] = '}';
  p[1] = '\n';
  return p + 2;
}

/* ---- runs of rows ---- */

static int
open_columns (struct jsonl *j, struct jsonl_table *t, const struct ArrowArray *batch)
{
  for (size_t i = 0; i < t->n; i++)
    {
      struct jsonl_column *c = &t->col[i];
      if (pen_column_open (batch, (int64_t)i, c->kind, &c->c))
        return j->host->fail (j->host->ctx, "table %s, column %s: the batch is not what its schema says", t->name,
                              c->name);
      if (c->kind == PEN_KIND_TEXT)
        c->readable = c->c.length ? c->c.values + c->c.offsets[c->c.first + c->c.length] : c->c.values;
      if (c->kind == PEN_KIND_DICT)
        {
          int r = jsonl_words_update (&c->words, &c->c);
          if (r < 0)
            return j->host->fail (j->host->ctx,
                                  "table %s, column %s: a value of its dictionary is not UTF-8, or out of memory",
                                  t->name, c->name);
          c->use_words = r == 0;
        }
    }
  return PEN_OK;
}

/* An upper bound for rows from .. from + k - 1, slack included. */
static size_t
bound (const struct jsonl_table *t, int64_t from, int64_t k)
{
  size_t n = t->fixed * (size_t)k + JSONL_SLACK;

  for (const struct jsonl_column *c = t->col, *end = c + t->n; c < end; c++)
    if (c->kind == PEN_KIND_TEXT)
      n += (size_t)(c->c.offsets[c->c.first + from + k] - c->c.offsets[c->c.first + from]) * ESCAPE_GROWTH;
    else if (c->kind == PEN_KIND_BINARY)
      n += (size_t)(c->c.offsets[c->c.first + from + k] - c->c.offsets[c->c.first + from]) / 3 * 4 + (size_t)k * 4;
    else if (c->kind == PEN_KIND_DICT && c->use_words)
      n += c->words.longest * (size_t)k;
    else if (c->kind == PEN_KIND_DICT)
      for (int64_t row = from; row < from + k; row++)
        {
          const uint8_t *s;
          size_t len;
          if (!pen_column_is_null (&c->c, row) && !pen_column_bytes (&c->c, row, &s, &len))
            n += len * ESCAPE_GROWTH;
        }
  return n;
}

static int
fail_row (struct jsonl *j, const struct jsonl_table *t, const struct jsonl_column *bad, int64_t row)
{
  return j->host->fail (j->host->ctx,
                        "table %s, column %s: row %lld of the batch is not UTF-8, or not in its dictionary", t->name,
                        bad->name, (long long)row);
}

/* A row at the end of the buffer, or longer than the buffer: written elsewhere, copied when it fits. */
static int
put_tight (struct jsonl *j, struct jsonl_table *t, int64_t row, uint8_t *buf, size_t cap, size_t *n)
{
  size_t need = bound (t, row, 1);
  const struct jsonl_column *bad;
  uint8_t *end;

  if (need > j->scratch_cap)
    {
      free (j->scratch);
      j->scratch = malloc (need);
      j->scratch_cap = j->scratch ? need : 0;
      if (!j->scratch)
        return j->host->fail (j->host->ctx, "out of memory for a row of up to %zu bytes", need);
    }
  end = put_row (t, row, j->o->nulls, j->scratch, &bad);
  if (!end)
    return fail_row (j, t, bad, row);
  if ((size_t)(end - j->scratch) > cap - *n)
    return PEN_MORE;
  memcpy (buf + *n, j->scratch, (size_t)(end - j->scratch));
  *n += (size_t)(end - j->scratch);
  return PEN_OK;
}

static int
jsonl_encode (void *self, unsigned table, const struct ArrowArray *batch, size_t *row, size_t end, void *buf,
              size_t cap, size_t *n)
{
  struct jsonl *j = self;
  struct jsonl_table *t = &j->table[table];
  const struct jsonl_column *bad = NULL;
  uint8_t *p = buf;

  *n = 0;
  if (open_columns (j, t, batch))
    return PEN_ERR;
  while (*row < end)
    {
      size_t k = end - *row < RUN ? end - *row : RUN;
      while (k && bound (t, (int64_t)*row, (int64_t)k) > cap - *n)
        k /= 2;
      if (!k)
        {
          int r = put_tight (j, t, (int64_t)*row, buf, cap, n);
          if (r != PEN_OK)
            return r;
          p = (uint8_t *)buf + *n;
          ++*row;
          continue;
        }
      for (; k; k--, ++*row)
        if (!(p = put_row (t, (int64_t)*row, j->o->nulls, p, &bad)))
          return fail_row (j, t, bad, (int64_t)*row);
      *n = (size_t)(p - (uint8_t *)buf);
    }
  return PEN_OK;
}

static const struct pen_opt jsonl_opts[] = {
  { "decimals", PEN_ENUM, 0, PEN_FIELD (struct jsonl_options, decimals), "string", "string|number",
    "How decimals (money) are written: \"string\" keeps every digit in any reader, \"number\" writes them bare, which "
    "many "
    "readers turn into a float." },
  { "nulls", PEN_ENUM, 0, PEN_FIELD (struct jsonl_options, nulls), "omit", "keep|omit",
    "Whether a value that is missing is written as null or its key is left out." },
  { NULL },
};

static const struct pen_encoder jsonl_encoder = {
  .size = sizeof (struct pen_encoder),
  .flags = PEN_ENC_MERGES,
  .create = jsonl_create,
  .table = jsonl_table,
  .encode = jsonl_encode,
  .destroy = jsonl_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "jsonl",
  .version = "1",
  .summary = "JSON lines: one object per row",
  .doc = "Writes one JSON object per row and line (RFC 8259, UTF-8). Where several tables share a stream, \"_table\" "
         "comes "
         "first in each object. Dates are \"2026-11-21\"; timestamps ISO 8601, with Z for an instant, with six "
         "decimals where "
         "there is a fraction; binary values are base64; NaN and infinities are strings.",
  .options_size = sizeof (struct jsonl_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = jsonl_opts,
  .encoder = &jsonl_encoder,
};
