/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - finds messages in whatever wraps them, by namespace, and keeps the headers of messages and levels until
 * their first record. */
#include "iso20022.h"

/* ---- namespaces ---- */

static bool
is_digits (const uint8_t *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (p[i] < '0' || p[i] > '9')
      return false;
  return true;
}

#define KIND_BYTES 8  /* pacs.008 */
#define NAME_BYTES 15 /* pacs.008.001.08 */

/* The message's name in a namespace: urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08, and the like of others, which may
 * name a variant behind it (http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd). */
static struct pen_span
name_of (struct pen_span uri)
{
  for (size_t i = uri.n >= NAME_BYTES ? uri.n - NAME_BYTES + 1 : 0; i-- > 0;)
    {
      const uint8_t *p = uri.p + i;
      size_t n = uri.n - i;
      bool letters = true;
      for (unsigned k = 0; k < 4; k++)
        letters &= p[k] >= 'a' && p[k] <= 'z';
      if (!letters || p[4] != '.' || p[8] != '.' || p[12] != '.' || !is_digits (p + 5, 3) || !is_digits (p + 9, 3)
          || !is_digits (p + 13, 2) || (i && p[-1] >= 'a' && p[-1] <= 'z'))
        continue;
      if (n > 4 && memcmp (p + n - 4, ".xsd", 4) == 0)
        n -= 4;
      return (struct pen_span){ p, n };
    }
  return (struct pen_span){ uri.p, 0 };
}

static const struct iso20022_def *
def_of (const struct iso20022 *x, const char *kind)
{
  for (unsigned i = 0; i < x->n_defs; i++)
    if (strcmp (x->def[i].kind, kind) == 0)
      return &x->def[i];
  return NULL;
}

uint16_t
iso20022_child (const struct iso20022 *x, uint16_t node, uint32_t id)
{
  uint64_t key = (uint64_t)id << 16 | node;
  for (size_t i = CHILD_SLOT (key);; i++)
    {
      const struct iso20022_slot_child *s = &x->child[i & (CHILD_SLOTS - 1)];
      if (s->key == key && id)
        return s->child;
      if (!s->child)
        return 0;
    }
}

/* ---- a message begins ---- */

static void
enter_namespace (struct iso20022 *x, const struct xml_element *e, struct pen_span name)
{
  struct iso20022_state *st = &x->st;
  size_t n = e->ns->uri.n < NS_MAX ? e->ns->uri.n : NS_MAX;
  memset (st->ns, 0, sizeof st->ns);
  memcpy (st->ns, e->ns->uri.p, n);
  st->n_ns = (uint8_t)n;
  st->n_name = (uint8_t)(n - (size_t)(name.p - e->ns->uri.p)); /* with a .xsd behind it */
  memset (st->kind, 0, sizeof st->kind);
  memcpy (st->kind, name.p, KIND_BYTES);
}

static void
header_open (struct iso20022 *x, unsigned which, uint16_t node, size_t at)
{
  x->header[which] = (struct iso20022_header){ true, node, at, xml_line (x->walk, at) };
  memset (x->slot, 0, sizeof x->slot);
  x->cost = 0;
  iso20022_hold (x, true);
}

static void
message_open (struct iso20022 *x, size_t at)
{
  iso20022_settle (x, at);
  memset (x->st.scope, 0, sizeof x->st.scope);
  x->st.messages++;
  memset (x->st.count, 0, sizeof x->st.count);
  x->st.paged = 0;
  x->app_name.n = x->app_identifier.n = 0;
  header_open (x, 0, 0, at);
  iso20022_row_begin (x, 0, at);
}

/* Does the header name the message that follows? */
static void
check_header (struct iso20022 *x, const struct xml_element *e, struct pen_span name, size_t end)
{
  const struct iso20022_slot_text *a = &x->app_name;
  size_t n = name.n < a->n ? name.n : a->n;
  if (a->n && (n < NAME_BYTES || memcmp (a->p, name.p, n) != 0))
    iso20022_find (x, RULE_application_header, e->at, end, "message_definition",
                   "expected %.*s as the application header says, found %.*s", (int)a->n, a->p, (int)name.n,
                   (const char *)name.p);
}

static void
check_kind (struct iso20022 *x, const struct xml_element *e, size_t end, const struct iso20022_def *d)
{
  struct iso20022_state *st = &x->st;
  if (!st->first_kind[0])
    memcpy (st->first_kind, st->kind, sizeof st->kind);
  else if (memcmp (st->first_kind, st->kind, sizeof st->kind) != 0)
    iso20022_find (x, RULE_mixed_kinds, e->at, end, "message_kind", "expected %s like the first message, found %s",
                   st->first_kind, st->kind);
  if (!d)
    iso20022_find (x, RULE_unknown_kind, e->at, end, "message_kind",
                   "expected a kind that has a definition, found %s: its elements come as rows of elements", st->kind);
}

