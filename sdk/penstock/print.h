/* SPDX-License-Identifier: Apache-2.0 */
/* print.h - typed values as text, as fast as it goes: integers, decimals, dates, timestamps, floats, base64.
 *
 * Every pen_print_x() writes at p and returns the end of what it wrote; nothing is NUL-terminated. It may scribble over
 * up to PEN_PRINT_SLACK bytes after that end (fixed-size stores), which the caller therefore must own: a buffer for a
 * value has room for PEN_PRINT_x_MAX + PEN_PRINT_SLACK bytes. No function allocates, fails, reads a clock or follows a
 * locale (except through snprintf in pen_print_double, whose decimal comma is put right). Pure and thread-safe. */
#ifndef PENSTOCK_PRINT_H
#define PENSTOCK_PRINT_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __SIZEOF_INT128__
#error "penstock/print.h needs a compiler with __int128"
#endif
__extension__ typedef __int128 pen_print_i128;
__extension__ typedef unsigned __int128 pen_print_u128;

#define PEN_PRINT_SLACK 32
#define PEN_PRINT_INT_MAX 20       /* -9223372036854775808 */
#define PEN_PRINT_DECIMAL_MAX 128  /* any decimal128 with a scale within -38..76 */
#define PEN_PRINT_DATE_MAX 14      /* -5877641-06-23 */
#define PEN_PRINT_TIMESTAMP_MAX 36 /* -292277-01-01T00:00:00.000000Z */
#define PEN_PRINT_DOUBLE_MAX 32

/* Eight decimal digits of x < 10^8, one per byte, the first digit in the lowest byte; values, not characters. */
static inline uint64_t
pen_print_digits8_ (uint32_t x)
{
  uint64_t v = (uint64_t)(x / 10000) | (uint64_t)(x % 10000) << 32;
  uint64_t q = ((v * 10486) >> 20) & 0x0000007f0000007fULL; /* hundreds of each group of four */
  v = q | (v - q * 100) << 16;
  q = ((v * 103) >> 10) & 0x000f000f000f000fULL;
  return q | (v - q * 10) << 8;
}

static inline uint8_t *
pen_print_store8_ (uint8_t *p, uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64 (v);
#endif
  memcpy (p, &v, 8);
  return p + 8;
}

#define PEN_PRINT_ASCII_ 0x3030303030303030ULL

/* x < 10^8 without leading zeros, but at least `least` (1..8) digits. No branch depends on the length. */
static inline uint8_t *
pen_print_short_ (uint8_t *p, uint32_t x, unsigned least)
{
  uint64_t v = pen_print_digits8_ (x);
  unsigned zeros = (unsigned)__builtin_ctzll (v | 1ULL << (8 * (8 - least))) / 8;

  pen_print_store8_ (p, (v + PEN_PRINT_ASCII_) >> (8 * zeros));
  return p + 8 - zeros;
}

/* x < 10^4 in half the steps: ordinals and counts mostly are. */
static inline uint8_t *
pen_print_tiny_ (uint8_t *p, uint32_t x)
{
  uint32_t q = x * 10486 >> 20, v = q | (x - q * 100) << 16; /* hundreds, and what is left */
  unsigned zeros;
  q = (v * 103 >> 10) & 0x000f000fu;
  v = q | (v - q * 10) << 8;
  zeros = (unsigned)__builtin_ctz (v | 1u << 24) / 8;
  v = (v + 0x30303030u) >> (8 * zeros);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap32 (v);
#endif
  memcpy (p, &v, 4);
  return p + 4 - zeros;
}

static inline uint8_t *
pen_print_u64 (uint8_t *p, uint64_t x)
{
  if (x < 10000)
    return pen_print_tiny_ (p, (uint32_t)x);
  if (x < 100000000)
    return pen_print_short_ (p, (uint32_t)x, 1);
  if (x < 10000000000000000ULL)
    {
      p = pen_print_short_ (p, (uint32_t)(x / 100000000), 1);
      return pen_print_store8_ (p, pen_print_digits8_ ((uint32_t)(x % 100000000)) + PEN_PRINT_ASCII_);
    }
  p = pen_print_short_ (p, (uint32_t)(x / 10000000000000000ULL), 1);
  x %= 10000000000000000ULL;
  p = pen_print_store8_ (p, pen_print_digits8_ ((uint32_t)(x / 100000000)) + PEN_PRINT_ASCII_);
  return pen_print_store8_ (p, pen_print_digits8_ ((uint32_t)(x % 100000000)) + PEN_PRINT_ASCII_);
}

