/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - checks written options against a plugin's table and fills the plugin's options struct from them. */
#include "core/base/options.h"

#include "core/base/escape.h"
#include "core/base/nearest.h"
#include "core/base/optvalue.h"
#include "core/base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- checking ---- */

struct check
{
  const struct optset *set;
  const struct opt_report *report;
  struct err *e;
  unsigned errors;
};

static void say (struct check *c, bool is_error, const char *where, const char *fmt, ...)
    __attribute__ ((format (printf, 4, 5)));

/* `where: owner: text`, to the report and, if it is the first error, to e. */
static void
say (struct check *c, bool is_error, const char *where, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX], line[2 * ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  snprintf (line, sizeof line, "%s%s%s%s%s", where, *where ? ": " : "", c->set->owner, *c->set->owner ? ": " : "",
            text);
  if (is_error && c->errors++ == 0)
    err_set (c->e, "%s", line);
  if (c->report)
    c->report->say (c->report->ctx, is_error, line);
}

static void
unknown_option (struct check *c, const struct opt_table *t, const struct opt_pair *p)
{
  char shown[ESCAPE_MAX];
  struct nearest near;

  escape_text (shown, sizeof shown, p->name, strlen (p->name));
  nearest_init (&near, p->name);
  for (size_t i = 0; i < t->n; i++)
    nearest_offer (&near, t->v[i].name);
  if (near.best)
    say (c, true, p->where, "unknown option \"%s\"; did you mean \"%s\"?", shown, near.best);
  else if (t->n == 0)
    say (c, true, p->where, "unknown option \"%s\"; it has no options", shown);
  else
    say (c, true, p->where, "unknown option \"%s\"", shown);
}

static const struct opt_pair *
earlier_pair (const struct optset *set, size_t i)
{
  for (size_t j = 0; j < i; j++)
    if (strcmp (set->v[j].name, set->v[i].name) == 0)
      return &set->v[j];
  return NULL;
}

static void
check_pair (struct check *c, const struct opt_table *t, size_t i)
{
  const struct opt_pair *p = &c->set->v[i], *earlier = earlier_pair (c->set, i);
  const struct opt_desc *d = opt_table_find (t, p->name);
  struct err why;
  int64_t v;

  if (!d)
    {
      if (!earlier) /* a list of an unknown name is one mistake */
        unknown_option (c, t, p);
      return;
    }
  if (p->empty && d->type != PEN_LIST)
    say (c, true, p->where, "%s: one %s is expected, not an empty list", d->name, opt_type_name (d->type));
  else if (earlier && d->type != PEN_LIST)
    say (c, true, p->where, "%s: has a value already (%s); one is expected", d->name, earlier->where);
  else if (!p->empty && opt_value_parse (d, p->value, &v, &why) == -1)
    say (c, true, p->where, "%s: %s", d->name, why.text);
  if ((d->flags & PEN_OPT_DEPRECATED) && !earlier)
    say (c, false, p->where, "%s: is deprecated%s%s", d->name, d->doc ? ": " : "", d->doc ? d->doc : "");
}

static bool
is_written (const struct optset *set, const char *name)
{
  for (size_t i = 0; i < set->n; i++)
    if (strcmp (set->v[i].name, name) == 0)
      return true;
  return false;
}

int
options_check (const struct opt_table *t, const struct optset *set, const struct opt_report *r, struct err *e)
{
  struct check c = { set, r, e, 0 };

  for (size_t i = 0; i < set->n; i++)
    check_pair (&c, t, i);
  for (size_t i = 0; i < t->n; i++)
    if ((t->v[i].flags & PEN_OPT_REQUIRED) && !is_written (set, t->v[i].name))
      say (&c, true, set->where, "%s: is required%s%s", t->v[i].name, t->v[i].doc ? ": " : "",
           t->v[i].doc ? t->v[i].doc : "");
  return c.errors ? -1 : 0;
}

/* ---- filling ---- */

struct options_owned
{
  void *p;
  bool secret;
};

struct fill
{
  const struct optset *set;
  const struct opt_report *report;
  unsigned flags;
  struct options *out;
  struct err *e;
};

static void *
own (struct options *o, void *p, bool secret)
{
  o->owned = xrealloc (o->owned, (o->n_owned + 1) * sizeof *o->owned);
  o->owned[o->n_owned].p = p;
  o->owned[o->n_owned++].secret = secret;
  return p;
}

