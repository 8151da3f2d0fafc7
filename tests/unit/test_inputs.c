/* SPDX-License-Identifier: Apache-2.0 */
/* test_inputs.c - memory for chunks: who has which part of it, and that workers cannot write into it. */
#include <CUnit/Basic.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/host/inputs.h"

#define CHUNK 5000

static void
test_turns (void)
{
  struct err e;
  struct inputs *t = inputs_create (3, CHUNK, &e);
  uint16_t which[8];

  CU_ASSERT_PTR_NOT_NULL_FATAL (t);
  CU_ASSERT_EQUAL (inputs_count (t), 3);
  CU_ASSERT_EQUAL (inputs_unused (t), 3);
  CU_ASSERT_EQUAL (inputs_fill (t, 0, 1), -1); /* not lent yet */
  CU_ASSERT_EQUAL_FATAL (inputs_lend (t, which, 2), 2);
  CU_ASSERT_EQUAL (which[0], 0);
  CU_ASSERT_EQUAL (which[1], 1);
  CU_ASSERT_EQUAL (inputs_unused (t), 3); /* lent ones hold nothing */
  CU_ASSERT_EQUAL (inputs_fill (t, 1, CHUNK), 0);
  CU_ASSERT_EQUAL (inputs_unused (t), 2);
  CU_ASSERT_EQUAL (inputs_fill (t, 1, 1), -1); /* twice */
  CU_ASSERT_EQUAL (inputs_fill (t, 2, 1), -1); /* lent to nobody */
  CU_ASSERT_EQUAL (inputs_fill (t, 3, 1), -1); /* none of ours */
  CU_ASSERT_EQUAL (inputs_fill (t, 65535, 1), -1);
  /* what was given back is lent again, the lowest first */
  inputs_give_back (t, 1);
  CU_ASSERT_EQUAL (inputs_unused (t), 3);
  CU_ASSERT_EQUAL_FATAL (inputs_lend (t, which, 8), 2);
  CU_ASSERT_EQUAL (which[0], 1);
  CU_ASSERT_EQUAL (which[1], 2);
  CU_ASSERT_EQUAL (inputs_lend (t, which, 8), 0);
  inputs_destroy (t);
  inputs_destroy (NULL);
}

static void
test_dead_cutter (void)
{
  struct err e;
  struct inputs *t = inputs_create (3, CHUNK, &e);
  uint16_t which[8];

  CU_ASSERT_PTR_NOT_NULL_FATAL (t);
  CU_ASSERT_EQUAL_FATAL (inputs_lend (t, which, 3), 3);
  CU_ASSERT_EQUAL (inputs_fill (t, 2, 10), 0);
  inputs_recall (t);
  CU_ASSERT_EQUAL (inputs_fill (t, 0, 10), -1);
  /* the chunk that is there stays */
  CU_ASSERT_EQUAL (inputs_unused (t), 2);
  CU_ASSERT_EQUAL_FATAL (inputs_lend (t, which, 3), 2);
  CU_ASSERT_EQUAL (which[0], 0);
  CU_ASSERT_EQUAL (which[1], 1);
  inputs_give_back (t, 2);
  inputs_destroy (t);
}

static void
test_sizes (void)
{
  const uint64_t stride = inputs_stride (CHUNK);
  struct err e;
  struct inputs *t;
  uint16_t which;

  CU_ASSERT_EQUAL (stride, 8192);
  CU_ASSERT_EQUAL (inputs_stride (4096), 8192);
  CU_ASSERT_EQUAL (inputs_stride (4096 - LIMIT_INPUT_SLACK), 4096);
  CU_ASSERT_EQUAL (inputs_stride (1), 4096);
  t = inputs_create (1, CHUNK, &e);
  CU_ASSERT_PTR_NOT_NULL_FATAL (t);
  CU_ASSERT_EQUAL_FATAL (inputs_lend (t, &which, 1), 1);
  CU_ASSERT_EQUAL (inputs_fill (t, 0, stride), -1); /* no room behind it */
  CU_ASSERT_EQUAL (inputs_fill (t, 0, UINT64_MAX), -1);
  CU_ASSERT_EQUAL (inputs_fill (t, 0, stride - LIMIT_INPUT_SLACK), 0);
  inputs_destroy (t);
}

static void
test_rights (void)
{
  const size_t size = 2 * inputs_stride (CHUNK);
  struct err e;
  struct inputs *t = inputs_create (2, CHUNK, &e);
  uint8_t *w;
  const uint8_t *r;

  CU_ASSERT_PTR_NOT_NULL_FATAL (t);
  w = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, inputs_fd (t, 1), 0);
  r = mmap (NULL, size, PROT_READ, MAP_SHARED, inputs_fd (t, 0), 0);
  CU_ASSERT_FATAL (w != MAP_FAILED && r != MAP_FAILED);
  w[size - 1] = 'x';
  CU_ASSERT_EQUAL (r[size - 1], 'x');
  /* whoever only reads can do no more than that */
  CU_ASSERT_EQUAL (mprotect ((void *)r, 4096, PROT_READ | PROT_WRITE), -1);
  CU_ASSERT_EQUAL (errno, EACCES);
  CU_ASSERT_PTR_EQUAL (mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, inputs_fd (t, 0), 0), MAP_FAILED);
  CU_ASSERT_EQUAL (pwrite (inputs_fd (t, 0), "y", 1, 0), -1);
  /* nobody can pull it away under the others */
  CU_ASSERT_EQUAL (ftruncate (inputs_fd (t, 1), 0), -1);
  CU_ASSERT_EQUAL (ftruncate (inputs_fd (t, 1), (off_t)(4 * size)), -1);
  munmap (w, size);
  munmap ((void *)r, size);
  inputs_destroy (t);
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("inputs", NULL, NULL);
  CU_add_test (s, "turns", test_turns);
  CU_add_test (s, "a dead cutter", test_dead_cutter);
  CU_add_test (s, "sizes", test_sizes);
  CU_add_test (s, "rights", test_rights);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
