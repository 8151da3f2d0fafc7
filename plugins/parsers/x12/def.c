/* SPDX-License-Identifier: Apache-2.0 */
/* def.c - reads definition files of transaction sets, line by line; what is wrong is said by file and line.
 *
 * penstock-x12(7) describes the format. Files are read in create() only, before the jail closes. */
#include <errno.h>
#include <stdarg.h>
#include "x12.h"

#define WORDS 64
#define LINE_MAX_BYTES 1024

struct reader
{
  struct x12 *x;
  struct x12_def *d;
  const char *path;
  unsigned line;
  char text[LINE_MAX_BYTES];
  char *word[WORDS + 1];
  unsigned n_words;
  char *doc;        /* the text in quotes at a line's end, or NULL */
  int item;         /* the segment whose elements are read; -1: none */
  unsigned loop;    /* the innermost open one */
  bool wants_first; /* the loop's first segment is due */
  int root;         /* table of the set's row; -1: none */
};

PEN_PRINTF (2, 3)
static int
bad (struct reader *r, const char *fmt, ...)
{
  char text[256];
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  return r->x->host->fail (r->x->host->ctx, "%s:%u: %s", r->path, r->line, text);
}

/* ---- words ---- */

static int
split (struct reader *r)
{
  char *p = r->text;
  r->n_words = 0;
  r->doc = NULL;
  for (;;)
    {
      while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
      if (!*p || *p == '#')
        return PEN_OK;
      if (r->doc)
        return bad (r, "nothing may follow the text in quotes");
      if (*p == '"')
        {
          r->doc = ++p;
          p = strchr (p, '"');
          if (!p)
            return bad (r, "a quote is not closed");
          *p++ = 0;
          continue;
        }
      if (r->n_words == WORDS)
        return bad (r, "more than %u words in a line", WORDS);
      r->word[r->n_words++] = p;
      while (*p && *p != ' ' && *p != '\t' && *p != '\n' && *p != '\r')
        p++;
      if (*p)
        *p++ = 0;
      r->word[r->n_words] = NULL;
    }
}

/* A number up to max; "*" is 0 where star says so. */
static int
number (struct reader *r, const char *w, unsigned max, bool star, unsigned *out)
{
  char *end;
  unsigned long v;
  if (star && strcmp (w, "*") == 0)
    {
      *out = 0;
      return PEN_OK;
    }
  errno = 0;
  v = strtoul (w, &end, 10);
  if (end == w || *end || *w < '0' || *w > '9' || errno || v > max)
    return bad (r, "\"%.40s\" is not a number of 0..%u", w, max);
  *out = (unsigned)v;
  return PEN_OK;
}

/* A list of codes between commas; *first and *n say where they are. */
static int
codes (struct reader *r, const char *w, uint16_t *first, uint16_t *n)
{
  struct x12_def *d = r->d;
  *first = (uint16_t)d->n_codes;
  *n = 0;
  while (*w)
    {
      size_t len = strcspn (w, ",");
      struct x12_code *all;
      if (len == 0 || len > sizeof all->c)
        return bad (r, "a code has 1 to %zu characters, found \"%.40s\"", sizeof all->c, w);
      all = realloc (d->code, (d->n_codes + 1) * sizeof *all);
      if (!all || d->n_codes >= UINT16_MAX - 1)
        return bad (r, "no memory for codes");
      d->code = all;
      memset (&all[d->n_codes], 0, sizeof *all);
      memcpy (all[d->n_codes].c, w, len);
      all[d->n_codes++].n = (uint8_t)len;
      (*n)++;
      w += len;
      if (*w == ',' && !*++w)
        return bad (r, "a code is expected after the comma");
    }
  return *n ? PEN_OK : bad (r, "codes are expected");
}

static bool
is_segment_id (const char *w)
{
  size_t n = strlen (w);
  for (size_t i = 0; i < n; i++)
    if (!((w[i] >= 'A' && w[i] <= 'Z') || (w[i] >= '0' && w[i] <= '9')))
      return false;
  return n == 2 || n == 3;
}

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
    return bad (r, "no memory for columns");
  t->col = col;
  c.name = copy_text (name);
  c.doc = copy_text (doc);
  col[t->n_cols++] = c;
  return c.name ? PEN_OK : bad (r, "no memory for columns");
}

