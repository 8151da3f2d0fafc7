/* SPDX-License-Identifier: Apache-2.0 */
/* test_commit.c - the commit core on whole objects, one story a test: events in, the exact actions out. tests/sim mixes them at random. */
#include "tests/unit/commit_story.h"

static void
test_accepted (void)
{
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 0);
  expect ("CUT 0 0@1, BEGIN 0 0, BEGIN 0 0/1");
  cut (0, 1, 0, 2);
  CU_ASSERT_EQUAL (commit_on_cut_end (c, 0, 1, 2), 1);
  expect ("");
  pick (0, 0);
  pick (0, 1);
  pick_none ();
  commit_on_parsed (c, 0, 1, 1); /* out of order, before the sinks are ready */
  commit_on_begun (c, 0, 1, 0);
  commit_on_begun (c, 0, 0, 0);
  expect ("");
  commit_on_parsed (c, 0, 1, 0);
  expect ("REPLAY 0 0@1, WRITE 0 0@1, WRITE 0 0@1/1, REPLAY 0 1@1, WRITE 0 1@1, WRITE 0 1@1/1");
  commit_on_wrote (c, 0, 0, 0);
  expect ("");
  commit_on_wrote (c, 0, 0, 1);
  expect ("RELEASE 0 0@1");
  commit_on_wrote (c, 0, 1, 1);
  commit_on_wrote (c, 0, 1, 0);
  expect ("RELEASE 0 1@1, VERDICT 0 0");
  CU_ASSERT_EQUAL (commit_in_flight (c), 0);
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0);
  expect ("RECORD 0 0=1");
  commit_on_refused (c, 0); /* too late */
  commit_on_object_failed (c, 0);
  commit_on_recorded (c, 0, COMMIT_INTENT);
  expect ("FINISH 0 0=1, FINISH 0 0/1=1");
  commit_on_finished (c, 0, 1, 0);
  expect ("");
  commit_on_finished (c, 0, 0, 1); /* a competing host was faster: as good */
  expect ("RECORD 0 0=2");
  commit_on_recorded (c, 0, COMMIT_COMMITTED);
  expect ("ACK 0 0=1");
  commit_on_acked (c, 0, 0);
  CU_ASSERT_EQUAL (commit_idle (c), 0);
  expect ("CLOSE 0 0=2");
  CU_ASSERT_EQUAL (commit_idle (c), 1);
  commit_destroy (c);
}

static void
test_refused (void)
{
  flow (PEN_COMMIT_OBJECT, 1);
  actions ();
  commit_on_verdict (c, 0, COMMIT_REFUSE, 0);
  expect ("FINISH 0 0");
  commit_on_finished (c, 0, 0, 0);
  expect ("RECORD 0 0=3");
  commit_on_recorded (c, 0, COMMIT_REFUSED);
  expect ("ACK 0 0");
  commit_on_acked (c, 0, 1);
  expect ("CLOSE 0 0=3");
  commit_destroy (c);

  /* refused early: chunks go back, the sink's write is awaited first */
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, 3);
  pick (0, 0);
  commit_on_parsed (c, 0, 1, 0);
  pick (0, 1);
  actions ();
  CU_ASSERT_EQUAL (commit_on_cut_failed (c, 0, 1), 1);
  expect ("RELEASE 0 1@1, RELEASE 0 2@1");
  CU_ASSERT_EQUAL (commit_on_parsed (c, 0, 1, 1), 0); /* stale */
  CU_ASSERT_EQUAL (commit_on_crashed (c, 0, 1, 1), 0);
  CU_ASSERT_EQUAL (commit_on_part (c, 0, 1, 1), 0);
  CU_ASSERT_EQUAL (commit_on_seam (c, 0, 1, 1), 0);
  CU_ASSERT_EQUAL (commit_take_credit (c, 0, 1), 0);
  CU_ASSERT_EQUAL (commit_on_cut (c, 0, 1, 3), 0);
  CU_ASSERT_EQUAL (commit_on_cut_end (c, 0, 1, 3), 0);
  CU_ASSERT_EQUAL (commit_on_cut_failed (c, 0, 1), 0);
  CU_ASSERT_EQUAL (commit_on_cut_crashed (c, 0, 1), 0);
  pick_none ();
  commit_on_wrote (c, 0, 0, 0);
  expect ("RELEASE 0 0@1, FINISH 0 0");
  commit_destroy (c);
}

