/* SPDX-License-Identifier: Apache-2.0 */
/* control_path.c - where `penstock serve` and `penstock status` meet. */
#include "core/cli/control_path.h"

#include "core/base/cleanup.h"
#include "core/base/err.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* $RUNTIME_DIRECTORY is what a service manager has made for us. */
char *
control_path (bool create)
{
  const char *runtime = getenv ("RUNTIME_DIRECTORY"), *xdg = getenv ("XDG_RUNTIME_DIR");
  CLEANUP_FREE char *dir = runtime && *runtime == '/' ? xstrdup (runtime)
                           : geteuid () == 0          ? xstrdup ("/run/penstock")
                           : xdg && *xdg == '/'       ? xasprintf ("%s/penstock", xdg)
                                                      : xasprintf ("/tmp/penstock-%u", (unsigned)geteuid ());

  if (create)
    mkdir (dir, geteuid () == 0 ? 0755 : 0700); /* what is wrong, binding the socket will say */
  return xasprintf ("%s/serve.sock", dir);
}
