/* SPDX-License-Identifier: Apache-2.0 */
/* testhost.h - a host for the unit tests of parsers: runs one over bytes in chunks of any size and writes down all it
 * says.
 *
 *   struct pen_test *t = pen_test_new (&penstock_plugin);
 *   pen_test_option (t, "rules.check_digit", "warn");
 *   pen_test_run (t, bytes, n, chunk);                cut() and parse() over windows of `chunk` bytes; 0: one chunk
 *   t->rows, t->findings, t->ledger, t->claims         text, one line for each; t->broken: what the parser did against
 * its contract pen_test_invariant (t, bytes, n)                   1 when all chunk sizes give the same as one chunk
 *   pen_test_free (t);
 *
 * It keeps the plugin's contract: windows grow on PEN_MORE, carries are compared at every seam, `order` must not
 * decrease, batches are checked against the schema, spans lie in memory that ends where they end (so that a sanitizer
 * sees a read beyond). Rows read `table|column=text|...`, nulls are left out, texts are escaped as in C; lineage comes
 * last. Meant for tests: it aborts when memory runs out, and is not fast. Include it in one source file of a test
 * program. */
#ifndef PENSTOCK_TESTHOST_H
#define PENSTOCK_TESTHOST_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/plugin.h>
#include <penstock/decimal.h>
#include <penstock/date.h>

#define PEN_TEST_SCOPES 16
#define PEN_TEST_TOTALS 64

struct pen_test_text
{
  char *p; /* NUL-terminated, never NULL after pen_test_new() */
  size_t n, cap;
};

struct pen_test_row
{
  uint64_t order;
  unsigned table;
  size_t seq, at, n; /* at, n: the line in `held` */
};

/* A key that may come once. */
struct pen_test_key
{
  char *p, rule[64];
  size_t n;
  uint64_t offset;
};

struct pen_test
{
  const struct pen_plugin *plugin;
  struct pen_host host;
  void *options, *self;
  char *strings[256]; /* option values */
  size_t n_strings;
  int reuse;            /* 1: one instance serves all runs until an option changes */
  int resumes;          /* 1: where carries differ at a seam, go on from parse()'s as the host does; it is no breach */
  uint64_t longer;      /* what the option longer_by is set to, where longer_if is */
  int status;           /* of the last run: PEN_OK, or what the parser returned */
  const char *rows;     /* after pen_test_run(): borrowed until the next */
  const char *findings; /* "rule severity offset length line column follows text" */
  const char *ledger; /* "open SCOPE key", "add TOTAL value" (neighbours added up), "close SCOPE key total=value..." */
  const char *claims; /* findings of the ledger: "rule severity offset claimed computed" */
  const char *broken; /* contract broken by the parser: "" when none */
  const char *log;    /* what it said by host.log and host.fail */
  uint64_t n_rows, n_warn, n_record, n_object; /* n_record, n_object, n_warn: findings and failed claims by severity */
  uint64_t read[64], rejected[64], emitted[64];
  /* the rest is private */
  struct pen_test_text rows_, findings_, ledger_, claims_, broken_, log_, held;
  struct pen_test_text late; /* findings of the object's end */
  struct pen_test_key *key;
  size_t n_keys, cap_keys;
  struct pen_test_row *row;
  size_t n_held, cap_held, seq;
  uint64_t promised; /* order that later rows must reach */
  uint64_t last_order[64];
  int64_t pending[PEN_TEST_TOTALS];
  int is_pending[PEN_TEST_TOTALS];
  pen_i128 sum[PEN_TEST_TOTALS];
  int is_open[PEN_TEST_SCOPES];
  struct ArrowSchema schema[64];
  const char *table_name[64];
  unsigned n_tables;
};

static inline void
pen_test_addn_ (struct pen_test_text *t, const char *p, size_t n)
{
  if (t->n + n + 1 > t->cap)
    {
      t->cap = (t->n + n + 1) * 2;
      t->p = (char *)realloc (t->p, t->cap);
      if (!t->p)
        abort ();
    }
  memcpy (t->p + t->n, p, n);
  t->n += n;
  t->p[t->n] = 0;
}

