/* SPDX-License-Identifier: Apache-2.0 */
/* test_iso20022.c - the iso20022 parser in the mock host: samples at every chunk size, a fault for every rule, control
 * totals, definitions that are wrong. */
#include <CUnit/Basic.h>
#include <unistd.h>

#include "tests/plugins/iso20022_input.h"

/* ---- good samples ---- */

static void
test_invariant (void)
{
  static const char *const names[] = { "pacs008", "pain001", "camt053", "many", "status" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      struct pen_test *t = parser ();
      load (names[i]);
      run (t);
      if (t->findings[0] || t->claims[0])
        fprintf (stderr, "%s: %s%s\n", names[i], t->findings, t->claims);
      CU_ASSERT (!t->findings[0] && !t->claims[0] && t->n_rows > 3);
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      pen_test_free (t);
    }
}

static void
test_pacs008 (void)
{
  struct pen_test *t = parser ();
  load ("pacs008");
  run (t);
  CU_ASSERT (has (t->rows, "messages|message=1|message_kind=pacs.008|message_name=pacs.008.001.08|"));
  CU_ASSERT (has (t->rows, "|business_message_id=PACS-1|message_definition=pacs.008.001.08|"));
  CU_ASSERT (has (t->rows, "|amount=1000.50000|currency=EUR|priority=NORM|end_to_end_id=E2E-1|"));
  CU_ASSERT (has (t->rows, "|remittance_information=Invoice 1\\x0a& Invoice 2|"));
  CU_ASSERT (has (t->rows, "|debtor_address_lines=Hauptstr. 1\\x0a10115 Berlin|"));
  CU_ASSERT (has (t->rows, "|priority=HIGH|end_to_end_id=E2E-2|"));
  CU_ASSERT (has (t->rows, "|debtor_agent_clearing_system=USABA|debtor_agent_member_id=021000021|"));
  CU_ASSERT (has (t->rows, "charges|message=1|transaction=2|charge=2|amount=0.75000|currency=EUR|agent_bic=BSCHESMM|"));
  CU_ASSERT (has (t->rows, "remittances|message=1|transaction=2|remittance=1|document_type=CINV|document_number=R-7|"));
  CU_ASSERT (has (t->rows, "path=FIToFICstmrCdtTrf/CdtTrfTxInf/SplmtryData/Envlp/Routing@lane|"
                           "element_namespace=urn:example:routing|value=fast|"));
  CU_ASSERT (has (t->ledger,
                  "close message PACS-1 transaction_count=3/3 control_sum=151075000/3 settlement_total=151075000/3"));
  pen_test_free (t);
}

static void
test_camt053 (void)
{
  struct pen_test *t = parser ();
  load ("camt053");
  run (t);
  CU_ASSERT (has (t->rows, "balances|message=1|statement=1|balance=2|balance_type=CLBD|amount=75.25000|currency=EUR|"
                           "credit_debit=DBIT|"));
  CU_ASSERT (has (t->rows, "entry_details|message=1|statement=1|entry=1|detail=2|end_to_end_id=E-2|"));
  CU_ASSERT (has (t->rows, "remittances|message=1|statement=1|entry=1|detail=2|remittance=1|"));
  CU_ASSERT (has (t->rows, "|booking_time_offset=60|"));
  CU_ASSERT (has (t->ledger, "closing_balance=-7525000"));
  pen_test_free (t);
}

/* ---- faults ---- */

