/* SPDX-License-Identifier: Apache-2.0 */
/* sim_source.c - the simulated source: objects that are offered, their fingerprints and verdicts, and what is acknowledged. */
#include "tests/sim/sim_host.h"

#include <penstock/plugin.h>

#define MODE_CHUNK (sim->cfg.mode == PEN_COMMIT_CHUNK)

bool
source_has_offered_all (const struct host *h)
{
  for (int i = h->next_name; i < h->n_names; i++)
    if (!h->names[i].ack)
      return false;
  return true;
}

void
source_offer (struct host *h)
{
  uint64_t obj = h->n_objs;
  struct held_object *o = &h->objs[h->n_objs++];

  while (h->names[h->next_name].ack)
    h->next_name++;
  o->name = h->next_name++;
  o->k = h->names[o->name].k;
  sim_trace ("host %d: object %u is offered: name %d, content %u", h->id, (unsigned)obj, o->name, o->k);
  commit_on_object (h->c, obj, MODE_CHUNK || journal_has_open_intent (h) || sim_chance (3));
}

/* An object that is accepted and not closed has the same content. */
static bool
has_twin (const struct host *h, const struct held_object *o)
{
#ifndef MUTANT_NO_TWINS
  for (unsigned i = 0; i < h->n_objs; i++)
    if (&h->objs[i] != o && h->objs[i].k == o->k && h->objs[i].accepted && !h->objs[i].closed)
      return true;
#endif
  return false;
}

static void
answer_hash (struct host *h, uint64_t obj)
{
  struct held_object *o = &h->objs[obj];
  int word = has_twin (h, o) ? COMMIT_TWIN : journal_look_up (h, o);

  if (!word)
    word = journal_has (h, COMMIT_INTENT, o->k, -1) ? COMMIT_RESUME : COMMIT_FRESH;
  if (word == COMMIT_RESUME)
    o->resumed = true;
  sim_trace ("host %d: object %u is hashed: %d", h->id, (unsigned)obj, word);
  commit_on_hashed (h->c, obj, (enum commit_word)word);
}

static void
answer_verdict (struct host *h, uint64_t obj)
{
  struct held_object *o = &h->objs[obj];
  int word = has_twin (h, o) ? COMMIT_TWIN : journal_look_up (h, o);

  if (!word)
    word = content_is_bad (o->k) ? COMMIT_REFUSE : COMMIT_ACCEPT;
  o->accepted = word == COMMIT_ACCEPT;
  if (!o->closed && o->replayed != sim->contents[o->k].n_chunks)
    sim_fail ("host %d: verdict on object %u after %u chunks of %u", h->id, (unsigned)obj, (unsigned)o->replayed,
              sim->contents[o->k].n_chunks);
  sim_trace ("host %d: verdict on object %u: %d", h->id, (unsigned)obj, word);
  commit_on_verdict (h->c, obj, (enum commit_word)word, sim->contents[o->k].n_expect);
}

static void
answer_ack (struct host *h, uint64_t obj, int accepted)
{
  const struct held_object *o = &h->objs[obj];
  int ok = !sim_chance (8);

  if (accepted)
    for (unsigned s = 0; s < sim->cfg.n_sinks; s++)
      if (!sink_has_durably (s, o->k))
        sim_fail ("host %d: content %u acknowledged, but sink %u may lose it", h->id, o->k, s);
  if (accepted && !journal_has (h, COMMIT_COMMITTED, o->k, -1))
    sim_fail ("host %d: content %u acknowledged without a record", h->id, o->k);
  if (!accepted && !content_is_bad (o->k) && journal_look_up (h, o) != COMMIT_REFUSE)
    sim_fail ("host %d: content %u is good, but was refused", h->id, o->k);
  if (!accepted && !journal_has (h, COMMIT_REFUSED, o->k, o->name))
    sim_fail ("host %d: content %u refused without a record", h->id, o->k);
  if (ok || !sim->faults)
    h->names[o->name].ack = accepted ? ACK_ACCEPTED : ACK_REFUSED;
  sim_trace ("host %d: object %u acknowledged (%d)", h->id, (unsigned)obj, accepted);
  commit_on_acked (h->c, obj, ok);
}

/* Some hosts answer at once, while the action is performed. */
void
source_ask (struct host *h, enum misc_kind kind, uint64_t obj, int accepted)
{
  h->misc[h->n_misc++] = (struct misc){ kind, obj, accepted };
  if (sim_chance (4))
    source_answer (h, h->n_misc - 1);
}

void
source_answer (struct host *h, unsigned i)
{
  struct misc m = h->misc[i];

  h->misc[i] = h->misc[--h->n_misc];
  if (m.kind == MISC_HASH)
    answer_hash (h, m.obj);
  else if (m.kind == MISC_VERDICT)
    answer_verdict (h, m.obj);
  else
    answer_ack (h, m.obj, m.accepted);
}