PEN_PRINTF (2, 0)
static inline void
pen_test_vadd_ (struct pen_test_text *t, const char *fmt, va_list ap)
{
  char line[4096];
  int n = vsnprintf (line, sizeof line, fmt, ap);
  if (n < 0)
    abort ();
  pen_test_addn_ (t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

PEN_PRINTF (2, 3)
static inline void
pen_test_add_ (struct pen_test_text *t, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  pen_test_vadd_ (t, fmt, ap);
  va_end (ap);
}

/* ---- the host's services ---- */

PEN_PRINTF (3, 4)
static inline void
pen_test_log_ (void *ctx, int level, const char *fmt, ...)
{
  struct pen_test *t = (struct pen_test *)ctx;
  va_list ap;
  pen_test_add_ (&t->log_, "log %d ", level);
  va_start (ap, fmt);
  pen_test_vadd_ (&t->log_, fmt, ap);
  va_end (ap);
  pen_test_add_ (&t->log_, "\n");
}

PEN_PRINTF (2, 3)
static inline int
pen_test_fail_ (void *ctx, const char *fmt, ...)
{
  struct pen_test *t = (struct pen_test *)ctx;
  va_list ap;
  pen_test_add_ (&t->log_, "fail ");
  va_start (ap, fmt);
  pen_test_vadd_ (&t->log_, fmt, ap);
  va_end (ap);
  pen_test_add_ (&t->log_, "\n");
  return PEN_ERR;
}

/* ---- rows as text ---- */

static inline void
pen_test_escape_ (struct pen_test_text *t, const char *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      unsigned char c = (unsigned char)p[i];
      if (c < 0x20 || c == 0x7f || c == '|' || c == '\\')
        pen_test_add_ (t, "\\x%02x", c);
      else
        pen_test_addn_ (t, p + i, 1);
    }
}

static inline int
pen_test_bit_ (const void *bits, int64_t i)
{
  return ((const uint8_t *)bits)[i >> 3] >> (i & 7) & 1;
}

static inline void
pen_test_value_ (struct pen_test_text *t, const struct ArrowSchema *s, const struct ArrowArray *a, int64_t i)
{
  const void *data = a->buffers[1];
  const char *f = s->format;
  char text[PEN_DEC_TEXT];

  if (f[0] == 'u' || f[0] == 'z')
    {
      const int32_t *start = (const int32_t *)data;
      pen_test_escape_ (t, (const char *)a->buffers[2] + start[i], (size_t)(start[i + 1] - start[i]));
    }
  else if (f[0] == 'i')
    pen_test_add_ (t, "%d", (int)((const int32_t *)data)[i]);
  else if (f[0] == 'l' || f[0] == 't')
    {
      if (strcmp (f, "tdD") == 0)
        {
          pen_date_format (text, ((const int32_t *)data)[i]);
          pen_test_add_ (t, "%s", text);
        }
      else
        pen_test_add_ (t, "%lld", (long long)((const int64_t *)data)[i]);
    }
  else if (f[0] == 'b')
    pen_test_add_ (t, "%s", pen_test_bit_ (data, i) ? "true" : "false");
  else if (f[0] == 'g')
    pen_test_add_ (t, "%.17g", ((const double *)data)[i]);
  else if (f[0] == 'd')
    {
      const char *comma = strchr (f, ',');
      pen_dec_format (text, pen_dec_load ((const char *)data + 16 * i), comma ? (unsigned)atoi (comma + 1) : 0);
      pen_test_add_ (t, "%s", text);
    }
  else
    pen_test_add_ (t, "?%s?", f);
}

static inline int
pen_test_emit_ (void *ctx, unsigned table, const struct ArrowArray *b, const uint64_t *order)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (table >= t->n_tables || b->n_children != t->schema[table].n_children)
    {
      pen_test_add_ (&t->broken_, "emit: table %u is not as its schema says\n", table);
      return PEN_ERR;
    }
  const struct ArrowSchema *s = &t->schema[table];
  for (int64_t c = 0; c < b->n_children; c++)
    {
      const struct ArrowArray *a = b->children[c];
      int64_t nulls = 0;
      if (a->length != b->length)
        pen_test_add_ (&t->broken_, "emit: column %s has %lld rows of %lld\n", s->children[c]->name,
                       (long long)a->length, (long long)b->length);
      for (int64_t i = 0; a->buffers[0] && i < a->length; i++)
        nulls += !pen_test_bit_ (a->buffers[0], i);
      if (nulls != a->null_count || (nulls && !(s->children[c]->flags & ARROW_FLAG_NULLABLE)))
        pen_test_add_ (&t->broken_, "emit: column %s says %lld nulls and has %lld\n", s->children[c]->name,
                       (long long)a->null_count, (long long)nulls);
    }
  for (int64_t i = 0; i < b->length; i++)
    {
      uint64_t o = order ? order[i] : 0;
      size_t at = t->held.n;
      if (o < t->last_order[table] || o < t->promised)
        pen_test_add_ (&t->broken_, "emit: order %llu of table %u after %llu\n", (unsigned long long)o, table,
                       (unsigned long long)(o < t->promised ? t->promised : t->last_order[table]));
      t->last_order[table] = o;
      pen_test_add_ (&t->held, "%s", t->table_name[table]);
      for (int64_t c = 0; c < b->n_children; c++)
        {
          const struct ArrowArray *a = b->children[c];
          if (a->buffers[0] && !pen_test_bit_ (a->buffers[0], i))
            continue;
          pen_test_add_ (&t->held, "|%s=", s->children[c]->name);
          pen_test_value_ (&t->held, s->children[c], a, i);
        }
      pen_test_add_ (&t->held, "\n");
      if (t->n_held == t->cap_held)
        {
          t->cap_held = t->cap_held * 2 + 256;
          t->row = (struct pen_test_row *)realloc (t->row, t->cap_held * sizeof *t->row);
          if (!t->row)
            abort ();
        }
      struct pen_test_row r = { o, table, t->seq++, at, t->held.n - at };
      t->row[t->n_held++] = r;
    }
  t->emitted[table] += (uint64_t)b->length;
  t->n_rows += (uint64_t)b->length;
  return PEN_OK;
}

