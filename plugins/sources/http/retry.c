/* SPDX-License-Identifier: Apache-2.0 */
/* retry.c - when to ask again: which failures pass, how long to wait, and what a server says about it. */
#include "pure.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

#define LONGEST (INT64_C (366) * 86400) /* seconds; more is nonsense, and must not overflow */

enum http_fate
http_status_fate (long status)
{
  switch (status)
    {
    case 408: /* request timeout */
    case 425: /* too early */
    case 429: /* too many requests */
    case 500:
    case 502:
    case 503:
    case 504:
      return HTTP_RETRY;
    default:
      return HTTP_GIVE_UP;
    }
}

int64_t
http_backoff (int64_t first, int64_t cap, unsigned failed, uint32_t random)
{
  int64_t wait = first < cap ? first : cap;

  for (unsigned i = 1; i < failed && wait < cap; i++)
    wait = wait > cap / 2 ? cap : 2 * wait;
  return wait / 2 + (int64_t)((double)(wait - wait / 2) * ((double)random / (double)UINT32_MAX));
}

int64_t
http_retry_after (const char *value, int64_t now)
{
  int64_t seconds = 0;
  const char *p = value + strspn (value, " \t");
  size_t digits = strspn (p, "0123456789");

  if (digits)
    {
      if (p[digits + strspn (p + digits, " \t\r\n")])
        return -1;
      for (size_t i = 0; i < digits && seconds < LONGEST; i++)
        seconds = 10 * seconds + (p[i] - '0');
    }
  else
    {
      time_t at;
      if (!isalpha ((unsigned char)*p) || strlen (p) > 64)
        return -1;
      at = curl_getdate (p, NULL);
      if (at == -1)
        return -1;
      seconds = (int64_t)at > now ? (int64_t)at - now : 0;
    }
  return (seconds < LONGEST ? seconds : LONGEST) * HTTP_SECOND;
}
