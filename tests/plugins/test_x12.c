/* SPDX-License-Identifier: Apache-2.0 */
/* test_x12.c - the x12 parser in the mock host: samples of every set, a fault for every rule, every chunk size, sets that
 * are streamed, definitions of one's own, acknowledgements that are read back. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <penstock/testhost.h>
#include "tests/plugins/below_top.h"

#define MAX_INPUT (2u << 20)
static char input[MAX_INPUT], other[MAX_INPUT];
static size_t n_input;

static void
load (const char *name)
{
  char path[256];
  snprintf (path, sizeof path, "tests/data/x12/%s.edi", name);
  FILE *f = fopen (below_top (path), "rb");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  n_input = fread (input, 1, sizeof input - 1, f);
  input[n_input] = 0;
  CU_ASSERT_FATAL (n_input > 0 && n_input < sizeof input - 1);
  fclose (f);
}

static struct pen_test *
parser (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  CU_ASSERT_FATAL (pen_test_option (t, "definitions", below_top ("plugins/parsers/x12/sets")) == 0);
  return t;
}

/* Replaces the first `from`; the count of segments is left alone. */
static void
replace (const char *from, const char *to)
{
  char *at = memmem (input, n_input, from, strlen (from));
  CU_ASSERT_PTR_NOT_NULL_FATAL (at);
  size_t before = (size_t)(at - input), tail = n_input - before - strlen (from);
  memmove (at + strlen (to), at + strlen (from), tail);
  memcpy (at, to, strlen (to));
  n_input = before + strlen (to) + tail;
  input[n_input] = 0;
}

/* 1 when chunks of these sizes give what one chunk gives, and no contract was broken; the whole run is left in t. */
static int
is_same_in_chunks (struct pen_test *t, const char *p, size_t n)
{
  static const size_t size[] = { 1, 2, 3, 17, 64, 110, 150, 333, 1000, 4000, 20000 };
  char *whole;
  int same;
  pen_test_run (t, p, n, 0);
  whole = pen_test_everything (t);
  same = !t->broken[0];
  for (size_t i = 0; same && i < sizeof size / sizeof *size && size[i] < n; i++)
    {
      pen_test_run (t, p, n, size[i]);
      char *chunks = pen_test_everything (t);
      same = strcmp (whole, chunks) == 0;
      if (!same)
        pen_test_diff_ (whole, chunks, size[i]);
      free (chunks);
    }
  free (whole);
  pen_test_run (t, p, n, 0);
  return same;
}

static int
has_row (const struct pen_test *t, const char *start)
{
  for (const char *p = t->rows; p; p = strchr (p, '\n') ? strchr (p, '\n') + 1 : NULL)
    if (strncmp (p, start, strlen (start)) == 0)
      return 1;
  return 0;
}

/* ---- sound files ---- */

