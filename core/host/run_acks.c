/* SPDX-License-Identifier: Apache-2.0 */
/* run_acks.c - acknowledgements on their way to the source: sent once the journal is durable, many with one flush. */
#include <stdlib.h>
#include <string.h>

#include "core/host/run_int.h"

#define FLUSH_MS 20  /* an acknowledgement waits no longer for another object's flush */
#define ACKS_MAX 256 /* of a source that is slow to answer */

struct run_ack
{
  uint32_t handle;
  int accepted, sent;
  uint64_t length;
  int64_t mtime_ns, row;
  char *name;
  char key[JOURNAL_KEY_MAX];
};

static void
on_timer (uv_timer_t *t)
{
  struct run *r = t->data;

  run_acks_send (r);
  run_pump (r);
}

void
run_ack_put (struct run *r, struct object *o, int accepted)
{
  struct run_ack *a;

  r->acks = xrealloc (r->acks, (r->n_acks + 1) * sizeof *r->acks);
  a = &r->acks[r->n_acks++];
  *a = (struct run_ack){ .handle = o->handle,
                         .accepted = accepted,
                         .length = o->length,
                         .mtime_ns = o->mtime_ns,
                         .row = o->row,
                         .name = xstrdup (o->name) };
  memcpy (a->key, o->key, sizeof a->key);
  if (!uv_is_active ((uv_handle_t *)&r->ack_timer))
    uv_timer_start (&r->ack_timer, on_timer, FLUSH_MS, 0);
}

static struct run_ack *
find_unsent (struct run *r)
{
  for (size_t i = 0; i < r->n_acks; i++)
    if (!r->acks[i].sent)
      return &r->acks[i];
  return NULL;
}

void
run_acks_send (struct run *r)
{
  struct run_ack *a;
  struct err e;

  uv_timer_stop (&r->ack_timer);
  if (r->gave_up || !find_unsent (r))
    return;
  if (r->journal && journal_flush (r->journal, &e) == -1)
    {
      run_give_up (r);
      run_fail (r, RUN_FAILED, "%s", e.text);
      return;
    }
  while ((a = find_unsent (r)))
    {
      a->sent = 1; /* the answer may come before feed_ack() is back */
      if (r->feed)
        feed_ack (r->feed, a->handle, a->name, a->length, a->mtime_ns, a->key, a->accepted);
      else
        run_ack_done (r, a->handle, 0);
    }
  if (r->feed)
    feed_acks_go (r->feed);
}

int
run_ack_done (struct run *r, uint32_t handle, int ok)
{
  size_t i = 0;
  struct run_ack a;

  while (i < r->n_acks && r->acks[i].handle != handle)
    i++;
  if (i == r->n_acks)
    return 0;
  a = r->acks[i];
  memmove (r->acks + i, r->acks + i + 1, (--r->n_acks - i) * sizeof *r->acks);
  run_acked (r, a.name, a.row, ok);
  free (a.name);
  return 1;
}

int
run_acks_are_many (const struct run *r)
{
  return r->n_acks >= ACKS_MAX;
}

void
run_acks_free (struct run *r)
{
  for (size_t i = 0; i < r->n_acks; i++)
    free (r->acks[i].name);
  free (r->acks);
}
