/* SPDX-License-Identifier: Apache-2.0 */
/* setup.c - loads and creates a worker's plugins from the host's blob, plans its tables and says so. */
#include "core/worker/setup.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/options.h"
#include "core/worker/open.h"
#include "core/base/wire.h"

static char last_why[ERR_TEXT_MAX];
static int log_sock = -1;
static unsigned fill_flags; /* enum options_flags */

void
setup_log_to (int sock)
{
  log_sock = sock;
}

void
setup_reads_secrets (void)
{
  fill_flags = OPTIONS_SECRETS;
}

const char *
setup_why (void)
{
  static char why[ERR_TEXT_MAX];
  memcpy (why, last_why, sizeof why);
  last_why[0] = 0;
  return why;
}

static void
host_log (void *ctx, int level, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX];
  struct wire_head h = { .type = WIRE_LOG, .a = (uint64_t)level };
  va_list ap;

  (void)ctx;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  h.len = (uint32_t)strlen (text);
  if (log_sock >= 0)
    wire_send (log_sock, &h, text, -1, NULL);
}

static int
host_fail (void *ctx, const char *fmt, ...)
{
  va_list ap;

  (void)ctx;
  va_start (ap, fmt);
  vsnprintf (last_why, sizeof last_why, fmt, ap);
  va_end (ap);
  return PEN_ERR;
}

static const struct pen_host host = { sizeof host, NULL, host_log, host_fail };

const struct pen_host *
setup_host (void)
{
  return &host;
}

int
setup_load_one (struct blob_reader *r, struct loaded *l, struct err *e)
{
  struct optset set;
  struct options filled;
  size_t n;
  char *path = blob_get_str (r, LIMIT_NAME_MAX);
  const uint8_t *packed = blob_get_bytes (r, &n);

  if (r->bad)
    return err_set (e, "malformed pipeline blob");
  l->plugin = plugin_open (path, e);
  if (!l->plugin)
    return -1;
  free (path);
  if (optset_unpack (&set, packed, n, e) == -1)
    return -1;
  if (options_fill (l->plugin, &set, fill_flags, NULL, &filled, e) == -1)
    return -1;
  l->options = filled.data;
  if (l->plugin->check && l->plugin->check (&host, l->options) != PEN_OK)
    return err_set (e, "%s: %s", set.owner, setup_why ());
  optset_fini (&set);
  return 0;
}

static int
create (struct loaded *l, int (*make) (const struct pen_host *, const void *, void **), const char *kind, struct err *e)
{
  if (!make)
    return 0;
  if (make (&host, l->options, &l->self) != PEN_OK)
    return err_set (e, "%s \"%s\": %s", kind, l->plugin->name, setup_why ());
  return 0;
}

static int
load_stream (struct blob_reader *r, struct stage_stream *st, struct err *e)
{
  st->n_chosen = blob_get_u32 (r);
  if (r->bad || st->n_chosen > LIMIT_TABLES)
    return err_set (e, "malformed pipeline blob");
  st->chosen = xcalloc (st->n_chosen, sizeof *st->chosen);
  for (size_t i = 0; i < st->n_chosen; i++)
    st->chosen[i] = blob_get_str (r, LIMIT_NAME_MAX);
  if (setup_load_one (r, &st->encoder, e) == -1)
    return -1;
  if (!st->encoder.plugin->encoder)
    return err_set (e, "plugin \"%s\" is no encoder", st->encoder.plugin->name);
  return create (&st->encoder, st->encoder.plugin->encoder->create, "encoder", e);
}

