/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - makes a table from a definition that says, for each place in a set and each segment id, where the walk goes;
 * loads the definitions that were chosen. */
#include <errno.h>
#include "x12.h"

/* ---- the walk ---- */

/* The ids of all segments, each once. */
static void
list_ids (struct x12_def *d)
{
  d->n_ids = 0;
  for (unsigned i = 1; i < d->n_items; i++)
    {
      unsigned k = 0;
      while (k < d->n_ids && d->id[k] != d->item[i].id)
        k++;
      d->id[k] = d->item[i].id;
      d->n_ids += k == d->n_ids;
      d->item[i].id_index = (uint8_t)k;
    }
}

/* Puts ids into slots; false: some share one. */
static bool
fill_slots (struct x12_def *d)
{
  bool alone = true;
  memset (d->slot, 0, sizeof d->slot);
  memset (d->slot_id, 0, sizeof d->slot_id);
  for (unsigned k = 0; k < d->n_ids; k++)
    {
      unsigned h = x12_id_hash (d, d->id[k]);
      for (; d->slot[h]; h = (h + 1) % ID_SLOTS)
        alone = false;
      d->slot_id[h] = d->id[k];
      d->slot[h] = (uint8_t)(k + 1);
    }
  return alone;
}

/* By a factor under which none do, if one is found soon. */
static void
hash_ids (struct x12_def *d)
{
  d->id_factor = 0x9e3779b1u;
  for (unsigned tries = 0; !fill_slots (d) && tries < 200; tries++)
    d->id_factor = d->id_factor * 747796405u + 2u;
}

/* Is item i what the loop consists of: a segment of its own, or the beginning of a loop inside? */
static bool
is_child (const struct x12_def *d, unsigned loop, unsigned i)
{
  const struct x12_item *it = &d->item[i];
  if (i == 0)
    return false;
  return it->starts ? d->loop[it->loop].parent == loop && it->loop != loop : it->loop == loop;
}

/* The item of `id` among the children of `loop` in from .. end - 1; 0: none. */
static unsigned
child_with (const struct x12_def *d, unsigned loop, unsigned from, unsigned end, uint32_t id)
{
  for (unsigned i = from; i < end; i++)
    if (d->item[i].id == id && is_child (d, loop, i))
      return i;
  return 0;
}

/* Where a segment leads from behind item i: onwards in its loop, into the loop again, onwards around it; else back to
 * something that should have come before, the innermost loop first. */
static uint16_t
find_target (const struct x12_def *d, unsigned i, uint32_t id)
{
  unsigned loop = d->item[i].loop, from = i, found;
  if (d->item[i].starts)
    from = i + 1;
  for (;;)
    {
      const struct x12_loop *l = &d->loop[loop];
      if ((found = child_with (d, loop, from, l->end, id)))
        return (uint16_t)found;
      if (!loop)
        break;
      if (d->item[l->first].id == id)
        return l->first;
      from = l->end;
      loop = l->parent;
    }
  for (loop = d->item[i].loop;; loop = d->loop[loop].parent)
    {
      if ((found = child_with (d, loop, d->loop[loop].first, d->loop[loop].end, id)))
        return (uint16_t)(found | LATE);
      if (!loop)
        return NOWHERE;
    }
}

static bool
has_terms (const struct x12_def *d, uint32_t id)
{
  for (unsigned i = 0; i < d->n_terms; i++)
    if (d->term[i].id == id)
      return true;
  for (unsigned i = 0; i < d->n_checks; i++)
    if (d->check[i].id == id)
      return true;
  return false;
}

/* What the item adds, if it is nothing but plain numbers. */
static void
list_quick_terms (const struct x12_def *d, struct x12_item *it)
{
  unsigned n = 0;
  it->n_quick = 0;
  for (unsigned i = 0; i < d->n_checks; i++)
    if (d->check[i].id == it->id)
      return;
  for (unsigned i = 0; i < d->n_terms; i++)
    {
      const struct x12_term *t = &d->term[i];
      if (t->id != it->id)
        continue;
      if (n == QUICK_TERMS || t->if_pos || t->b
          || (!t->count && (!t->a || t->a > it->last_pos || d->elem[it->at[t->a]].implied)))
        return;
      it->quick[n++] = (struct x12_quick_term){ t->sum, t->count ? 0 : t->a, t->sign };
    }
  it->n_quick = (uint8_t)n;
}

static void
list_mandatory (struct x12_def *d)
{
  uint16_t n = 0;
  for (unsigned l = 0; l < d->n_loops; l++)
    {
      d->loop[l].must = n;
      for (unsigned i = d->loop[l].first; i < d->loop[l].end; i++)
        if (d->item[i].min && is_child (d, l, i))
          d->must[n++] = (uint16_t)i;
      d->loop[l].n_must = (uint16_t)(n - d->loop[l].must);
    }
}

