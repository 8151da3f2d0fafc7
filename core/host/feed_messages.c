/* SPDX-License-Identifier: Apache-2.0 */
/* feed_messages.c - what a source process says: objects offered, grown, closed or lost; and how many more it may open. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <penstock/plugin.h>

#include "core/base/escape.h"
#include "core/base/wire.h"
#include "core/host/feed_int.h"

void
feed_offer_free (struct offer *o)
{
  if (o->fd >= 0)
    close (o->fd);
  free (o->name);
  free (o->etag);
  free (o->origin);
  free (o->why);
  *o = (struct offer){ .fd = -1 };
}

struct offer *
feed_find_offer (struct feed *f, uint32_t handle)
{
  for (size_t i = 0; i < f->n_offers; i++)
    if (f->offers[i].handle == handle)
      return &f->offers[i];
  return NULL;
}

/* ---- offers ---- */

static void
add_offer (struct feed *f, const struct offer *o)
{
  f->offers = xrealloc (f->offers, (f->n_offers + 1) * sizeof *f->offers);
  f->offers[f->n_offers++] = *o;
}

static int
take_grant (struct feed *f, uint32_t handle)
{
  for (unsigned i = 0; i < f->n_granted; i++)
    if (f->granted[i] == handle)
      {
        f->granted[i] = f->granted[--f->n_granted];
        return 0;
      }
  return -1;
}

/* A question that has crossed a grant is answered with it: the source uses the lowest first, too. */
static uint32_t
next_handle (struct feed *f)
{
  uint32_t lowest = f->n_granted ? f->granted[0] : ++f->next_handle;

  for (unsigned i = 1; i < f->n_granted; i++)
    if (f->granted[i] < lowest)
      lowest = f->granted[i];
  take_grant (f, lowest);
  return lowest;
}

static void
answer (struct feed *f, int wanted)
{
  struct wire_head h = { .type = WIRE_S_ANSWER, .a = !wanted };

  if (wanted)
    {
      h.obj = f->waiting.handle = next_handle (f);
      add_offer (f, &f->waiting);
      f->waiting = (struct offer){ .fd = -1 };
    }
  else
    feed_offer_free (&f->waiting);
  process_send (&f->process, &h, NULL, -1);
}

int
feed_is_quiet (const struct feed *f)
{
  return !f->n_offers && !f->waiting.name;
}

/* A question costs the source two changes of process; so it may open some without one. */
static void
grant (struct feed *f, unsigned room)
{
  struct wire_head h = { .type = WIRE_S_GRANT, .obj = f->next_handle + 1 };
  unsigned most = room < LIMIT_GRANTS ? room : LIMIT_GRANTS;

  if (2 * f->n_granted > most) /* many with one message */
    return;
  for (; f->n_granted < most; h.a++)
    f->granted[f->n_granted++] = ++f->next_handle;
  if (h.a)
    process_send (&f->process, &h, NULL, -1);
}

void
feed_more (struct feed *f)
{
  unsigned room;

  if (f->waiting.name && f->stopping)
    answer (f, 0);
  if (f->stopping || !f->started)
    return;
  room = f->calls.room (f->calls.ctx);
  if (f->waiting.name && (room || f->n_granted))
    answer (f, 1);
  else if (!f->waiting.name)
    grant (f, room);
}

/* Three texts, each with its end. */
static int
get_texts (const struct wire_msg *m, const char *text[3])
{
  const char *p = (const char *)m->payload, *end = p + m->h.len;

  if (!m->h.len || end[-1])
    return -1;
  for (int i = 0; i < 3; i++)
    {
      if (p >= end)
        return -1;
      text[i] = p;
      p += strlen (p) + 1;
    }
  return p == end && *text[0] ? 0 : -1;
}

static int
on_open (struct feed *f, struct wire_msg *m)
{
  const char *text[3]; /* name, etag, origin */
  struct offer o;

  if (get_texts (m, text) == -1 || (m->h.obj ? take_grant (f, m->h.obj) : f->waiting.name ? -1 : 0) == -1)
    return -1;
  o = (struct offer){ .handle = m->h.obj,
                      .name = xstrdup (text[0]),
                      .etag = xstrdup (text[1]),
                      .origin = xstrdup (text[2]),
                      .length = m->h.a,
                      .mtime_ns = (int64_t)m->h.b,
                      .fd = -1 };
  if (o.handle)
    add_offer (f, &o);
  else
    f->waiting = o;
  feed_more (f);
  return 0;
}

