/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.c - xxh3-128 of an object's bytes, with the vectors of the processor at hand. */
#include "core/worker/fingerprint.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/base/err.h"

struct fingerprint
{
  XXH3_state_t *state; /* NULL: `wide` is used */
  void *wide;
};

struct fingerprint *
fingerprint_create (void)
{
  struct fingerprint *f = xcalloc (1, sizeof *f);

  if (fingerprint_wide_works ())
    f->wide = aligned_alloc (64, FINGERPRINT_STATE);
  if (!f->wide)
    f->state = XXH3_createState ();
  if (!f->wide && !f->state)
    abort ();
  if (f->wide)
    memset (f->wide, 0, FINGERPRINT_STATE);
  fingerprint_reset (f);
  return f;
}

void
fingerprint_reset (struct fingerprint *f)
{
  if (f->wide)
    fingerprint_wide_reset (f->wide);
  else
    XXH3_128bits_reset (f->state);
}

void
fingerprint_update (struct fingerprint *f, const void *p, size_t n)
{
  if (f->wide)
    fingerprint_wide_update (f->wide, p, n);
  else
    XXH3_128bits_update (f->state, p, n);
}

void
fingerprint_get (const struct fingerprint *f, uint8_t to[16])
{
  XXH128_canonical_t canonical;

  if (f->wide)
    {
      fingerprint_wide_get (f->wide, to);
      return;
    }
  XXH128_canonicalFromHash (&canonical, XXH3_128bits_digest (f->state));
  memcpy (to, canonical.digest, 16);
}
