/* SPDX-License-Identifier: Apache-2.0 */
/* skip.c - the structural scanner: finds where an element ends without reading what is in it, at memory speed. */
#include "walk.h"
#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_X86 1
#endif

struct masks /* bit i: byte i of 64 is... */
{
  uint64_t lt, gt, slash, odd; /* odd: ! or ? */
};
struct skip
{
  const uint8_t *p;
  size_t n;
  int64_t depth;
  size_t last; /* where the last < is */
  bool done;
};

/* Behind the mark, from `at` on; 0: it is not there. */
static size_t
behind_mark (const struct skip *s, size_t at, const char *mark, size_t n_mark)
{
  const uint8_t *q = at < s->n ? memmem (s->p + at, s->n - at, mark, n_mark) : NULL;
  return q ? (size_t)(q - s->p) + n_mark : 0;
}

/* Reads the markup at p[at], which is a <; behind it, or 0 where it does not end. */
static size_t
one_markup (struct skip *s, size_t at)
{
  const uint8_t *p = s->p;
  size_t left = s->n - at, i;

  if (left < 2)
    return 0;
  if (p[at + 1] == '?')
    return behind_mark (s, at + 2, "?>", 2);
  if (p[at + 1] == '!' && left >= 4 && p[at + 2] == '-' && p[at + 3] == '-')
    return behind_mark (s, at + 4, "-->", 3);
  if (p[at + 1] == '!' && left >= 3 && p[at + 2] == '[')
    return behind_mark (s, at + 3, "]]>", 3);
  for (i = at + 1; i < s->n && p[i] != '>'; i++)
    if (p[i] == '"' || p[i] == '\'')
      {
        const uint8_t *q = memchr (p + i + 1, p[i], s->n - i - 1);
        if (!q)
          return 0;
        i = (size_t)(q - p);
      }
  if (i >= s->n)
    return 0;
  if (p[at + 1] == '/')
    s->depth--;
  else if (p[i - 1] != '/')
    s->depth++;
  return i + 1;
}

/* Markup by markup, from text, until `until` is passed between two of them; where that is. 0: something does not end. */
static size_t
slow (struct skip *s, size_t at, size_t until)
{
  while (at < until)
    {
      const uint8_t *q = memchr (s->p + at, '<', until - at);
      if (!q)
        return until < s->n ? until : 0;
      at = one_markup (s, (size_t)(q - s->p));
      if (!at)
        return 0;
      if (s->depth == 0)
        {
          s->done = true;
          return at;
        }
    }
  return at < s->n ? at : 0;
}

static inline void
look_plain (const uint8_t *p, struct masks *m)
{
  *m = (struct masks){ 0, 0, 0, 0 };
  for (int i = 0; i < 64; i++)
    {
      m->lt |= (uint64_t)(p[i] == '<') << i;
      m->gt |= (uint64_t)(p[i] == '>') << i;
      m->slash |= (uint64_t)(p[i] == '/') << i;
      m->odd |= (uint64_t)(p[i] == '!' || p[i] == '?') << i;
    }
}
#define NAME skip_plain
#define LOOK look_plain
#define TARGET
#include "skip_body.h"
#undef NAME
#undef LOOK
#undef TARGET

#ifdef HAS_X86
static inline void
look_sse2 (const uint8_t *p, struct masks *m)
{
  const __m128i lt = _mm_set1_epi8 ('<'), gt = _mm_set1_epi8 ('>'), slash = _mm_set1_epi8 ('/'),
                bang = _mm_set1_epi8 ('!'), ask = _mm_set1_epi8 ('?');
  *m = (struct masks){ 0, 0, 0, 0 };
  for (int i = 0; i < 4; i++)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + 16 * i));
      m->lt |= (uint64_t)(unsigned)_mm_movemask_epi8 (_mm_cmpeq_epi8 (v, lt)) << (16 * i);
      m->gt |= (uint64_t)(unsigned)_mm_movemask_epi8 (_mm_cmpeq_epi8 (v, gt)) << (16 * i);
      m->slash |= (uint64_t)(unsigned)_mm_movemask_epi8 (_mm_cmpeq_epi8 (v, slash)) << (16 * i);
      m->odd |= (uint64_t)(unsigned)_mm_movemask_epi8 (_mm_or_si128 (_mm_cmpeq_epi8 (v, bang), _mm_cmpeq_epi8 (v, ask)))
                << (16 * i);
    }
}
#define NAME skip_sse2
#define LOOK look_sse2
#define TARGET
#include "skip_body.h"
#undef NAME
#undef LOOK
#undef TARGET

#define AVX2 __attribute__ ((target ("avx2,bmi,bmi2,lzcnt,popcnt")))
AVX2 static inline void
look_avx2 (const uint8_t *p, struct masks *m)
{
  const __m256i lt = _mm256_set1_epi8 ('<'), gt = _mm256_set1_epi8 ('>'), slash = _mm256_set1_epi8 ('/'),
                bang = _mm256_set1_epi8 ('!'), ask = _mm256_set1_epi8 ('?');
  __m256i a = _mm256_loadu_si256 ((const __m256i *)(const void *)p);
  __m256i b = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + 32));
#define BITS(x) (uint64_t) (uint32_t) _mm256_movemask_epi8 (x)
#define EQUAL(c) (BITS (_mm256_cmpeq_epi8 (a, c)) | BITS (_mm256_cmpeq_epi8 (b, c)) << 32)
  m->lt = EQUAL (lt);
  m->gt = EQUAL (gt);
  m->slash = EQUAL (slash);
  m->odd = EQUAL (bang) | EQUAL (ask);
#undef EQUAL
#undef BITS
}
#define NAME skip_avx2
#define LOOK look_avx2
#define TARGET AVX2
#include "skip_body.h"
#endif

xml_skip_fn *
xml_skip_variant (unsigned i)
{
#ifdef HAS_X86
  static xml_skip_fn *const all[] = { skip_plain, skip_sse2, skip_avx2 };
  unsigned n = __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("bmi2") ? 3 : 2;
#else
  static xml_skip_fn *const all[] = { skip_plain };
  unsigned n = 1;
#endif
  return i < n ? all[i] : NULL;
}

size_t
xml_skip (const uint8_t *p, size_t n, size_t at)
{
  static xml_skip_fn *best;
  if (!best)
    for (unsigned i = 0; xml_skip_variant (i); i++)
      best = xml_skip_variant (i);
  return best (p, n, at);
}
