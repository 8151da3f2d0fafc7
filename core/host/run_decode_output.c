/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_output.c - memory lent to decoders, grown by credit, and the limits of what may come out of an object. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/host/run_decode_int.h"

#define RATIO_FROM (16 * MIB) /* what small things expand to hurts nobody */

static void
on_deadline (uv_timer_t *t)
{
  struct decoder *d = t->data;
  process_kill (&d->process, "did not go on within its deadline");
}

void
run_decode_end_output (struct decoder *d)
{
  if (d->fd >= 0)
    close (d->fd);
  d->fd = -1;
  free (d->name);
  d->name = NULL;
  d->output = NULL;
  d->is_open = d->waits = 0;
}

void
run_decode_watch (struct decoder *d)
{
  const struct encoded *x = d->work;
  int starves = x && x->from.growing && x->read == x->from.available;

  if (d->state == DECODER_BUSY && !d->waits && !starves && (!d->is_open || d->written < d->granted))
    uv_timer_start (&d->deadline, on_deadline, d->r->o->deadline_ns / 1000000 + 1, 0);
  else
    uv_timer_stop (&d->deadline);
}

void
run_decode_grant (struct decoder *d, uint64_t upto, int fd)
{
  struct wire_head h = { .type = WIRE_OUTPUT, .seq = d->seq, .a = upto };

  if (upto <= d->granted || ftruncate (d->fd, (off_t)upto) == -1)
    return;
  d->granted = upto;
  process_send (&d->process, &h, NULL, fd);
  run_decode_watch (d);
}

/* Nobody reads it: the decoder has to get through to what comes next. */
void
run_decode_discard (struct decoder *d)
{
  if (d->written)
    fallocate (d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)d->written);
  run_decode_grant (d, d->written + d->r->o->decode_window, -1);
}

void
run_decode_closed (struct run *r, struct object *o, int what)
{
  struct encoded *x = o->encoded;

  for (unsigned i = 0; i < r->decoding->n_decoders; i++)
    if (r->decoding->decoders[i].output == o)
      {
        r->decoding->decoders[i].output = NULL;
        run_decode_discard (&r->decoding->decoders[i]);
      }
  if (x->held.output == o)
    x->held.output = NULL;
  x->n_open--;
  x->refused |= what == COMMIT_REFUSED;
  x->failed |= !o->superseded && (what == COMMIT_ABORTED || what == COMMIT_UNFINISHED);
  run_decode_tell (r, x);
}

void
run_decode_released (struct run *r, struct object *o)
{
  for (unsigned i = 0; i < r->decoding->n_decoders; i++)
    if (r->decoding->decoders[i].output == o)
      run_decode_grant (&r->decoding->decoders[i], o->given + r->o->decode_window, -1);
}

/* outer/member; a name alone keeps the outer one. Both are for people and for what sinks make of names. */
static char *
output_name (const struct encoded *x, const char *inner)
{
  return *inner ? xasprintf ("%.2000s/%.2000s", x->from.name, inner) : xstrdup (x->from.name);
}

struct object *
run_decode_add_output (struct run *r, struct encoded *x, const char *inner, int fd)
{
  struct feed_object f = x->from;
  CLEANUP_FREE char *name = output_name (x, inner);
  struct object *o;

  f.name = name;
  f.handle = 0;
  f.fd = fd;
  f.length = UINT64_MAX;
  f.spooled = f.growing = 1;
  f.available = 0;
  x->n_open++;
  o = run_object_add (r, &f, x);
  if (!o)
    {
      x->n_open--;
      x->failed = 1;
    }
  return o;
}

/* What a keyholder puts out is for the other decoders, or for nobody: only where there are none is it an object. */
void
run_decode_begin_output (struct decoder *d)
{
  struct run *r = d->r;
  int is_object = !d->keys || (!d->work->proving && !r->o->n_decoders);

  d->waits = is_object && run_objects_ahead (r) >= LIMIT_OPEN_OBJECTS;
  if (d->waits)
    {
      run_decode_watch (d);
      return;
    }
  d->fd = memfd_create ("penstock-decoded", MFD_CLOEXEC);
  d->written = d->granted = 0;
  if (d->fd == -1)
    {
      run_fail (r, RUN_FAILED, "memory for decoded bytes: %s", strerror (errno));
      return;
    }
  if (is_object)
    d->output = run_decode_add_output (r, d->work, d->name, fcntl (d->fd, F_DUPFD_CLOEXEC, 3));
  else if (!d->work->proving)
    run_decode_begin_inner (d);
  run_decode_grant (d, r->o->decode_window, d->fd);
}

/* ---- bad input ---- */

void
run_decode_refuse_output (struct run *r, struct encoded *x, const char *name, struct object *o, const char *why)
{
  if (!o)
    o = run_decode_add_output (r, x, name, memfd_create ("penstock-refused", MFD_CLOEXEC));
  if (!o)
    {
      x->failed = 1;
      return;
    }
  o->growing = 0;
  if (o->why[0]) /* it is being refused for another reason already */
    run_log (r, PEN_LOG_ERROR, "%s: %s", o->name, why);
  run_object_why (o, "%s", why);
  commit_on_refused (r->commit, o->ord);
}

/* Lets go of one of the two without ending what it has put out. */
static void
part_with (struct decoder *d, int kill)
{
  if (!d)
    return;
  run_decode_end_output (d);
  d->work = NULL;
  if (kill)
    process_kill (&d->process, NULL);
}

/* What there is of it is refused; where nothing is, an object says so. */
void
run_decode_refuse (struct decoder *d, const char *why)
{
  struct run *r = d->r;
  struct encoded *x = d->work->outer ? d->work->outer : d->work, *y = x->inner;
  struct decoder *outer = run_decode_on (r, x), *inner = run_decode_on (r, y);
  struct object *o = inner ? inner->output : y ? y->held.output : NULL;
  struct decoder *named = inner && inner->name ? inner : d;
  CLEANUP_FREE char *name = xstrdup (named->name ? named->name : "");

  if (!o && outer)
    o = outer->output;
  run_decode_refuse_output (r, y ? y : x, name, o, why);
  part_with (inner, inner != d);
  part_with (outer, outer != d);
  x->decoded = 1;
  if (y)
    {
      y->decoded = 1;
      y->held.output = NULL;
    }
  run_decode_let_go (r, x);
  if (y)
    run_decode_tell (r, y);
  else
    run_decode_tell (r, x);
}

void
run_decode_refuse_and_end (struct decoder *d, const char *why)
{
  run_decode_refuse (d, why);
  process_kill (&d->process, NULL);
}

/* 1: more than may come out of it did. */
int
run_decode_is_too_much (struct decoder *d)
{
  const struct run_opts *o = d->r->o;
  const struct encoded *x = d->work, *from = x->outer ? x->outer : x;
  uint64_t length = from->from.spooled ? from->from.available : from->from.length;
  char text[200];

  if (x->expanded > o->decode_max_size)
    snprintf (text, sizeof text, "expands to more than %llu bytes (decode.max_size)",
              (unsigned long long)o->decode_max_size);
  else if (x->expanded > RATIO_FROM && length && x->expanded / length >= o->decode_max_ratio)
    snprintf (text, sizeof text, "expands to more than %llu times its %llu bytes (decode.max_ratio)",
              (unsigned long long)o->decode_max_ratio, (unsigned long long)length);
  else
    return 0;
  run_decode_refuse_and_end (d, text);
  return 1;
}