static const struct
{
  const char *name, *row;
} sound[] = {
  { "850", "purchase_orders|set_ordinal=2|segment_ordinal=1|purpose_code=00|order_type=SA|po_number=PO00002|po_date="
           "2024-06-10|" },
  { "850", "po_store_quantities|set_ordinal=1|segment_ordinal=19|parent_ordinal=16|unit=EA|id_qualifier=92|store=0002|"
           "quantity=28.0000|" },
  { "850", "po_lines|set_ordinal=1|segment_ordinal=23|line_number=3|quantity=1.0000|unit=EA|unit_price=1999.990000|" },
  { "850", "segments|set_ordinal=1|segment_ordinal=25|segment_id=ZZA|e01=own|e02=segment|" },
  { "850-crlf-carets", "interchanges|interchange_ordinal=1|authorization_qualifier=00|" },
  { "850-control-characters",
    "po_charges|set_ordinal=1|segment_ordinal=24|parent_ordinal=23|indicator=C|code=D240|amount=15.00|" },
  { "850-line-feeds", "po_parties|set_ordinal=1|segment_ordinal=12|role=BY|name=BUYER CO|id_qualifier=92|id=0001|" },
  { "810", "invoices|set_ordinal=1|segment_ordinal=1|invoice_date=2024-06-12|invoice_number=INV0001|" },
  { "855", "po_ack_statuses|set_ordinal=1|segment_ordinal=8|parent_ordinal=7|status=IB|quantity=6.0000|unit=EA|" },
  { "856", "ship_levels|set_ordinal=1|segment_ordinal=21|parent_ordinal=19|id=6|parent_id=5|level=I|" },
  { "846", "inventory_schedules|set_ordinal=1|segment_ordinal=12|parent_ordinal=11|quantity=100.0000|" },
  { "997", "element_errors|set_ordinal=1|segment_ordinal=7|parent_ordinal=6|element=2|reference_number=330|error=6|bad_"
           "data=X1|" },
  { "mixed", "ta1|interchange_ordinal=3|control_number=000000010|interchange_date=2024-06-11|" },
  { "860", "segments|set_ordinal=1|segment_ordinal=6|segment_id=POC|e01=1|e02=QD|" },
};

static void
test_sound (void)
{
  struct pen_test *t = parser ();
  for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
    {
      load (sound[i].name);
      CU_ASSERT (pen_test_invariant (t, input, n_input));
      if (t->status != PEN_OK || t->findings[0] || t->claims[0] || !has_row (t, sound[i].row))
        {
          fprintf (stderr, "%s: no row %s\n%s%s%s%s", sound[i].name, sound[i].row, t->rows, t->findings, t->claims,
                   t->log);
          CU_FAIL ("a sound file");
        }
    }
  pen_test_free (t);
}

/* ---- one fault for every rule ---- */

