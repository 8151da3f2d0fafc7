/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_messages.c - what a decoder says, checked before anything is believed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/escape.h"
#include "core/host/run_decode_int.h"
#include "core/worker/denial.h"

static int
on_begin (struct decoder *d, const struct wire_msg *m)
{
  char name[LIMIT_NAME_MAX], text[100];

  if (d->is_open || m->h.seq != d->work->done || m->h.len >= LIMIT_NAME_MAX || memchr (m->payload, 0, m->h.len))
    return -1;
  if (m->h.seq >= d->r->o->decode_max_members)
    {
      snprintf (text, sizeof text, "has more than %llu members (decode.max_members)",
                (unsigned long long)d->r->o->decode_max_members);
      run_decode_refuse_and_end (d, text);
      return 0;
    }
  if (m->h.b > d->r->o->decode_max_nesting)
    return -1;
  if (run_decode_is_held (d->work))
    {
      if (m->h.len)
        {
          run_decode_prove_first (d);
          return 0;
        }
      if (d->work->done)
        return -1;
    }
  d->is_open = 1;
  d->seq = m->h.seq;
  d->name = xstrdup (escape_text (name, sizeof name, (const char *)m->payload, m->h.len));
  run_decode_begin_output (d);
  return 0;
}

static int
on_grown (struct decoder *d, const struct wire_msg *m)
{
  const struct encoded *x = d->work;

  if (m->h.b < x->read || m->h.b > (x->from.spooled ? x->from.available : x->from.length))
    return -1;
  run_decode_consumed (d->r, d->work, m->h.b);
  if (m->h.seq == UINT64_MAX) /* no output is open */
    return 0;
  if (!d->is_open || d->waits || m->h.seq != d->seq || m->h.a < d->written || m->h.a > d->granted)
    return -1;
  d->work->expanded += m->h.a - d->written;
  d->written = m->h.a;
  if (run_decode_is_too_much (d))
    return 0;
  if (d->output)
    run_spool_grown (d->r, d->output, d->written);
  else if (d->keys && d->work->inner && !d->work->inner->decoded)
    run_decode_inner_grown (d->r, d->work->inner, d->written, 1);
  else
    run_decode_discard (d);
  return 0;
}

/* A keyholder ends an output only when all is well with it. */
static void
end_keys (struct decoder *d, const struct wire_msg *m)
{
  struct encoded *x = d->work, *y = x->inner;

  x->proved = 1;
  if (!y)
    return;
  if (!y->decoded)
    {
      y->held.length = m->h.a;
      memcpy (y->from.digest, m->payload, sizeof y->from.digest);
      run_decode_inner_grown (d->r, y, m->h.a, 0);
    }
  run_decode_release_held (d->r, x);
}

static int
on_end (struct decoder *d, const struct wire_msg *m)
{
  struct object *o = d->output;
  struct encoded *x = d->work;
  struct err e;

  if (!d->is_open || d->waits || m->h.seq != d->seq || m->h.a != d->written || m->h.len != 16)
    return -1;
  if (ftruncate (d->fd, (off_t)d->written) == -1)
    return -1;
  if (x->outer && !run_decode_is_same (x->outer, &e))
    {
      run_decode_refuse_and_end (d, e.text);
      return 0;
    }
  x->done++;
  if (run_decode_is_held (x))
    {
      run_decode_hold (d, m);
      o = NULL;
    }
  if (d->keys)
    end_keys (d, m);
  run_decode_end_output (d);
  if (o)
    run_spool_complete (d->r, o, m->h.a, m->payload);
  return 0;
}

/* It is not encoded: it goes its way as it is. */
static void
hand_over (struct run *r, struct encoded *x)
{
  struct feed_object f = x->from;

  x->from.fd = -1;
  x->from.spooled = x->from.growing = 0;
  run_object_add (r, &f, NULL);
  run_decode_forget (r, x);
}

