/* SPDX-License-Identifier: Apache-2.0 */
/* test_sqlite.c - the sqlite sink: values arrive exactly, an object arrives once whoever else loads it, and bytes of a
 * hostile worker never become SQL. */
#include "arrow_make.h"
#include "sink_drive.h"
#include <penstock/rows.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>

struct options
{
  const char *path, *table_prefix;
  int journal_mode, synchronous;
  bool create;
  uint64_t cache_size;
  int64_t busy_timeout;
  int decimals;
};

static char db_path[512];
static struct options plain;

static void
fresh (void)
{
  new_dir ();
  snprintf (db_path, sizeof db_path, "%s/db", work_dir);
  plain = (struct options){ db_path, "", 0, 0, true, 1 << 20, 0, 0 };
}

/* First column of the first row of a query, as text. */
static const char *
ask (const char *sql)
{
  static char answer[512];
  sqlite3 *db;
  sqlite3_stmt *q = NULL;

  strcpy (answer, "(nothing)");
  CU_ASSERT_FATAL (sqlite3_open (db_path, &db) == SQLITE_OK);
  if (sqlite3_prepare_v2 (db, sql, -1, &q, NULL) != SQLITE_OK)
    snprintf (answer, sizeof answer, "%s", sqlite3_errmsg (db));
  else if (sqlite3_step (q) == SQLITE_ROW)
    snprintf (answer, sizeof answer, "%s",
              sqlite3_column_text (q, 0) ? (const char *)sqlite3_column_text (q, 0) : "NULL");
  sqlite3_finalize (q);
  sqlite3_close (db);
  return answer;
}

static int
says (const char *sql, const char *want)
{
  const char *got = ask (sql);
  if (strcmp (got, want) == 0)
    return 1;
  fprintf (stderr, "\n%s: \"%s\", not \"%s\"\n", sql, got, want);
  return 0;
}

static void
run_sql (const char *sql)
{
  sqlite3 *db;
  CU_ASSERT_FATAL (sqlite3_open (db_path, &db) == SQLITE_OK);
  CU_ASSERT (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK);
  sqlite3_close (db);
}

/* A table of two columns, and bytes of its rows. */
static struct ArrowSchema id_name[2] = { { .format = "l", .name = "id" }, { .format = "u", .name = "name" } };
static struct ArrowSchema *id_name_p[2] = { &id_name[0], &id_name[1] };
static struct ArrowSchema pair = { .format = "+s", .n_children = 2, .children = id_name_p };

static struct pen_span
a_row (int64_t id, const char *name, size_t n)
{
  static uint8_t buf[8][256];
  static int turn;
  uint8_t *row = buf[turn++ & 7], *p = pen_rows_begin (row);

  p = pen_rows_i64 (p, PEN_ROWS_INT64, id);
  p = pen_rows_bytes (p, PEN_ROWS_TEXT, (const uint8_t *)name, n);
  p = pen_rows_finish (row, p, 0, 2);
  return (struct pen_span){ row, (size_t)(p - row) };
}

static void *
open_pair (const struct options *o)
{
  void *s = NULL;
  plug_said[0] = 0;
  if (plugin->sink->create (&plug_host, o, &s) != PEN_OK)
    return NULL;
  if (plugin->sink->table (s, 0, "t", &pair) == PEN_OK)
    return s;
  plugin->sink->destroy (s);
  return NULL;
}

static int
begin (void *s, const char *name, const char *key, int mode, uint64_t *next, struct pen_span *ck)
{
  struct pen_object o = an_object (name);
  struct pen_begin b = a_begin (mode);
  o.key = key;
  return plugin->sink->begin (s, &o, &b, next, ck);
}

static int
finish (void *s, const char *key, int accepted, uint64_t *rows)
{
  struct pen_object o = an_object ("a");
  struct pen_tally t = { sizeof t, 0, 0 };
  int r;
  o.key = key;
  r = plugin->sink->finish (s, &o, accepted, &t);
  if (rows)
    *rows = t.rows;
  return r;
}

/* ---- values ---- */

