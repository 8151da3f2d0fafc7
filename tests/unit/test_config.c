/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - configuration files: places, includes, numbers, and every message that a broken one can cause. */
#include "core/host/config.h"
#include "core/host/config_text.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
value (const struct config_node *group, const char *name)
{
  const struct config_node *n = config_get (group, name);

  return n && n->value ? n->value : "(none)";
}

static void
test_tree (void)
{
  static const char text[] = "# a comment with { and \"\n"
                             "a = 1; /* two\n"
                             "lines { */ b = \"x\\\"{\" \"y\";\n"
                             "big = 5000000000; hex = 0xFFFFFFFF; neg = -9223372036854775807; long = 7L;\n"
                             "f = 2.5; yes = TRUE;\n"
                             "list = [ 1, 5000000000 ];\n"
                             "g: { h = ( { i = 3; } ); };  // end\n";
  struct err e = { 0 };
  struct config *c = config_parse (text, strlen (text), "t.conf", "/d", &e);
  const struct config_node *g;

  CU_ASSERT_STRING_EQUAL (e.text, "");
  CU_ASSERT_PTR_NOT_NULL_FATAL (c);
  CU_ASSERT_STRING_EQUAL (value (c->root, "a"), "1");
  CU_ASSERT_STRING_EQUAL (value (c->root, "b"), "x\"{y");
  CU_ASSERT_STRING_EQUAL (config_get (c->root, "b")->where, "t.conf:3");
  CU_ASSERT_STRING_EQUAL (value (c->root, "big"), "5000000000");
  CU_ASSERT_STRING_EQUAL (value (c->root, "hex"), "4294967295");
  CU_ASSERT_STRING_EQUAL (value (c->root, "neg"), "-9223372036854775807");
  CU_ASSERT_STRING_EQUAL (value (c->root, "long"), "7");
  CU_ASSERT_STRING_EQUAL (value (c->root, "f"), "2.5");
  CU_ASSERT_STRING_EQUAL (value (c->root, "yes"), "true");
  CU_ASSERT_PTR_NULL (config_get (c->root, "nosuch"));
  g = config_get (c->root, "list");
  CU_ASSERT_PTR_NOT_NULL_FATAL (g);
  CU_ASSERT_EQUAL_FATAL (g->n, 2);
  CU_ASSERT_STRING_EQUAL (g->child[1]->value, "5000000000");
  g = config_get (c->root, "g");
  CU_ASSERT_PTR_NOT_NULL_FATAL (g);
  CU_ASSERT_STRING_EQUAL (g->where, "t.conf:7");
  CU_ASSERT_EQUAL (config_get (g, "h")->type, CONFIG_LIST);
  config_free (c);
}

static void
test_flatten (void)
{
  static const char text[] = "s: { plugin = \"x\"; a = 1; rules: { check = true; deep: { er = [ \"p\", \"q\" ]; }; };\n"
                             "none = [ ]; };\n"
                             "bad: { l = ( { x = 1; } ); };\n";
  static const char *const skip[] = { "plugin", NULL };
  struct err e = { 0 };
  struct config *c = config_parse (text, strlen (text), "t.conf", "/d", &e);
  struct optset set;

  CU_ASSERT_PTR_NOT_NULL_FATAL (c);
  optset_init (&set, "parser \"x\"", "t.conf:1", "/d");
  CU_ASSERT_EQUAL (config_flatten (config_get (c->root, "s"), skip, &set, &e), 0);
  CU_ASSERT_EQUAL_FATAL (set.n, 5);
  CU_ASSERT_STRING_EQUAL (set.v[0].name, "a");
  CU_ASSERT_STRING_EQUAL (set.v[1].name, "rules.check");
  CU_ASSERT_STRING_EQUAL (set.v[2].name, "rules.deep.er");
  CU_ASSERT_STRING_EQUAL (set.v[3].value, "q");
  CU_ASSERT_STRING_EQUAL (set.v[4].name, "none");
  CU_ASSERT_TRUE (set.v[4].empty);
  CU_ASSERT_STRING_EQUAL (set.v[4].where, "t.conf:2");
  CU_ASSERT_EQUAL (config_flatten (config_get (c->root, "bad"), skip, &set, &e), -1);
  CU_ASSERT_STRING_EQUAL (e.text,
                          "t.conf:3: parser \"x\": l: an item of this list is a group or a list, a plain value is "
                          "expected");
  optset_fini (&set);
  config_free (c);
}