static const struct fault
{
  const char *name, *from, *to, *rule, *option, *value;
} faults[] = {
  { "850", "ISA*", "HELLO\nISA*", "text_outside record 0 ", NULL, NULL },
  { "850", "IEA*1*000000001~\n", "IEA*1*000000001", "unterminated warn ", NULL, NULL },
  { "850", "REF*DP*017~", "REF*DP*017~~", "empty_segment warn ", NULL, NULL },
  { "850", "REF*DP*017~", "REF*DP*017", "line_break record ", NULL, NULL },
  { "850", "BUYER CO", "BUYER\tCO", "control_character warn ", NULL, NULL },
  { "850", "BUYER CO",
    "BUYER\xff"
    "CO",
    "encoding record ", "encoding", "utf-8" },
  { "850", "REF*DP*017~", "R*DP*017~", "segment_id record ", NULL, NULL },
  { "850", "*00*          *ZZ*", "*00*         *ZZ*", "isa_width record 0 ", NULL, NULL },
  { "850", "*00401*", "*00100*", "isa_version record 0 ", NULL, NULL },
  { "850", "*240611*0930*U", "*241311*0930*U", "isa_date warn 0 ", NULL, NULL },
  { "850", "IEA*1*000000001~\n", "", "missing_iea record ", NULL, NULL },
  { "850", "IEA*1*000000001", "IEA*1*000000002", "interchange_control record ", NULL, NULL },
  { "850", "IEA*1*000000001", "IEA*1*1", "control_number_text warn ", NULL, NULL },
  { "850", "IEA*1*", "IEA*2*", "interchange_groups 2 ", NULL, NULL },
  { "850", "GS*PO", "GX*PO", "missing_gs record ", NULL, NULL },
  { "850", "GS*PO*BUYERCO*SUPPLIERCO*20240611", "GS*PO*BUYERCO*SUPPLIERCO*BAD_DATE", "group_header record ", NULL,
    NULL },
  { "850", "*X*004010", "*X*4010", "release record ", NULL, NULL },
  { "850", "GE*2*1~\n", "", "missing_ge record ", NULL, NULL },
  { "850", "GE*2*1~", "GE*2*9~", "group_control record ", NULL, NULL },
  { "850", "GE*2*1~", "GE*3*1~", "group_sets 2 ", NULL, NULL },
  { "mixed", "GS*IN*BUYERCO*SUPPLIERCO*20240611*0930*2", "GS*IN*BUYERCO*SUPPLIERCO*20240611*0930*1",
    "duplicate_group record ", NULL, NULL },
  { "850", "GS*PO*BUYERCO*SUPPLIERCO*20240611", "GS*PO*BUYERCO*SUPPLIERCO*20249911", "refused_envelope record ", NULL,
    NULL },
  { "850", "GS*PO", "GS*IN", "functional_id warn ", NULL, NULL },
  { "850", "ST*850*0001~\n", "", "missing_st record ", NULL, NULL },
  { "850", "ST*850*0001~\n", "", "stray_segment record ", NULL, NULL },
  { "850", "SE*28*0001~\n", "", "missing_se record ", NULL, NULL },
  { "850", "ST*850*0001~", "ST*850~", "set_header record ", NULL, NULL },
  { "850", "SE*28*0001~", "SE*28*0009~", "set_control record ", NULL, NULL },
  { "850", "SE*28*0001~", "SE*27*0001~", "set_segments record ", NULL, NULL },
  { "850", "ST*850*0002~", "ST*850*0001~", "duplicate_set record ", NULL, NULL },
  { "850", "REF*DP*017~", "BIN*3*a~b~", "binary_segment record ", NULL, NULL },
  { "850", "ZZA*own", "ZZB*own", "unexpected_segment record ", "unknown_segments", "reject" },
  { "850", "CUR*BY*USD~\nREF*DP*017~", "REF*DP*017~\nCUR*BY*USD~", "segment_order warn ", NULL, NULL },
  { "850", "REF*DP*017~", "CUR*BY*USD~", "segment_repeat warn ", NULL, NULL },
  { "850", "BEG*00*SA*PO00001**20240610~\n", "", "mandatory_segment record ", NULL, NULL },
  { "850", "BEG*00*SA*PO00001*", "BEG*00*SA**", "mandatory_element record ", NULL, NULL },
  { "850", "CUR*BY*USD", "CUR*BY*USDX", "element_length warn ", NULL, NULL },
  { "850", "BEG*00*", "BEG*99*", "element_code warn ", NULL, NULL },
  { "850", "PO1*1*48*", "PO1*1*4X8*", "element_number record ", NULL, NULL },
  { "850", "PO1*1*48*EA*3.25*", "PO1*1*48*EA*3.2512345*", "element_number record ", NULL, NULL },
  { "850", "**20240610~", "**20241310~", "element_date record ", NULL, NULL },
  { "856", "*20240618*1015*", "*20240618*2515*", "element_time record ", NULL, NULL },
  { "856", "HL*2*1*O", "HL*7*1*O", "hl_number warn ", NULL, NULL },
  { "856", "HL*2*1*O", "HL*2*3*O", "hl_parent record ", NULL, NULL },
  { "850", "CTT*3*", "CTT*7*", "ctt_count record ", NULL, NULL },
  { "850", "CTT*3*59.5", "CTT*3*60.5", "ctt_hash warn ", NULL, NULL },
  { "810", "TDS*29600", "TDS*29700", "tds_total warn ", NULL, NULL },
  { "850", "PO1*1*48*EA", "PO1*1*48*EA", "", "set_buffer", "1K" },
};

/* Does a line of findings or claims begin with it? */
static int
has_finding (const struct pen_test *t, const char *start)
{
  const char *all[2] = { t->findings, t->claims };
  for (int i = 0; i < 2; i++)
    for (const char *p = all[i]; p; p = strchr (p, '\n') ? strchr (p, '\n') + 1 : NULL)
      if (strncmp (p, start, strlen (start)) == 0)
        return 1;
  return 0;
}

