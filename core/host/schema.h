/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - what a worker answers when its pipeline stands: scopes, totals, tables and stream heads, checked and
 * copied. */
#ifndef PEN_HOST_SCHEMA_H
#define PEN_HOST_SCHEMA_H
#include <stddef.h>
#include <stdint.h>

#include <penstock/plugin.h>

#include "core/base/err.h"
#include "core/base/limits.h"

struct schema_column
{
  char *name, *format;
  int64_t flags;
  int has_dictionary;
};
struct schema_table
{
  char *name;
  struct schema_column *columns;
  size_t n_columns;
  struct ArrowSchema arrow; /* the same for a sink's table(); points into `columns` */
  struct ArrowSchema *children, **child, dictionary;
};
struct schema_head
{
  int wanted;
  uint8_t *bytes;
  size_t n;
};
struct schema_stream
{
  int single;                /* all tables in one stream, named 0 */
  struct schema_head *heads; /* one per table */
};
struct schema
{
  struct pen_scope *scopes; /* names owned */
  size_t n_scopes;
  struct pen_total *totals; /* names and rules owned; doc NULL */
  size_t n_totals;
  struct schema_table *tables;
  size_t n_tables;
  struct schema_stream *streams;
  size_t n_streams;
};

/* Copies and checks; the bytes come from a worker. Caller frees with schema_free. */
struct schema *schema_read (const uint8_t *p, size_t n, struct err *e);
void schema_free (struct schema *s);
#endif
