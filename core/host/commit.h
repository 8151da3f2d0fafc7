/* SPDX-License-Identifier: Apache-2.0 */
/* commit.h - who may do what next: objects, chunks, sinks and verdicts as a pure state machine, events in, actions out.
 *
 * No I/O, no clock, no threads, no callbacks. The host reports what has happened (commit_on_...) and then performs the
 * actions that commit_next() hands out, in that order, until there are none. The same file runs under the simulator in
 * tests/sim, which crashes the host at every step.
 *
 * What it guarantees, whatever the events:
 *  - A sink sees objects in intake order, one at a time, and within an object its chunks in order, each once.
 *  - Object mode: no FINISH(accepted) before the verdict, and none before the intent is durable in the journal.
 *  - RECORD(COMMITTED) after every sink has published; ACK after the record is durable; CLOSE last, in intake order.
 *  - At most `batch` objects are sealed and not closed; at most `batch_bytes` before the last of them.
 *  - At most `window` chunks are cut and not released; the head object always gets at least one of them.
 *
 * Batches. With batch > 1 an accepted object is sealed: every sink puts it aside, complete but not visible, and the next
 * object becomes the head while this one waits. Sinks are not waited for before: WRITE follows BEGIN, and VERDICT, SEAL and the
 * next BEGIN follow the last WRITE at once, since each sink does them in this order (BEGIN of a RESUMEd object is waited for).
 * All that are sealed when the batch before is through are published as one: their intents become durable together, and so do
 * their FINISHes. While they are few they wait for company, until the host says on_gathered: it knows the time, and whether
 * anything else is on its way. An object with the content of one that is sealed is a twin: it waits until that one is closed,
 * then it is looked at again.
 *
 * An object's way:
 *
 *   on_object -> [HASH] -> CUT ..... chunks: cut, picked, parsed ........... (object mode: may run ahead of the head)
 *                  becomes head -> BEGIN all sinks -> per chunk, in order: REPLAY, WRITE to every sink, RELEASE
 *                  [chunk mode: CUT only now, from the lowest chunk that a sink lacks; COMMIT after writes]
 *                  all written (batch > 1: all handed out) -> VERDICT -> [SEAL all sinks; no head any more] -> RECORD(INTENT) -> FINISH(1) all sinks -> RECORD(COMMITTED) -> ACK(1) ->
 * CLOSE refused      -> FINISH(0) all sinks that have begun -> RECORD(REFUSED) -> ACK(0) -> CLOSE skipped      -> the
 * same with RECORD(SKIPPED) and ACK(1) aborted      -> the same with RECORD(ABORTED) and no ACK: it comes again (chunk mode: no FINISH)
 *                  unfinished   -> the same without RECORD and ACK: the next run goes on from the journal's INTENT row
 *
 * A crash at any point loses the struct and nothing else: the next host offers what was not acknowledged again, and
 * the sinks' own answers to BEGIN say where to go on.
 *
 * Generations. A chunk is named by object, seq and gen. A seam error voids chunks, which are then cut again with the
 * same seqs and a new gen. Events quote the gen of the CUT, RECUT or pick they answer; an event for a void chunk, or
 * for an object that is closed, is "stale": it returns 0, nothing happens and the host drops what came with it.
 *
 * Events may be reported while an action is performed; what they cause comes after what is queued already.
 *
 * An event that no correct host can produce is a bug: assert(), in every build. */
#ifndef PEN_HOST_COMMIT_H
#define PEN_HOST_COMMIT_H
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct commit_config
{
  unsigned n_sinks;     /* at least 1 */
  int mode;             /* enum pen_commit_mode of <penstock/plugin.h> */
  unsigned window;      /* chunks with credit (being cut, or cut and not released), at least 1; run-ahead needs 2 */
  unsigned max_open;    /* objects being cut or parsed at a time, the head included; at least 1. Chunk mode: always 1 */
  unsigned retries;     /* of a chunk, or of a cut, whose worker died; usually 1 */
  unsigned batch;       /* objects sealed and not closed; 0 or 1: nothing is sealed. Chunk mode: 1 */
  uint64_t batch_bytes; /* the head waits while those that are sealed have this many */
  unsigned gather;      /* so many sealed objects do not wait for others; 0 or 1: none ever does */
};

