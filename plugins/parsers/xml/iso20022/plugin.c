/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the descriptor of the iso20022 parser: options, scopes, totals, what an instance is made of, cut() and
 * parse(). */
#include "iso20022.h"

#define MAX_RECORD (4u << 20)
#define BATCH_ROWS 1024
#define BATCH_TEXT (256u << 10)

#define LEVEL_NAME_O "off"
#define LEVEL_NAME_W "warn"
#define LEVEL_NAME_R "reject"
#define RULE_OPTION(code, level, doc)                                                                                  \
  { "rules." #code,                                                                                                    \
    PEN_ENUM,                                                                                                          \
    0,                                                                                                                 \
    (uint16_t)(offsetof (struct iso20022_options, rule) + RULE_##code * sizeof (int)),                                 \
    sizeof (int),                                                                                                      \
    LEVEL_NAME_##level,                                                                                                \
    "off|warn|reject",                                                                                                 \
    doc },
static const struct pen_opt options[] = {
  { "definitions", PEN_PATH, 0, PEN_FIELD (struct iso20022_options, definitions), ISO20022_DEFINITIONS, NULL,
    "directory of the definition files" },
  { "messages", PEN_LIST, 0, PEN_FIELD (struct iso20022_options, messages), NULL, NULL,
    "definitions to use, by file name without .def; empty: those that the directory's file index names" },
  { "elements", PEN_ENUM, 0, PEN_FIELD (struct iso20022_options, elements), "rest", "rest|all|none",
    "which elements become rows of the table elements: those that have no column, all, none" },
  { "schema.directory", PEN_PATH, 0, PEN_FIELD (struct iso20022_options, schemas), NULL, NULL,
    "directory of the schema files that messages are validated with; unset: they are not" },
  { "schema.files", PEN_LIST, 0, PEN_FIELD (struct iso20022_options, schema_files), NULL, NULL,
    "schema files in it, one for each namespace; what they include and import is found there" },
  { "schema.limit", PEN_SIZE, 0, PEN_FIELD (struct iso20022_options, schema_limit), "16M", "1..67108864",
    "bytes of the longest message that is validated" },
  { "schema.memory", PEN_SIZE, 0, PEN_FIELD (struct iso20022_options, schema_memory), "32M", "65536..1073741824",
    "bytes that schemas and validation may take in a worker" },
  ISO20022_RULES (RULE_OPTION){ NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

static const struct pen_scope scopes[] = { { "object" }, { "message" }, { "part" } };

static void
destroy (void *self)
{
  struct iso20022 *x = self;
  if (!x)
    return;
  pen_tables_fini (&x->tables);
  xml_xsd_destroy (x->xsd);
  xml_walk_destroy (x->walk);
  iso20022_defs_fini (x);
  free (x->text);
  free (x->path);
  free (x);
}

static int
column_of (const struct iso20022 *x, int table, const char *name)
{
  for (unsigned i = 0; i < x->table[table].n_cols; i++)
    if (strcmp (x->table[table].col[i].name, name) == 0)
      return (int)i;
  return -1;
}

static int
find_columns (struct iso20022 *x)
{
  x->col_kind = column_of (x, 0, "message_kind");
  x->col_name = column_of (x, 0, "message_name");
  x->col_namespace = column_of (x, 0, "namespace");
  x->col_path = column_of (x, x->t_elements, "path");
  x->col_element_namespace = column_of (x, x->t_elements, "element_namespace");
  x->col_value = column_of (x, x->t_elements, "value");
  if (x->col_kind < 0 || x->col_name < 0 || x->col_namespace < 0 || x->col_path < 0 || x->col_element_namespace < 0
      || x->col_value < 0)
    return x->host->fail (x->host->ctx,
                          "iso20022: %s/common.def: messages needs columns message_kind, message_name and namespace, "
                          "elements path, element_namespace and value",
                          x->o->definitions);
  return PEN_OK;
}

/* Transactions, as the column for lanes tells, have identifications. */
static void
find_ids (struct iso20022 *x)
{
  static const char *const name[2] = { "end_to_end_id", "transaction_id" };
  for (unsigned t = 0; t < x->n_tables; t++)
    for (unsigned i = 0; i < 2; i++)
      x->table[t].id_col[i] = x->table[t].priority_col < 0 ? -1 : (int16_t)column_of (x, (int)t, name[i]);
}

static int
make_walk (struct iso20022 *x)
{
  const struct xml_limits limits = { .depth = 200,
                                     .name = 256,
                                     .attributes = 64,
                                     .value = 64 << 10,
                                     .text = 4 << 20,
                                     .doctype = XML_DOCTYPE_REJECT,
                                     .window = MAX_RECORD + (x->o->schemas ? x->o->schema_limit : 0) };
  bool ok = true;
  x->walk = xml_walk_create (x->host, &limits, &iso20022_handler, x);
  if (!x->walk)
    return PEN_ERR;
  x->id_ccy = xml_name_id (x->walk, "Ccy");
  for (unsigned i = 1; i < x->n_nodes; i++)
    ok &= (x->node[i].id = xml_name_id (x->walk, x->node[i].name)) != 0;
  x->child = calloc (CHILD_SLOTS, sizeof *x->child);
  for (unsigned i = 1; i < x->n_nodes && ok && x->child; i++)
    {
      uint64_t key = (uint64_t)x->node[i].id << 16 | x->node[i].parent;
      size_t at = CHILD_SLOT (key);
      while (x->child[at & (CHILD_SLOTS - 1)].child)
        at++;
      x->child[at & (CHILD_SLOTS - 1)] = (struct iso20022_slot_child){ key, (uint16_t)i };
    }
  return ok && x->id_ccy && x->child ? PEN_OK : x->host->fail (x->host->ctx, "iso20022: no memory for names");
}

static int
create (const struct pen_host *host, const void *opts, void **self)
{
  struct iso20022 *x = calloc (1, sizeof *x);
  int rc;
  if (!x)
    return host->fail (host->ctx, "iso20022: no memory");
  x->host = host;
  x->o = opts;
  rc = iso20022_defs_load (x);
  if (rc == PEN_OK)
    rc = find_columns (x);
  find_ids (x);
  if (rc == PEN_OK)
    rc = iso20022_validate_create (x);
  if (rc == PEN_OK)
    rc = make_walk (x);
  for (unsigned i = 0; i < x->n_tables; i++)
    x->spec[i] = (struct pen_table_spec){ x->table[i].name, x->table[i].col, x->table[i].n_cols };
  if (rc == PEN_OK && pen_tables_init (&x->tables, x->spec, x->n_tables, BATCH_ROWS, BATCH_TEXT))
    rc = host->fail (host->ctx, "iso20022: no memory for its tables");
  if (rc != PEN_OK)
    {
      destroy (x);
      return rc;
    }
  *self = x;
  return PEN_OK;
}

static int
schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  return pen_tables_schema (&((struct iso20022 *)self)->tables, table, name, out);
}

/* ---- cut and parse ---- */

static void
begin (struct iso20022 *x, bool quiet)
{
  x->quiet = quiet;
  x->status = PEN_OK;
  x->is_broken = x->is_loaded = false;
  x->record = 0;
  iso20022_validate_stop (x);
  x->n_text = 0;
  x->n_rows = 0;
  x->n_held = x->n_lost = 0;
  x->header[0].open = x->header[1].open = false;
  x->app_name.n = x->app_identifier.n = 0;
  x->summed = 0;
  memset (x->sum, 0, sizeof x->sum);
  memset (x->slot, 0, sizeof x->slot);
  memset (x->is_open, 0, sizeof x->is_open);
  memset (x->n_read, 0, sizeof x->n_read);
  memset (x->n_rejected, 0, sizeof x->n_rejected);
}

static int
cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *at)
{
  struct iso20022 *x = self;
  begin (x, true);
  x->out = NULL;
  return xml_cut (x->walk, carry, window, at);
}

static void
count (struct iso20022 *x, const struct pen_out *out)
{
  for (unsigned i = 0; i < x->n_tables && x->status == PEN_OK; i++)
    {
      if (x->n_read[i])
        iso20022_take (x, out->read (out->ctx, i, x->n_read[i]));
      if (x->n_rejected[i])
        iso20022_take (x, out->rejected (out->ctx, i, x->n_rejected[i]));
    }
}

/* The object has ended well: an application header without a message is one of its own, and nothing at all is not. */
static void
object_end (struct iso20022 *x, const struct pen_chunk *chunk, const struct pen_out *out)
{
  uint64_t end = chunk->offset + chunk->bytes.n;
  if (x->st.messages || x->o->rule[RULE_no_message] == LEVEL_OFF)
    return;
  iso20022_take (
      x, out->finding (out->ctx,
                       &(struct pen_finding){ .size = sizeof (struct pen_finding),
                                              .severity = iso20022_severity (x, RULE_no_message),
                                              .offset = 0,
                                              .length = end < 1024 ? end : 1024,
                                              .line = 1,
                                              .rule = "no_message",
                                              .text = "expected an element in a namespace like "
                                                      "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08, found none" }));
}

static int
parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
       const struct pen_out *out)
{
  struct iso20022 *x = self;
  int rc;
  begin (x, false);
  x->out = out;
  pen_tables_reset (&x->tables);
  rc = xml_parse (x->walk, in, chunk, end, out);
  if (rc != PEN_OK)
    return rc;
  if ((chunk->flags & PEN_CHUNK_LAST) && x->is_loaded && !x->is_broken)
    object_end (x, chunk, out);
  iso20022_totals_flush (x);
  iso20022_take (x, pen_tables_flush (&x->tables, out));
  count (x, out);
  x->out = NULL;
  return x->status;
}