static void
expect (const char *text, size_t n, const char *error)
{
  struct err e = { 0 };
  struct config *c = config_parse (text, n, "t.conf", "/d", &e);

  CU_ASSERT_PTR_NULL (c);
  if (strcmp (e.text, error))
    fprintf (stderr, "expected %s\nfound    %s\n", error, e.text);
  CU_ASSERT_STRING_EQUAL (e.text, error);
  config_free (c);
}

static void
test_errors (void)
{
  static const struct
  {
    const char *text, *error;
  } cases[] = {
    { "a = 1;\nb = ;\n", "t.conf:2: syntax error" },
    { "a = {", "t.conf:1: syntax error" },
    { "a = 1;\n\na = 2;\n", "t.conf:3: duplicate setting name" },
    { "a = [ 1, \"x\" ];", "t.conf:1: mismatched element type in array" },
    { "a = 1;\nb = \"x\n\n", "t.conf:3: a string has no end" },
    { "/* x\n", "t.conf:1: a comment has no end" },
    { "a = 1;\nb = 9223372036854775808;\n", "t.conf:2: this number does not fit 64 bits" },
    { "b = 0x1FFFFFFFFFFFFFFFF;\n", "t.conf:1: this number does not fit 64 bits" },
    { "b = 0x;\n", "t.conf:1: this number does not fit 64 bits" },
    { "a = 1;\n@include \"other.conf\"\n", "t.conf:2: @include is not allowed here" },
    { "@include other.conf\n", "t.conf:1: @include \"FILE\" is expected, alone on its line" },
    { "@include \"other.conf\" x = 1;\n", "t.conf:1: @include \"FILE\" is expected, alone on its line" },
    { "@include \"\"\n", "t.conf:1: @include \"FILE\" is expected, alone on its line" },
    { "x = 1; @include \"other.conf\"\n", "t.conf:1: syntax error" },
  };
  char deep[200];

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect (cases[i].text, strlen (cases[i].text), cases[i].error);
  expect ("a = 1;\0b = 2;", 13, "t.conf: has a NUL byte");
  memcpy (deep, "a = ", 4);
  memset (deep + 4, '(', sizeof deep - 4);
  expect (deep, sizeof deep, "t.conf:1: more than 32 levels of groups and lists");
}

/* ---- files ---- */

static char top[64];

static int
make_top (void)
{
  snprintf (top, sizeof top, "/tmp/pen-config-XXXXXX");
  return mkdtemp (top) ? 0 : -1;
}

static int
remove_top (void)
{
  char command[128];

  snprintf (command, sizeof command, "rm -rf %s", top);
  return system (command);
}

static void
put_file (const char *name, const char *text, mode_t mode)
{
  char path[128];
  FILE *f;

  snprintf (path, sizeof path, "%s/%s", top, name);
  f = fopen (path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  fputs (text, f);
  fclose (f);
  CU_ASSERT_EQUAL (chmod (path, mode), 0);
}

/* Loads TOP/name; "" or the error with TOP left out wherever it stands. */
static const char *
load (const char *name, struct config **out)
{
  static char shown[ERR_TEXT_MAX];
  char path[128], *at;
  struct err e = { 0 };
  struct config *c;

  snprintf (path, sizeof path, "%s/%s", top, name);
  c = config_load (path, &e);
  CU_ASSERT_EQUAL (c == NULL, e.text[0] != '\0');
  if (out)
    *out = c;
  else
    config_free (c);
  while ((at = strstr (e.text, top)))
    memmove (at, at + strlen (top) + 1, strlen (at + strlen (top) + 1) + 1);
  memcpy (shown, e.text, sizeof shown);
  return shown;
}

static void
test_files (void)
{
  struct config *c;
  char where[128];

  put_file ("main.conf", "a = 1;\n g: {\n  @include \"part.conf\"\n  z = 9;\n };\nend = 1;", 0644);
  put_file ("part.conf", "x = 1;\ny = 5000000000;", 0600);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", &c), "");
  CU_ASSERT_PTR_NOT_NULL_FATAL (c);
  CU_ASSERT_STRING_EQUAL (c->dir, top);
  snprintf (where, sizeof where, "%s/part.conf:2", top);
  CU_ASSERT_STRING_EQUAL (config_get (config_get (c->root, "g"), "y")->where, where);
  snprintf (where, sizeof where, "%s/main.conf:4", top);
  CU_ASSERT_STRING_EQUAL (config_get (config_get (c->root, "g"), "z")->where, where);
  snprintf (where, sizeof where, "%s/main.conf:6", top);
  CU_ASSERT_STRING_EQUAL (config_get (c->root, "end")->where, where);
  config_free (c);

  /* a mistake in an included file is reported there */
  put_file ("part.conf", "x = 1;\ny = = 2;\n", 0644);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL), "part.conf:2: syntax error");
  /* the included file must be ours alone just like the first */
  put_file ("part.conf", "x = 1;\n", 0664);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL),
                          "main.conf:3: part.conf: may be written by its group (mode 0664), who "
                          "could choose what we run; chmod go-w helps");
  put_file ("main.conf", "a = 1;", 0646);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL),
                          "main.conf: may be written by everybody (mode 0646), who could choose "
                          "what we run; chmod go-w helps");
  put_file ("main.conf", "\n@include \"main.conf\"\n", 0644);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL), "main.conf:2: more than 8 files include each other");
  put_file ("main.conf", "@include \"none.conf\"\n", 0644);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL), "main.conf:1: none.conf: No such file or directory");
  put_file ("main.conf", "@include \".\"\n", 0644);
  CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL), "main.conf:1: .: not a regular file");
  CU_ASSERT_STRING_EQUAL (load ("none.conf", NULL), "none.conf: No such file or directory");
  if (geteuid () == 0)
    {
      char path[128];

      snprintf (path, sizeof path, "%s/main.conf", top);
      CU_ASSERT_EQUAL (chown (path, 12345, 0), 0);
      CU_ASSERT_STRING_EQUAL (load ("main.conf", NULL),
                              "main.conf: belongs to user 12345, neither to root nor to us (0)");
    }
}

