/* SPDX-License-Identifier: Apache-2.0 */
/* sinkthread.c - one sink on a thread of its own, and on a second one where it can put objects aside: jobs go in, in order;
 * answers come back on the loop's thread. */
#include "core/host/sinkthread_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
job_free (struct sink_job *j)
{
  free ((void *)j->checkpoint.p);
  free (j->stored);
  free (j->batch);
  free (j);
}

static void
fetch (struct sinkthread *t)
{
  struct sink_job *answers = NULL;
  struct line *lines;

  pthread_mutex_lock (&t->lock);
  t->woken = 0;
  t->n_untold = 0;
  /* A failure is told when nothing of the sink is under way: then what its jobs read may go. Whoever is busy wakes us. */
  if (!(t->failed && (t->lane[0].busy || t->lane[1].busy)))
    {
      answers = t->answers;
      t->answers = NULL;
      t->answers_tail = &t->answers;
    }
  lines = t->lines;
  t->lines = NULL;
  t->lines_tail = &t->lines;
  pthread_mutex_unlock (&t->lock);
  while (lines)
    {
      struct line *l = lines;
      char text[ERR_TEXT_MAX + 64];
      lines = l->next;
      snprintf (text, sizeof text, "sink \"%s\": %s", t->o.name, l->text);
      t->o.log (t->o.ctx, l->level, text);
      free (l);
    }
  while (answers)
    {
      struct sink_job *j = answers;
      answers = j->next;
      t->o.done (t->o.ctx, t->o.stream, j);
      job_free (j);
    }
}

static void
on_wake (uv_poll_t *p, int status, int events)
{
  struct sinkthread *t = p->data;
  uint64_t times;

  (void)status, (void)events;
  if (read (t->wake_fd, &times, sizeof times) == sizeof times)
    fetch (t);
}

struct sinkthread *
sinkthread_create (const struct sinkthread_opts *o, uv_loop_t *loop, struct err *e)
{
  struct sinkthread *t = xcalloc (1, sizeof *t);
  pthread_condattr_t clock;
  int rc;

  t->o = *o;
  sinkwork_host (t);
  pthread_mutex_init (&t->lock, NULL);
  pthread_condattr_init (&clock);
  pthread_condattr_setclock (&clock, CLOCK_MONOTONIC);
  for (int i = 0; i < 2; i++)
    {
      t->lane[i] = (struct lane){ .of = t, .todo_tail = &t->lane[i].todo };
      pthread_cond_init (&t->lane[i].more, &clock);
    }
  pthread_condattr_destroy (&clock);
  t->answers_tail = &t->answers;
  t->lines_tail = &t->lines;
  t->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (t->wake_fd == -1)
    {
      err_set (e, "sink \"%s\": eventfd: %s", o->name, strerror (errno));
      free (t);
      return NULL;
    }
  rc = o->check ? o->check (&t->host, o->options) : PEN_OK;
  if (rc == PEN_OK)
    rc = o->sink->create (&t->host, o->options, &t->self);
  if (rc != PEN_OK)
    {
      err_set (e, "sink \"%s\": %s", o->name, sinkwork_why () ? sinkwork_why () : "cannot be created");
      close (t->wake_fd);
      free (t);
      return NULL;
    }
  uv_poll_init (loop, &t->wake, t->wake_fd);
  t->wake.data = t;
  uv_poll_start (&t->wake, UV_READABLE, on_wake);
  return t;
}

int
sinkthread_per_table (struct sinkthread *t)
{
  return t->o.sink->per_table (t->self);
}

int
sinkthread_seals (const struct sinkthread *t)
{
  return t->o.mode == PEN_COMMIT_OBJECT && t->o.sink->size >= sizeof *t->o.sink && t->o.sink->seal;
}

