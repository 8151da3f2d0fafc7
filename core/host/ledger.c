/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - control totals: scopes, 128-bit sums, and claims compared with them. */
#include "core/host/ledger.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"

#define NAME_TEXT (ESCAPE_MAX + 80)

struct scope
{
  uint8_t open;
  uint8_t told; /* that it is not open */
  size_t key_n;
  uint8_t key[EVIDENCE_KEY_MAX];
};

struct sum
{
  __int128 now;     /* since its scope was opened */
  __int128 grand;   /* over all scopes of the kind */
  uint8_t overflow; /* now has left 128 bits */
};

struct ledger
{
  struct ledger_decl d;
  struct scope scope[LEDGER_SCOPES_MAX];
  struct sum sum[LEDGER_TOTALS_MAX];
};

struct ledger *
ledger_create (const struct ledger_decl *d)
{
  struct ledger *l = xcalloc (1, sizeof *l);

  assert (d->n_scopes <= LEDGER_SCOPES_MAX && d->n_totals <= LEDGER_TOTALS_MAX);
  for (size_t i = 0; i < d->n_totals; i++)
    assert (d->totals[i].scope < d->n_scopes && d->totals[i].scale <= 38);
  l->d = *d;
  l->scope[0].open = 1;
  return l;
}

void
ledger_destroy (struct ledger *l)
{
  free (l);
}

/* ---- words ---- */

/* The value with at least `digits` digits: "0012104288". */
static char *
amount_text (char *buf, size_t cap, __int128 value, unsigned scale, unsigned digits)
{
  unsigned __int128 v = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
  char text[LEDGER_TEXT_MAX];
  size_t at = sizeof text;
  unsigned n = 0;

  assert (scale <= 38 && digits <= 38 && cap >= LEDGER_TEXT_MAX);
  do
    {
      if (n == scale && scale)
        text[--at] = '.';
      text[--at] = (char)('0' + (int)(v % 10));
      v /= 10;
      n++;
    }
  while (v || n <= scale || n < digits);
  snprintf (buf, cap, "%s%.*s", value < 0 ? "-" : "", (int)(sizeof text - at), text + at);
  return buf;
}

char *
ledger_text (char *buf, size_t cap, __int128 value, unsigned scale)
{
  return amount_text (buf, cap, value, scale, 0);
}

/* A total that is kept modulo 10^n is n digits wide in its record: it is shown so. */
static char *
total_text (char *buf, size_t cap, __int128 value, const struct pen_total *t)
{
  uint64_t m = t->modulo;
  unsigned digits = 0;

  for (; m > 1 && m % 10 == 0; m /= 10)
    digits++;
  return amount_text (buf, cap, value, t->scale, m == 1 ? digits : 0);
}

/* "batch 0000001", or "file" where there is no key. */
static char *
scope_text (const struct ledger *l, int scope, struct pen_span key, char *buf, size_t cap)
{
  char k[ESCAPE_MAX];

  escape_text (k, sizeof k, key.n ? (const char *)key.p : "", key.n);
  snprintf (buf, cap, "%.64s%s%s", l->d.scopes[scope].name, key.n ? " " : "", k);
  return buf;
}

static struct pen_span
key_of (const struct ledger *l, int scope)
{
  return (struct pen_span){ l->scope[scope].key, l->scope[scope].key_n };
}

/* Whom to tell, and which record is to blame. */
struct report
{
  ledger_found *found;
  void *ctx;
  uint64_t offset, length, line;
};

static void tell (const struct report *to, int severity, const char *rule, const char *column, const char *fmt, ...)
    __attribute__ ((format (printf, 5, 6)));
static void
tell (const struct report *to, int severity, const char *rule, const char *column, const char *fmt, ...)
{
  char text[EVIDENCE_TEXT_MAX];
  struct pen_finding f = { .size = sizeof f,
                           .severity = severity,
                           .offset = to->offset,
                           .length = to->length,
                           .line = to->line,
                           .column = column,
                           .rule = rule,
                           .text = text };
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  to->found (to->ctx, &f);
}

/* ---- scopes ---- */

/* Scopes from `first` inwards end without a close. */
static void
abandon_scopes (struct ledger *l, int first, const struct report *to)
{
  char name[NAME_TEXT];

  for (int s = (int)l->d.n_scopes - 1; s >= first; s--)
    if (l->scope[s].open)
      {
        tell (to, PEN_SEV_OBJECT, "ledger_unclosed", NULL, "%s was not closed",
              scope_text (l, s, key_of (l, s), name, sizeof name));
        l->scope[s].open = 0;
      }
}