static inline int
pen_test_compare_ (const void *a, const void *b)
{
  const struct pen_test_row *x = (const struct pen_test_row *)a, *y = (const struct pen_test_row *)b;
  if (x->order != y->order)
    return x->order < y->order ? -1 : 1;
  if (x->table != y->table)
    return x->table < y->table ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static inline int
pen_test_flush_ (void *ctx)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (t->n_held)
    qsort (t->row, t->n_held, sizeof *t->row, pen_test_compare_);
  for (size_t i = 0; i < t->n_held; i++)
    {
      pen_test_addn_ (&t->rows_, t->held.p + t->row[i].at, t->row[i].n);
      t->promised = t->row[i].order;
    }
  t->n_held = 0;
  t->held.n = 0;
  return PEN_OK;
}

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

/* ---- options ---- */

static inline int
pen_test_set_ (struct pen_test *t, const struct pen_opt *o, const char *value)
{
  char *field = (char *)t->options + o->offset;
  char *end;
  switch (o->type)
    {
    case PEN_BOOL:
      *(bool *)(void *)field = strcmp (value, "true") == 0;
      return 0;
    case PEN_INT:
    case PEN_DURATION:
      *(int64_t *)(void *)field = strtoll (value, &end, 10);
      return *end ? -1 : 0;
    case PEN_SIZE:
      {
        uint64_t v = strtoull (value, &end, 10);
        int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        *(uint64_t *)(void *)field = v << shift;
        return 0;
      }
    case PEN_ENUM:
      {
        const char *p = o->range;
        size_t n = strlen (value);
        for (int i = 0; p; i++, p = strchr (p, '|') ? strchr (p, '|') + 1 : NULL)
          if (strncmp (p, value, n) == 0 && (p[n] == '|' || !p[n]))
            {
              *(int *)(void *)field = i;
              return 0;
            }
        return -1;
      }
    case PEN_LIST:
      {
        /* comma separated; the strings live as long as the test */
        struct pen_list *list = (struct pen_list *)(void *)field;
        const char **item = (const char **)calloc (1024, sizeof *item);
        char *copy = (char *)malloc (strlen (value) + 1);
        if (!item || !copy || t->n_strings + 2 > sizeof t->strings / sizeof *t->strings)
          abort ();
        strcpy (copy, value);
        t->strings[t->n_strings++] = copy;
        t->strings[t->n_strings++] = (char *)(void *)item;
        list->n = 0;
        list->item = item;
        for (char *p = copy; p && *p && list->n < 1024; list->n++)
          {
            char *comma = strchr (p, ',');
            item[list->n] = p;
            if (comma)
              *comma = 0;
            p = comma ? comma + 1 : NULL;
          }
        return 0;
      }
    default:
      {
        char *copy = (char *)malloc (strlen (value) + 1);
        if (!copy || t->n_strings == sizeof t->strings / sizeof *t->strings)
          abort ();
        strcpy (copy, value);
        t->strings[t->n_strings++] = copy;
        *(const char **)(void *)field = copy;
        return 0;
      }
    }
}

