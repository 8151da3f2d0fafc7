/* SPDX-License-Identifier: Apache-2.0 */
/* run_dirs.c - the directories that a source may write into: its spool, what it keeps, and what all pipelines share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host/run_int.h"

/* Below a folder that others may write into, the name may have been taken by somebody else. */
static int
is_ours (const char *dir)
{
  struct stat st;
  return lstat (dir, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == geteuid () && !(st.st_mode & 077);
}

/* NULL where there is none: only sources that need it complain. */
static char *
make_shared (void)
{
  const char *xdg = getenv ("XDG_RUNTIME_DIR");
  char *dir;

  if (xdg && *xdg == '/')
    dir = xasprintf ("%s/penstock", xdg);
  else if (geteuid () == 0)
    dir = xstrdup ("/run/penstock");
  else
    dir = xasprintf ("/tmp/penstock-%u", (unsigned)geteuid ());
  if ((mkdir (dir, 0700) == -1 && errno != EEXIST) || !is_ours (dir))
    {
      free (dir);
      return NULL;
    }
  return dir;
}

static char *
make (struct run *r, const char *name, struct err *e)
{
  char *dir = xasprintf ("%s/%s", r->o->state_dir, name);

  if (mkdir (dir, 0700) == 0 || errno == EEXIST)
    return dir;
  err_errno (e, "cannot create the directory %s", dir);
  free (dir);
  return NULL;
}

int
run_dirs_make (struct run *r, struct err *e)
{
  r->shared_dir = make_shared ();
  if (r->o->ephemeral)
    {
      const char *tmp = getenv ("TMPDIR");
      r->spool_dir = xstrdup (tmp && *tmp ? tmp : "/tmp");
      return 0;
    }
  r->spool_dir = make (r, "spool", e);
  r->state_dir = r->spool_dir ? make (r, "source", e) : NULL;
  return r->state_dir ? 0 : -1;
}

void
run_dirs_free (struct run *r)
{
  free (r->spool_dir);
  free (r->state_dir);
  free (r->shared_dir);
}