/* The header's root element as defined, whatever this one calls it. */
static uint16_t
apphdr_root (const struct iso20022 *x)
{
  const struct iso20022_def *d = def_of (x, "head.001");
  return d ? x->node[d->node].child : 0;
}

static uint64_t
apphdr_begin (struct iso20022 *x, const struct xml_element *e, struct pen_span name)
{
  message_open (x, e->at);
  if (name.n)
    enter_namespace (x, e, name);
  else
    snprintf (x->st.kind, sizeof x->st.kind, "head.001");
  return USER_MESSAGE | USER_APPHDR | (name.n ? USER_KNOWN | apphdr_root (x) : 0);
}

/* Some networks have an AppHdr of their own, with elements of head.001 in it. */
uint64_t
iso20022_apphdr_child (struct iso20022 *x, const struct xml_element *e)
{
  struct pen_span name = name_of (e->ns->uri);
  uint16_t node;
  if (!name.n || memcmp (name.p, "head", 4) != 0)
    return USER_MESSAGE;
  if (e->ns->uri.n != x->st.n_ns || memcmp (e->ns->uri.p, x->st.ns, x->st.n_ns) != 0)
    enter_namespace (x, e, name);
  node = iso20022_child (x, apphdr_root (x), e->sym->id);
  return USER_MESSAGE | (node ? USER_KNOWN | node : 0);
}

/* A document without a namespace, whose root element is known: what is it? */
static const struct iso20022_def *
infer (struct iso20022 *x, const struct xml_element *e, size_t end)
{
  const struct iso20022_def *d = NULL;
  if (e->ns->uri.n || !e->sym->id || (e->depth > 1 && e[-1].ns->uri.n))
    return NULL;
  for (unsigned i = 0; i < x->n_defs && !d; i++)
    if (iso20022_child (x, x->def[i].node, e->sym->id) && !x->def[i].is_header)
      d = &x->def[i];
  if (!d)
    return NULL;
  iso20022_find (x, RULE_missing_namespace, e->at, end, NULL,
                 "expected a namespace like urn:iso:std:iso:20022:tech:xsd:%s.001.01, found none for %s", d->kind,
                 x->node[iso20022_child (x, d->node, e->sym->id)].name);
  return d;
}

/* Kept for the message that follows. */
void
iso20022_apphdr_end (struct iso20022 *x, size_t at, size_t end)
{
  uint16_t root = apphdr_root (x);
  x->app_name = x->slot[SLOT_NAME];
  x->app_identifier = x->slot[SLOT_IDENTIFIER];
  for (uint16_t i = root ? x->node[root].need : 0; i && x->is_open[0]; i = x->need[i].next)
    if (!iso20022_is_set (&x->tables.table[0], x->need[i].col))
      iso20022_find (x, RULE_required, at, end, x->table[0].col[x->need[i].col].name,
                     "expected a value in AppHdr, found none");
}

uint64_t
iso20022_message_begin (struct iso20022 *x, const struct xml_element *e, size_t end)
{
  struct pen_span name = name_of (e->ns->uri);
  const struct iso20022_def *d;
  uint64_t user = USER_MESSAGE | USER_DOCUMENT;
  uint16_t root;
  bool is_apphdr = e->sym->local.n == 6 && memcmp (e->sym->local.p, "AppHdr", 6) == 0;
  if (is_apphdr || (name.n && memcmp (name.p, "head", 4) == 0))
    return apphdr_begin (x, e, name);
  d = name.n ? NULL : infer (x, e, end);
  if (!name.n && !d)
    return 0;
  if (!x->header[0].open)
    message_open (x, e->at);
  memset (x->slot, 0, sizeof x->slot);
  if (name.n)
    {
      enter_namespace (x, e, name);
      check_header (x, e, name, end);
      d = def_of (x, x->st.kind);
    }
  else
    {
      memset (x->st.ns, 0, sizeof x->st.ns);
      x->st.n_ns = x->st.n_name = 0;
      memset (x->st.kind, 0, sizeof x->st.kind);
      memcpy (x->st.kind, d->kind, KIND_BYTES);
    }
  check_kind (x, e, end, d);
  x->st.def = d ? (uint16_t)(d - x->def + 1) : 0;
  if (!d)
    {
      iso20022_settle (x, end);
      return user;
    }
  root = iso20022_child (x, d->node, e->sym->id);
  if (!root)
    return user | USER_KNOWN | d->node;
  x->header[0].node = x->node[d->node].child;
  return user | USER_KNOWN | x->header[0].node;
}

uint64_t
iso20022_root (struct iso20022 *x, const struct xml_element *e, size_t end)
{
  const struct iso20022_def *d = &x->def[x->st.def - 1];
  uint16_t first = x->node[d->node].child;
  bool named = e->sym->local.n == NAME_BYTES && memcmp (e->sym->local.p, x->st.kind, KIND_BYTES) == 0;
  if (iso20022_child (x, d->node, e->sym->id) || named)
    {
      x->header[0].node = first;
      return USER_MESSAGE | USER_KNOWN | first;
    }
  iso20022_find (x, RULE_message_root, e->at, end, NULL, "expected %s in the namespace of %s, found %.*s",
                 x->node[first].name, x->st.kind, (int)(e->sym->local.n < 80 ? e->sym->local.n : 80),
                 (const char *)e->sym->local.p);
  iso20022_settle (x, end);
  return USER_MESSAGE;
}

