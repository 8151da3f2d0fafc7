/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - the simulated world around the commit core: what survives a crash, what does not, and one source of chance. */
#ifndef SIM_H
#define SIM_H
#include <stdbool.h>
#include <stdint.h>

#include "core/host/commit.h"

enum
{
  MAX_CONTENTS = 5,
  MAX_CHUNKS = 6,
  MAX_UNITS = 3, /* of output per chunk; one slot each */
  MAX_EXPECT = MAX_CHUNKS * MAX_UNITS,
  MAX_NAMES = 6, /* objects that one source has */
  MAX_SINKS = 3,
  MAX_HOSTS = 2,
  MAX_WORKERS = 4,
  MAX_LOG = 128,
  MAX_TXNS = 16,
  MAX_OPS = 64,
  MAX_ROWS = 256,
};

#define GARBAGE UINT32_MAX /* what nobody may ever see */

struct log
{
  unsigned n;
  uint32_t u[MAX_LOG];
};

/* What an object contains. Objects of other names may have the same. */
struct content
{
  unsigned n_chunks, units[MAX_CHUNKS];
  bool bad_totals;
  bool halts;     /* its first chunk ends the run; somebody has mended it before the next one */
  int poison;     /* chunk that kills every worker, or -1 */
  unsigned seams; /* bit q: chunk q is first cut with a wrong carry */
  uint32_t expect[MAX_EXPECT];
  unsigned n_expect;
  bool intended; /* some host has a durable INTENT */
};

/* ---- sinks: what survives the host ---- */

enum sink_kind
{
  SINK_TABLE,  /* a database server: transactions, compare-and-swap on the checkpoint row */
  SINK_APPEND, /* one growing file with a checkpoint record beside it */
  SINK_RENAME, /* a file per content: temporary, fsync, rename, fsync of the directory; object mode only */
};

/* A transaction on its way to the server, or left there by a dead host. */
struct txn
{
  int host; /* -1: its host is dead */
  unsigned k;
  uint64_t start, next; /* chunk mode: the swap */
  bool publish;
  bool applied, ok;
  struct log units;
};

struct record
{
  unsigned len;
  uint64_t next[MAX_CONTENTS];
  bool done[MAX_CONTENTS];
};

struct file
{
  bool exists, entry_durable;
  unsigned synced;
  struct log data;
};

struct sink
{
  enum sink_kind kind;
  /* SINK_TABLE */
  bool resumable; /* object mode: the staging table survives the host */
  struct log rows;
  uint64_t next[MAX_CONTENTS];
  bool published[MAX_CONTENTS];
  struct staging
  {
    uint64_t next;
    struct log units;
  } staged[MAX_HOSTS][MAX_CONTENTS];
  struct txn txns[MAX_TXNS];
  unsigned n_txns;
  /* SINK_APPEND: cur is what a reader sees, dur what a power cut leaves for certain */
  struct log data;
  unsigned synced;
  struct record cur, dur;
  int owner;
  /* SINK_RENAME */
  struct file dest[MAX_CONTENTS];
};

/* ---- hosts ---- */

struct row
{
  enum commit_what what;
  int name;
  unsigned k;
};

enum ack
{
  ACK_NONE,
  ACK_ACCEPTED,
  ACK_REFUSED,
};

struct name
{
  unsigned k;
  enum ack ack;
};

enum sink_op_kind
{
  OP_BEGIN,
  OP_WRITE,
  OP_WRITE_PART,
  OP_COMMIT,
  OP_SEAL,
  OP_FINISH,
};

struct sink_op
{
  enum sink_op_kind kind;
  uint64_t obj, seq;
  int accepted;
  unsigned step; /* of the operation: a crash may come between any two */
};

/* A sink's threads: what is to be done with the object at hand, and with those that are sealed. */
struct sink_thread
{
  struct sink_op ops[MAX_OPS], sealed_ops[MAX_OPS];
  unsigned first, n, n_sealed_ops;
  bool dead;
  bool has_it; /* what was begun last is there: nothing more of it reaches the sink */
};

/* What the plugin holds in memory of an object. */
struct session
{
  bool open, sealed;
  unsigned k;
  uint64_t obj, last_seq;
  bool wrote_any, duplicate;
  uint64_t start; /* chunk mode: first chunk not committed */
  struct log buf; /* since the last commit */
  int txn;
};

