/* SPDX-License-Identifier: Apache-2.0 */
/* run_objects.c - objects from the moment a source offers them until they are closed, and their chunks. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/host/run_int.h"

struct object *
run_object (struct run *r, uint64_t ord)
{
  for (size_t i = 0; i < r->n_objects; i++)
    if (r->objects[i]->ord == ord)
      return r->objects[i];
  return NULL;
}

struct object *
run_object_wire (struct run *r, uint32_t obj)
{
  for (size_t i = 0; i < r->n_objects; i++)
    if ((uint32_t)r->objects[i]->ord == obj)
      return r->objects[i];
  return NULL;
}

void
run_object_why (struct object *o, const char *fmt, ...)
{
  va_list ap;
  if (o->why[0])
    return;
  va_start (ap, fmt);
  vsnprintf (o->why, sizeof o->why, fmt, ap);
  va_end (ap);
}

void
run_set_key (struct run *r, struct object *o, const uint8_t digest[16])
{
  char *p = o->key;

  for (int i = 0; i < 16; i++)
    p += sprintf (p, "%02x", digest[i]);
  /* The same content shall be loaded once more: sinks that remember keys must take it for another object. */
  if (r->o->duplicates == RUN_DUP_PROCESS)
    sprintf (p, "-%lld", (long long)o->row);
  o->as_plugin.key = o->key;
}

int
run_object_unchanged (struct object *o, struct err *e)
{
  struct stat now;

  if (fstat (o->fd, &now) == -1)
    return err_errno (e, "cannot look at it again"), 0;
  if (o->spooled) /* ours, and holes were made in it */
    return (uint64_t)now.st_size == o->length ? 1
                                              : (err_set (e, "its file in the spool has another length: somebody else "
                                                             "has changed it; run again to fetch it anew"),
                                                 0);
  if (now.st_size != o->stat.st_size)
    return err_set (e,
                    "changed while it was read: it had %lld bytes, it has %lld now; the next run reads it again, let "
                    "its writer finish first (settle, done_file)",
                    (long long)o->stat.st_size, (long long)now.st_size),
           0;
  if (now.st_mtim.tv_sec != o->stat.st_mtim.tv_sec || now.st_mtim.tv_nsec != o->stat.st_mtim.tv_nsec)
    return err_set (e, "changed while it was read: its modification time is another one; the next run reads it again"),
           0;
  return 1;
}

/* ---- from the source ---- */

size_t
run_objects_ahead (const struct run *r)
{
  return commit_n_ahead (r->commit);
}

static unsigned
feed_room (void *ctx)
{
  struct run *r = ctx;
  size_t ahead = run_objects_ahead (r) + run_decode_waiting (r);

  if (r->stopping || r->draining || ahead >= LIMIT_OPEN_OBJECTS || run_acks_are_many (r))
    return 0;
  return (unsigned)(LIMIT_OPEN_OBJECTS - ahead);
}

static void
set_plugin_view (struct object *o)
{
  o->as_plugin = (struct pen_object){ .size = sizeof o->as_plugin,
                                      .name = o->name,
                                      .length = o->growing ? o->announced : o->length,
                                      .mtime_ns = o->mtime_ns,
                                      .etag = o->etag,
                                      .opened_ns = o->opened_ns,
                                      .origin = o->origin,
                                      .key = o->key[0] ? o->key : NULL };
}

/* Small objects are in memory that nobody can write to any more, and need no descriptor of another kind. */
static int
is_sealed (int fd)
{
  const int all = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
  int seals = fcntl (fd, F_GET_SEALS); /* -1: of a file */

  return seals != -1 && (seals & all) == all;
}

static struct object *
add_object (struct run *r, const struct feed_object *f)
{
  struct object *o = xcalloc (1, sizeof *o);

  o->handle = f->handle;
  o->name = xstrdup (f->name);
  o->etag = f->etag && *f->etag ? xstrdup (f->etag) : NULL;
  o->origin = f->origin && *f->origin ? xstrdup (f->origin) : NULL;
  o->mtime_ns = f->mtime_ns;
  o->hole_fd = f->spooled && !is_sealed (f->fd) ? f->fd : -1;
  o->fd = o->hole_fd >= 0 ? run_spool_read_only (f->fd) : f->fd;
  o->length = f->length;
  o->announced = f->length;
  o->spooled = f->spooled;
  o->growing = f->growing;
  r->result->objects++;
  r->objects = xrealloc (r->objects, (r->n_objects + 1) * sizeof (struct object *));
  r->objects[r->n_objects++] = o;
  return o;
}

