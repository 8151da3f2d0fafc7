/* SPDX-License-Identifier: Apache-2.0 */
/* units.c - numbers, sizes and durations as people write them. */
#include "core/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS INT64_C (1000000)
#define SECOND (1000 * MS)

static const struct
{
  const char *name;
  int64_t ns;
} duration_units[] = {
  { "d", 86400 * SECOND },
  { "h", 3600 * SECOND },
  { "m", 60 * SECOND },
  { "s", SECOND },
  { "ms", MS },
  { "us", 1000 },
  { "ns", 1 },
};

/* Digits at s; *end is what follows. */
static int
digits (const char *s, uint64_t *v, const char **end)
{
  uint64_t x = 0;
  const char *p = s;
  int over = 0;

  for (; *p >= '0' && *p <= '9'; p++)
    over |= __builtin_mul_overflow (x, 10, &x) || __builtin_add_overflow (x, (uint64_t)(*p - '0'), &x);
  if (p == s)
    return -1;
  *v = x;
  *end = p;
  return over ? -2 : 0;
}

int
units_int (const char *s, int64_t *v)
{
  int negative = *s == '-', rc;
  const char *end;
  uint64_t x;

  rc = digits (s + (*s == '-' || *s == '+'), &x, &end);
  if (rc == -1 || *end)
    return -1;
  if (rc == -2 || x > (uint64_t)INT64_MAX + (uint64_t)negative)
    return -2;
  *v = negative ? (int64_t)(0 - x) : (int64_t)x;
  return 0;
}

int
units_size (const char *s, uint64_t *v)
{
  static const char letters[] = "KMGT";
  const char *end, *unit;
  unsigned shift = 0;
  uint64_t x;
  int rc = digits (s, &x, &end);

  if (rc == -1)
    return -1;
  if (*end)
    {
      unit = strchr (letters, *end);
      if (!unit || end[1])
        return -1;
      shift = 10 * (unsigned)(unit - letters + 1);
    }
  if (rc == -2 || x > UINT64_MAX >> shift)
    return -2;
  *v = x << shift;
  return 0;
}

int
units_duration (const char *s, int64_t *ns)
{
  const char *end;
  uint64_t x;
  int rc = digits (s, &x, &end);

  if (rc == -1)
    return -1;
  if (!*end && x == 0 && rc == 0)
    {
      *ns = 0;
      return 0;
    }
  for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++)
    if (strcmp (end, duration_units[i].name) == 0)
      return rc == -2 || x > INT64_MAX || __builtin_mul_overflow ((int64_t)x, duration_units[i].ns, ns) ? -2 : 0;
  return -1;
}

int
units_percent (const char *s, uint32_t *ppm)
{
  uint64_t whole, part = 0;
  const char *end;
  unsigned decimals = 0;
  int rc = digits (s, &whole, &end);

  if (rc == -1)
    return -1;
  if (*end == '.')
    {
      const char *first = ++end;
      int rc2 = digits (first, &part, &end);

      decimals = (unsigned)(end - first);
      if (rc2 != 0 || decimals > 4)
        return -1;
    }
  if (strcmp (end, "%") != 0)
    return -1;
  for (; decimals < 4; decimals++)
    part *= 10;
  if (rc == -2 || whole > 100 || (whole == 100 && part > 0))
    return -2;
  *ppm = (uint32_t)(whole * 10000 + part);
  return 0;
}

char *
units_size_text (char buf[UNITS_TEXT], uint64_t v)
{
  static const char letters[] = { 0, 'K', 'M', 'G', 'T' };
  unsigned u = 0;

  while (u < 4 && v && v % 1024 == 0)
    {
      v /= 1024;
      u++;
    }
  snprintf (buf, UNITS_TEXT, "%" PRIu64 "%.1s", v, letters[u] ? &letters[u] : "");
  return buf;
}

char *
units_duration_text (char buf[UNITS_TEXT], int64_t ns)
{
  for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++)
    if (ns && ns % duration_units[i].ns == 0)
      {
        snprintf (buf, UNITS_TEXT, "%" PRId64 "%s", ns / duration_units[i].ns, duration_units[i].name);
        return buf;
      }
  snprintf (buf, UNITS_TEXT, "0");
  return buf;
}
