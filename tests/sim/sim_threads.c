/* SPDX-License-Identifier: Apache-2.0 */
/* sim_threads.c - the simulated host's sink threads: operations that wait, their answers, and sinks that fail. */
#include "tests/sim/sim_host.h"

#include <penstock/plugin.h>
#include <string.h>

static void
answer_sink (struct host *h, unsigned s, const struct sink_op *op, uint64_t value)
{
  if (op->kind == OP_BEGIN)
    commit_on_begun (h->c, op->obj, s, value);
  else if (op->kind == OP_WRITE)
    commit_on_wrote (h->c, op->obj, op->seq, s);
  else if (op->kind == OP_WRITE_PART)
    commit_on_part_wrote (h->c, op->obj, op->seq, s);
  else if (op->kind == OP_COMMIT)
    commit_on_committed (h->c, op->obj, op->seq, s);
  else if (op->kind == OP_SEAL)
    commit_on_sealed (h->c, op->obj, s);
  else
    commit_on_finished (h->c, op->obj, s, (int)value);
}

void
thread_fail (struct host *h, unsigned s)
{
  struct sink_thread *t = &h->threads[s];

  sim_trace ("host %d: sink %u fails", h->id, s);
  t->dead = h->stopping = true;
  commit_on_sink_failed (h->c, s);
  if (t->n && sim_chance (2))
    answer_sink (h, s, &t->ops[t->first], 0); /* too late */
  if (sim_chance (2))
    commit_on_sink_failed (h->c, s);
  t->n = t->n_sealed_ops = 0;
}

void
thread_push (struct host *h, enum sink_op_kind kind, const struct commit_action *a)
{
  struct sink_thread *t = &h->threads[a->sink];
  struct sink_op op = { kind, a->obj, a->seq, a->what, 0 };

  if (t->dead)
    sim_fail ("host %d: action for the failed sink %u", h->id, a->sink);
  if (t->n == MAX_OPS || t->n_sealed_ops == MAX_OPS)
    sim_fail ("host %d: sink %u is asked too much", h->id, a->sink);
  if (sim->faults && sim_chance (200))
    {
      sim->faults--;
      thread_fail (h, a->sink);
      return;
    }
  if (kind == OP_SEAL)
    h->objs[a->obj].sealed_in[a->sink] = true;
  if (kind == OP_FINISH && h->objs[a->obj].sealed_in[a->sink])
    t->sealed_ops[t->n_sealed_ops++] = op;
  else
    t->ops[(t->first + t->n++) % MAX_OPS] = op;
}

static void
end_sink_op (struct host *h, unsigned s, const struct sink_op *op, int rc, uint64_t value)
{
  sim_trace ("host %d: sink %u has done %d on %u/%u: %d, %lld", h->id, s, op->kind, (unsigned)op->obj,
             (unsigned)op->seq, rc, (long long)value);
  if (rc < 0)
    thread_fail (h, s);
  else
    answer_sink (h, s, op, value);
}

void
thread_step (struct host *h, unsigned s)
{
  struct sink_thread *t = &h->threads[s];
  struct sink_op op, *first = &t->ops[t->first];
  bool skips = t->has_it && (first->kind == OP_WRITE || first->kind == OP_WRITE_PART || first->kind == OP_SEAL);
  uint64_t value = 0;
  int rc = skips ? 1 : sink_step (h, s, first, &value);

  if (rc == 0)
    return;
  op = *first;
#ifndef MUTANT_DONE_IS_WRITTEN
  if (op.kind == OP_BEGIN)
    t->has_it = value == PEN_SEQ_DONE;
#endif
  t->first = (t->first + 1) % MAX_OPS;
  t->n--;
  end_sink_op (h, s, &op, rc, value);
}

/* Sealed objects of a batch are published in any order, but where they go to the end of one file. */
void
thread_step_sealed (struct host *h, unsigned s)
{
  struct sink_thread *t = &h->threads[s];
  unsigned i = sim->sinks[s].kind == SINK_APPEND ? 0 : sim_random (t->n_sealed_ops);
  struct sink_op op;
  uint64_t value;
  int rc = sink_step (h, s, &t->sealed_ops[i], &value);

  if (rc == 0)
    return;
  op = t->sealed_ops[i];
  memmove (t->sealed_ops + i, t->sealed_ops + i + 1, (--t->n_sealed_ops - i) * sizeof op);
  end_sink_op (h, s, &op, rc, value);
}
