/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - runs one pipeline: sets up source, workers and sinks, turns the loop, takes everything down again. */
#include "core/host/run.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/plugincheck.h"
#include "core/host/run_int.h"
#include "core/host/signalguard.h"

#define PROGRESS_MS 250

void
run_log (struct run *r, int level, const char *fmt, ...)
{
  char text[2 * ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  r->o->log (r->o->ctx, level, text);
}

static void
stop (struct run *r)
{
  if (r->stopping)
    return;
  r->stopping = 1;
  if (r->commit)
    commit_on_stop (r->commit);
  run_acks_send (r); /* before the source ends */
  if (r->feed)
    feed_stop (r->feed);
  for (size_t i = 0; i < r->o->n_sinks; i++)
    sinkthread_hurry (r->sinks[i].thread);
}

void
run_fail (struct run *r, enum run_status status, const char *fmt, ...)
{
  char text[2 * ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  run_log (r, PEN_LOG_ERROR, "%s", text);
  if (r->result->status < status)
    r->result->status = status;
  stop (r);
}

void
run_give_up (struct run *r)
{
  r->stopped = r->gave_up = 1;
}

void
run_journal_lost (struct run *r, const struct err *e)
{
  run_fail (r, RUN_FAILED, "%s", e->text);
  run_give_up (r); /* nothing that follows may happen without the record */
}

struct seat *
run_cutter (struct run *r)
{
  return r->seats[r->n_seats - 1];
}

/* ---- the pump ---- */

void
run_finish_loop (struct run *r)
{
  if (r->ended)
    return;
  r->ended = 1;
  uv_stop (&r->loop);
}

void
run_pump (struct run *r)
{
  struct commit_action a;
  int busy = 1;

  if (r->probe && r->stopping)
    run_finish_loop (r);
  if (r->pumping || !r->commit)
    return;
  r->pumping = 1;
  while (busy && !r->stopped)
    {
      busy = 0;
      while (!r->stopped && commit_next (r->commit, &a))
        {
          run_perform (r, &a);
          busy = 1;
        }
      if (r->stopped || !r->schema)
        break;
      busy |= run_give_credit (r);
      busy |= run_give_work (r);
      busy |= run_decode_pump (r);
    }
  r->pumping = 0;
  for (size_t i = 0; i < r->o->n_sinks; i++)
    sinkthread_go (r->sinks[i].thread);
  run_gather (r);
  run_watch_cutter (r);
  if (r->feed && !r->stopping)
    feed_more (r->feed);
  if (!r->stopped && !(r->feed_done && commit_idle (r->commit) && !run_decode_waiting (r)))
    return;
  run_acks_send (r);
  if (!r->n_acks || r->gave_up) /* else the last answer ends it */
    run_finish_loop (r);
}

/* ---- set-up ---- */

void
run_put_plugin (struct blob *b, const struct run_plugin *p)
{
  struct err e;
  void *packed = NULL;
  size_t n = 0;

  if (optset_pack (p->options, &packed, &n, &e) == -1)
    n = 0; /* the worker will say that it is malformed */
  blob_str (b, p->path);
  blob_bytes (b, packed, n);
  free (packed);
}

/* What a worker loads; a cutter needs the parser only. */
static int
make_config (struct run *r, int is_cutter, uint64_t *len, struct err *e)
{
  const struct run_opts *o = r->o;
  struct blob b = { 0 };
  int fd;

  blob_u8 (&b, (uint8_t)is_cutter);
  blob_u8 (&b, (uint8_t)o->lineage);
  blob_u64 (&b, o->row_max);
  run_put_plugin (&b, &o->parser);
  blob_u32 (&b, is_cutter ? 0 : (uint32_t)o->n_filters);
  for (size_t i = 0; i < o->n_filters && !is_cutter; i++)
    run_put_plugin (&b, &o->filters[i]);
  blob_u32 (&b, is_cutter ? 0 : (uint32_t)o->n_sinks);
  for (size_t i = 0; i < o->n_sinks && !is_cutter; i++)
    {
      blob_str (&b, o->sinks[i].name);
      blob_u8 (&b, r->sinks[i].thread ? (uint8_t)!sinkthread_per_table (r->sinks[i].thread) : 0);
      blob_u32 (&b, (uint32_t)o->sinks[i].n_tables);
      for (size_t t = 0; t < o->sinks[i].n_tables; t++)
        blob_str (&b, o->sinks[i].tables[t]);
      run_put_plugin (&b, &o->sinks[i].encoder);
    }
  fd = wire_memfd ("penstock-config", b.p, b.n, e);
  *len = b.n;
  blob_fini (&b);
  return fd;
}

static void
make_argv (struct run *r)
{
  size_t n = 0, max = 8;

  for (const char *const *d = r->o->plugin_dirs; d && *d; d++)
    max++;
  r->worker_argv = xcalloc (max, sizeof (char *));
  r->worker_argv[n++] = xstrdup (r->o->worker);
  if (r->o->best_effort_jail)
    r->worker_argv[n++] = xstrdup ("--jail=best-effort");
  r->worker_argv[n++] = xasprintf ("--as-limit=%llu", (unsigned long long)r->o->worker_as_limit);
  for (const char *const *d = r->o->plugin_dirs; d && *d; d++)
    r->worker_argv[n++] = xasprintf ("--read-dir=%s", *d);
}

static void
sink_log (void *ctx, int level, const char *text)
{
  struct run *r = ctx;
  run_log (r, level, "%s", text);
}

/* The sinks as they are created; their secrets only where they are used. */
static int
open_sinks (struct run *r, struct err *e)
{
  for (size_t i = 0; i < r->o->n_sinks; i++)
    {
      const struct run_sink *s = &r->o->sinks[i];
      struct run_sink_state *to = &r->sinks[i];
      struct sinkthread_opts t = { .name = s->name,
                                   .pipeline = r->o->name,
                                   .stream = (unsigned)i,
                                   .mode = r->o->mode,
                                   .retry_ns = r->o->retry_ns,
                                   .done = run_sink_done,
                                   .log = sink_log,
                                   .ctx = r };
      if (loader_open (s->sink.path, KIND_SINK, &to->plugin, e) == -1
          || options_fill (to->plugin.plugin, s->sink.options, r->probe ? 0 : OPTIONS_SECRETS, NULL, &to->options, e)
                 == -1)
        return -1;
      t.sink = to->plugin.plugin->sink;
      t.check = to->plugin.plugin->check;
      t.options = to->options.data;
      to->thread = sinkthread_create (&t, &r->loop, e);
      if (!to->thread)
        return -1;
    }
  return 0;
}

int
run_workers_start (struct run *r, struct err *e)
{
  make_argv (r);
  run_seat_calls (r);
  r->seat_opts = (struct seat_opts){ .argv = r->worker_argv,
                                     .deadline_ns = r->o->deadline_ns,
                                     .expansion = r->o->expansion,
                                     .n_streams = (unsigned)r->o->n_sinks };
  r->cutter_opts = r->seat_opts;
  r->seat_opts.config = r->config_fd = make_config (r, 0, &r->seat_opts.config_len, e);
  if (r->config_fd == -1)
    return -1;
  r->cutter_opts.config = r->cutter_config_fd = make_config (r, 1, &r->cutter_opts.config_len, e);
  if (r->cutter_config_fd == -1)
    return -1;
  if (run_inputs_start (r, e) == -1)
    return -1;
  r->n_seats = r->probe ? 1 : r->o->workers + 1;
  r->seats = xcalloc (r->n_seats, sizeof (struct seat *));
  for (unsigned i = 0; i < r->n_seats; i++)
    {
      int is_cutter = i + 1 == r->n_seats && !r->probe;
      r->seats[i] = seat_create (i, is_cutter, is_cutter ? &r->cutter_opts : &r->seat_opts, &r->seat_calls, &r->loop);
    }
  for (unsigned i = 0; i < r->n_seats; i++)
    if (seat_start (r->seats[i], e) == -1)
      return -1;
  return 0;
}

/* Each file of an object that is put aside is an open one. */
static unsigned
batch_size (const struct run *r)
{
  unsigned files = 0;

  for (size_t i = 0; i < r->o->n_sinks; i++)
    if (!sinkthread_seals (r->sinks[i].thread))
      return 1;
    else
      files += sinkthread_per_table (r->sinks[i].thread) ? 8 : 1;
  return files < LIMIT_BATCH ? LIMIT_BATCH / files : 1;
}

static void
make_commit (struct run *r)
{
  struct commit_config c = { .n_sinks = (unsigned)r->o->n_sinks,
                             .mode = r->o->mode,
                             .window = (unsigned)(LIMIT_CHUNKS_PER_WORKER * r->o->workers),
                             .max_open = r->o->mode == PEN_COMMIT_CHUNK || r->o->fresh_workers ? 1 : LIMIT_OPEN_OBJECTS,
                             .retries = 1,
                             .batch = batch_size (r),
                             .batch_bytes = LIMIT_BATCH_BYTES,
                             .gather = batch_size (r) / 2 };
  if (c.window < 2)
    c.window = 2;
  r->commit = commit_create (&c);
}

static int
set_up (struct run *r, struct err *e)
{
  if (!r->o->ephemeral && !(r->journal = journal_open (r->o->state_dir, r->o->name, e)))
    return -1;
  if (run_dirs_make (r, e) == -1 || open_sinks (r, e) == -1)
    return -1;
  /* without a state nothing is gone on with: `penstock cat` need not read its plugins for that */
  if (r->o->mode == PEN_COMMIT_CHUNK && !r->o->ephemeral && run_settings_hash (r, e) == -1)
    return -1;
  make_commit (r);
  return run_workers_start (r, e) == -1 ? -1 : run_decode_start (r, e);
}

int
run_feed_start (struct run *r, struct err *e)
{
  struct feed_dirs dirs = { r->spool_dir, r->state_dir, r->shared_dir };
  struct feed_calls calls;
  struct feed_spool spool;

  if (run_spool_plan (r, &spool, e) == -1)
    return -1;
  run_feed_calls (r, &calls);
  r->feed = feed_create (r->o->source_program, r->o->source.path, r->o->source.options, &dirs, &spool, r->o->follow,
                         &calls, &r->loop, e);
  return r->feed ? 0 : -1;
}

/* ---- signals and progress ---- */

/* Nothing more comes in; what was taken in goes its way to the end. */
static void
drain (struct run *r, int sig)
{
  run_log (r, PEN_LOG_INFO, "%s: completing %zu object%s that came in, taking no more (once more: roll back)",
           sig == SIGINT ? "interrupted" : "terminated", r->n_objects, r->n_objects == 1 ? "" : "s");
  r->draining = 1;
  run_acks_send (r);
  if (r->feed)
    feed_stop (r->feed);
  else
    r->feed_done = 1; /* it was not started yet, and will not be */
  run_pump (r);
}

static void
on_signal (void *ctx, int sig)
{
  struct run *r = ctx;

  if (r->ended)
    return;
  if (r->o->drains && !r->draining && !r->stopping)
    {
      drain (r, sig);
      signalguard_patience (r->guard);
      return;
    }
  if (r->n_signals++)
    {
      for (size_t i = 0; i < r->n_seats; i++)
        seat_kill (r->seats[i], NULL);
      if (r->feed)
        feed_destroy (r->feed);
      run_log (r, PEN_LOG_ERROR, "stopped at once by a second signal; run again to resume");
      _exit (RUN_FAILED);
    }
  run_fail (r, RUN_FAILED, "%s: stopping; what is not finished is rolled back (once more: stop at once)",
            sig == SIGINT ? "interrupted" : "terminated");
  run_pump (r);
}

static void
on_tick (uv_timer_t *t)
{
  struct run *r = t->data;
  struct run_progress p = { .bytes_known = r->bytes_seen, .bytes_done = r->bytes_done };

  p.records = r->result->records;
  p.rejected = r->result->rejected;
  for (size_t i = 0; i < r->n_objects; i++)
    for (size_t k = 0; k < LIMIT_TABLES; k++)
      {
        p.records += r->objects[i]->tally[k].read;
        p.rejected += r->objects[i]->tally[k].rejected;
      }
  p.objects = r->result->objects;
  p.accepted = r->result->accepted;
  p.refused = r->result->refused;
  p.skipped = r->result->skipped;
  p.open = (unsigned)r->n_objects;
  p.workers = r->o->workers;
  for (size_t i = 0; i < r->n_objects; i++)
    if (!p.oldest_ns || r->objects[i]->opened_ns < p.oldest_ns)
      p.oldest_ns = r->objects[i]->opened_ns;
  p.object = r->n_objects ? r->objects[0]->name : NULL;
  r->o->progress (r->o->ctx, &p);
}

/* Between two pipelines, and after the last, nobody handles signals: they wait for the next, or end with the process. */
static int
watch (struct run *r, struct err *e)
{
  struct signalguard_opts guard = { r->o->stop_ns, r->o->name, on_signal, r };

  uv_timer_init (&r->loop, &r->ticker);
  uv_timer_init (&r->loop, &r->ack_timer);
  uv_timer_init (&r->loop, &r->gather_timer);
  r->ticker.data = r->ack_timer.data = r->gather_timer.data = r;
  r->guard = signalguard_start (&guard, &r->loop, e);
  if (!r->guard)
    return -1;
  if (r->o->progress)
    uv_timer_start (&r->ticker, on_tick, PROGRESS_MS, PROGRESS_MS);
  return 0;
}

/* ---- the end ---- */

static void
take_down (struct run *r)
{
  r->ended = 1;
  uv_close ((uv_handle_t *)&r->ticker, NULL);
  uv_close ((uv_handle_t *)&r->ack_timer, NULL);
  uv_close ((uv_handle_t *)&r->gather_timer, NULL);
  for (size_t i = 0; i < r->n_seats; i++)
    seat_kill (r->seats[i], NULL);
  run_decode_kill (r);
  if (r->feed)
    feed_destroy (r->feed); /* lets go of itself within the loop */
  r->feed = NULL;
  for (size_t i = 0; i < r->o->n_sinks; i++)
    sinkthread_destroy (r->sinks[i].thread);
  if (r->guard)
    signalguard_deafen (r->guard);
  uv_run (&r->loop, UV_RUN_DEFAULT);
  while (r->n_objects)
    run_object_close (r, r->objects[0], COMMIT_UNFINISHED);
  for (size_t i = 0; i < r->n_seats; i++)
    seat_destroy (r->seats[i]);
  uv_run (&r->loop, UV_RUN_DEFAULT);
  run_decode_free (r);
  uv_loop_close (&r->loop);
  if (r->guard)
    signalguard_end (r->guard);
}

static void
free_all (struct run *r)
{
  struct err e;

  if (r->journal && journal_run_end (r->journal, (int)r->result->status, &e) == -1)
    run_log (r, PEN_LOG_WARN, "%s", e.text);
  journal_close (r->journal);
  for (size_t i = 0; i < r->o->n_sinks; i++)
    {
      options_free (&r->sinks[i].options);
      loader_close (&r->sinks[i].plugin);
    }
  if (r->commit)
    commit_destroy (r->commit);
  schema_free (r->schema);
  for (char **a = r->worker_argv; a && *a; a++)
    free (*a);
  free (r->worker_argv);
  if (r->config_fd >= 0)
    close (r->config_fd);
  if (r->cutter_config_fd >= 0)
    close (r->cutter_config_fd);
  inputs_destroy (r->inputs);
  free (r->seats);
  free (r->objects);
  run_dirs_free (r);
  run_acks_free (r);
}

struct schema *
run_probe (const struct run_opts *o, struct run_result *result)
{
  struct run *r = xcalloc (1, sizeof *r);
  struct schema *schema;
  struct err e;

  memset (result, 0, sizeof *result);
  r->o = o;
  r->result = result;
  r->probe = 1;
  r->config_fd = r->cutter_config_fd = -1;
  uv_loop_init (&r->loop);
  if (watch (r, &e) == -1 || open_sinks (r, &e) == -1 || run_workers_start (r, &e) == -1)
    run_fail (r, RUN_CONFIG, "%s", e.text);
  else
    uv_run (&r->loop, UV_RUN_DEFAULT);
  schema = r->schema;
  r->schema = NULL;
  take_down (r);
  free_all (r);
  free (r);
  return schema;
}

enum run_status
run_pipeline (const struct run_opts *o, struct run_result *result)
{
  struct run *r = xcalloc (1, sizeof *r);
  double start = clock_seconds ();
  struct err e;

  memset (result, 0, sizeof *result);
  r->o = o;
  r->result = result;
  r->config_fd = r->cutter_config_fd = -1;
  uv_loop_init (&r->loop);
  if (watch (r, &e) == -1 || set_up (r, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  else
    uv_run (&r->loop, UV_RUN_DEFAULT);
  take_down (r);
  free_all (r);
  free (r);
  result->seconds = clock_seconds () - start;
  return result->status;
}
