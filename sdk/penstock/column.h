/* SPDX-License-Identifier: Apache-2.0 */
/* column.h - reads Arrow columns: what a format string means, and where the values of one batch lie.
 *
 * For filters, encoders and sinks; understands exactly the formats that arrow.h lists. Everything is borrowed from the
 * schema and the batch; nothing allocates; thread-safe. */
#ifndef PENSTOCK_COLUMN_H
#define PENSTOCK_COLUMN_H
#include <penstock/arrow.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum pen_kind
{
  PEN_KIND_BOOL = 1,
  PEN_KIND_INT32,
  PEN_KIND_INT64,
  PEN_KIND_FLOAT64,
  PEN_KIND_TEXT,
  PEN_KIND_BINARY,
  PEN_KIND_DECIMAL,
  PEN_KIND_DATE,
  PEN_KIND_TIMESTAMP,
  PEN_KIND_DICT, /* int32 indices into a dictionary of text */
};

struct pen_type
{
  int kind;             /* enum pen_kind */
  int precision, scale; /* decimals: "d:18,2" is 18 and 2 */
  int zoned;            /* timestamps: 1 for an instant ("tsu:UTC"), 0 for local time ("tsu:") */
};

static inline int
pen_type_decimal_ (const char *f, struct pen_type *t)
{
  char *end;
  long precision = strtol (f, &end, 10), scale;

  if (end == f || *end != ',' || precision < 1 || precision > 38)
    return -1;
  f = end + 1;
  scale = strtol (f, &end, 10);
  if (end == f || (*end && strcmp (end, ",128") != 0) || scale < -38 || scale > 38)
    return -1;
  t->kind = PEN_KIND_DECIMAL;
  t->precision = (int)precision;
  t->scale = (int)scale;
  return 0;
}

/* What a column's schema means; -1 for a format that Penstock does not know. */
static inline int
pen_type_read (const struct ArrowSchema *s, struct pen_type *t)
{
  static const struct
  {
    char format[4];
    int kind;
  } plain[] = { { "b", PEN_KIND_BOOL }, { "i", PEN_KIND_INT32 },  { "l", PEN_KIND_INT64 }, { "g", PEN_KIND_FLOAT64 },
                { "u", PEN_KIND_TEXT }, { "z", PEN_KIND_BINARY }, { "tdD", PEN_KIND_DATE } };

  memset (t, 0, sizeof *t);
  if (!s || !s->format)
    return -1;
  if (s->dictionary)
    {
      t->kind = PEN_KIND_DICT;
      return strcmp (s->format, "i") == 0 && s->dictionary->format && strcmp (s->dictionary->format, "u") == 0 ? 0 : -1;
    }
  if (strncmp (s->format, "d:", 2) == 0)
    return pen_type_decimal_ (s->format + 2, t);
  if (strncmp (s->format, "tsu:", 4) == 0)
    {
      t->kind = PEN_KIND_TIMESTAMP;
      t->zoned = s->format[4] != 0;
      return 0;
    }
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strcmp (s->format, plain[i].format) == 0)
      {
        t->kind = plain[i].kind;
        return 0;
      }
  return -1;
}

/* One column of one batch; row numbers below are those of the batch, its offset is taken care of. */
struct pen_column
{
  const uint8_t *validity; /* NULL: no row is null */
  const uint8_t *values;   /* numbers and bits; the bytes of text and binary */
  const int32_t *offsets;  /* text and binary; of the dictionary for PEN_KIND_DICT */
  const int32_t *index;    /* PEN_KIND_DICT */
  int64_t first;           /* index of row 0 in the buffers */
  int64_t length;          /* rows */
  int64_t entries;         /* of the dictionary */
};

static inline int
pen_bit (const uint8_t *bits, int64_t i)
{
  return bits[i >> 3] >> (i & 7) & 1;
}

static inline int
pen_column_is_null (const struct pen_column *c, int64_t row)
{
  return c->validity && !pen_bit (c->validity, c->first + row);
}

static inline int
pen_column_open_dict_ (const struct ArrowArray *a, struct pen_column *c)
{
  const struct ArrowArray *d = a->dictionary;

  if (!d || d->n_buffers < 3 || (d->length && !d->buffers[1]))
    return -1;
  c->index = (const int32_t *)a->buffers[1];
  c->entries = d->length;
  c->offsets = d->buffers[1] ? (const int32_t *)d->buffers[1] + d->offset : NULL;
  c->values = (const uint8_t *)d->buffers[2];
  return 0;
}

/* Column i of the batch; -1 when the batch is not shaped as its schema says (a bug of who made it). */
static inline int
pen_column_open (const struct ArrowArray *batch, int64_t i, int kind, struct pen_column *c)
{
  const struct ArrowArray *a;
  int is_bytes = kind == PEN_KIND_TEXT || kind == PEN_KIND_BINARY;

  if (i >= batch->n_children || !(a = batch->children[i]) || a->n_buffers < (is_bytes ? 3 : 2)
      || a->length < batch->offset + batch->length)
    return -1;
  c->validity = a->null_count == 0 ? NULL : (const uint8_t *)a->buffers[0];
  c->first = a->offset + batch->offset;
  c->length = batch->length;
  c->entries = 0;
  c->index = NULL;
  c->offsets = NULL;
  if (batch->length && !a->buffers[1])
    return -1;
  if (kind == PEN_KIND_DICT)
    return pen_column_open_dict_ (a, c);
  if (is_bytes)
    c->offsets = (const int32_t *)a->buffers[1];
  c->values = (const uint8_t *)a->buffers[is_bytes ? 2 : 1];
  return 0;
}

/* The bytes of a text, binary or dictionary value that is not null. An index outside of the dictionary gives -1. */
static inline int
pen_column_bytes (const struct pen_column *c, int64_t row, const uint8_t **p, size_t *n)
{
  int64_t i = c->first + row;

  if (c->index)
    {
      i = c->index[i];
      if (i < 0 || i >= c->entries)
        return -1;
    }
  *p = c->values + c->offsets[i];
  *n = (size_t)(c->offsets[i + 1] - c->offsets[i]);
  return 0;
}
#endif
