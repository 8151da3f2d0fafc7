/* SPDX-License-Identifier: Apache-2.0 */
/* def.c - reads definition files of messages, line by line, into one tree of elements; what is wrong is said by file and
 * line.
 *
 * penstock-iso20022(7) describes the format. Files are read in create() only, before the jail closes. */
#include <errno.h>
#include <stdarg.h>
#include <penstock/words.h>
#include "iso20022.h"
#include "def.h"

PEN_PRINTF (2, 3)
int
iso20022_bad_def (struct iso20022_reader *r, const char *fmt, ...)
{
  char text[256];
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  return r->x->host->fail (r->x->host->ctx, "%s:%u: %s", r->path, r->line, text);
}
#define bad iso20022_bad_def

/* ---- words ---- */

static int
split (struct iso20022_reader *r)
{
  const char *wrong = pen_words (r->text, r->word, WORDS, &r->n_words, &r->doc);
  return wrong ? bad (r, "%s", wrong) : PEN_OK;
}

static bool
is_column (const char *w)
{
  size_t n = strlen (w);
  for (size_t i = 0; i < n; i++)
    if (!((w[i] >= 'a' && w[i] <= 'z') || w[i] == '_' || (i && w[i] >= '0' && w[i] <= '9')))
      return false;
  return n && n < 64;
}

/* ---- tables ---- */

int
iso20022_find_table (const struct iso20022 *x, const char *name)
{
  for (unsigned i = 0; i < x->n_tables; i++)
    if (strcmp (x->table[i].name, name) == 0)
      return (int)i;
  return -1;
}

static const struct
{
  const char *word;
  uint8_t col, precision, scale;
} types[N_TYPES] = {
  [TYPE_TEXT] = { "text", PEN_COL_UTF8, 0, 0 },
  [TYPE_ID] = { "id", PEN_COL_UTF8, 0, 0 },
  [TYPE_INT] = { "int", PEN_COL_INT64, 0, 0 },
  [TYPE_NUMBER] = { "number", PEN_COL_DECIMAL, AMOUNT_DIGITS + AMOUNT_SCALE, AMOUNT_SCALE },
  [TYPE_AMOUNT] = { "amount", PEN_COL_DECIMAL, AMOUNT_DIGITS + AMOUNT_SCALE, AMOUNT_SCALE },
  [TYPE_RATE] = { "rate", PEN_COL_DECIMAL, RATE_DIGITS, RATE_SCALE },
  [TYPE_DATE] = { "date", PEN_COL_DATE32, 0, 0 },
  [TYPE_DATETIME] = { "datetime", PEN_COL_TIMESTAMP, 0, 0 },
  [TYPE_BOOL] = { "indicator", PEN_COL_BOOL, 0, 0 },
  [TYPE_BIC] = { "bic", PEN_COL_UTF8, 0, 0 },
  [TYPE_IBAN] = { "iban", PEN_COL_UTF8, 0, 0 },
  [TYPE_LEI] = { "lei", PEN_COL_UTF8, 0, 0 },
  [TYPE_UETR] = { "uetr", PEN_COL_UTF8, 0, 0 },
  [TYPE_CURRENCY] = { "currency", PEN_COL_UTF8, 0, 0 },
  [TYPE_COUNTRY] = { "country", PEN_COL_UTF8, 0, 0 },
};

/* The column of that name, made if there is none; -1 after bad(). */
static int
column (struct iso20022_reader *r, unsigned table, const char *name, uint8_t type, uint8_t precision, uint8_t scale)
{
  struct iso20022_table_def *t = &r->x->table[table];
  struct pen_col_spec *c;
  for (unsigned i = 0; i < t->n_cols; i++)
    if (strcmp (t->col[i].name, name) == 0)
      {
        if (t->col[i].type == type && t->col[i].scale == scale)
          return (int)i;
        return bad (r, "column %s of %s has another type elsewhere", name, t->name), -1;
      }
  if (!is_column (name))
    return bad (r, "\"%.40s\" is no name of a column: a-z, 0-9 and _ are", name), -1;
  c = realloc (t->col, (t->n_cols + 1) * sizeof *c);
  if (!c)
    return bad (r, "no memory for columns"), -1;
  t->col = c;
  c += t->n_cols;
  *c = (struct pen_col_spec){ .type = type, .nullable = 1, .precision = precision, .scale = scale };
  c->zone = type == PEN_COL_TIMESTAMP ? "UTC" : NULL;
  c->doc = r->doc ? strdup (r->doc) : NULL;
  c->name = strdup (name);
  if (!c->name || (r->doc && !c->doc))
    return bad (r, "no memory for columns"), -1;
  if (strcmp (name, "message_kind") == 0)
    t->kind_col = (int16_t)t->n_cols;
  if (strcmp (name, "priority") == 0)
    t->priority_col = (int16_t)t->n_cols;
  return (int)t->n_cols++;
}