int
setup_load (struct setup *s, const uint8_t *blob, size_t n, struct err *e)
{
  struct blob_reader r;

  memset (s, 0, sizeof *s);
  blob_reader_init (&r, blob, n);
  s->is_cutter = blob_get_u8 (&r);
  s->lineage = blob_get_u8 (&r);
  s->row_max = blob_get_u64 (&r);
  if (setup_load_one (&r, &s->parser, e) == -1)
    return -1;
  if (!s->parser.plugin->parser)
    return err_set (e, "plugin \"%s\" is no parser", s->parser.plugin->name);
  if (create (&s->parser, s->parser.plugin->parser->create, "parser", e) == -1)
    return -1;
  s->n_filters = blob_get_u32 (&r);
  if (r.bad || s->n_filters > 64)
    return err_set (e, "malformed pipeline blob");
  s->filters = xcalloc (s->n_filters, sizeof *s->filters);
  for (size_t i = 0; i < s->n_filters; i++)
    if (setup_load_one (&r, &s->filters[i], e) == -1)
      return -1;
    else if (!s->filters[i].plugin->filter)
      return err_set (e, "plugin \"%s\" is no filter", s->filters[i].plugin->name);
    else if (create (&s->filters[i], s->filters[i].plugin->filter->create, "filter", e) == -1)
      return -1;
  s->n_streams = blob_get_u32 (&r);
  if (r.bad || s->n_streams > LIMIT_STREAMS)
    return err_set (e, "malformed pipeline blob");
  for (size_t i = 0; i < s->n_streams; i++)
    {
      s->streams[i].name = blob_get_str (&r, LIMIT_NAME_MAX);
      s->streams[i].single = s->streams[i].merged = blob_get_u8 (&r);
      if (load_stream (&r, &s->streams[i], e) == -1)
        return r.bad ? -1 : err_prefix (e, "sink \"%s\"", s->streams[i].name);
    }
  return r.bad ? err_set (e, "malformed pipeline blob") : 0;
}

/* ---- planning ---- */

static struct ArrowSchema object_index = { .format = "i", .name = "_object" };
static struct ArrowSchema object_text = { .format = "u", .name = "" };

static int
is_lineage (const char *name)
{
  return !strcmp (name, "_offset") || !strcmp (name, "_length") || !strcmp (name, "_line");
}

/* With lineage, _object stands before the parser's own lineage columns; without, these are left out. */
static int
line_columns (struct stage_table *t, int lineage, struct err *e)
{
  int n = 0, object_done = 0;

  if (!t->raw.format || strcmp (t->raw.format, "+s") || t->raw.n_children < 1 || t->raw.n_children > LIMIT_COLUMNS)
    return err_set (e, "table %s: a struct of 1..%d columns is expected", t->name, LIMIT_COLUMNS);
  object_index.dictionary = &object_text;
  for (int64_t i = 0; i < t->raw.n_children; i++)
    {
      struct ArrowSchema *c = t->raw.children[i];
      int line = is_lineage (c->name);
      if (line && !lineage)
        continue;
      if (line && !object_done++)
        {
          t->children[n] = &object_index;
          t->map[n++] = -1;
        }
      t->children[n] = c;
      t->map[n++] = (int)i;
    }
  if (lineage && !object_done)
    {
      t->children[n] = &object_index;
      t->map[n++] = -1;
    }
  t->lined = t->raw;
  t->lined.n_children = n;
  t->lined.children = t->children;
  return 0;
}

static int
plan_table (struct setup *s, unsigned i, struct err *e)
{
  struct stage_table *t = &s->tables[i];
  struct ArrowSchema in;

  if (line_columns (t, s->lineage, e) == -1)
    return -1;
  in = t->lined;
  for (size_t f = 0; f < s->n_filters; f++)
    {
      struct ArrowSchema out;
      memset (&out, 0, sizeof out);
      if (s->filters[f].plugin->filter->plan (s->filters[f].self, i, t->name, &in, &out) != PEN_OK)
        return err_set (e, "filter \"%s\": table %s: %s", s->filters[f].plugin->name, t->name, setup_why ());
      in = out;
    }
  t->final = in;
  return 0;
}

static int
choose_tables (const struct setup *s, struct stage_stream *st, struct err *e)
{
  for (size_t c = 0; c < st->n_chosen; c++)
    {
      unsigned t = 0;
      while (t < s->n_tables && strcmp (s->tables[t].name, st->chosen[c]))
        t++;
      if (t == s->n_tables)
        return err_set (e, "parser \"%s\" has no table \"%s\"", s->parser.plugin->name, st->chosen[c]);
      st->wants[t] = 1;
    }
  if (!st->n_chosen)
    memset (st->wants, 1, s->n_tables);
  return 0;
}

static int
plan_stream (struct setup *s, size_t i, struct err *e)
{
  struct stage_stream *st = &s->streams[i];
  const struct pen_encoder *enc = st->encoder.plugin->encoder;
  int n_wanted = 0;

  if (choose_tables (s, st, e) == -1)
    return -1;
  for (unsigned t = 0; t < s->n_tables; t++)
    n_wanted += st->wants[t];
  if (st->merged && n_wanted > 1 && !(enc->flags & PEN_ENC_MERGES))
    return err_set (e,
                    "encoder \"%s\" cannot put %d tables into one stream: give each its own (\"{table}\" in the path), "
                    "or choose one with tables = [ ... ]",
                    st->encoder.plugin->name, n_wanted);
  st->merged = st->merged && n_wanted > 1;
  for (unsigned t = 0; t < s->n_tables; t++)
    if (st->wants[t] && enc->table (st->encoder.self, t, s->tables[t].name, &s->tables[t].final, st->merged) != PEN_OK)
      return err_set (e, "encoder \"%s\": table %s: %s", st->encoder.plugin->name, s->tables[t].name, setup_why ());
  return 0;
}

