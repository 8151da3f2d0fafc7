/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - turns the events of the reading core into rows: one table of records, others of what repeats within them. */
#include <stdlib.h>
#include <string.h>
#include "xml.h"

/* ---- texts that are kept ---- */

static int
keep (struct xml *x, uint8_t **own, size_t *cap, size_t have, struct pen_span s)
{
  if (*cap - have < s.n)
    {
      size_t want = 2 * (have + s.n) + 64;
      uint8_t *p = realloc (*own, want);
      if (!p)
        return x->host->fail (x->host->ctx, "xml: no memory for %zu bytes of text", have + s.n);
      *own = p;
      *cap = want;
    }
  if (s.n)
    memcpy (*own + have, s.p, s.n);
  return PEN_OK;
}

static const struct xml_attr *
find_attr (const struct xml_column *col, const struct xml_attr *attr, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (attr[i].sym->id == col->attr_id && (col->attr_ns ? attr[i].ns->id == col->attr_ns : !attr[i].ns->uri.n))
      return &attr[i];
  return NULL;
}

/* Attributes that rows below this element have. */
static int
take_context (struct xml *x, const struct xml_node *node, const struct xml_attr *attr, size_t n)
{
  for (int i = node->heirs; i >= 0; i = x->col[i].next)
    {
      struct xml_column *col = &x->col[i];
      const struct xml_attr *a = find_attr (col, attr, n);
      col->has_context = a != NULL;
      if (!a)
        continue;
      if (keep (x, &col->context, &col->context_cap, 0, a->value) != PEN_OK)
        return PEN_ERR;
      col->context_n = a->value.n;
    }
  return PEN_OK;
}

static void
drop_context (struct xml *x, const struct xml_node *node)
{
  for (int i = node->heirs; i >= 0; i = x->col[i].next)
    x->col[i].has_context = false;
}

/* ---- rows ---- */

static void
record_begin (struct xml *x, const struct xml_element *e)
{
  x->record_at = e->at;
  x->record_cost = 0;
  x->n_bad = 0;
  for (size_t i = 0; i < x->n_tables; i++)
    {
      x->table[i].no = 0;
      x->table[i].rows_before = x->set.table[i].rows;
    }
}

/* A record of many small elements is short, its rows are not. */
static int
spend (struct xml *x, uint64_t bytes)
{
  x->record_cost += bytes;
  return x->record_cost <= XML_ROWS_MAX
             ? PEN_OK
             : xml_refuse (x->walk, x->record_at, "limit",
                           "expected a record with at most %u bytes of rows, found more", XML_ROWS_MAX);
}

static int
row_begin (struct xml *x, int t)
{
  int status = spend (x, 8 * (x->table[t].n_spec + 4));
  if (status != PEN_OK)
    return status;
  x->table[t].no++;
  if (pen_row_reserve (&x->set.table[t], 1))
    return x->host->fail (x->host->ctx, "xml: no memory for rows of %s", x->table[t].name);
  return PEN_OK;
}

static int
row_end (struct xml *x, int t, const struct xml_element *e, size_t end)
{
  const struct xml_table *table = &x->table[t];
  struct pen_table *rows = &x->set.table[t];
  uint64_t offset = xml_offset (x->walk, e->at);
  int status;

  for (size_t i = 0; i < x->n_cols; i++)
    {
      struct xml_column *col = &x->col[i];
      if (col->table != (unsigned)t)
        continue;
      if (col->has_context && (status = spend (x, col->context_n)) != PEN_OK)
        return status;
      if (col->has_context
          && xml_value_put (x, col, (struct pen_span){ col->context, col->context_n }, e->at) != PEN_OK)
        return PEN_ERR;
      if (col->required && rows->col[col->index].rows <= rows->rows)
        xml_note (x, col->name, e->at, "required", "expected a value at %s, found none", col->path);
    }
  if (x->n_bad)
    { /* no row of this record will be seen: the half-built one is taken back with the others */
      pen_rows_truncate (rows, rows->rows);
      return PEN_OK;
    }
  pen_put_i64 (rows, 0, (int64_t)x->record_no);
  if (t)
    pen_put_i64 (rows, 1, table->no);
  if (table->parent >= 0)
    pen_put_i64 (rows, 2, x->table[table->parent].no);
  pen_row_end (rows, xml_offset (x->walk, x->record_at), offset, (uint32_t)(xml_offset (x->walk, end) - offset),
               xml_line (x->walk, e->at));
  return PEN_OK;
}