static void
start_scope (struct ledger *l, int scope, struct pen_span key)
{
  struct scope *s = &l->scope[scope];

  s->open = 1;
  s->told = 0;
  s->key_n = key.n;
  if (key.n)
    memcpy (s->key, key.p, key.n);
  for (size_t i = 0; i < l->d.n_totals; i++)
    if (l->d.totals[i].scope == scope)
      {
        l->sum[i].now = 0;
        l->sum[i].overflow = 0;
      }
}

int
ledger_open (struct ledger *l, int scope, struct pen_span key, ledger_found *found, void *ctx)
{
  struct report to = { .found = found, .ctx = ctx };

  if (scope < 1 || (size_t)scope >= l->d.n_scopes || key.n > EVIDENCE_KEY_MAX)
    return -1;
  abandon_scopes (l, scope, &to);
  start_scope (l, scope, key);
  return 0;
}

/* ---- sums ---- */

int
ledger_add (struct ledger *l, int total, __int128 value, ledger_found *found, void *ctx)
{
  struct report to = { .found = found, .ctx = ctx };
  const struct pen_total *t;
  struct sum *u;
  struct scope *s;
  char name[NAME_TEXT];
  __int128 sum;
  int lost = 0;

  if (total < 0 || (size_t)total >= l->d.n_totals)
    return -1;
  t = &l->d.totals[total];
  u = &l->sum[total];
  s = &l->scope[t->scope];
  if (!s->open)
    {
      if (!s->told)
        tell (&to, PEN_SEV_OBJECT, "ledger_unopened", t->name, "%.64s is added to outside of any %.64s", t->name,
              l->d.scopes[t->scope].name);
      s->told = 1;
      return 0;
    }
  if (__builtin_add_overflow (u->grand, value, &sum))
    lost = 1;
  else
    u->grand = sum;
  if (__builtin_add_overflow (u->now, value, &sum))
    lost = 1;
  else
    u->now = sum;
  if (lost && !u->overflow)
    {
      u->overflow = 1;
      tell (&to, PEN_SEV_OBJECT, "ledger_overflow", t->name, "%s: %.64s does not fit into 128 bits",
            scope_text (l, t->scope, key_of (l, t->scope), name, sizeof name), t->name);
    }
  return 0;
}

static __int128
reduce (__int128 value, uint64_t modulo)
{
  if (modulo)
    {
      value %= (__int128)modulo;
      if (value < 0)
        value += (__int128)modulo;
    }
  return value;
}

static void
compare (struct ledger *l, int scope, struct pen_span key, const struct pen_claim *c, const struct report *to)
{
  const struct pen_total *t = &l->d.totals[c->total];
  __int128 computed = reduce (l->sum[c->total].now, t->modulo), claimed = reduce (c->value, t->modulo);
  char name[NAME_TEXT], a[LEDGER_TEXT_MAX], b[LEDGER_TEXT_MAX];

  if (!c->severity || l->sum[c->total].overflow || claimed == computed)
    return;
  tell (to, c->severity, t->rule && *t->rule ? t->rule : "ledger_mismatch", t->name, "%s: %.64s claims %s, computed %s",
        scope_text (l, scope, key, name, sizeof name), t->name, total_text (a, sizeof a, claimed, t),
        total_text (b, sizeof b, computed, t));
}

static int
check_claims (const struct ledger *l, int scope, const struct pen_claim *claims, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (claims[i].total < 0 || (size_t)claims[i].total >= l->d.n_totals || l->d.totals[claims[i].total].scope != scope
        || claims[i].severity < 0 || claims[i].severity > PEN_SEV_OBJECT)
      return -1;
  return 0;
}

int
ledger_close (struct ledger *l, int scope, struct pen_span key, const struct pen_claim *claims, size_t n,
              uint64_t offset, uint64_t length, uint64_t line, ledger_found *found, void *ctx)
{
  struct report to = { found, ctx, offset, length, line };
  struct pen_span opened;
  char name[NAME_TEXT], other[ESCAPE_MAX];

  if (scope < 0 || (size_t)scope >= l->d.n_scopes || key.n > EVIDENCE_KEY_MAX
      || check_claims (l, scope, claims, n) == -1)
    return -1;
  abandon_scopes (l, scope + 1, &to);
  opened = key_of (l, scope);
  if (!l->scope[scope].open)
    {
      tell (&to, PEN_SEV_OBJECT, "ledger_unopened", NULL, "%s is closed, but was not open",
            scope_text (l, scope, key, name, sizeof name));
      return 0;
    }
  if (key.n && opened.n && (key.n != opened.n || memcmp (key.p, opened.p, key.n)))
    tell (&to, PEN_SEV_OBJECT, "ledger_key", NULL, "%s is closed as %s",
          scope_text (l, scope, opened, name, sizeof name),
          escape_text (other, sizeof other, (const char *)key.p, key.n));
  for (size_t i = 0; i < n; i++)
    compare (l, scope, opened.n ? opened : key, &claims[i], &to);
  start_scope (l, scope, (struct pen_span){ NULL, 0 });
  l->scope[scope].open = scope == 0;
  return 0;
}

