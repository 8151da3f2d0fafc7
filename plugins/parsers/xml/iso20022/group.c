/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - the lines of a definition file inside a message: rows, columns, totals, and groups of columns that are used
 * under several elements. */
#include "def.h"

#define bad iso20022_bad_def

/* ---- groups ---- */

void
iso20022_groups_fini (struct iso20022_groups *g)
{
  for (unsigned i = 0; i < g->n; i++)
    {
      for (unsigned k = 0; k < g->group[i].n; k++)
        {
          struct iso20022_group_line *l = &g->group[i].line[k];
          for (unsigned w = 0; w < l->n_words; w++)
            free (l->word[w]);
          free (l->doc);
        }
      free (g->group[i].line);
      free (g->group[i].name);
    }
  free (g->group);
  *g = (struct iso20022_groups){ NULL, 0 };
}

static struct iso20022_group *
find_group (const struct iso20022_groups *g, const char *name)
{
  for (unsigned i = 0; i < g->n; i++)
    if (strcmp (g->group[i].name, name) == 0)
      return &g->group[i];
  return NULL;
}

static int
begin_group (struct iso20022_reader *r)
{
  struct iso20022_groups *g = r->groups;
  struct iso20022_group *all;
  if (r->n_words != 2 || find_group (g, r->word[1]))
    return bad (r, "expected: group NAME, of a new group");
  all = realloc (g->group, (g->n + 1) * sizeof *all);
  if (!all)
    return bad (r, "no memory for groups");
  g->group = all;
  all[g->n] = (struct iso20022_group){ .name = strdup (r->word[1]) };
  if (!all[g->n].name)
    return bad (r, "no memory for groups");
  r->group = &all[g->n++];
  return PEN_OK;
}

static int
keep_line (struct iso20022_reader *r)
{
  struct iso20022_group *g = r->group;
  struct iso20022_group_line *all, l = { .n_words = 0 };
  if (r->n_words > sizeof l.word / sizeof *l.word)
    return bad (r, "a line of a group has at most %zu words", sizeof l.word / sizeof *l.word);
  all = realloc (g->line, (g->n + 1) * sizeof *all);
  if (!all)
    return bad (r, "no memory for groups");
  g->line = all;
  for (; l.n_words < r->n_words; l.n_words++)
    if (!(l.word[l.n_words] = strdup (r->word[l.n_words])))
      return bad (r, "no memory for groups");
  l.doc = r->doc ? strdup (r->doc) : NULL;
  all[g->n++] = l;
  return PEN_OK;
}

static int value_line (struct iso20022_reader *r, uint16_t from, const char *prefix, char *const *word, unsigned n);

/* use GROUP PATH PREFIX; the group's columns begin with the prefix. */
static int
use_group (struct iso20022_reader *r, uint16_t from, const char *prefix, char *const *word, unsigned n, unsigned deep)
{
  const struct iso20022_group *g;
  char joined[128];
  uint16_t node;
  if (n < 3 || n > 4 || deep > 4)
    return bad (r, "expected: use GROUP PATH [PREFIX]");
  g = find_group (r->groups, word[1]);
  if (!g)
    return bad (r, "there is no group %.40s", word[1]);
  if (iso20022_def_node (r, from, word[2], &node) != PEN_OK)
    return PEN_ERR;
  snprintf (joined, sizeof joined, "%.60s%s%.60s", prefix, *prefix && n == 4 ? "_" : "", n == 4 ? word[3] : "");
  for (unsigned i = 0; i < g->n; i++)
    {
      const struct iso20022_group_line *l = &g->line[i];
      char *doc = r->doc;
      int rc;
      r->doc = l->doc;
      if (strcmp (l->word[0], "use") == 0)
        rc = use_group (r, node, joined, l->word, l->n_words, deep + 1);
      else
        rc = value_line (r, node, joined, l->word, l->n_words);
      r->doc = doc;
      if (rc != PEN_OK)
        return rc;
    }
  return PEN_OK;
}

