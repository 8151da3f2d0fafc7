/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode.c - objects that come encoded: jailed decoders turn each into objects of the run, which grow as they are read.
 *
 * A decoder writes into memory that the host lends, window by window, and is trusted with nothing: sizes, ratio, members and
 * depth are counted here. The source hears of the encoded object once all that was in it has ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/host/run_decode_int.h"

#define TRIES_MAX 2

/* ---- encoded objects ---- */

void
run_decode_let_go (struct run *r, struct encoded *x)
{
  if (x->from.fd >= 0)
    close (x->from.fd);
  x->from.fd = -1;
  if (x->from.spooled && r->feed)
    feed_release (r->feed, x->from.available);
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
  if (f->spooled) /* the decoder is to read it, no more */
    {
      x->from.length = f->available;
      x->from.fd = run_spool_read_only (f->fd);
      close (f->fd);
    }
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

  if (!x->decoded || x->n_open || x->told)
    return;
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
    feed_ack (r->feed, x->from.handle, x->from.name, x->from.length, x->from.mtime_ns, "", !x->refused);
}

int
run_decode_acked (struct run *r, uint32_t handle, int ok)
{
  for (size_t i = 0; i < run_decode_waiting (r); i++)
    if (r->decoding->v[i]->told && r->decoding->v[i]->from.handle == handle)
      {
        if (!ok)
          {
            run_log (r, PEN_LOG_ERROR, "%s: the source could not acknowledge it; the next run will",
                     r->decoding->v[i]->from.name);
            if (r->result->status < RUN_FAILED)
              r->result->status = RUN_FAILED;
          }
        run_decode_forget (r, r->decoding->v[i]);
        return 1;
      }
  return 0;
}

/* ---- life ---- */

static void
start (struct decoder *d)
{
  struct decoding *all = d->r->decoding;
  struct wire_head h = { .type = WIRE_CONFIG, .a = all->config_len };
  struct err e;

  if (process_start (&d->process, all->argv, &e) == -1)
    {
      run_fail (d->r, RUN_FAILED, "%s", e.text);
      return;
    }
  d->state = DECODER_STARTING;
  process_send (&d->process, &h, NULL, all->config);
}

/* One more try from the beginning: what is whole is left out, the output that was under way is rolled back. */
static void
after_death (struct decoder *d, const char *why)
{
  struct encoded *x = d->work;
  char text[400];

  if (!x)
    return;
  if (++x->tries == TRIES_MAX)
    {
      snprintf (text, sizeof text, "it killed two decoders: %s", why);
      run_decode_refuse (d, text);
      return;
    }
  run_log (d->r, PEN_LOG_ERROR, "%s: its decoder died, once more from the beginning: %s", x->from.name, why);
  x->expanded = 0;
  if (d->output)
    {
      d->output->superseded = 1;
      commit_on_object_failed (d->r->commit, d->output->ord);
    }
  run_decode_end_output (d);
  d->work = NULL;
}

static void
on_gone (struct process *p)
{
  struct decoder *d = p->owner;
  struct run *r = d->r;
  int was = d->state;
  char why[256];

  uv_timer_stop (&d->deadline);
  d->state = DECODER_EMPTY;
  if (r->ended)
    return;
  process_explain (p, why, sizeof why);
  r->result->worker_deaths += d->work != NULL;
  after_death (d, why);
  if (was == DECODER_STARTING && ++r->decoding->starts_failed >= 5)
    run_fail (r, RUN_FAILED, "decoders cannot start: %s", why);
  if (!r->stopping)
    start (d);
  run_pump (r);
}

static void
on_line (struct process *p, const char *text)
{
  struct decoder *d = p->owner;
  run_log (d->r, PEN_LOG_WARN, "decoder: %s", text);
}

static const struct process_calls process_calls = { run_decode_readable, on_gone, on_line };

static int
is_being_decoded (const struct run *r, const struct encoded *x)
{
  for (unsigned i = 0; i < r->decoding->n_decoders; i++)
    if (r->decoding->decoders[i].work == x)
      return 1;
  return 0;
}

