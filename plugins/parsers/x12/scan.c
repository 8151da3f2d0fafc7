/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c - finds segments and their elements by the delimiters that are in force, sixteen bytes at a time. */
#include "x12.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define AN (1)
const uint8_t x12_alnum[256] = {
  ['0'] = AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, ['A'] = AN, AN, AN, AN, AN, AN,         AN, AN, AN, AN, AN,
  AN,         AN, AN, AN, AN, AN, AN, AN, AN, AN, AN,         AN, AN, AN, AN, ['a'] = AN, AN, AN, AN, AN, AN,
  AN,         AN, AN, AN, AN, AN, AN, AN, AN, AN, AN,         AN, AN, AN, AN, AN,         AN, AN, AN, AN,
};

static inline bool
is_alnum (uint8_t c)
{
  return x12_alnum[c];
}

static inline bool
is_noise (uint8_t c)
{
  return c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == 0 || c == 0x1a;
}

/* A terminator that is the first byte of a UTF-8 character: somebody wrote the byte as text. */
static inline bool
is_tail (const struct x12_state *s, uint8_t c)
{
  return s->term >= 0xc2 && (c & 0xc0) == 0x80;
}

size_t
x12_skip (const struct x12_state *s, const uint8_t *p, size_t n, size_t at)
{
  while (at < n && ((is_noise (p[at]) && p[at] != s->elem) || is_tail (s, p[at])))
    at++;
  return at;
}

/* ---- elements ---- */

/* From i on, byte by byte; true: the terminator was found. */
static bool
scan_slowly (const struct x12_state *s, struct x12_seg *g, size_t i, size_t left)
{
  for (; i < left; i++)
    {
      uint8_t c = g->p[i];
      if (c == s->term)
        {
          g->n = (uint32_t)i;
          return true;
        }
      if (c != s->elem)
        g->odd |= c < 0x20 || c >= 0x7f;
      else if (g->n_el < ELEMENTS)
        g->own[g->n_el++] = (uint32_t)i + 1;
      else
        g->overflow = true;
    }
  return false;
}

static inline bool
scan (const struct x12_state *s, struct x12_seg *g, size_t left)
{
  size_t i = 0;
#ifdef __SSE2__
  const __m128i elem = _mm_set1_epi8 ((char)s->elem), term = _mm_set1_epi8 ((char)s->term), low = _mm_set1_epi8 (0x20),
                del = _mm_set1_epi8 (0x7f);
  const uint8_t *p = g->p;
  unsigned n_el = g->n_el, any_odd = 0;
  for (; left - i >= 16; i += 16)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + i));
      unsigned elems = (unsigned)_mm_movemask_epi8 (_mm_cmpeq_epi8 (v, elem));
      unsigned end = (unsigned)_mm_movemask_epi8 (_mm_cmpeq_epi8 (v, term));
      unsigned odd = (unsigned)_mm_movemask_epi8 (_mm_or_si128 (_mm_cmpgt_epi8 (low, v), _mm_cmpeq_epi8 (v, del)));
      unsigned inside = end ? (end & -end) - 1 : 0xffff;
      any_odd |= odd & ~elems & inside;
      for (elems &= inside; elems; elems &= elems - 1)
        {
          g->own[n_el] = (uint32_t)i + (uint32_t)__builtin_ctz (elems) + 1;
          if (n_el < ELEMENTS)
            n_el++;
          else
            g->overflow = true;
        }
      if (end)
        {
          g->n = (uint32_t)i + (uint32_t)__builtin_ctz (end);
          g->n_el = n_el;
          g->odd = any_odd != 0;
          return true;
        }
    }
  g->n_el = n_el;
  g->odd = any_odd != 0;
#endif
  return scan_slowly (s, g, i, left);
}

