/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - turns elements into columns: texts, exact numbers, dates, and whom to tell where they are none of these. */
#include "loop.h"
#include "short.h"
#include "x12.h"

void
x12_no_memory (struct x12 *x)
{
  if (x->status == PEN_OK)
    x->status = x->host->fail (x->host->ctx, "x12: no memory for its tables");
}

/* ---- text ---- */

static bool
is_ascii (struct pen_span v)
{
  uint8_t all = 0;
  for (size_t i = 0; i < v.n; i++)
    all |= v.p[i];
  return all < 0x80;
}

/* Latin-1 as UTF-8, in x->text. */
static struct pen_span
from_latin1 (struct x12 *x, struct pen_span v)
{
  size_t n = 0;
  if (x->text_cap < v.n * 2)
    {
      uint8_t *text = realloc (x->text, v.n * 2);
      if (!text)
        {
          x12_no_memory (x);
          return (struct pen_span){ v.p, 0 };
        }
      x->text = text;
      x->text_cap = v.n * 2;
    }
  for (size_t i = 0; i < v.n; i++)
    if (v.p[i] < 0x80)
      x->text[n++] = v.p[i];
    else
      {
        x->text[n++] = (uint8_t)(0xc0 | v.p[i] >> 6);
        x->text[n++] = (uint8_t)(0x80 | (v.p[i] & 0x3f));
      }
  return (struct pen_span){ x->text, n };
}

void
x12_put_bytes (struct x12 *x, struct pen_table *t, unsigned col, struct pen_span v, bool raw)
{
  if (raw || (!is_ascii (v) && (x->o->encoding == ENC_LATIN1 || pen_find_bad_utf8 (v.p, v.n) < v.n)))
    v = from_latin1 (x, v);
  if (v.n && pen_add_text (t, col, v.p, v.n))
    x12_no_memory (x);
}

void
x12_put_text (struct x12 *x, struct pen_table *t, unsigned col, struct pen_span v)
{
  while (v.n && v.p[v.n - 1] == ' ')
    v.n--;
  if (!v.n)
    return;
  if (!x->plain && !is_ascii (v) && (x->o->encoding == ENC_LATIN1 || pen_find_bad_utf8 (v.p, v.n) < v.n))
    v = from_latin1 (x, v);
  if (v.n && pen_add_text (t, col, v.p, v.n))
    x12_no_memory (x);
}

/* ---- numbers ---- */

/* [-]digits[.digits] at `scale`; implied: without a point, the last digits are decimals. 0, or an enum pen_dec_error. */
static inline int
parse_number (struct pen_span v, unsigned scale, bool implied, pen_i128 *out)
{
  static const int64_t pow10[9] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };
  const uint8_t *p = v.p;
  size_t i = 0;
  int64_t n = 0;
  unsigned decimals = 0;
  bool negative = v.n && p[0] == '-', point = false;
  if (implied)
    return pen_dec_parse (v.p, v.n, 28, 0, 0, out);
  if (v.n > 17 || scale > 8)
    return pen_dec_parse (v.p, v.n, 28, scale, '.', out);
  for (i = negative; i < v.n; i++)
    {
      unsigned d = (unsigned)p[i] - '0';
      if (d <= 9)
        {
          n = n * 10 + d;
          decimals += point;
        }
      else if (p[i] == '.' && !point)
        point = true;
      else
        return PEN_DEC_SYNTAX;
    }
  if (v.n == (size_t)negative + point)
    return PEN_DEC_SYNTAX;
  if (decimals > scale)
    return pen_dec_parse (v.p, v.n, 28, scale, '.', out);
  *out = (pen_i128)n * pow10[scale - decimals];
  if (negative)
    *out = -*out;
  return PEN_DEC_OK;
}

static const struct x12_elem *
line_of (const struct x12_def *d, const struct x12_item *it, unsigned pos)
{
  return pos <= it->last_pos && it->at[pos] ? &d->elem[it->at[pos]] : NULL;
}