void
feed_broken (struct feed *f, const struct offer *o)
{
  f->calls.broken (f->calls.ctx, o->name, o->why ? o->why : "", o->origin);
}

static int
on_lost (struct feed *f, struct wire_msg *m)
{
  struct offer *o = m->h.obj ? feed_find_offer (f, m->h.obj) : NULL;
  const char *text[3]; /* name, why, origin */

  if ((m->h.obj && (!o || o->why)) || get_texts (m, text) == -1)
    return -1;
  if (o) /* it is closed next */
    o->why = xstrdup (text[1]);
  else
    f->calls.broken (f->calls.ctx, text[0], text[1], text[2]);
  return 0;
}

/* Has it so much left that nothing of it will wait? */
static int
has_plenty (const struct feed *f)
{
  uint64_t quota = f->spool.quota, used = f->held + f->owed;

  return used <= quota / 4 && quota - used >= f->spool.reserve + quota / 8;
}

/* Bytes that nobody will read: their file is gone, or will be emptied by whoever has it. */
void
feed_give_back (struct feed *f, uint64_t bytes)
{
  struct wire_head h = { .type = WIRE_S_CREDIT };

  f->held -= bytes < f->held ? bytes : f->held;
  if (!f->started) /* it gets what is free when it starts */
    return;
  f->owed += bytes;
  if (!f->owed || has_plenty (f))
    return;
  h.a = f->owed;
  f->owed = 0;
  process_send (&f->process, &h, NULL, -1);
}

static int
on_stream (struct feed *f, const struct wire_msg *m, int *fd)
{
  struct offer *o = feed_find_offer (f, m->h.obj);
  struct feed_object growing;

  if (!o || o->fd >= 0 || o->streamed || *fd == -1)
    return -1;
  o->streamed = 1;
  o->available = m->h.a;
  f->held += m->h.a;
  growing = (struct feed_object){ .handle = o->handle,
                                  .name = o->name,
                                  .etag = o->etag,
                                  .origin = o->origin,
                                  .length = o->length,
                                  .mtime_ns = o->mtime_ns,
                                  .fd = *fd,
                                  .spooled = 1,
                                  .growing = 1,
                                  .available = m->h.a };
  *fd = -1;
  f->calls.object (f->calls.ctx, &growing);
  return 0;
}

static int
grow (struct feed *f, struct offer *o, uint64_t available)
{
  uint64_t more = available - o->available;

  if (available < o->available)
    return -1;
  o->available = available;
  f->held += more;
  if (o->dropped)
    feed_give_back (f, more);
  else if (more)
    f->calls.grown (f->calls.ctx, o->handle, available);
  return 0;
}

static int
on_grown (struct feed *f, const struct wire_msg *m)
{
  struct offer *o = feed_find_offer (f, m->h.obj);

  return o && o->streamed ? grow (f, o, m->h.a) : -1;
}

void
feed_forget (struct feed *f, uint32_t handle)
{
  struct offer *o = feed_find_offer (f, handle);

  if (!o)
    return;
  feed_offer_free (o);
  *o = f->offers[--f->n_offers];
}

static int
close_streamed (struct feed *f, const struct wire_msg *m)
{
  struct offer *o = feed_find_offer (f, m->h.obj);

  if (m->h.b == UINT64_MAX || m->h.len != 16 || grow (f, o, m->h.b) == -1)
    return -1;
  if (m->h.a)
    f->calls.complete (f->calls.ctx, m->h.obj, m->h.b, m->payload);
  else
    f->calls.cut_short (f->calls.ctx, m->h.obj, o->why ? o->why : "");
  return 0;
}

static int
close_whole (struct feed *f, const struct wire_msg *m, int *fd)
{
  struct offer *o = feed_find_offer (f, m->h.obj);
  struct feed_object whole = { .handle = o->handle,
                               .name = o->name,
                               .etag = o->etag,
                               .origin = o->origin,
                               .length = o->length,
                               .mtime_ns = o->mtime_ns,
                               .fd = o->fd };

  if (*fd >= 0 && o->fd == -1)
    {
      if (m->h.len != 16 || m->h.b == UINT64_MAX)
        return -1;
      whole.fd = *fd;
      *fd = -1;
      whole.spooled = 1;
      whole.available = m->h.b;
      memcpy (whole.digest, m->payload, 16);
    }
  if (m->h.b != UINT64_MAX)
    f->held += m->h.b;
  if (m->h.a && whole.fd >= 0)
    {
      o->fd = -1;
      f->calls.object (f->calls.ctx, &whole);
      return 0;
    }
  if (whole.fd >= 0 && whole.fd != o->fd)
    close (whole.fd);
  if (m->h.b != UINT64_MAX)
    feed_give_back (f, m->h.b);
  feed_broken (f, o);
  return 0;
}