static void
store_every_kind (const struct options *o)
{
  const struct pen_plugin *rows = plug_load ("rows");
  uint8_t buf[4096];
  struct pen_span ck;
  void *enc, *s;
  size_t row = 0, n;
  uint64_t next;
  struct make m;

  make_init (&m, 2, 1);
  make_dict (&m, "_object", (int32_t[]){ 0, 0 }, (const char *[]){ "o'; DROP TABLE t; --" }, 1, NULL);
  make_column (&m, "i", "i", (int32_t[]){ -5, 0 }, 4, (const char[]){ 0, 1 });
  make_column (&m, "l", "l", (int64_t[]){ INT64_MIN, 7 }, 8, NULL);
  make_column (&m, "g", "g", (double[]){ 0.1, 2 }, 8, NULL);
  make_bool (&m, "b", (const char[]){ 1, 0 });
  make_text (&m, "quote\"me", (const char *[]){ "00123", "" });
  make_bytes (&m, "z", "z", (struct make_bytes[]){ { "\0\xff", 2 }, { "", 0 } });
  make_column (&m, "amount", "d:12,2", (__int128[]){ 12345, -5 }, 16, NULL);
  make_column (&m, "wide", "d:38,4", (__int128[]){ (__int128)1000000000000000000 * 100, -1 }, 16, NULL);
  make_column (&m, "day", "tdD", (int32_t[]){ 20778, -1 }, 4, NULL);
  make_column (&m, "at", "tsu:UTC", (int64_t[]){ 1795253400000000, -1 }, 8, NULL);
  CU_ASSERT_FATAL (rows->encoder->create (&plug_host, NULL, &enc) == PEN_OK);
  CU_ASSERT_FATAL (rows->encoder->table (enc, 0, "all", &m.schema, 1) == PEN_OK);
  CU_ASSERT_FATAL (rows->encoder->encode (enc, 0, &m.batch, &row, 2, buf, sizeof buf, &n) == PEN_OK);
  CU_ASSERT_FATAL (plugin->sink->create (&plug_host, o, &s) == PEN_OK);
  CU_ASSERT_FATAL (plugin->sink->table (s, 0, "all", &m.schema) == PEN_OK);
  CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (plugin->sink->write (s, 0, 0, (struct pen_span){ buf, n }, 2) == PEN_OK);
  CU_ASSERT (says ("SELECT count(*) FROM p_all", "0"));
  CU_ASSERT (finish (s, "k", 1, &next) == PEN_OK && next == 2);
  plugin->sink->destroy (s);
  rows->encoder->destroy (enc);
  make_fini (&m);
}

static void
test_values (void)
{
  struct options o;

  fresh ();
  o = plain;
  o.table_prefix = "p_";
  store_every_kind (&o);
  CU_ASSERT (says ("SELECT _object FROM p_all", "o'; DROP TABLE t; --"));
  CU_ASSERT (says ("SELECT i || '|' || l || '|' || g || '|' || b FROM p_all WHERE rowid = 1",
                   "-5|-9223372036854775808|0.1|1"));
  CU_ASSERT (says ("SELECT i IS NULL FROM p_all WHERE rowid = 2", "1"));
  CU_ASSERT (says ("SELECT typeof(\"quote\"\"me\") || \"quote\"\"me\" FROM p_all WHERE rowid = 1", "text00123"));
  CU_ASSERT (says ("SELECT hex(z) FROM p_all WHERE rowid = 1", "00FF"));
  CU_ASSERT (says ("SELECT typeof(z) || length(z) FROM p_all WHERE rowid = 2", "blob0"));
  CU_ASSERT (says ("SELECT typeof(amount) || sum(amount) FROM p_all", "integer12340"));
  CU_ASSERT (says ("SELECT wide FROM p_all WHERE rowid = 1", "10000000000000000.0000"));
  CU_ASSERT (says ("SELECT day || ' ' || at FROM p_all WHERE rowid = 1", "2026-11-21 2026-11-21T09:30:00Z"));
  CU_ASSERT (says ("SELECT day || ' ' || at FROM p_all WHERE rowid = 2", "1969-12-31 1969-12-31T23:59:59.999999Z"));
  CU_ASSERT (says ("SELECT date(day, '+1 day') FROM p_all WHERE rowid = 1", "2026-11-22"));
  CU_ASSERT (says ("SELECT type FROM pragma_table_info('p_all') WHERE name = 'amount'", "INTEGER(12,2)"));
  CU_ASSERT (says ("SELECT status || rows || object FROM penstock_checkpoint WHERE source_id = 'k'", "COMMITTED2a"));
  CU_ASSERT (says ("PRAGMA journal_mode", "wal"));
  drop_dir ();
}

