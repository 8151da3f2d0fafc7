/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - which objects, and how much of them, this database holds: one row each in penstock_checkpoint, changed
 * in the same transaction as the data, and compared before it is changed.
 *
 * The comparison is what keeps two hosts apart, or a host and the last transaction of its killed predecessor: in object
 * mode the row is inserted by the transaction that holds the data, and a row that is there already means that somebody
 * else was first. In chunk mode each transaction starts with an UPDATE that finds the row only if it still says
 * next_seq and epoch as we know them; whoever takes an object over raises its epoch. */
#include "sqlite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char table_sql[] = "CREATE TABLE IF NOT EXISTS penstock_checkpoint("
                                "pipeline TEXT NOT NULL, sink TEXT NOT NULL, source_id TEXT NOT NULL,"
                                "next_seq INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,"
                                "checkpoint BLOB, status TEXT NOT NULL, epoch INTEGER NOT NULL, object TEXT,"
                                "PRIMARY KEY(pipeline, sink, source_id))";

#define IS_OURS " WHERE pipeline = ?1 AND sink = ?2 AND source_id = ?3"
#define IS_FENCED IS_OURS " AND next_seq = ?4 AND epoch = ?5 AND status = 'RUNNING'"
static const char *const sql[SQ_STATEMENTS] = {
  [SQ_BEGIN] = "BEGIN IMMEDIATE",
  [SQ_COMMIT] = "COMMIT",
  [SQ_ROLLBACK] = "ROLLBACK",
  [SQ_FIND] = "SELECT status, next_seq, rows, bytes, epoch, checkpoint FROM penstock_checkpoint" IS_OURS,
  [SQ_START] =
      "INSERT INTO penstock_checkpoint(pipeline, sink, source_id, next_seq, rows, bytes, status, epoch, object)"
      " VALUES (?1, ?2, ?3, 0, 0, 0, 'RUNNING', 1, ?4)",
  [SQ_TAKE_OVER] = "UPDATE penstock_checkpoint SET epoch = epoch + 1" IS_FENCED,
  [SQ_FENCE] = "UPDATE penstock_checkpoint SET next_seq = next_seq" IS_FENCED,
  [SQ_ADVANCE] = "UPDATE penstock_checkpoint SET next_seq = ?6, rows = ?7, bytes = ?8, checkpoint = ?9" IS_FENCED,
  [SQ_FINISH] = "UPDATE penstock_checkpoint SET status = ?6, rows = ?7, bytes = ?8, source_id = ?9,"
                " checkpoint = NULL" IS_FENCED,
  [SQ_PUBLISH] =
      "INSERT INTO penstock_checkpoint(pipeline, sink, source_id, next_seq, rows, bytes, status, epoch, object)"
      " VALUES (?1, ?2, ?3, 0, ?4, ?5, 'COMMITTED', 1, ?6) ON CONFLICT DO NOTHING",
};

int
sq_checkpoint_prepare (struct sq *s)
{
  if (sqlite3_exec (s->db, table_sql, NULL, NULL, NULL) != SQLITE_OK)
    return sq_fail (s, "create the table penstock_checkpoint");
  for (int i = 0; i < SQ_STATEMENTS; i++)
    if (sqlite3_prepare_v3 (s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL) != SQLITE_OK)
      return sq_fail (s, "use the table penstock_checkpoint");
  return PEN_OK;
}

void
sq_checkpoint_fini (struct sq *s)
{
  for (int i = 0; i < SQ_STATEMENTS; i++)
    sqlite3_finalize (s->stmt[i]);
}

/* ---- statements ---- */

static sqlite3_stmt *
about_object (struct sq *s, enum sq_statement which)
{
  sqlite3_stmt *q = s->stmt[which];

  sqlite3_bind_text (q, 1, s->pipeline, -1, SQLITE_STATIC);
  sqlite3_bind_text (q, 2, s->sink, -1, SQLITE_STATIC);
  sqlite3_bind_text (q, 3, s->id, -1, SQLITE_STATIC);
  return q;
}

static sqlite3_stmt *
fenced (struct sq *s, enum sq_statement which)
{
  sqlite3_stmt *q = about_object (s, which);

  sqlite3_bind_int64 (q, 4, (int64_t)s->next_seq);
  sqlite3_bind_int64 (q, 5, s->epoch);
  return q;
}

/* Runs q to its end. */
static int
run (struct sq *s, sqlite3_stmt *q, const char *action)
{
  int r = PEN_OK;

  if (sqlite3_step (q) != SQLITE_DONE)
    r = sq_fail (s, action); /* before the reset, which forgets why */
  sqlite3_reset (q);
  return r;
}

static int
begin_tx (struct sq *s)
{
  int r = run (s, s->stmt[SQ_BEGIN], "begin a transaction");

  s->in_tx = r == PEN_OK;
  return r;
}

/* A COMMIT that fails leaves the transaction open: it is given up. */
static int
commit_tx (struct sq *s)
{
  if (run (s, s->stmt[SQ_COMMIT], "commit"))
    {
      sq_rollback (s);
      return PEN_ERR;
    }
  s->in_tx = 0;
  return PEN_OK;
}

