/* SPDX-License-Identifier: Apache-2.0 */
/* signalguard.c - SIGTERM and SIGINT on a thread of their own: told to the loop, and obeyed even where the loop hangs in a sink.
 *
 * A plugin's call may never come back: in create() or table(), which are made on the loop's thread, or in write(), whose thread the
 * loop joins at the end. So whoever listens for signals must wait for neither. Ending at once is as safe as a crash. */
#include "core/host/signalguard.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/host/run.h"

#define SECOND INT64_C (1000000000)
#define SECOND_SIGNAL_NS (SECOND / 2) /* for a loop that can to end in its own way */

struct signalguard
{
  struct signalguard_opts o;
  uv_async_t tell;
  pthread_t thread;
  pthread_mutex_t lock;
  int signals, ends;   /* descriptors */
  int told[2];         /* signals that the loop was not told of yet, oldest first; more than two say nothing new */
  int n_told, n_seen;  /* n_seen: since the last patience */
  int64_t deadline_ns; /* 0: none */
  int deaf;            /* nobody is to be told any more */
};

static void
caught (struct signalguard *g, int sig)
{
  int64_t until = clock_ns () + (g->n_seen++ ? SECOND_SIGNAL_NS : g->o.grace_ns);

  if (!g->deadline_ns || until < g->deadline_ns)
    g->deadline_ns = until;
  if (g->n_told < 2)
    g->told[g->n_told++] = sig;
  if (!g->deaf)
    uv_async_send (&g->tell);
}

/* Nobody else can say it: the loop's thread does not answer. */
static void
give_up (struct signalguard *g)
{
  if (g->n_seen > 1)
    dprintf (2, "penstock: %s: stopped at once by a second signal: a sink holds the run up; run again to resume\n",
             g->o.what);
  else
    dprintf (
        2,
        "penstock: %s: a sink's call has not come back within %.3g s of the signal (limits.stop): ending without it; "
        "run again to resume\n",
        g->o.what, (double)g->o.grace_ns / SECOND);
  _exit (RUN_FAILED);
}

static int
milliseconds (const struct signalguard *g)
{
  int64_t left = g->deadline_ns - clock_ns ();
  return !g->deadline_ns ? -1 : left <= 0 ? 0 : left > 3600 * SECOND ? 3600000 : (int)(left / 1000000) + 1;
}

static void *
watch (void *ctx)
{
  struct signalguard *g = ctx;
  struct pollfd p[2] = { { .fd = g->signals, .events = POLLIN }, { .fd = g->ends, .events = POLLIN } };
  struct signalfd_siginfo s;
  uint64_t count;
  int wait = -1;

  for (;;)
    {
      int n = poll (p, 2, wait);
      pthread_mutex_lock (&g->lock);
      if (n > 0 && p[1].revents && read (g->ends, &count, sizeof count) == sizeof count && count >= UINT32_MAX)
        break;
      if (n > 0 && p[0].revents && read (g->signals, &s, sizeof s) == sizeof s)
        caught (g, (int)s.ssi_signo);
      if (g->deadline_ns && clock_ns () >= g->deadline_ns)
        give_up (g);
      wait = milliseconds (g);
      pthread_mutex_unlock (&g->lock);
    }
  pthread_mutex_unlock (&g->lock);
  return NULL;
}

static void
on_tell (uv_async_t *a)
{
  struct signalguard *g = a->data;
  int told[2], n;

  pthread_mutex_lock (&g->lock);
  n = g->n_told;
  memcpy (told, g->told, sizeof told);
  g->n_told = 0;
  pthread_mutex_unlock (&g->lock);
  for (int i = 0; i < n; i++)
    g->o.signal (g->o.ctx, told[i]);
}

struct signalguard *
signalguard_start (const struct signalguard_opts *o, uv_loop_t *loop, struct err *e)
{
  struct signalguard *g = xcalloc (1, sizeof *g);
  sigset_t set;
  int rc;

  g->o = *o;
  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGINT);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  pthread_mutex_init (&g->lock, NULL);
  g->signals = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  g->ends = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  uv_async_init (loop, &g->tell, on_tell);
  g->tell.data = g;
  rc = g->signals == -1 || g->ends == -1 ? errno : pthread_create (&g->thread, NULL, watch, g);
  if (!rc)
    return g;
  errno = rc;
  err_errno (e, "cannot listen for signals");
  return NULL; /* the run ends before it has begun; what is left goes with the process */
}

void
signalguard_patience (struct signalguard *g)
{
  uint64_t one = 1;
  ssize_t n;

  pthread_mutex_lock (&g->lock);
  g->deadline_ns = 0;
  g->n_seen = 0;
  pthread_mutex_unlock (&g->lock);
  n = write (g->ends, &one, sizeof one); /* it may sleep until the deadline */
  (void)n;
}

void
signalguard_deafen (struct signalguard *g)
{
  pthread_mutex_lock (&g->lock);
  g->deaf = 1;
  pthread_mutex_unlock (&g->lock);
  uv_close ((uv_handle_t *)&g->tell, NULL);
}

void
signalguard_end (struct signalguard *g)
{
  uint64_t end = UINT32_MAX;
  ssize_t n = write (g->ends, &end, sizeof end);

  (void)n;
  pthread_join (g->thread, NULL);
  pthread_mutex_destroy (&g->lock);
  close (g->signals);
  close (g->ends);
  free (g);
}
