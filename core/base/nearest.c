/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c - finds the known name that a mistyped one most likely meant. */
#include "core/base/nearest.h"

#include <string.h>

#define LENGTH_MAX 64

static unsigned
min3 (unsigned a, unsigned b, unsigned c)
{
  unsigned m = a < b ? a : b;
  return m < c ? m : c;
}

/* Edit distance with neighbouring letters swapped as one step (optimal string alignment). Callers bound the lengths. */
static unsigned
distance (const char *a, size_t na, const char *b, size_t nb)
{
  unsigned row[3][LENGTH_MAX + 1];

  for (size_t j = 0; j <= nb; j++)
    row[0][j] = (unsigned)j;
  for (size_t i = 1; i <= na; i++)
    {
      unsigned *cur = row[i % 3], *prev = row[(i + 2) % 3], *prev2 = row[(i + 1) % 3];

      cur[0] = (unsigned)i;
      for (size_t j = 1; j <= nb; j++)
        {
          cur[j] = min3 (prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a[i - 1] != b[j - 1]));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && prev2[j - 2] + 1 < cur[j])
            cur[j] = prev2[j - 2] + 1;
        }
    }
  return row[na % 3][nb];
}

void
nearest_init (struct nearest *n, const char *wrong)
{
  n->wrong = wrong;
  n->best = NULL;
  n->distance = 0;
}

void
nearest_offer (struct nearest *n, const char *known)
{
  size_t nw = strlen (n->wrong), nk = strlen (known);
  unsigned d, limit;

  if (nw > LENGTH_MAX || nk > LENGTH_MAX || nw == 0)
    return;
  /* a third of the letters may be wrong, but never all of them */
  limit = (unsigned)((nw > nk ? nw : nk) / 3);
  if (limit == 0)
    limit = 1;
  d = distance (n->wrong, nw, known, nk);
  if (d <= limit && d < nk && (!n->best || d < n->distance))
    {
      n->best = known;
      n->distance = d;
    }
}

const char *
nearest_of (const char *wrong, const char *const *known)
{
  struct nearest n;

  nearest_init (&n, wrong);
  for (; *known; known++)
    nearest_offer (&n, *known);
  return n.best;
}
