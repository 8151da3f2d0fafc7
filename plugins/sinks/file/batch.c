/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - many small objects published at once: their files reach the disk side by side, and a directory is synced once
 * for all that were renamed in it.
 *
 * A sealed object is a sink of its own that has nothing but its streams: what may be done with it does not depend on which
 * thread the others are at. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYNCERS 4 /* threads that wait for the disk, this one included */

static void
free_sealed (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams; i++)
    {
      file_part_discard (&f->stream[i]);
      file_close (&f->stream[i].fd);
      file_close (&f->stream[i].dir);
    }
  free (f->stream);
  free (f);
}

void
file_discard (void *self, void *sealed)
{
  (void)self;
  free_sealed (sealed);
}

int
file_seal (void *self, const struct pen_object *o, void **sealed)
{
  struct file_sink *f = self, *to;

  (void)o;
  if (!f->mode || f->broken)
    return f->host->fail (f->host->ctx, "%s cannot be published: writing it has failed", f->o->path);
  if (file_settle (f))
    return PEN_ERR;
  to = malloc (sizeof *to);
  if (to)
    to->stream = calloc (f->n_streams, sizeof *to->stream);
  if (!to || !to->stream)
    {
      free (to);
      return f->host->fail (f->host->ctx, "out of memory");
    }
  *to = (struct file_sink){ .host = f->host,
                            .o = f->o,
                            .file_mode = f->file_mode,
                            .n_streams = f->n_streams,
                            .stream = to->stream,
                            .tally = f->tally };
  for (size_t i = 0; i < f->n_streams; i++)
    {
      struct file_stream *s = &f->stream[i];
      uint8_t *buf = s->buf;
      /* only a hint: errors come back from fsync */
      sync_file_range (s->fd, (off_t)s->kicked, 0, SYNC_FILE_RANGE_WRITE);
      to->stream[i] = *s;
      to->stream[i].buf = NULL;
      *s = FILE_STREAM_NONE;
      s->buf = buf;
    }
  f->mode = 0;
  *sealed = to;
  return PEN_OK;
}

/* ---- files, several at a time ---- */

struct sync_job
{
  struct pen_sealed *v;
  size_t n;
  _Atomic size_t next;
};

/* One object's files; its own status says how it went. The text of a failure is the thread's own, so it is told again by
 * whoever publishes. */
static void *
sync_files (void *ctx)
{
  struct sync_job *j = ctx;
  size_t i;

  while ((i = atomic_fetch_add (&j->next, 1)) < j->n)
    {
      struct file_sink *f = j->v[i].sealed;
      if (j->v[i].status != PEN_RETRY)
        continue;
      for (size_t k = 0; k < f->n_streams && !f->broken; k++)
        while (fsync (f->stream[k].fd) == -1)
          if (errno != EINTR)
            {
              f->broken = errno;
              break;
            }
    }
  return NULL;
}

static void
sync_all (struct pen_sealed *v, size_t n)
{
  struct sync_job j = { .v = v, .n = n };
  pthread_t thread[SYNCERS - 1];
  size_t started = 0, want = n / 4 < SYNCERS - 1 ? n / 4 : SYNCERS - 1;

  while (started < want && pthread_create (&thread[started], NULL, sync_files, &j) == 0)
    started++;
  sync_files (&j);
  while (started)
    pthread_join (thread[--started], NULL);
}

/* ---- directories, each once ---- */

static int
has_dir (const struct file_sink *f, const struct stat *st)
{
  struct stat other;

  for (size_t s = 0; s < f->n_streams; s++)
    if (fstat (f->stream[s].dir, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino)
      return 1;
  return 0;
}

/* After all renames: one fsync covers whatever was renamed in a directory. done: those whose directories are synced. */
static int
sync_dirs (struct file_sink *f, struct file_sink *const *done, size_t n)
{
  for (size_t s = 0; s < f->n_streams; s++)
    {
      struct stat st;
      size_t k = 0;
      if (fstat (f->stream[s].dir, &st) == 0)
        while (k < n && !has_dir (done[k], &st))
          k++;
      if (k == n && file_sync (f, f->stream[s].dir, "the directory"))
        return PEN_ERR;
    }
  return PEN_OK;
}

static int
place (struct file_sink *f)
{
  int failed = f->broken;

  if (!failed)
    return file_place (f);
  errno = failed;
  return file_fail (f, "fsync", f->stream[0].name);
}

void
file_publish_many (void *self, struct pen_sealed *v, size_t n)
{
  struct file_sink *done[n]; /* a batch is small */
  int renamed[n];
  size_t n_done = 0;

  (void)self;
  sync_all (v, n);
  for (size_t i = 0; i < n; i++)
    renamed[i] = v[i].status == PEN_RETRY && place (v[i].sealed) == PEN_OK;
  for (size_t i = 0; i < n; i++)
    {
      struct file_sink *f = v[i].sealed;
      if (v[i].status != PEN_RETRY)
        continue;
      v[i].tally.rows = UINT64_MAX;
      v[i].tally.bytes = f->tally.bytes;
      v[i].status = renamed[i] && sync_dirs (f, done, n_done) == PEN_OK ? PEN_OK : PEN_ERR;
      if (v[i].status == PEN_OK)
        done[n_done++] = f;
      else
        free_sealed (f);
    }
  while (n_done)
    free_sealed (done[--n_done]);
}
