/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_check.c - penstock check: is the configuration good, what does it mean, how much memory can it take? */
#include "core/cli/check_json.h"
#include "core/cli/cli.h"
#include "core/cli/show_plan.h"
#include "core/host/bound.h"
#include "core/host/run_plan.h"

#include <getopt.h>
#include <stdio.h>

enum show
{
  SHOW_NOTHING,
  SHOW_WORDS,
  SHOW_JSON,
};

static void
check_one (struct cli *c, const struct plan *p, const struct machine *m, enum show show)
{
  struct bound b;
  struct err e;
  int rc = bound_compute (&b, p, m, &e);

  if (rc == 0 && show == SHOW_JSON)
    check_json (p, &b);
  if (show == SHOW_WORDS)
    {
      show_plan (p, stdout);
      bound_print (&b, stdout);
      putchar ('\n');
    }
  if (rc == -1)
    cli_error (c, "%s", e.text);
}

static void
on_log (void *ctx, int level, const char *text)
{
  struct cli *c = ctx;

  if (level == PEN_LOG_ERROR)
    cli_error (c, "%s", text);
  else if (level == PEN_LOG_WARN)
    cli_warn (c, "%s", text);
}

/* What only the plugins themselves know: rules across options, tables, columns. */
static void
probe (struct cli *c, const struct plan_set *s, const struct plan *p)
{
  struct run_reporter reporter = { on_log, NULL, c };
  unsigned before = c->errors;

  if (run_plan_check (s, p, &reporter) == -1 && c->errors == before)
    cli_error (c, "%s: pipeline \"%s\" cannot be set up", p->where, p->name);
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "json", no_argument, NULL, 'j' },
                                           { "config-fd", required_argument, NULL, 'c' },
                                           { "supervisor", required_argument, NULL, 's' },
                                           { NULL, 0, NULL, 0 } };
  enum show show = c->quiet ? SHOW_NOTHING : SHOW_WORDS;
  struct machine m;
  struct plan_set s;
  int rc;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    if (o == 'h')
      return cli_help (&cmd_check);
    else if (o == 'j')
      show = SHOW_JSON;
    else if (o == '?' || (o == 'c' ? cli_config_fd (c, optarg) : cli_end_with (c, optarg)) == -1)
      return cli_usage (&cmd_check, NULL);
  if (optind == argc)
    return cli_usage (&cmd_check, "check: a configuration file is expected");
  rc = cli_load (c, &s, argv + optind, argc - optind);
  machine_read (&m, "");
  for (size_t i = 0; i < s.n; i++)
    {
      check_one (c, s.v[i], &m, rc == CLI_OK ? show : SHOW_NOTHING);
      if (rc == CLI_OK)
        probe (c, &s, s.v[i]);
    }
  if (rc == CLI_OK && c->errors)
    rc = CLI_BAD_CONFIG;
  for (int i = optind; i < argc && rc == CLI_OK && show != SHOW_JSON; i++)
    printf ("%s: good\n", argv[i]);
  plan_set_fini (&s);
  return rc;
}

const struct cli_command cmd_check = {
  "check",
  "[--json] FILE...",
  "Check configuration files, show what they mean and the memory that they can take.",
  run,
  "Prints each pipeline with every option, the number of workers and the memory bound with its parts;\n"
  "secrets are shown as ***. The source, sinks and one jailed worker are asked whether plugins, options, tables\n"
  "and columns fit together; nothing is opened or created, nobody is called. Exit status 0 or 78.\n"
  "--json: a line for each pipeline with what a supervisor must know.\n",
};
