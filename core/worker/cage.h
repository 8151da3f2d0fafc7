/* SPDX-License-Identifier: Apache-2.0 */
/* cage.h - the lighter cage of a source process: it talks to its servers, but reads and writes only what it has named. */
#ifndef PEN_WORKER_CAGE_H
#define PEN_WORKER_CAGE_H
#include <sys/types.h>

#include "core/base/err.h"

/* Paths are borrowed; lists end with NULL. */
struct cage
{
  const char *const *reads;   /* files and directories; NULL: reading stays free. What libraries read comes on top */
  const char *const *changes; /* directories that may be changed, and read */
};

/* From now on no program is executed by this process, and nothing is read, created, changed, renamed or removed but what *c
 * names. *abi: Landlock's version, 0 where the kernel has none and nothing was done. -1: the kernel has it but refused. */
int cage_enter (const struct cage *c, int *abi, struct err *e);

/* The process ends with its parent (0: whoever that is), leaves no core file, gains no privileges. -1: the parent is gone. */
int cage_harden (pid_t parent);
/* The cage of a keyholder: it executes the system's programs, reads these paths, changes entries of the one directory, and
 * writes no byte to any file. No network but Unix sockets, no look into other processes. Programs that it starts inherit that. */
int cage_enter_keyholder (const char *const *reads, const char *dir, struct err *e);
#endif
