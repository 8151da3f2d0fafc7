/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - a `penstock` process that the supervisor has started: what it prints comes line by line, then its end. */
#ifndef PEN_SERVE_JOB_H
#define PEN_SERVE_JOB_H
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "core/base/err.h"

#define JOB_LINE_MAX 65536

struct job;
struct job_calls
{
  /* One line without its end, not terminated; is_error: of standard error. A longer one comes cut. */
  void (*line) (void *owner, bool is_error, const char *text, size_t n);
  /* It has ended and all its lines have come; the job may be started again or freed. */
  void (*ended) (void *owner, int64_t status, int signal);
};

struct job_stream
{
  uv_pipe_t pipe;
  struct job *job;
  bool is_error, is_cut;
  char *line; /* JOB_LINE_MAX */
  size_t n;
};

struct job
{
  uv_loop_t *loop;
  const struct job_calls *calls;
  void *owner;
  uv_process_t process;
  struct job_stream out, error;
  unsigned n_handles;
  bool running;
  int64_t status;
  int signal;
};

void job_init (struct job *j, uv_loop_t *loop, const struct job_calls *calls, void *owner);
/* argv[0] is the program. config_fd becomes its descriptor 3, borrowed. own_errors: its standard error comes as lines, else it is
 * ours. -1: nothing could be started; ended() comes all the same, later, with a negative status. */
int job_start (struct job *j, char **argv, int config_fd, bool own_errors, struct err *e);
void job_signal (struct job *j, int sig);
pid_t job_pid (const struct job *j);
/* Not while it runs. */
void job_fini (struct job *j);
#endif
