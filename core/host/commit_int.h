/* SPDX-License-Identifier: Apache-2.0 */
/* commit_int.h - what the two halves of the commit core share: commit.c (table, queue, events) and commit_head.c (the
 * head object's way to its end). */
#ifndef PEN_HOST_COMMIT_INT_H
#define PEN_HOST_COMMIT_INT_H
#include <stdbool.h>

#include "core/host/commit.h"

enum chunk_state
{
  CHUNK_CUT = 1, /* nobody works on it */
  CHUNK_BUSY,    /* in a worker */
  CHUNK_DONE,    /* parsed, or quarantined */
};

struct chunk
{
  uint32_t gen;
  enum chunk_state state;
  unsigned crashes;
  bool quarantined;
  bool part_wait; /* its worker waits for a part to be written */
  bool part_sent; /* some of its bytes are with the sinks: it cannot be quarantined any more */
};

/* One sink's place in the head object. Sequences: first chunk not yet ... */
struct cursor
{
  uint64_t issued, wrote, committed;
  bool begun;                                       /* has answered BEGIN */
  bool visible;                                     /* the object is published here */
  bool begin_out, part_out, commit_out, finish_out; /* asked, not answered */
};

/* In the order of an object's life; end_object() works before PHASE_INTENT only. */
enum phase
{
  PHASE_HASH = 1, /* first answer to HASH is awaited */
  PHASE_OPEN,     /* may be cut; waits to be head */
  PHASE_RECHECK,  /* head; second answer to HASH is awaited */
  PHASE_BEGIN,    /* head; from here to PHASE_ACK */
  PHASE_FLOW,
  PHASE_VERDICT,
  PHASE_INTENT,
  PHASE_FINISH,
  PHASE_DRAIN, /* outcome is known, sinks still owe answers (the only late phase of an object that is not head) */
  PHASE_ROLLBACK,
  PHASE_RECORD,
  PHASE_ACK,
  PHASE_CLOSED,
};

enum cut_state
{
  CUT_NONE = 0,
  CUT_RUNNING,
  CUT_ENDED,
};

struct object
{
  uint64_t obj;
  enum phase phase;
  int outcome; /* enum commit_what, from PHASE_DRAIN on */
  bool hash_first;
  bool resumed;       /* an earlier run may have published it somewhere */
  bool truncated;     /* chunk mode, stopped: ends at cut_next for this run */
  uint64_t hashed_at; /* c->n_committed when HASH was answered */
  enum cut_state cut;
  uint32_t gen;
  unsigned credits;                  /* taken, no chunk for them yet */
  unsigned cut_crashes;              /* of cutters, none of which came further than ... */
  uint64_t cut_furthest;             /* ... this chunk */
  uint64_t base, replayed, cut_next; /* chunks base .. cut_next - 1 are in the ring; replayed: first one not replayed */
  struct chunk *ring;                /* window of them, by seq % window */
  struct cursor *cur;                /* n_sinks of them */
};

struct commit
{
  struct commit_config cfg;
  bool *sink_dead;
  bool failed, stopping, stopped;
  uint64_t n_committed;
  unsigned in_flight; /* credits of all objects, plus chunks cut and not released */
  uint64_t first;     /* ordinal of the head */
  size_t n, cap;      /* objects open, ring size */
  size_t start;
  struct object **objs;
  size_t act_n, act_cap, act_start;
  struct commit_action *acts;
};

/* i-th open object, 0 is the head. */
static inline struct object *
object_at (const struct commit *c, size_t i)
{
  return c->objs[(c->start + i) % c->cap];
}

static inline struct chunk *
chunk_at (const struct commit *c, const struct object *o, uint64_t seq)
{
  return &o->ring[seq % c->cfg.window];
}

void commit_act (struct commit *c, struct commit_action a);
/* Releases the chunks from..cut_next - 1 and forgets them. */
void commit_drop_back (struct commit *c, struct object *o, uint64_t from);
void commit_drop_credits (struct commit *c, struct object *o);
/* The cut is over, whatever the cutter may still say. */
void commit_end_cut (struct commit *c, struct object *o);
/* Tells the worker that its part is written once no sink owes an answer for it. */
void commit_settle_part (struct commit *c, struct object *o);
bool commit_part_out (const struct commit *c, const struct object *o);
/* The outcome is known: drop what is not with the sinks. Regardless of phase; see end_object() for the guarded form. */
void commit_drain (struct commit *c, struct object *o, enum commit_what outcome);
/* Does all that can be done now. Called at the end of every event. */
void commit_advance (struct commit *c);
#endif
