/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c - option sets, tables and filling: every message, every type, packing, hostile packed bytes. */
#include "core/base/options.h"

#include "core/base/nearest.h"
#include "core/base/units.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct csv_options
{
  bool header;
  int delimiter;
  int64_t skip;
  uint64_t buffer;
  int64_t timeout;
  const char *charset;
  const char *path;
  struct pen_list columns;
  const char *password;
  bool check_digit;
  int64_t old;
  struct pen_list kinds;
};

/* As if from a newer header: each element has a field more. */
struct newer_opt
{
  struct pen_opt o;
  const char *unit;
};

#define F(field) PEN_FIELD (struct csv_options, field)
static const struct newer_opt opts[] = {
  { { "header", PEN_BOOL, 0, F (header), "true", NULL, "First line has names." }, "x" },
  { { "delimiter", PEN_ENUM, 0, F (delimiter), "tab", "comma|tab|pipe", "Separator." }, "x" },
  { { "skip", PEN_INT, 0, F (skip), "0", "0..1000", "Lines to skip." }, "x" },
  { { "buffer", PEN_SIZE, 0, F (buffer), "64K", "4K..64M", "Buffer." }, "x" },
  { { "timeout", PEN_DURATION, 0, F (timeout), "30s", "1s..1h", "Patience." }, "x" },
  { { "charset", PEN_STRING, 0, F (charset), NULL, NULL, "Charset." }, "x" },
  { { "path", PEN_PATH, PEN_OPT_REQUIRED, F (path), NULL, NULL, "Where it is." }, "x" },
  { { "columns", PEN_LIST, 0, F (columns), "a,b", NULL, "Columns." }, "x" },
  { { "password", PEN_SECRET, 0, F (password), NULL, NULL, "Secret." }, "x" },
  { { "rules.check_digit", PEN_BOOL, 0, F (check_digit), NULL, NULL, "Rule." }, "x" },
  { { "old", PEN_INT, PEN_OPT_DEPRECATED, F (old), NULL, NULL, "Use skip." }, "x" },
  { { "kinds", PEN_LIST, 0, F (kinds), NULL, "debit|credit", "Kinds." }, "x" },
  { { NULL }, NULL },
};
static const struct pen_plugin csv = {
  .abi = PEN_ABI,
  .size = sizeof csv,
  .name = "csv",
  .options_size = sizeof (struct csv_options),
  .opt_size = sizeof (struct newer_opt),
  .opts = &opts[0].o,
};

/* Everything that was reported, one line each: "E text" or "W text". */
static char said[4096];

static void
collect (void *ctx, bool is_error, const char *text)
{
  size_t n = strlen (said);

  (void)ctx;
  snprintf (said + n, sizeof said - n, "%c %s\n", is_error ? 'E' : 'W', text);
}

static const struct opt_report report = { collect, NULL };

/* "name=value", "name" for an empty list; the n-th pair is on line 10 + n. */
static void
build (struct optset *s, const char *const *pairs)
{
  optset_init (s, "parser \"csv\"", "acme.conf:9", "/base");
  for (int i = 0; pairs[i]; i++)
    {
      char name[64], where[32];
      const char *eq = strchr (pairs[i], '=');

      snprintf (where, sizeof where, "acme.conf:%d", 10 + i);
      snprintf (name, sizeof name, "%.*s", eq ? (int)(eq - pairs[i]) : 60, pairs[i]);
      CU_ASSERT_EQUAL_FATAL (eq ? optset_add (s, name, eq + 1, where, NULL) : optset_add_empty (s, name, where, NULL),
                             0);
    }
}