static void
test_faults (void)
{
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    {
      const struct fault *f = &faults[i];
      struct pen_test *t = parser ();
      load (f->name);
      replace (f->from, f->to);
      if (f->option)
        CU_ASSERT (pen_test_option (t, f->option, f->value) == 0);
      CU_ASSERT (is_same_in_chunks (t, input, n_input));
      if (t->status != PEN_OK || !has_finding (t, f->rule))
        {
          fprintf (stderr, "%s instead of %s: expected %s, found\n%s%s%s", f->to, f->from, f->rule, t->findings,
                   t->claims, t->log);
          CU_FAIL ("a fault");
        }
      pen_test_free (t);
    }
}

/* A refused set leaves no row, the one beside it stays, and numbers used twice are found across interchanges. */
static void
test_refusal (void)
{
  struct pen_test *t = parser ();
  load ("850");
  replace ("PO1*1*48*", "PO1*1*4X8*");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT (!has_row (t, "po_parties|set_ordinal=1|") && !has_row (t, "purchase_orders|set_ordinal=1|"));
  CU_ASSERT (has_row (t, "po_parties|set_ordinal=2|") && has_row (t, "purchase_orders|set_ordinal=2|"));
  CU_ASSERT_PTR_NOT_NULL (
      strstr (t->findings, "PO102 0 segment 16: PO102: expected a number with at most 4 decimals, found \"4X8\""));
  CU_ASSERT_PTR_NOT_NULL (
      strstr (t->rows, "code=R|segment_count=4|segments=AK2*850*0001~AK3*PO1*16**8~AK4*2**6*4X8~AK5*R*5~|"));
  load ("850");
  memcpy (input + n_input, input, n_input);
  n_input *= 2;
  CU_ASSERT (is_same_in_chunks (t, input, n_input));
  CU_ASSERT (has_finding (t, "duplicate_interchange record "));
  /* across files the host compares: the key says whose number it is */
  load ("850");
  CU_ASSERT (pen_test_option (t, "rules.used_interchange", "reject") == 0);
  CU_ASSERT (is_same_in_chunks (t, input, n_input) && !t->findings[0]);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->ledger, "unique used_interchange 0 ZZ\\x7cBUYERCO        \\x7cZZ\\x7c"));
  CU_ASSERT (pen_test_option (t, "rules.used_interchange", "off") == 0);
  /* foreign text between interchanges, and nothing but that */
  load ("850");
  n_input += (size_t)sprintf (input + n_input, "some other text, with IS in it, and GS*PO*\nST*850*0001~\nISAX ISA");
  CU_ASSERT (pen_test_invariant (t, input, n_input));
  CU_ASSERT (has_finding (t, "text_outside record "));
  CU_ASSERT (pen_test_invariant (t, "GS*SH*1*2~ST*856*0001~SE*2*0001~GE*1*1~ and more of the same, but no header", 74));
  CU_ASSERT (has_finding (t, "text_outside record 0 "));
  /* cut off at every place */
  load ("mixed");
  size_t n = n_input;
  for (size_t cut = 0; cut < n; cut += 13)
    CU_ASSERT (pen_test_run (t, input, cut, 64) == PEN_OK && !t->broken[0]);
  pen_test_free (t);
}

/* ---- a set larger than the buffer ---- */

static size_t
large_set (unsigned lines, const char *tail)
{
  char *p = other, *end = other + sizeof other;
  load ("850");
  char *st = strstr (input, "ST*850");
  p += snprintf (p, (size_t)(end - p), "%.*sST*850*0001~\nBEG*00*SA*PO1**20240610~\nN1*ST*DC*92*77~\n",
                 (int)(st - input), input);
  for (unsigned i = 1; i <= lines; i++)
    p += snprintf (p, (size_t)(end - p), "PO1*%u*1.5*EA*2*PE*UP*012345678905~\nPID*F****ITEM %u~\nPO4*%u~\n", i, i,
                   i % 24 + 1);
  p += snprintf (p, (size_t)(end - p), "%s", tail);
  return (size_t)(p - other);
}