int
sinkthread_table (struct sinkthread *t, unsigned table, const char *name, const struct ArrowSchema *schema,
                  unsigned stream, struct pen_span head, struct err *e)
{
  sinkwork_forget_why ();
  if (t->o.sink->table (t->self, table, name, schema) != PEN_OK
      || (head.n && t->o.sink->head && t->o.sink->head (t->self, stream, head) != PEN_OK))
    return err_set (e, "sink \"%s\": table %s: %s", t->o.name, name, sinkwork_why () ? sinkwork_why () : "refused");
  return 0;
}

int
sinkthread_start (struct sinkthread *t, struct err *e)
{
  int rc = 0, n = sinkthread_seals (t) ? 2 : 1;

  t->running = 1;
  for (int i = 0; i < n && !rc; i++)
    {
      rc = pthread_create (&t->lane[i].thread, NULL, sinkwork_run, &t->lane[i]);
      t->lane[i].running = !rc;
    }
  return rc ? err_set (e, "cannot start a thread of sink \"%s\": %s", t->o.name, strerror (rc)) : 0;
}

void
sinkthread_put (struct sinkthread *t, const struct sink_job *job)
{
  struct lane *l = &t->lane[job->kind == SINK_PUBLISH || job->kind == SINK_DISCARD];
  struct sink_job *j = xmalloc (sizeof *j);

  *j = *job;
  j->next = NULL;
  if (job->object)
    {
      j->object_copy = *job->object;
      if (job->object->key)
        {
          snprintf (j->key, sizeof j->key, "%s", job->object->key);
          j->object_copy.key = j->key;
        }
      j->object = &j->object_copy;
    }
  if (job->checkpoint.n)
    {
      uint8_t *copy = xmalloc (job->checkpoint.n);
      memcpy (copy, job->checkpoint.p, job->checkpoint.n);
      j->checkpoint.p = copy;
    }
  else
    j->checkpoint.p = NULL;
  pthread_mutex_lock (&t->lock);
  *l->todo_tail = j;
  l->todo_tail = &j->next;
  l->is_new = 1;
  pthread_mutex_unlock (&t->lock);
}

void
sinkthread_go (struct sinkthread *t)
{
  for (int i = 0; t && i < 2; i++)
    if (t->lane[i].is_new)
      {
        t->lane[i].is_new = 0;
        pthread_mutex_lock (&t->lock);
        pthread_cond_signal (&t->lane[i].more);
        pthread_mutex_unlock (&t->lock);
      }
}

/* Under the lock. */
static void
wake_lanes (struct sinkthread *t)
{
  for (int i = 0; i < 2; i++)
    pthread_cond_signal (&t->lane[i].more);
}

void
sinkthread_hurry (struct sinkthread *t)
{
  if (!t)
    return;
  pthread_mutex_lock (&t->lock);
  t->hurry = 1;
  wake_lanes (t);
  pthread_mutex_unlock (&t->lock);
}

static void
on_closed (uv_handle_t *h)
{
  struct sinkthread *t = h->data;
  close (t->wake_fd);
  pthread_mutex_destroy (&t->lock);
  for (int i = 0; i < 2; i++)
    pthread_cond_destroy (&t->lane[i].more);
  free (t);
}

static void
free_list (struct sink_job *j)
{
  while (j)
    {
      struct sink_job *next = j->next;
      job_free (j);
      j = next;
    }
}

void
sinkthread_destroy (struct sinkthread *t)
{
  if (!t)
    return;
  if (t->running)
    {
      pthread_mutex_lock (&t->lock);
      t->quit = 1;
      wake_lanes (t);
      pthread_mutex_unlock (&t->lock);
      for (int i = 0; i < 2; i++)
        if (t->lane[i].running)
          pthread_join (t->lane[i].thread, NULL);
    }
  fetch (t); /* last words; late answers are for nobody, but a log line is for the operator */
  for (int i = 0; i < 2; i++)
    free_list (t->lane[i].todo);
  while (t->sealed)
    t->o.sink->discard (t->self, sinkwork_take_sealed (t, t->sealed->obj));
  t->o.sink->destroy (t->self);
  fetch (t);
  uv_close ((uv_handle_t *)&t->wake, on_closed);
}
