/* SPDX-License-Identifier: Apache-2.0 */
/* spec.c - reads a column's specification: "amount decimal(12,2) required range(0..5000)".
 *
 *   NAME TYPE ATTRIBUTE...     NAME in ' or " if there are blanks in it
 *   types        string | int | decimal(PRECISION,SCALE) | date | date(FORMAT|FORMAT) | timestamp | timestamp(FORMAT|...)
 *                | bool | enum(WORD|WORD)
 *   attributes   required | null(WORD|WORD) | range(MIN..MAX) | length(MIN..MAX) | pattern(PATTERN) | header(NAME) */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "csv.h"

struct reader
{
  struct csv *c;
  struct csv_column *col;
  char *p; /* what is left */
  char *why;
  size_t cap;
};

PEN_PRINTF (2, 3)
static bool
wrong (struct reader *r, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (r->why, r->cap, fmt, ap);
  va_end (ap);
  return false;
}

static void
skip_blanks (struct reader *r)
{
  while (*r->p == ' ' || *r->p == '\t')
    r->p++;
}

static bool
read_name (struct reader *r)
{
  char quote = *r->p == '\'' || *r->p == '"' ? *r->p++ : 0;
  char *from = r->p;

  while (*r->p && (quote ? *r->p != quote : *r->p != ' ' && *r->p != '\t'))
    r->p++;
  if (r->p == from)
    return wrong (r, "a column's name is expected");
  if (quote && *r->p != quote)
    return wrong (r, "the name %s has no closing %c", from, quote);
  if (*r->p)
    *r->p++ = 0;
  r->col->name = r->col->header = from;
  return true;
}

/* A word, and what stands in parentheses behind it (NULL: nothing does). A backslash keeps a parenthesis from closing. */
static bool
read_word (struct reader *r, char **word, char **args)
{
  char *from;
  skip_blanks (r);
  *word = r->p;
  *args = NULL;
  while ((*r->p >= 'a' && *r->p <= 'z') || *r->p == '_')
    r->p++;
  from = r->p;
  if (*from == '(')
    {
      *args = from + 1;
      for (r->p++; *r->p && *r->p != ')'; r->p++)
        if (*r->p == '\\' && r->p[1])
          r->p++;
      if (!*r->p)
        return wrong (r, "a ( has no )");
      *r->p++ = 0;
    }
  else if (*from && *from != ' ' && *from != '\t')
    return wrong (r, "\"%s\" is not understood", *word);
  else if (*from)
    r->p++;
  *from = 0;
  return true;
}

/* "a|b|c"; empty words are allowed where `empty` says so. */
static bool
split (struct reader *r, char *text, struct csv_words *w, bool empty)
{
  for (char *next; text; text = next)
    {
      next = strchr (text, '|');
      if (next)
        *next++ = 0;
      if (!*text && !empty)
        return wrong (r, "an empty word stands between |");
      struct csv_word *v = realloc (w->v, (w->n + 1) * sizeof *v);
      if (!v)
        return wrong (r, "no memory");
      w->v = v;
      csv_word_set (&w->v[w->n++], text);
    }
  return true;
}

static bool
read_decimal (struct reader *r, const char *args)
{
  char *end;
  unsigned long precision = args ? strtoul (args, &end, 10) : 0, scale = 0;

  if (args && (*end == ',' || *end == ' '))
    scale = strtoul (end + 1, &end, 10);
  if (!args || *end || precision < 1 || precision > 38 || scale > precision)
    return wrong (r, "decimal(PRECISION,SCALE) is expected, precision 1..38, scale up to it");
  r->col->precision = (uint8_t)precision;
  r->col->scale = (uint8_t)scale;
  return true;
}

static bool
read_formats (struct reader *r, char *args, bool date_only)
{
  struct csv_column *col = r->col;
  static char iso_date[] = "%Y-%m-%d", iso_time[] = "%Y-%m-%dT%H:%M:%S";

  if (args && !split (r, args, &col->formats, false))
    return false;
  col->iso = !args || (date_only && col->formats.n == 1 && strcmp (col->formats.v[0].p, iso_date) == 0);
  if (!args && !split (r, date_only ? iso_date : iso_time, &col->formats, false))
    return false;
  for (size_t i = 0; i < col->formats.n; i++)
    {
      bool zoned = false;
      const char *why = csv_format_check (col->formats.v[i].p, col->formats.v[i].n, date_only, &zoned);
      if (why)
        return wrong (r, "format \"%s\": %s", col->formats.v[i].p, why);
      if (i && zoned != col->zoned)
        return wrong (r, "all formats have %%z, or none has");
      col->zoned = zoned;
    }
  return true;
}

static bool
read_type (struct reader *r)
{
  static const char *const names[] = { "string", "int", "decimal", "date", "timestamp", "bool", "enum" };
  char *word, *args;
  unsigned t;

  if (!read_word (r, &word, &args))
    return false;
  if (!*word)
    return wrong (r, "a type is expected after %s: string, int, decimal(P,S), date, timestamp, bool, enum(A|B)",
                  r->col->name);
  for (t = 0; t < sizeof names / sizeof *names; t++)
    if (strcmp (word, names[t]) == 0)
      break;
  r->col->type = (uint8_t)t;
  switch (t)
    {
    case TYPE_DECIMAL:
      return read_decimal (r, args);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
      return read_formats (r, args, t == TYPE_DATE);
    case TYPE_ENUM:
      return args ? split (r, args, &r->col->words, false) : wrong (r, "enum(WORD|WORD) is expected");
    case TYPE_STRING:
    case TYPE_INT:
    case TYPE_BOOL:
      r->col->precision = 18;
      return !args || wrong (r, "%s takes nothing in ( )", word);
    default:
      return wrong (r, "unknown type \"%s\"; there are string, int, decimal(P,S), date, timestamp, bool, enum(A|B)",
                    word);
    }
}