/* The table of that name; made where it is new. */
static int
table_named (struct reader *r, const char *name, int *table)
{
  static const struct
  {
    const char *name, *doc;
  } key[3] = { { "set_ordinal", "joins transaction_sets" },
               { "segment_ordinal", "place of the row's first segment in its set; the ST is 1" },
               { "parent_ordinal", "segment_ordinal of the row around this one; null where that is the set's own" } };
  struct x12 *x = r->x;
  if (!is_name (name))
    return bad (r, "\"%.60s\" is not a name for a table: small letters, digits and _", name);
  for (unsigned i = 0; i < x->n_tables; i++)
    if (strcmp (x->table[i].name, name) == 0)
      {
        *table = (int)i;
        return i < N_FIXED ? bad (r, "table %s is one that every file has", name) : PEN_OK;
      }
  if (x->n_tables == TABLES_MAX)
    return bad (r, "more than %u tables: choose fewer sets", TABLES_MAX);
  *table = (int)x->n_tables;
  x->table[x->n_tables].name = copy_text (name);
  if (!x->table[x->n_tables].name)
    return bad (r, "no memory for tables");
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
    return bad (r, "\"%.60s\" is not a name for a column: small letters, digits and _", name);
  for (unsigned i = 0; i < t->n_cols; i++)
    if (strcmp (t->col[i].name, name) == 0)
      {
        if (i < 3)
          return bad (r, "every table has a column %s already", name);
        if (t->col[i].type != c.type || t->col[i].scale != c.scale)
          return bad (r, "column %s of %s is of another type elsewhere", name, t->name);
        *col = (int16_t)i;
        return PEN_OK;
      }
  if (t->n_cols == 400)
    return bad (r, "table %s has more than 400 columns", t->name);
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
    return bad (r, "\"%.20s\" is not a type: AN, ID, N0 to N9, R0 to R9, DT, TM", w);
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
        rc = codes (r, r->word[++at], &e->code, &e->n_codes);
      else if (strcmp (w, "if") == 0 && at + 1 < r->n_words)
        {
          char *equal = strchr (w = r->word[++at], '=');
          if (!equal)
            return bad (r, "if: NN=CODE is expected, found \"%.40s\"", w);
          *equal = 0;
          if ((rc = number (r, w, ELEMENTS - 1, false, &a)) == PEN_OK)
            rc = codes (r, equal + 1, &e->if_code, &e->n_if);
          e->if_pos = (uint8_t)a;
        }
      else if (dots)
        {
          *dots = 0;
          if ((rc = number (r, w, 9999, false, &a)) == PEN_OK && (rc = number (r, dots + 2, 9999, false, &b)) == PEN_OK)
            {
              e->min = (uint16_t)a;
              e->max = (uint16_t)b;
              if (a > b)
                rc = bad (r, "the shortest length, %u, is above the longest, %u", a, b);
            }
        }
      else
        return bad (r, "\"%.40s\" is not expected here: MIN..MAX, !, if NN=CODES, in CODES", w);
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
    return bad (r, "no memory for elements");
  d->elem = all;
  if (pos > it->last_pos || !it->at)
    {
      uint16_t *index = realloc (it->at, (pos + 1) * sizeof *index);
      unsigned had = it->at ? it->last_pos + 1u : 0;
      if (!index)
        return bad (r, "no memory for elements");
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
        return bad (r, "element %02u: a pair, a component and a whole element exclude each other", pos);
      while (last->next)
        last = &all[last->next];
      last->next = (uint16_t)d->n_elems;
    }
  if (e->required && pos > it->last_required)
    it->last_required = (uint8_t)pos;
  d->n_elems++;
  return PEN_OK;
}

