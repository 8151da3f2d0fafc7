/* SPDX-License-Identifier: Apache-2.0 */
/* part.c - a large file's download in a file that outlives the run: what of it is there is proved before it is believed.
 *
 * One such file lies in the state directory at a time. After each STEP it is flushed, and then noted how far it has come and which
 * fingerprint that has. A later run goes on behind what was noted, if the server's file has still the same size and time and what
 * is on the disk has still that fingerprint; else it begins anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "sftp.h"

#define STEP (UINT64_C (4) << 20)

struct sftp_part
{
  struct sftp_source *s;
  const char *name;
  const struct pen_identity *is;
  char path[4300];
  int fd;
  uint64_t got, noted;
  XXH3_state_t *hash;
};

static void
path_of_part (const struct sftp_source *s, char path[4300])
{
  snprintf (path, 4300, "%s/sftp.part", s->in->state_dir);
}

/* Reads what should be there: PEN_OK where all of it is what was noted. */
static int
prove (struct sftp_part *p, uint64_t got, uint64_t hash)
{
  uint8_t buf[65536];

  p->fd = open (p->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (p->fd == -1)
    return PEN_ERR;
  while (p->got < got)
    {
      size_t most = got - p->got < sizeof buf ? (size_t)(got - p->got) : sizeof buf;
      ssize_t n = pread (p->fd, buf, most, (off_t)p->got);
      if (n == -1 && errno == EINTR)
        continue;
      if (n <= 0)
        return PEN_ERR;
      XXH3_64bits_update (p->hash, buf, (size_t)n);
      p->got += (uint64_t)n;
    }
  p->noted = p->got;
  return XXH3_64bits_digest (p->hash) == hash && ftruncate (p->fd, (off_t)got) == 0 ? PEN_OK : PEN_ERR;
}

/* The old file may still be read by the host: it is replaced, never emptied. */
static int
begin_anew (struct sftp_part *p, char why[SFTP_WHY])
{
  if (p->fd >= 0)
    close (p->fd);
  XXH3_64bits_reset (p->hash);
  p->got = p->noted = 0;
  p->fd = -1;
  if (unlink (p->path) == 0 || errno == ENOENT)
    p->fd = open (p->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (p->fd == -1)
    return snprintf (why, SFTP_WHY, "cannot create %.900s: %s", p->path, strerror (errno)), PEN_ERR;
  return PEN_OK;
}

struct sftp_part *
sftp_part_open (struct sftp_source *s, const char *name, const struct pen_identity *is, uint64_t *got,
                char why[SFTP_WHY])
{
  struct sftp_part *p = calloc (1, sizeof *p);
  uint64_t noted, hash;

  if (!p || !(p->hash = XXH3_createState ()))
    {
      free (p);
      return snprintf (why, SFTP_WHY, "out of memory"), NULL;
    }
  XXH3_64bits_reset (p->hash);
  p->s = s;
  p->name = name;
  p->is = is;
  p->fd = -1;
  path_of_part (s, p->path);
  if (!sftp_state_part (s->state, name, is, &noted, &hash) || prove (p, noted, hash) != PEN_OK)
    {
      if (begin_anew (p, why) != PEN_OK)
        {
          sftp_part_close (p);
          return NULL;
        }
    }
  if (p->got)
    s->host->log (s->host->ctx, PEN_LOG_INFO, "%s: going on after %llu of %llu bytes that an earlier run has fetched",
                  name, (unsigned long long)p->got, (unsigned long long)is->size);
  *got = p->got;
  return p;
}

static int
note (struct sftp_part *p, char why[SFTP_WHY])
{
  if (p->noted == p->got)
    return PEN_OK;
  if (fdatasync (p->fd) == -1)
    return snprintf (why, SFTP_WHY, "cannot write to %.900s: %s", p->path, strerror (errno)), PEN_ERR;
  if (sftp_state_note (p->s->state, p->name, p->is, p->got, XXH3_64bits_digest (p->hash)) == -1)
    return snprintf (why, SFTP_WHY, "cannot note in %.900s/sftp.db how far it has come", p->s->in->state_dir), PEN_ERR;
  p->noted = p->got;
  return PEN_OK;
}

int
sftp_part_write (struct sftp_part *p, const uint8_t *buf, size_t n, char why[SFTP_WHY])
{
  while (n)
    {
      ssize_t k = pwrite (p->fd, buf, n, (off_t)p->got);
      if (k == -1 && errno == EINTR)
        continue;
      if (k <= 0)
        return snprintf (why, SFTP_WHY, "cannot write to %.900s: %s", p->path, strerror (errno)), PEN_ERR;
      XXH3_64bits_update (p->hash, buf, (size_t)k);
      p->got += (uint64_t)k;
      buf += k;
      n -= (size_t)k;
    }
  return p->got - p->noted >= STEP ? note (p, why) : PEN_OK;
}

int
sftp_part_give (struct sftp_part *p, void *handle, char why[SFTP_WHY])
{
  const struct pen_intake *in = p->s->in;
  int fd;

  if (note (p, why) != PEN_OK)
    return PEN_ERR;
  fd = open (p->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd == -1 || in->give_fd (in->ctx, handle, fd) != PEN_OK)
    return snprintf (why, SFTP_WHY, "cannot hand %.900s over: %s", p->path, strerror (errno)), PEN_ERR;
  return PEN_OK;
}

void
sftp_part_close (struct sftp_part *p)
{
  if (!p)
    return;
  if (p->fd >= 0)
    {
      char ignored[SFTP_WHY];
      note (p, ignored); /* what is not noted is fetched again */
      close (p->fd);
    }
  XXH3_freeState (p->hash);
  free (p);
}

void
sftp_part_drop (struct sftp_source *s, const char *name)
{
  char path[4300];

  if (!s->state || !s->options->resume || !sftp_state_drop (s->state, name))
    return;
  path_of_part (s, path);
  unlink (path);
}
