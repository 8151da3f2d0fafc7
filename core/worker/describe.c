/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c - prints a loaded plugin's descriptor as JSON, for a host that never loads it. */
#include "core/worker/describe.h"

#include "core/base/escape.h"
#include "core/base/options.h"
#include "core/base/plugincheck.h"

#include <inttypes.h>
#include <stdbool.h>

/* 64-bit unsigned values are printed as strings: JSON readers keep 63 bits at best. */

static const char *const framings[] = { "custom", "line", "quoted_line", "fixed", "whole" };

/* `, "key": "text"`; nothing for NULL. */
static void
put_text (FILE *out, const char *key, const char *text)
{
  if (!text)
    return;
  fprintf (out, ", \"%s\": ", key);
  escape_json (out, text);
}

static void
put_kinds (FILE *out, unsigned kinds)
{
  bool first = true;

  fputs (", \"kinds\": [", out);
  for (unsigned bit = KIND_SOURCE; bit <= KIND_SINK; bit <<= 1)
    if (kinds & bit)
      {
        fprintf (out, "%s\"%s\"", first ? "" : ", ", plugin_kind_name (bit));
        first = false;
      }
  fputs ("]", out);
}

static void
put_options (FILE *out, const struct pen_plugin *p)
{
  const char *at = (const char *)p->opts;

  fputs (",\n \"options\": [", out);
  for (bool first = true; at; at += p->opt_size, first = false)
    {
      const struct pen_opt *o = (const struct pen_opt *)at;

      if (!o->name)
        break;
      fprintf (out, "%s{\"type\": \"%s\"", first ? "\n  " : ",\n  ", opt_type_name (o->type));
      put_text (out, "name", o->name);
      fprintf (out, ", \"required\": %s, \"deprecated\": %s", o->flags & PEN_OPT_REQUIRED ? "true" : "false",
               o->flags & PEN_OPT_DEPRECATED ? "true" : "false");
      put_text (out, "default", o->def);
      put_text (out, "range", o->range);
      put_text (out, "doc", o->doc);
      putc ('}', out);
    }
  putc (']', out);
}

static void
put_parser (FILE *out, const struct pen_parser *q)
{
  fprintf (out, ",\n \"parser\": {\"framing\": \"%s\", \"max_record\": \"%" PRIu64 "\", \"cut\": %s, \"recognise\": %s",
           framings[q->framing], q->max_record, q->cut ? "true" : "false", q->recognise ? "true" : "false");
  if (q->size >= sizeof *q && q->memory_by && q->memory_if)
    {
      put_text (out, "memory_by", q->memory_by);
      put_text (out, "memory_if", q->memory_if);
    }
  if (q->size >= offsetof (struct pen_parser, memory_by) && q->longer_by && q->longer_if)
    {
      put_text (out, "longer_by", q->longer_by);
      put_text (out, "longer_if", q->longer_if);
    }
  fputs (", \"scopes\": [", out);
  for (size_t i = 0; i < q->n_scopes; i++)
    {
      fputs (i ? ", " : "", out);
      escape_json (out, ((const struct pen_scope *)((const char *)q->scopes + i * q->scope_size))->name);
    }
  fputs ("], \"totals\": [", out);
  for (size_t i = 0; i < q->n_totals; i++)
    {
      const struct pen_total *t = (const struct pen_total *)((const char *)q->totals + i * q->total_size);

      fprintf (out, "%s{\"scope\": %u, \"fold\": \"%s\", \"scale\": %u, \"modulo\": \"%" PRIu64 "\"",
               i ? ",\n  " : "\n  ", t->scope, t->fold == PEN_FOLD_COUNT ? "count" : "sum", t->scale, t->modulo);
      put_text (out, "name", t->name);
      put_text (out, "rule", t->rule);
      put_text (out, "doc", t->doc);
      putc ('}', out);
    }
  fputs ("]}", out);
}

int
worker_describe (FILE *out, const struct pen_plugin *p, struct err *e)
{
  fprintf (out, "{\"format\": %d, \"abi\": %u", DESCRIBE_FORMAT, p->abi);
  put_text (out, "name", p->name);
  put_text (out, "version", p->version);
  put_text (out, "summary", p->summary);
  put_text (out, "doc", p->doc);
  put_kinds (out, plugin_kinds (p));
  put_options (out, p);
  if (p->parser)
    put_parser (out, p->parser);
  if (p->decoder)
    fprintf (out, ",\n \"decoder\": {\"keys\": %s}", plugin_holds_keys (p) ? "true" : "false");
  if (p->encoder)
    fprintf (out, ",\n \"encoder\": {\"merges\": %s}", p->encoder->flags & PEN_ENC_MERGES ? "true" : "false");
  if (p->sink)
    {
      fputs (",\n \"sink\": {\"default_encoder\": ", out);
      escape_json (out, p->sink->default_encoder);
      putc ('}', out);
    }
  fputs ("}\n", out);
  return fflush (out) == 0 && !ferror (out) ? 0 : err_errno (e, "cannot write the description");
}
