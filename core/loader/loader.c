/* SPDX-License-Identifier: Apache-2.0 */
/* loader.c - loads a plugin into this process by its absolute path: sinks in the host, sources in their own process. */
#include "core/loader/loader.h"

#include "core/base/plugincheck.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libltdl's own loader binds lazily, drops dlerror()'s text and says "file not found" for every failure. This one takes
 * its place. */
static char why[ERR_TEXT_MAX];

static void
keep_reason (void)
{
  const char *text = dlerror ();

  snprintf (why, sizeof why, "%s", text ? text : "no reason was given");
}

static lt_module
open_module (lt_user_data data, const char *path, lt_dladvise advise)
{
  void *h;

  (void)data;
  (void)advise;
  h = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (!h)
    keep_reason ();
  return h;
}

static int
close_module (lt_user_data data, lt_module module)
{
  (void)data;
  return dlclose (module);
}

static void *
find_symbol (lt_user_data data, lt_module module, const char *name)
{
  (void)data;
  return dlsym (module, name);
}

static int
loader_init (struct err *e)
{
  static int ready;
  lt_dlvtable *v;

  if (ready)
    return 0;
  if (lt_dlinit () != 0)
    return err_set (e, "libltdl: %s", lt_dlerror ());
  v = xcalloc (1, sizeof *v); /* lt_dlexit() frees it */
  v->name = "penstock";
  v->module_open = open_module;
  v->module_close = close_module;
  v->find_sym = find_symbol;
  v->priority = LT_DLLOADER_PREPEND;
  if (lt_dlloader_add (v) != 0)
    {
      err_set (e, "libltdl: %s", lt_dlerror ());
      free (v);
      lt_dlexit ();
      return -1;
    }
  free (lt_dlloader_remove ("lt_dlopen"));
  ready = 1;
  return 0;
}

int
loader_open (const char *path, unsigned kind, struct loaded *l, struct err *e)
{
  lt_dlhandle h;
  const struct pen_plugin *p;

  if (plugin_path_check (path, e) == -1 || loader_init (e) == -1)
    return -1;
  why[0] = '\0';
  h = lt_dlopen (path);
  if (!h)
    return err_set (e, "plugin %s: %s", path, *why ? why : lt_dlerror ());
  p = lt_dlsym (h, PEN_SYMBOL);
  if (plugin_check (p, path, kind, e) == -1)
    {
      lt_dlclose (h);
      return -1;
    }
  l->plugin = p;
  l->handle = h;
  return 0;
}

void
loader_close (struct loaded *l)
{
  if (l->handle)
    lt_dlclose (l->handle);
  memset (l, 0, sizeof *l);
}
