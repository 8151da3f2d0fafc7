/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - reads the pipelines of a configuration file. */
#include "core/host/plan_int.h"

#include "core/base/cleanup.h"
#include "core/base/escape.h"
#include "core/base/limits.h"
#include "core/base/units.h"
#include "core/host/bound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sets ---- */

void
plan_set_init (struct plan_set *s, const struct plugin_dirs *dirs, const char *libexec_dir)
{
  memset (s, 0, sizeof *s);
  for (size_t i = 0; i < dirs->n; i++)
    plugin_dirs_add (&s->dirs, dirs->v[i]);
  plugin_dirs_add (&s->dirs, PENSTOCK_PLUGINDIR);
  describer_init (&s->describer, libexec_dir);
}

void
plan_set_fini (struct plan_set *s)
{
  for (size_t i = 0; i < s->n; i++)
    plan_free (s->v[i]);
  free (s->v);
  for (size_t i = 0; i < s->n_descs; i++)
    plugin_desc_free (s->descs[i]);
  free (s->descs);
  plugin_dirs_fini (&s->dirs);
  describer_fini (&s->describer);
  memset (s, 0, sizeof *s);
}

void
plan_append (struct plan_set *s, struct plan *p)
{
  s->v = xrealloc (s->v, (s->n + 1) * sizeof (struct plan *));
  s->v[s->n++] = p;
}

static void
sink_fini (struct plan_sink *k)
{
  plan_plugin_fini (&k->plugin);
  plan_plugin_fini (&k->encoder);
  for (size_t i = 0; i < k->n_tables; i++)
    free (k->tables[i]);
  free (k->tables);
  free (k->name);
  free (k->where);
}

void
plan_free (struct plan *p)
{
  if (!p)
    return;
  plan_plugin_fini (&p->source);
  plan_plugin_fini (&p->parser);
  for (size_t i = 0; i < p->n_decoders; i++)
    plan_plugin_fini (&p->decoders[i]);
  for (size_t i = 0; i < p->n_filters; i++)
    plan_plugin_fini (&p->filters[i]);
  for (size_t i = 0; i < p->n_sinks; i++)
    sink_fini (&p->sinks[i]);
  free (p->decoders);
  free (p->filters);
  free (p->sinks);
  free (p->name);
  free (p->where);
  free (p->state);
  schedule_fini (&p->schedule);
  free (p);
}

/* ---- sections ---- */

struct loading
{
  struct plan_set *s;
  const struct config *c;
  struct plan_report *pr;
};

static const char *const plain_reserved[] = { "plugin", NULL };
static const char *const sink_reserved[] = { "plugin", "name", "encoder", "tables", NULL };

/* Keys of a group that are none of known. */
static void
check_keys (const struct config_node *group, const char *owner, const char *const *known, struct plan_report *pr)
{
  for (size_t i = 0; i < group->n; i++)
    {
      const char *key = group->child[i]->name;
      bool found = false;
      char hint[PLAN_HINT];

      for (const char *const *k = known; *k && !found; k++)
        found = strcmp (*k, key) == 0;
      if (!found)
        plan_say (pr, true, "%s: %s: unknown key \"%s\"%s", group->child[i]->where, owner, key,
                  plan_hint (hint, key, known));
    }
}

/* A list of groups, or one group alone. *n of them, *items borrowed. */
static int
section_list (const struct loading *l, const struct config_node *pipeline, const char *key, size_t max,
              struct config_node *const **items, size_t *n)
{
  const struct config_node *node = config_get (pipeline, key);

  *n = 0;
  if (!node)
    return 0;
  if (node->type != CONFIG_LIST)
    return plan_say (l->pr, true, "%s: %s: a list ( { ... }, { ... } ) is expected", node->where, key);
  if (node->n > max)
    return plan_say (l->pr, true, "%s: %s: %zu of them, the limit is %zu", node->where, key, node->n, max);
  *items = node->child;
  *n = node->n;
  return 0;
}

static void
load_one (const struct loading *l, const struct config_node *pipeline, const char *key, unsigned kind,
          struct plan_plugin *pp)
{
  const struct config_node *node = config_get (pipeline, key);

  if (!node)
    plan_say (l->pr, true, "%s: pipeline: %s: is required: { plugin = \"NAME\"; ... }", pipeline->where, key);
  else
    plan_resolve_section (l->s, pp, node, kind, l->c->dir, plain_reserved, l->pr);
}

