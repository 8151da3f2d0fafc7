/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - one event loop: who may be asked now, who waits, who has stalled, and what the host has answered. */
#include "http.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY (HTTP_SECOND / 20) /* for stalled transfers; and for answers, though they wake us */

int64_t
http_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * HTTP_SECOND + t.tv_nsec;
}

/* ---- those that wait: a heap, the earliest first ---- */

static void
heap_set (struct http *h, size_t i, struct http_target *t)
{
  h->heap[i] = t;
  t->at = i;
}

void
http_wait (struct http *h, struct http_target *t, int64_t due)
{
  size_t i = h->n_heap++; /* there is room for every target: see make_targets() */

  t->due = due;
  for (; i && h->heap[(i - 1) / 2]->due > due; i = (i - 1) / 2)
    heap_set (h, i, h->heap[(i - 1) / 2]);
  heap_set (h, i, t);
}

static struct http_target *
heap_pop (struct http *h)
{
  struct http_target *top = h->heap[0], *last = h->heap[--h->n_heap];
  size_t i = 0, child;

  while ((child = 2 * i + 1) < h->n_heap)
    {
      if (child + 1 < h->n_heap && h->heap[child + 1]->due < h->heap[child]->due)
        child++;
      if (h->heap[child]->due >= last->due)
        break;
      heap_set (h, i, h->heap[child]);
      i = child;
    }
  if (h->n_heap)
    heap_set (h, i, last);
  return top;
}

/* ---- queues ---- */

void
http_ready (struct http *h, struct http_target *t)
{
  struct http_host *host = t->host;

  t->next = NULL;
  *host->last = t;
  host->last = &t->next;
  h->n_ready++;
}

static struct http_target *
take_ready (struct http *h, struct http_host *host)
{
  struct http_target *t = host->first;

  host->first = t->next;
  if (!host->first)
    host->last = &host->first;
  h->n_ready--;
  return t;
}

void
http_want_open (struct http *h, struct http_target *t)
{
  if (t->is_opening)
    return;
  t->is_opening = 1;
  t->next_open = NULL;
  *h->openers_last = t;
  h->openers_last = &t->next_open;
}

static void
leave_openers (struct http *h, struct http_target *t)
{
  struct http_target **at = &h->openers;

  if (!t->is_opening)
    return;
  while (*at != t)
    at = &(*at)->next_open;
  *at = t->next_open;
  if (!*at)
    h->openers_last = at;
  t->is_opening = 0;
}

void
http_whole (struct http *h, struct http_target *t)
{
  t->where = HTTP_WHOLE;
  h->n_whole++;
  if (!t->handle)
    http_want_open (h, t);
  else if (http_flush (h, t) == 1)
    http_deliver (h, t);
  else
    {
      t->next = h->pushers;
      h->pushers = t;
    }
}

static void
leave_whole (struct http *h, struct http_target *t)
{
  if (t->where == HTTP_WHOLE)
    h->n_whole--;
  t->where = HTTP_NOWHERE;
}

static void
tell_lost (struct http *h, struct http_target *t, const char *why)
{
  struct pen_object o = { .size = sizeof o, .name = t->name, .length = UINT64_MAX, .origin = t->origin };

  h->lost++;
  h->in->give_up (h->in->ctx, &o, t->handle, why);
  t->handle = NULL;
  leave_openers (h, t);
  leave_whole (h, t);
  h->n_targets--;
  http_target_free (t);
}

/* The host was asked whether it wants this object, and the answer is on its way: t stays until then. */
static int
is_asked (const struct http *h, const struct http_target *t)
{
  return h->is_asked && h->openers == t;
}

void
http_lose (struct http *h, struct http_target *t, const char *why)
{
  if (!is_asked (h, t))
    {
      tell_lost (h, t, why);
      return;
    }
  leave_whole (h, t);
  snprintf (t->lost, sizeof t->lost, "%.*s", (int)sizeof t->lost - 1, why);
}

void
http_done (struct http *h, struct http_target *t)
{
  if (is_asked (h, t))
    {
      http_lose (h, t, "it is not there any more");
      return;
    }
  leave_openers (h, t);
  leave_whole (h, t);
  h->n_targets--;
  http_target_free (t);
}

