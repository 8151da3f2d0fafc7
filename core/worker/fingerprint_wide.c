/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint_wide.c - xxh3-128 compiled for AVX2: the library of Debian knows SSE2 only, and takes twice as long. */
#include "core/worker/fingerprint.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <string.h>

_Static_assert(sizeof (XXH3_state_t) <= FINGERPRINT_STATE, "room for the state");

int
fingerprint_wide_works (void)
{
  return __builtin_cpu_supports ("avx2") != 0;
}

void
fingerprint_wide_reset (void *state)
{
  XXH3_128bits_reset (state);
}

void
fingerprint_wide_update (void *state, const void *p, size_t n)
{
  XXH3_128bits_update (state, p, n);
}

void
fingerprint_wide_get (const void *state, uint8_t to[16])
{
  XXH128_canonical_t canonical;

  XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (state));
  memcpy (to, canonical.digest, 16);
}
#pragma GCC pop_options
#else
#include <stdlib.h>

int
fingerprint_wide_works (void)
{
  return 0;
}

void
fingerprint_wide_reset (void *state)
{
  (void)state;
  abort ();
}

void
fingerprint_wide_update (void *state, const void *p, size_t n)
{
  (void)state, (void)p, (void)n;
  abort ();
}

void
fingerprint_wide_get (const void *state, uint8_t to[16])
{
  (void)state, (void)to;
  abort ();
}
#endif
