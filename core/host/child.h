/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - runs a helper program to its end: no inherited environment, bounded output, a deadline. */
#ifndef PEN_HOST_CHILD_H
#define PEN_HOST_CHILD_H
#include "core/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct child_result
{
  int status; /* as from waitpid() */
  char *out;  /* standard output, terminated; the caller frees */
  size_t out_len;
  char *errors; /* standard error, terminated; the caller frees */
  size_t errors_len;
};

#define CHILD_ERRORS_MAX 4096

/* Runs argv[0] (a path) with standard input from `in` (borrowed; -1: /dev/null) and an empty environment, so that no secret of ours reaches
 * it. It is killed when it prints more than out_max bytes or has not ended after timeout_ns (monotonic), and dies with
 * us. -1: it could not be run to its end, e says why; *r is set on success only. */
int child_run (const char *const *argv, int in, int64_t timeout_ns, size_t out_max, struct child_result *r,
               struct err *e);
void child_result_fini (struct child_result *r);
#endif