static void
close_fds (struct object *o)
{
  if (o->fd >= 0)
    close (o->fd);
  if (o->hole_fd >= 0)
    close (o->hole_fd);
  o->fd = o->hole_fd = -1;
}

static void
free_object (struct run *r, struct object *o)
{
  size_t i = 0;

  while (o->n_chunks)
    run_chunk_drop (r, o, o->chunks[o->n_chunks - 1]);
  while (r->objects[i] != o)
    i++;
  memmove (r->objects + i, r->objects + i + 1, (--r->n_objects - i) * sizeof (struct object *));
  close_fds (o);
  ledger_destroy (o->ledger);
  evidence_reader_fini (&o->evidence);
  distinct_destroy (o->distinct);
  for (i = 0; i < o->n_checkpoints; i++)
    blob_fini (&o->checkpoints[i].b);
  for (i = 0; i < LIMIT_STREAMS; i++)
    blob_fini (&o->resume[i]);
  free (o->checkpoints);
  free (o->chunks);
  free (o->cut_carry.p);
  free (o->last_after.p);
  free (o->last_end.p);
  free (o->twin);
  free (o->name);
  free (o->etag);
  free (o->origin);
  free (o);
}

/* Its place in the spool is free for others; what still comes of it is for nobody. */
static void
let_go (struct run *r, struct object *o)
{
  run_spool_release (r, o, 1);
  if (r->feed && o->growing && !o->encoded)
    feed_drop (r->feed, o->handle);
}

void
run_object_let_go (struct run *r, struct object *o)
{
  if (r->o->fresh_workers && seat_knows_object (run_cutter (r), (uint32_t)o->ord))
    seat_retire (run_cutter (r)); /* nor does its cut() see two objects in one process */
  for (size_t i = 0; i < r->n_seats; i++)
    seat_forget_object (r->seats[i], (uint32_t)o->ord);
  let_go (r, o);
  close_fds (o);
}

/* An object that cannot even be opened: noted, told, and gone. */
static void
give_up (struct run *r, struct object *o, const char *why)
{
  run_log (r, PEN_LOG_ERROR, "%s: %s", o->name, why);
  r->result->failed++;
  if (r->result->status < RUN_FAILED)
    r->result->status = RUN_FAILED;
  if (r->feed && !o->encoded)
    feed_again (r->feed, o->name, o->growing ? o->announced : o->length, o->mtime_ns);
  let_go (r, o);
  free_object (r, o);
}

/* It was on its way already: the next run's. */
static void
decline (struct run *r, const struct feed_object *f)
{
  close (f->fd);
  if (f->growing)
    feed_drop (r->feed, f->handle);
  if (f->spooled)
    feed_release (r->feed, f->available);
}

/* Is it what was announced? o->length is what is there. */
static int
is_as_announced (struct object *o, const struct feed_object *f, struct err *e)
{
  o->length = f->growing ? f->available : (uint64_t)o->stat.st_size;
  if (!f->growing && o->announced != UINT64_MAX && o->announced != o->length)
    return err_set (e, "changed while it was read: %llu bytes were announced, it has %llu",
                    (unsigned long long)o->announced, (unsigned long long)o->length),
           0;
  if (f->spooled && (uint64_t)o->stat.st_size < f->available)
    return err_set (e, "its file in the spool is shorter than the source says: somebody else has changed it, or the "
                       "source's plugin is wrong"),
           0;
  return 1;
}

struct object *
run_object_add (struct run *r, const struct feed_object *f, struct encoded *encoded)
{
  struct object *o;
  struct journal_object row = { 0 };
  int hash_first;
  struct err e;

  o = add_object (r, f);
  o->encoded = encoded;
  if (fstat (o->fd, &o->stat) == -1 || !S_ISREG (o->stat.st_mode))
    {
      give_up (r, o, "not a regular file");
      return NULL;
    }
  if (!is_as_announced (o, f, &e))
    {
      give_up (r, o, e.text);
      return NULL;
    }
  set_plugin_view (o);
  /* In object mode the intent makes it durable: nothing is visible before that. */
  if (r->journal
      && (journal_object_open (r->journal, &o->as_plugin, &row, &e) == -1
          || (r->o->mode == PEN_COMMIT_CHUNK && journal_flush (r->journal, &e) == -1)))
    {
      give_up (r, o, "its arrival cannot be noted");
      run_fail (r, RUN_FAILED, "%s", e.text);
      return NULL;
    }
  o->row = row.row;
  o->row_is_old = row.is_old;
  o->opened_ns = row.opened_ns ? row.opened_ns : o->mtime_ns;
  o->ord = r->next_ord++;
  r->bytes_seen += o->length;
  set_plugin_view (o);
  if (f->spooled && !f->growing)
    run_set_key (r, o, f->digest);
  o->ledger = run_ledger_create (r);
  hash_first = r->journal && (row.hash_first || r->o->mode == PEN_COMMIT_CHUNK);
  commit_on_object (r->commit, o->ord, hash_first && !o->growing);
  return o;
}

