/* SPDX-License-Identifier: Apache-2.0 */
/* test_jsonl.c - the jsonl encoder: exact bytes, hostile strings read back by another JSON library, every buffer size.
 */
#include "arrow_make.h"
#include "plug.h"
#include <jansson.h>

static const struct pen_plugin *plugin;
struct options
{
  int decimals, nulls, rows;
};
enum
{
  KEEP,
  OMIT,
  AUTO
};
#define ARRAYS 1

/* Encodes all rows of m into buffers of `cap` bytes; the whole output, NUL-terminated, malloc'ed; NULL on failure. */
static char *
encode (struct make *m, struct options o, int merged, size_t cap, size_t *len)
{
  void *self = NULL;
  char *all = malloc (1 << 20), *buf = malloc (cap);
  size_t row = 0, n, total = 0;
  int r;

  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
  r = plugin->encoder->table (self, 0, "entries", &m->schema, merged);
  while (r == PEN_OK || r == PEN_MORE)
    {
      r = plugin->encoder->encode (self, 0, &m->batch, &row, (size_t)m->rows, buf, cap, &n);
      CU_ASSERT (n <= cap);
      memcpy (all + total, buf, n);
      total += n;
      if (r == PEN_OK || (r == PEN_MORE && n == 0))
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

static void
make_every_kind (struct make *m, int64_t skip)
{
  static const char null2[] = { 0, 1, 0 };
  make_init (m, 3, skip);
  make_dict (m, "_object", (int32_t[]){ 0, 1, 0 }, (const char *[]){ "a.ach", "b\"c.ach" }, 2, NULL);
  make_column (m, "i", "i", (int32_t[]){ 1, -2147483647 - 1, 2147483647 }, 4, NULL);
  make_column (m, "l", "l", (int64_t[]){ INT64_MIN, 7, INT64_MAX }, 8, null2);
  make_column (m, "g", "g", (double[]){ 0.1, -1e300, 2 }, 8, NULL);
  make_bool (m, "b", (const char[]){ 1, 0, 1 });
  make_text (m, "u", (const char *[]){ "", "x", NULL });
  make_bytes (m, "z", "z", (struct make_bytes[]){ { "\0\xff", 2 }, { NULL, 0 }, { "abc", 3 } });
  make_column (m, "d", "d:18,2", (__int128[]){ 12345, -5, 0 }, 16, NULL);
  make_column (m, "t", "tdD", (int32_t[]){ 20778, -1, 0 }, 4, NULL);
  make_column (m, "ts", "tsu:UTC", (int64_t[]){ 1795253400000000, -1, 1 }, 8, NULL);
  make_column (m, "tl", "tsu:", (int64_t[]){ 0, 86399999999, 60000000 }, 8, NULL);
}

static const char every_kind[] =
    "{\"_object\":\"a.ach\",\"i\":1,\"l\":-9223372036854775808,\"g\":0.1,\"b\":true,\"u\":\"\",\"z\":\"AP8=\","
    "\"d\":\"123.45\",\"t\":\"2026-11-21\",\"ts\":\"2026-11-21T09:30:00Z\",\"tl\":\"1970-01-01T00:00:00\"}\n"
    "{\"_object\":\"b\\\"c.ach\",\"i\":-2147483648,\"l\":null,\"g\":-1e+300,\"b\":false,\"u\":\"x\",\"z\":null,"
    "\"d\":\"-0.05\",\"t\":\"1969-12-31\",\"ts\":\"1969-12-31T23:59:59.999999Z\",\"tl\":\"1970-01-01T23:59:59.999999\"}"
    "\n"
    "{\"_object\":\"a.ach\",\"i\":2147483647,\"l\":9223372036854775807,\"g\":2,\"b\":true,\"u\":null,\"z\":\"YWJj\","
    "\"d\":\"0.00\",\"t\":\"1970-01-01\",\"ts\":\"1970-01-01T00:00:00.000001Z\",\"tl\":\"1970-01-01T00:01:00\"}\n";

static void
test_every_kind (void)
{
  for (int64_t skip = 0; skip < 10; skip++)
    {
      struct make m;
      char *out;
      make_every_kind (&m, skip);
      out = encode (&m, (struct options){ 0, KEEP, 0 }, 0, 65536, NULL);
      CU_ASSERT_PTR_NOT_NULL_FATAL (out);
      CU_ASSERT_STRING_EQUAL (out, every_kind);
      free (out);
      make_fini (&m);
    }
}

/* The same bytes whatever the buffers, and PEN_MORE with nothing for a row that is longer than a buffer. */
static void
test_buffers (void)
{
  struct make m;
  size_t widest = 0;

  make_every_kind (&m, 2);
  for (const char *p = every_kind, *nl; *p; p = nl + 1)
    {
      nl = strchr (p, '\n');
      widest = (size_t)(nl - p) + 1 > widest ? (size_t)(nl - p) + 1 : widest;
    }
  for (size_t cap = 1; cap < 3000; cap++)
    {
      char *out = encode (&m, (struct options){ 0, KEEP, 0 }, 0, cap, NULL);
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
  char *out;

  make_init (&m, 2, 0);
  make_text (&m, "a", (const char *[]){ NULL, "x" });
  make_column (&m, "d", "d:18,3", (__int128[]){ 1500, -1 }, 16, (const char[]){ 0, 1 });
  out = encode (&m, (struct options){ 1, KEEP, 0 }, 1, 65536, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (
      out, "{\"_table\":\"entries\",\"a\":null,\"d\":1.500}\n{\"_table\":\"entries\",\"a\":\"x\",\"d\":null}\n");
  free (out);
  out = encode (&m, (struct options){ 0, OMIT, 0 }, 0, 65536, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "{\"d\":\"1.500\"}\n{\"a\":\"x\"}\n");
  free (out);
  out = encode (&m, (struct options){ 0, AUTO, 0 }, 0, 65536, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "{\"d\":\"1.500\"}\n{\"a\":\"x\"}\n");
  free (out);
  make_fini (&m);
}

/* ---- rows = "arrays" ---- */

/* What stands before the rows of m's stream, NUL-terminated; NULL on failure. */
static char *
head (struct make *m, struct options o, size_t cap)
{
  void *self = NULL;
  char *buf = malloc (cap + 1);
  size_t n = 0;

  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
  CU_ASSERT_FATAL (plugin->encoder->table (self, 0, "entries", &m->schema, 0) == PEN_OK);
  if (plugin->encoder->head (self, 0, buf, cap, &n) != PEN_OK)
    {
      free (buf);
      buf = NULL;
    }
  else
    buf[n] = 0;
  plugin->encoder->destroy (self);
  return buf;
}

/* Every kind of value, at every offset of the batch, in every buffer: the values of the objects, in their order. */
static void
test_arrays (void)
{
  static const char want[] =
      "[\"a.ach\",1,-9223372036854775808,0.1,true,\"\",\"AP8=\",\"123.45\",\"2026-11-21\",\"2026-11-21T09:30:00Z\","
      "\"1970-01-01T00:00:00\"]\n"
      "[\"b\\\"c.ach\",-2147483648,null,-1e+300,false,\"x\",null,\"-0.05\",\"1969-12-31\","
      "\"1969-12-31T23:59:59.999999Z\",\"1970-01-01T23:59:59.999999\"]\n"
      "[\"a.ach\",2147483647,9223372036854775807,2,true,null,\"YWJj\",\"0.00\",\"1970-01-01\","
      "\"1970-01-01T00:00:00.000001Z\",\"1970-01-01T00:01:00\"]\n";

  for (int nulls = KEEP; nulls <= AUTO; nulls += AUTO)
    for (int64_t skip = 0; skip < 10; skip++)
      for (size_t cap = 180; cap < 65536; cap += cap < 2000 ? 7 : 30000)
        {
          struct make m;
          char *out;
          make_every_kind (&m, skip);
          out = encode (&m, (struct options){ 0, nulls, ARRAYS }, 0, cap, NULL);
          CU_ASSERT_PTR_NOT_NULL_FATAL (out);
          CU_ASSERT_STRING_EQUAL (out, want);
          free (out);
          make_fini (&m);
        }
}

static void
test_arrays_head (void)
{
  struct make m;
  char *out;

  make_every_kind (&m, 0);
  out = head (&m, (struct options){ 0, AUTO, ARRAYS }, 65536);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "[\"_object\",\"i\",\"l\",\"g\",\"b\",\"u\",\"z\",\"d\",\"t\",\"ts\",\"tl\"]\n");
  for (size_t cap = 1; cap < strlen (out) + 2; cap++)
    {
      char *again = head (&m, (struct options){ 0, AUTO, ARRAYS }, cap);
      if (cap < strlen (out))
        CU_ASSERT_PTR_NULL (again)
      else
        CU_ASSERT_STRING_EQUAL (again, out);
      free (again);
    }
  free (out);
  out = head (&m, (struct options){ 0, AUTO, 0 }, 16);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "");
  free (out);
  make_fini (&m);

  make_init (&m, 1, 0);
  make_text (&m, "a \"b\"\n", (const char *[]){ NULL });
  out = head (&m, (struct options){ 0, AUTO, ARRAYS }, 65536);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "[\"a \\\"b\\\"\\n\"]\n");
  free (out);
  out = encode (&m, (struct options){ 0, AUTO, ARRAYS }, 0, 65536, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "[null]\n");
  free (out);
  make_fini (&m);

  make_init (&m, 1, 0);
  make_text (&m, "a\xff", (const char *[]){ NULL });
  plug_said[0] = 0;
  {
    void *self;
    struct options o = { 0, AUTO, ARRAYS };
    size_t n;
    char buf[64];
    CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
    CU_ASSERT (plugin->encoder->table (self, 0, "entries", &m.schema, 0) != PEN_OK
               || plugin->encoder->head (self, 0, buf, sizeof buf, &n) != PEN_OK);
    CU_ASSERT (plug_has_said ("UTF-8"));
    plugin->encoder->destroy (self);
  }
  make_fini (&m);
}

/* What cannot be is said. */
static void
test_arrays_refused (void)
{
  struct options omit = { 0, OMIT, ARRAYS }, fine = { 0, AUTO, ARRAYS };
  void *self = NULL;
  struct make m;

  plug_said[0] = 0;
  CU_ASSERT (plugin->check (&plug_host, &omit) == PEN_ERR);
  CU_ASSERT (plug_has_said ("nulls: \"omit\" does not go with rows = \"arrays\""));
  CU_ASSERT (plugin->encoder->create (&plug_host, &omit, &self) == PEN_ERR);
  CU_ASSERT (plugin->check (&plug_host, &fine) == PEN_OK);

  make_init (&m, 1, 0);
  make_text (&m, "a", (const char *[]){ "x" });
  plug_said[0] = 0;
  CU_ASSERT_PTR_NULL (encode (&m, fine, 1, 65536, NULL));
  CU_ASSERT (plug_has_said ("several tables cannot share one stream"));
  make_fini (&m);
}

/* Encodes `step` rows a call. */
static char *
encode_steps (struct make *m, struct options o, int merged, size_t step)
{
  void *self = NULL;
  char *all = malloc (1 << 18);
  size_t row = 0, n, total = 0;

  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
  CU_ASSERT_FATAL (plugin->encoder->table (self, 0, "entries", &m->schema, merged) == PEN_OK);
  while (row < (size_t)m->rows)
    {
      size_t end = row + step < (size_t)m->rows ? row + step : (size_t)m->rows;
      CU_ASSERT_FATAL (plugin->encoder->encode (self, 0, &m->batch, &row, end, all + total, 65536, &n) == PEN_OK);
      total += n;
    }
  plugin->encoder->destroy (self);
  all[total] = 0;
  return all;
}

#define MANY 100
/* Columns that never change, that change once, that are empty, that are empty now and then. */
static void
make_alike (struct make *m, int64_t skip)
{
  int32_t word[MANY], same[MANY], once[MANY], day[MANY];
  int64_t next[MANY], stamp[MANY];
  __int128 money[MANY];
  const char *text[MANY], *rare[MANY], *none[MANY];
  char gone[MANY];

  for (int i = 0; i < MANY; i++)
    {
      word[i] = 0, same[i] = 94, once[i] = i < 60 ? 1 : 2, day[i] = 20778, next[i] = 95 + i, stamp[i] = 0;
      money[i] = 150, text[i] = i % 3 ? "plain" : "a \"quoted\" one", rare[i] = i % 7 ? NULL : "x", none[i] = NULL;
      gone[i] = 1;
    }
  make_init (m, MANY, skip);
  make_column (m, "file", "i", same, 4, NULL);
  make_column (m, "batch", "i", once, 4, NULL);
  make_text (m, "none", none);
  m->data[2].null_count = MANY;
  make_text (m, "text", text);
  make_column (m, "money", "d:18,2", money, 16, NULL);
  make_text (m, "rare", rare);
  make_column (m, "gone", "l", next, 8, gone);
  m->data[6].null_count = MANY;
  make_column (m, "day", "tdD", day, 4, NULL);
  make_column (m, "stamp", "tsu:UTC", stamp, 8, NULL);
  make_dict (m, "_object", word, (const char *[]){ "an object with a name longer than sixteen bytes" }, 1, NULL);
  make_column (m, "_offset", "l", next, 8, NULL);
  make_column (m, "_length", "i", same, 4, NULL);
}

static void
test_alike (void)
{
  static const char first[] =
      "{\"file\":94,\"batch\":1,\"text\":\"a \\\"quoted\\\" one\",\"money\":\"1.50\",\"rare\":\"x\","
      "\"day\":\"2026-11-21\",\"stamp\":\"1970-01-01T00:00:00Z\","
      "\"_object\":\"an object with a name longer than sixteen bytes\",\"_offset\":95,\"_length\":94}\n";
  static const char first_array[] =
      "[94,1,null,\"a \\\"quoted\\\" one\",\"1.50\",\"x\",null,\"2026-11-21\",\"1970-01-01T00:00:00Z\","
      "\"an object with a name longer than sixteen bytes\",95,94]\n"
      "[94,1,null,\"plain\",\"1.50\",null,null,\"2026-11-21\",\"1970-01-01T00:00:00Z\","
      "\"an object with a name longer than sixteen bytes\",96,94]\n";

  for (int way = 0; way < 10; way++)
    {
      /* the last two: arrays */
      struct options o = { way & 1, way < 8 ? way >> 1 & 1 : AUTO, way >= 8 };
      int merged = way < 8 && way >> 2;
      struct make m;
      char *want, *got;

      make_alike (&m, way);
      want = encode_steps (&m, o, merged, 1);
      if (way == 8)
        CU_ASSERT (strncmp (want, first_array, strlen (first_array)) == 0);
      if (way == 2)
        CU_ASSERT (strncmp (want, first, strlen (first)) == 0);
      for (size_t step = 2; step <= MANY; step++)
        {
          got = encode_steps (&m, o, merged, step);
          CU_ASSERT_STRING_EQUAL (got, want);
          free (got);
        }
      for (size_t cap = 800; cap < 9000; cap += 391)
        {
          got = encode (&m, o, merged, cap, NULL);
          CU_ASSERT_PTR_NOT_NULL_FATAL (got);
          CU_ASSERT_STRING_EQUAL (got, want);
          free (got);
        }
      free (want);
      make_fini (&m);
    }
}

static void
test_nothing_left (void)
{
  struct make m;
  char *out;

  make_init (&m, 1, 0);
  make_text (&m, "a", (const char *[]){ NULL });
  out = encode (&m, (struct options){ 0, OMIT, 0 }, 0, 65536, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "{}\n");
  free (out);
  make_fini (&m);
}

/* Every control character, quote, backslash and multibyte character at every place of texts up to 40 bytes. */
static void
test_strings (void)
{
  static const char *const bad[] = { "\x01",
                                     "\t",
                                     "\n",
                                     "\r",
                                     "\x1f",
                                     "\"",
                                     "\\",
                                     "\x7f",
                                     "é",
                                     "\u20ac",
                                     "/",
                                     "=",
                                     "😀",
                                     "\xed\x9f\xbf",
                                     "\xf4\x8f\xbf\xbf" };

  for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
    {
      const char *text[40];
      char store[40][64], name[64];
      struct make m;
      char *out, *line, *save = NULL;

      make_init (&m, 40, 3);
      for (int i = 0; i < 40; i++)
        {
          snprintf (store[i], sizeof store[i], "%.*s%s%.*s", i, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV",
                    bad[b], (i * 7) % 17, "0123456789abcdefg");
          text[i] = store[i];
        }
      snprintf (name, sizeof name, "k%s", bad[b]);
      make_text (&m, name, text);
      out = encode (&m, (struct options){ 0, KEEP, 0 }, 0, 65536, NULL);
      CU_ASSERT_PTR_NOT_NULL_FATAL (out);
      line = strtok_r (out, "\n", &save);
      for (int i = 0; i < 40; i++, line = strtok_r (NULL, "\n", &save))
        {
          json_t *j = line ? json_loads (line, 0, NULL) : NULL;
          CU_ASSERT_PTR_NOT_NULL_FATAL (j);
          CU_ASSERT_STRING_EQUAL (json_string_value (json_object_get (j, name)), text[i]);
          json_decref (j);
        }
      CU_ASSERT_PTR_NULL (line);
      free (out);
      make_fini (&m);
    }
}

static void
test_nul_inside (void)
{
  struct make m;
  char *out;

  make_init (&m, 1, 0);
  make_bytes (&m, "a", "u", (struct make_bytes[]){ { "x\0y", 3 } });
  out = encode (&m, (struct options){ 0, KEEP, 0 }, 0, 65536, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  CU_ASSERT_STRING_EQUAL (out, "{\"a\":\"x\\u0000y\"}\n");
  free (out);
  make_fini (&m);
}

static void
test_not_utf8 (void)
{
  static const char *const bad[] = { "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                     "\xff", "\xc3",     "\xe2\x82" };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    for (int dict = 0; dict < 2; dict++)
      {
        char text[64];
        struct make m;
        snprintf (text, sizeof text, "0123456789%s", bad[i]);
        make_init (&m, 1, 0);
        if (dict)
          make_dict (&m, "a", (int32_t[]){ 0 }, (const char *[]){ text }, 1, NULL);
        else
          make_text (&m, "a", (const char *[]){ text });
        plug_said[0] = 0;
        CU_ASSERT_PTR_NULL (encode (&m, (struct options){ 0, KEEP, 0 }, 0, 65536, NULL));
        CU_ASSERT (plug_has_said ("table entries, column a"));
        CU_ASSERT (plug_has_said ("UTF-8"));
        make_fini (&m);
      }
}

/* The dictionary changes under the same addresses from one batch to the next. */
static void
test_dictionary_reused (void)
{
  struct make m;
  struct options o = { 0, KEEP, 0 };
  void *self;
  char buf[256];
  size_t row, n;

  make_init (&m, 1, 0);
  make_dict (&m, "_object", (int32_t[]){ 0 }, (const char *[]){ "aaaa" }, 1, NULL);
  CU_ASSERT_FATAL (plugin->encoder->create (&plug_host, &o, &self) == PEN_OK);
  CU_ASSERT_FATAL (plugin->encoder->table (self, 0, "t", &m.schema, 0) == PEN_OK);
  for (const char *const *w = (const char *const[]){ "aaaa", "b\nbb", "cccc", NULL }; *w; w++)
    {
      char want[64];
      memcpy ((char *)m.buffer[MAKE_COLUMNS][2], *w, 4);
      row = 0;
      CU_ASSERT (plugin->encoder->encode (self, 0, &m.batch, &row, 1, buf, sizeof buf, &n) == PEN_OK);
      snprintf (want, sizeof want, "{\"_object\":\"%s\"}\n", (*w)[0] == 'b' ? "b\\nbb" : *w);
      CU_ASSERT (n == strlen (want) && memcmp (buf, want, n) == 0);
    }
  plugin->encoder->destroy (self);
  make_fini (&m);
}

static void
test_bad_index (void)
{
  struct make m;

  make_init (&m, 1, 0);
  make_dict (&m, "_object", (int32_t[]){ 1 }, (const char *[]){ "a" }, 1, NULL);
  CU_ASSERT_PTR_NULL (encode (&m, (struct options){ 0, KEEP, 0 }, 0, 65536, NULL));
  CU_ASSERT (plug_has_said ("not in its dictionary"));
  make_fini (&m);
}

static void
test_unknown_format (void)
{
  struct make m;

  make_init (&m, 1, 0);
  make_column (&m, "f", "f", (float[]){ 1 }, 4, NULL);
  CU_ASSERT_PTR_NULL (encode (&m, (struct options){ 0, KEEP, 0 }, 0, 65536, NULL));
  CU_ASSERT (plug_has_said ("format \"f\" is not known"));
  make_fini (&m);
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("jsonl");
  if (CU_initialize_registry () || !(s = CU_add_suite ("jsonl", NULL, NULL)))
    return 1;
  CU_add_test (s, "every kind of value", test_every_kind);
  CU_add_test (s, "every size of buffer", test_buffers);
  CU_add_test (s, "options", test_options);
  CU_add_test (s, "arrays: every kind of value, every size of buffer", test_arrays);
  CU_add_test (s, "arrays: the list of columns", test_arrays_head);
  CU_add_test (s, "arrays: what does not go with them", test_arrays_refused);
  CU_add_test (s, "rows alike, in steps of any size", test_alike);
  CU_add_test (s, "all keys left out", test_nothing_left);
  CU_add_test (s, "hostile strings come back", test_strings);
  CU_add_test (s, "NUL in a text", test_nul_inside);
  CU_add_test (s, "text that is not UTF-8", test_not_utf8);
  CU_add_test (s, "dictionary changed in place", test_dictionary_reused);
  CU_add_test (s, "index outside of the dictionary", test_bad_index);
  CU_add_test (s, "unknown format", test_unknown_format);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