enum x12_frame
x12_segment (const struct x12_state *s, const uint8_t *p, size_t n, size_t at, uint64_t base, bool last,
             struct x12_seg *g)
{
  if (at >= n)
    return last ? FRAME_END : FRAME_MORE;
  g->p = p + at;
  g->offset = base + at;
  g->base = g->p;
  g->at = g->own;
  g->n_el = 1;
  g->own[0] = 0;
  g->overflow = g->odd = g->open = g->roomy = false;
  if (scan (s, g, n - at))
    g->next = g->n + 1;
  else
    {
      if (!last)
        return FRAME_MORE;
      g->open = true;
      g->next = (uint32_t)(n - at);
      for (g->n = g->next; g->n && is_noise (g->p[g->n - 1]);)
        g->n--;
      while (g->n_el > 1 && g->own[g->n_el - 1] > g->n)
        g->n_el--;
    }
  g->own[g->n_el] = g->n + 1;
  g->id = x12_seg_id (g);
  return FRAME_OK;
}

/* ---- the fast way through a set ---- */

bool
x12_is_isa (const uint8_t *p, size_t n, size_t at)
{
  return n - at >= LOOK_AHEAD && p[at] == 'I' && p[at + 1] == 'S' && p[at + 2] == 'A' && !is_alnum (p[at + 3]);
}

/* May the segment at `at` end a set? */
static inline bool
ends_set (const struct x12_state *s, const uint8_t *p, size_t n, size_t at, bool last)
{
  uint8_t c[LOOK_AHEAD] = { s->term, s->term, s->term, s->term };
  if (n - at >= LOOK_AHEAD)
    memcpy (c, p + at, LOOK_AHEAD);
  else if (last)
    memcpy (c, p + at, n - at);
  else
    return false;
  switch (c[0])
    {
    case 'S':
      return (c[1] == 'E' || c[1] == 'T') && (c[2] == s->elem || c[2] == s->term);
    case 'G':
      return (c[1] == 'E' || c[1] == 'S') && (c[2] == s->elem || c[2] == s->term);
    case 'I':
      return (c[1] == 'S' && c[2] == 'A' && !is_alnum (c[3]))
             || (c[1] == 'E' && c[2] == 'A' && (c[3] == s->elem || c[3] == s->term));
    default:
      return false;
    }
}

/* Does a segment begin at i: are there blanks and line ends only between it and a terminator at `from` or behind? */
static bool
starts_segment (const struct x12_state *s, const uint8_t *p, size_t from, size_t i)
{
  for (; i > from; i--)
    {
      uint8_t c = p[i - 1];
      if (c == s->term)
        return true;
      if (!(is_noise (c) && c != s->elem) && !is_tail (s, c))
        return false;
    }
  return false;
}

#if defined(__x86_64__)
#define LOOK_BYTES 34 /* that a look needs */

/* The next place from i on where three bytes may be such an id and what is behind it; where fewer than LOOK_BYTES are left,
 * some place there. A table by the lower half of a byte has the one letter that it may be. */
static __attribute__ ((target ("avx2,bmi"))) size_t
look_avx2 (const struct x12_state *s, const uint8_t *p, size_t n, size_t i)
{
  const __m256i first =
      _mm256_broadcastsi128_si256 (_mm_setr_epi8 (1, 0, 0, 'S', 0, 0, 0, 'G', 0, 'I', 0, 0, 0, 0, 0, 0));
  const __m256i second =
      _mm256_broadcastsi128_si256 (_mm_setr_epi8 (1, 0, 0, 'S', 'T', 'E', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i elem = _mm256_set1_epi8 ((char)s->elem), term = _mm256_set1_epi8 ((char)s->term),
                a = _mm256_set1_epi8 ('A');
  for (; n - i >= LOOK_BYTES; i += 32)
    {
      __m256i v1 = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + i));
      __m256i v2 = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + i + 1));
      __m256i v3 = _mm256_loadu_si256 ((const __m256i *)(const void *)(p + i + 2));
      __m256i is_1 = _mm256_cmpeq_epi8 (_mm256_shuffle_epi8 (first, v1), v1);
      __m256i is_2 = _mm256_cmpeq_epi8 (_mm256_shuffle_epi8 (second, v2), v2);
      __m256i is_3 = _mm256_or_si256 (_mm256_cmpeq_epi8 (v3, a),
                                      _mm256_or_si256 (_mm256_cmpeq_epi8 (v3, elem), _mm256_cmpeq_epi8 (v3, term)));
      unsigned bits = (unsigned)_mm256_movemask_epi8 (_mm256_and_si256 (is_1, _mm256_and_si256 (is_2, is_3)));
      if (bits)
        return i + (unsigned)__builtin_ctz (bits);
    }
  return i;
}
#endif