static void
test_large (void)
{
  char tail[200];
  struct pen_test *t = parser ();
  snprintf (tail, sizeof tail, "CTT*400*600~\nSE*%u*0001~\nGE*1*1~\nIEA*1*000000001~\n", 3 + 400 * 3 + 2);
  size_t n = large_set (400, tail);
  pen_test_run (t, other, n, 0);
  char *whole = pen_test_everything (t);
  CU_ASSERT (!t->findings[0] && !t->claims[0]);
  CU_ASSERT (has_row (t, "po_lines|set_ordinal=1|segment_ordinal=1201|line_number=400|quantity=1.5000|"));
  CU_ASSERT (has_row (t, "purchase_orders|set_ordinal=1|segment_ordinal=1|purpose_code=00|order_type=SA|po_number=PO1|"
                         "po_date=2024-06-10|claimed_lines=400|"));
  CU_ASSERT (pen_test_option (t, "set_buffer", "1K") == 0);
  CU_ASSERT (is_same_in_chunks (t, other, n));
  char *streamed = pen_test_everything (t);
  CU_ASSERT_STRING_EQUAL (whole, streamed);
  free (whole);
  free (streamed);
  /* an error in it refuses the file: rows of it are out already */
  snprintf (tail, sizeof tail, "CTT*401~\nSE*%u*0001~\nGE*1*1~\nIEA*1*000000001~\n", 3 + 400 * 3 + 2);
  n = large_set (400, tail);
  CU_ASSERT (is_same_in_chunks (t, other, n));
  CU_ASSERT (has_finding (t, "ctt_count object "));
  /* broken off, and ended by what is around it */
  n = large_set (400, "");
  CU_ASSERT (is_same_in_chunks (t, other, n));
  CU_ASSERT (has_finding (t, "missing_se object "));
  n = large_set (400, "GE*1*1~\nIEA*1*000000001~\n");
  CU_ASSERT (is_same_in_chunks (t, other, n));
  CU_ASSERT (has_finding (t, "missing_se object "));
  pen_test_free (t);
}

/* ---- acknowledgements ---- */

/* The value of a column in a row's line, up to the next bar; its length in *n. */
static const char *
value (const char *line, const char *column, size_t *n)
{
  char key[64];
  snprintf (key, sizeof key, "|%s=", column);
  const char *at = strstr (line, key), *end = strchr (line, '\n');
  if (!at || at > end)
    return NULL;
  at += strlen (key);
  *n = strcspn (at, "|\n");
  return at;
}

/* Puts the answer to the first group together, as penstock-x12(7) says. */
static size_t
answer (const struct pen_test *t)
{
  size_t n = 0, k;
  unsigned accepted = 0, sets = 0, segments = 0;
  for (const char *p = t->rows; p && *p; p = strchr (p, '\n') + 1)
    {
      size_t kind_n;
      if (strncmp (p, "acknowledgements|", 17) != 0)
        continue;
      const char *kind = value (p, "kind", &kind_n), *text = value (p, "segments", &k), *code;
      if (text && kind[0] != 'T')
        {
          memcpy (other + n, text, k);
          n += k;
          segments += (unsigned)atoi (value (p, "segment_count", &k));
        }
      if (kind[0] == 'S')
        {
          code = value (p, "code", &k);
          sets++;
          accepted += code[0] == 'A';
        }
    }
  n += (size_t)sprintf (other + n, "AK9*%s*%u*%u*%u~SE*%u*0001~GE*1*1~IEA*1*000000001~",
                        accepted == sets ? "A"
                        : accepted       ? "P"
                                         : "R",
                        sets, sets, accepted, segments + 2);
  return n;
}

