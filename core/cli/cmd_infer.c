/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_infer.c - penstock infer: proposes a csv parser's section for a file, to be looked over and kept. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/infer.h"

/* A string of a configuration file. */
static void
put_string (const char *s)
{
  putchar ('"');
  for (; *s; s++)
    {
      if (*s == '"' || *s == '\\')
        putchar ('\\');
      putchar (*s);
    }
  putchar ('"');
}

static bool
is_word (const char *v)
{
  return strcmp (v, "true") == 0 || strcmp (v, "false") == 0 || v[strspn (v, "0123456789")] == 0;
}

static void
print_section (const struct inferred *in)
{
  bool first = true;
  puts ("parser: {\n  plugin = \"csv\";");
  for (size_t i = 0; i < in->n; i++)
    {
      const char *eq = strchr (in->option[i], '=');
      if (strncmp (in->option[i], "columns=", 8) == 0)
        continue;
      printf ("  %.*s = ", (int)(eq - in->option[i]), in->option[i]);
      if (is_word (eq + 1))
        fputs (eq + 1, stdout);
      else
        put_string (eq + 1);
      puts (";");
    }
  fputs ("  columns = [", stdout);
  for (size_t i = 0; i < in->n; i++)
    if (strncmp (in->option[i], "columns=", 8) == 0)
      {
        fputs (first ? "\n    " : ",\n    ", stdout);
        put_string (in->option[i] + 8);
        first = false;
      }
  puts (" ];\n};");
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option long_options[] = { { "help", no_argument, NULL, 'h' },
                                                { "strings", no_argument, NULL, 's' },
                                                { NULL, 0, NULL, 0 } };
  struct inferred in;
  struct err e;
  bool typed = true;

  for (int o; (o = getopt_long (argc, argv, "s", long_options, NULL)) != -1;)
    if (o == 's')
      typed = false;
    else
      return o == 'h' ? cli_help (&cmd_infer) : cli_usage (&cmd_infer, NULL);
  if (optind + 1 != argc)
    return cli_usage (&cmd_infer, "infer: one file is expected");
  if (infer_file (argv[optind], typed, &in, &e) == -1)
    {
      cli_error (c, "%s", e.text);
      return CLI_ENVIRONMENT;
    }
  print_section (&in);
  inferred_fini (&in);
  return CLI_OK;
}

const struct cli_command cmd_infer = {
  "infer",
  "[-s] FILE",
  "Propose a csv parser's section for a file, from a sample of it.",
  run,
  "  -s, --strings           all columns are strings\n"
  "Looks at the first MiB, in a jailed process: delimiter, encoding, header, and a type for each column that\n"
  "all its values in the sample have. A proposal, to be looked over: whether a column may be empty, and what\n"
  "comes later in the file, no sample tells. `penstock cat -p csv FILE` without columns does the same with -s.\n",
};
