/* SPDX-License-Identifier: Apache-2.0 */
/* row.c - writes rows: the loop in which the encoder spends its time.
 *
 * A value is written without its closing quote: that is the first byte of the glue behind it, one store for both. Only
 * where the value is null has the glue's first byte to be left out. */
#include "escape.h"
#include "jsonl.h"
#include <penstock/wide.h>

/* Glue: unchanging columns and the name of the next one. Both sides have JSONL_SLACK to spare. */
static PEN_WIDE_INLINE uint8_t *
put_glue (uint8_t *p, const uint8_t *s, size_t n)
{
  pen_copy32 (p, s);
  for (size_t k = 32; __builtin_expect (k < n, 0); k += 32)
    pen_copy32 (p + k, s + k);
  return p + n;
}

static PEN_WIDE_INLINE uint8_t *
put_word (const struct jsonl_words *w, int32_t i, uint8_t *p)
{
  const uint8_t *s = w->text + w->at[i];
  size_t n = w->at[i + 1] - w->at[i]; /* without the closing quote */

  pen_copy32 (p, s);
  for (size_t k = 32; __builtin_expect (k < n, 0); k += 32)
    pen_copy32 (p + k, s + k);
  return p + n;
}

static inline uint8_t *
put_date (struct jsonl_column *c, int32_t day, uint8_t *p)
{
  if (__builtin_expect (day != c->day || !c->date_len, 0))
    {
      uint8_t *end = pen_print_date (c->date, day);
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
  return c->kind == PEN_KIND_BINARY ? pen_print_base64 (p, s, n) : escape_text (p, s, n, s + n);
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
      *p++ = '"';
      return p;
    case PEN_KIND_TIMESTAMP:
      return pen_print_timestamp (p, ((const int64_t *)(const void *)c->c.values)[i], c->zoned);
    default:
      return put_bytes (c, row, p);
    }
}

static PEN_WIDE_INLINE int64_t
load64 (const uint8_t *values, int64_t row)
{
  int64_t v;
  memcpy (&v, values + row * 8, 8);
  return v;
}

static PEN_WIDE_INLINE int32_t
load32 (const uint8_t *values, int64_t row)
{
  int32_t v;
  memcpy (&v, values + row * 4, 4);
  return v;
}

/* An integer that is the one of the row before, or the next one (ordinals, lines), is copied from there. */
static PEN_WIDE_INLINE uint8_t *
put_int (struct jsonl_hot *h, int64_t v, int64_t before, uint8_t *p)
{
  uint64_t step = (uint64_t)v - (uint64_t)before;

  if (h->last && step <= 1 && before >= 0 && h->last[h->last_len - 1] + step <= '9')
    {
      uint64_t text[3]; /* the rows may be so short that source and target overlap */
      memcpy (text, h->last, sizeof text);
      memcpy (p, text, sizeof text);
      p[h->last_len - 1] = (uint8_t)(p[h->last_len - 1] + step);
      h->last = p;
      return p + h->last_len;
    }
  h->last = p;
  p = pen_print_i64 (p, v);
  h->last_len = (uint32_t)(p - h->last);
  return p;
}

static PEN_WIDE_INLINE uint8_t *
put_plain (const struct jsonl_hot *h, int64_t row, uint8_t *p)
{
  int32_t from = h->offsets[row];
  size_t n = (size_t)(h->offsets[row + 1] - from);
  const uint8_t *s = h->values + from;

  if (__builtin_expect (n <= 32 && h->readable - s >= 32, 1))
    pen_copy32 (p, s);
  else
    memcpy (p, s, n);
  return p + n;
}

/* Values of kinds that are not in the hot loop. */
static __attribute__ ((noinline)) uint8_t *
put_other (struct jsonl_column *c, int64_t row, uint8_t *p)
{
  int64_t i = c->c.first + row;

  switch (c->kind)
    {
    case PEN_KIND_DATE:
      return put_date (c, ((const int32_t *)(const void *)c->c.values)[i], p);
    case PEN_KIND_BOOL:
      {
        int yes = pen_bit (c->c.values, i);
        memcpy (p, yes ? "true\0\0\0" : "false\0\0", 8);
        return p + 5 - yes;
      }
    case PEN_KIND_DICT:
      return put_bytes (c, row, p);
    default:
      return put_rare (c, row, p);
    }
}

