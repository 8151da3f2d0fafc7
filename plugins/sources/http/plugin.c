/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the http source's options, what they must not say, its life, and its place in a pipeline. */
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* ---- the options' rules ---- */

static int
check_headers (const struct pen_host *host, const struct http_options *o)
{
  static const char *const ours[] = { "host",        "content-length", "transfer-encoding", "range",
                                      "if-range",    "if-none-match",  "if-modified-since", "x-request-id",
                                      "traceparent", "authorization",  "connection" };

  for (size_t i = 0; i < o->headers.n; i++)
    {
      const char *line = o->headers.item[i];
      size_t n = strcspn (line, ": \t");
      if (!n || line[n] != ':' || strpbrk (line, "\r\n") || !line[n + 1])
        return host->fail (host->ctx, "headers: \"%.100s\": expected \"Name: value\"", line);
      for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++)
        if (strlen (ours[k]) == n && !strncasecmp (ours[k], line, n))
          return host->fail (host->ctx, "headers: \"%.*s\" is set by other options or by the source itself", (int)n,
                             line);
    }
  return PEN_OK;
}

static int
needs (const struct pen_host *host, const char *kind, const char *option, const void *value)
{
  return value ? PEN_OK : host->fail (host->ctx, "auth.kind = \"%s\" needs auth.%s", kind, option);
}

static int
check_auth (const struct pen_host *host, const struct http_options *o)
{
  switch (o->auth)
    {
    case HTTP_AUTH_BEARER:
      return needs (host, "bearer", "token", o->token);
    case HTTP_AUTH_HEADER:
      if (o->token_header && strcspn (o->token_header, ": \t\r\n") != strlen (o->token_header))
        return host->fail (host->ctx, "auth.header: expected a header's name without colon");
      return needs (host, "header", "header", o->token_header) == PEN_OK ? needs (host, "header", "token", o->token)
                                                                         : PEN_ERR;
    case HTTP_AUTH_BASIC:
      return needs (host, "basic", "user", o->user) == PEN_OK ? needs (host, "basic", "password", o->password)
                                                              : PEN_ERR;
    case HTTP_AUTH_OAUTH2:
      return needs (host, "oauth2", "token_url", o->token_url) == PEN_OK
                     && needs (host, "oauth2", "client_id", o->client_id) == PEN_OK
                 ? needs (host, "oauth2", "client_secret", o->client_secret)
                 : PEN_ERR;
    }
  return PEN_OK;
}

