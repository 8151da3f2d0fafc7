/* SPDX-License-Identifier: Apache-2.0 */
/* date.h - civil dates and times (proleptic Gregorian) to and from Arrow's counts since 1970-01-01, without libc's
 * zones.
 *
 * Years 1..9999. Parsers take a fixed number of characters, return 0, or -1 for anything that is not a real date; they
 * never allocate, never look at the environment, and are thread-safe. */
#ifndef PENSTOCK_DATE_H
#define PENSTOCK_DATE_H
#include <stddef.h>
#include <stdint.h>

/* Days since 1970-01-01. Counts from 1 March of year 0, so that the leap day is the last of a year. */
static inline int32_t
pen_days_from_civil (int y, int m, int d)
{
  int shifted = (m + 9) % 12; /* March is 0 */
  int year = y - (m <= 2);
  int day = (153 * shifted + 2) / 5 + d - 1;
  return (int32_t)(year * 365 + year / 4 - year / 100 + year / 400 + day - 719468);
}

static inline int
pen_is_leap (int y)
{
  return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static inline int
pen_is_date (int y, int m, int d)
{
  static const unsigned char days[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1)
    return 0;
  return d <= days[m] + (m == 2 && pen_is_leap (y));
}

/* The civil date of `days`, which is within years 1..9999. */
static inline void
pen_civil_from_days (int32_t days, int *y, int *m, int *d)
{
  int32_t n = days + 719468; /* days since 0000-03-01 */
  int32_t era = n / 146097, in_era = n % 146097;
  int32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  int32_t in_year = in_era - (365 * year + year / 4 - year / 100);
  int32_t month = (5 * in_year + 2) / 153;

  *d = (int)(in_year - (153 * month + 2) / 5 + 1);
  *m = (int)(month < 10 ? month + 3 : month - 9);
  *y = (int)(year + era * 400 + (*m <= 2));
}

/* n digits as a number; -1 when one of them is not a digit. */
static inline int
pen_date_digits_ (const unsigned char *p, int n)
{
  int v = 0;
  for (int i = 0; i < n; i++)
    {
      unsigned d = (unsigned)p[i] - '0';
      if (d > 9)
        return -1;
      v = v * 10 + (int)d;
    }
  return v;
}

static inline int
pen_date_check_ (int y, int m, int d, int32_t *days)
{
  if (!pen_is_date (y, m, d))
    return -1;
  *days = pen_days_from_civil (y, m, d);
  return 0;
}

/* YYMMDD; YY below `pivot` is 20YY, else 19YY (pivot 100: always this century). */
static inline int
pen_date_yymmdd (const void *text, int pivot, int32_t *days)
{
  const unsigned char *p = (const unsigned char *)text;
  int yy = pen_date_digits_ (p, 2);
  if (yy < 0)
    return -1;
  return pen_date_check_ (yy + (yy < pivot ? 2000 : 1900), pen_date_digits_ (p + 2, 2), pen_date_digits_ (p + 4, 2),
                          days);
}

/* CCYYMMDD */
static inline int
pen_date_ccyymmdd (const void *text, int32_t *days)
{
  const unsigned char *p = (const unsigned char *)text;
  return pen_date_check_ (pen_date_digits_ (p, 4), pen_date_digits_ (p + 4, 2), pen_date_digits_ (p + 6, 2), days);
}

/* YYYY-MM-DD, exactly ten characters */
static inline int
pen_date_iso (const void *text, size_t n, int32_t *days)
{
  const unsigned char *p = (const unsigned char *)text;
  if (n != 10 || p[4] != '-' || p[7] != '-')
    return -1;
  return pen_date_check_ (pen_date_digits_ (p, 4), pen_date_digits_ (p + 5, 2), pen_date_digits_ (p + 8, 2), days);
}

/* HH:MM:SS[.fraction] at *pos of n characters, in microseconds; the fraction is cut after six digits. 24:00:00 and leap
 * seconds (:60) are refused. */
static inline int
pen_time_of_day_ (const unsigned char *p, size_t n, size_t *pos, int64_t *us)
{
  size_t i = *pos;
  int h, m, s;
  int64_t fraction = 0, unit = 100000;

  if (n - i < 8 || p[i + 2] != ':' || p[i + 5] != ':')
    return -1;
  h = pen_date_digits_ (p + i, 2);
  m = pen_date_digits_ (p + i + 3, 2);
  s = pen_date_digits_ (p + i + 6, 2);
  if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
    return -1;
  i += 8;
  if (i < n && p[i] == '.')
    {
      size_t first = ++i;
      for (; i < n && (unsigned)p[i] - '0' <= 9; i++, unit /= 10)
        fraction += (int64_t)(p[i] - '0') * unit;
      if (i == first)
        return -1;
    }
  *us = (((int64_t)h * 60 + m) * 60 + s) * 1000000 + fraction;
  *pos = i;
  return 0;
}

/* ISO 8601 as in XML Schema: YYYY-MM-DDTHH:MM:SS[.fraction][Z|+HH:MM|-HH:MM]. *us counts from the epoch, in UTC when
 * *zoned is 1, in local time of whoever wrote it when *zoned is 0. */
static inline int
pen_time_iso (const void *text, size_t n, int64_t *us, int *zoned)
{
  const unsigned char *p = (const unsigned char *)text;
  size_t i = 11;
  int32_t days;
  int64_t of_day;

  if (n < 19 || p[10] != 'T' || pen_date_iso (p, 10, &days) || pen_time_of_day_ (p, n, &i, &of_day))
    return -1;
  *us = (int64_t)days * 86400000000 + of_day;
  *zoned = i < n;
  if (i == n)
    return 0;
  if (p[i] == 'Z')
    return i + 1 == n ? 0 : -1;
  if ((p[i] != '+' && p[i] != '-') || n - i != 6 || p[i + 3] != ':')
    return -1;
  int h = pen_date_digits_ (p + i + 1, 2), m = pen_date_digits_ (p + i + 4, 2);
  if (h < 0 || h > 14 || m < 0 || m > 59 || (h == 14 && m))
    return -1;
  *us += (p[i] == '+' ? -1 : 1) * ((int64_t)h * 60 + m) * 60000000;
  return 0;
}

/* Writes YYYY-MM-DD and a NUL. */
static inline void
pen_date_format (char out[11], int32_t days)
{
  int v[3], at[3] = { 3, 6, 9 };
  pen_civil_from_days (days, &v[0], &v[1], &v[2]);
  for (int i = 0; i < 3; i++)
    for (int k = i ? 2 : 4, pos = at[i]; k > 0; k--, pos--, v[i] /= 10)
      out[pos] = (char)('0' + v[i] % 10);
  out[4] = out[7] = '-';
  out[10] = 0;
}
#endif
