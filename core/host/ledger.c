/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - control totals of one object, compared with what the input claims. */
#include "core/host/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"

#define KEY_MAX 64 /* of a scope's key, kept for messages and for comparing open with close */

struct scope
{
  int open;
  size_t key_len;
  uint8_t key[KEY_MAX];
};
struct sum
{
  __int128 value, grand;
  int overflow;
};
struct ledger
{
  struct ledger_decl d;
  struct scope *scopes;
  struct sum *sums;
};

struct ledger *
ledger_create (const struct ledger_decl *d)
{
  struct ledger *l = xcalloc (1, sizeof *l);

  l->d = *d;
  l->scopes = xcalloc (d->n_scopes, sizeof *l->scopes);
  l->sums = xcalloc (d->n_totals, sizeof *l->sums);
  if (d->n_scopes)
    l->scopes[0].open = 1;
  return l;
}

void
ledger_destroy (struct ledger *l)
{
  if (!l)
    return;
  free (l->scopes);
  free (l->sums);
  free (l);
}

char *
ledger_text (char *buf, size_t cap, __int128 value, unsigned scale)
{
  char digits[64];
  unsigned __int128 v = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
  size_t n = sizeof digits;
  unsigned written = 0;

  do
    {
      if (written == scale && scale)
        digits[--n] = '.';
      digits[--n] = (char)('0' + (int)(v % 10));
      v /= 10;
      written++;
    }
  while ((v || written <= scale) && n > 2);
  snprintf (buf, cap, "%s%.*s", value < 0 ? "-" : "", (int)(sizeof digits - n), digits + n);
  return buf;
}

/* "batch 0000001", or "file" for a scope without a key. */
static const char *
scope_text (const struct ledger *l, int scope, struct pen_span key, char *buf, size_t cap)
{
  char k[4 * KEY_MAX + 16];
  escape_text (k, sizeof k, (const char *)key.p, key.n < KEY_MAX ? key.n : KEY_MAX);
  snprintf (buf, cap, "%s%s%s", l->d.scopes[scope].name, key.n ? " " : "", k);
  return buf;
}

static void
tell (ledger_found *found, void *ctx, int severity, const char *rule, const char *column, const char *text,
      uint64_t offset, uint64_t length, uint64_t line)
{
  struct pen_finding f = { .size = sizeof f,
                           .severity = severity,
                           .offset = offset,
                           .length = length,
                           .line = line,
                           .column = column,
                           .rule = rule,
                           .text = text };
  found (ctx, &f);
}

static void
start (struct ledger *l, int scope, struct pen_span key)
{
  struct scope *s = &l->scopes[scope];

  s->open = 1;
  s->key_len = key.n < KEY_MAX ? key.n : KEY_MAX;
  if (s->key_len)
    memcpy (s->key, key.p, s->key_len);
  for (size_t t = 0; t < l->d.n_totals; t++)
    if (l->d.totals[t].scope == scope)
      {
        l->sums[t].value = 0;
        l->sums[t].overflow = 0;
      }
}

int
ledger_open (struct ledger *l, int scope, struct pen_span key, ledger_found *found, void *ctx)
{
  char what[400], text[512];

  if (scope < 1 || (size_t)scope >= l->d.n_scopes)
    return -1;
  if (l->scopes[scope].open)
    {
      struct pen_span old = { l->scopes[scope].key, l->scopes[scope].key_len };
      snprintf (text, sizeof text, "%s was not closed before the next one began",
                scope_text (l, scope, old, what, sizeof what));
      tell (found, ctx, PEN_SEV_OBJECT, "ledger_unclosed", NULL, text, 0, 0, 0);
    }
  start (l, scope, key);
  return 0;
}

int
ledger_add (struct ledger *l, int total, __int128 value, ledger_found *found, void *ctx)
{
  struct sum *s;
  char text[256];

  if (total < 0 || (size_t)total >= l->d.n_totals)
    return -1;
  s = &l->sums[total];
  if (__builtin_add_overflow (s->grand, value, &s->grand))
    s->grand = 0;
  if (__builtin_add_overflow (s->value, value, &s->value) && !s->overflow)
    {
      s->overflow = 1;
      snprintf (text, sizeof text, "%s: the sum does not fit into 128 bits", l->d.totals[total].name);
      tell (found, ctx, PEN_SEV_OBJECT, "ledger_overflow", l->d.totals[total].name, text, 0, 0, 0);
    }
  return 0;
}

static __int128
reduce (__int128 v, uint64_t modulo)
{
  if (modulo)
    {
      v %= (__int128)modulo;
      if (v < 0)
        v += (__int128)modulo;
    }
  return v;
}

