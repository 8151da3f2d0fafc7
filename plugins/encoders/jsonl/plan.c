/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - makes the plan of a table: the text before each value, the widest row. */
#include "escape.h"
#include "jsonl.h"
#include <stdlib.h>

/* `open` + name, escaped + `close`, malloc'ed with JSONL_SLACK bytes to spare; NULL without memory or not UTF-8. */
static uint8_t *
wrap (const char *open, const char *name, const char *close, size_t *len)
{
  size_t n = strlen (name), a = strlen (open), b = strlen (close);
  uint8_t *out = malloc (a + n * ESCAPE_GROWTH + b + JSONL_SLACK), *end;

  if (!out)
    return NULL;
  memcpy (out, open, a);
  end = escape_text (out + a, (const uint8_t *)name, n, (const uint8_t *)name + n);
  if (!end)
    {
      free (out);
      return NULL;
    }
  memcpy (end, close, b);
  *len = (size_t)(end - out) + b;
  return out;
}

/* The widest text of a value, its quotes included; 0 more for what depends on the rows. */
static size_t
width (int kind)
{
  switch (kind)
    {
    case PEN_KIND_DECIMAL:
      return PEN_PRINT_DECIMAL_MAX + 2;
    case PEN_KIND_TIMESTAMP:
      return PEN_PRINT_TIMESTAMP_MAX + 2;
    default:
      return PEN_PRINT_DOUBLE_MAX + 2;
    }
}

static int
plan_column (struct jsonl_column *c, const struct pen_host *host, const struct jsonl_options *o, const char *table,
             const struct ArrowSchema *s)
{
  struct pen_type type;
  uint8_t *prefix;
  size_t len;

  c->name = strdup (s->name ? s->name : "");
  if (!c->name)
    return host->fail (host->ctx, "out of memory");
  if (pen_type_read (s, &type))
    return host->fail (host->ctx, "table %s, column %s: format \"%s\" is not known", table, c->name,
                       s->format ? s->format : "");
  c->kind = (uint8_t)type.kind;
  c->scale = type.scale;
  c->zoned = (uint8_t)type.zoned;
  c->width = (uint32_t)width (type.kind);
  c->quoted = type.kind == PEN_KIND_TEXT || type.kind == PEN_KIND_BINARY || type.kind == PEN_KIND_DATE
              || type.kind == PEN_KIND_TIMESTAMP || type.kind == PEN_KIND_DICT
              || (type.kind == PEN_KIND_DECIMAL && o->decimals == JSONL_DECIMALS_STRING);
  if (o->rows == JSONL_ARRAYS)
    prefix = wrap (c->quoted ? ",\"" : ",", "", "", &len);
  else
    prefix = wrap (",\"", c->name, c->quoted ? "\":\"" : "\":", &len);
  if (!prefix)
    return host->fail (host->ctx, "table %s: a column's name is not UTF-8, or out of memory", table);
  c->prefix_len = (uint32_t)len;
  c->date_len = 0;
  memcpy (c->prefix, prefix, len < JSONL_PREFIX ? len : JSONL_PREFIX);
  if (len > JSONL_PREFIX)
    c->long_prefix = prefix;
  else
    free (prefix);
  return 0;
}

int
jsonl_plan (struct jsonl_table *t, const struct pen_host *host, const struct jsonl_options *o, const char *name,
            const struct ArrowSchema *schema, int merged)
{
  if (!schema->format || strcmp (schema->format, "+s") != 0)
    return host->fail (host->ctx, "table %s: its schema is not a struct", name);
  t->n = (size_t)schema->n_children;
  t->name = strdup (name);
  t->col = calloc (t->n ? t->n : 1, sizeof *t->col);
  t->hot = calloc (t->n ? t->n : 1, sizeof *t->hot);
  if (!t->name || !t->col || !t->hot)
    return host->fail (host->ctx, "out of memory");
  t->fixed = 4;
  t->open = o->rows == JSONL_ARRAYS ? '[' : '{';
  t->close = o->rows == JSONL_ARRAYS ? ']' : '}';
  if (merged && o->rows == JSONL_ARRAYS)
    return host->fail (host->ctx,
                       "rows = \"arrays\": the rows of several tables cannot share one stream, since only one list "
                       "of columns can be first in it: put {table} into the path, or choose one table");
  if (merged)
    {
      t->start = wrap ("{\"_table\":\"", name, "\"", &t->start_len);
      if (!t->start)
        return host->fail (host->ctx, "a table's name is not UTF-8, or out of memory");
      t->fixed += t->start_len;
    }
  for (size_t i = 0; i < t->n; i++)
    {
      if (plan_column (&t->col[i], host, o, name, schema->children[i]))
        return PEN_ERR;
      t->fixed += t->col[i].prefix_len + t->col[i].width;
    }
  return PEN_OK;
}

uint8_t *
jsonl_names (const struct jsonl_table *t, size_t *n)
{
  size_t need = 4;
  uint8_t *out, *p;

  for (size_t i = 0; i < t->n; i++)
    need += strlen (t->col[i].name) * ESCAPE_GROWTH + 3;
  out = p = malloc (need + JSONL_SLACK);
  if (!out)
    return NULL;
  for (size_t i = 0; i < t->n; i++)
    {
      size_t len = strlen (t->col[i].name);
      const uint8_t *name = (const uint8_t *)t->col[i].name;
      *p++ = ',';
      *p++ = '"';
      p = escape_text (p, name, len, name + len);
      if (!p)
        {
          free (out);
          return NULL;
        }
      *p++ = '"';
    }
  p += p == out;
  *out = t->open; /* over the first comma */
  *p++ = t->close;
  *p++ = '\n';
  *n = (size_t)(p - out);
  return out;
}

void
jsonl_plan_fini (struct jsonl_table *t)
{
  for (size_t i = 0; t->col && i < t->n; i++)
    {
      free (t->col[i].name);
      free (t->col[i].long_prefix);
      jsonl_words_fini (&t->col[i].words);
    }
  free (t->col);
  free (t->hot);
  free (t->glue);
  free (t->start);
  free (t->name);
  memset (t, 0, sizeof *t);
}
