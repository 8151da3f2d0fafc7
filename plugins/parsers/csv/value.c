/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - reads one cell by all rules of its column, and says what it expected and found where one is broken.
 *
 * columns.c has faster ways for what is common; this file is what they have to agree with. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <penstock/date.h>
#include <penstock/scan.h>
#include "csv.h"

#define SHOWN 60 /* bytes of a value that a message shows */

/* ---- dates by format ---- */

const char *
csv_format_check (const char *f, size_t n, bool date_only, bool *zoned)
{
  bool year = false, month = false, day = false;
  *zoned = false;
  for (size_t i = 0; i < n; i++)
    {
      if (f[i] != '%')
        continue;
      switch (++i < n ? f[i] : 0)
        {
        case 'Y':
        case 'y':
          year = true;
          break;
        case 'm':
        case 'n':
        case 'b':
          month = true;
          break;
        case 'd':
        case 'e':
          day = true;
          break;
        case 'z':
          *zoned = true;
          /* fall through */
        case 'H':
        case 'k':
        case 'M':
        case 'S':
        case 'f':
        case 'I':
        case 'p':
          if (date_only)
            return "a date has no time of day";
          break;
        case '%':
          break;
        default:
          return "there are %Y %y %m %n %b %d %e %H %k %I %p %M %S %f %z %%";
        }
    }
  return year && month && day ? NULL : "year, month and day are needed";
}

struct clock
{
  int year, month, day, hour, minute, second, pm; /* pm: 0 am, 1 pm, -1 neither */
  int64_t fraction;
  int zone; /* minutes east */
};

/* least..most digits at *i. */
static bool
digits (const uint8_t *p, size_t n, size_t *i, unsigned least, unsigned most, int *v)
{
  unsigned k = 0;
  *v = 0;
  for (; k < most && *i < n && (unsigned)p[*i] - '0' <= 9; k++, ++*i)
    *v = *v * 10 + (p[*i] - '0');
  return k >= least;
}

static bool
month_name (const uint8_t *p, size_t n, size_t *i, int *month)
{
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (n - *i < 3)
    return false;
  for (int m = 0; m < 12; m++)
    {
      const char *s = names + 3 * m;
      if ((p[*i] | 0x20) == s[0] && (p[*i + 1] | 0x20) == s[1] && (p[*i + 2] | 0x20) == s[2])
        {
          *month = m + 1;
          *i += 3;
          return true;
        }
    }
  return false;
}

static bool
zone (const uint8_t *p, size_t n, size_t *i, int *minutes)
{
  int h, m;
  if (*i < n && p[*i] == 'Z')
    {
      ++*i;
      *minutes = 0;
      return true;
    }
  if (*i >= n || (p[*i] != '+' && p[*i] != '-'))
    return false;
  int sign = p[(*i)++] == '-' ? -1 : 1;
  if (!digits (p, n, i, 2, 2, &h))
    return false;
  *i += *i < n && p[*i] == ':';
  if (!digits (p, n, i, 2, 2, &m) || h > 14 || m > 59)
    return false;
  *minutes = sign * (h * 60 + m);
  return true;
}

static bool
half_day (const uint8_t *p, size_t n, size_t *i, int *pm)
{
  if (n - *i < 2 || (p[*i + 1] | 0x20) != 'm' || ((p[*i] | 0x20) != 'a' && (p[*i] | 0x20) != 'p'))
    return false;
  *pm = (p[*i] | 0x20) == 'p';
  *i += 2;
  return true;
}

static bool
fraction (const uint8_t *p, size_t n, size_t *i, int64_t *us)
{
  size_t from = *i;
  int64_t unit = 100000;
  for (*us = 0; *i < n && *i - from < 9 && (unsigned)p[*i] - '0' <= 9; ++*i, unit /= 10)
    *us += (p[*i] - '0') * unit;
  return *i > from;
}

static bool
one_part (char c, const uint8_t *p, size_t n, size_t *i, struct clock *t)
{
  switch (c)
    {
    case 'Y':
      return digits (p, n, i, 4, 4, &t->year);
    case 'y':
      if (!digits (p, n, i, 2, 2, &t->year))
        return false;
      t->year += t->year < 70 ? 2000 : 1900;
      return true;
    case 'm':
      return digits (p, n, i, 2, 2, &t->month);
    case 'n':
      return digits (p, n, i, 1, 2, &t->month);
    case 'b':
      return month_name (p, n, i, &t->month);
    case 'd':
      return digits (p, n, i, 2, 2, &t->day);
    case 'e':
      return digits (p, n, i, 1, 2, &t->day);
    case 'H':
    case 'I':
      return digits (p, n, i, 2, 2, &t->hour);
    case 'k':
      return digits (p, n, i, 1, 2, &t->hour);
    case 'M':
      return digits (p, n, i, 2, 2, &t->minute);
    case 'S':
      return digits (p, n, i, 2, 2, &t->second);
    case 'f':
      return fraction (p, n, i, &t->fraction);
    case 'p':
      return half_day (p, n, i, &t->pm);
    case 'z':
      return zone (p, n, i, &t->zone);
    default:
      return *i < n && p[(*i)++] == '%';
    }
}

