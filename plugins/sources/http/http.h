/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - what the files of the http source share: its options, its hosts and its targets. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <xxhash.h>

#include <penstock/plugin.h>

#include "pure.h"

#define HTTP_HOLD (64 * 1024)           /* bytes of a body that wait in memory before the object is announced */
#define HTTP_PAGE_MAX (4 * 1024 * 1024) /* bytes of a JSON page in which the next URL is looked for */
#define HTTP_WHY 512
#define HTTP_ID 32 /* hex digits of a request's id */

enum http_auth
{
  HTTP_AUTH_NONE,
  HTTP_AUTH_BEARER,
  HTTP_AUTH_BASIC,
  HTTP_AUTH_HEADER,
  HTTP_AUTH_OAUTH2,
};
enum http_paging
{
  HTTP_PAGING_NONE,
  HTTP_PAGING_LINK,
  HTTP_PAGING_JSON,
  HTTP_PAGING_COUNT,
};

struct http_options
{
  struct pen_list url;
  const char *list, *date;
  int64_t concurrency, per_host;
  int64_t rate_limit, rate_per;
  const char *rate_name;
  int64_t connect, stall, total;
  uint64_t min_speed, max_size;
  int64_t retries, backoff_first, backoff_cap, patience;
  int64_t breaker_failures, breaker_pause, breaker_trips;
  const char *ca, *cert, *key, *key_password;
  int auth; /* enum http_auth */
  const char *token, *token_header, *user, *password;
  const char *token_url, *client_id, *client_secret, *scope;
  struct pen_list headers;
  bool plain, other_hosts, private_addresses, unsized, conditional;
  int64_t redirects;
  int paging; /* enum http_paging */
  const char *field, *param;
  int64_t page_first, page_step, pages_max;
  uint64_t page_empty;
};

/* A server: scheme, name and port. */
struct http_host
{
  char *origin; /* "https://api.acme.com:443" */
  struct http_breaker breaker;
  int64_t active, not_before;        /* requests that are out; 429: none before this time */
  int is_down;                       /* given up for this run */
  char why[HTTP_WHY];                /* its last failure */
  struct http_target *first, **last; /* ready to be asked */
};

enum http_where
{
  HTTP_NOWHERE,
  HTTP_ACTIVE, /* a request is out */
  HTTP_WHOLE,  /* all of it is in memory or in the spool; it waits for the host */
};

/* One object: a URL, or a page of it. */
struct http_target
{
  struct http_target *next;      /* of its host's queue, or of those that wait for credit */
  struct http_target *next_open; /* of those that wait to be announced */
  enum http_where where;
  char *name;                /* the object's: its URL as configured or as the page before has named it */
  char *url;                 /* where it is now: after redirects */
  char *root;                /* origin of the configured URL: gets credentials */
  struct http_host *host;    /* of url */
  char id[HTTP_ID + 1];      /* X-Request-ID, and trace of traceparent */
  char origin[HTTP_ID + 16]; /* "request ID" */
  struct http_names *seen;   /* the pages before, owned; NULL: not paged */
  unsigned failed, hops;     /* attempts, redirects */
  int64_t due, waited;
  size_t at; /* place in the heap, or among the active */
  /* this attempt */
  CURL *easy;
  struct curl_slist *headers;
  char error[CURL_ERROR_SIZE];
  char why[HTTP_WHY]; /* set: this attempt is over */
  enum http_fate fate;
  long status;
  char reason[64];
  char *etag, *modified, *retry_after, *link, *range; /* of its response */
  uint64_t length;                                    /* of its body; UINT64_MAX: not told */
  int chunked, takes_body, asked_range, asked_if, guarded, is_paused, is_opening;
  int64_t began, window_from, paused_from;
  uint64_t window_bytes;
  uint64_t compare;           /* bytes of the body that must be what came before */
  XXH3_state_t *compare_with; /* of those */
  /* the object over all attempts */
  int refreshed, no_range, changed;
  uint64_t token; /* number of the one that it was sent with */
  char *first_etag, *first_modified;
  uint64_t total; /* UINT64_MAX: not known */
  uint64_t got;   /* bytes so far */
  XXH3_state_t *hash;
  uint8_t *hold; /* bytes that were not handed over yet */
  size_t held, hold_cap;
  uint8_t *page; /* the JSON page */
  size_t page_len, page_cap;
  void *handle;        /* of the intake */
  char lost[HTTP_WHY]; /* set: why it is lost, to be told when the host has answered */
};

/* Delivered and not acknowledged: what the next run shall ask with. */
struct http_sent
{
  struct http_sent *next;
  char *name, *etag, *modified, *page;
};

struct http_token
{
  char *value;
  uint64_t number; /* of the value: a refused request tells of the one that it had */
  int64_t until;   /* 0: none */
  int64_t due;     /* a failed request for it is repeated then */
  unsigned failed;
  int is_refused;
  struct http_target *target; /* the request for it */
  char *body, *form;
  size_t len;
  char why[HTTP_WHY];
};

