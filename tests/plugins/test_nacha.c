/* SPDX-License-Identifier: Apache-2.0 */
/* test_nacha.c - the nacha parser in the mock host: samples of every SEC code, one fault for every rule, every chunk size. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/testhost.h>
#include "plugins/parsers/nacha/rules.h"
#include "tests/plugins/nacha_faults.h"

#define MAX_INPUT (2u << 20)
static char input[MAX_INPUT];
static size_t n_input;

static void
load (const char *name)
{
  char path[512];
  const char *src = getenv ("srcdir");
  snprintf (path, sizeof path, "%s/tests/data/nacha/%s.ach", src ? src : ".", name);
  FILE *f = fopen (path, "rb");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  n_input = fread (input, 1, sizeof input, f);
  CU_ASSERT_FATAL (n_input > 0 && n_input < sizeof input);
  fclose (f);
}

/* ---- sound files ---- */

static const char *const sound[] = { "ack-atx",
                                     "adv",
                                     "arc-boc-rck",
                                     "cie",
                                     "contested",
                                     "ctx",
                                     "dishonored",
                                     "dne-enr",
                                     "iat",
                                     "noc",
                                     "pop",
                                     "pos-shr-mte",
                                     "ppd-ccd-web",
                                     "return",
                                     "tel",
                                     "trc-xck-trx",
                                     "crlf",
                                     "cr",
                                     "stream",
                                     "padded",
                                     "trimmed",
                                     "bom",
                                     "no-final-newline",
                                     "blank-lines",
                                     "ctrl-z",
                                     "no-filler",
                                     "nul-tail",
                                     "latin1",
                                     "utf8" };

static void
test_sound (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
    {
      load (sound[i]);
      CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
      CU_ASSERT_EQUAL (t->status, PEN_OK);
      CU_ASSERT_STRING_EQUAL (t->findings, "");
      CU_ASSERT_STRING_EQUAL (t->claims, "");
      CU_ASSERT_TRUE (t->n_rows >= 3);
      if (t->findings[0] || t->claims[0])
        fprintf (stderr, "%s: %s%s", sound[i], t->findings, t->claims);
    }
  pen_test_free (t);
}

/* The rows without what depends on where a record lies. */
static char *
rows_without_lineage (struct pen_test *t)
{
  char *out = malloc (strlen (t->rows) + 1), *w = out;
  CU_ASSERT_PTR_NOT_NULL_FATAL (out);
  for (const char *p = t->rows; *p; p++)
    {
      if (strncmp (p, "|_offset=", 9) == 0)
        p += strcspn (p, "\n");
      *w++ = *p;
    }
  *w = 0;
  return out;
}

static void
test_line_ends (void)
{
  static const char *const same[] = { "crlf",    "cr",      "stream",           "padded",
                                      "trimmed", "bom",     "no-final-newline", "blank-lines",
                                      "ctrl-z",  "nul-tail" };
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load ("ppd-ccd-web");
  pen_test_run (t, input, n_input, 0);
  char *expected = rows_without_lineage (t);
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    {
      load (same[i]);
      pen_test_run (t, input, n_input, 0);
      char *rows = rows_without_lineage (t);
      CU_ASSERT_STRING_EQUAL (rows, expected);
      free (rows);
    }
  free (expected);
  pen_test_free (t);
}

