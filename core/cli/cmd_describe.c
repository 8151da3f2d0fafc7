/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_describe.c - penstock describe: one plugin with its options, for people or as JSON. */
#include "core/cli/cli.h"

#include "core/base/escape.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const framings[] = { "custom", "line", "quoted_line", "fixed", "whole" };

/* ---- for people ---- */

static void
show_option (const struct opt_desc *d)
{
  printf ("  %s  (%s", d->name, opt_type_name (d->type));
  if (d->range)
    printf (", %s", d->range);
  if (d->def)
    printf (", default %s", *d->def ? d->def : "\"\"");
  printf ("%s%s)\n", d->flags & PEN_OPT_REQUIRED ? ", required" : "",
          d->flags & PEN_OPT_DEPRECATED ? ", deprecated" : "");
  if (d->doc)
    printf ("      %s\n", d->doc);
}

static void
show_parser (const struct plugin_desc *d)
{
  printf ("framing: %s", framings[d->parser.framing]);
  if (d->parser.max_record)
    printf (", longest record %" PRIu64 " bytes", d->parser.max_record);
  printf ("%s\n", d->parser.recognises ? ", recognises its format" : "");
  for (size_t i = 0; i < d->parser.n_totals; i++)
    {
      const struct total_desc *t = &d->parser.totals[i];

      printf ("  total %s of each %s, rule %s", t->name, d->parser.scopes[t->scope], t->rule);
      if (t->modulo)
        printf (", modulo %" PRIu64, t->modulo);
      printf ("%s%s\n", t->doc ? ": " : "", t->doc ? t->doc : "");
    }
}

static void
show (const struct plugin_desc *d)
{
  char kinds[KINDS_TEXT];

  printf ("%s %s (%s): %s\n%s\n", d->name, d->version, plugin_kinds_text (kinds, d->kinds), d->summary, d->path);
  if (d->doc)
    printf ("\n%s\n", d->doc);
  putchar ('\n');
  if (d->kinds & KIND_PARSER)
    show_parser (d);
  if (d->kinds & KIND_ENCODER)
    printf ("%s\n", d->encoder.merges ? "several tables may share one stream" : "each table needs a stream of its own");
  if (d->kinds & KIND_SINK)
    printf ("default encoder: %s\n", d->sink.default_encoder);
  puts (d->options.n ? "options:" : "no options");
  for (size_t i = 0; i < d->options.n; i++)
    show_option (&d->options.v[i]);
}

/* ---- as JSON ---- */

static void
json_text (const char *key, const char *text)
{
  printf (", \"%s\": ", key);
  if (text)
    escape_json (stdout, text);
  else
    fputs ("null", stdout);
}

static void
json_options (const struct plugin_desc *d)
{
  fputs (", \"options\": [", stdout);
  for (size_t i = 0; i < d->options.n; i++)
    {
      const struct opt_desc *o = &d->options.v[i];

      printf ("%s{\"name\": ", i ? ", " : "");
      escape_json (stdout, o->name);
      json_text ("type", opt_type_name (o->type));
      printf (", \"required\": %s, \"deprecated\": %s", o->flags & PEN_OPT_REQUIRED ? "true" : "false",
              o->flags & PEN_OPT_DEPRECATED ? "true" : "false");
      json_text ("default", o->def);
      json_text ("range", o->range);
      json_text ("doc", o->doc);
      putchar ('}');
    }
  putchar (']');
}

static void
json_parser (const struct plugin_desc *d)
{
  printf (", \"parser\": {\"framing\": \"%s\", \"max_record\": %" PRIu64 ", \"recognises\": %s, \"totals\": [",
          framings[d->parser.framing], d->parser.max_record, d->parser.recognises ? "true" : "false");
  for (size_t i = 0; i < d->parser.n_totals; i++)
    {
      const struct total_desc *t = &d->parser.totals[i];

      printf ("%s{\"name\": ", i ? ", " : "");
      escape_json (stdout, t->name);
      json_text ("scope", d->parser.scopes[t->scope]);
      printf (", \"scale\": %u, \"modulo\": \"%" PRIu64 "\"", t->scale, t->modulo);
      json_text ("rule", t->rule);
      json_text ("doc", t->doc);
      putchar ('}');
    }
  fputs ("]}", stdout);
}

static void
show_json (const struct plugin_desc *d)
{
  bool first = true;

  fputs ("{\"name\": ", stdout);
  escape_json (stdout, d->name);
  json_text ("path", d->path);
  json_text ("version", d->version);
  json_text ("summary", d->summary);
  json_text ("doc", d->doc);
  fputs (", \"kinds\": [", stdout);
  for (unsigned bit = KIND_SOURCE; bit <= KIND_SINK; bit <<= 1)
    if (d->kinds & bit)
      {
        printf ("%s\"%s\"", first ? "" : ", ", plugin_kind_name (bit));
        first = false;
      }
  putchar (']');
  json_options (d);
  if (d->kinds & KIND_PARSER)
    json_parser (d);
  if (d->kinds & KIND_ENCODER)
    printf (", \"encoder\": {\"merges\": %s}", d->encoder.merges ? "true" : "false");
  if (d->kinds & KIND_SINK)
    {
      fputs (", \"sink\": {\"default_encoder\": ", stdout);
      escape_json (stdout, d->sink.default_encoder);
      putchar ('}');
    }
  puts ("}");
}

/* NAME.so and every KIND-NAME.so that is there. Returns how many were shown. */
static int
describe_all (struct cli *c, struct plan_set *s, const char *name, bool json)
{
  const struct plugin_desc *shown[8], *d;
  struct err e, plain;
  int n = 0;

  d = plan_describe (s, name, 0, &plain);
  if (d)
    shown[n++] = d;
  for (unsigned bit = KIND_SOURCE; bit <= KIND_SINK; bit <<= 1)
    {
      bool again = false;

      d = plan_describe (s, name, bit, &e);
      for (int i = 0; i < n; i++)
        again |= shown[i] == d;
      if (d && !again)
        shown[n++] = d;
    }
  for (int i = 0; i < n; i++)
    {
      if (json)
        show_json (shown[i]);
      else
        show (shown[i]);
      if (i + 1 < n && !json)
        putchar ('\n');
    }
  if (n == 0)
    cli_error (c, "%s", plain.text);
  return n;
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
  struct plan_set s;
  bool json = false;
  int n;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    {
      if (o != 'j')
        return o == 'h' ? cli_help (&cmd_describe) : cli_usage (&cmd_describe, NULL);
      json = true;
    }
  if (optind + 1 != argc)
    return cli_usage (&cmd_describe, "describe: the name of one plugin is expected");
  plan_set_init (&s, &c->dirs, c->libexec_dir);
  n = describe_all (c, &s, argv[optind], json);
  plan_set_fini (&s);
  return n ? CLI_OK : CLI_ENVIRONMENT;
}

const struct cli_command cmd_describe = {
  "describe",
  "[--json] NAME",
  "Show one plugin: its options with types, ranges and defaults.",
  run,
  "The plugin is loaded by a jailed worker only. --json prints one JSON object a line.\n",
};
