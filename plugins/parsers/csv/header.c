/* SPDX-License-Identifier: Apache-2.0 */
/* header.c - compares the names in a file's header with the schema: the way from cells to columns, or a readable
 * difference. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "csv.h"

struct text
{
  char *p;
  size_t n, cap;
};

PEN_PRINTF (2, 3)
static void
add (struct text *t, const char *fmt, ...)
{
  va_list ap;
  int k;
  if (t->n + 1 >= t->cap)
    return;
  va_start (ap, fmt);
  k = vsnprintf (t->p + t->n, t->cap - t->n, fmt, ap);
  va_end (ap);
  if (k > 0)
    t->n = t->n + (size_t)k < t->cap ? t->n + (size_t)k : t->cap - 1;
}

/* Blanks around a name and letters' case do not count, _ - and blank are one. */
static size_t
loosen (const uint8_t *p, size_t n, uint8_t *to, size_t cap)
{
  size_t k = 0;
  while (n && (*p == ' ' || *p == '\t'))
    p++, n--;
  while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
    n--;
  for (size_t i = 0; i < n && k < cap; i++)
    to[k++] = p[i] >= 'A' && p[i] <= 'Z' ? (uint8_t)(p[i] | 0x20) : p[i] == ' ' || p[i] == '-' ? '_' : p[i];
  return k;
}

static bool
same_name (const struct csv *c, const struct csv_cell *cell, const struct csv_column *col)
{
  uint8_t a[256], b[256];
  size_t n = strlen (col->header), na, nb;

  if (cell->n == n && memcmp (cell->p, col->header, n) == 0)
    return true;
  if (c->o->header_match == MATCH_EXACT)
    return false;
  na = loosen (cell->p, cell->n, a, sizeof a);
  nb = loosen ((const uint8_t *)col->header, n, b, sizeof b);
  return na == nb && na < sizeof a && memcmp (a, b, na) == 0;
}

#define NAME(cell) (int)((cell)->n < 40 ? (cell)->n : 40), (const char *)(cell)->p

static void
describe (struct csv *c, const struct csv_cell *cells, size_t n, const uint16_t *of, struct text *t)
{
  size_t shown = 0, more = 0, moved = 0;

  add (t, "expected %zu columns, found %zu", c->n_cols, n);
  for (size_t i = 0; i < c->n_cols; i++)
    if (of[i] == 0xffff && ++shown <= 8)
      add (t, "; - \"%s\" is missing (expected as column %zu)", c->col[i].header, i + 1);
    else
      more += of[i] == 0xffff;
  for (size_t k = 0; k < n; k++)
    {
      bool known = false;
      for (size_t i = 0; i < c->n_cols && !known; i++)
        known = of[i] == k;
      if (!known && ++shown <= 12)
        add (t, "; + column %zu \"%.*s\" is not in the schema", k + 1, NAME (&cells[k]));
      else
        more += !known;
    }
  for (size_t i = 0; i < c->n_cols; i++)
    if (of[i] != 0xffff && of[i] != i && !shown && ++moved <= 8)
      add (t, "; ~ \"%s\" is column %u, expected as column %zu", c->col[i].header, of[i] + 1u, i + 1);
  if (more)
    add (t, "; and %zu more", more);
}

bool
csv_header_map (struct csv *c, const struct csv_cell *cells, size_t n, char *diff, size_t cap, bool *extra)
{
  uint16_t of[CSV_COLUMNS];
  struct text t = { diff, 0, cap };
  bool missing = false, moved = false, twice = false;

  for (size_t i = 0; i < c->n_cols; i++)
    {
      of[i] = 0xffff;
      for (size_t k = 0; k < n; k++)
        if (same_name (c, &cells[k], &c->col[i]))
          {
            twice |= of[i] != 0xffff;
            if (of[i] == 0xffff)
              of[i] = (uint16_t)k;
          }
      missing |= of[i] == 0xffff;
      moved |= of[i] != i;
    }
  *extra = n != c->n_cols || moved;
  diff[0] = 0;
  if (twice)
    add (&t, "a column of the schema stands twice in the header; ");
  if (*extra || missing || twice)
    describe (c, cells, n, of, &t);
  if (missing || twice || (*extra && c->o->on_drift != DRIFT_IGNORE_EXTRA))
    return false;
  c->st.width = (uint16_t)n;
  c->st.n_map = moved ? (uint16_t)c->n_cols : 0;
  memset (c->st.map, 0, sizeof c->st.map);
  if (moved)
    memcpy (c->st.map, of, c->n_cols * sizeof *of);
  return true;
}
