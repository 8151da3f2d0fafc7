/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h - what the subcommands of penstock share: exit statuses, global options, messages. */
#ifndef PEN_CLI_CLI_H
#define PEN_CLI_CLI_H
#include "core/base/plugindirs.h"
#include "core/host/plan.h"

#include <stdbool.h>

enum cli_exit
{
  CLI_OK = 0,          /* everything accepted */
  CLI_REJECTED = 1,    /* finished, but some input was rejected */
  CLI_USAGE = 2,       /* the command line is wrong */
  CLI_ENVIRONMENT = 3, /* run again to resume */
  CLI_BAD_CONFIG = 78, /* the configuration is wrong */
};

struct cli
{
  struct plugin_dirs dirs; /* --plugin-dir */
  const char *libexec_dir; /* --libexec-dir, or NULL */
  bool quiet;              /* -q: errors only */
  bool verbose;            /* -v */
  int config_fd;           /* what the file named first says, packed, from the supervisor; -1: the file is read */
  unsigned errors, warnings;
  struct opt_report report; /* prints on standard error and counts */
};

/* argv[0] is the command's name. Returns an exit status. */
struct cli_command
{
  const char *name, *arguments, *summary;
  int (*run) (struct cli *c, int argc, char **argv);
  const char *help; /* options and what there is to know; NULL: nothing more */
};

/* One file each, core/cli/cmd_NAME.c; main.c has the table. */
extern const struct cli_command cmd_cat, cmd_check, cmd_describe, cmd_graph, cmd_infer, cmd_plugins, cmd_run, cmd_serve,
    cmd_status;

/* One line on standard error, control characters escaped; counted. */
void cli_error (struct cli *c, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
void cli_warn (struct cli *c, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
/* Usage of one command on standard error, after a message if there is one; returns CLI_USAGE. */
int cli_usage (const struct cli_command *cmd, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
/* The usage as help, on standard output; CLI_OK. */
int cli_help (const struct cli_command *cmd);

/* Loads all files into s (initialised here): CLI_OK, or CLI_BAD_CONFIG after the messages and their summary. The caller
 * ends with plan_set_fini() in both cases. */
int cli_load (struct cli *c, struct plan_set *s, char *const *files, int n);

/* Options of those that a supervisor starts, parsed: descriptor with the packed file, and the supervisor itself, with which this
 * process is to end (SIGKILL). -1 after a message. */
int cli_config_fd (struct cli *c, const char *text);
int cli_end_with (struct cli *c, const char *parent);
#endif
