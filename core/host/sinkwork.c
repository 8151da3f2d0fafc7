/* SPDX-License-Identifier: Apache-2.0 */
/* sinkwork.c - what a sink's threads do: calls into the plugin, made again where that may help, and the services it has. */
#include "core/host/sinkthread_int.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/escape.h"

#define PAUSE_FIRST_NS 100000000ll /* before a transient failure is tried again; doubled each time */
#define PAUSE_MAX_NS 30000000000ll

/* Last text of host.fail. */
static _Thread_local char why[ERR_TEXT_MAX];

/* The caller has noted under the lock what there is to fetch; 1: the loop is to be told once the lock is free. */
static int
must_wake (struct sinkthread *t)
{
  int must = !t->woken && t->running;

  t->woken |= must;
  return must;
}

static void
wake_loop (struct sinkthread *t)
{
  static const uint64_t one = 1;

  if (write (t->wake_fd, &one, sizeof one) != sizeof one)
    abort (); /* a counter far from full */
}

#define UNTOLD_MAX 6 /* two small objects: BEGIN, WRITE, SEAL */

/* What comes next is short, or nothing waits for this answer: the loop will hear of it with the next one. Under the lock. */
static int
may_wait (const struct lane *l, const struct sink_job *j)
{
  struct sinkthread *t = l->of;

  return l->todo && (l->todo->kind == SINK_SEAL || l->todo->kind == SINK_BEGIN || j->kind == SINK_BEGIN)
         && ++t->n_untold < UNTOLD_MAX;
}

/* ---- services for the plugin ---- */

static void
host_log (void *ctx, int level, const char *fmt, ...)
{
  struct sinkthread *t = ctx;
  struct line *l = xcalloc (1, sizeof *l);
  char raw[ERR_TEXT_MAX];
  va_list ap;
  int wake;

  va_start (ap, fmt);
  vsnprintf (raw, sizeof raw, fmt, ap);
  va_end (ap);
  escape_text (l->text, sizeof l->text, raw, strlen (raw));
  l->level = level;
  pthread_mutex_lock (&t->lock);
  *t->lines_tail = l;
  t->lines_tail = &l->next;
  wake = must_wake (t);
  pthread_mutex_unlock (&t->lock);
  if (wake)
    wake_loop (t);
}

static int
host_fail (void *ctx, const char *fmt, ...)
{
  char raw[ERR_TEXT_MAX];
  va_list ap;

  (void)ctx;
  va_start (ap, fmt);
  vsnprintf (raw, sizeof raw, fmt, ap);
  va_end (ap);
  escape_text (why, sizeof why, raw, strlen (raw));
  return PEN_ERR;
}

void
sinkwork_host (struct sinkthread *t)
{
  t->host = (struct pen_host){ sizeof t->host, t, host_log, host_fail };
}

const char *
sinkwork_why (void)
{
  return why[0] ? why : NULL;
}

void
sinkwork_forget_why (void)
{
  why[0] = 0;
}

/* ---- on the sink's thread ---- */

static int
do_begin (struct sinkthread *t, struct sink_job *j)
{
  struct pen_begin b = { sizeof b, t->o.mode, t->o.pipeline, t->o.name };
  struct pen_span stored = { NULL, 0 };
  int rc = t->o.sink->begin (t->self, j->object, &b, &j->next_seq, &stored);

  t->has_it = rc == PEN_OK && j->next_seq == PEN_SEQ_DONE;
  if (rc == PEN_OK && sinkthread_seals (t) && j->next_seq && !t->has_it)
    return host_fail (t, "%s: it has a part of the object from an earlier run, though it commits whole ones",
                      j->object->name);
  if (rc == PEN_OK && stored.n)
    {
      j->stored = xmalloc (stored.n);
      memcpy (j->stored, stored.p, stored.n);
      j->n_stored = stored.n;
    }
  return rc;
}

