/* SPDX-License-Identifier: Apache-2.0 */
/* sim_commit.c - runs the commit core in a simulated world, one seed a run; a seed that fails is printed and replays.
 *
 *   sim_commit [--runs N] [--seed FIRST] [--trace]
 */
#include "tests/sim/sim.h"

#include <penstock/plugin.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `make check`: some ten seconds; sanitizers slow it down tenfold. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DEFAULT_RUNS 20000
#else
#define DEFAULT_RUNS 200000
#endif

static struct world world;
struct world *const sim = &world;

/* ---- chance and blame ---- */

uint32_t
sim_random (uint32_t below)
{
  uint64_t x = sim->rng += 0x9e3779b97f4a7c15u; /* splitmix64 */

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  return (uint32_t)((x >> 32) * below >> 32);
}

bool
sim_chance (uint32_t one_in)
{
  return sim_random (one_in) == 0;
}

void
sim_trace (const char *fmt, ...)
{
  va_list ap;

  if (!sim->trace)
    return;
  printf ("%5llu ", (unsigned long long)sim->now);
  va_start (ap, fmt);
  vprintf (fmt, ap);
  va_end (ap);
  putchar ('\n');
}

void
sim_fail (const char *fmt, ...)
{
  va_list ap;

  fflush (stdout);
  fprintf (stderr, "seed %llu, step %llu: ", (unsigned long long)sim->seed, (unsigned long long)sim->now);
  va_start (ap, fmt);
  vfprintf (stderr, fmt, ap);
  va_end (ap);
  fprintf (stderr, "\nreplay: sim_commit --seed %llu --trace\n", (unsigned long long)sim->seed);
  exit (1);
}

/* An assertion of the core, or worse: name the seed, then die of it. */
static void
on_fatal (int sig)
{
  char text[192];
  int n = snprintf (text, sizeof text, "seed %llu, step %llu: %s; replay: sim_commit --seed %llu --trace\n",
                    (unsigned long long)sim->seed, (unsigned long long)sim->now,
                    sig == SIGABRT ? "assertion" : "segmentation fault", (unsigned long long)sim->seed);

  fflush (stdout);
  if (write (2, text, (size_t)n) != n)
    _exit (3);
  signal (sig, SIG_DFL);
}

/* ---- a world from a seed ---- */

static void
make_content (struct content *t, unsigned k, unsigned most)
{
  t->n_chunks = sim_random (most + 1);
  t->bad_totals = sim_chance (5);
  t->halts = t->n_chunks && sim_chance (12);
  t->poison = -1;
  for (unsigned q = 0; q < t->n_chunks; q++)
    {
      t->units[q] = sim_random (MAX_UNITS + 1);
      if (q && sim_chance (8))
        t->seams |= 1u << q;
      else if (sim_chance (30))
        t->poison = (int)q;
    }
  if (t->poison >= 0)
    t->seams &= ~(1u << (t->poison + 1)); /* no carry to compare with after a quarantined chunk */
  for (unsigned q = 0; q < t->n_chunks; q++)
    for (unsigned i = 0; i < t->units[q] && (int)q != t->poison; i++)
      t->expect[t->n_expect++] = k << 16 | q << 8 | i;
}

static void
make_world (uint64_t seed)
{
  struct world *w = sim;
  bool trace = w->trace, flood;

  memset (w, 0, sizeof *w);
  w->seed = w->rng = seed;
  w->trace = trace;
  w->cfg.n_sinks = 1 + sim_random (MAX_SINKS);
  w->cfg.mode = sim_chance (2) ? PEN_COMMIT_OBJECT : PEN_COMMIT_CHUNK;
  w->cfg.window = 1 + sim_random (7);
  w->cfg.max_open = 1 + sim_random (4);
  w->cfg.retries = 1;
  w->cfg.batch = sim_chance (3) ? 1 : 2 + sim_random (4);
  w->cfg.batch_bytes = sim_chance (2) ? 0 : 1 + sim_random (20);
  w->cfg.gather = sim_random (4);
  w->reject_duplicates = sim_chance (3);
  w->n_contents = 1 + sim_random (MAX_CONTENTS);
  /* Many small objects that arrive faster than they are published: batches of several. */
  flood = w->cfg.batch > 1 && w->cfg.mode == PEN_COMMIT_OBJECT && !sim_chance (3);
  w->tries = flood ? 20 : 4;
  if (flood)
    w->n_contents = MAX_CONTENTS;
  for (unsigned k = 0; k < w->n_contents; k++)
    make_content (&w->contents[k], k, flood ? 1 : MAX_CHUNKS);
  for (unsigned s = 0; s < w->cfg.n_sinks; s++)
    {
      w->sinks[s].kind = (enum sink_kind)sim_random (w->cfg.mode == PEN_COMMIT_OBJECT ? 3 : 2);
      w->sinks[s].resumable = sim_chance (2);
      w->sinks[s].owner = -1;
    }
  w->n_hosts = sim_chance (4) ? 2 : 1;
  for (unsigned i = 0; i < w->n_hosts; i++)
    {
      struct host *h = &w->hosts[i];

      h->id = (int)i;
      h->n_names = flood ? MAX_NAMES : 1 + (int)sim_random (MAX_NAMES);
      for (int n = 0; n < h->n_names; n++)
        h->names[n].k = flood && !sim_chance (6) ? (unsigned)n % w->n_contents : sim_random (w->n_contents);
    }
  w->faults = sim_chance (10) ? 0 : sim_random (16);
  w->fault_per = flood ? 60 + sim_random (600) : 10 + sim_random (120);
  for (unsigned i = 0; i < sizeof w->weight / sizeof *w->weight; i++)
    w->weight[i] = 1 + sim_random (8);
  if (flood)
    sim_host_is_slow_to_publish (w->weight);
}