static int
type_of (struct iso20022_reader *r, const char *word, unsigned *max)
{
  size_t n = strcspn (word, ":");
  *max = 0;
  if (word[n])
    {
      char *end;
      unsigned long v = strtoul (word + n + 1, &end, 10);
      if (*end || v == 0 || v > 100000)
        return bad (r, "\"%.40s\": a length follows the colon", word), -1;
      *max = (unsigned)v;
    }
  for (unsigned i = 0; i < N_TYPES; i++)
    if (strlen (types[i].word) == n && memcmp (types[i].word, word, n) == 0)
      return (int)i;
  return bad (r, "\"%.40s\" is no type", word), -1;
}

/* Columns that hold a value of that type: the second is an amount's currency or a time's offset. */
static int
columns_of (struct iso20022_reader *r, unsigned table, const char *name, unsigned type, uint16_t col[2])
{
  char second[80];
  int c = column (r, table, name, types[type].col, types[type].precision, types[type].scale), c2 = 0;
  if (c < 0)
    return PEN_ERR;
  if (type == TYPE_AMOUNT)
    {
      if (strcmp (name, "amount") == 0)
        snprintf (second, sizeof second, "currency");
      else
        snprintf (second, sizeof second, "%.60s_currency", name);
      c2 = column (r, table, second, PEN_COL_UTF8, 0, 0);
    }
  if (type == TYPE_DATETIME)
    {
      snprintf (second, sizeof second, "%.60s_offset", name);
      c2 = column (r, table, second, PEN_COL_INT32, 0, 0);
    }
  if (c2 < 0)
    return PEN_ERR;
  col[0] = (uint16_t)c;
  col[1] = (uint16_t)c2;
  return PEN_OK;
}

/* table NAME KEY... ; its key columns are ordinals of the tables around it and its own */
static int
read_table (struct iso20022_reader *r)
{
  struct iso20022 *x = r->x;
  struct iso20022_table_def *t = &x->table[x->n_tables];
  if (r->n_words < 3 || r->n_words > 2 + sizeof t->key_of)
    return bad (r, "expected: table NAME KEY...");
  if (x->n_tables == TABLES_MAX)
    return bad (r, "more than %u tables", TABLES_MAX);
  if (iso20022_find_table (x, r->word[1]) >= 0 || !is_column (r->word[1]))
    return bad (r, "\"%.40s\" is no name of a new table", r->word[1]);
  t->kind_col = t->priority_col = -1;
  t->name = strdup (r->word[1]);
  if (!t->name)
    return bad (r, "no memory for tables");
  r->table = (int)x->n_tables++;
  for (unsigned i = 2; i < r->n_words; i++)
    {
      int owner = -1;
      if (column (r, (unsigned)r->table, r->word[i], PEN_COL_INT64, 0, 0) < 0)
        return PEN_ERR;
      for (unsigned k = 0; k + 1 < x->n_tables; k++)
        if (x->table[k].is_counted && strcmp (x->table[k].col[x->table[k].n_keys - 1].name, r->word[i]) == 0)
          owner = (int)k;
      if (i + 1 == r->n_words && (owner < 0 || owner == r->table))
        {
          owner = r->table;
          t->is_counted = true;
        }
      t->key_of[t->n_keys++] = (int8_t)owner;
      if (owner < 0)
        return bad (r, "no table before this one has %s as its last key", r->word[i]);
    }
  return PEN_OK;
}

/* ---- elements ---- */

#define GROW(array, count, limit, what)                                                                                \
  do                                                                                                                   \
    {                                                                                                                  \
      if ((count) >= (limit))                                                                                          \
        return bad (r, "more than %u %s in all definitions", (unsigned)(limit), what);                                 \
      if (((count) & ((count)-1)) == 0)                                                                                \
        {                                                                                                              \
          void *grown_ = realloc ((array), ((count) ? (size_t)(count)*2 : 2) * sizeof *(array));                       \
          if (!grown_)                                                                                                 \
            return bad (r, "no memory for %s", what);                                                                  \
          (array) = grown_;                                                                                            \
        }                                                                                                              \
    }                                                                                                                  \
  while (0)

