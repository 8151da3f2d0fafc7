/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - what the loop waits for: the sockets that libcurl names, its timer and the host; connections that are silent cost
 * nothing, however many there are. */
#include "http.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

static int
on_socket (CURL *easy, curl_socket_t s, int what, void *ctx, void *known)
{
  struct http *h = ctx;
  struct epoll_event e = { .data.fd = s };

  (void)easy;
  (void)known;
  if (what == CURL_POLL_REMOVE)
    return epoll_ctl (h->epoll, EPOLL_CTL_DEL, s, NULL) == -1 && errno != EBADF && errno != ENOENT ? -1 : 0;
  e.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
  if (epoll_ctl (h->epoll, EPOLL_CTL_ADD, s, &e) == 0)
    return 0;
  return errno == EEXIST ? epoll_ctl (h->epoll, EPOLL_CTL_MOD, s, &e) : -1;
}

static int
on_timer (CURLM *multi, long ms, void *ctx)
{
  struct http *h = ctx;

  (void)multi;
  h->curl_due = ms < 0 ? INT64_MAX : http_now () + ms * 1000000;
  return 0;
}

int
http_sockets_open (struct http *h)
{
  struct epoll_event wake = { .events = EPOLLIN, .data.fd = h->in->wake_fd };

  h->curl_due = INT64_MAX;
  h->epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (h->epoll == -1 || epoll_ctl (h->epoll, EPOLL_CTL_ADD, h->in->wake_fd, &wake) == -1)
    return -1;
  curl_multi_setopt (h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt (h->multi, CURLMOPT_SOCKETDATA, h);
  curl_multi_setopt (h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt (h->multi, CURLMOPT_TIMERDATA, h);
  return 0;
}

void
http_sockets_close (struct http *h)
{
  if (h->epoll > 0)
    close (h->epoll);
}

static int
until_timer (const struct http *h, int ms)
{
  int64_t left;

  if (h->curl_due == INT64_MAX)
    return ms;
  left = (h->curl_due - http_now () + 999999) / 1000000;
  return left <= 0 ? 0 : left < ms ? (int)left : ms;
}

static void
dispatch (struct http *h, const struct epoll_event *e)
{
  int running, how = (e->events & EPOLLIN ? CURL_CSELECT_IN : 0) | (e->events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
                     | (e->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

  if (e->data.fd == h->in->wake_fd)
    h->is_woken = 1;
  else
    curl_multi_socket_action (h->multi, e->data.fd, how, &running);
}

void
http_sockets_wait (struct http *h, int ms)
{
  struct epoll_event e[64];
  int running, n = epoll_wait (h->epoll, e, sizeof e / sizeof e[0], until_timer (h, ms));

  for (int i = 0; i < n; i++)
    dispatch (h, &e[i]);
  if (h->curl_due > http_now ())
    return;
  h->curl_due = INT64_MAX;
  curl_multi_socket_action (h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}