static void
test_decimals_as_text (void)
{
  struct options o;

  fresh ();
  o = plain;
  o.table_prefix = "p_";
  o.decimals = 1;
  o.journal_mode = 1;
  store_every_kind (&o);
  CU_ASSERT (says ("SELECT group_concat(amount) FROM p_all", "123.45,-0.05"));
  CU_ASSERT (says ("PRAGMA journal_mode", "delete"));
  drop_dir ();
}

/* Values that come again are not bound again, as long as what they were bound to is still there. */
static void
test_repeated (void)
{
  static const char *const name[] = { "same", "same", "other", "", "same", "same" };
  struct pen_span ck;
  uint64_t next;
  void *s;

  fresh ();
  s = open_pair (&plain);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT_EQUAL (begin (s, "a", "k", PEN_COMMIT_OBJECT, &next, &ck), PEN_OK);
  for (size_t from = 0; from < 6;
       from += 3) /* two writes of three rows: the memory of the first is gone in the second */
    {
      uint8_t all[512], *gone;
      size_t n = 0;

      for (size_t i = from; i < from + 3; i++)
        {
          struct pen_span row = a_row ((int64_t)(i / 2), name[i], strlen (name[i]));
          memcpy (all + n, row.p, row.n);
          n += row.n;
        }
      gone = malloc (n);
      CU_ASSERT_PTR_NOT_NULL_FATAL (gone);
      memcpy (gone, all, n);
      CU_ASSERT_EQUAL (plugin->sink->write (s, 0, 0, (struct pen_span){ gone, n }, 3), PEN_OK);
      memset (gone, 'x', n);
      free (gone);
    }
  CU_ASSERT_EQUAL (finish (s, "k", 1, NULL), PEN_OK);
  CU_ASSERT (says ("SELECT group_concat(id || name) FROM t", "0same,0same,1other,1,2same,2same"));
  plugin->sink->destroy (s);
  drop_dir ();
}

/* ---- tables that are there ---- */

static void
test_existing_tables (void)
{
  static const struct
  {
    const char *sql, *said;
  } bad[] = {
    { "CREATE TABLE t(id INTEGER)", "table \"t\" has no column \"name\", which the records have (TEXT)" },
    { "CREATE TABLE t(id TEXT, name TEXT)",
      "column \"id\" of table \"t\" is declared TEXT, the records' column needs INTEGER" },
    { "CREATE TABLE t(id INTEGER, name NUMERIC)", "column \"name\" of table \"t\" is declared NUMERIC" },
    { "CREATE TABLE t(id REAL, name TEXT)", "column \"id\" of table \"t\" is declared REAL" },
  };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      fresh ();
      run_sql (bad[i].sql);
      CU_ASSERT_PTR_NULL (open_pair (&plain));
      CU_ASSERT (plug_has_said (bad[i].said));
      drop_dir ();
    }
  fresh ();
  run_sql ("CREATE TABLE t(extra TEXT DEFAULT 'x', NAME VARCHAR(20), id BIGINT)");
  {
    void *s = open_pair (&plain);
    struct pen_span ck;
    uint64_t next;
    CU_ASSERT_PTR_NOT_NULL_FATAL (s);
    CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK);
    CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (1, "n", 1), 1) == PEN_OK);
    CU_ASSERT (finish (s, "k", 1, NULL) == PEN_OK);
    plugin->sink->destroy (s);
  }
  CU_ASSERT (says ("SELECT extra || name || id FROM t", "xn1"));
  drop_dir ();
}

static void
test_scale_changed (void)
{
  static struct ArrowSchema d = { .format = "d:12,4", .name = "amount" };
  static struct ArrowSchema *dp[1] = { &d };
  static const struct ArrowSchema one = { .format = "+s", .n_children = 1, .children = dp };
  void *s;

  fresh ();
  run_sql ("CREATE TABLE t(amount INTEGER(12,2))");
  CU_ASSERT_FATAL (plugin->sink->create (&plug_host, &plain, &s) == PEN_OK);
  CU_ASSERT (plugin->sink->table (s, 0, "t", &one) == PEN_ERR);
  CU_ASSERT (plug_has_said ("declared INTEGER(12,2), the records' column needs INTEGER(12,4)"));
  plugin->sink->destroy (s);
  drop_dir ();
}

