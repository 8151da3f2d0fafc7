/* SPDX-License-Identifier: Apache-2.0 */
/* run_int.h - what the files of run share: the pipeline, its objects and their chunks. */
#ifndef PEN_HOST_RUN_INT_H
#define PEN_HOST_RUN_INT_H
#include <sys/stat.h>
#include <uv.h>
#include <xxhash.h>

#include <penstock/plugin.h>

#include "core/base/evidence.h"
#include "core/base/limits.h"
#include "core/base/options.h"
#include "core/host/distinct.h"
#include "core/host/commit.h"
#include "core/host/feed.h"
#include "core/host/inputs.h"
#include "core/host/journal.h"
#include "core/host/ledger.h"
#include "core/host/run.h"
#include "core/host/schema.h"
#include "core/host/seat.h"
#include "core/host/sinkthread.h"
#include "core/loader/loader.h"

#define FINDINGS_SHOWN 20 /* per object; all are in the state database */

struct carry
{
  uint8_t *p; /* owned */
  uint32_t n;
};

/* A chunk from its cut to its release. */
struct chunk
{
  uint64_t seq, offset, len;
  uint32_t gen, flags;
  struct carry start, after; /* as the cut made them */
  struct carry end;          /* as the parse made it */
  unsigned input;            /* where its bytes are until its first worker takes them over: 1 + number; 0: nowhere */
  int parsed;
  int in_books;         /* its evidence was replayed: from now on it is not void any more */
  struct piece *pieces; /* output that is not delivered yet */
  size_t n_pieces;
  size_t replayed; /* pieces whose evidence was replayed */
  /* Its worker has run out of slots: what there is is sent ahead. The pieces that sinks read now are `flying`; the worker
   * may get slots of other chunks meanwhile and go on, even to its end. */
  struct seat *starved;
  struct piece *flying;
  size_t n_flying;
  int taken_off;         /* a part is under way, though it may be empty */
  int again, done_early; /* out of slots once more; parsed: to be told when the part is through */
  /* A part was delivered before its worker died: the retry must begin with the same pieces, which are not sent again. */
  uint64_t delivered, skip;
  XXH3_state_t *delivered_hash, *skip_hash;
  unsigned deaths;       /* of workers that had it */
  struct narrow *narrow; /* it has killed two: the search for the records that do; or NULL */
};

/* What one table's records have become. */
struct tally
{
  uint64_t read, rejected, emitted, filtered;
};

/* Chunk mode: what a sink stores with chunk seq. */
struct checkpoint
{
  uint64_t seq;
  struct blob b;
};

struct object
{
  uint64_t ord;
  uint32_t handle;
  char *name, *etag, *origin;
  uint64_t length;
  int64_t mtime_ns, opened_ns;
  int64_t row;
  int row_is_old; /* an earlier try may have left findings and keys with it */
  int has_keys;   /* that other objects may have, too */
  int fd;
  struct stat stat; /* when it was opened */
  /* In our spool, see run_spool.c; `length` is what has arrived so far. */
  int spooled, growing;
  uint64_t announced;          /* UINT64_MAX: not known */
  uint64_t safe;               /* bytes up to here are never read again */
  uint64_t given;              /* bytes whose credit went back */
  int ack_waits, ack_accepted; /* until the source has closed it */
  int hole_fd;                 /* the same file, for us alone to free parts of it; -1: not spooled */
  struct encoded *encoded;     /* what it came out of, or NULL */
  int superseded;              /* given up for another try of its decoder */
  char key[JOURNAL_KEY_MAX];
  int asked_hash, wait_verdict; /* a verdict waits for the fingerprint */
  int accepted;                 /* and not closed: others with its content wait */
  int is_duplicate;
  char *twin; /* name of the earlier object with the same content */
  /* cutting */
  int cutting;            /* by the cutter */
  int one_chunk;          /* waits for credit, and is its only chunk then */
  struct carry cut_carry; /* with which its next chunk begins */
  uint32_t gen;
  struct chunk **chunks; /* ascending seq */
  size_t n_chunks;
  struct carry last_after, last_end; /* of the last chunk that was released and not void: where a new cut would go on */
  uint64_t released_offset;
  int released_parsed;
  uint64_t next_offset; /* end of the last chunk that was cut */
  /* books */
  struct ledger *ledger;
  struct evidence_reader evidence;
  struct distinct *distinct; /* NULL: no such keys so far */
  uint64_t resumed_at;       /* the sinks have what is before, from an earlier run */
  struct tally tally[LIMIT_TABLES];
  uint64_t sent_rows[LIMIT_STREAMS], sent_bytes[LIMIT_STREAMS];
  uint8_t sealed[LIMIT_STREAMS]; /* the sink was told to put it aside */
  uint64_t n_findings, n_warnings, n_shown, n_unkept;
  int worst;              /* gravest finding that is not a record's own */
  int ends_run;           /* on_reject = "fail": once it is closed */
  int unbalanced;         /* the ledger has found a mismatch that counts */
  char why[ERR_TEXT_MAX]; /* first reason of a refusal */
  char death[512];        /* last worker that died of it */
  int broken;             /* environment failure: changed under us ... */
  struct checkpoint *checkpoints;
  size_t n_checkpoints;
  struct blob resume[LIMIT_STREAMS]; /* what each sink had stored */
  uint64_t resume_seq[LIMIT_STREAMS];
  uint64_t bytes_done;
  struct pen_object as_plugin; /* for sinks: points into this struct */
};

