/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c - findings, ledger entries and tallies as plain bytes from a worker to the host. */
#include "core/base/evidence.h"

#include <stdlib.h>
#include <string.h>

/* A record: u32 length of what follows, u8 kind, fields. */

static size_t
record_begin (struct blob *b, enum evidence_kind kind)
{
  size_t at = b->n;
  blob_u32 (b, 0);
  blob_u8 (b, (uint8_t)kind);
  return at;
}

static void
record_end (struct blob *b, size_t at)
{
  uint32_t n = (uint32_t)(b->n - at - sizeof (uint32_t));
  memcpy (b->p + at, &n, sizeof n);
}

static void
put_text (struct blob *b, const char *s, size_t max)
{
  size_t n = s ? strlen (s) : 0;
  blob_bytes (b, s, n < max ? n : max);
}

static void
put_finding (struct blob *b, enum evidence_kind kind, const struct pen_finding *f, struct pen_span raw)
{
  size_t at = record_begin (b, kind);
  blob_u8 (b, (uint8_t)f->severity);
  blob_u8 (b, f->follows != 0);
  blob_u64 (b, f->offset);
  blob_u64 (b, f->length);
  blob_u64 (b, f->line);
  put_text (b, f->column, EVIDENCE_KEY_MAX);
  put_text (b, f->rule, EVIDENCE_KEY_MAX);
  put_text (b, f->text, EVIDENCE_TEXT_MAX);
  blob_bytes (b, raw.p, raw.n < LIMIT_EVIDENCE_RAW ? raw.n : LIMIT_EVIDENCE_RAW);
  record_end (b, at);
}

void
evidence_put_finding (struct blob *b, const struct pen_finding *f, struct pen_span raw)
{
  put_finding (b, EVIDENCE_FINDING, f, raw);
}

void
evidence_put_unique (struct blob *b, struct pen_span key, const struct pen_finding *f)
{
  if (key.n > EVIDENCE_KEY_MAX)
    key.n = EVIDENCE_KEY_MAX;
  put_finding (b, EVIDENCE_UNIQUE, f, key);
}

void
evidence_put_distinct (struct blob *b, const struct distinct_key *k, size_t n, const struct pen_finding *f)
{
  put_finding (b, EVIDENCE_DISTINCT, f, (struct pen_span){ (const uint8_t *)k, n * sizeof *k });
}

static void
put_key (struct blob *b, struct pen_span key)
{
  blob_bytes (b, key.p, key.n < EVIDENCE_KEY_MAX ? key.n : EVIDENCE_KEY_MAX);
}

void
evidence_put_open (struct blob *b, int scope, struct pen_span key)
{
  size_t at = record_begin (b, EVIDENCE_OPEN);
  blob_u32 (b, (uint32_t)scope);
  put_key (b, key);
  record_end (b, at);
}

void
evidence_put_add (struct blob *b, int total, __int128 value)
{
  size_t at = record_begin (b, EVIDENCE_ADD);
  blob_u32 (b, (uint32_t)total);
  blob_u64 (b, (uint64_t)value);
  blob_u64 (b, (uint64_t)(value >> 64));
  record_end (b, at);
}

void
evidence_put_close (struct blob *b, int scope, struct pen_span key, const struct pen_claim *claims, size_t n,
                    uint64_t offset, uint64_t length, uint64_t line)
{
  size_t at = record_begin (b, EVIDENCE_CLOSE);
  blob_u32 (b, (uint32_t)scope);
  put_key (b, key);
  blob_u64 (b, offset);
  blob_u64 (b, length);
  blob_u64 (b, line);
  blob_u32 (b, (uint32_t)n);
  for (size_t i = 0; i < n; i++)
    {
      blob_u32 (b, (uint32_t)claims[i].total);
      blob_u8 (b, (uint8_t)claims[i].severity);
      blob_u64 (b, (uint64_t)claims[i].value);
    }
  record_end (b, at);
}

void
evidence_put_tally (struct blob *b, const struct evidence_tally *t)
{
  size_t at = record_begin (b, EVIDENCE_TALLY);
  blob_u32 (b, t->table);
  blob_u64 (b, t->read);
  blob_u64 (b, t->rejected);
  blob_u64 (b, t->emitted);
  blob_u64 (b, t->filtered);
  record_end (b, at);
}

/* ---- reading ---- */

void
evidence_reader_fini (struct evidence_reader *r)
{
  blob_fini (&r->rest);
}

int
evidence_is_whole (const struct evidence_reader *r)
{
  return r->rest.n == 0;
}

/* A string for people: control characters (also C1) become '?', so that no input reaches a terminal or a log raw. */
static const char *
get_text (struct blob_reader *r, char *to, size_t max)
{
  size_t n;
  const uint8_t *p = blob_get_bytes (r, &n);

  if (!p || n > max)
    {
      r->bad = 1;
      return "";
    }
  for (size_t i = 0; i < n; i++)
    {
      int control = p[i] < 0x20 || p[i] == 0x7f || (p[i] == 0xc2 && i + 1 < n && p[i + 1] < 0xa0);
      to[i] = control ? '?' : (char)p[i];
    }
  to[n] = 0;
  return to;
}

struct texts
{
  char column[EVIDENCE_KEY_MAX + 1], rule[EVIDENCE_KEY_MAX + 1], text[EVIDENCE_TEXT_MAX + 1];
};

