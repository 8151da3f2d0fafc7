/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_serve.c - penstock serve: many pipelines, each when it is due, until it is told to end. */
#include "core/base/units.h"
#include "core/cli/cli.h"
#include "core/cli/control_path.h"
#include "core/serve/serve.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define DRAIN_NS (30 * INT64_C (1000000000))

static int
take_option (struct cli *c, struct serve_opts *so, int o)
{
  int64_t v;

  switch (o)
    {
    case 's':
      so->socket = optarg;
      return 0;
    case 'w':
      if (units_int (optarg, &v) == 0 && v >= 1 && v <= 1024)
        return so->workers = (unsigned)v, 0;
      return cli_error (c, "--workers %s: a number within 1..1024 is expected", optarg), -1;
    case 'm':
      if (units_size (optarg, &so->memory) == 0 && so->memory)
        return 0;
      return cli_error (c, "--memory %s: a size such as \"4G\" is expected", optarg), -1;
    case 'd':
      if (units_duration (optarg, &so->drain_ns) == 0)
        return 0;
      return cli_error (c, "--drain-time %s: a duration such as \"30s\" is expected", optarg), -1;
    default:
      return -1;
    }
}

static void
on_log (void *ctx, int level, const char *text)
{
  struct cli *c = ctx;

  if (level == PEN_LOG_ERROR)
    cli_error (c, "serve: %s", text);
  else if (level == PEN_LOG_WARN)
    cli_warn (c, "serve: %s", text);
  else if (!c->quiet && (level < PEN_LOG_DEBUG || c->verbose))
    fprintf (stderr, "penstock: serve: %s\n", text);
}

/* The global options again, for the processes that are started. */
static char **
globals (const struct cli *c, size_t *n)
{
  char **v = xcalloc (c->dirs.n + 3, sizeof (char *));

  *n = 0;
  for (size_t i = 0; i < c->dirs.n; i++)
    v[(*n)++] = xasprintf ("--plugin-dir=%s", c->dirs.v[i]);
  if (c->libexec_dir)
    v[(*n)++] = xasprintf ("--libexec-dir=%s", c->libexec_dir);
  if (c->quiet || c->verbose)
    v[(*n)++] = xstrdup (c->quiet ? "--quiet" : "--verbose");
  return v;
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const int status[] = { [SERVE_DRAINED] = CLI_OK,
                                [SERVE_UNFINISHED] = CLI_ENVIRONMENT,
                                [SERVE_NO_CONFIG] = CLI_BAD_CONFIG,
                                [SERVE_FAILED] = CLI_ENVIRONMENT };
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "socket", required_argument, NULL, 's' },
                                           { "workers", required_argument, NULL, 'w' },
                                           { "memory", required_argument, NULL, 'm' },
                                           { "drain-time", required_argument, NULL, 'd' },
                                           { NULL, 0, NULL, 0 } };
  static char conf_dir[] = CONTROL_CONF_DIR, *standard[] = { conf_dir };
  struct serve_opts so = { .drain_ns = DRAIN_NS, .log = on_log, .ctx = c };
  char *socket, **v;
  int rc;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    if (o == 'h')
      return cli_help (&cmd_serve);
    else if (take_option (c, &so, o) == -1)
      return cli_usage (&cmd_serve, NULL);
  so.paths = optind < argc ? argv + optind : standard;
  so.n_paths = optind < argc ? (size_t)(argc - optind) : 1;
  so.globals = v = globals (c, &so.n_globals);
  socket = so.socket ? xstrdup (so.socket) : control_path (true);
  so.socket = socket;
  rc = status[serve (&so)];
  for (size_t i = 0; i < so.n_globals; i++)
    free (v[i]);
  free (v);
  free (socket);
  return rc;
}

const struct cli_command cmd_serve = {
  "serve",
  "[OPTION]... [FILE|DIRECTORY]...",
  "Run many pipelines, each when its schedule says, until SIGTERM. SIGHUP: read the configuration again.",
  run,
  "  --socket PATH      where `penstock status` asks\n"
  "  --workers N        of the pool that all pipelines share; by default as many as cores\n"
  "  --memory SIZE      of the pool; by default what the machine or its control group has\n"
  "  --drain-time TIME  how long a run may complete what it took in when it is stopped; by default 30s\n"
  "Without FILE and DIRECTORY: " CONTROL_CONF_DIR ". A directory stands for its files *.conf. See penstock-serve(8).\n"
  "Exit status: 0 all that was taken in is completed; 3 something is left to the next start; 78 no file is good.\n",
};