struct run_sink_state
{
  struct loaded plugin;
  struct options options;
  struct sinkthread *thread;
  int failed;
  uint64_t settings; /* see run_settings.c */
};

struct run
{
  const struct run_opts *o;
  struct run_result *result;
  uv_loop_t loop;
  struct signalguard *guard;
  uv_timer_t ticker, ack_timer, gather_timer;
  struct run_ack *acks; /* in order; not answered by the source */
  size_t n_acks;
  int gave_up;
  struct commit *commit;
  struct batch /* of FINISHes for one sink, until all of them are here */
  {
    struct sink_publish *v;
    size_t n;
  } publishing;
  uint64_t recording[LIMIT_BATCH]; /* objects whose intents wait to become durable together */
  size_t n_recording;
  struct decoding *decoding; /* NULL: there are no decoders */
  struct journal *journal;
  struct feed *feed;
  int probe; /* only asks for the tables */
  int feed_done, draining, stopping, stopped, ended, pumping;
  int n_signals;
  struct seat **seats; /* the last one cuts */
  size_t n_seats;
  struct inputs *inputs; /* NULL: every worker reads for itself */
  struct seat_opts seat_opts, cutter_opts;
  struct seat_calls seat_calls;
  char **worker_argv;
  int config_fd, cutter_config_fd;
  struct schema *schema;
  unsigned starts_failed;
  struct /* fresh workers: picked, waits for one */
  {
    int is_set;
    uint64_t obj, seq;
    uint32_t gen;
  } picked;
  struct run_sink_state sinks[LIMIT_STREAMS];
  struct object **objects; /* ascending ord; not closed yet */
  size_t n_objects;
  uint64_t next_ord;
  uint64_t bytes_seen, bytes_done;
  uint64_t settings;                        /* see run_settings.c */
  char *spool_dir, *state_dir, *shared_dir; /* the source's; the latter two may be NULL */
};

