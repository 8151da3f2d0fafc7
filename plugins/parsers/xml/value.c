/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - reads one value as its column's type, and says what it expected and found where a rule is broken. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <penstock/date.h>
#include <penstock/decimal.h>
#include "xml.h"

#define SHOWN 60 /* bytes of a value that a message shows */

void
xml_note (struct xml *x, const char *column, size_t at, const char *rule, const char *fmt, ...)
{
  struct xml_bad *b = &x->bad[x->n_bad];
  va_list ap;
  if (x->n_bad == XML_BAD_MAX)
    return;
  x->n_bad++;
  b->rule = rule;
  b->column = column;
  b->at = at;
  va_start (ap, fmt);
  vsnprintf (b->text, sizeof b->text, fmt, ap);
  va_end (ap);
}

static size_t
shown (struct pen_span s)
{
  size_t n = s.n;
  if (n > SHOWN)
    for (n = SHOWN; n && (s.p[n] & 0xc0) == 0x80; n--)
      ;
  return n;
}
#define SHOW(s) (int)shown (s), (const char *)(s).p, (s).n > SHOWN ? "..." : ""

static bool
is_word (const uint8_t *p, size_t n, const char *word)
{
  return n == strlen (word) && memcmp (p, word, n) == 0;
}

static bool
read_integer (const uint8_t *p, size_t n, pen_i128 *v)
{
  return !memchr (p, '.', n) && pen_dec_parse (p, n, 38, 0, '.', v) == PEN_DEC_OK && *v >= INT64_MIN && *v <= INT64_MAX;
}

static bool
read_timestamp (const struct xml_column *col, const uint8_t *p, size_t n, pen_i128 *v)
{
  int64_t us;
  int zoned;
  if (pen_time_iso (p, n, &us, &zoned) || (zoned != 0) != col->zoned)
    return false;
  *v = us;
  return true;
}

bool
xml_value_read (const struct xml_column *col, const uint8_t *p, size_t n, pen_i128 *v)
{
  int32_t days;
  switch (col->type)
    {
    case TYPE_INT:
      return read_integer (p, n, v);
    case TYPE_DECIMAL:
      return pen_dec_parse (p, n, col->precision, col->scale, '.', v) == PEN_DEC_OK;
    case TYPE_DATE:
      if (pen_date_iso (p, n, &days))
        return false;
      *v = days;
      return true;
    case TYPE_TIMESTAMP:
      return read_timestamp (col, p, n, v);
    case TYPE_BOOL:
      *v = is_word (p, n, "true") || is_word (p, n, "1");
      return *v || is_word (p, n, "false") || is_word (p, n, "0");
    default:
      return false;
    }
}

static void
put_number (struct pen_table *t, const struct xml_column *col, pen_i128 v)
{
  switch (col->type)
    {
    case TYPE_DECIMAL:
      pen_put_decimal (t, col->index, v);
      break;
    case TYPE_DATE:
      pen_put_date (t, col->index, (int32_t)v);
      break;
    case TYPE_BOOL:
      pen_put_bool (t, col->index, (int)v);
      break;
    default:
      pen_put_i64 (t, col->index, (int64_t)v);
    }
}

static void
expected (struct xml *x, const struct xml_column *col, struct pen_span s, size_t at)
{
  static const char *const names[] = { "", "an int of 64 bits", "", "a date (YYYY-MM-DD)", "", "true or false" };
  if (col->type == TYPE_DECIMAL)
    xml_note (x, col->name, at, "type", "expected decimal(%u,%u), found \"%.*s%s\"", col->precision, col->scale,
              SHOW (s));
  else if (col->type == TYPE_TIMESTAMP)
    xml_note (x, col->name, at, "type", "expected YYYY-MM-DDTHH:MM:SS %s offset, found \"%.*s%s\"",
              col->zoned ? "with an" : "without", SHOW (s));
  else
    xml_note (x, col->name, at, "type", "expected %s, found \"%.*s%s\"", names[col->type], SHOW (s));
}

/* Blanks off both ends. */
static struct pen_span
trim (struct pen_span s)
{
  while (s.n && (s.p[0] == ' ' || (s.p[0] >= 9 && s.p[0] <= 13)))
    {
      s.p++;
      s.n--;
    }
  while (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= 9 && s.p[s.n - 1] <= 13)))
    s.n--;
  return s;
}

static bool
text_fits (struct xml *x, const struct xml_column *col, struct pen_span s, size_t at)
{
  size_t k = 0;
  if (col->type == TYPE_ENUM)
    {
      for (size_t i = 0; i < col->words.n; i++)
        if (is_word (s.p, s.n, col->words.v[i]))
          return true;
      xml_note (x, col->name, at, "enum", "expected one of %zu words (%s, ...), found \"%.*s%s\"", col->words.n,
                col->words.v[0], SHOW (s));
      return false;
    }
  if (!col->has_length)
    return true;
  for (size_t i = 0; i < s.n; i++)
    k += (s.p[i] & 0xc0) != 0x80;
  if (k >= col->min_length && k <= col->max_length)
    return true;
  xml_note (x, col->name, at, "length", "expected %u..%u characters, found %zu: \"%.*s%s\"", col->min_length,
            col->max_length, k, SHOW (s));
  return false;
}

static int
put_text (struct xml *x, struct xml_column *col, struct pen_table *t, struct pen_span s, bool again)
{
  int bad = 0;
  if (again)
    bad = pen_append_text (t, col->index, col->separator, strlen (col->separator))
          || pen_append_text (t, col->index, s.p, s.n);
  else
    bad = pen_add_text (t, col->index, s.p, s.n);
  return bad ? x->host->fail (x->host->ctx, "xml: no memory for %zu bytes of column %s", s.n, col->name) : PEN_OK;
}

int
xml_value_put (struct xml *x, struct xml_column *col, struct pen_span s, size_t at)
{
  struct pen_table *t = &x->set.table[col->table];
  bool again = t->col[col->index].rows > t->rows;
  pen_i128 v;

  if (!col->exact)
    s = trim (s);
  if (!s.n)
    return PEN_OK; /* null */
  if (again && col->many == MANY_FIRST)
    return PEN_OK;
  if (again && col->many == MANY_REFUSED)
    {
      xml_note (x, col->name, at, "repeated", "expected one value, found another: \"%.*s%s\"", SHOW (s));
      return PEN_OK;
    }
  if (col->type == TYPE_STRING || col->type == TYPE_ENUM)
    return text_fits (x, col, s, at) ? put_text (x, col, t, s, again) : PEN_OK;
  if (!xml_value_read (col, s.p, s.n, &v))
    expected (x, col, s, at);
  else if (col->has_range && (v < col->min || v > col->max))
    xml_note (x, col->name, at, "range", "expected %s, found \"%.*s%s\"", col->range_text, SHOW (s));
  else
    put_number (t, col, v);
  return PEN_OK;
}
