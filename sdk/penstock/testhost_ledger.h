/* SPDX-License-Identifier: Apache-2.0 */
/* testhost_ledger.h - the test host's findings, keys and control ledger. Included by testhost.h. */
#ifndef PENSTOCK_TESTHOST_LEDGER_H
#define PENSTOCK_TESTHOST_LEDGER_H
#include <penstock/testhost_state.h>

/* ---- findings and the ledger ---- */

static inline void
pen_test_count_ (struct pen_test *t, int severity)
{
  t->n_warn += severity == PEN_SEV_WARN;
  t->n_record += severity == PEN_SEV_RECORD;
  t->n_object += severity >= PEN_SEV_OBJECT;
}

static inline int
pen_test_finding_ (void *ctx, const struct pen_finding *f)
{
  static const char *const name[] = { "?", "warn", "record", "object", "halt" };
  struct pen_test *t = (struct pen_test *)ctx;
  if (f->severity < PEN_SEV_WARN || f->severity > PEN_SEV_HALT || !f->rule || !f->text)
    pen_test_add_ (&t->broken_, "finding: severity, rule or text is missing\n");
  pen_test_count_ (t, f->severity);
  pen_test_add_ (&t->findings_, "%s %s %llu %llu %llu %s %d ", f->rule ? f->rule : "?",
                 name[f->severity >= 1 && f->severity <= 4 ? f->severity : 0], (unsigned long long)f->offset,
                 (unsigned long long)f->length, (unsigned long long)f->line, f->column ? f->column : "-", f->follows);
  pen_test_escape_ (&t->findings_, f->text ? f->text : "?", f->text ? strlen (f->text) : 1);
  pen_test_add_ (&t->findings_, "\n");
  return PEN_OK;
}

/* No other object is known here: keys are shown among the ledger's entries. */
static inline int
pen_test_unique_ (void *ctx, struct pen_span key, const struct pen_finding *f)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (f->severity < PEN_SEV_WARN || f->severity > PEN_SEV_OBJECT || !f->rule || !f->text || key.n > 256)
    pen_test_add_ (&t->broken_, "unique: severity, rule or text is missing, or the key is too long\n");
  pen_test_add_ (&t->ledger_, "unique %s %llu ", f->rule ? f->rule : "?", (unsigned long long)f->offset);
  pen_test_escape_ (&t->ledger_, (const char *)key.p, key.n);
  pen_test_add_ (&t->ledger_, "\n");
  return PEN_OK;
}

static inline int
pen_test_distinct_ (void *ctx, struct pen_span key, const struct pen_finding *f)
{
  struct pen_test *t = (struct pen_test *)ctx;
  struct pen_test_text now = t->findings_;
  struct pen_finding late = *f;
  struct pen_test_key *k;
  char text[512];
  if ((f->severity != PEN_SEV_WARN && f->severity != PEN_SEV_OBJECT) || !f->rule || !f->text)
    {
      pen_test_add_ (&t->broken_, "distinct: rule or text is missing, or the severity is not warn or object\n");
      return PEN_OK;
    }
  for (size_t i = 0; i < t->n_keys; i++)
    if (t->key[i].n == key.n && memcmp (t->key[i].p, key.p, key.n) == 0 && strcmp (t->key[i].rule, f->rule) == 0)
      {
        snprintf (text, sizeof text, "%.400s: the one at offset %llu has it", f->text,
                  (unsigned long long)t->key[i].offset);
        late.text = text;
        t->findings_ = t->late;
        pen_test_finding_ (t, &late);
        t->late = t->findings_;
        t->findings_ = now;
        return PEN_OK;
      }
  if (t->n_keys == t->cap_keys)
    {
      t->cap_keys = t->cap_keys ? 2 * t->cap_keys : 64;
      t->key = (struct pen_test_key *)realloc (t->key, t->cap_keys * sizeof *t->key);
      if (!t->key)
        abort ();
    }
  k = &t->key[t->n_keys++];
  k->p = (char *)malloc (key.n + 1);
  if (!k->p)
    abort ();
  memcpy (k->p, key.p, key.n);
  k->n = key.n;
  k->offset = f->offset;
  snprintf (k->rule, sizeof k->rule, "%s", f->rule);
  return PEN_OK;
}

static inline void
pen_test_forget_keys_ (struct pen_test *t)
{
  while (t->n_keys)
    free (t->key[--t->n_keys].p);
}

