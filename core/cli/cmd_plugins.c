/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plugins.c - penstock plugins: the plugins that are there, and why some cannot be used. */
#include "core/cli/cli.h"

#include <getopt.h>
#include <stdio.h>

struct listing
{
  struct cli *c;
  struct plan_set *s;
};

static int
list_one (void *ctx, const char *name, const char *path)
{
  struct listing *l = ctx;
  const struct plugin_desc *d;
  char kinds[KINDS_TEXT];
  struct err e;

  d = plan_describe_path (l->s, path, &e);
  if (d)
    printf ("%-16s %-16s %-8s %s\n", name, plugin_kinds_text (kinds, d->kinds), d->version, d->summary);
  else
    cli_error (l->c, "%s", e.text);
  return 0;
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "refresh", no_argument, NULL, 'r' },
                                           { NULL, 0, NULL, 0 } };
  struct plan_set s;
  struct listing l = { c, &s };
  bool refresh = false;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    {
      if (o != 'r')
        return o == 'h' ? cli_help (&cmd_plugins) : cli_usage (&cmd_plugins, NULL);
      refresh = true;
    }
  if (optind != argc)
    return cli_usage (&cmd_plugins, "plugins: no argument is expected");
  plan_set_init (&s, &c->dirs, c->libexec_dir);
  s.describer.refresh = refresh;
  plugin_dirs_each (&s.dirs, list_one, &l);
  plan_set_fini (&s);
  return c->errors ? CLI_ENVIRONMENT : CLI_OK;
}

const struct cli_command cmd_plugins = {
  "plugins",
  "[--refresh]",
  "List the plugins that are installed.",
  run,
  "One line each: name, kinds, version, summary. Plugins that cannot be used are reported on standard error with\n"
  "the reason; the exit status is 3 then. --refresh asks the plugins again instead of believing the cache.\n",
};
