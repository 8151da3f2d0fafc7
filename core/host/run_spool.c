/* SPDX-License-Identifier: Apache-2.0 */
/* run_spool.c - objects in the spool: they may be read while they grow, and what was taken of them makes room for the rest.
 *
 * What every sink has taken is never read again: a chunk is retried, cut again after a seam error, or quarantined only
 * before that. The fingerprint is made where the bytes are written, so that nobody has to come back for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/host/run_int.h"

#define PAGE 4096

static int
punch (struct object *o, uint64_t from, uint64_t to)
{
  int rc;

  do
    rc = fallocate (o->hole_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(to - from));
  while (rc == -1 && errno == EINTR);
  return rc;
}

int
run_spool_read_only (int fd)
{
  char path[40];

  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  return open (path, O_RDONLY | O_CLOEXEC);
}

/* Not every file system can give back a part of a file. */
static int
can_punch (const char *dir)
{
  static const char page[2 * PAGE];
  struct object probe = { .hole_fd = open (dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) };
  int rc;

  if (probe.hole_fd == -1)
    return 0;
  rc = pwrite (probe.hole_fd, page, sizeof page, 0) == sizeof page && punch (&probe, 0, PAGE) == 0;
  close (probe.hole_fd);
  return rc;
}

/* Chunk mode has to know what an earlier run has stored of this content before it cuts; and where an earlier run may have
 * published without a record of it, content is better looked up first. */
static int
streaming (struct run *r, enum wire_streaming *s, struct err *e)
{
  int has_intents = r->journal ? journal_has_intents (r->journal, e) : 0;

  *s = has_intents ? WIRE_STREAM_LAST : WIRE_STREAM_LARGE;
  if (r->o->mode == PEN_COMMIT_CHUNK || r->o->keys) /* what is decrypted may be read twice */
    *s = WIRE_STREAM_NEVER;
  else if (!can_punch (r->spool_dir))
    {
      run_log (r, PEN_LOG_INFO,
               "the file system of %s cannot free parts of a file: objects are read once they are whole", r->spool_dir);
      *s = WIRE_STREAM_NEVER;
    }
  return has_intents == -1 ? -1 : 0;
}

int
run_spool_plan (struct run *r, struct feed_spool *s, struct err *e)
{
  if (streaming (r, &s->streaming, e) == -1)
    return -1;
  s->quota = r->o->spool;
  s->reserve = s->streaming == WIRE_STREAM_NEVER ? s->quota / 2 : r->o->spool_reserve;
  s->stream_from = 4 * r->o->chunk < s->reserve ? 4 * r->o->chunk : s->reserve;
  return 0;
}

static struct object *
by_handle (struct run *r, uint32_t handle)
{
  for (size_t i = 0; i < r->n_objects; i++)
    if (r->objects[i]->spooled && r->objects[i]->handle == handle)
      return r->objects[i];
  return NULL;
}

/* ---- growth ---- */

static void
tell_cutter (struct run *r, const struct object *o)
{
  struct wire_head h = { .type = WIRE_GROWN, .obj = (uint32_t)o->ord, .a = o->length, .b = (uint64_t)o->growing };

  if (r->n_seats && seat_knows_object (run_cutter (r), (uint32_t)o->ord))
    seat_send (run_cutter (r), &h, NULL, -1);
}

static void
set_length (struct run *r, struct object *o, uint64_t length)
{
  r->bytes_seen += length - o->length;
  o->length = length;
}

void
run_spool_grown (struct run *r, struct object *o, uint64_t available)
{
  set_length (r, o, available);
  tell_cutter (r, o);
}

static void
feed_grown (void *ctx, uint32_t handle, uint64_t available)
{
  struct run *r = ctx;
  struct object *o = by_handle (r, handle);

  if (!run_decode_grown (r, handle, available, NULL) && (!o || !o->growing))
    return;
  if (o && o->growing)
    run_spool_grown (r, o, available);
  run_pump (r);
}

void
run_spool_complete (struct run *r, struct object *o, uint64_t length, const uint8_t digest[16])
{
  struct err e;

  set_length (r, o, length);
  o->growing = 0;
  o->as_plugin.length = length;
  run_set_key (r, o, digest);
  if (r->journal && journal_length (r->journal, o->row, length, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  if (o->announced != UINT64_MAX && o->announced != length)
    {
      run_object_why (o, "%llu bytes were announced, %llu came", (unsigned long long)o->announced,
                      (unsigned long long)length);
      commit_on_object_failed (r->commit, o->ord);
    }
  else
    tell_cutter (r, o);
}

/* The source has it whole; an acknowledgement that has waited for that goes out. */
static void
feed_complete (void *ctx, uint32_t handle, uint64_t length, const uint8_t digest[16])
{
  struct run *r = ctx;
  struct object *o = by_handle (r, handle);

  if (run_decode_grown (r, handle, length, digest))
    {
      run_pump (r);
      return;
    }
  if (!o || !o->growing)
    return;
  if (o->ack_waits)
    {
      o->growing = 0;
      o->length = length;
      run_ack_put (r, o, o->ack_accepted);
      commit_on_acked (r->commit, o->ord, 1);
      run_pump (r);
      return;
    }
  run_spool_complete (r, o, length, digest);
  run_pump (r);
}

static void
feed_cut_short (void *ctx, uint32_t handle, const char *why)
{
  struct run *r = ctx;
  struct object *o = by_handle (r, handle);

  if (run_decode_cut_short (r, handle, why))
    {
      run_pump (r);
      return;
    }
  if (!o || !o->growing)
    return;
  if (o->ack_waits)
    {
      o->growing = 0;
      commit_on_acked (r->commit, o->ord, 0);
    }
  else
    {
      run_object_why (o, "%s after %llu bytes; nothing of it is visible", *why ? why : "broken off by the source",
                      (unsigned long long)o->length);
      commit_on_object_failed (r->commit, o->ord);
    }
  run_pump (r);
}

void
run_spool_calls (struct feed_calls *calls)
{
  calls->grown = feed_grown;
  calls->complete = feed_complete;
  calls->cut_short = feed_cut_short;
}

int
run_spool_is_short (const struct run *r, const struct object *o)
{
  return o->growing && o->length - o->next_offset <= r->o->window;
}

/* ---- what is not needed any more ---- */

void
run_spool_release (struct run *r, struct object *o, int all)
{
  uint64_t to = all ? o->length : o->safe - o->safe % PAGE;

  if (!o->spooled || to <= o->given || (!all && to - o->given < LIMIT_SPOOL_STEP))
    return;
  /* Where all of it goes the file does, too, unless the source still has it open. */
  if (o->hole_fd >= 0 && (!all || o->growing) && punch (o, o->given, to) == -1)
    {
      run_fail (r, RUN_FAILED, "%s: cannot free what was read of it in the spool %s: %s", o->name, r->spool_dir,
                strerror (errno));
      return;
    }
  if (r->feed && !o->encoded)
    feed_release (r->feed, to - o->given);
  o->given = to;
  if (o->encoded)
    run_decode_released (r, o);
}

void
run_spool_taken (struct run *r, struct object *o, const struct chunk *c)
{
  o->safe = c->offset + c->len;
  run_spool_release (r, o, 0);
}