void
sq_rollback (struct sq *s)
{
  /* SQLite itself rolls back after some errors. */
  if (s->in_tx && !sqlite3_get_autocommit (s->db))
    {
      sqlite3_step (s->stmt[SQ_ROLLBACK]);
      sqlite3_reset (s->stmt[SQ_ROLLBACK]);
    }
  s->in_tx = 0;
}

/* Runs an UPDATE that must find its row. */
static int
run_fenced (struct sq *s, sqlite3_stmt *q)
{
  int r = run (s, q, "update penstock_checkpoint");

  if (r == PEN_OK && sqlite3_changes (s->db) == 1)
    return PEN_OK;
  sq_rollback (s);
  s->broken = 1;
  return r != PEN_OK ? PEN_ERR
                     : s->host->fail (s->host->ctx,
                                      "%s: another host has taken over object %s: nothing of ours was added; only one "
                                      "may write to this database under one pipeline's name",
                                      s->o->path, s->id);
}

/* ---- beginning ---- */

void
sq_forget (struct sq *s)
{
  sq_rollback (s);
  free (s->pipeline);
  free (s->sink);
  free (s->id);
  free (s->blob);
  s->pipeline = s->sink = s->id = NULL;
  s->blob = NULL;
  s->blob_len = 0;
  s->mode = s->done = s->broken = 0;
  s->next_seq = s->last_seq = s->rows = s->bytes = 0;
  s->epoch = 0;
}

enum found
{
  FOUND_NONE = 0,
  FOUND_RUNNING,
  FOUND_COMMITTED,
  FOUND_REJECTED,
};

/* Looks for s->id and takes over what its row says. */
static int
find (struct sq *s, enum found *found)
{
  sqlite3_stmt *q = about_object (s, SQ_FIND);
  int rc = sqlite3_step (q), r = PEN_OK;

  *found = FOUND_NONE;
  if (rc == SQLITE_ROW)
    {
      const char *status = (const char *)sqlite3_column_text (q, 0);
      int n = sqlite3_column_bytes (q, 5);
      *found = !status || strcmp (status, "RUNNING") == 0 ? FOUND_RUNNING
               : strcmp (status, "COMMITTED") == 0        ? FOUND_COMMITTED
                                                          : FOUND_REJECTED;
      s->next_seq = (uint64_t)sqlite3_column_int64 (q, 1);
      s->rows = (uint64_t)sqlite3_column_int64 (q, 2);
      s->bytes = (uint64_t)sqlite3_column_int64 (q, 3);
      s->epoch = sqlite3_column_int64 (q, 4);
      free (s->blob);
      s->blob = malloc ((size_t)n + 1);
      s->blob_len = s->blob ? (size_t)n : 0;
      if (n && s->blob)
        memcpy (s->blob, sqlite3_column_blob (q, 5), (size_t)n);
      if (!s->blob)
        r = s->host->fail (s->host->ctx, "out of memory");
    }
  else if (rc != SQLITE_DONE)
    r = sq_fail (s, "read penstock_checkpoint");
  sqlite3_reset (q);
  return r;
}

/* What an object is called in penstock_checkpoint while its fingerprint is not known. */
static char *
provisional (const struct pen_object *o)
{
  size_t n = strlen (o->name) + 48;
  char *id = malloc (n);

  if (id)
    snprintf (id, n, "opened %lld: %s", (long long)o->opened_ns, o->name);
  return id;
}

/* Takes ownership of id, which may be NULL for want of memory. */
static int
set_id (struct sq *s, char *id)
{
  free (s->id);
  s->id = id;
  return id ? PEN_OK : s->host->fail (s->host->ctx, "out of memory");
}

/* Finds the object by its fingerprint, or, in chunk mode, by when it was first seen; s->id is what it is (to be) found
 * by. In object mode its row is made, and named, when it is published. */
static int
identify (struct sq *s, const struct pen_object *o, enum found *found)
{
  *found = FOUND_NONE;
  if (o->key && (set_id (s, strdup (o->key)) || find (s, found)))
    return PEN_ERR;
  if (*found != FOUND_NONE || s->mode == PEN_COMMIT_OBJECT)
    return PEN_OK;
  if (set_id (s, provisional (o)) || find (s, found))
    return PEN_ERR;
  return *found == FOUND_NONE && o->key ? set_id (s, strdup (o->key)) : PEN_OK;
}

static int
begin_chunks (struct sq *s, const struct pen_object *o, enum found found)
{
  sqlite3_stmt *q;
  int r;

  if (found == FOUND_RUNNING)
    {
      r = run_fenced (s, fenced (s, SQ_TAKE_OVER));
      s->epoch++;
      return r;
    }
  q = about_object (s, SQ_START);
  sqlite3_bind_text (q, 4, o->name, -1, SQLITE_STATIC);
  r = run (s, q, "insert into penstock_checkpoint");
  s->epoch = 1;
  return r;
}

