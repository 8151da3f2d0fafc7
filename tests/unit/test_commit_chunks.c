/* SPDX-License-Identifier: Apache-2.0 */
/* test_commit_chunks.c - the commit core on the chunks of an object: run-ahead, seams, workers and cutters that die, parts. */
#include "tests/unit/commit_story.h"

static void
test_run_ahead (void)
{
  create (PEN_COMMIT_OBJECT, 1, 3);
  commit_on_object (c, 0, 0);
  commit_on_object (c, 1, 0);
  expect ("CUT 0 0@1, BEGIN 0 0");
  cut (0, 1, 0, 1);
  commit_on_cut_end (c, 0, 1, 1);
  expect ("CUT 1 0@1");
  cut (1, 1, 0, 1);
  CU_ASSERT_EQUAL (commit_take_credit (c, 1, 1), 0); /* the last one is the head's */
  pick (0, 0);
  pick (1, 0);
  /* its worker dies: the chunk is the first that is free again */
  CU_ASSERT_EQUAL (commit_on_crashed (c, 1, 1, 0), 1);
  CU_ASSERT_EQUAL (commit_in_flight (c), 2);
  pick (1, 0);
  commit_destroy (c);
}

static void
test_seam (void)
{
  uint64_t obj, seq;

  create (PEN_COMMIT_OBJECT, 1, 5);
  commit_on_object (c, 0, 0);
  commit_on_object (c, 1, 0);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, 3);
  commit_on_cut_end (c, 0, 1, 3);
  cut (1, 1, 0, 1);
  pick (0, 0);
  pick (0, 1);
  actions ();
  CU_ASSERT_EQUAL (commit_on_seam (c, 0, 1, 1), 1);
  expect ("RELEASE 0 1@1, RELEASE 0 2@1, RECUT 0 1@2");
  CU_ASSERT_EQUAL (commit_on_parsed (c, 0, 1, 0), 1);
  expect ("REPLAY 0 0@1, WRITE 0 0@1");
  pick_none (); /* object 1 waits: object 0 has lower chunks to come */
  CU_ASSERT_EQUAL (commit_lowest (c, &obj, &seq), 1);
  CU_ASSERT (obj == 0 && seq == 0);
  commit_on_wrote (c, 0, 0, 0);
  CU_ASSERT_EQUAL (commit_lowest (c, &obj, &seq), 1);
  CU_ASSERT (obj == 0 && seq == 1); /* not cut yet, but the slot is kept for it */
  CU_ASSERT_EQUAL (commit_on_cut (c, 0, 1, 3), 0);
  cut (0, 2, 1, 2);
  CU_ASSERT_EQUAL (commit_on_parsed (c, 0, 1, 1), 0); /* of the old generation */
  pick (0, 1);
  CU_ASSERT_EQUAL (commit_on_parsed (c, 0, 2, 1), 1);
  commit_on_cut_end (c, 0, 2, 2);
  pick (1, 0);
  expect ("RELEASE 0 0@1, REPLAY 0 1@2, WRITE 0 1@2");
  commit_destroy (c);
}

static void
test_crashes (void)
{
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, 1);
  commit_on_cut_end (c, 0, 1, 1);
  pick (0, 0);
  actions ();
  commit_on_crashed (c, 0, 1, 0);
  expect ("");
  pick (0, 0);
  commit_on_crashed (c, 0, 1, 0);
  expect ("QUARANTINE 0 0@1, REPLAY 0 0@1=1, WRITE 0 0@1");
  commit_destroy (c);

  /* the cutter dies twice in one place; anywhere else it starts counting anew */
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  actions ();
  CU_ASSERT_EQUAL (commit_take_credit (c, 0, 1), 1);
  commit_on_cut_crashed (c, 0, 1);
  expect ("RECUT 0 0@2");
  CU_ASSERT_EQUAL (commit_in_flight (c), 0);
  cut (0, 2, 0, 1);
  commit_on_cut_crashed (c, 0, 2);
  expect ("RECUT 0 1@3");
  commit_on_cut_crashed (c, 0, 3);
  expect ("RELEASE 0 0@2");
  commit_on_begun (c, 0, 0, 0);
  expect ("FINISH 0 0");
  commit_on_finished (c, 0, 0, 0);
  expect ("RECORD 0 0=3");
  commit_destroy (c);
}

/* One object whose every cutter comes `further` chunks further before it dies: how many deaths it takes to be refused; 0: none of
 * `tries` did it. */
