/* SPDX-License-Identifier: Apache-2.0 */
/* infer_sample.c - guesses delimiter, encoding, header and types of delimited text from its first bytes.
 *
 * A guess is a proposal to look over: a column is given a type only if every value in the sample has it. */
#include "core/cli/infer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <penstock/date.h>
#include <penstock/scan.h>

#define RECORDS_MAX 20000
#define CELL_MAX 256   /* longer cells are text */
#define SPREAD_MAX 200 /* records that tell the delimiter */

/* What all values of a column so far could be. */
struct seen
{
  bool any, is_int, is_decimal, is_date, is_time, is_bool;
  unsigned format; /* of dates: candidates that are left, a bit each */
  unsigned whole, scale;
};
static const char *const date_formats[] = { "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%Y/%m/%d" };
#define DATE_FORMATS (sizeof date_formats / sizeof *date_formats)

struct sample
{
  const unsigned char *p;
  size_t n;
  char delimiter;
};

/* ---- records ---- */

/* The cell at *at, its quotes taken off; *end: what stopped it, 0 at the end of the sample. */
static size_t
next_cell (const struct sample *s, size_t *at, unsigned char *cell, size_t cap, bool *quoted, unsigned char *stop)
{
  size_t i = *at, k = 0;
  *quoted = i < s->n && s->p[i] == '"';
  if (*quoted)
    for (i++; i < s->n; i++)
      {
        if (s->p[i] == '"' && (i + 1 == s->n || s->p[i + 1] != '"'))
          {
            i++;
            break;
          }
        i += s->p[i] == '"';
        if (k < cap)
          cell[k++] = s->p[i];
      }
  for (; i < s->n && s->p[i] != (unsigned char)s->delimiter && s->p[i] != '\n' && s->p[i] != '\r'; i++)
    if (k < cap)
      cell[k++] = s->p[i];
  *stop = i < s->n ? s->p[i] : 0;
  i += i < s->n;
  if (*stop == '\r')
    {
      i += i < s->n && s->p[i] == '\n';
      *stop = '\n';
    }
  *at = i;
  return k;
}

/* Cells of the record at *at. */
static size_t
count_cells (const struct sample *s, size_t *at)
{
  unsigned char cell[1], stop;
  bool quoted;
  size_t n = 0;
  do
    {
      next_cell (s, at, cell, 0, &quoted, &stop);
      n++;
    }
  while (stop == (unsigned char)s->delimiter && stop);
  return n;
}

/* How well this delimiter explains the sample: records as wide as the first one, and wide ones before narrow ones. */
static unsigned long
judge_delimiter (struct sample *s, size_t *width)
{
  size_t at = 0, same = 0, all = 0;
  *width = 0;
  while (at < s->n && all < SPREAD_MAX)
    {
      size_t from = at, n = count_cells (s, &at);
      if (at == s->n && all && from) /* perhaps cut off */
        break;
      if (n == 1 && (s->p[from] == '\n' || s->p[from] == '\r'))
        continue;
      if (!*width)
        *width = n;
      same += n == *width;
      all++;
    }
  if (!all || *width < 2 || *width > INFER_COLUMNS)
    return 0;
  return (unsigned long)(same * 1000 / all) * 1000 + *width;
}

static size_t
find_delimiter (struct sample *s)
{
  static const char candidates[] = { ',', ';', '\t', '|', '^', '~', 0x1f, ':' };
  unsigned long best = 0;
  size_t width = 1, w;
  char found = ',';
  for (size_t i = 0; i < sizeof candidates; i++)
    {
      s->delimiter = candidates[i];
      unsigned long points = judge_delimiter (s, &w);
      if (points > best)
        {
          best = points;
          found = candidates[i];
          width = w;
        }
    }
  s->delimiter = found;
  return width;
}

/* ---- types ---- */

