/* SPDX-License-Identifier: Apache-2.0 */
/* sink_drive.h - plays the host for a sink, and looks at the files that it leaves. */
#ifndef TEST_SINK_DRIVE_H
#define TEST_SINK_DRIVE_H
#include "plug.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct pen_plugin *plugin;

static inline struct pen_object
an_object (const char *name)
{
  return (struct pen_object){ .size = sizeof (struct pen_object), .name = name, .opened_ns = 1795253400000000000 };
}

static inline struct pen_begin
a_begin (int mode)
{
  return (struct pen_begin){ sizeof (struct pen_begin), mode, "acme", "out" };
}

static inline struct pen_span
span (const char *s)
{
  return (struct pen_span){ (const uint8_t *)s, strlen (s) };
}

/* A fresh directory that is removed by drop_dir(). */
static char work_dir[256];
static inline void
new_dir (void)
{
  snprintf (work_dir, sizeof work_dir, "%s/penstock-test.XXXXXX", getenv ("TMPDIR") ? getenv ("TMPDIR") : "/tmp");
  CU_ASSERT_PTR_NOT_NULL_FATAL (mkdtemp (work_dir));
}
static inline void
drop_dir (void)
{
  char cmd[400];
  snprintf (cmd, sizeof cmd, "rm -rf '%s'", work_dir);
  CU_ASSERT (system (cmd) == 0);
}
static inline const char *
at (const char *name)
{
  static char path[4][512];
  static int turn;
  char *p = path[turn++ & 3];
  snprintf (p, 512, "%s/%s", work_dir, name);
  return p;
}

static inline void
put_file (const char *name, const char *text)
{
  FILE *f = fopen (at (name), "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  fputs (text, f);
  fclose (f);
}

static inline int
file_is (const char *name, const char *text)
{
  char buf[65536];
  FILE *f = fopen (at (name), "r");
  size_t n;

  if (!f)
    {
      fprintf (stderr, "\n%s is not there\n", name);
      return 0;
    }
  n = fread (buf, 1, sizeof buf - 1, f);
  buf[n] = 0;
  fclose (f);
  if (strcmp (buf, text) == 0)
    return 1;
  fprintf (stderr, "\n%s is \"%.200s\", not \"%.200s\"\n", name, buf, text);
  return 0;
}

/* Directory entries but . and .. */
static inline int
count_files (const char *name)
{
  DIR *d = opendir (at (name));
  int n = -2;

  CU_ASSERT_PTR_NOT_NULL_FATAL (d);
  while (readdir (d))
    n++;
  closedir (d);
  return n;
}

static inline void *
new_sink (const void *options, const char *const *tables)
{
  static const struct ArrowSchema schema = { .format = "+s" };
  void *self = NULL;

  plug_said[0] = 0;
  if (plugin->sink->create (&plug_host, options, &self) != PEN_OK)
    return NULL;
  for (unsigned i = 0; tables[i]; i++)
    CU_ASSERT_FATAL (plugin->sink->table (self, i, tables[i], &schema) == PEN_OK);
  return self;
}

/* A child runs `life` until it says ready, is killed with what it holds open, and is gone when this returns. */
static inline void
kill_a_life (void (*life) (void))
{
  int ready[2], status;
  char c;
  pid_t pid;

  CU_ASSERT_FATAL (pipe (ready) == 0);
  pid = fork ();
  if (pid == 0)
    {
      life ();
      if (write (ready[1], "r", 1) == 1)
        pause ();
      _exit (1);
    }
  close (ready[1]);
  CU_ASSERT (read (ready[0], &c, 1) == 1);
  close (ready[0]);
  kill (pid, SIGKILL);
  CU_ASSERT (waitpid (pid, &status, 0) == pid && WIFSIGNALED (status));
}
#endif