static int
do_write (struct sinkthread *t, struct sink_job *j)
{
  if (t->has_it) /* told before that was known */
    return PEN_OK;
  for (; j->n_taken < j->n_pieces; j->n_taken++)
    {
      const struct piece *p = &j->pieces[j->n_taken];
      int rc;
      if (p->kind != WIRE_SEG_BODY || p->stream != t->o.stream)
        continue;
      rc = t->o.sink->write (t->self, j->seq, p->table, (struct pen_span){ p->p, p->n }, p->rows);
      if (rc != PEN_OK)
        return rc;
    }
  return PEN_OK;
}

/* Sinks built with older headers end before it. */
static int
hears_refusals (const struct pen_sink *s)
{
  return s->size >= offsetof (struct pen_sink, refused) + sizeof s->refused && s->refused;
}

static int
do_seal (struct sinkthread *t, struct sink_job *j)
{
  struct sealed *s;
  int rc;

  if (t->has_it)
    return PEN_OK;
  s = xcalloc (1, sizeof *s);
  rc = t->o.sink->seal (t->self, j->object, &s->p);
  if (rc != PEN_OK)
    {
      free (s);
      return rc;
    }
  s->obj = j->obj;
  pthread_mutex_lock (&t->lock);
  s->next = t->sealed;
  t->sealed = s;
  pthread_mutex_unlock (&t->lock);
  return PEN_OK;
}

/* Takes it off the list. */
void *
sinkwork_take_sealed (struct sinkthread *t, uint64_t obj)
{
  struct sealed **at, *s;
  void *p;

  pthread_mutex_lock (&t->lock);
  for (at = &t->sealed; (*at)->obj != obj; at = &(*at)->next)
    ;
  s = *at;
  *at = s->next;
  pthread_mutex_unlock (&t->lock);
  p = s->p;
  free (s);
  return p;
}

static void *
find_sealed (struct sinkthread *t, uint64_t obj)
{
  struct sealed *s;

  pthread_mutex_lock (&t->lock);
  for (s = t->sealed; s->obj != obj; s = s->next)
    ;
  pthread_mutex_unlock (&t->lock);
  return s->p;
}

static int
do_publish (struct sinkthread *t, struct sink_job *j)
{
  struct pen_sealed *v = xcalloc (j->n_batch, sizeof *v);
  int rc = PEN_OK;

  for (size_t i = 0; i < j->n_batch; i++)
    {
      struct sink_publish *p = &j->batch[i];
      v[i] = (struct pen_sealed){ .size = sizeof *v, .object = p->object, .status = p->status };
      v[i].tally = (struct pen_tally){ sizeof v[i].tally, UINT64_MAX, 0 };
      if (p->status == PEN_RETRY)
        v[i].sealed = find_sealed (t, p->obj);
    }
  t->o.sink->publish (t->self, v, j->n_batch);
  for (size_t i = 0; i < j->n_batch; i++)
    {
      struct sink_publish *p = &j->batch[i];
      if (p->status == PEN_RETRY && v[i].status != PEN_RETRY)
        {
          p->status = v[i].status;
          p->tally = v[i].tally;
          sinkwork_take_sealed (t, p->obj);
        }
      if (p->status == PEN_RETRY && rc == PEN_OK)
        rc = PEN_RETRY;
      else if (p->status != PEN_RETRY && p->status != PEN_OK && p->status != PEN_EOF)
        rc = PEN_ERR;
    }
  free (v);
  return rc;
}