static bool
is_date (const unsigned char *c, size_t n, unsigned k)
{
  int v[3] = { 0, 0, 0 };
  const char *f = date_formats[k];
  size_t i = 0;
  for (; *f; f++)
    {
      if (*f != '%')
        {
          if (i >= n || c[i++] != (unsigned char)*f)
            return false;
          continue;
        }
      int digits = *++f == 'Y' ? 4 : 2, *to = &v[*f == 'Y' ? 0 : *f == 'm' ? 1 : 2];
      for (; digits; digits--, i++)
        {
          if (i >= n || c[i] < '0' || c[i] > '9')
            return false;
          *to = *to * 10 + (c[i] - '0');
        }
    }
  return i == n && pen_is_date (v[0], v[1], v[2]);
}

static void
see_number (struct seen *t, const unsigned char *c, size_t n)
{
  size_t i = c[0] == '-' || c[0] == '+', whole = 0, scale = 0;
  bool zero_first = i < n && c[i] == '0' && i + 1 < n && c[i + 1] != '.';
  for (; i < n && c[i] >= '0' && c[i] <= '9'; i++)
    whole++;
  bool point = i < n && c[i] == '.';
  for (i += point; i < n && c[i] >= '0' && c[i] <= '9'; i++)
    scale++;
  bool number = i == n && whole && !zero_first && whole <= 18 && scale <= 18;
  t->is_int &= number && !point;
  t->is_decimal &= number;
  t->whole = whole > t->whole ? (unsigned)whole : t->whole;
  t->scale = scale > t->scale ? (unsigned)scale : t->scale;
}

static bool
is_bool (const unsigned char *c, size_t n)
{
  static const char *const words[] = { "true", "false", "TRUE", "FALSE", "True", "False", "yes", "no", "Yes", "No" };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen (words[i]) == n && memcmp (words[i], c, n) == 0)
      return true;
  return false;
}

static void
see_cell (struct seen *t, const unsigned char *c, size_t n)
{
  int64_t us;
  int zoned;
  if (!n)
    return;
  if (!t->any)
    *t = (struct seen){ true, true, true, true, true, true, (1u << DATE_FORMATS) - 1, 0, 0 };
  if (n >= CELL_MAX)
    {
      *t = (struct seen){ .any = true };
      return;
    }
  if (t->is_decimal)
    see_number (t, c, n);
  for (unsigned k = 0; k < DATE_FORMATS && t->is_date; k++)
    if ((t->format & 1u << k) && !is_date (c, n, k))
      t->format &= ~(1u << k);
  t->is_date &= t->format != 0;
  if (t->is_time)
    {
      unsigned char iso[CELL_MAX];
      memcpy (iso, c, n);
      if (n > 10 && iso[10] == ' ')
        iso[10] = 'T';
      t->is_time = pen_time_iso (iso, n, &us, &zoned) == 0 && !zoned;
    }
  t->is_bool &= is_bool (c, n);
}

/* ---- the answer ---- */

struct answer
{
  char *p;
  size_t n, cap;
  bool full;
};

static void __attribute__ ((format (printf, 2, 3))) say (struct answer *a, const char *fmt, ...)
{
  va_list ap;
  int k;
  va_start (ap, fmt);
  k = vsnprintf (a->p + a->n, a->cap - a->n, fmt, ap);
  va_end (ap);
  if (k < 0 || (size_t)k >= a->cap - a->n)
    a->full = true;
  else
    a->n += (size_t)k;
}

/* A name that can stand in a column's specification as it is, else in the quotes that it does not hold. False: neither. */
static bool
say_name (struct answer *a, const unsigned char *c, size_t n)
{
  bool plain = n > 0;
  for (size_t i = 0; i < n; i++)
    {
      plain &=
          (c[i] >= 'a' && c[i] <= 'z') || (c[i] >= 'A' && c[i] <= 'Z') || (c[i] >= '0' && c[i] <= '9') || c[i] == '_';
      if (c[i] < 0x20 || c[i] == 0x7f)
        return false;
    }
  if (plain)
    {
      say (a, "%.*s", (int)n, (const char *)c);
      return true;
    }
  char quote = !memchr (c, '\'', n) ? '\'' : '"';
  if (!n || memchr (c, quote, n))
    return false;
  say (a, "%c%.*s%c", quote, (int)n, (const char *)c, quote);
  return true;
}

