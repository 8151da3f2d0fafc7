/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite.h - what the parts of the sqlite sink share: the connection, the tables, the object at hand. */
#ifndef SINK_SQLITE_H
#define SINK_SQLITE_H
#include <penstock/column.h>
#include <penstock/plugin.h>
#include <penstock/print.h>
#include <penstock/rows.h>
#include <sqlite3.h>
#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum sq_decimals
{
  SQ_DECIMALS_INTEGER = 0,
  SQ_DECIMALS_TEXT,
};
struct sq_options
{
  const char *path, *table_prefix;
  int journal_mode, synchronous;
  bool create;
  uint64_t cache_size;
  int64_t busy_timeout;
  int decimals; /* enum sq_decimals */
};

#define SQ_TEXT (PEN_PRINT_DECIMAL_MAX + PEN_PRINT_SLACK)

/* What a column's parameter of the INSERT holds. */
enum sq_bound
{
  SQ_BOUND_NULL = 0, /* also in a statement that was just prepared */
  SQ_BOUND_INT,
  SQ_BOUND_DATE, /* the column's own text */
  SQ_BOUND_TEXT, /* where it lies in a span */
  SQ_BOUND_OTHER,
};

struct sq_column
{
  struct pen_type type;
  int tag;     /* enum pen_rows_tag of its values */
  int as_text; /* a decimal that is stored as text */
  char *name;  /* owned */
  char declared[32];
  int64_t bound_int;          /* SQ_BOUND_INT, SQ_BOUND_DATE */
  struct pen_span bound_text; /* SQ_BOUND_TEXT, while bound_span is the span at hand */
  uint64_t bound_span;
  int32_t day; /* whose text is in `text` */
  int text_len;
  uint8_t text[SQ_TEXT]; /* bound until the row is stored */
};

struct sq_table
{
  char *name; /* with its prefix; owned; NULL: never announced */
  size_t n;
  struct sq_column *col;
  uint8_t *bound; /* enum sq_bound, one a column: side by side, since most are null */
  sqlite3_stmt *insert;
};

/* Statements on penstock_checkpoint; see checkpoint.c. */
enum sq_statement
{
  SQ_BEGIN,
  SQ_COMMIT,
  SQ_ROLLBACK,
  SQ_FIND,
  SQ_START,
  SQ_TAKE_OVER,
  SQ_FENCE,
  SQ_ADVANCE,
  SQ_FINISH,
  SQ_PUBLISH,
  SQ_STATEMENTS,
};

struct sq
{
  const struct pen_host *host;
  const struct sq_options *o;
  sqlite3 *db;
  size_t n_tables;
  struct sq_table *table;
  sqlite3_stmt *stmt[SQ_STATEMENTS];

  uint64_t span; /* number of the one that rows are taken from */

  /* the object at hand */
  int mode;                   /* enum pen_commit_mode; 0: none */
  int done;                   /* it was committed before it began */
  int in_tx;                  /* a transaction of ours is open */
  int broken;                 /* something of it has failed: it can only be discarded */
  char *pipeline, *sink, *id; /* its row in penstock_checkpoint; owned */
  int64_t epoch;
  uint64_t next_seq;
  uint64_t last_seq; /* chunk that was written last */
  uint64_t rows, bytes;
  uint8_t *blob; /* the host's checkpoint; owned */
  size_t blob_len;
};

/* host->fail() with "cannot ACTION: " and what SQLite says; PEN_RETRY where the database is locked, else PEN_ERR. */
int sq_fail (struct sq *s, const char *action);

/* ---- schema.c ---- */

/* Creates the table, or checks the one that is there, and prepares its INSERT. */
int sq_table_prepare (struct sq *s, struct sq_table *t, const char *name, const struct ArrowSchema *schema);
void sq_table_fini (struct sq_table *t);
/* "name" in double quotes for SQL; malloc'ed; NULL for a name that no identifier may have, or without memory. */
char *sq_quote (const char *name);

/* ---- insert.c ---- */

/* Stores the rows; every byte of them is checked first. */
int sq_insert (struct sq *s, struct pen_span rows);

/* ---- checkpoint.c ---- */

int sq_checkpoint_prepare (struct sq *s);
void sq_checkpoint_fini (struct sq *s);
void sq_forget (struct sq *s);
int sq_begin (struct sq *s, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
              struct pen_span *checkpoint);
/* Opens a chunk mode transaction, fenced; nothing to do where one is open. */
int sq_open_tx (struct sq *s);
int sq_commit (struct sq *s, uint64_t seq, struct pen_span checkpoint);
int sq_publish (struct sq *s, const struct pen_object *o);
int sq_discard (struct sq *s);
void sq_rollback (struct sq *s);

#pragma GCC visibility pop
#endif
