/* SPDX-License-Identifier: Apache-2.0 */
/* index.c - finds all separators and terminators of a window at once, 64 bytes at a time, and makes segments from them.
 *
 * Two passes over a window that fits into the first cache: bytes to bits, bits to places. How many places a word has is
 * as good as random, so they are written eight at a time whether they are there or not. */
#include "x12.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define WORDS (INDEX_WINDOW / 64)

struct masks
{
  uint64_t elem[WORDS], term[WORDS];
};

/* Line ends right behind a terminator are not inside of a segment: they make nothing odd. `carry` is of the word before. */
struct tail
{
  uint64_t term, cr;
};
static inline __attribute__ ((always_inline)) uint64_t
without_line_ends (uint64_t strange, uint64_t term, uint64_t cr, uint64_t lf, struct tail *t)
{
  uint64_t after = term << 1 | t->term, second;
  uint64_t returns = cr & after;
  second = returns << 1 | t->cr;
  t->term = term >> 63;
  t->cr = returns >> 63;
  return strange & ~(returns | (lf & (after | second)));
}

/* ---- bits to places ---- */

static inline __attribute__ ((always_inline)) void
flatten (struct x12_index *x, const struct masks *m)
{
  size_t words = (x->n + 63) / 64;
  uint32_t n = 0, n_term = 0;
  for (size_t w = 0; w < words; w++)
    {
      uint64_t term = m->term[w], all = m->elem[w] | term;
      uint32_t base = (uint32_t)(w * 64) + 1, *to = x->sep + 1 + n;
      unsigned count = (unsigned)__builtin_popcountll (all), terms = (unsigned)__builtin_popcountll (term);
      for (unsigned k = 0; k < terms; k += 4)
#pragma GCC unroll 4
        for (unsigned i = 0; i < 4; i++, term &= term - 1)
          x->ends[n_term + k + i] = n + 1 + (unsigned)__builtin_popcountll (all & ((term & -term) - 1));
      for (unsigned k = 0; k < count; k += 8)
#pragma GCC unroll 8
        for (unsigned i = 0; i < 8; i++, all &= all - 1)
          to[k + i] = base + (unsigned)__builtin_ctzll (all | 1ull << 63);
      n += count;
      n_term += terms;
    }
  x->n_term = n_term;
}

#if defined(__x86_64__)
#define AVX512 __attribute__ ((target ("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")))

/* Bytes 0 .. count - 1 of v, each plus `add`, as numbers at `to`, sixteen at a time whether they are there or not. */
AVX512 static inline __attribute__ ((always_inline)) void
widen (uint32_t *to, __m512i v, uint32_t add, unsigned count)
{
  const __m512i base = _mm512_set1_epi32 ((int)add);
  _mm512_storeu_si512 (to, _mm512_add_epi32 (_mm512_cvtepu8_epi32 (_mm512_castsi512_si128 (v)), base));
  if (PEN_UNLIKELY (count > 16))
    {
      _mm512_storeu_si512 (to + 16, _mm512_add_epi32 (_mm512_cvtepu8_epi32 (_mm512_extracti32x4_epi32 (v, 1)), base));
      _mm512_storeu_si512 (to + 32, _mm512_add_epi32 (_mm512_cvtepu8_epi32 (_mm512_extracti32x4_epi32 (v, 2)), base));
      _mm512_storeu_si512 (to + 48, _mm512_add_epi32 (_mm512_cvtepu8_epi32 (_mm512_extracti32x4_epi32 (v, 3)), base));
    }
}

/* The same by an instruction that moves the bytes of a mask together. */
AVX512 static inline __attribute__ ((always_inline)) void
flatten_avx512 (struct x12_index *x, const struct masks *m)
{
  size_t words = (x->n + 63) / 64;
  uint32_t n = 0, n_term = 0;
  uint8_t numbers[64];
  for (unsigned i = 0; i < 64; i++)
    numbers[i] = (uint8_t)i;
  const __m512i places = _mm512_loadu_si512 (numbers);
  for (size_t w = 0; w < words; w++)
    {
      uint64_t all = m->elem[w] | m->term[w], terms = _pext_u64 (m->term[w], all);
      unsigned count = (unsigned)__builtin_popcountll (all), ends = (unsigned)__builtin_popcountll (terms);
      widen (x->sep + 1 + n, _mm512_maskz_compress_epi8 (all, places), (uint32_t)(w * 64) + 1, count);
      widen (x->ends + n_term, _mm512_maskz_compress_epi8 (terms, places), n + 1, ends);
      n += count;
      n_term += ends;
    }
  x->n_term = n_term;
}
#endif

/* ---- bytes to bits ---- */

