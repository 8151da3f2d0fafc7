/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv.c - the CSV encoder: exact bytes for each option, hostile strings read back by an RFC 4180 reader of the
 * test's own, every buffer size. */
#include "arrow_make.h"
#include "plug.h"
#include <stdbool.h>

static const struct pen_plugin *plugin;
struct options
{
  int delimiter, quote, line_end, formula_guard;
  const char *null;
  bool header;
};
static const struct options plain = { 0, 0, 0, 0, "", true };

/* Header and all rows in buffers of `cap` bytes; NUL-terminated, malloc'ed; NULL on failure. */
static char *
encode (struct make *m, struct options o, size_t cap, size_t *len)
{
  void *self = NULL;
  char *all = malloc (1 << 20), *buf = malloc (cap);
  size_t row = 0, n = 0, total = 0;
  int r;

  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
  r = plugin->encoder->table (self, 0, "entries", &m->schema, 0);
  if (r == PEN_OK)
    r = plugin->encoder->head (self, 0, all, 65536, &total);
  while (r == PEN_OK || r == PEN_MORE)
    {
      r = plugin->encoder->encode (self, 0, &m->batch, &row, (size_t)m->rows, buf, cap, &n);
      CU_ASSERT (n <= cap);
      memcpy (all + total, buf, n);
      total += n;
      if (r != PEN_MORE || !n)
        break;
    }
  plugin->encoder->destroy (self);
  free (buf);
  all[total] = 0;
  if (len)
    *len = total;
  if (r == PEN_OK && row == (size_t)m->rows)
    return all;
  free (all);
  return NULL;
}

static int
gives (struct make *m, struct options o, const char *want)
{
  char *out = encode (m, o, 65536, NULL);
  int same = out && strcmp (out, want) == 0;
  if (!same)
    fprintf (stderr, "\n\"%s\", not \"%s\"\n", out ? out : plug_said, want);
  free (out);
  return same;
}

static void
make_every_kind (struct make *m, int64_t skip)
{
  make_init (m, 2, skip);
  make_dict (m, "_object", (int32_t[]){ 0, 1 }, (const char *[]){ "a.ach", "b\"c.ach" }, 2, NULL);
  make_column (m, "i", "i", (int32_t[]){ 1, -2147483647 - 1 }, 4, NULL);
  make_column (m, "l", "l", (int64_t[]){ INT64_MIN, 7 }, 8, (const char[]){ 0, 1 });
  make_column (m, "g", "g", (double[]){ 0.1, 2 }, 8, NULL);
  make_bool (m, "b", (const char[]){ 1, 0 });
  make_text (m, "u,v", (const char *[]){ "", NULL });
  make_bytes (m, "z", "z", (struct make_bytes[]){ { "\0\xff", 2 }, { "\xf8\xff", 2 } });
  make_column (m, "d", "d:18,2", (__int128[]){ 12345, -5 }, 16, NULL);
  make_column (m, "t", "tdD", (int32_t[]){ 20778, -1 }, 4, NULL);
  make_column (m, "ts", "tsu:", (int64_t[]){ 0, 1 }, 8, NULL);
}

static const char every_kind[] =
    "_object,i,l,g,b,\"u,v\",z,d,t,ts\n"
    "a.ach,1,-9223372036854775808,0.1,true,\"\",AP8=,123.45,2026-11-21,1970-01-01T00:00:00\n"
    "\"b\"\"c.ach\",-2147483648,,2,false,,+P8=,-0.05,1969-12-31,1970-01-01T00:00:00.000001\n";

static void
test_every_kind (void)
{
  for (int64_t skip = 0; skip < 10; skip++)
    {
      struct make m;
      make_every_kind (&m, skip);
      CU_ASSERT (gives (&m, plain, every_kind));
      make_fini (&m);
    }
}

static void
test_buffers (void)
{
  const char *first = strchr (every_kind, '\n') + 1, *second = strchr (first, '\n') + 1;
  size_t widest = (size_t)(second - first) > strlen (second) ? (size_t)(second - first) : strlen (second);
  struct make m;

  make_every_kind (&m, 2);
  for (size_t cap = 1; cap < 2000; cap++)
    {
      char *out = encode (&m, plain, cap, NULL);
      if (cap < widest)
        CU_ASSERT_PTR_NULL (out)
      else
        {
          CU_ASSERT_PTR_NOT_NULL_FATAL (out);
          CU_ASSERT_STRING_EQUAL (out, every_kind);
        }
      free (out);
    }
  make_fini (&m);
}

static void
test_options (void)
{
  struct make m;

  make_init (&m, 3, 0);
  make_text (&m, "a", (const char *[]){ "x;y", NULL, "NULL" });
  make_column (&m, "n", "i", (int32_t[]){ 0, 7, -1 }, 4, NULL);
  CU_ASSERT (gives (&m, (struct options){ 2, 0, 1, 0, "NULL", true }, "a;n\r\n\"x;y\";0\r\nNULL;7\r\n\"NULL\";-1\r\n"));
  CU_ASSERT (gives (&m, (struct options){ 1, 0, 0, 0, "7", false }, "x;y\t0\n7\t\"7\"\nNULL\t-1\n"));
  CU_ASSERT (
      gives (&m, (struct options){ 3, 1, 0, 0, "", true }, "\"a\"|\"n\"\n\"x;y\"|\"0\"\n|\"7\"\n\"NULL\"|\"-1\"\n"));
  make_fini (&m);
}

