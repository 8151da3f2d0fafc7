/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - remembers identifications in little memory: those that differ in the digits at their end only are one run of
 * numbers, so that what was counted upwards is remembered whole. */
#include "iso20022.h"

#define DIGITS 18

/* FNV-1a, never 0. */
static uint64_t
hash (const char *p, size_t n)
{
  uint64_t h = 0xcbf29ce484222325u ^ n;
  for (size_t i = 0; i < n; i++)
    h = (h ^ (uint8_t)p[i]) * 0x100000001b3u;
  return h | 1;
}

static void
to_front (struct iso20022_run *run, unsigned i)
{
  struct iso20022_run r = run[i];
  memmove (run + 1, run, i * sizeof *run);
  run[0] = r;
}

bool
iso20022_seen (struct iso20022_run *run, uint8_t *n, unsigned cap, const char *p, size_t len)
{
  size_t digits = 0;
  uint64_t v, prefix;
  unsigned near = cap;
  while (digits < len && digits < DIGITS && p[len - 1 - digits] >= '0' && p[len - 1 - digits] <= '9')
    digits++;
  v = digits ? (uint64_t)pen_parse_digits (p + len - digits, digits) : 0;
  prefix = hash (p, len - digits) ^ (uint64_t)digits << 1; /* 07 is not 7 */
  for (unsigned i = 0; i < *n; i++)
    {
      if (run[i].prefix != prefix)
        continue;
      if (v >= run[i].lo && v <= run[i].hi)
        return true;
      if (v == run[i].hi + 1 || v + 1 == run[i].lo)
        near = i;
    }
  if (near < cap)
    {
      run[near].lo = v < run[near].lo ? v : run[near].lo;
      run[near].hi = v > run[near].hi ? v : run[near].hi;
      to_front (run, near);
      return false;
    }
  if (*n < cap)
    ++*n;
  run[*n - 1] = (struct iso20022_run){ prefix, v, v };
  to_front (run, *n - 1u);
  return false;
}

#define LOOK 1024 /* bytes of a record in which its identifications are looked for: they come first */

/* The text of the first element of that name, whatever its prefix. It is looked for in the record's bytes, since cut()
 * does not read records, and has to find the same as parse(). */
static struct pen_span
find_text (const uint8_t *p, size_t n, const char *tag)
{
  size_t len = strlen (tag);
  for (const uint8_t *at = p; (at = memmem (at, n - (size_t)(at - p), tag, len)); at += len)
    if (at > p && (at[-1] == '<' || at[-1] == ':'))
      {
        const uint8_t *text = at + len, *end = memchr (text, '<', n - (size_t)(text - p));
        return end ? iso20022_span ((const char *)text, (size_t)(end - text)) : iso20022_span ("", 0);
      }
  return iso20022_span ("", 0);
}

static void
check_id (struct iso20022 *x, struct pen_span bytes, const char *tag, const char *column)
{
  struct iso20022_state *st = &x->st;
  struct pen_span id = find_text (bytes.p, bytes.n, tag);
  char text[64];
  if (!id.n || id.n > 50 || (id.n == 11 && memcmp (id.p, "NOTPROVIDED", 11) == 0))
    return;
  text[0] = *column; /* one memory for both kinds */
  memcpy (text + 1, id.p, id.n);
  if (iso20022_seen (st->run, &st->n_runs, RUNS, text, id.n + 1))
    iso20022_find (x, RULE_duplicate_id, x->record_at, x->record_at + bytes.n, column,
                   "expected an identification of its own, found %.*s again", (int)id.n, (const char *)id.p);
}

void
iso20022_record_ids (struct iso20022 *x, size_t end)
{
  struct pen_span bytes = xml_bytes (x->walk, x->record_at, end);
  if (x->o->rule[RULE_duplicate_id] == LEVEL_OFF || x->table[x->node[x->record].table].priority_col < 0)
    return;
  if (bytes.n > LOOK)
    bytes.n = LOOK;
  check_id (x, bytes, "EndToEndId>", "end_to_end_id");
  check_id (x, bytes, "TxId>", "transaction_id");
}
