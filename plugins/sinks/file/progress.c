/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - chunk mode: how much of the growing files is committed, in a sidecar with two alternating records.
 *
 * The sidecar .NAME.ckpt (NAME of the first stream) has two slots; record number `gen` goes to slot gen % 2 after the
 * data that it speaks of was synced, so that a torn record leaves the one before it whole. The record, in the machine's
 * byte order, is: struct record, the committed length of each stream, the host's checkpoint, a 64-bit FNV-1a sum of it
 * all. It is locked (flock) by the process that writes the object. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT (256 * 1024)
#define MAGIC "PENCKPT1"

enum state
{
  STATE_RUNNING = 1,
  STATE_DONE,
};
struct record
{
  char magic[8];
  uint64_t gen, next_seq, rows, bytes;
  uint64_t ident; /* which object: pipeline, sink, name, when first seen */
  uint32_t state, n_streams, blob_len, zero;
  char key[FILE_KEY_MAX]; /* of a finished object */
};

static uint64_t
fnv (uint64_t h, const void *data, size_t n)
{
  const uint8_t *p = data;

  while (n--)
    h = (h ^ *p++) * 0x100000001b3ULL;
  return h;
}
#define FNV_START 0xcbf29ce484222325ULL

static uint64_t
identify (const struct pen_object *o, const struct pen_begin *b)
{
  uint64_t h = fnv (FNV_START, b->pipeline, strlen (b->pipeline) + 1);

  h = fnv (h, b->sink, strlen (b->sink) + 1);
  h = fnv (h, o->name, strlen (o->name) + 1);
  return fnv (h, &o->opened_ns, sizeof o->opened_ns);
}

/* ---- records ---- */

/* Reads slot i into buf (SLOT bytes); NULL where there is no whole record for n streams. */
static const struct record *
read_slot (int fd, int i, size_t n_streams, uint8_t *buf)
{
  const struct record *r = (const struct record *)(const void *)buf;
  ssize_t n = pread (fd, buf, SLOT, (off_t)i * SLOT);
  uint64_t sum, want;
  size_t len;

  if (n < (ssize_t)sizeof *r || memcmp (r->magic, MAGIC, 8) != 0 || r->n_streams != n_streams || r->blob_len > SLOT)
    return NULL;
  len = sizeof *r + n_streams * 8 + r->blob_len;
  if (len + 8 > (size_t)n)
    return NULL;
  sum = fnv (FNV_START, buf, len);
  memcpy (&want, buf + len, 8);
  return sum == want ? r : NULL;
}

/* The newest whole record of the sidecar, in buf (2 * SLOT bytes); NULL where there is none. */
static const struct record *
read_newest (struct file_sink *f, uint8_t *buf)
{
  const struct record *a = read_slot (f->progress.fd, 0, f->n_streams, buf);
  const struct record *b = read_slot (f->progress.fd, 1, f->n_streams, buf + SLOT);

  return !a || (b && b->gen > a->gen) ? b : a;
}

static int
pwrite_all (int fd, const uint8_t *p, size_t n, off_t at)
{
  while (n)
    {
      ssize_t w = pwrite (fd, p, n, at);
      if (w == -1 && errno == EINTR)
        continue;
      if (w <= 0)
        return -1;
      p += w;
      n -= (size_t)w;
      at += w;
    }
  return 0;
}

/* Makes what the streams hold now, and `p`, the durable state. The data itself is synced already. */
static int
write_record (struct file_sink *f, enum state state, const char *key)
{
  struct file_progress *p = &f->progress;
  struct record r = { .magic = MAGIC,
                      .gen = p->gen + 1,
                      .next_seq = p->next_seq,
                      .rows = f->tally.rows,
                      .bytes = f->tally.bytes,
                      .ident = p->ident,
                      .state = state,
                      .n_streams = (uint32_t)f->n_streams,
                      .blob_len = (uint32_t)p->blob_len };
  size_t len = sizeof r + f->n_streams * 8 + p->blob_len;
  uint8_t *buf, *at;
  uint64_t sum;
  int bad;

  if (len + 8 > SLOT)
    return f->host->fail (f->host->ctx, "a checkpoint of %zu bytes is too long for %s", p->blob_len, p->name);
  buf = malloc (len + 8);
  if (!buf)
    return f->host->fail (f->host->ctx, "out of memory");
  if (key)
    snprintf (r.key, sizeof r.key, "%s", key);
  memcpy (buf, &r, sizeof r);
  at = buf + sizeof r;
  for (size_t i = 0; i < f->n_streams; i++, at += 8)
    memcpy (at, &f->stream[i].length, 8);
  if (p->blob_len)
    memcpy (at, p->blob, p->blob_len);
  sum = fnv (FNV_START, buf, len);
  memcpy (buf + len, &sum, 8);
  bad = pwrite_all (p->fd, buf, len + 8, (off_t)(r.gen % 2) * SLOT);
  free (buf);
  if (bad)
    return file_fail (f, "write", p->name);
  if (file_sync (f, p->fd, p->name))
    return PEN_ERR;
  p->gen++;
  return PEN_OK;
}