static int
begin_found (struct sq *s, const struct pen_object *o, enum found found)
{
  if (found == FOUND_COMMITTED)
    {
      s->done = 1;
      sq_rollback (s);
      return PEN_OK;
    }
  if (found == FOUND_REJECTED)
    return s->host->fail (
        s->host->ctx,
        "%s: %llu rows of object %s were committed chunk by chunk before it was refused: remove them and "
        "its row in penstock_checkpoint first",
        s->o->path, (unsigned long long)s->rows, s->id);
  if (s->mode == PEN_COMMIT_CHUNK)
    {
      int r = begin_chunks (s, o, found);
      return r == PEN_OK ? commit_tx (s) : r;
    }
  if (found == FOUND_RUNNING)
    return s->host->fail (s->host->ctx, "%s: object %s was begun with commit = chunk and must be finished so",
                          s->o->path, s->id);
  return PEN_OK; /* the transaction stays open until the verdict */
}

int
sq_begin (struct sq *s, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
          struct pen_span *checkpoint)
{
  enum found found;
  int r;

  sq_forget (s);
  s->pipeline = strdup (b->pipeline);
  s->sink = strdup (b->sink);
  if (!s->pipeline || !s->sink)
    return s->host->fail (s->host->ctx, "out of memory");
  s->mode = b->mode;
  r = begin_tx (s);
  if (r == PEN_OK)
    r = identify (s, o, &found);
  if (r == PEN_OK)
    r = begin_found (s, o, found);
  if (r != PEN_OK)
    {
      sq_forget (s);
      return r;
    }
  *next_seq = s->done ? PEN_SEQ_DONE : s->next_seq;
  if (!s->done && s->next_seq)
    *checkpoint = (struct pen_span){ s->blob, s->blob_len };
  return PEN_OK;
}

/* ---- chunk mode ---- */

int
sq_open_tx (struct sq *s)
{
  int r;

  if (s->in_tx)
    return PEN_OK;
  r = begin_tx (s);
  return r == PEN_OK ? run_fenced (s, fenced (s, SQ_FENCE)) : r;
}

int
sq_commit (struct sq *s, uint64_t seq, struct pen_span checkpoint)
{
  sqlite3_stmt *q;
  int r;

  if (seq + 1 <= s->next_seq)
    return PEN_OK; /* said before */
  if (seq < s->last_seq)
    {
      s->broken = 1;
      return s->host->fail (s->host->ctx, "chunk %llu cannot be committed without chunk %llu, which is written already",
                            (unsigned long long)seq, (unsigned long long)s->last_seq);
    }
  if ((r = sq_open_tx (s)) != PEN_OK)
    return r;
  q = fenced (s, SQ_ADVANCE);
  sqlite3_bind_int64 (q, 6, (int64_t)(seq + 1));
  sqlite3_bind_int64 (q, 7, (int64_t)s->rows);
  sqlite3_bind_int64 (q, 8, (int64_t)s->bytes);
  sqlite3_bind_blob64 (q, 9, checkpoint.n ? (const void *)checkpoint.p : "", checkpoint.n, SQLITE_STATIC);
  if (run_fenced (s, q) || commit_tx (s))
    {
      s->broken = 1;
      return PEN_ERR;
    }
  s->next_seq = seq + 1;
  return PEN_OK;
}

static int
finish_chunks (struct sq *s, const char *status, const char *id)
{
  sqlite3_stmt *q;
  int r = sq_open_tx (s);

  if (r != PEN_OK)
    return r;
  q = fenced (s, SQ_FINISH);
  sqlite3_bind_text (q, 6, status, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 7, (int64_t)s->rows);
  sqlite3_bind_int64 (q, 8, (int64_t)s->bytes);
  sqlite3_bind_text (q, 9, id, -1, SQLITE_STATIC);
  return run_fenced (s, q) ? PEN_ERR : commit_tx (s);
}

/* ---- the verdict ---- */

int
sq_publish (struct sq *s, const struct pen_object *o)
{
  sqlite3_stmt *q;

  if (!o->key)
    return s->host->fail (s->host->ctx, "%s: an object without a fingerprint cannot be published", s->o->path);
  if (s->mode == PEN_COMMIT_CHUNK)
    return finish_chunks (s, "COMMITTED", o->key);
  if (set_id (s, strdup (o->key)))
    return PEN_ERR;
  q = about_object (s, SQ_PUBLISH);
  sqlite3_bind_int64 (q, 4, (int64_t)s->rows);
  sqlite3_bind_int64 (q, 5, (int64_t)s->bytes);
  sqlite3_bind_text (q, 6, o->name, -1, SQLITE_STATIC);
  if (run (s, q, "insert into penstock_checkpoint"))
    return PEN_ERR;
  if (sqlite3_changes (s->db) != 1)
    {
      sq_rollback (s);
      return PEN_EOF; /* somebody else has published it */
    }
  return commit_tx (s);
}

int
sq_discard (struct sq *s)
{
  sq_rollback (s);
  if (s->mode != PEN_COMMIT_CHUNK || s->done || !s->next_seq)
    return PEN_OK;
  return finish_chunks (s, "REJECTED", s->id);
}
