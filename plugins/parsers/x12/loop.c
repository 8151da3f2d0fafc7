/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - what a loop must contain, and the levels of a hierarchy. */
#include "x12.h"

void
x12_check_mandatory (struct x12 *x, const struct x12_def *d, unsigned loop, const struct x12_seg *g)
{
  const struct x12_loop *l = &d->loop[loop];
  for (unsigned i = l->must; i < (unsigned)l->must + l->n_must; i++)
    {
      const struct x12_item *it = &d->item[d->must[i]];
      if (!x->set.seen[d->must[i]])
        x12_set_find (x, RULE_mandatory_segment, g, 0, 3, 0, "expected a %.3s segment before this, found none",
                      (const char[4]){ (char)it->id, (char)(it->id >> 8), (char)(it->id >> 16), 0 });
    }
}

/* ---- hierarchies (HL) ---- */

static bool
is_level (const struct x12_level_open *l, struct pen_span id)
{
  return id.n <= sizeof l->id && memcmp (l->id, id.p, id.n) == 0 && (id.n == sizeof l->id || !l->id[id.n]);
}

/* Takes the HL into the path; returns the ordinal of its parent's segment, 0: none or not known. */
uint32_t
x12_hl_enter (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  struct pen_span id = seg_el (g, 1), parent = seg_el (g, 2);
  int64_t number = pen_parse_digits (id.p, id.n), above = pen_parse_digits (parent.p, parent.n);
  unsigned depth = 0;
  s->hl_count++;
  if (number != s->hl_count)
    {
      if (!s->hl_loose)
        x12_set_find (x, RULE_hl_number, g, 1, 8, 7, "expected HL number %u, found \"%.*s\"", s->hl_count, EL (g, 1));
      s->hl_loose = 1;
    }
  if (parent.n)
    {
      for (depth = s->hl_depth; depth && !is_level (&s->hl[depth - 1], parent);)
        depth--;
      /* a parent outside of the path is fine where numbers tell that it came before */
      if (!depth && (s->hl_loose || above < 1 || above >= number))
        x12_set_find (x, RULE_hl_parent, g, 2, 8, 7, "expected the number of an HL before this one, found \"%.*s\"",
                      EL (g, 2));
    }
  if (depth == HL_DEPTH)
    depth--;
  memset (&s->hl[depth], 0, (HL_DEPTH - depth) * sizeof *s->hl);
  memcpy (s->hl[depth].id, id.p, id.n < sizeof s->hl->id ? id.n : sizeof s->hl->id);
  s->hl[depth].ordinal = (uint32_t)s->segments;
  s->hl_depth = (uint8_t)(depth + 1);
  return depth ? s->hl[depth - 1].ordinal : 0;
}