static const struct
{
  const char *file, *from, *to, *rule, *text;
} faults[] = {
  { "pacs008", ">DE89370400440532013000<", ">DE88370400440532013000<", "iban record", "check digits" },
  { "pacs008", ">DE89370400440532013000<", ">DE8937040044053201300<", "iban record", "22 characters" },
  { "pacs008", ">BSCHESMM<", ">BSCHES99<", "bic", NULL },
  { "pacs008", "<BICFI>BSCHESMM<", "<BICFI>BSCHE<", "bic record", NULL },
  { "pacs008", "529900T8BM49AURSDO55", "529900T8BM49AURSDO56", "lei record", NULL },
  { "pacs008", "-49de-", "-59de-", "uetr record", NULL },
  { "pacs008", "Ccy=\"EUR\">1000.50<", "Ccy=\"EUX\">1000.50<", "currency record", "EUX" },
  { "pacs008", "Ccy=\"EUR\">1000.50<", ">1000.50<", "currency record", "found none" },
  { "pacs008", "Ccy=\"EUR\">1000.50<", "Ccy=\"XAU\">1000.50<", "commodity record", "XAU" },
  { "pacs008", "Ccy=\"EUR\">1000.50<", "Ccy=\"JPY\">1000.50<", "amount_decimals record", "0 decimals" },
  { "pacs008", ">1000.50<", ">1000,50<", "amount record", "1000,50" },
  { "pacs008", ">1000.50<", ">-1000.50<", "amount record", "-1000.50" },
  { "pacs008", ">1000.50<", ">1000.500001<", "amount record", NULL },
  { "pacs008", ">1000.50<", "></IntrBkSttlmAmt><IntrBkSttlmAmt>1<", "length record", "empty" },
  { "pacs008", "<EndToEndId>E2E-3</EndToEndId>", "<TxId>T</TxId>", "required record", "CdtTrfTxInf" },
  { "pacs008", "<EndToEndId>E2E-3<", "<EndToEndId>123456789012345678901234567890123456<", "length record", "found 36" },
  { "pacs008", "<InstrId>I-1<", "<InstrId>/I-1<", "slashes record", "/I-1" },
  { "pacs008", "<Ctry>DE<", "<Ctry>de<", "country warn", NULL },
  { "pacs008", "<RltdDt>2026-02-01<", "<RltdDt>2026-02-30<", "date record", "2026-02-30" },
  { "pacs008", "<CreDtTm>2026-03-02T09:30:00+01:00<", "<CreDtTm>2026-03-02 09:30<", "date object", NULL },
  { "pacs008", "<NbOfTxs>3<", "<NbOfTxs>x<", "number object", NULL },
  { "pacs008", "MsgDefIdr>pacs.008.001.08", "MsgDefIdr>pacs.009.001.08", "application_header object", "pacs.009" },
  { "pacs008", "<FIToFICstmrCdtTrf>", "<CstmrCdtTrfInitn>", "message_root object", "found CstmrCdtTrfInitn" },
  { "pacs008", "Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08\"", "Document",
    "missing_namespace object", NULL },
  { "pain001", "</InitgPty>", "</InitgParty>", "not_well_formed object", NULL },
  { "pain001", "xsd:pain.001.001.03", "xsd:acmt.007.001.03", "unknown_kind warn", "acmt.007" },
  { "pacs008", "<EndToEndId>E2E-3<", "<EndToEndId>E2E-1<", "duplicate_id warn 3282", "the one at offset 1113 has it" },
  { "pacs008", "<EndToEndId>E2E-2<", "<EndToEndId>E2E-3<", "duplicate_id warn 3282", "the one at offset 2185 has it" },
  { "many", "<MsgId>M-2<", "<MsgId>M-1<", "duplicate_message object", "the one at offset " },
  { "many", "xsd:pacs.002.001.10\"><FIToFIPmtStsRpt><GrpHdr><MsgId>M-2",
    "xsd:pain.002.001.10\"><FIToFIPmtStsRpt><GrpHdr><MsgId>M-2", "mixed_kinds object", "pain.002" },
};

static void
test_faults (void)
{
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    {
      struct pen_test *t = parser ();
      bool clean = strcmp (faults[i].rule, "bic") == 0;
      load (faults[i].file);
      replace (faults[i].from, faults[i].to);
      run (t);
      if (!clean)
        CU_ASSERT (has (t->findings, faults[i].rule));
      if (faults[i].text)
        CU_ASSERT (has (t->findings, faults[i].text));
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      pen_test_free (t);
    }
}

