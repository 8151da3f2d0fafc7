/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - gathers keys that may come once in an object into records of evidence. */
#include "core/worker/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/base/err.h"
#include "core/base/evidence.h"

static void
flush (struct batch *t, struct blob *b)
{
  struct pen_finding f = { .size = sizeof f,
                           .severity = t->severity,
                           .column = t->column[0] ? t->column : NULL,
                           .rule = t->rule,
                           .text = t->text };
  if (t->n)
    evidence_put_distinct (b, t->key, t->n, &f);
  t->n = 0;
}

static int
is_same (const struct batch *t, const struct pen_finding *f)
{
  return t->severity == f->severity && strncmp (t->rule, f->rule, sizeof t->rule - 1) == 0
         && strncmp (t->column, f->column ? f->column : "", sizeof t->column - 1) == 0
         && strncmp (t->text, f->text, sizeof t->text - 1) == 0;
}

/* The batch of these keys; else one that is free, else the first, flushed. */
static struct batch *
batch_for (struct batches *s, const struct pen_finding *f, struct blob *b)
{
  struct batch **at = &s->batch[0];

  for (size_t i = 0; i < BATCHES; i++)
    {
      if (s->batch[i] && is_same (s->batch[i], f))
        return s->batch[i];
      if (!s->batch[i])
        {
          at = &s->batch[i];
          break;
        }
    }
  if (!*at)
    *at = xcalloc (1, sizeof **at);
  flush (*at, b);
  (*at)->severity = f->severity;
  snprintf ((*at)->rule, sizeof (*at)->rule, "%s", f->rule);
  snprintf ((*at)->column, sizeof (*at)->column, "%s", f->column ? f->column : "");
  snprintf ((*at)->text, sizeof (*at)->text, "%s", f->text);
  (*at)->seed = XXH3_64bits ((*at)->rule, strlen ((*at)->rule));
  return *at;
}

void
batches_add (struct batches *s, struct pen_span key, const struct pen_finding *f, struct blob *b)
{
  struct batch *t = batch_for (s, f, b);
  XXH128_hash_t h = XXH3_128bits_withSeed (key.n ? (const void *)key.p : "", key.n, t->seed);

  t->key[t->n++] = (struct distinct_key){ { h.high64, h.low64 }, f->offset, f->length, f->line };
  if (t->n == DISTINCT_BATCH)
    flush (t, b);
}

void
batches_flush (struct batches *s, struct blob *b)
{
  for (size_t i = 0; i < BATCHES; i++)
    if (s->batch[i])
      flush (s->batch[i], b);
}

void
batches_fini (struct batches *s)
{
  for (size_t i = 0; i < BATCHES; i++)
    free (s->batch[i]);
}
