/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - bytes to one file: large spans straight from the caller's memory, small ones gathered, writeback started
 * early so that the final fsync has little left to do. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define WRITEBACK (8 << 20) /* bytes */
/* Bytes of one call. Some file systems take memory for it in one piece, and large pieces are those that a virtual machine has
 * handed back to its host: in calls of 1 MiB ext4 took ten times as long there. */
#define STEP (128 << 10)

int
file_fail (struct file_sink *f, const char *action, const char *name)
{
  int why = errno;

  f->broken = 1;
  if (strchr (name, '/'))
    return f->host->fail (f->host->ctx, "cannot %s %s: %s", action, name, strerror (why));
  return f->host->fail (f->host->ctx, "cannot %s %s (%s): %s", action, name, f->o->path, strerror (why));
}

void
file_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static int
write_all (struct file_sink *f, struct file_stream *s, const uint8_t *p, size_t n)
{
  while (n)
    {
      ssize_t w = write (s->fd, p, n < STEP ? n : STEP);
      if (w == -1 && errno == EINTR)
        continue;
      if (w == 0)
        errno = EIO;
      if (w <= 0)
        return file_fail (f, "write", s->name);
      p += w;
      n -= (size_t)w;
      s->length += (uint64_t)w;
    }
  if (s->length - s->kicked >= WRITEBACK)
    {
      /* Only a hint: errors come back from fsync. */
      sync_file_range (s->fd, (off_t)s->kicked, (off_t)(s->length - s->kicked), SYNC_FILE_RANGE_WRITE);
      s->kicked = s->length;
    }
  return PEN_OK;
}

int
file_flush (struct file_sink *f, struct file_stream *s)
{
  size_t n = s->used;

  s->used = 0;
  return n ? write_all (f, s, s->buf, n) : PEN_OK;
}

/* What was gathered and a large span, in one call as far as the kernel takes them. */
static int
write_both (struct file_sink *f, struct file_stream *s, struct pen_span bytes)
{
  size_t more = bytes.n < STEP - s->used ? bytes.n : STEP - s->used; /* a buffer is smaller than that */
  struct iovec part[2] = { { s->buf, s->used }, { (void *)(uintptr_t)bytes.p, more } };
  ssize_t w;

  do
    w = writev (s->fd, part, 2);
  while (w == -1 && errno == EINTR);
  if (w == -1)
    return file_fail (f, "write", s->name);
  s->length += (uint64_t)w;
  if ((size_t)w < s->used)
    {
      memmove (s->buf, s->buf + w, s->used - (size_t)w);
      s->used -= (size_t)w;
      return file_flush (f, s) ? PEN_ERR : write_all (f, s, bytes.p, bytes.n);
    }
  w -= (ssize_t)s->used;
  s->used = 0;
  return write_all (f, s, bytes.p + w, bytes.n - (size_t)w);
}

int
file_put (struct file_sink *f, struct file_stream *s, struct pen_span bytes)
{
  if (bytes.n >= FILE_DIRECT && bytes.n > FILE_BUFFER - s->used)
    return write_both (f, s, bytes);
  if (bytes.n > FILE_BUFFER - s->used && file_flush (f, s))
    return PEN_ERR;
  if (bytes.n)
    memcpy (s->buf + s->used, bytes.p, bytes.n);
  s->used += bytes.n;
  return PEN_OK;
}

int
file_sync (struct file_sink *f, int fd, const char *name)
{
  int r;

  do
    r = fsync (fd);
  while (r == -1 && errno == EINTR);
  return r == 0 ? PEN_OK : file_fail (f, "fsync", name);
}
