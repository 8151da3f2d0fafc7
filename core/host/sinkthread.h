/* SPDX-License-Identifier: Apache-2.0 */
/* sinkthread.h - one sink on a thread of its own, and on a second one where it can put objects aside: jobs go in, in order;
 * answers come back on the loop's thread. */
#ifndef PEN_HOST_SINKTHREAD_H
#define PEN_HOST_SINKTHREAD_H
#include <penstock/plugin.h>
#include <uv.h>

#include "core/base/err.h"
#include "core/host/seat.h"

enum sink_job_kind
{
  SINK_BEGIN = 1,
  SINK_WRITE,
  SINK_PART,
  SINK_COMMIT,
  SINK_FINISH,
  SINK_SEAL,
  SINK_PUBLISH, /* sealed ones; on the second thread */
  SINK_DISCARD, /* a sealed one; the same */
};

#define SINK_KEY_MAX 64

/* A sealed object that is to be published. */
struct sink_publish
{
  uint64_t obj;
  const struct pen_object *object; /* stays until the answer */
  int status;                      /* of the answer: PEN_OK, PEN_EOF, or PEN_ERR where it was not published */
  struct pen_tally tally;
};

/* Everything a job points to is the caller's and stays until the answer. */
struct sink_job
{
  enum sink_job_kind kind;
  uint64_t obj, seq;
  const struct pen_object *object; /* BEGIN, FINISH: copied at once with its key, which may become known meanwhile */
  const struct piece *pieces;      /* WRITE, PART: all streams' pieces; the thread takes its own */
  size_t n_pieces;
  size_t n_taken;             /* of the pieces: a retry goes on after them */
  struct pen_span checkpoint; /* COMMIT: copied at once */
  int accepted, refused;      /* FINISH */
  struct sink_publish *batch; /* PUBLISH: malloc'ed, the job's from now on */
  size_t n_batch;
  /* answer */
  int status;        /* enum pen_status */
  uint64_t next_seq; /* BEGIN */
  uint8_t *stored;   /* BEGIN: checkpoint, copied; freed after the answer */
  size_t n_stored;
  struct pen_tally tally;  /* FINISH */
  char text[ERR_TEXT_MAX]; /* status PEN_ERR or PEN_RETRY: why */
  struct sink_job *next;
  struct pen_object object_copy;
  char key[SINK_KEY_MAX];
};

struct sinkthread;
struct sinkthread_opts
{
  const struct pen_sink *sink;
  int (*check) (const struct pen_host *host, const void *options); /* of its plugin; or NULL */
  const void *options;
  const char *name, *pipeline;
  unsigned stream;
  int mode; /* enum pen_commit_mode */
  int64_t
      retry_ns; /* how long a call that answers PEN_RETRY is made again, with growing pauses, before it has failed */
  void (*done) (void *ctx, unsigned stream, const struct sink_job *job);
  void (*log) (void *ctx, int level, const char *text); /* loop's thread */
  void *ctx;
};

/* Checks the options and creates the sink (on the caller's thread) but starts no thread yet. */
struct sinkthread *sinkthread_create (const struct sinkthread_opts *o, uv_loop_t *loop, struct err *e);
int sinkthread_per_table (struct sinkthread *t);
/* 1: it can put objects aside. */
int sinkthread_seals (const struct sinkthread *t);
/* Announces a table and the first bytes of the stream that it is in; before sinkthread_start. */
int sinkthread_table (struct sinkthread *t, unsigned table, const char *name, const struct ArrowSchema *schema,
                      unsigned stream, struct pen_span head, struct err *e);
int sinkthread_start (struct sinkthread *t, struct err *e);
/* Copies the job. It is begun at the latest after sinkthread_go(): several in a row wake their thread once. */
void sinkthread_put (struct sinkthread *t, const struct sink_job *job);
void sinkthread_go (struct sinkthread *t);
/* The run stops: a call that waits to be made again has failed now. */
void sinkthread_hurry (struct sinkthread *t);
/* Ends the thread after the job that it is at, destroys the sink; `closed` follows once the loop has let go. */
void sinkthread_destroy (struct sinkthread *t);
#endif
