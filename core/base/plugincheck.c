/* SPDX-License-Identifier: Apache-2.0 */
/* plugincheck.c - is what a shared object exported a plugin that this Penstock can run? */
#include "core/base/plugincheck.h"

#include "core/base/options.h"

#include <stdio.h>
#include <string.h>

/* Features that a plugin may need of the host: none is defined in ABI 1. */
#define KNOWN_NEEDS UINT64_C (0)

static const struct
{
  unsigned kind;
  const char *name;
} kinds[] = {
  { KIND_SOURCE, "source" }, { KIND_DECODER, "decoder" }, { KIND_PARSER, "parser" },
  { KIND_FILTER, "filter" }, { KIND_ENCODER, "encoder" }, { KIND_SINK, "sink" },
};
#define KINDS (sizeof kinds / sizeof *kinds)

const char *
plugin_kind_name (unsigned kind)
{
  for (size_t i = 0; i < KINDS; i++)
    if (kinds[i].kind == kind)
      return kinds[i].name;
  return NULL;
}

unsigned
plugin_kind_of (const char *name)
{
  for (size_t i = 0; i < KINDS; i++)
    if (strcmp (kinds[i].name, name) == 0)
      return kinds[i].kind;
  return 0;
}

char *
plugin_kinds_text (char buf[KINDS_TEXT], unsigned set)
{
  size_t n = 0;

  buf[0] = '\0';
  for (size_t i = 0; i < KINDS; i++)
    if (set & kinds[i].kind)
      n += (size_t)snprintf (buf + n, KINDS_TEXT - n, "%s%s", n ? ", " : "", kinds[i].name);
  return buf;
}

unsigned
plugin_kinds (const struct pen_plugin *p)
{
  return (p->source ? KIND_SOURCE : 0) | (p->decoder ? KIND_DECODER : 0) | (p->parser ? KIND_PARSER : 0)
         | (p->filter ? KIND_FILTER : 0) | (p->encoder ? KIND_ENCODER : 0) | (p->sink ? KIND_SINK : 0);
}

/* When a struct grows in a later ABI, `least` stays at the size that it has here: old plugins go on loading. */
static int
check_size (const char *kind, size_t found, size_t least, struct err *e)
{
  if (found < least)
    return err_set (e, "its %s has %zu bytes, at least %zu expected", kind, found, least);
  return 0;
}

static int
need (const char *kind, const char *function, int present, struct err *e)
{
  return present ? 0 : err_set (e, "its %s lacks %s()", kind, function);
}
#define NEED(p, kind, f) need (kind, #f, (p)->f != NULL, e)

static int
check_totals (const struct pen_parser *q, struct err *e)
{
  if (q->n_scopes > PLUGIN_SCOPES_MAX || q->n_totals > PLUGIN_TOTALS_MAX)
    return err_set (e, "its ledger has %zu scopes and %zu totals, the limits are %d and %d", q->n_scopes, q->n_totals,
                    PLUGIN_SCOPES_MAX, PLUGIN_TOTALS_MAX);
  if ((q->n_scopes && (!q->scopes || q->scope_size < sizeof *q->scopes))
      || (q->n_totals && (!q->totals || q->total_size < sizeof *q->totals)))
    return err_set (e, "its scopes or totals are shorter than this ABI's");
  for (size_t i = 0; i < q->n_scopes; i++)
    if (!((const struct pen_scope *)((const char *)q->scopes + i * q->scope_size))->name)
      return err_set (e, "its scope %zu has no name", i);
  for (size_t i = 0; i < q->n_totals; i++)
    {
      const struct pen_total *t = (const struct pen_total *)((const char *)q->totals + i * q->total_size);

      if (!t->name || !t->rule || t->scope >= q->n_scopes || t->fold < PEN_FOLD_SUM || t->fold > PEN_FOLD_COUNT
          || t->scale > 18)
        return err_set (e, "its total %zu lacks a name or a rule, or names a scope, fold or scale that is not there",
                        i);
    }
  return 0;
}

static int
check_parser (const struct pen_parser *q, struct err *e)
{
  if (check_size ("parser", q->size, offsetof (struct pen_parser, longer_by), e) == -1
      || NEED (q, "parser", create) == -1 || NEED (q, "parser", schema) == -1 || NEED (q, "parser", parse) == -1
      || NEED (q, "parser", destroy) == -1)
    return -1;
  if (q->framing < PEN_FRAME_CUSTOM || q->framing > PEN_FRAME_WHOLE)
    return err_set (e, "its parser's framing %d is not known", q->framing);
  if (q->framing == PEN_FRAME_CUSTOM && NEED (q, "parser", cut) == -1)
    return -1;
  if (q->framing != PEN_FRAME_WHOLE && (q->max_record == 0 || q->max_record > PLUGIN_RECORD_MAX))
    return err_set (e, "its parser's max_record is %llu, expected 1..%u", (unsigned long long)q->max_record,
                    PLUGIN_RECORD_MAX);
  return check_totals (q, e);
}

