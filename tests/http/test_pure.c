/* SPDX-License-Identifier: Apache-2.0 */
/* test_pure.c - what the http source decides without a network: waiting, breaker, next pages, templates, addresses. */
#include <CUnit/Basic.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "plugins/sources/http/pure.h"

#define MS INT64_C (1000000)

static void
test_backoff (void)
{
  /* the cap, the doubling, and the half that is random */
  static const struct
  {
    unsigned failed;
    int64_t least, most;
  } rows[] = { { 1, 250, 500 },     { 2, 500, 1000 },    { 3, 1000, 2000 },
               { 7, 16000, 32000 }, { 8, 30000, 60000 }, { 4000000, 30000, 60000 } };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      CU_ASSERT_EQUAL (http_backoff (500 * MS, 60000 * MS, rows[i].failed, 0), rows[i].least * MS);
      CU_ASSERT_EQUAL (http_backoff (500 * MS, 60000 * MS, rows[i].failed, UINT32_MAX), rows[i].most * MS);
    }
  CU_ASSERT_EQUAL (http_backoff (MS, INT64_MAX / 4, 90, UINT32_MAX) > 0, 1);
  CU_ASSERT_EQUAL (http_backoff (10 * MS, 5 * MS, 1, UINT32_MAX), 5 * MS);
}

static void
test_retry_after (void)
{
  /* 784111777: Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7 */
  static const struct
  {
    const char *value;
    int64_t seconds; /* -1: malformed */
  } rows[] = { { "0", 0 },
               { "120", 120 },
               { " 7 ", 7 },
               { "Sun, 06 Nov 1994 08:49:37 GMT", 100 },
               { "Sunday, 06-Nov-94 08:49:37 GMT", 100 },
               { "Sun Nov  6 08:49:37 1994", 100 },
               { "Sat, 05 Nov 1994 08:49:37 GMT", 0 },
               { "999999999999999999999999", 366 * 86400 },
               { "", -1 },
               { "-5", -1 },
               { "1.5", -1 },
               { "5 minutes", -1 },
               { "soon", -1 } };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      int64_t got = http_retry_after (rows[i].value, 784111777 - 100);
      CU_ASSERT_EQUAL (got, rows[i].seconds == -1 ? -1 : rows[i].seconds * HTTP_SECOND);
    }
}

static void
test_status (void)
{
  static const long pass[] = { 408, 425, 429, 500, 502, 503, 504 },
                    stay[] = { 400, 401, 403, 404, 410, 416, 418, 451, 501, 505, 511 };

  for (size_t i = 0; i < sizeof pass / sizeof pass[0]; i++)
    CU_ASSERT_EQUAL (http_status_fate (pass[i]), HTTP_RETRY);
  for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
    CU_ASSERT_EQUAL (http_status_fate (stay[i]), HTTP_GIVE_UP);
}

static void
test_breaker (void)
{
  struct http_breaker b = { .limit = 3, .pause = 100 };
  int64_t at;

  for (int i = 0; i < 2; i++)
    CU_ASSERT_EQUAL (http_breaker_failed (&b, 10), 0);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 10, &at), 1);
  http_breaker_succeeded (&b); /* not in a row */
  for (int i = 0; i < 2; i++)
    CU_ASSERT_EQUAL (http_breaker_failed (&b, 20), 0);
  CU_ASSERT_EQUAL (http_breaker_failed (&b, 20), 1);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 119, &at), 0);
  CU_ASSERT_EQUAL (at, 120);
  http_breaker_failed (&b, 60); /* was out already: it does not count, nor does it make the pause longer */
  CU_ASSERT_EQUAL (b.trips, 1);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 120, &at), 1);
  http_breaker_sent (&b);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 121, &at), 0); /* one probe */
  CU_ASSERT_EQUAL (at, INT64_MAX);
  CU_ASSERT_EQUAL (http_breaker_failed (&b, 130), 1);
  CU_ASSERT_EQUAL (b.trips, 2);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 229, &at), 0);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 230, &at), 1);
  http_breaker_sent (&b);
  http_breaker_void (&b); /* the probe told nothing: another may go */
  CU_ASSERT_EQUAL (http_breaker_may (&b, 231, &at), 1);
  http_breaker_sent (&b);
  http_breaker_succeeded (&b);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 231, &at), 1);
  CU_ASSERT_EQUAL (b.trips, 0);
  b = (struct http_breaker){ .limit = 0 };
  for (int i = 0; i < 100; i++)
    http_breaker_failed (&b, i);
  CU_ASSERT_EQUAL (http_breaker_may (&b, 0, &at), 1);
}