static void
load_decoders (const struct loading *l, const struct config_node *pipeline, struct plan *p)
{
  struct config_node *const *items = NULL;
  size_t n;

  if (section_list (l, pipeline, "decoders", 16, &items, &n) == -1 || n == 0)
    return;
  p->decoders = xcalloc (n, sizeof *p->decoders);
  for (size_t i = 0; i < n; i++)
    plan_resolve_section (l->s, &p->decoders[p->n_decoders++], items[i], KIND_DECODER, l->c->dir, plain_reserved,
                          l->pr);
  for (size_t i = 1; i < p->n_decoders; i++)
    if (p->decoders[i].desc && p->decoders[i].desc->decoder.keys)
      plan_say (l->pr, true,
                "%s: pipeline: decoders: \"%s\" holds keys: it has to be the first of them, and the only one that does",
                items[i]->where, p->decoders[i].name);
  if (p->commit == PEN_COMMIT_CHUNK)
    plan_say (
        l->pr, true,
        "%s: pipeline: decoders: commit = \"chunk\" has to know content before it reads it, which decoded objects "
        "do not allow; use commit = \"object\"",
        pipeline->where);
}

static void
load_filters (const struct loading *l, const struct config_node *pipeline, struct plan *p)
{
  struct config_node *const *items = NULL;
  size_t n;

  if (section_list (l, pipeline, "filters", 64, &items, &n) == -1)
    return;
  p->filters = xcalloc (n, sizeof *p->filters);
  for (size_t i = 0; i < n; i++)
    plan_resolve_section (l->s, &p->filters[p->n_filters++], items[i], KIND_FILTER, l->c->dir, plain_reserved, l->pr);
}

static void
load_tables (const struct loading *l, const struct config_node *section, struct plan_sink *k)
{
  const struct config_node *node = config_get (section, "tables");

  if (!node)
    return;
  if (node->type != CONFIG_LIST || node->n == 0 || node->n > LIMIT_TABLES)
    {
      plan_say (l->pr, true, "%s: sink \"%s\": tables: a list of 1 to %d names is expected", node->where, k->name,
                LIMIT_TABLES);
      return;
    }
  k->tables = xcalloc (node->n, sizeof *k->tables);
  for (size_t i = 0; i < node->n; i++)
    if (node->child[i]->type == CONFIG_VALUE)
      k->tables[k->n_tables++] = xstrdup (node->child[i]->value);
    else
      plan_say (l->pr, true, "%s: sink \"%s\": tables: the name of a table is expected", node->child[i]->where,
                k->name);
}

/* The section `encoder`, or the encoder that the sink itself prefers. */
static void
load_encoder (const struct loading *l, const struct config_node *section, struct plan_sink *k)
{
  const struct config_node *node = config_get (section, "encoder");
  CLEANUP_FREE char *owner = NULL;
  struct optset opts;

  if (node)
    {
      plan_resolve_section (l->s, &k->encoder, node, KIND_ENCODER, l->c->dir, plain_reserved, l->pr);
      return;
    }
  if (!k->plugin.desc || !k->plugin.desc->sink.default_encoder)
    return; /* reported already */
  owner = xasprintf ("encoder \"%s\"", k->plugin.desc->sink.default_encoder);
  optset_init (&opts, owner, section->where, l->c->dir);
  plan_resolve (l->s, &k->encoder, k->plugin.desc->sink.default_encoder, KIND_ENCODER, &opts, l->pr);
}

static void
load_sink (const struct loading *l, const struct config_node *section, struct plan_sink *k)
{
  const struct config_node *name = section->type == CONFIG_GROUP ? config_get (section, "name") : NULL;

  k->where = xstrdup (section->where);
  plan_resolve_section (l->s, &k->plugin, section, KIND_SINK, l->c->dir, sink_reserved, l->pr);
  if (name && name->type == CONFIG_VALUE && *name->value)
    k->name = xstrdup (name->value);
  else
    k->name = xstrdup (k->plugin.name ? k->plugin.name : "");
  if (section->type != CONFIG_GROUP)
    return;
  load_tables (l, section, k);
  load_encoder (l, section, k);
}

static void
load_sinks (const struct loading *l, const struct config_node *pipeline, struct plan *p)
{
  struct config_node *const *items = NULL;
  size_t n;

  if (section_list (l, pipeline, "sinks", LIMIT_STREAMS, &items, &n) == -1)
    return;
  if (n == 0)
    {
      plan_say (l->pr, true, "%s: pipeline: sinks: at least one is required", pipeline->where);
      return;
    }
  p->sinks = xcalloc (n, sizeof *p->sinks);
  for (size_t i = 0; i < n; i++)
    {
      struct plan_sink *k = &p->sinks[p->n_sinks++];

      load_sink (l, items[i], k);
      for (size_t j = 0; j < i; j++)
        if (*k->name && strcmp (p->sinks[j].name, k->name) == 0)
          {
            plan_say (l->pr, true, "%s: sink \"%s\": has the name of the sink at %s; give one of them a name = \"...\"",
                      k->where, k->name, p->sinks[j].where);
            break;
          }
    }
}