static int
record_refuse (struct xml *x, size_t end)
{
  int status = PEN_OK;
  struct pen_finding f = { .size = sizeof f, .severity = PEN_SEV_RECORD };

  for (size_t i = 0; i < x->n_tables; i++)
    pen_rows_truncate (&x->set.table[i], x->table[i].rows_before);
  f.offset = xml_offset (x->walk, x->record_at);
  f.length = xml_offset (x->walk, end) - f.offset;
  for (size_t i = 0; i < x->n_bad && status == PEN_OK; i++)
    {
      f.line = xml_line (x->walk, x->bad[i].at);
      f.rule = x->bad[i].rule;
      f.column = x->bad[i].column;
      f.text = x->bad[i].text;
      f.follows = i > 0;
      status = x->out->finding (x->out->ctx, &f);
    }
  x->n_rejected++;
  return status;
}

/* Children's rows count once their record is in. */
static int
record_end (struct xml *x, size_t end)
{
  int status = PEN_OK;
  x->n_read++;
  if (x->n_bad)
    return record_refuse (x, end);
  for (unsigned i = 1; i < x->n_tables && status == PEN_OK; i++)
    if (x->table[i].no)
      status = x->out->read (x->out->ctx, i, (uint64_t)x->table[i].no);
  if (status == PEN_OK && pen_tables_full (&x->set))
    status = pen_tables_flush (&x->set, x->out);
  return status;
}

int
xml_flush (struct xml *x)
{
  int status = pen_tables_flush (&x->set, x->out);
  if (status == PEN_OK && x->n_read)
    status = x->out->read (x->out->ctx, 0, x->n_read);
  if (status == PEN_OK && x->n_rejected)
    status = x->out->rejected (x->out->ctx, 0, x->n_rejected);
  return status;
}

/* ---- events ---- */

static int
put_attrs (struct xml *x, const struct xml_node *node, const struct xml_element *e, const struct xml_attr *attr,
           size_t n)
{
  for (int i = node->attrs; i >= 0; i = x->col[i].next)
    {
      const struct xml_attr *a = find_attr (&x->col[i], attr, n);
      if (a && xml_value_put (x, &x->col[i], a->value, e->at) != PEN_OK)
        return PEN_ERR;
    }
  return PEN_OK;
}

static int
start (void *ctx, struct xml_element *e, const struct xml_attr *attr, size_t n, size_t end)
{
  struct xml *x = ctx;
  bool inside = xml_in_record (x->walk), cutting = xml_is_cutting (x->walk), record;
  struct xml_node *node;
  int status;

  e->user = e->depth == 1 || e[-1].user ? xml_tree_step (x, (uint32_t)e[-1].user, e) : 0;
  node = &x->node[e->user];
  record = e->user && node->table == 0;
  if (e->user && node->heirs >= 0 && take_context (x, node, attr, n) != PEN_OK)
    return PEN_ERR;
  if (record)
    x->record_no++;
  if (record && !cutting)
    record_begin (x, e);
  if (x->xsd && (status = xml_schema_start (x, e, attr, n, end, record)) != PEN_OK)
    return status;
  if (!e->user)
    return inside && !x->is_checking ? XML_MUTE : XML_GO;
  if (cutting || !(inside || record))
    return record ? XML_RECORD : XML_GO;
  if (node->table >= 0 && (status = row_begin (x, node->table)) != PEN_OK)
    return status;
  node->n = 0;
  if (node->attrs >= 0 && put_attrs (x, node, e, attr, n) != PEN_OK)
    return PEN_ERR;
  return record ? XML_RECORD : XML_GO;
}