struct http
{
  const struct pen_host *host;
  const struct http_options *o;
  const struct pen_intake *in;
  struct http_names urls;
  CURLM *multi;
  int epoll;         /* of libcurl's sockets and the intake's wake_fd; 0: not open */
  int64_t curl_due;  /* libcurl's timer; INT64_MAX: none */
  int is_woken;      /* the host has said something */
  int64_t looked_at; /* when all was looked at that has no event of its own */
  CURL **idle;       /* easy handles to use again */
  size_t n_idle;
  struct http_host **hosts;
  size_t n_hosts, turn;
  struct http_target **active, **heap;
  size_t n_active, n_heap, heap_cap;
  size_t n_targets, n_ready;                   /* not done; of them in a host's queue */
  struct http_target *openers, **openers_last; /* wait for the host's word; is_asked: it was asked for the first */
  struct http_target *pushers;                 /* whole, and wait for credit */
  size_t n_whole;
  int is_asked, is_over;
  struct http_token token;
  struct http_rate *rate;
  int64_t rate_at; /* the next request's turn; 0: not asked for */
  struct http_state *state;
  pthread_mutex_t lock; /* of sent */
  struct http_sent *sent;
  uint64_t unchanged, delivered, lost;
};

/* loop.c */
int64_t http_now (void);
int http_run (struct http *h);
/* Its turn may come at once, or at `due`. */
void http_ready (struct http *h, struct http_target *t);
void http_wait (struct http *h, struct http_target *t, int64_t due);
/* The object is through; frees t. */
void http_done (struct http *h, struct http_target *t);
/* It cannot be had: told, counted; frees t. */
void http_lose (struct http *h, struct http_target *t, const char *why);
/* All of it is there. */
void http_whole (struct http *h, struct http_target *t);
/* It wants to be announced. */
void http_want_open (struct http *h, struct http_target *t);

/* sockets.c: 0, or -1 with errno */
int http_sockets_open (struct http *h);
void http_sockets_close (struct http *h);
/* Until something happens, but no longer than ms; and lets libcurl do its work. */
void http_sockets_wait (struct http *h, int ms);

/* target.c: NULL with a message in why where the URL cannot be asked for. */
struct http_target *http_target_create (struct http *h, const char *url, const char *root, char why[HTTP_WHY]);
void http_target_free (struct http_target *t);
/* Moves t to another URL: 0, or -1. */
int http_target_move (struct http *h, struct http_target *t, const char *url, char why[HTTP_WHY]);
/* The response's fields, before a new attempt. */
void http_target_clear (struct http_target *t);
/* Nothing of it is kept. */
void http_target_restart (struct http_target *t);
/* scheme://host:port of a URL; malloc'ed. NULL: why. */
char *http_origin (const struct http_options *o, const char *url, char why[HTTP_WHY]);
/* reference as seen from base; malloc'ed, NULL where it is none. */
char *http_resolve (const char *base, const char *reference);

/* request.c */
int http_start (struct http *h, struct http_target *t);
/* Ends its request; the handle is used again. */
void http_stop (struct http *h, struct http_target *t);

/* body.c: libcurl's callbacks, and bytes on their way to the intake */
size_t http_on_header (char *p, size_t size, size_t n, void *ctx);
size_t http_on_body (char *p, size_t size, size_t n, void *ctx);
struct http_flow
{
  struct http *h;
  struct http_target *t;
};
/* Hands over what is held: 1: all of it, 0: no credit, -1: it cannot be spooled. */
int http_flush (struct http *h, struct http_target *t);

/* verdict.c: a request has ended */
void http_ended (struct http *h, struct http_target *t, CURLcode rc);
/* All bytes are handed over. */
void http_deliver (struct http *h, struct http_target *t);

/* token.c: OAuth2 client credentials (RFC 6749 section 4.4) */
/* 1: there is one; 0: not yet; -1: h->token.why */
int http_token_have (struct http *h, int64_t now);
void http_token_ended (struct http *h, CURLcode rc);
void http_token_drop (struct http *h);
void http_token_fini (struct http *h);

/* rate.c: requests per time, shared by name */
struct http_rate *http_rate_open (struct http *h);
/* When the next request may go. */
int64_t http_rate_turn (struct http_rate *r);
void http_rate_close (struct http_rate *r);

/* state.c: validators over restarts */
struct http_state *http_state_open (struct http *h);
void http_state_close (struct http_state *s);
/* 1: found; *etag, *modified, *page are malloc'ed, or NULL. */
int http_state_find (struct http_state *s, const char *name, char **etag, char **modified, char **page);
int http_state_put (struct http_state *s, const struct http_sent *sent);
/* Remembers until the acknowledgement comes. page: URL of the next one, or NULL. */
void http_sent_add (struct http *h, const struct http_target *t, const char *page);
int http_acked (struct http *h, const char *name, int accepted);
void http_sent_free (struct http_sent *s);
#endif
