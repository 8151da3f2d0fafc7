/* SPDX-License-Identifier: Apache-2.0 */
/* test_print.c - values as text, against the C library: many numbers of every length, every day of many years. */
#include <CUnit/Basic.h>
#include <inttypes.h>
#include <penstock/print.h>
#include <penstock/utf8.h>
#include <time.h>

static uint64_t state = 88172645463325252ULL;
static uint64_t
next_random (void)
{
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static const char *
text (const uint8_t *p, const uint8_t *end)
{
  static char s[512];
  memcpy (s, p, (size_t)(end - p));
  s[end - p] = 0;
  return s;
}

static int
same (const char *got, const char *want)
{
  if (strcmp (got, want) == 0)
    return 1;
  fprintf (stderr, "\n%s, not %s\n", got, want);
  return 0;
}

static void
test_integers (void)
{
  static const int64_t edge[] = {
    0, 9, 10, 9999, 10000, 99999999, 100000000, 9999999999999999, 10000000000000000, INT64_MAX, INT64_MIN, -1
  };
  uint8_t b[PEN_PRINT_INT_MAX + PEN_PRINT_SLACK];
  char want[64];
  unsigned bad = 0;

  for (size_t i = 0; i < sizeof edge / sizeof *edge; i++)
    {
      snprintf (want, sizeof want, "%" PRId64, edge[i]);
      CU_ASSERT (same (text (b, pen_print_i64 (b, edge[i])), want));
    }
  for (int i = 0; i < 300000; i++)
    {
      uint64_t v = next_random () >> (i % 64);
      snprintf (want, sizeof want, "%" PRIu64, v);
      bad += !same (text (b, pen_print_u64 (b, v)), want);
    }
  CU_ASSERT (bad == 0);
}

/* 128-bit integer as digits with a point before the last `scale` ones, the slow way. */
static void
slow_decimal (char *out, __int128 v, int scale)
{
  unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
  char d[200];
  int n = 0;

  for (; u || n <= scale; u /= 10)
    d[n++] = (char)('0' + (int)(u % 10));
  if (v < 0)
    *out++ = '-';
  while (n)
    {
      if (n == scale)
        *out++ = '.';
      *out++ = d[--n];
    }
  *out = 0;
}

static void
test_decimals (void)
{
  uint8_t b[PEN_PRINT_DECIMAL_MAX + PEN_PRINT_SLACK];
  char want[256];
  unsigned bad = 0;

  for (int scale = 0; scale <= 38; scale++)
    for (int i = 0; i < 10000; i++)
      {
        __int128 v = (__int128)((unsigned __int128)next_random () << 64 | next_random ());
        v >>= i % 128;
        slow_decimal (want, v, scale);
        bad += !same (text (b, pen_print_decimal (b, &v, scale)), want);
      }
  CU_ASSERT (bad == 0);
  {
    __int128 v = -12, zero = 0, lowest = (__int128)((unsigned __int128)1 << 127);
    CU_ASSERT (same (text (b, pen_print_decimal (b, &v, -3)), "-12000"));
    CU_ASSERT (same (text (b, pen_print_decimal (b, &zero, -3)), "0"));
    CU_ASSERT (same (text (b, pen_print_decimal (b, &zero, 2)), "0.00"));
    CU_ASSERT (same (text (b, pen_print_decimal (b, &lowest, 0)), "-170141183460469231731687303715884105728"));
  }
}

static void
test_dates (void)
{
  uint8_t b[PEN_PRINT_TIMESTAMP_MAX + PEN_PRINT_SLACK];
  char want[128];
  unsigned bad = 0;

  for (int32_t day = -719528; day<2932897; day += day> - 30000 && day < 30000 ? 1 : 13) /* years 0 to 9999 */
    {
      time_t t = (time_t)day * 86400 + 3723;
      struct tm tm;
      gmtime_r (&t, &tm);
      snprintf (want, sizeof want, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
      bad += !same (text (b, pen_print_date (b, day)), want);
      snprintf (want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02d.000456Z", tm.tm_year + 1900, tm.tm_mon + 1,
                tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
      bad += !same (text (b, pen_print_timestamp (b, (int64_t)t * 1000000 + 456, 1)), want);
    }
  CU_ASSERT (bad == 0);
  CU_ASSERT (same (text (b, pen_print_date (b, -719529)), "-0001-12-31"));
  CU_ASSERT (same (text (b, pen_print_date (b, 2932897)), "+10000-01-01"));
  CU_ASSERT (same (text (b, pen_print_date (b, INT32_MIN)), "-5877641-06-23"));
  CU_ASSERT (same (text (b, pen_print_date (b, INT32_MAX)), "+5881580-07-11"));
  CU_ASSERT (pen_print_timestamp (b, INT64_MIN, 1) - b <= PEN_PRINT_TIMESTAMP_MAX);
  CU_ASSERT (same (text (b, pen_print_timestamp (b, INT64_MAX, 0)), "+294247-01-10T04:00:54.775807"));
}

static void
test_doubles (void)
{
  uint8_t b[PEN_PRINT_DOUBLE_MAX + PEN_PRINT_SLACK];
  unsigned bad = 0;

  for (int i = 0; i < 100000; i++)
    {
      uint64_t bits = next_random ();
      double v;
      memcpy (&v, &bits, 8);
      if (v - v == 0)
        bad += strtod (text (b, pen_print_double (b, v)), NULL) != v;
    }
  CU_ASSERT (bad == 0);
  CU_ASSERT (same (text (b, pen_print_double (b, 0.1)), "0.1"));
  CU_ASSERT (same (text (b, pen_print_double (b, -1.0 / 0.0)), "-Infinity"));
  CU_ASSERT (same (text (b, pen_print_double (b, 0.0 / 0.0)), "NaN"));
}

static void
test_base64 (void)
{
  static const char *const pairs[][2] = { { "", "" },
                                          { "f", "Zg==" },
                                          { "fo", "Zm8=" },
                                          { "foo", "Zm9v" },
                                          { "foob", "Zm9vYg==" },
                                          { "fooba", "Zm9vYmE=" },
                                          { "foobar", "Zm9vYmFy" },
                                          { "\xfb\xff\xfe", "+//+" } };
  uint8_t b[64];

  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    CU_ASSERT (same (text (b, pen_print_base64 (b, (const uint8_t *)pairs[i][0], strlen (pairs[i][0]))), pairs[i][1]));
}

/* Every code point is text but U+0000 and the surrogates, at every place in a word. */
/* Any byte in any place of a text of any short length: ASCII but NUL is text, a lone byte above is none. */
static void
test_utf8_places (void)
{
  unsigned bad = 0;

  for (size_t n = 0; n <= 40; n++)
    for (size_t at = 0; at < n; at++)
      for (int c = 0; c < 256; c++)
        {
          uint8_t *s = malloc (n); /* as long as it must be: memory checkers see every byte read too far */
          memset (s, 'a', n);
          s[at] = (uint8_t)c;
          bad += pen_utf8_is_text (s, n) != (c > 0 && c < 0x80);
          free (s);
        }
  CU_ASSERT_EQUAL (bad, 0);
  CU_ASSERT (pen_utf8_is_text ((const uint8_t *)"", 0));
}

static void
test_utf8 (void)
{
  unsigned bad = 0;

  for (uint32_t c = 0; c < 0x120000; c++)
    {
      uint8_t s[24] = "aaaaaaaaaaaaaaaaaaaa", *p = s + c % 12;
      int good = c && c < 0x110000 && (c < 0xd800 || c > 0xdfff);
      if (c < 0x80)
        p[0] = (uint8_t)c;
      else if (c < 0x800)
        p[0] = (uint8_t)(0xc0 | c >> 6), p[1] = (uint8_t)(0x80 | (c & 63));
      else if (c < 0x10000)
        p[0] = (uint8_t)(0xe0 | c >> 12), p[1] = (uint8_t)(0x80 | (c >> 6 & 63)), p[2] = (uint8_t)(0x80 | (c & 63));
      else
        p[0] = (uint8_t)(0xf0 | c >> 18), p[1] = (uint8_t)(0x80 | (c >> 12 & 63)),
        p[2] = (uint8_t)(0x80 | (c >> 6 & 63)), p[3] = (uint8_t)(0x80 | (c & 63));
      bad += pen_utf8_is_text (s, 20) != good;
    }
  CU_ASSERT (bad == 0);
  CU_ASSERT (!pen_utf8_is_text ((const uint8_t *)"aaaaaaaaaa\xc0\x80", 12));
  CU_ASSERT (!pen_utf8_is_text ((const uint8_t *)"aaaaaaaaaa\xe2\x82", 12));
  CU_ASSERT (!pen_utf8_is_text ((const uint8_t *)"\x80", 1));
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () || !(s = CU_add_suite ("print", NULL, NULL)))
    return 1;
  CU_add_test (s, "integers", test_integers);
  CU_add_test (s, "decimals", test_decimals);
  CU_add_test (s, "dates and timestamps", test_dates);
  CU_add_test (s, "doubles", test_doubles);
  CU_add_test (s, "base64", test_base64);
  CU_add_test (s, "UTF-8", test_utf8);
  CU_add_test (s, "UTF-8, any byte in any place", test_utf8_places);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