static unsigned
deaths_until_refused (uint64_t further, unsigned tries)
{
  unsigned deaths = 0, refused = 0;
  uint64_t seq = 0;

  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  while (!refused && deaths < tries)
    {
      uint32_t gen = deaths + 1;

      for (uint64_t to = seq + further; seq < to; seq++)
        {
          cut (0, gen, seq, seq + 1);
          pick (0, seq);
          commit_on_parsed (c, 0, gen, seq);
          commit_on_wrote (c, 0, seq, 0);
          actions ();
        }
      deaths++;
      CU_ASSERT_EQUAL (commit_on_cut_crashed (c, 0, gen), 1);
      refused = commit_is_cutting (c, 0, gen + 1) ? 0 : deaths;
      actions ();
    }
  commit_destroy (c);
  return refused;
}

/* Deaths that are rare for what was cut may be any number; one for each chunk may not: 16, and one for 16 chunks. */
static void
test_cutters_in_all (void)
{
  CU_ASSERT_EQUAL (deaths_until_refused (1, 10000), 18);
  CU_ASSERT_EQUAL (deaths_until_refused (8, 10000), 33);
  CU_ASSERT_EQUAL (deaths_until_refused (16, 500), 0);
}

/* A cutter that comes further than the one before starts the count anew. What is cut again after a seam error is no progress. */
static void
test_cutters (void)
{
  const uint64_t last = 10;

  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  for (uint64_t seq = 0; seq <= last; seq++)
    {
      uint32_t gen = (uint32_t)seq + 1;

      cut (0, gen, seq, seq + 1);
      pick (0, seq);
      CU_ASSERT_EQUAL (commit_on_cut_crashed (c, 0, gen), 1);
      CU_ASSERT_EQUAL (commit_is_cutting (c, 0, gen + 1), 1);
      if (seq == last)
        break;
      commit_on_parsed (c, 0, gen, seq);
      commit_on_wrote (c, 0, seq, 0);
      actions ();
    }
  actions ();
  cut (0, last + 2, last + 1, last + 2);
  CU_ASSERT_EQUAL (commit_on_seam (c, 0, last + 2, last + 1), 1);
  expect ("RELEASE 0 11@12, RECUT 0 11@13");
  cut (0, last + 3, last + 1, last + 2);
  CU_ASSERT_EQUAL (commit_on_seam (c, 0, last + 3, last + 1), 1);
  expect ("RELEASE 0 11@13, RECUT 0 11@14");
  commit_on_cut_crashed (c, 0, last + 4); /* where the one before has died */
  expect ("RELEASE 0 10@11, FINISH 0 0");
  commit_destroy (c);
}

static void
test_parts (void)
{
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  commit_on_begun (c, 0, 1, 0);
  cut (0, 1, 0, 2);
  pick (0, 0);
  pick (0, 1);
  actions ();
  commit_on_part (c, 0, 1, 1); /* not the first yet: it waits */
  expect ("");
  commit_on_parsed (c, 0, 1, 0);
  expect ("REPLAY 0 0@1, WRITE 0 0@1, WRITE 0 0@1/1, WRITE_PART 0 1@1, WRITE_PART 0 1@1/1");
  commit_on_wrote (c, 0, 0, 0);
  commit_on_part_wrote (c, 0, 1, 0);
  expect ("");
  /* its worker dies while sink 1 still writes; the next one is done first */
  commit_on_crashed (c, 0, 1, 1);
  pick (0, 1);
  commit_on_parsed (c, 0, 1, 1);
  expect ("");
  commit_on_wrote (c, 0, 0, 1);
  commit_on_part_wrote (c, 0, 1, 1);
  expect ("RELEASE 0 0@1, PART_DONE 0 1@1, REPLAY 0 1@1, WRITE 0 1@1, WRITE 0 1@1/1");
  commit_destroy (c);

  /* no sink lacks it */
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 5);
  cut (0, 1, 0, 1);
  pick (0, 0);
  actions ();
  commit_on_part (c, 0, 1, 0);
  expect ("PART_DONE 0 0@1");
  commit_destroy (c);

  /* dies again after a part: no quarantine, the object is refused */
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, 1);
  pick (0, 0);
  commit_on_part (c, 0, 1, 0);
  commit_on_crashed (c, 0, 1, 0);
  pick (0, 0);
  actions ();
  commit_on_crashed (c, 0, 1, 0);
  expect (""); /* sink 0 still reads the part */
  commit_on_part_wrote (c, 0, 0, 0);
  expect ("PART_DONE 0 0@1, RELEASE 0 0@1, FINISH 0 0");
  commit_on_finished (c, 0, 0, 0);
  expect ("RECORD 0 0=3");
  commit_destroy (c);
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("chunks", NULL, NULL);
  CU_add_test (s, "run ahead", test_run_ahead);
  CU_add_test (s, "seam", test_seam);
  CU_add_test (s, "crashes", test_crashes);
  CU_add_test (s, "cutters", test_cutters);
  CU_add_test (s, "cutters that come hardly further", test_cutters_in_all);
  CU_add_test (s, "parts", test_parts);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