static void
test_rows (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load ("ppd-ccd-web");
  pen_test_run (t, input, n_input, 0);
  static const char *const rows[] = {
    "entries|file_ordinal=1|batch_ordinal=1|entry_ordinal=2|transaction_code=32|receiving_dfi_identification=12104288|"
    "check_digit=2|dfi_account_number=  0012-34567|amount=999.50|identification_number=EMP002|individual_name=BOB "
    "EXAMPLE|"
    "addenda_record_indicator=1|trace_number=091000010000002|_offset=285|_length=94|_line=4\n"
    "addenda|file_ordinal=1|batch_ordinal=1|entry_ordinal=2|addenda_ordinal=1|addenda_type_code=05|"
    "payment_related_information=BONUS NOVEMBER|addenda_sequence_number=1|entry_detail_sequence_number=0000002|"
    "_offset=380|_length=94|_line=5\n",
    "batches|file_ordinal=1|batch_ordinal=2|service_class_code=220|company_name=ACME CORPORATION|"
    "company_identification=1234567890|standard_entry_class_code=CCD|company_entry_description=VENDORS|"
    "company_descriptive_date=261120|effective_entry_date=2026-11-21|originator_status_code=1|"
    "originating_dfi_identification=09100001|batch_number=0000002|entry_addenda_count=3|entry_hash=14204290|"
    "total_debit_entry_dollar_amount=0.00|total_credit_entry_dollar_amount=10000000.01|_offset=760|_length=94|_line="
    "9\n",
    "files|file_ordinal=1|priority_code=01|immediate_destination=091000019|immediate_origin=121042882|"
    "file_creation_date=2026-11-20|file_creation_time=1015|file_id_modifier=A|record_size=094|blocking_factor=10|"
    "format_code=1|immediate_destination_name=First Test Bank|immediate_origin_name=Acme "
    "Payroll|reference_code=REF00001|"
    "batch_count=3|block_count=2|entry_addenda_count=10|"
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, rows[i]));
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "|payment_type_code=R|"));
  CU_ASSERT_EQUAL (t->emitted[2], 8);
  CU_ASSERT_EQUAL (t->emitted[3], 2);
  pen_test_option (t, "preserve_spaces", "false");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "|dfi_account_number=0012-34567|"));
  pen_test_free (t);
}

/* What each special layout is for. */
static void
test_layouts (void)
{
  static const struct
  {
    const char *sample, *part;
  } t[] = {
    { "ctx", "|individual_name=BUYER INC|addenda_record_indicator=1|trace_number=" },
    { "ctx", "|number_of_addenda_records=3|" },
    { "pop", "|check_serial_number=000000042|terminal_city=SPRI|terminal_state=IL|" },
    { "arc-boc-rck", "|check_serial_number=00125|" },
    { "trc-xck-trx", "|process_control_field=CHECK1|item_research_number=RESEARCH01|item_type_indicator=01|" },
    { "pos-shr-mte",
      "|card_expiration_date=1228|document_reference_number=DOC0000001|individual_card_account_number=4000123412341234"
      "|card_transaction_type_code=01|" },
    { "pos-shr-mte", "|terminal_identification_code=TERM01|transaction_serial_number=000123|transaction_date=1120|" },
    { "cie", "|identification_number=UTIL-0001|individual_name=IVAN EXAMPLE|" },
    { "iat", "|dfi_account_number=DE89370400440532013000|amount=1250.00|" },
    { "iat", "|number_of_addenda_records=10|" },
    { "iat", "|transaction_type_code=ANN|foreign_payment_amount=1250.00|foreign_trace_number=FT-0001|receiving_company_"
             "name=BEK " },
    { "iat", "|receiving_dfi_identification_qualifier=01|receiving_dfi_identification=121042882|" },
    { "iat", "|foreign_correspondent_bank_name=BANK OF FRANCE|" },
    { "iat", "|iso_destination_country_code=US|iso_originating_currency_code=USD|iso_destination_currency_code=USD|" },
    { "adv", "|dfi_account_number=744-5678-99|amount=500.00|individual_name=NAME|" },
    { "adv", "|advice_routing_number=121042882|file_identification=11131|ach_operator_routing_number=09100001|julian_"
             "day=050|" },
    { "adv", "|ach_operator_data=FED|" },
    { "return", "|return_reason_code=R15|original_entry_trace_number=021000020000777|date_of_death=2026-10-31|" },
    { "dishonored", "|return_reason_code=R68|" },
    { "dishonored", "|return_trace_number=091000010000555|return_settlement_date=314|original_return_reason_code=01|" },
    { "contested", "|date_original_entry_returned=2026-11-01|original_settlement_date=305|" },
    { "contested", "|dishonored_return_trace_number=021000020000666|dishonored_return_settlement_date=318|" },
    { "noc", "|change_code=C03|corrected_data=121042882   12 34 56|original_entry_trace_number=" },
    { "noc", "|change_code=C62|corrected_data=1918171614|refused_change_code=C01|trace_sequence_number=0000777|" },
    { "latin1", "|individual_name=ALICE MU\xc3\x91OZ|" },
    { "utf8", "|individual_name=ALICE MU\xc3\x91OZ|" },
  };
  struct pen_test *h = pen_test_new (&penstock_plugin);
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    {
      /* columns come in the order of the schema: compare piece by piece */
      char part[256], *piece, *rest = part;
      load (t[i].sample);
      pen_test_run (h, input, n_input, 0);
      snprintf (part, sizeof part, "%s", t[i].part);
      while ((piece = strtok_r (rest, "|", &rest)))
        {
          CU_ASSERT_PTR_NOT_NULL (strstr (h->rows, piece));
          if (!strstr (h->rows, piece))
            fprintf (stderr, "%s: no %s\n", t[i].sample, piece);
        }
    }
  pen_test_free (h);
}