int
run_decode_pump (struct run *r)
{
  struct decoding *all = r->decoding;
  size_t next = 0;
  int did = 0;

  if (!all || r->stopping)
    return 0;
  for (unsigned i = 0; i < all->n_decoders; i++)
    {
      struct decoder *d = &all->decoders[i];
      struct wire_head h = { .type = WIRE_OBJECT };
      if (d->waits && run_objects_ahead (r) < LIMIT_OPEN_OBJECTS)
        {
          run_decode_begin_output (d);
          did = 1;
        }
      while (next < all->n && (all->v[next]->decoded || is_being_decoded (r, all->v[next])))
        next++;
      if (d->state != DECODER_IDLE || next == all->n)
        continue;
      d->work = all->v[next++];
      d->state = DECODER_BUSY;
      h.obj = d->work->id;
      h.a = d->work->from.length;
      process_send (&d->process, &h, NULL, d->work->from.fd);
      h = (struct wire_head){ .type = WIRE_DECODE, .obj = d->work->id, .a = d->work->done };
      process_send (&d->process, &h, NULL, -1);
      run_decode_watch (d);
      did = 1;
    }
  return did;
}

static int
make_config (struct run *r, struct decoding *all, struct err *e)
{
  struct blob b = { 0 };

  blob_u8 (&b, (uint8_t)r->o->decode_by_magic);
  blob_u32 (&b, (uint32_t)r->o->decode_max_nesting);
  blob_u32 (&b, (uint32_t)r->o->n_decoders);
  for (size_t i = 0; i < r->o->n_decoders; i++)
    run_put_plugin (&b, &r->o->decoders[i]);
  all->config = wire_memfd ("penstock-decode", b.p, b.n, e);
  all->config_len = b.n;
  blob_fini (&b);
  return all->config == -1 ? -1 : 0;
}

static void
make_argv (struct run *r, struct decoding *all)
{
  size_t n = 0;

  while (r->worker_argv[n])
    n++;
  all->argv = xcalloc (n + 2, sizeof *all->argv);
  for (size_t i = 0; i < n; i++)
    all->argv[i] = strncmp (r->worker_argv[i], "--as-limit=", 11)
                       ? xstrdup (r->worker_argv[i])
                       : xasprintf ("--as-limit=%llu", (unsigned long long)(LIMIT_DECODER_BASE + LIMIT_WORKER_CODE));
  all->argv[n] = xstrdup ("--decode");
}

int
run_decode_start (struct run *r, struct err *e)
{
  struct decoding *all;

  if (!r->o->n_decoders || r->probe)
    return 0;
  all = r->decoding = xcalloc (1, sizeof *all);
  make_argv (r, all);
  if (make_config (r, all, e) == -1)
    return -1;
  all->n_decoders = r->o->workers < LIMIT_DECODERS ? 1 : LIMIT_DECODERS;
  all->decoders = xcalloc (all->n_decoders, sizeof *all->decoders);
  for (unsigned i = 0; i < all->n_decoders; i++)
    {
      struct decoder *d = &all->decoders[i];
      d->r = r;
      d->fd = -1;
      d->msg = xmalloc (sizeof *d->msg);
      process_init (&d->process, &process_calls, d, &r->loop);
      uv_timer_init (&r->loop, &d->deadline);
      d->deadline.data = d;
      start (d);
    }
  return 0;
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
  struct decoding *all = r->decoding;

  if (!all)
    return;
  while (all->n)
    run_decode_forget (r, all->v[0]);
  for (unsigned i = 0; i < all->n_decoders; i++)
    {
      run_decode_end_output (&all->decoders[i]);
      process_fini (&all->decoders[i].process);
      free (all->decoders[i].msg);
    }
  for (char **a = all->argv; a && *a; a++)
    free (*a);
  if (all->config >= 0)
    close (all->config);
  free (all->argv);
  free (all->decoders);
  free (all->v);
  free (all);
  r->decoding = NULL;
}
