/* SPDX-License-Identifier: Apache-2.0 */
/* run_plan.c - runs a resolved plan: fills what run.h wants to know. */
#include "core/host/run_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/limits.h"
#include "core/host/bound.h"
#include "core/host/inputs.h"
#include "core/host/machine.h"
#include "core/host/schema.h"
#include "core/host/source_check.h"

static struct run_plugin
plugin_of (const struct plan_plugin *p)
{
  return (struct run_plugin){ p->path, &p->opts };
}

/* The other programs lie beside penstock-worker. */
static char *
sibling (const char *worker, const char *name)
{
  const char *slash = strrchr (worker, '/');
  return xasprintf ("%.*s%s", (int)(slash ? slash - worker + 1 : 0), worker, name);
}

static void
fill (struct run_opts *o, const struct plan_set *s, const struct plan *p, const struct bound *b)
{
  static const enum run_duplicates duplicates[] = { [PLAN_DUPLICATES_SKIP] = RUN_DUP_SKIP,
                                                    [PLAN_DUPLICATES_PROCESS] = RUN_DUP_PROCESS,
                                                    [PLAN_DUPLICATES_REJECT] = RUN_DUP_REJECT };
  static const enum run_on_reject on_reject[] = {
    [PLAN_QUARANTINE] = RUN_REJECT_QUARANTINE, [PLAN_REJECT_OBJECT] = RUN_REJECT_OBJECT, [PLAN_FAIL] = RUN_REJECT_FAIL
  };

  o->name = p->name;
  o->where = p->where;
  o->state_dir = p->state;
  o->ephemeral = p->state == NULL;
  o->worker = s->describer.worker;
  o->source = plugin_of (&p->source);
  o->parser = plugin_of (&p->parser);
  o->mode = p->commit;
  o->lineage = p->lineage;
  o->require_balance = p->require_balance;
  o->keep_findings = p->keep_findings;
  o->best_effort_jail = p->best_effort;
  o->fresh_workers = p->fresh_worker;
  o->duplicates = duplicates[p->duplicates];
  o->on_reject = on_reject[p->on_reject];
  o->max_error_rate = p->error_ppm >= 1000000 ? -1 : (double)p->error_ppm / 1e6;
  o->workers = b->workers;
  o->chunk = p->chunk;
  o->row_max = bound_row (p);
  o->worker_as_limit = b->per_worker + LIMIT_WORKER_CODE;
  if (!p->fresh_worker) /* each maps the inputs of all */
    o->worker_as_limit += (b->workers - 1) * LIMIT_INPUTS_PER_WORKER * inputs_stride (p->chunk);
  o->deadline_ns = (uint64_t)p->deadline_ns;
  o->expansion = p->expansion;
  o->retry_ns = p->sink_retry_ns;
  o->stop_ns = p->stop_ns;
  o->spool = p->spool;
  o->decode_by_magic = p->decode.by_magic;
  o->decode_window = bound_decode_window (p);
  o->decode_max_size = p->decode.max_size;
  o->decode_max_ratio = p->decode.max_ratio;
  o->decode_max_members = p->decode.max_members;
  o->decode_max_nesting = p->decode.max_nesting;
  o->window = bound_window (p);
  o->spool_reserve = bound_spool_reserve (p);
}

/* What run_opts borrows from here. */
struct borrowed
{
  char *source, *keyholder;
  struct run_plugin keys;
  const char **key_reads;
  size_t n_key_reads;
  struct run_plugin *decoders, *filters;
  struct run_sink *sinks;
  const char **dirs;
  size_t n_own; /* the last of dirs are ours to free */
  size_t n_dirs;
};

/* A file or directory that an option names, for a process that may read nothing else; NULL: it names none. Caller frees. */
static char *
named (const struct plan_plugin *p, const struct opt_desc *o)
{
  const char *path = o->type == PEN_PATH || o->type == PEN_SECRET ? optset_get (&p->opts, o->name) : NULL;

  if (o->type == PEN_PATH && !path)
    path = o->def;
  if (o->type == PEN_SECRET)
    path = path && !strncmp (path, "file:", 5) ? path + 5 : NULL;
  if (!path || !*path)
    return NULL;
  return *path == '/' ? xstrdup (path) : xasprintf ("%s/%s", p->opts.base, path);
}

static const char **
add_paths (const char **list, size_t *n, const struct plan_plugin *p)
{
  for (size_t i = 0; p->desc && i < p->desc->options.n; i++)
    {
      char *path = named (p, &p->desc->options.v[i]);
      if (!path)
        continue;
      list = xrealloc (list, (*n + 2) * sizeof *list);
      list[(*n)++] = path;
      list[*n] = NULL;
    }
  return list;
}

/* What the parser's path options name, it may read while it is created: its schemas and definitions. */
static void
lend_paths (struct borrowed *w, const struct plan_plugin *p)
{
  size_t before = w->n_dirs;

  w->dirs = add_paths (w->dirs, &w->n_dirs, p);
  w->n_own += w->n_dirs - before;
}

/* The decoder that holds keys is another process's; that reads its own plugin, keyring and passphrase, and no other. */
static size_t
lend_decoders (struct borrowed *w, struct run_opts *o, const struct plan_set *s, const struct plan *p)
{
  size_t n = 0;

  w->decoders = xcalloc (p->n_decoders, sizeof *w->decoders);
  w->key_reads = xcalloc (2, sizeof *w->key_reads);
  for (size_t i = 0; i < p->n_decoders; i++)
    if (!p->decoders[i].desc || !p->decoders[i].desc->decoder.keys)
      w->decoders[n++] = plugin_of (&p->decoders[i]);
    else
      {
        w->keyholder = sibling (s->describer.worker, "penstock-keyholder");
        w->keys = plugin_of (&p->decoders[i]);
        w->key_reads[w->n_key_reads++] = xstrdup (p->decoders[i].path);
        w->key_reads = add_paths (w->key_reads, &w->n_key_reads, &p->decoders[i]);
        o->keys = &w->keys;
        o->keyholder = w->keyholder;
      }
  o->key_reads = w->key_reads;
  return n;
}