/* ---- one fault for every rule ---- */

static char *
line_at (int line)
{
  char *p = input;
  while (--line > 0)
    {
      p = memchr (p, '\n', n_input - (size_t)(p - input));
      CU_ASSERT_PTR_NOT_NULL_FATAL (p);
      p++;
    }
  return p;
}

static void
apply (const struct edit *e)
{
  char *p = line_at (e->line), *end;
  char copy[128];
  size_t n;
  switch (e->op)
    {
    case 'r':
      memcpy (p + e->column - 1, e->text, strlen (e->text));
      break;
    case 'b':
      memset (p + e->column - 1, ' ', (size_t)e->n);
      break;
    case 'd':
      end = line_at (e->line + e->n);
      memmove (p, end, (size_t)(input + n_input - end));
      n_input -= (size_t)(end - p);
      break;
    case 'c':
      end = strchr (p, '\n');
      memmove (p + e->n, end, (size_t)(input + n_input - end));
      n_input -= (size_t)(end - (p + e->n));
      break;
    case 'i':
      n = 95;
      memcpy (copy, line_at (e->n), n);
      memmove (p + n, p, (size_t)(input + n_input - p));
      memcpy (p, copy, n);
      n_input += n;
      break;
    default:
      break;
    }
}

static void
make (const struct fault *f)
{
  load (f->sample);
  for (int i = 0; i < 2; i++)
    if (f->edit[i].op)
      apply (&f->edit[i]);
}

/* Does the rule speak first, with this severity? */
static int
speaks (struct pen_test *t, const struct fault *f, const char *severity)
{
  char first[128];
  if (strcmp (f->severity, "claim") == 0)
    {
      snprintf (first, sizeof first, "%s %d ", f->rule, strcmp (severity, "warn") == 0 ? PEN_SEV_WARN : PEN_SEV_OBJECT);
      return strncmp (t->claims, first, strlen (first)) == 0 && !t->findings[0];
    }
  snprintf (first, sizeof first, "%s %s ", f->rule, severity);
  return strncmp (t->findings, first, strlen (first)) == 0;
}

static int
is_silent (struct pen_test *t, const struct fault *f)
{
  char mark[128];
  snprintf (mark, sizeof mark, "\n%s ", f->rule);
  size_t n = strlen (f->rule);
  return !strstr (t->findings, mark) && !strstr (t->claims, mark) && strncmp (t->findings, mark + 1, n + 1) != 0
         && strncmp (t->claims, mark + 1, n + 1) != 0;
}

/* Windows of every size; where a sanitizer slows it down, of one size for most. */
static int
in_windows (struct pen_test *t, size_t i)
{
#ifdef __SANITIZE_ADDRESS__
  if (i % 4)
    return pen_test_run (t, input, n_input, 1 + i) == PEN_OK && !t->broken[0];
#else
  (void)i;
#endif
  return pen_test_invariant (t, input, n_input);
}

