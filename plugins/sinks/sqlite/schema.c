/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - a record table as an SQL table: created with types that say what is in it, or checked column by column. */
#include "sqlite.h"
#include <penstock/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *
sq_quote (const char *name)
{
  size_t n = strlen (name);
  char *q = malloc (2 * n + 3), *p = q;

  if (!q || !n || !pen_utf8_is_text ((const uint8_t *)name, n))
    {
      free (q);
      return NULL;
    }
  *p++ = '"';
  for (; *name; name++)
    {
      if ((unsigned char)*name < 0x20 || *name == 0x7f)
        {
          free (q);
          return NULL;
        }
      if (*name == '"')
        *p++ = '"';
      *p++ = *name;
    }
  *p++ = '"';
  *p = 0;
  return q;
}

void
sq_table_fini (struct sq_table *t)
{
  for (size_t i = 0; t->col && i < t->n; i++)
    free (t->col[i].name);
  sqlite3_finalize (t->insert);
  free (t->col);
  free (t->bound);
  free (t->name);
  memset (t, 0, sizeof *t);
}

/* Money is stored as an exact integer of its smallest units where 64 bits hold it; INTEGER(12,2) says so with its scale. */
static void
declare (struct sq_column *c, const struct sq_options *o)
{
  const char *type = "TEXT";

  switch (c->type.kind)
    {
    case PEN_KIND_BOOL:
    case PEN_KIND_INT32:
    case PEN_KIND_INT64:
      type = "INTEGER";
      break;
    case PEN_KIND_FLOAT64:
      type = "REAL";
      break;
    case PEN_KIND_BINARY:
      type = "BLOB";
      break;
    case PEN_KIND_DECIMAL:
      c->as_text = o->decimals == SQ_DECIMALS_TEXT || c->type.precision > 18;
      snprintf (c->declared, sizeof c->declared, "%s(%d,%d)", c->as_text ? "TEXT" : "INTEGER", c->type.precision,
                c->type.scale);
      return;
    default:
      break;
    }
  snprintf (c->declared, sizeof c->declared, "%s", type);
}

static int
read_columns (struct sq *s, struct sq_table *t, const struct ArrowSchema *schema)
{
  t->n = (size_t)schema->n_children;
  t->col = calloc (t->n ? t->n : 1, sizeof *t->col);
  t->bound = calloc (t->n ? t->n : 1, 1);
  if (!t->col || !t->bound)
    return s->host->fail (s->host->ctx, "out of memory");
  for (size_t i = 0; i < t->n; i++)
    {
      struct sq_column *c = &t->col[i];
      c->name = strdup (schema->children[i]->name ? schema->children[i]->name : "");
      if (!c->name)
        return s->host->fail (s->host->ctx, "out of memory");
      if (pen_type_read (schema->children[i], &c->type))
        return s->host->fail (s->host->ctx, "table %s, column %s: format \"%s\" is not known", t->name, c->name,
                              schema->children[i]->format);
      c->tag = pen_rows_tag_of (c->type.kind);
      declare (c, s->o);
    }
  return PEN_OK;
}

/* ---- SQL ---- */

/* Appends to *sql, which grows; NULL once memory has run out. */
static void
append (char **sql, const char *a, const char *b, const char *c)
{
  char *longer = *sql ? sqlite3_mprintf ("%s%s%s%s", *sql, a, b, c) : NULL;

  sqlite3_free (*sql);
  *sql = longer;
}

/* CREATE (types = 1) or INSERT (types = 0) statement; sqlite3_free() it; NULL for a name that cannot be, or no memory. */
static char *
statement (const struct sq_table *t, int create)
{
  char *table = sq_quote (t->name);
  char *sql = table ? sqlite3_mprintf (create ? "CREATE TABLE %s(" : "INSERT INTO %s(", table) : NULL;

  free (table);
  for (size_t i = 0; i < t->n && sql; i++)
    {
      char *name = sq_quote (t->col[i].name);
      if (name)
        append (&sql, i ? "," : "", name, "");
      else
        {
          sqlite3_free (sql);
          sql = NULL;
        }
      free (name);
      if (create)
        append (&sql, " ", t->col[i].declared, "");
    }
  if (!create)
    append (&sql, ") VALUES (", "", "");
  for (size_t i = 0; i < t->n && !create; i++)
    append (&sql, i ? ",?" : "?", "", "");
  append (&sql, ")", "", "");
  return sql;
}

