/* SPDX-License-Identifier: Apache-2.0 */
/* test_iso20022_xsd.c - messages validated with schemas of the user: good and bad ones at every chunk size, the limit,
 * schemas that are not good. */
#include <CUnit/Basic.h>
#include <unistd.h>

#include "tests/plugins/iso20022_input.h"

static struct pen_test *
validating (const char *limit)
{
  struct pen_test *t = parser ();
  t->longer = 1 << 20;
  CU_ASSERT_FATAL (pen_test_option (t, "schema.directory", below_top ("tests/data/iso20022/schemas")) == 0);
  CU_ASSERT_FATAL (pen_test_option (t, "schema.files", "pacs.xsd,head.xsd") == 0);
  CU_ASSERT_FATAL (pen_test_option (t, "schema.limit", limit) == 0);
  return t;
}

static void
test_valid (void)
{
  struct pen_test *t = validating ("1M");
  load ("pacs008");
  run (t);
  if (t->findings[0])
    fprintf (stderr, "%s", t->findings);
  CU_ASSERT (!t->findings[0] && !t->claims[0] && t->n_rows > 3);
  CU_ASSERT (pen_test_invariant (t, input, n_input));
  pen_test_free (t);
}

/* What only a schema sees: order, number, texts of types; in records and outside of them; in what is imported. */
static const struct
{
  const char *from, *to, *finding, *text;
} bad[] = {
  { "<ChrgBr>SLEV<", "<ChrgBr>NONE<", "xsd record 1113 1065 27 ",
    "'NONE' is not an element of the set {'SLEV', 'SHAR'}" },
  { "<ChrgBr>SHAR</ChrgBr>", "", "xsd record 2185 ",
    "Element 'ChrgsInf': This element is not expected. Expected is ( ChrgBr )" },
  { "<NbOfTxs>3</NbOfTxs>", "<MsgId>X</MsgId><NbOfTxs>3</NbOfTxs>", "xsd object ",
    "Element 'MsgId': This element is not expected. Expected is ( NbOfTxs )" },
  { "<Dbtr><Nm>Farid</Nm></Dbtr>", "<Dbtr>Farid<Nm>Farid</Nm></Dbtr>", "xsd record ", "Character content" },
  { "Ccy=\"EUR\">1000.50", "Ccy=\"EUR\" Kind=\"&amp;\">1000.50", "xsd record 1113 ",
    "The attribute 'Kind' is not allowed" },
  { "<PlcAndNm>Local</PlcAndNm>", "<PlcAndNm/>", "xsd record 1113 ",
    "[facet 'minLength'] The value has a length of '0'" },
  { "lane=\"fast\"", "lane=\"very fast\"", "xsd record 1113 ", "'very fast' is not a valid value" },
  { "<x:Hub>FRA</x:Hub>", "<x:Hub>FRA</x:Hub><x:Hub/>", "xsd record 1113 ", "{urn:example:routing}Hub" },
  { "<h:BizSvc>sample.01</h:BizSvc>", "", "xsd object ",
    "Element 'CreDt': This element is not expected. Expected is ( BizSvc )" },
  { "pacs.008.001.08\">", "pacs.008.001.10\">", "xsd_missing object ", "pacs.008.001.10" },
  { "</GrpHdr>", "</GrpHdr><CdtTrfTxInf2/>", "xsd object ", "Element 'CdtTrfTxInf2': This element is not expected" },
  { "<CreDtTm>2026-03-02T09:30:00+01:00", "<!-- x --><CreDtTm>2026-13-02", "xsd object ", "atomic type 'xs:dateTime'" },
  { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>",
    "doctype object ", NULL },
};

static void
test_bad (void)
{
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      struct pen_test *t = validating ("1M");
      load ("pacs008");
      replace (bad[i].from, bad[i].to);
      run (t);
      CU_ASSERT (has (t->findings, bad[i].finding));
      if (bad[i].text)
        CU_ASSERT (has (t->findings, bad[i].text));
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      pen_test_free (t);
    }
}