int
csv_time_read (const char *f, size_t nf, const uint8_t *p, size_t n, int64_t *us)
{
  struct clock t = { .pm = -1 };
  size_t i = 0;
  for (size_t k = 0; k < nf; k++)
    if (f[k] == '%' ? !one_part (f[++k], p, n, &i, &t) : i >= n || p[i++] != (uint8_t)f[k])
      return -1;
  if (t.pm >= 0)
    {
      if (t.hour < 1 || t.hour > 12)
        return -1;
      t.hour = t.hour % 12 + 12 * t.pm;
    }
  if (i != n || !pen_is_date (t.year, t.month, t.day) || t.hour > 23 || t.minute > 59 || t.second > 59)
    return -1;
  *us = (int64_t)pen_days_from_civil (t.year, t.month, t.day) * 86400000000
        + ((int64_t)(t.hour * 60 + t.minute - t.zone) * 60 + t.second) * 1000000 + t.fraction;
  return 0;
}

/* ---- numbers ---- */

int
csv_number (const struct csv *c, const uint8_t *p, size_t n, unsigned precision, unsigned scale, pen_i128 *v)
{
  uint8_t text[64];
  size_t k = 0, run = 0;
  bool grouped = false, fraction_part = false;

  if (!c->group || !memchr (p, c->group, n))
    return pen_dec_parse (p, n, precision, scale, (char)c->point, v);
  for (size_t i = 0; i < n; i++)
    {
      if (p[i] == c->group)
        {
          if (fraction_part || (grouped ? run != 3 : run < 1 || run > 3))
            return PEN_DEC_SYNTAX;
          grouped = true;
          run = 0;
          continue;
        }
      if (p[i] == c->point)
        {
          if (grouped && !fraction_part && run != 3)
            return PEN_DEC_SYNTAX;
          fraction_part = true;
        }
      run += (unsigned)p[i] - '0' <= 9;
      if (k == sizeof text)
        return PEN_DEC_RANGE;
      text[k++] = p[i];
    }
  if (grouped && !fraction_part && run != 3)
    return PEN_DEC_SYNTAX;
  return pen_dec_parse (text, k, precision, scale, (char)c->point, v);
}

/* ---- cells ---- */

bool
csv_is_null (const struct csv *c, const struct csv_column *col, const uint8_t *p, size_t n, bool quoted)
{
  if (n == 0 && !(quoted && (col->type == TYPE_STRING || col->type == TYPE_ENUM)))
    return col->null_empty || col->type != TYPE_STRING;
  if (quoted && (col->type == TYPE_STRING || col->type == TYPE_ENUM))
    return false;
  return csv_word_is (col->nulls.n ? &col->nulls : &c->nulls, p, n);
}

PEN_PRINTF (3, 4)
static enum csv_cell_is
bad_cell (struct csv_bad *bad, const char *rule, const char *fmt, ...)
{
  va_list ap;
  if (!bad)
    return CELL_BAD;
  bad->rule = rule;
  va_start (ap, fmt);
  vsnprintf (bad->text, sizeof bad->text, fmt, ap);
  va_end (ap);
  return CELL_BAD;
}

/* The value as a message shows it: "%.*s%s". */
#define SHOW(p, n) (int)shown (p, n), (const char *)(p), (n) > SHOWN ? "..." : ""
static size_t
shown (const uint8_t *p, size_t n)
{
  if (n > SHOWN)
    for (n = SHOWN; n && (p[n] & 0xc0) == 0x80; n--)
      ;
  return n;
}

static enum csv_cell_is
read_number (const struct csv *c, const struct csv_column *col, const uint8_t *p, size_t n, union csv_value *v,
             struct csv_bad *bad)
{
  bool is_int = col->type == TYPE_INT;
  int e = csv_number (c, p, n, is_int ? 38 : col->precision, col->scale, &v->number);

  if (is_int && !e && memchr (p, c->point, n))
    e = PEN_DEC_SYNTAX;
  if (is_int && !e && (v->number > INT64_MAX || v->number < INT64_MIN))
    e = PEN_DEC_RANGE;
  if (e && is_int)
    return bad_cell (bad, "type",
                     e == PEN_DEC_RANGE ? "expected an int of 64 bits, found \"%.*s%s\""
                                        : "expected an int, found \"%.*s%s\"",
                     SHOW (p, n));
  if (e)
    return bad_cell (bad, "type", "expected decimal(%u,%u)%s, found \"%.*s%s\"", col->precision, col->scale,
                     e == PEN_DEC_SCALE   ? ", no further decimals"
                     : e == PEN_DEC_RANGE ? ", no further digits"
                                          : "",
                     SHOW (p, n));
  return CELL_VALUE;
}