static void
test_faults (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  for (size_t i = 0; i < N_FAULTS; i++)
    {
      const struct fault *f = &faults[i];
      char name[64];
      snprintf (name, sizeof name, "rules.%s", f->rule);
      if (f->edit[1].op == 'i' && f->edit[1].n == 0)
        continue; /* see test_strange_addenda */
      make (f);
      pen_test_defaults (t);
      CU_ASSERT_EQUAL_FATAL (pen_test_option (t, name, "reject"), 0);
      CU_ASSERT_TRUE (in_windows (t, i));
      CU_ASSERT_TRUE (speaks (t, f, f->severity));
      if (!speaks (t, f, f->severity))
        fprintf (stderr, "%s in %s: %s%s", f->rule, f->sample, t->findings, t->claims);
      pen_test_option (t, name, "warn");
      pen_test_run (t, input, n_input, 0);
      CU_ASSERT_TRUE (strcmp (f->rule, "record_type") == 0 || speaks (t, f, "warn"));
      pen_test_option (t, name, "off");
      CU_ASSERT_TRUE (in_windows (t, i + 2));
      CU_ASSERT_TRUE (is_silent (t, f));
    }
  pen_test_free (t);
}

/* An addenda 05 where the SEC code allows none: the record is made here. */
static void
test_strange_addenda (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  char addenda[96];
  load ("arc-boc-rck");
  line_at (3)[78] = '1';
  snprintf (addenda, sizeof addenda, "705%-80s0001%.7s\n", "", line_at (3) + 87);
  char *p = line_at (4);
  memmove (p + 95, p, (size_t)(input + n_input - p));
  memcpy (p, addenda, 95);
  n_input += 95;
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
  CU_ASSERT_PTR_EQUAL (strstr (t->findings, "addenda_type record 190 "), t->findings);
  CU_ASSERT_EQUAL (t->rejected[2], 1);
  CU_ASSERT_EQUAL (t->rejected[3], 1);
  pen_test_free (t);
}

static void
test_every_rule_has_a_fault (void)
{
#define RULE_NAME(code, ...) #code,
  static const char *const rules[] = { NACHA_RULES (RULE_NAME) };
  for (size_t i = 0; i < N_RULES; i++)
    {
      int found = strcmp (rules[i], "records_after_control") == 0; /* test_after_control */
      for (size_t k = 0; k < N_FAULTS; k++)
        found |= strcmp (faults[k].rule, rules[i]) == 0;
      CU_ASSERT_TRUE (found);
      if (!found)
        fprintf (stderr, "no test of rule %s\n", rules[i]);
    }
}

/* ---- how faults spread ---- */

static void
test_item_is_whole (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load (PPD);
  memcpy (line_at (5) + 87, "9999999", 7); /* the addenda of the second entry is tied to another one */
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_STRING_EQUAL (
      t->findings,
      "addenda_trace record 380 94 5 entry_detail_sequence_number 0 expected 0000002 as in the entry, found "
      "\"9999999\"\nitem_refused record 285 94 4 - 1 refused with its entry or addenda\n");
  CU_ASSERT_STRING_EQUAL (t->claims, ""); /* totals are of what was read */
  CU_ASSERT_PTR_NULL (strstr (t->rows, "BOB EXAMPLE"));
  CU_ASSERT_PTR_NULL (strstr (t->rows, "BONUS"));
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "entry_ordinal=3|"));
  CU_ASSERT_EQUAL (t->rejected[2], 1);
  CU_ASSERT_EQUAL (t->rejected[3], 1);
  pen_test_free (t);
}

static void
test_batch_is_whole (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load (PPD);
  memcpy (line_at (9) + 50, "XXX", 3);
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_PTR_EQUAL (strstr (t->findings, "sec_code record 760 94 9 standard_entry_class_code 0 "), t->findings);
  CU_ASSERT_EQUAL (t->n_record, 4); /* the header, two entries, one addenda */
  CU_ASSERT_EQUAL (t->rejected[1], 1);
  CU_ASSERT_EQUAL (t->rejected[2], 2);
  CU_ASSERT_EQUAL (t->rejected[3], 1);
  CU_ASSERT_PTR_NULL (strstr (t->rows, "SUPPLIER"));
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "ERIN EXAMPLE"));
  CU_ASSERT_STRING_EQUAL (t->claims, "");
  pen_test_free (t);
}