static int
text (void *ctx, struct xml_element *e, struct pen_span s, size_t at)
{
  struct xml *x = ctx;
  struct xml_node *node = &x->node[e->user];
  (void)at;
  if (x->xsd)
    xml_schema_text (x, s);
  if (!e->user || node->texts < 0 || !xml_in_record (x->walk))
    return PEN_OK;
  if (keep (x, &node->text, &node->cap, node->n, s) != PEN_OK)
    return PEN_ERR;
  node->n += s.n;
  return PEN_OK;
}

static int
finish (void *ctx, struct xml_element *e, size_t at, size_t end)
{
  struct xml *x = ctx;
  struct xml_node *node = &x->node[e->user];
  int status = PEN_OK;
  (void)at;

  if (x->xsd)
    status = xml_schema_end (x, e, end);
  if (!e->user || status != PEN_OK)
    return status;
  if (xml_in_record (x->walk) && !xml_is_cutting (x->walk))
    {
      for (int i = node->texts; i >= 0 && status == PEN_OK; i = x->col[i].next)
        status = xml_value_put (x, &x->col[i], (struct pen_span){ node->text, node->n }, e->at);
      if (status == PEN_OK && node->table >= 0)
        status = row_end (x, node->table, e, end);
      if (status == PEN_OK && node->table == 0)
        status = record_end (x, end);
    }
  drop_context (x, node);
  return status;
}

/* ---- what the next chunk has to know: records so far, attributes of open ancestors ---- */

static void
load (void *ctx, struct pen_span s)
{
  struct xml *x = ctx;
  xml_schema_stop (x);
  x->record_no = 0;
  for (size_t i = 0; i < x->n_cols; i++)
    x->col[i].has_context = false;
  if (s.n < 8)
    return;
  for (int i = 0; i < 8; i++)
    x->record_no |= (uint64_t)s.p[i] << (8 * i);
  s.p += 8;
  s.n -= 8;
  while (s.n >= 4)
    {
      size_t i = s.p[0] | (size_t)s.p[1] << 8, n = s.p[2] | (size_t)s.p[3] << 8;
      struct xml_column *col = &x->col[i];
      if (i >= x->n_cols || n > s.n - 4
          || keep (x, &col->context, &col->context_cap, 0, (struct pen_span){ s.p + 4, n }) != PEN_OK)
        return;
      col->context_n = n;
      col->has_context = true;
      s.p += 4 + n;
      s.n -= 4 + n;
    }
}

static size_t
save (void *ctx, uint8_t *to, size_t cap)
{
  struct xml *x = ctx;
  size_t at = 8;
  if (cap < at)
    return cap + 1;
  for (int i = 0; i < 8; i++)
    to[i] = (uint8_t)(x->record_no >> (8 * i));
  for (size_t i = 0; i < x->n_cols; i++)
    {
      const struct xml_column *col = &x->col[i];
      if (!col->has_context)
        continue;
      if (cap - at < 4 + col->context_n)
        return cap + 1;
      to[at] = (uint8_t)i;
      to[at + 1] = (uint8_t)(i >> 8);
      to[at + 2] = (uint8_t)col->context_n;
      to[at + 3] = (uint8_t)(col->context_n >> 8);
      if (col->context_n)
        memcpy (to + at + 4, col->context, col->context_n);
      at += 4 + col->context_n;
    }
  return at;
}

static void
broken (void *ctx)
{
  struct xml *x = ctx;
  xml_schema_stop (x);
  if (xml_in_record (x->walk))
    for (size_t i = 0; i < x->n_tables; i++)
      pen_rows_truncate (&x->set.table[i], x->table[i].rows_before);
}

const struct xml_handler xml_events = { start, text, finish, load, save, broken };