/* What was packed reads as the file did, whatever the file says now; broken bytes are refused. */
static void
test_packed (void)
{
  struct blob b = { 0 };
  struct config_text t;
  struct config *c;
  struct err e = { 0 };
  char path[128], where[128];
  FILE *f = tmpfile ();

  put_file ("main.conf", "a = 5000000000;\n g: {\n  @include \"part.conf\"\n };\n", 0644);
  put_file ("part.conf", "x = 1;\ny = 7;", 0600);
  snprintf (path, sizeof path, "%s/main.conf", top);
  CU_ASSERT_EQUAL_FATAL (config_text_load (&t, path, top, &e), 0);
  config_text_pack (&t, &b);
  config_text_fini (&t);
  put_file ("part.conf", "y = = 8;", 0600);
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  CU_ASSERT_EQUAL (fwrite (b.p, 1, b.n, f), b.n);
  fflush (f);
  c = config_load_packed (fileno (f), path, &e);
  CU_ASSERT_PTR_NOT_NULL_FATAL (c);
  CU_ASSERT_STRING_EQUAL (value (c->root, "a"), "5000000000");
  CU_ASSERT_STRING_EQUAL (c->dir, top);
  snprintf (where, sizeof where, "%s/part.conf:2", top);
  CU_ASSERT_STRING_EQUAL (config_get (config_get (c->root, "g"), "y")->where, where);
  config_free (c);
  fclose (f);
  for (size_t n = 0; n < b.n; n++)
    CU_ASSERT_EQUAL (config_text_unpack (&t, b.p, n, &e), -1);
  for (size_t i = 0; i < b.n; i++)
    {
      b.p[i] ^= 0x80;
      if (config_text_unpack (&t, b.p, b.n, &e) == 0) /* a letter of the text, a number of a line */
        config_text_fini (&t);
      b.p[i] ^= 0x80;
    }
  blob_fini (&b);
}

static void
test_size (void)
{
  char *text = malloc (CONFIG_BYTES_MAX + 2);

  CU_ASSERT_PTR_NOT_NULL_FATAL (text);
  memset (text, '\n', CONFIG_BYTES_MAX + 2);
  expect (text, CONFIG_BYTES_MAX + 1, "t.conf: the configuration is longer than 4194304 bytes");
  free (text);
}

int
main (void)
{
  CU_pSuite suite;

  if (make_top () == -1 || CU_initialize_registry () != CUE_SUCCESS)
    return 99;
  suite = CU_add_suite ("config", NULL, remove_top);
  CU_add_test (suite, "tree", test_tree);
  CU_add_test (suite, "flatten", test_flatten);
  CU_add_test (suite, "errors", test_errors);
  CU_add_test (suite, "packed", test_packed);
  CU_add_test (suite, "files", test_files);
  CU_add_test (suite, "size", test_size);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