static inline const struct pen_total *
pen_test_total_ (const struct pen_test *t, int i)
{
  const struct pen_parser *p = t->plugin->parser;
  return (const struct pen_total *)(const void *)((const char *)p->totals + (size_t)i * p->total_size);
}
static inline const char *
pen_test_scope_ (const struct pen_test *t, int i)
{
  const struct pen_parser *p = t->plugin->parser;
  return ((const struct pen_scope *)(const void *)((const char *)p->scopes + (size_t)i * p->scope_size))->name;
}

static inline void
pen_test_settle_ (struct pen_test *t)
{
  for (size_t i = 0; i < t->plugin->parser->n_totals; i++)
    if (t->is_pending[i])
      {
        pen_test_add_ (&t->ledger_, "add %s %lld\n", pen_test_total_ (t, (int)i)->name, (long long)t->pending[i]);
        t->is_pending[i] = 0;
        t->pending[i] = 0;
      }
}

static inline int
pen_test_open_ (void *ctx, int scope, struct pen_span key)
{
  struct pen_test *t = (struct pen_test *)ctx;
  pen_test_settle_ (t);
  if (scope < 0 || (size_t)scope >= t->plugin->parser->n_scopes || t->is_open[scope])
    {
      pen_test_add_ (&t->broken_, "open: scope %d is open or unknown\n", scope);
      return PEN_ERR;
    }
  t->is_open[scope] = 1;
  for (size_t i = 0; i < t->plugin->parser->n_totals; i++)
    if (pen_test_total_ (t, (int)i)->scope == scope)
      t->sum[i] = 0;
  pen_test_add_ (&t->ledger_, "open %s ", pen_test_scope_ (t, scope));
  pen_test_escape_ (&t->ledger_, (const char *)key.p, key.n);
  pen_test_add_ (&t->ledger_, "\n");
  return PEN_OK;
}

static inline int
pen_test_add_total_ (void *ctx, int total, int64_t value)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (total < 0 || (size_t)total >= t->plugin->parser->n_totals || !t->is_open[pen_test_total_ (t, total)->scope])
    {
      pen_test_add_ (&t->broken_, "add: total %d is unknown or its scope is not open\n", total);
      return PEN_ERR;
    }
  t->sum[total] += value;
  t->pending[total] += value;
  t->is_pending[total] = 1;
  return PEN_OK;
}

static inline int
pen_test_close_ (void *ctx, int scope, struct pen_span key, const struct pen_claim *claims, size_t n, uint64_t offset,
                 uint64_t length, uint64_t line)
{
  struct pen_test *t = (struct pen_test *)ctx;
  (void)length;
  (void)line;
  pen_test_settle_ (t);
  if (scope < 0 || (size_t)scope >= t->plugin->parser->n_scopes || !t->is_open[scope])
    {
      pen_test_add_ (&t->broken_, "close: scope %d is not open\n", scope);
      return PEN_ERR;
    }
  t->is_open[scope] = 0;
  pen_test_add_ (&t->ledger_, "close %s ", pen_test_scope_ (t, scope));
  pen_test_escape_ (&t->ledger_, (const char *)key.p, key.n);
  for (size_t i = 0; i < n; i++)
    {
      const struct pen_total *total = pen_test_total_ (t, claims[i].total);
      pen_i128 computed = t->sum[claims[i].total];
      char a[PEN_DEC_TEXT], b[PEN_DEC_TEXT];
      pen_test_add_ (&t->ledger_, " %s=%lld/%d", total->name, (long long)claims[i].value, claims[i].severity);
      if (total->modulo)
        computed %= (pen_i128)total->modulo;
      if (!claims[i].severity || computed == claims[i].value)
        continue;
      pen_dec_format (a, claims[i].value, total->scale);
      pen_dec_format (b, computed, total->scale);
      pen_test_count_ (t, claims[i].severity);
      pen_test_add_ (&t->claims_, "%s %d %llu claimed %s computed %s\n", total->rule, claims[i].severity,
                     (unsigned long long)offset, a, b);
    }
  pen_test_add_ (&t->ledger_, "\n");
  return PEN_OK;
}

static inline int
pen_test_read_ (void *ctx, unsigned table, uint64_t n)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (table < 64)
    t->read[table] += n;
  return PEN_OK;
}
static inline int
pen_test_rejected_ (void *ctx, unsigned table, uint64_t n)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (table < 64)
    t->rejected[table] += n;
  return PEN_OK;
}
#endif
