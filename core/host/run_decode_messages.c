/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_messages.c - what a decoder says, checked before anything is believed. */
#include <errno.h>
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
  d->is_open = 1;
  d->seq = m->h.seq;
  d->name = xstrdup (escape_text (name, sizeof name, (const char *)m->payload, m->h.len));
  run_decode_begin_output (d);
  return 0;
}

static int
on_grown (struct decoder *d, const struct wire_msg *m)
{
  if (m->h.seq == UINT64_MAX) /* still alive */
    return 0;
  if (!d->is_open || d->waits || m->h.seq != d->seq || m->h.a < d->written || m->h.a > d->granted)
    return -1;
  d->work->expanded += m->h.a - d->written;
  d->written = m->h.a;
  if (run_decode_is_too_much (d))
    return 0;
  if (d->output)
    run_spool_grown (d->r, d->output, d->written);
  else
    run_decode_discard (d);
  return 0;
}

static int
on_end (struct decoder *d, const struct wire_msg *m)
{
  struct object *o = d->output;

  if (!d->is_open || d->waits || m->h.seq != d->seq || m->h.a != d->written || m->h.len != 16)
    return -1;
  if (ftruncate (d->fd, (off_t)d->written) == -1)
    return -1;
  d->work->done++;
  run_decode_end_output (d);
  if (o)
    run_spool_complete (d->r, o, m->h.a, m->payload);
  return 0;
}

/* It is not encoded: it goes its way as it is. */
static void
hand_over (struct decoder *d)
{
  struct encoded *x = d->work;
  struct feed_object f = x->from;

  d->work = NULL;
  x->from.fd = -1;
  x->from.spooled = 0;
  run_object_add (d->r, &f, NULL);
  run_decode_forget (d->r, x);
}

static int
on_done (struct decoder *d, const struct wire_msg *m)
{
  struct encoded *x = d->work;

  if (d->is_open || (m->h.a && x->done))
    return -1;
  d->state = DECODER_IDLE;
  if (m->h.a)
    hand_over (d);
  else
    {
      d->work = NULL;
      x->decoded = 1;
      run_decode_tell (d->r, x);
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