static int
check_source (const struct pen_source *q, struct err *e)
{
  return check_size ("source", q->size, offsetof (struct pen_source, reach), e) == -1
                 || NEED (q, "source", create) == -1 || NEED (q, "source", run) == -1
                 || NEED (q, "source", destroy) == -1
             ? -1
             : 0;
}

static int
check_decoder (const struct pen_decoder *q, struct err *e)
{
  if (check_size ("decoder", q->size, offsetof (struct pen_decoder, recognise), e) == -1
      || NEED (q, "decoder", create) == -1 || NEED (q, "decoder", destroy) == -1)
    return -1;
  if (q->decode)
    return 0;
  return check_size ("decoder", q->size, offsetof (struct pen_decoder, flags), e) == -1
                 || NEED (q, "decoder", open) == -1 || NEED (q, "decoder", next) == -1
                 || NEED (q, "decoder", read) == -1
             ? -1
             : 0;
}

static int
check_filter (const struct pen_filter *q, struct err *e)
{
  return check_size ("filter", q->size, sizeof *q, e) == -1 || NEED (q, "filter", create) == -1
                 || NEED (q, "filter", plan) == -1 || NEED (q, "filter", apply) == -1
                 || NEED (q, "filter", destroy) == -1
             ? -1
             : 0;
}

static int
check_encoder (const struct pen_encoder *q, struct err *e)
{
  return check_size ("encoder", q->size, sizeof *q, e) == -1 || NEED (q, "encoder", create) == -1
                 || NEED (q, "encoder", table) == -1 || NEED (q, "encoder", encode) == -1
                 || NEED (q, "encoder", destroy) == -1
             ? -1
             : 0;
}

static int
check_sink (const struct pen_sink *q, struct err *e)
{
  if (check_size ("sink", q->size, offsetof (struct pen_sink, refused), e) == -1 || NEED (q, "sink", create) == -1
      || NEED (q, "sink", per_table) == -1 || NEED (q, "sink", table) == -1 || NEED (q, "sink", begin) == -1
      || NEED (q, "sink", write) == -1 || NEED (q, "sink", commit) == -1 || NEED (q, "sink", finish) == -1
      || NEED (q, "sink", destroy) == -1)
    return -1;
  if (q->size >= sizeof *q && q->seal && (NEED (q, "sink", publish) == -1 || NEED (q, "sink", discard) == -1))
    return -1;
  return q->default_encoder ? 0 : err_set (e, "its sink names no default encoder");
}

int
plugin_holds_keys (const struct pen_plugin *p)
{
  return plugin_kinds (p) == KIND_DECODER && p->decoder->size > offsetof (struct pen_decoder, flags)
         && (p->decoder->flags & PEN_DECODER_KEYS);
}

static int
check_options (const struct pen_plugin *p, struct err *e)
{
  struct opt_table t;
  int rc = 0;

  if (opt_table_read (p, &t, e) == -1)
    return -1;
  for (size_t i = 0; i < t.n && rc == 0; i++)
    if (t.v[i].type == PEN_SECRET && (plugin_kinds (p) & KIND_WORKER) && !plugin_holds_keys (p))
      rc = err_set (e, "option table: %s: a secret never enters a worker; only sources and sinks may have one",
                    t.v[i].name);
  opt_table_fini (&t);
  return rc;
}

static int
check_descriptor (const struct pen_plugin *p, unsigned kind, struct err *e)
{
  char text[KINDS_TEXT];
  unsigned have;

  if (p->abi != PEN_ABI)
    return err_set (e,
                    "built for plugin ABI %u; this Penstock speaks ABI %d: build it anew with this version's headers",
                    p->abi, PEN_ABI);
  if (check_size ("descriptor", p->size, sizeof *p, e) == -1)
    return -1;
  if (p->needs & ~KNOWN_NEEDS)
    return err_set (e, "needs features 0x%llx, which this Penstock does not have: a newer version may",
                    (unsigned long long)(p->needs & ~KNOWN_NEEDS));
  if (!p->name || !*p->name || !p->version || !p->summary)
    return err_set (e, "its descriptor lacks a name, a version or a summary");
  have = plugin_kinds (p);
  if (!have)
    return err_set (e, "it is of no kind: neither source nor decoder, parser, filter, encoder or sink");
  if (kind && !(have & kind))
    return err_set (e, "plugin \"%s\" is no %s but: %s", p->name, plugin_kind_name (kind),
                    plugin_kinds_text (text, have));
  if ((p->source && check_source (p->source, e) == -1) || (p->decoder && check_decoder (p->decoder, e) == -1)
      || (p->parser && check_parser (p->parser, e) == -1) || (p->filter && check_filter (p->filter, e) == -1)
      || (p->encoder && check_encoder (p->encoder, e) == -1) || (p->sink && check_sink (p->sink, e) == -1))
    return -1;
  return check_options (p, e);
}

int
plugin_check (const struct pen_plugin *p, const char *path, unsigned kind, struct err *e)
{
  if (!p)
    return err_set (e, "%s: not a Penstock plugin: it has no symbol %s", path, PEN_SYMBOL);
  if (check_descriptor (p, kind, e) == -1)
    return err_prefix (e, "%s", path);
  return 0;
}
