/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c - penstock run: takes everything that the sources offer now through the pipelines, then ends; or stays. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/base/units.h"
#include "core/cli/cli.h"
#include "core/cli/report.h"
#include "core/cli/report_json.h"

struct run_args
{
  bool json, follow, supervised;
  const char *pipeline; /* this one only */
  int64_t workers;      /* 0: as the configuration has it */
  uint64_t memory;
};

/* What the command line allows at most holds beside what the configuration says. */
static void
narrow (struct plan *p, const struct run_args *a)
{
  p->most_workers = (unsigned)a->workers;
  if (a->memory && (!p->memory || a->memory < p->memory))
    p->memory = a->memory;
}

static int
run_one (struct cli *c, const struct plan_set *s, struct plan *p, const struct run_args *a)
{
  struct report report;
  struct run_reporter reporter;
  struct run_result result;
  int status;

  narrow (p, a);
  report_init (&report, c);
  report.follow = a->follow;
  report.pipeline = a->supervised ? p->name : NULL;
  report.bar &= !a->supervised;
  reporter = report_reporter (&report);
  status = run_plan (s, p, &reporter, &result);
  report_summary (&report, p->name, &result, a->json || a->supervised);
  return status;
}

static int
run_all (struct cli *c, const struct plan_set *s, const struct run_args *a)
{
  int rc = CLI_OK;
  size_t n = 0;

  for (size_t i = 0; i < s->n; i++)
    n += !a->pipeline || strcmp (s->v[i]->name, a->pipeline) == 0;
  if (n == 0 && a->pipeline)
    {
      cli_error (c, "--pipeline %s: there is no such pipeline", a->pipeline);
      return CLI_BAD_CONFIG;
    }
  if (a->follow && n > 1)
    {
      cli_error (c, "--follow stays with one pipeline, %zu are described: choose one with --pipeline", n);
      return CLI_USAGE;
    }
  for (size_t i = 0; i < s->n; i++)
    if (!a->pipeline || strcmp (s->v[i]->name, a->pipeline) == 0)
      {
        int status = run_one (c, s, s->v[i], a);

        if (status > rc)
          rc = status;
      }
  return rc;
}

/* One option, or -1. */
static int
take_option (struct cli *c, struct run_args *a, int o)
{
  switch (o)
    {
    case 'j':
      a->json = true;
      return 0;
    case 'f':
      a->follow = true;
      return 0;
    case 'p':
      a->pipeline = optarg;
      return 0;
    case 'w':
      if (units_int (optarg, &a->workers) == 0 && a->workers >= 1 && a->workers <= 1024)
        return 0;
      return cli_error (c, "--workers %s: a number within 1..1024 is expected", optarg), -1;
    case 'm':
      if (units_size (optarg, &a->memory) == 0 && a->memory)
        return 0;
      return cli_error (c, "--memory %s: a size such as \"256M\" is expected", optarg), -1;
    case 'c':
      return cli_config_fd (c, optarg);
    case 's':
      a->supervised = true;
      report_json_keep_output ();
      return cli_end_with (c, optarg);
    default:
      return -1;
    }
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "json", no_argument, NULL, 'j' },
                                           { "follow", no_argument, NULL, 'f' },
                                           { "pipeline", required_argument, NULL, 'p' },
                                           { "workers", required_argument, NULL, 'w' },
                                           { "memory", required_argument, NULL, 'm' },
                                           { "config-fd", required_argument, NULL, 'c' },
                                           { "supervisor", required_argument, NULL, 's' },
                                           { NULL, 0, NULL, 0 } };
  struct run_args a = { 0 };
  struct plan_set s;
  int rc;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    if (o == 'h')
      return cli_help (&cmd_run);
    else if (take_option (c, &a, o) == -1)
      return cli_usage (&cmd_run, NULL);
  if (optind == argc)
    return cli_usage (&cmd_run, "run: a configuration file is expected");
  rc = cli_load (c, &s, argv + optind, argc - optind);
  if (rc == CLI_OK)
    rc = run_all (c, &s, &a);
  plan_set_fini (&s);
  return rc;
}

const struct cli_command cmd_run = {
  "run",
  "[OPTION]... FILE...",
  "Run pipelines on everything that their sources offer now, one after the other, then end.",
  run,
  "  --json           a summary as one line of JSON on standard output, for each pipeline\n"
  "  --follow         one pipeline that stays and takes objects as they come, until SIGTERM\n"
  "  --pipeline NAME  this one only\n"
  "  --workers N, --memory SIZE  at most so many worker processes, so much memory\n"
  "  --supervisor PID, --config-fd N  for `penstock serve`, see the manual\n"
  "Exit status: 0 all accepted; 1 finished, but some input was rejected; 3 something failed, run again\n"
  "to resume; 78 bad configuration. SIGTERM or SIGINT rolls back what is not finished; once more stops at once.\n"
  "With --follow the first one completes what came in and takes nothing more.\n",
};