static const struct
{
  const char *file, *from, *to, *rule;
} wrong_totals[] = {
  { "pacs008", "<NbOfTxs>3<", "<NbOfTxs>4<", "transaction_count 3 " },
  { "pacs008", "<CtrlSum>1510.75<", "<CtrlSum>1510.76<", "control_sum 3 " },
  { "pacs008", "\"EUR\">1510.75<", "\"EUR\">1510<", "settlement_total 3 " },
  { "pain001", "<NbOfTxs>2<", "<NbOfTxs>1<", "payment_count 3 " },
  { "pain001", "<CtrlSum>30.10<", "<CtrlSum>30.11<", "payment_sum 3 " },
  { "camt053", ">75.25<", ">75.24<", "balance 3 " },
  { "camt053", "<NbOfNtries>3<", "<NbOfNtries>2<", "entry_count 3 " },
  { "camt053", "<Sum>40.00<", "<Sum>40.01<", "entry_sum 3 " },
};

static void
test_totals (void)
{
  for (size_t i = 0; i < sizeof wrong_totals / sizeof *wrong_totals; i++)
    {
      struct pen_test *t = parser ();
      load (wrong_totals[i].file);
      replace (wrong_totals[i].from, wrong_totals[i].to);
      run (t);
      CU_ASSERT (has (t->claims, wrong_totals[i].rule));
      CU_ASSERT (t->n_object == 1 && t->n_record == 0);
      pen_test_free (t);
    }
}

/* Large amounts: 18 digits are summed exactly. */
static void
test_large (void)
{
  struct pen_test *t = parser ();
  load ("pacs008");
  replace ("\"EUR\">1000.50<", "\"IDR\">999999999999999999<");
  replace ("<CtrlSum>1510.75<", "<CtrlSum>100<");
  replace ("<TtlIntrBkSttlmAmt Ccy=\"EUR\">1510.75</TtlIntrBkSttlmAmt>", "");
  run (t);
  CU_ASSERT (has (t->rows, "|amount=999999999999999999.00000|currency=IDR|"));
  CU_ASSERT (has (t->claims, "control_sum"));
  pen_test_free (t);
}

/* A record that is refused leaves no row; its message's totals hold nevertheless. */
static void
test_refused (void)
{
  struct pen_test *t = parser ();
  load ("pacs008");
  replace ("<BICFI>BSCHESMM<", "<BICFI>BSCHE<");
  run (t);
  CU_ASSERT (t->n_record == 1 && t->n_object == 0 && !t->claims[0]);
  CU_ASSERT (!strstr (t->rows, "transaction=2|") && strstr (t->rows, "transaction=3|"));
  CU_ASSERT (has (t->findings, "bic record 2185 1087 43 agent_bic 0 "));
  pen_test_free (t);
}

static void
test_truncated (void)
{
  struct pen_test *t = parser ();
  load ("pacs008");
  for (size_t n = 1; n < n_input; n += n < 200 ? 1 : 97)
    {
      pen_test_run (t, input, n, 0);
      CU_ASSERT (t->status == PEN_OK && !t->broken[0]);
      if (t->n_object != 1 && n < n_input - 2)
        fprintf (stderr, "%zu bytes: %s%s\n", n, t->findings, t->claims);
      CU_ASSERT (t->n_object == 1 || n >= n_input - 2);
    }
  pen_test_free (t);
}

static void
test_options (void)
{
  struct pen_test *t = parser ();
  load ("pacs008");
  CU_ASSERT (pen_test_option (t, "elements", "none") == 0);
  run (t);
  CU_ASSERT (!strstr (t->rows, "elements|"));
  CU_ASSERT (pen_test_option (t, "elements", "all") == 0);
  run (t);
  CU_ASSERT (has (t->rows, "path=FIToFICstmrCdtTrf/CdtTrfTxInf/PmtId/EndToEndId|value=E2E-3|"));
  CU_ASSERT (pen_test_option (t, "rules.character_set", "warn") == 0);
  run (t);
  CU_ASSERT (has (t->findings, "character_set warn"));
  CU_ASSERT (pen_test_option (t, "rules.unknown_element", "reject") == 0);
  run (t);
  CU_ASSERT (has (t->findings, "unknown_element record"));
  CU_ASSERT (pen_test_option (t, "rules.transaction_count", "off") == 0);
  replace ("<NbOfTxs>3<", "<NbOfTxs>4<");
  run (t);
  CU_ASSERT (!t->claims[0]);
  pen_test_free (t);
}

