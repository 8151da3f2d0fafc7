/* SPDX-License-Identifier: Apache-2.0 */
/* test_arrival.c - when a file is due, done-files, names, back-off; and the after-success steps, killed at every one of them. */
#include <CUnit/Basic.h>

#include <penstock/after.h>

#define SECOND 1000000000ll

static struct pen_identity
identity (uint64_t size, int64_t mtime_s)
{
  return (struct pen_identity){ size, mtime_s * SECOND, 1, 7 };
}

static void
test_looks (void)
{
  struct pen_arrivals t = { 0 };
  struct pen_identity is = identity (10, 1), grown = identity (20, 2);
  struct pen_arrival *a;

  pen_arrivals_begin (&t);
  a = pen_arrivals_look (&t, "a", &is, 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL (a);
  CU_ASSERT (!pen_arrival_is_due (a, 0, SECOND));
  CU_ASSERT (pen_arrival_is_due (a, 0, 0));
  CU_ASSERT (!pen_arrival_is_due (a, 5 * SECOND, SECOND)); /* long ago, but one look only */
  CU_ASSERT_EQUAL (pen_arrival_next_ns (a, SECOND), SECOND);
  a = pen_arrivals_look (&t, "a", &is, SECOND / 2);
  CU_ASSERT (!pen_arrival_is_due (a, SECOND / 2, SECOND)); /* two looks, too close */
  a = pen_arrivals_look (&t, "a", &grown, SECOND);
  CU_ASSERT (!pen_arrival_is_due (a, SECOND, SECOND)); /* it grew: from the start */
  a = pen_arrivals_look (&t, "a", &grown, 2 * SECOND);
  CU_ASSERT (pen_arrival_is_due (a, 2 * SECOND, SECOND));
  a->state = PEN_ARRIVAL_OFFERED;
  a = pen_arrivals_look (&t, "a", &is, 3 * SECOND);
  CU_ASSERT (pen_identity_same (&a->is, &grown)); /* what was offered is what will be acknowledged */
  CU_ASSERT (!pen_arrival_is_due (a, 9 * SECOND, SECOND));
  a->state = PEN_ARRIVAL_DONE;
  a = pen_arrivals_look (&t, "a", &grown, 4 * SECOND);
  CU_ASSERT_EQUAL (a->state, PEN_ARRIVAL_DONE);
  a = pen_arrivals_look (&t, "a", &is, 5 * SECOND);
  CU_ASSERT_EQUAL (a->state, PEN_ARRIVAL_SEEN);
  a->state = PEN_ARRIVAL_LATER;
  a->retry_ns = 9 * SECOND;
  CU_ASSERT (!pen_arrival_is_due (a, 8 * SECOND, SECOND));
  CU_ASSERT (pen_arrival_is_due (a, 9 * SECOND, SECOND));
  pen_arrivals_free (&t);
}

static void
test_table (void)
{
  struct pen_arrivals t = { 0 };
  struct pen_identity is = identity (1, 1);
  char name[32];

  pen_arrivals_begin (&t);
  for (int i = 0; i < 10000; i++)
    {
      snprintf (name, sizeof name, "file%d", i);
      CU_ASSERT_PTR_NOT_NULL_FATAL (pen_arrivals_look (&t, name, &is, i));
    }
  CU_ASSERT_EQUAL (t.n, 10000);
  pen_arrivals_find (&t, "file17")->state = PEN_ARRIVAL_OFFERED;
  pen_arrivals_begin (&t);
  for (int i = 0; i < 10000; i += 2)
    {
      snprintf (name, sizeof name, "file%d", i);
      pen_arrivals_look (&t, name, &is, 20000);
    }
  pen_arrivals_sweep (&t);
  CU_ASSERT_EQUAL (t.n, 5001);
  CU_ASSERT_PTR_NOT_NULL (pen_arrivals_find (&t, "file17"));
  CU_ASSERT_PTR_NULL (pen_arrivals_find (&t, "file19"));
  CU_ASSERT_PTR_NOT_NULL_FATAL (pen_arrivals_find (&t, "file9998"));
  CU_ASSERT_EQUAL (pen_arrivals_find (&t, "file9998")->looks, 2);
  CU_ASSERT_EQUAL (pen_arrivals_find (&t, "file9998")->since_ns, 9998);
  pen_arrivals_free (&t);
  CU_ASSERT_PTR_NULL (pen_arrivals_find (&t, "file0"));
}

static void
test_names (void)
{
  static const char *const plain[] = { "a", "a.ach", ".hidden", "with blank", "\xc3\xa4", "..." };
  static const char *const bad[] = { "", ".", "..", "a/b", "/etc/passwd", "../x", "a\nb", "a\tb", "\x7f" };
  char name[64], longest[300];

  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    CU_ASSERT (pen_name_is_plain (plain[i]));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    CU_ASSERT (!pen_name_is_plain (bad[i]));
  memset (longest, 'x', sizeof longest);
  longest[256] = 0;
  CU_ASSERT (!pen_name_is_plain (longest));
  CU_ASSERT_PTR_NULL (pen_done_check ("{name}.done"));
  CU_ASSERT_PTR_NULL (pen_done_check ("ok-{stem}"));
  CU_ASSERT_PTR_NOT_NULL (pen_done_check (".done"));
  CU_ASSERT_PTR_NOT_NULL (pen_done_check ("{name}"));
  CU_ASSERT_PTR_NOT_NULL (pen_done_check ("{name}{stem}"));
  CU_ASSERT_PTR_NOT_NULL (pen_done_check ("x/{name}.ok"));
  CU_ASSERT_EQUAL_FATAL (pen_done_name (name, sizeof name, "{name}.done", "a.ach"), 0);
  CU_ASSERT_STRING_EQUAL (name, "a.ach.done");
  CU_ASSERT_EQUAL_FATAL (pen_done_name (name, sizeof name, "ok-{stem}.txt", "a.b.ach"), 0);
  CU_ASSERT_STRING_EQUAL (name, "ok-a.b.txt");
  CU_ASSERT_EQUAL (pen_done_name (name, 10, "{name}.done", "a.ach"), -1);
  CU_ASSERT (pen_is_done_name ("{name}.done", "a.ach.done"));
  CU_ASSERT (!pen_is_done_name ("{name}.done", "a.ach"));
  CU_ASSERT (!pen_is_done_name ("{name}.done", ".done"));
}

static void
test_backoff (void)
{
  uint32_t seed = 1;

  for (unsigned n = 0; n < 70; n++)
    {
      int64_t want = n < 6 ? SECOND << n : 60 * SECOND, got = pen_backoff_ns (n, SECOND, 60 * SECOND, &seed);
      want = want > 60 * SECOND ? 60 * SECOND : want;
      CU_ASSERT (got >= want - want / 4 && got <= want + want / 4);
    }
}

/* ---- a file system in memory, whose process is killed at a chosen step ---- */

#define FILES 8
static struct file
{
  char path[96];
  struct pen_identity is;
  char content;
} files[FILES];
static char made[96];
static int steps_left, lies, replaced;

static int
step (void) /* 0: killed */
{
  if (steps_left > 0)
    steps_left--;
  else
    return steps_left < 0;
  return 1;
}

static void
keep (char to[96], const char *path)
{
  CU_ASSERT_FATAL (strlen (path) < 96);
  memcpy (to, path, strlen (path) + 1);
}

static struct file *
find (const char *path)
{
  for (int i = 0; i < FILES; i++)
    if (files[i].path[0] && strcmp (files[i].path, path) == 0)
      return &files[i];
  return NULL;
}

static void
put (const char *path, struct pen_identity is, char content)
{
  for (int i = 0; i < FILES; i++)
    if (!files[i].path[0])
      {
        keep (files[i].path, path);
        files[i].is = is;
        files[i].content = content;
        return;
      }
  CU_FAIL_FATAL ("no room");
}

static int
fs_look (void *ctx, const char *path, int *there, struct pen_identity *is)
{
  struct file *f = find (path);
  (void)ctx;
  *there = f != NULL;
  if (f)
    *is = f->is;
  return step () ? 0 : -1;
}

static int
fs_rename (void *ctx, const char *from, const char *to)
{
  struct file *f = find (from);
  (void)ctx;
  if (!step () || !f)
    return -1;
  if (find (to))
    return 1;
  if (replaced)
    {
      f->is.ino++; /* somebody else's file by now */
      replaced = 0;
    }
  if (!lies)
    keep (f->path, to);
  return step () ? 0 : -1; /* killed after it was done */
}

static int
fs_remove (void *ctx, const char *path, const struct pen_identity *is)
{
  struct file *f = find (path);
  (void)ctx;
  (void)is;
  if (!step ())
    return -1;
  if (f && !lies)
    f->path[0] = 0;
  return step () ? 0 : -1;
}

static int
fs_make_dir (void *ctx, const char *dir)
{
  (void)ctx;
  keep (made, dir);
  return step () ? 0 : -1;
}

static int
fs_same (void *ctx, const char *a, const char *b)
{
  (void)ctx;
  return find (a)->content == find (b)->content;
}

static const struct pen_after_steps steps = { NULL, fs_look, fs_rename, fs_remove, fs_make_dir, fs_same };
static const struct pen_after_rule archive = { PEN_AFTER_ARCHIVE, "/arch", NULL },
                                   move = { PEN_AFTER_MOVE, "/to/", NULL },
                                   suffix = { PEN_AFTER_RENAME, NULL, ".done" },
                                   delete = { PEN_AFTER_DELETE, NULL, NULL };
#define KEY "0123456789abcdef0123456789abcdef"
static struct pen_after_file file;
static char place[PEN_AFTER_PATH];

static void
start (void)
{
  memset (files, 0, sizeof files);
  steps_left = -1;
  lies = replaced = 0;
  file = (struct pen_after_file){ "/in/a.ach", "/in", "a.ach", KEY, identity (5, 1700000000) };
  put ("/in/a.ach", file.is, 'x');
}

static void
test_places (void)
{
  static const struct
  {
    const struct pen_after_rule *rule;
    unsigned n;
    const char *key, *want;
  } v[] = {
    { &archive, 0, KEY, "/arch/2023-11-14/a.ach" },
    { &archive, 1, KEY, "/arch/2023-11-14/a~0123456789ab.ach" },
    { &archive, 1, "", "/arch/2023-11-14/a~20231114T221320Z.ach" },
    { &move, 0, KEY, "/to/a.ach" },
    { &move, 2, KEY, "/to/a~0123456789ab-2.ach" },
    { &suffix, 0, KEY, "/in/a.ach.done" },
    { &suffix, 1, NULL, "/in/a.ach~20231114T221320Z.done" },
  };

  start ();
  for (size_t i = 0; i < sizeof v / sizeof *v; i++)
    {
      file.key = v[i].key;
      CU_ASSERT_EQUAL_FATAL (pen_after_place (place, sizeof place, v[i].rule, &file, v[i].n), 0);
      CU_ASSERT_STRING_EQUAL (place, v[i].want);
    }
  CU_ASSERT_EQUAL (pen_after_place (place, 8, &move, &file, 0), -1);
}

static void
test_collision (void)
{
  start ();
  put ("/to/a.ach", identity (9, 1), 'o'); /* another file */
  CU_ASSERT_EQUAL (pen_after_once (&steps, &move, &file, place), PEN_AFTER_DONE);
  CU_ASSERT_STRING_EQUAL (place, "/to/a~0123456789ab.ach");
  CU_ASSERT_EQUAL (find ("/to/a.ach")->content, 'o');
  /* a copy that a killed try has left is no collision, but the goal */
  start ();
  put ("/to/a.ach", file.is, 'x');
  CU_ASSERT_EQUAL (pen_after_once (&steps, &move, &file, place), PEN_AFTER_DONE);
  CU_ASSERT_PTR_NULL (find ("/in/a.ach"));
  CU_ASSERT_PTR_NULL (find ("/to/a~0123456789ab.ach"));
  /* the same size and time, but other bytes */
  start ();
  put ("/to/a.ach", file.is, 'y');
  CU_ASSERT_EQUAL (pen_after_once (&steps, &move, &file, place), PEN_AFTER_DONE);
  CU_ASSERT_PTR_NOT_NULL (find ("/to/a~0123456789ab.ach"));
}

static void
test_only_what_was_offered (void)
{
  const struct pen_after_rule *const rules[] = { &archive, &move, &suffix, &delete };

  for (size_t i = 0; i < 4; i++)
    {
      start ();
      files[0].is.mtime_ns++;
      CU_ASSERT_EQUAL (pen_after_once (&steps, rules[i], &file, place), PEN_AFTER_OTHER);
      CU_ASSERT_PTR_NOT_NULL (find ("/in/a.ach"));
      start ();
      files[0].path[0] = 0;
      CU_ASSERT_EQUAL (pen_after_once (&steps, rules[i], &file, place),
                       rules[i] == &delete ? PEN_AFTER_DONE : PEN_AFTER_GONE);
      start ();
      lies = 1; /* a server that says yes and does nothing */
      CU_ASSERT_NOT_EQUAL (pen_after_once (&steps, rules[i], &file, place), PEN_AFTER_DONE);
      if (rules[i] == &delete)
        continue;
      start ();
      replaced = 1; /* between the look and the rename */
      CU_ASSERT_EQUAL (pen_after_once (&steps, rules[i], &file, place), PEN_AFTER_OTHER);
      CU_ASSERT_PTR_NOT_NULL (find ("/in/a.ach"));
    }
}

/* Killed after 0, 1, 2, ... steps, then tried again: the file is where it belongs, once. */
static void
test_killed (void)
{
  const struct pen_after_rule *const rules[] = { &archive, &move, &suffix, &delete };
  static const char *const want[] = { "/arch/2023-11-14/a.ach", "/to/a.ach", "/in/a.ach.done", NULL };

  for (size_t i = 0; i < 4; i++)
    for (int kill = 0;; kill++)
      {
        int n = 0, first;
        start ();
        steps_left = kill;
        first = pen_after_once (&steps, rules[i], &file, place);
        CU_ASSERT (steps_left == 0 || first == PEN_AFTER_DONE);
        steps_left = -1;
        CU_ASSERT_EQUAL (pen_after_once (&steps, rules[i], &file, place), PEN_AFTER_DONE);
        for (int k = 0; k < FILES; k++)
          n += files[k].path[0] != 0;
        CU_ASSERT_EQUAL (n, want[i] ? 1 : 0);
        if (want[i])
          CU_ASSERT_PTR_NOT_NULL (find (want[i]));
        if (first == PEN_AFTER_DONE)
          {
            CU_ASSERT (kill >= 3);
            break;
          }
      }
  CU_ASSERT_STRING_EQUAL (made, "/arch/2023-11-14");
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("arrival", NULL, NULL);
  CU_add_test (s, "looks", test_looks);
  CU_add_test (s, "table", test_table);
  CU_add_test (s, "names", test_names);
  CU_add_test (s, "back-off", test_backoff);
  CU_add_test (s, "places", test_places);
  CU_add_test (s, "collisions", test_collision);
  CU_add_test (s, "only what was offered", test_only_what_was_offered);
  CU_add_test (s, "killed at every step", test_killed);
  CU_basic_set_mode (CU_BRM_NORMAL);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
