/* SPDX-License-Identifier: Apache-2.0 */
/* test_loader.c - plugins that must not load, each with its own message; directories that must not be trusted. */
#include "core/base/plugincheck.h"
#include "core/base/plugindirs.h"
#include "core/loader/loader.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* TEST_PLUGINS: where libtool puts the uninstalled modules. */

static void
test_good (void)
{
  struct loaded l = { 0 };
  struct err e = { 0 };

  CU_ASSERT_EQUAL_FATAL (loader_open (TEST_PLUGINS "/good.so", KIND_SINK, &l, &e), 0);
  CU_ASSERT_STRING_EQUAL (l.plugin->name, "bad");
  CU_ASSERT_EQUAL (plugin_kinds (l.plugin), KIND_SINK);
  loader_close (&l);
  CU_ASSERT_PTR_NULL (l.plugin);
  loader_close (&l);
}

static void
test_bad (void)
{
  static const struct
  {
    const char *file;
    unsigned kind;
    const char *text; /* after "PATH: " */
  } cases[] = {
    { "bad_abi", KIND_SINK,
      "built for plugin ABI 7; this Penstock speaks ABI 1: build it anew with this version's headers" },
    { "bad_symbol", KIND_SINK, "not a Penstock plugin: it has no symbol penstock_plugin" },
    { "bad_needs", KIND_SINK, "needs features 0x10000000000, which this Penstock does not have: a newer version may" },
    { "bad_size", KIND_SINK, "its descriptor has 40 bytes, at least 136 expected" },
    { "bad_kind", 0, "it is of no kind: neither source nor decoder, parser, filter, encoder or sink" },
    { "bad_function", KIND_SINK, "its sink lacks write()" },
    { "bad_width", KIND_SINK,
      "option table: size: a field of 4 bytes at offset 0 cannot hold a value of type int, which has 8" },
    { "good", KIND_SOURCE, "plugin \"bad\" is no source but: sink" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char path[512], expected[1024];
      struct loaded l = { 0 };
      struct err e = { 0 };

      snprintf (path, sizeof path, "%s/%s.so", TEST_PLUGINS, cases[i].file);
      snprintf (expected, sizeof expected, "%s: %s", path, cases[i].text);
      CU_ASSERT_EQUAL (loader_open (path, cases[i].kind, &l, &e), -1);
      if (strcmp (e.text, expected))
        fprintf (stderr, "expected %s\nfound    %s\n", expected, e.text);
      CU_ASSERT_STRING_EQUAL (e.text, expected);
      loader_close (&l);
    }
}

static void
test_undefined (void)
{
  struct loaded l = { 0 };
  struct err e = { 0 };

  CU_ASSERT_EQUAL (loader_open (TEST_PLUGINS "/bad_undefined.so", KIND_SINK, &l, &e), -1);
  CU_ASSERT_STRING_EQUAL (e.text, "plugin " TEST_PLUGINS "/bad_undefined.so: " TEST_PLUGINS
                                  "/bad_undefined.so: undefined symbol: there_is_no_such_function");
}

/* A directory of our own with a file that is no shared object. */
static char top[64];

static int
make_top (void)
{
  char path[128];
  FILE *f;

  snprintf (top, sizeof top, "/tmp/pen-loader-XXXXXX");
  if (!mkdtemp (top))
    return -1;
  snprintf (path, sizeof path, "%s/text.so", top);
  f = fopen (path, "w");
  if (!f)
    return -1;
  fputs ("not ELF\n", f);
  fclose (f);
  return chmod (path, 0644);
}

static int
remove_top (void)
{
  char command[128];

  snprintf (command, sizeof command, "rm -rf %s", top);
  return system (command);
}

static void
expect (const char *file, const char *format)
{
  char path[256], expected[1024];
  struct loaded l = { 0 };
  struct err e = { 0 };

  snprintf (path, sizeof path, "%s%s%s", *file == '/' ? "" : top, *file == '/' ? "" : "/", file);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf (expected, sizeof expected, format, top, top, top);
#pragma GCC diagnostic pop
  CU_ASSERT_EQUAL (loader_open (path, KIND_SINK, &l, &e), -1);
  if (strcmp (e.text, expected))
    fprintf (stderr, "expected %s\nfound    %s\n", expected, e.text);
  CU_ASSERT_STRING_EQUAL (e.text, expected);
  loader_close (&l);
}

static void
test_trust (void)
{
  char path[128], link[128];
  struct loaded l = { 0 };
  struct err e;

  expect ("text.so", "plugin %s/text.so: %s/text.so: file too short");
  expect ("none.so", "plugin %s/none.so: No such file or directory");
  CU_ASSERT_EQUAL (loader_open ("none.so", KIND_SINK, &l, &e), -1);
  CU_ASSERT_STRING_EQUAL (e.text, "plugin none.so: not an absolute path of a file");
  /* a world-writable file, then a world-writable directory, sticky or not */
  snprintf (path, sizeof path, "%s/text.so", top);
  CU_ASSERT_EQUAL (chmod (path, 0666), 0);
  expect ("text.so", "plugin %s/text.so: %s/text.so is world-writable: a plugin there could be anybody's");
  CU_ASSERT_EQUAL (chmod (path, 0644), 0);
  CU_ASSERT_EQUAL (chmod (top, 0777), 0);
  expect ("text.so", "plugin directory %s: %s is world-writable: a plugin there could be anybody's");
  CU_ASSERT_EQUAL (chmod (top, 01777), 0);
  expect ("text.so", "plugin directory %s: %s is world-writable: a plugin there could be anybody's");
  CU_ASSERT_EQUAL (chmod (top, 0755), 0);
  /* a directory further up */
  snprintf (path, sizeof path, "%s/up", top);
  CU_ASSERT_EQUAL (mkdir (path, 0777), 0);
  CU_ASSERT_EQUAL (chmod (path, 0777), 0);
  snprintf (path, sizeof path, "%s/up/down", top);
  CU_ASSERT_EQUAL (mkdir (path, 0755), 0);
  expect ("up/down/x.so", "plugin directory %s/up/down: %s/up is world-writable: a plugin there could be anybody's");
  /* links: of the file itself never; of a directory when all that it leads to can be trusted */
  snprintf (link, sizeof link, "%s/link.so", top);
  CU_ASSERT_EQUAL (symlink ("text.so", link), 0);
  expect ("link.so", "plugin %s/link.so: not a regular file");
  snprintf (link, sizeof link, "%s/linkdir", top);
  CU_ASSERT_EQUAL (symlink ("up/down", link), 0);
  expect ("linkdir/x.so", "plugin directory %s/linkdir: %s/up is world-writable: a plugin there could be anybody's");
  expect ("up/../text.so", "plugin directory %s/up/..: %s/up is world-writable: a plugin there could be anybody's");
  if (geteuid () == 0)
    {
      CU_ASSERT_EQUAL (chown (top, 12345, 0), 0);
      expect ("text.so", "plugin directory %s: %s belongs to user 12345, neither to root nor to us (0)");
      CU_ASSERT_EQUAL (chown (top, 0, 0), 0);
    }
}

static int
count (void *ctx, const char *name, const char *path)
{
  (void)path;
  *(int *)ctx += strcmp (name, "text") == 0 || strcmp (name, "good") == 0;
  return 0;
}

static void
test_find (void)
{
  struct plugin_dirs d = { 0 };
  char expected[512];
  struct err e;
  char *path;
  int n = 0;

  CU_ASSERT_PTR_NULL (plugin_dirs_find (&d, "csv", &e));
  CU_ASSERT_STRING_EQUAL (e.text, "plugin \"csv\" was not found; searched: nowhere, no directory is known");
  plugin_dirs_add (&d, top);
  plugin_dirs_add (&d, TEST_PLUGINS);
  plugin_dirs_add (&d, top);
  CU_ASSERT_EQUAL (d.n, 2);
  path = plugin_dirs_find (&d, "good", &e);
  CU_ASSERT_PTR_NOT_NULL_FATAL (path);
  CU_ASSERT_STRING_EQUAL (path, TEST_PLUGINS "/good.so");
  free (path);
  CU_ASSERT_PTR_NULL (plugin_dirs_find (&d, "nosuch", &e));
  snprintf (expected, sizeof expected, "plugin \"nosuch\" was not found; searched: %s, %s", top, TEST_PLUGINS);
  CU_ASSERT_STRING_EQUAL (e.text, expected);
  CU_ASSERT_PTR_NULL (plugin_dirs_find (&d, "../good", &e));
  CU_ASSERT_EQUAL (strncmp (e.text, "\"../good\" is not the name of a plugin", 37), 0);
  CU_ASSERT_EQUAL (plugin_dirs_each (&d, count, &n), 0);
  CU_ASSERT_EQUAL (n, 2);
  plugin_dirs_fini (&d);
}

int
main (void)
{
  CU_pSuite suite;

  if (make_top () == -1 || CU_initialize_registry () != CUE_SUCCESS)
    return 99;
  suite = CU_add_suite ("loader", NULL, remove_top);
  CU_add_test (suite, "good", test_good);
  CU_add_test (suite, "bad", test_bad);
  CU_add_test (suite, "undefined symbol", test_undefined);
  CU_add_test (suite, "trust", test_trust);
  CU_add_test (suite, "find", test_find);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