/* ---- starting ---- */

static void
activate (struct http *h, struct http_target *t)
{
  char why[HTTP_WHY];

  if (http_start (h, t) == -1)
    {
      snprintf (why, sizeof why, "out of memory");
      http_lose (h, t, why);
      return;
    }
  http_breaker_sent (&t->host->breaker);
  t->host->active++;
  t->where = HTTP_ACTIVE;
  t->at = h->n_active;
  h->active[h->n_active++] = t;
}

static void
deactivate (struct http *h, struct http_target *t)
{
  h->active[t->at] = h->active[--h->n_active];
  h->active[t->at]->at = t->at;
  t->where = HTTP_NOWHERE;
  t->is_paused = 0;
}

/* 1: this host may be asked now; else *at says when to look again. */
static int
is_free (const struct http *h, const struct http_host *host, int64_t now, int64_t *at)
{
  *at = INT64_MAX;
  if (!host->first || host->active >= h->o->per_host)
    return 0;
  if (host->not_before > now)
    {
      *at = host->not_before;
      return 0;
    }
  return http_breaker_may (&host->breaker, now, at);
}

static void
lose_all (struct http *h, struct http_host *host)
{
  char why[HTTP_WHY + 300];

  while (host->first)
    {
      snprintf (why, sizeof why, "%.200s fails all the time, the last: %s", host->origin, host->why);
      http_lose (h, take_ready (h, host), why);
    }
}

/* The rate's turn is taken when there is someone to use it. */
static int
has_turn (struct http *h, int64_t now, int64_t *next)
{
  if (!h->rate)
    return 1;
  if (!h->rate_at)
    h->rate_at = http_rate_turn (h->rate);
  if (h->rate_at <= now)
    return 1;
  if (*next > h->rate_at)
    *next = h->rate_at;
  return 0;
}

/* Hosts take turns. Returns when to come back though nothing has happened. */
static int64_t
schedule (struct http *h, int64_t now)
{
  int64_t next = INT64_MAX, at;
  size_t idle = 0;

  while (h->n_ready && idle < h->n_hosts && h->n_active + h->n_whole < (size_t)h->o->concurrency)
    {
      struct http_host *host = h->hosts[h->turn++ % h->n_hosts];
      idle++;
      if (host->is_down)
        lose_all (h, host);
      if (!is_free (h, host, now, &at))
        {
          next = at < next ? at : next;
          continue;
        }
      if (!has_turn (h, now, &next))
        break;
      h->rate_at = 0;
      activate (h, take_ready (h, host));
      idle = 0;
    }
  return next;
}

/* ---- transfers ---- */

static void
stop_it (struct http *h, struct http_target *t, const char *what, int64_t limit)
{
  if (!t->why[0])
    {
      snprintf (t->why, HTTP_WHY, "%s (%.1f s, %" PRIu64 " bytes so far)", what, (double)limit / 1e9, t->got);
      t->fate = HTTP_RETRY;
    }
  deactivate (h, t);
  http_ended (h, t, CURLE_OPERATION_TIMEDOUT);
}

/* The time that we have held a transfer is not the server's. */
static void
look_at_clock (struct http *h, int64_t now)
{
  for (size_t i = h->n_active; i-- > 0;)
    {
      struct http_target *t = h->active[i];
      if (t->is_paused)
        continue;
      if (now - t->began > h->o->total)
        stop_it (h, t, "not through within timeouts.total", h->o->total);
      else if (now - t->window_from > h->o->stall)
        {
          if (t->window_bytes == 0 || (double)t->window_bytes < (double)h->o->min_speed * (double)h->o->stall / 1e9)
            stop_it (h, t, t->window_bytes ? "slower than timeouts.min_speed" : "no byte came within timeouts.stall",
                     h->o->stall);
          else
            {
              t->window_from = now;
              t->window_bytes = 0;
            }
        }
    }
}

static void
go_on (struct http_target *t)
{
  int64_t held = http_now () - t->paused_from;

  if (!t->is_paused)
    return;
  t->is_paused = 0;
  t->began += held;
  t->window_from += held;
  curl_easy_pause (t->easy, CURLPAUSE_CONT);
}

