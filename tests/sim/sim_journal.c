/* SPDX-License-Identifier: Apache-2.0 */
/* sim_journal.c - the simulated host's journal: rows that survive it, and records that become durable in the core's order. */
#include "tests/sim/sim_host.h"

#include <string.h>

bool
journal_has (const struct host *h, enum commit_what what, unsigned k, int name)
{
  for (unsigned i = 0; i < h->n_rows; i++)
    if (h->rows[i].what == what && h->rows[i].k == k && (name < 0 || h->rows[i].name == name))
      return true;
  return false;
}

bool
journal_has_open_intent (const struct host *h)
{
  for (unsigned i = 0; i < h->n_rows; i++)
    if (h->rows[i].what == COMMIT_INTENT && !journal_has (h, COMMIT_COMMITTED, h->rows[i].k, -1))
      return true;
  return false;
}

/* 0: nothing is known of it. */
int
journal_look_up (const struct host *h, const struct held_object *o)
{
  if (journal_has (h, COMMIT_COMMITTED, o->k, o->name))
    return COMMIT_SKIP; /* this very object: only the acknowledgement is lacking */
  if (journal_has (h, COMMIT_COMMITTED, o->k, -1))
    return sim->reject_duplicates ? COMMIT_REFUSE : COMMIT_SKIP;
  return 0;
}

static void
record (struct host *h, const struct commit_action *a)
{
  const struct held_object *o = &h->objs[a->obj];

  if (h->n_rows == MAX_ROWS)
    sim_fail ("host %d: the journal grows without end", h->id);
  if (a->what == COMMIT_INTENT && a->obj >= h->halted)
    sim_fail ("host %d: object %u is accepted after %u has halted the run", h->id, (unsigned)a->obj,
              (unsigned)h->halted);
  if (a->what == COMMIT_INTENT)
    sim->contents[o->k].intended = true;
  if (a->what == COMMIT_COMMITTED && journal_has (h, COMMIT_COMMITTED, o->k, -1))
    sim_fail ("host %d: content %u recorded as committed twice", h->id, o->k);
  if (a->what == COMMIT_COMMITTED)
    for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
      if (!sink_has_durably (s, o->k))
        sim_fail ("host %d: content %u recorded as committed, but sink %u may lose it", h->id, o->k, s);
  h->rows[h->n_rows++] = (struct row){ (enum commit_what)a->what, o->name, o->k };
}

/* How many records become durable at once. */
static unsigned
record_group (const struct host *h)
{
  unsigned n = 1;

  while (h->records[n - 1].more)
    n++;
  if (n > h->n_recording)
    sim_fail ("host %d: a batch of records without its end", h->id);
  return n;
}

void
journal_step (struct host *h)
{
  struct commit_action group[MAX_OPS];
  unsigned n = record_group (h);

  memcpy (group, h->records, n * sizeof *group);
  h->n_recording -= n;
  memmove (h->records, h->records + n, h->n_recording * sizeof *group);
  for (unsigned i = 0; i < n; i++)
    record (h, &group[i]);
  for (unsigned i = 0; i < n; i++)
    {
      sim_trace ("host %d: object %u recorded as %d", h->id, (unsigned)group[i].obj, group[i].what);
      commit_on_recorded (h->c, group[i].obj, (enum commit_what)group[i].what);
    }
}

void
journal_dies (struct host *h)
{
  while (h->n_recording && sim_chance (2))
    {
      unsigned n = record_group (h);

      for (unsigned i = 0; i < n; i++)
        record (h, &h->records[i]);
      h->n_recording -= n;
      memmove (h->records, h->records + n, h->n_recording * sizeof *h->records);
    }
}
