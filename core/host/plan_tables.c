/* SPDX-License-Identifier: Apache-2.0 */
/* plan_tables.c - checks of a plan that need the parser's schemas, which only a worker knows. */
#include "core/host/plan_int.h"

#include "core/base/escape.h"

#include <stdlib.h>
#include <string.h>

static bool
has_table (const struct plan_table *t, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++)
    if (strcmp (t[i].name, name) == 0)
      return true;
  return false;
}

static void
check_selection (const struct plan *p, const struct plan_sink *k, const struct plan_table *t, size_t n,
                 struct plan_report *pr)
{
  const char **names = xcalloc (n + 1, sizeof *names);
  char hint[PLAN_HINT], shown[ESCAPE_MAX];

  for (size_t i = 0; i < n; i++)
    names[i] = t[i].name;
  for (size_t i = 0; i < k->n_tables; i++)
    {
      escape_text (shown, sizeof shown, k->tables[i], strlen (k->tables[i]));
      if (!has_table (t, n, k->tables[i]))
        plan_say (pr, true, "%s: sink \"%s\": tables: parser \"%s\" has no table \"%s\"%s", k->where, k->name,
                  p->parser.name, shown, plan_hint (hint, k->tables[i], names));
      for (size_t j = 0; j < i; j++)
        if (strcmp (k->tables[i], k->tables[j]) == 0)
          plan_say (pr, true, "%s: sink \"%s\": tables: \"%s\" is named twice", k->where, k->name, shown);
    }
  free (names);
}

int
plan_check_tables (const struct plan *p, const struct plan_table *t, size_t n, const int *per_table,
                   const struct opt_report *r, struct err *e)
{
  struct plan_report pr = { r, e, 0 };

  for (size_t i = 0; i < p->n_sinks; i++)
    {
      const struct plan_sink *k = &p->sinks[i];
      size_t chosen = k->n_tables ? k->n_tables : n;

      check_selection (p, k, t, n, &pr);
      if (chosen > 1 && !per_table[i] && !k->encoder.desc->encoder.merges)
        plan_say (
            &pr, true,
            "%s: sink \"%s\": encoder \"%s\" cannot put %zu tables into one stream; choose one by tables = [ \"%s\" "
            "] or give each a stream of its own, with {table} in the path",
            k->where, k->name, k->encoder.name, chosen, k->n_tables ? k->tables[0] : t[0].name);
    }
  return pr.errors ? -1 : 0;
}