/* A new element below `parent`; *out is its index. */
static int
add_node (struct iso20022_reader *r, uint16_t parent, const char *name, size_t n, uint16_t *out)
{
  struct iso20022 *x = r->x;
  struct iso20022_node *d;
  uint16_t *link;
  char *copy;
  GROW (x->node, x->n_nodes, CHILD_SLOTS / 2, "elements");
  copy = strndup (name, n);
  if (!copy)
    return bad (r, "no memory for elements");
  d = &x->node[x->n_nodes];
  *d = (struct iso20022_node){ .name = copy, .n = (uint16_t)n, .parent = parent };
  *out = (uint16_t)x->n_nodes++;
  if (*out)
    {
      for (link = &x->node[parent].child; *link; link = &x->node[*link].next)
        ;
      *link = *out;
    }
  return PEN_OK;
}

int
iso20022_def_node (struct iso20022_reader *r, uint16_t from, const char *path, uint16_t *out)
{
  struct iso20022 *x = r->x;
  uint16_t at = from;
  while (*path && strcmp (path, ".") != 0)
    {
      size_t n = strcspn (path, "/");
      uint16_t c;
      if (n == 0 || n > 255)
        return bad (r, "an element's name is expected between slashes");
      for (c = x->node[at].child; c; c = x->node[c].next)
        if (x->node[c].n == n && memcmp (x->node[c].name, path, n) == 0)
          break;
      if (!c && add_node (r, at, path, n, &c) != PEN_OK)
        return PEN_ERR;
      at = c;
      path += n;
      if (*path == '/' && !*++path)
        return bad (r, "an element's name is expected after the slash");
    }
  *out = at;
  return PEN_OK;
}

static int
add_target (struct iso20022_reader *r, uint16_t node, const struct iso20022_target *t)
{
  struct iso20022 *x = r->x;
  uint16_t *link;
  if (x->n_targets == 0)
    x->n_targets = 1; /* index 0 is none */
  GROW (x->target, x->n_targets, UINT16_MAX - 1, "columns");
  x->target[x->n_targets] = *t;
  for (link = &x->node[node].target; *link; link = &x->target[*link].next)
    ;
  *link = (uint16_t)x->n_targets++;
  return PEN_OK;
}

int
iso20022_def_value (struct iso20022_reader *r, uint16_t from, const char *path, const char *name, const char *type_word,
                    bool join, bool required)
{
  struct iso20022 *x = r->x;
  const struct iso20022_open *l = &r->level[r->n_levels - 1];
  struct iso20022_target t = { .use = USE_COLUMN, .table = l->table, .join = join };
  unsigned max;
  int type = type_of (r, type_word, &max);
  uint16_t node, col[2];
  if (type < 0 || iso20022_def_node (r, from, path, &node) != PEN_OK
      || columns_of (r, l->table, name, (unsigned)type, col) != PEN_OK)
    return PEN_ERR;
  if (join && type != TYPE_TEXT)
    return bad (r, "only texts can be joined");
  t.type = (uint8_t)type;
  t.col = col[0];
  t.col2 = col[1];
  t.max = (uint16_t)max;
  if (required)
    {
      if (x->n_needs == 0)
        x->n_needs = 1;
      GROW (x->need, x->n_needs, UINT16_MAX - 1, "required columns");
      x->need[x->n_needs] = (struct iso20022_need){ x->node[l->node].need, col[0] };
      x->node[l->node].need = (uint16_t)x->n_needs++;
    }
  for (uint16_t i = x->node[node].target; i; i = x->target[i].next)
    if (x->target[i].use == USE_COLUMN && x->target[i].table == t.table && x->target[i].col == t.col)
      return PEN_OK; /* by a group as well */
  return add_target (r, node, &t);
}

int
iso20022_def_plain (struct iso20022_reader *r, const char *path, const struct iso20022_target *t)
{
  uint16_t node;
  if (iso20022_def_node (r, r->level[r->n_levels - 1].node, path, &node) != PEN_OK)
    return PEN_ERR;
  return add_target (r, node, t);
}

int
iso20022_def_count (struct iso20022_reader *r, const struct iso20022_count *c)
{
  struct iso20022 *x = r->x;
  GROW (x->counter, x->n_counters, 1024, "counts");
  x->counter[x->n_counters++] = *c;
  return PEN_OK;
}

/* ---- files ---- */

static int
read_line (struct iso20022_reader *r)
{
  const char *w;
  if (split (r) != PEN_OK)
    return PEN_ERR;
  if (r->n_words == 0)
    return PEN_OK;
  w = r->word[0];
  if (strcmp (w, "end") != 0)
    {
      if (r->table >= 0)
        {
          unsigned max;
          uint16_t col[2];
          int type = r->n_words == 2 ? type_of (r, r->word[1], &max) : -1;
          if (r->n_words != 2)
            return bad (r, "expected in a table: COLUMN TYPE");
          return type < 0 ? PEN_ERR : columns_of (r, (unsigned)r->table, w, (unsigned)type, col);
        }
      if (strcmp (w, "table") == 0 && r->n_levels == 0 && !r->group)
        return read_table (r);
      return iso20022_def_line (r);
    }
  if (r->table >= 0)
    {
      r->table = -1;
      return PEN_OK;
    }
  return iso20022_def_end (r);
}

