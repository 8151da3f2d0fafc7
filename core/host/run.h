/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - runs one pipeline: source, workers and sinks around the commit core, on one event loop. */
#ifndef PEN_HOST_RUN_H
#define PEN_HOST_RUN_H
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/optset.h"

enum run_status /* exit statuses of the program */
{
  RUN_OK = 0,
  RUN_REJECTED = 1,
  RUN_FAILED = 3,
  RUN_CONFIG = 78,
};
enum run_duplicates
{
  RUN_DUP_SKIP,
  RUN_DUP_PROCESS,
  RUN_DUP_REJECT,
};
enum run_on_reject
{
  RUN_REJECT_QUARANTINE,
  RUN_REJECT_OBJECT,
  RUN_REJECT_FAIL,
};

struct run_plugin
{
  const char *path;
  const struct optset *options;
};
struct run_sink
{
  const char *name;
  struct run_plugin sink, encoder;
  const char *const *tables;
  size_t n_tables; /* 0: all */
};
struct run_progress
{
  uint64_t bytes_known, bytes_done, records, rejected;
  uint64_t objects, accepted, refused, skipped; /* so far */
  unsigned open, workers;                       /* objects under way, worker processes */
  int64_t oldest_ns;                            /* when the oldest of them came first, since 1970; 0: none is open */
  const char *object;                           /* the one that the sinks see, or NULL */
};

/* Everything is borrowed until run_pipeline() returns. */
struct run_opts
{
  const char *name, *state_dir;
  const char *where;                   /* "acme.conf:3" of the pipeline, for messages; NULL: there is no file */
  const char *worker, *source_program; /* penstock-worker, penstock-source */
  const char *const *plugin_dirs;      /* what workers may read while they load; ends with NULL */
  struct run_plugin source, parser;
  const struct run_plugin *decoders; /* in their order, or chosen by magic */
  size_t n_decoders;
  const struct run_plugin *keys; /* the decoder that holds keys, before the others; NULL: there is none */
  const char *keyholder;         /* penstock-keyholder */
  const char *const *key_reads;  /* what that may read; ends with NULL */
  int decode_by_magic;
  uint64_t decode_window, decode_max_size, decode_max_ratio, decode_max_members, decode_max_nesting;
  const struct run_plugin *filters;
  size_t n_filters;
  const struct run_sink *sinks;
  size_t n_sinks;
  int mode; /* enum pen_commit_mode */
  int lineage, require_balance, best_effort_jail;
  int fresh_workers; /* a worker parses chunks of one object only */
  enum run_duplicates duplicates;
  enum run_on_reject on_reject;
  double max_error_rate;  /* 0.02 for 2 %; < 0: none */
  uint64_t keep_findings; /* of one object, in the state database; further ones of records are only counted */
  unsigned workers;
  uint64_t chunk, worker_as_limit, deadline_ns;
  uint64_t row_max;       /* bytes of one encoded row */
  uint64_t expansion;     /* bytes that may come out of each byte of input, for each sink */
  uint64_t window;        /* the longest that a cut looks ahead: chunk or record, whichever is longer */
  uint64_t spool;         /* bytes that a source may keep on disk */
  uint64_t spool_reserve; /* of them for the first open object alone: a cut never lacks room for what it has to see */
  int64_t stop_ns;        /* from a signal to the end, whatever hangs */
  int64_t retry_ns;       /* how long a sink's transient failure is tried again */
  int follow;             /* objects are taken as they come; the run ends by a signal */
  int drains;    /* the first SIGTERM or SIGINT takes nothing more in and completes what was; the second rolls back */
  int ephemeral; /* no state kept: duplicates are not known (penstock cat) */
  void (*log) (void *ctx, int level, const char *text);       /* enum pen_log_level; text is escaped */
  void (*progress) (void *ctx, const struct run_progress *p); /* a few times a second; NULL: none */
  void *ctx;
};

struct run_total
{
  char name[64];
  char value[64]; /* as the ledger shows it */
  __int128 sum;
};
struct run_result
{
  enum run_status status;
  uint64_t objects, accepted, refused, skipped, failed;
  uint64_t records, rejected, filtered, warnings, bytes;
  uint64_t worker_deaths;
  double seconds;
  struct run_total totals[64]; /* of the accepted objects, by name */
  size_t n_totals;
};

/* Returns result->status; what went wrong was told to log(). */
enum run_status run_pipeline (const struct run_opts *o, struct run_result *result);

/* Creates the sinks, starts one worker, asks for its tables and ends it: what `penstock check` needs. Neither source nor
 * state is touched, and a sink's create() touches nothing outside.
 * Caller frees with schema_free(); NULL: result->status says how it failed, log() was told why. */
struct schema;
struct schema *run_probe (const struct run_opts *o, struct run_result *result);
#endif
