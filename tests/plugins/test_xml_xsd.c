/* SPDX-License-Identifier: Apache-2.0 */
/* test_xml_xsd.c - documents validated with schemas of the user, record by record and as a whole: good and bad ones at every
 * chunk size, and the limits of length and memory. */
#include <CUnit/Basic.h>
#include <penstock/testhost.h>

static char *input;
static size_t n_input;

static const char *
below_top (const char *path)
{
  static char full[1024];
  const char *src = getenv ("srcdir");
  snprintf (full, sizeof full, "%s/%s", src ? src : ".", path);
  return full;
}

static void
load (void)
{
  FILE *f = fopen (below_top ("tests/data/xml/orders.xml"), "r");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  input = realloc (input, 1 << 16);
  CU_ASSERT_PTR_NOT_NULL_FATAL (input);
  n_input = fread (input, 1, (1 << 16) - 1, f);
  input[n_input] = 0;
  fclose (f);
}

static void
replace (const char *from, const char *to)
{
  char *at = strstr (input, from);
  CU_ASSERT_PTR_NOT_NULL_FATAL (at);
  memmove (at + strlen (to), at + strlen (from), strlen (at + strlen (from)) + 1);
  memcpy (at, to, strlen (to));
  n_input = strlen (input);
}

static struct pen_test *
validating (const char *document)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  t->reuse = 1;
  CU_ASSERT_FATAL (pen_test_option (t, "record", "/s:Orders/s:Order") == 0);
  CU_ASSERT_FATAL (pen_test_option (t, "namespaces", "s=urn:example:shop") == 0);
  CU_ASSERT_FATAL (pen_test_option (t, "columns", "id string path(@id)") == 0);
  CU_ASSERT_FATAL (pen_test_option (t, "schema.directory", below_top ("tests/data/xml/schemas")) == 0);
  CU_ASSERT_FATAL (pen_test_option (t, "schema.files", "orders.xsd") == 0);
  if (document)
    {
      t->longer = strtoull (document, NULL, 10);
      CU_ASSERT_FATAL (pen_test_option (t, "schema.document", document) == 0);
    }
  return t;
}

/* Changes to a good file, and the finding with records and with the document: NULL is none. */
static const struct
{
  const char *from, *to, *record, *document, *text;
} all[] = {
  { "A-1", "A-1", NULL, NULL, NULL },
  { "\"USD\"", "\"GBP\"", "xsd record 588 ", "xsd record 588 ", "'GBP' is not an element of the set {'EUR', 'USD'}" },
  { "<Total currency=\"USD\">7</Total>", "", "xsd record 588 ", "xsd record 588 ", "Missing child element(s)" },
  { "<Quantity>10", "<Quantity>-1", "xsd record 166 ", "xsd record 166 ", "'-1' is not a valid value" },
  { "<Note>left</Note>", "<Note><b>left</b></Note>", "xsd record 166 ", "xsd record 166 ", "Element 'Note'" },
  { "id=\"A-2\"", "id=\"A-2\" x:id=\"\"", "xsd record 588 ", "xsd record 588 ", "is not allowed" },
  { "\"A-2\"", "\"A-1\"", NULL, "xsd record 588 ", "Duplicate key-sequence ['A-1']" },
  { "shop=", "store=", NULL, "xsd object 89 ", "attribute 'store'" },
  { "</Orders>", "<Orders/></Orders>", NULL, "xsd object ", "Element 'Orders': This element is not expected" },
  { "</Orders>", "text</Orders>", NULL, "xsd object ", "Character content" },
  { "xmlns=\"urn:example:shop\"", "xmlns=\"urn:example:shops\"", NULL, "xsd_missing object 89 ", "urn:example:shops" },
};

