/* SPDX-License-Identifier: Apache-2.0 */
/* serve_int.h - what the files of serve share: the supervisor and its runners. */
#ifndef PEN_SERVE_SERVE_INT_H
#define PEN_SERVE_SERVE_INT_H
#include <penstock/plugin.h>
#include <uv.h>

#include "core/host/machine.h"
#include "core/serve/catalog.h"
#include "core/serve/files.h"
#include "core/serve/job.h"
#include "core/serve/notify.h"
#include "core/serve/pool.h"
#include "core/serve/serve.h"

#define SECOND_NS INT64_C (1000000000)
#define ROLL_BACK_NS (10 * SECOND_NS) /* that a run may take to roll back, then it is killed */
#define CHECK_NS (120 * SECOND_NS)    /* that a check of a file may take */
#define CHECKS_AT_ONCE 2

struct serve;

/* What a run says of itself, by its lines of JSON. */
struct numbers
{
  uint64_t objects, accepted, refused, skipped, failed, records, rejected, bytes;
};
struct progress
{
  struct numbers n;
  uint64_t bytes_known;
  unsigned open, workers;
  int64_t oldest_ns;
  char object[256];
};

enum stop_level
{
  STOP_NOT,
  STOP_DRAIN,     /* SIGTERM: completes what it took in */
  STOP_ROLL_BACK, /* SIGTERM again */
  STOP_KILL,
};

/* One pipeline's life: idle until it is due, waiting for its share of the pool, running. */
struct runner
{
  struct serve *s;
  struct facts *facts;     /* owned copy */
  struct version *version; /* a reference */
  struct facts *next;      /* changed: in force once the run has ended; owned, NULL: not */
  struct version *next_version;
  bool is_leaving; /* removed: gone once the run has ended */
  struct pool_member *member;
  struct job job;
  int64_t base, due; /* of the schedule; when it is to start, INT64_MAX: never */
  int64_t behind;    /* a due time that no good run has served yet; 0: none */
  int64_t started;   /* 0: does not run */
  enum stop_level stopping;
  int64_t escalate;   /* when the next level of stopping comes */
  bool is_overdue;    /* ran longer than max_run_time */
  unsigned n_strange; /* lines of this run that are not understood */
  /* since serve started */
  uint64_t runs, runs_failed;
  unsigned failures; /* in a row */
  struct numbers total;
  struct progress now;
  /* of the last run that ended */
  struct numbers last;
  int64_t last_started, last_ended; /* 0: none has */
  int last_status, last_signal;
  char error[512]; /* the first one of the last run that had any; empty after a good one */
  bool has_error;  /* it is this run's */
};

struct reload;
struct control;

struct serve
{
  const struct serve_opts *o;
  uv_loop_t loop;
  uv_timer_t wake, watchdog;
  uv_signal_t on_term, on_int, on_hup;
  struct notify notify;
  struct catalog catalog;
  struct pool pool;
  struct machine machine;
  size_t n_runners;
  struct runner **runners; /* by name */
  struct reload *reload;   /* NULL: none is under way */
  bool reload_again;
  struct control *control; /* NULL: no socket */
  char program[4096];
  int64_t started;
  uint64_t n_reloads;
  int64_t reloaded;
  char reload_error[ERR_TEXT_MAX];
  bool is_ready, is_stopping, unfinished, turning;
  int n_signals;
  enum serve_end end;
};

/* serve.c */
void serve_log (struct serve *s, int level, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
int64_t serve_now (void); /* nanoseconds since 1970 */
/* Does all that is due, sets the timer for the next. After every event. */
void serve_turn (struct serve *s);
/* Takes everything down, with this end. */
void serve_stop (struct serve *s, enum serve_end end);
/* argv of `penstock COMMAND` up to there; *n of at least room entries are used. The caller frees it with serve_argv_free(). */
char **serve_argv (struct serve *s, const char *command, size_t room, size_t *n);
void serve_argv_free (char **argv);

/* runner.c */
void runner_create (struct serve *s, const struct facts *f, struct version *v);
/* The pipeline has changed: what runs completes what it took in, then the new one begins. */
void runner_replace (struct runner *r, const struct facts *f, struct version *v);
/* The same for one that is not described any more. */
void runner_leave (struct runner *r);
/* The same facts from a file that was read again. */
void runner_keep (struct runner *r, struct version *v);
/* What is due now; the time of the next thing to do. */
int64_t runner_tick (struct runner *r, int64_t now);
void runner_start (struct runner *r);
/* The next level at the earliest; STOP_KILL at once. */
void runner_stop (struct runner *r, enum stop_level level);
void runner_free (struct runner *r);
/* Seconds since a due time that no good run has served, or since the oldest object under way came. */
int64_t runner_lag_ns (const struct runner *r, int64_t now);

/* runner_lines.c: one line of JSON from a run */
void runner_line (struct runner *r, const char *text, size_t n);

/* reload.c */
void reload_start (struct serve *s);
/* Ends the checks that run; the loop lets go of them. */
void reload_cancel (struct serve *s);
/* A time by which something must be looked at. */
int64_t reload_tick (struct serve *s, int64_t now);

/* control.c: 0, -1 on error. */
int control_open (struct serve *s, const char *path, struct err *e);
void control_close (struct serve *s);

/* status.c: what is answered, with its newline; the caller frees. */
char *status_answer (struct serve *s, const char *line, size_t n, size_t *len);
#endif
