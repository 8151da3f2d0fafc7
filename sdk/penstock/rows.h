/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - the row format between the `rows` encoder and sinks that take values: how it is laid out, written and read.
 *
 * A stream is rows, one after the other. All numbers are little endian; nothing is aligned.
 *
 *   row     u32 length of the whole row, these four bytes included
 *           u16 table, as announced
 *           u16 number of values
 *           values, one per column of the table in its order
 *   value   u8 tag, then by tag:
 *           PEN_ROWS_NULL       nothing
 *           PEN_ROWS_INT32      i32 (bool: 0 or 1; int32)
 *           PEN_ROWS_INT64      i64
 *           PEN_ROWS_FLOAT64    IEEE 754, 8 bytes
 *           PEN_ROWS_TEXT       u32 n, n bytes (the writer promises UTF-8; a reader that needs it checks)
 *           PEN_ROWS_BINARY     u32 n, n bytes
 *           PEN_ROWS_DECIMAL    16 bytes, two's complement, units of 10^-scale of the column
 *           PEN_ROWS_DATE       i32 days since 1970-01-01
 *           PEN_ROWS_TIMESTAMP  i64 microseconds since 1970-01-01T00:00:00
 *
 * The bytes come from a worker that nobody trusts: the reader below never looks outside of the span it was given, takes
 * no length on trust, and says -1 at the first byte that does not fit. It promises nothing about what the values mean:
 * a sink compares table, number of values and tags with the schema that it knows. Pure, allocation-free, thread-safe. */
#ifndef PENSTOCK_ROWS_H
#define PENSTOCK_ROWS_H
#include <penstock/column.h>
#include <penstock/plugin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PEN_ROWS_HEAD 8       /* bytes before the first value */
#define PEN_ROWS_VALUE_MAX 17 /* bytes of a value that is neither text nor binary, tag included */

enum pen_rows_tag
{
  PEN_ROWS_NULL = 0,
  PEN_ROWS_INT32,
  PEN_ROWS_INT64,
  PEN_ROWS_FLOAT64,
  PEN_ROWS_TEXT,
  PEN_ROWS_BINARY,
  PEN_ROWS_DECIMAL,
  PEN_ROWS_DATE,
  PEN_ROWS_TIMESTAMP,
};

/* The tag of a column's values that are not null; -1 for what is no kind. */
static inline int
pen_rows_tag_of (int kind)
{
  switch (kind)
    {
    case PEN_KIND_BOOL:
    case PEN_KIND_INT32:
      return PEN_ROWS_INT32;
    case PEN_KIND_INT64:
      return PEN_ROWS_INT64;
    case PEN_KIND_FLOAT64:
      return PEN_ROWS_FLOAT64;
    case PEN_KIND_TEXT:
    case PEN_KIND_DICT:
      return PEN_ROWS_TEXT;
    case PEN_KIND_BINARY:
      return PEN_ROWS_BINARY;
    case PEN_KIND_DECIMAL:
      return PEN_ROWS_DECIMAL;
    case PEN_KIND_DATE:
      return PEN_ROWS_DATE;
    case PEN_KIND_TIMESTAMP:
      return PEN_ROWS_TIMESTAMP;
    default:
      return -1;
    }
}

/* Little-endian numbers at any address; compilers make one load or store of each. */
static inline void
pen_rows_store_ (uint8_t *p, uint64_t v, int bytes)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64 (v) >> (8 * (8 - bytes));
#endif
  memcpy (p, &v, (size_t)bytes);
}
static inline uint64_t
pen_rows_load_ (const uint8_t *p, int bytes)
{
  uint64_t v = 0;
  memcpy (&v, p, (size_t)bytes);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64 (v << (8 * (8 - bytes)));
#endif
  return v;
}

/* ---- writing: the caller has made room; each returns the end of what it wrote ---- */

