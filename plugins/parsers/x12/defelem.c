/* SPDX-License-Identifier: Apache-2.0 */
/* defelem.c - elements of a definition: their types, conditions and codes, and the tables and columns that they fill. */
#include "def.h"

static bool
is_name (const char *w)
{
  size_t n = strlen (w);
  for (size_t i = 0; i < n; i++)
    if (!((w[i] >= 'a' && w[i] <= 'z') || w[i] == '_' || (i && w[i] >= '0' && w[i] <= '9')))
      return false;
  return n && n < 64;
}

/* ---- tables and columns ---- */

static char *
copy_text (const char *s)
{
  return s ? strdup (s) : NULL;
}

static int
add_column (struct reader *r, struct x12_table_def *t, const char *name, struct pen_col_spec c, const char *doc)
{
  struct pen_col_spec *col = realloc (t->col, (t->n_cols + 1) * sizeof *col);
  if (!col)
    return x12_def_bad (r, "no memory for columns");
  t->col = col;
  c.name = copy_text (name);
  c.doc = copy_text (doc);
  col[t->n_cols++] = c;
  return c.name ? PEN_OK : x12_def_bad (r, "no memory for columns");
}

int
x12_def_table (struct reader *r, const char *name, int *table)
{
  static const struct
  {
    const char *name, *doc;
  } key[3] = { { "set_ordinal", "joins transaction_sets" },
               { "segment_ordinal", "place of the row's first segment in its set; the ST is 1" },
               { "parent_ordinal", "segment_ordinal of the row around this one; null where that is the set's own" } };
  struct x12 *x = r->x;
  if (!is_name (name))
    return x12_def_bad (r, "\"%.60s\" is not a name for a table: small letters, digits and _", name);
  for (unsigned i = 0; i < x->n_tables; i++)
    if (strcmp (x->table[i].name, name) == 0)
      {
        *table = (int)i;
        return i < N_FIXED ? x12_def_bad (r, "table %s is one that every file has", name) : PEN_OK;
      }
  if (x->n_tables == TABLES_MAX)
    return x12_def_bad (r, "more than %u tables: choose fewer sets", TABLES_MAX);
  *table = (int)x->n_tables;
  x->table[x->n_tables].name = copy_text (name);
  if (!x->table[x->n_tables].name)
    return x12_def_bad (r, "no memory for tables");
  x->n_tables++;
  for (unsigned i = 0; i < 3; i++)
    {
      struct pen_col_spec c = { .type = PEN_COL_INT64, .nullable = 1 };
      int rc = add_column (r, &x->table[*table], key[i].name, c, key[i].doc);
      if (rc != PEN_OK)
        return rc;
    }
  return PEN_OK;
}

static int
column_named (struct reader *r, int table, const char *name, const struct x12_elem *e, int16_t *col)
{
  static const uint8_t of_type[] = { 0, PEN_COL_UTF8, PEN_COL_INT64, PEN_COL_DECIMAL, PEN_COL_DATE32, PEN_COL_UTF8 };
  struct x12_table_def *t = &r->x->table[table];
  struct pen_col_spec c = { .type = of_type[e->type], .nullable = 1, .width = e->type == TYPE_TEXT ? 8 : 4 };
  if (c.type == PEN_COL_DECIMAL)
    {
      c.precision = 28;
      c.scale = e->scale;
    }
  if (!is_name (name))
    return x12_def_bad (r, "\"%.60s\" is not a name for a column: small letters, digits and _", name);
  for (unsigned i = 0; i < t->n_cols; i++)
    if (strcmp (t->col[i].name, name) == 0)
      {
        if (i < 3)
          return x12_def_bad (r, "every table has a column %s already", name);
        if (t->col[i].type != c.type || t->col[i].scale != c.scale)
          return x12_def_bad (r, "column %s of %s is of another type elsewhere", name, t->name);
        *col = (int16_t)i;
        return PEN_OK;
      }
  if (t->n_cols == 400)
    return x12_def_bad (r, "table %s has more than 400 columns", t->name);
  *col = (int16_t)t->n_cols;
  return add_column (r, t, name, c, r->doc);
}

/* ---- elements ---- */

static int
type_of (struct reader *r, const char *w, struct x12_elem *e)
{
  if (strcmp (w, "AN") == 0 || strcmp (w, "ID") == 0)
    e->type = TYPE_TEXT;
  else if (strcmp (w, "DT") == 0)
    e->type = TYPE_DATE;
  else if (strcmp (w, "TM") == 0)
    e->type = TYPE_TIME;
  else if ((w[0] == 'N' || w[0] == 'R') && w[1] >= '0' && w[1] <= '9' && !w[2])
    {
      e->scale = (uint8_t)(w[1] - '0');
      e->implied = w[0] == 'N';
      e->type = e->implied && !e->scale ? TYPE_INT : TYPE_DECIMAL;
    }
  else
    return x12_def_bad (r, "\"%.20s\" is not a type: AN, ID, N0 to N9, R0 to R9, DT, TM", w);
  return PEN_OK;
}