/* What the host's look at fingerprint and journal says about an object, before (HASH) or at the end (VERDICT). */
enum commit_word
{
  COMMIT_FRESH = 1, /* HASH: not known. VERDICT: accepted */
  COMMIT_RESUME,    /* HASH only: the journal has an INTENT for this content and no COMMITTED: an earlier run may have
                       published it in some sinks. Ends COMMITTED or stays UNFINISHED, never anything else */
  COMMIT_TWIN,      /* an object of this run that is accepted and not closed has this content: asked again later */
  COMMIT_SKIP,      /* the journal has this content as COMMITTED (policy skip, or the same object once more) */
  COMMIT_REFUSE,    /* HASH: a duplicate, policy reject. VERDICT: totals, findings or policy say no */
};
#define COMMIT_ACCEPT COMMIT_FRESH

/* What RECORD makes durable, and how an object ends. */
enum commit_what
{
  COMMIT_INTENT = 1, /* accepted, its key known, sinks may publish it from now on */
  COMMIT_COMMITTED,  /* durable and visible in every sink */
  COMMIT_REFUSED,
  COMMIT_SKIPPED,
  COMMIT_ABORTED,    /* broken off: nothing of it is visible (chunk mode: what was committed is), it may come again */
  COMMIT_UNFINISHED, /* CLOSE only: the journal keeps its OPEN or INTENT row, another run is needed (exit status 3, or a
                        stop in chunk mode) */
};

enum commit_act
{
  /* Find out the object's fingerprint and look it up -> on_hashed. May come a second time, when the object becomes head
   * and another one was committed meanwhile: the digest is known by then, only the look-up is repeated. */
  ACT_HASH = 1,
  /* Cut the object from chunk seq on, as generation gen. Before each chunk take_credit(); none: try again after the next
   * event of any kind. -> on_cut ..., then on_cut_end or on_cut_failed, or on_cut_crashed. Chunk mode, seq > 0: offset, carry and
   * ledger come from the checkpoint of a sink whose next_seq is seq. */
  ACT_CUT,
  /* The same, replacing a running or ended cut of this object. Chunks from seq on of older generations are void and
   * have been released. After a seam error the carry at seq is the one that parsing chunk seq - 1 ended with; after
   * a dead cutter it is the one that cutting chunk seq - 1 ended with. */
  ACT_RECUT,
  /* sink->begin() -> on_begun. Always the head object; all earlier ones are closed (batch > 1: sealed, or will be). batch > 1:
   * a sink that answers PEN_SEQ_DONE gets nothing more of the object, though WRITE and SEAL may follow: they are answered
   * without it. */
  ACT_BEGIN,
  /* Replay the chunk's ledger entries, findings and counts, now, no answer. Each chunk once, in order, before its
   * WRITE. what = 1: the chunk is in quarantine and has none. Chunk mode: keep what ledger_save() says now, for
   * COMMIT(seq). */
  ACT_REPLAY,
  /* sink->write() of all that is left of the chunk -> on_wrote. A quarantined chunk has no bytes: only answer, in turn.
   */
  ACT_WRITE,
  /* sink->write() of what the worker has so far (see on_part) -> on_part_wrote. */
  ACT_WRITE_PART,
  /* No sink lacks the part (any more): its slots are free, the worker goes on. Comes also where no WRITE_PART was needed. */
  ACT_PART_DONE,
  /* Nobody needs the chunk any more: slots, evidence and one credit go back. Exactly once for every on_cut. A worker
   * may still be busy with it (void or abandoned): end or ignore it, its answer is stale. */
  ACT_RELEASE,
  /* Chunk mode: sink->commit() with the checkpoint kept at REPLAY(seq) -> on_committed. seq is the last chunk whose
   * WRITE was handed out to this sink before. One at a time per sink. */
  ACT_COMMIT,
  /* The chunk has killed retries + 1 workers: keep its bytes as evidence. It goes on without output. */
  ACT_QUARANTINE,
  /* All is replayed, written (batch > 1: handed out) and (chunk mode) committed, and the cut has ended: do totals and counts balance, is the
   * object unchanged, is it a duplicate? -> on_verdict. */
  ACT_VERDICT,
  /* Put the object aside in the sink: all of it is there, nothing visible, and BEGIN of the next one follows -> on_sealed.
   * With more than one object in a batch only. */
  ACT_SEAL,
  /* Make `what` durable in the journal -> on_recorded. A journal that cannot is the end of the run: exit as if killed.
   * more: the next action is the RECORD of another object of the batch; they become durable at once, or none of them. */
  ACT_RECORD,
  /* sink->finish (accepted = what), or sink->refused(); of a sealed object its publication or its end: it need not be the head
   * then. more: the next action is a FINISH for the same sink, of the same batch, to be published together -> on_finished.
   * Chunk mode: not handed out for objects that end ABORTED or UNFINISHED.
   * They may come again, so their checkpoints must stay; the next BEGIN ends what the sink has not committed. */
  ACT_FINISH,
  /* source->ack (accepted = what) -> on_acked. */
  ACT_ACK,
  /* The object has ended as `what`; forget it, end its cutter and workers, close its fd. Later events are stale. */
  ACT_CLOSE,
  /* After on_stop or a failed sink: no object is left. what = 1: a sink has failed. Nothing comes after it. */
  ACT_STOPPED,
};

