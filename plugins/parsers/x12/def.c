/* SPDX-License-Identifier: Apache-2.0 */
/* def.c - reads definition files of transaction sets, line by line: sets, segments, loops; what is wrong is said by file
 * and line.
 *
 * penstock-x12(7) describes the format. Files are read in create() only, before the jail closes. */
#include <errno.h>
#include "def.h"

/* ---- segments and loops ---- */

static int
limits (struct reader *r, uint16_t *min, uint16_t *max)
{
  unsigned a, b;
  int rc;
  if (r->n_words < 4 || !x12_is_segment_id (r->word[1]))
    return x12_def_bad (r, "%s ID MIN MAX is expected", r->word[0]);
  if ((rc = x12_def_number (r, r->word[2], 9999, false, &a)) != PEN_OK
      || (rc = x12_def_number (r, r->word[3], 60000, true, &b)) != PEN_OK)
    return rc;
  if (b && a > b)
    return x12_def_bad (r, "MIN %u is above MAX %u", a, b);
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
    return x12_def_bad (r, "row: the name of a table is expected");
  if ((rc = x12_def_table (r, r->word[at + 1], table)) != PEN_OK)
    return rc;
  return is_open (r, *table) ? x12_def_bad (r, "table %s has a row open around this one already", r->word[at + 1])
                             : PEN_OK;
}

static int
segment (struct reader *r)
{
  struct x12_def *d = r->d;
  struct x12_item *it = &d->item[d->n_items];
  unsigned v;
  int rc, table;
  if (d->n_items == ITEMS)
    return x12_def_bad (r, "more than %u segments", ITEMS);
  memset (it, 0, sizeof *it);
  if ((rc = limits (r, &it->min, &it->max)) != PEN_OK)
    return rc;
  it->id = x12_id (r->word[1]);
  it->loop = (uint8_t)r->loop;
  if (r->wants_first)
    {
      struct x12_loop *l = &d->loop[r->loop];
      if (it->id != d->item[l->first].id)
        return x12_def_bad (r, "the loop's first segment is expected, found %s", r->word[1]);
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
        if ((rc = x12_def_number (r, r->word[at + 1], ELEMENTS - 1, false, &v)) != PEN_OK)
          return rc;
        it->each = (uint8_t)v;
        if ((rc = x12_def_number (r, r->word[at + 2], 20, false, &v)) != PEN_OK)
          return rc;
        it->step = (uint8_t)v;
        if (!it->each || !it->step)
          return x12_def_bad (r, "each FROM STEP: both count from 1");
        at += 2;
      }
    else
      return x12_def_bad (r, "\"%.40s\" is not expected here: row TABLE, each FROM STEP", r->word[at]);
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
    return x12_def_bad (r, "more than %u loops or %u segments", LOOPS, ITEMS);
  if (r->wants_first)
    return x12_def_bad (r, "the loop's first segment is expected");
  memset (l, 0, sizeof *l);
  memset (it, 0, sizeof *it);
  if ((rc = limits (r, &l->min, &l->max)) != PEN_OK)
    return rc;
  l->parent = (uint8_t)r->loop;
  l->depth = (uint8_t)(d->loop[r->loop].depth + 1);
  l->first = (uint16_t)d->n_items;
  l->table = -1;
  if (l->depth >= DEPTH)
    return x12_def_bad (r, "loops are nested more than %u deep", DEPTH - 1);
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
      return x12_def_bad (r, "\"%.40s\" is not expected here: row TABLE, hierarchy", r->word[at]);
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
    return x12_def_bad (r, "end: no loop is open");
  if (r->wants_first)
    return x12_def_bad (r, "a loop needs its first segment");
  l->end = (uint16_t)r->d->n_items;
  r->loop = l->parent;
  r->item = -1;
  return PEN_OK;
}

/* ---- the file ---- */

static int
set_line (struct reader *r)
{
  struct x12_def *d = r->d;
  if (d->name[0])
    return x12_def_bad (r, "a file describes one set");
  if (r->n_words != 3 || strlen (r->word[1]) >= sizeof d->name || strlen (r->word[2]) != 2)
    return x12_def_bad (r, "set ID GS01 is expected, such as: set 850 PO");
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
        return x12_def_bad (r, "at most %zu beginnings of GS08 are expected", sizeof d->release / sizeof *d->release);
      strcpy (d->release[d->n_releases++], r->word[i]);
    }
  return PEN_OK;
}

static int
row (struct reader *r)
{
  int rc;
  if (r->n_words != 2 || r->root >= 0 || r->d->n_items > 1)
    return x12_def_bad (r, "row TABLE is expected once, before the segments");
  rc = x12_def_table (r, r->word[1], &r->root);
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
  } kind[] = { { "release", release }, { "row", row },           { "segment", segment },    { "loop", loop },
               { "end", end },         { "pair", x12_def_pair }, { "check", x12_def_check } };
  if (!r->n_words)
    return r->doc ? x12_def_bad (r, "a text in quotes describes nothing") : PEN_OK;
  if (strcmp (r->word[0], "set") == 0)
    return set_line (r);
  if (!r->d->name[0])
    return x12_def_bad (r, "set ID GS01 is expected first");
  if (r->word[0][0] >= '0' && r->word[0][0] <= '9')
    return x12_def_element (r);
  for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
    if (strcmp (r->word[0], kind[i].word) == 0)
      return kind[i].read (r);
  return x12_def_bad (
      r, "\"%.40s\" is not expected: release, row, segment, loop, end, pair, check, or an element's number",
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
    rc = x12_def_bad (&r, "no memory");
  while (rc == PEN_OK && fgets (r.text, sizeof r.text, f))
    {
      r.line++;
      if (strlen (r.text) == sizeof r.text - 1 && r.text[sizeof r.text - 2] != '\n')
        rc = x12_def_bad (&r, "a line has more than %zu characters", sizeof r.text - 2);
      else if ((rc = x12_def_split (&r)) == PEN_OK)
        rc = line (&r);
    }
  if (rc == PEN_OK && ferror (f))
    rc = x12_def_bad (&r, "cannot be read: %s", strerror (errno));
  fclose (f);
  if (rc == PEN_OK && r.loop)
    rc = x12_def_bad (&r, "a loop is not ended");
  if (rc == PEN_OK && (!d->name[0] || d->n_items < 2))
    rc = x12_def_bad (&r, "the file describes no set, or no segment");
  if (rc == PEN_OK)
    d->loop[0].end = (uint16_t)d->n_items;
  return rc;
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
  free (d->move);
}
