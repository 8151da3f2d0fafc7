/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - penstock-source: runs one source plugin with that source's credential only, and hands its objects to the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/blob.h"
#include "core/base/limits.h"
#include "core/base/options.h"
#include "core/base/plugincheck.h"
#include "core/base/secret.h"
#include "core/base/wire.h"
#include "core/loader/loader.h"
#include "core/source/check.h"
#include "core/source/intake.h"
#include "core/source/services.h"
#include "core/source/ways.h"
#include "core/worker/cage.h"

static void
tell (int level, const char *text)
{
  struct wire_head h = { .type = WIRE_LOG, .a = (uint64_t)level, .len = (uint32_t)strlen (text) };
  wire_send (WIRE_FD, &h, text, -1, NULL);
}

static void
fail (const char *text)
{
  struct wire_head h = { .type = WIRE_FAIL, .len = (uint32_t)strlen (text) };
  wire_send (WIRE_FD, &h, text, -1, NULL);
  _exit (1);
}

/* This process ends with the host, leaves no core file with secrets in it, and gains no privileges. */
static void
harden (pid_t parent)
{
  struct rlimit none = { 0, 0 };
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (parent && getppid () != parent)
    _exit (0);
  prctl (PR_SET_DUMPABLE, 0);
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  setrlimit (RLIMIT_CORE, &none);
}

struct config
{
  char *path, *spool, *state, *shared; /* empty: there is none */
  struct optset options;
};

static int
take_config (struct config *c, struct err *e)
{
  static struct wire_msg m;
  struct blob_reader r;
  const uint8_t *packed;
  size_t n;
  void *p;
  int fd, rc = wire_recv (WIRE_FD, &m, &fd, 0, e);

  if (rc <= 0)
    _exit (0);
  if (m.h.type != WIRE_S_CONFIG || fd == -1)
    return err_set (e, "no configuration came");
  p = mmap (NULL, m.h.a ? m.h.a : 1, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED)
    return err_errno (e, "cannot map the configuration");
  close (fd);
  blob_reader_init (&r, p, m.h.a);
  c->path = blob_get_str (&r, LIMIT_NAME_MAX);
  c->spool = blob_get_str (&r, LIMIT_NAME_MAX);
  c->state = blob_get_str (&r, LIMIT_NAME_MAX);
  c->shared = blob_get_str (&r, LIMIT_NAME_MAX);
  packed = blob_get_bytes (&r, &n);
  secret_take (&r);
  if (r.bad)
    return err_set (e, "malformed configuration");
  rc = optset_unpack (&c->options, packed, n, e);
  munmap (p, m.h.a ? m.h.a : 1);
  return rc;
}

/* A list of paths reaches a plugin as it was written: relative ones count from the configuration's directory, too. */
static int
work_in (const char *dir, struct err *e)
{
  return *dir && chdir (dir) == -1 ? err_errno (e, "cannot work in %s", dir) : 0;
}

static int
way_read (void *ctx, const char *path)
{
  ways_read (ctx, path);
  return PEN_OK;
}

static int
way_change (void *ctx, const char *dir)
{
  ways_change (ctx, dir);
  return PEN_OK;
}

/* The cage closes when the plugin is loaded and its options are known, before it meets any data. */
static int
enter_cage (const struct pen_plugin *p, const void *options, const struct config *c, struct err *e)
{
  struct ways w = { 0 };
  const struct pen_reach reach = { sizeof reach, &w, way_read, way_change };
  struct cage cage;
  int abi;

  ways_change (&w, c->spool);
  if (*c->state)
    ways_change (&w, c->state);
  if (*c->shared)
    ways_change (&w, c->shared);
  if (ways_ask (&w, p->source, options, &reach, e) == -1)
    return -1;
  if (w.reads)
    ways_read (&w, c->spool);
  cage.reads = (const char *const *)w.reads;
  cage.changes = (const char *const *)w.changes;
  return cage_enter (&cage, &abi, e);
}

/* Waits for the order to start; its `a` is 1 where the source is to be followed. */
static const struct wire_head *
take_start (void)
{
  static struct wire_msg m;
  struct err e;
  int fd;

  if (wire_recv (WIRE_FD, &m, &fd, 0, &e) <= 0 || m.h.type != WIRE_S_START)
    _exit (0);
  return &m.h;
}

int
main (int argc, char **argv)
{
  struct wire_head ready = { .type = WIRE_S_READY }, done = { .type = WIRE_S_DONE };
  struct loaded plugin = { 0 };
  struct options options = { 0 };
  struct config config;
  const struct pen_source *source;
  struct intake *intake;
  struct intake_dirs dirs;
  struct err e;
  void *self;
  const struct wire_head *start;

  if (argc == 2 && !strcmp (argv[1], "--check"))
    {
      harden (0);
      return check_source ();
    }
  harden (argc > 1 && !strncmp (argv[1], "--parent=", 9) ? (pid_t)strtol (argv[1] + 9, NULL, 10) : 0);
  services_start (tell);
  if (take_config (&config, &e) == -1 || work_in (config.options.base, &e) == -1
      || loader_open (config.path, KIND_SOURCE, &plugin, &e) == -1
      || options_fill (plugin.plugin, &config.options, OPTIONS_SECRETS, NULL, &options, &e) == -1)
    fail (e.text);
  clearenv ();
  if (plugin.plugin->check && plugin.plugin->check (services_host (), options.data) != PEN_OK)
    fail (services_why ());
  if (enter_cage (plugin.plugin, options.data, &config, &e) == -1)
    fail (e.text);
  source = plugin.plugin->source;
  if (source->create (services_host (), options.data, &self) != PEN_OK)
    fail (services_why ());
  services_tell_failures ();
  wire_send (WIRE_FD, &ready, NULL, -1, NULL);
  start = take_start ();
  dirs =
      (struct intake_dirs){ config.spool, *config.state ? config.state : NULL, *config.shared ? config.shared : NULL };
  intake = intake_create (WIRE_FD, &dirs, start, source, self, &e);
  if (!intake)
    fail (e.text);
  done.a = (uint64_t)(int64_t)source->run (self, intake_functions (intake), (int)start->a);
  wire_send (WIRE_FD, &done, NULL, -1, NULL);
  intake_wait_end (intake);
  source->destroy (self);
  options_free (&options);
  _exit (0); /* the listening thread is still there */
}
