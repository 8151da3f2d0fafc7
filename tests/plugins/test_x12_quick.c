/* SPDX-License-Identifier: Apache-2.0 */
/* test_x12_quick.c - the quick walk over segments says what the careful one says, over samples of every set that were
 * changed at random.
 *
 * A blank between segments means nothing and leaves the walk quick; a tab means nothing either, but is an odd byte, and
 * where there is one the index goes to the careful walk. So the same input with the one and the other must be equal in
 * all that is said, to the last offset. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/testhost.h>
#include "tests/plugins/below_top.h"

#define MAX_INPUT 100000

static uint32_t seed = 4711;
static uint32_t
below (uint32_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)seed * n >> 32);
}

/* A sample four times in a row, so that most of it is away from the ends of the bytes; line ends left out. */
static size_t
load (const char *name, char *to)
{
  char file[256];
  size_t n = 0;
  int c;
  snprintf (file, sizeof file, "tests/data/x12/%s.edi", name);
  for (int i = 0; i < 4; i++)
    {
      FILE *f = fopen (below_top (file), "rb");
      CU_ASSERT_PTR_NOT_NULL_FATAL (f);
      while ((c = getc (f)) != EOF)
        if (c != '\n' && c != '\r' && n < MAX_INPUT / 2)
          to[n++] = (char)c;
      fclose (f);
    }
  return n;
}

static bool
is_envelope (const char *p)
{
  static const char *const id[] = { "ISA", "IEA", "GS*", "GE*", "ST*", "SE*", "TA1" };
  for (size_t i = 0; i < sizeof id / sizeof *id; i++)
    if (memcmp (p, id[i], 3) == 0)
      return true;
  return false;
}

/* Changes some bytes inside of sets. */
static void
mutate (char *p, size_t n, unsigned times)
{
  static const char with[] = "**~~ 019.-AZP:O";
  while (times--)
    {
      size_t at = 200 + below ((uint32_t)n - 400), from = at;
      while (p[from - 1] != '~')
        from--;
      if (!is_envelope (p + from))
        p[at] = with[below (sizeof with - 1)];
    }
}

/* Puts `c` behind terminators inside of sets. */
static size_t
spread (const char *p, size_t n, char c, char *to)
{
  size_t k = 0;
  for (size_t i = 0; i < n; i++)
    {
      to[k++] = p[i];
      if (p[i] == '~' && i + 4 < n && !is_envelope (p + i + 1))
        to[k++] = c;
    }
  return k;
}

static int
compare (struct pen_test *t, const char *p, size_t n)
{
  static char quick[MAX_INPUT], careful[MAX_INPUT];
  size_t k = spread (p, n, ' ', quick);
  spread (p, n, '\t', careful);
  pen_test_run (t, quick, k, 0);
  char *a = pen_test_everything (t);
  CU_ASSERT_STRING_EQUAL (t->broken, "");
  pen_test_run (t, careful, k, 0);
  char *b = pen_test_everything (t);
  int same = strcmp (a, b) == 0;
  if (!same)
    pen_test_diff_ (b, a, 0);
  free (a);
  free (b);
  return same;
}

static void
test_same (void)
{
  static const char *const sample[] = { "810", "846", "850", "855", "856", "860", "997", "mixed" };
  static const char *const segments[] = { "rest", "none" };
  static char whole[MAX_INPUT], changed[MAX_INPUT];
  struct pen_test *t = pen_test_new (&penstock_plugin);
  uint64_t rows = 0, refused = 0;
  CU_ASSERT_EQUAL_FATAL (pen_test_option (t, "definitions", below_top ("plugins/parsers/x12/sets")), 0);
  t->reuse = 1;
  for (size_t i = 0; i < sizeof sample / sizeof *sample; i++)
    {
      size_t n = load (sample[i], whole);
      CU_ASSERT_EQUAL_FATAL (pen_test_option (t, "segments", segments[i % 2]), 0);
      CU_ASSERT_TRUE (compare (t, whole, n));
      for (unsigned round = 0; round < 60; round++)
        {
          memcpy (changed, whole, n);
          mutate (changed, n, 1 + below (6));
          if (!compare (t, changed, n))
            CU_FAIL_FATAL ("the walks differ");
          rows += t->n_rows;
          refused += t->n_record;
        }
    }
  CU_ASSERT (rows > 10000);
  CU_ASSERT (refused > 200);
  pen_test_free (t);
}

/* A sum is the same whether its numbers are short ones, long ones or none; what was added up is in the finding. */
static void
test_sums (void)
{
  static const struct
  {
    const char *quantity, *sum;
  } sample[] = {
    { "", "17" },
    { "0", "17" },
    { "3", "20" },
    { "-3", "14" },
    { ".5", "17.5" },
    { "1.25", "18.25" },
    { "99999999", "100000016" },
    { "123456789", "123456806" },
    { "1.12345", "18.1234" },
    { "12:3", "17" },
  };
  struct pen_test *t = pen_test_new (&penstock_plugin);
  CU_ASSERT_EQUAL_FATAL (pen_test_option (t, "definitions", below_top ("plugins/parsers/x12/sets")), 0);
  for (size_t i = 0; i < sizeof sample / sizeof *sample; i++)
    {
      char text[4000], want[80];
      int n = snprintf (text, sizeof text,
                        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260611*0930*U*00401*"
                        "000000001*0*T*:~GS*PO*A*B*20260611*0930*1*X*004010~ST*850*0001~BEG*00*SA*1**20260611~"
                        "PO1*1*10*EA~PO1*2*%s*EA~PO1*3~PO1*4*7*EA~CTT*4*5~SE*8*0001~GE*1*1~IEA*1*000000001~",
                        sample[i].quantity);
      CU_ASSERT_TRUE (compare (t, text, (size_t)n));
      char *all = pen_test_everything (t);
      snprintf (want, sizeof want, "expected %s", sample[i].sum);
      CU_ASSERT_PTR_NOT_NULL (strstr (all, want));
      CU_ASSERT_PTR_NOT_NULL (strstr (all, "ctt_hash"));
      if (!strstr (all, want))
        fprintf (stderr, "%s: %s", want, all);
      free (all);
    }
  pen_test_free (t);
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite suite = CU_add_suite ("x12 quick walk", NULL, NULL);
  CU_add_test (suite, "quick and careful are the same", test_same);
  CU_add_test (suite, "sums", test_sums);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  int failed = CU_get_number_of_failures () != 0;
  CU_cleanup_registry ();
  return failed;
}