static void
feed_object (void *ctx, const struct feed_object *f)
{
  struct run *r = ctx;

  if (r->stopping)
    decline (r, f);
  else if (r->decoding)
    run_decode_take (r, f);
  else
    run_object_add (r, f, NULL);
  run_pump (r);
}

/* " (ORIGIN)", or nothing. */
static const char *
show_origin (const char *origin, char text[300])
{
  if (origin && *origin)
    snprintf (text, 300, " (%.290s)", origin);
  else
    text[0] = 0;
  return text;
}

static void
feed_broken (void *ctx, const char *name, const char *why, const char *origin)
{
  struct run *r = ctx;
  char text[300];
  struct err e;

  if (r->draining && !r->stopping && !*why) /* we have asked it to stop */
    {
      run_log (r, PEN_LOG_INFO, "%s: not whole yet; left to the next run", name);
      return;
    }
  if (!*why)
    why = "broken off by the source";
  run_log (r, PEN_LOG_ERROR, "%s: %s; nothing of it is visible%s", name, why, show_origin (origin, text));
  if (r->journal && journal_object_lost (r->journal, name, origin, why, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  r->result->objects++;
  r->result->failed++;
  if (r->result->status < RUN_FAILED)
    r->result->status = RUN_FAILED;
}

void
run_acked (struct run *r, const char *name, int64_t row, int ok)
{
  struct err e;

  if (r->journal && journal_acked (r->journal, row, ok, &e) == -1)
    run_fail (r, RUN_FAILED, "%s", e.text);
  if (ok)
    return;
  run_log (r, PEN_LOG_ERROR,
           "%s: the source could not acknowledge it; the next run will do that, nothing is loaded twice", name);
  if (r->result->status < RUN_FAILED)
    r->result->status = RUN_FAILED;
}

static void
feed_acked (void *ctx, uint32_t handle, int ok)
{
  struct run *r = ctx;

  if (!run_decode_acked (r, handle, ok) && !run_ack_done (r, handle, ok))
    for (size_t i = 0; i < r->n_objects; i++)
      if (r->objects[i]->handle == handle && !r->objects[i]->encoded)
        {
          run_acked (r, r->objects[i]->name, r->objects[i]->row, ok);
          commit_on_acked (r->commit, r->objects[i]->ord, ok);
          break;
        }
  run_pump (r);
}

static void
feed_done (void *ctx, int failed)
{
  struct run *r = ctx;

  r->feed_done = 1;
  if (r->o->follow && !failed && !r->draining && !r->stopping)
    run_log (r, PEN_LOG_WARN, "the source has ended by itself: it does not follow");
  if (failed) /* what it has handed over is whole, and goes its way */
    {
      run_log (r, PEN_LOG_ERROR, "the source did not finish");
      if (r->result->status < RUN_FAILED)
        r->result->status = RUN_FAILED;
    }
  run_pump (r);
}

static void
feed_log (void *ctx, int level, const char *text)
{
  struct run *r = ctx;
  run_log (r, level, "%s", text);
}

void
run_feed_calls (struct run *r, struct feed_calls *calls)
{
  *calls = (struct feed_calls){ .ctx = r,
                                .room = feed_room,
                                .object = feed_object,
                                .broken = feed_broken,
                                .acked = feed_acked,
                                .done = feed_done,
                                .log = feed_log };
  run_spool_calls (calls);
}

void
run_lend (struct seat *s, const struct object *o)
{
  seat_lend_object (s, (uint32_t)o->ord, o->fd, o->length, o->growing ? SEAT_LOAN_GROWING : SEAT_LOAN_WHOLE, o->name);
}

/* ---- chunks ---- */

void
run_carry_set (struct carry *c, const void *p, uint32_t n)
{
  c->p = xrealloc (c->p, n);
  if (n)
    memcpy (c->p, p, n);
  c->n = n;
}

struct chunk *
run_chunk (struct object *o, uint64_t seq, uint32_t gen)
{
  for (size_t i = 0; i < o->n_chunks; i++)
    if (o->chunks[i]->seq == seq && o->chunks[i]->gen == gen)
      return o->chunks[i];
  return NULL;
}

struct chunk *
run_chunk_add (struct object *o, uint64_t seq)
{
  struct chunk *c = xcalloc (1, sizeof *c);
  c->seq = seq;
  o->chunks = xrealloc (o->chunks, (o->n_chunks + 1) * sizeof (struct chunk *));
  o->chunks[o->n_chunks++] = c;
  return c;
}

void
run_chunk_drop (struct run *r, struct object *o, struct chunk *c)
{
  size_t i = 0;

  run_input_done (r, &c->input);
  while (o->chunks[i] != c)
    i++;
  memmove (o->chunks + i, o->chunks + i + 1, (--o->n_chunks - i) * sizeof (struct chunk *));
  for (i = 0; i < c->n_pieces; i++)
    seat_give_back (c->pieces[i].slot);
  for (i = 0; i < c->n_flying; i++)
    seat_give_back (c->flying[i].slot);
  free (c->flying);
  if (c->delivered_hash)
    XXH3_freeState (c->delivered_hash);
  if (c->skip_hash)
    XXH3_freeState (c->skip_hash);
  run_narrow_free (c->narrow);
  free (c->pieces);
  free (c->start.p);
  free (c->after.p);
  free (c->end.p);
  free (c);
}

/* Shape, beginning and end: enough to notice a parser that is not deterministic, and nothing that slows a good one. */
void
run_piece_hash (XXH3_state_t *state, const struct piece *p)
{
  uint32_t head[4] = { p->kind, p->stream, p->table, p->n };
  size_t edge = p->n < 64 ? p->n : 64;

  XXH3_64bits_update (state, head, sizeof head);
  XXH3_64bits_update (state, p->p, edge);
  XXH3_64bits_update (state, p->p + p->n - edge, edge);
}

/* ---- the end ---- */

static void
say_end (struct run *r, const struct object *o, int what)
{
  char from[300];

  show_origin (o->origin, from);
  switch (what)
    {
    case COMMIT_COMMITTED:
      run_log (r, PEN_LOG_DEBUG, "%s: accepted%s", o->name, from);
      break;
    case COMMIT_REFUSED:
      run_log (r, PEN_LOG_ERROR, "%s: refused, %s: %s%s", o->name,
               r->o->mode == PEN_COMMIT_OBJECT ? "nothing of it is visible" : "though parts of it may be visible",
               o->why[0] ? o->why : o->death, from);
      break;
    case COMMIT_SKIPPED:
      run_log (r, PEN_LOG_INFO, "%s: skipped: the same content was loaded before as %s%s", o->name,
               o->twin ? o->twin : o->name, from);
      break;
    default:
      if (o->why[0])
        run_log (r, PEN_LOG_ERROR, "%s: not loaded: %s%s", o->name, o->why, from);
    }
}

static void
count_end (struct run *r, const struct object *o, int what)
{
  struct run_result *res = r->result;

  res->accepted += what == COMMIT_COMMITTED;
  res->refused += what == COMMIT_REFUSED;
  res->skipped += what == COMMIT_SKIPPED;
  res->failed += what == COMMIT_ABORTED || what == COMMIT_UNFINISHED;
  res->bytes += o->length;
  if (what == COMMIT_REFUSED && res->status < RUN_REJECTED)
    res->status = RUN_REJECTED;
  if ((what == COMMIT_ABORTED || what == COMMIT_UNFINISHED) && res->status < RUN_FAILED)
    res->status = RUN_FAILED;
}

void
run_object_close (struct run *r, struct object *o, int what)
{
  if (o->superseded)
    r->result->objects--;
  else
    {
      say_end (r, o, what);
      count_end (r, o, what);
    }
  if (o->ends_run)
    run_fail (r, RUN_REJECTED, "%s: a record is refused, and on_reject is \"fail\": the run ends", o->name);
  if (what == COMMIT_ABORTED && r->feed && !o->encoded)
    feed_again (r->feed, o->name, o->growing ? o->announced : o->length, o->mtime_ns);
  if (o->encoded)
    run_decode_closed (r, o, what);
  run_object_let_go (r, o);
  free_object (r, o);
  if (r->feed)
    feed_more (r->feed);
}
