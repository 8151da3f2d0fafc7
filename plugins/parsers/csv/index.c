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

/* The dialect of nearly all files has code of its own, in which only delimiter and quote are to be looked up. */
static inline bool
is_common (const struct csv_dialect *d)
{
  return d->has_quote && !d->has_comment && d->newline == NEWLINE_AUTO;
}
#define COMMON(d)                                                                                                      \
  {                                                                                                                    \
    .delim = { (d)->delim[0] }, .quote = (d)->quote, .has_quote = true, .newline = NEWLINE_AUTO,                       \
    .max_field = (d)->max_field, .max_record = (d)->max_record                                                         \
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
  uint8_t high = 0, zero = 0;
  for (int i = 0; i < BLOCK; i++)
    {
      high |= p[i] >> 7;
      zero |= !p[i];
    }
  return (uint8_t)(high | zero << 1);
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
  __m128i least = _mm_min_epu8 (_mm_min_epu8 (at16 (p, 0), at16 (p, 1)), _mm_min_epu8 (at16 (p, 2), at16 (p, 3)));
  __m128i high = _mm_or_si128 (_mm_or_si128 (at16 (p, 0), at16 (p, 1)), _mm_or_si128 (at16 (p, 2), at16 (p, 3)));
  int zero = _mm_movemask_epi8 (_mm_cmpeq_epi8 (least, _mm_setzero_si128 ()));
  return (uint8_t)((_mm_movemask_epi8 (high) != 0) | (zero != 0) << 1);
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
  return (uint8_t)((_mm256_movemask_epi8 (_mm256_or_si256 (a, b)) != 0) | (_mm256_movemask_epi8 (zero) != 0) << 1);
}

/* Well-formed UTF-8 by three table look-ups on nibbles (Keiser and Lemire, "Validating UTF-8 in less than one instruction
 * per byte", 2020): each bit is a way in which two neighbouring bytes can be wrong, and stays only if both agree on it. */
enum utf8_fault
{
  TOO_SHORT = 1,  /* a lead byte, or ASCII, where a continuation is due */
  TOO_LONG = 2,   /* ASCII followed by a continuation */
  OVERLONG_3 = 4, /* e0 80..9f */
  TOO_LARGE = 8,  /* f4 90.. and above */
  SURROGATE = 16, /* ed a0.. */
  OVERLONG_2 = 32,
  OVERLONG_4 = 64, /* f0 80..8f; also f5.. */
  TWO_CONTS = 128,
};
#define CARRY (TOO_SHORT | TOO_LONG | TWO_CONTS)
#define T16(...) _mm256_broadcastsi128_si256 (_mm_setr_epi8 (__VA_ARGS__))
#define B(x) (char)(uint8_t)(x)

AVX2 static inline __m256i
utf8_faults (__m256i now, __m256i before)
{
  const __m256i low = _mm256_set1_epi8 (15);
  const __m256i first_high = T16 (TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
                                  B (TWO_CONTS), B (TWO_CONTS), B (TWO_CONTS), B (TWO_CONTS), TOO_SHORT | OVERLONG_2,
                                  TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | OVERLONG_4);
  const __m256i first_low =
      T16 (B (CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), B (CARRY | OVERLONG_2), B (CARRY), B (CARRY),
           B (CARRY | TOO_LARGE), B (CARRY | TOO_LARGE | OVERLONG_4), B (CARRY | TOO_LARGE | OVERLONG_4),
           B (CARRY | TOO_LARGE | OVERLONG_4), B (CARRY | TOO_LARGE | OVERLONG_4), B (CARRY | TOO_LARGE | OVERLONG_4),
           B (CARRY | TOO_LARGE | OVERLONG_4), B (CARRY | TOO_LARGE | OVERLONG_4), B (CARRY | TOO_LARGE | OVERLONG_4),
           B (CARRY | TOO_LARGE | OVERLONG_4 | SURROGATE), B (CARRY | TOO_LARGE | OVERLONG_4),
           B (CARRY | TOO_LARGE | OVERLONG_4));
  const __m256i second_high =
      T16 (TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
           B (TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | OVERLONG_4),
           B (TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE),
           B (TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE),
           B (TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT);
  __m256i mid = _mm256_permute2x128_si256 (before, now, 0x21);
  __m256i prev1 = _mm256_alignr_epi8 (now, mid, 15), prev2 = _mm256_alignr_epi8 (now, mid, 14);
  __m256i prev3 = _mm256_alignr_epi8 (now, mid, 13);
  __m256i wrong = _mm256_shuffle_epi8 (first_high, _mm256_and_si256 (_mm256_srli_epi16 (prev1, 4), low));
  wrong = _mm256_and_si256 (wrong, _mm256_shuffle_epi8 (first_low, _mm256_and_si256 (prev1, low)));
  wrong =
      _mm256_and_si256 (wrong, _mm256_shuffle_epi8 (second_high, _mm256_and_si256 (_mm256_srli_epi16 (now, 4), low)));
  /* third and fourth bytes must be continuations, and are two in a row */
  __m256i third = _mm256_subs_epu8 (prev2, _mm256_set1_epi8 (B (0xe0 - 0x80)));
  __m256i fourth = _mm256_subs_epu8 (prev3, _mm256_set1_epi8 (B (0xf0 - 0x80)));
  __m256i must = _mm256_and_si256 (_mm256_or_si256 (third, fourth), _mm256_set1_epi8 (B (0x80)));
  return _mm256_xor_si256 (must, wrong);
}

AVX2 static bool
utf8_avx2 (const uint8_t *p, size_t n)
{
  __m256i wrong = _mm256_setzero_si256 (), before = wrong;
  size_t i = 0;
  for (; n - i >= 32; i += 32)
    {
      __m256i now = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + i));
      wrong = _mm256_or_si256 (wrong, utf8_faults (now, before));
      before = now;
    }
  uint8_t tail[64] = { 0 }; /* zeros behind the end show what is cut off there */
  memcpy (tail, p + i, n - i);
  for (int k = 0; k < 64; k += 32)
    {
      __m256i now = _mm256_loadu_si256 ((const __m256i *)(const void *)(tail + k));
      wrong = _mm256_or_si256 (wrong, utf8_faults (now, before));
      before = now;
    }
  return _mm256_testz_si256 (wrong, wrong);
}
#undef B
#define VARIANT avx2
#define TARGET AVX2
#include "index_body.h"
#endif

static bool
utf8_plain (const uint8_t *p, size_t n)
{
  return pen_find_bad_utf8 (p, n) == n;
}

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

csv_utf8_fn *
csv_utf8_variant (unsigned i)
{
  if (!csv_index_variant (i))
    return NULL;
#if defined(__x86_64__)
  if (i == 2)
    return utf8_avx2;
#endif
  return utf8_plain;
}

csv_utf8_fn *
csv_utf8_best (void)
{
  unsigned i = 0;
  while (csv_index_variant (i + 1))
    i++;
  return csv_utf8_variant (i);
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