/* Two pipelines must share neither name nor state: the journal is theirs alone. */
static void
check_unique (const struct loading *l, const struct plan *p)
{
  for (size_t i = 0; i < l->s->n; i++)
    {
      const struct plan *q = l->s->v[i];

      if (strcmp (p->name, q->name) == 0)
        plan_say (l->pr, true, "%s: pipeline \"%s\": has the name of the pipeline at %s", p->where, p->name, q->where);
      else if (p->state && q->state && strcmp (p->state, q->state) == 0)
        plan_say (l->pr, true, "%s: pipeline \"%s\": state: %s is the state of pipeline \"%s\" (%s)", p->where, p->name,
                  p->state, q->name, q->where);
    }
}

static void
check_spool (const struct loading *l, const struct plan *p)
{
  char has[UNITS_TEXT], least[UNITS_TEXT];

  if (p->parser.desc && p->spool < 2 * bound_spool_reserve (p))
    plan_say (l->pr, true, "%s: pipeline: limits.spool: %s is too little for this parser and limits.chunk: at least %s",
              p->where, units_size_text (has, p->spool), units_size_text (least, 2 * bound_spool_reserve (p)));
}

static void
load_pipeline (const struct loading *l, const struct config_node *node)
{
  static const char *const sections[] = { "source", "decoders", "parser", "filters", "sinks" };
  const char *known[32];
  struct plan *p;
  unsigned before = l->pr->errors;
  size_t n = 0;

  if (node->type != CONFIG_GROUP)
    {
      plan_say (l->pr, true, "%s: pipeline: a group { name = \"...\"; ... } is expected", node->where);
      return;
    }
  for (const char *const *k = plan_settings_keys; *k; k++)
    known[n++] = *k;
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
    known[n++] = sections[i];
  known[n] = NULL;
  p = xcalloc (1, sizeof *p);
  check_keys (node, "pipeline", known, l->pr);
  plan_fingerprint (p, l->c, node);
  plan_settings (p, node, l->c->dir, l->pr);
  l->s->describer.best_effort = p->best_effort;
  load_one (l, node, "source", KIND_SOURCE, &p->source);
  load_one (l, node, "parser", KIND_PARSER, &p->parser);
  load_decoders (l, node, p);
  load_filters (l, node, p);
  load_sinks (l, node, p);
  if (p->name)
    check_unique (l, p);
  if (p->spool) /* the settings were good */
    check_spool (l, p);
  if (l->pr->errors == before)
    plan_append (l->s, p);
  else
    plan_free (p);
}

static void
load_dirs (const struct loading *l, const struct config_node *node)
{
  char *last;

  if (node->type != CONFIG_LIST)
    {
      plan_say (l->pr, true, "%s: plugin_dirs: a list of directories is expected", node->where);
      return;
    }
  /* before the directory compiled in, which is the last */
  last = l->s->dirs.v[--l->s->dirs.n];
  for (size_t i = 0; i < node->n; i++)
    {
      const struct config_node *d = node->child[i];
      CLEANUP_FREE char *dir = NULL;
      struct err e;

      if (d->type != CONFIG_VALUE || !*d->value)
        {
          plan_say (l->pr, true, "%s: plugin_dirs: a directory is expected", d->where);
          continue;
        }
      dir = *d->value == '/' ? xstrdup (d->value) : xasprintf ("%s/%s", l->c->dir, d->value);
      if (plugin_dir_check (dir, &e) == -1)
        plan_say (l->pr, true, "%s: plugin_dirs: %s", d->where, e.text);
      else
        plugin_dirs_add (&l->s->dirs, dir);
    }
  plugin_dirs_add (&l->s->dirs, last);
  free (last);
}

int
plan_from_config (struct plan_set *s, const struct config *c, const struct opt_report *r, struct err *e)
{
  static const char *const known[] = { "pipeline", "pipelines", "plugin_dirs", NULL };
  struct plan_report pr = { r, e, 0 };
  struct loading l = { s, c, &pr };
  const struct config_node *one = config_get (c->root, "pipeline"), *many = config_get (c->root, "pipelines"),
                           *dirs = config_get (c->root, "plugin_dirs");

  check_keys (c->root, "top of the file", known, &pr);
  if (dirs)
    load_dirs (&l, dirs);
  if (!one && !many)
    plan_say (&pr, true, "%s: no pipeline is described: pipeline = { ... } is expected", c->file);
  if (one)
    load_pipeline (&l, one);
  if (many && many->type != CONFIG_LIST)
    plan_say (&pr, true, "%s: pipelines: a list ( { ... }, { ... } ) is expected", many->where);
  for (size_t i = 0; many && many->type == CONFIG_LIST && i < many->n; i++)
    load_pipeline (&l, many->child[i]);
  return pr.errors ? -1 : 0;
}

int
plan_load (struct plan_set *s, const char *path, int packed, const struct opt_report *r, struct err *e)
{
  struct plan_report pr = { r, e, 0 };
  struct config *c;
  struct err why;
  int rc;

  c = packed == -1 ? config_load (path, &why) : config_load_packed (packed, path, &why);
  if (!c)
    return plan_say (&pr, true, "%s", why.text);
  rc = plan_from_config (s, c, r, e);
  config_free (c);
  return rc;
}