static bool
read_bound (struct reader *r, const char *text, pen_i128 *v)
{
  struct csv_column *col = r->col;
  size_t n = strlen (text);
  int64_t us;

  if (col->type == TYPE_INT || col->type == TYPE_DECIMAL)
    {
      if (pen_dec_parse (text, n, 38, col->scale, '.', v) == 0)
        return true;
      return wrong (r, "range: \"%s\" is not a number of this type", text);
    }
  for (size_t i = 0; i < col->formats.n; i++)
    if (csv_time_read (col->formats.v[i].p, col->formats.v[i].n, (const uint8_t *)text, n, &us) == 0)
      {
        *v = col->type == TYPE_DATE ? us / 86400000000 : us;
        return true;
      }
  return wrong (r, "range: \"%s\" is not in the column's format", text);
}

static bool
read_range (struct reader *r, char *args)
{
  struct csv_column *col = r->col;
  char *dots = args ? strstr (args, "..") : NULL;

  if (!dots || col->type == TYPE_STRING || col->type == TYPE_ENUM || col->type == TYPE_BOOL)
    return wrong (r, "range(MIN..MAX) is for int, decimal, date and timestamp; either end may be left out");
  col->range_text = strdup (args);
  *dots = 0;
  col->has_range = true;
  col->min = -(pen_i128)(pen_dec_pow10 (38));
  col->max = (pen_i128)pen_dec_pow10 (38);
  return col->range_text && (!*args || read_bound (r, args, &col->min))
         && (!dots[2] || read_bound (r, dots + 2, &col->max));
}

static bool
read_length (struct reader *r, const char *args)
{
  char *end = NULL;
  unsigned long min, max;

  if (!args || r->col->type != TYPE_STRING)
    return wrong (r, "length(MIN..MAX) or length(N) is for string");
  min = strtoul (args, &end, 10);
  max = min;
  if (end[0] == '.' && end[1] == '.')
    max = end[2] ? strtoul (end + 2, &end, 10) : UINT32_MAX;
  if (end == args || (*end && *end != '.') || max < min || max > UINT32_MAX)
    return wrong (r, "length(%s) is not understood", args);
  r->col->has_length = true;
  r->col->min_length = (uint32_t)min;
  r->col->max_length = (uint32_t)max;
  return true;
}

static bool
read_pattern (struct reader *r, const char *args)
{
  const char *why;
  if (!args || r->col->type != TYPE_STRING)
    return wrong (r, "pattern(PATTERN) is for string");
  r->col->pattern_text = args;
  why = csv_pattern_read (&r->col->pattern, args);
  return !why || wrong (r, "pattern: %s", why);
}

static bool
read_attributes (struct reader *r)
{
  for (char *word, *args;;)
    {
      bool good;
      if (!read_word (r, &word, &args))
        return false;
      if (!*word && !args)
        return !*r->p || wrong (r, "\"%s\" is not understood", r->p);
      if (strcmp (word, "required") == 0 && !args)
        good = r->col->required = true;
      else if (strcmp (word, "null") == 0)
        good = args ? split (r, args, &r->col->nulls, true) : wrong (r, "null(WORD|WORD) is expected");
      else if (strcmp (word, "range") == 0)
        good = read_range (r, args);
      else if (strcmp (word, "length") == 0)
        good = read_length (r, args);
      else if (strcmp (word, "pattern") == 0)
        good = read_pattern (r, args);
      else if (strcmp (word, "header") == 0 && args)
        {
          r->col->header = args;
          good = true;
        }
      else
        good = wrong (r, "unknown attribute \"%s\"; there are required, null(), range(), length(), pattern(), header()",
                      word);
      if (!good)
        return false;
    }
}

const char *
csv_spec_read (struct csv *c, struct csv_column *col, const char *text, char *why, size_t cap)
{
  struct reader r = { c, col, NULL, why, cap };
  col->text = strdup (text);
  if (!col->text)
    return "no memory";
  r.p = col->text;
  skip_blanks (&r);
  if (!read_name (&r) || !read_type (&r) || !read_attributes (&r))
    return why;
  col->null_empty = !c->o->empty_text;
  return NULL;
}

void
csv_spec_fini (struct csv_column *col)
{
  free (col->text);
  free ((char *)(uintptr_t)col->range_text);
  free (col->formats.v);
  free (col->words.v);
  free (col->nulls.v);
  free (col->pattern.v);
}

void
csv_word_set (struct csv_word *w, const char *text)
{
  *w = (struct csv_word){ text, strlen (text), { 0, 0 } };
  if (w->n <= sizeof w->key)
    memcpy (w->key, text, w->n);
}

bool
csv_word_is (const struct csv_words *w, const uint8_t *p, size_t n)
{
  for (size_t i = 0; i < w->n; i++)
    if (w->v[i].n == n && memcmp (w->v[i].p, p, n) == 0)
      return true;
  return false;
}
