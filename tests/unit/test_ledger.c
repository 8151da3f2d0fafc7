/* SPDX-License-Identifier: Apache-2.0 */
/* test_ledger.c - the control ledger: sums, claims, scopes, overflow, hostile entries, checkpoints. */
#include "core/host/ledger.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

enum
{
  ENTRY_HASH,
  DEBIT,
  ENTRIES,
  BATCHES,
  FILE_DEBIT,
};

static const struct pen_scope scopes[] = { { "file" }, { "batch" }, { "entry" } };
static const struct pen_total totals[] = {
  { "entry_hash", 1, PEN_FOLD_SUM, 0, 10000000000u, "entry_hash", NULL },
  { "debit", 1, PEN_FOLD_SUM, 2, 0, "batch_debit", NULL },
  { "entries", 1, PEN_FOLD_COUNT, 0, 0, NULL, NULL },
  { "batches", 0, PEN_FOLD_COUNT, 0, 0, "", NULL },
  { "debit", 0, PEN_FOLD_SUM, 2, 97, "file_debit", NULL },
};
static const struct ledger_decl decl = { scopes, 3, totals, 5 };

/* What was found: one line each, "severity rule column @offset+length:line text". */
static char found[4096];

static void
note (void *ctx, const struct pen_finding *f)
{
  size_t n = strlen (found);

  CU_ASSERT_PTR_EQUAL (ctx, found);
  CU_ASSERT_EQUAL (f->size, sizeof *f);
  snprintf (found + n, sizeof found - n, "%d %s %s @%llu+%llu:%llu %s\n", f->severity, f->rule,
            f->column ? f->column : "-", (unsigned long long)f->offset, (unsigned long long)f->length,
            (unsigned long long)f->line, f->text);
}

static struct ledger *
begin (void)
{
  found[0] = 0;
  return ledger_create (&decl);
}

static struct pen_span
key (const char *s)
{
  return (struct pen_span){ (const uint8_t *)s, strlen (s) };
}

static void
expect (const char *text)
{
  CU_ASSERT_STRING_EQUAL (found, text);
  if (strcmp (found, text))
    printf ("\nexpected: %sfound:    %s", text, found);
  found[0] = 0;
}

static int
open_scope (struct ledger *l, int scope, const char *k)
{
  return ledger_open (l, scope, key (k), note, found);
}

static int
add (struct ledger *l, int total, __int128 value)
{
  return ledger_add (l, total, value, note, found);
}

static int
close_one (struct ledger *l, int scope, const char *k, int total, int severity, int64_t claimed)
{
  struct pen_claim claim = { total, severity, claimed };

  return ledger_close (l, scope, key (k), &claim, 1, 940, 94, 11, note, found);
}

static void
test_balanced (void)
{
  struct ledger *l = begin ();
  struct pen_claim claims[] = { { ENTRY_HASH, PEN_SEV_OBJECT, 2104288 },
                                { DEBIT, PEN_SEV_OBJECT, 123456 },
                                { ENTRIES, PEN_SEV_OBJECT, 2 } };

  /* the hash keeps its last ten digits */
  CU_ASSERT_EQUAL (open_scope (l, 1, "0000001"), 0);
  CU_ASSERT_EQUAL (add (l, ENTRY_HASH, 9999999999), 0);
  CU_ASSERT_EQUAL (add (l, ENTRY_HASH, 2104289), 0);
  CU_ASSERT_EQUAL (add (l, DEBIT, 123456), 0);
  CU_ASSERT_EQUAL (add (l, ENTRIES, 2), 0);
  CU_ASSERT_EQUAL (ledger_close (l, 1, key ("0000001"), claims, 3, 0, 94, 3, note, found), 0);
  /* sums begin anew with the next batch; the grand total goes on */
  CU_ASSERT_EQUAL (open_scope (l, 1, "0000002"), 0);
  CU_ASSERT_EQUAL (add (l, DEBIT, -1), 0);
  CU_ASSERT_EQUAL (close_one (l, 1, "0000002", DEBIT, PEN_SEV_OBJECT, -1), 0);
  CU_ASSERT_EQUAL (add (l, BATCHES, 2), 0);
  CU_ASSERT_EQUAL (close_one (l, 0, "", BATCHES, PEN_SEV_OBJECT, 2), 0);
  /* the object stays open: what comes after its claims is counted for the next ones */
  CU_ASSERT_EQUAL (add (l, BATCHES, 1), 0);
  CU_ASSERT_EQUAL (close_one (l, 0, "", BATCHES, PEN_SEV_OBJECT, 1), 0);
  ledger_end (l, note, found);
  expect ("");
  CU_ASSERT (ledger_grand_total (l, DEBIT) == 123455);
  CU_ASSERT (ledger_grand_total (l, BATCHES) == 3);
  ledger_destroy (l);
}