static int
fill_secret (struct fill *f, const struct opt_desc *d, const char *text, const char *where, const char **to)
{
  struct check c = { f->set, f->report, f->e, 0 };
  struct err why;
  int readable;
  char *secret;

  if (!(f->flags & OPTIONS_SECRETS))
    {
      *to = own (f->out, xstrdup (SECRET_SHOWN), false);
      return 0;
    }
  if (secret_read (text, f->set->base, &secret, &readable, &why) == -1)
    {
      say (&c, true, where, "%s: %s", d->name, why.text);
      return -1;
    }
  if (readable)
    say (&c, false, where, "%s: every user of this machine can read the secret's file", d->name);
  *to = own (f->out, secret, true);
  return 0;
}

/* One text of a scalar type into its place; it has been checked. */
static int
fill_scalar (struct fill *f, const struct opt_desc *d, const char *text, const char *where, void *place)
{
  int64_t v;

  if (opt_value_parse (d, text, &v, f->e) == -1)
    return -1;
  switch (d->type)
    {
    case PEN_BOOL:
      *(bool *)place = v != 0;
      return 0;
    case PEN_ENUM:
      *(int *)place = (int)v;
      return 0;
    case PEN_STRING:
      *(const char **)place = own (f->out, xstrdup (text), false);
      return 0;
    case PEN_PATH:
      *(const char **)place = own (
          f->out, *text == '/' || !*f->set->base ? xstrdup (text) : xasprintf ("%s/%s", f->set->base, text), false);
      return 0;
    case PEN_SECRET:
      return fill_secret (f, d, text, where, place);
    default:
      *(int64_t *)place = v;
      return 0;
    }
}

static void
fill_list (struct fill *f, const struct opt_desc *d, bool written, struct pen_list *list)
{
  const char **item;
  const char *w;
  size_t n = 0, len;

  for (size_t i = 0; i < f->set->n; i++)
    n += strcmp (f->set->v[i].name, d->name) == 0;
  for (size_t i = 0; !written && d->def && *d->def && opt_word (d->def, ',', i, &len); i++)
    n++;
  item = own (f->out, xcalloc (n, sizeof *item), false);
  list->item = item;
  list->n = 0;
  for (size_t i = 0; i < f->set->n; i++)
    if (strcmp (f->set->v[i].name, d->name) == 0 && !f->set->v[i].empty)
      item[list->n++] = own (f->out, xstrdup (f->set->v[i].value), false);
  for (size_t i = 0; !written && d->def && *d->def && (w = opt_word (d->def, ',', i, &len)); i++)
    item[list->n++] = own (f->out, xasprintf ("%.*s", (int)len, w), false);
}

static int
fill_one (struct fill *f, const struct opt_desc *d)
{
  const struct opt_pair *p = NULL;
  void *place = (char *)f->out->data + d->offset;

  for (size_t i = 0; i < f->set->n && !p; i++)
    if (strcmp (f->set->v[i].name, d->name) == 0)
      p = &f->set->v[i];
  if (d->type == PEN_LIST)
    fill_list (f, d, p != NULL, place);
  else if (p)
    return fill_scalar (f, d, p->value, p->where, place);
  else if (d->def)
    return fill_scalar (f, d, d->def, f->set->where, place);
  return 0;
}

int
options_fill (const struct pen_plugin *p, const struct optset *set, unsigned flags, const struct opt_report *r,
              struct options *out, struct err *e)
{
  struct options o = { NULL, 0, NULL };
  struct fill f = { set, r, flags, &o, e };
  struct opt_table t;
  int rc;

  if (opt_table_read (p, &t, e) == -1)
    return err_prefix (e, "%s", set->owner);
  rc = options_check (&t, set, r, e);
  if (rc == 0)
    o.data = xcalloc (1, p->options_size);
  for (size_t i = 0; rc == 0 && i < t.n; i++)
    rc = fill_one (&f, &t.v[i]);
  opt_table_fini (&t);
  if (rc == -1)
    options_free (&o);
  else
    *out = o;
  return rc;
}

void
options_free (struct options *o)
{
  for (size_t i = 0; i < o->n_owned; i++)
    if (o->owned[i].secret)
      secret_free (o->owned[i].p);
    else
      free (o->owned[i].p);
  free (o->owned);
  free (o->data);
  memset (o, 0, sizeof *o);
}