/* PATH COLUMN TYPE [!] [+] */
static int
value_line (struct iso20022_reader *r, uint16_t from, const char *prefix, char *const *word, unsigned n)
{
  char name[140];
  bool join = false, required = false;
  if (n < 3)
    return bad (r, "expected: PATH COLUMN TYPE [!] [+]");
  for (unsigned i = 3; i < n; i++)
    if (strcmp (word[i], "!") == 0)
      required = true;
    else if (strcmp (word[i], "+") == 0)
      join = true;
    else
      return bad (r, "\"%.40s\" is neither ! (required) nor + (repeated values are joined)", word[i]);
  if (strcmp (word[1], ".") == 0)
    snprintf (name, sizeof name, "%s", prefix);
  else
    snprintf (name, sizeof name, "%s%s%s", prefix, *prefix ? "_" : "", word[1]);
  return iso20022_def_value (r, from, word[0], name, word[2], join, required);
}

/* ---- messages and rows ---- */

static int
begin_message (struct iso20022_reader *r)
{
  struct iso20022 *x = r->x;
  struct iso20022_def *all;
  if (r->n_words < 3 || strlen (r->word[1]) >= sizeof all->kind || r->n_levels)
    return bad (r, "expected: message KIND ROOT...");
  for (unsigned i = 0; i < x->n_defs; i++)
    if (strcmp (x->def[i].kind, r->word[1]) == 0)
      return bad (r, "%s is defined already, in %s", r->word[1], x->def[i].path);
  all = realloc (x->def, (x->n_defs + 1) * sizeof *all);
  if (!all)
    return bad (r, "no memory for definitions");
  x->def = all;
  all += x->n_defs;
  memset (all, 0, sizeof *all);
  snprintf (all->kind, sizeof all->kind, "%s", r->word[1]);
  all->path = strdup (r->path);
  all->is_header = strncmp (all->kind, "head.", 5) == 0;
  if (!all->path)
    return bad (r, "no memory for definitions");
  x->n_defs++;
  if (iso20022_def_node (r, 0, r->word[1], &all->node) != PEN_OK)
    return PEN_ERR;
  for (unsigned i = 2; i < r->n_words; i++)
    {
      uint16_t root;
      if (iso20022_def_node (r, all->node, r->word[i], &root) != PEN_OK)
        return PEN_ERR;
      x->node[root].row = ROW_MESSAGE;
      if (i == 2)
        r->level[0] = (struct iso20022_open){ root, 0, ROW_MESSAGE };
    }
  r->n_levels = 1;
  return PEN_OK;
}

static int
begin_row (struct iso20022_reader *r, uint8_t row)
{
  struct iso20022 *x = r->x;
  const struct iso20022_open *up = &r->level[r->n_levels - 1];
  uint16_t node;
  int table = r->n_words == 3 ? iso20022_find_table (x, r->word[1]) : -1;
  if (r->n_words != 3)
    return bad (r, "expected: %s TABLE PATH", r->word[0]);
  if (table < 0)
    return bad (r, "there is no table %.40s", r->word[1]);
  if (r->n_levels == LEVELS)
    return bad (r, "more than %u rows inside each other", LEVELS);
  if (row != ROW_CHILD && up->row != ROW_MESSAGE && (row == ROW_LEVEL || up->row != ROW_LEVEL))
    return bad (r, "a %s cannot be inside a record or a row", r->word[0]);
  for (unsigned i = 0; i < r->n_levels; i++)
    if (r->level[i].table == table)
      return bad (r, "a row of %s cannot be inside another one", r->word[1]);
  if (iso20022_def_node (r, up->node, r->word[2], &node) != PEN_OK)
    return PEN_ERR;
  if (x->node[node].row)
    return bad (r, "%.80s has a row already", r->word[2]);
  x->node[node].row = row;
  x->node[node].table = (uint8_t)table;
  r->level[r->n_levels++] = (struct iso20022_open){ node, (uint8_t)table, row };
  return PEN_OK;
}

int
iso20022_def_end (struct iso20022_reader *r)
{
  if (r->n_words != 1)
    return bad (r, "nothing may follow \"end\"");
  if (r->group)
    r->group = NULL;
  else if (r->n_levels)
    r->n_levels--;
  else
    return bad (r, "there is nothing to end");
  return PEN_OK;
}

/* ---- totals and slots ---- */

