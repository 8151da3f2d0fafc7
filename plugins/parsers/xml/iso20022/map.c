/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - walks the tree of definitions along with the document: what each element is, and what happens at its end. */
#include "iso20022.h"

static uint16_t
node_of (const struct xml_element *e)
{
  return (uint16_t)(e->user & USER_NODE);
}

static bool
is_blank (const char *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (p[i] != ' ' && p[i] != '\n' && p[i] != '\t' && p[i] != '\r')
      return false;
  return true;
}

/* ---- an element begins ---- */

static bool
is_own_namespace (const struct iso20022 *x, const struct xml_element *e)
{
  if (e->ns == e[-1].ns && (e[-1].user & USER_KNOWN))
    return true;
  return e->ns->uri.n == x->st.n_ns && memcmp (e->ns->uri.p, x->st.ns, x->st.n_ns) == 0;
}

static uint64_t
word_of (struct iso20022 *x, struct xml_element *e, size_t end)
{
  uint64_t up = e[-1].user;
  uint16_t node;
  if (!(up & USER_MESSAGE))
    return iso20022_message_begin (x, e, end);
  if (up & USER_APPHDR)
    return iso20022_apphdr_child (x, e);
  if ((up & USER_DOCUMENT) && x->st.def && node_of (e - 1) == x->def[x->st.def - 1].node)
    return iso20022_root (x, e, end);
  if (!(up & USER_KNOWN) || !is_own_namespace (x, e))
    return USER_MESSAGE;
  node = iso20022_child (x, node_of (e - 1), e->sym->id);
  return USER_MESSAGE | (node ? USER_KNOWN | node : 0);
}

/* The currency is kept for the amount; other attributes have no column. */
static void
take_attributes (struct iso20022 *x, struct xml_element *e, const struct xml_attr *attr, size_t n, size_t end)
{
  x->n_ccy = 0;
  for (size_t i = 0; i < n; i++)
    if (attr[i].sym->id == x->id_ccy && x->id_ccy && (e->user & USER_KNOWN))
      {
        size_t len = attr[i].value.n < sizeof x->ccy ? attr[i].value.n : sizeof x->ccy;
        memcpy (x->ccy, attr[i].value.p, len);
        x->n_ccy = (uint8_t)len;
      }
    else if (e->user & USER_MESSAGE)
      iso20022_row_element (x, e, &attr[i], (const char *)attr[i].value.p, attr[i].value.n, e->at, end);
}

static int
row_start (struct iso20022 *x, uint16_t node, struct xml_element *e)
{
  const struct iso20022_node *d = &x->node[node];
  switch (d->row)
    {
    case ROW_LEVEL:
      iso20022_level_begin (x, node, e->at);
      return XML_GO;
    case ROW_RECORD:
      if (x->record)
        return XML_GO;
      iso20022_settle (x, e->at);
      iso20022_record_begin (x, node, e->at);
      return XML_RECORD;
    case ROW_CHILD:
      if (!x->record)
        {
          memset (&x->slot[SLOT_SIGN], 0, (SLOT_AMOUNT - SLOT_SIGN + 1) * sizeof *x->slot);
          x->n_rows++;
        }
      iso20022_row_begin (x, d->table, e->at);
      return XML_GO;
    default:
      return XML_GO;
    }
}

static void
loose_text (struct iso20022 *x, struct xml_element *e, size_t end)
{
  if (x->n_text && (e->user & USER_MESSAGE) && !is_blank (x->text, x->n_text))
    iso20022_row_element (x, e, NULL, x->text, x->n_text, x->text_at, end);
  x->n_text = 0;
}

static int
start (void *ctx, struct xml_element *e, const struct xml_attr *attr, size_t n_attr, size_t end)
{
  struct iso20022 *x = ctx;
  int say = XML_GO;
  if (x->n_text)
    loose_text (x, e - 1, e->at);
  e[-1].user |= USER_PARENT;
  if ((e[-1].user & USER_MESSAGE) && !x->record)
    iso20022_hold (x, true); /* until an end tag or a record */
  e->user = word_of (x, e, end);
  if (e->user & USER_KNOWN)
    say = row_start (x, node_of (e), e);
  if (x->xsd)
    iso20022_validate_start (x, e, attr, n_attr, end);
  if (n_attr)
    take_attributes (x, e, attr, n_attr, end);
  else
    x->n_ccy = 0;
  return x->status == PEN_OK ? say : x->status;
}

/* ---- text ---- */

static int
text (void *ctx, struct xml_element *e, struct pen_span s, size_t at)
{
  struct iso20022 *x = ctx;
  if (!(e->user & USER_MESSAGE))
    return PEN_OK;
  if (x->is_checking)
    iso20022_validate_text (x, s);
  if (!x->n_text)
    x->text_at = at;
  if (x->n_text + s.n > x->text_cap)
    {
      size_t cap = (x->n_text + s.n) * 2 + 256;
      char *grown = realloc (x->text, cap);
      if (!grown)
        return x->host->fail (x->host->ctx, "iso20022: no memory for a text of %zu bytes", x->n_text + s.n);
      x->text = grown;
      x->text_cap = cap;
    }
  memcpy (x->text + x->n_text, s.p, s.n);
  x->n_text += s.n;
  return PEN_OK;
}