static void
test_link (void)
{
  static const struct
  {
    const char *header, *next; /* NULL: none */
  } rows[] = { { "<https://a/?page=2>; rel=\"next\", <https://a/?page=9>; rel=\"last\"", "https://a/?page=2" },
               { "<https://a/?page=9>; rel=last, </x?p=2>; rel=next", "/x?p=2" },
               { "</a,b;c>; title=\"x, <y>; rel=next\"; rel=\"prev next\"", "/a,b;c" },
               { "</q>; title=\"a \\\" b\"; REL=Next", "/q" },
               { ", ,</e>;rel=next", "/e" },
               { "</w>;  rel = \"next\"", "/w" },
               { "</p>; rel=prev", NULL },
               { "</n>; rel=nextish", NULL },
               { "</n>; rev=next", NULL },
               { "<>; rel=next", NULL },
               { "</unclosed; rel=next", NULL },
               { "/bare; rel=next", NULL },
               { "</n>; rel=\"next", "/n" },
               { "", NULL } };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      char *next = http_link_next (rows[i].header, strlen (rows[i].header));
      CU_ASSERT_EQUAL (!next, !rows[i].next);
      if (next && rows[i].next)
        CU_ASSERT_STRING_EQUAL (next, rows[i].next);
      free (next);
    }
}

static void
test_json (void)
{
  static const struct
  {
    const char *text, *path;
    int rc;
    const char *next;
  } rows[] = { { "{\"next\": \"/2\"}", "next", 0, "/2" },
               { "{\"a\": {\"b\": \"/2\"}}", "a.b", 0, "/2" },
               { "{\"a\": {\"b\": null}}", "a.b", 0, NULL },
               { "{\"next\": \"\"}", "next", 0, NULL },
               { "{\"next\": false}", "next", 0, NULL },
               { "{}", "a.b.c", 0, NULL },
               { "[1]", "next", 0, NULL },
               { "{\"next\": 7}", "next", -1, NULL },
               { "{\"next\": \"a\\u0000b\"}", "next", -1, NULL },
               { "{\"next\": \"/2\", \"next\": \"/3\"}", "next", -1, NULL },
               { "{\"next\":", "next", -1, NULL },
               { "", "next", -1, NULL } };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      char *next = NULL;
      CU_ASSERT_EQUAL (http_json_next (rows[i].text, strlen (rows[i].text), rows[i].path, &next), rows[i].rc);
      CU_ASSERT_EQUAL (!next, !rows[i].next);
      if (next && rows[i].next)
        CU_ASSERT_STRING_EQUAL (next, rows[i].next);
      free (next);
    }
}

static void
test_count (void)
{
  static const struct
  {
    const char *url, *want;
  } rows[] = { { "https://a/x", "https://a/x?page=7" },
               { "https://a/x?a=1&b=2", "https://a/x?a=1&b=2&page=7" },
               { "https://a/x?page=1&b=2", "https://a/x?b=2&page=7" },
               { "https://a/x?b=2&page=1&mypage=3&pages=4#f", "https://a/x?b=2&mypage=3&pages=4&page=7" },
               { "https://a/x?", "https://a/x?page=7" },
               { "https://a/x?page=1", "https://a/x?page=7" } };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      char *got = http_url_with (rows[i].url, "page", 7);
      CU_ASSERT_PTR_NOT_NULL_FATAL (got);
      CU_ASSERT_STRING_EQUAL (got, rows[i].want);
      free (got);
    }
}

static void
test_range (void)
{
  static const char *const bad[] = { "bytes 5-4/10",
                                     "bytes 0-10/10",
                                     "bytes */10",
                                     "items 0-1/2",
                                     "bytes 0-1",
                                     "bytes 0-1/2x",
                                     "bytes 18446744073709551616-1/2",
                                     "bytes -1/2",
                                     "" };
  uint64_t first, last, total;

  CU_ASSERT_EQUAL (http_content_range ("bytes 10-19/20", &first, &last, &total), 0);
  CU_ASSERT (first == 10 && last == 19 && total == 20);
  CU_ASSERT_EQUAL (http_content_range (" Bytes 10-19/* \r\n", &first, &last, &total), 0);
  CU_ASSERT_EQUAL (total, UINT64_MAX);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    CU_ASSERT_EQUAL (http_content_range (bad[i], &first, &last, &total), -1);
}

