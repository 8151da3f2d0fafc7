/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - who may run with how many workers and how much memory: a pure state machine over a fixed amount of both. */
#include "core/serve/pool.h"

#include "core/base/err.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
pool_init (struct pool *p, unsigned workers, uint64_t memory)
{
  memset (p, 0, sizeof *p);
  p->workers = workers ? workers : 1;
  p->memory = memory ? memory : UINT64_MAX;
}

void
pool_fini (struct pool *p)
{
  for (size_t i = 0; i < p->n; i++)
    free (p->v[i]);
  free (p->v);
  memset (p, 0, sizeof *p);
}

/* ---- arithmetic: sums of bytes do not wrap ---- */

static uint64_t
plus (uint64_t a, uint64_t b)
{
  uint64_t v;

  return __builtin_add_overflow (a, b, &v) ? UINT64_MAX : v;
}

static uint64_t
minus (uint64_t a, uint64_t b)
{
  return a > b ? a - b : 0;
}

static uint64_t
minimum_of (const struct pool_need *n)
{
  return plus (n->base, n->per_worker);
}

bool
pool_has_room_for (const struct pool *p, const struct pool_need *need, uint64_t *minimum)
{
  *minimum = minimum_of (need);
  return *minimum <= p->memory && (!need->memory || *minimum <= need->memory);
}

/* ---- members ---- */

/* Who is reserved follows from who is there. What is reserved leaves room for any one of the others. */
static void
reserve (struct pool *p)
{
  uint64_t sum = 0, largest = 0;

  for (size_t i = 0; i < p->n; i++)
    {
      uint64_t minimum = minimum_of (&p->v[i]->need);

      sum = plus (sum, minimum);
      largest = minimum > largest ? minimum : largest;
    }
  p->is_crowded = sum > p->memory;
  sum = 0;
  for (size_t i = 0; i < p->n; i++)
    {
      struct pool_member *m = p->v[i];
      uint64_t with = plus (sum, minimum_of (&m->need));

      m->is_reserved = !p->is_crowded || (m->need.must_reserve && with <= minus (p->memory, largest));
      if (m->is_reserved)
        sum = with;
    }
}

struct pool_member *
pool_add (struct pool *p, const struct pool_need *need)
{
  struct pool_member *m = xcalloc (1, sizeof *m);

  m->need = *need;
  if (p->n == p->cap)
    {
      p->cap = p->cap ? 2 * p->cap : 16;
      p->v = xrealloc (p->v, p->cap * sizeof (struct pool_member *));
    }
  p->v[p->n++] = m;
  reserve (p);
  return m;
}

void
pool_remove (struct pool *p, struct pool_member *m)
{
  size_t i = 0;

  while (p->v[i] != m)
    i++;
  memmove (p->v + i, p->v + i + 1, (--p->n - i) * sizeof (struct pool_member *));
  free (m);
  reserve (p);
}

void
pool_change (struct pool *p, struct pool_member *m, const struct pool_need *need)
{
  assert (m->state != POOL_RUNNING);
  m->need = *need;
  reserve (p);
}

void
pool_ask (struct pool *p, struct pool_member *m)
{
  if (m->state != POOL_IDLE)
    return;
  m->state = POOL_WAITING;
  m->since = ++p->clock;
}

void
pool_withdraw (struct pool *p, struct pool_member *m)
{
  (void)p;
  if (m->state == POOL_WAITING)
    m->state = POOL_IDLE;
}

void
pool_give (struct pool *p, struct pool_member *m)
{
  (void)p;
  assert (m->state == POOL_RUNNING);
  m->state = POOL_IDLE;
  m->grant = (struct pool_grant){ 0 };
}

/* ---- grants ---- */

void
pool_used (const struct pool *p, unsigned *workers, uint64_t *memory)
{
  *workers = 0;
  *memory = 0;
  for (size_t i = 0; i < p->n; i++)
    {
      *workers += p->v[i]->grant.workers;
      *memory = plus (*memory, p->v[i]->grant.memory);
    }
}

/* Bytes that m may be given: what nobody holds, without what is kept for reserved members that do not run. */
static uint64_t
memory_for (const struct pool *p, const struct pool_member *m)
{
  uint64_t used, kept = 0;
  unsigned workers;

  pool_used (p, &workers, &used);
  for (size_t i = 0; i < p->n; i++)
    if (p->v[i] != m && p->v[i]->is_reserved && p->v[i]->state != POOL_RUNNING)
      kept = plus (kept, minimum_of (&p->v[i]->need));
  return minus (p->memory, plus (used, kept));
}

/* A fair part of the tokens, rounded up: among those who want to run now; a run that lasts shares with everybody. */
static unsigned
share_of (const struct pool *p, const struct pool_member *m)
{
  size_t n = 0;

  for (size_t i = 0; i < p->n; i++)
    n += m->need.is_lasting || p->v[i]->state != POOL_IDLE;
  return (unsigned)((p->workers + n - 1) / n);
}

/* Tokens are for workers beyond the first of each run. */
static unsigned
tokens_free (const struct pool *p)
{
  unsigned taken = 0;

  for (size_t i = 0; i < p->n; i++)
    taken += p->v[i]->grant.workers > 1 ? p->v[i]->grant.workers - 1 : 0;
  return taken < p->workers - 1 ? p->workers - 1 - taken : 0;
}

static void
grant (struct pool *p, struct pool_member *m)
{
  uint64_t memory = memory_for (p, m), fit;
  unsigned workers = share_of (p, m), tokens = tokens_free (p);

  if (m->need.memory && m->need.memory < memory)
    memory = m->need.memory;
  fit = m->need.per_worker ? minus (memory, m->need.base) / m->need.per_worker : UINT32_MAX;
  if (workers > m->need.workers)
    workers = m->need.workers;
  if (workers > tokens + 1)
    workers = tokens + 1;
  if (workers > fit)
    workers = (unsigned)fit;
  if (workers < 1)
    workers = 1;
  m->state = POOL_RUNNING;
  m->grant.workers = workers;
  m->grant.memory = plus (m->need.base, workers * m->need.per_worker);
}

/* The longest waiting one that finds its minimum. Reserved members may pass each other, for each has its own; of the others only
 * the first is looked at. */
static struct pool_member *
longest_waiting (const struct pool *p, bool reserved)
{
  struct pool_member *first = NULL;

  for (size_t i = 0; i < p->n; i++)
    {
      struct pool_member *m = p->v[i];

      if (m->state != POOL_WAITING || m->is_reserved != reserved || (first && first->since < m->since))
        continue;
      if (!reserved || memory_for (p, m) >= minimum_of (&m->need))
        first = m;
    }
  return first && memory_for (p, first) >= minimum_of (&first->need) ? first : NULL;
}

struct pool_member *
pool_next (struct pool *p)
{
  struct pool_member *a = longest_waiting (p, true), *b = longest_waiting (p, false);
  struct pool_member *m = a && b ? (a->since < b->since ? a : b) : a ? a : b;

  if (m)
    grant (p, m);
  return m;
}
