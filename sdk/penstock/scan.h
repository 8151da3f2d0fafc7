/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - byte scanners that every text format needs: line ends, digits, blanks, printable characters.
 *
 * SSE2 where the compiler has it, plain C otherwise, same results. No function reads outside of the n bytes it is
 * given, allocates, or depends on the locale. */
#ifndef PENSTOCK_SCAN_H
#define PENSTOCK_SCAN_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <penstock/utf8.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Offset of the first LF; n when there is none. */
static inline size_t
pen_find_newline (const uint8_t *p, size_t n)
{
  const uint8_t *nl = n ? (const uint8_t *)memchr (p, '\n', n) : NULL;
  return nl ? (size_t)(nl - p) : n;
}

/* How many LF are in the bytes. */
static inline uint64_t
pen_count_newlines (const uint8_t *p, size_t n)
{
  uint64_t count = 0;
  size_t i = 0;
#ifdef __SSE2__
  const __m128i nl = _mm_set1_epi8 ('\n'), zero = _mm_setzero_si128 ();
  while (n - i >= 16)
    {
      __m128i sum = zero; /* of bytes that hold at most 255 */
      for (int k = 0; k < 255 && n - i >= 16; k++, i += 16)
        sum = _mm_sub_epi8 (sum, _mm_cmpeq_epi8 (_mm_loadu_si128 ((const __m128i *)(const void *)(p + i)), nl));
      sum = _mm_sad_epu8 (sum, zero);
      count += (uint64_t)_mm_cvtsi128_si32 (sum) + (uint64_t)_mm_cvtsi128_si32 (_mm_srli_si128 (sum, 8));
    }
#endif
  for (; i < n; i++)
    count += p[i] == '\n';
  return count;
}

/* 8 bytes as a little-endian word, whatever the machine. */
static inline uint64_t
pen_load8 (const void *p)
{
  uint64_t v;
  memcpy (&v, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64 (v);
#endif
  return v;
}

/* 1 when all 8 bytes of the word are '0'..'9': the high nibble is 3 before and after adding 6. */
static inline int
pen_is_digits8 (uint64_t v)
{
  return ((v & (v + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u) == 0x3030303030303030u;
}

/* The number that 8 digits are; the first character is the lowest byte. */
static inline uint32_t
pen_digits8 (uint64_t v)
{
  v -= 0x3030303030303030u;
  v = v * 10 + (v >> 8); /* pairs, in every other byte */
  return (uint32_t)(((v & 0x000000ff000000ffu) * 0x000f424000000064u
                     + ((v >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u)
                    >> 32);
}

/* 1 when n > 0 and every byte is '0'..'9'. */
static inline int
pen_all_digits (const void *text, size_t n)
{
  const uint8_t *p = (const uint8_t *)text;
  size_t i = 0;
  for (; n - i >= 8; i += 8)
    if (!pen_is_digits8 (pen_load8 (p + i)))
      return 0;
  for (; i < n; i++)
    if ((unsigned)p[i] - '0' > 9)
      return 0;
  return n > 0;
}

/* The number that n digits are, 0 < n <= 18; -1 when there is anything else than digits. */
static inline int64_t
pen_parse_digits (const void *text, size_t n)
{
  const uint8_t *p = (const uint8_t *)text;
  int64_t v = 0;
  size_t i = 0;
  if (n == 0 || n > 18)
    return -1;
  for (; n - i >= 8; i += 8)
    {
      uint64_t w = pen_load8 (p + i);
      if (!pen_is_digits8 (w))
        return -1;
      v = v * 100000000 + pen_digits8 (w);
    }
  for (; i < n; i++)
    {
      unsigned d = (unsigned)p[i] - '0';
      if (d > 9)
        return -1;
      v = v * 10 + (int64_t)d;
    }
  return v;
}

/* Length without trailing blanks (0x20). */
static inline size_t
pen_trim_right (const void *text, size_t n)
{
  const uint8_t *p = (const uint8_t *)text;
  while (n && p[n - 1] == ' ')
    n--;
  return n;
}

/* Number of leading blanks. */
static inline size_t
pen_leading_blanks (const void *text, size_t n)
{
  const uint8_t *p = (const uint8_t *)text;
  size_t i = 0;
  while (i < n && p[i] == ' ')
    i++;
  return i;
}

/* Offset of the first byte outside of 0x20..0x7E; n when all are printable ASCII. */
static inline size_t
pen_find_unprintable (const uint8_t *p, size_t n)
{
  size_t i = 0;
#ifdef __SSE2__
  const __m128i low = _mm_set1_epi8 (0x1f), del = _mm_set1_epi8 (0x7f);
  for (; n - i >= 16; i += 16)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + i));
      __m128i ok = _mm_andnot_si128 (_mm_cmpeq_epi8 (v, del), _mm_cmpgt_epi8 (v, low)); /* signed: 0x80.. is below */
      if (_mm_movemask_epi8 (ok) != 0xffff)
        break;
    }
#endif
  while (i < n && p[i] >= 0x20 && p[i] <= 0x7e)
    i++;
  return i;
}

static inline int
pen_is_printable (const uint8_t *p, size_t n)
{
  return pen_find_unprintable (p, n) == n;
}

/* Offset of the first byte that is not part of well-formed UTF-8; n when all is. */
static inline size_t
pen_find_bad_utf8 (const uint8_t *p, size_t n)
{
  size_t i = 0, len;
  while (i < n)
    {
#ifdef __SSE2__
      if (n - i >= 16 && !_mm_movemask_epi8 (_mm_loadu_si128 ((const __m128i *)(const void *)(p + i))))
        {
          i += 16;
          continue;
        }
#endif
      len = pen_utf8_length (p + i, n - i);
      if (!len)
        return i;
      i += len;
    }
  return n;
}
#endif