static void
say_type (struct answer *a, const struct seen *t, bool typed)
{
  unsigned k = 0;
  if (!typed || !t->any)
    say (a, " string\n");
  else if (t->is_int)
    {
      if ((t->format & 1u << 4) && t->is_date)
        say (a, " date(%%Y%%m%%d)\n");
      else
        say (a, " int\n");
    }
  else if (t->is_decimal)
    say (a, " decimal(%u,%u)\n", t->whole + t->scale > 18 ? t->whole + t->scale : 18, t->scale);
  else if (t->is_date)
    {
      while (!(t->format & 1u << k))
        k++;
      if (k)
        say (a, " date(%s)\n", date_formats[k]);
      else
        say (a, " date\n");
    }
  else
    say (a, t->is_time ? " timestamp\n" : t->is_bool ? " bool\n" : " string\n");
}

/* Names are words, each different: what a header has and rows of data seldom have. */
static bool
looks_like_header (const struct sample *s, size_t width, const struct seen *rest)
{
  unsigned char cell[CELL_MAX], stop;
  size_t at = 0;
  bool quoted, differs = false, all_text = true;
  for (size_t i = 0; i < width; i++)
    {
      struct seen one = { 0 };
      size_t n = next_cell (s, &at, cell, sizeof cell, &quoted, &stop);
      see_cell (&one, cell, n);
      if (one.any && (one.is_decimal || one.is_date || one.is_time || one.is_bool))
        return false;
      all_text &= !rest[i].any || !(rest[i].is_decimal || rest[i].is_date || rest[i].is_time || rest[i].is_bool);
      differs |= rest[i].any && (rest[i].is_decimal || rest[i].is_date || rest[i].is_time || rest[i].is_bool);
    }
  return differs || all_text;
}

/* Every name can be used, and each only once. */
static bool
has_good_names (const struct sample *s, size_t width)
{
  unsigned char (*name)[CELL_MAX] = calloc (width, CELL_MAX), stop;
  size_t at = 0;
  bool quoted, good = name != NULL;
  for (size_t i = 0; good && i < width; i++)
    {
      size_t n = next_cell (s, &at, name[i], CELL_MAX - 1, &quoted, &stop);
      char text[CELL_MAX + 4];
      struct answer a = { text, 0, sizeof text, false };
      good = n > 0 && n < CELL_MAX - 1 && say_name (&a, name[i], n) && pen_find_bad_utf8 (name[i], n) == n;
      for (size_t k = 0; good && k < i; k++)
        good = strcmp ((const char *)name[k], (const char *)name[i]) != 0;
    }
  free (name);
  return good;
}

static void
see_rows (const struct sample *s, size_t width, bool whole, struct seen *t)
{
  unsigned char cell[CELL_MAX], stop;
  size_t at = 0, cells = count_cells (s, &at);
  for (size_t r = 0; at < s->n && r < RECORDS_MAX; r++)
    {
      size_t from = at, end = at;
      cells = count_cells (s, &end);
      if (end == s->n && !whole)
        break;
      if (cells == width)
        for (size_t i = 0; i < width; i++)
          {
            bool quoted;
            size_t n = next_cell (s, &from, cell, sizeof cell, &quoted, &stop);
            see_cell (&t[i], cell, n);
          }
      at = end;
    }
}

static void
say_columns (struct answer *a, const struct sample *s, size_t width, bool header, bool good, bool typed,
             const struct seen *t)
{
  unsigned char cell[CELL_MAX], stop;
  size_t at = 0;
  bool quoted;
  for (size_t i = 0; i < width; i++)
    {
      size_t n = next_cell (s, &at, cell, sizeof cell, &quoted, &stop);
      say (a, "columns=");
      if (header && good)
        say_name (a, cell, n);
      else
        say (a, "column_%zu", i + 1);
      say_type (a, &t[i], typed);
    }
}

