/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - identifications that may come once: of transactions in their message, of messages in the object and, if wanted,
 * among all objects. The host compares them, since they lie in any chunks. */
#include "iso20022.h"

static bool
is_wanted (const struct iso20022 *x, enum iso20022_rule rule)
{
  return x->out && !x->quiet && x->o->rule[rule] != LEVEL_OFF;
}

static struct pen_finding
finding (struct iso20022 *x, enum iso20022_rule rule, size_t at, size_t end, const char *column, const char *text)
{
  uint64_t offset = xml_offset (x->walk, at);
  return (struct pen_finding){ .size = sizeof (struct pen_finding),
                               .severity = iso20022_severity (x, rule),
                               .offset = offset,
                               .length = xml_offset (x->walk, end) - offset,
                               .line = iso20022_line (x, at),
                               .column = column,
                               .rule = rule == RULE_duplicate_id        ? "duplicate_id"
                                       : rule == RULE_duplicate_message ? "duplicate_message"
                                                                        : "repeated_message",
                               .text = text };
}

void
iso20022_record_ids (struct iso20022 *x, size_t end)
{
  const struct iso20022_table_def *d = &x->table[x->node[x->record].table];
  const struct pen_table *t = &x->tables.table[x->node[x->record].table];
  uint8_t key[9 + 256] = { 0 };

  if (!is_wanted (x, RULE_duplicate_id) || x->out->size < offsetof (struct pen_out, distinct) + sizeof x->out->distinct)
    return;
  memcpy (key, &x->st.messages, 8);
  for (uint8_t i = 0; i < 2; i++)
    {
      const struct pen_col *c = d->id_col[i] < 0 ? NULL : &t->col[d->id_col[i]];
      size_t n;
      if (!c || c->rows <= t->rows)
        continue;
      n = c->used - (size_t)c->start[t->rows];
      if (!n || n > 256 || (n == 11 && memcmp (c->data + c->start[t->rows], "NOTPROVIDED", 11) == 0))
        continue;
      key[8] = i;
      memcpy (key + 9, c->data + c->start[t->rows], n);
      struct pen_finding f = finding (x, RULE_duplicate_id, x->record_at, end, d->col[d->id_col[i]].name,
                                      "expected an identification of its own in the message");
      iso20022_take (x, x->out->distinct (x->out->ctx, (struct pen_span){ key, 9 + n }, &f));
    }
}

void
iso20022_message_id (struct iso20022 *x, const char *id, size_t n, size_t at, size_t end)
{
  char key[sizeof x->st.kind + 64];

  if (is_wanted (x, RULE_duplicate_message)
      && x->out->size >= offsetof (struct pen_out, distinct) + sizeof x->out->distinct)
    {
      struct pen_finding f = finding (x, RULE_duplicate_message, at, end, "message_id",
                                      "expected an identification of its own in the document");
      iso20022_take (x, x->out->distinct (x->out->ctx, iso20022_span (id, n), &f));
    }
  if (is_wanted (x, RULE_repeated_message) && x->out->size >= offsetof (struct pen_out, unique) + sizeof x->out->unique)
    {
      struct pen_finding f = finding (x, RULE_repeated_message, at, end, "message_id",
                                      "expected an identification that no earlier object has");
      snprintf (key, sizeof key, "%s %.*s", x->st.kind, (int)n, id);
      iso20022_take (x, x->out->unique (x->out->ctx, iso20022_span (key, strlen (key)), &f));
    }
}