static int
exec (struct sq *s, char *sql, const char *action)
{
  int rc = sql ? sqlite3_exec (s->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

  sqlite3_free (sql);
  return rc == SQLITE_OK ? PEN_OK : sq_fail (s, action);
}

/* ---- checking a table that exists ---- */

/* SQLite's rules of affinity, section 3.1 of its "Datatypes" page: the first that fits. */
static const char *
affinity (const char *type)
{
  static const struct
  {
    const char *part, *affinity;
  } rule[] = { { "INT", "INTEGER" }, { "CHAR", "TEXT" }, { "CLOB", "TEXT" }, { "TEXT", "TEXT" },
               { "BLOB", "BLOB" },   { "REAL", "REAL" }, { "FLOA", "REAL" }, { "DOUB", "REAL" } };

  if (!*type)
    return "BLOB";
  for (size_t i = 0; i < sizeof rule / sizeof *rule; i++)
    if (strcasestr (type, rule[i].part))
      return rule[i].affinity;
  return "NUMERIC";
}

/* May values of column c go into a column declared as `found` and stay what they are? Its scale must be ours, if it
 * names one. */
static int
is_fit (const struct sq_column *c, const char *found)
{
  const char *want = affinity (c->declared), *have = affinity (found), *comma = strchr (found, ',');

  if (c->type.kind == PEN_KIND_DECIMAL && comma && atoi (comma + 1) != c->type.scale)
    return 0;
  if (strcmp (want, have) == 0 || strcmp (have, "BLOB") == 0)
    return 1;
  return strcmp (have, "NUMERIC") == 0 && (strcmp (want, "INTEGER") == 0 || strcmp (want, "REAL") == 0);
}

static int
check_column (struct sq *s, const struct sq_table *t, const struct sq_column *c, sqlite3_stmt *info)
{
  const char *found = NULL;
  int r = PEN_OK;

  sqlite3_bind_text (info, 2, c->name, -1, SQLITE_STATIC);
  if (sqlite3_step (info) == SQLITE_ROW)
    found = (const char *)sqlite3_column_text (info, 0);
  if (!found)
    r = s->host->fail (s->host->ctx, "%s: table \"%s\" has no column \"%s\", which the records have (%s)", s->o->path,
                       t->name, c->name, c->declared);
  else if (!is_fit (c, found))
    r = s->host->fail (s->host->ctx, "%s: column \"%s\" of table \"%s\" is declared %s, the records' column needs %s",
                       s->o->path, c->name, t->name, *found ? found : "without a type", c->declared);
  sqlite3_reset (info);
  return r;
}

/* 1: the table is there and fits, 0: it is not there, < 0: status. */
static int
check_table (struct sq *s, const struct sq_table *t)
{
  sqlite3_stmt *info = NULL;
  int there, r = PEN_OK;

  if (sqlite3_prepare_v2 (s->db, "SELECT count(*) FROM pragma_table_info(?)", -1, &info, NULL) != SQLITE_OK)
    return sq_fail (s, "look at the tables");
  sqlite3_bind_text (info, 1, t->name, -1, SQLITE_STATIC);
  there = sqlite3_step (info) == SQLITE_ROW ? sqlite3_column_int (info, 0) > 0 : -1;
  sqlite3_finalize (info);
  if (there <= 0)
    return there < 0 ? sq_fail (s, "look at the tables") : 0;
  if (sqlite3_prepare_v2 (s->db, "SELECT type FROM pragma_table_info(?) WHERE name = ? COLLATE NOCASE", -1, &info, NULL)
      != SQLITE_OK)
    return sq_fail (s, "look at the tables");
  sqlite3_bind_text (info, 1, t->name, -1, SQLITE_STATIC);
  for (size_t i = 0; i < t->n && r == PEN_OK; i++)
    r = check_column (s, t, &t->col[i], info);
  sqlite3_finalize (info);
  return r == PEN_OK ? 1 : r;
}

static int
create_table (struct sq *s, struct sq_table *t)
{
  int r;

  if (!s->o->create)
    return s->host->fail (s->host->ctx, "%s has no table \"%s\" (create = true would make it)", s->o->path, t->name);
  r = exec (s, statement (t, 1), "create the table");
  if (r == PEN_OK)
    return PEN_OK;
  return check_table (s, t) == 1 ? PEN_OK : PEN_ERR; /* somebody else has made it just now */
}

int
sq_table_prepare (struct sq *s, struct sq_table *t, const char *name, const struct ArrowSchema *schema)
{
  const char *prefix = s->o->table_prefix ? s->o->table_prefix : "";
  char *insert, *quoted;
  int r;

  t->name = malloc (strlen (prefix) + strlen (name) + 1);
  if (!t->name)
    return s->host->fail (s->host->ctx, "out of memory");
  sprintf (t->name, "%s%s", prefix, name);
  quoted = sq_quote (t->name);
  free (quoted);
  if (!quoted || strncasecmp (t->name, "sqlite_", 7) == 0 || strncasecmp (t->name, "penstock_", 9) == 0)
    return s->host->fail (s->host->ctx, "\"%s\" cannot be the name of a table in SQLite", t->name);
  if (schema->n_children < 1)
    return s->host->fail (s->host->ctx, "table \"%s\" has no columns", t->name);
  if (read_columns (s, t, schema))
    return PEN_ERR;
  insert = statement (t, 0);
  if (!insert)
    return s->host->fail (s->host->ctx, "a column's name in table \"%s\" cannot be one in SQLite", t->name);
  r = check_table (s, t);
  if (r == 0)
    r = create_table (s, t);
  else if (r == 1)
    r = PEN_OK;
  if (r == PEN_OK && sqlite3_prepare_v3 (s->db, insert, -1, SQLITE_PREPARE_PERSISTENT, &t->insert, NULL) != SQLITE_OK)
    r = sq_fail (s, "prepare to insert");
  sqlite3_free (insert);
  return r;
}
