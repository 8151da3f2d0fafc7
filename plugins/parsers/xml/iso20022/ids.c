/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - remembers identifications in little memory: those that differ in the digits at their end only are one run of
 * numbers, so that what was counted upwards is remembered whole. */
#include "iso20022.h"

#define DIGITS 18

/* FNV-1a, never 0. */
static uint64_t
hash (const char *p, size_t n)
{
  uint64_t h = 0xcbf29ce484222325u ^ n;
  for (size_t i = 0; i < n; i++)
    h = (h ^ (uint8_t)p[i]) * 0x100000001b3u;
  return h | 1;
}

static void
to_front (struct iso20022_run *run, unsigned i)
{
  struct iso20022_run r = run[i];
  memmove (run + 1, run, i * sizeof *run);
  run[0] = r;
}

bool
iso20022_seen (struct iso20022_run *run, uint8_t *n, unsigned cap, const char *p, size_t len)
{
  size_t digits = 0;
  uint64_t v, prefix;
  unsigned near = cap;
  while (digits < len && digits < DIGITS && p[len - 1 - digits] >= '0' && p[len - 1 - digits] <= '9')
    digits++;
  v = digits ? (uint64_t)pen_parse_digits (p + len - digits, digits) : 0;
  prefix = hash (p, len - digits) ^ (uint64_t)digits << 1; /* 07 is not 7 */
  for (unsigned i = 0; i < *n; i++)
    {
      if (run[i].prefix != prefix)
        continue;
      if (v >= run[i].lo && v <= run[i].hi)
        return true;
      if (v == run[i].hi + 1 || v + 1 == run[i].lo)
        near = i;
    }
  if (near < cap)
    {
      run[near].lo = v < run[near].lo ? v : run[near].lo;
      run[near].hi = v > run[near].hi ? v : run[near].hi;
      to_front (run, near);
      return false;
    }
  if (*n < cap)
    ++*n;
  run[*n - 1] = (struct iso20022_run){ prefix, v, v };
  to_front (run, *n - 1u);
  return false;
}
