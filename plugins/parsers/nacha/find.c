/* SPDX-License-Identifier: Apache-2.0 */
/* find.c - how the parser speaks: findings at the level that their rule has, and entries of the control ledger. */
#include <stdarg.h>
#include "nacha.h"

static void
report (struct nacha *n, const struct pen_finding *f)
{
  int status = n->out->finding (n->out->ctx, f);
  if (status != PEN_OK && n->status == PEN_OK)
    n->status = status;
}

PEN_PRINTF (7, 0)
static bool
find (struct nacha *n, enum nacha_rule rule, int severity, const struct nacha_rec *r, const char *column, int follows,
      const char *fmt, va_list ap)
{
  char text[320];
  int level = n->level[rule];

  if (level == LEVEL_OFF || !n->out)
    return level == LEVEL_REJECT;
  vsnprintf (text, sizeof text, fmt, ap);
  struct pen_finding f = { .size = sizeof f,
                           .severity = level == LEVEL_WARN ? PEN_SEV_WARN : severity,
                           .offset = r->offset,
                           .length = r->length,
                           .line = r->line,
                           .column = column,
                           .rule = nacha_rules[rule].code,
                           .text = text,
                           .follows = follows };
  report (n, &f);
  return level == LEVEL_REJECT;
}

bool
nacha_find (struct nacha *n, enum nacha_rule rule, int severity, const struct nacha_rec *r, const char *column,
            int follows, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  bool refuse = find (n, rule, severity, r, column, follows, fmt, ap);
  va_end (ap);
  return refuse;
}

bool
nacha_item_find (struct nacha *n, enum nacha_rule rule, uint32_t record, const struct nacha_rec *r, const char *column,
                 const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  bool refuse = find (n, rule, PEN_SEV_RECORD, r, column, 0, fmt, ap);
  va_end (ap);
  if (refuse)
    {
      n->item.rejected = true;
      n->own[record >> 3] |= (uint8_t)(1u << (record & 7));
    }
  return refuse;
}

void
nacha_follow (struct nacha *n, const char *code, uint64_t offset, uint32_t length, uint64_t line)
{
  bool batch = strcmp (code, "batch_refused") == 0;
  struct pen_finding f = { .size = sizeof f,
                           .severity = PEN_SEV_RECORD,
                           .offset = offset,
                           .length = length,
                           .line = line,
                           .rule = code,
                           .text = batch ? "refused with its batch" : "refused with its entry or addenda",
                           .follows = 1 };
  report (n, &f);
}

bool
nacha_find_shape (struct nacha *n, const struct nacha_rec *r, int severity, unsigned shortest)
{
  bool refuse = false;
  if (r->chars < shortest)
    refuse |= nacha_find (n, RULE_record_length, severity, r, NULL, 0, "expected a record of %u characters, found %u",
                          REC, r->chars);
  if (r->odd)
    {
      unsigned k = 0;
      while (k < REC && r->c[k] >= 0x20 && r->c[k] != 0x7f && r->c[k] != CH_FOREIGN)
        k++;
      refuse |= nacha_find (n, RULE_character_set, severity, r, NULL, 0,
                            "column %u: expected a printable character of the NACHA set, found %s", k + 1,
                            r->c[k] < 0x20 || r->c[k] == 0x7f ? "a control character" : "another one");
    }
  return refuse;
}

static void
add (struct nacha *n, int total, int64_t value)
{
  int status = value && n->status == PEN_OK ? n->out->add (n->out->ctx, total, value) : PEN_OK;
  if (status != PEN_OK)
    n->status = status;
}

void
nacha_settle (struct nacha *n)
{
  for (int i = 0; i < 4; i++)
    {
      if (n->st.in_file)
        add (n, TOTAL_FILE_COUNT + i, n->sum[i]);
      if (n->st.in_batch)
        add (n, TOTAL_BATCH_COUNT + i, n->sum[i]);
      n->sum[i] = 0;
    }
}

void
nacha_open (struct nacha *n, enum nacha_scope scope, const void *key, size_t n_key)
{
  struct pen_span s = { key, n_key };
  int status = n->out->open (n->out->ctx, scope, s);
  if (status != PEN_OK && n->status == PEN_OK)
    n->status = status;
}

int
nacha_claim_severity (const struct nacha *n, enum nacha_rule rule)
{
  return n->level[rule] == LEVEL_REJECT ? PEN_SEV_OBJECT : n->level[rule] == LEVEL_WARN ? PEN_SEV_WARN : 0;
}