static void
test_after_control (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load (PPD);
  size_t n = n_input;
  memcpy (input + n, input, n); /* two files in one object */
  n_input = 2 * n;
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
  CU_ASSERT_PTR_EQUAL (strstr (t->findings, "records_after_control object 1900 "), t->findings);
  CU_ASSERT_EQUAL (t->n_object, 1);
  pen_test_option (t, "rules.records_after_control", "warn");
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
  CU_ASSERT_EQUAL (t->n_object, 0);
  CU_ASSERT_EQUAL (t->n_warn, 2); /* and the block count, which knows one file only */
  CU_ASSERT_EQUAL (t->emitted[0], 2);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "entries|file_ordinal=2|batch_ordinal=4|entry_ordinal=9|"));
  memcpy (input + n, line_at (3), 95); /* an entry is never passed over in silence */
  pen_test_option (t, "rules.records_after_control", "off");
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n + 95));
  CU_ASSERT_EQUAL (t->n_object, 1);
  pen_test_free (t);
}

static void
test_foreign (void)
{
  static const char *const text[] = { "\0\0\0\x01PK\x03\x04", "<?xml version=\"1.0\"?>\n<a/>\n",
                                      "ISA*00*          *00*", "{\\rtf1", "x" };
  struct pen_test *t = pen_test_new (&penstock_plugin);
  for (size_t i = 0; i < sizeof text / sizeof *text; i++)
    {
      size_t n = i ? strlen (text[i]) : 8;
      CU_ASSERT_TRUE (pen_test_invariant (t, text[i], n));
      CU_ASSERT_EQUAL (t->n_object, 1);
      CU_ASSERT_EQUAL (t->n_rows, 0);
      CU_ASSERT_EQUAL (t->plugin->parser->recognise ((struct pen_span){ (const uint8_t *)text[i], n }), 0);
    }
  CU_ASSERT_EQUAL (pen_test_run (t, "", 0, 0), PEN_OK);
  CU_ASSERT_EQUAL (t->n_object, 1);
  CU_ASSERT_TRUE (pen_test_invariant (t, "\n\n\n", 3));
  CU_ASSERT_EQUAL (t->n_object, 1);
  load (PPD);
  CU_ASSERT_TRUE (t->plugin->parser->recognise ((struct pen_span){ (const uint8_t *)input, n_input }) > 90);
  CU_ASSERT_TRUE (t->plugin->parser->recognise ((struct pen_span){ (const uint8_t *)line_at (2), 1000 }) >= 50);
  pen_test_free (t);
}

/* ---- the largest item ---- */

static size_t
put_ctx (unsigned addenda)
{
  size_t n;
  load ("ctx");
  n = (size_t)(line_at (3) - input);
  n += (size_t)sprintf (input + n,
                        "622"
                        "021000021"
                        "%-17s%010d%-15s%04u%-16s    1"
                        "091000010000001\n",
                        "1", 100, "ID", addenda % 10000, "BUYER INC");
  for (unsigned i = 1; i <= addenda; i++)
    n += (size_t)sprintf (input + n, "705%-80s%04u0000001\n", "N", i % 10000);
  n += (size_t)sprintf (input + n, "822%015d\n", 0);
  return n_input = n;
}

static int
same_as_whole (struct pen_test *t, size_t n, size_t chunk)
{
  pen_test_run (t, input, n, 0);
  char *whole = pen_test_everything (t);
  pen_test_run (t, input, n, chunk);
  char *chunks = pen_test_everything (t);
  int same = strcmp (whole, chunks) == 0 && !t->broken[0];
  if (!same)
    fprintf (stderr, "%s", t->broken);
  free (whole);
  free (chunks);
  return same;
}

static void
test_many_addenda (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  size_t n = put_ctx (9999);
  CU_ASSERT_TRUE (same_as_whole (t, n, 95));
  CU_ASSERT_TRUE (same_as_whole (t, n, 100000));
  CU_ASSERT_EQUAL (t->emitted[3], 9999);
  CU_ASSERT_PTR_NULL (strstr (t->findings, "addenda_count"));
  n = put_ctx (10050);
  memcpy (line_at (3) + 54, "9999", 4);
  CU_ASSERT_TRUE (same_as_whole (t, n, 1));
  CU_ASSERT_TRUE (same_as_whole (t, n, 300000));
  CU_ASSERT_TRUE (same_as_whole (t, n, 950000));
  CU_ASSERT_EQUAL (t->emitted[2], 1);
  CU_ASSERT_EQUAL (t->emitted[3], 9999);
  CU_ASSERT_EQUAL (t->rejected[3], 51);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "addenda_count record "));
  pen_test_free (t);
}

