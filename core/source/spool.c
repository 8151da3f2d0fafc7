/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c - an object's bytes until the host has them: in memory while they are few, then in an unlinked file of the spool.
 *
 * A small object in a file of its own costs more than its bytes: an inode made, written back and deleted again. */
#include "core/source/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/limits.h"

int
spool_begin (struct spool *s, struct spool_object *o)
{
  if (o->fd >= 0)
    return 0;
  o->is_small = s->in_memory < LIMIT_SMALL_OPEN;
  if (o->is_small)
    o->fd = memfd_create ("penstock-object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (o->fd == -1)
    {
      o->is_small = 0;
      o->fd = open (s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    }
  if (o->fd == -1)
    return -1;
  o->fingerprint = XXH3_createState ();
  XXH3_128bits_reset (o->fingerprint);
  return 0;
}

static int
write_all (int fd, const uint8_t *p, size_t n, uint64_t at, size_t *done)
{
  *done = 0;
  while (*done < n)
    {
      ssize_t k = pwrite (fd, p + *done, n - *done, (off_t)(at + *done));
      if (k == -1 && errno == EINTR)
        continue;
      if (k <= 0)
        return -1;
      *done += (size_t)k;
    }
  return 0;
}

int
spool_to_disk (struct spool *s, struct spool_object *o)
{
  CLEANUP_FD int fd = -1;
  uint8_t buf[16 * KIB];
  size_t done;

  if (!o->is_small)
    return 0;
  fd = open (s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd == -1)
    return -1;
  for (uint64_t at = 0; at < o->written; at += done)
    {
      ssize_t n = pread (o->fd, buf, sizeof buf, (off_t)at);
      if (n <= 0)
        return -1;
      if (write_all (fd, buf, (size_t)n, at, &done) == -1)
        return -1;
    }
  close (o->fd);
  o->fd = steal_fd (&fd);
  o->is_small = 0;
  s->in_memory -= o->written;
  return 0;
}

int
spool_append (struct spool *s, struct spool_object *o, const void *p, size_t n, size_t *done)
{
  int rc;

  *done = 0;
  if (o->is_small && (o->written + n > LIMIT_SMALL_OBJECT || s->in_memory + n > LIMIT_SMALL_OPEN)
      && spool_to_disk (s, o) == -1)
    return -1;
  rc = write_all (o->fd, p, n, o->written, done);
  XXH3_128bits_update (o->fingerprint, p, *done);
  o->written += *done;
  if (o->is_small)
    s->in_memory += *done;
  return rc;
}

void
spool_seal (struct spool_object *o)
{
  if (o->is_small) /* without it the host opens it anew, to read only: no harm if this fails */
    fcntl (o->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

void
spool_end (struct spool *s, struct spool_object *o)
{
  if (o->is_small)
    s->in_memory -= o->written;
  if (o->fd >= 0)
    close (o->fd);
  XXH3_freeState (o->fingerprint);
}