static void
compare (struct ledger *l, int scope, struct pen_span key, const struct pen_claim *c, uint64_t offset, uint64_t length,
         uint64_t line, ledger_found *found, void *ctx)
{
  const struct pen_total *t = &l->d.totals[c->total];
  __int128 computed = reduce (l->sums[c->total].value, t->modulo), claimed = reduce (c->value, t->modulo);
  char what[400], a[64], b[64], text[640];

  if (!c->severity || computed == claimed)
    return;
  snprintf (text, sizeof text, "%s claims %s, computed %s", scope_text (l, scope, key, what, sizeof what),
            ledger_text (a, sizeof a, claimed, t->scale), ledger_text (b, sizeof b, computed, t->scale));
  tell (found, ctx, c->severity, t->rule, t->name, text, offset, length, line);
}

int
ledger_close (struct ledger *l, int scope, struct pen_span key, const struct pen_claim *claims, size_t n,
              uint64_t offset, uint64_t length, uint64_t line, ledger_found *found, void *ctx)
{
  char what[400], text[512];

  if (scope < 0 || (size_t)scope >= l->d.n_scopes)
    return -1;
  for (size_t i = 0; i < n; i++)
    if (claims[i].total < 0 || (size_t)claims[i].total >= l->d.n_totals || l->d.totals[claims[i].total].scope != scope)
      return -1;
  if (!l->scopes[scope].open)
    {
      snprintf (text, sizeof text, "%s is closed, but was not open", scope_text (l, scope, key, what, sizeof what));
      tell (found, ctx, PEN_SEV_OBJECT, "ledger_unopened", NULL, text, offset, length, line);
      return 0;
    }
  for (size_t i = 0; i < n; i++)
    compare (l, scope, key, &claims[i], offset, length, line, found, ctx);
  start (l, scope, (struct pen_span){ NULL, 0 });
  l->scopes[scope].open =
      scope == 0; /* the object stays open: a second claim is compared with what came after the first */
  return 0;
}

void
ledger_end (struct ledger *l, ledger_found *found, void *ctx)
{
  for (size_t s = 1; s < l->d.n_scopes; s++)
    if (l->scopes[s].open)
      {
        struct pen_span key = { l->scopes[s].key, l->scopes[s].key_len };
        char what[400], text[512];
        snprintf (text, sizeof text, "%s was not closed", scope_text (l, (int)s, key, what, sizeof what));
        tell (found, ctx, PEN_SEV_OBJECT, "ledger_unclosed", NULL, text, 0, 0, 0);
        l->scopes[s].open = 0;
      }
}

__int128
ledger_grand_total (const struct ledger *l, size_t i)
{
  return i < l->d.n_totals ? l->sums[i].grand : 0;
}

/* ---- checkpoints ---- */

static void
put_sum (struct blob *b, __int128 v)
{
  blob_u64 (b, (uint64_t)v);
  blob_u64 (b, (uint64_t)(v >> 64));
}

static __int128
get_sum (struct blob_reader *r)
{
  unsigned __int128 low = blob_get_u64 (r), high = blob_get_u64 (r);
  return (__int128)(low | high << 64);
}

void
ledger_save (const struct ledger *l, struct blob *b)
{
  blob_u32 (b, (uint32_t)l->d.n_scopes);
  for (size_t i = 0; i < l->d.n_scopes; i++)
    {
      blob_u8 (b, (uint8_t)l->scopes[i].open);
      blob_bytes (b, l->scopes[i].key, l->scopes[i].key_len);
    }
  blob_u32 (b, (uint32_t)l->d.n_totals);
  for (size_t i = 0; i < l->d.n_totals; i++)
    {
      put_sum (b, l->sums[i].value);
      put_sum (b, l->sums[i].grand);
      blob_u8 (b, (uint8_t)l->sums[i].overflow);
    }
}

int
ledger_load (struct ledger *l, struct blob_reader *r, struct err *e)
{
  if (blob_get_u32 (r) != l->d.n_scopes)
    return err_set (e, "the ledger has other scopes");
  for (size_t i = 0; i < l->d.n_scopes; i++)
    {
      struct scope *s = &l->scopes[i];
      const uint8_t *key;
      s->open = blob_get_u8 (r) != 0;
      key = blob_get_bytes (r, &s->key_len);
      if (!key || s->key_len > KEY_MAX)
        return err_set (e, "malformed ledger");
      memcpy (s->key, key, s->key_len);
    }
  if (blob_get_u32 (r) != l->d.n_totals)
    return err_set (e, "the ledger has other totals");
  for (size_t i = 0; i < l->d.n_totals; i++)
    {
      l->sums[i].value = get_sum (r);
      l->sums[i].grand = get_sum (r);
      l->sums[i].overflow = blob_get_u8 (r) != 0;
    }
  return r->bad ? err_set (e, "malformed ledger") : 0;
}
