/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the descriptor of the generic xml parser: its options, and what an instance is made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xml.h"

#define FIELD(name) PEN_FIELD (struct xml_options, name)
static const struct pen_opt options[] = {
  { "record", PEN_STRING, PEN_OPT_REQUIRED, FIELD (record), NULL, NULL,
    "path of the record elements from the root, e.g. /Orders/Order; * is any name" },
  { "columns", PEN_LIST, PEN_OPT_REQUIRED, FIELD (columns), NULL, NULL,
    "the columns: \"NAME TYPE ATTRIBUTE...\" each, e.g. \"amount decimal(12,2) path(Amt/@value) required\"" },
  { "table", PEN_STRING, 0, FIELD (table), "records", NULL, "name of the records' table" },
  { "tables", PEN_LIST, 0, FIELD (tables), NULL, NULL,
    "tables of elements that repeat within a record: \"NAME PATH\" each; their columns are named NAME.COLUMN" },
  { "namespaces", PEN_LIST, 0, FIELD (namespaces), NULL, NULL,
    "prefixes that paths use: \"PREFIX=URI\" each; a name without a prefix is of any namespace" },
  { "doctype", PEN_ENUM, 0, FIELD (doctype), "reject", "reject|skip-internal",
    "a document type; skip-internal: an internal subset that declares no entities is passed over" },
  { "encodings", PEN_LIST, 0, FIELD (encodings), NULL, NULL,
    "encodings of iconv that are understood beside UTF-8, UTF-16, US-ASCII, ISO-8859-1 and windows-1252; unset: the "
    "common ones" },
  { "max_depth", PEN_INT, 0, FIELD (max_depth), "256", "1..1024", "elements that may be open" },
  { "max_name", PEN_INT, 0, FIELD (max_name), "1000", "1..50000", "bytes of a name" },
  { "max_attributes", PEN_INT, 0, FIELD (max_attributes), "256", "1..1024",
    "attributes of an element, namespace declarations included" },
  { "max_value", PEN_SIZE, 0, FIELD (max_value), "64K", "1..2097152", "bytes of an attribute's value" },
  { "max_text", PEN_SIZE, 0, FIELD (max_text), "1M", "1..2097152",
    "bytes of a text, a comment or a processing instruction" },
  { "schema.directory", PEN_PATH, 0, FIELD (schemas), NULL, NULL,
    "directory of the schema files that records are validated with; unset: they are not" },
  { "schema.files", PEN_LIST, 0, FIELD (schema_files), NULL, NULL,
    "schema files in it, one for each namespace; what they include and import is found there" },
  { "schema.document", PEN_SIZE, 0, FIELD (schema_document), NULL, "1..67108864",
    "validate the document as a whole, up to so many bytes; it is not cut then" },
  { "schema.memory", PEN_SIZE, 0, FIELD (schema_memory), "32M", "65536..1073741824",
    "bytes that schemas and validation may take in a worker" },
  { NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
#define FAIL(...) host->fail (host->ctx, __VA_ARGS__)

static void
destroy (void *self)
{
  struct xml *x = self;
  if (!x)
    return;
  for (size_t i = 0; x->col && i < x->n_cols; i++)
    xml_spec_fini (&x->col[i]);
  for (size_t i = 0; i < x->n_tables; i++)
    {
      free (x->table[i].text);
      free (x->table[i].spec);
    }
  for (uint32_t i = 0; x->node && i < x->n_nodes; i++)
    free (x->node[i].text);
  pen_tables_fini (&x->set);
  xml_xsd_destroy (x->xsd);
  xml_walk_destroy (x->walk);
  free (x->col);
  free (x->node);
  free (x->jump);
  free (x->table_spec);
  free (x);
}

static int
read_tables (const struct pen_host *host, struct xml *x)
{
  const struct pen_list *l = &x->o->tables;
  if (l->n >= XML_TABLES)
    return FAIL ("tables: %zu are given, at most %d are possible", l->n, XML_TABLES - 1);
  x->table[0].name = x->o->table;
  x->n_tables = 1;
  for (size_t i = 0; i < l->n; i++)
    {
      struct xml_table *t = &x->table[x->n_tables];
      char *blank;
      t->text = strdup (l->item[i]);
      if (!t->text)
        return FAIL ("xml: no memory for tables");
      x->n_tables++;
      blank = strchr (t->text, ' ');
      if (!blank || !blank[1 + strspn (blank + 1, " ")] || blank == t->text)
        return FAIL ("tables: \"%s\": NAME PATH is expected, e.g. \"lines Lines/Line\"", l->item[i]);
      *blank = 0;
      t->name = t->text;
      t->path = blank + 1 + strspn (blank + 1, " ");
      for (unsigned k = 0; k + 1 < x->n_tables; k++)
        if (strcmp (x->table[k].name, t->name) == 0)
          return FAIL ("tables: \"%s\" is declared twice", t->name);
    }
  return PEN_OK;
}

static int
read_columns (const struct pen_host *host, struct xml *x)
{
  const struct pen_list *l = &x->o->columns;
  char why[512];

  x->col = calloc (l->n + 1, sizeof *x->col);
  if (!x->col)
    return FAIL ("xml: no memory for columns");
  x->n_cols = l->n;
  for (size_t i = 0; i < l->n; i++)
    {
      const char *wrong = xml_spec_read (x, &x->col[i], l->item[i], why, sizeof why);
      if (wrong)
        return FAIL ("columns: \"%s\": %s", l->item[i], wrong);
      for (size_t k = 0; k < i; k++)
        if (x->col[k].table == x->col[i].table && strcmp (x->col[k].name, x->col[i].name) == 0)
          return FAIL ("columns: \"%s\" is declared twice", l->item[i]);
    }
  return PEN_OK;
}

/* What describes a table: its keys, then the declared columns. */
static int
describe_table (const struct pen_host *host, struct xml *x, unsigned t)
{
  static const struct pen_col_spec keys[] = {
    { "record_no", PEN_COL_INT64, 0, 0, 0, 0, "number of the record in the object, from 1", NULL },
    { "no", PEN_COL_INT64, 0, 0, 0, 0, "number of the row in its record, from 1", NULL },
    { "parent_no", PEN_COL_INT64, 0, 0, 0, 0, "no of the row whose element this one's is in", NULL }
  };
  static const uint8_t types[] = { PEN_COL_UTF8,      PEN_COL_INT64, PEN_COL_DECIMAL, PEN_COL_DATE32,
                                   PEN_COL_TIMESTAMP, PEN_COL_BOOL,  PEN_COL_UTF8 };
  struct xml_table *table = &x->table[t];

  table->n_keys = !t ? 1 : table->parent >= 0 ? 3 : 2;
  table->spec = calloc (table->n_keys + x->n_cols, sizeof *table->spec);
  if (!table->spec)
    return FAIL ("xml: no memory for columns");
  memcpy (table->spec, keys, table->n_keys * sizeof *keys);
  table->n_spec = table->n_keys;
  for (size_t i = 0; i < x->n_cols; i++)
    {
      struct xml_column *col = &x->col[i];
      if (col->table != t)
        continue;
      for (size_t k = 0; k < table->n_keys; k++)
        if (strcmp (col->name, keys[k].name) == 0)
          return FAIL ("columns: \"%s\" is a column that every table has", col->name);
      col->index = (unsigned)table->n_spec;
      table->spec[table->n_spec++] =
          (struct pen_col_spec){ col->name, types[col->type],         1, col->precision, col->scale, 8,
                                 NULL,      col->zoned ? "UTC" : NULL };
    }
  if (table->n_spec > XML_COLUMNS + 3)
    return FAIL ("columns: %zu are given for the table %s, at most %d are possible", table->n_spec - table->n_keys,
                 table->name, XML_COLUMNS);
  x->table_spec[t] = (struct pen_table_spec){ table->name, table->spec, table->n_spec };
  return PEN_OK;
}

static int
describe_tables (const struct pen_host *host, struct xml *x)
{
  x->table_spec = calloc (x->n_tables, sizeof *x->table_spec);
  if (!x->table_spec)
    return FAIL ("xml: no memory for tables");
  for (unsigned t = 0; t < x->n_tables; t++)
    if (describe_table (host, x, t) != PEN_OK)
      return PEN_ERR;
  return pen_tables_init (&x->set, x->table_spec, x->n_tables, 2048, 0) ? FAIL ("xml: no memory for tables") : PEN_OK;
}

static int
make_walk (const struct pen_host *host, struct xml *x)
{
  static const char *const common[] = { "ISO-8859-2",   "ISO-8859-5",   "ISO-8859-7", "ISO-8859-9", "ISO-8859-15",
                                        "windows-1250", "windows-1251", "KOI8-R",     "EUC-JP",     "Shift_JIS",
                                        "EUC-KR",       "GB18030",      "GBK",        "Big5" };
  const struct xml_options *o = x->o;
  struct xml_limits limits = { .depth = (uint32_t)o->max_depth,
                               .name = (uint32_t)o->max_name,
                               .attributes = (uint32_t)o->max_attributes,
                               .value = (uint32_t)o->max_value,
                               .text = (uint32_t)o->max_text,
                               .doctype = o->doctype,
                               .iconv = o->encodings,
                               .window = XML_MAX_RECORD + o->schema_document };
  for (size_t i = 0; i < o->namespaces.n; i++)
    {
      const char *eq = strchr (o->namespaces.item[i], '=');
      if (!eq || eq == o->namespaces.item[i] || !eq[1])
        return FAIL ("namespaces: \"%s\": PREFIX=URI is expected", o->namespaces.item[i]);
    }
  if (!limits.iconv.n)
    {
      limits.iconv = (struct pen_list){ sizeof common / sizeof *common, common };
      limits.iconv_optional = true;
    }
  x->walk = xml_walk_create (host, &limits, &xml_events, x);
  return x->walk ? PEN_OK : PEN_ERR;
}

static int
make (const struct pen_host *host, const void *opts, bool with_schemas, void **self)
{
  struct xml *x = calloc (1, sizeof *x);
  if (!x)
    return FAIL ("xml: no memory");
  x->host = host;
  x->o = opts;
  if (make_walk (host, x) == PEN_OK && read_tables (host, x) == PEN_OK && read_columns (host, x) == PEN_OK
      && xml_tree_make (x) == PEN_OK && (!with_schemas || xml_schema_create (x) == PEN_OK)
      && describe_tables (host, x) == PEN_OK)
    {
      *self = x;
      return PEN_OK;
    }
  destroy (x);
  return PEN_ERR;
}

static int
create (const struct pen_host *host, const void *opts, void **self)
{
  return make (host, opts, true, self);
}

/* Everything that can be said of options is said by create(), which follows: schemas need not be read twice. */
static int
check (const struct pen_host *host, const void *opts)
{
  void *self;
  int status = make (host, opts, false, &self);
  if (status == PEN_OK)
    destroy (self);
  return status;
}

static int
schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  return pen_tables_schema (&((struct xml *)self)->set, table, name, out);
}

static int
cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *at)
{
  return xml_cut (((struct xml *)self)->walk, carry, window, at);
}

