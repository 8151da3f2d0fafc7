/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.c - a host that fails again and again is left alone for a while, then asked by one request. */
#include "pure.h"

int
http_breaker_may (const struct http_breaker *b, int64_t now, int64_t *at)
{
  if (!b->limit || b->failures < b->limit)
    return 1;
  *at = b->probing ? INT64_MAX : b->until;
  return !b->probing && now >= b->until;
}

void
http_breaker_sent (struct http_breaker *b)
{
  if (b->limit && b->failures >= b->limit)
    b->probing = 1;
}

void
http_breaker_succeeded (struct http_breaker *b)
{
  b->failures = b->trips = 0;
  b->probing = 0;
}

int
http_breaker_failed (struct http_breaker *b, int64_t now)
{
  int was_open = b->limit && b->failures >= b->limit;

  if (!b->limit)
    return 0;
  b->failures++;
  if (b->failures < b->limit)
    return 0;
  if (was_open && !b->probing) /* requests that were out when it opened tell nothing new */
    return 1;
  b->probing = 0;
  b->until = now + b->pause;
  b->trips++;
  return 1;
}

void
http_breaker_void (struct http_breaker *b)
{
  b->probing = 0;
}
