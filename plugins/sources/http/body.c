/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - a response as it comes: its fields, and its bytes on their way into the spool. */
#include "http.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DISCARD_MAX (1024 * 1024) /* bytes of a body that nobody wants: more is not worth the connection */

static size_t
refuse (struct http_target *t, enum http_fate fate, const char *why)
{
  if (!t->why[0])
    snprintf (t->why, HTTP_WHY, "%s", why);
  t->fate = fate;
  return 0; /* libcurl ends the transfer */
}

/* ---- fields ---- */

static void
keep (char **to, const char *value, size_t n)
{
  char *joined;

  if (*to) /* a list that came in several fields */
    {
      joined = malloc (strlen (*to) + n + 3);
      if (joined)
        sprintf (joined, "%s, %.*s", *to, (int)n, value);
    }
  else
    joined = strndup (value, n);
  if (!joined)
    return;
  free (*to);
  *to = joined;
}

static void
status_line (struct http_target *t, const char *p, size_t n)
{
  const char *end = p + n;

  http_target_clear (t);
  while (p < end && *p != ' ')
    p++;
  while (p < end && *p == ' ')
    p++;
  while (p < end && isdigit ((unsigned char)*p) && t->status < 1000)
    t->status = 10 * t->status + (*p++ - '0');
  while (p < end && *p == ' ')
    p++;
  snprintf (t->reason, sizeof t->reason, "%.*s", (int)(end - p), p);
}

static void
field (struct http_target *t, const char *name, size_t name_len, const char *value, size_t n)
{
#define IS(x) (name_len == sizeof x - 1 && !strncasecmp (name, x, sizeof x - 1))
  if (n > 8000)
    return;
  if (IS ("etag"))
    free (t->etag), t->etag = strndup (value, n);
  else if (IS ("last-modified"))
    free (t->modified), t->modified = strndup (value, n);
  else if (IS ("retry-after"))
    free (t->retry_after), t->retry_after = strndup (value, n);
  else if (IS ("content-range"))
    free (t->range), t->range = strndup (value, n);
  else if (IS ("link") && (!t->link || strlen (t->link) < 16000))
    keep (&t->link, value, n);
  else if (IS ("transfer-encoding"))
    t->chunked = n >= 7 && !strncasecmp (value + n - 7, "chunked", 7);
  else if (IS ("content-length"))
    {
      char text[24], *end;
      snprintf (text, sizeof text, "%.*s", (int)n, value);
      t->length = isdigit ((unsigned char)text[0]) ? strtoull (text, &end, 10) : UINT64_MAX;
    }
#undef IS
}

/* ---- is this body what we want? ---- */

static int
is_same (const char *a, const char *b)
{
  return !a || !b || !strcmp (a, b);
}

static size_t
begin_rest (struct http_target *t)
{
  uint64_t first, last, total;

  if (!t->asked_range)
    return refuse (t, HTTP_GIVE_UP, "a part of the object came, though all of it was asked for");
  if (!t->range || http_content_range (t->range, &first, &last, &total) == -1 || first != t->got
      || (total != UINT64_MAX && t->total != UINT64_MAX && total != t->total) || !is_same (t->etag, t->first_etag))
    {
      t->no_range = 1;
      return refuse (t, HTTP_RETRY, "the server sent another part of the object than it was asked for");
    }
  if (total != UINT64_MAX)
    t->total = total;
  t->takes_body = 1;
  return 1;
}

/* All of it once more: the part that is there already must be the same, byte by byte. */
static size_t
begin_whole (struct http *h, struct http_target *t)
{
  if (t->length == UINT64_MAX && !t->chunked && !h->o->unsized)
    return refuse (t, HTTP_GIVE_UP,
                   "neither Content-Length nor chunks: a body that was cut off would not be noticed (unsized)");
  if (t->got && !t->handle)
    http_target_restart (t);
  if (t->got)
    {
      t->compare = t->got;
      t->compare_with = XXH3_createState ();
      if (!t->compare_with)
        return refuse (t, HTTP_GIVE_UP, "out of memory");
      XXH3_128bits_reset (t->compare_with);
      if ((t->length != UINT64_MAX && t->total != UINT64_MAX && t->length != t->total)
          || (t->length != UINT64_MAX && t->length < t->got))
        t->changed = 1;
    }
  if (t->changed)
    return refuse (t, HTTP_GIVE_UP, "it changed on the server while it was fetched; the next run takes it");
  if (t->length != UINT64_MAX)
    t->total = t->length;
  if (!t->got)
    {
      t->first_etag = t->etag ? strdup (t->etag) : NULL;
      t->first_modified = t->modified ? strdup (t->modified) : NULL;
    }
  t->takes_body = 1;
  return 1;
}

static size_t
begin_body (struct http *h, struct http_target *t)
{
  if (h->token.target == t)
    return 1;
  if (t->length != UINT64_MAX && h->o->max_size && t->length > h->o->max_size && t->status / 100 == 2)
    {
      snprintf (t->why, HTTP_WHY, "%" PRIu64 " bytes, more than max_size = %" PRIu64, t->length, h->o->max_size);
      return refuse (t, HTTP_GIVE_UP, "");
    }
  if (t->status == 206)
    return begin_rest (t);
  return t->status / 100 == 2 && t->status != 204 ? begin_whole (h, t) : 1;
}