/* The instance ends; the next run makes a new one. */
static inline void
pen_test_drop_ (struct pen_test *t)
{
  if (t->self)
    t->plugin->parser->destroy (t->self);
  t->self = NULL;
}

static inline const struct pen_opt *
pen_test_opt_ (const struct pen_plugin *p, size_t i)
{
  return (const struct pen_opt *)(const void *)((const char *)p->opts + i * p->opt_size);
}

/* Sets an option as a config file would; lists are comma separated. 0, or -1: no such option, or not a value of it. */
static inline int
pen_test_option (struct pen_test *t, const char *name, const char *value)
{
  pen_test_drop_ (t);
  for (size_t i = 0; t->plugin->opts && pen_test_opt_ (t->plugin, i)->name; i++)
    if (strcmp (pen_test_opt_ (t->plugin, i)->name, name) == 0)
      return pen_test_set_ (t, pen_test_opt_ (t->plugin, i), value);
  return -1;
}

/* All options back to their defaults; aborts when one of these is not a value of its option. */
static inline void
pen_test_defaults (struct pen_test *t)
{
  pen_test_drop_ (t);
  memset (t->options, 0, t->plugin->options_size);
  for (size_t i = 0; t->plugin->opts && pen_test_opt_ (t->plugin, i)->name; i++)
    if (pen_test_opt_ (t->plugin, i)->def
        && pen_test_set_ (t, pen_test_opt_ (t->plugin, i), pen_test_opt_ (t->plugin, i)->def))
      abort ();
}

static inline void
pen_test_clear_ (struct pen_test *t)
{
  struct pen_test_text *all[] = { &t->rows_,   &t->findings_, &t->ledger_, &t->claims_,
                                  &t->broken_, &t->log_,      &t->held,    &t->late };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    {
      all[i]->n = 0;
      pen_test_addn_ (all[i], "", 0);
    }
  pen_test_forget_keys_ (t);
  t->n_rows = t->n_warn = t->n_record = t->n_object = 0;
  t->n_held = t->seq = 0;
  t->promised = 0;
  memset (t->read, 0, sizeof t->read);
  memset (t->rejected, 0, sizeof t->rejected);
  memset (t->emitted, 0, sizeof t->emitted);
  memset (t->last_order, 0, sizeof t->last_order);
  memset (t->pending, 0, sizeof t->pending);
  memset (t->is_pending, 0, sizeof t->is_pending);
  memset (t->sum, 0, sizeof t->sum);
  memset (t->is_open, 0, sizeof t->is_open);
}

/* A host for this plugin, which has a parser; options are at their defaults. */
static inline struct pen_test *
pen_test_new (const struct pen_plugin *plugin)
{
  struct pen_test *t = (struct pen_test *)calloc (1, sizeof *t);
  if (!t || !plugin->parser)
    abort ();
  t->plugin = plugin;
  t->host.size = sizeof t->host;
  t->host.ctx = t;
  t->host.log = pen_test_log_;
  t->host.fail = pen_test_fail_;
  t->options = calloc (1, plugin->options_size + 1);
  if (!t->options || plugin->parser->n_scopes > PEN_TEST_SCOPES || plugin->parser->n_totals > PEN_TEST_TOTALS)
    abort ();
  pen_test_defaults (t);
  pen_test_clear_ (t);
  return t;
}

static inline void
pen_test_free (struct pen_test *t)
{
  struct pen_test_text *all[] = { &t->rows_,   &t->findings_, &t->ledger_, &t->claims_,
                                  &t->broken_, &t->log_,      &t->held,    &t->late };
  pen_test_drop_ (t);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free (all[i]->p);
  for (size_t i = 0; i < t->n_strings; i++)
    free (t->strings[i]);
  pen_test_forget_keys_ (t);
  free (t->key);
  free (t->row);
  free (t->options);
  free (t);
}

/* ---- a run ---- */

/* A window in memory of its own, which ends where the window ends. */
static inline struct pen_chunk
pen_test_chunk_ (const uint8_t *p, size_t n, size_t offset, size_t total, uint8_t **copy)
{
  struct pen_chunk c;
  *copy = (uint8_t *)malloc (n ? n : 1);
  if (!*copy)
    abort ();
  if (n)
    memcpy (*copy, p + offset, n);
  memset (&c, 0, sizeof c);
  c.size = sizeof c;
  c.bytes.p = *copy;
  c.bytes.n = n;
  c.offset = offset;
  c.flags = (uint32_t)(offset == 0 ? PEN_CHUNK_FIRST : 0) | (uint32_t)(offset + n == total ? PEN_CHUNK_LAST : 0);
  return c;
}

