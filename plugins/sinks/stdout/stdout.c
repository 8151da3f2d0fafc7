/* SPDX-License-Identifier: Apache-2.0 */
/* stdout.c - the standard output sink: an object waits in a nameless file until it is accepted, then goes out in one
 * go.
 *
 * All objects of a run make one stream: its first bytes (a CSV header) are written once, before the first object. */
#include <penstock/plugin.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define BUFFER (1 << 20) /* an object up to this size needs no file */

struct out
{
  const struct pen_host *host;
  struct pen_span head;
  int head_done;
  int mode;  /* enum pen_commit_mode; 0: no object is open */
  int spool; /* -1: everything is in buf still */
  int broken;
  uint8_t *buf;
  size_t used;
  uint64_t bytes;
};

static int
out_create (const struct pen_host *host, const void *options, void **self)
{
  struct out *s = calloc (1, sizeof *s);

  (void)options;
  if (s)
    s->buf = malloc (BUFFER);
  if (!s || !s->buf)
    {
      free (s);
      return host->fail (host->ctx, "out of memory");
    }
  s->host = host;
  s->spool = -1;
  *self = s;
  return PEN_OK;
}

static void
reset (struct out *s)
{
  if (s->spool >= 0)
    close (s->spool);
  s->spool = -1;
  s->used = 0;
  s->mode = s->broken = 0;
}

static void
out_destroy (void *self)
{
  struct out *s = self;

  reset (s);
  free (s->buf);
  free (s);
}

static int
out_per_table (void *self)
{
  (void)self;
  return 0;
}

static int
out_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema)
{
  (void)self, (void)table, (void)name, (void)schema; /* bytes are opaque here */
  return PEN_OK;
}

static int
out_head (void *self, unsigned table, struct pen_span bytes)
{
  if (table == 0)
    ((struct out *)self)->head = bytes;
  return PEN_OK;
}

static int
fail (struct out *s, const char *action)
{
  s->broken = 1;
  if (errno == EPIPE)
    return s->host->fail (s->host->ctx, "standard output: reader closed");
  return s->host->fail (s->host->ctx, "cannot %s: %s", action, strerror (errno));
}

static int
write_all (int fd, const uint8_t *p, size_t n)
{
  while (n)
    {
      ssize_t w = write (fd, p, n);
      if (w == -1 && errno == EINTR)
        continue;
      if (w == -1 && errno == EAGAIN)
        {
          /* Somebody made the terminal or pipe non-blocking; wait as a blocking write would. */
          fd_set set;
          FD_ZERO (&set);
          FD_SET (fd, &set);
          if (pselect (fd + 1, NULL, &set, NULL, NULL, NULL) >= 0 || errno == EINTR)
            continue;
        }
      if (w <= 0)
        return -1;
      p += w;
      n -= (size_t)w;
    }
  return 0;
}

/* Writes to standard output; a reader that went away is an error here, never a signal. */
static int
emit_bytes (struct out *s, const uint8_t *p, size_t n)
{
  sigset_t pipe_only, before, pending;
  struct timespec none = { 0, 0 };
  int r, e, was_pending;

  sigemptyset (&pipe_only);
  sigaddset (&pipe_only, SIGPIPE);
  sigpending (&pending);
  was_pending = sigismember (&pending, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &pipe_only, &before);
  r = write_all (STDOUT_FILENO, p, n);
  e = errno;
  if (r && e == EPIPE && !was_pending)
    while (sigtimedwait (&pipe_only, NULL, &none) == -1 && errno == EINTR)
      ;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  errno = e;
  return r ? fail (s, "write to standard output") : PEN_OK;
}

static int
emit (struct out *s, const uint8_t *p, size_t n)
{
  if (!s->head_done)
    {
      if (emit_bytes (s, s->head.p, s->head.n))
        return PEN_ERR;
      s->head_done = 1;
    }
  return emit_bytes (s, p, n);
}