size_t
http_on_header (char *p, size_t size, size_t n, void *ctx)
{
  struct http_flow *f = ctx;
  size_t whole = n * size, end = whole, name_len = 0, at;

  f->t->window_bytes += whole;
  while (end && isspace ((unsigned char)p[end - 1]))
    end--;
  if (!end)
    return f->t->status / 100 == 1 || begin_body (f->h, f->t) ? whole : 0;
  if (end >= 5 && !strncmp (p, "HTTP/", 5))
    {
      status_line (f->t, p, end);
      return whole;
    }
  while (name_len < end && p[name_len] != ':')
    name_len++;
  for (at = name_len + 1; at < end && (p[at] == ' ' || p[at] == '\t'); at++)
    ;
  if (at < end)
    field (f->t, p, name_len, p + at, end - at);
  return whole;
}

/* ---- bytes ---- */

static int
append (uint8_t **to, size_t *len, size_t *cap, size_t first, const void *p, size_t n)
{
  if (*len + n > *cap)
    {
      size_t want = *cap ? 2 * *cap : first;
      uint8_t *v;
      if (want < *len + n)
        want = *len + n;
      v = realloc (*to, want);
      if (!v)
        return -1;
      *to = v;
      *cap = want;
    }
  memcpy (*to + *len, p, n);
  *len += n;
  return 0;
}

static int
hold (struct http_target *t, const void *p, size_t n)
{
  return append (&t->hold, &t->held, &t->hold_cap, t->total < HTTP_HOLD ? (size_t)t->total : 4096, p, n);
}

int
http_flush (struct http *h, struct http_target *t)
{
  size_t done = 0, n = 0;

  while (done < t->held)
    {
      if (h->in->write (h->in->ctx, t->handle, (struct pen_span){ t->hold + done, t->held - done }, &n) != PEN_OK)
        return -1;
      if (!n)
        break;
      done += n;
    }
  memmove (t->hold, t->hold + done, t->held - done);
  t->held -= done;
  return t->held == 0;
}

/* New bytes of the object. */
static int
take (struct http *h, struct http_target *t, const uint8_t *p, size_t n)
{
  size_t taken = 0;

  XXH3_128bits_update (t->hash, p, n);
  t->got += n;
  if (h->o->paging == HTTP_PAGING_JSON)
    {
      if (t->page_len + n > HTTP_PAGE_MAX)
        return refuse (t, HTTP_GIVE_UP, "a JSON page of more than 4 MiB"), -1;
      if (append (&t->page, &t->page_len, &t->page_cap, 4096, p, n))
        return refuse (t, HTTP_GIVE_UP, "out of memory"), -1;
    }
  if (t->handle && h->in->write (h->in->ctx, t->handle, (struct pen_span){ p, n }, &taken) != PEN_OK)
    return refuse (t, HTTP_GIVE_UP, "it cannot be spooled"), -1;
  if (taken < n && hold (t, p + taken, n - taken))
    return refuse (t, HTTP_GIVE_UP, "out of memory"), -1;
  return 0;
}

/* Bytes that are there already: how many of these. -1: they are others. */
static ssize_t
compare (struct http_target *t, const uint8_t *p, size_t n)
{
  size_t k = n < t->compare ? n : (size_t)t->compare;

  XXH3_128bits_update (t->compare_with, p, k);
  t->compare -= k;
  if (!t->compare && !XXH128_isEqual (XXH3_128bits_digest (t->compare_with), XXH3_128bits_digest (t->hash)))
    {
      t->changed = 1;
      refuse (t, HTTP_GIVE_UP, "it changed on the server while it was fetched; the next run takes it");
      return -1;
    }
  return (ssize_t)k;
}

static size_t
pause_it (struct http_target *t)
{
  if (!t->is_paused)
    t->paused_from = http_now ();
  t->is_paused = 1;
  return CURL_WRITEFUNC_PAUSE;
}

size_t
http_on_body (char *p, size_t size, size_t n, void *ctx)
{
  struct http_flow *f = ctx;
  struct http_target *t = f->t;
  const uint8_t *from = (const uint8_t *)p;
  ssize_t known;

  n *= size;
  if (f->h->token.target == t)
    {
      size_t cap = f->h->token.len;
      if (cap + n > 65536)
        return refuse (t, HTTP_GIVE_UP, "the token's answer is longer than 64 KiB");
      return append ((uint8_t **)&f->h->token.body, &f->h->token.len, &cap, 4096, p, n) ? 0 : n;
    }
  if (!t->takes_body)
    {
      t->window_bytes += n;
      return t->window_bytes > DISCARD_MAX ? 0 : n;
    }
  if (t->handle ? t->held > 0 : t->held + n > HTTP_HOLD)
    {
      if (!t->handle)
        http_want_open (f->h, t);
      return pause_it (t);
    }
  t->window_bytes += n;
  known = t->compare ? compare (t, from, n) : 0;
  if (known == -1)
    return 0;
  if (f->h->o->max_size && t->got + n - (size_t)known > f->h->o->max_size)
    return refuse (t, HTTP_GIVE_UP, "more bytes than max_size allows");
  return take (f->h, t, from + known, n - (size_t)known) == 0 ? n : 0;
}