/* It has a handle: hands over what is held. 1: it is gone. */
static int
push (struct http *h, struct http_target *t)
{
  int rc = http_flush (h, t);

  if (rc == 1 && t->where == HTTP_WHOLE)
    {
      http_deliver (h, t);
      return 1;
    }
  if (rc == 1)
    go_on (t);
  if (rc != -1)
    return 0;
  if (t->where == HTTP_WHOLE)
    {
      http_lose (h, t, "it cannot be spooled");
      return 1;
    }
  if (t->where != HTTP_ACTIVE)
    return 0; /* its next attempt will tell */
  snprintf (t->why, HTTP_WHY, "it cannot be spooled");
  t->fate = HTTP_GIVE_UP;
  deactivate (h, t);
  http_ended (h, t, CURLE_WRITE_ERROR);
  return 1;
}

/* The host does not want it: it takes no more objects, or its name is impossible. */
static void
turned_down (struct http *h, struct http_target *t, int rc)
{
  snprintf (t->why, HTTP_WHY, "it cannot be announced");
  t->fate = HTTP_GIVE_UP;
  if (rc == PEN_EOF)
    h->is_over = 1; /* all that is left is left to the next run */
  else if (t->where == HTTP_WHOLE)
    http_lose (h, t, t->why);
  else if (t->where == HTTP_ACTIVE)
    {
      deactivate (h, t);
      http_ended (h, t, CURLE_WRITE_ERROR);
    }
}

static int
ask (struct http *h, struct http_target *t)
{
  struct pen_object o = {
    .size = sizeof o, .name = t->name, .length = t->total, .etag = t->first_etag, .origin = t->origin
  };
  time_t at = t->first_modified ? curl_getdate (t->first_modified, NULL) : -1;

  o.mtime_ns = at == -1 ? 0 : (int64_t)at * HTTP_SECOND;
  return h->in->try_open (h->in->ctx, &o, &t->handle);
}

static void
answer_openers (struct http *h)
{
  while (h->openers && !h->is_over)
    {
      struct http_target *t = h->openers;
      int rc = ask (h, t);
      h->is_asked = rc == PEN_MORE;
      if (rc == PEN_MORE)
        return;
      leave_openers (h, t);
      if (t->lost[0])
        tell_lost (h, t, t->lost);
      else if (rc != PEN_OK)
        turned_down (h, t, rc);
      else if (!push (h, t) && t->where == HTTP_WHOLE)
        {
          t->next = h->pushers;
          h->pushers = t;
        }
    }
}

static void
use_credit (struct http *h)
{
  struct http_target *t = h->pushers;
  uint64_t count;
  ssize_t n = read (h->in->wake_fd, &count, sizeof count);

  (void)n; /* whatever woke us */
  h->is_woken = 0;
  h->pushers = NULL;
  while (t)
    {
      struct http_target *next = t->next;
      if (!push (h, t))
        {
          t->next = h->pushers;
          h->pushers = t;
        }
      t = next;
    }
  answer_openers (h);
  for (size_t i = h->n_active; i-- > 0;)
    if (i < h->n_active && h->active[i]->is_paused && h->active[i]->handle)
      push (h, h->active[i]);
}

static void
read_ends (struct http *h)
{
  CURLMsg *m;
  int left;

  while ((m = curl_multi_info_read (h->multi, &left)))
    {
      struct http_flow *f = NULL;
      CURLcode rc = m->data.result;
      if (m->msg != CURLMSG_DONE)
        continue;
      curl_easy_getinfo (m->easy_handle, CURLINFO_PRIVATE, &f);
      if (h->token.target == f->t)
        {
          http_token_ended (h, rc);
          continue;
        }
      deactivate (h, f->t);
      http_ended (h, f->t, rc);
    }
}

/* ---- the run ---- */