/* ---- a run ---- */

static void
cut_power (void)
{
  sim_trace ("power cut");
  for (unsigned i = 0; i < sim->n_hosts; i++)
    if (sim->hosts[i].alive)
      host_die (&sim->hosts[i]);
  sink_power_cut ();
}

static void
step_world (void)
{
  struct host *h = &sim->hosts[sim_random (sim->n_hosts)];

  if (++sim->now > 40000)
    sim_fail ("no end in sight after %llu steps", (unsigned long long)sim->now);
  if (sim_chance (16))
    sink_zombies (false);
  if (sim->faults && sim_chance (sim->fault_per))
    {
      sim->faults--;
      if (sim_chance (3))
        cut_power ();
      else if (h->alive)
        {
          sim_trace ("host %d: killed", h->id);
          host_die (h);
        }
      return;
    }
  if (h->alive)
    host_step (h);
  else if (host_has_work (h))
    host_start (h);
}

static bool
is_over (void)
{
  for (unsigned i = 0; i < sim->n_hosts; i++)
    if (sim->hosts[i].alive || host_has_work (&sim->hosts[i]))
      return false;
  return true;
}

/* Every object was acknowledged: each good content is everywhere, once; of a bad one nothing is (object mode). */
static void
check_end (void)
{
  sink_zombies (true);
  sink_power_cut ();
  for (unsigned i = 0; i < sim->n_hosts; i++)
    for (int n = 0; n < sim->hosts[i].n_names; n++)
      {
        const struct name *name = &sim->hosts[i].names[n];
        const struct content *t = &sim->contents[name->k];
        bool good = !t->bad_totals && t->poison < 0;

        if (name->ack == ACK_ACCEPTED && !good)
          sim_fail ("content %u does not balance, but was accepted", name->k);
        for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
          {
            if (good && !sink_has_durably (s, name->k))
              sim_fail ("content %u is lacking in sink %u at the end", name->k, s);
            if (!good && sim->cfg.mode == PEN_COMMIT_OBJECT && sink_shows (s, name->k))
              sim_fail ("content %u was refused, but sink %u shows it", name->k, s);
          }
      }
}

int
main (int argc, char **argv)
{
  uint64_t first = 1, runs = 0, steps = 0, lives = 0;

  for (int i = 1; i < argc; i++)
    {
      if (!strcmp (argv[i], "--trace"))
        sim->trace = true;
      else if (!strcmp (argv[i], "--seed") && i + 1 < argc)
        first = strtoull (argv[++i], NULL, 10);
      else if (!strcmp (argv[i], "--runs") && i + 1 < argc)
        runs = strtoull (argv[++i], NULL, 10);
      else
        {
          fprintf (stderr, "usage: sim_commit [--runs N] [--seed FIRST] [--trace]\n");
          return 2;
        }
    }
  if (!runs)
    runs = sim->trace ? 1 : DEFAULT_RUNS;
  signal (SIGABRT, on_fatal);
  signal (SIGSEGV, on_fatal);
  for (uint64_t seed = first; seed < first + runs; seed++)
    {
      make_world (seed);
      while (!is_over ())
        step_world ();
      check_end ();
      steps += sim->now;
      for (unsigned i = 0; i < sim->n_hosts; i++)
        lives += sim->hosts[i].n_lives;
    }
  printf ("%llu runs from seed %llu: %llu host lives, %llu steps, nothing lost, nothing doubled\n",
          (unsigned long long)runs, (unsigned long long)first, (unsigned long long)lives, (unsigned long long)steps);
  return 0;
}