static int
on_close (struct feed *f, const struct wire_msg *m, int *fd)
{
  struct offer *o = feed_find_offer (f, m->h.obj);
  int rc;

  if (!o)
    return -1;
  rc = o->streamed ? close_streamed (f, m) : close_whole (f, m, fd);
  feed_forget (f, m->h.obj);
  return rc;
}

static int
take_acked (struct feed *f, const struct wire_acked *a)
{
  for (size_t i = 0; i < f->n_acks; i++)
    if (f->acks[i] == a->obj)
      {
        memmove (f->acks + i, f->acks + i + 1, (--f->n_acks - i) * sizeof *f->acks); /* most are the first */
        f->calls.acked (f->calls.ctx, a->obj, a->status == PEN_OK);
        return 0;
      }
  return -1;
}

static int
on_acked (struct feed *f, const struct wire_msg *m)
{
  struct wire_acked a;

  if (!m->h.len || m->h.len % sizeof a)
    return -1;
  for (uint32_t at = 0; at < m->h.len; at += (uint32_t)sizeof a)
    {
      memcpy (&a, m->payload + at, sizeof a);
      if (take_acked (f, &a) == -1)
        return -1;
    }
  return 0;
}

static void
on_text (struct feed *f, const struct wire_msg *m)
{
  char text[ERR_TEXT_MAX];

  escape_text (text, sizeof text, (const char *)m->payload, m->h.len);
  feed_say (f, m->h.type == WIRE_FAIL ? PEN_LOG_ERROR : m->h.a > PEN_LOG_DEBUG ? PEN_LOG_DEBUG : (int)m->h.a, text);
  if (m->h.type == WIRE_FAIL)
    {
      f->restarts = FEED_RESTARTS_MAX; /* it said why: another try would say the same */
      feed_end (f, 1);
    }
}

static int
dispatch (struct feed *f, struct wire_msg *m, int *fd)
{
  struct wire_head h = { .type = WIRE_S_START, .a = (uint64_t)f->follow };
  struct offer *o;

  switch (m->h.type)
    {
    case WIRE_S_READY:
      if (f->started)
        return -1;
      if (f->stopping) /* it is not to begin */
        return 0;
      f->started = 1;
      f->owed = 0;
      h.b = (uint64_t)f->spool.streaming;
      h.c = f->spool.stream_from;
      process_send (&f->process, &h, NULL, -1);
      h = (struct wire_head){ .type = WIRE_S_CREDIT,
                              .a = f->spool.quota > f->held ? f->spool.quota - f->held : 0,
                              .b = f->spool.reserve };
      process_send (&f->process, &h, NULL, -1);
      return 0;
    case WIRE_S_STREAM:
      return on_stream (f, m, fd);
    case WIRE_S_GROWN:
      return on_grown (f, m);
    case WIRE_S_OPEN:
      return on_open (f, m);
    case WIRE_S_FD:
      o = feed_find_offer (f, m->h.obj);
      if (!o || o->fd >= 0 || *fd == -1)
        return -1;
      o->fd = *fd;
      *fd = -1;
      return 0;
    case WIRE_S_LOST:
      return on_lost (f, m);
    case WIRE_S_CLOSE:
      return on_close (f, m, fd);
    case WIRE_S_DONE:
      feed_end (f, (int64_t)m->h.a != PEN_OK && (int64_t)m->h.a != PEN_EOF);
      return 0;
    case WIRE_S_ACKED:
      return on_acked (f, m);
    case WIRE_LOG:
    case WIRE_FAIL:
      on_text (f, m);
      return 0;
    default:
      return -1;
    }
}

int
feed_on_readable (struct process *p)
{
  struct feed *f = p->owner;

  for (int i = 0; i < 64 && p->sock >= 0; i++)
    {
      struct err e;
      int fd, rc = wire_recv (p->sock, f->msg, &fd, MSG_DONTWAIT, &e);
      if (rc == 0)
        return errno == EAGAIN ? 0 : -1;
      if (rc == 1)
        rc = dispatch (f, f->msg, &fd) == -1 ? -1 : 1;
      if (fd >= 0)
        close (fd);
      if (rc == -1)
        {
          snprintf (p->why, sizeof p->why, "sent a malformed message of type %u", f->msg->h.type);
          return -1;
        }
    }
  return 0;
}