bool
x12_number (const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g, unsigned pos, pen_i128 *v)
{
  const struct x12_elem *e = line_of (d, it, pos);
  struct pen_span s = seg_el (g, pos);
  unsigned scale = e && e->implied ? e->scale : 0;
  int64_t n;
  if (g->roomy && !g->odd && !(e && e->implied) && number_short (s.p, s.n, SUM_SCALE / 2, &n))
    {
      *v = n;
      return true;
    }
  if (!s.n || parse_number (s, SUM_SCALE / 2, e && e->implied, v) != PEN_DEC_OK)
    return false;
  if (e && e->implied)
    for (; scale < SUM_SCALE / 2; scale++)
      if (__builtin_mul_overflow (*v, 10, v))
        return false;
  return scale <= SUM_SCALE / 2;
}

bool
x12_is_time (struct pen_span v)
{
  static const char top[6] = "235959";
  if (v.n < 4 || v.n > 8 || v.n == 5 || !pen_all_digits (v.p, v.n))
    return false;
  for (unsigned i = 0; i < 6 && i < v.n; i += 2)
    if (memcmp (v.p + i, top + i, 2) > 0)
      return false;
  return true;
}

bool
x12_is_date (struct pen_span v, int32_t *days)
{
  if (v.n == 8)
    return pen_date_ccyymmdd (v.p, days) == 0;
  return v.n == 6 && pen_date_yymmdd (v.p, DATE_PIVOT, days) == 0;
}

/* ---- an element into its column ---- */

bool
x12_is_code (const struct x12_def *d, unsigned first, unsigned n, struct pen_span v)
{
  uint64_t key = 0, code;
  if (v.n > sizeof key)
    return false;
  for (size_t i = 0; i < v.n; i++)
    ((uint8_t *)&key)[i] = v.p[i];
  for (const struct x12_code *c = &d->code[first], *end = c + n; c < end; c++)
    {
      memcpy (&code, c->c, sizeof code);
      if (code == key && c->n == v.n)
        return true;
    }
  return false;
}

static void
put_number (struct x12 *x, const struct x12_elem *e, struct pen_span v, const struct x12_seg *g, unsigned pos)
{
  pen_i128 n = 0;
  int rc = parse_number (v, e->scale, e->implied, &n);
  if (rc != PEN_DEC_OK)
    {
      x12_set_find (x, RULE_element_number, g, pos, 8, rc == PEN_DEC_RANGE ? 5 : 6,
                    rc == PEN_DEC_SCALE ? "%.*s%02u: expected at most %u decimals, found \"%.*s\""
                                        : "%.*s%02u: expected a number with at most %u decimals, found \"%.*s\"",
                    seg_id_len (g), (const char *)g->p, pos, e->scale, (int)v.n, (const char *)v.p);
      return;
    }
  if (!x->row || e->col < 0)
    return;
  if (e->type == TYPE_DECIMAL)
    pen_put_decimal (x->row, (size_t)e->col, n);
  else if (n < INT64_MAX && n > INT64_MIN)
    pen_put_i64 (x->row, (size_t)e->col, (int64_t)n);
}

static void
put_date (struct x12 *x, const struct x12_elem *e, struct pen_span v, const struct x12_seg *g, unsigned pos)
{
  int32_t days;
  if (!x12_is_date (v, &days))
    x12_set_find (x, RULE_element_date, g, pos, 8, 8, "%.*s%02u: expected a date CCYYMMDD, found \"%.*s\"",
                  seg_id_len (g), (const char *)g->p, pos, (int)v.n, (const char *)v.p);
  else if (x->row && e->col >= 0)
    pen_put_date (x->row, (size_t)e->col, days);
}

/* What a text that is not plain ASCII is asked for. */
static void
check_text (struct x12 *x, struct pen_span v, const struct x12_seg *g, unsigned pos)
{
  if (x->o->encoding == ENC_UTF8 && pen_find_bad_utf8 (v.p, v.n) < v.n)
    x12_set_find (x, RULE_encoding, g, pos, 8, 6, "element %u: expected UTF-8, found other bytes", pos);
}

