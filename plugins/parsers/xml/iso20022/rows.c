/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - rows: keys, lineage, required columns, and the records whose rows are held back until they are known to be
 * good. */
#include "iso20022.h"

static void
no_memory (struct iso20022 *x)
{
  iso20022_take (x, x->host->fail (x->host->ctx, "iso20022: no memory for rows"));
}

void
iso20022_put_text (struct iso20022 *x, struct pen_table *t, unsigned col, const char *p, size_t n)
{
  if (pen_add_text (t, col, p, n))
    no_memory (x);
}

/* A record of many small elements is short, its rows are not; nor are those of a header. */
static void
spend (struct iso20022 *x, uint64_t bytes)
{
  size_t at = x->record ? x->record_at : x->header[x->header[1].open].at;
  if (!x->record && !x->header[0].open && !x->header[1].open)
    return; /* handed over as they come */
  x->cost += bytes;
  if (x->cost > XML_ROWS_MAX && x->status == PEN_OK)
    x->status = xml_refuse (x->walk, at, "limit", "expected a %s with at most %u bytes of rows, found more",
                            x->record ? "record" : "header", XML_ROWS_MAX);
}

/* Which input offset completes what is read now: that of its record, else of the outermost header that is open. */
static uint64_t
order_of (struct iso20022 *x, unsigned table, size_t at, size_t end)
{
  if ((int)table == x->t_elements)
    at = end; /* text that follows an element inside of it */
  if (x->record)
    at = x->record_at;
  else if (x->header[1].open && table)
    at = x->header[1].at;
  else if (x->header[0].open)
    at = x->header[0].at;
  return xml_offset (x->walk, at);
}

void
iso20022_row_begin (struct iso20022 *x, unsigned table, size_t at)
{
  struct iso20022_table_def *d = &x->table[table];
  struct pen_table *t = &x->tables.table[table];
  if (d->is_counted)
    x->st.count[table]++;
  if (x->quiet)
    return;
  spend (x, 8 * (d->n_cols + 4));
  if (pen_row_reserve (t, 1))
    {
      no_memory (x);
      return;
    }
  x->is_open[table] = true;
  x->row_at[table] = at;
  x->row_line[table] = xml_line (x->walk, at);
  for (unsigned i = 0; i < d->n_keys; i++)
    {
      unsigned owner = (unsigned)d->key_of[i];
      if (owner == 0)
        pen_put_i64 (t, i, (int64_t)x->st.messages);
      else if (owner == table || x->is_open[owner] || (x->st.level_node && x->node[x->st.level_node].table == owner))
        pen_put_i64 (t, i, x->st.count[owner]);
    }
}

void
iso20022_row_end (struct iso20022 *x, unsigned table, uint16_t node, size_t end)
{
  struct pen_table *t = &x->tables.table[table];
  size_t at = x->row_at[table];
  uint64_t offset;
  if (!x->is_open[table])
    return;
  for (uint16_t i = node ? x->node[node].need : 0; i; i = x->need[i].next)
    if (!iso20022_is_set (t, x->need[i].col))
      iso20022_find (x, RULE_required, at, end, x->table[table].col[x->need[i].col].name,
                     "expected a value in %s, found none", x->node[node].name);
  offset = xml_offset (x->walk, at);
  x->is_open[table] = false;
  x->n_read[table]++;
  pen_row_end (t, order_of (x, table, at, end), offset, (uint32_t)(xml_offset (x->walk, end) - offset),
               x->row_line[table]);
}

uint64_t
iso20022_line (struct iso20022 *x, size_t at)
{
  for (unsigned i = 0; i < x->n_tables; i++)
    if (x->is_open[i] && x->row_at[i] == at)
      return x->row_line[i];
  return xml_line (x->walk, at);
}

/* ---- records ---- */

void
iso20022_record_begin (struct iso20022 *x, uint16_t node, size_t at)
{
  x->record = node;
  x->record_at = at;
  x->cost = 0;
  x->refused = false;
  x->n_held = x->n_lost = x->n_amounts = 0;
  memset (x->slot, 0, sizeof x->slot);
  for (unsigned i = 0; i < x->n_tables; i++)
    x->rows_before[i] = x->tables.table[i].rows;
  iso20022_row_begin (x, x->node[node].table, at);
  memcpy (x->count_before, x->st.count, sizeof x->count_before);
  for (unsigned i = 0; i < x->n_tables; i++)
    if (i != x->node[node].table && x->is_child[i])
      x->st.count[i] = 0;
}