/* ---- headers ---- */

static void
settle_scope (struct iso20022 *x, unsigned which, size_t at)
{
  struct iso20022_scope_state *s = &x->st.scope[which];
  const struct iso20022_slot_text *key = &x->slot[SLOT_KEY], *priority = &x->slot[SLOT_PRIORITY];
  s->n_key = key->n < KEY_MAX ? key->n : KEY_MAX;
  memcpy (s->key, key->p, s->n_key);
  memcpy (s->priority, priority->p, priority->n < sizeof s->priority ? priority->n : sizeof s->priority - 1);
  s->offset = xml_offset (x->walk, x->header[which].at);
  s->length = (uint32_t)(xml_offset (x->walk, at) - s->offset);
  s->line = x->header[which].line;
  iso20022_scope_open (x, which ? SCOPE_LEVEL : SCOPE_MESSAGE);
}

static bool
slot_is (const struct iso20022_slot_text *s, const char *text)
{
  return s->n == strlen (text) && memcmp (s->p, text, s->n) == 0;
}

static void
settle_message (struct iso20022 *x, size_t at)
{
  struct iso20022_state *st = &x->st;
  const struct iso20022_slot_text *key = &x->slot[SLOT_KEY], *page = &x->slot[SLOT_PAGE];
  struct pen_table *t = &x->tables.table[0];
  size_t from = x->header[0].at, zeros = 0;
  bool apphdr_only = memcmp (st->kind, "head", 4) == 0;
  while (zeros < page->n && page->p[zeros] == '0')
    zeros++;
  st->paged = slot_is (&x->slot[SLOT_LAST], "false") || (page->n && !(page->n - zeros == 1 && page->p[zeros] == '1'));
  if (x->is_open[0])
    {
      struct pen_span name = name_of (iso20022_span (st->ns, st->n_ns));
      iso20022_put_text (x, t, (unsigned)x->col_kind, st->kind, strlen (st->kind));
      if (name.n)
        {
          iso20022_put_text (x, t, (unsigned)x->col_name, (const char *)name.p, name.n);
          iso20022_put_text (x, t, (unsigned)x->col_namespace, st->ns, st->n_ns);
        }
    }
  if (key->n)
    iso20022_message_id (x, key->p, key->n, from, at);
  if (x->app_identifier.n && key->n
      && (x->app_identifier.n != key->n || memcmp (x->app_identifier.p, key->p, key->n) != 0))
    iso20022_find (x, RULE_header_identifier, from, at, "business_message_id", "expected %.*s, found %.*s", (int)key->n,
                   key->p, (int)x->app_identifier.n, x->app_identifier.p);
  iso20022_row_end (x, 0, x->header[0].node, at);
  if (!apphdr_only)
    settle_scope (x, 0, at);
}

void
iso20022_settle (struct iso20022 *x, size_t at)
{
  if (x->header[0].open)
    {
      settle_message (x, at);
      x->header[0].open = false;
    }
  if (x->header[1].open)
    {
      settle_scope (x, 1, at);
      iso20022_row_end (x, x->node[x->header[1].node].table, x->header[1].node, at);
      x->header[1].open = false;
    }
  memset (x->slot, 0, sizeof x->slot);
  iso20022_hold (x, false);
}

/* ---- levels and ends ---- */

void
iso20022_level_begin (struct iso20022 *x, uint16_t node, size_t at)
{
  struct iso20022_state *st = &x->st;
  unsigned table = x->node[node].table;
  iso20022_settle (x, at);
  memset (&st->scope[1], 0, sizeof st->scope[1]);
  st->balances = 0;
  st->opening = st->closing = 0;
  st->level_node = node;
  for (unsigned i = 1; i < x->n_tables; i++)
    if (x->is_child[i] || x->is_record[i])
      st->count[i] = 0;
  header_open (x, 1, node, at);
  iso20022_row_begin (x, table, at);
  if (x->is_open[table] && x->table[table].kind_col >= 0)
    iso20022_put_text (x, &x->tables.table[table], (unsigned)x->table[table].kind_col, st->kind, strlen (st->kind));
}

void
iso20022_level_end (struct iso20022 *x, size_t end)
{
  iso20022_settle (x, end);
  iso20022_scope_close (x, SCOPE_LEVEL);
  x->st.level_node = 0;
  x->st.balances = 0;
  x->st.opening = x->st.closing = 0;
}

void
iso20022_message_end (struct iso20022 *x, size_t end)
{
  iso20022_settle (x, end);
  iso20022_scope_close (x, SCOPE_MESSAGE);
  x->st.def = 0;
  iso20022_flush (x, true);
}
