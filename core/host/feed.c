/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - the host's side of a source process: objects come in, credit and acknowledgements go out. */
#include "core/host/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/escape.h"
#include "core/base/limits.h"
#include "core/base/secret.h"
#include "core/base/wire.h"
#include "core/host/process.h"

#define RESTARTS_MAX 3

struct offer /* announced and not closed */
{
  uint32_t handle;
  char *name, *etag, *origin, *why; /* why: it was lost */
  uint64_t length;
  int64_t mtime_ns;
  int fd;
  int streamed, dropped;
  uint64_t available; /* streamed: bytes that it has told of */
};

struct feed
{
  struct feed_calls calls;
  struct process process;
  uv_timer_t backoff;
  char *argv[2], *plugin, *spool_dir, *state_dir, *shared_dir;
  const struct optset *options;
  struct feed_spool spool;
  uint64_t held; /* bytes in the spool that have their credit */
  struct offer *offers;
  size_t n_offers;
  struct offer waiting; /* name set: an open() that waits for room */
  uint32_t *acks;       /* asked and not answered */
  size_t n_acks;
  uint32_t next_handle;
  int follow, started, done, stopping, destroyed, restarts;
  struct wire_msg *msg;
};

static void
say (struct feed *f, int level, const char *text)
{
  char out[ERR_TEXT_MAX + 32];
  snprintf (out, sizeof out, "source: %s", text);
  f->calls.log (f->calls.ctx, level, out);
}

static void
offer_free (struct offer *o)
{
  if (o->fd >= 0)
    close (o->fd);
  free (o->name);
  free (o->etag);
  free (o->origin);
  free (o->why);
  *o = (struct offer){ .fd = -1 };
}

static struct offer *
find_offer (struct feed *f, uint32_t handle)
{
  for (size_t i = 0; i < f->n_offers; i++)
    if (f->offers[i].handle == handle)
      return &f->offers[i];
  return NULL;
}

/* ---- messages ---- */

static void
answer (struct feed *f, int wanted)
{
  struct wire_head h = { .type = WIRE_S_ANSWER, .a = !wanted };

  if (wanted)
    {
      h.obj = f->waiting.handle = ++f->next_handle;
      f->offers = xrealloc (f->offers, (f->n_offers + 1) * sizeof *f->offers);
      f->offers[f->n_offers++] = f->waiting;
      f->waiting = (struct offer){ .fd = -1 };
    }
  else
    offer_free (&f->waiting);
  process_send (&f->process, &h, NULL, -1);
}

int
feed_is_quiet (const struct feed *f)
{
  return !f->n_offers && !f->waiting.name;
}

void
feed_more (struct feed *f)
{
  if (!f->waiting.name)
    return;
  if (f->stopping)
    answer (f, 0);
  else if (f->calls.room (f->calls.ctx))
    answer (f, 1);
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

  if (f->waiting.name || get_texts (m, text) == -1)
    return -1;
  f->waiting = (struct offer){ .name = xstrdup (text[0]),
                               .etag = xstrdup (text[1]),
                               .origin = xstrdup (text[2]),
                               .length = m->h.a,
                               .mtime_ns = (int64_t)m->h.b,
                               .fd = -1 };
  feed_more (f);
  return 0;
}

static void
broken (struct feed *f, const struct offer *o)
{
  f->calls.broken (f->calls.ctx, o->name, o->why ? o->why : "", o->origin);
}

static int
on_lost (struct feed *f, struct wire_msg *m)
{
  struct offer *o = m->h.obj ? find_offer (f, m->h.obj) : NULL;
  const char *text[3]; /* name, why, origin */

  if ((m->h.obj && (!o || o->why)) || get_texts (m, text) == -1)
    return -1;
  if (o) /* it is closed next */
    o->why = xstrdup (text[1]);
  else
    f->calls.broken (f->calls.ctx, text[0], text[1], text[2]);
  return 0;
}

/* Bytes that nobody will read: their file is gone, or will be emptied by whoever has it. */
static void
give_back (struct feed *f, uint64_t bytes)
{
  struct wire_head h = { .type = WIRE_S_CREDIT, .a = bytes };

  if (!bytes)
    return;
  f->held -= bytes < f->held ? bytes : f->held;
  if (f->started) /* else it gets what is free when it starts */
    process_send (&f->process, &h, NULL, -1);
}

static int
on_stream (struct feed *f, const struct wire_msg *m, int *fd)
{
  struct offer *o = find_offer (f, m->h.obj);
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
    give_back (f, more);
  else if (more)
    f->calls.grown (f->calls.ctx, o->handle, available);
  return 0;
}