static void
test_skipped (void)
{
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 1);
  expect ("HASH 0 0");
  commit_on_hashed (c, 0, COMMIT_SKIP); /* no sink ever hears of it */
  expect ("RECORD 0 0=4");
  commit_on_recorded (c, 0, COMMIT_SKIPPED);
  expect ("ACK 0 0=1");
  commit_on_acked (c, 0, 1);
  expect ("CLOSE 0 0=4");
  commit_on_object (c, 1, 1);
  commit_on_hashed (c, 1, COMMIT_REFUSE);
  expect ("HASH 1 0, RECORD 1 0=3");
  commit_on_recorded (c, 1, COMMIT_REFUSED);
  expect ("ACK 1 0");
  commit_destroy (c);

  flow (PEN_COMMIT_OBJECT, 1);
  actions ();
  commit_on_verdict (c, 0, COMMIT_SKIP, 0);
  expect ("FINISH 0 0");
  commit_on_finished (c, 0, 0, 0);
  expect ("RECORD 0 0=4");
  commit_destroy (c);
}

/* What was looked up before another object was committed is looked up again. */
static void
test_recheck (void)
{
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_object (c, 1, 1);
  commit_on_hashed (c, 1, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, 0);
  commit_on_cut_end (c, 0, 1, 0);
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0);
  commit_on_recorded (c, 0, COMMIT_INTENT);
  commit_on_finished (c, 0, 0, 0);
  commit_on_recorded (c, 0, COMMIT_COMMITTED);
  actions ();
  commit_on_acked (c, 0, 1);
  expect ("CLOSE 0 0=2, HASH 1 0");
  commit_on_hashed (c, 1, COMMIT_SKIP);
  expect ("RECORD 1 0=4");
  commit_destroy (c);
}

/* An earlier run has published it in sink 0; sink 1 has the first chunk staged. */
static void
test_resumed (void)
{
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_RESUME);
  commit_on_begun (c, 0, 0, PEN_SEQ_DONE);
  commit_on_begun (c, 0, 1, 1);
  cut (0, 1, 0, 2);
  commit_on_cut_end (c, 0, 1, 2);
  pick (0, 0);
  pick (0, 1);
  actions ();
  commit_on_parsed (c, 0, 1, 0);
  commit_on_parsed (c, 0, 1, 1);
  expect ("REPLAY 0 0@1, RELEASE 0 0@1, REPLAY 0 1@1, WRITE 0 1@1/1");
  commit_on_wrote (c, 0, 1, 1);
  actions ();
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0);
  commit_on_recorded (c, 0, COMMIT_INTENT);
  expect ("RECORD 0 0=1, FINISH 0 0/1=1");
  commit_destroy (c);

  /* published everywhere: nothing is left but to say so */
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_RESUME);
  actions ();
  commit_on_begun (c, 0, 0, PEN_SEQ_DONE);
  expect ("RECORD 0 0=2");
  commit_destroy (c);

  /* published somewhere, refused now: stays unfinished and is not acknowledged */
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, PEN_SEQ_DONE);
  commit_on_begun (c, 0, 1, 0);
  actions ();
  commit_on_refused (c, 0);
  expect ("FINISH 0 0/1");
  commit_on_finished (c, 0, 1, 0);
  expect ("CLOSE 0 0=6");
  commit_destroy (c);
}

