/* SPDX-License-Identifier: Apache-2.0 */
/* test_decimal_date.c - exact decimals and civil dates: every boundary that a feed can hit. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <penstock/date.h>
#include <penstock/decimal.h>

static void
test_decimal_reads (void)
{
  static const struct
  {
    const char *text;
    unsigned precision, scale;
    int status;
    const char *back;
  } t[] = {
    { "0", 1, 0, 0, "0" },
    { "123.45", 12, 2, 0, "123.45" },
    { "-0.05", 12, 2, 0, "-0.05" },
    { "+7", 12, 2, 0, "7.00" },
    { ".5", 12, 2, 0, "0.50" },
    { "12.", 12, 2, 0, "12.00" },
    { "1.2300", 12, 2, 0, "1.23" },
    { "1.234", 12, 2, PEN_DEC_SCALE, NULL },
    { "", 12, 2, PEN_DEC_SYNTAX, NULL },
    { "-", 12, 2, PEN_DEC_SYNTAX, NULL },
    { ".", 12, 2, PEN_DEC_SYNTAX, NULL },
    { "1e3", 12, 2, PEN_DEC_SYNTAX, NULL },
    { "1.2.3", 12, 2, PEN_DEC_SYNTAX, NULL },
    { " 1", 12, 2, PEN_DEC_SYNTAX, NULL },
    { "99999.99", 7, 2, 0, "99999.99" },
    { "100000.00", 7, 2, PEN_DEC_RANGE, NULL },
    { "000000000000000000000000000000000000000000000007", 1, 0, 0, "7" },
    { "99999999999999999999999999999999999999", 38, 0, 0, "99999999999999999999999999999999999999" },
    { "-99999999999999999999999999999999999999", 38, 0, 0, "-99999999999999999999999999999999999999" },
    { "100000000000000000000000000000000000000", 38, 0, PEN_DEC_RANGE, NULL },
    { "9999999999999999999999999999999999999", 38, 2, PEN_DEC_RANGE, NULL },
    { "0.00000000000000000000000000000000000001", 38, 38, 0, "0.00000000000000000000000000000000000001" },
  };
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    {
      pen_i128 v = 4711;
      char back[PEN_DEC_TEXT];
      int status = pen_dec_parse (t[i].text, strlen (t[i].text), t[i].precision, t[i].scale, '.', &v);
      CU_ASSERT_EQUAL (status, t[i].status);
      if (status != t[i].status)
        fprintf (stderr, "\"%s\": %d\n", t[i].text, status);
      if (t[i].status)
        {
          CU_ASSERT (v == 4711);
          continue;
        }
      CU_ASSERT_EQUAL (pen_dec_format (back, v, t[i].scale), strlen (t[i].back));
      CU_ASSERT_STRING_EQUAL (back, t[i].back);
    }
}

static void
test_decimal_point_and_bytes (void)
{
  pen_i128 v;
  unsigned char b[16];
  CU_ASSERT_EQUAL (pen_dec_parse ("1,5", 3, 5, 2, ',', &v), 0);
  CU_ASSERT (v == 150);
  CU_ASSERT_EQUAL (pen_dec_parse ("1.5", 3, 5, 2, ',', &v), PEN_DEC_SYNTAX);
  pen_dec_store (b, -2);
  CU_ASSERT_EQUAL (b[0], 0xfe);
  CU_ASSERT_EQUAL (b[15], 0xff);
  CU_ASSERT (pen_dec_load (b) == -2);
  pen_i128 max = (pen_i128)(~(pen_u128)0 >> 1), sum = max;
  CU_ASSERT_EQUAL (pen_dec_add (&sum, 1), -1);
  CU_ASSERT (sum == max);
  CU_ASSERT_EQUAL (pen_dec_add (&sum, -1), 0);
  CU_ASSERT (sum == max - 1);
}

static void
test_every_day (void)
{
  int32_t expected = pen_days_from_civil (1, 1, 1);
  CU_ASSERT_EQUAL (expected, -719162);
  CU_ASSERT_EQUAL (pen_days_from_civil (1970, 1, 1), 0);
  int bad = 0;
  for (int y = 1; y <= 9999; y++)
    for (int m = 1; m <= 12; m++)
      for (int d = 1; d <= 31; d++)
        {
          int y2, m2, d2;
          if (!pen_is_date (y, m, d))
            continue;
          bad += pen_days_from_civil (y, m, d) != expected;
          pen_civil_from_days (expected, &y2, &m2, &d2);
          bad += y2 != y || m2 != m || d2 != d;
          expected++;
        }
  CU_ASSERT_EQUAL (bad, 0);
  CU_ASSERT_EQUAL (expected, 2932897);
}

static void
test_against_libc (void)
{
  for (int32_t day = 0; day < 60000; day += 17)
    {
      time_t at = (time_t)day * 86400;
      struct tm tm;
      char mine[11], theirs[16];
      gmtime_r (&at, &tm);
      strftime (theirs, sizeof theirs, "%Y-%m-%d", &tm);
      pen_date_format (mine, day);
      CU_ASSERT_STRING_EQUAL (mine, theirs);
    }
}

static void
test_date_texts (void)
{
  int32_t day = 0;
  CU_ASSERT_EQUAL (pen_date_yymmdd ("240229", 70, &day), 0);
  CU_ASSERT_EQUAL (day, pen_days_from_civil (2024, 2, 29));
  CU_ASSERT_EQUAL (pen_date_yymmdd ("700101", 70, &day), 0);
  CU_ASSERT_EQUAL (day, 0);
  CU_ASSERT_EQUAL (pen_date_yymmdd ("230229", 70, &day), -1);
  CU_ASSERT_EQUAL (pen_date_yymmdd ("24022 ", 70, &day), -1);
  CU_ASSERT_EQUAL (pen_date_yymmdd ("000000", 70, &day), -1);
  CU_ASSERT_EQUAL (pen_date_ccyymmdd ("19991231", &day), 0);
  CU_ASSERT_EQUAL (day, pen_days_from_civil (1999, 12, 31));
  CU_ASSERT_EQUAL (pen_date_ccyymmdd ("19990431", &day), -1);
  CU_ASSERT_EQUAL (pen_date_iso ("2000-02-29", 10, &day), 0);
  CU_ASSERT_EQUAL (pen_date_iso ("1900-02-29", 10, &day), -1);
  CU_ASSERT_EQUAL (pen_date_iso ("2000/02/29", 10, &day), -1);
}

static void
test_time_texts (void)
{
  static const struct
  {
    const char *text;
    int status, zoned;
    int64_t us;
  } t[] = {
    { "1970-01-01T00:00:00", 0, 0, 0 },          { "1970-01-01T00:00:01Z", 0, 1, 1000000 },
    { "1970-01-01T00:00:00.25Z", 0, 1, 250000 }, { "1970-01-01T00:00:00.1234567+00:00", 0, 1, 123456 },
    { "1970-01-01T02:00:00+02:00", 0, 1, 0 },    { "1969-12-31T19:00:00-05:00", 0, 1, 0 },
    { "1970-01-01T24:00:00", -1, 0, 0 },         { "1970-01-01T00:00:60Z", -1, 0, 0 },
    { "1970-01-01T00:00:00.", -1, 0, 0 },        { "1970-01-01T00:00:00z", -1, 0, 0 },
    { "1970-01-01T00:00:00+15:00", -1, 0, 0 },   { "1970-01-01T00:00:00+0200", -1, 0, 0 },
    { "1970-01-01 00:00:00", -1, 0, 0 },         { "1970-01-01T00:00:00Zx", -1, 0, 0 },
  };
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    {
      int64_t us = 0;
      int zoned = 0;
      CU_ASSERT_EQUAL (pen_time_iso (t[i].text, strlen (t[i].text), &us, &zoned), t[i].status);
      if (t[i].status == 0)
        {
          CU_ASSERT_EQUAL (us, t[i].us);
          CU_ASSERT_EQUAL (zoned, t[i].zoned);
        }
    }
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite s = CU_add_suite ("decimal_date", NULL, NULL);
  CU_add_test (s, "decimals from text and back", test_decimal_reads);
  CU_add_test (s, "decimal comma, bytes, overflow", test_decimal_point_and_bytes);
  CU_add_test (s, "every day of 9999 years", test_every_day);
  CU_add_test (s, "days as libc sees them", test_against_libc);
  CU_add_test (s, "dates from text", test_date_texts);
  CU_add_test (s, "times from text", test_time_texts);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