static void
perform_once (struct sinkthread *t, struct sink_job *j)
{
  why[0] = 0;
  switch (j->kind)
    {
    case SINK_BEGIN:
      j->status = do_begin (t, j);
      break;
    case SINK_WRITE:
    case SINK_PART:
      j->status = do_write (t, j);
      break;
    case SINK_COMMIT:
      j->status = t->o.sink->commit (t->self, j->seq, j->checkpoint);
      break;
    case SINK_FINISH:
      j->tally = (struct pen_tally){ sizeof j->tally, UINT64_MAX, 0 };
      j->status = j->refused && hears_refusals (t->o.sink)
                      ? t->o.sink->refused (t->self, j->object)
                      : t->o.sink->finish (t->self, j->object, j->accepted, &j->tally);
      break;
    case SINK_SEAL:
      j->status = do_seal (t, j);
      break;
    case SINK_PUBLISH:
      j->status = do_publish (t, j);
      break;
    case SINK_DISCARD:
      t->o.sink->discard (t->self, sinkwork_take_sealed (t, j->obj));
      j->status = PEN_OK;
      break;
    }
  if (j->status == PEN_ERR || j->status == PEN_RETRY)
    snprintf (j->text, sizeof j->text, "%s", why[0] ? why : "failed without a word");
}

/* 1 when the time is over, 0 when the run stops meanwhile. */
static int
pause_until (struct lane *l, int64_t end)
{
  struct sinkthread *t = l->of;
  struct timespec ts = { end / 1000000000, end % 1000000000 };
  int rc = 0;

  pthread_mutex_lock (&t->lock);
  while (rc == 0 && !t->quit && !t->hurry)
    rc = pthread_cond_timedwait (&l->more, &t->lock, &ts);
  pthread_mutex_unlock (&t->lock);
  return rc != 0;
}

/* A transient failure is tried again, with growing pauses, until it has lasted too long. */
static void
perform (struct lane *l, struct sink_job *j)
{
  struct sinkthread *t = l->of;
  int64_t start = clock_ns (), pause = PAUSE_FIRST_NS, now;
  unsigned tries = 1;

  for (;; tries++)
    {
      perform_once (t, j);
      now = clock_ns ();
      if (j->status != PEN_RETRY || now - start >= t->o.retry_ns)
        break;
      if (pause > start + t->o.retry_ns - now)
        pause = start + t->o.retry_ns - now;
      host_log (t, PEN_LOG_WARN, "%s; will be tried again in %.3g s", j->text, (double)pause / 1e9);
      if (!pause_until (l, now + pause))
        break;
      pause = 2 * pause < PAUSE_MAX_NS ? 2 * pause : PAUSE_MAX_NS;
    }
  if (j->status == PEN_RETRY && tries > 1)
    {
      size_t n = strlen (j->text);
      snprintf (j->text + n, sizeof j->text - n, " (tried %u times in %.3g s)", tries, (double)(now - start) / 1e9);
    }
}

static int
has_failed (const struct sink_job *j)
{
  return j->status != PEN_OK && !(j->kind == SINK_FINISH && j->status == PEN_EOF);
}

/* Does a job; once one has failed, none: what it would read may be gone as soon as the loop knows. Under the lock. */
static void
do_job (struct lane *l, struct sink_job *j)
{
  struct sinkthread *t = l->of;

  if (t->failed)
    {
      j->status = PEN_ERR;
      snprintf (j->text, sizeof j->text, "failed before");
      return;
    }
  l->busy = 1;
  pthread_mutex_unlock (&t->lock);
  perform (l, j);
  pthread_mutex_lock (&t->lock);
  l->busy = 0;
  t->failed |= has_failed (j);
}

void *
sinkwork_run (void *ctx)
{
  struct lane *l = ctx;
  struct sinkthread *t = l->of;

  pthread_mutex_lock (&t->lock);
  for (;;)
    {
      struct sink_job *j;
      int wake;
      while (!l->todo && !t->quit)
        pthread_cond_wait (&l->more, &t->lock);
      if (t->quit)
        break;
      j = l->todo;
      l->todo = j->next;
      if (!l->todo)
        l->todo_tail = &l->todo;
      j->next = NULL;
      do_job (l, j);
      *t->answers_tail = j;
      t->answers_tail = &j->next;
      wake = !may_wait (l, j) && must_wake (t);
      if (!wake)
        continue;
      pthread_mutex_unlock (&t->lock);
      wake_loop (t);
      pthread_mutex_lock (&t->lock);
    }
  pthread_mutex_unlock (&t->lock);
  return NULL;
}