static void
test_chunk_mode (void)
{
  create (PEN_COMMIT_CHUNK, 2, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_FRESH);
  expect ("HASH 0 0, BEGIN 0 0, BEGIN 0 0/1");
  commit_on_begun (c, 0, 0, 3);
  expect ("");
  commit_on_begun (c, 0, 1, 2);
  expect ("CUT 0 2@1"); /* from the lowest chunk that a sink lacks */
  cut (0, 1, 2, 6);
  for (uint64_t seq = 2; seq < 5; seq++)
    pick (0, seq);
  commit_on_parsed (c, 0, 1, 2);
  expect ("REPLAY 0 2@1, WRITE 0 2@1/1, COMMIT 0 2/1");
  commit_on_parsed (c, 0, 1, 3);
  commit_on_parsed (c, 0, 1, 4);
  expect ("REPLAY 0 3@1, WRITE 0 3@1, WRITE 0 3@1/1, COMMIT 0 3, REPLAY 0 4@1, WRITE 0 4@1, WRITE 0 4@1/1");
  commit_on_wrote (c, 0, 2, 1);
  commit_on_committed (c, 0, 2, 1);
  expect ("RELEASE 0 2@1, COMMIT 0 4/1"); /* two chunks in one */
  commit_destroy (c);

  flow (PEN_COMMIT_CHUNK, 1);
  expect ("HASH 0 0, BEGIN 0 0, CUT 0 0@1, REPLAY 0 0@1, WRITE 0 0@1, COMMIT 0 0, RELEASE 0 0@1, VERDICT 0 0");
  commit_destroy (c);

  /* it claims more chunks than the object has */
  create (PEN_COMMIT_CHUNK, 1, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, 3);
  CU_ASSERT_EQUAL (commit_on_cut_end (c, 0, 1, 3), 1);
  expect ("HASH 0 0, BEGIN 0 0, CUT 0 3@1, VERDICT 0 0");
  commit_destroy (c);
  create (PEN_COMMIT_OBJECT, 1, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 3);
  commit_on_cut_end (c, 0, 1, 0);
  expect ("CUT 0 0@1, BEGIN 0 0, FINISH 0 0");
  commit_on_finished (c, 0, 0, 0);
  expect ("RECORD 0 0=5");
  commit_destroy (c);
}

static void
test_stop (void)
{
  flow (PEN_COMMIT_OBJECT, 1);
  commit_on_object (c, 1, 0);
  actions ();
  commit_on_stop (c);
  commit_on_stop (c);
  expect ("FINISH 0 0");
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0); /* too late */
  commit_on_finished (c, 0, 0, 0);
  commit_on_recorded (c, 0, COMMIT_ABORTED);
  expect ("RECORD 0 0=5, CLOSE 0 0=5, RECORD 1 0=5"); /* no sink has seen object 1 */
  commit_on_recorded (c, 1, COMMIT_ABORTED);
  expect ("CLOSE 1 0=5, STOPPED 0 0");
  commit_destroy (c);

  /* an intent is kept */
  flow (PEN_COMMIT_OBJECT, 1);
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0);
  actions ();
  commit_on_stop (c);
  commit_on_recorded (c, 0, COMMIT_INTENT);
  expect ("FINISH 0 0=1");
  commit_destroy (c);

  /* chunk mode: what workers have in hand is committed, the rest is left to the next run */
  create (PEN_COMMIT_CHUNK, 1, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, 3);
  pick (0, 0);
  pick (0, 1);
  actions ();
  commit_on_stop (c);
  expect ("RELEASE 0 2@1");
  CU_ASSERT_EQUAL (commit_take_credit (c, 0, 1), 0);
  commit_on_parsed (c, 0, 1, 0);
  commit_on_crashed (c, 0, 1, 1);
  pick (0, 1);
  commit_on_parsed (c, 0, 1, 1);
  expect ("REPLAY 0 0@1, WRITE 0 0@1, COMMIT 0 0, REPLAY 0 1@1, WRITE 0 1@1");
  commit_on_wrote (c, 0, 0, 0);
  commit_on_committed (c, 0, 0, 0);
  commit_on_wrote (c, 0, 1, 0);
  commit_on_committed (c, 0, 1, 0);
  expect ("RELEASE 0 0@1, COMMIT 0 1, RELEASE 0 1@1, CLOSE 0 0=6, STOPPED 0 0");
  commit_destroy (c);

  /* chunk mode, broken off: its checkpoints stay for the day it comes again */
  create (PEN_COMMIT_CHUNK, 1, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, 0);
  actions ();
  commit_on_object_failed (c, 0);
  expect ("RECORD 0 0=5");
  commit_destroy (c);
}

