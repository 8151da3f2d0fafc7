/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the clock that only goes forward, for deadlines and for how long something took. */
#ifndef PEN_BASE_CLOCK_H
#define PEN_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t
clock_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline double
clock_seconds (void)
{
  return (double)clock_ns () / 1e9;
}
#endif
