/* SPDX-License-Identifier: Apache-2.0 */
/* plug.h - a built plugin and a mock host for it, as every plugin test needs them. */
#ifndef TEST_PLUG_H
#define TEST_PLUG_H
#include <CUnit/Basic.h>
#include <dlfcn.h>
#include <penstock/plugin.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the plugin said last through host->fail(); emptied by the test that cares. */
static char plug_said[4096];

static int
plug_fail (void *ctx, const char *fmt, ...)
{
  va_list ap;
  (void)ctx;
  va_start (ap, fmt);
  vsnprintf (plug_said, sizeof plug_said, fmt, ap);
  va_end (ap);
  return PEN_ERR;
}

static void
plug_log (void *ctx, int level, const char *fmt, ...)
{
  (void)ctx, (void)level, (void)fmt;
}

static const struct pen_host plug_host = { sizeof plug_host, NULL, plug_log, plug_fail };

/* PLUGIN_DIR is where the build leaves the modules. Ends the test program where the module does not load. */
static const struct pen_plugin *
plug_load (const char *module)
{
  char path[4096];
  void *h;

  snprintf (path, sizeof path, "%s/%s.so", PLUGIN_DIR, module);
  h = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (!h)
    {
      fprintf (stderr, "%s\n", dlerror ());
      exit (1);
    }
  return dlsym (h, PEN_SYMBOL);
}

static inline int
plug_has_said (const char *part)
{
  if (strstr (plug_said, part))
    return 1;
  fprintf (stderr, "\nexpected \"%s\" in \"%s\"\n", part, plug_said);
  return 0;
}
#endif
