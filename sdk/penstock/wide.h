/* SPDX-License-Identifier: Apache-2.0 */
/* wide.h - PEN_WIDE: a function that is compiled twice, the second time for processors with AVX2 and BMI2; and a copy
 * that is worth it.
 *
 * The loader picks one version for the machine at hand; both give the same results. It stands before a function's definition, is for
 * loops in which a plugin spends its time, and covers what is inlined there (PEN_WIDE_INLINE makes sure of a helper). Without
 * a compiler that can, and in sanitized builds, whose runtime is not there yet when the loader picks, it is nothing. */
#ifndef PENSTOCK_WIDE_H
#define PENSTOCK_WIDE_H

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__)            \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PEN_WIDE __attribute__ ((target_clones ("arch=x86-64-v3", "default")))
#else
#define PEN_WIDE
#endif
#if defined(__GNUC__)
#define PEN_WIDE_INLINE inline __attribute__ ((always_inline))
#else
#define PEN_WIDE_INLINE inline
#endif

/* Copies 32 bytes that may overlap, in one step where PEN_WIDE makes that possible (memcpy() takes two). */
static PEN_WIDE_INLINE void
pen_copy32 (void *to, const void *from)
{
#if defined(__GNUC__)
  typedef char bytes_ __attribute__ ((vector_size (32), aligned (1), may_alias));
  *(bytes_ *)to = *(const bytes_ *)from;
#else
  char b[32];
  __builtin_memcpy (b, from, sizeof b);
  __builtin_memcpy (to, b, sizeof b);
#endif
}
#endif
