/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.c - memory in which the cutter leaves the bytes of chunks for the workers, so that they are read only once. */
#include "core/host/inputs.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/limits.h"

#define PAGE 4096ull

enum state
{
  UNUSED, /* and the cutter does not know */
  LENT,   /* the cutter may fill it */
  HELD,   /* it holds a chunk */
};

struct inputs
{
  int fd, read_only;
  unsigned n, n_held;
  uint64_t stride;
  uint8_t state[]; /* enum state */
};

uint64_t
inputs_stride (uint64_t chunk)
{
  return (chunk + LIMIT_INPUT_SLACK + PAGE - 1) / PAGE * PAGE;
}

struct inputs *
inputs_create (unsigned n, uint64_t chunk, struct err *e)
{
  CLEANUP_FD int fd = memfd_create ("penstock-inputs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CLEANUP_FD int read_only = -1;
  struct inputs *t;
  char path[40];

  if (fd == -1)
    return err_errno (e, "memfd_create"), NULL;
  if (ftruncate (fd, (off_t)(n * inputs_stride (chunk))) == -1)
    return err_errno (e, "cannot size the memory of %u chunks", n), NULL;
  if (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1)
    return err_errno (e, "cannot seal the memory of chunks"), NULL;
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  read_only = open (path, O_RDONLY | O_CLOEXEC);
  if (read_only == -1)
    return err_errno (e, "cannot open the memory of chunks for reading"), NULL;
  t = xcalloc (1, sizeof *t + n);
  t->fd = steal_fd (&fd);
  t->read_only = steal_fd (&read_only);
  t->n = n;
  t->stride = inputs_stride (chunk);
  return t;
}

void
inputs_destroy (struct inputs *t)
{
  if (!t)
    return;
  close (t->fd);
  close (t->read_only);
  free (t);
}

unsigned
inputs_count (const struct inputs *t)
{
  return t->n;
}

int
inputs_fd (const struct inputs *t, int writable)
{
  return writable ? t->fd : t->read_only;
}

unsigned
inputs_unused (const struct inputs *t)
{
  return t->n - t->n_held;
}

unsigned
inputs_lend (struct inputs *t, uint16_t *which, unsigned max)
{
  unsigned n = 0;

  for (unsigned i = 0; i < t->n && n < max; i++) /* the lowest first: memory that was never used stays so */
    if (t->state[i] == UNUSED)
      {
        t->state[i] = LENT;
        which[n++] = (uint16_t)i;
      }
  return n;
}

int
inputs_fill (struct inputs *t, unsigned which, uint64_t bytes)
{
  if (which >= t->n || t->state[which] != LENT || bytes > t->stride - LIMIT_INPUT_SLACK)
    return -1;
  t->state[which] = HELD;
  t->n_held++;
  return 0;
}

void
inputs_give_back (struct inputs *t, unsigned which)
{
  assert (which < t->n && t->state[which] == HELD);
  t->state[which] = UNUSED;
  t->n_held--;
}

void
inputs_recall (struct inputs *t)
{
  for (unsigned i = 0; i < t->n; i++)
    if (t->state[i] == LENT)
      t->state[i] = UNUSED;
}
