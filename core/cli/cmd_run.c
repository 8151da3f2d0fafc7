/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c - penstock run: takes everything that the sources offer now through the pipelines, then ends. */
#include <getopt.h>
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/report.h"

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
  struct plan_set s;
  bool json = false;
  int rc;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    if (o == 'j')
      json = true;
    else
      return o == 'h' ? cli_help (&cmd_run) : cli_usage (&cmd_run, NULL);
  if (optind == argc)
    return cli_usage (&cmd_run, "run: a configuration file is expected");
  rc = cli_load (c, &s, argv + optind, argc - optind);
  for (size_t i = 0; i < s.n && rc != CLI_BAD_CONFIG; i++)
    {
      struct report report;
      struct run_reporter reporter;
      struct run_result result;
      int status;
      report_init (&report, c);
      reporter = report_reporter (&report);
      status = run_plan (&s, s.v[i], &reporter, &result);
      report_summary (&report, s.v[i]->name, &result, json);
      if (status > rc)
        rc = status;
    }
  plan_set_fini (&s);
  return rc;
}

const struct cli_command cmd_run = {
  "run",
  "[--json] FILE...",
  "Run pipelines on everything that their sources offer now, one after the other, then end.",
  run,
  "  --json   a summary as one line of JSON on standard output, for each pipeline\n"
  "Exit status: 0 all accepted; 1 finished, but some input was rejected; 3 something failed, run again\n"
  "to resume; 78 bad configuration. SIGTERM or SIGINT rolls back what is not finished; once more stops at once.\n",
};