static void
check_element (struct x12 *x, const struct x12_def *d, const struct x12_elem *e, struct pen_span v,
               const struct x12_seg *g, unsigned pos)
{
  if ((e->min && v.n < e->min) || (e->max && v.n > e->max))
    {
      /* sign and point of a number do not count */
      size_t n = v.n;
      if (e->type == TYPE_DECIMAL || e->type == TYPE_INT)
        for (size_t i = 0; i < v.n; i++)
          n -= v.p[i] == '-' || v.p[i] == '.';
      if (n < e->min || (e->max && n > e->max))
        x12_set_find (x, RULE_element_length, g, pos, 8, n < e->min ? 4 : 5,
                      "%.*s%02u: expected %u to %u characters, found %zu: \"%.*s\"", seg_id_len (g), (const char *)g->p,
                      pos, e->min, e->max, n, (int)(v.n > 80 ? 80 : v.n), (const char *)v.p);
    }
  if (e->n_codes && !e->pair && !x12_is_code (d, e->code, e->n_codes, v))
    x12_set_find (x, RULE_element_code, g, pos, 8, 7, "%.*s%02u: expected one of %u codes, found \"%.*s\"",
                  seg_id_len (g), (const char *)g->p, pos, e->n_codes, (int)(v.n > 80 ? 80 : v.n), (const char *)v.p);
}

/* v is not empty. pos: of the element in the segment, for findings. */
static inline void
put_value (struct x12 *x, const struct x12_def *d, const struct x12_elem *e, struct pen_span v, const struct x12_seg *g,
           unsigned pos)
{
  if (e->min | e->max | e->n_codes)
    check_element (x, d, e, v, g, pos);
  if (!x->plain && g->odd)
    check_text (x, v, g, pos);
  if (e->col >= 0 && x->row && x12_is_set (x->row, e->col))
    {
      x->rest = true;
      return;
    }
  switch (e->type)
    {
    case TYPE_TEXT:
      if (x->row && e->col >= 0)
        x12_put_text (x, x->row, (unsigned)e->col, v);
      return;
    case TYPE_INT:
    case TYPE_DECIMAL:
      put_number (x, e, v, g, pos);
      return;
    case TYPE_DATE:
      put_date (x, e, v, g, pos);
      return;
    case TYPE_TIME:
      if (!x12_is_time (v))
        x12_set_find (x, RULE_element_time, g, pos, 8, 9, "%.*s%02u: expected a time HHMM, found \"%.*s\"",
                      seg_id_len (g), (const char *)g->p, pos, (int)v.n, (const char *)v.p);
      else if (x->row && e->col >= 0)
        x12_put_text (x, x->row, (unsigned)e->col, v);
      return;
    default:
      return;
    }
}

/* ---- conditions, pairs, components ---- */

static inline bool
applies (const struct x12_def *d, const struct x12_elem *e, const struct x12_seg *g)
{
  return !e->if_pos || x12_is_code (d, e->if_code, e->n_if, seg_el (g, e->if_pos));
}

unsigned
x12_find_pair (const struct x12_def *d, unsigned line, struct pen_span q)
{
  for (; line; line = d->elem[line].next)
    if (d->elem[line].pair && x12_is_code (d, d->elem[line].code, d->elem[line].n_codes, q))
      return line;
  return 0;
}

static bool
is_missing (const struct x12_def *d, unsigned line, const struct x12_seg *g)
{
  return d->elem[line].required && applies (d, &d->elem[line], g);
}

static void
put_components (struct x12 *x, const struct x12_def *d, const struct x12_elem *first, const struct x12_seg *g,
                unsigned pos)
{
  struct pen_span v = seg_el (g, pos);
  unsigned comp = 1;
  for (size_t i = 0, from = 0; i <= v.n; i++)
    if (i == v.n || v.p[i] == x->st.comp)
      {
        const struct x12_elem *e = first;
        struct pen_span c = { v.p + from, i - from };
        while (e && (e->comp != comp || !applies (d, e, g)))
          e = e->next ? &d->elem[e->next] : NULL;
        if (c.n && e)
          put_value (x, d, e, c, g, pos);
        else if (c.n)
          x->rest = true;
        comp++;
        from = i + 1;
      }
}

static void
missing (struct x12 *x, const struct x12_seg *g, unsigned pos)
{
  x12_set_find (x, RULE_mandatory_element, g, pos, 8, 1, "%.*s%02u: expected a value, found none", seg_id_len (g),
                (const char *)g->p, pos);
}

/* An element by its line, whatever that asks for. */
static void
put_long (struct x12 *x, const struct x12_def *d, unsigned line, struct pen_span v, const struct x12_seg *g,
          unsigned pos)
{
  const struct x12_elem *e = &d->elem[line];
  if (e->comp)
    {
      put_components (x, d, e, g, pos);
      return;
    }
  while (e && !applies (d, e, g))
    e = e->next ? &d->elem[e->next] : NULL;
  if (e)
    put_value (x, d, e, v, g, pos);
  else
    x->rest = true;
}

