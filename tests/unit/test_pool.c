/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c - the shared pool of workers and memory, step by step and under a simulator that checks its promises. */
#include "core/serve/pool.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

#define MB (1024ull * 1024)

static struct pool_need
need_of (uint64_t base, uint64_t per_worker, unsigned workers)
{
  return (struct pool_need){ .base = base * MB, .per_worker = per_worker * MB, .workers = workers };
}

static void
test_alone_and_shared (void)
{
  struct pool_need n = need_of (40, 20, 8);
  struct pool_member *a, *b, *c;
  uint64_t memory;
  unsigned workers;
  struct pool p;

  pool_init (&p, 8, 1000 * MB);
  a = pool_add (&p, &n);
  b = pool_add (&p, &n);
  c = pool_add (&p, &n);
  CU_ASSERT_PTR_NULL (pool_next (&p));
  /* alone: all cores */
  pool_ask (&p, a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), a);
  CU_ASSERT_EQUAL (a->grant.workers, 8);
  CU_ASSERT_EQUAL (a->grant.memory, 200 * MB);
  /* whoever comes then has its own first worker */
  pool_ask (&p, b);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), b);
  CU_ASSERT_EQUAL (b->grant.workers, 1);
  pool_used (&p, &workers, &memory);
  CU_ASSERT_EQUAL (workers, 9);
  CU_ASSERT_EQUAL (memory, 260 * MB);
  pool_give (&p, a);
  pool_give (&p, b);
  /* together: half each, rounded up, as far as there are tokens */
  pool_ask (&p, a);
  pool_ask (&p, b);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), b);
  CU_ASSERT_PTR_NULL (pool_next (&p));
  CU_ASSERT_EQUAL (a->grant.workers, 4);
  CU_ASSERT_EQUAL (b->grant.workers, 4);
  pool_give (&p, a);
  pool_give (&p, b);
  /* a run that lasts leaves the others their shares */
  n.is_lasting = true;
  pool_change (&p, c, &n);
  pool_ask (&p, c);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), c);
  CU_ASSERT_EQUAL (c->grant.workers, 3);
  pool_fini (&p);
}

static void
test_limits (void)
{
  struct pool_need n = need_of (40, 20, 3);
  struct pool_member *a, *b;
  uint64_t minimum;
  struct pool p;

  pool_init (&p, 8, 1000 * MB);
  a = pool_add (&p, &n);
  pool_ask (&p, a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), a);
  CU_ASSERT_EQUAL (a->grant.workers, 3); /* its own limit */
  pool_give (&p, a);
  n = need_of (40, 20, 8);
  n.memory = 99 * MB; /* 40 + 2 x 20, and 19 left */
  pool_change (&p, a, &n);
  pool_ask (&p, a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), a);
  CU_ASSERT_EQUAL (a->grant.workers, 2);
  pool_give (&p, a);
  CU_ASSERT_TRUE (pool_has_room_for (&p, &n, &minimum));
  CU_ASSERT_EQUAL (minimum, 60 * MB);
  n.memory = 59 * MB;
  CU_ASSERT_FALSE (pool_has_room_for (&p, &n, &minimum));
  n = need_of (990, 20, 1);
  CU_ASSERT_FALSE (pool_has_room_for (&p, &n, &minimum));
  CU_ASSERT_EQUAL (minimum, 1010 * MB);
  /* memory kept for the other's minimum is not given away */
  n = need_of (40, 20, 8);
  pool_change (&p, a, &n);
  n = need_of (800, 60, 1);
  b = pool_add (&p, &n);
  CU_ASSERT_FALSE (p.is_crowded);
  pool_ask (&p, a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), a);
  CU_ASSERT_EQUAL (a->grant.workers, 5); /* 1000 - 860 - 40, by 20 */
  pool_ask (&p, b);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), b);
  /* one that does not ask any more gets nothing */
  pool_give (&p, b);
  pool_ask (&p, b);
  pool_withdraw (&p, b);
  CU_ASSERT_PTR_NULL (pool_next (&p));
  pool_remove (&p, b);
  CU_ASSERT_EQUAL (p.n, 1);
  pool_fini (&p);
}

static void
test_crowded (void)
{
  struct pool_need n = need_of (40, 20, 4);
  struct pool_member *a, *b, *c, *kept;
  struct pool p;

  pool_init (&p, 4, 150 * MB);
  a = pool_add (&p, &n);
  b = pool_add (&p, &n);
  n.base = 5 * MB;
  c = pool_add (&p, &n);
  n.base = 40 * MB;
  n.must_reserve = true;
  kept = pool_add (&p, &n);
  CU_ASSERT_TRUE (p.is_crowded);
  CU_ASSERT_TRUE (kept->is_reserved);
  CU_ASSERT_FALSE (a->is_reserved);
  pool_ask (&p, a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), a);
  CU_ASSERT_EQUAL (a->grant.workers, 2); /* 150 - 60 kept: 90, by 40 + 20 a worker */
  /* the longest waiting first: the smaller one behind it does not overtake, the reserved one does */
  pool_ask (&p, b);
  pool_ask (&p, c);
  CU_ASSERT_PTR_NULL (pool_next (&p));
  pool_ask (&p, kept);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), kept);
  CU_ASSERT_PTR_NULL (pool_next (&p));
  pool_give (&p, a);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), b);
  pool_give (&p, b);
  CU_ASSERT_PTR_EQUAL (pool_next (&p), c);
  pool_fini (&p);
}

