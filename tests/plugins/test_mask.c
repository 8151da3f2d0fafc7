/* SPDX-License-Identifier: Apache-2.0 */
/* test_mask.c - the mask filter: what is hidden, what stays, and that it refuses to run when it cannot be sure. */
#include "arrow_make.h"
#include "plug.h"
#include <penstock/column.h>

static const struct pen_plugin *plugin;
struct options
{
  struct pen_list columns;
  int64_t keep_last;
  const char *with;
  int mode;
};

static void *
create (const struct options *o)
{
  void *self = NULL;
  plug_said[0] = 0;
  return plugin->filter->create (&plug_host, o, &self) == PEN_OK ? self : NULL;
}

/* The texts of column i, joined by |; nulls as ~. */
static const char *
texts (const struct ArrowArray *batch, const struct ArrowSchema *schema, int64_t i)
{
  static char all[1024];
  struct pen_column c = { 0 };
  struct pen_type type;
  char *out = all;

  CU_ASSERT_FATAL (pen_type_read (schema->children[i], &type) == 0);
  CU_ASSERT_FATAL (pen_column_open (batch, i, type.kind, &c) == 0);
  for (int64_t row = 0; row < c.length; row++)
    {
      const uint8_t *p = (const uint8_t *)"~";
      size_t n = 1;
      if (!pen_column_is_null (&c, row))
        CU_ASSERT_FATAL (pen_column_bytes (&c, row, &p, &n) == 0);
      out += sprintf (out, "%s%.*s", row ? "|" : "", (int)n, (const char *)p);
    }
  return all;
}

static void
make_accounts (struct make *m, int64_t skip)
{
  make_init (m, 5, skip);
  make_column (m, "id", "i", (int32_t[]){ 1, 2, 3, 4, 5 }, 4, NULL);
  make_text (m, "account", (const char *[]){ "123456789", "1234", "12345", NULL, "é€😀xyéz" });
  make_text (m, "name", (const char *[]){ "Ann", "", "Bo", NULL, "C" });
  make_dict (m, "bank", (int32_t[]){ 0, 1, 0, 1, 0 }, (const char *[]){ "Alpha", "Beta" }, 2,
             (const char[]){ 0, 0, 0, 0, 1 });
}

static int
is (const char *got, const char *want)
{
  if (strcmp (got, want) == 0)
    return 1;
  fprintf (stderr, "\n\"%s\", not \"%s\"\n", got, want);
  return 0;
}

static void
test_mask (void)
{
  static const char *const columns[] = { "account", "entries.bank" };
  struct options o = { { 2, columns }, 4, "*", 0 };
  uint8_t keep[8];

  for (int64_t skip = 0; skip < 10; skip++)
    for (int64_t offset = 0; offset < 3; offset++)
      {
        const struct ArrowArray *out = NULL;
        struct ArrowSchema schema;
        struct make m;
        void *self = create (&o);
        CU_ASSERT_PTR_NOT_NULL_FATAL (self);
        make_accounts (&m, skip);
        m.batch.offset = offset;
        m.batch.length = 5 - offset;
        CU_ASSERT_FATAL (plugin->filter->plan (self, 0, "entries", &m.schema, &schema) == PEN_OK);
        for (int again = 0; again < 2; again++)
          {
            CU_ASSERT_FATAL (plugin->filter->apply (self, 0, &m.batch, &out, keep) == PEN_OK);
            CU_ASSERT (is (texts (out, &schema, 1), &"*****6789|****|*2345|~|***xyéz"[offset == 0   ? 0
                                                                                      : offset == 1 ? 10
                                                                                                    : 15]));
            CU_ASSERT (is (texts (out, &schema, 2), &"Ann||Bo|~|C"[offset == 0 ? 0 : offset == 1 ? 4 : 5]));
            CU_ASSERT (is (texts (out, &schema, 3), &"*lpha|****|*lpha|****|~"[offset == 0   ? 0
                                                                               : offset == 1 ? 6
                                                                                             : 11]));
          }
        CU_ASSERT_STRING_EQUAL (schema.children[3]->format, "u");
        CU_ASSERT_PTR_NULL (schema.children[3]->dictionary);
        plugin->filter->destroy (self);
        make_fini (&m);
      }
}