static int
parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
       const struct pen_out *out)
{
  struct xml *x = self;
  int status;
  x->out = out;
  x->n_read = x->n_rejected = 0;
  pen_tables_reset (&x->set);
  status = xml_parse (x->walk, in, chunk, end, out);
  return status == PEN_OK ? xml_flush (x) : status;
}

static int
recognise (struct pen_span head)
{
  struct pen_span root, uri;
  return xml_look (head, &root, &uri) ? 20 : 0;
}

static const struct pen_scope scopes[] = { { "object" } };
static const struct pen_parser parser = { .size = sizeof parser,
                                          .framing = PEN_FRAME_CUSTOM,
                                          .max_record = XML_MAX_RECORD,
                                          .scopes = scopes,
                                          .scope_size = sizeof *scopes,
                                          .n_scopes = 1,
                                          .create = create,
                                          .schema = schema,
                                          .cut = cut,
                                          .parse = parse,
                                          .destroy = destroy,
                                          .recognise = recognise,
                                          .longer_by = "schema.document",
                                          .longer_if = "schema.document",
                                          .memory_by = "schema.memory",
                                          .memory_if = "schema.directory" };

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof penstock_plugin,
  .name = "xml",
  .version = "0.1.0",
  .summary = "XML documents: one table of record elements, others of what repeats within them, on all cores",
  .doc =
      "Reads one document as records, which `record` names by their path, into columns of values at paths below them. "
      "The document is cut at its record elements and read in parallel; that it is well-formed as a whole is checked "
      "all "
      "the same. Document types and entities are refused. penstock-xml(7) has every option, type and rule.",
  .options_size = sizeof (struct xml_options),
  .opt_size = sizeof *options,
  .opts = options,
  .check = check,
  .parser = &parser,
};
