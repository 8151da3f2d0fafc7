/* SPDX-License-Identifier: Apache-2.0 */
/* index.c - finds the records and fields of well-formed CSV, 64 bytes at a time, by the parity of quotes.
 *
 * Three variants of the same scanners: AVX2 with carry-less multiplication where the processor has them, SSE2, plain C. */
#include <string.h>
#include <penstock/scan.h>
#include "csv.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK 64

struct masks
{
  uint64_t quote, lf, cr;
  uint64_t end;   /* what ends a record outside of quotes */
  uint64_t count; /* what ends a line */
};

/* The last bytes of a window, with room behind them. */
static inline const uint8_t *
tail_block (uint8_t *to, const uint8_t *from, size_t n, uint64_t *valid)
{
  memset (to, 0, BLOCK + 8);
  memcpy (to, from, n < BLOCK + 8 ? n : BLOCK + 8);
  if (n < BLOCK)
    *valid = (1ull << n) - 1;
  return to;
}

/* A field may begin at p[i], i > 0, by the byte before it. */
static inline bool
is_separator (const struct csv_dialect *d, const uint8_t *p, size_t i)
{
  uint8_t c = p[i - 1];
  if (c == d->delim[0])
    return true;
  switch (d->newline)
    {
    case NEWLINE_AUTO:
      return c == '\n' || c == '\r';
    case NEWLINE_LF:
      return c == '\n';
    case NEWLINE_CR:
      return c == '\r';
    default:
      return c == '\n' && i > 1 && p[i - 2] == '\r';
    }
}

/* ---- plain C ---- */

static inline uint64_t
eq64_plain (const uint8_t *p, uint8_t c)
{
  const uint64_t ones = 0x0101010101010101u, low = 0x7f7f7f7f7f7f7f7fu;
  uint64_t out = 0;
  for (int i = 0; i < 8; i++)
    {
      uint64_t v = pen_load8 (p + 8 * i) ^ ones * c;
      v = ~(((v & low) + low) | v | low); /* the high bit of each byte that is 0 */
      out |= (v >> 7) * 0x0102040810204080u >> 56 << 8 * i;
    }
  return out;
}
static inline uint64_t
parity_plain (uint64_t v)
{
  for (int i = 1; i < 64; i *= 2)
    v ^= v << i;
  return v;
}
static inline uint8_t
is_odd_plain (const uint8_t *p)
{
  uint8_t odd = 0;
  for (int i = 0; i < BLOCK; i++)
    odd |= (uint8_t)(p[i] - 1) >= 0x7f;
  return odd;
}
#define VARIANT plain
#define TARGET
#include "index_body.h"

#if defined(__x86_64__)
/* ---- SSE2 ---- */

static inline __m128i
at16 (const uint8_t *p, int i)
{
  return _mm_loadu_si128 ((const __m128i *)(const void *)(p + 16 * i));
}
static inline uint64_t
eq64_sse2 (const uint8_t *p, uint8_t c)
{
  __m128i v = _mm_set1_epi8 ((char)c);
  uint64_t m[4];
  for (int i = 0; i < 4; i++)
    m[i] = (uint32_t)_mm_movemask_epi8 (_mm_cmpeq_epi8 (at16 (p, i), v));
  return m[0] | m[1] << 16 | m[2] << 32 | m[3] << 48;
}
static inline uint64_t
parity_sse2 (uint64_t v)
{
  return parity_plain (v);
}
static inline uint8_t
is_odd_sse2 (const uint8_t *p)
{
  /* signed: 1..127 is what is greater than 0 */
  __m128i a = _mm_min_epu8 (_mm_min_epu8 (at16 (p, 0), at16 (p, 1)), _mm_min_epu8 (at16 (p, 2), at16 (p, 3)));
  __m128i high = _mm_or_si128 (_mm_or_si128 (at16 (p, 0), at16 (p, 1)), _mm_or_si128 (at16 (p, 2), at16 (p, 3)));
  return (_mm_movemask_epi8 (high) | _mm_movemask_epi8 (_mm_cmpeq_epi8 (a, _mm_setzero_si128 ()))) != 0;
}
#define VARIANT sse2
#define TARGET
#include "index_body.h"

/* ---- AVX2 ---- */

#define AVX2 __attribute__ ((target ("avx2,pclmul,popcnt,bmi,bmi2")))
AVX2 static inline uint64_t
eq64_avx2 (const uint8_t *p, uint8_t c)
{
  __m256i v = _mm256_set1_epi8 ((char)c);
  __m256i a = _mm256_loadu_si256 ((const __m256i *)(const void *)p);
  __m256i b = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + 32));
  return (uint32_t)_mm256_movemask_epi8 (_mm256_cmpeq_epi8 (a, v))
         | (uint64_t)(uint32_t)_mm256_movemask_epi8 (_mm256_cmpeq_epi8 (b, v)) << 32;
}
AVX2 static inline uint64_t
parity_avx2 (uint64_t v)
{
  __m128i all = _mm_set1_epi8 (-1);
  return (uint64_t)_mm_cvtsi128_si64 (_mm_clmulepi64_si128 (_mm_cvtsi64_si128 ((int64_t)v), all, 0));
}
AVX2 static inline uint8_t
is_odd_avx2 (const uint8_t *p)
{
  __m256i a = _mm256_loadu_si256 ((const __m256i *)(const void *)p);
  __m256i b = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + 32));
  __m256i zero = _mm256_cmpeq_epi8 (_mm256_min_epu8 (a, b), _mm256_setzero_si256 ());
  return _mm256_movemask_epi8 (_mm256_or_si256 (_mm256_or_si256 (a, b), zero)) != 0;
}
#define VARIANT avx2
#define TARGET AVX2
#include "index_body.h"
#endif

csv_index_fn *
csv_index_variant (unsigned i)
{
  switch (i)
    {
    case 0:
      return index_plain;
#if defined(__x86_64__)
    case 1:
      return index_sse2;
    case 2:
      return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("pclmul") && __builtin_cpu_supports ("bmi2")
                 ? index_avx2
                 : NULL;
#endif
    default:
      return NULL;
    }
}

csv_pass_fn *
csv_pass_variant (unsigned i)
{
  if (!csv_index_variant (i))
    return NULL;
  switch (i)
    {
#if defined(__x86_64__)
    case 1:
      return pass_sse2;
    case 2:
      return pass_avx2;
#endif
    default:
      return pass_plain;
    }
}

csv_index_fn *
csv_index_best (void)
{
  unsigned i = 0;
  while (csv_index_variant (i + 1))
    i++;
  return csv_index_variant (i);
}

csv_pass_fn *
csv_pass_best (void)
{
  unsigned i = 0;
  while (csv_index_variant (i + 1))
    i++;
  return csv_pass_variant (i);
}