/* ---- profiles ---- */

static void
test_profiles (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load ("zero");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_EQUAL (t->n_object, 1);
  pen_test_option (t, "profile", "returns");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_EQUAL (t->n_object, 0);
  CU_ASSERT_EQUAL (t->n_warn, 1);
  pen_test_option (t, "rules.no_batches", "off"); /* a rule of its own wins */
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_EQUAL (t->n_warn, 0);
  CU_ASSERT_EQUAL (t->emitted[0], 1);

  load (PPD); /* batches only, as banks send returns */
  size_t from = (size_t)(line_at (2) - input), to = (size_t)(line_at (18) - input);
  CU_ASSERT_TRUE (pen_test_invariant (t, input + from, to - from));
  CU_ASSERT_EQUAL (t->n_object, 0);
  CU_ASSERT_EQUAL (t->emitted[2], 8);
  CU_ASSERT_EQUAL (t->emitted[0], 1);
  /* entries and addenda only */
  from = (size_t)(line_at (3) - input);
  to = (size_t)(line_at (8) - input);
  CU_ASSERT_TRUE (pen_test_invariant (t, input + from, to - from));
  CU_ASSERT_EQUAL (t->n_object, 0);
  CU_ASSERT_EQUAL (t->emitted[2], 4);
  CU_ASSERT_EQUAL (t->emitted[3], 1);
  CU_ASSERT_PTR_NULL (strstr (t->rows, "batch_ordinal"));

  pen_test_defaults (t);
  pen_test_option (t, "profile", "strict");
  load ("no-filler");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_EQUAL (t->n_object, 1);
  pen_test_free (t);
}

static void
test_encodings (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load ("latin1");
  pen_test_option (t, "encoding", "ascii");
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
  CU_ASSERT_EQUAL (t->n_record, 1);
  CU_ASSERT_PTR_EQUAL (strstr (t->findings, "character_set record 190 94 3 "), t->findings);
  pen_test_option (t, "encoding", "latin1");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT_EQUAL (t->n_record, 0);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "|individual_name=ALICE MU\xc3\x91OZ|"));
  pen_test_option (t, "encoding", "utf-8");
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
  CU_ASSERT_EQUAL (t->n_record, 1);
  load ("utf8");
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input));
  CU_ASSERT_EQUAL (t->n_record, 0);
  pen_test_option (t, "encoding", "windows-1252");
  pen_test_option (t, "rules.character_set", "warn");
  CU_ASSERT_TRUE (pen_test_invariant (t, input, n_input)); /* a character too many: the line runs over */
  CU_ASSERT_TRUE (t->n_record > 0);
  pen_test_free (t);
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite s = CU_add_suite ("nacha", NULL, NULL);
  CU_add_test (s, "sound samples of every SEC code, every chunk size", test_sound);
  CU_add_test (s, "line ends do not matter", test_line_ends);
  CU_add_test (s, "rows", test_rows);
  CU_add_test (s, "columns of every layout", test_layouts);
  CU_add_test (s, "one fault for every rule", test_faults);
  CU_add_test (s, "an addenda where none is allowed", test_strange_addenda);
  CU_add_test (s, "every rule is tested", test_every_rule_has_a_fault);
  CU_add_test (s, "an item is refused whole", test_item_is_whole);
  CU_add_test (s, "a batch is refused whole", test_batch_is_whole);
  CU_add_test (s, "records after the file control", test_after_control);
  CU_add_test (s, "files that are none", test_foreign);
  CU_add_test (s, "9,999 addenda and more", test_many_addenda);
  CU_add_test (s, "profiles", test_profiles);
  CU_add_test (s, "encodings", test_encodings);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
