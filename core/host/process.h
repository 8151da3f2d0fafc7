/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - a child of the host: started with a socket at descriptor 3, its messages queued, its standard error read line
 * by line, its end noticed. */
#ifndef PEN_HOST_PROCESS_H
#define PEN_HOST_PROCESS_H
#include <uv.h>

#include "core/base/err.h"
#include "core/base/wire.h"

struct outgoing;
struct process;
/* All on the loop's thread. */
struct process_calls
{
  /* Messages wait. -1: the socket is at its end, or the child broke the rules: it is killed. */
  int (*readable) (struct process *p);
  /* It has ended, all that it said was read, every handle is closed: may be started again. */
  void (*gone) (struct process *p);
  void (*line) (struct process *p, const char *text); /* of its standard error, escaped */
};

struct process
{
  const struct process_calls *calls;
  void *owner;
  uv_loop_t *loop;
  uv_process_t handle;
  uv_pipe_t errors;
  uv_poll_t poll;
  int sock;      /* -1: not running, or closed */
  int running;   /* from start to gone() */
  int n_handles; /* open uv handles */
  int exited, exit_signal;
  int hung_up; /* its end of the socket was closed before its exit was seen */
  int64_t exit_status;
  char why[256]; /* known reason of death, e.g. a denied call or a deadline; "" */
  char line[512];
  size_t line_len;
  struct outgoing *out, **out_tail; /* messages that the socket would not take yet */
};

void process_init (struct process *p, const struct process_calls *calls, void *owner, uv_loop_t *loop);
/* argv[0] is the program; "--parent=PID" is added. */
int process_start (struct process *p, char *const *argv, struct err *e);
/* SIGKILL; gone() follows. why: NULL, or what process_explain() will say. */
void process_kill (struct process *p, const char *why);
/* Sends, or queues. fd is borrowed. A child that is gone is no error: its end is reported by gone(). */
void process_send (struct process *p, const struct wire_head *h, const void *payload, int fd);
/* "killed by signal 11 (Segmentation fault)", or p->why. */
const char *process_explain (const struct process *p, char *to, size_t cap);
/* Frees what waits to be sent; the child must be gone. */
void process_fini (struct process *p);
#endif
