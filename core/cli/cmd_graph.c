/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_graph.c - penstock graph: the pipelines of configuration files as a drawing for Graphviz. */
#include "core/cli/cli.h"

#include "core/base/escape.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* JSON's escapes are DOT's, too, for all that may be in a name. */
static void
node (size_t pipeline, const char *id, size_t index, const char *kind, const char *name, const char *shape)
{
  char label[512], shown[256];

  snprintf (label, sizeof label, "%s: %s", kind, escape_text (shown, sizeof shown, name, strlen (name)));
  printf ("    p%zu_%s%zu [shape=%s, label=", pipeline, id, index, shape);
  escape_json (stdout, label);
  puts ("];");
}

/* The tables that a sink has chosen. */
static void
edge_label (const struct plan_sink *s)
{
  char label[512] = "";
  size_t n = 0;

  for (size_t t = 0; t < s->n_tables && n < sizeof label; t++)
    n += (size_t)snprintf (label + n, sizeof label - n, "%s%s", t ? ", " : "", s->tables[t]);
  escape_json (stdout, label);
}

static void
draw (const struct plan *p, size_t i)
{
  char label[128];

  printf ("  subgraph cluster_%zu {\n    label=", i);
  snprintf (label, sizeof label, "%s", p->name);
  escape_json (stdout, label);
  puts (";");
  node (i, "source", 0, "source", p->source.name, "cds");
  node (i, "parser", 0, "parser", p->parser.name, "box");
  printf ("    p%zu_source0 -> p%zu_parser0;\n", i, i);
  for (size_t f = 0; f < p->n_filters; f++)
    {
      node (i, "filter", f, "filter", p->filters[f].name, "box");
      if (f == 0)
        printf ("    p%zu_parser0 -> p%zu_filter0;\n", i, i);
      else
        printf ("    p%zu_filter%zu -> p%zu_filter%zu;\n", i, f - 1, i, f);
    }
  for (size_t k = 0; k < p->n_sinks; k++)
    {
      const struct plan_sink *s = &p->sinks[k];

      node (i, "encoder", k, "encoder", s->encoder.name, "box");
      node (i, "sink", k, "sink", s->name, "cylinder");
      if (p->n_filters)
        printf ("    p%zu_filter%zu -> p%zu_encoder%zu", i, p->n_filters - 1, i, k);
      else
        printf ("    p%zu_parser0 -> p%zu_encoder%zu", i, i, k);
      fputs (" [label=", stdout);
      edge_label (s);
      printf ("];\n    p%zu_encoder%zu -> p%zu_sink%zu;\n", i, k, i, k);
    }
  puts ("  }");
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
  struct plan_set s;
  int rc;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    return o == 'h' ? cli_help (&cmd_graph) : cli_usage (&cmd_graph, NULL);
  if (optind == argc)
    return cli_usage (&cmd_graph, "graph: a configuration file is expected");
  rc = cli_load (c, &s, argv + optind, argc - optind);
  if (rc == CLI_OK)
    {
      puts ("digraph penstock {\n  rankdir=LR;");
      for (size_t i = 0; i < s.n; i++)
        draw (s.v[i], i);
      puts ("}");
    }
  plan_set_fini (&s);
  return rc;
}

const struct cli_command cmd_graph = {
  "graph", "FILE...", "Draw the pipelines of configuration files, as input for Graphviz (dot -Tsvg).", run, NULL,
};