static void
test_messages (void)
{
  static const struct
  {
    const char *pairs[4];
    const char *said;
  } cases[] = {
    { { "path=x" }, "" },
    { { "path=x", "skip=-1" }, "E acme.conf:11: parser \"csv\": skip: -1 is outside 0..1000\n" },
    { { "path=x", "skip=1001" }, "E acme.conf:11: parser \"csv\": skip: 1001 is outside 0..1000\n" },
    { { "path=x", "skip=99999999999999999999" },
      "E acme.conf:11: parser \"csv\": skip: 99999999999999999999 is outside 0..1000\n" },
    { { "path=x", "skip=3x" }, "E acme.conf:11: parser \"csv\": skip: \"3x\" is not a whole number\n" },
    { { "path=x", "old=9223372036854775808" },
      "E acme.conf:11: parser \"csv\": old: 9223372036854775808 is too large\n"
      "W acme.conf:11: parser \"csv\": old: is deprecated: Use skip.\n" },
    { { "path=x", "header=yes" }, "E acme.conf:11: parser \"csv\": header: \"yes\" is neither true nor false\n" },
    { { "path=x", "delimiter=coma" },
      "E acme.conf:11: parser \"csv\": delimiter: \"coma\" is none of comma|tab|pipe; did you mean \"comma\"?\n" },
    { { "path=x", "delimiter=zzz" }, "E acme.conf:11: parser \"csv\": delimiter: \"zzz\" is none of comma|tab|pipe\n" },
    { { "path=x", "buffer=64MB" },
      "E acme.conf:11: parser \"csv\": buffer: \"64MB\" is not a size such as 65536, 64K, 16M or 1G\n" },
    { { "path=x", "buffer=1K" }, "E acme.conf:11: parser \"csv\": buffer: 1K is outside 4K..64M\n" },
    { { "path=x", "timeout=30" },
      "E acme.conf:11: parser \"csv\": timeout: \"30\" is not a duration such as 250ms, 30s, 5m, 2h or 1d\n" },
    { { "path=x", "timeout=2h" }, "E acme.conf:11: parser \"csv\": timeout: 2h is outside 1s..1h\n" },
    { { "path=" }, "E acme.conf:10: parser \"csv\": path: the path is empty\n" },
    { { "skip=1" }, "E acme.conf:9: parser \"csv\": path: is required: Where it is.\n" },
    { { "path=x", "skipp=1" }, "E acme.conf:11: parser \"csv\": unknown option \"skipp\"; did you mean \"skip\"?\n" },
    { { "path=x", "rules.chek_digit=true" },
      "E acme.conf:11: parser \"csv\": unknown option \"rules.chek_digit\"; did you mean \"rules.check_digit\"?\n" },
    { { "path=x", "qqqqq=1", "qqqqq=2" }, "E acme.conf:11: parser \"csv\": unknown option \"qqqqq\"\n" },
    { { "path=x", "a\033[2J\n=1" }, "E acme.conf:11: parser \"csv\": unknown option \"a\\x1b[2J\\x0a\"\n" },
    { { "path=x", "path=y" },
      "E acme.conf:11: parser \"csv\": path: has a value already (acme.conf:10); one is expected\n" },
    { { "path=x", "skip" }, "E acme.conf:11: parser \"csv\": skip: one int is expected, not an empty list\n" },
    { { "path=x", "password=hunter2" },
      "E acme.conf:11: parser \"csv\": password: a secret is written \"env:NAME\" or \"file:/path\", never as "
      "itself\n" },
    { { "path=x", "kinds=debit", "kinds=debt" },
      "E acme.conf:12: parser \"csv\": kinds: \"debt\" is none of debit|credit; did you mean \"debit\"?\n" },
    { { "path=x", "old=1" }, "W acme.conf:11: parser \"csv\": old: is deprecated: Use skip.\n" },
    { { "skip=-1", "header=1" },
      "E acme.conf:10: parser \"csv\": skip: -1 is outside 0..1000\n"
      "E acme.conf:11: parser \"csv\": header: \"1\" is neither true nor false\n"
      "E acme.conf:9: parser \"csv\": path: is required: Where it is.\n" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct options o = { 0 };
      struct err e = { 0 };
      struct optset s;
      int rc;

      said[0] = '\0';
      build (&s, cases[i].pairs);
      rc = options_fill (&csv, &s, 0, &report, &o, &e);
      if (strcmp (said, cases[i].said))
        fprintf (stderr, "case %zu\nexpected %sfound    %s", i, cases[i].said, said);
      CU_ASSERT_STRING_EQUAL (said, cases[i].said);
      CU_ASSERT_EQUAL (rc, *said == 'E' ? -1 : 0);
      if (rc == -1)
        CU_ASSERT_EQUAL (strncmp (said + 2, e.text, strlen (e.text)), 0);
      options_free (&o);
      optset_fini (&s);
    }
}

static void
test_fill (void)
{
  static const char *const pairs[] = { "path=in.csv",
                                       "skip=7",
                                       "buffer=1M",
                                       "timeout=250s",
                                       "charset=latin1",
                                       "columns=x",
                                       "columns=y",
                                       "columns=z",
                                       "header=false",
                                       "rules.check_digit=true",
                                       "delimiter=pipe",
                                       "kinds",
                                       "password=env:PEN_TEST_SECRET",
                                       NULL };
  static const char *const few[] = { "path=/abs", NULL };
  const struct csv_options *v;
  struct options o;
  struct optset s;

  setenv ("PEN_TEST_SECRET", "s3cret", 1);
  build (&s, pairs);
  CU_ASSERT_EQUAL_FATAL (options_fill (&csv, &s, OPTIONS_SECRETS, NULL, &o, NULL), 0);
  v = o.data;
  CU_ASSERT_EQUAL (v->header, false);
  CU_ASSERT_EQUAL (v->delimiter, 2);
  CU_ASSERT_EQUAL (v->skip, 7);
  CU_ASSERT_EQUAL (v->buffer, 1 << 20);
  CU_ASSERT_EQUAL (v->timeout, INT64_C (250000000000));
  CU_ASSERT_STRING_EQUAL (v->charset, "latin1");
  CU_ASSERT_STRING_EQUAL (v->path, "/base/in.csv");
  CU_ASSERT_EQUAL_FATAL (v->columns.n, 3);
  CU_ASSERT_STRING_EQUAL (v->columns.item[2], "z");
  CU_ASSERT_EQUAL (v->kinds.n, 0);
  CU_ASSERT_STRING_EQUAL (v->password, "s3cret");
  CU_ASSERT_EQUAL (v->check_digit, true);
  options_free (&o);
  CU_ASSERT_EQUAL_FATAL (options_fill (&csv, &s, 0, NULL, &o, NULL), 0);
  CU_ASSERT_STRING_EQUAL (((const struct csv_options *)o.data)->password, "***");
  options_free (&o);
  optset_fini (&s);

  build (&s, few);
  CU_ASSERT_EQUAL_FATAL (options_fill (&csv, &s, 0, NULL, &o, NULL), 0);
  v = o.data;
  CU_ASSERT_EQUAL (v->header, true);
  CU_ASSERT_EQUAL (v->delimiter, 1);
  CU_ASSERT_EQUAL (v->buffer, 65536);
  CU_ASSERT_EQUAL (v->timeout, INT64_C (30000000000));
  CU_ASSERT_PTR_NULL (v->charset);
  CU_ASSERT_PTR_NULL (v->password);
  CU_ASSERT_STRING_EQUAL (v->path, "/abs");
  CU_ASSERT_EQUAL_FATAL (v->columns.n, 2);
  CU_ASSERT_STRING_EQUAL (v->columns.item[1], "b");
  options_free (&o);
  optset_fini (&s);
}

static void
secret_case (const char *reference, const char *expected, const char *expect_error)
{
  char pair[256];
  const char *const pairs[] = { "path=x", pair, NULL };
  struct options o = { 0 };
  struct err e = { 0 };
  struct optset s;
  int rc;

  said[0] = '\0';
  snprintf (pair, sizeof pair, "password=%s", reference);
  build (&s, pairs);
  rc = options_fill (&csv, &s, OPTIONS_SECRETS, &report, &o, &e);
  CU_ASSERT_EQUAL (rc, expected ? 0 : -1);
  if (rc == 0 && expected)
    CU_ASSERT_STRING_EQUAL (((const struct csv_options *)o.data)->password, expected);
  CU_ASSERT_STRING_EQUAL (e.text, expect_error);
  options_free (&o);
  optset_fini (&s);
}

static void
test_secrets (void)
{
  char path[] = "/tmp/pen-secret-XXXXXX", reference[64], message[256];
  int fd = mkstemp (path);

  CU_ASSERT_NOT_EQUAL_FATAL (fd, -1);
  CU_ASSERT_EQUAL_FATAL (write (fd, "pass word\n", 10), 10);
  snprintf (reference, sizeof reference, "file:%s", path);
  secret_case (reference, "pass word", "");
  CU_ASSERT_STRING_EQUAL (said, "");
  fchmod (fd, 0644);
  secret_case (reference, "pass word", "");
  CU_ASSERT_STRING_EQUAL (said, "W acme.conf:11: parser \"csv\": password: every user of this machine can read the "
                                "secret's file\n");
  fchmod (fd, 0602);
  snprintf (message, sizeof message,
            "acme.conf:11: parser \"csv\": password: secret file %s can be written by everybody: chmod 600 it, and see "
            "that its secret is still the right one",
            path);
  secret_case (reference, NULL, message);
  close (fd);
  unlink (path);
  snprintf (message, sizeof message,
            "acme.conf:11: parser \"csv\": password: cannot open secret file %s: No such file or directory", path);
  secret_case (reference, NULL, message);
  unsetenv ("PEN_TEST_UNSET");
  secret_case ("env:PEN_TEST_UNSET", NULL,
               "acme.conf:11: parser \"csv\": password: environment variable PEN_TEST_UNSET is not set; penstock has "
               "to be started with it");
  secret_case ("file:/dev/null", NULL,
               "acme.conf:11: parser \"csv\": password: secret file /dev/null is not a regular file");
}

static void
test_bad_tables (void)
{
  static const struct
  {
    struct pen_opt o;
    const char *error;
  } cases[] = {
    { { "skip", PEN_INT, 0, 8, 4, NULL, NULL, NULL },
      "option table: skip: a field of 4 bytes at offset 8 cannot hold a value of type int, which has 8" },
    { { "skip", PEN_INT, 0, 9, 8, NULL, NULL, NULL },
      "option table: skip: a field of 8 bytes at offset 9 cannot hold a value of type int, which has 8" },
    { { "skip", PEN_INT, 0, 1024, 8, NULL, NULL, NULL },
      "option table: skip: ends at byte 1032, but the options have 120" },
    { { "Skip", PEN_INT, 0, 8, 8, NULL, NULL, NULL },
      "option table: Skip: not a name of lower-case words joined by dots" },
    { { "a..b", PEN_INT, 0, 8, 8, NULL, NULL, NULL },
      "option table: a..b: not a name of lower-case words joined by dots" },
    { { "skip", 99, 0, 8, 8, NULL, NULL, NULL }, "option table: skip: type 99 is not known" },
    { { "skip", PEN_INT, 0, 8, 8, "5", "9..3", NULL }, "option table: skip: range \"9..3\" is not MIN..MAX" },
    { { "skip", PEN_INT, 0, 8, 8, "5", "6..9", NULL }, "option table: skip: 5 is outside 6..9" },
    { { "skip", PEN_INT, PEN_OPT_REQUIRED, 8, 8, "5", NULL, NULL },
      "option table: skip: a required option has no default" },
    { { "skip", PEN_ENUM, 0, 8, 4, NULL, NULL, NULL },
      "option table: skip: an enum needs its words as range \"a|b|c\"" },
    { { "skip", PEN_BOOL, 0, 8, 1, NULL, "0..1", NULL }, "option table: skip: bool takes no range" },
    { { "header", PEN_BOOL, 0, 8, 1, NULL, NULL, NULL }, "option table: header: declared twice" },
    { { "other", PEN_BOOL, 0, 0, 1, NULL, NULL, NULL }, "option table: other: shares its place with header" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct pen_opt two[] = { opts[0].o, cases[i].o, { NULL } };
      struct pen_plugin p = csv;
      struct opt_table t;
      struct err e = { 0 };

      p.opts = two;
      p.opt_size = sizeof *two;
      p.options_size = 120;
      CU_ASSERT_EQUAL (opt_table_read (&p, &t, &e), -1);
      CU_ASSERT_STRING_EQUAL (e.text, cases[i].error);
    }
}

static void
test_pack (void)
{
  static const char *const pairs[] = { "path=x", "columns=a", "columns=b", "kinds", NULL };
  struct optset s, t;
  struct err e;
  void *bytes;
  size_t n;

  build (&s, pairs);
  CU_ASSERT_EQUAL_FATAL (optset_pack (&s, &bytes, &n, &e), 0);
  CU_ASSERT_EQUAL_FATAL (optset_unpack (&t, bytes, n, &e), 0);
  CU_ASSERT_STRING_EQUAL (t.owner, "parser \"csv\"");
  CU_ASSERT_STRING_EQUAL (t.where, "acme.conf:9");
  CU_ASSERT_STRING_EQUAL (t.base, "/base");
  CU_ASSERT_EQUAL_FATAL (t.n, 4);
  CU_ASSERT_STRING_EQUAL (t.v[2].value, "b");
  CU_ASSERT_STRING_EQUAL (t.v[3].where, "acme.conf:13");
  CU_ASSERT_TRUE (t.v[3].empty);
  CU_ASSERT_STRING_EQUAL (optset_get (&t, "columns"), "b");
  CU_ASSERT_EQUAL (optset_add (&t, "more", "1", "x", &e), 0); /* an unpacked set grows like any other */
  optset_fini (&t);
  /* every truncation is refused; a flipped byte is either refused or a readable set */
  for (size_t k = 0; k < n; k++)
    {
      unsigned char *copy = malloc (n);

      CU_ASSERT_PTR_NOT_NULL_FATAL (copy);
      memcpy (copy, bytes, n);
      CU_ASSERT_EQUAL (optset_unpack (&t, copy, k, &e), -1);
      for (int bit = 0; bit < 8; bit++)
        {
          copy[k] ^= (unsigned char)(1 << bit);
          if (optset_unpack (&t, copy, n, &e) == 0)
            optset_fini (&t);
          copy[k] ^= (unsigned char)(1 << bit);
        }
      free (copy);
    }
  free (bytes);
  optset_fini (&s);
}

static void
test_limits (void)
{
  char *big = malloc (OPTSET_VALUE_MAX + 2);
  struct optset s;
  struct err e;
  size_t n;
  void *bytes;

  CU_ASSERT_PTR_NOT_NULL_FATAL (big);
  memset (big, 'x', OPTSET_VALUE_MAX + 1);
  big[OPTSET_VALUE_MAX + 1] = '\0';
  optset_init (&s, "sink \"file\"", "a.conf:1", "");
  CU_ASSERT_EQUAL (optset_add (&s, "path", big, "a.conf:2", &e), -1);
  CU_ASSERT_STRING_EQUAL (e.text, "a.conf:2: sink \"file\": path: the value has 65537 bytes, the limit is 65536");
  big[OPTSET_VALUE_MAX] = '\0';
  for (int i = 0; i < 16; i++)
    CU_ASSERT_EQUAL (optset_add (&s, "path", big, "a.conf:2", &e), 0);
  CU_ASSERT_EQUAL (optset_pack (&s, &bytes, &n, &e), -1);
  CU_ASSERT_PTR_NOT_NULL (strstr (e.text, "the limit is 1048576"));
  optset_fini (&s);
  free (big);
}

static void
test_units (void)
{
  char text[UNITS_TEXT];
  uint64_t size;
  int64_t v;
  uint32_t ppm;

  CU_ASSERT_EQUAL (units_int ("-9223372036854775808", &v), 0);
  CU_ASSERT_EQUAL (v, INT64_MIN);
  CU_ASSERT_EQUAL (units_int ("-9223372036854775809", &v), -2);
  CU_ASSERT_EQUAL (units_int ("", &v), -1);
  CU_ASSERT_EQUAL (units_int ("-", &v), -1);
  CU_ASSERT_EQUAL (units_int (" 1", &v), -1);
  CU_ASSERT_EQUAL (units_size ("18446744073709551615", &size), 0);
  CU_ASSERT_EQUAL (units_size ("16777216T", &size), -2);
  CU_ASSERT_EQUAL (units_size ("1k", &size), -1);
  CU_ASSERT_STRING_EQUAL (units_size_text (text, 1536), "1536");
  CU_ASSERT_STRING_EQUAL (units_size_text (text, 64 << 20), "64M");
  CU_ASSERT_EQUAL (units_duration ("106752d", &v), -2);
  CU_ASSERT_EQUAL (units_duration ("0", &v), 0);
  CU_ASSERT_STRING_EQUAL (units_duration_text (text, INT64_C (90000000000)), "90s");
  CU_ASSERT_EQUAL (units_percent ("2%", &ppm), 0);
  CU_ASSERT_EQUAL (ppm, 20000);
  CU_ASSERT_EQUAL (units_percent ("0.25%", &ppm), 0);
  CU_ASSERT_EQUAL (ppm, 2500);
  CU_ASSERT_EQUAL (units_percent ("100.0001%", &ppm), -2);
  CU_ASSERT_EQUAL (units_percent ("2", &ppm), -1);
  CU_ASSERT_STRING_EQUAL (nearest_of ("sevre", (const char *const[]){ "run", "serve", "check", NULL }), "serve");
  CU_ASSERT_PTR_NULL (nearest_of ("xyz", (const char *const[]){ "run", "serve", "check", NULL }));
}

int
main (void)
{
  CU_pSuite suite;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 99;
  suite = CU_add_suite ("options", NULL, NULL);
  CU_add_test (suite, "messages", test_messages);
  CU_add_test (suite, "fill", test_fill);
  CU_add_test (suite, "secrets", test_secrets);
  CU_add_test (suite, "bad tables", test_bad_tables);
  CU_add_test (suite, "pack", test_pack);
  CU_add_test (suite, "limits", test_limits);
  CU_add_test (suite, "units", test_units);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