/* Fields not named above are 0. */
struct commit_action
{
  enum commit_act kind;
  uint32_t gen;  /* CUT, RECUT, REPLAY, WRITE, WRITE_PART, PART_DONE, RELEASE, QUARANTINE */
  unsigned sink; /* BEGIN, WRITE, WRITE_PART, COMMIT, SEAL, FINISH */
  int what;      /* RECORD, CLOSE: enum commit_what; FINISH, ACK: accepted; REPLAY: quarantined; STOPPED: failed */
  bool refused;  /* FINISH: not accepted, and it will not come again */
  int more;      /* RECORD, FINISH */
  uint64_t obj;
  uint64_t seq;
};

struct commit;

struct commit *commit_create (const struct commit_config *cfg);
void commit_destroy (struct commit *c);

/* Takes the next action off the queue: 1, or 0 if there is none now. Actions for one sink are to be done in this order
 * (one FIFO per sink); so are RECORDs. Everything else may overlap. */
int commit_next (struct commit *c, struct commit_action *a);

/* ---- events: intake ---- */

/* An object was offered and its "open" row is durable. Ordinals are 0, 1, 2, ... Not after on_stop. hash_first: look at
 * the fingerprint before anything else; needed in chunk mode, and in object mode while the journal has INTENT rows that
 * never became COMMITTED. */
void commit_on_object (struct commit *c, uint64_t obj, int hash_first);
void commit_on_hashed (struct commit *c, uint64_t obj, enum commit_word word);
/* The input is bad and parsing the rest is of no use: REFUSED. Ignored once the verdict has accepted it. */
void commit_on_refused (struct commit *c, uint64_t obj);
/* Broken off by its source, changed under us, unreadable: ABORTED. Ignored once the verdict has accepted it. */
void commit_on_object_failed (struct commit *c, uint64_t obj);

/* ---- events: cutting and parsing; all return 1, or 0 if stale ---- */

/* Credit for one more chunk: 1 taken, 0 none now (or stale). Each credit ends in on_cut; what is left over comes back
 * by itself with on_cut_end, on_cut_failed, on_cut_crashed, RECUT or the object's end. */
int commit_take_credit (struct commit *c, uint64_t obj, uint32_t gen);
/* Chunk seq (consecutive) is known. Is its predecessor parsed already and did that end with another carry? Then on_seam
 * for this chunk must follow before anything else. */
int commit_on_cut (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);
/* The object ends after chunk n_chunks - 1. */
int commit_on_cut_end (struct commit *c, uint64_t obj, uint32_t gen, uint64_t n_chunks);
/* The rest cannot be cut (e.g. record_too_long): REFUSED. */
int commit_on_cut_failed (struct commit *c, uint64_t obj, uint32_t gen);
/* The cutting worker died: RECUT from the first chunk lacking; REFUSED when retries + 1 die and none comes further than those
 * before, or more in all than COMMIT_CUT_DEATHS and one for each COMMIT_CHUNKS_PER_DEATH chunks. What is cut again after a seam
 * error is no progress. */
#define COMMIT_CUT_DEATHS 16
#define COMMIT_CHUNKS_PER_DEATH 16
int commit_on_cut_crashed (struct commit *c, uint64_t obj, uint32_t gen);

