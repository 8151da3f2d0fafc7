/* SPDX-License-Identifier: Apache-2.0 */
/* acks.c - acknowledgements, one after the other on a thread of their own: a plugin may wait for its server in them. Answers go
 * back together while there are more to be made; what waits for longer than ANSWER_WAIT_NS goes before the next call. */
#include "core/source/acks.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"

#define ANSWERS 64               /* in a message */
#define ANSWER_WAIT_NS 20000000l /* for others */

struct job
{
  struct job *next;
  int is_again; /* not an acknowledgement: offered again, no answer */
  struct wire_ack a;
  char text[]; /* name NUL key NUL */
};

struct acks
{
  int sock;
  const struct pen_source *source;
  void *self;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct job *first, **last;
  int busy, stopped;
  struct wire_acked answers[ANSWERS]; /* the thread's own */
  unsigned n_answers;
  int64_t answers_from; /* when the first of them was made */
};

static void
send_answers (struct acks *a)
{
  struct wire_head h = { .type = WIRE_S_ACKED, .len = (uint32_t)(a->n_answers * sizeof a->answers[0]) };

  a->n_answers = 0;
  if (h.len && wire_send (a->sock, &h, a->answers, -1, NULL) == -1)
    _exit (0); /* the host is gone */
}

static struct job *
take (struct acks *a)
{
  struct job *j;
  int is_last;

  pthread_mutex_lock (&a->lock);
  is_last = !a->first;
  pthread_mutex_unlock (&a->lock);
  if (is_last || a->n_answers == ANSWERS || (a->n_answers && clock_ns () - a->answers_from > ANSWER_WAIT_NS))
    send_answers (a);
  pthread_mutex_lock (&a->lock);
  a->busy = a->n_answers != 0; /* they are still to be sent */
  pthread_cond_broadcast (&a->changed);
  while (!a->first || a->stopped)
    pthread_cond_wait (&a->changed, &a->lock);
  a->busy = 1;
  j = a->first;
  a->first = j->next;
  if (!a->first)
    a->last = &a->first;
  pthread_mutex_unlock (&a->lock);
  return j;
}

static void
perform (struct acks *a, const struct job *j)
{
  struct pen_object o = { .size = sizeof o, .name = j->text, .length = j->a.length, .mtime_ns = j->a.mtime_ns };
  int status = PEN_OK;

  if (j->is_again)
    {
      if (a->source->size > offsetof (struct pen_source, again) && a->source->again)
        a->source->again (a->self, &o);
      return;
    }
  if (j->text[j->a.name_len])
    o.key = j->text + j->a.name_len;
  if (a->source->ack)
    status = a->source->ack (a->self, &o, (int)j->a.accepted);
  if (!a->n_answers)
    a->answers_from = clock_ns ();
  a->answers[a->n_answers++] = (struct wire_acked){ j->a.obj, status };
}

static void *
work (void *ctx)
{
  struct acks *a = ctx;

  for (;;)
    {
      struct job *j = take (a);
      perform (a, j);
      free (j);
    }
  return NULL;
}

/* Two ends behind the text, whatever came. */
static struct job *
make_job (const struct wire_ack *a, const uint8_t *text, uint32_t n)
{
  struct job *j = xcalloc (1, sizeof *j + n + 2);

  j->a = *a;
  memcpy (j->text, text, n);
  return j;
}

static void
put (struct acks *a, struct job *first, struct job **last)
{
  pthread_mutex_lock (&a->lock);
  *a->last = first;
  a->last = last;
  pthread_cond_broadcast (&a->changed);
  pthread_mutex_unlock (&a->lock);
}

void
acks_put (struct acks *a, const struct wire_msg *m)
{
  struct job *first = NULL, **last = &first;
  struct wire_ack w = { .length = m->h.b, .mtime_ns = (int64_t)m->h.c, .name_len = m->h.len };

  if (m->h.type == WIRE_S_AGAIN)
    {
      first = make_job (&w, m->payload, m->h.len);
      first->is_again = 1;
      put (a, first, &first->next);
      return;
    }
  for (uint32_t at = 0; m->h.len - at >= sizeof w;)
    {
      uint64_t n;
      memcpy (&w, m->payload + at, sizeof w);
      at += (uint32_t)sizeof w;
      n = (uint64_t)w.name_len + w.key_len;
      if (n > m->h.len - at)
        break; /* the host does not say that */
      *last = make_job (&w, m->payload + at, (uint32_t)n);
      last = &(*last)->next;
      at += (uint32_t)n;
    }
  if (first)
    put (a, first, last);
}

void
acks_stop (struct acks *a)
{
  pthread_mutex_lock (&a->lock);
  while (a->first || a->busy)
    pthread_cond_wait (&a->changed, &a->lock);
  a->stopped = 1;
  pthread_mutex_unlock (&a->lock);
}

struct acks *
acks_create (int sock, const struct pen_source *source, void *self, struct err *e)
{
  struct acks *a = xcalloc (1, sizeof *a);
  pthread_t thread;

  a->sock = sock;
  a->source = source;
  a->self = self;
  a->last = &a->first;
  pthread_mutex_init (&a->lock, NULL);
  pthread_cond_init (&a->changed, NULL);
  errno = pthread_create (&thread, NULL, work, a);
  if (errno)
    {
      err_errno (e, "cannot start a thread");
      free (a);
      return NULL;
    }
  pthread_detach (thread);
  return a;
}
