/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c - the host's own memory: objects seen, fingerprints, quarantine, runs; one SQLite database per pipeline. */
#include "core/host/journal_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/limits.h"

enum
{
  Q_BEGIN,
  Q_COMMIT,
  Q_UNFINISHED,
  Q_OPEN,
  Q_REOPEN,
  Q_LOST,
  Q_CLEAN,
  Q_CLEAN_KEYS,
  Q_SAME_LENGTH,
  Q_LENGTH,
  Q_INTENTS,
  Q_LOOKUP,
  Q_QUARANTINE,
  Q_CARRY,
  Q_RECORD,
  Q_COMMITTED,
  Q_TWINS,
  Q_ACKED,
  Q_RUN_END,
  N_QUERIES,
};

static const char *const sql[N_QUERIES] = {
  [Q_BEGIN] = "BEGIN IMMEDIATE",
  [Q_COMMIT] = "COMMIT",
  [Q_UNFINISHED] = "SELECT id, opened_ns FROM objects WHERE name = ?1 AND length = ?2 AND mtime_ns = ?3 "
                   "AND status IN ('open', 'intent', 'aborted') ORDER BY id LIMIT 1",
  [Q_OPEN] = "INSERT INTO objects (name, length, mtime_ns, etag, opened_ns, run, status, origin) "
             "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7)",
  [Q_REOPEN] =
      "UPDATE objects SET run = ?2, origin = ?3, status = CASE status WHEN 'intent' THEN 'intent' ELSE 'open' END "
      "WHERE id = ?1",
  [Q_LOST] = "INSERT INTO objects (name, length, mtime_ns, opened_ns, run, status, why, origin) "
             "VALUES (?1, 0, 0, ?2, ?3, 'lost', ?4, ?5)",
  [Q_CLEAN] = "DELETE FROM quarantine WHERE object = ?1 AND seq >= ?2",
  [Q_CLEAN_KEYS] = "DELETE FROM keys WHERE object = ?1 AND seq >= ?2",
  [Q_SAME_LENGTH] = "SELECT 1 FROM objects WHERE length = ?1 AND status IN ('committed', 'intent') LIMIT 1",
  [Q_LENGTH] = "UPDATE objects SET length = ?2 WHERE id = ?1",
  [Q_INTENTS] = "SELECT 1 FROM objects WHERE status = 'intent' LIMIT 1",
  [Q_LOOKUP] = "SELECT status, name FROM objects WHERE key = ?1 AND status IN ('committed', 'intent') "
               "ORDER BY status = 'committed' DESC, id LIMIT 1",
  [Q_QUARANTINE] =
      "INSERT INTO quarantine (object, seq, offset, length, line, field, rule, severity, follows, text, raw) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
  [Q_CARRY] = "UPDATE quarantine SET carry = ?2 WHERE id = (SELECT max(id) FROM quarantine WHERE object = ?1)",
  [Q_RECORD] = "UPDATE objects SET status = ?2, key = ?3, records = ?4, rejected = ?5, filtered = ?6, findings = ?7, "
               "why = ?8, recorded_ns = ?9 WHERE id = ?1",
  [Q_COMMITTED] = "UPDATE objects SET status = 'committed', recorded_ns = ?2 WHERE id = ?1",
  [Q_TWINS] = "UPDATE objects SET status = 'committed', recorded_ns = ?2 WHERE key = ?1 AND status = 'intent'",
  [Q_ACKED] = "UPDATE objects SET acked = ?2 WHERE id = ?1",
  [Q_RUN_END] = "UPDATE runs SET ended_ns = ?2, status = ?3 WHERE id = ?1",
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, started_ns INTEGER NOT NULL,"
    " ended_ns INTEGER, status INTEGER);"
    "CREATE TABLE IF NOT EXISTS objects (id INTEGER PRIMARY KEY, name TEXT NOT NULL, length INTEGER NOT NULL,"
    " mtime_ns INTEGER NOT NULL, etag TEXT, opened_ns INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES runs(id),"
    " status TEXT NOT NULL, key TEXT, records INTEGER, rejected INTEGER, filtered INTEGER, findings INTEGER,"
    " why TEXT, recorded_ns INTEGER, acked INTEGER, origin TEXT);"
    "CREATE INDEX IF NOT EXISTS objects_key ON objects (key);"
    "CREATE INDEX IF NOT EXISTS objects_length ON objects (length);"
    "CREATE INDEX IF NOT EXISTS objects_name ON objects (name);"
    "CREATE TABLE IF NOT EXISTS quarantine (id INTEGER PRIMARY KEY, object INTEGER NOT NULL REFERENCES objects(id),"
    " seq INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, line INTEGER, field TEXT,"
    " rule TEXT NOT NULL, severity TEXT NOT NULL, follows INTEGER NOT NULL, text TEXT NOT NULL, raw BLOB, carry BLOB);"
    "CREATE INDEX IF NOT EXISTS quarantine_object ON quarantine (object);"
    "CREATE TABLE IF NOT EXISTS keys (rule TEXT NOT NULL, key BLOB NOT NULL, object INTEGER NOT NULL REFERENCES "
    "objects(id),"
    " seq INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, field TEXT, severity INTEGER NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY (rule, key, object)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS keys_object ON keys (object);";

struct journal
{
  sqlite3 *db;
  sqlite3_stmt *q[N_QUERIES], *keys_q[JOURNAL_KEYS_QUERIES];
  char *dir;
  int lock;
  int64_t run;
  int in_transaction;
  int had_intents; /* when it was opened: a dead run has left them */
};

static int64_t
now_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
fail (struct journal *j, const char *what, struct err *e)
{
  return err_set (e, "state database %s/state.db: %s: %s", j->dir, what, sqlite3_errmsg (j->db));
}

/* Runs a statement that gives no rows, or the first row's step; resets unless a row is there. */
static int
step (struct journal *j, int i, struct err *e)
{
  int rc = sqlite3_step (j->q[i]);

  if (rc == SQLITE_ROW)
    return 1;
  sqlite3_reset (j->q[i]);
  sqlite3_clear_bindings (j->q[i]);
  return rc == SQLITE_DONE ? 0 : fail (j, "cannot write", e);
}

static void
done (struct journal *j, int i)
{
  sqlite3_reset (j->q[i]);
  sqlite3_clear_bindings (j->q[i]);
}

static int
begin (struct journal *j, struct err *e)
{
  if (j->in_transaction)
    return 0;
  if (step (j, Q_BEGIN, e) == -1)
    return -1;
  j->in_transaction = 1;
  return 0;
}

/* Durable when it returns: synchronous = FULL. */
static int
commit (struct journal *j, struct err *e)
{
  if (step (j, Q_COMMIT, e) == -1)
    return -1;
  j->in_transaction = 0;
  return 0;
}

sqlite3_stmt *
journal_keys_query (struct journal *j, enum journal_keys_query which, const char *text)
{
  if (!j->keys_q[which]
      && sqlite3_prepare_v3 (j->db, text, -1, SQLITE_PREPARE_PERSISTENT, &j->keys_q[which], NULL) != SQLITE_OK)
    return NULL;
  return j->keys_q[which];
}
int
journal_begin (struct journal *j, struct err *e)
{
  return begin (j, e);
}
int
journal_fail (struct journal *j, const char *what, struct err *e)
{
  return fail (j, what, e);
}

/* ---- open and close ---- */

static int
make_dirs (const char *dir, struct err *e)
{
  CLEANUP_FREE char *path = xstrdup (dir);

  for (char *p = path + 1;; p++)
    if (*p == '/' || !*p)
      {
        char was = *p;
        *p = 0;
        if (mkdir (path, 0700) == -1 && errno != EEXIST)
          return err_errno (e, "cannot create the state directory %s", path);
        *p = was;
        if (!was)
          return 0;
      }
}

/* One host per state directory: an open-file-description lock goes with the process, however it ends. */
static int
lock_dir (struct journal *j, struct err *e)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  CLEANUP_FREE char *path = xasprintf ("%s/lock", j->dir);

  j->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (j->lock == -1)
    return err_errno (e, "cannot open %s", path);
  if (fcntl (j->lock, F_OFD_SETLK, &lock) == -1)
    return errno == EAGAIN || errno == EACCES ? err_set (e,
                                                         "%s is locked: another penstock runs this pipeline; wait for "
                                                         "it or stop it, or give this one another state",
                                                         j->dir)
                                              : err_errno (e, "cannot lock %s", path);
  return 0;
}