static void
test_modes (void)
{
  static const char *const columns[] = { "account" };
  struct options o = { { 1, columns }, 0, "xé", 0 };
  const struct ArrowArray *out;
  struct ArrowSchema schema;
  struct make m;
  void *self;

  make_accounts (&m, 1);
  self = create (&o);
  CU_ASSERT_PTR_NOT_NULL_FATAL (self);
  CU_ASSERT_FATAL (plugin->filter->plan (self, 0, "t", &m.schema, &schema) == PEN_OK);
  CU_ASSERT_FATAL (plugin->filter->apply (self, 0, &m.batch, &out, NULL) == PEN_OK);
  CU_ASSERT (is (texts (out, &schema, 1), "xéxéxéxéxéxéxéxéxé|xéxéxéxé|xéxéxéxéxé|~|xéxéxéxéxéxéxé"));
  plugin->filter->destroy (self);
  o.mode = 1;
  self = create (&o);
  CU_ASSERT_PTR_NOT_NULL_FATAL (self);
  CU_ASSERT_FATAL (plugin->filter->plan (self, 0, "t", &m.schema, &schema) == PEN_OK);
  CU_ASSERT (schema.children[1]->flags & ARROW_FLAG_NULLABLE);
  CU_ASSERT_FATAL (plugin->filter->apply (self, 0, &m.batch, &out, NULL) == PEN_OK);
  CU_ASSERT (is (texts (out, &schema, 1), "~|~|~|~|~"));
  CU_ASSERT (out->children[1]->null_count == 5);
  plugin->filter->destroy (self);
  make_fini (&m);
}

/* Each way to misname a column ends before a row gets through. */
static void
test_fails_closed (void)
{
  static const struct
  {
    const char *item, *said;
    int at_plan;
  } bad[] = { { "acount", "no table has a column \"acount\"", 0 },
              { "t.acount", "table t has no column \"acount\"", 1 },
              { "other.account", "no table has a column \"other.account\"", 0 },
              { "id", "column id is not text (format \"i\")", 1 },
              { "t.id", "column id is not text", 1 } };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      const char *columns[] = { "name", bad[i].item };
      struct options o = { { 2, columns }, 0, "*", 0 };
      const struct ArrowArray *out = NULL;
      struct ArrowSchema schema;
      struct make m;
      void *self = create (&o);
      CU_ASSERT_PTR_NOT_NULL_FATAL (self);
      make_accounts (&m, 0);
      CU_ASSERT (plugin->filter->plan (self, 0, "t", &m.schema, &schema) == (bad[i].at_plan ? PEN_ERR : PEN_OK));
      if (!bad[i].at_plan)
        {
          CU_ASSERT (plugin->filter->apply (self, 0, &m.batch, &out, NULL) == PEN_ERR);
          CU_ASSERT_PTR_NULL (out);
        }
      CU_ASSERT (plug_has_said (bad[i].said));
      plugin->filter->destroy (self);
      make_fini (&m);
    }
}

static void
test_several_tables (void)
{
  static const char *const columns[] = { "second.account" };
  struct options o = { { 1, columns }, 0, "*", 0 };
  const struct ArrowArray *out;
  struct ArrowSchema schema[2];
  struct make m;
  void *self = create (&o);

  CU_ASSERT_PTR_NOT_NULL_FATAL (self);
  make_accounts (&m, 0);
  CU_ASSERT_FATAL (plugin->filter->plan (self, 0, "first", &m.schema, &schema[0]) == PEN_OK);
  CU_ASSERT_FATAL (plugin->filter->plan (self, 1, "second", &m.schema, &schema[1]) == PEN_OK);
  CU_ASSERT_FATAL (plugin->filter->apply (self, 0, &m.batch, &out, NULL) == PEN_OK);
  CU_ASSERT_PTR_EQUAL (out, &m.batch);
  CU_ASSERT_FATAL (plugin->filter->apply (self, 1, &m.batch, &out, NULL) == PEN_OK);
  CU_ASSERT (is (texts (out, &schema[1], 1), "*********|****|*****|~|*******"));
  plugin->filter->destroy (self);
  make_fini (&m);
}

static void
test_bad_options (void)
{
  static const char *const columns[] = { "a" };
  struct options none = { { 0, NULL }, 0, "*", 0 }, empty = { { 1, columns }, 0, "", 0 },
                 bytes = { { 1, columns }, 0, "\xff", 0 };

  CU_ASSERT (plugin->check (&plug_host, &none) == PEN_ERR);
  CU_ASSERT (plugin->check (&plug_host, &empty) == PEN_ERR);
  CU_ASSERT (plugin->check (&plug_host, &bytes) == PEN_ERR);
  CU_ASSERT (plug_has_said ("UTF-8"));
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("mask");
  if (CU_initialize_registry () || !(s = CU_add_suite ("mask", NULL, NULL)))
    return 1;
  CU_add_test (s, "characters hidden", test_mask);
  CU_add_test (s, "modes", test_modes);
  CU_add_test (s, "fails closed", test_fails_closed);
  CU_add_test (s, "several tables", test_several_tables);
  CU_add_test (s, "bad options", test_bad_options);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
