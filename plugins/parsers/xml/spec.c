/* SPDX-License-Identifier: Apache-2.0 */
/* spec.c - reads a column's specification: "lines.amount decimal(12,2) path(Amt/@value) required range(0..5000)".
 *
 *   NAME TYPE ATTRIBUTE...     NAME is TABLE.COLUMN for the columns of child tables
 *   types        string | int | decimal(PRECISION,SCALE) | date | timestamp | timestamp(utc) | bool | enum(WORD|WORD)
 *   attributes   path(PATH) | required | first | all(SEPARATOR) | exact | range(MIN..MAX) | length(MIN..MAX) */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xml.h"

struct reader
{
  struct xml *x;
  struct xml_column *col;
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

/* A word, and what stands in parentheses behind it (NULL: nothing does). */
static bool
read_word (struct reader *r, char **word, char **args)
{
  while (*r->p == ' ')
    r->p++;
  *word = r->p;
  *args = NULL;
  while (*r->p && *r->p != ' ' && *r->p != '(')
    r->p++;
  if (*r->p == '(')
    {
      char *close = strchr (r->p, ')');
      if (!close)
        return wrong (r, "a ( has no )");
      *r->p = 0;
      *args = r->p + 1;
      *close = 0;
      r->p = close + 1;
    }
  else if (*r->p)
    *r->p++ = 0;
  return true;
}

static bool
read_name (struct reader *r)
{
  char *word, *args, *dot;
  if (!read_word (r, &word, &args))
    return false;
  if (!*word || args)
    return wrong (r, "a column's name is expected");
  r->col->name = r->col->path = word;
  dot = strchr (word, '.');
  if (!dot)
    return true;
  *dot = 0;
  r->col->name = r->col->path = dot + 1;
  for (unsigned i = 0; i < r->x->n_tables; i++)
    if (strcmp (r->x->table[i].name, word) == 0)
      {
        r->col->table = i;
        return *r->col->name || wrong (r, "a column's name is expected behind \"%s.\"", word);
      }
  return wrong (r, "there is no table \"%s\"", word);
}

static bool
split (struct reader *r, char *text, struct xml_words *w)
{
  for (char *next; text; text = next)
    {
      char **v = realloc (w->v, (w->n + 1) * sizeof *v);
      if (!v)
        return wrong (r, "no memory");
      w->v = v;
      next = strchr (text, '|');
      if (next)
        *next++ = 0;
      if (!*text)
        return wrong (r, "an empty word stands between |");
      w->v[w->n++] = text;
    }
  return true;
}

static bool
read_decimal (struct reader *r, const char *args)
{
  char *end = NULL;
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
read_type (struct reader *r)
{
  static const char *const names[] = { "string", "int", "decimal", "date", "timestamp", "bool", "enum" };
  char *word, *args;
  unsigned t;

  if (!read_word (r, &word, &args))
    return false;
  for (t = 0; t < sizeof names / sizeof *names && strcmp (word, names[t]) != 0; t++)
    ;
  r->col->type = (uint8_t)t;
  switch (t)
    {
    case TYPE_DECIMAL:
      return read_decimal (r, args);
    case TYPE_ENUM:
      return args ? split (r, args, &r->col->words) : wrong (r, "enum(WORD|WORD) is expected");
    case TYPE_TIMESTAMP:
      r->col->zoned = args && strcmp (args, "utc") == 0;
      return !args || r->col->zoned || wrong (r, "timestamp or timestamp(utc) is expected");
    case TYPE_STRING:
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_BOOL:
      return !args || wrong (r, "%s takes nothing in ( )", word);
    default:
      return wrong (r,
                    "unknown type \"%s\"; there are string, int, decimal(P,S), date, timestamp, timestamp(utc), bool, "
                    "enum(A|B)",
                    word);
    }
}

static bool
read_range (struct reader *r, char *args)
{
  struct xml_column *col = r->col;
  char *dots = args ? strstr (args, "..") : NULL;

  if (!dots || col->type == TYPE_STRING || col->type == TYPE_ENUM || col->type == TYPE_BOOL)
    return wrong (r, "range(MIN..MAX) is for int, decimal, date and timestamp; either end may be left out");
  col->range_text = strdup (args);
  if (!col->range_text)
    return wrong (r, "no memory");
  *dots = 0;
  col->min = -(pen_i128)(pen_dec_pow10 (38));
  col->max = (pen_i128)pen_dec_pow10 (38);
  if ((*args && !xml_value_read (col, (const uint8_t *)args, strlen (args), &col->min))
      || (dots[2] && !xml_value_read (col, (const uint8_t *)dots + 2, strlen (dots + 2), &col->max)))
    return wrong (r, "range(%s): the ends are not of the column's type", col->range_text);
  col->has_range = true;
  return true;
}

static bool
read_length (struct reader *r, const char *args)
{
  char *end = NULL;
  unsigned long min, max;

  if (!args || r->col->type != TYPE_STRING)
    return wrong (r, "length(MIN..MAX) or length(N) is for string");
  min = max = strtoul (args, &end, 10);
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
read_attribute (struct reader *r, const char *word, char *args)
{
  struct xml_column *col = r->col;
  if (strcmp (word, "required") == 0 && !args)
    return col->required = true;
  if (strcmp (word, "exact") == 0 && !args)
    return col->type == TYPE_STRING ? (col->exact = true) : wrong (r, "exact is for string");
  if (strcmp (word, "first") == 0 && !args)
    {
      col->many = MANY_FIRST;
      return true;
    }
  if (strcmp (word, "all") == 0 && args)
    {
      col->many = MANY_ALL;
      col->separator = args;
      return col->type == TYPE_STRING || wrong (r, "all(SEPARATOR) is for string");
    }
  if (strcmp (word, "path") == 0 && args)
    {
      col->path = args;
      return true;
    }
  if (strcmp (word, "range") == 0)
    return read_range (r, args);
  if (strcmp (word, "length") == 0)
    return read_length (r, args);
  return wrong (r, "unknown attribute \"%s\"; there are path(), required, first, all(), exact, range(), length()",
                word);
}

const char *
xml_spec_read (struct xml *x, struct xml_column *col, const char *text, char *why, size_t cap)
{
  struct reader r = { x, col, NULL, why, cap };
  char *word, *args;

  col->text = strdup (text);
  if (!col->text)
    return "no memory";
  r.p = col->text;
  if (!read_name (&r) || !read_type (&r))
    return why;
  for (;;)
    {
      if (!read_word (&r, &word, &args))
        return why;
      if (!*word && !args)
        return NULL;
      if (!read_attribute (&r, word, args))
        return why;
    }
}

void
xml_spec_fini (struct xml_column *col)
{
  free (col->text);
  free ((char *)(uintptr_t)col->range_text);
  free (col->words.v);
  free (col->context);
}
