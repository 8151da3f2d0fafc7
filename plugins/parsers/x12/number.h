/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - numbers of up to eight characters, eight at a time: without a loop over digits, and without a guess how many
 * there are. */
#ifndef X12_NUMBER_H
#define X12_NUMBER_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <penstock/decimal.h>

#define EACH(c) ((uint64_t)(c)*0x0101010101010101u)

/* The last n of the eight bytes before `end`, 1 <= n <= 8, as if there were zeros before them; the first is the lowest. */
static inline uint64_t
number_load (const uint8_t *end, size_t n)
{
  uint64_t w, mask = ~(uint64_t)0 << (64 - 8 * n);
  memcpy (&w, end - 8, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  w = __builtin_bswap64 (w);
#endif
  return (w & mask) | (EACH ('0') & ~mask);
}
static inline bool
number_is_digits (uint64_t w)
{
  return (((w + EACH (0x46)) | (w - EACH ('0'))) & EACH (0x80)) == 0;
}
static inline int64_t
number_value (uint64_t w)
{
  w -= EACH ('0');
  w = w * 10 + (w >> 8);
  w = ((w & 0x000000ff000000ffu) * (100 + ((uint64_t)1000000 << 32))
       + ((w >> 16 & 0x000000ff000000ffu) * (1 + ((uint64_t)10000 << 32))))
      >> 32;
  return (int64_t)(uint32_t)w;
}

/* Digits alone, where eight bytes before their end may be read; false: something else, or longer. */
static inline bool
digits_short (const uint8_t *p, size_t n, int64_t *out)
{
  uint64_t w;
  if (n - 1 > 7)
    return false;
  w = number_load (p + n, n);
  *out = number_value (w);
  return number_is_digits (w);
}

/* The same with a point among them, at `scale`; false too where there are more decimals. */
static inline bool
number_short (const uint8_t *p, size_t n, unsigned scale, int64_t *out)
{
  static const int64_t pow10[10] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000 };
  uint64_t w, points;
  unsigned decimals = 0;
  if (n - 1 > 7)
    return false;
  w = number_load (p + n, n);
  points = w ^ EACH ('.');
  points = ~(((points & EACH (0x7f)) + EACH (0x7f)) | points) & EACH (0x80);
  if (points)
    {
      unsigned at = (unsigned)__builtin_ctzll (points) & ~7u; /* its lowest bit; digits before it move over it */
      uint64_t before = ((uint64_t)1 << at) - 1;
      if (n == 1)
        return false;
      decimals = 7 - at / 8;
      w = (w & ~(before << 8 | 0xff)) | (w & before) << 8 | '0';
    }
  if (!number_is_digits (w) || decimals > scale || scale > 9)
    return false;
  *out = number_value (w) * pow10[scale - decimals];
  return true;
}

/* As a decimal128. */
static inline void
number_store (uint8_t *to, int64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  int64_t wide[2] = { v, v >> 63 };
  memcpy (to, wide, sizeof wide);
#else
  pen_dec_store (to, v);
#endif
}
#endif