/* run.c */
void run_log (struct run *r, int level, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
/* An environment failure: the run stops, exit status at least RUN_FAILED. */
void run_fail (struct run *r, enum run_status status, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
/* The journal is gone: ends the loop at once, as if killed. */
void run_give_up (struct run *r);
/* The same, with its message. */
void run_journal_lost (struct run *r, const struct err *e);
/* Does all that the commit core asks for, gives work to free workers and credit to the cutter. After every event. */
void run_pump (struct run *r);
struct seat *run_cutter (struct run *r);
/* A plugin's path and options, for the process that loads it. */
void run_put_plugin (struct blob *b, const struct run_plugin *p);
/* Announces the object to the worker, unless it knows it. */
void run_lend (struct seat *s, const struct object *o);
/* Ends the loop. */
void run_finish_loop (struct run *r);
/* Once the tables are known: objects may come. */
int run_feed_start (struct run *r, struct err *e);

/* run_acks.c: what is through is acknowledged once the journal is durable */
void run_ack_put (struct run *r, struct object *o, int accepted);
/* Makes the journal durable and sends what waits. Whoever has made it durable for another reason calls it, too. */
void run_acks_send (struct run *r);
/* 1: the source's answer was for one of these. */
int run_ack_done (struct run *r, uint32_t handle, int ok);
int run_acks_are_many (const struct run *r);
void run_acks_free (struct run *r);

/* run_dirs.c: makes the directories that the source may write into */
int run_dirs_make (struct run *r, struct err *e);
void run_dirs_free (struct run *r);

/* run_work.c */
/* Memory for chunks that are cut and not parsed; none where objects are not to share processes. */
int run_inputs_start (struct run *r, struct err *e);
/* The input of a chunk or a seat, if it has one, goes back. */
void run_input_done (struct run *r, unsigned *input);
int run_give_credit (struct run *r);
/* It is small, and its fingerprint known: it is parsed as it is, without being cut. */
int run_is_one_chunk (const struct run *r, const struct object *o);
int run_give_work (struct run *r);
void run_watch_cutter (struct run *r);

/* run_narrow.c: chunks that have killed two workers */
/* 1: the search for the fatal records begins, or goes on; 0: the chunk cannot be narrowed down. */
int run_narrow_begin (struct run *r, struct object *o, struct chunk *c);
int run_narrow_died (struct object *o, struct chunk *c, const char *why);
/* The next one that wants a worker, or NULL. */
struct chunk *run_narrow_waiting (struct run *r, struct object **o);
void run_narrow_give (struct seat *s, struct object *o, struct chunk *c);
/* 1: what its worker makes now is thrown away. */
int run_narrow_is_trial (const struct chunk *c);
void run_narrow_piece (struct chunk *c, uint64_t n, const uint8_t *carry, size_t carry_len);
void run_narrow_parsed (struct chunk *c, const uint8_t *carry, size_t carry_len);
/* A finding for each record that was left out, into the books. */
void run_narrow_report (struct run *r, struct object *o, const struct chunk *c);
void run_narrow_free (struct narrow *n);

/* run_gather.c: accepted objects wait a moment for others, to be published with them */
void run_gather (struct run *r);

/* run_objects.c */
struct object *run_object (struct run *r, uint64_t ord);
/* A new object of the run; NULL: it was given up, and told. encoded: what it came out of, or NULL. */
struct object *run_object_add (struct run *r, const struct feed_object *f, struct encoded *encoded);
/* Nothing of it is read any more: workers forget it, its file and its place in the spool are free. */
void run_object_let_go (struct run *r, struct object *o);
/* Objects that are not accepted yet. */
size_t run_objects_ahead (const struct run *r);
struct object *run_object_wire (struct run *r, uint32_t obj); /* by the low bits that travel */
void run_feed_calls (struct run *r, struct feed_calls *calls);
struct chunk *run_chunk (struct object *o, uint64_t seq, uint32_t gen);
struct chunk *run_chunk_add (struct object *o, uint64_t seq);
void run_chunk_drop (struct run *r, struct object *o, struct chunk *c);
void run_piece_hash (XXH3_state_t *state, const struct piece *p);
void run_carry_set (struct carry *c, const void *p, uint32_t n);
void run_object_close (struct run *r, struct object *o, int what);
/* The source has acknowledged, or could not. */
void run_acked (struct run *r, const char *name, int64_t row, int ok);
void run_set_key (struct run *r, struct object *o, const uint8_t digest[16]);
/* 1: still what it was when it was opened. */
int run_object_unchanged (struct object *o, struct err *e);
/* First reason wins. */
void run_object_why (struct object *o, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));

/* run_spool.c: objects in the spool, which may still grow */
void run_spool_calls (struct feed_calls *calls);
/* Bytes that are not needed any more leave the disk, and their credit goes back; `all`: the object is at its end. */
void run_spool_release (struct run *r, struct object *o, int all);
/* A chunk of it was taken by every sink. */
void run_spool_taken (struct run *r, struct object *o, const struct chunk *c);
/* 1: the cutter has to wait for bytes. */
int run_spool_is_short (const struct run *r, const struct object *o);
void run_spool_grown (struct run *r, struct object *o, uint64_t available);
void run_spool_complete (struct run *r, struct object *o, uint64_t length, const uint8_t digest[16]);
/* A descriptor of the same file that cannot write to it. */
int run_spool_read_only (int fd);
/* What the source may do with the spool. */
int run_spool_plan (struct run *r, struct feed_spool *s, struct err *e);

/* run_decode.c: objects that come encoded */
/* Of an object that grows in the spool; 0: it is none that is decoded. digest: NULL while it grows. */
int run_decode_grown (struct run *r, uint32_t handle, uint64_t available, const uint8_t *digest);
int run_decode_cut_short (struct run *r, uint32_t handle, const char *why);
int run_decode_start (struct run *r, struct err *e);
void run_decode_take (struct run *r, const struct feed_object *f);
size_t run_decode_waiting (const struct run *r); /* encoded objects of which the source was not told yet */
int run_decode_pump (struct run *r);             /* 1: it did something */
int run_decode_acked (struct run *r, uint32_t handle, int ok);
void run_decode_closed (struct run *r, struct object *o, int what);
void run_decode_released (struct run *r, struct object *o);
void run_decode_kill (struct run *r);
void run_decode_free (struct run *r);

/* run_workers.c */
int run_workers_start (struct run *r, struct err *e);
void run_seat_calls (struct run *r);

/* run_actions.c */
void run_perform (struct run *r, const struct commit_action *a);

/* run_sinks.c */
void run_sink_done (void *ctx, unsigned stream, const struct sink_job *j);

/* run_evidence.c */
/* Evidence of the pieces that were not replayed yet, into the books: 0, -1 when it is malformed or the journal failed. */
int run_replay (struct run *r, struct object *o, struct chunk *c);
void run_finding (struct run *r, struct object *o, uint64_t seq, const struct pen_finding *f, struct pen_span raw);
/* How many there were beyond those that are kept, once all were seen. */
void run_findings_end (struct run *r, struct object *o);
/* Bytes of a chunk that killed their workers: a finding with all that is needed to parse them again. */
void run_fatal (struct run *r, struct object *o, uint64_t seq, uint64_t offset, uint64_t len, const struct carry *carry,
                int severity, const char *text);
struct ledger *run_ledger_create (struct run *r);
/* Scopes that are still open at the object's end are findings. */
/* Keys that other accepted objects have as well become findings, and those that this one has more than once. */
void run_keys (struct run *r, struct object *o);
void run_ledger_end (struct run *r, struct object *o);

/* run_verdict.c */
/* Adds the object's totals to the run's. */
void run_totals (struct run *r, struct object *o);
/* What became of its records, for the journal. */
struct journal_counts run_counts (const struct object *o);
/* Tells the commit core whether the object may be published. */
void run_verdict (struct run *r, struct object *o);
/* Fresh, resume, twin, skip or refuse by the journal and the policy. */
enum commit_word run_duplicate_word (struct run *r, struct object *o, int first_look);

/* run_checkpoint.c: chunk mode */
void run_checkpoint_keep (struct run *r, struct object *o, struct chunk *c);
struct pen_span run_checkpoint_get (struct object *o, uint64_t seq);
/* All sinks have stored chunk seq: older ones go. */
void run_checkpoint_drop (struct object *o, uint64_t seq);
/* What sink s has of the object was made under the settings of this run: 0, -1 with what to do. */
int run_checkpoint_fits (struct run *r, struct object *o, size_t s, struct err *e);
/* Sets the books to where chunk seq begins, from a sink's checkpoint: 0, -1 malformed. */
int run_checkpoint_load (struct run *r, struct object *o, uint64_t seq, uint64_t *offset, struct carry *carry,
                         struct err *e);

/* run_settings.c: chunk mode */
/* Fills r->settings and those of the sinks. Fails where a plugin's file cannot be read. */
int run_settings_hash (struct run *r, struct err *e);
#endif
