/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the descriptor of the x12 parser: options, scopes, totals, and what an instance is made of. */
#include "x12.h"

#define BATCH_ROWS 512
#define BATCH_TEXT (256u << 10)

#define LEVEL_NAME_O "off"
#define LEVEL_NAME_W "warn"
#define LEVEL_NAME_R "reject"
#define RULE_OPTION(code, level, doc)                                                                                  \
  { "rules." #code,                                                                                                    \
    PEN_ENUM,                                                                                                          \
    0,                                                                                                                 \
    (uint16_t)(offsetof (struct x12_options, rule) + RULE_##code * sizeof (int)),                                      \
    sizeof (int),                                                                                                      \
    LEVEL_NAME_##level,                                                                                                \
    "off|warn|reject",                                                                                                 \
    doc },
static const struct pen_opt options[] = {
  { "definitions", PEN_PATH, 0, PEN_FIELD (struct x12_options, definitions), X12_DEFINITIONS, NULL,
    "directory of the definition files" },
  { "sets", PEN_LIST, 0, PEN_FIELD (struct x12_options, sets), NULL, NULL,
    "definitions to use, by file name without .def; empty: those that the directory's file index names; \"none\": no "
    "definition" },
  { "set_buffer", PEN_SIZE, 0, PEN_FIELD (struct x12_options, set_buffer), "256K", "1K..512K",
    "sets up to this size are held back until their SE; errors in larger ones refuse the whole file" },
  { "unknown_segments", PEN_ENUM, 0, PEN_FIELD (struct x12_options, unknown_segments), "keep", "keep|reject|ignore",
    "segments that a definition has not where they are: rows of the table segments, a reject, or nothing" },
  { "segments", PEN_ENUM, 0, PEN_FIELD (struct x12_options, segments), "rest", "rest|all|none",
    "which segments become rows of the table segments: those with something that has no column, all, none" },
  { "encoding", PEN_ENUM, 0, PEN_FIELD (struct x12_options, encoding), "auto", "auto|utf-8|latin1",
    "encoding of characters outside of ASCII; auto: UTF-8 where an element is well-formed UTF-8, else Latin-1" },
  { "acknowledgements", PEN_BOOL, 0, PEN_FIELD (struct x12_options, acknowledgements), "true", NULL,
    "answer what is read: 997 and TA1 segments as rows of the table acknowledgements" },
  X12_RULES (RULE_OPTION){ NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

static const struct pen_scope scopes[] = { { "object" }, { "interchange" }, { "group" }, { "set" } };
static const struct pen_total totals[N_TOTALS] = {
  { "group_count", SCOPE_INTERCHANGE, PEN_FOLD_COUNT, 0, 0, "interchange_groups", "groups of the interchange (IEA01)" },
  { "set_count", SCOPE_GROUP, PEN_FOLD_COUNT, 0, 0, "group_sets", "transaction sets of the group (GE01)" },
  { "segment_count", SCOPE_SET, PEN_FOLD_COUNT, 0, 0, "set_segments",
    "segments of the set, ST and SE included (SE01)" },
};

static void
destroy (void *self)
{
  struct x12 *x = self;
  if (!x)
    return;
  pen_tables_fini (&x->tables);
  for (unsigned i = 0; i < x->n_defs; i++)
    x12_def_fini (&x->def[i]);
  for (unsigned i = N_FIXED; i < x->n_tables; i++)
    {
      for (unsigned c = 0; c < x->table[i].n_cols; c++)
        {
          free ((void *)(uintptr_t)x->table[i].col[c].name);
          free ((void *)(uintptr_t)x->table[i].col[c].doc);
        }
      free (x->table[i].col);
      free (x->table[i].name);
    }
  free (x->def);
  free (x->ack);
  free (x->text);
  free (x->index);
  free (x);
}

static int
make_tables (struct x12 *x)
{
  for (unsigned i = 0; i < x->n_tables; i++)
    {
      x->spec[i] =
          i < N_FIXED ? x12_fixed[i] : (struct pen_table_spec){ x->table[i].name, x->table[i].col, x->table[i].n_cols };
    }
  if (pen_tables_init_lazy (&x->tables, x->spec, x->n_tables, BATCH_ROWS, BATCH_TEXT))
    return x->host->fail (x->host->ctx, "x12: no memory for its tables");
  return PEN_OK;
}

static int
create (const struct pen_host *host, const void *opts, void **self)
{
  struct x12 *x = calloc (1, sizeof *x);
  int rc;
  if (!x)
    return host->fail (host->ctx, "x12: no memory");
  x->host = host;
  x->o = opts;
  x->index = calloc (1, sizeof *x->index);
  if (!x->index)
    {
      free (x);
      return host->fail (host->ctx, "x12: no memory");
    }
  for (unsigned i = 0; x12_index_variant (i); i++)
    x->index->fill = x12_index_variant (i);
  x->n_tables = N_FIXED;
  for (unsigned i = 0; i < N_FIXED; i++)
    x->table[i].name = (char *)(uintptr_t)x12_fixed[i].name;
  rc = x12_defs_load (x);
  if (rc == PEN_OK)
    rc = make_tables (x);
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
  return pen_tables_schema (&((struct x12 *)self)->tables, table, name, out);
}

static const struct pen_parser parser = { .size = sizeof parser,
                                          .framing = PEN_FRAME_CUSTOM,
                                          .max_record = 4 << 20,
                                          .scopes = scopes,
                                          .scope_size = sizeof *scopes,
                                          .n_scopes = sizeof scopes / sizeof *scopes,
                                          .totals = totals,
                                          .total_size = sizeof *totals,
                                          .n_totals = N_TOTALS,
                                          .create = create,
                                          .schema = schema,
                                          .cut = x12_cut,
                                          .parse = x12_parse,
                                          .destroy = destroy,
                                          .recognise = x12_recognise };

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof penstock_plugin,
  .name = "x12",
  .version = "0.1.0",
  .summary = "ANSI X12 EDI: interchanges, groups, transaction sets by definition files",
  .doc =
      "Delimiters come from each ISA; envelopes are checked by the control ledger. Transaction sets become tables by "
      "definition files (850, 810, 855, 856, 846, 997 are installed); other sets come out segment by segment. What was "
      "read is answered by 997 and TA1 segments. See penstock-x12(7).",
  .options_size = sizeof (struct x12_options),
  .opt_size = sizeof *options,
  .opts = options,
  .parser = &parser,
};
