/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - what serve answers on its socket: how each pipeline is and how it has been. */
#include "config.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/serve/serve_int.h"
#include "core/serve/usage.h"

static const char *
state_of (const struct runner *r)
{
  if (r->job.running)
    return r->stopping ? "draining" : "running";
  if (r->member->state == POOL_WAITING)
    return "waiting";
  return r->failures ? "backoff" : "idle";
}

static json_t *
numbers_json (const struct numbers *n)
{
  return json_pack ("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "objects", (json_int_t)n->objects, "accepted",
                    (json_int_t)n->accepted, "refused", (json_int_t)n->refused, "skipped", (json_int_t)n->skipped,
                    "failed", (json_int_t)n->failed, "records", (json_int_t)n->records, "rejected",
                    (json_int_t)n->rejected, "bytes", (json_int_t)n->bytes);
}

static void
put_run (json_t *o, const struct runner *r)
{
  const struct progress *p = &r->now;
  struct usage u;
  json_t *run;

  if (!r->job.running)
    return;
  usage_read (job_pid (&r->job), &u);
  run = json_pack ("{s:i, s:I, s:i, s:I, s:I, s:i, s:i, s:I, s:s}", "pid", (int)job_pid (&r->job), "started_ns",
                   (json_int_t)r->started, "workers", (int)r->member->grant.workers, "memory_granted",
                   (json_int_t)r->member->grant.memory, "memory", (json_int_t)u.bytes, "processes", (int)u.processes,
                   "open", (int)p->open, "bytes_known", (json_int_t)p->bytes_known, "object", p->object);
  json_object_update_new (run, numbers_json (&p->n));
  json_object_set_new (o, "run", run);
}

static json_t *
pipeline_json (const struct runner *r, int64_t now)
{
  json_t *o = json_pack ("{s:s, s:s, s:s, s:I, s:I, s:i, s:I, s:b, s:b, s:s}", "pipeline", r->facts->name, "state",
                         state_of (r), "where", r->facts->where, "runs", (json_int_t)r->runs, "runs_failed",
                         (json_int_t)r->runs_failed, "failures_in_a_row", (int)r->failures, "lag_ns",
                         (json_int_t)runner_lag_ns (r, now), "reserved", (int)r->member->is_reserved, "changing",
                         (int)(r->next || r->is_leaving), "error", r->error);

  if (!o) /* an error that is no UTF-8 */
    o = json_pack ("{s:s, s:s}", "pipeline", r->facts->name, "state", state_of (r));
  if (!r->job.running && r->due != INT64_MAX)
    json_object_set_new (o, "due_ns", json_integer (r->due));
  json_object_set_new (o, "total", numbers_json (&r->total));
  if (r->last_ended)
    {
      json_t *last = json_pack ("{s:I, s:I, s:i, s:i}", "started_ns", (json_int_t)r->last_started, "ended_ns",
                                (json_int_t)r->last_ended, "status", r->last_status, "signal", r->last_signal);

      json_object_update_new (last, numbers_json (&r->last));
      json_object_set_new (o, "last", last);
    }
  put_run (o, r);
  return o;
}

static json_t *
serve_json (const struct serve *s)
{
  json_t *bad = json_array (), *o;
  uint64_t memory;
  unsigned workers;

  pool_used (&s->pool, &workers, &memory);
  for (size_t i = 0; i < s->catalog.n; i++)
    if (s->catalog.v[i]->why[0])
      json_array_append_new (bad,
                             json_pack ("{s:s, s:s, s:b}", "file", s->catalog.v[i]->path, "error", s->catalog.v[i]->why,
                                        "in_force", (int)(s->catalog.v[i]->current != NULL)));
  o = json_pack (
      "{s:s, s:s, s:i, s:I, s:i, s:i, s:I, s:I, s:b, s:I, s:I, s:s, s:o}", "version", PACKAGE_VERSION, "state",
      s->is_stopping ? "stopping"
      : s->reload    ? (s->is_ready ? "reloading" : "starting")
                     : "running",
      "pid", (int)getpid (), "started_ns", (json_int_t)s->started, "workers", (int)s->pool.workers, "workers_used",
      (int)workers, "memory", (json_int_t)(s->pool.memory > INT64_MAX ? 0 : s->pool.memory), "memory_used",
      (json_int_t)memory, "crowded", (int)s->pool.is_crowded, "reloads", (json_int_t)s->n_reloads, "reloaded_ns",
      (json_int_t)s->reloaded, "reload_error", s->reload_error, "bad_files", bad);
  return o;
}

static json_t *
refuse (const char *why)
{
  return json_pack ("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *
all_json (struct serve *s, const char *only)
{
  json_t *pipelines = json_array ();
  int64_t now = serve_now ();

  for (size_t i = 0; i < s->n_runners; i++)
    if (!only || strcmp (s->runners[i]->facts->name, only) == 0)
      json_array_append_new (pipelines, pipeline_json (s->runners[i], now));
  if (only && json_array_size (pipelines) == 0)
    {
      json_decref (pipelines);
      return refuse ("there is no such pipeline");
    }
  return json_pack ("{s:b, s:o, s:o}", "ok", 1, "serve", serve_json (s), "pipelines", pipelines);
}

/* {"request": "status"} or {"request": "status", "pipeline": "NAME"}. */
static json_t *
answer (struct serve *s, const char *line, size_t n)
{
  json_t *q = json_loadb (line, n, JSON_REJECT_DUPLICATES, NULL), *a;
  const char *request = NULL, *pipeline = NULL;

  if (!q)
    return refuse ("a line of JSON is expected");
  if (json_unpack_ex (q, NULL, JSON_STRICT, "{s:s, s?s}", "request", &request, "pipeline", &pipeline) == -1)
    a = refuse ("{\"request\": \"status\"} is expected, with or without \"pipeline\"");
  else if (strcmp (request, "status") != 0)
    a = refuse ("the requests are: status");
  else
    a = all_json (s, pipeline);
  json_decref (q);
  return a;
}

char *
status_answer (struct serve *s, const char *line, size_t n, size_t *len)
{
  json_t *a = answer (s, line, n);
  char *text = a ? json_dumps (a, JSON_COMPACT) : NULL;

  json_decref (a);
  if (!text)
    text = strdup ("{\"ok\":false,\"error\":\"the answer cannot be written\"}");
  if (!text)
    abort (); /* out of memory */
  *len = strlen (text);
  text[(*len)++] = '\n'; /* in place of the terminator */
  return text;
}
