/* SPDX-License-Identifier: Apache-2.0 */
/* commit_int.h - what the parts of the commit core share: commit.c (table, queue, events), commit_head.c (the head
 * object's way until it is sealed) and commit_batch.c (from there to its end). */
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
  bool begun;                                                 /* has answered BEGIN */
  bool visible;                                               /* the object is published here */
  bool begin_out, part_out, commit_out, seal_out, finish_out; /* asked, not answered */
};

/* In the order of an object's life; end_object() works before PHASE_SEAL only. */
enum phase
{
  PHASE_HASH = 1, /* first answer to HASH is awaited */
  PHASE_OPEN,     /* may be cut; waits to be head */
  PHASE_RECHECK,  /* head; second answer to HASH is awaited */
  PHASE_BEGIN,    /* head; from here to PHASE_ACK */
  PHASE_FLOW,
  PHASE_VERDICT,
  PHASE_SEAL,   /* with several in a batch it is not the head any more: sinks are still writing */
  PHASE_SEALED, /* waits for the batch before its own; from here on it is not the head */
  PHASE_INTENT, /* of the batch that is being published */
  PHASE_FINISH,
  PHASE_DRAIN, /* outcome is known, sinks still owe answers (also of objects that were not head yet) */
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
  bool begun_blind;   /* nothing waits for the answers to BEGIN: they are taken to be 0 */
  bool truncated;     /* chunk mode, stopped: ends at cut_next for this run */
  bool twin;          /* an earlier one that is not closed has its content: nothing more before that one is */
  uint64_t hashed_at; /* c->n_accepted when HASH was answered */
  uint64_t bytes;     /* sealed: what it adds to the batch */
  enum cut_state cut;
  uint32_t gen;
  unsigned credits;                  /* taken, no chunk for them yet */
  unsigned cut_crashes;              /* of cutters, none of which came further than ... */
  uint64_t cut_furthest;             /* ... this chunk */
  uint64_t cut_deaths;               /* of all its cutters */
  uint64_t base, replayed, cut_next; /* chunks base .. cut_next - 1 are in the ring; replayed: first one not replayed */
  struct chunk *ring;                /* window of them, by seq % window */
  struct cursor *cur;                /* n_sinks of them */
};

struct commit
{
  struct commit_config cfg;
  bool *sink_dead;
  bool failed, stopping, stopped;
  bool gathered; /* the next batch begins as soon as it can */
  uint64_t n_accepted;
  unsigned in_flight;    /* credits of all objects, plus chunks cut and not released */
  uint64_t first;        /* ordinal of the first open object */
  size_t head;           /* the head's place among the open objects: those before it are sealed, or wait for them */
  uint64_t batch_end;    /* ordinal after the batch that is being published */
  uint64_t sealed_bytes; /* of the objects before the head */
  size_t n, cap;         /* objects open, ring size */
  size_t start;
  struct object **objs;
  size_t act_n, act_cap, act_start;
  struct commit_action *acts;
};

/* i-th open object. */
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
/* NULL: closed already. */
struct object *commit_find_object (const struct commit *c, uint64_t obj);
/* NULL: stale; also where the cut is over. */
struct object *commit_find_cut (const struct commit *c, uint64_t obj, uint32_t gen);
/* NULL: stale. */
struct chunk *commit_find_chunk (const struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq, struct object **out);
/* The object's fate is decided, unless it is accepted already: then nothing may change it any more. */
void commit_end_object (struct commit *c, struct object *o, enum commit_what outcome);
/* Releases the chunks from..cut_next - 1 and forgets them. */
void commit_drop_back (struct commit *c, struct object *o, uint64_t from);
void commit_drop_credits (struct commit *c, struct object *o);
/* The cut is over, whatever the cutter may still say. */
void commit_end_cut (struct commit *c, struct object *o);
/* Tells the worker that its part is written once no sink owes an answer for it. */
void commit_settle_part (struct commit *c, struct object *o);
bool commit_part_out (const struct commit *c, const struct object *o);
/* The outcome is known: drop what is not with the sinks. Regardless of phase; see commit_end_object() for the guarded form. */
void commit_drain (struct commit *c, struct object *o, enum commit_what outcome);
/* The head is accepted: its sinks put it aside, where there are batches. */
void commit_seal (struct commit *c, struct object *o);
/* A sink has failed before it was published anywhere. */
void commit_break_off (struct commit *c, struct object *o);
/* Phases that the head and those before it have in common; 1: it went on. */
bool commit_step_seal (struct commit *c, struct object *o);
bool commit_step_drain (struct commit *c, struct object *o);
bool commit_step_rollback (struct commit *c, struct object *o);
/* All that can be done for the objects before the head. */
bool commit_step_batches (struct commit *c);
/* Does all that can be done now. Called at the end of every event. */
void commit_advance (struct commit *c);
#endif
