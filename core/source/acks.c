/* SPDX-License-Identifier: Apache-2.0 */
/* acks.c - acknowledgements, one after the other on a thread of their own: a plugin may wait for its server in them. */
#include "core/source/acks.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job
{
  struct job *next;
  struct wire_head h;
  char *text; /* name NUL key NUL */
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
};

static struct job *
take (struct acks *a)
{
  struct job *j;

  pthread_mutex_lock (&a->lock);
  a->busy = 0;
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
  struct pen_object o = { .size = sizeof o, .name = j->text, .length = j->h.b, .mtime_ns = (int64_t)j->h.c };
  struct wire_head h = { .type = WIRE_S_ACKED, .obj = j->h.obj };
  size_t n = strlen (j->text);

  if (j->h.type == WIRE_S_AGAIN)
    {
      if (a->source->size > offsetof (struct pen_source, again) && a->source->again)
        a->source->again (a->self, &o);
      return;
    }
  if (n < j->h.len && j->text[n + 1])
    o.key = j->text + n + 1;
  h.a = (uint64_t)(int64_t)(a->source->ack ? a->source->ack (a->self, &o, (int)j->h.a) : PEN_OK);
  if (wire_send (a->sock, &h, NULL, -1, NULL) == -1)
    _exit (0); /* the host is gone */
}

static void *
work (void *ctx)
{
  struct acks *a = ctx;

  for (;;)
    {
      struct job *j = take (a);
      perform (a, j);
      free (j->text);
      free (j);
    }
  return NULL;
}

void
acks_put (struct acks *a, const struct wire_msg *m)
{
  struct job *j = xcalloc (1, sizeof *j);

  j->h = m->h;
  j->text = xcalloc (1, m->h.len + 2); /* two ends, whatever came */
  memcpy (j->text, m->payload, m->h.len);
  pthread_mutex_lock (&a->lock);
  *a->last = j;
  a->last = &j->next;
  pthread_cond_broadcast (&a->changed);
  pthread_mutex_unlock (&a->lock);
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
