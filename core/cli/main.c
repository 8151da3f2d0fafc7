/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - penstock: global options, then one subcommand. */
#include "config.h"

#include "core/base/escape.h"
#include "core/base/nearest.h"
#include "core/base/units.h"
#include "core/cli/cli.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* In the order in which help shows them. */
static const struct cli_command *const commands[] = { &cmd_run,     &cmd_serve,    &cmd_status, &cmd_cat,  &cmd_check,
                                                      &cmd_plugins, &cmd_describe, &cmd_graph,  &cmd_infer };
#define COMMANDS (sizeof commands / sizeof *commands)

/* ---- messages ---- */

static void
say_line (const char *prefix, const char *text)
{
  char shown[2 * ERR_TEXT_MAX];

  fflush (stdout);
  fprintf (stderr, "penstock: %s%s\n", prefix, escape_text (shown, sizeof shown, text, strlen (text)));
}

static void
report (void *ctx, bool is_error, const char *text)
{
  struct cli *c = ctx;

  if (is_error)
    c->errors++;
  else
    c->warnings++;
  if (is_error || !c->quiet)
    say_line (is_error ? "" : "warning: ", text);
}

void
cli_error (struct cli *c, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  report (c, true, text);
}

void
cli_warn (struct cli *c, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  report (c, false, text);
}

int
cli_usage (const struct cli_command *cmd, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX];
  va_list ap;

  if (fmt)
    {
      va_start (ap, fmt);
      vsnprintf (text, sizeof text, fmt, ap);
      va_end (ap);
      say_line ("", text);
    }
  fprintf (stderr, "usage: penstock %s %s\n", cmd->name, cmd->arguments);
  return CLI_USAGE;
}

int
cli_help (const struct cli_command *cmd)
{
  printf ("usage: penstock %s %s\n%s\n%s", cmd->name, cmd->arguments, cmd->summary, cmd->help ? cmd->help : "");
  return CLI_OK;
}

int
cli_load (struct cli *c, struct plan_set *s, char *const *files, int n)
{
  plan_set_init (s, &c->dirs, c->libexec_dir);
  for (int i = 0; i < n; i++)
    plan_load (s, files[i], i == 0 ? c->config_fd : -1, &c->report, NULL);
  if (c->errors == 0)
    return CLI_OK;
  fprintf (stderr, "penstock: %u error%s in the configuration\n", c->errors, c->errors == 1 ? "" : "s");
  return CLI_BAD_CONFIG;
}

int
cli_config_fd (struct cli *c, const char *text)
{
  int64_t fd;

  if (units_int (text, &fd) != 0 || fd < 3 || fd > INT_MAX)
    {
      cli_error (c, "--config-fd %s: the number of an open descriptor is expected", text);
      return -1;
    }
  c->config_fd = (int)fd;
  fcntl (c->config_fd, F_SETFD, FD_CLOEXEC); /* not for plugins */
  return 0;
}

int
cli_end_with (struct cli *c, const char *parent)
{
  int64_t pid;

  if (units_int (parent, &pid) != 0 || pid < 1)
    {
      cli_error (c, "--supervisor %s: the number of a process is expected", parent);
      return -1;
    }
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != (pid_t)pid)
    _exit (CLI_ENVIRONMENT); /* it has ended already */
  return 0;
}

/* ---- the command line ---- */

static void
print_usage (FILE *out)
{
  fputs ("usage: penstock [OPTION]... COMMAND [ARGUMENT]...\n"
         "\n"
         "Commands:\n",
         out);
  for (size_t i = 0; i < COMMANDS; i++)
    fprintf (out, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
  fputs ("\n"
         "Options, before the command:\n"
         "  --plugin-dir DIR   look for plugins here first; may be repeated\n"
         "  --libexec-dir DIR  where penstock-worker and penstock-source are\n"
         "  -q, --quiet        errors only\n"
         "  -v, --verbose      more words\n"
         "  --help, --version\n"
         "\n"
         "`penstock COMMAND --help` tells more. Exit status: 0 all accepted, 1 some input was rejected, 2 usage,\n"
         "3 environment failure (run again to resume), 78 bad configuration.\n",
         out);
}

/* Plugins are found by absolute paths: what the user typed counts from where we are now. */
static int
add_dir (struct cli *c, const char *dir)
{
  char *real = realpath (dir, NULL);

  if (!real)
    {
      cli_error (c, "--plugin-dir %s: there is no such directory", dir);
      return -1;
    }
  plugin_dirs_add (&c->dirs, real);
  free (real);
  return 0;
}

static int
unknown_command (struct cli *c, const char *name)
{
  struct nearest near;

  nearest_init (&near, name);
  for (size_t i = 0; i < COMMANDS; i++)
    nearest_offer (&near, commands[i]->name);
  if (near.best)
    cli_error (c, "unknown command \"%s\"; did you mean \"%s\"?", name, near.best);
  else
    cli_error (c, "unknown command \"%s\"; `penstock --help` lists them", name);
  return CLI_USAGE;
}

static int
run_command (struct cli *c, int argc, char **argv)
{
  for (size_t i = 0; i < COMMANDS; i++)
    if (strcmp (commands[i]->name, argv[0]) == 0)
      {
        if (argc == 2 && strcmp (argv[1], "--help") == 0)
          return cli_help (commands[i]);
        optind = 0; /* the command parses its own options from here */
        return commands[i]->run (c, argc, argv);
      }
  return unknown_command (c, argv[0]);
}

/* -1: go on with the command at argv[optind]; else an exit status. */
static int
global_options (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = {
    { "plugin-dir", required_argument, NULL, 'P' },
    { "libexec-dir", required_argument, NULL, 'L' },
    { "quiet", no_argument, NULL, 'q' },
    { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
  };

  for (int o; (o = getopt_long (argc, argv, "+qv", options, NULL)) != -1;)
    switch (o)
      {
      case 'P':
        if (add_dir (c, optarg) == -1)
          return CLI_USAGE;
        break;
      case 'L':
        c->libexec_dir = optarg;
        break;
      case 'q':
        c->quiet = true;
        break;
      case 'v':
        c->verbose = true;
        break;
      case 'h':
        print_usage (stdout);
        return CLI_OK;
      case 'V':
        puts ("penstock " PACKAGE_VERSION);
        return CLI_OK;
      default:
        fputs ("`penstock --help` lists the options\n", stderr);
        return CLI_USAGE;
      }
  return -1;
}

int
main (int argc, char **argv)
{
  struct cli c = { .config_fd = -1, .report = { report, &c } };
  int rc = global_options (&c, argc, argv);

  if (rc == -1 && optind == argc)
    {
      print_usage (stderr);
      rc = CLI_USAGE;
    }
  if (rc == -1)
    rc = run_command (&c, argc - optind, argv + optind);
  plugin_dirs_fini (&c.dirs);
  if ((fflush (stdout) == EOF || ferror (stdout)) && rc == CLI_OK)
    {
      fprintf (stderr, "penstock: cannot write to standard output\n");
      rc = CLI_ENVIRONMENT;
    }
  return rc;
}
