/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the descriptor of the nacha parser: its options, tables, totals, and what an instance is made of. */
#include "nacha.h"

#define O LEVEL_OFF
#define W LEVEL_WARN
#define R LEVEL_REJECT
#define RULE_INFO(code, strict, standard, lenient, returns, doc) { #code, { strict, standard, lenient, returns }, doc },
const struct nacha_rule_info nacha_rules[N_RULES] = { NACHA_RULES (RULE_INFO) };

#define COLUMN(name, type, nullable, precision, scale, width, doc)                                                     \
  { #name, PEN_COL_##type, nullable, precision, scale, width, doc, NULL },
static const struct pen_col_spec file_cols[] = { NACHA_FILE_COLS (COLUMN) };
static const struct pen_col_spec batch_cols[] = { NACHA_BATCH_COLS (COLUMN) };
static const struct pen_col_spec entry_cols[] = { NACHA_ENTRY_COLS (COLUMN) };
static const struct pen_col_spec addenda_cols[] = { NACHA_ADDENDA_COLS (COLUMN) };
const struct pen_table_spec nacha_tables[N_TABLES] = { { "files", file_cols, N_FILE_COLS },
                                                       { "batches", batch_cols, N_BATCH_COLS },
                                                       { "entries", entry_cols, N_ENTRY_COLS },
                                                       { "addenda", addenda_cols, N_ADDENDA_COLS } };

#define BATCH_ROWS 2048

/* The name of a default level, for the options' sentences. */
#define LEVEL_NAME_O "off"
#define LEVEL_NAME_W "warn"
#define LEVEL_NAME_R "reject"
#define RULE_OPTION(code, strict, standard, lenient, returns, doc)                                                     \
  { "rules." #code,                                                                                                    \
    PEN_ENUM,                                                                                                          \
    0,                                                                                                                 \
    (uint16_t)(offsetof (struct nacha_options, rule) + RULE_##code * sizeof (int)),                                    \
    sizeof (int),                                                                                                      \
    "profile",                                                                                                         \
    "profile|off|warn|reject",                                                                                         \
    doc " (standard: " LEVEL_NAME_##standard ")" },
static const struct pen_opt options[] = {
  { "profile", PEN_ENUM, 0, PEN_FIELD (struct nacha_options, profile), "standard", "strict|standard|lenient|returns",
    "levels of all rules that are not set by themselves" },
  { "encoding", PEN_ENUM, 0, PEN_FIELD (struct nacha_options, encoding), "auto", "auto|ascii|latin1|windows-1252|utf-8",
    "encoding of characters outside of ASCII; auto: UTF-8 where a record is well-formed UTF-8, else Windows-1252" },
  { "preserve_spaces", PEN_BOOL, 0, PEN_FIELD (struct nacha_options, preserve_spaces), "true", NULL,
    "keep leading blanks of account numbers" },
  NACHA_RULES (RULE_OPTION){ NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

static const struct pen_scope scopes[] = { { "object" }, { "file" }, { "batch" } };

#define HASH_MODULO 10000000000u
static const struct pen_total totals[N_TOTALS] = {
  { "batch_count", SCOPE_FILE, PEN_FOLD_COUNT, 0, 0, "file_batch_count", "batches of the file" },
  { "block_count", SCOPE_FILE, PEN_FOLD_COUNT, 0, 0, "file_block_count", "blocks of ten records" },
  { "entry_addenda_count", SCOPE_FILE, PEN_FOLD_COUNT, 0, 0, "file_entry_addenda_count", "entries and addenda" },
  { "entry_hash", SCOPE_FILE, PEN_FOLD_SUM, 0, HASH_MODULO, "file_entry_hash", "sum of the entries' RDFI ids" },
  { "total_debit", SCOPE_FILE, PEN_FOLD_SUM, 2, 0, "file_total_debit", "debits of the file" },
  { "total_credit", SCOPE_FILE, PEN_FOLD_SUM, 2, 0, "file_total_credit", "credits of the file" },
  { "batch_entry_addenda_count", SCOPE_BATCH, PEN_FOLD_COUNT, 0, 0, "batch_entry_addenda_count",
    "entries and addenda" },
  { "batch_entry_hash", SCOPE_BATCH, PEN_FOLD_SUM, 0, HASH_MODULO, "batch_entry_hash", "sum of the entries' RDFI ids" },
  { "batch_total_debit", SCOPE_BATCH, PEN_FOLD_SUM, 2, 0, "batch_total_debit", "debits of the batch" },
  { "batch_total_credit", SCOPE_BATCH, PEN_FOLD_SUM, 2, 0, "batch_total_credit", "credits of the batch" },
};

static void
destroy (void *self)
{
  struct nacha *n = self;
  if (!n)
    return;
  pen_tables_fini (&n->set);
  free (n->walk);
  free (n);
}

static int
create (const struct pen_host *host, const void *opts, void **self)
{
  struct nacha *n = calloc (1, sizeof *n);
  if (n)
    n->walk = calloc (1, nacha_walk_size);
  if (!n || !n->walk || pen_tables_init (&n->set, nacha_tables, N_TABLES, BATCH_ROWS, 0))
    {
      destroy (n);
      return host->fail (host->ctx, "nacha: no memory for its tables");
    }
  n->host = host;
  n->o = opts;
  for (unsigned i = 0; i < N_RULES; i++)
    n->level[i] = n->o->rule[i] ? (uint8_t)(n->o->rule[i] - 1) : nacha_rules[i].level[n->o->profile];
  *self = n;
  return PEN_OK;
}

static int
schema (void *self, unsigned table, const char **name, struct ArrowSchema *out)
{
  return pen_tables_schema (&((struct nacha *)self)->set, table, name, out);
}

static const struct pen_parser parser = { .size = sizeof parser,
                                          .framing = PEN_FRAME_CUSTOM,
                                          .max_record = 1 << 20,
                                          .scopes = scopes,
                                          .scope_size = sizeof *scopes,
                                          .n_scopes = sizeof scopes / sizeof *scopes,
                                          .totals = totals,
                                          .total_size = sizeof *totals,
                                          .n_totals = N_TOTALS,
                                          .create = create,
                                          .schema = schema,
                                          .cut = nacha_cut,
                                          .parse = nacha_parse,
                                          .destroy = destroy,
                                          .recognise = nacha_recognise };

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof penstock_plugin,
  .name = "nacha",
  .version = "0.1.0",
  .summary = "NACHA (ACH) files: entries, addenda, batches and files, with all control totals",
  .doc = "Reads ACH payment files of 94-character records with any line end, every SEC code, returns and "
         "notifications of change. An entry and its addenda are accepted or refused together; counts, hashes and "
         "amounts of batch and file controls are compared over all that was read. Every rule has a code and a "
         "level (off, warn, reject) of its own; profiles set many at once.",
  .options_size = sizeof (struct nacha_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = options,
  .parser = &parser
};