/* ---- simulator ---- */

#define MEMBERS 12

static unsigned long long state;

static unsigned
draw (unsigned n)
{
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (unsigned)((state >> 33) % n);
}

static struct pool_need
draw_need (void)
{
  struct pool_need n = need_of (20 + draw (60), 10 + draw (30), 1 + draw (9));

  n.is_lasting = draw (5) == 0;
  n.must_reserve = draw (4) == 0;
  n.memory = draw (3) == 0 ? n.base + (1 + draw (3)) * n.per_worker : 0;
  return n;
}

static void
check (const struct pool *p, unsigned long long seed, bool members_changed)
{
  unsigned tokens = 0, workers;
  uint64_t memory, minima = 0;
  bool bad = false;

  pool_used (p, &workers, &memory);
  bad |= memory > p->memory;
  for (size_t i = 0; i < p->n; i++)
    {
      const struct pool_member *m = p->v[i];
      const struct pool_grant *g = &m->grant;

      tokens += g->workers > 1 ? g->workers - 1 : 0;
      minima += m->need.base + m->need.per_worker;
      bad |= (m->state == POOL_RUNNING) != (g->workers > 0);
      bad |= g->workers > m->need.workers || (m->need.memory && g->memory > m->need.memory);
      bad |= g->workers && g->memory != m->need.base + g->workers * m->need.per_worker;
      /* the promise: reserved means that nobody else is waited for */
      bad |= !members_changed && m->is_reserved && m->state == POOL_WAITING;
    }
  bad |= tokens > p->workers - 1;
  bad |= p->is_crowded != (minima > p->memory);
  if (bad)
    {
      fprintf (stderr, "seed %llu: a promise is broken\n", seed);
      CU_FAIL_FATAL ("promise");
    }
}

static void
turn (struct pool *p, uint64_t *last_granted)
{
  struct pool_member *m;

  while ((m = pool_next (p)))
    if (!m->is_reserved)
      {
        CU_ASSERT (m->since > *last_granted); /* nobody was overtaken */
        *last_granted = m->since;
      }
}

/* Members ask, run, get stuck for ever and end in any order. */
static void
simulate (unsigned long long seed, bool members_change)
{
  struct pool p;
  uint64_t last = 0;
  bool stuck[MEMBERS] = { false }, changed = false;

  state = seed;
  pool_init (&p, 1 + draw (16), (100 + draw (1500)) * MB);
  for (int i = 0; i < MEMBERS; i++)
    {
      struct pool_need n = draw_need ();
      uint64_t minimum;

      if (pool_has_room_for (&p, &n, &minimum))
        pool_add (&p, &n);
    }
  for (int step = 0; step < 400 && p.n; step++)
    {
      struct pool_member *m = p.v[draw ((unsigned)p.n)];
      size_t i = 0;

      while (p.v[i] != m)
        i++;
      if (m->state == POOL_IDLE && members_change && draw (20) == 0)
        {
          struct pool_need n = draw_need ();
          uint64_t minimum;

          changed = true;
          if (pool_has_room_for (&p, &n, &minimum))
            pool_change (&p, m, &n);
        }
      else if (m->state == POOL_IDLE)
        pool_ask (&p, m);
      else if (m->state == POOL_RUNNING && !stuck[i])
        {
          stuck[i] = draw (10) == 0;
          if (!stuck[i])
            pool_give (&p, m);
        }
      turn (&p, &last);
      check (&p, seed, changed);
    }
  /* when all that run end, everybody who waits has run */
  for (size_t k = 0; k < 2 * p.n; k++)
    {
      for (size_t i = 0; i < p.n; i++)
        if (p.v[i]->state == POOL_RUNNING)
          pool_give (&p, p.v[i]);
      turn (&p, &last);
    }
  for (size_t i = 0; i < p.n; i++)
    CU_ASSERT_NOT_EQUAL (p.v[i]->state, POOL_WAITING);
  pool_fini (&p);
}

static void
test_simulated (void)
{
  for (unsigned long long seed = 1; seed <= 2000; seed++)
    simulate (seed, seed % 2);
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("pool", NULL, NULL);
  CU_add_test (s, "alone and shared", test_alone_and_shared);
  CU_add_test (s, "limits", test_limits);
  CU_add_test (s, "crowded", test_crowded);
  CU_add_test (s, "simulated", test_simulated);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