/* NN[.CC] NAME TYPE ..., or NN - */
static int
element (struct reader *r)
{
  struct x12_elem e = { .col = -1 };
  struct x12_item *it;
  char *dot = strchr (r->word[0], '.');
  unsigned pos, comp = 0;
  int rc;
  if (r->item < 0)
    return bad (r, "an element is described, but no segment");
  it = &r->d->item[r->item];
  if (dot)
    *dot = 0;
  if ((rc = number (r, r->word[0], ELEMENTS - 1, false, &pos)) != PEN_OK
      || (dot && (rc = number (r, dot + 1, 99, false, &comp)) != PEN_OK))
    return rc;
  if (!pos || (dot && !comp))
    return bad (r, "elements and components are counted from 1");
  e.comp = (uint8_t)comp;
  if (r->n_words >= 2 && strcmp (r->word[1], "-") == 0)
    {
      if ((rc = attributes (r, 2, &e)) != PEN_OK)
        return rc;
      return add_elem (r, pos, &e);
    }
  if (r->n_words < 3)
    return bad (r, "an element needs a name and a type: %02u NAME TYPE", pos);
  if ((rc = type_of (r, r->word[2], &e)) != PEN_OK || (rc = attributes (r, 3, &e)) != PEN_OK)
    return rc;
  if (strcmp (r->word[1], "~") != 0)
    {
      if (it->table < 0)
        return bad (r, "segment %.3s has no row to put a column into: a row TABLE is missing",
                    (const char[4]){ (char)it->id, (char)(it->id >> 8), (char)(it->id >> 16), 0 });
      if ((rc = column_named (r, it->table, r->word[1], &e, &e.col)) != PEN_OK)
        return rc;
    }
  return add_elem (r, pos, &e);
}

/* pair FROM..TO CODES NAME TYPE ... */
static int
pair (struct reader *r)
{
  struct x12_elem e = { .col = -1, .pair = 1 };
  char *dots = r->n_words >= 5 ? strstr (r->word[1], "..") : NULL;
  unsigned from, to;
  int rc;
  if (r->item < 0 || !dots || r->d->item[r->item].table < 0)
    return bad (r, "pair FROM..TO CODES NAME TYPE is expected, in a segment with a row");
  *dots = 0;
  if ((rc = number (r, r->word[1], ELEMENTS - 2, false, &from)) != PEN_OK
      || (rc = number (r, dots + 2, ELEMENTS - 2, false, &to)) != PEN_OK
      || (rc = codes (r, r->word[2], &e.code, &e.n_codes)) != PEN_OK || (rc = type_of (r, r->word[4], &e)) != PEN_OK)
    return rc;
  if (!from || r->n_words > 5)
    return bad (r, "pair FROM..TO CODES NAME TYPE is expected, and nothing else");
  if ((rc = column_named (r, r->d->item[r->item].table, r->word[3], &e, &e.col)) != PEN_OK)
    return rc;
  for (unsigned pos = from; pos <= to && rc == PEN_OK; pos += 2)
    rc = add_elem (r, pos, &e);
  return rc;
}

/* ---- segments and loops ---- */

static int
limits (struct reader *r, uint16_t *min, uint16_t *max)
{
  unsigned a, b;
  int rc;
  if (r->n_words < 4 || !is_segment_id (r->word[1]))
    return bad (r, "%s ID MIN MAX is expected", r->word[0]);
  if ((rc = number (r, r->word[2], 9999, false, &a)) != PEN_OK
      || (rc = number (r, r->word[3], 60000, true, &b)) != PEN_OK)
    return rc;
  if (b && a > b)
    return bad (r, "MIN %u is above MAX %u", a, b);
  *min = (uint16_t)a;
  *max = (uint16_t)b;
  return PEN_OK;
}

/* The table of the innermost loop that has one; the set's last. */
static int
row_around (const struct reader *r)
{
  const struct x12_def *d = r->d;
  for (unsigned l = r->loop; l; l = d->loop[l].parent)
    if (d->loop[l].table >= 0)
      return d->loop[l].table;
  return r->root;
}

static bool
is_open (const struct reader *r, int table)
{
  for (unsigned l = r->loop; l; l = r->d->loop[l].parent)
    if (r->d->loop[l].table == table)
      return true;
  return r->root == table;
}

static int
row_table (struct reader *r, unsigned at, int *table)
{
  int rc;
  if (at + 1 >= r->n_words)
    return bad (r, "row: the name of a table is expected");
  if ((rc = table_named (r, r->word[at + 1], table)) != PEN_OK)
    return rc;
  return is_open (r, *table) ? bad (r, "table %s has a row open around this one already", r->word[at + 1]) : PEN_OK;
}

