/* SPDX-License-Identifier: Apache-2.0 */
/* sinkthread_int.h - what the two halves of a sink's threads share: sinkthread.c (jobs go in, answers come back) and sinkwork.c
 * (what is done in between). */
#ifndef PEN_HOST_SINKTHREAD_INT_H
#define PEN_HOST_SINKTHREAD_INT_H
#include <pthread.h>

#include "core/host/sinkthread.h"

struct line
{
  struct line *next;
  int level;
  char text[ERR_TEXT_MAX];
};

/* A thread and what it has to do. */
struct lane
{
  struct sinkthread *of;
  pthread_t thread;
  int running;
  pthread_cond_t more; /* a job, or an end of waiting */
  struct sink_job *todo, **todo_tail;
  int busy;   /* with a job, under the thread's lock */
  int is_new; /* the loop's: there are jobs that it was not woken for */
};

struct sealed
{
  struct sealed *next;
  uint64_t obj;
  void *p; /* the sink's */
};

struct sinkthread
{
  struct sinkthread_opts o;
  struct pen_host host;
  void *self;
  int running;
  struct lane lane[2]; /* objects as they come; those that are sealed */
  int has_it;          /* the first lane's: the object that it has begun was there already, whole and visible */
  /* Wakes the loop. Not an uv_async_t: when its sender is preempted between two stores, the loop spins on it for
   * milliseconds, on the very processor that the sender needs. */
  int wake_fd;
  uv_poll_t wake;
  pthread_mutex_t lock;
  /* under the lock, as the lanes' jobs: */
  struct sink_job *answers, **answers_tail;
  struct sealed *sealed;
  struct line *lines, **lines_tail;
  int woken;         /* the loop has been told and has not looked yet */
  unsigned n_untold; /* answers for which it was not woken, since the next job is at hand */
  int quit, hurry;
  int failed; /* a job has: nothing more is done, and its answer waits until neither lane is busy (fetch()) */
};

/* What the plugin may call; its last words of failure are the thread's that it ran on. */
void sinkwork_host (struct sinkthread *t);
const char *sinkwork_why (void);
void sinkwork_forget_why (void);
/* Does jobs until the end. */
void *sinkwork_run (void *lane);
/* Takes it off the list of those that are sealed. */
void *sinkwork_take_sealed (struct sinkthread *t, uint64_t obj);
#endif
