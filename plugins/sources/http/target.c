/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - URLs become targets, each at its host. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

char *
http_origin (const struct http_options *o, const char *url, char why[HTTP_WHY])
{
  char *scheme = NULL, *name = NULL, *port = NULL, *user = NULL, *made = NULL;
  CURLU *u = curl_url ();

  if (!u || curl_url_set (u, CURLUPART_URL, url, 0) != CURLUE_OK
      || curl_url_get (u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK
      || curl_url_get (u, CURLUPART_HOST, &name, 0) != CURLUE_OK
      || curl_url_get (u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
    snprintf (why, HTTP_WHY, "this is not a whole URL");
  else if (strcasecmp (scheme, "https") && strcasecmp (scheme, "http"))
    snprintf (why, HTTP_WHY, "the scheme is \"%s\", expected https", scheme);
  else if (strcasecmp (scheme, "https") && !o->plain)
    snprintf (why, HTTP_WHY, "it is not https; plain = true would allow that, neither secret nor authentic");
  else if (curl_url_get (u, CURLUPART_USER, &user, 0) == CURLUE_OK)
    snprintf (why, HTTP_WHY, "it has a user name in it: names are logged, use auth");
  else
    {
      size_t n = strlen (scheme) + strlen (name) + strlen (port) + 8;
      made = malloc (n);
      if (made)
        snprintf (made, n, "%s://%s:%s", scheme, name, port);
      else
        snprintf (why, HTTP_WHY, "out of memory");
    }
  for (char *p = made; p && *p; p++)
    *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
  curl_free (scheme);
  curl_free (name);
  curl_free (port);
  curl_free (user);
  curl_url_cleanup (u);
  return made;
}

char *
http_resolve (const char *base, const char *reference)
{
  char *whole = NULL, *copy = NULL;
  CURLU *u = curl_url ();

  if (u && curl_url_set (u, CURLUPART_URL, base, 0) == CURLUE_OK
      && curl_url_set (u, CURLUPART_URL, reference, 0) == CURLUE_OK)
    {
      curl_url_set (u, CURLUPART_FRAGMENT, NULL, 0);
      if (curl_url_get (u, CURLUPART_URL, &whole, 0) == CURLUE_OK)
        copy = strdup (whole);
    }
  curl_free (whole);
  curl_url_cleanup (u);
  return copy;
}

static struct http_host *
host_of (struct http *h, char *origin, char why[HTTP_WHY])
{
  struct http_host **v, *made;

  for (size_t i = 0; i < h->n_hosts; i++)
    if (!strcmp (h->hosts[i]->origin, origin))
      {
        free (origin);
        return h->hosts[i];
      }
  v = realloc (h->hosts, (h->n_hosts + 1) * sizeof *v);
  if (v)
    h->hosts = v;
  made = v ? calloc (1, sizeof *made) : NULL;
  if (!made)
    {
      free (origin);
      return snprintf (why, HTTP_WHY, "out of memory"), NULL;
    }
  made->origin = origin;
  made->breaker.limit = h->o->breaker_failures;
  made->breaker.pause = h->o->breaker_pause;
  made->last = &made->first;
  return h->hosts[h->n_hosts++] = made;
}

int
http_target_move (struct http *h, struct http_target *t, const char *url, char why[HTTP_WHY])
{
  char *origin = http_origin (h->o, url, why), *copy;

  if (!origin)
    return -1;
  copy = strdup (url);
  if (!copy)
    {
      free (origin);
      return snprintf (why, HTTP_WHY, "out of memory"), -1;
    }
  t->host = host_of (h, origin, why);
  free (t->url);
  t->url = copy;
  return t->host ? 0 : -1;
}

static void
make_id (struct http_target *t)
{
  unsigned char random[HTTP_ID / 2] = { 0 };

  if (getrandom (random, sizeof random, 0) != sizeof random)
    random[0] = 1; /* traceparent must not be all zeros */
  for (size_t i = 0; i < sizeof random; i++)
    snprintf (t->id + 2 * i, 3, "%02x", random[i]);
  snprintf (t->origin, sizeof t->origin, "request %s", t->id);
}

struct http_target *
http_target_create (struct http *h, const char *url, const char *root, char why[HTTP_WHY])
{
  struct http_target *t = calloc (1, sizeof *t);

  why[0] = 0;
  if (!t)
    return snprintf (why, HTTP_WHY, "out of memory"), NULL;
  t->length = t->total = UINT64_MAX;
  t->name = strdup (url);
  t->hash = XXH3_createState ();
  if (strlen (url) > 4000)
    snprintf (why, HTTP_WHY, "a URL of more than 4000 bytes");
  else if (!t->name || !t->hash)
    snprintf (why, HTTP_WHY, "out of memory");
  else if (http_target_move (h, t, url, why) == 0)
    {
      t->root = strdup (root ? root : t->host->origin);
      if (!t->root)
        snprintf (why, HTTP_WHY, "out of memory");
    }
  if (why[0])
    {
      http_target_free (t);
      return NULL;
    }
  XXH3_128bits_reset (t->hash);
  make_id (t);
  return t;
}

static void
drop (char **p)
{
  free (*p);
  *p = NULL;
}

void
http_target_clear (struct http_target *t)
{
  drop (&t->etag);
  drop (&t->modified);
  drop (&t->retry_after);
  drop (&t->link);
  drop (&t->range);
  t->length = UINT64_MAX;
  t->status = 0;
  t->reason[0] = 0;
  t->chunked = t->takes_body = 0;
  t->compare = 0;
  XXH3_freeState (t->compare_with);
  t->compare_with = NULL;
}

void
http_target_restart (struct http_target *t)
{
  t->got = 0;
  t->held = t->page_len = 0;
  t->total = UINT64_MAX;
  drop (&t->first_etag);
  drop (&t->first_modified);
  XXH3_128bits_reset (t->hash);
}

void
http_target_free (struct http_target *t)
{
  http_target_clear (t);
  XXH3_freeState (t->hash);
  if (t->seen)
    {
      http_names_free (t->seen);
      free (t->seen);
    }
  free (t->first_etag);
  free (t->first_modified);
  free (t->name);
  free (t->url);
  free (t->root);
  free (t->hold);
  free (t->page);
  free (t);
}
