/* SPDX-License-Identifier: Apache-2.0 */
/* short.h - values as they mostly are, put into their columns in few steps: short texts of plain ASCII, numbers of up to
 * eight characters, dates of eight. What does not fit is left to value.c, nothing of it written. */
#ifndef X12_SHORT_H
#define X12_SHORT_H
#include <penstock/wide.h>
#include "number.h"
#include "x12.h"

/* The columns of the row being built, at hand. */
struct hand
{
  uint8_t *col; /* struct pen_col, by offset in bytes */
  int64_t row;
  size_t text; /* bytes of text so far */
};
#define FLAT static inline __attribute__ ((always_inline))

/* The column for a value; NULL: it has one. */
FLAT struct pen_col *
take_column (const struct hand *h, const struct x12_op *op)
{
  struct pen_col *c = (struct pen_col *)(void *)(h->col + op->col_at);
  if (PEN_UNLIKELY (c->rows != h->row))
    {
      if (c->rows > h->row)
        return NULL;
      pen_col_fill_ (c, h->row);
    }
  return c;
}

FLAT bool
put_short_text (struct hand *h, const struct x12_op *op, const uint8_t *p, uint32_t n)
{
  struct pen_col *c;
  uint8_t *to;
  if (PEN_UNLIKELY (n - op->min > op->span) || PEN_UNLIKELY (p[n - 1] == ' ')
      || PEN_UNLIKELY (!(c = take_column (h, op))) || PEN_UNLIKELY (c->used + n > c->room))
    return false;
  to = c->data + c->used;
  pen_copy32 (to, p); /* as SEG_AFTER and PEN_TABLE_SLACK allow */
  c->used += n;
  c->start[h->row + 1] = (int32_t)c->used;
  c->rows = h->row + 1;
  h->text += n;
  return true;
}

FLAT bool
put_short_number (const struct hand *h, const struct x12_op *op, const uint8_t *p, uint32_t n)
{
  struct pen_col *c;
  int64_t v;
  if (PEN_UNLIKELY (!number_short (p, n, op->scale, &v)) || PEN_UNLIKELY (!(c = take_column (h, op))))
    return false;
  number_store (c->data + 16 * (size_t)h->row, v);
  c->rows = h->row + 1;
  return true;
}

FLAT bool
put_short_int (const struct hand *h, const struct x12_op *op, const uint8_t *p, uint32_t n)
{
  struct pen_col *c;
  int64_t v;
  if (PEN_UNLIKELY (!digits_short (p, n, &v)) || PEN_UNLIKELY (!(c = take_column (h, op))))
    return false;
  ((int64_t *)(void *)c->data)[h->row] = v;
  c->rows = h->row + 1;
  return true;
}

FLAT bool
put_short_date (const struct hand *h, const struct x12_op *op, const uint8_t *p, uint32_t n)
{
  struct pen_col *c;
  int32_t days;
  uint64_t w;
  unsigned v;
  if (PEN_UNLIKELY (n != 8))
    return false;
  w = number_load (p + n, n);
  v = (unsigned)number_value (w);
  if (PEN_UNLIKELY (!number_is_digits (w))
      || PEN_UNLIKELY (pen_date_check_ ((int)(v / 10000), (int)(v / 100 % 100), (int)(v % 100), &days))
      || PEN_UNLIKELY (!(c = take_column (h, op))))
    return false;
  ((int32_t *)(void *)c->data)[h->row] = days;
  c->rows = h->row + 1;
  return true;
}

FLAT bool
put_short (struct hand *h, const struct x12_op *op, const uint8_t *p, uint32_t n)
{
  switch (op->act)
    {
    case ACT_TEXT:
      return put_short_text (h, op, p, n);
    case ACT_NUMBER:
      return put_short_number (h, op, p, n);
    case ACT_INT:
      return put_short_int (h, op, p, n);
    case ACT_DATE:
      return put_short_date (h, op, p, n);
    default:
      return op->act == ACT_PASS;
    }
}
#endif