static inline __attribute__ ((always_inline)) void
word_plain (struct x12_index *x, struct masks *m, size_t w, const uint8_t *p, struct tail *t)
{
  uint64_t elem = 0, term = 0, strange = 0, cr = 0, lf = 0;
  for (unsigned i = 0; i < 64; i++)
    {
      uint8_t c = p[i];
      elem |= (uint64_t)(c == x->elem) << i;
      term |= (uint64_t)(c == x->term) << i;
      strange |= (uint64_t)(c < 0x20 || c >= 0x7f) << i;
      cr |= (uint64_t)(c == '\r') << i;
      lf |= (uint64_t)(c == '\n') << i;
    }
  m->elem[w] = elem;
  m->term[w] = term;
  x->strange[w] = without_line_ends (strange & ~(elem | term), term, cr, lf, t);
}

#if defined(__x86_64__)
static inline __attribute__ ((always_inline)) void
word_sse2 (struct x12_index *x, struct masks *m, size_t w, const uint8_t *p, struct tail *t)
{
  const __m128i low = _mm_set1_epi8 (0x20), del = _mm_set1_epi8 (0x7f);
  uint64_t elem = 0, term = 0, strange = 0, cr = 0, lf = 0;
  for (unsigned i = 0; i < 4; i++)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + 16 * i));
#define BITS(v) ((uint64_t)(uint32_t)_mm_movemask_epi8 (v) << 16 * i)
#define SAME(c) BITS (_mm_cmpeq_epi8 (v, _mm_set1_epi8 ((char)(c))))
      elem |= SAME (x->elem);
      term |= SAME (x->term);
      cr |= SAME ('\r');
      lf |= SAME ('\n');
      strange |= BITS (_mm_or_si128 (_mm_cmpgt_epi8 (low, v), _mm_cmpeq_epi8 (v, del)));
#undef SAME
#undef BITS
    }
  m->elem[w] = elem;
  m->term[w] = term;
  x->strange[w] = without_line_ends (strange & ~(elem | term), term, cr, lf, t);
}

#define AVX2 __attribute__ ((target ("avx2,popcnt,bmi,bmi2")))
AVX2 static inline __attribute__ ((always_inline)) void
word_avx2 (struct x12_index *x, struct masks *m, size_t w, const uint8_t *p, struct tail *t)
{
  const __m256i low = _mm256_set1_epi8 (0x20), del = _mm256_set1_epi8 (0x7f);
  uint64_t elem = 0, term = 0, strange = 0, cr = 0, lf = 0;
  for (unsigned i = 0; i < 2; i++)
    {
      __m256i v = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + 32 * i));
#define BITS(v) ((uint64_t)(uint32_t)_mm256_movemask_epi8 (v) << 32 * i)
#define SAME(c) BITS (_mm256_cmpeq_epi8 (v, _mm256_set1_epi8 ((char)(c))))
      elem |= SAME (x->elem);
      term |= SAME (x->term);
      cr |= SAME ('\r');
      lf |= SAME ('\n');
      strange |= BITS (_mm256_or_si256 (_mm256_cmpgt_epi8 (low, v), _mm256_cmpeq_epi8 (v, del)));
#undef SAME
#undef BITS
    }
  m->elem[w] = elem;
  m->term[w] = term;
  x->strange[w] = without_line_ends (strange & ~(elem | term), term, cr, lf, t);
}
#endif

#if defined(__x86_64__)
AVX512 static inline __attribute__ ((always_inline)) void
word_avx512 (struct x12_index *x, struct masks *m, size_t w, const uint8_t *p, struct tail *t)
{
  __m512i v = _mm512_loadu_si512 (p);
  uint64_t elem = _mm512_cmpeq_epi8_mask (v, _mm512_set1_epi8 ((char)x->elem));
  uint64_t term = _mm512_cmpeq_epi8_mask (v, _mm512_set1_epi8 ((char)x->term));
  uint64_t cr = _mm512_cmpeq_epi8_mask (v, _mm512_set1_epi8 ('\r'));
  uint64_t lf = _mm512_cmpeq_epi8_mask (v, _mm512_set1_epi8 ('\n'));
  /* signed: what is not ASCII is below */
  uint64_t strange =
      _mm512_cmplt_epi8_mask (v, _mm512_set1_epi8 (0x20)) | _mm512_cmpeq_epi8_mask (v, _mm512_set1_epi8 (0x7f));
  m->elem[w] = elem;
  m->term[w] = term;
  x->strange[w] = without_line_ends (strange & ~(elem | term), term, cr, lf, t);
}
#endif

/* The window's last bytes, fewer than a word: read from where others follow. */
static inline __attribute__ ((always_inline)) void
clip (struct x12_index *x, struct masks *m)
{
  unsigned left = x->n % 64;
  uint64_t inside = (1ull << left) - 1;
  if (left)
    {
      m->elem[x->n / 64] &= inside;
      m->term[x->n / 64] &= inside;
      x->strange[x->n / 64] &= inside;
    }
}

