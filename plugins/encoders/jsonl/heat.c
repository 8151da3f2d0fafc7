/* SPDX-License-Identifier: Apache-2.0 */
/* heat.c - prepares the loop over rows: what they have in common becomes text, and columns without any value vanish.
 *
 * A column whose value never changes in these rows (ordinals, lengths, the object's name) is written once, into `glue`,
 * together with the name of the next column that does change: a wide, sparse table (37 columns for an ACH entry, of
 * which 12 change from row to row) costs what is in it, not what could be. All of this is for the rows of one encode(),
 * so its work must not grow with the rest of the batch. */
#include "escape.h"
#include "jsonl.h"
#include <stdlib.h>

#define RUN_MIN 32 /* rows from which looking at all values pays */

/* Is there nothing to escape in n bytes? They are read as one text, 16 at a time. */
static int
is_plain (const uint8_t *p, size_t n)
{
  uint8_t sink[16];
  unsigned mask = 0;

  for (; n >= 16; p += 16, n -= 16)
    mask |= escape_mask_ (sink, p);
  for (; n; p++, n--)
    mask |= *p < 0x20 || *p == '"' || *p == '\\' || *p >= 0x80;
  return !mask;
}

static int
heat_of (const struct jsonl_column *c, int64_t from, int64_t end)
{
  const int32_t *at = c->c.offsets + c->c.first;

  switch (c->kind)
    {
    case PEN_KIND_TEXT:
      return end - from >= RUN_MIN && is_plain (c->c.values + at[from], (size_t)(at[end] - at[from])) ? JSONL_HOT_PLAIN
                                                                                                      : JSONL_HOT_TEXT;
    case PEN_KIND_INT64:
      return JSONL_HOT_INT64;
    case PEN_KIND_INT32:
      return JSONL_HOT_INT32;
    case PEN_KIND_DECIMAL:
      return JSONL_HOT_DECIMAL;
    case PEN_KIND_DICT:
      return c->use_words ? JSONL_HOT_WORD : JSONL_HOT_OTHER;
    default:
      return JSONL_HOT_OTHER;
    }
}

static size_t
width_of (int heat)
{
  return heat == JSONL_HOT_INT64 ? 8 : heat == JSONL_HOT_DECIMAL ? 16 : 4;
}

/* Do the rows hold one and the same number, or word? */
static int
is_same (const struct jsonl_hot *h, int64_t from, int64_t end)
{
  size_t size = width_of (h->heat), n = (size_t)(end - from) * size;
  const uint8_t *v = h->values + (size_t)from * size;

  if (h->heat <= JSONL_HOT_TEXT || h->heat == JSONL_HOT_OTHER || h->validity || end - from < RUN_MIN)
    return 0;
  return memcmp (v, v + n - size, size) == 0 && memcmp (v, v + size, n - size) == 0;
}

/* Room for every name, and for values as wide as they can be where they may become glue. */
static int
reserve (struct jsonl_table *t)
{
  size_t need = t->fixed + 2 * JSONL_SLACK;

  for (size_t i = 0; i < t->n; i++)
    need += 8 + (t->col[i].use_words ? t->col[i].words.longest : 0);
  if (need <= t->glue_cap)
    return 0;
  free (t->glue);
  t->glue = malloc (need);
  t->glue_cap = t->glue ? need : 0;
  return t->glue ? 0 : -1;
}

static uint8_t *
append (uint8_t *p, const void *text, size_t n)
{
  if (n)
    memcpy (p, text, n);
  return p + n;
}

static void
fill (struct jsonl_hot *h, struct jsonl_column *c, int64_t from, int64_t end)
{
  h->heat = (uint8_t)heat_of (c, from, end);
  h->quoted = c->quoted;
  h->scale = (int8_t)c->scale;
  h->validity = c->c.validity;
  h->first = c->c.first;
  h->readable = c->readable;
  h->last = NULL;
  h->col = c;
  h->values = c->c.values;
  h->offsets = NULL;
  if (h->heat <= JSONL_HOT_TEXT)
    h->offsets = c->c.offsets + c->c.first;
  else if (h->heat == JSONL_HOT_WORD)
    h->values = (const uint8_t *)(c->c.index + c->c.first);
  else if (h->heat != JSONL_HOT_OTHER)
    h->values += (size_t)c->c.first * width_of (h->heat);
}

/* Glue, values, and "null" in place of one. */
static size_t
most_of (const struct jsonl_hot *h, size_t n, size_t glue)
{
  for (const struct jsonl_hot *end = h + n; h < end; h++)
    glue += 4 + (h->heat == JSONL_HOT_WORD ? h->col->words.longest : h->heat <= JSONL_HOT_TEXT ? 0 : h->col->width);
  return glue + 4;
}

int
jsonl_heat (struct jsonl_table *t, const struct ArrowArray *batch, int omit, int64_t from, int64_t end)
{
  struct jsonl_hot *h = t->hot;
  const uint8_t *text;
  uint8_t *p, *q, closes = 0;

  if (reserve (t))
    return -1;
  text = t->glue;
  p = append (t->glue, t->start, t->start_len);
  for (size_t i = 0; i < t->n && from < end; i++)
    {
      struct jsonl_column *c = &t->col[i];
      const uint8_t *name = c->long_prefix ? c->long_prefix : c->prefix;

      if (c->c.validity && batch->children[i]->null_count == batch->children[i]->length)
        {
          if (!omit)
            p = append (append (p, name, c->prefix_len - c->quoted), "null", 4);
          continue;
        }
      fill (h, c, from, end);
      h->before = (uint32_t)(p - text);
      p = append (p, name, c->prefix_len);
      if (is_same (h, from, end) && (q = jsonl_value (h, from, p)))
        {
          p = q;
          continue;
        }
      h->text = text;
      h->len = (uint32_t)(p - text);
      h->closes = closes;
      closes = h->quoted;
      text = p;
      if (closes)
        *p++ = '"';
      h++;
    }
  t->n_hot = (size_t)(h - t->hot);
  t->tail = text;
  t->tail_closes = closes;
  t->tail_len = (size_t)(p - text);
  t->most = most_of (t->hot, t->n_hot, (size_t)(p - t->glue));
  return 0;
}
