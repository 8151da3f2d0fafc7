/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - how many cores and how much memory we may use: affinity, control groups of both versions, the machine. */
#ifndef PEN_HOST_MACHINE_H
#define PEN_HOST_MACHINE_H
#include <stdint.h>

struct machine
{
  unsigned cores;
  const char *cores_from;  /* "affinity", "cgroup" */
  uint64_t memory;         /* bytes; 0: not to be found out */
  const char *memory_from; /* "cgroup", "machine" */
};

/* root: "" for the real one; a test gives a directory that has proc/ and sys/fs/cgroup/ in it. */
void machine_read (struct machine *m, const char *root);
#endif
