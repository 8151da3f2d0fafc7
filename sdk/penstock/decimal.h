/* SPDX-License-Identifier: Apache-2.0 */
/* decimal.h - exact decimal numbers: 128-bit integers with a scale, from text and back, never through a double.
 *
 * A value is a two's complement integer of "units of 10^-scale": 123.45 at scale 2 is 12345. Precision is the number of
 * decimal digits, at most 38 (Arrow's decimal128). Nothing here allocates; every function is pure and thread-safe. */
#ifndef PENSTOCK_DECIMAL_H
#define PENSTOCK_DECIMAL_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef __SIZEOF_INT128__
#error "penstock/decimal.h needs a compiler with __int128"
#endif
__extension__ typedef __int128 pen_i128;
__extension__ typedef unsigned __int128 pen_u128;

#define PEN_DEC_DIGITS 38
#define PEN_DEC_TEXT 48 /* bytes that pen_dec_format() needs at most, with the final NUL */

enum pen_dec_error
{
  PEN_DEC_OK = 0,
  PEN_DEC_SYNTAX = -1, /* empty, or something else than sign, digits and one point */
  PEN_DEC_SCALE = -2,  /* digits other than 0 after the last decimal that the scale has */
  PEN_DEC_RANGE = -3,  /* more digits than the precision has */
};

/* 10^n for n in 0..38. */
static inline pen_u128
pen_dec_pow10 (unsigned n)
{
  pen_u128 v = 1;
  while (n--)
    v *= 10;
  return v;
}

/* Reads [+-]digits[POINT digits] ("5", "-0.05", "12." and ".5" too) as an integer at `scale`; blanks are not skipped.
 */
static inline int
pen_dec_parse (const void *text, size_t n, unsigned precision, unsigned scale, char point, pen_i128 *out)
{
  const unsigned char *p = (const unsigned char *)text, *end = p + n;
  int negative = 0, seen = 0, after_point = 0;
  unsigned decimals = 0, digits = 0;
  pen_u128 v = 0;

  if (p < end && (*p == '-' || *p == '+'))
    negative = *p++ == '-';
  for (; p < end; p++)
    {
      unsigned d = (unsigned)*p - '0';
      if (d > 9)
        {
          if (*p != (unsigned char)point || after_point)
            return PEN_DEC_SYNTAX;
          after_point = 1;
          continue;
        }
      seen = 1;
      if (after_point && decimals == scale)
        {
          if (d)
            return PEN_DEC_SCALE;
          continue;
        }
      decimals += (unsigned)after_point;
      if (digits || d)
        digits++;
      if (digits > PEN_DEC_DIGITS)
        return PEN_DEC_RANGE;
      v = v * 10 + d;
    }
  if (!seen)
    return PEN_DEC_SYNTAX;
  for (; decimals < scale; decimals++)
    {
      if (digits && ++digits > PEN_DEC_DIGITS)
        return PEN_DEC_RANGE;
      v *= 10;
    }
  if (digits > precision)
    return PEN_DEC_RANGE;
  *out = negative ? -(pen_i128)v : (pen_i128)v;
  return PEN_DEC_OK;
}

/* Writes v at `scale` with all its decimals ("-0.05", "7.00"), NUL-terminated; returns the length. */
static inline size_t
pen_dec_format (char out[PEN_DEC_TEXT], pen_i128 v, unsigned scale)
{
  char digit[PEN_DEC_TEXT];
  size_t n = 0, len = 0;
  pen_u128 u = v < 0 ? -(pen_u128)v : (pen_u128)v;

  if (scale > PEN_DEC_DIGITS)
    scale = PEN_DEC_DIGITS;
  do
    {
      digit[n++] = (char)('0' + (int)(u % 10));
      u /= 10;
    }
  while (u || n <= scale);
  if (v < 0)
    out[len++] = '-';
  while (n)
    {
      if (n == scale)
        out[len++] = '.';
      out[len++] = digit[--n];
    }
  out[len] = 0;
  return len;
}

/* The 16 bytes of an Arrow decimal128: little endian, two's complement. */
static inline void
pen_dec_store (void *dst, pen_i128 v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  memcpy (dst, &v, 16); /* a byte at a time costs ten times as much */
#else
  unsigned char *d = (unsigned char *)dst;
  pen_u128 u = (pen_u128)v;
  for (int i = 0; i < 16; i++, u >>= 8)
    d[i] = (unsigned char)u;
#endif
}
static inline pen_i128
pen_dec_load (const void *src)
{
  const unsigned char *s = (const unsigned char *)src;
  pen_u128 u = 0;
  for (int i = 15; i >= 0; i--)
    u = u << 8 | s[i];
  return (pen_i128)u;
}

/* *sum += v; returns 0, or -1 and leaves *sum alone where 128 bits would overflow. */
static inline int
pen_dec_add (pen_i128 *sum, pen_i128 v)
{
  pen_i128 r;
  if (__builtin_add_overflow (*sum, v, &r))
    return -1;
  *sum = r;
  return 0;
}
#endif