static int
read_file (struct iso20022 *x, struct iso20022_groups *groups, const char *name, const char *path, FILE *f)
{
  struct iso20022_reader r = { .x = x, .path = path, .name = name, .table = -1, .groups = groups };
  while (fgets (r.text, sizeof r.text, f))
    {
      r.line++;
      if (!strchr (r.text, '\n') && strlen (r.text) == sizeof r.text - 1)
        return bad (&r, "a line is longer than %zu bytes", sizeof r.text - 2);
      if (read_line (&r) != PEN_OK)
        return PEN_ERR;
    }
  if (r.n_levels || r.group || r.table >= 0)
    return bad (&r, "the file ends before an \"end\"");
  return PEN_OK;
}

static int
read_path (struct iso20022 *x, struct iso20022_groups *groups, const char *name)
{
  char path[4096];
  FILE *f;
  int rc;
  if ((size_t)snprintf (path, sizeof path, "%s/%s.def", x->o->definitions, name) >= sizeof path)
    return x->host->fail (x->host->ctx, "iso20022: path of definition %.60s is too long", name);
  f = fopen (path, "re");
  if (!f)
    return x->host->fail (x->host->ctx, "iso20022: cannot open definition %s: %s", path, strerror (errno));
  rc = read_file (x, groups, name, path, f);
  fclose (f);
  return rc;
}

/* Names in the directory's index, one in a line. */
static int
read_index (struct iso20022 *x, struct iso20022_groups *groups)
{
  char path[4096], line[256];
  FILE *f;
  int rc = PEN_OK;
  snprintf (path, sizeof path, "%s/index", x->o->definitions);
  f = fopen (path, "re");
  if (!f)
    return x->host->fail (x->host->ctx, "iso20022: cannot open %s: %s", path, strerror (errno));
  while (rc == PEN_OK && fgets (line, sizeof line, f))
    {
      char *w = line + strspn (line, " \t");
      w[strcspn (w, "# \t\r\n")] = 0;
      if (*w)
        rc = read_path (x, groups, w);
    }
  fclose (f);
  return rc;
}

int
iso20022_defs_load (struct iso20022 *x)
{
  struct iso20022_groups groups = { NULL, 0 };
  struct iso20022_reader none = { .x = x, .path = x->o->definitions };
  uint16_t top;
  int rc = add_node (&none, 0, "", 0, &top);
  if (rc == PEN_OK)
    rc = read_path (x, &groups, "common");
  if (rc == PEN_OK && x->o->messages.n == 0)
    rc = read_index (x, &groups);
  else
    {
      if (rc == PEN_OK)
        rc = read_path (x, &groups, "head.001");
      for (size_t i = 0; i < x->o->messages.n && rc == PEN_OK; i++)
        rc = read_path (x, &groups, x->o->messages.item[i]);
    }
  iso20022_groups_fini (&groups);
  if (rc != PEN_OK)
    return rc;
  for (unsigned i = 0; i < x->n_nodes; i++)
    {
      x->is_child[x->node[i].table] |= x->node[i].row == ROW_CHILD;
      x->is_record[x->node[i].table] |= x->node[i].row == ROW_RECORD;
    }
  x->t_messages = iso20022_find_table (x, "messages");
  x->t_elements = iso20022_find_table (x, "elements");
  if (x->t_messages != 0 || x->t_elements < 0 || x->n_defs == 0)
    return x->host->fail (x->host->ctx, "iso20022: %s/common.def: tables messages (first) and elements are needed",
                          x->o->definitions);
  return PEN_OK;
}

void
iso20022_defs_fini (struct iso20022 *x)
{
  for (unsigned i = 0; i < x->n_nodes; i++)
    free ((void *)(uintptr_t)x->node[i].name);
  for (unsigned i = 0; i < x->n_tables; i++)
    {
      for (unsigned c = 0; c < x->table[i].n_cols; c++)
        {
          free ((void *)(uintptr_t)x->table[i].col[c].name);
          free ((void *)(uintptr_t)x->table[i].col[c].doc);
        }
      free (x->table[i].col);
      free (x->table[i].name);
    }
  for (unsigned i = 0; i < x->n_defs; i++)
    free (x->def[i].path);
  free (x->def);
  free (x->node);
  free (x->child);
  free (x->target);
  free (x->need);
  free (x->counter);
}