/* Columns for lanes: the message's kind, and a priority where the record has none of its own. */
static void
put_lane (struct iso20022 *x, unsigned table)
{
  const struct iso20022_table_def *d = &x->table[table];
  struct pen_table *t = &x->tables.table[table];
  if (d->kind_col >= 0)
    iso20022_put_text (x, t, (unsigned)d->kind_col, x->st.kind, strlen (x->st.kind));
  if (d->priority_col >= 0 && !iso20022_is_set (t, (unsigned)d->priority_col))
    {
      const char *p = x->st.scope[1].priority[0] ? x->st.scope[1].priority : x->st.scope[0].priority;
      if (*p)
        iso20022_put_text (x, t, (unsigned)d->priority_col, p, strlen (p));
    }
}

void
iso20022_record_end (struct iso20022 *x, size_t end)
{
  unsigned table = x->node[x->record].table;
  if (!x->quiet)
    {
      iso20022_record_ids (x, end);
      put_lane (x, table);
      iso20022_row_end (x, table, x->record, end);
      iso20022_record_totals (x);
      iso20022_find_flush (x, end);
      if (x->refused)
        for (unsigned i = 0; i < x->n_tables; i++)
          if (x->tables.table[i].rows > x->rows_before[i])
            {
              x->n_rejected[i] += (uint64_t)(x->tables.table[i].rows - x->rows_before[i]);
              pen_rows_truncate (&x->tables.table[i], x->rows_before[i]);
            }
    }
  memcpy (x->st.count, x->count_before, sizeof x->st.count);
  x->record = 0;
  memset (x->slot, 0, sizeof x->slot);
  iso20022_flush (x, true);
}

/* ---- elements ---- */

static bool
path_add (struct iso20022 *x, size_t *n, const char *sep, struct pen_span s)
{
  size_t need = *n + s.n + 2;
  if (need > x->path_cap)
    {
      char *grown = realloc (x->path, need * 2);
      if (!grown)
        {
          no_memory (x);
          return false;
        }
      x->path = grown;
      x->path_cap = need * 2;
    }
  if (*sep)
    x->path[(*n)++] = *sep;
  if (s.n)
    memcpy (x->path + *n, s.p, s.n);
  *n += s.n;
  return true;
}

void
iso20022_row_element (struct iso20022 *x, const struct xml_element *e, const struct xml_attr *attr, const char *p,
                      size_t n, size_t at, size_t end)
{
  unsigned table = (unsigned)x->t_elements;
  struct pen_table *t = &x->tables.table[table];
  const struct xml_element *top = e;
  size_t n_path = 0;
  if (x->quiet || x->o->elements == ELEMENTS_NONE)
    return;
  while ((top->user & (USER_DOCUMENT | USER_APPHDR)) == 0 && top->depth > 1)
    top--;
  if (top < e && (top->user & (USER_DOCUMENT | USER_APPHDR)) == USER_DOCUMENT)
    top++;
  for (const struct xml_element *i = top; i <= e; i++)
    if (!path_add (x, &n_path, i > top ? "/" : "", i->sym->local))
      return;
  if (attr && !path_add (x, &n_path, "@", attr->sym->local))
    return;
  iso20022_row_begin (x, table, at);
  if (!x->is_open[table])
    return;
  spend (x, n_path + e->ns->uri.n);
  iso20022_put_text (x, t, (unsigned)x->col_path, x->path, n_path);
  if (e->ns->uri.n && !(e->user & USER_KNOWN)
      && !(e->ns->uri.n == x->st.n_ns && memcmp (e->ns->uri.p, x->st.ns, x->st.n_ns) == 0))
    iso20022_put_text (x, t, (unsigned)x->col_element_namespace, (const char *)e->ns->uri.p, e->ns->uri.n);
  iso20022_put_text (x, t, (unsigned)x->col_value, p, n);
  iso20022_row_end (x, table, 0, end);
}

/* ---- hand-over ---- */

void
iso20022_flush (struct iso20022 *x, bool full_only)
{
  if (x->quiet || (full_only && !pen_tables_full (&x->tables)))
    return;
  iso20022_totals_flush (x);
  iso20022_take (x, pen_tables_flush (&x->tables, x->out));
}
