/* SPDX-License-Identifier: Apache-2.0 */
/* cage.h - the lighter cage of a source process: it may read and talk to its servers, but write only into its spool. */
#ifndef PEN_WORKER_CAGE_H
#define PEN_WORKER_CAGE_H
#include "core/base/err.h"

/* No program is executed and nothing is created, changed, renamed or removed outside of `dir` by this process from now on.
 * *abi: Landlock's version, 0 where the kernel has none and nothing was done. -1: the kernel has it but refused. */
int cage_writes (const char *dir, int *abi, struct err *e);
#endif
