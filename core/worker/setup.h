/* SPDX-License-Identifier: Apache-2.0 */
/* setup.h - the pipeline as a worker knows it: plugins loaded and created from the host's blob, tables planned. */
#ifndef PEN_WORKER_SETUP_H
#define PEN_WORKER_SETUP_H
#include <stddef.h>
#include <stdint.h>

#include <penstock/plugin.h>

#include "core/base/blob.h"
#include "core/base/err.h"
#include "core/base/limits.h"

struct loaded
{
  const struct pen_plugin *plugin;
  void *options; /* filled; freed never: a worker serves one pipeline until it ends */
  void *self;
};

struct stage_table
{
  const char *name;         /* owned by the parser */
  struct ArrowSchema raw;   /* what the parser says */
  struct ArrowSchema lined; /* with _object, or without lineage: what the first filter sees */
  struct ArrowSchema *children[LIMIT_COLUMNS + 1];
  int map[LIMIT_COLUMNS + 1]; /* column of `lined` -> column of `raw`; -1: _object */
  struct ArrowSchema final;   /* what the encoders see */
};

struct stage_stream
{
  char *name; /* the sink's, for messages */
  struct loaded encoder;
  int single;    /* the sink takes all tables in one stream, named 0 */
  int merged;    /* and there are several */
  char **chosen; /* names of its tables; none: all */
  size_t n_chosen;
  uint8_t wants[LIMIT_TABLES];
};

struct setup
{
  int lineage, is_cutter;
  uint64_t row_max; /* bytes of one encoded row */
  struct loaded parser;
  struct loaded *filters;
  size_t n_filters;
  struct stage_table *tables; /* n_tables */
  size_t n_tables;
  struct stage_stream streams[LIMIT_STREAMS];
  size_t n_streams;
};

/* Step 1, before any data and with the dynamic loader still allowed: reads the blob, loads and creates. */
int setup_load (struct setup *s, const uint8_t *blob, size_t n, struct err *e);
/* Step 2, in the full jail: asks for schemas, plans filters and encoders. */
int setup_plan (struct setup *s, struct err *e);
/* What the host needs to know of it all: scopes, totals, tables, heads. */
int setup_answer (const struct setup *s, struct blob *b, struct err *e);

/* One plugin of the blob with its options; setup_host() is what it is created with. */
int setup_load_one (struct blob_reader *r, struct loaded *l, struct err *e);
/* From now on secrets are read, too: in a keyholder only. */
void setup_reads_secrets (void);
const struct pen_host *setup_host (void);
/* The last text that a plugin gave to host->fail(), "" if none; cleared by the call. */
const char *setup_why (void);
void setup_log_to (int sock);
#endif
