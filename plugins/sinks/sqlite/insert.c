/* SPDX-License-Identifier: Apache-2.0 */
/* insert.c - rows of an untrusted worker into tables: each value is checked against the column's type, then bound where
 * it lies in the span. Nothing is allocated per row; nothing from the data becomes SQL. */
#include "sqlite.h"
#include <penstock/utf8.h>
#include <string.h>

static int
malformed (struct sq *s, const char *what)
{
  s->broken = 1;
  return s->host->fail (s->host->ctx, "%s: malformed rows: %s (does the sink have the encoder \"rows\"?)", s->o->path,
                        what);
}

static int
malformed_value (struct sq *s, const struct sq_table *t, const struct sq_column *c, const char *what)
{
  s->broken = 1;
  return s->host->fail (s->host->ctx, "%s: table \"%s\", column \"%s\": %s", s->o->path, t->name, c->name, what);
}

/* A decimal128 that is within 64 bits; -1 if not. */
static int
decimal64 (const uint8_t *p, int64_t *v)
{
  uint64_t lo = pen_rows_load_ (p, 8), hi = pen_rows_load_ (p + 8, 8);

  *v = (int64_t)lo;
  return hi == (*v < 0 ? UINT64_MAX : 0) ? 0 : -1;
}

static int
bind_date (sqlite3_stmt *stmt, int at, struct sq_column *c, int32_t day)
{
  if (day != c->day || !c->text_len)
    {
      c->text_len = (int)(pen_print_date (c->text, day) - c->text);
      c->day = day;
    }
  return sqlite3_bind_text (stmt, at, (const char *)c->text, c->text_len, SQLITE_STATIC);
}

static int
bind_printed (sqlite3_stmt *stmt, int at, struct sq_column *c, const uint8_t *end)
{
  return sqlite3_bind_text (stmt, at, (const char *)c->text, (int)(end - c->text), SQLITE_STATIC);
}

/* SQLite's result code, or -1 where the value cannot be; *what then says why. */
static int
bind_value (sqlite3_stmt *stmt, int at, struct sq_column *c, const struct pen_rows_value *v, const char **what)
{
  int64_t units;

  switch (v->tag)
    {
    case PEN_ROWS_INT32:
    case PEN_ROWS_INT64:
      return sqlite3_bind_int64 (stmt, at, v->u.i);
    case PEN_ROWS_FLOAT64:
      return sqlite3_bind_double (stmt, at, v->u.f);
    case PEN_ROWS_TEXT:
      if (!pen_utf8_is_text (v->u.s.p, v->u.s.n))
        {
          *what = "a text is not UTF-8, or has a NUL in it";
          return -1;
        }
      return sqlite3_bind_text64 (stmt, at, v->u.s.n ? (const char *)v->u.s.p : "", v->u.s.n, SQLITE_STATIC,
                                  SQLITE_UTF8);
    case PEN_ROWS_BINARY:
      return sqlite3_bind_blob64 (stmt, at, v->u.s.n ? (const void *)v->u.s.p : "", v->u.s.n, SQLITE_STATIC);
    case PEN_ROWS_DECIMAL:
      if (c->as_text)
        return bind_printed (stmt, at, c, pen_print_decimal (c->text, v->u.decimal, c->type.scale));
      *what = "a decimal is larger than its precision";
      return decimal64 (v->u.decimal, &units) ? -1 : sqlite3_bind_int64 (stmt, at, units);
    case PEN_ROWS_DATE:
      return bind_date (stmt, at, c, (int32_t)v->u.i);
    default:
      return bind_printed (stmt, at, c, pen_print_timestamp (c->text, v->u.i, c->type.zoned));
    }
}

static enum sq_bound
bound_as (int tag)
{
  switch (tag)
    {
    case PEN_ROWS_NULL:
      return SQ_BOUND_NULL;
    case PEN_ROWS_INT32:
    case PEN_ROWS_INT64:
      return SQ_BOUND_INT;
    case PEN_ROWS_DATE:
      return SQ_BOUND_DATE;
    case PEN_ROWS_TEXT:
      return SQ_BOUND_TEXT;
    default:
      return SQ_BOUND_OTHER;
    }
}

