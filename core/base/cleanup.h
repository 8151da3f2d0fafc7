/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup.h - scope-bound release of file descriptors and memory, for core and plugins (never in public headers). */
#ifndef PEN_BASE_CLEANUP_H
#define PEN_BASE_CLEANUP_H
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_fd_ (int *fd)
{
  if (*fd >= 0)
    close (*fd);
}
static inline void
cleanup_free_ (void *p)
{
  free (*(void **)p);
}
#define CLEANUP_FD __attribute__ ((cleanup (cleanup_fd_)))
#define CLEANUP_FREE __attribute__ ((cleanup (cleanup_free_)))

/* Ownership leaves the scope. */
static inline int
steal_fd (int *fd)
{
  int f = *fd;
  *fd = -1;
  return f;
}
static inline void *
steal_ptr_ (void *pp)
{
  void *p = *(void **)pp;
  *(void **)pp = NULL;
  return p;
}
#define steal_ptr(pp) ((__typeof__ (*(pp)))steal_ptr_ (pp))
#endif