static void
lend (struct borrowed *w, struct run_opts *o, const struct plan_set *s, const struct plan *p, const struct bound *b)
{
  memset (w, 0, sizeof *w);
  w->source = sibling (s->describer.worker, "penstock-source");
  o->n_decoders = lend_decoders (w, o, s, p);
  w->filters = xcalloc (p->n_filters, sizeof *w->filters);
  w->sinks = xcalloc (p->n_sinks, sizeof *w->sinks);
  w->dirs = xcalloc (s->dirs.n + 1, sizeof *w->dirs);
  for (size_t i = 0; i < s->dirs.n; i++)
    w->dirs[i] = s->dirs.v[i];
  w->n_dirs = s->dirs.n;
  w->n_own = 0;
  lend_paths (w, &p->parser);
  for (size_t i = 0; i < p->n_filters; i++)
    w->filters[i] = plugin_of (&p->filters[i]);
  for (size_t i = 0; i < p->n_sinks; i++)
    w->sinks[i] = (struct run_sink){ .name = p->sinks[i].name,
                                     .sink = plugin_of (&p->sinks[i].plugin),
                                     .encoder = plugin_of (&p->sinks[i].encoder),
                                     .tables = (const char *const *)p->sinks[i].tables,
                                     .n_tables = p->sinks[i].n_tables };
  fill (o, s, p, b);
  o->source_program = w->source;
  o->plugin_dirs = w->dirs;
  o->decoders = w->decoders;
  o->filters = w->filters;
  o->n_filters = p->n_filters;
  o->sinks = w->sinks;
  o->n_sinks = p->n_sinks;
}

static void
take_back (struct borrowed *w)
{
  free (w->source);
  free (w->keyholder);
  while (w->n_key_reads)
    free ((char *)(uintptr_t)w->key_reads[--w->n_key_reads]);
  free (w->key_reads);
  free (w->decoders);
  free (w->filters);
  free (w->sinks);
  while (w->n_own--)
    free ((char *)(uintptr_t)w->dirs[--w->n_dirs]);
  free (w->dirs);
}

enum run_status
run_plan (const struct plan_set *s, const struct plan *p, const struct run_reporter *reporter,
          struct run_result *result)
{
  struct run_opts o = { .log = reporter->log, .progress = reporter->progress, .ctx = reporter->ctx };
  struct borrowed w;
  struct machine m;
  struct bound b;
  struct err e;

  o.follow = reporter->follow;
  o.drains = reporter->drains;

  memset (result, 0, sizeof *result);
  machine_read (&m, "");
  if (bound_compute (&b, p, &m, &e) == -1)
    {
      reporter->log (reporter->ctx, PEN_LOG_ERROR, e.text);
      return result->status = RUN_CONFIG;
    }
  lend (&w, &o, s, p, &b);
  run_pipeline (&o, result);
  take_back (&w);
  return result->status;
}

/* For what a source and a keyholder say: they are not started by the probe of everything else. */
struct asked
{
  const struct run_reporter *reporter;
  const struct plan *plan;
  const char *kind, *plugin;
  int errors;
};

static void
answered (void *ctx, int is_error, const char *text)
{
  struct asked *a = ctx;
  CLEANUP_FREE char *line = xasprintf ("%s: %s \"%s\": %s", a->plan->where, a->kind, a->plugin, text);

  a->errors |= is_error;
  a->reporter->log (a->reporter->ctx, is_error ? PEN_LOG_ERROR : PEN_LOG_WARN, line);
}

static int
ask_source (const struct run_opts *o, const struct plan *p, const struct run_reporter *reporter)
{
  struct asked a = { reporter, p, "source", p->source.name, 0 };
  struct err e;

  if (source_check (o->source_program, p->source.path, &p->source.opts, answered, &a, &e) == -1)
    answered (&a, 1, e.text);
  return a.errors ? -1 : 0;
}

/* A warning: the machine that checks need not be the one that has the keys. */
static void
look_for_keys (const struct borrowed *w, const struct plan *p, const struct run_reporter *reporter)
{
  struct asked a = { reporter, p, "decoder", "", 0 };

  for (size_t i = 0; i < p->n_decoders; i++)
    if (p->decoders[i].desc && p->decoders[i].desc->decoder.keys)
      a.plugin = p->decoders[i].name;
  for (size_t i = 0; i < w->n_key_reads; i++)
    if (access (w->key_reads[i], F_OK) == -1)
      {
        CLEANUP_FREE char *text = xasprintf ("%s: %s", w->key_reads[i], strerror (errno));
        answered (&a, 0, text);
      }
}

int
run_plan_check (const struct plan_set *s, const struct plan *p, const struct run_reporter *reporter)
{
  struct run_opts o = { .log = reporter->log, .ctx = reporter->ctx };
  struct run_result result;
  struct schema *schema;
  int rc;
  struct borrowed w;
  struct machine m;
  struct bound b;

  machine_read (&m, "");
  bound_compute (&b, p, &m, NULL);
  lend (&w, &o, s, p, &b);
  rc = ask_source (&o, p, reporter);
  look_for_keys (&w, p, reporter);
  schema = run_probe (&o, &result);
  take_back (&w);
  schema_free (schema);
  return schema ? rc : -1;
}