static enum csv_cell_is
read_time (const struct csv_column *col, const uint8_t *p, size_t n, union csv_value *v, struct csv_bad *bad)
{
  bool date = col->type == TYPE_DATE;
  int64_t us;
  int zoned;

  for (size_t i = 0; i < col->formats.n; i++)
    if (csv_time_read (col->formats.v[i].p, col->formats.v[i].n, p, n, &us) == 0)
      {
        v->number = date ? us / 86400000000 : us;
        return CELL_VALUE;
      }
  /* without a format of its own: a blank for the T, and a fraction, are as good */
  uint8_t text[40];
  if (!date && col->iso && n >= 19 && n < sizeof text)
    {
      memcpy (text, p, n);
      text[10] = text[10] == ' ' ? 'T' : text[10];
      if (pen_time_iso (text, n, &us, &zoned) == 0 && !zoned)
        {
          v->number = us;
          return CELL_VALUE;
        }
    }
  return bad_cell (bad, "type", "expected a %s by the format %s, found \"%.*s%s\"", date ? "date" : "timestamp",
                   col->formats.v[0].p, SHOW (p, n));
}

/* Characters of well-formed UTF-8. */
static size_t
characters (const uint8_t *p, size_t n)
{
  size_t k = 0;
  for (size_t i = 0; i < n; i++)
    k += (p[i] & 0xc0) != 0x80;
  return k;
}

static enum csv_cell_is
read_text (const struct csv_column *col, const uint8_t *p, size_t n, struct csv_bad *bad)
{
  if (col->type == TYPE_ENUM)
    return csv_word_is (&col->words, p, n)
               ? CELL_VALUE
               : bad_cell (bad, "enum", "expected one of %zu words (%s, ...), found \"%.*s%s\"", col->words.n,
                           col->words.v[0].p, SHOW (p, n));
  if (col->has_length)
    {
      size_t k = characters (p, n);
      if (k < col->min_length || k > col->max_length)
        return bad_cell (bad, "length", "expected %u..%u characters, found %zu: \"%.*s%s\"", col->min_length,
                         col->max_length, k, SHOW (p, n));
    }
  if (col->pattern.n && !csv_pattern_match (&col->pattern, p, n))
    return bad_cell (bad, "pattern", "expected %s, found \"%.*s%s\"", col->pattern_text, SHOW (p, n));
  return CELL_VALUE;
}

static enum csv_cell_is
read_typed (const struct csv *c, const struct csv_column *col, const uint8_t *p, size_t n, union csv_value *v,
            struct csv_bad *bad)
{
  switch (col->type)
    {
    case TYPE_INT:
    case TYPE_DECIMAL:
      return read_number (c, col, p, n, v, bad);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
      return read_time (col, p, n, v, bad);
    case TYPE_BOOL:
      v->number = csv_word_is (&c->true_words, p, n);
      if (v->number || csv_word_is (&c->false_words, p, n))
        return CELL_VALUE;
      return bad_cell (bad, "type", "expected a bool (%s or %s, ...), found \"%.*s%s\"", c->true_words.v[0].p,
                       c->false_words.v[0].p, SHOW (p, n));
    default:
      return read_text (col, p, n, bad);
    }
}

enum csv_cell_is
csv_cell_read (const struct csv *c, const struct csv_column *col, const uint8_t *p, size_t n, bool quoted,
               union csv_value *v, struct csv_bad *bad)
{
  size_t at = pen_find_bad_utf8 (p, n);
  enum csv_cell_is is;

  if (at < n)
    return bad_cell (bad, "encoding", "expected UTF-8, found the byte 0x%02x at byte %zu of the value", p[at], at + 1);
  if (memchr (p, 0, n))
    return bad_cell (bad, "nul_byte", "expected text, found a NUL byte at byte %zu of the value",
                     (size_t)((const uint8_t *)memchr (p, 0, n) - p) + 1);
  if (csv_is_null (c, col, p, n, quoted))
    return col->required ? bad_cell (bad, "required", "expected a value, found %s", n ? "a null word" : "nothing")
                         : CELL_NULL;
  is = read_typed (c, col, p, n, v, bad);
  if (is == CELL_VALUE && col->has_range && (v->number < col->min || v->number > col->max))
    return bad_cell (bad, "range", "expected %s, found \"%.*s%s\"", col->range_text, SHOW (p, n));
  return is;
}