/* The end of the chunk at `offset`, by the plugin's cut() or by the stock framings; *carry moves on. 0: refused. */
static inline size_t
pen_test_cut_ (struct pen_test *t, const uint8_t *p, size_t total, size_t offset, size_t chunk, struct pen_carry *carry)
{
  const struct pen_parser *parser = t->plugin->parser;
  int custom = parser->framing == PEN_FRAME_CUSTOM;
  for (size_t want = chunk ? chunk : total;; want *= 2)
    {
      uint8_t *copy;
      size_t n = total - offset < want ? total - offset : want, cut = n;
      int last = offset + n == total, quoted = 0, status;
      if (!custom && !last && parser->framing == PEN_FRAME_FIXED)
        cut = n - n % parser->max_record;
      else if (!custom && !last && parser->framing != PEN_FRAME_WHOLE)
        {
          cut = 0;
          for (size_t i = 0; i < n; i++)
            {
              quoted ^= p[offset + i] == '"' && parser->framing == PEN_FRAME_QUOTED_LINE;
              if (p[offset + i] == '\n' && !quoted)
                cut = i + 1;
            }
        }
      else if (!custom && !last)
        cut = 0;
      if (!custom && cut == 0 && n < total - offset)
        continue;
      if (!custom && !parser->cut)
        return cut;
      struct pen_carry moved = *carry;
      struct pen_chunk window = pen_test_chunk_ (p, custom ? n : cut, offset, total, &copy);
      status = parser->cut (t->self, &moved, &window, &cut);
      free (copy);
      if (status == PEN_MORE && !last)
        {
          if (n >= parser->max_record + t->longer)
            pen_test_add_ (&t->broken_, "cut: PEN_MORE for a window of %llu bytes\n", (unsigned long long)n);
          else
            continue;
        }
      if (status != PEN_OK || cut > n || cut == 0 || (last && custom && cut != n) || moved.len > PEN_CARRY_MAX)
        {
          pen_test_add_ (&t->broken_, "cut: status %d, cut %llu of %llu at %llu\n", status, (unsigned long long)cut,
                         (unsigned long long)n, (unsigned long long)offset);
          return 0;
        }
      *carry = moved;
      return cut;
    }
}

static inline void
pen_test_publish_ (struct pen_test *t)
{
  t->rows = t->rows_.p;
  t->findings = t->findings_.p;
  t->ledger = t->ledger_.p;
  t->claims = t->claims_.p;
  t->broken = t->broken_.p;
  t->log = t->log_.p;
}

static inline int
pen_test_chunks_ (struct pen_test *t, const uint8_t *p, size_t n, size_t chunk)
{
  static const struct pen_span whole = { NULL, 0 };
  struct pen_out out = { sizeof out,          t,
                         pen_test_emit_,      pen_test_flush_,
                         pen_test_finding_,   pen_test_open_,
                         pen_test_add_total_, pen_test_close_,
                         pen_test_read_,      pen_test_rejected_,
                         pen_test_unique_,    pen_test_distinct_ };
  struct pen_carry *carry = (struct pen_carry *)calloc (3, sizeof *carry); /* at the start, by cut(), by parse() */
  size_t offset = 0;
  int status = PEN_OK;

  if (!carry)
    abort ();
  if (t->plugin->parser->n_scopes)
    pen_test_open_ (t, 0, whole);
  do
    {
      uint8_t *copy;
      carry[1] = carry[0];
      size_t len = n ? pen_test_cut_ (t, p, n, offset, chunk, &carry[1]) : 0;
      if (n && !len)
        {
          status = PEN_ERR;
          break;
        }
      struct pen_chunk c = pen_test_chunk_ (p, len, offset, n, &copy);
      memset (&carry[2], 0, sizeof carry[2]);
      status = t->plugin->parser->parse (t->self, &carry[0], &c, &carry[2], &out);
      free (copy);
      if (t->n_held)
        pen_test_flush_ (t);
      if (status != PEN_OK)
        break;
      if (n && t->plugin->parser->cut && !t->resumes
          && (carry[1].len != carry[2].len || memcmp (carry[1].b, carry[2].b, carry[1].len) != 0))
        pen_test_add_ (&t->broken_, "seam: carries of cut and parse differ at %llu\n",
                       (unsigned long long)(offset + len));
      carry[0] = carry[2];
      offset += len;
    }
  while (offset < n);
  pen_test_settle_ (t);
  free (carry);
  return status;
}

