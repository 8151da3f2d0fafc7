/* SPDX-License-Identifier: Apache-2.0 */
/* sim_host.h - what the parts of the simulated host have of each other. */
#ifndef SIM_HOST_H
#define SIM_HOST_H
#include "tests/sim/sim.h"

static inline bool
content_is_bad (unsigned k)
{
  return sim->contents[k].bad_totals || sim->contents[k].poison >= 0;
}

/* ---- the journal (sim_journal.c) ---- */
/* name: of an object, or -1 for any. */
bool journal_has (const struct host *h, enum commit_what what, unsigned k, int name);
bool journal_has_open_intent (const struct host *h);
/* What is known of an object with this content: a word for the core, or 0 for nothing. */
int journal_look_up (const struct host *h, const struct held_object *o);
/* The records that wait longest, up to the end of their batch, are durable, and the core hears of it. */
void journal_step (struct host *h);
/* The host dies: some records became durable, but nobody was told. */
void journal_dies (struct host *h);

/* ---- the source (sim_source.c) ---- */
bool source_has_offered_all (const struct host *h);
void source_offer (struct host *h);
/* Some hosts answer at once, while the action is performed; others when source_answer() is called for the i-th question. */
void source_ask (struct host *h, enum misc_kind kind, uint64_t obj, int accepted);
void source_answer (struct host *h, unsigned i);

/* ---- sink threads (sim_threads.c) ---- */
void thread_push (struct host *h, enum sink_op_kind kind, const struct commit_action *a);
void thread_fail (struct host *h, unsigned s);
/* One step of the operation that is at hand, or of one on a sealed object. */
void thread_step (struct host *h, unsigned s);
void thread_step_sealed (struct host *h, unsigned s);

/* ---- cutters, workers, slots (sim_workers.c) ---- */
void cutter_begin (struct host *h, const struct commit_action *a);
void cutter_step (struct host *h, uint64_t obj);
void part_begin (struct host *h, const struct commit_action *a);
void part_end (struct host *h, const struct commit_action *a);
void chunk_release (struct host *h, const struct commit_action *a);
bool worker_is_ready (struct host *h, struct worker *w);
void worker_step (struct host *h, struct worker *w);
#endif