static int
check_rest (const struct pen_host *host, const struct http_options *o)
{
  if (!o->url.n && !o->list)
    return host->fail (host->ctx, "url or list: at least one of them is needed");
  if (o->key && !o->cert)
    return host->fail (host->ctx, "tls.key: it belongs to tls.cert, which is not set");
  if (o->rate_name
      && (!o->rate_limit
          || strspn (o->rate_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
                 != strlen (o->rate_name)
          || !*o->rate_name || strlen (o->rate_name) > 64))
    return host->fail (host->ctx,
                       "rate.name: expected at most 64 letters, digits, dashes and underscores, beside rate.limit");
  if (o->rate_limit && o->rate_per / o->rate_limit == 0)
    return host->fail (host->ctx, "rate.limit: more than one request a nanosecond");
  return PEN_OK;
}

/* ---- which URLs ---- */

static int
add_pattern (struct http *h, const char *pattern, const char *where, unsigned line)
{
  size_t before = h->urls.n;
  char why[HTTP_WHY], *origin;
  int rc = http_expand (&h->urls, pattern, (int64_t)time (NULL), h->o->date, why);

  for (size_t i = before; rc == 0 && i < h->urls.n; i++)
    {
      origin = http_origin (h->o, h->urls.v[i], why);
      rc = origin ? 0 : -1;
      free (origin);
    }
  if (rc == 0)
    return PEN_OK;
  if (line)
    return h->host->fail (h->host->ctx, "%s:%u: \"%.300s\": %s", where, line, pattern, why);
  return h->host->fail (h->host->ctx, "%s: \"%.300s\": %s", where, pattern, why);
}

/* Those of the configuration itself: what is wrong with one is known without asking for it. */
static int
check_urls (const struct pen_host *host, const struct http_options *o)
{
  struct http h = { .host = host, .o = o };
  int rc = PEN_OK;

  for (size_t i = 0; i < o->url.n && rc == PEN_OK; i++)
    rc = add_pattern (&h, o->url.item[i], "url", 0);
  http_names_free (&h.urls);
  return rc;
}

static int
add_list (struct http *h)
{
  FILE *f = fopen (h->o->list, "re");
  char *line = NULL;
  size_t cap = 0;
  ssize_t n;
  int rc = PEN_OK;

  if (!f)
    return h->host->fail (h->host->ctx, "list: cannot read %s: %s", h->o->list, strerror (errno));
  for (unsigned i = 1; rc == PEN_OK && (n = getline (&line, &cap, f)) != -1; i++)
    {
      char *p = line + strspn (line, " \t");
      while (n && strchr (" \t\r\n", line[n - 1]))
        line[--n] = 0;
      if (*p && *p != '#')
        rc = add_pattern (h, p, h->o->list, i);
    }
  if (rc == PEN_OK && ferror (f))
    rc = h->host->fail (h->host->ctx, "list: cannot read %s: %s", h->o->list, strerror (errno));
  free (line);
  fclose (f);
  return rc;
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* A URL that is named twice is one object. */
static void
drop_twins (struct http *h)
{
  char **sorted = malloc (h->urls.n * sizeof *sorted);
  size_t twins = 0, kept = 0;

  if (!sorted)
    return;
  memcpy (sorted, h->urls.v, h->urls.n * sizeof *sorted);
  qsort (sorted, h->urls.n, sizeof *sorted, by_text);
  for (size_t i = 1; i < h->urls.n; i++)
    if (!strcmp (sorted[i], sorted[i - 1]))
      {
        sorted[i - 1][0] = 0; /* its place is given up */
        twins++;
      }
  free (sorted);
  for (size_t i = 0; i < h->urls.n; i++)
    if (h->urls.v[i][0])
      h->urls.v[kept++] = h->urls.v[i];
    else
      free (h->urls.v[i]);
  h->urls.n = kept;
  if (twins)
    h->host->log (h->host->ctx, PEN_LOG_WARN, "%zu URLs are named more than once", twins);
}

/* ---- its life ---- */

static int
check (const struct pen_host *host, const void *options)
{
  const struct http_options *o = options;

  if (check_rest (host, o) != PEN_OK || check_headers (host, o) != PEN_OK || check_auth (host, o) != PEN_OK)
    return PEN_ERR;
  return check_urls (host, o);
}

static void
destroy (void *self)
{
  struct http *h = self;

  http_token_fini (h);
  for (size_t i = 0; i < h->n_idle; i++)
    curl_easy_cleanup (h->idle[i]);
  if (h->multi)
    curl_multi_cleanup (h->multi);
  http_sockets_close (h);
  for (size_t i = 0; i < h->n_hosts; i++)
    {
      free (h->hosts[i]->origin);
      free (h->hosts[i]);
    }
  while (h->sent)
    {
      struct http_sent *s = h->sent;
      h->sent = s->next;
      http_sent_free (s);
    }
  free (h->hosts);
  free (h->idle);
  free (h->heap);
  free (h->active);
  http_names_free (&h->urls);
  http_state_close (h->state);
  http_rate_close (h->rate);
  pthread_mutex_destroy (&h->lock);
  free (h);
}

static int
reach (const struct pen_host *host, const void *options, const struct pen_reach *r)
{
  const struct http_options *o = options;
  const char *const files[] = { o->list, o->ca, o->cert, o->key };

  (void)host;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (files[i] && r->read (r->ctx, files[i]) != PEN_OK)
      return PEN_ERR;
  return PEN_OK;
}

static int
create (const struct pen_host *host, const void *options, void **self)
{
  struct http *h = calloc (1, sizeof *h);

  if (!h || curl_global_init (CURL_GLOBAL_DEFAULT) != CURLE_OK)
    {
      free (h);
      return host->fail (host->ctx, "libcurl cannot be set up: it is out of memory, or its TLS library does not start");
    }
  h->host = host;
  h->o = options;
  pthread_mutex_init (&h->lock, NULL);
  h->multi = curl_multi_init ();
  if (!h->multi)
    {
      destroy (h);
      return host->fail (host->ctx, "out of memory");
    }
  for (size_t i = 0; i < h->o->url.n; i++)
    if (add_pattern (h, h->o->url.item[i], "url", 0) != PEN_OK)
      {
        destroy (h);
        return PEN_ERR;
      }
  if (h->o->list && add_list (h) != PEN_OK)
    {
      destroy (h);
      return PEN_ERR;
    }
  drop_twins (h);
  *self = h;
  return PEN_OK;
}

static int
run (void *self, const struct pen_intake *in, int follow)
{
  struct http *h = self;

  (void)follow;
  if (in->size < sizeof *in)
    return h->host->fail (h->host->ctx, "this source needs a newer penstock");
  h->in = in;
  if (h->o->rate_limit && !(h->rate = http_rate_open (h)))
    return PEN_ERR;
  if (h->o->conditional && in->state_dir && !(h->state = http_state_open (h)))
    return PEN_ERR;
  return http_run (h);
}

static int
ack (void *self, const struct pen_object *o, int accepted)
{
  return http_acked (self, o->name, accepted) == 0 ? PEN_OK : PEN_ERR;
}

#define F(f) PEN_FIELD (struct http_options, f)

static const struct pen_opt opts[] = {
  { "url", PEN_LIST, 0, F (url), NULL, NULL,
    "URLs to fetch, one object each; braces make many: {1..12}, {01..31}, {eu,us}, {today}, {today-1}." },
  { "list", PEN_PATH, 0, F (list), NULL, NULL, "File with a URL (or template) on each line; # begins a comment line." },
  { "date", PEN_STRING, 0, F (date), "%Y-%m-%d", NULL, "Format of {today}, as for strftime(3); days are UTC." },
  { "concurrency", PEN_INT, 0, F (concurrency), "50", "1..2000", "Requests at a time." },
  { "per_host", PEN_INT, 0, F (per_host), "10", "1..2000",
    "Requests at a time to one server (scheme, name and port)." },
  { "max_size", PEN_SIZE, 0, F (max_size), "10G", NULL, "Longest body; 0: any." },
  { "unsized", PEN_BOOL, 0, F (unsized), "false", NULL,
    "Accept bodies whose end is told by closing the connection only: one that was cut off is not noticed." },
  { "plain", PEN_BOOL, 0, F (plain), "false", NULL, "Allow http:// as well: neither secret nor authentic." },
  { "conditional", PEN_BOOL, 0, F (conditional), "true", NULL,
    "Ask with the ETag or Last-Modified of what was loaded before; what is not modified brings nothing new." },
  { "headers", PEN_LIST, 0, F (headers), NULL, NULL, "Further header lines, \"Name: value\"; for secrets see auth." },
  { "rate.limit", PEN_INT, 0, F (rate_limit), "0", "0..1000000", "Requests in each rate.per, evenly spaced; 0: any." },
  { "rate.per", PEN_DURATION, 0, F (rate_per), "1s", "1ms..1d", "Time that rate.limit is for." },
  { "rate.name", PEN_STRING, 0, F (rate_name), NULL, NULL,
    "Name of the limit: pipelines of one user that give the same name share it." },
  { "timeouts.connect", PEN_DURATION, 0, F (connect), "10s", "1ms..1h",
    "Longest time to look up the name, to connect and to agree on TLS." },
  { "timeouts.stall", PEN_DURATION, 0, F (stall), "60s", "1ms..1d",
    "Longest time without a byte; see also timeouts.min_speed." },
  { "timeouts.min_speed", PEN_SIZE, 0, F (min_speed), "64", NULL,
    "Bytes a second that have to come, over each timeouts.stall; 0: any." },
  { "timeouts.total", PEN_DURATION, 0, F (total), "1h", "1ms..30d",
    "Longest time of one attempt, less the time that the pipeline made it wait." },
  { "retries.max", PEN_INT, 0, F (retries), "5", "0..1000", "Further attempts after a failure that may pass." },
  { "retries.first", PEN_DURATION, 0, F (backoff_first), "500ms", "1ms..1h",
    "Wait before the second attempt; doubles with each, the upper half is random." },
  { "retries.cap", PEN_DURATION, 0, F (backoff_cap), "60s", "1ms..1d", "Longest of these waits." },
  { "retries.patience", PEN_DURATION, 0, F (patience), "10m", "0s..30d",
    "Longest time that an object waits in all, also where the server asks for more by Retry-After." },
  { "breaker.failures", PEN_INT, 0, F (breaker_failures), "10", "0..1000000",
    "Failures in a row after which a server is left alone; 0: never." },
  { "breaker.pause", PEN_DURATION, 0, F (breaker_pause), "30s", "1ms..1d",
    "How long it is left alone; then one request tries it." },
  { "breaker.trips", PEN_INT, 0, F (breaker_trips), "3", "0..1000",
    "Such trials that may fail in a row before the server's objects are given up for this run." },
  { "tls.ca", PEN_PATH, 0, F (ca), NULL, NULL, "Certificates (PEM) to trust instead of the system's." },
  { "tls.cert", PEN_PATH, 0, F (cert), NULL, NULL, "Own certificate (PEM), for servers that want one." },
  { "tls.key", PEN_PATH, 0, F (key), NULL, NULL, "Its private key (PEM), where it is not in tls.cert." },
  { "tls.key_password", PEN_SECRET, 0, F (key_password), NULL, NULL, "Passphrase of the key." },
  { "auth.kind", PEN_ENUM, 0, F (auth), "none", "none|bearer|basic|header|oauth2",
    "How to sign in; sent to the configured server only, never to one that it points to." },
  { "auth.token", PEN_SECRET, 0, F (token), NULL, NULL, "bearer, header: the token." },
  { "auth.header", PEN_STRING, 0, F (token_header), NULL, NULL, "header: name of the header that has the token." },
  { "auth.user", PEN_STRING, 0, F (user), NULL, NULL, "basic: name." },
  { "auth.password", PEN_SECRET, 0, F (password), NULL, NULL, "basic: password." },
  { "auth.token_url", PEN_STRING, 0, F (token_url), NULL, NULL,
    "oauth2: where a token is had for client id and secret." },
  { "auth.client_id", PEN_STRING, 0, F (client_id), NULL, NULL, "oauth2: client id." },
  { "auth.client_secret", PEN_SECRET, 0, F (client_secret), NULL, NULL, "oauth2: client secret." },
  { "auth.scope", PEN_STRING, 0, F (scope), NULL, NULL, "oauth2: scope." },
  { "redirects.max", PEN_INT, 0, F (redirects), "5", "0..50", "Redirects that are followed, one after the other." },
  { "redirects.other_hosts", PEN_BOOL, 0, F (other_hosts), "false", NULL,
    "Follow redirects and next pages to other servers; credentials and headers stay behind." },
  { "redirects.private", PEN_BOOL, 0, F (private_addresses), "false", NULL,
    "Let other servers have private, local and reserved addresses." },
  { "paging.kind", PEN_ENUM, 0, F (paging), "none", "none|link|json|count",
    "Where the next page is: in the Link header, in a field of the JSON body, or by counting in the query." },
  { "paging.field", PEN_STRING, 0, F (field), "next", NULL,
    "json: the field, with dots into objects (\"paging.next\")." },
  { "paging.param", PEN_STRING, 0, F (param), "page", NULL, "count: the query parameter." },
  { "paging.first", PEN_INT, 0, F (page_first), "1", "0..1000000000", "count: its first value." },
  { "paging.step", PEN_INT, 0, F (page_step), "1", "1..1000000",
    "count: what each page adds; the page's size for an offset." },
  { "paging.empty", PEN_SIZE, 0, F (page_empty), "2", "0..64K",
    "count: a page of at most so many bytes is the end and no object; so are 204, and 404 behind the first." },
  { "paging.max", PEN_INT, 0, F (pages_max), "1000", "1..1000000", "Pages of one URL; more are an error." },
  { 0 },
};

static const struct pen_source source = {
  .size = sizeof source,
  .create = create,
  .run = run,
  .ack = ack,
  .destroy = destroy,
  .reach = reach,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "http",
  .version = "1",
  .summary = "objects from web servers",
  .doc =
      "Fetches URLs, lists and templates of them, page by page where a server has pages, many at a time in one event "
      "loop. "
      "Each URL, or page, is one object of that name. Failures that may pass are tried again; an object that cannot be "
      "had is told, the others go on, and the run ends with status 3.",
  .options_size = sizeof (struct http_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = opts,
  .check = check,
  .source = &source,
};