static void
test_mismatch (void)
{
  struct ledger *l = begin ();

  open_scope (l, 1, "0000001");
  add (l, ENTRY_HASH, 12104289);
  add (l, DEBIT, 123456);
  close_one (l, 1, "0000001", ENTRY_HASH, PEN_SEV_OBJECT, 12104288);
  expect ("3 entry_hash entry_hash @940+94:11 batch 0000001: entry_hash claims 0012104288, computed 0012104289\n");
  open_scope (l, 1, "");
  add (l, DEBIT, -5);
  close_one (l, 1, "0000002", DEBIT, PEN_SEV_WARN, 123456);
  expect ("1 batch_debit debit @940+94:11 batch 0000002: debit claims 1234.56, computed -0.05\n");
  open_scope (l, 1, "a\033\xff");
  close_one (l, 1, "", ENTRIES, PEN_SEV_RECORD, 7);
  expect ("2 ledger_mismatch entries @940+94:11 batch a\\x1b\\xff: entries claims 7, computed 0\n");
  open_scope (l, 1, "");
  close_one (l, 1, "", ENTRIES, 0, 7); /* not to be compared */
  expect ("");
  add (l, FILE_DEBIT, -1); /* modulo 97: -1 and 96 are the same */
  close_one (l, 0, "", FILE_DEBIT, PEN_SEV_OBJECT, 96 + 97);
  expect ("");
  ledger_destroy (l);
}

static void
test_scopes (void)
{
  struct ledger *l = begin ();

  open_scope (l, 1, "1");
  open_scope (l, 1, "2");
  expect ("3 ledger_unclosed - @0+0:0 batch 1 was not closed\n");
  close_one (l, 1, "3", ENTRIES, PEN_SEV_OBJECT, 0);
  expect ("3 ledger_key - @940+94:11 batch 2 is closed as 3\n");
  close_one (l, 1, "2", ENTRIES, PEN_SEV_OBJECT, 5);
  expect ("3 ledger_unopened - @940+94:11 batch 2 is closed, but was not open\n");
  add (l, DEBIT, 1);
  add (l, ENTRIES, 1); /* said once */
  expect ("3 ledger_unopened debit @0+0:0 debit is added to outside of any batch\n");
  open_scope (l, 1, "4");
  open_scope (l, 2, "y");
  close_one (l, 1, "4", ENTRIES, PEN_SEV_OBJECT, 0);
  expect ("3 ledger_unclosed - @940+94:11 entry y was not closed\n");
  add (l, DEBIT, 1); /* and again after it was open */
  expect ("3 ledger_unopened debit @0+0:0 debit is added to outside of any batch\n");
  open_scope (l, 1, "5");
  open_scope (l, 2, "z");
  ledger_end (l, note, found);
  expect ("3 ledger_unclosed - @0+0:0 entry z was not closed\n3 ledger_unclosed - @0+0:0 batch 5 was not closed\n");
  ledger_end (l, note, found);
  expect ("");
  ledger_destroy (l);
}

