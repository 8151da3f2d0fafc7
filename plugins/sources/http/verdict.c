/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - a request has ended: delivered, unchanged, asked again, sent elsewhere, or lost; and what page comes next. */
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* ---- failures ---- */

static uint32_t
random32 (void)
{
  uint32_t r = 0;
  return getrandom (&r, sizeof r, 0) == sizeof r ? r : 0;
}

/* When it may be asked again, or that it is lost. */
static void
retry (struct http *h, struct http_target *t)
{
  char text[2 * HTTP_WHY];
  int64_t wait, asked = -1, now = http_now ();

  t->failed++;
  if (t->fate == HTTP_GIVE_UP || (int64_t)t->failed > h->o->retries)
    {
      if (t->fate == HTTP_GIVE_UP)
        http_lose (h, t, t->why);
      else
        {
          snprintf (text, sizeof text, "%s (attempt %u of %u)", t->why, t->failed, t->failed);
          http_lose (h, t, text);
        }
      return;
    }
  wait = http_backoff (h->o->backoff_first, h->o->backoff_cap, t->failed, random32 ());
  if (t->retry_after)
    asked = http_retry_after (t->retry_after, (int64_t)time (NULL));
  if (asked > wait)
    wait = asked;
  if (wait > h->o->patience - t->waited)
    {
      snprintf (text, sizeof text, "%s; waiting %" PRId64 " s more would exceed retries.patience", t->why,
                wait / HTTP_SECOND);
      http_lose (h, t, text);
      return;
    }
  if (t->status == 429 && t->host->not_before < now + wait)
    t->host->not_before = now + wait;
  t->waited += wait;
  h->host->log (h->host->ctx, PEN_LOG_INFO, "%s: request %s: %s; again in %.1f s", t->name, t->id, t->why,
                (double)wait / 1e9);
  t->hops = 0;
  if (strcmp (t->url, t->name) && http_target_move (h, t, t->name, t->why) == -1)
    {
      http_lose (h, t, t->why);
      return;
    }
  http_wait (h, t, now + wait);
}

/* These would go the same way again. */
static int
is_permanent (CURLcode rc)
{
  switch (rc)
    {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_OUT_OF_MEMORY:
      return 1;
    default:
      return 0;
    }
}

static void
host_failed (struct http *h, struct http_target *t)
{
  struct http_host *host = t->host;

  snprintf (host->why, sizeof host->why, "%.*s", HTTP_WHY - 1, t->why);
  if (!http_breaker_failed (&host->breaker, http_now ()) || host->is_down)
    return;
  if (host->breaker.trips > h->o->breaker_trips)
    {
      host->is_down = 1;
      h->host->log (h->host->ctx, PEN_LOG_WARN, "%s is given up for this run: %s", host->origin, host->why);
    }
  else
    h->host->log (h->host->ctx, PEN_LOG_WARN,
                  "%s is left alone for %.1f s: %" PRId64 " failures in a row, the last: %s", host->origin,
                  (double)host->breaker.pause / 1e9, host->breaker.failures, host->why);
}

/* ---- elsewhere ---- */

static void
redirect (struct http *h, struct http_target *t, const char *to)
{
  char *origin;

  t->fate = HTTP_GIVE_UP;
  if (!to)
    snprintf (t->why, HTTP_WHY, "HTTP %ld without a place to go to", t->status);
  else if ((int64_t)++t->hops > h->o->redirects)
    snprintf (t->why, HTTP_WHY, "redirect loop: more than redirects.max = %" PRId64 " redirects", h->o->redirects);
  else if (!strncmp (t->url, "https:", 6) && strncmp (to, "https:", 6))
    snprintf (t->why, HTTP_WHY, "redirected from https to \"%.300s\"", to);
  else if ((origin = http_origin (h->o, to, t->why)))
    {
      int elsewhere = strcmp (origin, t->root);
      free (origin);
      if (!elsewhere || h->o->other_hosts)
        {
          if (http_target_move (h, t, to, t->why) == 0)
            {
              http_ready (h, t);
              return;
            }
        }
      else
        snprintf (t->why, HTTP_WHY, "redirected to \"%.300s\", another host, and redirects.other_hosts is not set", to);
    }
  retry (h, t);
}

/* ---- pages ---- */

/* URL of the next page, or NULL. *bad: it should be there and is not to be had. */
static char *
next_page (struct http *h, struct http_target *t, int *bad)
{
  char *reference = NULL, *next;

  *bad = 0;
  switch (h->o->paging)
    {
    case HTTP_PAGING_LINK:
      reference = t->link ? http_link_next (t->link, strlen (t->link)) : NULL;
      break;
    case HTTP_PAGING_JSON:
      if (http_json_next (t->page, t->page_len, h->o->field, &reference) == -1)
        {
          snprintf (t->why, HTTP_WHY, "the page is not JSON, or \"%.100s\" in it is not a string", h->o->field);
          *bad = 1;
        }
      break;
    case HTTP_PAGING_COUNT:
      return http_url_with (t->name, h->o->param,
                            h->o->page_first + (int64_t)(t->seen ? t->seen->n + 1 : 1) * h->o->page_step);
    }
  if (!reference)
    return NULL;
  next = http_resolve (t->url, reference);
  free (reference);
  if (!next)
    {
      snprintf (t->why, HTTP_WHY, "the next page's address is malformed");
      *bad = 1;
    }
  return next;
}

