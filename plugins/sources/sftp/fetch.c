/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - one download: many reads under way at a time, taken up again behind what is there when the connection breaks. */
#include "sftp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE 32768 /* what every server gives at once */
#define WINDOW_MAX 256

struct request
{
  uint32_t id, len;
};

struct fetch
{
  struct sftp_source *s;
  const char *place;
  const struct pen_identity *is;
  void *handle;
  struct sftp_part *part; /* or NULL: to the host at once */
  uint64_t done;          /* bytes that the host, or the part, has */
  uint64_t asked;         /* bytes that were asked for, on this connection */
  uint64_t life;          /* of the connection that `file` belongs to */
  struct request ring[WINDOW_MAX];
  unsigned first, n, window;
  int held; /* the link, after step() */
  uint8_t *buf;
  char *why;
};

static int
is_unchanged (struct fetch *f, sftp_attributes a)
{
  struct pen_identity is = sftp_identity (a);

  sftp_attributes_free (a);
  if (pen_identity_same (&is, f->is))
    return 1;
  snprintf (f->why, SFTP_WHY, "changed while it was downloaded: it had %llu bytes, it has %llu now%s",
            (unsigned long long)f->is->size, (unsigned long long)is.size,
            is.size == f->is->size ? ", and another modification time" : "");
  return 0;
}

/* Holding the link. */
static int
check (struct fetch *f)
{
  struct sftp_source *s = f->s;
  sftp_attributes a;

  sftp_link_arm (s, s->options->timeout);
  a = sftp_fstat (s->link.file);
  sftp_link_disarm (s);
  if (!a)
    return sftp_link_failed (s, "look at it", f->why);
  return is_unchanged (f, a) ? PEN_OK : PEN_ERR;
}

static int
begin (struct fetch *f)
{
  struct sftp_source *s = f->s;

  sftp_link_arm (s, s->options->timeout);
  s->link.file = sftp_open (s->link.sftp, f->place, O_RDONLY, 0);
  sftp_link_disarm (s);
  if (!s->link.file)
    return sftp_link_failed (s, "open it", f->why);
  f->life = s->link.life;
  f->asked = f->done;
  f->first = f->n = 0;
  return check (f);
}

static int
ask (struct fetch *f)
{
  sftp_file file = f->s->link.file;

  while (f->n < f->window && f->asked < f->is->size)
    {
      uint64_t left = f->is->size - f->asked;
      uint32_t len = left < READ_SIZE ? (uint32_t)left : READ_SIZE;
      int id;
      sftp_seek64 (file, f->asked);
      id = sftp_async_read_begin (file, len);
      if (id < 0)
        return sftp_link_failed (f->s, "read it", f->why);
      f->ring[(f->first + f->n++) % WINDOW_MAX] = (struct request){ (uint32_t)id, len };
      f->asked += len;
    }
  return PEN_OK;
}

static int
answer (struct fetch *f, struct request *r, int *n)
{
  struct sftp_source *s = f->s;

  *r = f->ring[f->first];
  f->first = (f->first + 1) % WINDOW_MAX;
  f->n--;
  s->link.file->eof = 0; /* an earlier answer's end of file says nothing about this one */
  sftp_link_arm (s, s->options->timeout);
  *n = sftp_async_read (s->link.file, f->buf, r->len, r->id);
  return *n < 0 ? sftp_link_failed (s, "read it", f->why) : PEN_OK;
}

/* The server has given less than was asked for: what is under way lies behind a gap, and is asked for again. */
static int
close_gap (struct fetch *f)
{
  struct request r;
  uint8_t *keep = f->buf;
  int n, rc = PEN_OK;

  f->buf = malloc (READ_SIZE);
  if (!f->buf)
    {
      f->buf = keep;
      snprintf (f->why, SFTP_WHY, "out of memory");
      return PEN_ERR;
    }
  while (rc == PEN_OK && f->n)
    rc = answer (f, &r, &n);
  free (f->buf);
  f->buf = keep;
  return rc;
}

