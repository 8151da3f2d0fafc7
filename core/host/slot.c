/* SPDX-License-Identifier: Apache-2.0 */
/* slot.c - the host's side of the shared-memory slots of one worker seat. */
#include "core/host/slot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/cleanup.h"

struct slot *
slot_create (struct seat *seat, unsigned index, struct err *e)
{
  CLEANUP_FD int fd = memfd_create ("penstock-slot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  struct slot *s;
  void *map;

  if (fd == -1)
    return err_errno (e, "memfd_create"), NULL;
  if (ftruncate (fd, LIMIT_SLOT_SIZE) == -1)
    return err_errno (e, "cannot size a slot of %llu bytes", LIMIT_SLOT_SIZE), NULL;
  if (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1)
    return err_errno (e, "cannot seal a slot"), NULL;
  map = mmap (NULL, LIMIT_SLOT_SIZE, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return err_errno (e, "cannot map a slot"), NULL;
  s = xcalloc (1, sizeof *s);
  s->fd = steal_fd (&fd);
  s->map = map;
  s->seat = seat;
  s->index = index;
  s->state = SLOT_LENT;
  return s;
}

void
slot_lend (struct slot *s)
{
  s->state = SLOT_LENT;
  s->taken = s->n_taken = 0;
}

void
slot_destroy (struct slot *s)
{
  if (!s)
    return;
  munmap ((void *)s->map, LIMIT_SLOT_SIZE);
  close (s->fd);
  free (s);
}