/* A loop comes after the one that it is in. */
static void
list_holders (struct x12_def *d)
{
  for (unsigned i = 1; i < d->n_loops; i++)
    d->loop[i].holder = d->loop[i].table >= 0 ? d->loop[i].depth : d->loop[d->loop[i].parent].holder;
}

/* ---- elements ---- */

static uint8_t
act_of (const struct x12_elem *e)
{
  if (e->n_codes && !e->pair)
    return ACT_LONG;
  switch (e->type)
    {
    case TYPE_NONE:
      return e->min | e->max ? ACT_LONG : ACT_PASS;
    case TYPE_TEXT:
      return e->col >= 0 ? ACT_TEXT : ACT_LONG;
    case TYPE_INT:
      return e->col >= 0 && !(e->min | e->max) ? ACT_INT : ACT_LONG;
    case TYPE_DECIMAL:
      return e->col >= 0 && !(e->min | e->max) && !e->implied ? ACT_NUMBER : ACT_LONG;
    case TYPE_DATE:
      return e->col >= 0 && !(e->min | e->max) ? ACT_DATE : ACT_LONG;
    default:
      return ACT_LONG;
    }
}

/* Line i of the definition as the walk wants it, its conditions aside. */
static struct x12_op
op_of (const struct x12_def *d, unsigned i)
{
  const struct x12_elem *e = &d->elem[i];
  unsigned max = e->max && e->max < SEG_AFTER ? e->max : SEG_AFTER;
  struct x12_op op = { .act = act_of (e),
                       .scale = e->scale,
                       .required = e->required && !e->if_pos,
                       .min = e->min,
                       .span = (uint16_t)(max - e->min),
                       .line = (uint16_t)i,
                       .col_at = e->col < 0 ? 0 : (uint32_t)((size_t)e->col * sizeof (struct pen_col)) };
  if (op.act == ACT_TEXT && e->min > max)
    op.act = ACT_LONG;
  return op;
}

static int
list_ops (struct x12_def *d, struct x12_item *it)
{
  free (it->op);
  it->op = calloc (it->last_pos + 2u, sizeof *it->op);
  if (!it->op)
    return -1;
  for (unsigned pos = 0; pos <= it->last_pos; pos++)
    {
      struct x12_op *op = &it->op[pos];
      const struct x12_elem *e = it->at ? &d->elem[it->at[pos]] : d->elem;
      if (e == d->elem)
        {
          op->act = ACT_REST;
          continue;
        }
      *op = op_of (d, it->at[pos]);
      if (e->pair)
        op->act = ACT_PAIR;
      else if (e->if_pos || e->next || e->comp)
        op->act = ACT_LONG;
      op->watch = e->pair || e->required;
    }
  return 0;
}

static int
compile (struct x12_def *d)
{
  free (d->value);
  d->value = calloc (d->n_elems, sizeof *d->value);
  if (!d->value)
    return -1;
  for (unsigned i = 1; i < d->n_elems; i++)
    d->value[i] = op_of (d, i);
  for (unsigned i = 0; i < d->n_items; i++)
    if (list_ops (d, &d->item[i]))
      return -1;
  return 0;
}

static void
add_table (struct x12_def *d, int table)
{
  if (table < 0 || memchr (d->table, table, d->n_tables))
    return;
  d->table[d->n_tables++] = (uint8_t)table;
}

/* Tables that the set fills. */
static void
list_tables (struct x12_def *d)
{
  for (unsigned i = 0; i < d->n_loops; i++)
    add_table (d, d->loop[i].table);
  for (unsigned i = 0; i < d->n_items; i++)
    add_table (d, d->item[i].table);
}

/* The loops that are open behind item i, up to the one that must be the innermost before item `to`: how many are left. */
static unsigned
loops_to_leave (const struct x12_def *d, unsigned i, unsigned to)
{
  unsigned n = 0, inside = d->item[to].inside;
  for (unsigned loop = d->item[i].loop; loop != inside; loop = d->loop[loop].parent)
    n++;
  return n;
}

/* Is what must be in these loops certain to be there, or is there nothing? */
static bool
are_loops_free (const struct x12_def *d, unsigned i, unsigned to)
{
  for (unsigned loop = d->item[i].loop; loop != d->item[to].inside; loop = d->loop[loop].parent)
    if (d->loop[loop].n_must)
      return false;
  return true;
}

