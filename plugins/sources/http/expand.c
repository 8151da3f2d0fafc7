/* SPDX-License-Identifier: Apache-2.0 */
/* expand.c - URL templates: counters, alternatives and days in braces. */
#include "pure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define URLS_MAX 1000000
#define URL_MAX 4000

void
http_names_free (struct http_names *l)
{
  for (size_t i = 0; i < l->n; i++)
    free (l->v[i]);
  free (l->v);
  memset (l, 0, sizeof *l);
}

int
http_names_add (struct http_names *l, const char *name)
{
  if (l->n == l->cap)
    {
      size_t cap = l->cap ? 2 * l->cap : 64;
      char **v = realloc (l->v, cap * sizeof *v);
      if (!v)
        return -1;
      l->v = v;
      l->cap = cap;
    }
  l->v[l->n] = strdup (name);
  return l->v[l->n++] ? 0 : -1;
}

struct expansion
{
  struct http_names *to;
  int64_t now;
  const char *date;
  char *why;
  char url[URL_MAX + 1];
};

static int expand (struct expansion *x, size_t at, const char *rest);

static int
complain (struct expansion *x, const char *what, const char *brace, size_t n)
{
  snprintf (x->why, 200, "{%.*s}: %s", (int)(n < 60 ? n : 60), brace, what);
  return -1;
}

static int
put (struct expansion *x, size_t at, const char *text, size_t n, const char *rest)
{
  if (at + n > URL_MAX)
    {
      snprintf (x->why, 200, "a URL of more than %d bytes", URL_MAX);
      return -1;
    }
  memcpy (x->url + at, text, n);
  return expand (x, at + n, rest);
}

/* {01..12}: as many digits as the first number has. 1: not a counter. */
static int
count (struct expansion *x, size_t at, const char *brace, size_t n, const char *rest)
{
  size_t width = strspn (brace, "0123456789"), second;
  uint64_t from, to;

  if (!width || width > 18 || strncmp (brace + width, "..", 2))
    return 1;
  second = strspn (brace + width + 2, "0123456789");
  if (!second || second > 18 || width + 2 + second != n)
    return 1;
  from = strtoull (brace, NULL, 10);
  to = strtoull (brace + width + 2, NULL, 10);
  if (from > to)
    return complain (x, "counts downwards", brace, n);
  if (to - from >= URLS_MAX)
    return complain (x, "more than a million URLs", brace, n);
  for (uint64_t i = from; i <= to; i++)
    {
      char text[32];
      int len = snprintf (text, sizeof text, "%0*" PRIu64, brace[0] == '0' ? (int)width : 0, i);
      if (put (x, at, text, (size_t)len, rest) == -1)
        return -1;
    }
  return 0;
}

/* {today}, {today-3}. 1: not a day. */
static int
day (struct expansion *x, size_t at, const char *brace, size_t n, const char *rest)
{
  time_t t = (time_t)x->now;
  char text[128];
  struct tm tm;
  size_t len;

  if (n < 5 || strncmp (brace, "today", 5))
    return 1;
  if (n > 5)
    {
      char *end;
      if (brace[5] != '-' || strspn (brace + 6, "0123456789") != n - 6 || n > 12 || n == 6)
        return complain (x, "expected today or today-DAYS", brace, n);
      t -= (time_t)strtol (brace + 6, &end, 10) * 86400;
    }
  gmtime_r (&t, &tm);
  len = strftime (text, sizeof text, x->date, &tm);
  if (!len)
    return complain (x, "the date format gives nothing, or too much", brace, n);
  return put (x, at, text, len, rest);
}

static int
alternatives (struct expansion *x, size_t at, const char *brace, size_t n, const char *rest)
{
  size_t from = 0;

  for (size_t i = 0; i <= n; i++)
    if (i == n || brace[i] == ',')
      {
        if (put (x, at, brace + from, i - from, rest) == -1)
          return -1;
        from = i + 1;
      }
  return 0;
}

static int
expand (struct expansion *x, size_t at, const char *rest)
{
  size_t plain = strcspn (rest, "{}"), n;
  const char *brace;
  int rc;

  if (plain)
    return put (x, at, rest, plain, rest + plain);
  if (!*rest)
    {
      x->url[at] = 0;
      if (x->to->n >= URLS_MAX)
        return snprintf (x->why, 200, "more than a million URLs"), -1;
      return http_names_add (x->to, x->url) == 0 ? 0 : (snprintf (x->why, 200, "out of memory"), -1);
    }
  brace = rest + 1;
  n = strcspn (brace, "{}");
  if (*rest == '}' || brace[n] != '}')
    return snprintf (x->why, 200, "a brace that is not closed"), -1;
  rest = brace + n + 1;
  rc = count (x, at, brace, n, rest);
  if (rc == 1)
    rc = day (x, at, brace, n, rest);
  if (rc == 1)
    rc = memchr (brace, ',', n) ? alternatives (x, at, brace, n, rest)
                                : complain (x, "expected 1..9, a,b,c, today or today-DAYS", brace, n);
  return rc;
}

int
http_expand (struct http_names *l, const char *pattern, int64_t now, const char *date, char why[200])
{
  struct expansion x = { .to = l, .now = now, .date = date, .why = why };
  return expand (&x, 0, pattern);
}
