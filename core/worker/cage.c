/* SPDX-License-Identifier: Apache-2.0 */
/* cage.c - the lighter cage of a source process: it may read and talk to its servers, but write only into its spool. */
#include "core/worker/cage.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include "core/base/cleanup.h"
#include "core/worker/jail_parts.h"

int
cage_writes (const char *dir, int *abi, struct err *e)
{
  CLEANUP_FD int ruleset = -1;

  *abi = jail_landlock_abi ();
  if (!*abi)
    return 0;
  ruleset = jail_landlock_make_writes (*abi, dir, e);
  if (ruleset == -1)
    return -1;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || jail_landlock_apply (ruleset) == -1)
    return err_errno (e, "cannot confine writing to %s", dir);
  return 0;
}
