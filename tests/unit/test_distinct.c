/* SPDX-License-Identifier: Apache-2.0 */
/* test_distinct.c - keys that come again: few, many more than fit into memory, all the same; in any order of adding. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host/distinct.h"

static const struct pen_finding finding = {
  .size = sizeof finding, .severity = PEN_SEV_WARN, .column = "id", .rule = "twice", .text = "again"
};

struct seen
{
  size_t n;
  uint64_t offset[DISTINCT_TOLD];
  char last[256];
};

static void
see (void *ctx, const struct pen_finding *f)
{
  struct seen *s = ctx;
  CU_ASSERT_FATAL (s->n < DISTINCT_TOLD);
  CU_ASSERT (strcmp (f->rule, "twice") == 0 && f->severity == PEN_SEV_WARN && f->line == f->offset / 10);
  s->offset[s->n++] = f->offset;
  snprintf (s->last, sizeof s->last, "%s", f->text);
}

/* Keys at offsets 0, 10, 20, ...; keys[i] is the i-th one's value. `step` walks through them in another order. */
static void
run (const uint32_t *keys, size_t n, size_t step, struct seen *s, uint64_t *spilled)
{
  struct distinct *d = distinct_create (P_tmpdir);
  struct err e;

  memset (s, 0, sizeof *s);
  for (size_t i = 0; i < n; i++)
    {
      size_t k = i * step % n;
      uint64_t h = (uint64_t)keys[k] * 0x9e3779b97f4a7c15u;
      struct distinct_key key = { { h, keys[k] }, 10 * k, 7, k };
      CU_ASSERT_FATAL (distinct_add (d, &key, 1, &finding, &e) == 0);
    }
  *spilled = distinct_spilled (d);
  CU_ASSERT (distinct_end (d, see, s, &e) == 0);
  distinct_destroy (d);
}

static void
test_few (void)
{
  static const uint32_t keys[] = { 5, 6, 7, 6, 5, 6 };
  struct seen s;
  uint64_t spilled;
  run (keys, 6, 1, &s, &spilled);
  CU_ASSERT (s.n == 3 && s.offset[0] == 30 && s.offset[1] == 40 && s.offset[2] == 50 && !spilled);
  CU_ASSERT_STRING_EQUAL (s.last, "again: the one at offset 10 has it");
  run (keys, 6, 5, &s, &spilled);
  CU_ASSERT (s.n == 3 && s.offset[0] == 30 && s.offset[2] == 50);
  CU_ASSERT_STRING_EQUAL (s.last, "again: the one at offset 10 has it");
  run (keys, 3, 1, &s, &spilled);
  CU_ASSERT (s.n == 0);
  run (keys, 0, 1, &s, &spilled);
  CU_ASSERT (s.n == 0);
}

/* The expected ones come from a table by value. */
static void
test_many (void)
{
  enum
  {
    N = 200003 /* a prime: any step reaches all */
  };
  uint32_t *keys = malloc (N * sizeof *keys);
  uint8_t *had = calloc (1, N);
  struct seen want, got;
  uint64_t spilled;
  CU_ASSERT_PTR_NOT_NULL_FATAL (keys);
  CU_ASSERT_PTR_NOT_NULL_FATAL (had);
  memset (&want, 0, sizeof want);
  for (uint32_t i = 0; i < N; i++)
    keys[i] = i % 1009 == 500 ? i / 3 : i;
  for (size_t i = 0; i < N; i++)
    {
      if (had[keys[i]]++)
        want.offset[want.n++] = 10 * i;
    }
  CU_ASSERT_FATAL (want.n > 50 && want.n < DISTINCT_TOLD);
  for (size_t step = 1; step < N; step = step * 37 + 11)
    {
      run (keys, N, step, &got, &spilled);
      CU_ASSERT (spilled > 10 * DISTINCT_MEMORY);
      CU_ASSERT (got.n == want.n && memcmp (got.offset, want.offset, sizeof want.offset) == 0);
    }
  free (keys);
  free (had);
}

static void
test_same (void)
{
  uint32_t *keys = calloc (50000, sizeof *keys);
  struct seen s;
  uint64_t spilled;
  CU_ASSERT_PTR_NOT_NULL_FATAL (keys);
  run (keys, 50000, 49999, &s, &spilled);
  CU_ASSERT (s.n == DISTINCT_TOLD && s.offset[0] == 10 && s.offset[DISTINCT_TOLD - 1] == 10 * DISTINCT_TOLD);
  CU_ASSERT_STRING_EQUAL (s.last, "again: the one at offset 0 has it; and 48999 more");
  free (keys);
}

static void
test_no_file (void)
{
  struct distinct *d = distinct_create ("/nowhere/at/all");
  struct distinct_key key[512];
  struct err e;
  int rc = 0;
  memset (key, 0, sizeof key);
  for (int i = 0; i < 1000 && rc == 0; i++)
    rc = distinct_add (d, key, 512, &finding, &e);
  CU_ASSERT (rc == -1 && strstr (e.text, "/nowhere/at/all"));
  distinct_destroy (d);
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("distinct", NULL, NULL);
  CU_add_test (s, "few", test_few);
  CU_add_test (s, "many", test_many);
  CU_add_test (s, "all the same", test_same);
  CU_add_test (s, "no place for the file", test_no_file);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
