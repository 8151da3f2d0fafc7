/* SPDX-License-Identifier: Apache-2.0 */
/* find.c - findings: what rule, where, expected and found; inside a set they refuse it and go into its acknowledgement. */
#include <stdarg.h>
#include "x12.h"

void
x12_take (struct x12 *x, int status)
{
  if (status != PEN_OK && x->status == PEN_OK)
    x->status = status;
}

static const char *const rule_code[N_RULES] = {
#define CODE(code, ...) #code,
  X12_RULES (CODE)
};

static void
tell (struct x12 *x, enum x12_rule rule, int severity, const struct x12_seg *g, unsigned pos, int follows,
      const char *text)
{
  char column[8];
  struct pen_finding f = { .size = sizeof f,
                           .severity = severity,
                           .offset = g->offset,
                           .length = g->n,
                           .rule = rule_code[rule],
                           .text = text,
                           .follows = follows };
  if (pos && g->id)
    {
      snprintf (column, sizeof column, "%c%c%.1s%02u", (char)g->id, (char)(g->id >> 8),
                (const char[]){ (char)(g->id >> 16), 0 }, pos > 99 ? 99 : pos);
      f.column = column;
    }
  x12_take (x, x->out->finding (x->out->ctx, &f));
}

bool
x12_find (struct x12 *x, enum x12_rule rule, const struct x12_seg *g, unsigned pos, int follows, const char *fmt, ...)
{
  int level = x->o->rule[rule];
  if (level == LEVEL_OFF)
    return false;
  if (x->out && !x->mute)
    {
      char text[256];
      va_list ap;
      va_start (ap, fmt);
      vsnprintf (text, sizeof text, fmt, ap);
      va_end (ap);
      tell (x, rule, level == LEVEL_REJECT ? PEN_SEV_RECORD : PEN_SEV_WARN, g, pos, follows, text);
    }
  return level == LEVEL_REJECT;
}

void
x12_set_find (struct x12 *x, enum x12_rule rule, const struct x12_seg *g, unsigned pos, unsigned ak3, unsigned ak4,
              const char *fmt, ...)
{
  int level = x->o->rule[rule];
  if (level == LEVEL_OFF || x->mute)
    return;
  if (level == LEVEL_REJECT)
    {
      x->set.errors++;
      if (ak3 && ak4)
        x12_ack_element (x, g, pos, ak4);
      else if (ak3)
        x12_ack_segment (x, g, ak3);
    }
  if (x->out)
    {
      char text[320];
      va_list ap;
      int n = snprintf (text, sizeof text, "segment %llu: ", (unsigned long long)x->set.segments);
      va_start (ap, fmt);
      vsnprintf (text + n, sizeof text - (size_t)n, fmt, ap);
      va_end (ap);
      tell (x, rule,
            level != LEVEL_REJECT ? PEN_SEV_WARN
            : x->set.huge         ? PEN_SEV_OBJECT
                                  : PEN_SEV_RECORD,
            g, pos, 0, text);
    }
}