static struct x12_move
find_move (const struct x12_def *d, const uint16_t *to, unsigned i, unsigned k)
{
  static const char *const ends[] = { "ISA", "IEA", "GS", "GE", "ST", "SE" };
  unsigned target = to[i * d->n_ids + k];
  const struct x12_item *it;
  struct x12_move none = { 0, 0 };
  for (size_t e = 0; e < sizeof ends / sizeof *ends; e++)
    if (d->id[k] == x12_id (ends[e]))
      return none;
  if (target == NOWHERE || target & LATE || x12_is_binary (d->id[k]))
    return none;
  it = &d->item[target];
  if (it->table < 0 || (it->starts && d->loop[it->loop].hl) || !are_loops_free (d, i, target))
    return none;
  return (struct x12_move){ (uint16_t)target, (uint16_t)loops_to_leave (d, i, target) };
}

bool
x12_def_link (struct x12 *x, struct x12_def *d)
{
  uint16_t *to;
  struct x12_move *move;
  size_t n;
  if (d->to)
    return true;
  d->n_tables = 0; /* of a try that found no memory */
  list_ids (d);
  hash_ids (d);
  list_mandatory (d);
  list_tables (d);
  list_holders (d);
  for (unsigned i = 1; i < d->n_items; i++)
    {
      d->item[i].inside = d->item[i].starts ? d->loop[d->item[i].loop].parent : d->item[i].loop;
      d->item[i].terms = has_terms (d, d->item[i].id);
      d->item[i].limit = d->item[i].max ? d->item[i].max : UINT16_MAX;
      list_quick_terms (d, &d->item[i]);
    }
  n = (size_t)d->n_items * d->n_ids;
  to = calloc (n, sizeof *to);
  move = calloc (n, sizeof *move);
  if (!to || !move || compile (d))
    {
      free (to);
      free (move);
      x12_no_memory (x);
      return false;
    }
  for (unsigned i = 0; i < d->n_items; i++)
    for (unsigned k = 0; k < d->n_ids; k++)
      to[i * d->n_ids + k] = find_target (d, i, d->id[k]);
  for (unsigned i = 0; i < d->n_items; i++)
    for (unsigned k = 0; k < d->n_ids; k++)
      move[i * d->n_ids + k] = find_move (d, to, i, k);
  d->to = to;
  d->move = move;
  return true;
}

/* ---- choosing ---- */

const struct x12_def *
x12_def_find (const struct x12 *x, const struct x12_seg *st, unsigned *index)
{
  struct pen_span id = seg_el (st, 1), release;
  const struct x12_def *first = NULL;
  struct x12_seg gs;
  for (unsigned i = 0; i < x->n_defs; i++)
    {
      const struct x12_def *d = &x->def[i];
      if (id.n != strlen (d->name) || memcmp (id.p, d->name, id.n) != 0)
        continue;
      if (!first)
        {
          first = d;
          *index = i;
          x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
          release = seg_el (&gs, 8);
          if (!d->n_releases)
            return d;
        }
      for (unsigned k = 0; k < d->n_releases; k++)
        if (release.n >= strlen (d->release[k]) && memcmp (release.p, d->release[k], strlen (d->release[k])) == 0)
          {
            *index = i;
            return d;
          }
    }
  return first;
}

static int
load_one (struct x12 *x, const char *name)
{
  struct x12_def *all;
  char path[4096];
  if (strchr (name, '/') || name[0] == '.'
      || snprintf (path, sizeof path, "%s/%s.def", x->o->definitions, name) >= (int)sizeof path)
    return x->host->fail (x->host->ctx, "x12: sets: \"%.60s\" is not the name of a definition", name);
  if (x->n_defs == 60)
    return x->host->fail (x->host->ctx, "x12: sets: more than 60 definitions");
  all = realloc (x->def, (x->n_defs + 1) * sizeof *all);
  if (!all)
    return x->host->fail (x->host->ctx, "x12: no memory for definitions");
  x->def = all;
  memset (&all[x->n_defs], 0, sizeof *all);
  return x12_def_read (x, &all[x->n_defs++], path);
}

/* The names in the file `index` of the definitions' directory, one in a line. */
static int
load_index (struct x12 *x)
{
  char path[4096], name[80];
  FILE *f;
  int rc = PEN_OK;
  snprintf (path, sizeof path, "%s/index", x->o->definitions);
  f = fopen (path, "re");
  if (!f)
    return x->host->fail (x->host->ctx, "x12: cannot read %s: %s: set definitions, or sets", path, strerror (errno));
  while (rc == PEN_OK && fgets (name, sizeof name, f))
    {
      name[strcspn (name, " \t\r\n#")] = 0;
      if (name[0])
        rc = load_one (x, name);
    }
  fclose (f);
  return rc;
}

int
x12_defs_load (struct x12 *x)
{
  int rc = PEN_OK;
  if (!x->o->sets.n)
    return load_index (x);
  for (size_t i = 0; i < x->o->sets.n && rc == PEN_OK; i++)
    if (strcmp (x->o->sets.item[i], "none") != 0)
      rc = load_one (x, x->o->sets.item[i]);
  return rc;
}