static void
test_answer (void)
{
  struct pen_test *t = parser ();
  load ("850");
  replace ("PO1*1*48*", "PO1*1*4X8*");
  pen_test_run (t, input, n_input, 0);
  size_t n = answer (t);
  CU_ASSERT_FATAL (n > 100);
  CU_ASSERT (is_same_in_chunks (t, other, n));
  if (t->findings[0] || t->claims[0])
    fprintf (stderr, "%.*s\n%s%s", (int)n, other, t->findings, t->claims);
  CU_ASSERT (!t->findings[0] && !t->claims[0]);
  CU_ASSERT (has_row (t, "functional_acks|set_ordinal=1|segment_ordinal=1|functional_id=PO|group_control=1|code=P|sets_"
                         "included=2|sets_received=2|sets_accepted=1|"));
  CU_ASSERT (
      has_row (t, "element_errors|set_ordinal=1|segment_ordinal=5|parent_ordinal=4|element=2|error=6|bad_data=4X8|"));
  CU_ASSERT (has_row (t, "set_acks|set_ordinal=1|segment_ordinal=7|set_id=850|set_control=0002|code=A|"));
  pen_test_free (t);
}

/* ---- definitions ---- */

static void
test_own_definition (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  load ("860");
  CU_ASSERT (pen_test_option (t, "definitions", below_top ("tests/data/x12/defs")) == 0);
  CU_ASSERT (is_same_in_chunks (t, input, n_input));
  CU_ASSERT (t->status == PEN_OK && !t->findings[0]);
  CU_ASSERT (has_row (t, "po_changes|set_ordinal=1|segment_ordinal=1|purpose_code=01|order_type=SA|po_number=PO00001|"
                         "po_date=2024-06-10|change_date=2024-06-15|requested_delivery=2024-06-25|claimed_lines=2|"));
  CU_ASSERT (has_row (t, "po_change_lines|set_ordinal=1|segment_ordinal=7|line_number=2|change=DI|quantity=0.0000|"
                         "quantity_left=10.0000|unit=EA|unit_price=12.500000|buyer_item=77-A|"));
  CU_ASSERT (!has_row (t, "segments|"));
  replace ("*X*004010", "*X*003050");
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT (has_finding (t, "release record "));
  pen_test_free (t);
}

static const struct
{
  const char *text, *says;
} wrong[] = {
  { "row x\n", ".def:1: set ID GS01 is expected first" },
  { "set 850\n", ".def:1: set ID GS01 is expected" },
  { "set 850 PO\nset 810 IN\n", ".def:2: a file describes one set" },
  { "set 850 PO\n", "describes no set, or no segment" },
  { "set 850 PO\nrow Purchase\n", ".def:2: \"Purchase\" is not a name for a table" },
  { "set 850 PO\nrow groups\n", ".def:2: table groups is one that every file has" },
  { "set 850 PO\nsegment BEGIN 1 1\n", ".def:2: segment ID MIN MAX is expected" },
  { "set 850 PO\nsegment BEG 2 1\n", ".def:2: MIN 2 is above MAX 1" },
  { "set 850 PO\nsegment BEG 1 1\n 01 x AN\n", ".def:3: segment BEG has no row" },
  { "set 850 PO\nrow x\nsegment BEG 1 1\n 01 y QQ\n", ".def:4: \"QQ\" is not a type" },
  { "set 850 PO\nrow x\nsegment BEG 1 1\n 01 y AN 5..2\n", ".def:4: the shortest length, 5, is above the longest, 2" },
  { "set 850 PO\nrow x\nsegment BEG 1 1\n 01 y AN\n 02 y DT\n", ".def:5: column y of x is of another type" },
  { "set 850 PO\nrow x\nsegment BEG 1 1\n 01 set_ordinal AN\n",
    ".def:4: every table has a column set_ordinal already" },
  { "set 850 PO\nrow x\nloop N1 0 9 row x\n", ".def:3: table x has a row open around this one already" },
  { "set 850 PO\nrow x\nloop N1 0 9\nsegment N2 1 1\n", ".def:4: the loop's first segment is expected, found N2" },
  { "set 850 PO\nrow x\nloop N1 0 9\nend\n", ".def:4: a loop needs its first segment" },
  { "set 850 PO\nrow x\nloop N1 0 9\nsegment N1 1 1\n", "a loop is not ended" },
  { "set 850 PO\nrow x\nend\n", ".def:3: end: no loop is open" },
  { "set 850 PO\nrow x\nsegment BEG 1 1\nfrobnicate\n", ".def:4: \"frobnicate\" is not expected" },
  { "set 850 PO\nrow x\nsegment BEG 1 1\n 01 y AN \"open\n", ".def:4: a quote is not closed" },
  { "set 850 PO\nrow x\nsegment CTT 0 1\ncheck nonsense CTT.01 = count PO1\n", ".def:4: \"nonsense\" is not a check" },
  { "set 850 PO\nrow x\nsegment CTT 0 1\ncheck ctt_count CTT.01 = sum PO1.02*IT1.04\n",
    "both factors must be of one segment" },
};