static int
segment (struct reader *r)
{
  struct x12_def *d = r->d;
  struct x12_item *it = &d->item[d->n_items];
  unsigned v;
  int rc, table;
  if (d->n_items == ITEMS)
    return bad (r, "more than %u segments", ITEMS);
  memset (it, 0, sizeof *it);
  if ((rc = limits (r, &it->min, &it->max)) != PEN_OK)
    return rc;
  it->id = x12_id (r->word[1]);
  it->loop = (uint8_t)r->loop;
  if (r->wants_first)
    {
      struct x12_loop *l = &d->loop[r->loop];
      if (it->id != d->item[l->first].id)
        return bad (r, "the loop's first segment is expected, found %s", r->word[1]);
      it = &d->item[l->first];
      d->n_items--;
      r->wants_first = false;
    }
  it->table = (int16_t)row_around (r);
  for (unsigned at = 4; at < r->n_words; at++)
    if (strcmp (r->word[at], "row") == 0)
      {
        if ((rc = row_table (r, at++, &table)) != PEN_OK)
          return rc;
        it->table = (int16_t)table;
        it->own_row = 1;
      }
    else if (strcmp (r->word[at], "each") == 0 && at + 2 < r->n_words && it->own_row)
      {
        if ((rc = number (r, r->word[at + 1], ELEMENTS - 1, false, &v)) != PEN_OK)
          return rc;
        it->each = (uint8_t)v;
        if ((rc = number (r, r->word[at + 2], 20, false, &v)) != PEN_OK)
          return rc;
        it->step = (uint8_t)v;
        if (!it->each || !it->step)
          return bad (r, "each FROM STEP: both count from 1");
        at += 2;
      }
    else
      return bad (r, "\"%.40s\" is not expected here: row TABLE, each FROM STEP", r->word[at]);
  r->item = (int)(it - d->item);
  d->n_items++;
  return PEN_OK;
}

static int
loop (struct reader *r)
{
  struct x12_def *d = r->d;
  struct x12_loop *l = &d->loop[d->n_loops];
  struct x12_item *it = &d->item[d->n_items];
  int rc, table;
  if (d->n_loops == LOOPS || d->n_items == ITEMS)
    return bad (r, "more than %u loops or %u segments", LOOPS, ITEMS);
  if (r->wants_first)
    return bad (r, "the loop's first segment is expected");
  memset (l, 0, sizeof *l);
  memset (it, 0, sizeof *it);
  if ((rc = limits (r, &l->min, &l->max)) != PEN_OK)
    return rc;
  l->parent = (uint8_t)r->loop;
  l->depth = (uint8_t)(d->loop[r->loop].depth + 1);
  l->first = (uint16_t)d->n_items;
  l->table = -1;
  if (l->depth >= DEPTH)
    return bad (r, "loops are nested more than %u deep", DEPTH - 1);
  for (unsigned at = 4; at < r->n_words; at++)
    if (strcmp (r->word[at], "row") == 0)
      {
        if ((rc = row_table (r, at++, &table)) != PEN_OK)
          return rc;
        l->table = (int16_t)table;
      }
    else if (strcmp (r->word[at], "hierarchy") == 0)
      l->hl = 1;
    else
      return bad (r, "\"%.40s\" is not expected here: row TABLE, hierarchy", r->word[at]);
  r->loop = d->n_loops++;
  r->wants_first = true;
  r->item = -1;
  it->id = x12_id (r->word[1]);
  it->loop = (uint8_t)r->loop;
  it->starts = 1;
  it->min = l->min;
  it->max = l->max;
  it->table = -1;
  d->n_items++;
  return PEN_OK;
}

static int
end (struct reader *r)
{
  struct x12_loop *l = &r->d->loop[r->loop];
  if (!r->loop)
    return bad (r, "end: no loop is open");
  if (r->wants_first)
    return bad (r, "a loop needs its first segment");
  l->end = (uint16_t)r->d->n_items;
  r->loop = l->parent;
  r->item = -1;
  return PEN_OK;
}

/* ---- checks: check RULE SEG.NN = TERM [+|- TERM]... [or TERM ...]...; TERM: count SEG | sum SEG.NN[*SEG.NN] [if NN=CODES] */

static int
reference (struct reader *r, char *w, uint32_t *id, unsigned *pos)
{
  char *dot = strchr (w, '.');
  if (!dot)
    return bad (r, "SEG.NN is expected, found \"%.40s\"", w);
  *dot = 0;
  if (!is_segment_id (w))
    return bad (r, "\"%.40s\" is not a segment id", w);
  *id = x12_id (w);
  return number (r, dot + 1, ELEMENTS - 1, false, pos);
}

