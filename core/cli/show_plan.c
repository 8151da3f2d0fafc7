/* SPDX-License-Identifier: Apache-2.0 */
/* show_plan.c - a resolved plan as text: every option with its value, secrets as ***. */
#include "core/cli/show_plan.h"

#include "core/base/escape.h"
#include "core/base/secret.h"
#include "core/base/units.h"

#include <string.h>

static void
put_value (FILE *out, const struct opt_desc *d, const char *value)
{
  if (d->type == PEN_SECRET)
    fputs (SECRET_SHOWN, out);
  else
    escape_json (out, value);
}

/* `path = "in.csv"`, or the default with a remark. */
static void
show_option (const struct optset *set, const struct opt_desc *d, const char *indent, FILE *out)
{
  bool written = false;

  for (size_t i = 0; i < set->n; i++)
    if (strcmp (set->v[i].name, d->name) == 0)
      {
        fprintf (out, written ? ", " : "%s%s = ", indent, d->name);
        if (set->v[i].empty)
          fputs ("(empty)", out);
        else
          put_value (out, d, set->v[i].value);
        written = true;
      }
  if (!written && d->def)
    {
      fprintf (out, "%s%s = ", indent, d->name);
      put_value (out, d, d->def);
      fputs ("  (default)", out);
      written = true;
    }
  if (written)
    putc ('\n', out);
}

static void
show_plugin (const struct plan_plugin *pp, const char *what, const char *indent, FILE *out)
{
  char deeper[16];

  if (!pp->name)
    return;
  fprintf (out, "%s%s %s %s  (%s)\n", indent, what, pp->name, pp->desc->version, pp->path);
  snprintf (deeper, sizeof deeper, "%s  ", indent);
  for (size_t i = 0; i < pp->desc->options.n; i++)
    show_option (&pp->opts, &pp->desc->options.v[i], deeper, out);
}

static void
show_settings (const struct plan *p, FILE *out)
{
  static const char *const duplicates[] = { "skip", "process", "reject" };
  static const char *const on_reject[] = { "quarantine", "reject-object", "fail" };
  char a[UNITS_TEXT];

  if (p->state)
    fprintf (out, "  state %s\n", p->state);
  fprintf (out, "  duplicates %s, lineage %s, commit %s, jail %s, isolate %s\n", duplicates[p->duplicates],
           p->lineage ? "on" : "off", p->commit == PEN_COMMIT_OBJECT ? "object" : "chunk",
           p->best_effort ? "best-effort" : "enforce", p->fresh_worker ? "object" : "pipeline");
  fprintf (out, "  chunk %s", units_size_text (a, p->chunk));
  fprintf (out, ", deadline %s", units_duration_text (a, p->deadline_ns));
  fprintf (out, ", sink_retry %s", units_duration_text (a, p->sink_retry_ns));
  fprintf (out, ", stop %s\n", units_duration_text (a, p->stop_ns));
  fprintf (out, "  on_reject %s, max_error_rate %u.%04u%%, require_balance %s, keep_findings %llu\n",
           on_reject[p->on_reject], p->error_ppm / 10000, p->error_ppm % 10000, p->require_balance ? "on" : "off",
           (unsigned long long)p->keep_findings);
}

static void
show_schedule (const struct plan *p, FILE *out)
{
  const struct schedule *s = &p->schedule;
  char a[UNITS_TEXT];

  if (s->follow)
    fputs ("  serve: follows", out);
  else if (s->has_cron)
    fprintf (out, "  serve: at \"%s\", %s%s", s->cron_text, *s->zone ? "time of " : "the system's time", s->zone);
  else
    fprintf (out, "  serve: every %s", units_duration_text (a, s->every_ns));
  if (s->jitter_ns)
    fprintf (out, ", put off by up to %s", units_duration_text (a, s->jitter_ns));
  if (s->max_run_ns)
    fprintf (out, ", for %s at most", units_duration_text (a, s->max_run_ns));
  fprintf (out, "; after failures again from %s on", units_duration_text (a, s->retry_ns));
  if (p->quota.workers)
    fprintf (out, "; %u workers at most", p->quota.workers);
  if (p->quota.memory)
    fprintf (out, "; %s of memory at most", units_size_text (a, p->quota.memory));
  fprintf (out, "%s\n", p->quota.is_reserved ? "; reserved" : "");
}

void
show_plan (const struct plan *p, FILE *out)
{
  fprintf (out, "pipeline \"%s\"  (%s)\n", p->name, p->where);
  show_settings (p, out);
  if (p->state)
    show_schedule (p, out);
  show_plugin (&p->source, "source", "  ", out);
  show_plugin (&p->parser, "parser", "  ", out);
  for (size_t i = 0; i < p->n_filters; i++)
    show_plugin (&p->filters[i], "filter", "  ", out);
  for (size_t i = 0; i < p->n_sinks; i++)
    {
      const struct plan_sink *k = &p->sinks[i];

      fprintf (out, "  sink \"%s\"", k->name);
      for (size_t t = 0; t < k->n_tables; t++)
        fprintf (out, "%s%s", t ? ", " : ": tables ", k->tables[t]);
      putc ('\n', out);
      show_plugin (&k->encoder, "encoder", "    ", out);
      show_plugin (&k->plugin, "sink", "    ", out);
    }
}