/* ---- encodings ---- */

static const char *
find_encoding (const unsigned char *p, size_t n, bool whole)
{
  size_t even = 0, odd = 0, bad = pen_find_bad_utf8 (p, n);
  if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
    return p[0] == 0xff ? "auto-le" : "auto-be";
  for (size_t i = 0; i < n; i++)
    if (!p[i])
      *(i & 1 ? &odd : &even) += 1;
  if (odd > n / 4 || even > n / 4)
    return odd > even ? "utf-16le" : "utf-16be";
  if (bad == n || (!whole && n - bad < 4))
    return "utf-8";
  for (size_t i = 0; i < n; i++)
    if (p[i] == 0x81 || p[i] == 0x8d || p[i] == 0x8f || p[i] == 0x90 || p[i] == 0x9d)
      return "latin1";
  return "windows-1252";
}

/* The sample as UTF-8, near enough for a guess: names in Latin letters come out right. Caller frees. */
static unsigned char *
to_utf8 (const unsigned char *p, size_t n, const char *encoding, size_t *n_out)
{
  bool wide = strncmp (encoding, "utf-16", 6) == 0 || strncmp (encoding, "auto-", 5) == 0;
  bool big = encoding[strlen (encoding) - 2] == 'b';
  unsigned char *out = malloc (n * 3 + 1), *o = out;
  if (!out)
    return NULL;
  if (strcmp (encoding, "utf-8") == 0)
    {
      memcpy (out, p, n);
      *n_out = n;
      return out;
    }
  for (size_t i = 0; i + wide < n; i += 1u + wide)
    {
      unsigned c = !wide ? p[i] : big ? (unsigned)p[i] << 8 | p[i + 1] : (unsigned)p[i + 1] << 8 | p[i];
      if (c == 0xfeff || (c >= 0xd800 && c < 0xe000))
        continue;
      if (c < 0x80)
        *o++ = (unsigned char)c;
      else if (c < 0x800)
        {
          *o++ = (unsigned char)(0xc0 | c >> 6);
          *o++ = (unsigned char)(0x80 | (c & 0x3f));
        }
      else
        {
          *o++ = (unsigned char)(0xe0 | c >> 12);
          *o++ = (unsigned char)(0x80 | (c >> 6 & 0x3f));
          *o++ = (unsigned char)(0x80 | (c & 0x3f));
        }
    }
  *n_out = (size_t)(o - out);
  return out;
}

size_t
infer_sample (const unsigned char *p, size_t n, bool whole, bool typed, char *out, size_t cap)
{
  struct answer a = { out, 0, cap, false };
  const char *encoding = find_encoding (p, n, whole);
  unsigned char *text = NULL;
  struct sample s = { 0 };
  struct seen *t = calloc (INFER_COLUMNS, sizeof *t);
  size_t width;

  if (!t || !(text = to_utf8 (p, n, encoding, &s.n)))
    {
      free (t);
      return 0;
    }
  s.p = text;
  if (s.n >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    {
      s.p += 3;
      s.n -= 3;
    }
  width = find_delimiter (&s);
  see_rows (&s, width, whole, t);
  bool header = looks_like_header (&s, width, t), good = header && has_good_names (&s, width);
  if (s.delimiter != ',')
    say (&a,
         s.delimiter < 0x20 && s.delimiter != '\t' ? "delimiter=\\x%02x\n"
         : s.delimiter == '\t'                     ? "delimiter=tab\n"
                                                   : "delimiter=%c\n",
         (unsigned)s.delimiter);
  if (strcmp (encoding, "utf-8") != 0 && strncmp (encoding, "auto-", 5) != 0)
    say (&a, "encoding=%s\n", encoding);
  if (!good)
    say (&a, "header=false\n");
  if (header && !good)
    say (&a, "skip_lines=1\n");
  say_columns (&a, &s, width, header, good, typed, t);
  free (t);
  free (text);
  return a.full || !s.n ? 0 : a.n;
}