static const char *const total_word[N_TOTALS] = {
  [TOTAL_TRANSACTION_COUNT] = "transaction_count",
  [TOTAL_CONTROL_SUM] = "control_sum",
  [TOTAL_SETTLEMENT] = "settlement_total",
  [TOTAL_PAYMENT_COUNT] = "payment_count",
  [TOTAL_PAYMENT_SUM] = "payment_sum",
  [TOTAL_MOVEMENT] = "movement",
  [TOTAL_ENTRY_COUNT] = "entry_count",
  [TOTAL_ENTRY_SUM] = "entry_sum",
  [TOTAL_CREDIT_COUNT] = "credit_count",
  [TOTAL_CREDIT_SUM] = "credit_sum",
  [TOTAL_DEBIT_COUNT] = "debit_count",
  [TOTAL_DEBIT_SUM] = "debit_sum",
};
static const char *const slot_word[N_SLOTS] = {
  [SLOT_KEY] = "key",         [SLOT_PRIORITY] = "priority", [SLOT_SIGN] = "sign", [SLOT_STATUS] = "status",
  [SLOT_BALANCE] = "balance", [SLOT_AMOUNT] = "amount",     [SLOT_NAME] = "name", [SLOT_IDENTIFIER] = "identifier",
  [SLOT_PAGE] = "page",       [SLOT_LAST] = "last",
};
static const char *const when_word[] = { "always", "credit", "debit", "booked" };

static int
word_of (const char *const *list, unsigned n, const char *w)
{
  for (unsigned i = 0; i < n; i++)
    if (list[i] && strcmp (list[i], w) == 0)
      return (int)i;
  return -1;
}

/* claim TOTAL PATH, add TOTAL PATH [WHEN], keep SLOT PATH, count TOTAL [WHEN] */
static int
use_line (struct iso20022_reader *r, uint8_t use)
{
  const struct iso20022_open *l = &r->level[r->n_levels - 1];
  struct iso20022_target t = { .use = use, .table = l->table };
  bool count = strcmp (r->word[0], "count") == 0;
  unsigned n = count ? 2 : 3;
  int what = -1, when = 0;
  if (r->n_words >= n && use == USE_KEEP)
    what = word_of (slot_word, N_SLOTS, r->word[1]);
  else if (r->n_words >= n)
    what = word_of (total_word, N_TOTALS, r->word[1]);
  if (r->n_words == n + 1 && use == USE_ADD)
    when = word_of (when_word, sizeof when_word / sizeof *when_word, r->word[n]);
  if (what < 0 || when < 0 || r->n_words > n + 1)
    return bad (r, "expected: claim TOTAL PATH, add TOTAL PATH [WHEN], count TOTAL [WHEN] or keep SLOT PATH");
  if ((use == USE_ADD) != (l->row == ROW_RECORD) && use != USE_KEEP)
    return bad (r, "totals are added to in records, and claimed outside of them");
  t.what = (uint8_t)what;
  t.when = (uint8_t)when;
  if (count)
    return iso20022_def_count (r, &(struct iso20022_count){ l->node, t.what, t.when });
  return iso20022_def_plain (r, r->word[2], &t);
}

int
iso20022_def_line (struct iso20022_reader *r)
{
  const char *w = r->word[0];
  if (r->group)
    return keep_line (r);
  if (strcmp (w, "group") == 0 && r->n_levels == 0)
    return begin_group (r);
  if (strcmp (w, "message") == 0)
    return begin_message (r);
  if (r->n_levels == 0)
    return bad (r, "\"%.40s\": a table, a group or a message is expected", w);
  if (strcmp (w, "row") == 0)
    return begin_row (r, ROW_CHILD);
  if (strcmp (w, "level") == 0)
    return begin_row (r, ROW_LEVEL);
  if (strcmp (w, "record") == 0)
    return begin_row (r, ROW_RECORD);
  if (strcmp (w, "claim") == 0)
    return use_line (r, USE_CLAIM);
  if (strcmp (w, "add") == 0 || strcmp (w, "count") == 0)
    return use_line (r, USE_ADD);
  if (strcmp (w, "keep") == 0)
    return use_line (r, USE_KEEP);
  if (strcmp (w, "use") == 0)
    return use_group (r, r->level[r->n_levels - 1].node, "", r->word, r->n_words, 0);
  return value_line (r, r->level[r->n_levels - 1].node, "", r->word, r->n_words);
}