/* What the one who cuts may say now: chunk `seq` comes next, and there is credit for it. Whoever passes on what a worker says
 * asks first: the events above are asserted. */
int commit_is_cutting (const struct commit *c, uint64_t obj, uint32_t gen); /* 0: stale */
int commit_is_cut_next (const struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);
unsigned commit_cut_credits (const struct commit *c, uint64_t obj, uint32_t gen);

/* A worker is free: 1 and the lowest chunk that nobody works on (*obj, *gen, *seq), which is the worker's now; or 0. */
int commit_pick (struct commit *c, uint64_t *obj, uint32_t *gen, uint64_t *seq);
/* The chunk's worker has filled the slots it may use and waits, more is to come. The core hands out WRITE_PART once the
 * chunk is the first not written. After a retry the host skips the bytes that were delivered before the crash. */
int commit_on_part (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);
int commit_on_parsed (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);
/* Crashed, hung or over its limits. Retried, then quarantined; if a part was delivered the object is REFUSED instead.
 */
int commit_on_crashed (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);
/* The chunk's worker died, and the host itself looks further: the chunk stays with it, until one of the two above. */
int commit_on_again (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);
/* Chunk seq >= 1 was cut with a carry that parsing its predecessor does not confirm: it and all after it are void. To
 * be reported before on_parsed of the predecessor, or right after on_cut (seq) if that came later. There is nothing to
 * compare with after a quarantined chunk. */
int commit_on_seam (struct commit *c, uint64_t obj, uint32_t gen, uint64_t seq);

/* ---- events: sinks; answers come in the order of the actions ---- */

/* next_seq: first chunk that the sink lacks; PEN_SEQ_DONE: the object is durable and visible there. batch > 1: 0 or PEN_SEQ_DONE,
 * unless the object is RESUMEd. */
void commit_on_begun (struct commit *c, uint64_t obj, unsigned sink, uint64_t next_seq);
void commit_on_wrote (struct commit *c, uint64_t obj, uint64_t seq, unsigned sink);
void commit_on_part_wrote (struct commit *c, uint64_t obj, uint64_t seq, unsigned sink);
void commit_on_committed (struct commit *c, uint64_t obj, uint64_t seq, unsigned sink);
void commit_on_sealed (struct commit *c, uint64_t obj, unsigned sink);
/* duplicate = 1: the sink said PEN_EOF, a competing host has published this content: as good as published. */
void commit_on_finished (struct commit *c, uint64_t obj, unsigned sink, int duplicate);
/* The sink can do no more; whatever was asked of it is over and it answers no more (late answers are ignored). The run
 * stops: what is not published yet is rolled back in the other sinks, an object with an INTENT is finished in them and
 * left UNFINISHED. */
void commit_on_sink_failed (struct commit *c, unsigned sink);

/* ---- events: verdict, journal, source, operator ---- */

/* bytes: what it adds to its batch. TWIN: another VERDICT comes once all earlier objects are closed. */
void commit_on_verdict (struct commit *c, uint64_t obj, enum commit_word word, uint64_t bytes);
/* What is sealed waits no longer for others. */
void commit_on_gathered (struct commit *c);
void commit_on_recorded (struct commit *c, uint64_t obj, enum commit_what what);
/* ok = 0: given up; the object is offered again by the next run, found as COMMITTED or REFUSED and acknowledged then.
 */
void commit_on_acked (struct commit *c, uint64_t obj, int ok);
/* Stop soon. Object mode: objects that are not accepted are rolled back, sealed ones are published. Chunk mode: chunks at work are finished, what is
 * in order is written and committed, and the object stays UNFINISHED. Then STOPPED. May be called again. */
void commit_on_stop (struct commit *c);

/* ---- questions ---- */

/* The first chunk in order that is not released, cut or not: it owns the reserved slot. 0: there is none. */
int commit_lowest (const struct commit *c, uint64_t *obj, uint64_t *seq);
/* 1: no object and no action is left. */
int commit_idle (const struct commit *c);
/* 1: sealed objects wait for nothing but company: sooner or later on_gathered has to follow. */
int commit_is_gathering (const struct commit *c);
/* Objects not closed; those of them that are not accepted yet (bound the intake by this); credits taken. */
size_t commit_n_objects (const struct commit *c);
size_t commit_n_ahead (const struct commit *c);
unsigned commit_in_flight (const struct commit *c);
#endif