static void
test_formula_guard (void)
{
  struct make m;

  make_init (&m, 7, 0);
  make_text (&m, "t", (const char *[]){ "=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=b" });
  make_column (&m, "n", "i", (int32_t[]){ -1, -2, -3, -4, -5, -6, -7 }, 4, NULL);
  CU_ASSERT (gives (&m, (struct options){ 0, 0, 0, 1, "", false },
                    "'=1+1,-1\n'+1,-2\n'-1,-3\n'@x,-4\n'\tx,-5\n\"'\rx\",-6\na=b,-7\n"));
  CU_ASSERT (gives (&m, (struct options){ 0, 0, 0, 0, "", false },
                    "=1+1,-1\n+1,-2\n-1,-3\n@x,-4\n\tx,-5\n\"\rx\",-6\na=b,-7\n"));
  make_fini (&m);
}

static void
test_single_null (void)
{
  struct make m;

  make_init (&m, 1, 0);
  make_text (&m, "a", (const char *[]){ NULL });
  CU_ASSERT (gives (&m, plain, "a\n\"\"\n"));
  make_fini (&m);
}

/* One cell off *p: its value into out. Returns the byte after it (delimiter or LF), -1 where RFC 4180 is broken. */
static int
read_cell (const char **p, char *out)
{
  const char *s = *p;

  if (*s == '"')
    {
      for (s++; *s != '"' || s[1] == '"'; s++)
        {
          if (!*s)
            return -1;
          s += *s == '"';
          *out++ = *s;
        }
      s++;
    }
  else
    for (; *s && *s != ',' && *s != '\n'; s++)
      {
        if (*s == '"' || *s == '\r')
          return -1;
        *out++ = *s;
      }
  *out = 0;
  *p = s + 1;
  return *s;
}

static void
test_strings (void)
{
  static const char *const bad[] = { "\"", ",", "\n", "\r", "\"\"", "é", "\u20ac", "😀", "=", "\x01", ";", "\",\"" };

  for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
    for (int quote = 0; quote < 2; quote++)
      {
        struct options o = plain;
        const char *text[40], *p;
        char store[40][64], cell[128], *out;
        struct make m;

        o.quote = quote;
        make_init (&m, 40, 3);
        for (int i = 0; i < 40; i++)
          {
            snprintf (store[i], sizeof store[i], "%.*s%s%.*s", i, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV",
                      bad[b], (i * 7) % 17, "0123456789abcdefg");
            text[i] = store[i];
          }
        make_text (&m, "a", text);
        make_text (&m, "b", text);
        o.header = false;
        out = encode (&m, o, 65536, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL (out);
        p = out;
        for (int i = 0; i < 40; i++)
          {
            CU_ASSERT_FATAL (read_cell (&p, cell) == ',');
            CU_ASSERT_STRING_EQUAL (cell, text[i]);
            CU_ASSERT_FATAL (read_cell (&p, cell) == '\n');
            CU_ASSERT_STRING_EQUAL (cell, text[i]);
          }
        CU_ASSERT (*p == 0);
        free (out);
        make_fini (&m);
      }
}

static void
test_refused (void)
{
  struct options o = plain;
  struct make m;
  void *self;

  o.null = "a,b";
  CU_ASSERT (plugin->check (&plug_host, &o) == PEN_ERR);
  CU_ASSERT (plug_has_said ("null: \"a,b\""));
  make_init (&m, 1, 0);
  make_text (&m, "a", (const char *[]){ "0123456789012345\xff" });
  CU_ASSERT_PTR_NULL (encode (&m, plain, 65536, NULL));
  CU_ASSERT (plug_has_said ("table entries, column a: row 0 of the batch is not UTF-8"));
  o = plain;
  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
  CU_ASSERT (plugin->encoder->table (self, 0, "entries", &m.schema, 1) == PEN_ERR);
  CU_ASSERT (plug_has_said ("cannot share one CSV stream"));
  CU_ASSERT (!(plugin->encoder->flags & PEN_ENC_MERGES));
  plugin->encoder->destroy (self);
  make_fini (&m);
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("encoder-csv");
  if (CU_initialize_registry () || !(s = CU_add_suite ("csv", NULL, NULL)))
    return 1;
  CU_add_test (s, "every kind of value", test_every_kind);
  CU_add_test (s, "every size of buffer", test_buffers);
  CU_add_test (s, "options", test_options);
  CU_add_test (s, "formula guard", test_formula_guard);
  CU_add_test (s, "a single null", test_single_null);
  CU_add_test (s, "hostile strings come back", test_strings);
  CU_add_test (s, "refused", test_refused);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
