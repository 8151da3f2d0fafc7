/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode.c - objects that come encoded: jailed decoders turn each into objects of the run, which grow as they are read.
 *
 * A decoder writes into memory that the host lends, window by window, and is trusted with nothing: sizes, ratio, members and
 * depth are counted here. The source hears of the encoded object once all that was in it has ended. What only a keyholder can
 * read is an encoded object inside of one (run_decode_inner.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/host/run_decode_int.h"

/* ---- encoded objects ---- */

void
run_decode_let_go (struct run *r, struct encoded *x)
{
  if (x->from.fd >= 0)
    close (x->from.fd);
  x->from.fd = -1;
  if (x->from.spooled && !x->outer && r->feed)
    feed_release (r->feed, x->from.available - x->given);
  if (x->from.growing && !x->outer && r->feed)
    feed_drop (r->feed, x->from.handle);
  x->from.spooled = 0;
}

void
run_decode_forget (struct run *r, struct encoded *x)
{
  struct decoding *d = r->decoding;
  size_t i = 0;

  while (d->v[i] != x)
    i++;
  memmove (d->v + i, d->v + i + 1, (--d->n - i) * sizeof *d->v);
  run_decode_let_go (r, x);
  free ((void *)(uintptr_t)x->from.name);
  free ((void *)(uintptr_t)x->from.etag);
  free ((void *)(uintptr_t)x->from.origin);
  free (x);
}

void
run_decode_take (struct run *r, const struct feed_object *f)
{
  struct decoding *d = r->decoding;
  struct encoded *x = xcalloc (1, sizeof *x);

  x->id = ++d->next_id;
  x->from = *f;
  x->from.name = xstrdup (f->name);
  x->from.etag = xstrdup (f->etag ? f->etag : "");
  x->from.origin = xstrdup (f->origin ? f->origin : "");
  d->v = xrealloc (d->v, (d->n + 1) * sizeof *d->v);
  d->v[d->n++] = x;
  run_pump (r);
}

size_t
run_decode_waiting (const struct run *r)
{
  return r->decoding ? r->decoding->n : 0;
}

/* All that was in it has ended: the source may archive it, or offer it again. */
void
run_decode_tell (struct run *r, struct encoded *x)
{
  struct err e;

  if (!x->decoded || x->n_open || x->told || x->held.output)
    return;
  if (x->outer)
    {
      run_decode_closed_inner (r, x);
      return;
    }
  if (x->from.growing) /* the source is told once it has it whole */
    {
      run_decode_let_go (r, x);
      return;
    }
  if (r->journal && journal_flush (r->journal, &e) == -1) /* what it is told must be known after a crash, too */
    {
      run_give_up (r);
      run_fail (r, RUN_FAILED, "%s", e.text);
      return;
    }
  x->told = 1;
  run_decode_let_go (r, x);
  if (!r->feed || x->failed)
    {
      if (r->feed)
        feed_again (r->feed, x->from.name, x->from.length, x->from.mtime_ns);
      run_decode_forget (r, x);
    }
  else
    {
      feed_ack (r->feed, x->from.handle, x->from.name, x->from.length, x->from.mtime_ns, "", !x->refused);
      feed_acks_go (r->feed);
    }
}

int
run_decode_acked (struct run *r, uint32_t handle, int ok)
{
  for (size_t i = 0; i < run_decode_waiting (r); i++)
    if (r->decoding->v[i]->told && r->decoding->v[i]->from.handle == handle)
      {
        if (!ok)
          {
            run_log (r, PEN_LOG_ERROR,
                     "%s: the source could not acknowledge it; the next run will do that, nothing is loaded twice",
                     r->decoding->v[i]->from.name);
            if (r->result->status < RUN_FAILED)
              r->result->status = RUN_FAILED;
          }
        run_decode_forget (r, r->decoding->v[i]);
        return 1;
      }
  return 0;
}

/* ---- work ---- */

struct decoder *
run_decode_on (struct run *r, const struct encoded *x)
{
  for (unsigned i = 0; i < r->decoding->n_decoders; i++)
    if (x && r->decoding->decoders[i].work == x)
      return &r->decoding->decoders[i];
  return NULL;
}

static int
wants (struct run *r, const struct encoded *x, int keys)
{
  if (x->decoded || x->cut_short || run_decode_on (r, x))
    return 0;
  return keys == (r->o->keys && !x->outer && !x->no_keys);
}

static void
give (struct decoder *d, struct encoded *x)
{
  struct wire_head h = { .type = WIRE_OBJECT, .obj = x->id, .b = (uint64_t)x->from.growing };
  int fd = x->from.spooled ? run_spool_read_only (x->from.fd) : x->from.fd; /* it is to read it, no more */

  h.a = x->from.spooled ? x->from.available : x->from.length;
  d->work = x;
  d->state = DECODER_BUSY;
  x->read = 0;
  process_send (&d->process, &h, NULL, fd);
  if (fd != x->from.fd && fd >= 0)
    close (fd);
  if (d->keys && !x->proved && fstat (x->from.fd, &x->stamp) == -1)
    x->stamp = (struct stat){ 0 };
  h = (struct wire_head){ .type = WIRE_DECODE, .obj = x->id, .a = x->done, .b = x->outer != NULL };
  process_send (&d->process, &h, NULL, -1);
  run_decode_watch (d);
}

int
run_decode_pump (struct run *r)
{
  struct decoding *all = r->decoding;
  int did = 0;

  if (!all || r->stopping)
    return 0;
  for (unsigned i = 0; i < all->n_decoders; i++)
    {
      struct decoder *d = &all->decoders[i];
      size_t next = 0;
      if (d->waits && run_objects_ahead (r) < LIMIT_OPEN_OBJECTS)
        {
          run_decode_begin_output (d);
          did = 1;
        }
      while (next < all->n && !wants (r, all->v[next], d->keys))
        next++;
      if (d->state != DECODER_IDLE || next == all->n)
        continue;
      give (d, all->v[next]);
      did = 1;
    }
  return did;
}

int
run_decode_start (struct run *r, struct err *e)
{
  if ((!r->o->n_decoders && !r->o->keys) || r->probe)
    return 0;
  return run_decode_make (r, e);
}

void
run_decode_kill (struct run *r)
{
  for (unsigned i = 0; r->decoding && i < r->decoding->n_decoders; i++)
    {
      process_kill (&r->decoding->decoders[i].process, NULL);
      uv_close ((uv_handle_t *)&r->decoding->decoders[i].deadline, NULL);
    }
}

void
run_decode_free (struct run *r)
{
  if (!r->decoding)
    return;
  while (r->decoding->n)
    run_decode_forget (r, r->decoding->v[0]);
  run_decode_unmake (r);
}

/* ---- objects that arrive while they are decoded ---- */

static struct encoded *
by_handle (struct run *r, uint32_t handle)
{
  for (size_t i = 0; i < run_decode_waiting (r); i++)
    if (!r->decoding->v[i]->outer && r->decoding->v[i]->from.growing && r->decoding->v[i]->from.handle == handle)
      return r->decoding->v[i];
  return NULL;
}

int
run_decode_grown (struct run *r, uint32_t handle, uint64_t available, const uint8_t *digest)
{
  struct encoded *x = by_handle (r, handle);

  int growing = digest == NULL;

  if (!x)
    return 0;
  if (digest)
    memcpy (x->from.digest, digest, sizeof x->from.digest);
  if (x->from.fd >= 0) /* else it was let go of, and is thrown away by the source */
    run_decode_inner_grown (r, x, available, growing);
  x->from.growing = growing;
  if (!growing && x->from.length != UINT64_MAX && x->from.length != available && !x->decoded)
    {
      char why[160];
      snprintf (why, sizeof why, "%llu bytes were announced, %llu came", (unsigned long long)x->from.length,
                (unsigned long long)available);
      return run_decode_cut_short (r, handle, why);
    }
  x->from.length = growing ? x->from.length : available;
  run_decode_tell (r, x);
  return 1;
}

/* What is whole of it stays; what is not will never be. */
int
run_decode_cut_short (struct run *r, uint32_t handle, const char *why)
{
  struct encoded *x = NULL;
  struct decoder *d;

  for (size_t i = 0; i < run_decode_waiting (r); i++)
    if (!r->decoding->v[i]->outer && r->decoding->v[i]->from.handle == handle && !r->decoding->v[i]->told)
      x = r->decoding->v[i];
  if (!x)
    return 0;
  run_log (r, PEN_LOG_ERROR, "%s: %s after %llu bytes; nothing of what was not whole is visible", x->from.name,
           *why ? why : "broken off by the source", (unsigned long long)x->from.available);
  r->result->failed += x->n_open == 0;
  if (r->result->status < RUN_FAILED)
    r->result->status = RUN_FAILED;
  x->from.growing = 0;
  x->cut_short = x->failed = 1;
  run_decode_drop_inner (r, x);
  d = run_decode_on (r, x);
  if (d && d->output)
    {
      run_object_why (d->output, "%s", *why ? why : "broken off by the source");
      commit_on_object_failed (r->commit, d->output->ord);
      run_decode_end_output (d);
    }
  if (d)
    run_decode_detach (d);
  x->decoded = 1;
  run_decode_tell (r, x);
  return 1;
}
