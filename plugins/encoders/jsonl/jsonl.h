/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl.h - the plan of one table, made once, and what encodes its rows by it. */
#ifndef JSONL_H
#define JSONL_H
#include <penstock/column.h>
#include <penstock/plugin.h>
#include <penstock/print.h>

#pragma GCC visibility push(hidden)

enum jsonl_decimals
{
  JSONL_DECIMALS_STRING = 0,
  JSONL_DECIMALS_NUMBER,
};
enum jsonl_nulls
{
  JSONL_NULLS_KEEP = 0,
  JSONL_NULLS_OMIT,
  JSONL_NULLS_AUTO,
};
enum jsonl_form
{
  JSONL_OBJECTS = 0,
  JSONL_ARRAYS,
};
struct jsonl_options
{
  int decimals; /* enum jsonl_decimals */
  int nulls;    /* enum jsonl_nulls */
  int rows;     /* enum jsonl_form */
};
/* Are nulls left out? */
static inline int
jsonl_omits (const struct jsonl_options *o)
{
  return o->nulls == JSONL_NULLS_OMIT || (o->nulls == JSONL_NULLS_AUTO && o->rows == JSONL_OBJECTS);
}

#define JSONL_PREFIX 64 /* `,"name":"` is copied in blocks; most names fit into the first 32 bytes */
#define JSONL_SLACK 64  /* bytes after a row that may be scribbled over */

/* The values of a small dictionary, escaped. */
struct jsonl_words
{
  size_t n, data_n; /* of the dictionary that this was made from: */
  int32_t *offsets; /* n + 1 */
  uint8_t *data;    /* data_n bytes */
  uint32_t *at;     /* n + 1 places in text */
  uint8_t *text;    /* and JSONL_SLACK bytes */
  size_t longest;
};

struct jsonl_column
{
  struct pen_column c;
  const uint8_t *readable; /* end of the text of all rows */
  uint8_t kind;            /* enum pen_kind */
  uint8_t quoted;          /* the prefix ends with a quote */
  uint8_t zoned, use_words;
  int scale;
  uint32_t prefix_len, width; /* width: of a value, quotes included, where the kind says it */
  int32_t day;                /* whose text `date` is */
  uint8_t prefix[JSONL_PREFIX];
  uint8_t date[32];
  uint32_t date_len;
  uint8_t *long_prefix; /* owned; where JSONL_PREFIX is too short */
  struct jsonl_words words;
  char *name; /* owned */
};

/* What a column's values need in the loop over rows, close together. Columns without any value, and those whose value
 * never changes, have none. */
enum jsonl_heat
{
  JSONL_HOT_PLAIN = 0, /* text without anything to escape */
  JSONL_HOT_TEXT,
  JSONL_HOT_INT64,
  JSONL_HOT_INT32,
  JSONL_HOT_DECIMAL,
  JSONL_HOT_WORD, /* of a small dictionary */
  JSONL_HOT_OTHER,
};
struct jsonl_hot
{
  const uint8_t *text; /* in glue: unchanging columns, then this one's name */
  uint32_t before;     /* bytes without the name */
  uint32_t len;        /* with it */
  uint8_t heat, quoted;
  uint8_t closes; /* text begins with the closing quote of the column before */
  int8_t scale;
  uint32_t last_len;
  const uint8_t *values; /* of row 0 */
  const int32_t *offsets;
  const uint8_t *validity; /* NULL: no row is null */
  int64_t first;           /* bit of row 0 */
  const uint8_t *readable;
  const uint8_t *last; /* integers: where the previous row's text is; NULL: nowhere */
  struct jsonl_column *col;
};

struct jsonl_table
{
  char *name;          /* owned; NULL: never announced */
  uint8_t *start;      /* `{"_table":"entries"` where tables share the stream; owned */
  uint8_t open, close; /* brackets of a row */
  size_t start_len;    /* 0: alone in its stream */
  size_t fixed;        /* bytes of all names, and of all values whose kind says how long they can be */
  size_t n;            /* columns */
  struct jsonl_column *col;
  /* of the rows at hand: */
  struct jsonl_hot *hot; /* n_hot of n; owned */
  size_t n_hot;
  size_t most;   /* bytes that a row needs at most, but for text, binary and values of a large dictionary */
  uint8_t *glue; /* owned */
  size_t glue_cap;
  const uint8_t *tail; /* in glue: what follows the last hot column */
  size_t tail_len;
  uint8_t tail_closes; /* as in jsonl_hot */
};

/* Reads a table's schema; PEN_ERR: it has been told why. */
int jsonl_plan (struct jsonl_table *t, const struct pen_host *host, const struct jsonl_options *o, const char *name,
                const struct ArrowSchema *schema, int merged);
void jsonl_plan_fini (struct jsonl_table *t);

/* The names of all columns as an array and a line, malloc'ed; NULL out of memory, or a name is not UTF-8. */
uint8_t *jsonl_names (const struct jsonl_table *t, size_t *n);

/* Makes `hot` and `glue` for rows from .. end - 1 of a batch whose columns were opened; -1 out of memory. omit: nulls are left
 * out. */
int jsonl_heat (struct jsonl_table *t, const struct ArrowArray *batch, int omit, int64_t from, int64_t end);
/* One value, closing quote included; NULL when it has no place in JSON. */
uint8_t *jsonl_value (struct jsonl_hot *h, int64_t row, uint8_t *p);
/* Writes k rows from *row on; returns their end, or NULL with the row in *row and the column in *bad: it has no place in
 * JSON. The caller has seen to it that all of them and JSONL_SLACK bytes have room. */
uint8_t *jsonl_rows (struct jsonl_table *t, int64_t *row, int64_t k, int omit, uint8_t *p,
                     const struct jsonl_column **bad);

/* Brings `w` up to date with the column's dictionary; 1 where it is too big for that, -1 out of memory or not UTF-8. */
int jsonl_words_update (struct jsonl_words *w, const struct pen_column *c);
void jsonl_words_fini (struct jsonl_words *w);

#pragma GCC visibility pop
#endif
