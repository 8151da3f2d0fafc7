/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - maps a plugin into a worker: plain dlopen(), inside the jail's first stage. */
#include "core/worker/open.h"

#include <dlfcn.h>

#include "core/base/plugincheck.h"

const struct pen_plugin *
plugin_open (const char *path, struct err *e)
{
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  const struct pen_plugin *p;

  if (!module)
    {
      const char *why = dlerror ();
      return err_set (e, "cannot load plugin: %s", why ? why : path), NULL;
    }
  p = dlsym (module, PEN_SYMBOL);
  return plugin_check (p, path, 0, e) == 0 ? p : NULL;
}
