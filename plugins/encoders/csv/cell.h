/* SPDX-License-Identifier: Apache-2.0 */
/* cell.h - one CSV cell (RFC 4180): copied 16 bytes at a time in the hope that it needs no quotes, redone with quotes
 * when it does. */
#ifndef CSV_CELL_H
#define CSV_CELL_H
#include <penstock/utf8.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define CELL_GROWTH 2 /* a quote becomes two */
#define CELL_EXTRA 3  /* two quotes around, one guard */
#define CELL_SLACK 16 /* bytes after the end that may be scribbled over */

enum cell_flags
{
  CELL_QUOTE = 1, /* quotes in any case */
  CELL_GUARD = 2, /* an apostrophe before what a spreadsheet would take for a formula */
};

/* Bit i is set when byte i is a quote, the delimiter, CR, LF, or not ASCII. */
static inline unsigned
cell_mask_ (uint8_t *out, const uint8_t *p, uint8_t delimiter)
{
#ifdef __SSE2__
  __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)p);
  __m128i a =
      _mm_or_si128 (_mm_cmpeq_epi8 (v, _mm_set1_epi8 ('"')), _mm_cmpeq_epi8 (v, _mm_set1_epi8 ((char)delimiter)));
  __m128i b = _mm_or_si128 (_mm_cmpeq_epi8 (v, _mm_set1_epi8 ('\r')), _mm_cmpeq_epi8 (v, _mm_set1_epi8 ('\n')));

  _mm_storeu_si128 ((__m128i *)(void *)out, v);
  return (unsigned)_mm_movemask_epi8 (_mm_or_si128 (_mm_or_si128 (a, b), v));
#else
  unsigned mask = 0;
  memcpy (out, p, 16);
  for (int i = 0; i < 16; i++)
    mask |= (unsigned)(p[i] == '"' || p[i] == delimiter || p[i] == '\r' || p[i] == '\n' || p[i] >= 0x80) << i;
  return mask;
#endif
}

static inline int
cell_is_formula (const uint8_t *p, size_t n)
{
  return n && (*p == '=' || *p == '+' || *p == '-' || *p == '@' || *p == '\t' || *p == '\r');
}

/* With a look at every byte: UTF-8 is checked, quotes are added where one byte asks for it. NULL: not UTF-8. */
static inline uint8_t *
cell_slowly (uint8_t *out, const uint8_t *p, size_t n, uint8_t delimiter, int flags)
{
  int quote = flags & CELL_QUOTE, guard = flags & CELL_GUARD && cell_is_formula (p, n);

  for (size_t i = 0, len; i < n; i += len)
    {
      if (!(len = pen_utf8_length (p + i, n - i)))
        return NULL;
      quote |= p[i] == '"' || p[i] == delimiter || p[i] == '\r' || p[i] == '\n';
    }
  if (quote)
    *out++ = '"';
  if (guard)
    *out++ = '\'';
  for (size_t i = 0; i < n; i++)
    {
      if (p[i] == '"')
        *out++ = '"';
      *out++ = p[i];
    }
  if (quote)
    *out++ = '"';
  return out;
}

/* Writes the text as a cell; returns its end, or NULL when it is not UTF-8. Bytes up to `readable` may be read although
 * they are not part of the text; at most CELL_GROWTH * n + CELL_EXTRA + CELL_SLACK are touched. */
static inline uint8_t *
cell_text (uint8_t *out, const uint8_t *p, size_t n, const uint8_t *readable, uint8_t delimiter, int flags)
{
  if (flags & CELL_QUOTE || (flags & CELL_GUARD && cell_is_formula (p, n)))
    return cell_slowly (out, p, n, delimiter, flags);
  for (size_t i = 0;; i += 16)
    {
      uint8_t tail[16] = { 0 };
      const uint8_t *s = p + i;
      size_t left = n - i;
      unsigned mask;

      if (__builtin_expect (readable - s < 16, 0))
        {
          if (left)
            memcpy (tail, s, left & 15); /* less than 16 are readable, `left` of them */
          s = tail;
        }
      mask = cell_mask_ (out + i, s, delimiter);
      if (left <= 16)
        mask &= (1u << left) - 1;
      if (__builtin_expect (mask, 0))
        return cell_slowly (out, p, n, delimiter, flags);
      if (left <= 16)
        return out + n;
    }
}
#endif