/* What may follow name and type: 1..35, !, if 01=A,B, in A,B. */
static int
attributes (struct reader *r, unsigned at, struct x12_elem *e)
{
  int rc = PEN_OK;
  for (; at < r->n_words && rc == PEN_OK; at++)
    {
      char *w = r->word[at], *dots = strstr (w, "..");
      unsigned a, b;
      if (strcmp (w, "!") == 0)
        e->required = 1;
      else if (strcmp (w, "in") == 0 && at + 1 < r->n_words)
        rc = x12_def_codes (r, r->word[++at], &e->code, &e->n_codes);
      else if (strcmp (w, "if") == 0 && at + 1 < r->n_words)
        {
          char *equal = strchr (w = r->word[++at], '=');
          if (!equal)
            return x12_def_bad (r, "if: NN=CODE is expected, found \"%.40s\"", w);
          *equal = 0;
          if ((rc = x12_def_number (r, w, ELEMENTS - 1, false, &a)) == PEN_OK)
            rc = x12_def_codes (r, equal + 1, &e->if_code, &e->n_if);
          e->if_pos = (uint8_t)a;
        }
      else if (dots)
        {
          *dots = 0;
          if ((rc = x12_def_number (r, w, 9999, false, &a)) == PEN_OK
              && (rc = x12_def_number (r, dots + 2, 9999, false, &b)) == PEN_OK)
            {
              e->min = (uint16_t)a;
              e->max = (uint16_t)b;
              if (a > b)
                rc = x12_def_bad (r, "the shortest length, %u, is above the longest, %u", a, b);
            }
        }
      else
        return x12_def_bad (r, "\"%.40s\" is not expected here: MIN..MAX, !, if NN=CODES, in CODES", w);
    }
  return rc;
}

/* Adds a line to the element at pos of the segment being read. */
static int
add_elem (struct reader *r, unsigned pos, const struct x12_elem *e)
{
  struct x12_def *d = r->d;
  struct x12_item *it = &d->item[r->item];
  struct x12_elem *all = realloc (d->elem, (d->n_elems + 1) * sizeof *all);
  if (!all || d->n_elems == UINT16_MAX - 1)
    return x12_def_bad (r, "no memory for elements");
  d->elem = all;
  if (pos > it->last_pos || !it->at)
    {
      uint16_t *index = realloc (it->at, (pos + 1) * sizeof *index);
      unsigned had = it->at ? it->last_pos + 1u : 0;
      if (!index)
        return x12_def_bad (r, "no memory for elements");
      memset (index + had, 0, (pos + 1 - had) * sizeof *index);
      it->at = index;
      it->last_pos = (uint8_t)pos;
    }
  all[d->n_elems] = *e;
  all[d->n_elems].pos = (uint8_t)pos;
  if (!it->at[pos])
    it->at[pos] = (uint16_t)d->n_elems;
  else
    {
      struct x12_elem *last = &all[it->at[pos]];
      if (last->pair != e->pair || (last->comp != 0) != (e->comp != 0))
        return x12_def_bad (r, "element %02u: a pair, a component and a whole element exclude each other", pos);
      while (last->next)
        last = &all[last->next];
      last->next = (uint16_t)d->n_elems;
    }
  if (e->required && pos > it->last_required)
    it->last_required = (uint8_t)pos;
  d->n_elems++;
  return PEN_OK;
}

int
x12_def_element (struct reader *r)
{
  struct x12_elem e = { .col = -1 };
  struct x12_item *it;
  char *dot = strchr (r->word[0], '.');
  unsigned pos, comp = 0;
  int rc;
  if (r->item < 0)
    return x12_def_bad (r, "an element is described, but no segment");
  it = &r->d->item[r->item];
  if (dot)
    *dot = 0;
  if ((rc = x12_def_number (r, r->word[0], ELEMENTS - 1, false, &pos)) != PEN_OK
      || (dot && (rc = x12_def_number (r, dot + 1, 99, false, &comp)) != PEN_OK))
    return rc;
  if (!pos || (dot && !comp))
    return x12_def_bad (r, "elements and components are counted from 1");
  e.comp = (uint8_t)comp;
  if (r->n_words >= 2 && strcmp (r->word[1], "-") == 0)
    {
      if ((rc = attributes (r, 2, &e)) != PEN_OK)
        return rc;
      return add_elem (r, pos, &e);
    }
  if (r->n_words < 3)
    return x12_def_bad (r, "an element needs a name and a type: %02u NAME TYPE", pos);
  if ((rc = type_of (r, r->word[2], &e)) != PEN_OK || (rc = attributes (r, 3, &e)) != PEN_OK)
    return rc;
  if (strcmp (r->word[1], "~") != 0)
    {
      if (it->table < 0)
        return x12_def_bad (r, "segment %.3s has no row to put a column into: a row TABLE is missing",
                            (const char[4]){ (char)it->id, (char)(it->id >> 8), (char)(it->id >> 16), 0 });
      if ((rc = column_named (r, it->table, r->word[1], &e, &e.col)) != PEN_OK)
        return rc;
    }
  return add_elem (r, pos, &e);
}

int
x12_def_pair (struct reader *r)
{
  struct x12_elem e = { .col = -1, .pair = 1 };
  char *dots = r->n_words >= 5 ? strstr (r->word[1], "..") : NULL;
  unsigned from, to;
  int rc;
  if (r->item < 0 || !dots || r->d->item[r->item].table < 0)
    return x12_def_bad (r, "pair FROM..TO CODES NAME TYPE is expected, in a segment with a row");
  *dots = 0;
  if ((rc = x12_def_number (r, r->word[1], ELEMENTS - 2, false, &from)) != PEN_OK
      || (rc = x12_def_number (r, dots + 2, ELEMENTS - 2, false, &to)) != PEN_OK
      || (rc = x12_def_codes (r, r->word[2], &e.code, &e.n_codes)) != PEN_OK
      || (rc = type_of (r, r->word[4], &e)) != PEN_OK)
    return rc;
  if (!from || r->n_words > 5)
    return x12_def_bad (r, "pair FROM..TO CODES NAME TYPE is expected, and nothing else");
  if ((rc = column_named (r, r->d->item[r->item].table, r->word[3], &e, &e.col)) != PEN_OK)
    return rc;
  for (unsigned pos = from; pos <= to && rc == PEN_OK; pos += 2)
    rc = add_elem (r, pos, &e);
  return rc;
}