#define FILL(name, word, flatten, attribute)                                                                           \
  attribute static void name (struct x12_index *x)                                                                     \
  {                                                                                                                    \
    struct masks m;                                                                                                    \
    struct tail t = { 0, 0 };                                                                                          \
    uint8_t rest[64] = { 0 };                                                                                          \
    size_t w = 0;                                                                                                      \
    uint64_t any = 0;                                                                                                  \
    for (; (w + 1) * 64 <= x->n; w++)                                                                                  \
      {                                                                                                                \
        word (x, &m, w, x->p + w * 64, &t);                                                                            \
        any |= x->strange[w];                                                                                          \
      }                                                                                                                \
    if (w * 64 < x->n)                                                                                                 \
      {                                                                                                                \
        memcpy (rest, x->p + w * 64, x->n - w * 64);                                                                   \
        word (x, &m, w, rest, &t);                                                                                     \
        clip (x, &m);                                                                                                  \
        any |= x->strange[w];                                                                                          \
      }                                                                                                                \
    x->odd = any != 0;                                                                                                 \
    flatten (x, &m);                                                                                                   \
  }

FILL (fill_plain, word_plain, flatten, )
#if defined(__x86_64__)
FILL (fill_sse2, word_sse2, flatten, )
FILL (fill_avx2, word_avx2, flatten, AVX2)
FILL (fill_avx512, word_avx512, flatten_avx512, AVX512)
#endif

x12_index_fn *
x12_index_variant (unsigned i)
{
  switch (i)
    {
    case 0:
      return fill_plain;
#if defined(__x86_64__)
    case 1:
      return fill_sse2;
    case 2:
      return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("bmi") && __builtin_cpu_supports ("bmi2")
                     && __builtin_cpu_supports ("popcnt")
                 ? fill_avx2
                 : NULL;
    case 3:
      return x12_index_variant (2) && __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl")
                     && __builtin_cpu_supports ("avx512vbmi") && __builtin_cpu_supports ("avx512vbmi2")
                 ? fill_avx512
                 : NULL;
#endif
    default:
      return NULL;
    }
}

/* ---- segments ---- */

static bool
is_odd (const struct x12_index *x, size_t from, size_t to)
{
  for (size_t w = from / 64; w <= to / 64 && w < WORDS; w++)
    {
      uint64_t bits = x->strange[w];
      if (w == from / 64)
        bits &= ~0ull << from % 64;
      if (w == to / 64)
        bits &= (1ull << to % 64) - 1;
      if (bits)
        return true;
    }
  return false;
}

/* A window that begins at p[at]; false: not a segment ends in it. */
static bool
fill (struct x12_index *x, const struct x12_state *s, const uint8_t *p, size_t n, size_t at)
{
  x->p = p + at;
  x->n = n - at < INDEX_WINDOW ? n - at : INDEX_WINDOW;
  x->elem = s->elem;
  x->term = s->term;
  x->cursor = 0;
  x->fill (x);
  return x->n_term != 0;
}

/* Makes the index hold the terminator of the segment at p[at], and the cursor point to it. */
static __attribute__ ((noinline)) bool
seek (struct x12_index *x, const struct x12_state *s, const uint8_t *p, size_t n, size_t at)
{
  for (;;)
    {
      if ((!x->n || x->elem != s->elem || x->term != s->term || p + at < x->p || x->cursor == x->n_term)
          && !fill (x, s, p, n, at))
        return false;
      /* terminators that were passed over as blanks, or before a walk that jumped */
      while (x->cursor < x->n_term && x->sep[x->ends[x->cursor]] <= (size_t)(p + at - x->p))
        x->cursor++;
      if (x->cursor < x->n_term)
        return true;
    }
}

bool
x12_index_segment (struct x12_index *x, const struct x12_state *s, const uint8_t *p, size_t n, size_t at, uint64_t base,
                   struct x12_seg *g)
{
  unsigned cursor = x->cursor;
  uint32_t before, end, from, *begin;

  if (PEN_UNLIKELY (!x->n || x->elem != s->elem || x->term != s->term || p + at < x->p || cursor == x->n_term
                    || x->sep[x->ends[cursor]] <= (size_t)(p + at - x->p)))
    {
      if (!seek (x, s, p, n, at))
        return false;
      cursor = x->cursor;
    }
  from = (uint32_t)(p + at - x->p);
  /* sep[before] is what ends before the segment: one place for where it begins */
  before = cursor ? x->ends[cursor - 1] : 0;
  end = x->ends[cursor];
  begin = x->sep + before;
  x->cursor = cursor + 1;
  if (PEN_UNLIKELY (begin[1] <= from) || PEN_UNLIKELY (end - before > ELEMENTS))
    {
      x->n = 0; /* separators among what was skipped, or too many of them */
      return false;
    }
  begin[0] = from;
  g->n_el = end - before;
  g->p = p + at;
  g->base = x->p;
  g->at = begin;
  g->n = x->sep[end] - 1 - from;
  g->next = g->n + 1;
  g->offset = base + at;
  g->overflow = g->open = false;
  g->odd = PEN_UNLIKELY (x->odd) && is_odd (x, from, from + g->n);
  g->roomy = at >= SEG_BEFORE && n - at >= (size_t)g->next + SEG_AFTER;
  g->id = x12_seg_id (g);
  return true;
}
