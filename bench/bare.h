/* SPDX-License-Identifier: Apache-2.0 */
/* bare.h - what the bare loops share: the record's size and how they read numbers and text out of it, unchecked. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H
#include <stdint.h>

#define REC 94
#define STEP 95 /* with its line feed */
#define CHUNK (1u << 20)

static inline uint64_t
digits (const uint8_t *s, int n)
{
  uint64_t v = 0;

  for (int i = 0; i < n; i++)
    v = v * 10 + (s[i] & 15u);
  return v;
}

static inline uint8_t
trimmed (const uint8_t *s, int n)
{
  while (n && s[n - 1] == ' ')
    n--;
  return (uint8_t)n;
}
#endif