static void
test_not_created (void)
{
  struct options o;

  fresh ();
  o = plain;
  o.create = false;
  CU_ASSERT_PTR_NULL (open_pair (&o));
  CU_ASSERT (plug_has_said ("cannot open"));
  run_sql ("CREATE TABLE other(a)");
  CU_ASSERT_PTR_NULL (open_pair (&o));
  CU_ASSERT (plug_has_said ("has no table \"t\""));
  drop_dir ();
}

static void
test_names (void)
{
  static const char *const bad[] = { "", "a\nb", "sqlite_x", "penstock_checkpoint", "\xff" };
  void *s;

  fresh ();
  CU_ASSERT_FATAL (plugin->sink->create (&plug_host, &plain, &s) == PEN_OK);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      CU_ASSERT (plugin->sink->table (s, 0, bad[i], &pair) == PEN_ERR);
      CU_ASSERT (plug_has_said ("cannot be the name of a table"));
    }
  CU_ASSERT (plugin->sink->table (s, 0, "x\"; DROP TABLE penstock_checkpoint; --", &pair) == PEN_OK);
  CU_ASSERT (says ("SELECT count(*) FROM penstock_checkpoint", "0"));
  plugin->sink->destroy (s);
  drop_dir ();
}

/* ---- once ---- */

