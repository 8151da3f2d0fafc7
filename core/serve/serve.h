/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - runs many pipelines, each when it is due, in a process of its own; reloads what changed; tells how it goes. */
#ifndef PEN_SERVE_SERVE_H
#define PEN_SERVE_SERVE_H
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum serve_end
{
  SERVE_DRAINED,    /* everything that was taken in was completed */
  SERVE_UNFINISHED, /* something was rolled back or killed: the next start resumes */
  SERVE_NO_CONFIG,  /* not one file is good */
  SERVE_FAILED,     /* could not start */
};

/* Borrowed until serve() returns. */
struct serve_opts
{
  char *const *paths; /* files and folders */
  size_t n_paths;
  char *const *globals; /* global options for the processes that it starts */
  size_t n_globals;
  const char *socket; /* NULL: no status is served */
  unsigned workers;   /* of the pool; 0: as many as cores */
  uint64_t memory;    /* bytes of the pool; 0: what the machine or its control group has */
  int64_t drain_ns;   /* how long a run may complete what it took in; then it is rolled back */
  void (*log) (void *ctx, int level, const char *text); /* enum pen_log_level */
  void *ctx;
};

/* Until SIGTERM or SIGINT; a second one stops at once. What went wrong was told to log(). */
enum serve_end serve (const struct serve_opts *o);
#endif
