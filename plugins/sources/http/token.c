/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - OAuth2 client credentials (RFC 6749 section 4.4): one token for all requests, fetched anew before it expires. */
#include "http.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EARLY (10 * HTTP_SECOND)    /* a token that ends this soon is not used any more */
#define ASSUMED (300 * HTTP_SECOND) /* where the server does not say how long */

void
http_token_drop (struct http *h)
{
  struct http_token *k = &h->token;

  if (k->value)
    explicit_bzero (k->value, strlen (k->value));
  free (k->value);
  k->value = NULL;
  k->until = 0;
}

void
http_token_fini (struct http *h)
{
  struct http_token *k = &h->token;

  http_token_drop (h);
  if (k->target)
    {
      http_stop (h, k->target);
      http_target_free (k->target);
    }
  k->target = NULL;
  free (k->body);
  free (k->form);
}

static int
make_form (struct http *h)
{
  const char *scope = h->o->scope;
  char *escaped = scope ? curl_easy_escape (NULL, scope, 0) : NULL;
  size_t n = (escaped ? strlen (escaped) : 0) + 64;

  h->token.form = malloc (n);
  if (h->token.form)
    snprintf (h->token.form, n, "grant_type=client_credentials%s%s", escaped ? "&scope=" : "", escaped ? escaped : "");
  curl_free (escaped);
  return h->token.form && (!scope || escaped) ? 0 : -1;
}

static void
fetch (struct http *h)
{
  struct http_token *k = &h->token;

  if (!k->form && make_form (h) == -1)
    {
      snprintf (k->why, sizeof k->why, "out of memory");
      k->is_refused = 1;
      return;
    }
  k->len = 0;
  k->target = http_target_create (h, h->o->token_url, NULL, k->why);
  if (k->target && http_start (h, k->target) == 0)
    return;
  k->is_refused = 1;
}

int
http_token_have (struct http *h, int64_t now)
{
  struct http_token *k = &h->token;

  if (h->o->auth != HTTP_AUTH_OAUTH2)
    return 1;
  if (k->is_refused)
    return -1;
  if (k->value && now < k->until)
    return 1;
  if (k->target && now - k->target->began > h->o->stall)
    {
      snprintf (k->target->why, HTTP_WHY, "no answer within timeouts.stall");
      http_token_ended (h, CURLE_OPERATION_TIMEDOUT);
    }
  if (!k->target && now >= k->due)
    fetch (h);
  return k->is_refused ? -1 : 0;
}

/* access_token, token_type and expires_in of section 5.1. 0, or -1. */
static int
read_answer (struct http *h)
{
  struct http_token *k = &h->token;
  json_t *root = json_loadb (k->body ? k->body : "", k->len, 0, NULL), *life;
  const char *value = json_string_value (json_object_get (root, "access_token"));
  int good = value && *value && !strpbrk (value, "\r\n");

  if (good)
    {
      life = json_object_get (root, "expires_in");
      k->value = strdup (value);
      k->number++;
      k->until = http_now () + ASSUMED;
      if (json_is_integer (life) && json_integer_value (life) > 0 && json_integer_value (life) < 1000000000)
        k->until = http_now () + json_integer_value (life) * HTTP_SECOND;
      if (k->until - http_now () > 2 * EARLY)
        k->until -= EARLY;
    }
  json_decref (root);
  if (k->body)
    explicit_bzero (k->body, k->len);
  return good && k->value ? 0 : -1;
}

void
http_token_ended (struct http *h, CURLcode rc)
{
  struct http_token *k = &h->token;
  struct http_target *t = k->target;
  enum http_fate fate = HTTP_RETRY;
  char text[HTTP_WHY];

  http_stop (h, t);
  if (rc != CURLE_OK)
    snprintf (text, sizeof text, "%.400s", t->why[0] ? t->why : t->error[0] ? t->error : curl_easy_strerror (rc));
  else if (t->status != 200)
    {
      snprintf (text, sizeof text, "HTTP %ld %s", t->status, t->reason);
      fate = http_status_fate (t->status);
    }
  else if (read_answer (h) == 0)
    {
      k->failed = 0;
      k->due = 0;
      http_target_free (t);
      k->target = NULL;
      return;
    }
  else
    {
      snprintf (text, sizeof text, "the answer has no access_token");
      fate = HTTP_GIVE_UP;
    }
  http_target_free (t);
  k->target = NULL;
  snprintf (k->why, sizeof k->why, "no token from %.100s: %.380s", h->o->token_url, text);
  if (fate == HTTP_GIVE_UP || (int64_t)++k->failed > h->o->retries)
    k->is_refused = 1;
  else
    k->due = http_now () + http_backoff (h->o->backoff_first, h->o->backoff_cap, k->failed, UINT32_MAX / 2);
}
