/* SPDX-License-Identifier: Apache-2.0 */
/* standin_worker.c - `penstock-worker --describe` without its jail, with the faults that a host must survive. */
#include "core/base/plugincheck.h"
#include "core/worker/describe.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* One byte per call, beside the program, so that a test can count them. */
static void
leave_a_mark (const char *self)
{
  char path[4096];
  FILE *f;

  snprintf (path, sizeof path, "%s.calls", self);
  f = fopen (path, "a");
  if (!f || putc ('x', f) == EOF || fclose (f) == EOF)
    abort ();
}

static int
describe (const char *path)
{
  void *h = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  const struct pen_plugin *p = h ? dlsym (h, PEN_SYMBOL) : NULL;
  struct err e;

  if (!h)
    {
      fprintf (stderr, "a first line\ncannot load plugin: %s\n", dlerror ());
      return 1;
    }
  if (plugin_check (p, path, 0, &e) == -1 || worker_describe (stdout, p, &e) == -1)
    {
      fprintf (stderr, "%s\n", e.text);
      return 1;
    }
  return 0;
}

int
main (int argc, char **argv)
{
  const char *name;

  if (argc != 4 || strcmp (argv[1], "--describe") != 0 || strncmp (argv[3], "--read-dir=", 11) != 0 || environ[0])
    return 2;
  leave_a_mark (argv[0]);
  name = strrchr (argv[2], '/') + 1;
  if (strcmp (name, "crash.so") == 0)
    {
      signal (SIGSEGV, SIG_DFL); /* also under a sanitizer */
      raise (SIGSEGV);
    }
  if (strcmp (name, "hang.so") == 0)
    for (;;)
      pause ();
  if (strcmp (name, "chatter.so") == 0)
    for (;;)
      puts ("and another thing");
  if (strcmp (name, "garbage.so") == 0)
    return puts ("{\"format\": 1, ") == EOF;
  if (strcmp (name, "jail.so") == 0)
    {
      fputs ("penstock-worker: jail: seccomp is not to be had\n", stderr);
      return 70;
    }
  return describe (argv[2]);
}
