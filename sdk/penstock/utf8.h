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

/* 1 when all n bytes are valid UTF-8 without U+0000, as a text column of a database must be. */
static inline int
pen_utf8_is_text (const uint8_t *p, size_t n)
{
  size_t i = 0, len;

  while (i < n)
    {
      for (uint64_t v; n - i >= 8; i += 8)
        {
          memcpy (&v, p + i, 8);
          if (((v | (v - 0x0101010101010101ULL)) & 0x8080808080808080ULL)) /* a byte over 0x7f, or perhaps a zero */
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