static int
term (struct reader *r, unsigned *at, int sign)
{
  struct x12_def *d = r->d;
  struct x12_term *t = &d->term[d->n_terms];
  unsigned pos;
  int rc;
  if (d->n_terms == sizeof d->term / sizeof *d->term || d->n_sums > SUMS)
    return bad (r, "the checks have more than %zu terms or %u sums", sizeof d->term / sizeof *d->term, SUMS);
  if (*at + 1 >= r->n_words)
    return bad (r, "count SEG or sum SEG.NN is expected");
  memset (t, 0, sizeof *t);
  t->sum = (uint8_t)(d->n_sums - 1);
  t->sign = (int8_t)sign;
  if (strcmp (r->word[*at], "count") == 0 && is_segment_id (r->word[*at + 1]))
    {
      t->count = 1;
      t->id = x12_id (r->word[*at + 1]);
    }
  else if (strcmp (r->word[*at], "sum") == 0)
    {
      char *times = strchr (r->word[*at + 1], '*');
      uint32_t other;
      if (times)
        *times = 0;
      if ((rc = reference (r, r->word[*at + 1], &t->id, &pos)) != PEN_OK)
        return rc;
      t->a = (uint8_t)pos;
      if (times)
        {
          if ((rc = reference (r, times + 1, &other, &pos)) != PEN_OK)
            return rc;
          if (other != t->id)
            return bad (r, "both factors must be of one segment");
          t->b = (uint8_t)pos;
        }
    }
  else
    return bad (r, "count SEG or sum SEG.NN is expected, found \"%.40s\"", r->word[*at]);
  *at += 2;
  if (*at + 1 < r->n_words && strcmp (r->word[*at], "if") == 0)
    {
      char *w = r->word[*at + 1], *equal = strchr (w, '=');
      if (!equal)
        return bad (r, "if: NN=CODE is expected, found \"%.40s\"", w);
      *equal = 0;
      if ((rc = number (r, w, ELEMENTS - 1, false, &pos)) != PEN_OK
          || (rc = codes (r, equal + 1, &t->if_code, &t->n_if)) != PEN_OK)
        return rc;
      t->if_pos = (uint8_t)pos;
      *at += 2;
    }
  d->n_terms++;
  return PEN_OK;
}

static int
check (struct reader *r)
{
  struct x12_def *d = r->d;
  struct x12_check *c = &d->check[d->n_checks];
  unsigned at = 4, pos;
  int rc, sign = 1;
  if (d->n_checks == CHECKS || r->n_words < 6 || strcmp (r->word[3], "=") != 0)
    return bad (r, "check RULE SEG.NN = TERM ... is expected, at most %u times", CHECKS);
  if (strcmp (r->word[1], "ctt_count") == 0)
    c->rule = RULE_ctt_count;
  else if (strcmp (r->word[1], "ctt_hash") == 0)
    c->rule = RULE_ctt_hash;
  else if (strcmp (r->word[1], "tds_total") == 0)
    c->rule = RULE_tds_total;
  else
    return bad (r, "\"%.40s\" is not a check: ctt_count, ctt_hash, tds_total", r->word[1]);
  if ((rc = reference (r, r->word[2], &c->id, &pos)) != PEN_OK)
    return rc;
  c->pos = (uint8_t)pos;
  c->first_sum = (uint8_t)d->n_sums++;
  c->n_sums = 1;
  while (at < r->n_words)
    {
      if ((rc = term (r, &at, sign)) != PEN_OK)
        return rc;
      if (at == r->n_words)
        break;
      if (strcmp (r->word[at], "or") == 0)
        {
          d->n_sums++;
          c->n_sums++;
          sign = 1;
        }
      else if (strcmp (r->word[at], "+") == 0 || strcmp (r->word[at], "-") == 0)
        sign = r->word[at][0] == '+' ? 1 : -1;
      else
        return bad (r, "+, - or \"or\" is expected, found \"%.40s\"", r->word[at]);
      if (++at == r->n_words)
        return bad (r, "a term is expected after %s", r->word[at - 1]);
    }
  d->n_checks++;
  return PEN_OK;
}

