/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - the inside of a JSON string (RFC 8259): copies and checks 16 bytes at a time, escapes only on demand. */
#ifndef JSONL_ESCAPE_H
#define JSONL_ESCAPE_H
#include <penstock/utf8.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ESCAPE_GROWTH 6 /* one byte becomes at most this many: \u001f */
#define ESCAPE_SLACK 16 /* bytes after the end that may be scribbled over */

/* Bit i is set when byte i cannot be copied as it is: a control character, a quote, a backslash, or not ASCII. */
static inline unsigned
escape_mask_ (uint8_t *out, const uint8_t *p)
{
#ifdef __SSE2__
  __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)p);
  __m128i control = _mm_cmpeq_epi8 (_mm_min_epu8 (v, _mm_set1_epi8 (0x1f)), v);
  __m128i quote = _mm_or_si128 (_mm_cmpeq_epi8 (v, _mm_set1_epi8 ('"')), _mm_cmpeq_epi8 (v, _mm_set1_epi8 ('\\')));

  _mm_storeu_si128 ((__m128i *)(void *)out, v);
  return (unsigned)_mm_movemask_epi8 (_mm_or_si128 (_mm_or_si128 (control, quote), v));
#else
  unsigned mask = 0;
  memcpy (out, p, 16);
  for (int i = 0; i < 16; i++)
    mask |= (unsigned)(p[i] < 0x20 || p[i] == '"' || p[i] == '\\' || p[i] >= 0x80) << i;
  return mask;
#endif
}

static inline uint8_t *
escape_ascii_ (uint8_t *out, uint8_t c)
{
  static const char hex[] = "0123456789abcdef";
  static const char brief[32] = { [8] = 'b', [9] = 't', [10] = 'n', [12] = 'f', [13] = 'r' };
  char word = c < 0x20 ? brief[c] : (char)c;

  *out++ = '\\';
  if (word)
    {
      *out++ = (uint8_t)word;
      return out;
    }
  memcpy (out, "u00", 3);
  out[3] = (uint8_t)hex[c >> 4];
  out[4] = (uint8_t)hex[c & 15];
  return out + 5;
}

/* One character that escape_mask_ has found; returns the end, NULL where it is not UTF-8. */
static inline uint8_t *
escape_one_ (uint8_t *out, const uint8_t **p, size_t *n)
{
  size_t len = 1;

  if (**p < 0x80)
    out = escape_ascii_ (out, **p);
  else
    {
      len = pen_utf8_length (*p, *n);
      if (!len)
        return NULL;
      for (size_t i = 0; i < len; i++)
        *out++ = (*p)[i];
    }
  *p += len;
  *n -= len;
  return out;
}

/* Writes the n bytes at p as the inside of a string; returns the end, or NULL when they are not UTF-8. Bytes up to
 * `readable` may be read although they are not part of the text; at most ESCAPE_GROWTH * n + ESCAPE_SLACK are touched.
 */
static inline uint8_t *
escape_text (uint8_t *out, const uint8_t *p, size_t n, const uint8_t *readable)
{
  uint8_t tail[16] = { 0 };

  for (;;)
    {
      unsigned mask;
      if (__builtin_expect (readable - p < 16, 0))
        {
          if (n)
            memcpy (tail, p, n & 15); /* less than 16 are readable, n of them */
          mask = escape_mask_ (out, tail);
        }
      else
        mask = escape_mask_ (out, p);
      if (n <= 16)
        mask &= (1u << n) - 1;
      if (__builtin_expect (!mask, 1))
        {
          if (n <= 16)
            return out + n;
          p += 16, out += 16, n -= 16;
          continue;
        }
      size_t clean = (size_t)__builtin_ctz (mask);
      p += clean, out += clean, n -= clean;
      if (!(out = escape_one_ (out, &p, &n)))
        return NULL;
    }
}
#endif