static void
test_wrong_definitions (void)
{
  char dir[] = "/tmp/penstock-x12-XXXXXX", path[128];
  CU_ASSERT_PTR_NOT_NULL_FATAL (mkdtemp (dir));
  snprintf (path, sizeof path, "%s/one.def", dir);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      FILE *f = fopen (path, "w");
      CU_ASSERT_PTR_NOT_NULL_FATAL (f);
      fputs (wrong[i].text, f);
      fclose (f);
      CU_ASSERT (pen_test_option (t, "definitions", dir) == 0 && pen_test_option (t, "sets", "one") == 0);
      CU_ASSERT (pen_test_run (t, "x", 1, 0) == PEN_ERR);
      if (!strstr (t->log, wrong[i].says))
        {
          fprintf (stderr, "expected %s, found %s", wrong[i].says, t->log);
          CU_FAIL ("a wrong definition");
        }
      pen_test_free (t);
    }
  unlink (path);
  rmdir (dir);
}

static void
test_options (void)
{
  struct pen_test *t = parser ();
  load ("850");
  CU_ASSERT (pen_test_option (t, "sets", "none") == 0);
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT (
      has_row (t, "segments|set_ordinal=1|segment_ordinal=2|segment_id=BEG|e01=00|e02=SA|e03=PO00001|e05=20240610|"));
  CU_ASSERT (!has_row (t, "purchase_orders|"));
  CU_ASSERT (pen_test_option (t, "sets", "nowhere") == 0);
  CU_ASSERT (pen_test_run (t, input, n_input, 0) == PEN_ERR);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->log, "cannot read the definition"));
  CU_ASSERT (pen_test_option (t, "sets", "850") == 0 && pen_test_option (t, "segments", "all") == 0);
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT (has_row (t, "segments|set_ordinal=1|segment_ordinal=2|segment_id=BEG|")
             && has_row (t, "purchase_orders|"));
  CU_ASSERT (pen_test_option (t, "segments", "none") == 0 && pen_test_option (t, "acknowledgements", "false") == 0);
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT (!has_row (t, "segments|") && !has_row (t, "acknowledgements|"));
  pen_test_free (t);
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite s = CU_add_suite ("x12", NULL, NULL);
  CU_add_test (s, "sound files", test_sound);
  CU_add_test (s, "one fault for every rule", test_faults);
  CU_add_test (s, "a refused set leaves nothing", test_refusal);
  CU_add_test (s, "sets larger than the buffer", test_large);
  CU_add_test (s, "answers are read back", test_answer);
  CU_add_test (s, "a set added by a file", test_own_definition);
  CU_add_test (s, "wrong definitions", test_wrong_definitions);
  CU_add_test (s, "options", test_options);
  CU_basic_run_tests ();
  int failed = CU_get_number_of_failures () != 0;
  CU_cleanup_registry ();
  return failed;
}