/* Bindings outlive sqlite3_reset(): what the row before has left there is not bound again. Texts are compared within one span
 * only, since the one before is gone. Notes what will be bound. */
static inline int
is_bound (const struct sq *s, struct sq_column *c, uint8_t *bound, const struct pen_rows_value *v)
{
  const enum sq_bound now = bound_as (v->tag), before = *bound;

  *bound = (uint8_t)now;
  if (now == SQ_BOUND_INT || now == SQ_BOUND_DATE)
    {
      if (now == before && c->bound_int == v->u.i)
        return 1;
      c->bound_int = v->u.i;
    }
  else if (now == SQ_BOUND_TEXT)
    {
      if (now == before && c->bound_span == s->span && c->bound_text.n == v->u.s.n
          && memcmp (c->bound_text.p, v->u.s.p, v->u.s.n) == 0)
        return 1;
      c->bound_text = v->u.s;
      c->bound_span = s->span;
    }
  return now == SQ_BOUND_NULL && before == SQ_BOUND_NULL;
}

/* Steps over values that are null and were null in the row before: most values of a wide table. The column reached. */
static inline size_t
skip_nulls (const struct sq_table *t, size_t i, struct pen_rows_row *row)
{
  while (i + 8 <= t->n && row->end - row->p >= 8 && !pen_rows_load_ (row->p, 8) && !pen_rows_load_ (t->bound + i, 8))
    {
      row->p += 8; /* a null is its tag, 0, and nothing else */
      i += 8;
    }
  while (i < t->n && row->p < row->end && *row->p == PEN_ROWS_NULL && t->bound[i] == SQ_BOUND_NULL)
    {
      row->p++;
      i++;
    }
  return i;
}

static int
bind_column (struct sq *s, struct sq_table *t, size_t i, struct pen_rows_row *row)
{
  struct sq_column *c = &t->col[i];
  const char *what = NULL;
  struct pen_rows_value v;
  int rc;

  if (pen_rows_value (row, &v))
    return malformed_value (s, t, c, "a value is cut short or of no known kind");
  if (v.tag != PEN_ROWS_NULL && v.tag != c->tag)
    return malformed_value (s, t, c, "a value of another kind than the column's");
  if (is_bound (s, c, &t->bound[i], &v))
    return PEN_OK;
  if (v.tag == PEN_ROWS_NULL)
    rc = sqlite3_bind_null (t->insert, (int)i + 1);
  else
    rc = bind_value (t->insert, (int)i + 1, c, &v, &what);
  if (rc == SQLITE_OK)
    return PEN_OK;
  t->bound[i] = SQ_BOUND_OTHER; /* nothing is known of it now */
  return rc == -1 ? malformed_value (s, t, c, what) : sq_fail (s, "bind a value");
}

static int
insert_row (struct sq *s, struct pen_rows_row *row)
{
  struct sq_table *t = &s->table[row->table];
  int rc;

  for (size_t i = skip_nulls (t, 0, row); i < t->n; i = skip_nulls (t, i + 1, row))
    if ((rc = bind_column (s, t, i, row)) != PEN_OK)
      return rc;
  if (row->p != row->end)
    return malformed (s, "a row is longer than its values");
  rc = sqlite3_step (t->insert);
  if (rc != SQLITE_DONE)
    {
      sq_fail (s, "insert a row");
      sqlite3_reset (t->insert);
      return PEN_ERR;
    }
  sqlite3_reset (t->insert);
  s->rows++;
  return PEN_OK;
}

int
sq_insert (struct sq *s, struct pen_span rows)
{
  struct pen_rows_row row;
  int r;

  s->span++;
  while ((r = pen_rows_next (&rows, &row)) == 1)
    {
      if (row.table >= s->n_tables || !s->table[row.table].insert)
        return malformed (s, "a row of a table that does not exist");
      if (row.n_values != s->table[row.table].n)
        return malformed (s, "a row with another number of values than its table has columns");
      if (insert_row (s, &row))
        {
          s->broken = 1;
          return PEN_ERR;
        }
    }
  return r == 0 ? PEN_OK : malformed (s, "a row's length does not fit");
}
