/* SPDX-License-Identifier: Apache-2.0 */
/* signalguard.h - SIGTERM and SIGINT on a thread of their own: told to the loop, and obeyed even where the loop hangs in a sink. */
#ifndef PEN_HOST_SIGNALGUARD_H
#define PEN_HOST_SIGNALGUARD_H
#include <stdint.h>
#include <uv.h>

#include "core/base/err.h"

struct signalguard;
struct signalguard_opts
{
  int64_t grace_ns;                    /* from a signal to the end, if the loop does not stop it earlier */
  const char *what;                    /* borrowed: the pipeline's name, for the last words */
  void (*signal) (void *ctx, int sig); /* on the loop's thread, once for each signal */
  void *ctx;
};

/* Blocks both signals in this thread, and so in all that it makes from now on; they stay blocked. NULL with *e. */
struct signalguard *signalguard_start (const struct signalguard_opts *o, uv_loop_t *loop, struct err *e);
/* The signal that was told last is obeyed without haste: no deadline. Loop's thread. */
void signalguard_patience (struct signalguard *g);
/* The loop says no more: on_signal is not called again. It has to run once more to let go of the handle. */
void signalguard_deafen (struct signalguard *g);
/* After that, when nothing can hang any more. */
void signalguard_end (struct signalguard *g);
#endif
