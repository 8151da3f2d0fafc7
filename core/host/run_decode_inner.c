/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_inner.c - what a keyholder decrypts is an encoded object inside of the one that it reads, decoded while it grows.
 *
 * Whether it is sound is known at its end alone. So the output of what is inside waits with its own end for that. Several
 * outputs cannot wait, since the sinks take them in their order and nobody may hold them all: for members the keyholder first
 * goes through to the end once for the proof, and puts nothing out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/host/run_decode_int.h"

void
run_decode_begin_inner (struct decoder *d)
{
  struct encoded *x = d->work, *y = xcalloc (1, sizeof *y);
  struct decoding *all = d->r->decoding;

  y->id = ++all->next_id;
  y->outer = x;
  y->done = x->inner_done;
  y->from = x->from;
  y->from.name = xstrdup (x->from.name);
  y->from.etag = xstrdup (x->from.etag);
  y->from.origin = xstrdup (x->from.origin);
  y->from.fd = fcntl (d->fd, F_DUPFD_CLOEXEC, 3);
  y->from.spooled = y->from.growing = 1;
  y->from.available = 0;
  y->from.length = UINT64_MAX;
  x->inner = y;
  x->n_open++;
  all->v = xrealloc (all->v, (all->n + 1) * sizeof *all->v);
  all->v[all->n++] = y;
}

void
run_decode_inner_grown (struct run *r, struct encoded *x, uint64_t available, int growing)
{
  struct wire_head h = { .type = WIRE_GROWN, .obj = x->id, .a = available, .b = (uint64_t)growing };
  struct decoder *d = run_decode_on (r, x);

  x->from.available = available;
  x->from.growing = growing;
  if (!d)
    return;
  process_send (&d->process, &h, NULL, -1);
  run_decode_watch (d);
}

static void
punch (struct encoded *x, uint64_t upto)
{
  upto -= upto % 4096;
  if (upto > x->given
      && fallocate (x->from.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)x->given, (off_t)(upto - x->given))
             == 0)
    x->given = upto;
}

/* What a keyholder reads may be needed twice; what else was in the spool whole stays there for a second try. */
void
run_decode_consumed (struct run *r, struct encoded *x, uint64_t read)
{
  struct decoder *keys = x->outer ? run_decode_on (r, x->outer) : NULL;
  uint64_t before = x->given;

  x->read = read;
  if (!x->from.spooled || read - x->given < LIMIT_SPOOL_STEP)
    return;
  if (x->outer)
    {
      punch (x, read);
      if (keys)
        run_decode_grant (keys, x->given + r->o->decode_window, -1);
    }
  else if (x->from.growing && (x->no_keys || !r->o->keys))
    {
      punch (x, read);
      if (r->feed)
        feed_release (r->feed, x->given - before);
    }
}

/* ---- until the outer one has ended ---- */

int
run_decode_is_held (const struct encoded *x)
{
  return x->outer && !x->outer->proved;
}

void
run_decode_hold (struct decoder *d, const struct wire_msg *m)
{
  struct held *h = &d->work->held;

  h->output = d->output;
  h->length = m->h.a;
  h->is_whole = 1;
  memcpy (h->digest, m->payload, sizeof h->digest);
}

/* The reason may be a consequence of what the keyholder will say at its end: then that counts. */
void
run_decode_hold_refusal (struct decoder *d, const char *why)
{
  struct encoded *y = d->work;
  struct decoder *keys = run_decode_on (d->r, y->outer);

  snprintf (y->held.why, sizeof y->held.why, "%s", why);
  if (d->output)
    {
      y->held.output = d->output;
      y->held.is_whole = 0;
    }
  run_decode_end_output (d);
  d->work = NULL;
  y->decoded = 1;
  if (keys)
    run_decode_discard (keys);
}

void
run_decode_release_held (struct run *r, struct encoded *x)
{
  struct encoded *y = x->inner;
  struct held h;

  if (!y)
    return;
  h = y->held;
  y->held.output = NULL;
  if (h.why[0])
    run_decode_refuse_output (r, y, "", h.output, h.why);
  else if (h.output && h.is_whole)
    run_spool_complete (r, h.output, h.length, h.digest);
  run_decode_tell (r, y);
}

/* ---- members ---- */

void
run_decode_prove_first (struct decoder *d)
{
  struct run *r = d->r;
  struct encoded *x = d->work->outer;
  struct decoder *keys = run_decode_on (r, x);

  x->proving = 1;
  run_decode_drop_inner (r, x);
  if (keys)
    run_decode_discard (keys);
}

int
run_decode_is_same (const struct encoded *x, struct err *e)
{
  struct stat now;

  if (fstat (x->from.fd, &now) == -1)
    return err_errno (e, "cannot look at it again"), 0;
  if (x->from.spooled
      || (now.st_size == x->stamp.st_size && now.st_ctim.tv_sec == x->stamp.st_ctim.tv_sec
          && now.st_ctim.tv_nsec == x->stamp.st_ctim.tv_nsec))
    return 1;
  return err_set (e, "changed while it was read"), 0;
}

/* ---- the end ---- */

static void
supersede (struct run *r, struct object *o)
{
  if (!o)
    return;
  o->superseded = 1;
  commit_on_object_failed (r->commit, o->ord);
}

void
run_decode_drop_inner (struct run *r, struct encoded *x)
{
  struct encoded *y = x->inner;
  struct decoder *d = run_decode_on (r, y);

  if (!y)
    return;
  x->inner = NULL;
  x->inner_done = x->proved ? y->done : 0;
  if (d)
    run_decode_detach (d);
  supersede (r, y->held.output);
  y->held.output = NULL;
  y->decoded = 1;
  run_decode_tell (r, y);
}

/* All that was in it has ended. */
void
run_decode_closed_inner (struct run *r, struct encoded *y)
{
  struct encoded *x = y->outer;

  if (x->inner == y && run_decode_on (r, x)) /* the keyholder still has to come to its end */
    {
      run_decode_discard (run_decode_on (r, x));
      return;
    }
  if (x->inner == y)
    x->inner = NULL;
  x->refused |= y->refused;
  x->failed |= y->failed;
  x->n_open--;
  run_decode_forget (r, y);
  run_decode_tell (r, x);
}