void
ledger_end (struct ledger *l, ledger_found *found, void *ctx)
{
  struct report to = { .found = found, .ctx = ctx };

  abandon_scopes (l, 1, &to);
}

__int128
ledger_grand_total (const struct ledger *l, size_t i)
{
  assert (i < l->d.n_totals);
  return l->sum[i].grand;
}

/* ---- checkpoints ---- */

static uint64_t
fnv (uint64_t h, const void *p, size_t n)
{
  const uint8_t *b = p;

  for (size_t i = 0; i < n; i++)
    h = (h ^ b[i]) * 0x100000001b3u;
  return h;
}

/* Sums mean nothing under another declaration. */
static uint64_t
fingerprint (const struct ledger_decl *d)
{
  uint64_t h = 0xcbf29ce484222325u;

  for (size_t i = 0; i < d->n_scopes; i++)
    h = fnv (h, d->scopes[i].name, strlen (d->scopes[i].name) + 1);
  for (size_t i = 0; i < d->n_totals; i++)
    {
      const struct pen_total *t = &d->totals[i];
      uint16_t plain[] = { t->scope, t->fold, t->scale };

      h = fnv (h, t->name, strlen (t->name) + 1);
      h = fnv (h, plain, sizeof plain);
      h = fnv (h, &t->modulo, sizeof t->modulo);
    }
  return h;
}

static void
put_int128 (struct blob *b, __int128 v)
{
  blob_u64 (b, (uint64_t)v);
  blob_u64 (b, (uint64_t)((unsigned __int128)v >> 64));
}

static __int128
get_int128 (struct blob_reader *r)
{
  uint64_t low = blob_get_u64 (r);

  return (__int128)((unsigned __int128)blob_get_u64 (r) << 64 | low);
}

void
ledger_save (const struct ledger *l, struct blob *b)
{
  blob_u64 (b, fingerprint (&l->d));
  for (size_t i = 0; i < l->d.n_scopes; i++)
    {
      blob_u8 (b, l->scope[i].open);
      blob_u8 (b, l->scope[i].told);
      blob_bytes (b, l->scope[i].key, l->scope[i].key_n);
    }
  for (size_t i = 0; i < l->d.n_totals; i++)
    {
      blob_u8 (b, l->sum[i].overflow);
      put_int128 (b, l->sum[i].now);
      put_int128 (b, l->sum[i].grand);
    }
}

/* -1: damaged. */
static int
load_scope (struct scope *s, struct blob_reader *r)
{
  const uint8_t *key;

  s->open = blob_get_u8 (r);
  s->told = blob_get_u8 (r);
  key = blob_get_bytes (r, &s->key_n);
  if (r->bad || s->open > 1 || s->told > 1 || s->key_n > EVIDENCE_KEY_MAX)
    return -1;
  if (s->key_n)
    memcpy (s->key, key, s->key_n);
  return 0;
}

int
ledger_load (struct ledger *l, struct blob_reader *r, struct err *e)
{
  struct scope scope[LEDGER_SCOPES_MAX] = { 0 };
  struct sum sum[LEDGER_TOTALS_MAX] = { 0 };

  scope[0].open = 1;
  if (blob_get_u64 (r) != fingerprint (&l->d) || r->bad)
    return err_set (e, "the ledger was saved when the parser declared other totals");
  for (size_t i = 0; i < l->d.n_scopes; i++)
    if (load_scope (&scope[i], r) == -1 || (i == 0 && !scope[i].open))
      return err_set (e, "the saved ledger is damaged");
  for (size_t i = 0; i < l->d.n_totals; i++)
    {
      sum[i].overflow = blob_get_u8 (r);
      sum[i].now = get_int128 (r);
      sum[i].grand = get_int128 (r);
      if (r->bad || sum[i].overflow > 1)
        return err_set (e, "the saved ledger is damaged");
    }
  memcpy (l->scope, scope, sizeof scope);
  memcpy (l->sum, sum, sizeof sum);
  return 0;
}
