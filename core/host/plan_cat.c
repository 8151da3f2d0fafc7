/* SPDX-License-Identifier: Apache-2.0 */
/* plan_cat.c - the plan of `penstock cat`, made from the command line instead of a file. */
#include "core/host/plan_int.h"

#include "core/base/cleanup.h"
#include "core/base/limits.h"

#include <string.h>

/* "key=value" texts, each from the option named `flag`. A repeated key is a list. */
static int
take_pairs (struct optset *set, const char *const *pairs, size_t n, const char *flag, struct plan_report *pr)
{
  struct err e;

  for (size_t i = 0; i < n; i++)
    {
      const char *eq = strchr (pairs[i], '=');
      CLEANUP_FREE char *key = NULL;

      if (!eq || eq == pairs[i])
        return plan_say (pr, true, "%s %s: KEY=VALUE is expected", flag, pairs[i]);
      key = xasprintf ("%.*s", (int)(eq - pairs[i]), pairs[i]);
      if (optset_add (set, key, eq + 1, flag, &e) == -1)
        return plan_say (pr, true, "%s", e.text);
    }
  return 0;
}

static int
resolve (struct plan_set *s, struct plan_plugin *pp, const char *name, unsigned kind, const char *const *pairs,
         size_t n, const char *flag, struct plan_report *pr)
{
  CLEANUP_FREE char *owner = xasprintf ("%s \"%s\"", plugin_kind_name (kind), name);
  CLEANUP_FREE char *cwd = getcwd (NULL, 0);
  struct optset opts;

  optset_init (&opts, owner, "command line", cwd ? cwd : "");
  if (take_pairs (&opts, pairs, n, flag, pr) == -1)
    {
      optset_fini (&opts);
      return -1;
    }
  return plan_resolve (s, pp, name, kind, &opts, pr);
}

struct plan *
plan_for_cat (struct plan_set *s, const struct cat_request *q, const struct opt_report *r, struct err *e)
{
  struct plan_report pr = { r, e, 0 };
  struct plan *p = xcalloc (1, sizeof *p);
  struct plan_sink *k;

  plan_settings_default (p);
  p->name = xstrdup ("cat");
  p->where = xstrdup ("command line");
  p->duplicates = PLAN_DUPLICATES_PROCESS;
  p->commit = PEN_COMMIT_CHUNK;
  p->lineage = q->lineage;
  p->best_effort = s->describer.best_effort = q->best_effort;
  p->keep_findings = UINT64_MAX;
  p->require_balance = true; /* rows are out before the totals are known, but the exit status tells */
  p->workers = q->workers;
  if (q->chunk > LIMIT_CHUNK_MAX)
    plan_say (&pr, true, "-c: %llu is outside 1..%llu", (unsigned long long)q->chunk, LIMIT_CHUNK_MAX);
  else if (q->chunk)
    p->chunk = q->chunk;
  p->sinks = k = xcalloc (1, sizeof *p->sinks);
  p->n_sinks = 1;
  k->name = xstrdup ("stdout");
  k->where = xstrdup ("command line");
  if (q->n_tables > LIMIT_TABLES)
    plan_say (&pr, true, "-t: %zu tables, the limit is %d", q->n_tables, LIMIT_TABLES);
  else
    {
      k->tables = xcalloc (q->n_tables, sizeof *k->tables);
      for (size_t i = 0; i < q->n_tables; i++)
        k->tables[k->n_tables++] = xstrdup (q->tables[i]);
    }
  resolve (s, &p->parser, q->parser, KIND_PARSER, q->options, q->n_options, "-O", &pr);
  resolve (s, &k->encoder, q->format ? q->format : "jsonl", KIND_ENCODER, q->format_options, q->n_format_options, "-F",
           &pr);
  if (pr.errors)
    {
      plan_free (p);
      return NULL;
    }
  plan_append (s, p);
  return p;
}
