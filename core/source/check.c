/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - penstock-source --check: what a source says of its options, without a secret, a server or data. */
#include "core/source/check.h"

#include <penstock/plugin.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/blob.h"
#include "core/base/limits.h"
#include "core/base/options.h"
#include "core/base/plugincheck.h"
#include "core/loader/loader.h"
#include "core/source/services.h"
#include "core/source/ways.h"
#include "core/worker/cage.h"

static void
say (const char *how, const char *text)
{
  printf ("%s %.*s\n", how, (int)strcspn (text, "\n"), text);
}

static void
tell (int level, const char *text)
{
  if (level <= PEN_LOG_WARN)
    say ("warning", text);
}

static int
take (char **path, struct optset *options, struct err *e)
{
  struct blob_reader r;
  const uint8_t *packed;
  struct stat st;
  void *p;
  size_t n;

  if (fstat (0, &st) == -1)
    return err_errno (e, "cannot look at the configuration");
  p = mmap (NULL, st.st_size ? (size_t)st.st_size : 1, PROT_READ, MAP_PRIVATE, 0, 0);
  if (p == MAP_FAILED)
    return err_errno (e, "cannot map the configuration");
  blob_reader_init (&r, p, (size_t)st.st_size);
  *path = blob_get_str (&r, LIMIT_NAME_MAX);
  packed = blob_get_bytes (&r, &n);
  return r.bad ? err_set (e, "malformed configuration") : optset_unpack (options, packed, n, e);
}

/* What it will read is looked for before the cage closes; it is not opened. */
static int
look (void *ctx, const char *path)
{
  char text[ERR_TEXT_MAX];

  if (!strpbrk (path, "*?[") && access (path, F_OK) == -1)
    {
      snprintf (text, sizeof text, "%s: %s", path, strerror (errno));
      say ("warning", text);
    }
  ways_read (ctx, path);
  return PEN_OK;
}

static int
pass (void *ctx, const char *dir)
{
  (void)ctx;
  (void)dir;
  return PEN_OK;
}

static int
check (const struct pen_plugin *p, const void *options, struct err *e)
{
  static const char *const nothing[] = { NULL };
  struct ways w = { 0 };
  const struct pen_reach reach = { sizeof reach, &w, look, pass };
  struct cage cage = { .changes = nothing };
  int abi;

  if (ways_ask (&w, p->source, options, &reach, e) == -1)
    return -1;
  cage.reads = (const char *const *)w.reads;
  if (cage_enter (&cage, &abi, e) == -1)
    return -1;
  return p->check && p->check (services_host (), options) != PEN_OK ? err_set (e, "%s", services_why ()) : 0;
}

int
check_source (void)
{
  struct loaded plugin = { 0 };
  struct options options = { 0 };
  struct optset set;
  struct err e;
  char *path = NULL;

  services_start (tell);
  if (take (&path, &set, &e) == -1 || (*set.base && chdir (set.base) == -1)
      || loader_open (path, KIND_SOURCE, &plugin, &e) == -1
      || options_fill (plugin.plugin, &set, 0, NULL, &options, &e) == -1
      || check (plugin.plugin, options.data, &e) == -1)
    say ("error", e.text);
  fflush (stdout);
  _exit (0); /* the plugin's libraries may hold what only a process that goes on would need */
}