/* ---- the elements of a segment ---- */

unsigned
x12_element (struct x12 *x, const struct x12_def *d, struct x12_op *op, const struct x12_seg *g, unsigned pos)
{
  struct pen_span v = seg_el (g, pos);
  if (!v.n)
    {
      if (op->required || (op->act == ACT_LONG && is_missing (d, op->line, g)))
        missing (x, g, pos);
      return 1 + (op->act == ACT_PAIR);
    }
  if (op->act == ACT_REST)
    x->rest = true;
  else if (op->act != ACT_PAIR)
    put_long (x, d, op->line, v, g, pos);
  else
    {
      unsigned line = x12_pair_line (d, op, v);
      v = seg_el (g, pos + 1);
      if (!line)
        x->rest = true;
      else if (v.n)
        put_value (x, d, &d->elem[line], v, g, pos + 1);
      return 2;
    }
  return 1;
}

/* Elements from .. to - 1, of which op tells, and as many places behind it as there are. */
static void
put_range (struct x12 *x, const struct x12_def *d, struct x12_op *op, const struct x12_op *last,
           const struct x12_seg *g, unsigned from, unsigned to)
{
  static struct x12_op nothing = { .act = ACT_REST };
  struct hand h = { NULL, 0, 0 };
  const uint32_t *at = g->at;
  const uint8_t *base = g->base;
  bool is_short = x->row && x->plain && g->roomy;
  if (is_short)
    h = (struct hand){ (uint8_t *)x->row->col, x->row->rows, 0 };
  for (unsigned pos = from, k; pos < to; pos += k, op += k)
    {
      const uint8_t *p = base + at[pos];
      uint32_t n = at[pos + 1] - at[pos] - 1;
      k = 1;
      if (PEN_UNLIKELY (op > last))
        {
          x12_element (x, d, &nothing, g, pos);
          continue;
        }
      if (n == 0)
        {
          if (PEN_UNLIKELY (op->watch))
            k = x12_element (x, d, op, g, pos);
          continue;
        }
      if (is_short && put_short (&h, op, p, n))
        continue;
      if (is_short && op->act == ACT_PAIR && pos + 1 < to)
        {
          unsigned line = x12_pair_line (d, op, (struct pen_span){ p, n });
          p = base + at[pos + 1];
          n = at[pos + 2] - at[pos + 1] - 1;
          k = 2;
          if (line && n && put_short (&h, &d->value[line], p, n))
            continue;
        }
      k = x12_element (x, d, op, g, pos);
    }
  if (h.text)
    x->tables.grown_text += h.text;
}

static bool
is_group_empty (const struct x12_seg *g, unsigned from, unsigned n)
{
  for (unsigned i = from; i < from + n; i++)
    if (seg_el (g, i).n)
      return false;
  return true;
}

/* A row for each group of `step` elements, the elements before them in every row. */
static void
put_each (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  bool rest = false;
  for (unsigned from = it->each; from < g->n_el; from += it->step)
    {
      if (is_group_empty (g, from, it->step))
        continue;
      if (x->out)
        x->row = x12_begin_row (x, (unsigned)it->table);
      x12_put_each_keys (x, d);
      put_range (x, d, it->op + 1, it->op + it->last_pos, g, 1, it->each);
      put_range (x, d, it->op + it->each, it->op + it->last_pos, g, from,
                 from + it->step < g->n_el ? from + it->step : g->n_el);
      if (x->row)
        x12_close_row (x->row, g->offset, g->offset, g->n);
      x->row = NULL;
      rest |= x->rest;
    }
  x->rest = rest;
}

void
x12_elements (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  if (it->each)
    {
      put_each (x, d, it, g);
      return;
    }
  put_range (x, d, it->op + 1, it->op + it->last_pos, g, 1, g->n_el);
  x12_check_behind (x, d, it, g);
}

void
x12_check_behind (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  for (unsigned pos = g->n_el; pos <= it->last_required; pos++)
    {
      const struct x12_elem *e = line_of (d, it, pos);
      if (e && e->required && applies (d, e, g))
        missing (x, g, pos);
    }
}
