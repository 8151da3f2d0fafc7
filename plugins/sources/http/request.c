/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - what is sent for a target: libcurl's options, credentials, identifiers, validators and ranges. */
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <arpa/inet.h>

/* ---- a server must not send us to our own network ---- */

static curl_socket_t
open_socket (void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
  struct http_flow *f = ctx;

  (void)purpose;
  if (f->t->guarded && http_address_is_private (&a->addr))
    {
      snprintf (f->t->why, HTTP_WHY, "%s leads to a private address, and redirects.private is not set", f->t->url);
      f->t->fate = HTTP_GIVE_UP;
      return CURL_SOCKET_BAD;
    }
  return socket (a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* A connection that is used again did not pass by open_socket(). */
static int
before_request (void *ctx, char *ip, char *local, int port, int local_port)
{
  struct http_flow *f = ctx;
  struct sockaddr_in a4 = { .sin_family = AF_INET };
  struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
  int is_private = 1;

  (void)local;
  (void)port;
  (void)local_port;
  if (!f->t->guarded)
    return CURL_PREREQFUNC_OK;
  if (inet_pton (AF_INET, ip, &a4.sin_addr) == 1)
    is_private = http_address_is_private ((struct sockaddr *)&a4);
  else if (inet_pton (AF_INET6, ip, &a6.sin6_addr) == 1)
    is_private = http_address_is_private ((struct sockaddr *)&a6);
  if (!is_private)
    return CURL_PREREQFUNC_OK;
  snprintf (f->t->why, HTTP_WHY, "%s leads to the private address %s, and redirects.private is not set", f->t->url, ip);
  f->t->fate = HTTP_GIVE_UP;
  return CURL_PREREQFUNC_ABORT;
}

/* ---- headers ---- */

static void
add (struct http_target *t, const char *name, const char *value)
{
  char line[8300];
  struct curl_slist *more;

  if ((size_t)snprintf (line, sizeof line, "%s: %s", name, value) >= sizeof line)
    return;
  more = curl_slist_append (t->headers, line);
  if (more)
    t->headers = more;
}

static void
add_ids (struct http_target *t)
{
  unsigned char random[8] = { 0 };
  char span[17], parent[64];

  if (getrandom (random, sizeof random, 0) != sizeof random)
    random[0] = 1;
  for (size_t i = 0; i < sizeof random; i++)
    snprintf (span + 2 * i, 3, "%02x", random[i]);
  snprintf (parent, sizeof parent, "00-%s-%s-01", t->id, span); /* W3C Trace Context, section 3.2 */
  add (t, "X-Request-ID", t->id);
  add (t, "traceparent", parent);
}

/* Credentials and the configured headers are for the configured server alone. */
static void
add_credentials (struct http *h, struct http_target *t)
{
  const struct http_options *o = h->o;

  if (strcmp (t->host->origin, t->root) || h->token.target == t)
    return;
  for (size_t i = 0; i < o->headers.n; i++)
    {
      struct curl_slist *more = curl_slist_append (t->headers, o->headers.item[i]);
      if (more)
        t->headers = more;
    }
  switch (o->auth)
    {
    case HTTP_AUTH_BEARER:
    case HTTP_AUTH_OAUTH2:
      t->token = h->token.number;
      curl_easy_setopt (t->easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      curl_easy_setopt (t->easy, CURLOPT_XOAUTH2_BEARER, o->auth == HTTP_AUTH_BEARER ? o->token : h->token.value);
      break;
    case HTTP_AUTH_BASIC:
      curl_easy_setopt (t->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt (t->easy, CURLOPT_USERNAME, o->user);
      curl_easy_setopt (t->easy, CURLOPT_PASSWORD, o->password);
      break;
    case HTTP_AUTH_HEADER:
      add (t, o->token_header, o->token);
      break;
    }
}

/* What is there already is not asked for again, if the server can say that it is still the same. */
static void
add_range (struct http_target *t)
{
  const char *validator = t->first_etag && strncmp (t->first_etag, "W/", 2) ? t->first_etag : t->first_modified;
  char range[48];

  t->asked_range = t->got && validator && !t->no_range;
  if (!t->asked_range)
    return;
  snprintf (range, sizeof range, "bytes=%" PRIu64 "-", t->got);
  add (t, "Range", range);
  add (t, "If-Range", validator);
}

static void
add_validators (struct http *h, struct http_target *t)
{
  char *etag, *modified, *page;

  t->asked_if = 0;
  if (!h->state || t->got || !http_state_find (h->state, t->name, &etag, &modified, &page))
    return;
  if (etag)
    add (t, "If-None-Match", etag);
  else if (modified)
    add (t, "If-Modified-Since", modified);
  t->asked_if = etag || modified;
  free (etag);
  free (modified);
  free (page);
}

/* ---- the request ---- */

static CURL *
take_handle (struct http *h)
{
  CURL *easy = h->n_idle ? h->idle[--h->n_idle] : curl_easy_init ();

  if (easy)
    curl_easy_reset (easy);
  return easy;
}

static void
set_tls (CURL *e, const struct http_options *o)
{
  curl_easy_setopt (e, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt (e, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt (e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (o->ca)
    {
      curl_easy_setopt (e, CURLOPT_CAINFO, o->ca);
      curl_easy_setopt (e, CURLOPT_CAPATH, NULL);
    }
  if (o->cert)
    curl_easy_setopt (e, CURLOPT_SSLCERT, o->cert);
  if (o->key)
    curl_easy_setopt (e, CURLOPT_SSLKEY, o->key);
  if (o->key_password)
    curl_easy_setopt (e, CURLOPT_KEYPASSWD, o->key_password);
}

/* The client's certificate is a credential as well. */
static void
set_connection (struct http *h, struct http_target *t, struct http_flow *f)
{
  struct http_options o = *h->o;
  CURL *e = t->easy;

  if (strcmp (t->host->origin, t->root))
    o.cert = o.key = NULL;
  set_tls (e, &o);
  curl_easy_setopt (e, CURLOPT_URL, t->url);
  curl_easy_setopt (e, CURLOPT_PROTOCOLS_STR, o.plain ? "http,https" : "https");
  /* one connection a request: a paused stream of HTTP/2 would be held in memory up to its window */
  curl_easy_setopt (e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt (e, CURLOPT_PROXY, "");
  curl_easy_setopt (e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (e, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt (e, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt (e, CURLOPT_CONNECTTIMEOUT_MS, (long)(o.connect / 1000000));
  curl_easy_setopt (e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt (e, CURLOPT_OPENSOCKETDATA, f);
  curl_easy_setopt (e, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt (e, CURLOPT_PREREQDATA, f);
}

int
http_start (struct http *h, struct http_target *t)
{
  struct http_flow *f = malloc (sizeof *f);
  CURL *e = f ? take_handle (h) : NULL;

  if (!e)
    {
      free (f);
      return -1;
    }
  *f = (struct http_flow){ h, t };
  t->easy = e;
  http_target_clear (t);
  t->why[0] = t->error[0] = 0;
  t->fate = HTTP_RETRY;
  t->guarded = strcmp (t->host->origin, t->root) && !h->o->private_addresses;
  t->is_paused = 0;
  t->began = t->window_from = http_now ();
  t->window_bytes = 0;
  set_connection (h, t, f);
  add_ids (t);
  add_credentials (h, t);
  add_range (t);
  add_validators (h, t);
  add (t, "Accept", "*/*");
  curl_easy_setopt (e, CURLOPT_HTTPHEADER, t->headers);
  curl_easy_setopt (e, CURLOPT_USERAGENT, "penstock");
  curl_easy_setopt (e, CURLOPT_ERRORBUFFER, t->error);
  curl_easy_setopt (e, CURLOPT_PRIVATE, f);
  curl_easy_setopt (e, CURLOPT_HEADERFUNCTION, http_on_header);
  curl_easy_setopt (e, CURLOPT_HEADERDATA, f);
  curl_easy_setopt (e, CURLOPT_WRITEFUNCTION, http_on_body);
  curl_easy_setopt (e, CURLOPT_WRITEDATA, f);
  if (h->token.target == t)
    {
      curl_easy_setopt (e, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt (e, CURLOPT_USERNAME, h->o->client_id);
      curl_easy_setopt (e, CURLOPT_PASSWORD, h->o->client_secret);
      curl_easy_setopt (e, CURLOPT_POSTFIELDS, h->token.form);
    }
  if (curl_multi_add_handle (h->multi, e) == CURLM_OK)
    return 0;
  http_stop (h, t);
  return -1;
}

void
http_stop (struct http *h, struct http_target *t)
{
  struct http_flow *f = NULL;

  if (!t->easy)
    return;
  curl_easy_getinfo (t->easy, CURLINFO_PRIVATE, &f);
  curl_multi_remove_handle (h->multi, t->easy);
  curl_slist_free_all (t->headers);
  t->headers = NULL;
  free (f);
  h->idle[h->n_idle++] = t->easy; /* there are never more than may be active, and one for the token */
  t->easy = NULL;
}