/* ---- the file ---- */

static int
set_line (struct reader *r)
{
  struct x12_def *d = r->d;
  if (d->name[0])
    return bad (r, "a file describes one set");
  if (r->n_words != 3 || strlen (r->word[1]) >= sizeof d->name || strlen (r->word[2]) != 2)
    return bad (r, "set ID GS01 is expected, such as: set 850 PO");
  strcpy (d->name, r->word[1]);
  strcpy (d->functional, strcmp (r->word[2], "--") == 0 ? "" : r->word[2]);
  d->n_items = d->n_loops = 1;
  d->item[0] = (struct x12_item){ .starts = 1, .table = -1 };
  d->loop[0] = (struct x12_loop){ .table = -1 };
  return PEN_OK;
}

static int
release (struct reader *r)
{
  struct x12_def *d = r->d;
  for (unsigned i = 1; i < r->n_words; i++)
    {
      if (d->n_releases == sizeof d->release / sizeof *d->release || strlen (r->word[i]) > 12)
        return bad (r, "at most %zu beginnings of GS08 are expected", sizeof d->release / sizeof *d->release);
      strcpy (d->release[d->n_releases++], r->word[i]);
    }
  return PEN_OK;
}

static int
row (struct reader *r)
{
  int rc;
  if (r->n_words != 2 || r->root >= 0 || r->d->n_items > 1)
    return bad (r, "row TABLE is expected once, before the segments");
  rc = table_named (r, r->word[1], &r->root);
  r->d->loop[0].table = (int16_t)r->root;
  return rc;
}

static int
line (struct reader *r)
{
  static const struct
  {
    const char *word;
    int (*read) (struct reader *r);
  } kind[] = { { "release", release }, { "row", row },   { "segment", segment }, { "loop", loop },
               { "end", end },         { "pair", pair }, { "check", check } };
  if (!r->n_words)
    return r->doc ? bad (r, "a text in quotes describes nothing") : PEN_OK;
  if (strcmp (r->word[0], "set") == 0)
    return set_line (r);
  if (!r->d->name[0])
    return bad (r, "set ID GS01 is expected first");
  if (r->word[0][0] >= '0' && r->word[0][0] <= '9')
    return element (r);
  for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
    if (strcmp (r->word[0], kind[i].word) == 0)
      return kind[i].read (r);
  return bad (r, "\"%.40s\" is not expected: release, row, segment, loop, end, pair, check, or an element's number",
              r->word[0]);
}

int
x12_def_read (struct x12 *x, struct x12_def *d, const char *path)
{
  struct reader r = { .x = x, .d = d, .path = path, .item = -1, .root = -1 };
  FILE *f = fopen (path, "re");
  int rc = PEN_OK;
  if (!f)
    return x->host->fail (x->host->ctx, "x12: cannot read the definition %s: %s", path, strerror (errno));
  d->path = strdup (path);
  d->elem = calloc (1, sizeof *d->elem); /* index 0 is none */
  d->n_elems = 1;
  if (!d->path || !d->elem)
    rc = bad (&r, "no memory");
  while (rc == PEN_OK && fgets (r.text, sizeof r.text, f))
    {
      r.line++;
      if (strlen (r.text) == sizeof r.text - 1 && r.text[sizeof r.text - 2] != '\n')
        rc = bad (&r, "a line has more than %zu characters", sizeof r.text - 2);
      else if ((rc = split (&r)) == PEN_OK)
        rc = line (&r);
    }
  if (rc == PEN_OK && ferror (f))
    rc = bad (&r, "cannot be read: %s", strerror (errno));
  fclose (f);
  if (rc == PEN_OK && r.loop)
    rc = bad (&r, "a loop is not ended");
  if (rc == PEN_OK && (!d->name[0] || d->n_items < 2))
    rc = bad (&r, "the file describes no set, or no segment");
  if (rc == PEN_OK)
    d->loop[0].end = (uint16_t)d->n_items;
  return rc == PEN_OK ? x12_def_link (x, d) : rc;
}

void
x12_def_fini (struct x12_def *d)
{
  for (unsigned i = 0; i < d->n_items; i++)
    {
      free (d->item[i].at);
      free (d->item[i].op);
    }
  free (d->path);
  free (d->elem);
  free (d->value);
  free (d->code);
  free (d->to);
}