static void
test_recognise (void)
{
  load ("pacs008");
  int (*look) (struct pen_span) = penstock_plugin.parser->recognise;
  CU_ASSERT (look ((struct pen_span){ (const uint8_t *)input, n_input }) > 90);
  CU_ASSERT (look ((struct pen_span){ (const uint8_t *)"<Orders/>", 9 }) == 0);
  CU_ASSERT (look ((struct pen_span){ (const uint8_t *)"id,name\n", 8 }) == 0);
}

/* ---- definitions ---- */

static const struct
{
  const char *text, *said;
} wrong[] = {
  { "message pain.777 A\n", "before an \"end\"" },
  { "message pain.777 A\n  X/Y z\nend\n", "expected: PATH COLUMN TYPE" },
  { "message pain.777 A\n  X y money\nend\n", "\"money\" is no type" },
  { "message pain.777 A\n  X message_id int\nend\n", "another type elsewhere" },
  { "message pain.777 A\n  X Y text\nend\n", "no name of a column" },
  { "message pain.777 A\n  row nowhere X\n  end\nend\n", "no table nowhere" },
  { "message pain.777 A\n  record transactions X\n    record charges Y\n    end\n  end\nend\n", "cannot be inside" },
  { "message pain.777 A\n  use nothing X y\nend\n", "no group nothing" },
  { "message pain.777 A\n  add control_sum X\nend\n", "added to in records" },
  { "message pain.777 A\n  X y text \"doc\nend\n", "quote is not closed" },
  { "X y text\n", "a table, a group or a message" },
};

static void
test_wrong_definitions (void)
{
  char dir[] = "/tmp/penstock-iso20022-XXXXXX", cmd[2048], path[128];
  CU_ASSERT_PTR_NOT_NULL_FATAL (mkdtemp (dir));
  snprintf (cmd, sizeof cmd, "cp %s/* %s", below_top ("plugins/parsers/xml/iso20022/messages"), dir);
  CU_ASSERT_FATAL (system (cmd) == 0);
  snprintf (path, sizeof path, "%s/one.def", dir);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      FILE *f = fopen (path, "w");
      CU_ASSERT_PTR_NOT_NULL_FATAL (f);
      fputs (wrong[i].text, f);
      fclose (f);
      CU_ASSERT (pen_test_option (t, "definitions", dir) == 0 && pen_test_option (t, "messages", "one") == 0);
      pen_test_run (t, "<a/>", 4, 0);
      CU_ASSERT (t->status == PEN_ERR);
      CU_ASSERT (has (t->log, wrong[i].said) && has (t->log, "one.def:"));
      pen_test_free (t);
    }
  snprintf (cmd, sizeof cmd, "rm -r %s", dir);
  CU_ASSERT (system (cmd) == 0);
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("iso20022", NULL, NULL);
  CU_add_test (s, "every chunk size", test_invariant);
  CU_add_test (s, "pacs.008", test_pacs008);
  CU_add_test (s, "camt.053", test_camt053);
  CU_add_test (s, "faults", test_faults);
  CU_add_test (s, "totals", test_totals);
  CU_add_test (s, "large amounts", test_large);
  CU_add_test (s, "refused records", test_refused);
  CU_add_test (s, "truncated documents", test_truncated);
  CU_add_test (s, "options", test_options);
  CU_add_test (s, "recognise", test_recognise);
  CU_add_test (s, "wrong definitions", test_wrong_definitions);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