static void
test_sink_failure (void)
{
  /* before the intent: rolled back where possible */
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  actions ();
  commit_on_sink_failed (c, 1);
  commit_on_sink_failed (c, 1);
  commit_on_begun (c, 0, 1, 0); /* answers no more */
  expect ("FINISH 0 0");
  commit_on_finished (c, 0, 0, 0);
  commit_on_recorded (c, 0, COMMIT_ABORTED);
  expect ("RECORD 0 0=5, CLOSE 0 0=5, STOPPED 0 0=1");
  commit_destroy (c);

  /* while publishing: the other sink publishes, the object is left unfinished */
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 0);
  commit_on_begun (c, 0, 0, 0);
  commit_on_begun (c, 0, 1, 0);
  commit_on_cut_end (c, 0, 1, 0);
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0);
  commit_on_recorded (c, 0, COMMIT_INTENT);
  actions ();
  commit_on_sink_failed (c, 1);
  expect ("");
  commit_on_finished (c, 0, 0, 0);
  expect ("CLOSE 0 0=6, STOPPED 0 0=1");
  commit_destroy (c);

  /* between intent and publishing: nothing was published, so it can still be undone */
  flow (PEN_COMMIT_OBJECT, 0);
  commit_on_verdict (c, 0, COMMIT_ACCEPT, 0);
  actions ();
  commit_on_sink_failed (c, 0);
  expect ("");
  commit_on_recorded (c, 0, COMMIT_INTENT);
  expect ("RECORD 0 0=5");
  commit_destroy (c);

  /* what was queued for it is not handed out any more */
  create (PEN_COMMIT_OBJECT, 2, 4);
  commit_on_object (c, 0, 0);
  commit_on_sink_failed (c, 1);
  expect ("CUT 0 0@1, BEGIN 0 0");
  commit_destroy (c);

  /* a part that the failed sink was writing is done */
  create (PEN_COMMIT_CHUNK, 1, 4);
  commit_on_object (c, 0, 1);
  commit_on_hashed (c, 0, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, 1);
  pick (0, 0);
  commit_on_part (c, 0, 1, 0);
  actions ();
  commit_on_sink_failed (c, 0);
  expect ("PART_DONE 0 0@1, RELEASE 0 0@1, CLOSE 0 0=6, STOPPED 0 0=1");
  commit_destroy (c);
}

/* More objects and actions than the rings begin with. */
static void
test_many (void)
{
  create (PEN_COMMIT_OBJECT, 2, 4);
  for (uint64_t obj = 0; obj < 100; obj++)
    commit_on_object (c, obj, 1);
  CU_ASSERT_EQUAL (commit_n_objects (c), 100);
  for (uint64_t obj = 0; obj < 100; obj++)
    commit_on_hashed (c, 99 - obj, COMMIT_SKIP);
  actions ();
  for (uint64_t obj = 0; obj < 100; obj++)
    {
      commit_on_recorded (c, obj, COMMIT_SKIPPED);
      commit_on_acked (c, obj, 1);
    }
  actions ();
  CU_ASSERT_EQUAL (commit_idle (c), 1);
  CU_ASSERT_EQUAL (commit_on_parsed (c, 5, 1, 0), 0); /* closed */
  commit_on_hashed (c, 5, COMMIT_SKIP);
  commit_on_verdict (c, 5, COMMIT_ACCEPT, 0);
  commit_on_refused (c, 5);
  commit_on_object_failed (c, 5);
  expect ("");
  commit_destroy (c);
  commit_destroy (NULL);
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("commit", NULL, NULL);
  CU_add_test (s, "accepted", test_accepted);
  CU_add_test (s, "refused", test_refused);
  CU_add_test (s, "skipped", test_skipped);
  CU_add_test (s, "recheck", test_recheck);
  CU_add_test (s, "resumed", test_resumed);
  CU_add_test (s, "chunk mode", test_chunk_mode);
  CU_add_test (s, "stop", test_stop);
  CU_add_test (s, "sink failure", test_sink_failure);
  CU_add_test (s, "many objects", test_many);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