static void
test_expand (void)
{
  static const struct
  {
    const char *pattern, *want; /* URLs by spaces; NULL: refused */
  } rows[] = { { "u", "u" },
               { "a{1..3}b", "a1b a2b a3b" },
               { "{08..11}", "08 09 10 11" },
               { "{x,y}{1..2}", "x1 x2 y1 y2" },
               { "{,z}q", "q zq" },
               { "d{today}", "d2001-09-09" },
               { "d{today-9}", "d2001-08-31" },
               { "{3..1}", NULL },
               { "{1..2", NULL },
               { "1}", NULL },
               { "{a}", NULL },
               { "{today-}", NULL },
               { "{today+1}", NULL },
               { "{1..99999999}", NULL },
               { "{1..9999}{1..9999}", NULL } };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      struct http_names l = { 0 };
      char why[200] = "", all[200] = "";
      int rc = http_expand (&l, rows[i].pattern, 1000000000, "%Y-%m-%d", why); /* 2001-09-09 01:46:40 UTC */
      CU_ASSERT_EQUAL (rc, rows[i].want ? 0 : -1);
      CU_ASSERT_EQUAL (!why[0], rc == 0);
      for (size_t k = 0; rc == 0 && k < l.n; k++)
        snprintf (all + strlen (all), sizeof all - strlen (all), "%s%s", k ? " " : "", l.v[k]);
      if (rc == 0 && rows[i].want)
        CU_ASSERT_STRING_EQUAL (all, rows[i].want);
      http_names_free (&l);
    }
}

static void
test_address (void)
{
  static const char *const private_ones[] = {
    "127.0.0.1",     "10.1.2.3", "172.16.0.1",      "172.31.255.255",  "192.168.1.1", "169.254.169.254",
    "100.64.0.1",    "0.0.0.0",  "224.0.0.1",       "255.255.255.255", "::1",         "::",
    "fe80::1",       "fd00::1",  "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2001:db8::1", "2001::1",
    "2002:7f00:1::", "ff02::1"
  };
  static const char *const public_ones[] = { "8.8.8.8",  "172.32.0.1",        "172.15.255.255", "100.128.0.1",
                                             "11.0.0.1", "2a00:1450:4001::1", "2606:4700::1",   "::ffff:8.8.8.8" };

  for (size_t i = 0; i < sizeof private_ones / sizeof private_ones[0] + sizeof public_ones / sizeof public_ones[0]; i++)
    {
      size_t n = sizeof private_ones / sizeof private_ones[0];
      const char *text = i < n ? private_ones[i] : public_ones[i - n];
      struct sockaddr_in a4 = { .sin_family = AF_INET };
      struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
      int got = inet_pton (AF_INET, text, &a4.sin_addr) == 1     ? http_address_is_private ((struct sockaddr *)&a4)
                : inet_pton (AF_INET6, text, &a6.sin6_addr) == 1 ? http_address_is_private ((struct sockaddr *)&a6)
                                                                 : -1;
      CU_ASSERT_EQUAL (got, i < n);
    }
}

int
main (void)
{
  CU_pSuite s;

  if (CU_initialize_registry () != CUE_SUCCESS)
    return 2;
  s = CU_add_suite ("http, without a network", NULL, NULL);
  CU_add_test (s, "back-off doubles up to its cap, half of it random", test_backoff);
  CU_add_test (s, "Retry-After in seconds and as a date", test_retry_after);
  CU_add_test (s, "which statuses may pass", test_status);
  CU_add_test (s, "breaker opens, probes, closes", test_breaker);
  CU_add_test (s, "Link: rel=next", test_link);
  CU_add_test (s, "next URL in JSON", test_json);
  CU_add_test (s, "page counters in the query", test_count);
  CU_add_test (s, "Content-Range", test_range);
  CU_add_test (s, "templates", test_expand);
  CU_add_test (s, "private addresses", test_address);
  CU_basic_set_mode (CU_BRM_NORMAL);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