/* ---- an element ends ---- */

static void
leaf_end (struct iso20022 *x, struct xml_element *e, size_t end)
{
  const char *p = x->text;
  size_t n = x->n_text;
  bool placed = false;
  while (n && is_blank (p, 1))
    p++, n--;
  while (n && is_blank (p + n - 1, 1))
    n--;
  if (e->user & USER_KNOWN)
    placed = iso20022_value (x, node_of (e), n ? p : "", n, e->at, end);
  if (!placed || x->o->elements == ELEMENTS_ALL)
    {
      iso20022_row_element (x, e, NULL, n ? p : "", n, e->at, end);
      if (!placed && !(e->user & USER_KNOWN))
        iso20022_find (x, RULE_unknown_element, e->at, end, NULL, "expected an element of the definition, found %.*s",
                       (int)(e->sym->local.n < 80 ? e->sym->local.n : 80), (const char *)e->sym->local.p);
    }
}

static void
row_stop (struct iso20022 *x, uint16_t node, size_t end)
{
  const struct iso20022_node *d = &x->node[node];
  switch (d->row)
    {
    case ROW_LEVEL:
      iso20022_level_end (x, end);
      break;
    case ROW_RECORD:
      if (x->record == node)
        iso20022_record_end (x, end);
      break;
    case ROW_CHILD:
      if (!x->record)
        {
          iso20022_balance (x);
          memset (&x->slot[SLOT_SIGN], 0, (SLOT_AMOUNT - SLOT_SIGN + 1) * sizeof *x->slot);
          x->n_rows--;
        }
      iso20022_row_end (x, d->table, node, end);
      break;
    default:
      break;
    }
}

static int
end (void *ctx, struct xml_element *e, size_t at, size_t end)
{
  struct iso20022 *x = ctx;
  (void)at;
  if (x->xsd)
    iso20022_validate_end (x, e, end);
  if (e->depth == 1 && x->header[0].open && !(e->user & USER_DOCUMENT))
    {
      if (e->user & USER_APPHDR)
        iso20022_apphdr_end (x, e->at, end);
      iso20022_settle (x, end); /* an application header, and no message after it */
    }
  if (!(e->user & USER_MESSAGE))
    return x->status;
  if (x->quiet && x->record)
    ; /* passed over */
  else if (!(e->user & USER_PARENT))
    leaf_end (x, e, end);
  else if (x->n_text)
    loose_text (x, e, end);
  x->n_text = 0;
  if (e->user & USER_KNOWN)
    row_stop (x, node_of (e), end);
  if ((e->user & USER_APPHDR) && x->header[0].open)
    iso20022_apphdr_end (x, e->at, end);
  if (e->user & USER_DOCUMENT)
    iso20022_message_end (x, end);
  if (!x->record && !x->header[0].open && !x->header[1].open)
    {
      iso20022_hold (x, x->n_rows > 0);
      if (!x->n_rows)
        iso20022_flush (x, true); /* not all rows are of records */
    }
  return x->status;
}

/* ---- carry ---- */

static void
load (void *ctx, struct pen_span s)
{
  struct iso20022 *x = ctx;
  x->is_loaded = true;
  if (s.n == sizeof x->st)
    memcpy (&x->st, s.p, sizeof x->st);
  else
    memset (&x->st, 0, sizeof x->st);
}

static size_t
save (void *ctx, uint8_t *to, size_t cap)
{
  struct iso20022 *x = ctx;
  if (sizeof x->st > cap)
    return cap + 1;
  memcpy (to, &x->st, sizeof x->st);
  return sizeof x->st;
}

/* The document is not well-formed: what is half built goes. */
static void
broken (void *ctx)
{
  struct iso20022 *x = ctx;
  iso20022_validate_stop (x);
  x->status = PEN_OK; /* it may have been xml_refuse() that said so: it is told */
  for (unsigned i = 0; i < x->n_tables; i++)
    if (x->is_open[i])
      {
        pen_rows_truncate (&x->tables.table[i], x->tables.table[i].rows);
        x->is_open[i] = false;
      }
  if (x->record)
    for (unsigned i = 0; i < x->n_tables; i++)
      {
        int64_t rows = x->tables.table[i].rows - x->rows_before[i];
        pen_rows_truncate (&x->tables.table[i], x->rows_before[i]);
        x->n_read[i] -= (uint64_t)rows;
      }
  x->record = 0;
  x->n_held = x->n_lost = 0;
  x->header[0].open = x->header[1].open = false;
  if (x->st.scope[1].open)
    iso20022_scope_drop (x, SCOPE_LEVEL);
  if (x->st.scope[0].open)
    iso20022_scope_drop (x, SCOPE_MESSAGE);
  x->is_broken = true;
}

const struct xml_handler iso20022_handler = { start, text, end, load, save, broken };
