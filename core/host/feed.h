/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - the host's side of a source process: objects come in, credit and acknowledgements go out. */
#ifndef PEN_HOST_FEED_H
#define PEN_HOST_FEED_H
#include <uv.h>

#include "core/base/err.h"
#include "core/base/optset.h"
#include "core/base/wire.h"

struct feed;
/* An object, as the source has announced it; name, etag and origin are borrowed, fd moves to the callee. */
struct feed_object
{
  uint32_t handle;                  /* for feed_ack */
  const char *name, *etag, *origin; /* origin: how the source has come by it; may be empty */
  uint64_t length;                  /* announced; UINT64_MAX: unknown */
  int64_t mtime_ns;
  int fd;
  /* In our spool: its bytes hold credit, which goes back by feed_release(). */
  int spooled;
  int growing;        /* `available` bytes are there, more may come: grown(), then complete() or broken() */
  uint64_t available; /* spooled only */
  uint8_t digest[16]; /* spooled and whole: xxh3-128 of it */
};
/* How much a source may spool, and what of it may be read while it grows. */
struct feed_spool
{
  uint64_t quota, reserve; /* bytes; the reserve is for the first open object alone */
  enum wire_streaming streaming;
  uint64_t stream_from; /* bytes */
};
/* Where a source may write: the spool, and, unless NULL, what outlives the run and what all pipelines of this user share. */
struct feed_dirs
{
  const char *spool, *state, *shared;
};
struct feed_calls
{
  void *ctx;
  unsigned (*room) (void *ctx); /* so many more objects may come */
  void (*object) (void *ctx, const struct feed_object *o);
  /* The source broke it off, or cannot get it, and object() was not called for it. why, origin: may be empty. */
  void (*broken) (void *ctx, const char *name, const char *why, const char *origin);
  /* Of an object that was growing, unless it was dropped and not kept. */
  void (*grown) (void *ctx, uint32_t handle, uint64_t available);
  void (*complete) (void *ctx, uint32_t handle, uint64_t length, const uint8_t digest[16]);
  void (*cut_short) (void *ctx, uint32_t handle, const char *why);
  void (*acked) (void *ctx, uint32_t handle, int ok);
  /* No more objects come. failed: the source could not do its work; it has said why. */
  void (*done) (void *ctx, int failed);
  void (*log) (void *ctx, int level, const char *text);
};

/* Starts the process. follow: objects are taken as they come, until feed_stop(). */
struct feed *feed_create (const char *program, const char *plugin, const struct optset *options,
                          const struct feed_dirs *dirs, const struct feed_spool *spool, int follow,
                          const struct feed_calls *calls, uv_loop_t *loop, struct err *e);
/* There may be room again: a waiting offer is answered. */
/* 1: nothing is under way from the source: no object is open, or asked for. */
int feed_is_quiet (const struct feed *f);
void feed_more (struct feed *f);
/* Durable everywhere, or refused: the source may archive it -> acked(). Sent with others by feed_acks_go(). */
void feed_ack (struct feed *f, uint32_t handle, const char *name, uint64_t length, int64_t mtime_ns, const char *key,
               int accepted);
void feed_acks_go (struct feed *f);
/* The object has ended without a verdict: the source may offer it again. */
void feed_again (struct feed *f, const char *name, uint64_t length, int64_t mtime_ns);
/* Bytes of a spooled object are not needed any more, and their room on disk is free. */
void feed_release (struct feed *f, uint64_t bytes);
/* Nobody reads the rest of a growing object; what still comes is thrown away. complete() or cut_short() still follows. */
void feed_drop (struct feed *f, uint32_t handle);
void feed_stop (struct feed *f);
/* Ends the process; freed once the loop has let go. */
void feed_destroy (struct feed *f);
#endif