static void
test_object_once (void)
{
  struct pen_span ck;
  uint64_t next, rows;
  void *s, *t;

  fresh ();
  s = open_pair (&plain);
  t = open_pair (&plain);
  CU_ASSERT_FATAL (s && t);
  CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (1, "refused", 7), 1) == PEN_OK);
  CU_ASSERT (finish (s, "k", 0, NULL) == PEN_OK);
  CU_ASSERT (says ("SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM penstock_checkpoint)", "0"));
  /* t begins while s holds the database: it has to wait, and is told so */
  CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK);
  CU_ASSERT (begin (t, "b", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_RETRY);
  CU_ASSERT (plug_has_said ("locked"));
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (1, "one", 3), 1) == PEN_OK);
  CU_ASSERT (finish (s, "k", 1, &rows) == PEN_OK && rows == 1);
  /* the same content by another name, its fingerprint not known beforehand: found out at the end */
  CU_ASSERT (begin (t, "b", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (plugin->sink->write (t, 0, 0, a_row (1, "one", 3), 1) == PEN_OK);
  CU_ASSERT (finish (t, "k", 1, NULL) == PEN_EOF);
  CU_ASSERT (says ("SELECT count(*) FROM t", "1"));
  /* known beforehand */
  CU_ASSERT (begin (t, "b", "k", PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK && next == PEN_SEQ_DONE);
  CU_ASSERT (finish (t, "k", 1, &rows) == PEN_OK && rows == 1);
  CU_ASSERT (begin (t, "c", "other", PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (finish (t, "other", 1, &rows) == PEN_OK && rows == 0);
  CU_ASSERT (says ("SELECT count(*) FROM penstock_checkpoint WHERE status = 'COMMITTED'", "2"));
  plugin->sink->destroy (s);
  plugin->sink->destroy (t);
  drop_dir ();
}

static void
life_halfway (void)
{
  struct pen_span ck;
  uint64_t next;
  void *s = open_pair (&plain);
  begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck);
  for (int i = 0; i < 20000; i++) /* more than the cache: pages of it are in the journal */
    plugin->sink->write (s, 0, 0, a_row (i, "lost", 4), 1);
}

static void
life_two_chunks (void)
{
  struct pen_span ck;
  uint64_t next;
  void *s = open_pair (&plain);
  begin (s, "a", "k", PEN_COMMIT_CHUNK, &next, &ck);
  plugin->sink->write (s, 0, 0, a_row (0, "x", 1), 1);
  plugin->sink->write (s, 1, 0, a_row (1, "x", 1), 1);
  plugin->sink->commit (s, 1, span ("carry"));
  plugin->sink->write (s, 2, 0, a_row (2, "lost", 4), 1);
}

static void
test_killed (void)
{
  struct pen_span ck;
  uint64_t next, rows;
  void *s;

  fresh ();
  kill_a_life (life_halfway);
  s = open_pair (&plain);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (says ("SELECT count(*) FROM t", "0"));
  CU_ASSERT (says ("PRAGMA integrity_check", "ok"));
  kill_a_life (life_two_chunks);
  CU_ASSERT (begin (s, "a", "k", PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == 2);
  CU_ASSERT (ck.n == 5 && memcmp (ck.p, "carry", 5) == 0);
  CU_ASSERT (plugin->sink->write (s, 1, 0, a_row (9, "again", 5), 1) == PEN_OK); /* skipped */
  CU_ASSERT (plugin->sink->write (s, 2, 0, a_row (2, "x", 1), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 2, span ("")) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 2, span ("")) == PEN_OK);
  CU_ASSERT (finish (s, "k", 1, &rows) == PEN_OK && rows == 3);
  CU_ASSERT (says ("SELECT group_concat(id || name) FROM t", "0x,1x,2x"));
  CU_ASSERT (begin (s, "a", "k", PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == PEN_SEQ_DONE);
  plugin->sink->destroy (s);
  drop_dir ();
}

/* A host that believes that it still owns the object, while another has gone on with it. */
static void
test_fenced (void)
{
  struct pen_span ck;
  uint64_t next;
  void *s, *t;

  fresh ();
  s = open_pair (&plain);
  t = open_pair (&plain);
  CU_ASSERT_FATAL (s && t);
  CU_ASSERT (begin (s, "a", "k", PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (0, "s", 1), 1) == PEN_OK);
  CU_ASSERT (begin (t, "a", "k", PEN_COMMIT_CHUNK, &next, &ck) == PEN_RETRY); /* s is in a transaction */
  CU_ASSERT (plugin->sink->commit (s, 0, span ("")) == PEN_OK);
  CU_ASSERT (begin (t, "a", "k", PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == 1);
  CU_ASSERT (plugin->sink->write (s, 1, 0, a_row (1, "s", 1), 1) == PEN_ERR);
  CU_ASSERT (plug_has_said ("another host has taken over"));
  CU_ASSERT (plugin->sink->commit (s, 1, span ("")) == PEN_ERR);
  CU_ASSERT (plugin->sink->write (t, 1, 0, a_row (1, "t", 1), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (t, 1, span ("")) == PEN_OK);
  CU_ASSERT (finish (s, "k", 1, NULL) == PEN_ERR);
  CU_ASSERT (finish (t, "k", 1, NULL) == PEN_OK);
  CU_ASSERT (says ("SELECT group_concat(id || name) FROM t", "0s,1t"));
  plugin->sink->destroy (s);
  plugin->sink->destroy (t);
  drop_dir ();
}

/* Chunk mode without a fingerprint beforehand: the row is found by when the object was first seen. */
static void
test_provisional (void)
{
  struct pen_span ck;
  uint64_t next;
  void *s;

  fresh ();
  s = open_pair (&plain);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (7, "x", 1), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 1, 0, a_row (7, "x", 1), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 0, span ("")) == PEN_ERR); /* it would count chunk 1 as of chunk 0 */
  CU_ASSERT (plug_has_said ("cannot be committed without chunk 1"));
  CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == 0);
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (0, "x", 1), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 0, span ("")) == PEN_OK);
  CU_ASSERT (begin (s, "a", "k", PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK && next == 1);
  CU_ASSERT (finish (s, "k", 1, NULL) == PEN_OK);
  CU_ASSERT (says ("SELECT group_concat(source_id || status) FROM penstock_checkpoint", "kCOMMITTED"));
  /* refused after a commit: told, not loaded twice */
  CU_ASSERT (begin (s, "b", "k2", PEN_COMMIT_CHUNK, &next, &ck) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (1, "y", 1), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->commit (s, 0, span ("")) == PEN_OK);
  CU_ASSERT (finish (s, "k2", 0, NULL) == PEN_OK);
  CU_ASSERT (begin (s, "b", "k2", PEN_COMMIT_CHUNK, &next, &ck) == PEN_ERR);
  CU_ASSERT (plug_has_said ("1 rows of object k2 were committed chunk by chunk before it was refused"));
  plugin->sink->destroy (s);
  drop_dir ();
}

/* ---- hostile bytes ---- */

static void
refuse (void *s, struct pen_span bytes, const char *said)
{
  struct pen_span ck;
  uint64_t next;

  plug_said[0] = 0;
  CU_ASSERT (begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (1, "good", 4), 1) == PEN_OK);
  CU_ASSERT (plugin->sink->write (s, 0, 0, bytes, 1) == PEN_ERR);
  CU_ASSERT (plug_has_said (said));
  CU_ASSERT (plugin->sink->write (s, 0, 0, a_row (2, "good", 4), 1) == PEN_ERR);
  CU_ASSERT (finish (s, "k", 1, NULL) == PEN_ERR);
}

static void
test_hostile (void)
{
  uint8_t b[256], *p;
  struct pen_span row;
  void *s;

  fresh ();
  s = open_pair (&plain);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  refuse (s, a_row (1, "a\0b", 3), "NUL");
  refuse (s, a_row (1, "\xc3(", 2), "not UTF-8");
  refuse (s, span ("{\"id\":1}\n"), "malformed rows");
  row = a_row (1, "x", 1);
  refuse (s, (struct pen_span){ row.p, row.n - 1 }, "length does not fit");
  memcpy (b, row.p, row.n);
  b[4] = 9; /* another table */
  refuse (s, (struct pen_span){ b, row.n }, "a table that does not exist");
  memcpy (b, row.p, row.n);
  b[6] = 3; /* another number of values */
  refuse (s, (struct pen_span){ b, row.n }, "another number of values");
  memcpy (b, row.p, row.n);
  b[8] = PEN_ROWS_TIMESTAMP; /* another kind of the same width */
  refuse (s, (struct pen_span){ b, row.n }, "another kind");
  p = pen_rows_begin (b);
  p = pen_rows_null (p);
  p = pen_rows_null (p);
  p = pen_rows_null (p);
  pen_rows_finish (b, p, 0, 2);
  refuse (s, (struct pen_span){ b, (size_t)(p - b) }, "longer than its values");
  CU_ASSERT (says ("SELECT count(*) FROM t", "0"));
  plugin->sink->destroy (s);
  drop_dir ();
}

/* Every byte of a good row with other values: stored or refused, the database stays sound, nothing of it is left. */
static void
test_mutants (void)
{
  struct pen_span ck, row = a_row (123456789, "a name", 6);
  uint64_t next, refused = 0;
  uint8_t b[256];
  void *s;

  fresh ();
  s = open_pair (&plain);
  CU_ASSERT_PTR_NOT_NULL_FATAL (s);
  for (size_t i = 0; i < row.n; i++)
    for (int v = 0; v < 256; v += 5)
      {
        memcpy (b, row.p, row.n);
        b[i] = (uint8_t)v;
        CU_ASSERT_FATAL (begin (s, "a", NULL, PEN_COMMIT_OBJECT, &next, &ck) == PEN_OK);
        refused += plugin->sink->write (s, 0, 0, (struct pen_span){ b, row.n }, 1) != PEN_OK;
        CU_ASSERT (finish (s, "k", 0, NULL) == PEN_OK);
      }
  CU_ASSERT (refused > row.n);
  CU_ASSERT (says ("SELECT count(*) FROM t", "0"));
  CU_ASSERT (says ("PRAGMA integrity_check", "ok"));
  plugin->sink->destroy (s);
  drop_dir ();
}

int
main (void)
{
  CU_pSuite s;

  plugin = plug_load ("sqlite");
  if (CU_initialize_registry () || !(s = CU_add_suite ("sqlite sink", NULL, NULL)))
    return 1;
  CU_add_test (s, "every kind of value", test_values);
  CU_add_test (s, "decimals as text", test_decimals_as_text);
  CU_add_test (s, "values that come again", test_repeated);
  CU_add_test (s, "tables that exist", test_existing_tables);
  CU_add_test (s, "another scale", test_scale_changed);
  CU_add_test (s, "create = false", test_not_created);
  CU_add_test (s, "names", test_names);
  CU_add_test (s, "an object once", test_object_once);
  CU_add_test (s, "killed lives", test_killed);
  CU_add_test (s, "fenced off", test_fenced);
  CU_add_test (s, "fingerprint unknown", test_provisional);
  CU_add_test (s, "hostile rows", test_hostile);
  CU_add_test (s, "mutants", test_mutants);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0 || CU_get_number_of_tests_run () == 0;
}