/* The same with what a keyholder has decrypted: its output is the object. */
static void
hand_over_inner (struct run *r, struct encoded *y)
{
  struct encoded *x = y->outer;
  struct decoder *keys = run_decode_on (r, x);
  struct object *o = run_decode_add_output (r, x, "", fcntl (y->from.fd, F_DUPFD_CLOEXEC, 3));

  x->inner = NULL;
  x->n_open--;
  if (keys && keys->is_open)
    {
      keys->output = o;
      if (o)
        run_spool_grown (r, o, keys->written);
    }
  else if (o)
    run_spool_complete (r, o, y->from.available, y->from.digest);
  run_decode_forget (r, y);
}

static int
on_done (struct decoder *d, const struct wire_msg *m)
{
  struct run *r = d->r;
  struct encoded *x = d->work;

  if (d->is_open || (m->h.a && x->done))
    return -1;
  d->state = DECODER_IDLE;
  d->work = NULL;
  if (m->h.a && d->keys && r->o->n_decoders)
    x->no_keys = 1; /* for the others */
  else if (m->h.a && x->outer)
    hand_over_inner (r, x);
  else if (m->h.a)
    hand_over (r, x);
  else if (x->proving)
    {
      x->proving = 0;
      x->done = x->expanded = 0;
    }
  else
    {
      struct encoded *y = x->inner;
      x->decoded = 1;
      if (y)
        run_decode_tell (r, y); /* which tells of x, too, once it has ended */
      run_decode_tell (r, x);
    }
  return 0;
}

static int
on_fail (struct decoder *d, const struct wire_msg *m)
{
  char text[ERR_TEXT_MAX];

  escape_text (text, sizeof text, (const char *)m->payload, m->h.len);
  if (d->state == DECODER_STARTING)
    run_fail (d->r, RUN_CONFIG, "%s", text);
  else if (!d->work)
    return -1;
  else if (run_decode_is_held (d->work))
    run_decode_hold_refusal (d, text);
  else
    run_decode_refuse (d, text);
  return 0;
}

static int
on_denied (struct process *p, const struct wire_msg *m)
{
  struct jail_denial denial;

  if (jail_denial_read (&denial, m->payload, m->h.len) == -1)
    return -1;
  jail_denial_text (&denial, p->why, sizeof p->why);
  return 0;
}

static int
dispatch (struct decoder *d, const struct wire_msg *m)
{
  char text[ERR_TEXT_MAX];

  switch (m->h.type)
    {
    case WIRE_READY:
      if (d->state != DECODER_STARTING)
        return -1;
      d->state = DECODER_IDLE;
      d->r->decoding->starts_failed = 0;
      return 0;
    case WIRE_LOG:
      run_log (d->r, m->h.a > PEN_LOG_DEBUG ? PEN_LOG_DEBUG : (int)m->h.a, "decoder: %s",
               escape_text (text, sizeof text, (const char *)m->payload, m->h.len));
      return 0;
    case WIRE_FAIL:
      return on_fail (d, m);
    case WIRE_DENIED:
      return on_denied (&d->process, m);
    default:
      break;
    }
  if (!d->work) /* refused meanwhile: it is ending */
    return 0;
  switch (m->h.type)
    {
    case WIRE_D_BEGIN:
      return on_begin (d, m);
    case WIRE_D_GROWN:
      return on_grown (d, m);
    case WIRE_D_END:
      return on_end (d, m);
    case WIRE_D_DONE:
      return on_done (d, m);
    default:
      return -1;
    }
}

int
run_decode_readable (struct process *p)
{
  struct decoder *d = p->owner;

  for (int i = 0; i < 64 && p->sock >= 0; i++)
    {
      int fd, rc = wire_recv (p->sock, d->msg, &fd, MSG_DONTWAIT, NULL);
      if (rc == 0)
        return errno == EAGAIN ? (run_decode_watch (d), run_pump (d->r), 0) : -1;
      if (fd >= 0)
        close (fd);
      if (rc == -1 || dispatch (d, d->msg) == -1)
        {
          snprintf (p->why, sizeof p->why, "sent a malformed message of type %u", d->msg->h.type);
          return -1;
        }
    }
  run_decode_watch (d);
  run_pump (d->r);
  return 0;
}