static int
make_targets (struct http *h)
{
  size_t n = h->urls.n ? h->urls.n : 1;

  h->heap = calloc (n, sizeof *h->heap); /* a page takes the place of the one before */
  h->active = calloc ((size_t)h->o->concurrency + 1, sizeof *h->active);
  h->idle = calloc ((size_t)h->o->concurrency + 2, sizeof *h->idle);
  if (!h->heap || !h->active || !h->idle)
    return h->host->fail (h->host->ctx, "out of memory");
  for (size_t i = 0; i < h->urls.n; i++)
    {
      char why[HTTP_WHY];
      struct http_target *t;
      char *first =
          h->o->paging == HTTP_PAGING_COUNT ? http_url_with (h->urls.v[i], h->o->param, h->o->page_first) : NULL;
      t = http_target_create (h, first ? first : h->urls.v[i], NULL, why);
      free (first);
      if (!t)
        return h->host->fail (h->host->ctx, "%s: %s", h->urls.v[i], why);
      h->n_targets++;
      http_ready (h, t);
    }
  return PEN_OK;
}

static int
poll_ms (int64_t now, int64_t next, const struct http *h)
{
  int64_t wait = next == INT64_MAX ? HTTP_SECOND : next - now;

  if (h->n_heap && h->heap[0]->due - now < wait)
    wait = h->heap[0]->due - now;
  if (h->token.due && h->token.due - now < wait)
    wait = h->token.due - now;
  if ((h->openers || h->pushers || h->n_active) && wait > LOOK_EVERY)
    wait = LOOK_EVERY;
  return wait <= 0 ? 0 : (int)((wait + 999999) / 1000000);
}

/* Starts what may be started; when to come back though nothing has happened. */
static int64_t
start_requests (struct http *h, int64_t now)
{
  int token;

  while (h->n_heap && h->heap[0]->due <= now)
    http_ready (h, heap_pop (h));
  token = http_token_have (h, now);
  if (token == 1)
    return schedule (h, now);
  if (token == -1)
    for (size_t i = 0; i < h->n_hosts; i++)
      while (h->hosts[i]->first)
        http_lose (h, take_ready (h, h->hosts[i]), h->token.why);
  return INT64_MAX;
}

static void
turn (struct http *h)
{
  int64_t now = http_now (), next = start_requests (h, now);
  int is_time;

  if (!h->n_targets)
    return;
  http_sockets_wait (h, poll_ms (now, next, h));
  read_ends (h);
  now = http_now ();
  is_time = now - h->looked_at >= LOOK_EVERY;
  if (is_time || h->is_woken)
    use_credit (h);
  else
    answer_openers (h);
  if (!is_time)
    return;
  look_at_clock (h, now);
  h->looked_at = now;
}

static void
give_back (struct http *h, struct http_target *t)
{
  leave_openers (h, t);
  if (t->handle)
    h->in->close (h->in->ctx, t->handle, 0);
  http_target_free (t);
}

/* What is left when the host wants no more is the next run's. */
static void
abandon (struct http *h)
{
  while (h->n_active)
    {
      struct http_target *t = h->active[h->n_active - 1];
      deactivate (h, t);
      http_stop (h, t);
      give_back (h, t);
    }
  while (h->n_heap)
    give_back (h, heap_pop (h));
  for (size_t i = 0; i < h->n_hosts; i++)
    while (h->hosts[i]->first)
      give_back (h, take_ready (h, h->hosts[i]));
  while (h->pushers)
    {
      struct http_target *t = h->pushers;
      h->pushers = t->next;
      give_back (h, t);
    }
  while (h->openers)
    give_back (h, h->openers);
}

int
http_run (struct http *h)
{
  int rc;

  curl_multi_setopt (h->multi, CURLMOPT_MAXCONNECTS, (long)h->o->concurrency);
  h->openers_last = &h->openers;
  rc = http_sockets_open (h) == 0 ? make_targets (h) : h->host->fail (h->host->ctx, "epoll: %s", strerror (errno));
  while (rc == PEN_OK && h->n_targets && !h->is_over && !h->in->stopping (h->in->ctx))
    turn (h);
  abandon (h);
  if (h->unchanged)
    h->host->log (h->host->ctx, PEN_LOG_INFO, "%" PRIu64 " not modified since the last run", h->unchanged);
  return rc == PEN_OK ? PEN_EOF : rc;
}
