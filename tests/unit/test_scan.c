/* SPDX-License-Identifier: Apache-2.0 */
/* test_scan.c - the vectorised scanners agree with their one-line definitions at every length and alignment. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/scan.h>

/* A small fixed generator: the same bytes in every run. */
static uint32_t
next (uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static void
test_newlines_and_printables (void)
{
  static const uint8_t alphabet[] = { '\n', 'a', 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xff };
  uint32_t seed = 1;
  int bad = 0;
  for (size_t n = 0; n < 700; n++)
    {
      uint8_t *p = malloc (n ? n : 1); /* exact: a sanitizer sees a read beyond */
      size_t nl = n, count = 0, unprintable = n;
      CU_ASSERT_PTR_NOT_NULL_FATAL (p);
      for (size_t i = 0; i < n; i++)
        p[i] = next (&seed) % 40 ? 'x' : alphabet[next (&seed) % sizeof alphabet];
      for (size_t i = n; i-- > 0;)
        {
          if (p[i] == '\n')
            {
              nl = i;
              count++;
            }
          if (p[i] < 0x20 || p[i] > 0x7e)
            unprintable = i;
        }
      bad += pen_find_newline (p, n) != nl;
      bad += pen_count_newlines (p, n) != count;
      bad += pen_find_unprintable (p, n) != unprintable;
      memset (p, '\n', n);
      bad += pen_count_newlines (p, n) != n;
      free (p);
    }
  CU_ASSERT_EQUAL (bad, 0);
  static uint8_t many[5000];
  memset (many, '\n', sizeof many);
  CU_ASSERT_EQUAL (pen_count_newlines (many, sizeof many), sizeof many);
}

static void
test_digits (void)
{
  char text[32];
  for (int n = 1; n <= 18; n++)
    {
      long long v = 1;
      for (int i = 0; i < n; i++)
        v = v * 10 + (i * 7) % 10;
      v %= 1000000000000000000LL;
      int len = snprintf (text, sizeof text, "%0*lld", n, v) > n ? -1 : n;
      if (len < 0)
        snprintf (text, sizeof text, "%.*s", n, "987654321098765432");
      CU_ASSERT_EQUAL (pen_parse_digits (text, (size_t)n), atoll (text));
      CU_ASSERT_TRUE (pen_all_digits (text, (size_t)n));
      for (int i = 0; i < n; i++)
        {
          static const char wrong[] = { '/', ':', ' ', 'A', 'p', 0, -1, '-' };
          for (size_t k = 0; k < sizeof wrong; k++)
            {
              char keep = text[i];
              text[i] = wrong[k];
              CU_ASSERT_EQUAL (pen_parse_digits (text, (size_t)n), -1);
              CU_ASSERT_FALSE (pen_all_digits (text, (size_t)n));
              text[i] = keep;
            }
        }
    }
  CU_ASSERT_EQUAL (pen_parse_digits ("", 0), -1);
  CU_ASSERT_EQUAL (pen_parse_digits ("1234567890123456789", 19), -1);
  CU_ASSERT_FALSE (pen_all_digits ("", 0));
}

static void
test_all_words (void)
{
  int bad = 0;
  for (int at = 0; at < 8; at++)
    for (int c = 0; c < 256; c++)
      {
        uint8_t w[8] = { '0', '9', '5', '0', '9', '1', '0', '9' };
        w[at] = (uint8_t)c;
        bad += pen_is_digits8 (pen_load8 (w)) != (c >= '0' && c <= '9');
      }
  CU_ASSERT_EQUAL (bad, 0);
  CU_ASSERT_EQUAL (pen_digits8 (pen_load8 ("12345678")), 12345678);
  CU_ASSERT_EQUAL (pen_digits8 (pen_load8 ("99999999")), 99999999);
}

static void
test_trim (void)
{
  CU_ASSERT_EQUAL (pen_trim_right ("ab  ", 4), 2);
  CU_ASSERT_EQUAL (pen_trim_right ("    ", 4), 0);
  CU_ASSERT_EQUAL (pen_trim_right ("ab", 2), 2);
  CU_ASSERT_EQUAL (pen_leading_blanks ("  ab", 4), 2);
  CU_ASSERT_EQUAL (pen_leading_blanks ("  ", 2), 2);
}

static void
test_utf8 (void)
{
  static const struct
  {
    const char *text;
    size_t n, bad;
  } t[] = {
    { "plain text of more than sixteen bytes", 37, 37 },
    { "na\xc3\xafve", 6, 6 },
    { "\xf0\x9f\x98\x80", 4, 4 },
    { "a\xc3", 2, 1 },            /* cut off */
    { "\xc0\xaf", 2, 0 },         /* overlong */
    { "\xe0\x9f\xbf", 3, 0 },     /* overlong */
    { "\xed\xa0\x80", 3, 0 },     /* surrogate */
    { "\xf4\x90\x80\x80", 4, 0 }, /* above U+10FFFF */
    { "\xf0\x8f\xbf\xbf", 4, 0 }, /* overlong */
    { "seventeen bytes\xff", 16, 15 },
    { "0123456789abcdef\x80", 17, 16 },
  };
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    CU_ASSERT_EQUAL (pen_find_bad_utf8 ((const uint8_t *)t[i].text, t[i].n), t[i].bad);
}

int
main (void)
{
  CU_initialize_registry ();
  CU_pSuite s = CU_add_suite ("scan", NULL, NULL);
  CU_add_test (s, "newlines and printable bytes", test_newlines_and_printables);
  CU_add_test (s, "digits", test_digits);
  CU_add_test (s, "eight digits at once, every byte", test_all_words);
  CU_add_test (s, "blanks", test_trim);
  CU_add_test (s, "UTF-8", test_utf8);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
