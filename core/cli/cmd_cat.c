/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_cat.c - penstock cat: parses files to standard output through the same workers and jail as a pipeline. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <penstock/plugin.h>

#include "core/base/units.h"
#include "core/cli/cli.h"
#include "core/cli/infer.h"
#include "core/cli/report.h"
#include "core/host/recognise.h"

#define WORDS_MAX 640

struct words
{
  const char *v[WORDS_MAX];
  size_t n;
};

static int
add_word (struct words *w, const char *s)
{
  if (w->n == WORDS_MAX)
    return -1;
  w->v[w->n++] = s;
  return 0;
}

/* The files as a source, standard output as the sink. */
static int
add_ends (struct cli *c, struct plan_set *s, struct plan *p, char *const *files, int n)
{
  char cwd[PATH_MAX];
  struct err e;

  if (!getcwd (cwd, sizeof cwd))
    strcpy (cwd, "/");
  p->source.path = plugin_dirs_find (&s->dirs, "source-file", &e);
  p->sinks[0].plugin.path = p->source.path ? plugin_dirs_find (&s->dirs, "stdout", &e) : NULL;
  if (!p->sinks[0].plugin.path)
    {
      cli_error (c, "%s", e.text);
      return -1;
    }
  p->source.name = xstrdup ("file");
  p->sinks[0].plugin.name = xstrdup ("stdout");
  optset_init (&p->source.opts, "source \"file\"", "command line", cwd);
  optset_init (&p->sinks[0].plugin.opts, "sink \"stdout\"", "command line", cwd);
  for (int i = 0; i < n; i++)
    if (optset_add (&p->source.opts, "path", files[i], "command line", &e) == -1)
      {
        cli_error (c, "%s", e.text);
        return -1;
      }
  return optset_add (&p->source.opts, "order", "given", "command line", &e);
}

static bool
has_option (const struct words *w, const char *option)
{
  size_t n = strcspn (option, "=") + 1;
  for (size_t i = 0; i < w->n; i++)
    if (strncmp (w->v[i], option, n) == 0)
      return true;
  return false;
}

/* A csv parser that was given no columns gets them from the first file's header, as strings. */
static int
infer_columns (struct cli *c, const char *file, struct words *w, struct inferred *in)
{
  size_t given = w->n;
  struct err e;

  if (infer_file (file, false, in, &e) == -1)
    {
      cli_error (c, "%s", e.text);
      return -1;
    }
  for (size_t i = 0; i < in->n; i++)
    {
      struct words before = *w;
      before.n = given;
      if (!has_option (&before, in->option[i]) && add_word (w, in->option[i]) == -1)
        {
          cli_error (c, "%s: it has more columns than -O options are taken; give it a configuration", file);
          return -1;
        }
    }
  return 0;
}

static int
cat (struct cli *c, struct cat_request *q, struct words *options, char *const *files, int n)
{
  struct report report;
  struct run_reporter reporter;
  struct run_result result;
  struct plan_set s;
  struct plan *p;
  struct inferred in = { 0 };
  char *known = NULL;
  struct err e;
  int rc = CLI_BAD_CONFIG;

  plan_set_init (&s, &c->dirs, c->libexec_dir);
  if (!q->parser)
    {
      q->parser = known = recognise_file (&s, files[0], &e);
      if (!known)
        {
          cli_error (c, "%s", e.text);
          plan_set_fini (&s);
          return CLI_ENVIRONMENT;
        }
    }
  if (strcmp (q->parser, "csv") == 0 && !has_option (options, "columns=")
      && infer_columns (c, files[0], options, &in) == -1)
    {
      rc = CLI_ENVIRONMENT;
      goto out;
    }
  q->options = options->v;
  q->n_options = options->n;
  p = plan_for_cat (&s, q, &c->report, NULL);
  if (p && add_ends (c, &s, p, files, n) == 0)
    {
      report_init (&report, c);
      if (isatty (1))
        report.bar = false; /* rows and a bar on one terminal are neither */
      reporter = report_reporter (&report);
      rc = (int)run_plan (&s, p, &reporter, &result);
      report_summary (&report, "cat", &result, false);
    }
out:
  plan_set_fini (&s);
  inferred_fini (&in);
  free (known);
  return rc;
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option long_options[] = { { "help", no_argument, NULL, 'h' },
                                                { "parser", required_argument, NULL, 'p' },
                                                { "option", required_argument, NULL, 'O' },
                                                { "table", required_argument, NULL, 't' },
                                                { "format", required_argument, NULL, 'f' },
                                                { "workers", required_argument, NULL, 'j' },
                                                { "format-option", required_argument, NULL, 'F' },
                                                { "chunk", required_argument, NULL, 'c' },
                                                { "lineage", no_argument, NULL, 'l' },
                                                { NULL, 0, NULL, 0 } };
  struct words parser_options = { 0 }, format_options = { 0 }, tables = { 0 };
  struct cat_request q = { 0 };
  int full = 0;

  for (int o; (o = getopt_long (argc, argv, "p:O:t:f:F:j:c:l", long_options, NULL)) != -1;)
    switch (o)
      {
      case 'p':
        q.parser = optarg;
        break;
      case 'O':
        full |= add_word (&parser_options, optarg);
        break;
      case 'F':
        full |= add_word (&format_options, optarg);
        break;
      case 't':
        full |= add_word (&tables, optarg);
        break;
      case 'f':
        q.format = optarg;
        break;
      case 'j':
        q.workers = (unsigned)strtoul (optarg, NULL, 10);
        break;
      case 'c':
        if (units_size (optarg, &q.chunk) == -1)
          return cli_usage (&cmd_cat, "cat: -c: \"%s\" is no size", optarg);
        break;
      case 'l':
        q.lineage = true;
        break;
      default:
        return o == 'h' ? cli_help (&cmd_cat) : cli_usage (&cmd_cat, NULL);
      }
  if (full)
    return cli_usage (&cmd_cat, "cat: more than %d options of one kind", WORDS_MAX);
  if (optind == argc)
    return cli_usage (&cmd_cat, "cat: a file is expected");
  q.format_options = format_options.v;
  q.n_format_options = format_options.n;
  q.tables = tables.v;
  q.n_tables = tables.n;
  return cat (c, &q, &parser_options, argv + optind, argc - optind);
}

const struct cli_command cmd_cat = {
  "cat",
  "[-p PARSER] [-O KEY=VALUE] [-t TABLE] [-f FORMAT] [-F KEY=VALUE] [-j WORKERS] [-c CHUNK] [-l] FILE...",
  "Parse files to standard output, through the same workers and jail as a pipeline.",
  run,
  "  -p, --parser NAME       the parser; without it the first file's format is recognised\n"
  "  -O, --option K=V        an option of the parser; may be given several times\n"
  "  -t, --table NAME        only this table; may be given several times. With several tables each\n"
  "                          JSON line begins with \"_table\"\n"
  "  -f, --format NAME       the encoder: jsonl (default), csv, ...\n"
  "  -F, --format-option K=V an option of the encoder\n"
  "  -j, --workers N         number of workers (default: cores)\n"
  "  -c, --chunk SIZE        bytes that a worker takes at a time (default 1M)\n"
  "  -l, --lineage           add _object, _offset, _length and _line to every row\n"
  "Rows go out as they are parsed; findings go to standard error, and the exit status tells (0, 1, 3).\n",
};