/* ---- beginning ---- */

static int
open_sidecar (struct file_sink *f)
{
  struct file_progress *p = &f->progress;
  int n = snprintf (p->name, sizeof p->name, ".%s.ckpt", f->stream[0].name);

  if (n >= (int)sizeof p->name)
    return f->host->fail (f->host->ctx, "the name %s is too long for a checkpoint file beside it", f->stream[0].name);
  p->dir = f->stream[0].dir;
  p->fd = openat (p->dir, p->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (p->fd == -1)
    return file_fail (f, "open", p->name);
  if (flock (p->fd, LOCK_EX | LOCK_NB) == 0)
    return PEN_OK;
  if (errno != EWOULDBLOCK)
    return file_fail (f, "lock", p->name);
  f->host->fail (f->host->ctx, "%s is being written by another process", f->stream[0].name);
  return PEN_RETRY;
}

/* No final file may be there that is not ours; then the claim is made durable before the first of them is created. */
static int
claim (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams && !f->o->overwrite; i++)
    {
      struct stat st;
      if (fstatat (f->stream[i].dir, f->stream[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        {
          if (!f->progress.gen)
            unlinkat (f->progress.dir, f->progress.name, 0); /* made a moment ago */
          f->broken = 1;
          return f->host->fail (f->host->ctx, "%s exists: not replaced (overwrite = true would)", f->stream[i].name);
        }
      if (errno != ENOENT)
        return file_fail (f, "look for", f->stream[i].name);
    }
  if (write_record (f, STATE_RUNNING, NULL))
    return PEN_ERR;
  return file_sync (f, f->progress.dir, "the directory");
}

/* Opens a growing file at its committed length; what is behind that was never committed. */
static int
open_stream (struct file_sink *f, struct file_stream *s, uint64_t length)
{
  struct stat st;

  s->fd = openat (s->dir, s->name, O_RDWR | (length ? 0 : O_CREAT) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, f->file_mode);
  if (s->fd == -1 && errno != ENOENT)
    return file_fail (f, "open", s->name);
  if (s->fd >= 0 && fstat (s->fd, &st))
    return file_fail (f, "stat", s->name);
  f->broken = 1;
  if (s->fd == -1 || (uint64_t)st.st_size < length)
    return f->host->fail (f->host->ctx,
                          "committed data missing: %s has %lld bytes, %llu were committed; put it back as it was, or "
                          "load the object anew under another state",
                          s->name, s->fd == -1 ? 0 : (long long)st.st_size, (unsigned long long)length);
  if (!S_ISREG (st.st_mode))
    return f->host->fail (f->host->ctx, "%s is not a regular file: with commit = \"chunk\" it has to be one", s->name);
  if (!length && fchmod (s->fd, f->file_mode))
    return file_fail (f, "set the mode of", s->name);
  if ((uint64_t)st.st_size > length && (ftruncate (s->fd, (off_t)length) || file_sync (f, s->fd, s->name)))
    return file_fail (f, "truncate", s->name);
  if (lseek (s->fd, (off_t)length, SEEK_SET) == -1)
    return file_fail (f, "seek in", s->name);
  f->broken = 0;
  s->length = s->kicked = length;
  return PEN_OK;
}

static int
take_over (struct file_sink *f, const struct record *r)
{
  struct file_progress *p = &f->progress;
  const uint8_t *after = (const uint8_t *)(r + 1) + f->n_streams * 8;

  free (p->blob);
  p->blob = malloc (r->blob_len + 1u);
  if (!p->blob)
    return f->host->fail (f->host->ctx, "out of memory");
  memcpy (p->blob, after, r->blob_len);
  p->blob_len = r->blob_len;
  p->next_seq = r->next_seq;
  f->tally.rows = r->rows;
  f->tally.bytes = r->bytes;
  return PEN_OK;
}

static int
start_over (struct file_sink *f)
{
  f->progress.next_seq = 0;
  f->progress.blob_len = 0;
  return claim (f);
}

static int
open_streams (struct file_sink *f, const struct record *r)
{
  for (size_t i = 0; i < f->n_streams; i++)
    {
      uint64_t length = 0;
      if (r)
        memcpy (&length, (const uint8_t *)(r + 1) + i * 8, 8);
      if (open_stream (f, &f->stream[i], length))
        return PEN_ERR;
      if (!length && file_put (f, &f->stream[i], f->table[i].head))
        return PEN_ERR;
    }
  return PEN_OK;
}

static int
begin_with (struct file_sink *f, const struct record *r, const struct pen_object *o, uint64_t *next_seq)
{
  struct file_progress *p = &f->progress;
  int ours = r && r->ident == p->ident;

  p->gen = r ? r->gen : 0;
  if (r && r->state == STATE_DONE && (ours || (o->key && strncmp (o->key, r->key, sizeof r->key) == 0)))
    {
      *next_seq = PEN_SEQ_DONE;
      f->tally.bytes = r->bytes;
      return PEN_OK;
    }
  if (r && r->state == STATE_RUNNING && !ours && !f->o->overwrite)
    return f->host->fail (f->host->ctx, "%s is the unfinished output of another object", f->stream[0].name);
  if (r && r->state == STATE_RUNNING && ours)
    {
      if (take_over (f, r))
        return PEN_ERR;
    }
  else
    {
      r = NULL;
      if (start_over (f))
        return PEN_ERR;
    }
  *next_seq = p->next_seq;
  return open_streams (f, r);
}

int
file_progress_begin (struct file_sink *f, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
                     struct pen_span *checkpoint)
{
  uint8_t *buf;
  int r;

  f->progress.ident = identify (o, b);
  if ((r = open_sidecar (f)) != PEN_OK)
    return r;
  buf = calloc (2, SLOT);
  if (!buf)
    return f->host->fail (f->host->ctx, "out of memory");
  r = begin_with (f, read_newest (f, buf), o, next_seq);
  free (buf);
  if (r == PEN_OK && *next_seq && *next_seq != PEN_SEQ_DONE)
    *checkpoint = (struct pen_span){ f->progress.blob, f->progress.blob_len };
  return r;
}

/* ---- going on, ending ---- */

static int
sync_streams (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams; i++)
    if (file_flush (f, &f->stream[i]) || file_sync (f, f->stream[i].fd, f->stream[i].name))
      return PEN_ERR;
  if (f->progress.next_seq)
    return PEN_OK;
  for (size_t i = 0; i < f->n_streams; i++) /* their names are new */
    if (file_sync (f, f->stream[i].dir, "the directory"))
      return PEN_ERR;
  return PEN_OK;
}

int
file_progress_commit (struct file_sink *f, uint64_t seq, struct pen_span checkpoint)
{
  struct file_progress *p = &f->progress;
  uint8_t *blob;

  if (seq + 1 <= p->next_seq)
    return PEN_OK; /* said before */
  if (seq < f->last_seq)
    {
      f->broken = 1;
      return f->host->fail (f->host->ctx, "chunk %llu cannot be committed without chunk %llu, which is written already",
                            (unsigned long long)seq, (unsigned long long)f->last_seq);
    }
  blob = malloc (checkpoint.n + 1);
  if (!blob)
    return f->host->fail (f->host->ctx, "out of memory");
  if (checkpoint.n)
    memcpy (blob, checkpoint.p, checkpoint.n);
  free (p->blob);
  p->blob = blob;
  p->blob_len = checkpoint.n;
  if (sync_streams (f))
    return PEN_ERR;
  p->next_seq = seq + 1;
  if (write_record (f, STATE_RUNNING, NULL))
    {
      f->broken = 1;
      return PEN_ERR;
    }
  return PEN_OK;
}

int
file_progress_finish (struct file_sink *f, const struct pen_object *o, int accepted)
{
  struct file_progress *p = &f->progress;

  if (p->fd < 0)
    return PEN_OK;
  if (!accepted)
    {
      for (size_t i = 0; i < f->n_streams; i++)
        if (f->stream[i].fd >= 0)
          unlinkat (f->stream[i].dir, f->stream[i].name, 0);
      if (f->stream[0].fd >= 0)
        unlinkat (p->dir, p->name, 0);
      return file_sync (f, p->dir, "the directory");
    }
  if (f->stream[0].fd < 0)
    return PEN_OK; /* was done when it began */
  p->blob_len = 0;
  return sync_streams (f) ? PEN_ERR : write_record (f, STATE_DONE, o->key);
}

void
file_progress_close (struct file_sink *f)
{
  file_close (&f->progress.fd);
}