/* Runs the parser over the bytes; returns and keeps in t->status what it returned. */
static inline int
pen_test_run (struct pen_test *t, const void *bytes, size_t n, size_t chunk)
{
  const struct pen_parser *parser = t->plugin->parser;
  pen_test_clear_ (t);
  t->status = PEN_OK;
  if (!t->reuse)
    pen_test_drop_ (t);
  if (t->plugin->check)
    t->status = t->plugin->check (&t->host, t->options);
  if (t->status == PEN_OK && !t->self)
    t->status = parser->create (&t->host, t->options, &t->self);
  if (t->status == PEN_OK)
    {
      for (t->n_tables = 0; t->n_tables < 64; t->n_tables++)
        if (parser->schema (t->self, t->n_tables, &t->table_name[t->n_tables], &t->schema[t->n_tables]) != PEN_OK)
          break;
      t->status = pen_test_chunks_ (t, (const uint8_t *)bytes, n, chunk);
      for (unsigned i = 0; t->status == PEN_OK && i < t->n_tables; i++)
        if (t->read[i] != t->emitted[i] + t->rejected[i])
          pen_test_add_ (&t->broken_, "counts: %s: %llu read, %llu emitted, %llu rejected\n", t->table_name[i],
                         (unsigned long long)t->read[i], (unsigned long long)t->emitted[i],
                         (unsigned long long)t->rejected[i]);
    }
  pen_test_addn_ (&t->findings_, t->late.p ? t->late.p : "", t->late.n);
  pen_test_publish_ (t);
  return t->status;
}

/* All that a run said, as one string. Caller frees. */
static inline char *
pen_test_everything (const struct pen_test *t)
{
  struct pen_test_text all = { NULL, 0, 0 };
  pen_test_add_ (&all, "status %d\n", t->status);
  const struct pen_test_text *part[] = { &t->rows_, &t->findings_, &t->ledger_, &t->claims_, &t->broken_ };
  for (size_t i = 0; i < sizeof part / sizeof *part; i++)
    pen_test_addn_ (&all, part[i]->p, part[i]->n);
  for (size_t i = 0; i < 64; i++)
    if (t->read[i] || t->rejected[i])
      pen_test_add_ (&all, "read %llu rejected %llu of table %llu\n", (unsigned long long)t->read[i],
                     (unsigned long long)t->rejected[i], (unsigned long long)i);
  return all.p;
}

/* Prints the first line in which two results differ. */
static inline void
pen_test_diff_ (const char *a, const char *b, size_t chunk)
{
  size_t line = 0;
  for (size_t i = 0; a[i] && a[i] == b[i]; i++)
    if (a[i] == '\n')
      line = i + 1;
  fprintf (stderr, "chunks of %llu bytes differ:\n  whole:  %.*s\n  chunks: %.*s\n", (unsigned long long)chunk,
           (int)strcspn (a + line, "\n"), a + line, (int)strcspn (b + line, "\n"), b + line);
}

/* 1 when windows of 1 .. n bytes give what one chunk gives (every size up to 128, then a spread), and the contract was
 * kept each time; else 0, with the first difference on stderr. The result of the whole run is left in t. One instance
 * parses them all, as in a worker: what it remembers of an earlier object shows. */
static inline int
pen_test_invariant (struct pen_test *t, const void *bytes, size_t n)
{
  const int reuse = t->reuse;
  int same = 1;
  pen_test_run (t, bytes, n, 0);
  t->reuse = 1;
  char *whole = pen_test_everything (t);
  if (t->broken[0])
    fprintf (stderr, "%s", t->broken);
  same = !t->broken[0];
  for (size_t chunk = 1; same && chunk < n; chunk += chunk < 128 ? 1 : chunk / 4)
    {
      pen_test_run (t, bytes, n, chunk);
      char *chunks = pen_test_everything (t);
      same = strcmp (whole, chunks) == 0;
      if (!same)
        pen_test_diff_ (whole, chunks, chunk);
      free (chunks);
    }
  free (whole);
  pen_test_run (t, bytes, n, 0);
  t->reuse = reuse;
  return same;
}
#endif