static void
test_overflow (void)
{
  struct ledger *l = begin ();
  __int128 top = (__int128)(~(unsigned __int128)0 >> 1);

  open_scope (l, 1, "1");
  add (l, DEBIT, top);
  CU_ASSERT (ledger_grand_total (l, DEBIT) == top);
  expect ("");
  add (l, DEBIT, 1);
  add (l, DEBIT, 1);
  expect ("3 ledger_overflow debit @0+0:0 batch 1: debit does not fit into 128 bits\n");
  close_one (l, 1, "1", DEBIT, PEN_SEV_OBJECT, 0); /* said already */
  expect ("");
  CU_ASSERT (ledger_grand_total (l, DEBIT) == top);
  open_scope (l, 1, "2"); /* the batch's sum fits, the grand total does not */
  add (l, DEBIT, 1);
  expect ("3 ledger_overflow debit @0+0:0 batch 2: debit does not fit into 128 bits\n");
  ledger_destroy (l);
}

static void
test_text (void)
{
  __int128 top = (__int128)(~(unsigned __int128)0 >> 1);
  char text[LEDGER_TEXT_MAX];
  static const struct
  {
    __int128 value;
    unsigned scale;
    const char *want;
  } c[] = { { 0, 0, "0" },      { 0, 2, "0.00" },    { 5, 2, "0.05" }, { -5, 2, "-0.05" }, { 123456, 2, "1234.56" },
            { 100, 2, "1.00" }, { -100, 0, "-100" }, { 7, 1, "0.7" } };

  for (size_t i = 0; i < sizeof c / sizeof *c; i++)
    CU_ASSERT_STRING_EQUAL (ledger_text (text, sizeof text, c[i].value, c[i].scale), c[i].want);
  CU_ASSERT_STRING_EQUAL (ledger_text (text, sizeof text, top, 2), "1701411834604692317316873037158841057.27");
  CU_ASSERT_STRING_EQUAL (ledger_text (text, sizeof text, -top - 1, 0), "-170141183460469231731687303715884105728");
  CU_ASSERT_STRING_EQUAL (ledger_text (text, sizeof text, -top - 1, 38), "-1.70141183460469231731687303715884105728");
}

/* What no honest worker sends: refused, no finding, nothing changes. */
static void
test_hostile (void)
{
  struct ledger *l = begin ();
  uint8_t big[EVIDENCE_KEY_MAX + 1] = { 0 };
  struct pen_span long_key = { big, sizeof big }, longest = { big, EVIDENCE_KEY_MAX };
  struct pen_claim claim = { ENTRIES, PEN_SEV_OBJECT, 0 };
  static const int bad_index[] = { -1, 5, 64, INT32_MAX, INT32_MIN };

  for (size_t i = 0; i < sizeof bad_index / sizeof *bad_index; i++)
    {
      CU_ASSERT_EQUAL (open_scope (l, bad_index[i], "1"), -1);
      CU_ASSERT_EQUAL (add (l, bad_index[i], 1), -1);
      CU_ASSERT_EQUAL (ledger_close (l, bad_index[i], key ("1"), NULL, 0, 0, 0, 0, note, found), -1);
      CU_ASSERT_EQUAL (close_one (l, 1, "1", bad_index[i], PEN_SEV_OBJECT, 0), -1);
    }
  CU_ASSERT_EQUAL (open_scope (l, 0, "1"), -1); /* the host's own */
  CU_ASSERT_EQUAL (open_scope (l, 3, "1"), -1);
  CU_ASSERT_EQUAL (ledger_open (l, 1, long_key, note, found), -1);
  CU_ASSERT_EQUAL (ledger_close (l, 1, long_key, NULL, 0, 0, 0, 0, note, found), -1);
  CU_ASSERT_EQUAL (close_one (l, 1, "1", BATCHES, PEN_SEV_OBJECT, 0), -1); /* another scope's */
  CU_ASSERT_EQUAL (close_one (l, 1, "1", ENTRIES, 4, 0), -1);
  CU_ASSERT_EQUAL (close_one (l, 1, "1", ENTRIES, -1, 0), -1);
  expect ("");
  CU_ASSERT_EQUAL (ledger_open (l, 1, longest, note, found), 0);
  CU_ASSERT_EQUAL (ledger_close (l, 1, longest, &claim, 1, 0, 0, 0, note, found), 0);
  expect ("");
  ledger_destroy (l);
}