/* All of it to the host, waiting for credit. Not holding the link. */
static int
deliver (struct fetch *f, size_t n)
{
  const struct pen_intake *in = f->s->in;
  const uint8_t *p = f->buf;

  if (f->part)
    {
      if (sftp_part_write (f->part, p, n, f->why) != PEN_OK)
        return PEN_ERR;
      f->done += n;
      return sftp_stopping (f->s) ? PEN_EOF : PEN_OK;
    }
  while (n)
    {
      size_t taken = 0;
      errno = 0;
      if (in->write (in->ctx, f->handle, (struct pen_span){ p, n }, &taken) != PEN_OK)
        {
          snprintf (f->why, SFTP_WHY, "cannot write to the spool: %s",
                    errno ? strerror (errno) : "there is no room left within limits.spool");
          return PEN_ERR;
        }
      p += taken;
      n -= taken;
      f->done += taken;
      if (sftp_stopping (f->s))
        return PEN_EOF;
      if (n)
        poll (&(struct pollfd){ .fd = in->wake_fd, .events = POLLIN }, 1, 1000);
    }
  return PEN_OK;
}

/* One answer to the host; PEN_RETRY: the connection is gone, the other thread's call may have found out. Holding the link
 * before and, if `held` says so, after, but not while the host takes the bytes. */
static int
step (struct fetch *f)
{
  struct sftp_source *s = f->s;
  struct request r;
  int n, rc = ask (f);

  if (rc == PEN_OK)
    rc = answer (f, &r, &n);
  if (rc != PEN_OK)
    return rc;
  if (n == 0)
    {
      snprintf (f->why, SFTP_WHY, "it ends after %llu bytes, %llu were announced", (unsigned long long)f->done,
                (unsigned long long)f->is->size);
      return PEN_ERR;
    }
  if ((uint32_t)n < r.len)
    {
      rc = close_gap (f);
      if (rc != PEN_OK)
        return rc;
      f->asked = f->done + (uint32_t)n;
    }
  sftp_link_disarm (s);
  sftp_link_give (s);
  rc = deliver (f, (size_t)n);
  f->held = rc == PEN_OK && sftp_link_take (s, f->why) == PEN_OK;
  if (rc == PEN_OK && !f->held)
    return PEN_RETRY;
  if (rc == PEN_OK && (s->link.life != f->life || !s->link.file))
    return PEN_RETRY;
  return rc;
}

/* Gives the file back to the server, with what is still under way for it: else its answers would stay in the queue. */
static void
finish (struct fetch *f)
{
  struct sftp_source *s = f->s;
  char ignored[SFTP_WHY], *why = f->why;

  if (!s->link.file || s->link.life != f->life)
    return;
  f->why = ignored;
  if (close_gap (f) == PEN_OK && s->link.file)
    {
      sftp_link_arm (s, s->options->timeout);
      sftp_close (s->link.file);
      s->link.file = NULL;
      sftp_link_disarm (s);
    }
  f->why = why;
}

static int
try_it (struct fetch *f)
{
  struct sftp_source *s = f->s;
  int rc = sftp_link_take (s, f->why);

  if (rc != PEN_OK)
    return rc;
  f->held = 1;
  rc = begin (f);
  while (rc == PEN_OK && f->done < f->is->size)
    rc = step (f);
  if (rc == PEN_OK)
    rc = check (f);
  if (!f->held)
    {
      char ignored[SFTP_WHY];
      if (sftp_link_take (s, ignored) != PEN_OK)
        return rc;
    }
  finish (f);
  sftp_link_give (s);
  return rc;
}

int
sftp_fetch (struct sftp_source *s, const char *path, const struct pen_identity *is, const struct sftp_goal *to,
            char why[SFTP_WHY])
{
  struct fetch f = { .s = s,
                     .is = is,
                     .handle = to->handle,
                     .part = to->part,
                     .done = to->done,
                     .why = why,
                     .window = (unsigned)s->options->requests };
  char *place = sftp_place (s, path);
  int rc = PEN_ERR;

  f.place = place;
  f.buf = malloc (READ_SIZE);
  if (!place || !f.buf)
    snprintf (why, SFTP_WHY, "out of memory");
  else
    for (unsigned n = 0;; n++)
      {
        uint64_t before = f.done;
        rc = try_it (&f);
        if (f.done > before)
          n = 0; /* it goes forward */
        if (rc != PEN_RETRY || n + 1 >= (unsigned)s->options->retries || sftp_stopping (s))
          break;
        s->host->log (s->host->ctx, PEN_LOG_WARN, "%s%s: %s; going on after %llu bytes", s->prefix, path, why,
                      (unsigned long long)f.done);
        sftp_rest (s, pen_backoff_ns (n, SFTP_SECOND / 4, 60 * SFTP_SECOND, &s->seed));
      }
  free (f.buf);
  free (place);
  return rc == PEN_RETRY ? PEN_ERR : rc;
}