static int
on_grown (struct feed *f, const struct wire_msg *m)
{
  struct offer *o = find_offer (f, m->h.obj);

  return o && o->streamed ? grow (f, o, m->h.a) : -1;
}

static void
forget (struct feed *f, uint32_t handle)
{
  struct offer *o = find_offer (f, handle);

  if (!o)
    return;
  offer_free (o);
  *o = f->offers[--f->n_offers];
}

static int
close_streamed (struct feed *f, const struct wire_msg *m)
{
  struct offer *o = find_offer (f, m->h.obj);

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
  struct offer *o = find_offer (f, m->h.obj);
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
    give_back (f, m->h.b);
  broken (f, o);
  return 0;
}

static int
on_close (struct feed *f, const struct wire_msg *m, int *fd)
{
  struct offer *o = find_offer (f, m->h.obj);
  int rc;

  if (!o)
    return -1;
  rc = o->streamed ? close_streamed (f, m) : close_whole (f, m, fd);
  forget (f, m->h.obj);
  return rc;
}

static int
on_acked (struct feed *f, const struct wire_msg *m)
{
  for (size_t i = 0; i < f->n_acks; i++)
    if (f->acks[i] == m->h.obj)
      {
        f->acks[i] = f->acks[--f->n_acks];
        f->calls.acked (f->calls.ctx, m->h.obj, m->h.a == PEN_OK);
        return 0;
      }
  return -1;
}

static void
end (struct feed *f, int failed)
{
  if (f->done)
    return;
  f->done = 1;
  f->calls.done (f->calls.ctx, failed);
}

