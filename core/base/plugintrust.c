/* SPDX-License-Identifier: Apache-2.0 */
/* plugintrust.c - may this file be loaded: nobody but root and we can have put it there. */
#include "core/base/cleanup.h"
#include "core/base/plugincheck.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* A path of which nobody but its owners can change what it leads to. */
static int
check_component (const char *path, bool last_dir, bool links, struct err *e)
{
  struct stat st;

  if (lstat (path, &st) == -1)
    return err_errno (e, "%s", path);
  if (st.st_uid != 0 && st.st_uid != geteuid ())
    return err_set (e, "%s belongs to user %u, neither to root nor to us (%u)", path, (unsigned)st.st_uid,
                    (unsigned)geteuid ());
  if (S_ISLNK (st.st_mode))
    return links ? 0 : err_set (e, "%s is a symbolic link", path);
  if ((st.st_mode & S_IWOTH) && (!S_ISDIR (st.st_mode) || !(st.st_mode & S_ISVTX) || last_dir))
    return err_set (e, "%s is world-writable: a plugin there could be anybody's", path);
  return 0;
}

/* Every directory from / down to path itself. */
static int
check_chain (const char *path, bool links, struct err *e)
{
  char prefix[PATH_MAX];
  size_t n = strlen (path);

  if (n >= sizeof prefix)
    return err_set (e, "the path has %zu bytes, the limit is %zu", n, sizeof prefix - 1);
  if (check_component ("/", false, false, e) == -1)
    return -1;
  for (size_t i = 1; i <= n; i++)
    if ((path[i] == '/' || path[i] == '\0') && path[i - 1] != '/')
      {
        memcpy (prefix, path, i);
        prefix[i] = '\0';
        if (check_component (prefix, i == n, links, e) == -1)
          return -1;
      }
  return 0;
}

int
plugin_dir_check (const char *dir, struct err *e)
{
  CLEANUP_FREE char *real = NULL;
  struct stat st;

  if (*dir != '/')
    return err_set (e, "plugin directory %s: not an absolute path", dir);
  /* links on the way must be trusted themselves, and so must be all that they lead to */
  if (check_chain (dir, true, e) == -1)
    return err_prefix (e, "plugin directory %s", dir);
  real = realpath (dir, NULL);
  if (!real || stat (real, &st) == -1)
    return err_errno (e, "plugin directory %s", dir);
  if (!S_ISDIR (st.st_mode))
    return err_set (e, "plugin directory %s: not a directory", dir);
  if (check_chain (real, false, e) == -1)
    return err_prefix (e, "plugin directory %s", dir);
  return 0;
}

int
plugin_path_check (const char *path, struct err *e)
{
  CLEANUP_FREE char *dir = NULL;
  const char *slash = strrchr (path, '/');
  struct stat st;

  if (*path != '/' || !slash[1])
    return err_set (e, "plugin %s: not an absolute path of a file", path);
  dir = xstrdup (path);
  dir[slash == path ? 1 : slash - path] = '\0';
  if (plugin_dir_check (dir, e) == -1)
    return -1;
  if (lstat (path, &st) == -1)
    return err_errno (e, "plugin %s", path);
  if (!S_ISREG (st.st_mode))
    return err_set (e, "plugin %s: not a regular file", path);
  if (check_component (path, true, false, e) == -1)
    return err_prefix (e, "plugin %s", path);
  return 0;
}