/* A file without a name, gone with this process. */
static int
open_spool (struct out *s)
{
  const char *dir = getenv ("TMPDIR");
  char path[PATH_MAX];

  if (!dir || *dir != '/')
    dir = "/tmp";
  s->spool = open (dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (s->spool >= 0)
    return PEN_OK;
  snprintf (path, sizeof path, "%s/penstock.XXXXXX", dir);
  s->spool = mkostemp (path, O_CLOEXEC);
  if (s->spool == -1)
    return fail (s, "make a temporary file in $TMPDIR");
  unlink (path);
  return PEN_OK;
}

static int
out_begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
           struct pen_span *checkpoint)
{
  struct out *s = self;

  (void)o;
  reset (s);
  s->mode = b->mode;
  s->bytes = 0;
  *next_seq = 0; /* what went out in an earlier life is the reader's affair */
  checkpoint->p = NULL;
  checkpoint->n = 0;
  return PEN_OK;
}

static int
to_spool (struct out *s, const uint8_t *p, size_t n)
{
  if (s->spool == -1 && open_spool (s))
    return PEN_ERR;
  return write_all (s->spool, p, n) ? fail (s, "write the temporary file in $TMPDIR") : PEN_OK;
}

static int
drain (struct out *s)
{
  size_t n = s->used;

  s->used = 0;
  if (!n)
    return PEN_OK;
  return s->mode == PEN_COMMIT_CHUNK ? emit (s, s->buf, n) : to_spool (s, s->buf, n);
}

static int
out_write (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows)
{
  struct out *s = self;

  (void)seq, (void)table, (void)rows;
  if (!s->mode || s->broken)
    return s->host->fail (s->host->ctx, "a write to standard output after its failure or without an object");
  if (body.n > BUFFER - s->used && drain (s))
    return PEN_ERR;
  s->bytes += body.n;
  if (body.n >= BUFFER)
    return s->mode == PEN_COMMIT_CHUNK ? emit (s, body.p, body.n) : to_spool (s, body.p, body.n);
  if (body.n)
    memcpy (s->buf + s->used, body.p, body.n);
  s->used += body.n;
  return PEN_OK;
}

static int
out_commit (void *self, uint64_t seq, struct pen_span checkpoint)
{
  struct out *s = self;

  (void)seq, (void)checkpoint;
  if (s->mode != PEN_COMMIT_CHUNK || s->broken)
    return s->host->fail (s->host->ctx, "a commit to standard output after its failure or without an object");
  return drain (s);
}

static int
copy_spool (struct out *s)
{
  for (off_t at = 0;;)
    {
      ssize_t n = pread (s->spool, s->buf, BUFFER, at);
      if (n == -1 && errno == EINTR)
        continue;
      if (n == -1)
        return fail (s, "read the temporary file in $TMPDIR");
      if (n == 0)
        return PEN_OK;
      if (emit (s, s->buf, (size_t)n))
        return PEN_ERR;
      at += n;
    }
}

static int
publish (struct out *s)
{
  if (s->spool == -1 || s->mode == PEN_COMMIT_CHUNK)
    return emit (s, s->buf, s->used);
  return drain (s) ? PEN_ERR : copy_spool (s);
}

static int
out_finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally)
{
  struct out *s = self;
  int r = PEN_OK;

  (void)o;
  if (accepted)
    r = s->mode && !s->broken ? publish (s) : s->host->fail (s->host->ctx, "standard output: writing to it has failed");
  reset (s);
  if (r != PEN_OK)
    return r;
  tally->rows = UINT64_MAX;
  tally->bytes = s->bytes;
  return PEN_OK;
}

static const struct pen_sink out_sink = {
  .size = sizeof (struct pen_sink),
  .default_encoder = "jsonl",
  .create = out_create,
  .per_table = out_per_table,
  .table = out_table,
  .head = out_head,
  .begin = out_begin,
  .write = out_write,
  .commit = out_commit,
  .finish = out_finish,
  .destroy = out_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "stdout",
  .version = "1",
  .summary = "standard output, object by object",
  .doc =
      "commit = object: what an object gives is kept in memory up to 1 MiB, then in a nameless file in $TMPDIR, and "
      "written to standard output once the whole object was accepted. commit = chunk: it is written as it comes. All "
      "objects make one stream; a header is written once. Standard output has no memory of an earlier run: after a "
      "crash "
      "an object that was not finished is written again from its start.",
  .sink = &out_sink,
};
