/* SPDX-License-Identifier: Apache-2.0 */
/* find.c - findings: what rule, where, expected and found; those of a record wait for its end. */
#include <stdarg.h>
#include "iso20022.h"

void
iso20022_take (struct iso20022 *x, int status)
{
  if (status != PEN_OK && x->status == PEN_OK)
    x->status = status;
}

static const char *const rule_code[N_RULES] = {
#define CODE(code, ...) #code,
  ISO20022_RULES (CODE)
};

int
iso20022_severity (const struct iso20022 *x, enum iso20022_rule rule)
{
  static const int severity[] = { [LEVEL_OFF] = 0, [LEVEL_WARN] = PEN_SEV_WARN, [LEVEL_REJECT] = PEN_SEV_OBJECT };
  return severity[x->o->rule[rule]];
}

static void
tell (struct iso20022 *x, const struct pen_finding *f)
{
  if (x->out)
    iso20022_take (x, x->out->finding (x->out->ctx, f));
}

static void
hold (struct iso20022 *x, enum iso20022_rule rule, size_t at, const char *column, const char *text)
{
  struct iso20022_held *h;
  bool reject = x->o->rule[rule] == LEVEL_REJECT;
  x->refused |= reject;
  if (x->n_held == HELD_MAX)
    {
      x->n_lost++;
      x->held[HELD_MAX - 1].severity |= reject ? PEN_SEV_RECORD : 0;
      return;
    }
  h = &x->held[x->n_held++];
  h->rule = (uint8_t)rule;
  h->severity = reject ? PEN_SEV_RECORD : PEN_SEV_WARN;
  h->line = iso20022_line (x, at);
  snprintf (h->column, sizeof h->column, "%s", column ? column : "");
  snprintf (h->text, sizeof h->text, "%s", text);
}

void
iso20022_find (struct iso20022 *x, enum iso20022_rule rule, size_t at, size_t end, const char *column, const char *fmt,
               ...)
{
  char text[220];
  va_list ap;
  if (x->o->rule[rule] == LEVEL_OFF || x->quiet)
    return;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  if (x->record)
    {
      hold (x, rule, at, column, text);
      return;
    }
  tell (x, &(struct pen_finding){ .size = sizeof (struct pen_finding),
                                  .severity = iso20022_severity (x, rule),
                                  .offset = xml_offset (x->walk, at),
                                  .length = xml_offset (x->walk, end) - xml_offset (x->walk, at),
                                  .line = iso20022_line (x, at),
                                  .column = column,
                                  .rule = rule_code[rule],
                                  .text = text });
}

void
iso20022_find_flush (struct iso20022 *x, size_t end)
{
  for (unsigned i = 0; i < x->n_held; i++)
    {
      struct iso20022_held *h = &x->held[i];
      uint64_t offset = xml_offset (x->walk, x->record_at);
      if (x->n_lost && i + 1 == x->n_held)
        {
          size_t n = strlen (h->text);
          snprintf (h->text + n, sizeof h->text - n, "; and %u more", x->n_lost);
        }
      tell (x, &(struct pen_finding){ .size = sizeof (struct pen_finding),
                                      .severity =
                                          h->severity == (PEN_SEV_WARN | PEN_SEV_RECORD) ? PEN_SEV_RECORD : h->severity,
                                      .offset = offset,
                                      .length = xml_offset (x->walk, end) - offset,
                                      .line = h->line,
                                      .column = h->column[0] ? h->column : NULL,
                                      .rule = rule_code[h->rule],
                                      .text = h->text,
                                      .follows = i > 0 });
    }
  x->n_held = x->n_lost = 0;
}
