/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - is it UTF-8: one sequence at a time, or a whole text with a fast way through ASCII.
 *
 * As Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Never reads outside of the n bytes
 * it is given; pure, thread-safe. */
#ifndef PENSTOCK_UTF8_H
#define PENSTOCK_UTF8_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes (1..4) of the sequence at p; 0 when the n bytes do not begin with a valid one, or there are none. */
static inline size_t
pen_utf8_length (const uint8_t *p, size_t n)
{
  uint8_t c, lowest = 0x80, highest = 0xbf;
  size_t len;

  if (n == 0)
    return 0;
  c = p[0];
  if (c < 0x80)
    return 1;
  if (c < 0xc2 || c > 0xf4)
    return 0;
  len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  if (n < len)
    return 0;
  if (c == 0xe0)
    lowest = 0xa0;
  else if (c == 0xed)
    highest = 0x9f;
  else if (c == 0xf0)
    lowest = 0x90;
  else if (c == 0xf4)
    highest = 0x8f;
  if (p[1] < lowest || p[1] > highest)
    return 0;
  for (size_t i = 2; i < len; i++)
    if ((p[i] & 0xc0) != 0x80)
      return 0;
  return len;
}

/* 1 when each of the eight bytes is 0x01 .. 0x7f: none has its high bit, and none borrows. */
static inline int
pen_utf8_plain8_ (uint64_t v)
{
  return !((v | (v - 0x0101010101010101ULL)) & 0x8080808080808080ULL);
}

/* 1 when all bytes are 0x01 .. 0x7f, eight at a time; the last eight may overlap those before. */
static inline int
pen_utf8_plain_ (const uint8_t *p, size_t n)
{
  uint64_t v;
  uint32_t a, b;

  if (n >= 8)
    {
      for (size_t i = 0; i + 8 <= n; i += 8)
        {
          memcpy (&v, p + i, 8);
          if (!pen_utf8_plain8_ (v))
            return 0;
        }
      memcpy (&v, p + n - 8, 8);
      return pen_utf8_plain8_ (v);
    }
  if (n >= 4)
    {
      memcpy (&a, p, 4);
      memcpy (&b, p + n - 4, 4);
      return pen_utf8_plain8_ ((uint64_t)a << 32 | b);
    }
  return !n || pen_utf8_plain8_ (0x0101010101000000ULL | (uint32_t)(p[0] << 16 | p[n / 2] << 8 | p[n - 1]));
}

/* 1 when all n bytes are valid UTF-8 without U+0000, as a text column of a database must be. */
static inline int
pen_utf8_is_text (const uint8_t *p, size_t n)
{
  size_t i = 0, len;

  if (pen_utf8_plain_ (p, n))
    return 1;
  while (i < n)
    {
      for (uint64_t v; n - i >= 8; i += 8)
        {
          memcpy (&v, p + i, 8);
          if (!pen_utf8_plain8_ (v))
            break;
        }
      if (i == n)
        break;
      if (!p[i] || !(len = pen_utf8_length (p + i, n - i)))
        return 0;
      i += len;
    }
  return 1;
}
#endif