static inline uint8_t *
pen_print_i64 (uint8_t *p, int64_t x)
{
  *p = '-';
  p += x < 0;
  return pen_print_u64 (p, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
}

/* All digits of u, at least `least` of them; out has room for 64 + least bytes. Returns the length. */
static inline size_t
pen_print_digits128_ (uint8_t *out, pen_print_u128 u, size_t least)
{
  uint8_t t[160];
  size_t i = sizeof t, n;

  while (u || sizeof t - i < least)
    {
      t[--i] = (uint8_t)('0' + (int)(u % 10));
      u /= 10;
    }
  n = sizeof t - i;
  memcpy (out, t + i, n);
  return n;
}

static inline uint8_t *
pen_print_decimal_wide_ (uint8_t *p, pen_print_u128 u, int scale)
{
  uint8_t t[160];
  size_t frac = scale > 0 ? (size_t)(scale < 76 ? scale : 76) : 0;
  size_t n = pen_print_digits128_ (t, u, frac + 1);

  memcpy (p, t, n - frac);
  p += n - frac;
  if (frac)
    {
      *p++ = '.';
      memcpy (p, t + n - frac, frac);
      p += frac;
    }
  for (; scale < 0 && scale >= -38 && u; scale++)
    *p++ = '0';
  return p;
}

/* A magnitude below 10^8 at scale 1..7: digits are shifted apart to let the point in. */
static inline uint8_t *
pen_print_decimal_short_ (uint8_t *p, uint32_t x, unsigned scale)
{
  uint64_t v = pen_print_digits8_ (x);
  unsigned zeros = (unsigned)__builtin_ctzll (v | 1ULL << (8 * (7 - scale))) / 8;
  unsigned whole = 8 - zeros - scale; /* 1..7 */

  v = (v + PEN_PRINT_ASCII_) >> (8 * zeros);
  pen_print_store8_ (p, v);
  p[whole] = '.';
  pen_print_store8_ (p + whole + 1, v >> (8 * whole));
  return p + whole + 1 + scale;
}

/* The 16 bytes of an Arrow decimal128 (little endian) with all its decimals: "-0.05", "7.00". */
static inline uint8_t *
pen_print_decimal (uint8_t *p, const void *src, int scale)
{
  const uint8_t *s = (const uint8_t *)src;
  uint64_t lo = 0, hi = 0;
  pen_print_u128 u;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  memcpy (&lo, s, 8);
  memcpy (&hi, s + 8, 8);
#else
  for (int i = 7; i >= 0; i--)
    {
      lo = lo << 8 | s[i];
      hi = hi << 8 | s[i + 8];
    }
#endif
  u = (pen_print_u128)hi << 64 | lo;
  if (hi >> 63)
    {
      u = 0 - u;
      *p++ = '-';
    }
  if (u < 100000000 && scale > 0 && scale < 8)
    return pen_print_decimal_short_ (p, (uint32_t)u, (unsigned)scale);
  if (!(uint64_t)(u >> 64) && scale >= 0 && scale <= 8)
    {
      static const uint32_t pow10[9] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };
      uint64_t v = (uint64_t)u;
      p = pen_print_u64 (p, v / pow10[scale]);
      if (!scale)
        return p;
      *p++ = '.';
      return pen_print_short_ (p, (uint32_t)(v % pow10[scale]), (unsigned)scale);
    }
  return pen_print_decimal_wide_ (p, u, scale);
}

