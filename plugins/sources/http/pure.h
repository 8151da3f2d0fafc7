/* SPDX-License-Identifier: Apache-2.0 */
/* pure.h - what the http source decides without a network: waiting, giving up, the next page, which URLs a template means. */
#ifndef HTTP_PURE_H
#define HTTP_PURE_H
#include <stddef.h>
#include <stdint.h>

#define HTTP_SECOND INT64_C (1000000000)

/* ---- retry.c ---- */

/* What becomes of an attempt that did not bring the object. */
enum http_fate
{
  HTTP_RETRY = 1, /* may go better next time */
  HTTP_GIVE_UP,   /* would go the same way again */
};
/* By RFC 9110 section 15 and RFC 6585: 408, 425, 429, 500, 502, 503 and 504 may pass. */
enum http_fate http_status_fate (long status);
/* Nanoseconds before attempt number `failed` + 1 (failed >= 1): first * 2^(failed - 1), at most cap, of which the upper half is
 * random (0 .. UINT32_MAX). */
int64_t http_backoff (int64_t first, int64_t cap, unsigned failed, uint32_t random);
/* Retry-After (RFC 9110 section 10.2.3): nanoseconds from now, or -1 where it is malformed. A date that is past is 0. now: seconds
 * since the epoch. */
int64_t http_retry_after (const char *value, int64_t now);

/* ---- breaker.c: a host that fails again and again is left alone for a while, then asked by one request ---- */
struct http_breaker
{
  int64_t limit, pause; /* failures in a row that open it, 0: never; nanoseconds */
  int64_t failures, trips, until;
  int probing; /* one request is out to learn whether it works again */
};
/* 1: a request may be sent now. 0: *at says when to ask again; INT64_MAX: once the probe has ended. */
int http_breaker_may (const struct http_breaker *b, int64_t now, int64_t *at);
/* A request was sent. */
void http_breaker_sent (struct http_breaker *b);
void http_breaker_succeeded (struct http_breaker *b);
/* 1: it has opened, or stays open. */
int http_breaker_failed (struct http_breaker *b, int64_t now);
/* A request ended without telling anything about the host. */
void http_breaker_void (struct http_breaker *b);

/* ---- link.c ---- */

/* The target of the first link with rel="next" in a Link header (RFC 8288): malloc'ed, NULL where there is none. Several
 * headers are given as one, joined by commas. */
char *http_link_next (const char *value, size_t n);
/* The string at `path` ("paging.next": members by dots) in a JSON text: malloc'ed, in *next; NULL where it is null, empty or not
 * there. -1: not JSON, or something else than a string is there. */
int http_json_next (const void *text, size_t n, const char *path, char **next);
/* url with the query parameter `name` set to `value`; malloc'ed, NULL: out of memory. */
char *http_url_with (const char *url, const char *name, int64_t value);
/* Content-Range of a 206: bytes FIRST-LAST/TOTAL. -1: malformed. *total is UINT64_MAX for an asterisk. */
int http_content_range (const char *value, uint64_t *first, uint64_t *last, uint64_t *total);

/* ---- expand.c ---- */

struct http_names
{
  char **v;
  size_t n, cap;
};
void http_names_free (struct http_names *l);
/* 0, -1: out of memory. Copies. */
int http_names_add (struct http_names *l, const char *name);
/* Adds all URLs that a template means: {1..12} and {01..12} count, {a,b,c} are alternatives, {today}, {today-N} are UTC days in
 * the strftime format `date`. -1: *why (static or in the caller's buffer) says what is wrong with it. */
int http_expand (struct http_names *l, const char *pattern, int64_t now, const char *date, char why[200]);

/* ---- address.c ---- */
struct sockaddr;
/* 1: not an address of the public Internet: loopback, private, link-local, carrier NAT, multicast, reserved. */
int http_address_is_private (const struct sockaddr *a);
#endif
