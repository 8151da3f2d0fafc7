/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - what outlives a run: which files of the server are loaded already, and how far a download that is kept has come. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sftp.h"

enum query
{
  Q_IS_LOADED,
  Q_LOADED,
  Q_ALL_LOADED,
  Q_FORGET,
  Q_PART,
  Q_NOTE,
  Q_DROP,
  N_QUERIES
};

static const char *const texts[N_QUERIES] = {
  [Q_IS_LOADED] = "SELECT 1 FROM loaded WHERE name = ?1 AND size = ?2 AND mtime_ns = ?3",
  [Q_LOADED] = "INSERT OR REPLACE INTO loaded VALUES (?1, ?2, ?3)",
  [Q_ALL_LOADED] = "SELECT name FROM loaded",
  [Q_FORGET] = "DELETE FROM loaded WHERE name = ?1",
  [Q_PART] = "SELECT got, hash FROM part WHERE name = ?1 AND size = ?2 AND mtime_ns = ?3",
  [Q_NOTE] = "INSERT OR REPLACE INTO part VALUES (1, ?1, ?2, ?3, ?4, ?5)",
  [Q_DROP] = "DELETE FROM part WHERE name = ?1",
};

/* The lock: run() and ack() use it from threads of their own. */
struct sftp_state
{
  pthread_mutex_t lock;
  sqlite3 *db;
  sqlite3_stmt *query[N_QUERIES];
};

/* WAL without a flush for each commit: it outlives a killed process. What a power failure takes costs a download, of which the
 * host knows the content. */
static const char setup[] =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;"
    "CREATE TABLE IF NOT EXISTS loaded (name TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS part (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, size INTEGER NOT "
    "NULL,"
    " mtime_ns INTEGER NOT NULL, got INTEGER NOT NULL, hash INTEGER NOT NULL);";

struct sftp_state *
sftp_state_open (struct sftp_source *s)
{
  struct sftp_state *t = calloc (1, sizeof *t);
  char path[4300];
  int rc;

  if (!t)
    return s->host->fail (s->host->ctx, "out of memory"), NULL;
  pthread_mutex_init (&t->lock, NULL);
  snprintf (path, sizeof path, "%s/sftp.db", s->in->state_dir);
  rc = sqlite3_open_v2 (
      path, &t->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_busy_timeout (t->db, 10000);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec (t->db, setup, NULL, NULL, NULL);
  for (int i = 0; i < N_QUERIES && rc == SQLITE_OK; i++)
    rc = sqlite3_prepare_v2 (t->db, texts[i], -1, &t->query[i], NULL);
  if (rc == SQLITE_OK)
    return t;
  s->host->fail (s->host->ctx, "%s: %s", path, sqlite3_errmsg (t->db));
  sftp_state_close (t);
  return NULL;
}

void
sftp_state_close (struct sftp_state *t)
{
  if (!t)
    return;
  for (int i = 0; i < N_QUERIES; i++)
    sqlite3_finalize (t->query[i]);
  sqlite3_close (t->db);
  pthread_mutex_destroy (&t->lock);
  free (t);
}

/* Under the lock. is: NULL where the query asks for the name alone. */
static sqlite3_stmt *
bound (struct sftp_state *t, enum query which, const char *name, const struct pen_identity *is)
{
  sqlite3_stmt *q = t->query[which];

  sqlite3_reset (q);
  sqlite3_bind_text (q, 1, name, -1, SQLITE_TRANSIENT);
  if (is)
    {
      sqlite3_bind_int64 (q, 2, (int64_t)is->size);
      sqlite3_bind_int64 (q, 3, is->mtime_ns);
    }
  return q;
}

static int
perform (sqlite3_stmt *q)
{
  int rc = sqlite3_step (q);

  sqlite3_reset (q);
  return rc == SQLITE_DONE ? 0 : -1;
}

int
sftp_state_is_loaded (struct sftp_state *t, const char *name, const struct pen_identity *is)
{
  sqlite3_stmt *q;
  int loaded;

  if (!t)
    return 0;
  pthread_mutex_lock (&t->lock);
  q = bound (t, Q_IS_LOADED, name, is);
  loaded = sqlite3_step (q) == SQLITE_ROW;
  sqlite3_reset (q);
  pthread_mutex_unlock (&t->lock);
  return loaded;
}

int
sftp_state_loaded (struct sftp_state *t, const char *name, const struct pen_identity *is)
{
  int rc;

  if (!t)
    return 0;
  pthread_mutex_lock (&t->lock);
  rc = perform (bound (t, Q_LOADED, name, is));
  pthread_mutex_unlock (&t->lock);
  return rc;
}

void
sftp_state_prune (struct sftp_state *t, int (*is_there) (void *ctx, const char *name), void *ctx)
{
  sqlite3_stmt *q;

  if (!t)
    return;
  pthread_mutex_lock (&t->lock);
  q = t->query[Q_ALL_LOADED];
  if (sqlite3_exec (t->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK)
    {
      while (sqlite3_step (q) == SQLITE_ROW)
        {
          const char *name = (const char *)sqlite3_column_text (q, 0);
          if (name && !is_there (ctx, name))
            perform (bound (t, Q_FORGET, name, NULL));
        }
      sqlite3_reset (q);
      sqlite3_exec (t->db, "COMMIT", NULL, NULL, NULL);
    }
  pthread_mutex_unlock (&t->lock);
}

int
sftp_state_part (struct sftp_state *t, const char *name, const struct pen_identity *is, uint64_t *got, uint64_t *hash)
{
  sqlite3_stmt *q;
  int found;

  pthread_mutex_lock (&t->lock);
  q = bound (t, Q_PART, name, is);
  found = sqlite3_step (q) == SQLITE_ROW;
  *got = found ? (uint64_t)sqlite3_column_int64 (q, 0) : 0;
  *hash = found ? (uint64_t)sqlite3_column_int64 (q, 1) : 0;
  sqlite3_reset (q);
  pthread_mutex_unlock (&t->lock);
  return found;
}

int
sftp_state_note (struct sftp_state *t, const char *name, const struct pen_identity *is, uint64_t got, uint64_t hash)
{
  sqlite3_stmt *q;
  int rc;

  pthread_mutex_lock (&t->lock);
  q = bound (t, Q_NOTE, name, is);
  sqlite3_bind_int64 (q, 4, (int64_t)got);
  sqlite3_bind_int64 (q, 5, (int64_t)hash);
  rc = perform (q);
  pthread_mutex_unlock (&t->lock);
  return rc;
}

int
sftp_state_drop (struct sftp_state *t, const char *name)
{
  int dropped;

  pthread_mutex_lock (&t->lock);
  dropped = perform (bound (t, Q_DROP, name, NULL)) == 0 && sqlite3_changes (t->db) > 0;
  pthread_mutex_unlock (&t->lock);
  return dropped;
}