static void
get_finding (struct blob_reader *r, struct evidence *ev, struct texts *t)
{
  struct pen_finding *f = &ev->finding;

  f->size = sizeof *f;
  f->severity = blob_get_u8 (r);
  f->follows = blob_get_u8 (r);
  f->offset = blob_get_u64 (r);
  f->length = blob_get_u64 (r);
  f->line = blob_get_u64 (r);
  f->column = get_text (r, t->column, EVIDENCE_KEY_MAX);
  f->rule = get_text (r, t->rule, EVIDENCE_KEY_MAX);
  f->text = get_text (r, t->text, EVIDENCE_TEXT_MAX);
  ev->raw.p = blob_get_bytes (r, &ev->raw.n);
  if (f->severity < PEN_SEV_WARN || f->severity > PEN_SEV_HALT || ev->raw.n > LIMIT_EVIDENCE_RAW)
    r->bad = 1;
  if (f->column[0] == 0)
    f->column = NULL;
}

static void
get_key (struct blob_reader *r, struct pen_span *key)
{
  key->p = blob_get_bytes (r, &key->n);
  if (key->n > EVIDENCE_KEY_MAX)
    r->bad = 1;
}

static void
get_close (struct blob_reader *r, struct evidence *ev)
{
  ev->scope = (int)blob_get_u32 (r);
  get_key (r, &ev->key);
  ev->offset = blob_get_u64 (r);
  ev->length = blob_get_u64 (r);
  ev->line = blob_get_u64 (r);
  ev->n_claims = blob_get_u32 (r);
  if (ev->n_claims > EVIDENCE_CLAIMS_MAX)
    {
      r->bad = 1;
      ev->n_claims = 0;
    }
  for (size_t i = 0; i < ev->n_claims; i++)
    {
      ev->claims[i].total = (int)blob_get_u32 (r);
      ev->claims[i].severity = blob_get_u8 (r);
      ev->claims[i].value = (int64_t)blob_get_u64 (r);
      if (ev->claims[i].severity > PEN_SEV_OBJECT)
        r->bad = 1;
    }
}

static int
decode (const uint8_t *p, size_t n, int (*see) (void *, const struct evidence *), void *ctx, struct err *e)
{
  struct evidence ev;
  struct texts texts;
  struct blob_reader r;

  memset (&ev, 0, sizeof ev);
  blob_reader_init (&r, p, n);
  ev.kind = blob_get_u8 (&r);
  switch (ev.kind)
    {
    case EVIDENCE_FINDING:
    case EVIDENCE_UNIQUE:
    case EVIDENCE_DISTINCT:
      get_finding (&r, &ev, &texts);
      if (ev.kind == EVIDENCE_DISTINCT
          && (ev.finding.severity == PEN_SEV_RECORD || ev.raw.n % sizeof (struct distinct_key)))
        r.bad = 1;
      if (ev.kind == EVIDENCE_UNIQUE && ev.raw.n > EVIDENCE_KEY_MAX)
        r.bad = 1;
      break;
    case EVIDENCE_OPEN:
      ev.scope = (int)blob_get_u32 (&r);
      get_key (&r, &ev.key);
      break;
    case EVIDENCE_ADD:
      ev.total = (int)blob_get_u32 (&r);
      ev.value = (__int128)blob_get_u64 (&r);
      ev.value |= (__int128)((unsigned __int128)blob_get_u64 (&r) << 64);
      break;
    case EVIDENCE_CLOSE:
      get_close (&r, &ev);
      break;
    case EVIDENCE_TALLY:
      ev.tally.table = blob_get_u32 (&r);
      ev.tally.read = blob_get_u64 (&r);
      ev.tally.rejected = blob_get_u64 (&r);
      ev.tally.emitted = blob_get_u64 (&r);
      ev.tally.filtered = blob_get_u64 (&r);
      break;
    default:
      r.bad = 1;
    }
  if (r.bad || r.p != r.end)
    return err_set (e, "malformed evidence record of kind %d, %zu bytes", (int)ev.kind, n);
  return see (ctx, &ev);
}

/* How many bytes the record at p has with its length, 0 while even the length is not whole. */
static size_t
record_size (const uint8_t *p, size_t n)
{
  uint32_t len;
  if (n < sizeof len)
    return 0;
  memcpy (&len, p, sizeof len);
  return (size_t)len + sizeof len;
}

/* Completes the record that is held back; takes from p what it needs. */
static size_t
fill_rest (struct evidence_reader *r, const uint8_t *p, size_t n)
{
  size_t used = 0;

  while (used < n)
    {
      size_t want = record_size (r->rest.p, r->rest.n), k;
      if (want && r->rest.n >= want)
        break;
      k = (want ? want : sizeof (uint32_t)) - r->rest.n;
      if (want > EVIDENCE_RECORD_MAX)
        break;
      if (k > n - used)
        k = n - used;
      blob_raw (&r->rest, p + used, k);
      used += k;
    }
  return used;
}

int
evidence_feed (struct evidence_reader *r, const uint8_t *p, size_t n, int (*see) (void *, const struct evidence *),
               void *ctx, struct err *e)
{
  while (n || r->rest.n)
    {
      const uint8_t *at = p;
      size_t have = n, size;
      int rc;

      if (r->rest.n)
        {
          size_t used = fill_rest (r, p, n);
          p += used;
          n -= used;
          at = r->rest.p;
          have = r->rest.n;
        }
      size = record_size (at, have);
      if (size > EVIDENCE_RECORD_MAX)
        return err_set (e, "evidence record of %zu bytes, at most %llu are taken", size, EVIDENCE_RECORD_MAX);
      if (!size || have < size)
        {
          if (at == p) /* nothing was held back yet: hold back what is there */
            {
              blob_raw (&r->rest, p, n);
              return 0;
            }
          return 0;
        }
      rc = decode (at + sizeof (uint32_t), size - sizeof (uint32_t), see, ctx, e);
      if (at == p)
        {
          p += size;
          n -= size;
        }
      else
        r->rest.n = 0;
      if (rc)
        return rc;
    }
  return 0;
}