/* Leaves room for the head; pen_rows_finish() fills it in. */
static inline uint8_t *
pen_rows_begin (uint8_t *row)
{
  return row + PEN_ROWS_HEAD;
}
static inline uint8_t *
pen_rows_finish (uint8_t *row, uint8_t *end, unsigned table, unsigned n_values)
{
  pen_rows_store_ (row, (uint64_t)(end - row), 4);
  pen_rows_store_ (row + 4, table, 2);
  pen_rows_store_ (row + 6, n_values, 2);
  return end;
}
static inline uint8_t *
pen_rows_null (uint8_t *p)
{
  *p = PEN_ROWS_NULL;
  return p + 1;
}
/* PEN_ROWS_INT32 and PEN_ROWS_DATE */
static inline uint8_t *
pen_rows_i32 (uint8_t *p, int tag, int32_t v)
{
  *p = (uint8_t)tag;
  pen_rows_store_ (p + 1, (uint32_t)v, 4);
  return p + 5;
}
/* PEN_ROWS_INT64, PEN_ROWS_TIMESTAMP, and the bits of PEN_ROWS_FLOAT64 */
static inline uint8_t *
pen_rows_i64 (uint8_t *p, int tag, int64_t v)
{
  *p = (uint8_t)tag;
  pen_rows_store_ (p + 1, (uint64_t)v, 8);
  return p + 9;
}
/* The 16 bytes of an Arrow decimal128 */
static inline uint8_t *
pen_rows_decimal (uint8_t *p, const void *v)
{
  *p = PEN_ROWS_DECIMAL;
  memcpy (p + 1, v, 16);
  return p + 17;
}
/* PEN_ROWS_TEXT and PEN_ROWS_BINARY */
static inline uint8_t *
pen_rows_bytes (uint8_t *p, int tag, const uint8_t *s, size_t n)
{
  *p = (uint8_t)tag;
  pen_rows_store_ (p + 1, n, 4);
  if (n)
    memcpy (p + 5, s, n);
  return p + 5 + n;
}

/* ---- reading ---- */

struct pen_rows_row
{
  unsigned table, n_values;
  const uint8_t *p, *end; /* values that are still to be read */
};

struct pen_rows_value
{
  int tag; /* enum pen_rows_tag */
  union
  {
    int64_t i; /* INT32, INT64, DATE, TIMESTAMP */
    double f;
    struct pen_span s;      /* TEXT, BINARY: in the stream */
    const uint8_t *decimal; /* 16 bytes in the stream */
  } u;
};

/* Takes the next row off the span: 1, 0 at its end, -1 where it is malformed. */
static inline int
pen_rows_next (struct pen_span *in, struct pen_rows_row *row)
{
  size_t len;

  row->table = row->n_values = 0;
  row->p = row->end = in->p;
  if (!in->n)
    return 0;
  if (in->n < PEN_ROWS_HEAD)
    return -1;
  len = (size_t)pen_rows_load_ (in->p, 4);
  if (len < PEN_ROWS_HEAD || len > in->n)
    return -1;
  row->table = (unsigned)pen_rows_load_ (in->p + 4, 2);
  row->n_values = (unsigned)pen_rows_load_ (in->p + 6, 2);
  row->p = in->p + PEN_ROWS_HEAD;
  row->end = in->p + len;
  in->p += len;
  in->n -= len;
  return 1;
}

/* Takes the next value off the row: 0, or -1 where it is malformed. After n_values of them row->p must be row->end. */
static inline int
pen_rows_value (struct pen_rows_row *row, struct pen_rows_value *v)
{
  static const uint8_t width[] = { 0, 4, 8, 8, 4, 4, 16, 4, 8 };
  const uint8_t *p = row->p;
  size_t left = (size_t)(row->end - p), n;

  if (!left || *p >= sizeof width || left - 1 < width[*p])
    return -1;
  v->tag = *p++;
  row->p = p + width[v->tag];
  v->u.s.p = NULL;
  v->u.s.n = 0;
  switch (v->tag)
    {
    case PEN_ROWS_INT32:
    case PEN_ROWS_DATE:
      v->u.i = (int32_t)(uint32_t)pen_rows_load_ (p, 4);
      return 0;
    case PEN_ROWS_INT64:
    case PEN_ROWS_TIMESTAMP:
      v->u.i = (int64_t)pen_rows_load_ (p, 8);
      return 0;
    case PEN_ROWS_FLOAT64:
      {
        uint64_t bits = pen_rows_load_ (p, 8);
        memcpy (&v->u.f, &bits, 8);
        return 0;
      }
    case PEN_ROWS_DECIMAL:
      v->u.decimal = p;
      return 0;
    case PEN_ROWS_TEXT:
    case PEN_ROWS_BINARY:
      n = (size_t)pen_rows_load_ (p, 4);
      if (n > (size_t)(row->end - row->p))
        return -1;
      v->u.s.p = row->p;
      v->u.s.n = n;
      row->p += n;
      return 0;
    default:
      return 0;
    }
}
#endif
