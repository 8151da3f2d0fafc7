/* SPDX-License-Identifier: Apache-2.0 */
/* test_file.c - the file sink: nothing half-written is ever visible, nothing outside its directory is ever touched, and
 * what a killed life left is cleared away. */
#include "file_drive.h"
#include <errno.h>
#include <sys/mount.h>

static void
test_publish (void)
{
  struct stat st;
  uint64_t next, bytes;
  void *s;

  new_dir ();
  s = open_sink (at ("{date}/{object}.{table}.jsonl"), false, two);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (plugin->sink->per_table (s) == 1);
  CU_ASSERT (plugin->sink->head (s, 1, span ("HEAD\n")) == PEN_OK);
  CU_ASSERT (begin (s, "a.ach", PEN_COMMIT_OBJECT, &next) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("{1}\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 1, span ("{2}\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 1, 0, span ("{3}\n"), 1) == PEN_OK);
  CU_ASSERT (access (at ("2026-11-21/a.ach.entries.jsonl"), F_OK) != 0);
  CU_ASSERT (finish (s, "a.ach", 1, &bytes) == PEN_OK);
  CU_ASSERT (bytes == 12);
  CU_ASSERT (file_is ("2026-11-21/a.ach.entries.jsonl", "{1}\n{3}\n"));
  CU_ASSERT (file_is ("2026-11-21/a.ach.addenda.jsonl", "HEAD\n{2}\n"));
  CU_ASSERT (count_files ("2026-11-21") == 2);
  CU_ASSERT (stat (at ("2026-11-21/a.ach.entries.jsonl"), &st) == 0 && (st.st_mode & 0777) == 0640);
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_refused_object (void)
{
  void *s;

  new_dir ();
  s = open_sink (at ("{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (plugin->sink->per_table (s) == 0);
  CU_ASSERT (deliver (s, "a", "x\n", 0) == PEN_OK);
  CU_ASSERT (count_files (".") == 0);
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_large_spans (void)
{
  static char big[300001];
  struct stat st;
  uint64_t next;
  void *s;

  memset (big, 'x', sizeof big - 1);
  new_dir ();
  s = open_sink (at ("out"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (begin (s, "a", PEN_COMMIT_OBJECT, &next) == PEN_OK);
  for (int i = 0; i < 40; i++)
    {
      CU_ASSERT (plugin->sink->write (s, 0, 0, span ("small\n"), 1) == PEN_OK);
      CU_ASSERT (plugin->sink->write (s, 0, 0, span (big), 1) == PEN_OK);
    }
  CU_ASSERT (finish (s, "a", 1, NULL) == PEN_OK);
  CU_ASSERT (stat (at ("out"), &st) == 0 && st.st_size == 40 * 300006);
  plugin->sink->destroy (s);
  drop_dir ();
}

/* Spans of every size, gathered or not, come out as they went in. */
static void
test_spans (void)
{
  static uint8_t all[3000000], back[sizeof all + 1];
  static const size_t most[] = { 100, 9000, 70000, 200000 };
  uint32_t seed = 7;
  uint64_t next;
  size_t n = 0;
  void *s;

  new_dir ();
  s = open_sink (at ("out"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (begin (s, "a", PEN_COMMIT_OBJECT, &next) == PEN_OK);
  for (size_t i = 0; i < sizeof all; i++)
    all[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
  for (size_t i = 0; n < sizeof all; i++)
    {
      size_t k = all[i] * most[i % 4] / 255;
      struct pen_span part = { all + n, k < sizeof all - n ? k : sizeof all - n };
      CU_ASSERT (plugin->sink->write (s, 0, 0, part, 1) == PEN_OK);
      n += part.n;
    }
  CU_ASSERT (finish (s, "a", 1, NULL) == PEN_OK);
  FILE *f = fopen (at ("out"), "rb");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  CU_ASSERT (fread (back, 1, sizeof back, f) == sizeof all && memcmp (all, back, sizeof all) == 0);
  fclose (f);
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_exists (void)
{
  void *s;

  new_dir ();
  put_file ("a", "same\n");
  put_file ("b", "other\n");
  s = open_sink (at ("{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "a", "same\n", 1) == PEN_OK);
  CU_ASSERT (deliver (s, "b", "mine!\n", 1) == PEN_ERR);
  CU_ASSERT (plug_has_said ("b exists with other content"));
  CU_ASSERT (file_is ("a", "same\n") && file_is ("b", "other\n"));
  CU_ASSERT (deliver (s, "c", "after a failure\n", 1) == PEN_OK);
  CU_ASSERT (count_files (".") == 3);
  plugin->sink->destroy (s);
  s = open_sink (at ("{object}"), true, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "b", "mine!\n", 1) == PEN_OK);
  CU_ASSERT (file_is ("b", "mine!\n"));
  CU_ASSERT (count_files (".") == 3);
  plugin->sink->destroy (s);
  drop_dir ();
}

/* A conflict in the second table's file leaves nothing of the first visible. */
static void
test_all_or_nothing (void)
{
  uint64_t next;
  void *s;

  new_dir ();
  put_file ("a.addenda", "other\n");
  s = open_sink (at ("{object}.{table}"), false, two);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (begin (s, "a", PEN_COMMIT_OBJECT, &next) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("1\n"), 1) == PEN_OK);
  CU_ASSERT (finish (s, "a", 1, NULL) == PEN_ERR);
  CU_ASSERT (count_files (".") == 1);
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_hostile_names (void)
{
  static const char *const names[][2] = {
    { "../../etc/passwd", "out/___.._etc_passwd" },
    { "..", "out/__" },
    { "/abs", "out/_abs" },
    { "a\nb\033[2J", "out/a_b_[2J" },
    { ".hidden", "out/_hidden" },
    { "", "out/_" },
    { "a/./b", "out/a_._b" },
  };
  void *s;

  new_dir ();
  s = open_sink (at ("out/{path}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      CU_ASSERT (deliver (s, names[i][0], "x\n", 1) == PEN_OK);
      CU_ASSERT (file_is (names[i][1], "x\n"));
    }
  CU_ASSERT (count_files (".") == 1);
  CU_ASSERT (count_files ("out") == sizeof names / sizeof *names);
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_object_names (void)
{
  static const char *const names[][2] = { { "../../etc/passwd", "passwd" },
                                          { "in/..", "__" },
                                          { "in/.", "_" },
                                          { "in/.profile", "_profile" },
                                          { "in/", "in_" },
                                          { "/", "_" },
                                          { "a.ach", "a.ach" },
                                          { "/in/b.ach", "b.ach" } };
  void *s;

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      new_dir ();
      s = open_sink (at ("{object}"), false, one);
      CU_ASSERT_PTR_NOT_NULL_FATAL (s);
      CU_ASSERT (deliver (s, names[i][0], "x\n", 1) == PEN_OK);
      CU_ASSERT (file_is (names[i][1], "x\n"));
      CU_ASSERT (count_files (".") == 1);
      plugin->sink->destroy (s);
      drop_dir ();
    }
}

static void
test_long_names (void)
{
  char name[300];
  void *s;

  memset (name, 'n', sizeof name);
  new_dir ();
  s = open_sink (at ("{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  name[255] = 0;
  CU_ASSERT (deliver (s, name, "x\n", 1) == PEN_OK);
  CU_ASSERT (file_is (name, "x\n"));
  name[255] = 'n';
  name[256] = 0;
  CU_ASSERT (deliver (s, name, "x\n", 1) == PEN_ERR);
  CU_ASSERT (plug_has_said ("cannot be an output file's name"));
  plugin->sink->destroy (s);
  drop_dir ();
}

/* Links planted where directories and files shall be: refused, their targets untouched. */
static void
test_planted_links (void)
{
  void *s;

  new_dir ();
  CU_ASSERT_FATAL (mkdir (at ("out"), 0777) == 0 && mkdir (at ("elsewhere"), 0777) == 0);
  put_file ("target", "precious\n");
  CU_ASSERT_FATAL (symlink (at ("elsewhere"), at ("out/2026-11-21")) == 0);
  CU_ASSERT_FATAL (symlink (at ("target"), at ("out/a")) == 0);
  s = open_sink (at ("out/{date}/{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "a", "x\n", 1) == PEN_ERR);
  CU_ASSERT (plug_has_said ("cannot open directory 2026-11-21"));
  CU_ASSERT (count_files ("elsewhere") == 0);
  plugin->sink->destroy (s);
  s = open_sink (at ("out/{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "a", "x\n", 1) == PEN_ERR);
  CU_ASSERT (file_is ("target", "precious\n"));
  plugin->sink->destroy (s);
  /* overwrite replaces the link, not what it points to */
  s = open_sink (at ("out/{object}"), true, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "a", "x\n", 1) == PEN_OK);
  CU_ASSERT (file_is ("target", "precious\n") && file_is ("out/a", "x\n"));
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_bad_options (void)
{
  static const struct
  {
    const char *path, *mode, *said;
  } bad[] = { { "/tmp/{objekt}", "0640", "none of {object}" },
              { "/tmp/", "0640", "names a directory" },
              { "/tmp/a}", "0640", "none of {object}" },
              { "/tmp/a", "0999", "mode" },
              { "/tmp/a", "01777", "mode" } };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      struct options o = { bad[i].path, bad[i].mode, false };
      CU_ASSERT (plugin->check (&plug_host, &o) == PEN_ERR);
      CU_ASSERT (plug_has_said (bad[i].said));
    }
}

/* ---- lives that end ---- */

static void
life_halfway (void)
{
  uint64_t next;
  void *s = open_sink (at ("{object}"), false, one);
  begin (s, "a", PEN_COMMIT_OBJECT, &next);
  plugin->sink->write (s, 0, 0, span ("lost\n"), 1);
}

static void
life_published (void)
{
  void *s = open_sink (at ("{object}"), false, one);
  deliver (s, "a", "whole\n", 1);
}

static void
test_leftovers (void)
{
  uint64_t next;
  void *s, *living;

  new_dir ();
  kill_a_life (life_halfway);
  kill_a_life (life_halfway);
  CU_ASSERT (count_files (".") == 1); /* the second life has removed what the first left, and left its own */
  put_file (".a.0123456789abcdeg.part", "not ours");
  put_file (".important.part", "not ours");
  living = open_sink (at ("{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (living);
  CU_ASSERT (begin (living, "b", PEN_COMMIT_OBJECT, &next) == PEN_OK);
  CU_ASSERT (count_files (".") == 3);
  s = open_sink (at ("{object}"), false, one); /* a competitor that is alive keeps its part */
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "a", "whole\n", 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (living, 0, 0, span ("b\n"), 1) == PEN_OK);
  CU_ASSERT (finish (living, "b", 1, NULL) == PEN_OK);
  CU_ASSERT (file_is ("a", "whole\n") && file_is ("b", "b\n"));
  CU_ASSERT (count_files (".") == 4);
  plugin->sink->destroy (s);
  plugin->sink->destroy (living);
  drop_dir ();
}

static void
test_published_before (void)
{
  void *s;

  new_dir ();
  kill_a_life (life_published);
  CU_ASSERT (file_is ("a", "whole\n"));
  s = open_sink (at ("{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (deliver (s, "a", "whole\n", 1) == PEN_OK);
  CU_ASSERT (count_files (".") == 1);
  plugin->sink->destroy (s);
  drop_dir ();
}

/* ---- full disks ---- */

static void
test_no_space (void)
{
  static char big[200001];
  uint64_t next;
  void *s;

  new_dir ();
  if (mount ("none", work_dir, "tmpfs", 0, "size=128k"))
    {
      printf ("not done: cannot mount a tmpfs (%s) ... ", strerror (errno));
      drop_dir ();
      return;
    }
  memset (big, 'x', sizeof big - 1);
  s = open_sink (at ("{object}"), false, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (begin (s, "a", PEN_COMMIT_OBJECT, &next) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("gathered, and written with what follows\n"), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, span (big), 1) == PEN_ERR);
  CU_ASSERT (plug_has_said ("{object}): No space left on device"));
  CU_ASSERT (plugin->sink->write (s, 0, 0, span ("x"), 1) == PEN_ERR);
  CU_ASSERT (finish (s, "a", 1, NULL) == PEN_ERR);
  CU_ASSERT (count_files (".") == 0);
  CU_ASSERT (deliver (s, "a", "fits\n", 1) == PEN_OK);
  CU_ASSERT (file_is ("a", "fits\n"));
  plugin->sink->destroy (s);
  CU_ASSERT (umount (work_dir) == 0);
  drop_dir ();
}

/* ---- objects that are put aside ---- */

static void *
seal (void *self, const char *object, const char *text)
{
  struct pen_object o = an_object (object);
  uint64_t next;
  void *sealed = NULL;

  CU_ASSERT_FATAL (begin (self, object, PEN_COMMIT_OBJECT, &next) == PEN_OK);
  CU_ASSERT_FATAL (plugin->sink->write (self, 0, 0, span (text), 1) == PEN_OK);
  CU_ASSERT_FATAL (plugin->sink->seal (self, &o, &sealed) == PEN_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL (sealed);
  return sealed;
}

static void
test_batch (void)
{
  enum
  {
    MANY = 20
  };
  struct pen_object o[MANY + 1];
  struct pen_sealed v[MANY + 1];
  char names[MANY + 1][16];
  void *s, *dropped;

  new_dir ();
  put_file ("f7", "something else");
  s = open_sink (at ("{object}"), false, one);
  for (int i = 0; i < MANY; i++)
    {
      snprintf (names[i], sizeof names[i], "f%d", i);
      o[i] = an_object (names[i]);
      v[i] = (struct pen_sealed){
        sizeof v[i], seal (s, names[i], names[i]), &o[i], PEN_RETRY, { sizeof v[i].tally, 0, 0 }
      };
    }
  dropped = seal (s, "dropped", "nobody shall see it");
  CU_ASSERT (count_files ("") == MANY + 2); /* hidden parts, and f7 */
  CU_ASSERT (access (at ("f0"), F_OK) == -1);
  v[3].status = PEN_OK; /* as if another call had been for it */
  plugin->sink->publish (s, v, MANY);
  for (int i = 0; i < MANY; i++)
    if (i == 7)
      CU_ASSERT (v[i].status == PEN_ERR && file_is ("f7", "something else"))
    else if (i != 3)
      CU_ASSERT (v[i].status == PEN_OK && v[i].tally.bytes == strlen (names[i]) && file_is (names[i], names[i]));
  CU_ASSERT (access (at ("f3"), F_OK) == -1);
  v[3].status = PEN_RETRY;
  plugin->sink->publish (s, v + 3, 1);
  CU_ASSERT (v[3].status == PEN_OK && file_is ("f3", "f3"));
  plugin->sink->discard (s, dropped);
  CU_ASSERT (count_files ("") == MANY);
  CU_ASSERT (deliver (s, "alone", "text", 1) == PEN_OK); /* and without */
  plugin->sink->destroy (s);
  drop_dir ();
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("sink-file");
  if (CU_initialize_registry () || !(s = CU_add_suite ("file sink", NULL, NULL)))
    return 1;
  CU_add_test (s, "published", test_publish);
  CU_add_test (s, "refused object", test_refused_object);
  CU_add_test (s, "large spans", test_large_spans);
  CU_add_test (s, "spans of every size", test_spans);
  CU_add_test (s, "name taken", test_exists);
  CU_add_test (s, "all files or none", test_all_or_nothing);
  CU_add_test (s, "hostile names", test_hostile_names);
  CU_add_test (s, "object names", test_object_names);
  CU_add_test (s, "long names", test_long_names);
  CU_add_test (s, "planted links", test_planted_links);
  CU_add_test (s, "bad options", test_bad_options);
  CU_add_test (s, "leftovers of a killed life", test_leftovers);
  CU_add_test (s, "published by a killed life", test_published_before);
  CU_add_test (s, "no space", test_no_space);
  CU_add_test (s, "batch", test_batch);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
