/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - the host's side of a source process: started, told what may go, acknowledged, ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/secret.h"
#include "core/base/wire.h"
#include "core/host/feed_int.h"

void
feed_say (struct feed *f, int level, const char *text)
{
  char out[ERR_TEXT_MAX + 32];
  snprintf (out, sizeof out, "source: %s", text);
  f->calls.log (f->calls.ctx, level, out);
}

void
feed_end (struct feed *f, int failed)
{
  if (f->done)
    return;
  f->done = 1;
  f->calls.done (f->calls.ctx, failed);
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
      feed_say (f, PEN_LOG_ERROR, e.text);
      feed_end (f, 1);
    }
}

static void
on_timer_closed (uv_handle_t *h)
{
  struct feed *f = h->data;

  for (size_t i = 0; i < f->n_offers; i++)
    feed_offer_free (&f->offers[i]);
  feed_offer_free (&f->waiting);
  free (f->offers);
  free (f->acks);
  free (f->ack_out);
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
  f->n_granted = 0;
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
        feed_broken (f, o);
      feed_forget (f, o->handle);
    }
  feed_offer_free (&f->waiting);
  f->n_ack_out = 0;
  while (f->n_acks)
    f->calls.acked (f->calls.ctx, f->acks[--f->n_acks], 0);
  if (f->done)
    return;
  snprintf (text, sizeof text, "process ended: %s", process_explain (p, why, sizeof why));
  feed_say (f, PEN_LOG_ERROR, text);
  if (f->stopping || f->restarts >= FEED_RESTARTS_MAX)
    feed_end (f, 1);
  else
    uv_timer_start (&f->backoff, on_backoff, 100u << f->restarts++, 0);
}

static void
on_line (struct process *p, const char *text)
{
  feed_say (p->owner, PEN_LOG_WARN, text);
}

static const struct process_calls process_calls = { feed_on_readable, on_gone, on_line };

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
feed_acks_go (struct feed *f)
{
  struct wire_head h = { .type = WIRE_S_ACK, .len = f->n_ack_out };

  f->n_ack_out = 0;
  if (h.len)
    process_send (&f->process, &h, f->ack_out, -1);
}

void
feed_ack (struct feed *f, uint32_t handle, const char *name, uint64_t length, int64_t mtime_ns, const char *key,
          int accepted)
{
  struct wire_ack a = { .length = length,
                        .mtime_ns = mtime_ns,
                        .obj = handle,
                        .accepted = accepted != 0,
                        .name_len = (uint32_t)strlen (name) + 1,
                        .key_len = (uint32_t)strlen (key) + 1 };
  uint32_t n = (uint32_t)sizeof a + a.name_len + a.key_len;
  uint8_t *at;

  if (!f->process.running || !f->started || n > WIRE_PAYLOAD_MAX)
    {
      f->calls.acked (f->calls.ctx, handle, 0);
      return;
    }
  if (n > WIRE_PAYLOAD_MAX - f->n_ack_out)
    feed_acks_go (f);
  if (!f->ack_out)
    f->ack_out = xmalloc (WIRE_PAYLOAD_MAX);
  at = f->ack_out + f->n_ack_out;
  memcpy (at, &a, sizeof a);
  memcpy (at + sizeof a, name, a.name_len);
  memcpy (at + sizeof a + a.name_len, key, a.key_len);
  f->n_ack_out += n;
  f->acks = xrealloc (f->acks, (f->n_acks + 1) * sizeof *f->acks);
  f->acks[f->n_acks++] = handle;
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
  feed_give_back (f, bytes);
}

void
feed_drop (struct feed *f, uint32_t handle)
{
  struct wire_head h = { .type = WIRE_S_DROP, .obj = handle };
  struct offer *o = feed_find_offer (f, handle);

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
      feed_end (f, 0);
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
