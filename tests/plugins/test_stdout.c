/* SPDX-License-Identifier: Apache-2.0 */
/* test_stdout.c - the standard output sink: only accepted objects come out, whole and in order, and a closed reader is
 * an error instead of a signal. */
#include "sink_drive.h"

static const char *const one[] = { "entries", NULL };

static int
begin (void *s, int mode)
{
  struct pen_object o = an_object ("a");
  struct pen_begin b = a_begin (mode);
  struct pen_span ck;
  uint64_t next;
  return plugin->sink->begin (s, &o, &b, &next, &ck);
}

static int
finish (void *s, int accepted, uint64_t *bytes)
{
  struct pen_object o = an_object ("a");
  struct pen_tally t = { sizeof t, 0, 0 };
  int r = plugin->sink->finish (s, &o, accepted, &t);
  *bytes = t.bytes;
  return r;
}

/* Runs fn with standard output in the file "out" of a fresh directory. */
static void
with_stdout (void (*fn) (void *))
{
  int saved, fd;
  void *s;

  new_dir ();
  fflush (stdout);
  saved = dup (1);
  fd = open (at ("out"), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  CU_ASSERT_FATAL (fd >= 0 && saved >= 0);
  s = new_sink (NULL, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (plugin->sink->per_table (s) == 0);
  CU_ASSERT (plugin->sink->head (s, 0, span ("HEAD\n")) == PEN_OK);
  dup2 (fd, 1);
  close (fd);
  fn (s);
  fflush (stdout);
  dup2 (saved, 1);
  close (saved);
  plugin->sink->destroy (s);
}

static void
small_objects (void *s)
{
  uint64_t bytes;

  CU_ASSERT (begin (s, PEN_COMMIT_OBJECT) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("refused\n"), 1) == PEN_OK);
  CU_ASSERT (finish (s, 0, &bytes) == PEN_OK);
  CU_ASSERT (begin (s, PEN_COMMIT_OBJECT) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("1\n"), 1) == PEN_OK);
  CU_ASSERT (file_is ("out", ""));
  CU_ASSERT (finish (s, 1, &bytes) == PEN_OK && bytes == 2);
  CU_ASSERT (begin (s, PEN_COMMIT_OBJECT) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("2\n"), 1) == PEN_OK);
  CU_ASSERT (finish (s, 1, &bytes) == PEN_OK);
}

static void
test_small (void)
{
  with_stdout (small_objects);
  CU_ASSERT (file_is ("out", "HEAD\n1\n2\n"));
  drop_dir ();
}

#define BIG (700 * 1024)
static void
large_object (void *s)
{
  static char big[BIG + 1];
  struct stat st;
  uint64_t bytes;

  CU_ASSERT (begin (s, PEN_COMMIT_OBJECT) == PEN_OK);
  for (int i = 0; i < 9; i++)
    {
      memset (big, 'a' + i, BIG);
      CU_ASSERT (plugin->sink->write (s, 0, 0, span (big), 1) == PEN_OK);
    }
  CU_ASSERT (stat (at ("out"), &st) == 0 && st.st_size == 0);
  CU_ASSERT (finish (s, 1, &bytes) == PEN_OK && bytes == 9 * BIG);
}

static void
test_large (void)
{
  char head[6] = "", c;
  int fd;

  with_stdout (large_object);
  fd = open (at ("out"), O_RDONLY);
  CU_ASSERT_FATAL (fd >= 0);
  CU_ASSERT (read (fd, head, 5) == 5 && strcmp (head, "HEAD\n") == 0);
  for (int i = 0; i < 9; i++)
    {
      CU_ASSERT (pread (fd, &c, 1, 5 + (off_t)i * BIG) == 1 && c == 'a' + i);
      CU_ASSERT (pread (fd, &c, 1, 5 + (off_t)i * BIG + BIG - 1) == 1 && c == 'a' + i);
    }
  CU_ASSERT (lseek (fd, 0, SEEK_END) == 5 + 9 * BIG);
  close (fd);
  drop_dir ();
}

static void
chunks (void *s)
{
  uint64_t bytes;

  CU_ASSERT (begin (s, PEN_COMMIT_CHUNK) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("1\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 0, span ("")) == PEN_OK);
  CU_ASSERT (file_is ("out", "HEAD\n1\n"));
  CU_ASSERT (plugin->sink->write (s, 1, 0, span ("2\n"), 1) == PEN_OK);
  CU_ASSERT (finish (s, 1, &bytes) == PEN_OK && bytes == 4);
}

static void
test_chunks (void)
{
  with_stdout (chunks);
  CU_ASSERT (file_is ("out", "HEAD\n1\n2\n"));
  drop_dir ();
}

static void
closed_reader (void *s)
{
  uint64_t bytes;
  int p[2];

  CU_ASSERT_FATAL (pipe (p) == 0);
  close (p[0]);
  dup2 (p[1], 1);
  close (p[1]);
  CU_ASSERT (begin (s, PEN_COMMIT_OBJECT) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("1\n"), 1) == PEN_OK);
  CU_ASSERT (finish (s, 1, &bytes) == PEN_ERR);
  CU_ASSERT (plug_has_said ("reader closed"));
}

static void
test_closed_reader (void)
{
  with_stdout (closed_reader); /* SIGPIPE has its default here: it would end this program */
  drop_dir ();
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("stdout");
  if (CU_initialize_registry () || !(s = CU_add_suite ("stdout sink", NULL, NULL)))
    return 1;
  CU_add_test (s, "small objects", test_small);
  CU_add_test (s, "large object", test_large);
  CU_add_test (s, "chunks", test_chunks);
  CU_add_test (s, "closed reader", test_closed_reader);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