/* The value of a row that is not null, without a closing quote; NULL when it has no place in JSON. */
static inline __attribute__ ((always_inline)) uint8_t *
put_value (struct jsonl_hot *h, int64_t row, uint8_t *p)
{
  int32_t from, index;

  switch (h->heat)
    {
    case JSONL_HOT_PLAIN:
      return put_plain (h, row, p);
    case JSONL_HOT_TEXT:
      from = h->offsets[row];
      return escape_text (p, h->values + from, (size_t)(h->offsets[row + 1] - from), h->readable);
    case JSONL_HOT_INT64:
      return put_int (h, load64 (h->values, row), row ? load64 (h->values, row - 1) : 0, p);
    case JSONL_HOT_INT32:
      return put_int (h, load32 (h->values, row), row ? load32 (h->values, row - 1) : 0, p);
    case JSONL_HOT_DECIMAL:
      return pen_print_decimal (p, h->values + row * 16, h->scale);
    case JSONL_HOT_WORD:
      index = load32 (h->values, row);
      return (uint32_t)index < (uint32_t)h->col->words.n ? put_word (&h->col->words, index, p) : NULL;
    default:
      return put_other (h->col, row, p);
    }
}

uint8_t *
jsonl_value (struct jsonl_hot *h, int64_t row, uint8_t *p)
{
  p = put_value (h, row, p);
  if (p && h->quoted)
    *p++ = '"';
  return p;
}

/* Writes the row; returns its end, or NULL with the column to blame in *bad. */
static PEN_WIDE_INLINE uint8_t *
put_row (struct jsonl_table *t, int64_t row, int omit, uint8_t *p, const struct jsonl_column **bad)
{
  uint8_t *start = p, *next;
  uint32_t closed = 0; /* 1: the value before was null, and has no quote to close */

  for (struct jsonl_hot *h = t->hot, *end = h + t->n_hot; h < end; h++)
    {
      uint32_t skip = closed & h->closes;
      if (h->validity && !pen_bit (h->validity, h->first + row))
        {
          closed = 1;
          h->last = NULL;
          if (omit)
            {
              p = put_glue (p, h->text + skip, h->before - skip);
              continue;
            }
          p = put_glue (p, h->text + skip, h->len - skip) - h->quoted;
          memcpy (p, "null", 4);
          p += 4;
          continue;
        }
      closed = 0;
      next = put_value (h, row, put_glue (p, h->text + skip, h->len - skip));
      if (__builtin_expect (!next, 0))
        {
          *bad = h->col;
          return NULL;
        }
      p = next;
    }
  closed &= t->tail_closes;
  p = put_glue (p, t->tail + closed, t->tail_len - closed);
  p += p == start;
  *start = t->open; /* over the first column's comma */
  p[0] = t->close;
  p[1] = '\n';
  return p + 2;
}

/* The buffer is often memory that a sink on another processor has just read: to own a line again takes longer than to fill
 * it, so lines are asked for some rows before. An instruction that never faults and old processors skip. */
#define AHEAD 4096

static inline void
ask_for_line (const uint8_t *p)
{
#if defined(__x86_64__)
  __asm__ volatile("prefetchw %0" : : "m"(*p));
#else
  __builtin_prefetch (p, 1);
#endif
}

/* Flat: what prints a number is then compiled for the wide processor, too. */
PEN_WIDE __attribute__ ((flatten)) uint8_t *
jsonl_rows (struct jsonl_table *t, int64_t *row, int64_t k, int omit, uint8_t *p, const struct jsonl_column **bad)
{
  const uint8_t *asked = p;

  for (int64_t end = *row + k; *row < end; ++*row)
    {
      uint8_t *next;
      for (; asked < p + AHEAD; asked += 64)
        ask_for_line (asked);
      next = put_row (t, *row, omit, p, bad);
      if (!next)
        return NULL;
      p = next;
    }
  return p;
}