struct held_chunk
{
  bool held, bad, done, parsed, crashed,
      quarantined; /* done: all its output is in slots; parsed: and its end carry known */
  uint32_t gen;
  unsigned slots;
  unsigned attempt;
  unsigned delivered; /* units that the sinks have from parts */
  bool part_out;
  unsigned part_n, part_attempt; /* in the part under way */
  unsigned wait_n, wait_attempt; /* in the part that its worker asks for */
};

struct held_object
{
  int name;
  unsigned k;
  bool closed, resumed, accepted, sealed_in[MAX_SINKS];
  uint64_t cut_deaths_to; /* places before this one have cost a cutter */
  bool cutting, credit, blocked, after_seam;
  uint32_t gen;
  uint64_t next, good_from; /* seams up to good_from are known to the cutter */
  uint64_t replayed;
  struct held_chunk chunk[MAX_CHUNKS];
};

struct worker
{
  bool busy, waiting, stale;
  uint64_t obj, seq;
  uint32_t gen;
  unsigned attempt, pos; /* units made */
};

enum misc_kind
{
  MISC_HASH,
  MISC_VERDICT,
  MISC_ACK,
};

struct misc
{
  enum misc_kind kind;
  uint64_t obj;
  int accepted;
};

struct host
{
  int id;
  /* survives: the source and the journal */
  struct name names[MAX_NAMES];
  int n_names;
  struct row rows[MAX_ROWS];
  unsigned n_rows;
  /* one life */
  bool alive, stopping, stopped, all_offered;
  uint64_t halted; /* the object that ended the run; UINT64_MAX: none */
  struct commit *c;
  int next_name;
  struct held_object objs[MAX_NAMES];
  unsigned n_objs;
  struct sink_thread threads[MAX_SINKS];
  struct session sess[MAX_SINKS], sealed[MAX_SINKS][MAX_NAMES];
  struct worker workers[MAX_WORKERS];
  unsigned n_workers, free_slots, n_slots;
  bool nothing_to_pick;
  unsigned n_held, n_recording;
  struct misc misc[MAX_OPS];
  unsigned n_misc;
  struct commit_action records[MAX_OPS]; /* the journal's queue */
  unsigned n_lives;
};

struct world
{
  uint64_t seed, rng;
  bool trace;
  uint64_t now; /* steps so far */
  struct commit_config cfg;
  bool reject_duplicates;
  struct content contents[MAX_CONTENTS];
  unsigned n_contents;
  struct sink sinks[MAX_SINKS];
  struct host hosts[MAX_HOSTS];
  unsigned n_hosts;
  unsigned faults;            /* left; each crash, stop, break or failure costs one */
  unsigned fault_per;         /* one step in so many */
  unsigned weight[16], tries; /* of a host's choices; how often another one is drawn for its weight */
};

extern struct world *const sim;

/* ---- chance and blame (sim_commit.c) ---- */
uint32_t sim_random (uint32_t below);
bool sim_chance (uint32_t one_in);
void sim_fail (const char *fmt, ...) __attribute__ ((format (printf, 1, 2), noreturn));
void sim_trace (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));

/* ---- sinks (sim_sink.c) ---- */
void log_add (struct log *l, uint32_t unit);
/* One step of an operation: 0 goes on, 1 done (*value: next_seq or duplicate), -1 failed. */
int sink_step (struct host *h, unsigned s, struct sink_op *op, uint64_t *value);
void sink_host_died (int host);
void sink_power_cut (void);
/* The server gets round to what dead hosts have sent. all: to everything. */
void sink_zombies (bool all);
/* No reader of this sink sees what it must not see. */
void sink_check (unsigned s);
/* Complete, exactly once, and a power cut now would change nothing. */
bool sink_has_durably (unsigned s, unsigned k);
bool sink_shows (unsigned s, unsigned k);

/* ---- hosts (sim_host.c and its parts, see sim_host.h) ---- */
void host_start (struct host *h);
void host_step (struct host *h);
/* Records and publishing have the least weight, all else the most. */
void sim_host_is_slow_to_publish (unsigned *weight);
/* Everything in memory is gone. */
void host_die (struct host *h);
bool host_has_work (const struct host *h);
/* The first `n` units of a chunk's slots from `from` on, as the sink's thread reads them now. */
void host_read_slots (struct host *h, uint64_t obj, uint64_t seq, bool part, struct log *into);
#endif
