/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - what every fuzz target defines; libFuzzer calls it, or replay.c does over a folder of inputs. */
#ifndef PEN_TEST_FUZZ_H
#define PEN_TEST_FUZZ_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *p, size_t n);

/* A property that input has broken: says which and stops, as a crash would. */
#define FUZZ_CHECK(condition)                                                                                          \
  do                                                                                                                   \
    if (!(condition))                                                                                                  \
      {                                                                                                                \
        fprintf (stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                                       \
        abort ();                                                                                                      \
      }                                                                                                                \
  while (0)
#endif
