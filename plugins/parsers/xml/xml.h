/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h - what the parts of the generic xml parser share: options, columns, the tree of paths, an instance.
 *
 * schema.c validates, spec.c reads columns' specifications, tree.c makes one tree of all paths, value.c reads values, events.c turns the
 * reading core's events into rows, plugin.c is the descriptor. */
#ifndef XML_H
#define XML_H
#include <stdbool.h>
#include <penstock/plugin.h>
#include <penstock/table.h>
#include <xmlcore.h>
#include <xmlxsd.h>

#define XML_COLUMNS 505 /* declared columns of a table */
#define XML_TABLES 32
#define XML_BAD_MAX 8 /* findings of one record */
#define XML_MAX_RECORD (4u << 20)

struct xml_options
{
  const char *record, *table;
  struct pen_list columns, tables, namespaces, encodings;
  int doctype;
  int64_t max_depth, max_name, max_attributes;
  uint64_t max_value, max_text;
  const char *schemas; /* their directory, or NULL */
  struct pen_list schema_files;
  uint64_t schema_document, schema_memory; /* schema_document 0: records are validated */
};

enum xml_type
{
  TYPE_STRING,
  TYPE_INT,
  TYPE_DECIMAL,
  TYPE_DATE,
  TYPE_TIMESTAMP,
  TYPE_BOOL,
  TYPE_ENUM,
};
enum xml_many /* what several values are */
{
  MANY_REFUSED,
  MANY_FIRST,
  MANY_ALL,
};

struct xml_words
{
  size_t n;
  char **v;
};
struct xml_column
{
  char *text;       /* its specification, taken apart in place; owns the words below */
  const char *name; /* without the table's */
  const char *path;
  unsigned table, index; /* index: in the table */
  uint8_t type, many, precision, scale;
  bool required, exact, zoned, has_range, has_length;
  const char *separator, *range_text;
  struct xml_words words;
  pen_i128 min, max;
  uint32_t min_length, max_length;
  /* where its values are */
  uint32_t node;
  bool is_attr, is_context;
  uint32_t attr_id, attr_ns;
  int next;         /* column of the same node */
  uint8_t *context; /* the open ancestor's value */
  size_t context_n, context_cap;
  bool has_context;
};

struct xml_node
{
  uint32_t id, ns; /* of the name; 0: any */
  uint32_t parent, child, sibling;
  int table;               /* rows of which begin here; -1: none */
  int texts, attrs, heirs; /* first column of each kind: text, attributes, attributes for rows below; -1: none */
  uint8_t *text;           /* of the element that is open */
  size_t n, cap;
};

struct xml_table
{
  char *text; /* its specification */
  const char *name, *path;
  uint32_t node;
  int parent; /* table whose element this one's is in; -1: none */
  struct pen_col_spec *spec;
  size_t n_spec, n_keys; /* n_keys: columns before the declared ones */
  /* of the record that is being read */
  int64_t no, rows_before;
};

struct xml_bad
{
  const char *rule, *column;
  size_t at;
  char text[300];
};

struct xml
{
  const struct pen_host *host;
  const struct xml_options *o;
  struct xml_walk *walk;
  struct xml_column *col;
  size_t n_cols;
  struct xml_table table[XML_TABLES];
  size_t n_tables;
  struct xml_node *node; /* 0: above the root */
  uint32_t n_nodes;
  uint32_t *jump, n_ids; /* jump[node * n_ids + id]: the first child that an element of this name may be; 0: none */
  struct pen_table_spec *table_spec;
  struct pen_tables set;
  uint64_t record_no;
  const struct pen_out *out;
  size_t record_at;
  uint64_t record_cost; /* bytes that its rows take beside their text: at most XML_ROWS_MAX */
  uint64_t n_read, n_rejected;
  struct xml_bad bad[XML_BAD_MAX];
  size_t n_bad;
  /* the record or document that is being validated */
  struct xml_xsd *xsd; /* NULL: no schemas */
  bool is_checking;
  uint32_t check_depth;
  size_t check_at, check_end; /* its start tag */
};

/* ---- spec.c ---- */

/* Reads one column's specification; NULL, or what is wrong with it (in the caller's buffer). */
const char *xml_spec_read (struct xml *x, struct xml_column *col, const char *text, char *why, size_t cap);
void xml_spec_fini (struct xml_column *col);

/* ---- tree.c ---- */

/* Makes the tree of the record's, the tables' and the columns' paths. PEN_OK, or what host->fail() returned. */
int xml_tree_make (struct xml *x);
/* The child of a node that an element is; 0: none. */
uint32_t xml_tree_step (const struct xml *x, uint32_t node, const struct xml_element *e);

/* ---- value.c ---- */

/* Puts a value into the row that is being built; what is wrong with it is noted. PEN_OK, or PEN_ERR without memory. */
int xml_value_put (struct xml *x, struct xml_column *col, struct pen_span s, size_t at);
/* Reads a number, date, ... as its type; false: it is none. */
bool xml_value_read (const struct xml_column *col, const uint8_t *p, size_t n, pen_i128 *v);
void xml_note (struct xml *x, const char *column, size_t at, const char *rule, const char *fmt, ...) PEN_PRINTF (5, 6);

/* ---- schema.c: only where there are schemas, but for create ---- */

/* PEN_OK, or what host->fail() returned. */
int xml_schema_create (struct xml *x);
/* All events pass through here; record: the element is a record's. What they return is to be returned if it is not PEN_OK. */
int xml_schema_start (struct xml *x, const struct xml_element *e, const struct xml_attr *attr, size_t n, size_t end,
                      bool record);
void xml_schema_text (struct xml *x, struct pen_span s);
int xml_schema_end (struct xml *x, const struct xml_element *e, size_t end);
void xml_schema_stop (struct xml *x);

/* ---- events.c ---- */

extern const struct xml_handler xml_events;
int xml_flush (struct xml *x);
#endif
