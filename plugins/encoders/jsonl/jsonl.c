/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl.c - the JSON lines encoder: one object or array per row, nothing measured twice, room checked per run of rows.
 *
 * Every value is written with stores of a fixed size that may reach past its end; the upper bound of a run of rows,
 * which costs a few loads per text column, says beforehand that all of it stays within the buffer. */
#include "escape.h"
#include "jsonl.h"
#include <stdlib.h>

#define RUN 256 /* rows whose room is checked at once */

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
jsonl_check (const struct pen_host *host, const void *options)
{
  const struct jsonl_options *o = options;

  if (o->rows == JSONL_ARRAYS && o->nulls == JSONL_NULLS_OMIT)
    return host->fail (host->ctx,
                       "nulls: \"omit\" does not go with rows = \"arrays\", where a value's place says which column "
                       "it is of: missing values are written as null there");
  return PEN_OK;
}

static int
jsonl_create (const struct pen_host *host, const void *options, void **self)
{
  struct jsonl *j;

  if (jsonl_check (host, options))
    return PEN_ERR;
  j = calloc (1, sizeof *j);
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

static int
jsonl_head (void *self, unsigned table, void *buf, size_t cap, size_t *n)
{
  struct jsonl *j = self;
  const struct jsonl_table *t = &j->table[table];
  uint8_t *names;

  *n = 0;
  if (j->o->rows != JSONL_ARRAYS)
    return PEN_OK;
  names = jsonl_names (t, n);
  if (!names)
    return j->host->fail (j->host->ctx, "table %s: a column's name is not UTF-8, or out of memory", t->name);
  if (*n <= cap)
    memcpy (buf, names, *n);
  free (names);
  if (*n > cap)
    return j->host->fail (j->host->ctx, "table %s: its list of columns takes %zu bytes, %zu are allowed", t->name, *n,
                          cap);
  return PEN_OK;
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

/* What values of rows from .. from + k - 1 take at most whose lengths only the rows know. */
static size_t
bound_other (const struct jsonl_hot *h, int64_t from, int64_t k)
{
  const struct pen_column *c = &h->col->c;
  const int32_t *at = c->offsets + c->first + from;
  size_t n = 0;

  if (h->col->kind == PEN_KIND_BINARY)
    return (size_t)(at[k] - at[0]) / 3 * 4 + (size_t)k * 4;
  if (h->col->kind == PEN_KIND_DICT)
    for (int64_t row = from; row < from + k; row++)
      {
        const uint8_t *s;
        size_t len;
        if (!pen_column_is_null (c, row) && !pen_column_bytes (c, row, &s, &len))
          n += len * ESCAPE_GROWTH;
      }
  return n;
}

/* An upper bound for rows from .. from + k - 1, slack included. */
static size_t
bound (const struct jsonl_table *t, int64_t from, int64_t k)
{
  size_t n = t->most * (size_t)k + JSONL_SLACK;

  for (const struct jsonl_hot *h = t->hot, *end = h + t->n_hot; h < end; h++)
    if (h->heat == JSONL_HOT_PLAIN)
      n += (size_t)(h->offsets[from + k] - h->offsets[from]);
    else if (h->heat == JSONL_HOT_TEXT)
      n += (size_t)(h->offsets[from + k] - h->offsets[from]) * ESCAPE_GROWTH;
    else if (h->heat == JSONL_HOT_OTHER)
      n += bound_other (h, from, k);
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
  const struct jsonl_column *bad = NULL;
  uint8_t *end;

  if (need > j->scratch_cap)
    {
      free (j->scratch);
      j->scratch = malloc (need);
      j->scratch_cap = j->scratch ? need : 0;
      if (!j->scratch)
        return j->host->fail (j->host->ctx, "out of memory for a row of up to %zu bytes", need);
    }
  end = jsonl_rows (t, &row, 1, jsonl_omits (j->o), j->scratch, &bad);
  for (size_t i = 0; i < t->n_hot; i++)
    t->hot[i].last = NULL; /* it is in the scratch memory, which does not stay */
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
  int64_t at;

  *n = 0;
  if (open_columns (j, t, batch))
    return PEN_ERR;
  if (jsonl_heat (t, batch, jsonl_omits (j->o), (int64_t)*row, (int64_t)end))
    return j->host->fail (j->host->ctx, "out of memory");
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
      at = (int64_t)*row;
      p = jsonl_rows (t, &at, (int64_t)k, jsonl_omits (j->o), p, &bad);
      if (!p)
        return fail_row (j, t, bad, at);
      *row += k;
      *n = (size_t)(p - (uint8_t *)buf);
    }
  return PEN_OK;
}

static const struct pen_opt jsonl_opts[] = {
  { "decimals", PEN_ENUM, 0, PEN_FIELD (struct jsonl_options, decimals), "string", "string|number",
    "How decimals (money) are written: \"string\" keeps every digit in any reader, \"number\" writes them bare, which "
    "many "
    "readers turn into a float." },
  { "nulls", PEN_ENUM, 0, PEN_FIELD (struct jsonl_options, nulls), "auto", "keep|omit|auto",
    "Whether a value that is missing is written as null or its key is left out. \"auto\": left out of objects, null in "
    "arrays, which cannot leave out any." },
  { "rows", PEN_ENUM, 0, PEN_FIELD (struct jsonl_options, rows), "objects", "objects|arrays",
    "A row is an object with its columns' names as keys, or an array of its values in the order of the columns; then "
    "the first line of each stream is the array of their names, and each table needs a stream of its own." },
  { NULL },
};

static const struct pen_encoder jsonl_encoder = {
  .size = sizeof (struct pen_encoder),
  .flags = PEN_ENC_MERGES,
  .create = jsonl_create,
  .table = jsonl_table,
  .head = jsonl_head,
  .encode = jsonl_encode,
  .destroy = jsonl_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "jsonl",
  .version = "1",
  .summary = "JSON lines: one object, or one array, per row",
  .doc = "Writes one JSON object per row and line (RFC 8259, UTF-8), or one array. Where several tables share a "
         "stream, \"_table\" "
         "comes "
         "first in each object. Dates are \"2026-11-21\"; timestamps ISO 8601, with Z for an instant, with six "
         "decimals where "
         "there is a fraction; binary values are base64; NaN and infinities are strings.",
  .options_size = sizeof (struct jsonl_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = jsonl_opts,
  .check = jsonl_check,
  .encoder = &jsonl_encoder,
};