static void
on_text (struct feed *f, const struct wire_msg *m)
{
  char text[ERR_TEXT_MAX];

  escape_text (text, sizeof text, (const char *)m->payload, m->h.len);
  say (f, m->h.type == WIRE_FAIL ? PEN_LOG_ERROR : m->h.a > PEN_LOG_DEBUG ? PEN_LOG_DEBUG : (int)m->h.a, text);
  if (m->h.type == WIRE_FAIL)
    {
      f->restarts = RESTARTS_MAX; /* it said why: another try would say the same */
      end (f, 1);
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
      o = find_offer (f, m->h.obj);
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
      end (f, (int64_t)m->h.a != PEN_OK && (int64_t)m->h.a != PEN_EOF);
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

static int
on_readable (struct process *p)
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

/* ---- life ---- */

static int
start (struct feed *f, struct err *e)
{
  struct blob b = { 0 };
  struct wire_head h = { .type = WIRE_S_CONFIG };
  void *packed;
  size_t n;
  int fd;

  if (optset_pack (f->options, &packed, &n, e) == -1)
    return -1;
  blob_str (&b, f->plugin);
  blob_str (&b, f->spool_dir);
  blob_str (&b, f->state_dir);
  blob_str (&b, f->shared_dir);
  blob_bytes (&b, packed, n);
  free (packed);
  secret_lend (&b, f->options);
  fd = wire_memfd ("penstock-source", b.p, b.n, e);
  h.a = b.n;
  blob_fini (&b);
  if (fd == -1)
    return -1;
  if (process_start (&f->process, f->argv, e) == -1)
    {
      close (fd);
      return -1;
    }
  process_send (&f->process, &h, NULL, fd);
  close (fd);
  return 0;
}

static void
on_backoff (uv_timer_t *t)
{
  struct feed *f = t->data;
  struct err e;
  if (start (f, &e) == -1)
    {
      say (f, PEN_LOG_ERROR, e.text);
      end (f, 1);
    }
}

static void
on_timer_closed (uv_handle_t *h)
{
  struct feed *f = h->data;

  for (size_t i = 0; i < f->n_offers; i++)
    offer_free (&f->offers[i]);
  offer_free (&f->waiting);
  free (f->offers);
  free (f->acks);
  free (f->argv[0]);
  free (f->plugin);
  free (f->spool_dir);
  free (f->state_dir);
  free (f->shared_dir);
  free (f->msg);
  process_fini (&f->process);
  free (f);
}

static void
on_gone (struct process *p)
{
  struct feed *f = p->owner;
  char why[256], text[320];

  f->started = 0;
  if (f->destroyed)
    {
      uv_close ((uv_handle_t *)&f->backoff, on_timer_closed);
      return;
    }
  while (f->n_offers)
    {
      struct offer *o = &f->offers[f->n_offers - 1];
      if (o->streamed)
        f->calls.cut_short (f->calls.ctx, o->handle, "");
      else
        broken (f, o);
      forget (f, o->handle);
    }
  offer_free (&f->waiting);
  while (f->n_acks)
    f->calls.acked (f->calls.ctx, f->acks[--f->n_acks], 0);
  if (f->done)
    return;
  snprintf (text, sizeof text, "process ended: %s", process_explain (p, why, sizeof why));
  say (f, PEN_LOG_ERROR, text);
  if (f->stopping || f->restarts >= RESTARTS_MAX)
    end (f, 1);
  else
    uv_timer_start (&f->backoff, on_backoff, 100u << f->restarts++, 0);
}

static void
on_line (struct process *p, const char *text)
{
  say (p->owner, PEN_LOG_WARN, text);
}

static const struct process_calls process_calls = { on_readable, on_gone, on_line };

struct feed *
feed_create (const char *program, const char *plugin, const struct optset *options, const struct feed_dirs *dirs,
             const struct feed_spool *spool, int follow, const struct feed_calls *calls, uv_loop_t *loop, struct err *e)
{
  struct feed *f = xcalloc (1, sizeof *f);

  f->calls = *calls;
  f->argv[0] = xstrdup (program);
  f->plugin = xstrdup (plugin);
  f->spool_dir = xstrdup (dirs->spool);
  f->state_dir = xstrdup (dirs->state ? dirs->state : "");
  f->shared_dir = xstrdup (dirs->shared ? dirs->shared : "");
  f->options = options;
  f->follow = follow;
  f->spool = *spool;
  f->waiting.fd = -1;
  f->msg = xmalloc (sizeof *f->msg);
  process_init (&f->process, &process_calls, f, loop);
  uv_timer_init (loop, &f->backoff);
  f->backoff.data = f;
  if (start (f, e) == -1)
    {
      feed_destroy (f);
      return NULL;
    }
  return f;
}

void
feed_ack (struct feed *f, uint32_t handle, const char *name, uint64_t length, int64_t mtime_ns, const char *key,
          int accepted)
{
  size_t n = strlen (name) + 1, k = strlen (key) + 1;
  char payload[LIMIT_NAME_MAX + 256];
  struct wire_head h = { .type = WIRE_S_ACK,
                         .obj = handle,
                         .a = (uint64_t)accepted,
                         .b = length,
                         .c = (uint64_t)mtime_ns,
                         .len = (uint32_t)(n + k) };

  if (!f->process.running || !f->started || n + k > sizeof payload)
    {
      f->calls.acked (f->calls.ctx, handle, 0);
      return;
    }
  memcpy (payload, name, n);
  memcpy (payload + n, key, k);
  f->acks = xrealloc (f->acks, (f->n_acks + 1) * sizeof *f->acks);
  f->acks[f->n_acks++] = handle;
  process_send (&f->process, &h, payload, -1);
}

void
feed_again (struct feed *f, const char *name, uint64_t length, int64_t mtime_ns)
{
  struct wire_head h = {
    .type = WIRE_S_AGAIN, .b = length, .c = (uint64_t)mtime_ns, .len = (uint32_t)strlen (name) + 1
  };

  if (f->process.running && f->started && h.len <= LIMIT_NAME_MAX)
    process_send (&f->process, &h, name, -1);
}

void
feed_release (struct feed *f, uint64_t bytes)
{
  give_back (f, bytes);
}

void
feed_drop (struct feed *f, uint32_t handle)
{
  struct wire_head h = { .type = WIRE_S_DROP, .obj = handle };
  struct offer *o = find_offer (f, handle);

  if (!o || o->dropped)
    return;
  o->dropped = 1;
  process_send (&f->process, &h, NULL, -1);
}

void
feed_stop (struct feed *f)
{
  struct wire_head h = { .type = WIRE_S_STOP };

  if (f->stopping)
    return;
  f->stopping = 1;
  if (!f->started) /* it has not begun, and will not */
    {
      uv_timer_stop (&f->backoff);
      end (f, 0);
      return;
    }
  process_send (&f->process, &h, NULL, -1);
  feed_more (f);
}

void
feed_destroy (struct feed *f)
{
  if (!f || f->destroyed)
    return;
  f->destroyed = 1;
  uv_timer_stop (&f->backoff);
  if (f->process.running)
    process_kill (&f->process, NULL);
  else
    uv_close ((uv_handle_t *)&f->backoff, on_timer_closed);
}
