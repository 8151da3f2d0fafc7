/* SPDX-License-Identifier: Apache-2.0 */
/* plan_resolve.c - from a plugin's name and written options to its file, its description and checked options. */
#include "core/host/plan_int.h"

#include "core/base/cleanup.h"
#include "core/base/escape.h"
#include "core/base/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
plan_say (struct plan_report *pr, bool is_error, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  if (is_error && pr->errors++ == 0)
    err_set (pr->e, "%s", text);
  if (pr->r)
    pr->r->say (pr->r->ctx, is_error, text);
  return is_error ? -1 : 0;
}

char *
plan_hint (char buf[PLAN_HINT], const char *wrong, const char *const *known)
{
  const char *best = nearest_of (wrong, known);

  buf[0] = '\0';
  if (best)
    snprintf (buf, PLAN_HINT, "; did you mean \"%s\"?", best);
  return buf;
}

/* ---- finding, with a hint when there is a plugin of nearly that name ---- */

static int
offer_name (void *ctx, const char *name, const char *path)
{
  struct nearest *near = ctx;
  const char *before = near->best;

  (void)path;
  nearest_offer (near, name);
  if (near->best == name)
    {
      near->best = xstrdup (name); /* the name is gone when we return */
      free ((char *)before);
    }
  return 0;
}

/* A source and a sink may share a name ("file"): then one of them is in KIND-NAME.so. */
static char *
find (struct plan_set *s, const char *name, unsigned kind, struct err *e)
{
  CLEANUP_FREE char *with_kind = kind ? xasprintf ("%s-%s", plugin_kind_name (kind), name) : NULL;
  char *path = with_kind ? plugin_dirs_find (&s->dirs, with_kind, NULL) : NULL;
  struct nearest near;

  if (!path)
    path = plugin_dirs_find (&s->dirs, name, e);
  if (path)
    return path;
  nearest_init (&near, name);
  plugin_dirs_each (&s->dirs, offer_name, &near);
  if (near.best)
    {
      size_t n = strlen (e->text);

      snprintf (e->text + n, sizeof e->text - n, "; did you mean \"%s\"?", near.best);
      free ((char *)near.best);
    }
  return NULL;
}

static const struct plugin_desc *
describe_once (struct plan_set *s, const char *path, struct err *e)
{
  struct plugin_desc *d;

  for (size_t i = 0; i < s->n_descs; i++)
    if (strcmp (s->descs[i]->path, path) == 0)
      return s->descs[i];
  d = describe_plugin (&s->describer, path, e);
  if (!d)
    return NULL;
  s->descs = xrealloc (s->descs, (s->n_descs + 1) * sizeof (struct plugin_desc *));
  s->descs[s->n_descs++] = d;
  return d;
}

const struct plugin_desc *
plan_describe_path (struct plan_set *s, const char *path, struct err *e)
{
  return describe_once (s, path, e);
}

const struct plugin_desc *
plan_describe (struct plan_set *s, const char *name, unsigned kind, struct err *e)
{
  CLEANUP_FREE char *path = find (s, name, kind, e);

  return path ? describe_once (s, path, e) : NULL;
}

/* ---- one plugin in its place ---- */

static int
check_kind (const struct plugin_desc *d, unsigned kind, const struct optset *opts, struct plan_report *pr)
{
  char have[KINDS_TEXT];

  if (d->kinds & kind)
    return 0;
  return plan_say (pr, true, "%s: %s: plugin \"%s\" is no %s but: %s", opts->where, opts->owner, d->name,
                   plugin_kind_name (kind), plugin_kinds_text (have, d->kinds));
}

int
plan_resolve (struct plan_set *s, struct plan_plugin *pp, const char *name, unsigned kind, struct optset *opts,
              struct plan_report *pr)
{
  struct err e;

  pp->name = xstrdup (name);
  pp->kind = kind;
  pp->opts = *opts;
  pp->path = find (s, name, kind, &e);
  pp->desc = pp->path ? describe_once (s, pp->path, &e) : NULL;
  if (!pp->desc)
    return plan_say (pr, true, "%s: %s: %s", opts->where, opts->owner, e.text);
  if (check_kind (pp->desc, kind, opts, pr) == -1)
    return -1;
  if (options_check (&pp->desc->options, opts, pr->r, &e) == 0)
    return 0;
  /* the report has it already */
  if (pr->errors++ == 0)
    err_set (pr->e, "%s", e.text);
  return -1;
}

int
plan_resolve_section (struct plan_set *s, struct plan_plugin *pp, const struct config_node *section, unsigned kind,
                      const char *dir, const char *const *reserved, struct plan_report *pr)
{
  const struct config_node *name;
  CLEANUP_FREE char *owner = NULL;
  char shown[ESCAPE_MAX];
  struct optset opts;
  struct err e;

  if (section->type != CONFIG_GROUP)
    return plan_say (pr, true, "%s: %s: a group { plugin = \"NAME\"; ... } is expected", section->where,
                     plugin_kind_name (kind));
  name = config_get (section, "plugin");
  if (!name || name->type != CONFIG_VALUE)
    return plan_say (pr, true, "%s: %s: plugin: is required: the name of a plugin", section->where,
                     plugin_kind_name (kind));
  owner = xasprintf ("%s \"%s\"", plugin_kind_name (kind),
                     escape_text (shown, sizeof shown, name->value, strlen (name->value)));
  optset_init (&opts, owner, section->where, dir);
  if (config_flatten (section, reserved, &opts, &e) == -1)
    {
      optset_fini (&opts);
      return plan_say (pr, true, "%s", e.text);
    }
  return plan_resolve (s, pp, name->value, kind, &opts, pr);
}

void
plan_plugin_fini (struct plan_plugin *pp)
{
  free (pp->name);
  free (pp->path);
  optset_fini (&pp->opts);
  memset (pp, 0, sizeof *pp);
}