static void
test_cases (void)
{
  for (size_t i = 0; i < 2 * (sizeof all / sizeof *all); i++)
    {
      bool whole = i % 2;
      const char *finding = whole ? all[i / 2].document : all[i / 2].record;
      struct pen_test *t = validating (whole ? "65536" : NULL);
      load ();
      replace (all[i / 2].from, all[i / 2].to);
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      CU_ASSERT (t->status == PEN_OK);
      if (finding ? !strstr (t->findings, finding) || !strstr (t->findings, all[i / 2].text) : t->findings[0] != 0)
        {
          fprintf (stderr, "case %zu: expected %s, found %s%s\n", i, finding ? finding : "nothing", t->findings,
                   t->log);
          CU_FAIL ("case");
        }
      pen_test_free (t);
    }
}

static void
test_length (void)
{
  load ();
  size_t length = (size_t)(strstr (input, "</Orders>") + strlen ("</Orders>") - strstr (input, "<Orders"));
  for (size_t i = 0; i < 4; i++)
    {
      char most[32];
      snprintf (most, sizeof most, "%zu", i == 0 ? length : i == 1 ? length - 1 : i == 2 ? length / 2 : 10);
      struct pen_test *t = validating (most);
      t->longer = 1 << 16;
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      CU_ASSERT (i == 0 ? !t->findings[0] : strstr (t->findings, "xsd_limit object 89 ") && t->n_object == 1);
      pen_test_free (t);
    }
}

/* Keys of a document are kept until its end: they take more than libxml2 may have, at the same place whatever the chunks. */
static void
test_memory (void)
{
  static const size_t chunks[] = { 0, 500, 100000 };
  const size_t orders = 20000, cap = 200 * orders;
  char *in = malloc (cap), first[1024] = "";
  size_t n;
  CU_ASSERT_PTR_NOT_NULL_FATAL (in);
  n = (size_t)sprintf (in, "<Orders xmlns='urn:example:shop'>");
  for (size_t i = 0; i < orders; i++)
    n += (size_t)sprintf (
        in + n, "<Order id='%zu'><Ordered>2025-02-01T08:00:00Z</Ordered><Total currency='EUR'>1</Total></Order>", i);
  n += (size_t)sprintf (in + n, "</Orders>");
  for (size_t i = 0; i < 2 * (sizeof chunks / sizeof *chunks); i++)
    {
      bool whole = i % 2;
      struct pen_test *t = validating (whole ? "4194304" : NULL);
      CU_ASSERT_FATAL (pen_test_option (t, "schema.memory", "1M") == 0);
      CU_ASSERT_EQUAL (pen_test_run (t, in, n, chunks[i / 2]), PEN_OK);
      CU_ASSERT (!t->broken[0]);
      if (!whole)
        {
          CU_ASSERT_STRING_EQUAL (t->findings, "");
        }
      else
        {
          CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "xsd_limit object 0 "));
          CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "schema.memory = 1048576 bytes"));
          if (!first[0])
            snprintf (first, sizeof first, "%s", t->findings);
          CU_ASSERT_STRING_EQUAL (t->findings, first);
        }
      pen_test_free (t);
    }
  free (in);
}

static void
test_options (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  pen_test_option (t, "record", "/a");
  pen_test_option (t, "columns", "v string path(.)");
  pen_test_option (t, "schema.files", "orders.xsd");
  CU_ASSERT_EQUAL (pen_test_run (t, "<a/>", 4, 0), PEN_ERR);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->log, "schema.files: schema.directory is not set"));
  pen_test_free (t);
  t = validating (NULL);
  pen_test_option (t, "schema.files", "none.xsd");
  CU_ASSERT_EQUAL (pen_test_run (t, "<a/>", 4, 0), PEN_ERR);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->log, "none.xsd: No such file"));
  pen_test_free (t);
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("xml schemas", NULL, NULL);
  CU_add_test (s, "cases", test_cases);
  CU_add_test (s, "length", test_length);
  CU_add_test (s, "memory", test_memory);
  CU_add_test (s, "options", test_options);
  CU_basic_run_tests ();
  free (input);
  return CU_get_number_of_failures () != 0;
}
