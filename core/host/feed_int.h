/* SPDX-License-Identifier: Apache-2.0 */
/* feed_int.h - what the two halves of the feed share: feed.c (the source process's life) and feed_messages.c (what it says). */
#ifndef PEN_HOST_FEED_INT_H
#define PEN_HOST_FEED_INT_H
#include "core/base/limits.h"
#include "core/host/feed.h"
#include "core/host/process.h"

struct offer /* announced and not closed */
{
  uint32_t handle;
  char *name, *etag, *origin, *why; /* why: it was lost */
  uint64_t length;
  int64_t mtime_ns;
  int fd;
  int streamed, dropped;
  uint64_t available; /* streamed: bytes that it has told of */
};

struct feed
{
  struct feed_calls calls;
  struct process process;
  uv_timer_t backoff;
  char *argv[2], *plugin, *spool_dir, *state_dir, *shared_dir;
  const struct optset *options;
  struct feed_spool spool;
  uint64_t held; /* bytes in the spool that have their credit */
  uint64_t owed; /* that have left it, and whose credit the source does not miss yet */
  struct offer *offers;
  size_t n_offers;
  struct offer waiting; /* name set: an open() that waits for room */
  uint32_t *acks;       /* asked and not answered */
  size_t n_acks;
  uint8_t *ack_out; /* of these, not sent: a message's payload, NULL before the first */
  uint32_t n_ack_out;
  uint32_t next_handle;
  uint32_t granted[LIMIT_GRANTS]; /* handles that the source may open objects as */
  unsigned n_granted;
  int follow, started, done, stopping, destroyed, restarts;
  struct wire_msg *msg;
};

#define FEED_RESTARTS_MAX 3 /* of the process, in a run */

/* feed.c */
void feed_say (struct feed *f, int level, const char *text);
/* Nothing more comes; once. */
void feed_end (struct feed *f, int failed);

/* feed_messages.c */
int feed_on_readable (struct process *p);
/* NULL: there is none. */
struct offer *feed_find_offer (struct feed *f, uint32_t handle);
void feed_offer_free (struct offer *o);
/* Tells that an object which was announced will not come. */
void feed_broken (struct feed *f, const struct offer *o);
void feed_forget (struct feed *f, uint32_t handle);
/* Bytes that nobody will read: their file is gone, or will be emptied by whoever has it. */
void feed_give_back (struct feed *f, uint64_t bytes);
#endif