int
setup_plan (struct setup *s, struct err *e)
{
  const struct pen_parser *p = s->parser.plugin->parser;

  s->tables = xcalloc (LIMIT_TABLES, sizeof *s->tables);
  for (unsigned i = 0;; i++)
    {
      struct ArrowSchema schema;
      const char *name;
      int rc;
      memset (&schema, 0, sizeof schema);
      rc = p->schema (s->parser.self, i, &name, &schema);
      if (rc == PEN_EOF)
        break;
      if (rc != PEN_OK || i == LIMIT_TABLES)
        return err_set (e, "parser \"%s\": %s", s->parser.plugin->name,
                        i == LIMIT_TABLES ? "too many tables" : setup_why ());
      s->tables[i].name = name;
      s->tables[i].raw = schema;
      s->n_tables = i + 1;
      if (plan_table (s, i, e) == -1)
        return -1;
    }
  for (size_t f = 0; f < s->n_filters; f++)
    {
      const struct pen_filter *filter = s->filters[f].plugin->filter;
      if (filter->size >= offsetof (struct pen_filter, planned) + sizeof filter->planned && filter->planned
          && filter->planned (s->filters[f].self) != PEN_OK)
        return err_set (e, "filter \"%s\": %s", s->filters[f].plugin->name, setup_why ());
    }
  for (size_t i = 0; i < s->n_streams; i++)
    if (plan_stream (s, i, e) == -1)
      return err_prefix (e, "sink \"%s\"", s->streams[i].name);
  return 0;
}

/* ---- the answer ---- */

static void
put_schema (struct blob *b, const struct ArrowSchema *c)
{
  blob_str (b, c->name);
  blob_str (b, c->format);
  blob_u64 (b, (uint64_t)c->flags);
  blob_u8 (b, c->dictionary != NULL);
}

static int
put_heads (const struct stage_stream *st, size_t n_tables, struct blob *b, struct err *e)
{
  static uint8_t head[65536];
  const struct pen_encoder *enc = st->encoder.plugin->encoder;

  for (unsigned t = 0; t < n_tables; t++)
    {
      size_t n = 0;
      if (st->wants[t] && enc->head && enc->head (st->encoder.self, t, head, sizeof head, &n) != PEN_OK)
        return err_set (e, "encoder \"%s\": %s", st->encoder.plugin->name, setup_why ());
      blob_u8 (b, st->wants[t]);
      blob_bytes (b, head, n);
    }
  return 0;
}

int
setup_answer (const struct setup *s, struct blob *b, struct err *e)
{
  const struct pen_parser *p = s->parser.plugin->parser;

  blob_u32 (b, (uint32_t)p->n_scopes);
  for (size_t i = 0; i < p->n_scopes; i++)
    blob_str (b, ((const struct pen_scope *)((const char *)p->scopes + i * p->scope_size))->name);
  blob_u32 (b, (uint32_t)p->n_totals);
  for (size_t i = 0; i < p->n_totals; i++)
    {
      const struct pen_total *t = (const struct pen_total *)((const char *)p->totals + i * p->total_size);
      blob_str (b, t->name);
      blob_str (b, t->rule);
      blob_u32 (b, t->scope);
      blob_u32 (b, t->fold);
      blob_u32 (b, t->scale);
      blob_u64 (b, t->modulo);
    }
  blob_u32 (b, (uint32_t)s->n_tables);
  for (size_t i = 0; i < s->n_tables; i++)
    {
      const struct ArrowSchema *f = &s->tables[i].final;
      blob_str (b, s->tables[i].name);
      blob_u32 (b, (uint32_t)f->n_children);
      for (int64_t c = 0; c < f->n_children; c++)
        put_schema (b, f->children[c]);
    }
  blob_u32 (b, (uint32_t)s->n_streams);
  for (size_t i = 0; i < s->n_streams; i++)
    {
      blob_u8 (b, (uint8_t)s->streams[i].single);
      if (put_heads (&s->streams[i], s->n_tables, b, e) == -1)
        return -1;
    }
  return 0;
}