static int
load (struct ledger *l, const struct blob *b, size_t n)
{
  struct blob_reader r;
  struct err e = { 0, "" };
  int rc;

  blob_reader_init (&r, b->p, n);
  rc = ledger_load (l, &r, &e);
  CU_ASSERT_EQUAL (rc == -1, e.text[0] != 0);
  return rc;
}

/* Saving in the middle and going on in another life gives the same findings. */
static void
test_checkpoint (void)
{
  struct ledger *l = begin (), *other;
  struct blob b = { 0 };

  open_scope (l, 1, "0000001");
  add (l, DEBIT, -123456);
  add (l, BATCHES, 7);
  ledger_save (l, &b);
  CU_ASSERT (b.n < 8192);
  ledger_destroy (l);

  other = begin ();
  CU_ASSERT_EQUAL (load (other, &b, b.n), 0);
  close_one (other, 1, "0000009", DEBIT, PEN_SEV_OBJECT, 0);
  expect ("3 ledger_key - @940+94:11 batch 0000001 is closed as 0000009\n"
          "3 batch_debit debit @940+94:11 batch 0000001: debit claims 0.00, computed -1234.56\n");
  close_one (other, 0, "", BATCHES, PEN_SEV_OBJECT, 8);
  expect ("3 ledger_mismatch batches @940+94:11 file: batches claims 8, computed 7\n");
  CU_ASSERT (ledger_grand_total (other, DEBIT) == -123456);
  ledger_destroy (other);
  blob_fini (&b);
}

static void
test_damaged_checkpoint (void)
{
  struct ledger *l = begin ();
  struct ledger_decl fewer = { scopes, 3, totals, 4 };
  struct ledger *other = ledger_create (&fewer);
  struct blob b = { 0 }, again = { 0 };

  open_scope (l, 1, "0000001");
  ledger_save (l, &b);
  for (size_t n = 0; n < b.n; n++)
    CU_ASSERT_EQUAL (load (l, &b, n), -1);
  CU_ASSERT_EQUAL (load (other, &b, b.n), -1);
  b.p[8] = 0; /* the object's scope is not open */
  CU_ASSERT_EQUAL (load (l, &b, b.n), -1);
  b.p[8] = 2;
  CU_ASSERT_EQUAL (load (l, &b, b.n), -1);
  b.p[8] = 1;
  b.p[11] = 1; /* its key: 256 bytes more than there are of ours */
  b.p[10] = 1;
  CU_ASSERT_EQUAL (load (l, &b, b.n), -1);
  b.p[10] = b.p[11] = 0;
  /* none of these has changed anything */
  ledger_save (l, &again);
  CU_ASSERT_EQUAL_FATAL (again.n, b.n);
  CU_ASSERT_EQUAL (memcmp (again.p, b.p, b.n), 0);
  ledger_destroy (l);
  ledger_destroy (other);
  ledger_destroy (NULL);
  blob_fini (&b);
  blob_fini (&again);
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("ledger", NULL, NULL);
  CU_add_test (s, "balanced", test_balanced);
  CU_add_test (s, "mismatch", test_mismatch);
  CU_add_test (s, "scopes", test_scopes);
  CU_add_test (s, "overflow", test_overflow);
  CU_add_test (s, "text", test_text);
  CU_add_test (s, "hostile entries", test_hostile);
  CU_add_test (s, "checkpoint", test_checkpoint);
  CU_add_test (s, "damaged checkpoint", test_damaged_checkpoint);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
