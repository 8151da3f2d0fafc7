/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - how much memory a run and its processes hold now. */
#include "core/serve/usage.h"

#include <stdbool.h>
#include <stdio.h>

#define CHILDREN_MAX 4096

static void
add_process (pid_t pid, bool with_shared, struct usage *u)
{
  char path[64], line[256];
  unsigned long long kib;
  FILE *f;

  snprintf (path, sizeof path, "/proc/%d/status", (int)pid);
  f = fopen (path, "re");
  if (!f)
    return;
  u->processes++;
  while (fgets (line, sizeof line, f))
    if (sscanf (line, "RssAnon: %llu kB", &kib) == 1 || (with_shared && sscanf (line, "RssShmem: %llu kB", &kib) == 1))
      u->bytes += kib * 1024;
  fclose (f);
}

void
usage_read (pid_t pid, struct usage *u)
{
  char path[64];
  int child, n = 0;
  FILE *f;

  *u = (struct usage){ 0 };
  add_process (pid, false, u); /* maps the slots of all workers, which count there */
  snprintf (path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
  f = fopen (path, "re");
  if (!f)
    return;
  while (n++ < CHILDREN_MAX && fscanf (f, "%d", &child) == 1)
    add_process (child, true, u);
  fclose (f);
}