/* Proleptic Gregorian, ISO 8601; years outside of 0..9999 get their sign and as many digits as they need. */
static inline uint8_t *
pen_print_civil_ (uint8_t *p, int64_t days)
{
  int64_t z = days + 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  unsigned in_era = (unsigned)(z - era * 146097);
  unsigned yoe = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  unsigned in_year = in_era - (365 * yoe + yoe / 4 - yoe / 100);
  unsigned mp = (5 * in_year + 2) / 153;
  unsigned d = in_year - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
  int64_t y = (int64_t)yoe + era * 400 + (m <= 2);

  if (y < 0 || y > 9999)
    *p++ = y < 0 ? '-' : '+';
  p = pen_print_short_ (p, (uint32_t)(y < 0 ? -y : y), 4);
  p[0] = '-';
  p[1] = (uint8_t)('0' + m / 10);
  p[2] = (uint8_t)('0' + m % 10);
  p[3] = '-';
  p[4] = (uint8_t)('0' + d / 10);
  p[5] = (uint8_t)('0' + d % 10);
  return p + 6;
}

/* 2026-11-21 */
static inline uint8_t *
pen_print_date (uint8_t *p, int32_t days)
{
  return pen_print_civil_ (p, days);
}

/* 2026-11-21T09:30:00, then .123456 where the fraction is not zero, then Z where `zoned`. */
static inline uint8_t *
pen_print_timestamp (uint8_t *p, int64_t us, int zoned)
{
  const int64_t day = 86400000000;
  int64_t days = us / day, in_day = us % day;
  unsigned s, frac;

  if (in_day < 0)
    {
      in_day += day;
      days--;
    }
  s = (unsigned)(in_day / 1000000);
  frac = (unsigned)(in_day % 1000000);
  p = pen_print_civil_ (p, days);
  *p++ = 'T';
  pen_print_short_ (p, s / 3600 * 1000000 + s / 60 % 60 * 1000 + s % 60, 8); /* HH0MM0SS */
  p[2] = ':';
  p[5] = ':';
  p += 8;
  if (frac)
    {
      *p++ = '.';
      p = pen_print_short_ (p, frac, 6);
    }
  if (zoned)
    *p++ = 'Z';
  return p;
}

/* The shortest of 15, 16 or 17 digits that reads back as the same double; "NaN", "Infinity", "-Infinity". */
static inline uint8_t *
pen_print_double (uint8_t *p, double v)
{
  char t[PEN_PRINT_DOUBLE_MAX];
  int n = 0;

  if (v != v)
    return (uint8_t *)memcpy (p, "NaN", 3) + 3;
  if (v - v != 0)
    {
      const char *word = v > 0 ? "Infinity" : "-Infinity";
      n = v > 0 ? 8 : 9;
      return (uint8_t *)memcpy (p, word, (size_t)n) + n;
    }
  for (int precision = 15; precision <= 17; precision++)
    {
      n = snprintf (t, sizeof t, "%.*g", precision, v);
      if (strtod (t, NULL) == v)
        break;
    }
  for (int i = 0; i < n; i++)
    p[i] = (uint8_t)(t[i] == ',' ? '.' : t[i]);
  return p + n;
}

/* RFC 4648 with padding; writes (n + 2) / 3 * 4 bytes. */
static inline uint8_t *
pen_print_base64 (uint8_t *p, const uint8_t *s, size_t n)
{
  static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  for (; n >= 3; n -= 3, s += 3, p += 4)
    {
      uint32_t v = (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2];
      p[0] = (uint8_t)set[v >> 18];
      p[1] = (uint8_t)set[v >> 12 & 63];
      p[2] = (uint8_t)set[v >> 6 & 63];
      p[3] = (uint8_t)set[v & 63];
    }
  if (n)
    {
      uint32_t v = (uint32_t)s[0] << 16 | (n == 2 ? (uint32_t)s[1] << 8 : 0);
      p[0] = (uint8_t)set[v >> 18];
      p[1] = (uint8_t)set[v >> 12 & 63];
      p[2] = (uint8_t)(n == 2 ? set[v >> 6 & 63] : '=');
      p[3] = '=';
      p += 4;
    }
  return p;
}
#endif