/* Looks for the few ids wherever they stand, and then for what is before them: most bytes are looked at once, sixteen or
 * 32 at a time. */
size_t
x12_find_envelope (const struct x12_state *s, const uint8_t *p, size_t n, size_t at, bool last)
{
  size_t i = at;
  if (at < n && ends_set (s, p, n, at, last))
    return at;
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("bmi"))
    for (; n - (i = look_avx2 (s, p, n, i)) >= LOOK_BYTES; i++)
      if (starts_segment (s, p, at, i) && ends_set (s, p, n, i, last))
        return i;
#endif
#ifdef __SSE2__
#define SAME(v, c) _mm_cmpeq_epi8 (v, _mm_set1_epi8 ((char)(c)))
#define LOAD(at) _mm_loadu_si128 ((const __m128i *)(const void *)(p + (at)))
  for (; n - i >= 16 + 2; i += 16)
    {
      __m128i a = LOAD (i), b = LOAD (i + 1), c = LOAD (i + 2);
      __m128i first = _mm_or_si128 (_mm_or_si128 (SAME (a, 'S'), SAME (a, 'G')), SAME (a, 'I'));
      __m128i second = _mm_or_si128 (_mm_or_si128 (SAME (b, 'E'), SAME (b, 'T')), SAME (b, 'S'));
      __m128i third = _mm_or_si128 (_mm_or_si128 (SAME (c, s->elem), SAME (c, s->term)), SAME (c, 'A'));
      unsigned bits = (unsigned)_mm_movemask_epi8 (_mm_and_si128 (first, _mm_and_si128 (second, third)));
      for (; bits; bits &= bits - 1)
        {
          size_t k = i + (unsigned)__builtin_ctz (bits);
          if (starts_segment (s, p, at, k) && ends_set (s, p, n, k, last))
            return k;
        }
    }
#undef SAME
#undef LOAD
#endif
  for (; i < n; i++)
    if (ends_set (s, p, n, i, last) && starts_segment (s, p, at, i))
      return i;
  return n;
}

size_t
x12_find_envelope_before (const struct x12_state *s, const uint8_t *p, size_t n, size_t from, size_t end, bool last)
{
  for (size_t i = end; i > from; i--)
    {
      uint8_t c = p[i - 1];
      if ((c == 'S' || c == 'G' || c == 'I') && ends_set (s, p, n, i - 1, last)
          && (i - 1 == from || starts_segment (s, p, from, i - 1)))
        return i - 1;
    }
  return 0;
}

/* ---- ISA ---- */

static bool
are_delimiters (const struct x12_isa *d)
{
  return d->elem != d->comp && d->elem != d->term && d->comp != d->term && !is_alnum (d->elem) && !is_alnum (d->term)
         && d->elem != '\n' && d->elem != '\r' && d->elem != ' ';
}

enum x12_frame
x12_isa (const uint8_t *p, size_t n, bool last, struct x12_isa *isa)
{
  static const uint8_t u_version[5] = { '0', '0', '4', '0', '2' };
  size_t at[17], i = 3, room = n < ISA_MAX ? n : ISA_MAX;
  unsigned k = 0;

  if (n < LOOK_AHEAD)
    return last ? FRAME_END : FRAME_MORE;
  if (memcmp (p, "ISA", 3) != 0 || is_alnum (p[3]))
    return FRAME_END;
  isa->elem = p[3];
  for (; i < room && k < 16; i++)
    if (p[i] == isa->elem)
      at[k++] = i;
  if (k < 16 || i + 2 > room)
    return n >= ISA_MAX || last ? FRAME_END : FRAME_MORE;
  isa->comp = p[i];
  isa->term = p[i + 1];
  isa->n = (uint32_t)i + 1;
  isa->rep = 0;
  if (at[11] - at[10] == 2 && at[12] - at[11] == 6 && memcmp (p + at[11] + 1, u_version, 5) >= 0
      && !is_alnum (p[at[10] + 1]))
    isa->rep = p[at[10] + 1];
  if (isa->rep == isa->elem || isa->rep == isa->term || isa->rep == isa->comp)
    isa->rep = 0;
  return are_delimiters (isa) ? FRAME_OK : FRAME_END;
}
