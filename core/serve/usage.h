/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - how much memory a run and its processes hold now. */
#ifndef PEN_SERVE_USAGE_H
#define PEN_SERVE_USAGE_H
#include <stdint.h>
#include <sys/types.h>

struct usage
{
  uint64_t bytes; /* private memory of all, and the workers' shared slots once */
  unsigned processes;
};

/* Of host `pid` and its children, out of /proc; zeros when it is gone. */
void usage_read (pid_t pid, struct usage *u);
#endif
