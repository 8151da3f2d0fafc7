/* SPDX-License-Identifier: Apache-2.0 */
/* rate.c - requests per time, evenly spaced; pipelines that use the same name share one limit, by a small locked file. */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct http_rate
{
  int fd; /* -1: this pipeline's own */
  int64_t interval, next;
  char boot[40]; /* the clock counts from there */
};

/* What the file holds; CLOCK_MONOTONIC is the same for all processes of one boot. */
struct record
{
  char boot[40];
  int64_t next;
};

struct http_rate *
http_rate_open (struct http *h)
{
  const struct http_options *o = h->o;
  struct http_rate *r = calloc (1, sizeof *r);
  char path[4300];
  FILE *boot;

  if (!r)
    return h->host->fail (h->host->ctx, "out of memory"), NULL;
  r->fd = -1;
  r->interval = o->rate_per / o->rate_limit;
  if (!o->rate_name)
    return r;
  boot = fopen ("/proc/sys/kernel/random/boot_id", "re");
  if (boot)
    {
      if (!fgets (r->boot, sizeof r->boot, boot))
        r->boot[0] = 0;
      fclose (boot);
    }
  if (!h->in->shared_dir)
    {
      h->host->fail (h->host->ctx, "rate.name: there is no directory that pipelines share");
      free (r);
      return NULL;
    }
  snprintf (path, sizeof path, "%s/rate-%s", h->in->shared_dir, o->rate_name);
  r->fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (r->fd == -1)
    {
      h->host->fail (h->host->ctx, "cannot open %s: %s", path, strerror (errno));
      free (r);
      return NULL;
    }
  return r;
}

int64_t
http_rate_turn (struct http_rate *r)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int64_t now = http_now (), turn;
  struct record rec;

  if (r->fd == -1)
    {
      turn = r->next > now ? r->next : now;
      r->next = turn + r->interval;
      return turn;
    }
  while (fcntl (r->fd, F_OFD_SETLKW, &lock) == -1 && errno == EINTR)
    ;
  memset (&rec, 0, sizeof rec);
  if (pread (r->fd, &rec, sizeof rec, 0) != sizeof rec || strncmp (rec.boot, r->boot, sizeof rec.boot))
    rec.next = 0;
  turn = rec.next > now ? rec.next : now;
  memcpy (rec.boot, r->boot, sizeof rec.boot);
  rec.next = turn + r->interval;
  if (pwrite (r->fd, &rec, sizeof rec, 0) != sizeof rec)
    turn = now + r->interval; /* a full disk makes us slow, not fast */
  lock.l_type = F_UNLCK;
  fcntl (r->fd, F_OFD_SETLK, &lock);
  return turn;
}

void
http_rate_close (struct http_rate *r)
{
  if (!r)
    return;
  if (r->fd >= 0)
    close (r->fd);
  free (r);
}