/* One byte more than the limit, or a limit in the middle: said once, the same for all cuts; what was before it stays. */
static void
test_limit (void)
{
  char limit[32];
  size_t length;
  load ("pacs008");
  length = (size_t)(strstr (input, "</Document>") + strlen ("</Document>") - strstr (input, "<Document"));
  replace ("<ChrgBr>SLEV<", "<ChrgBr>NONE<");
  for (unsigned i = 0; i < 4; i++)
    {
      snprintf (limit, sizeof limit, "%zu", i == 0 ? length : i == 1 ? length - 1 : i == 2 ? length / 2 : 400);
      struct pen_test *t = validating (limit);
      run (t);
      CU_ASSERT (i == 3 || has (t->findings, "xsd record 1113"));
      if (i == 0)
        {
          CU_ASSERT (!strstr (t->findings, "xsd_limit"));
        }
      else
        {
          CU_ASSERT (has (t->findings, "xsd_limit object ") && has (t->findings, limit));
        }
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      CU_ASSERT (pen_test_option (t, "rules.xsd_limit", "warn") == 0);
      run (t);
      CU_ASSERT (i == 0 || has (t->findings, "xsd_limit warn"));
      CU_ASSERT (t->n_object == 0);
      pen_test_free (t);
    }
}

/* Levels are those of rules: warnings let records pass, off does not look. */
static void
test_levels (void)
{
  struct pen_test *t = validating ("1M");
  load ("pacs008");
  replace ("<ChrgBr>SLEV<", "<ChrgBr>NONE<");
  CU_ASSERT (pen_test_option (t, "rules.xsd", "warn") == 0);
  run (t);
  CU_ASSERT (has (t->findings, "xsd warn") && t->n_record == 0 && strstr (t->rows, "transaction=1|"));
  CU_ASSERT (pen_test_option (t, "rules.xsd", "off") == 0);
  run (t);
  CU_ASSERT (!t->findings[0]);
  pen_test_free (t);
}

/* ---- schemas that are not good ---- */

#define XS "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"urn:a\" xmlns=\"urn:a\">"
static const struct
{
  const char *files, *text, *said;
} wrong[] = {
  { "one.xsd", XS "<xs:element name=\"a\"></xs:schema>", "one.xsd:1: Opening and ending tag mismatch" },
  { "one.xsd", XS "\n<xs:element name=\"a\" type=\"nothing\"/></xs:schema>",
    "one.xsd:2: element decl. '{urn:a}a', attribute 'type'" },
  { "one.xsd", XS "<xs:include schemaLocation=\"/etc/passwd\"/></xs:schema>", "cannot open" },
  { "one.xsd", XS "<xs:import namespace=\"urn:b\" schemaLocation=\"http://example.com/b.xsd\"/></xs:schema>",
    "it includes or imports \"http://example.com/b.xsd\": cannot open" },
  { "one.xsd", "<a/>", "one.xsd: The XML document 'one.xsd' is not a schema document" },
  { "one.xsd", "", "one.xsd" },
  { "none.xsd", XS "</xs:schema>", "none.xsd: No such file" },
  { "../one.xsd", XS "</xs:schema>", "a file's name without a directory is expected" },
  { "one.xsd,one.xsd", XS "</xs:schema>", "is of the namespace \"urn:a\", as another one before it" },
  { "", XS "</xs:schema>", "names of schema files in schema.directory are expected" },
};

static void
test_wrong (void)
{
  char dir[] = "/tmp/penstock-xsd-XXXXXX", path[1024];
  CU_ASSERT_PTR_NOT_NULL_FATAL (mkdtemp (dir));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      struct pen_test *t = validating ("1M");
      snprintf (path, sizeof path, "%s/one.xsd", dir);
      FILE *f = fopen (path, "w");
      CU_ASSERT_PTR_NOT_NULL_FATAL (f);
      fputs (wrong[i].text, f);
      fclose (f);
      CU_ASSERT (pen_test_option (t, "schema.directory", dir) == 0);
      CU_ASSERT (pen_test_option (t, "schema.files", wrong[i].files) == 0);
      pen_test_run (t, "<a/>", 4, 0);
      CU_ASSERT (t->status == PEN_ERR);
      CU_ASSERT (has (t->log, wrong[i].said) && has (t->log, "schema.files: "));
      pen_test_free (t);
    }
  unlink (path);
  CU_ASSERT (rmdir (dir) == 0);
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("iso20022 schemas", NULL, NULL);
  CU_add_test (s, "valid", test_valid);
  CU_add_test (s, "not valid", test_bad);
  CU_add_test (s, "limit", test_limit);
  CU_add_test (s, "levels", test_levels);
  CU_add_test (s, "schemas that are not good", test_wrong);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
