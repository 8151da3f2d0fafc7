/* SPDX-License-Identifier: Apache-2.0 */
/* test_file_chunks.c - the file sink where commit is by chunk: a killed life is gone on with, and nothing that is torn or lacking is. */
#include "file_drive.h"

static void
life_two_commits (void)
{
  uint64_t next;
  void *s = open_sink (at ("{object}.{table}"), false, two);
  plugin->sink->head (s, 0, span ("HEAD\n"));
  begin (s, "a", PEN_COMMIT_CHUNK, &next);
  plugin->sink->write (s, 0, 0, span ("0\n"), 1);
  plugin->sink->commit (s, 0, span ("first"));
  plugin->sink->write (s, 1, 0, span ("1\n"), 1);
  plugin->sink->write (s, 2, 1, span ("2\n"), 1);
  plugin->sink->commit (s, 2, span ("second"));
  plugin->sink->write (s, 3, 1, span ("never committed\n"), 1);
  plugin->sink->commit (s, 1, span ("old")); /* idempotent: nothing of chunk 3 */
}

static int
resume (void *s, uint64_t *next, struct pen_span *ck)
{
  struct pen_object o = an_object ("a");
  struct pen_begin b = a_begin (PEN_COMMIT_CHUNK);
  return plugin->sink->begin (s, &o, &b, next, ck);
}

static void
test_resume (void)
{
  struct pen_span ck;
  uint64_t next, bytes;
  void *s;

  new_dir ();
  kill_a_life (life_two_commits);
  CU_ASSERT (file_is ("a.entries", "HEAD\n0\n1\n") && file_is ("a.addenda", "2\n"));
  {
    FILE *f = fopen (at ("a.addenda"), "a"); /* a torn tail, as an unfinished write leaves it */
    fputs ("torn", f);
    fclose (f);
  }
  s = open_sink (at ("{object}.{table}"), false, two);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (plugin->sink->head (s, 0, span ("HEAD\n")) == PEN_OK);
  CU_ASSERT (resume (s, &next, &ck) == PEN_OK);
  CU_ASSERT (next == 3);
  CU_ASSERT (ck.n == 6 && memcmp (ck.p, "second", 6) == 0);
  CU_ASSERT (file_is ("a.addenda", "2\n"));
  CU_ASSERT (plugin->sink->write (s, 2, 0, span ("again\n"), 1) == PEN_OK); /* skipped */
  CU_ASSERT (plugin->sink->write (s, 3, 0, span ("3\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 3, span ("third")) == PEN_OK);
  CU_ASSERT (finish (s, "a", 1, &bytes) == PEN_OK);
  CU_ASSERT (bytes == 8);
  CU_ASSERT (file_is ("a.entries", "HEAD\n0\n1\n3\n") && file_is ("a.addenda", "2\n"));
  CU_ASSERT (resume (s, &next, &ck) == PEN_OK);
  CU_ASSERT (next == PEN_SEQ_DONE);
  CU_ASSERT (finish (s, "a", 1, &bytes) == PEN_OK);
  CU_ASSERT (file_is ("a.entries", "HEAD\n0\n1\n3\n"));
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_committed_data_missing (void)
{
  struct pen_span ck;
  uint64_t next;
  void *s;

  new_dir ();
  kill_a_life (life_two_commits);
  CU_ASSERT_FATAL (truncate (at ("a.entries"), 6) == 0);
  s = open_sink (at ("{object}.{table}"), false, two);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (resume (s, &next, &ck) == PEN_ERR);
  CU_ASSERT (plug_has_said ("committed data missing: a.entries has 6 bytes, 9 were committed"));
  plugin->sink->destroy (s);
  drop_dir ();
}

/* The newest record is torn: the one before it holds, and the file goes back to it. */
static void
test_torn_record (void)
{
  struct pen_span ck;
  uint64_t next;
  uint8_t b;
  void *s;
  int fd;

  for (off_t where = 0; where < 158; where += 7)
    {
      new_dir ();
      kill_a_life (life_two_commits);
      fd = open (at (".a.entries.ckpt"), O_RDWR);
      CU_ASSERT_FATAL (fd >= 0);
      /* records 1 (claim), 2 (chunk 0), 3 (chunk 2): the last is in slot 1 */
      CU_ASSERT_FATAL (pread (fd, &b, 1, 256 * 1024 + where) == 1);
      b ^= 0x40;
      CU_ASSERT_FATAL (pwrite (fd, &b, 1, 256 * 1024 + where) == 1);
      close (fd);
      s = open_sink (at ("{object}.{table}"), false, two);
      CU_ASSERT_PTR_NOT_NULL_FATAL (s);
      CU_ASSERT (resume (s, &next, &ck) == PEN_OK);
      CU_ASSERT (next == 1);
      CU_ASSERT (ck.n == 5 && memcmp (ck.p, "first", 5) == 0);
      CU_ASSERT (file_is ("a.entries", "HEAD\n0\n"));
      plugin->sink->destroy (s);
      drop_dir ();
    }
}

static void
test_chunk_conflicts (void)
{
  struct pen_span ck;
  uint64_t next;
  void *s, *t;

  new_dir ();
  put_file ("a.addenda", "somebody else's\n");
  s = open_sink (at ("{object}.{table}"), false, two);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (resume (s, &next, &ck) == PEN_ERR);
  CU_ASSERT (plug_has_said ("a.addenda exists"));
  CU_ASSERT (count_files (".") == 1);
  CU_ASSERT_FATAL (unlink (at ("a.addenda")) == 0);
  CU_ASSERT (resume (s, &next, &ck) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("0\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 1, 0, span ("1\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 0, span ("")) == PEN_ERR); /* it would count chunk 1 as of chunk 0 */
  CU_ASSERT (plug_has_said ("cannot be committed without chunk 1"));
  CU_ASSERT (finish (s, "a", 0, NULL) == PEN_OK);
  CU_ASSERT (resume (s, &next, &ck) == PEN_OK && next == 0);
  t = open_sink (at ("{object}.{table}"), false, two);
  CU_ASSERT_PTR_NOT_NULL_FATAL (t);
  CU_ASSERT (resume (t, &next, &ck) == PEN_RETRY); /* s is alive */
  CU_ASSERT (finish (s, "a", 0, NULL) == PEN_OK);
  CU_ASSERT (count_files (".") == 0);
  plugin->sink->destroy (s);
  plugin->sink->destroy (t);
  drop_dir ();
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("sink-file");
  if (CU_initialize_registry () || !(s = CU_add_suite ("file sink, chunks", NULL, NULL)))
    return 1;
  CU_add_test (s, "resume", test_resume);
  CU_add_test (s, "committed data missing", test_committed_data_missing);
  CU_add_test (s, "torn record", test_torn_record);
  CU_add_test (s, "conflicts", test_chunk_conflicts);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