static int
recognise (struct pen_span head)
{
  struct pen_span root, uri;
  static const char urn[] = "urn:iso:std:iso:20022:tech:xsd:";
  if (!xml_look (head, &root, &uri))
    return 0;
  if (uri.n > sizeof urn - 1 && memcmp (uri.p, urn, sizeof urn - 1) == 0)
    return 96;
  return memmem (head.p, head.n, urn, sizeof urn - 1) ? 92 : 0;
}

static const struct pen_parser parser = { .size = sizeof parser,
                                          .framing = PEN_FRAME_CUSTOM,
                                          .max_record = MAX_RECORD,
                                          .scopes = scopes,
                                          .scope_size = sizeof *scopes,
                                          .n_scopes = sizeof scopes / sizeof *scopes,
                                          .totals = iso20022_totals,
                                          .total_size = sizeof *iso20022_totals,
                                          .n_totals = N_TOTALS,
                                          .create = create,
                                          .schema = schema,
                                          .cut = cut,
                                          .parse = parse,
                                          .destroy = destroy,
                                          .recognise = recognise,
                                          .longer_by = "schema.limit",
                                          .longer_if = "schema.directory",
                                          .memory_by = "schema.memory",
                                          .memory_if = "schema.directory" };

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof penstock_plugin,
  .name = "iso20022",
  .version = "0.1.0",
  .summary = "ISO 20022 messages: pain, pacs and camt, in any envelope",
  .doc =
      "Kind and version come from the namespace; messages become tables by definition files (pain.001, .002, .008, "
      "pacs.002, .003, .004, .008, .009, camt.029, .052, .053, .054, .056 are installed), and what has no column comes "
      "as rows of elements. Counts, control sums and balances are checked by the control ledger. See "
      "penstock-iso20022(7).",
  .options_size = sizeof (struct iso20022_options),
  .opt_size = sizeof *options,
  .opts = options,
  .parser = &parser,
};
