/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.c - which version of which configuration file is in force: a bad one never replaces a good one. Pure. */
#include "core/serve/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- versions ---- */

struct version *
version_create (const char *path, int fd, const uint64_t digest[2], struct facts **facts, size_t n)
{
  struct version *v = xcalloc (1, sizeof *v);

  v->refs = 1;
  v->path = xstrdup (path);
  v->fd = fd;
  v->digest[0] = digest[0];
  v->digest[1] = digest[1];
  v->facts = facts;
  v->n = n;
  return v;
}

struct version *
version_ref (struct version *v)
{
  v->refs++;
  return v;
}

void
version_unref (struct version *v)
{
  if (!v || --v->refs)
    return;
  for (size_t i = 0; i < v->n; i++)
    facts_free (v->facts[i]);
  free (v->facts);
  free (v->path);
  if (v->fd != -1)
    close (v->fd);
  free (v);
}

/* ---- files ---- */

static void
file_free (struct catalog_file *f)
{
  version_unref (f->current);
  version_unref (f->candidate);
  free (f->path);
  free (f);
}

void
catalog_fini (struct catalog *c)
{
  for (size_t i = 0; i < c->n; i++)
    file_free (c->v[i]);
  free (c->v);
  memset (c, 0, sizeof *c);
}

void
catalog_begin (struct catalog *c)
{
  for (size_t i = 0; i < c->n; i++)
    {
      c->v[i]->is_listed = false;
      c->v[i]->why[0] = '\0';
      c->v[i]->is_said = false;
      version_unref (c->v[i]->candidate);
      c->v[i]->candidate = NULL;
    }
}

struct catalog_file *
catalog_list (struct catalog *c, const char *path)
{
  struct catalog_file *f;

  for (size_t i = 0; i < c->n; i++)
    if (strcmp (c->v[i]->path, path) == 0)
      {
        c->v[i]->is_listed = true;
        return c->v[i];
      }
  f = xcalloc (1, sizeof *f);
  f->path = xstrdup (path);
  f->is_listed = true;
  c->v = xrealloc (c->v, (c->n + 1) * sizeof (struct catalog_file *));
  c->v[c->n++] = f;
  return f;
}

/* ---- coming into force ---- */

/* Does v share a name or a state directory with w? Says which. */
static bool
collides (const struct version *v, const struct version *w, char *why, size_t cap)
{
  for (size_t i = 0; i < v->n; i++)
    for (size_t k = 0; k < w->n; k++)
      {
        const struct facts *a = v->facts[i], *b = w->facts[k];

        if (strcmp (a->name, b->name) == 0)
          snprintf (why, cap, "%s: pipeline \"%s\": has the name of the pipeline at %s", a->where, a->name, b->where);
        else if (strcmp (a->state, b->state) == 0)
          snprintf (why, cap, "%s: pipeline \"%s\": state: %s is the state of pipeline \"%s\" (%s)", a->where, a->name,
                    a->state, b->name, b->where);
        else
          continue;
        return true;
      }
  return false;
}

/* What all other files have in force is what a candidate must get along with. */
static bool
is_acceptable (const struct catalog *c, const struct catalog_file *f, char *why, size_t cap)
{
  for (size_t i = 0; i < c->n; i++)
    if (c->v[i] != f && c->v[i]->current && collides (f->candidate, c->v[i]->current, why, cap))
      return false;
  return true;
}

static void
drop_unlisted (struct catalog *c)
{
  size_t kept = 0;

  for (size_t i = 0; i < c->n; i++)
    if (c->v[i]->is_listed)
      c->v[kept++] = c->v[i];
    else
      file_free (c->v[i]);
  c->n = kept;
}

/* A pipeline may move from one file to another: the file that loses it must be in force first, so as long as one comes in, the
 * others are tried again. */
void
catalog_settle (struct catalog *c)
{
  bool again = true;

  drop_unlisted (c);
  while (again)
    {
      again = false;
      for (size_t i = 0; i < c->n; i++)
        {
          struct catalog_file *f = c->v[i];

          if (!f->candidate || !is_acceptable (c, f, f->why, sizeof f->why))
            continue;
          version_unref (f->current);
          f->current = f->candidate;
          f->candidate = NULL;
          f->why[0] = '\0';
          again = true;
        }
    }
  for (size_t i = 0; i < c->n; i++)
    {
      version_unref (c->v[i]->candidate);
      c->v[i]->candidate = NULL;
    }
}

const struct facts *
catalog_find (const struct catalog *c, const char *name, struct version **version)
{
  for (size_t i = 0; i < c->n; i++)
    for (size_t k = 0; c->v[i]->current && k < c->v[i]->current->n; k++)
      if (strcmp (c->v[i]->current->facts[k]->name, name) == 0)
        {
          if (version)
            *version = c->v[i]->current;
          return c->v[i]->current->facts[k];
        }
  return NULL;
}