/* A server names its next page: it may not lead elsewhere unless redirects may. */
static int
may_follow (struct http *h, const struct http_target *t, const char *url, char why[HTTP_WHY])
{
  char *origin = http_origin (h->o, url, why);
  int same;

  if (!origin)
    return 0;
  same = !strcmp (origin, t->root);
  free (origin);
  if (same || h->o->other_hosts)
    return 1;
  snprintf (why, HTTP_WHY, "the next page is at \"%.300s\", another host, and redirects.other_hosts is not set", url);
  return 0;
}

/* The rest of a list is lost, which has to be told even where this page was delivered. */
static void
lose_rest (struct http *h, const struct http_target *t, const char *url, const char *why)
{
  struct pen_object o = { .size = sizeof o, .name = url ? url : t->name, .length = UINT64_MAX, .origin = t->origin };

  h->lost++;
  h->in->give_up (h->in->ctx, &o, NULL, why);
}

static void
begin_page (struct http *h, struct http_target *t, const char *url)
{
  struct http_target *p;
  char why[HTTP_WHY];

  if (t->seen)
    for (size_t i = 0; i < t->seen->n; i++)
      if (!strcmp (t->seen->v[i], url))
        {
          lose_rest (h, t, url, "the pages go round in circles");
          return;
        }
  if (t->seen && (int64_t)t->seen->n + 1 >= h->o->pages_max)
    {
      lose_rest (h, t, url, "there are more pages than paging.max allows");
      return;
    }
  if (!may_follow (h, t, url, why))
    {
      lose_rest (h, t, url, why);
      return;
    }
  p = http_target_create (h, url, t->root, why);
  if (!p)
    {
      lose_rest (h, t, url, why);
      return;
    }
  p->seen = t->seen ? t->seen : calloc (1, sizeof *p->seen);
  t->seen = NULL;
  if (p->seen)
    http_names_add (p->seen, t->name);
  h->n_targets++;
  http_ready (h, p);
}

/* ---- successes ---- */

static void
unchanged (struct http *h, struct http_target *t)
{
  char *etag = NULL, *modified = NULL, *page = NULL;

  h->unchanged++;
  h->host->log (h->host->ctx, PEN_LOG_DEBUG, "%s: request %s: not modified", t->name, t->id);
  if (h->o->paging && http_state_find (h->state, t->name, &etag, &modified, &page) && page)
    begin_page (h, t, page);
  free (etag);
  free (modified);
  free (page);
  http_done (h, t);
}

void
http_deliver (struct http *h, struct http_target *t)
{
  int bad;
  char *next = next_page (h, t, &bad);

  http_sent_add (h, t, next); /* the acknowledgement may come before close() is back */
  h->delivered++;
  h->in->close (h->in->ctx, t->handle, 1);
  t->handle = NULL;
  if (bad)
    lose_rest (h, t, NULL, t->why);
  else if (next)
    begin_page (h, t, next);
  free (next);
  http_done (h, t);
}

static void
success (struct http *h, struct http_target *t)
{
  if (t->compare || (t->total != UINT64_MAX && t->got != t->total))
    {
      snprintf (t->why, HTTP_WHY, "the body ended after %" PRIu64 " of %" PRIu64 " bytes", t->got, t->total);
      t->fate = HTTP_RETRY;
      retry (h, t);
      return;
    }
  if (h->o->paging == HTTP_PAGING_COUNT && t->got <= h->o->page_empty && !t->handle)
    {
      http_done (h, t); /* the page behind the last */
      return;
    }
  http_whole (h, t);
}

/* ---- the end of a request ---- */

static void
by_status (struct http *h, struct http_target *t, const char *to)
{
  int64_t s = t->status;

  snprintf (t->why, HTTP_WHY, "HTTP %ld %s", t->status, t->reason);
  if (s == 304 && t->asked_if)
    unchanged (h, t);
  else if (s == 204 || (s == 404 && h->o->paging == HTTP_PAGING_COUNT && t->seen))
    http_done (h, t); /* nothing there: nothing new */
  else if (s / 100 == 2)
    success (h, t);
  else if (s == 301 || s == 302 || s == 303 || s == 307 || s == 308)
    redirect (h, t, to);
  else if (s == 401 && h->o->auth == HTTP_AUTH_OAUTH2 && !t->refreshed)
    {
      t->refreshed = 1;
      if (t->token == h->token.number)
        http_token_drop (h);
      http_ready (h, t);
    }
  else if (s == 416 && t->asked_range)
    {
      t->no_range = 1;
      http_ready (h, t);
    }
  else
    {
      t->fate = http_status_fate (t->status);
      retry (h, t);
    }
}

void
http_ended (struct http *h, struct http_target *t, CURLcode rc)
{
  char *to = NULL, *copy = NULL;

  if (t->easy && curl_easy_getinfo (t->easy, CURLINFO_REDIRECT_URL, &to) == CURLE_OK && to)
    copy = strdup (to);
  http_stop (h, t);
  t->host->active--;
  if (rc == CURLE_OK && !t->why[0])
    {
      if (t->status >= 500 && http_status_fate (t->status) == HTTP_RETRY)
        {
          snprintf (t->why, HTTP_WHY, "HTTP %ld %s", t->status, t->reason);
          host_failed (h, t);
        }
      else
        http_breaker_succeeded (&t->host->breaker);
      by_status (h, t, copy);
    }
  else
    {
      int ours = t->why[0] && t->fate == HTTP_GIVE_UP;
      if (!t->why[0])
        {
          snprintf (t->why, HTTP_WHY, "%s", t->error[0] ? t->error : curl_easy_strerror (rc));
          t->fate = is_permanent (rc) ? HTTP_GIVE_UP : HTTP_RETRY;
        }
      if (ours)
        http_breaker_void (&t->host->breaker);
      else
        host_failed (h, t);
      retry (h, t);
    }
  free (copy);
}
