/* SPDX-License-Identifier: Apache-2.0 */
/* test_fingerprint.c - the fingerprint is the library's xxh3-128, on every processor, however the bytes come. */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/worker/fingerprint.h"

#define SIZE (1 << 20)

static uint8_t bytes[SIZE];
static struct fingerprint *f; /* as long as the process */

static void
expect (size_t n, size_t piece)
{
  XXH128_canonical_t want;
  uint8_t have[16];

  fingerprint_reset (f);
  for (size_t at = 0; at < n; at += piece)
    fingerprint_update (f, bytes + at, n - at < piece ? n - at : piece);
  fingerprint_get (f, have);
  XXH128_canonicalFromHash (&want, XXH3_128bits (bytes, n));
  CU_ASSERT_EQUAL (memcmp (have, want.digest, 16), 0);
}

static void
test_same (void)
{
  static const size_t sizes[] = {
    0, 1, 16, 17, 128, 129, 240, 241, 255, 256, 257, 1023, 1024, 1025, 4096, 65537, SIZE
  };

  f = fingerprint_create ();
  srand (1);
  for (size_t i = 0; i < SIZE; i++)
    bytes[i] = (uint8_t)(rand () >> 7);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    {
      expect (sizes[i], SIZE);
      expect (sizes[i], 1000);
      expect (sizes[i], 257);
    }
  expect (5000, 1);
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("fingerprint", NULL, NULL);
  CU_add_test (s, "as the library's", test_same);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