/* Databases of earlier versions lack it. */
static int
add_column (struct journal *j, const char *table, const char *name, const char *type)
{
  CLEANUP_FREE char *add = xasprintf ("ALTER TABLE %s ADD COLUMN %s %s", table, name, type);

  if (sqlite3_table_column_metadata (j->db, NULL, table, name, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
    return SQLITE_OK;
  return sqlite3_exec (j->db, add, NULL, NULL, NULL);
}

static int
open_db (struct journal *j, struct err *e)
{
  CLEANUP_FREE char *path = xasprintf ("%s/state.db", j->dir);

  sqlite3_config (SQLITE_CONFIG_MEMSTATUS,
                  0); /* a lock per malloc() in every sink; refused, harmlessly, once it is in use */
  if (sqlite3_open_v2 (path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL)
      != SQLITE_OK)
    return fail (j, "cannot open", e);
  sqlite3_busy_timeout (j->db, 10000);
  if (sqlite3_exec (j->db,
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -1024;"
                    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;",
                    NULL, NULL, NULL)
          != SQLITE_OK
      || sqlite3_exec (j->db, schema, NULL, NULL, NULL) != SQLITE_OK
      || add_column (j, "objects", "origin", "TEXT") != SQLITE_OK
      || add_column (j, "quarantine", "carry", "BLOB") != SQLITE_OK)
    return fail (j, "cannot set up", e);
  for (int i = 0; i < N_QUERIES; i++)
    if (sqlite3_prepare_v3 (j->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &j->q[i], NULL) != SQLITE_OK)
      return fail (j, "cannot prepare (is it from another version?)", e);
  return 0;
}

static int
begin_run (struct journal *j, const char *pipeline, struct err *e)
{
  sqlite3_stmt *q;
  int rc;

  if (sqlite3_prepare_v2 (j->db, "INSERT INTO runs (pipeline, started_ns) VALUES (?1, ?2)", -1, &q, NULL) != SQLITE_OK)
    return fail (j, "cannot prepare", e);
  sqlite3_bind_text (q, 1, pipeline, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 2, now_ns ());
  rc = sqlite3_step (q);
  sqlite3_finalize (q);
  if (rc != SQLITE_DONE)
    return fail (j, "cannot write", e);
  j->run = sqlite3_last_insert_rowid (j->db);
  return 0;
}

struct journal *
journal_open (const char *state_dir, const char *pipeline, struct err *e)
{
  struct journal *j = xcalloc (1, sizeof *j);

  j->dir = xstrdup (state_dir);
  j->lock = -1;
  if (make_dirs (state_dir, e) == -1 || lock_dir (j, e) == -1 || open_db (j, e) == -1
      || (j->had_intents = journal_has_intents (j, e)) == -1 || begin_run (j, pipeline, e) == -1)
    {
      journal_close (j);
      return NULL;
    }
  return j;
}

void
journal_close (struct journal *j)
{
  if (!j)
    return;
  if (j->in_transaction)
    commit (j, NULL);
  for (int i = 0; i < N_QUERIES; i++)
    sqlite3_finalize (j->q[i]);
  for (int i = 0; i < JOURNAL_KEYS_QUERIES; i++)
    sqlite3_finalize (j->keys_q[i]);
  sqlite3_close (j->db);
  if (j->lock >= 0)
    close (j->lock);
  free (j->dir);
  free (j);
}

/* ---- objects ---- */

static int
find_unfinished (struct journal *j, const struct pen_object *o, struct journal_object *out, struct err *e)
{
  sqlite3_stmt *q = j->q[Q_UNFINISHED];
  int rc;

  sqlite3_bind_text (q, 1, o->name, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 2, (int64_t)o->length);
  sqlite3_bind_int64 (q, 3, o->mtime_ns);
  rc = step (j, Q_UNFINISHED, e);
  if (rc != 1)
    return rc;
  out->row = sqlite3_column_int64 (q, 0);
  out->opened_ns = sqlite3_column_int64 (q, 1);
  done (j, Q_UNFINISHED);
  sqlite3_bind_int64 (j->q[Q_REOPEN], 1, out->row);
  sqlite3_bind_int64 (j->q[Q_REOPEN], 2, j->run);
  sqlite3_bind_text (j->q[Q_REOPEN], 3, o->origin, -1, SQLITE_STATIC);
  return step (j, Q_REOPEN, e) == -1 ? -1 : 1;
}

static int
insert_object (struct journal *j, const struct pen_object *o, struct journal_object *out, struct err *e)
{
  sqlite3_stmt *q = j->q[Q_OPEN];

  out->opened_ns = now_ns ();
  sqlite3_bind_text (q, 1, o->name, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 2, (int64_t)o->length);
  sqlite3_bind_int64 (q, 3, o->mtime_ns);
  if (o->etag)
    sqlite3_bind_text (q, 4, o->etag, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 5, out->opened_ns);
  sqlite3_bind_int64 (q, 6, j->run);
  sqlite3_bind_text (q, 7, o->origin, -1, SQLITE_STATIC);
  if (step (j, Q_OPEN, e) == -1)
    return -1;
  out->row = sqlite3_last_insert_rowid (j->db);
  return 0;
}

int
journal_object_open (struct journal *j, const struct pen_object *o, struct journal_object *out, struct err *e)
{
  int found;

  if (begin (j, e) == -1) /* before the look-ups: each would take its locks on its own */
    return -1;
  sqlite3_bind_int64 (j->q[Q_SAME_LENGTH], 1, (int64_t)o->length);
  out->hash_first = step (j, Q_SAME_LENGTH, e);
  if (out->hash_first == -1)
    return -1;
  done (j, Q_SAME_LENGTH);
  found = find_unfinished (j, o, out, e);
  out->is_old = found == 1;
  return found == -1 || (!found && insert_object (j, o, out, e) == -1) ? -1 : 0;
}

int
journal_object_lost (struct journal *j, const char *name, const char *origin, const char *why, struct err *e)
{
  sqlite3_stmt *q = j->q[Q_LOST];

  if (begin (j, e) == -1)
    return -1;
  sqlite3_bind_text (q, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 2, now_ns ());
  sqlite3_bind_int64 (q, 3, j->run);
  sqlite3_bind_text (q, 4, why, -1, SQLITE_STATIC);
  sqlite3_bind_text (q, 5, origin, -1, SQLITE_STATIC);
  return step (j, Q_LOST, e);
}

int
journal_length (struct journal *j, int64_t row, uint64_t length, struct err *e)
{
  if (begin (j, e) == -1)
    return -1;
  sqlite3_bind_int64 (j->q[Q_LENGTH], 1, row);
  sqlite3_bind_int64 (j->q[Q_LENGTH], 2, (int64_t)length);
  return step (j, Q_LENGTH, e);
}

int
journal_has_intents (struct journal *j, struct err *e)
{
  int rc = step (j, Q_INTENTS, e);

  if (rc == 1)
    done (j, Q_INTENTS);
  return rc;
}

int
journal_lookup (struct journal *j, const char *key, char **name, struct err *e)
{
  sqlite3_stmt *q = j->q[Q_LOOKUP];
  int rc;

  *name = NULL;
  sqlite3_bind_text (q, 1, key, -1, SQLITE_STATIC);
  rc = step (j, Q_LOOKUP, e);
  if (rc == 0)
    return COMMIT_FRESH;
  if (rc == -1)
    return -1;
  rc = !strcmp ((const char *)sqlite3_column_text (q, 0), "committed") ? COMMIT_SKIP : COMMIT_RESUME;
  *name = xstrdup ((const char *)sqlite3_column_text (q, 1));
  done (j, Q_LOOKUP);
  return rc;
}

int
journal_clean (struct journal *j, int64_t row, uint64_t seq, struct err *e)
{
  if (begin (j, e) == -1)
    return -1;
  for (int i = Q_CLEAN; i <= Q_CLEAN_KEYS; i++)
    {
      sqlite3_bind_int64 (j->q[i], 1, row);
      sqlite3_bind_int64 (j->q[i], 2, (int64_t)seq);
      if (step (j, i, e) == -1)
        return -1;
    }
  return 0;
}

int
journal_flush (struct journal *j, struct err *e)
{
  return j->in_transaction ? commit (j, e) : 0;
}

static const char *
severity_name (int severity)
{
  return severity == PEN_SEV_WARN     ? "warn"
         : severity == PEN_SEV_RECORD ? "record"
         : severity == PEN_SEV_HALT   ? "halt"
                                      : "object";
}

int
journal_quarantine (struct journal *j, int64_t row, uint64_t seq, const struct pen_finding *f, struct pen_span raw,
                    struct err *e)
{
  sqlite3_stmt *q = j->q[Q_QUARANTINE];

  if (begin (j, e) == -1)
    return -1;
  sqlite3_bind_int64 (q, 1, row);
  sqlite3_bind_int64 (q, 2, (int64_t)seq);
  sqlite3_bind_int64 (q, 3, (int64_t)f->offset);
  sqlite3_bind_int64 (q, 4, (int64_t)f->length);
  if (f->line)
    sqlite3_bind_int64 (q, 5, (int64_t)f->line);
  if (f->column)
    sqlite3_bind_text (q, 6, f->column, -1, SQLITE_STATIC);
  sqlite3_bind_text (q, 7, f->rule, -1, SQLITE_STATIC);
  sqlite3_bind_text (q, 8, severity_name (f->severity), -1, SQLITE_STATIC);
  sqlite3_bind_int (q, 9, f->follows);
  sqlite3_bind_text (q, 10, f->text, -1, SQLITE_STATIC);
  sqlite3_bind_blob64 (q, 11, raw.p, raw.n, SQLITE_STATIC);
  return step (j, Q_QUARANTINE, e);
}

static const char *const status_names[] = {
  [COMMIT_INTENT] = "intent",   [COMMIT_COMMITTED] = "committed", [COMMIT_REFUSED] = "refused",
  [COMMIT_SKIPPED] = "skipped", [COMMIT_ABORTED] = "aborted",
};

int
journal_carry (struct journal *j, int64_t row, struct pen_span carry, struct err *e)
{
  sqlite3_bind_int64 (j->q[Q_CARRY], 1, row);
  sqlite3_bind_blob64 (j->q[Q_CARRY], 2, carry.n ? (const void *)carry.p : "", carry.n, SQLITE_STATIC);
  return step (j, Q_CARRY, e);
}

/* Rows that a dead run left for the same content have ended with this one. */
static int
end_twins (struct journal *j, const char *key, int64_t now, struct err *e)
{
  if (!j->had_intents)
    return 0;
  sqlite3_bind_text (j->q[Q_TWINS], 1, key, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (j->q[Q_TWINS], 2, now);
  return step (j, Q_TWINS, e);
}

int
journal_committed (struct journal *j, int64_t row, const char *key, struct err *e)
{
  int64_t now = now_ns ();

  if (begin (j, e) == -1 || (key && end_twins (j, key, now, e) == -1))
    return -1;
  sqlite3_bind_int64 (j->q[Q_COMMITTED], 1, row);
  sqlite3_bind_int64 (j->q[Q_COMMITTED], 2, now);
  return step (j, Q_COMMITTED, e);
}

int
journal_record (struct journal *j, int64_t row, enum commit_what what, const char *key, const struct journal_counts *c,
                const char *why, struct err *e)
{
  sqlite3_stmt *q = j->q[Q_RECORD];
  int64_t now = now_ns ();

  if (begin (j, e) == -1)
    return -1;
  if (what == COMMIT_COMMITTED && key && end_twins (j, key, now, e) == -1)
    return -1;
  sqlite3_bind_int64 (q, 1, row);
  sqlite3_bind_text (q, 2, status_names[what], -1, SQLITE_STATIC);
  if (key)
    sqlite3_bind_text (q, 3, key, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 4, (int64_t)c->records);
  sqlite3_bind_int64 (q, 5, (int64_t)c->rejected);
  sqlite3_bind_int64 (q, 6, (int64_t)c->filtered);
  sqlite3_bind_int64 (q, 7, (int64_t)c->findings);
  if (why)
    sqlite3_bind_text (q, 8, why, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 9, now);
  return step (j, Q_RECORD, e);
}

int
journal_acked (struct journal *j, int64_t row, int ok, struct err *e)
{
  sqlite3_bind_int64 (j->q[Q_ACKED], 1, row);
  sqlite3_bind_int (j->q[Q_ACKED], 2, ok);
  if (begin (j, e) == -1 || step (j, Q_ACKED, e) == -1)
    return -1;
  return 0; /* durable with the next record: an acknowledgement is idempotent */
}

int
journal_run_end (struct journal *j, int status, struct err *e)
{
  sqlite3_bind_int64 (j->q[Q_RUN_END], 1, j->run);
  sqlite3_bind_int64 (j->q[Q_RUN_END], 2, now_ns ());
  sqlite3_bind_int (j->q[Q_RUN_END], 3, status);
  if (begin (j, e) == -1 || step (j, Q_RUN_END, e) == -1)
    return -1;
  return commit (j, e);
}
