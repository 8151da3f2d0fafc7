/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - ETag and Last-Modified of what was acknowledged, over restarts, so that it is asked for with a condition. */
#include "http.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http_state
{
  sqlite3 *db;
  sqlite3_stmt *find, *put;
};

/* WAL without a flush for each commit: it outlives a killed process. What a power failure takes costs one request without a
 * condition, of which the host knows the content. */
static const char setup[] =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;"
    "CREATE TABLE IF NOT EXISTS validators (name TEXT PRIMARY KEY, etag TEXT, modified TEXT,"
    " page TEXT) WITHOUT ROWID;";

struct http_state *
http_state_open (struct http *h)
{
  struct http_state *s = calloc (1, sizeof *s);
  char path[4300];

  if (!s)
    return h->host->fail (h->host->ctx, "out of memory"), NULL;
  snprintf (path, sizeof path, "%s/http.db", h->in->state_dir);
  if (sqlite3_open_v2 (path, &s->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW, NULL)
          == SQLITE_OK
      && sqlite3_busy_timeout (s->db, 10000) == SQLITE_OK && sqlite3_exec (s->db, setup, NULL, NULL, NULL) == SQLITE_OK
      && sqlite3_prepare_v2 (s->db, "SELECT etag, modified, page FROM validators WHERE name = ?1", -1, &s->find, NULL)
             == SQLITE_OK
      && sqlite3_prepare_v2 (s->db, "INSERT OR REPLACE INTO validators VALUES (?1, ?2, ?3, ?4)", -1, &s->put, NULL)
             == SQLITE_OK)
    return s;
  h->host->fail (h->host->ctx, "%s: %s", path, sqlite3_errmsg (s->db));
  http_state_close (s);
  return NULL;
}

void
http_state_close (struct http_state *s)
{
  if (!s)
    return;
  sqlite3_finalize (s->find);
  sqlite3_finalize (s->put);
  sqlite3_close (s->db);
  free (s);
}

static char *
column (sqlite3_stmt *q, int i)
{
  const char *text = (const char *)sqlite3_column_text (q, i);
  return text ? strdup (text) : NULL;
}

int
http_state_find (struct http_state *s, const char *name, char **etag, char **modified, char **page)
{
  int found;

  *etag = *modified = *page = NULL;
  if (!s)
    return 0;
  sqlite3_bind_text (s->find, 1, name, -1, SQLITE_STATIC);
  found = sqlite3_step (s->find) == SQLITE_ROW;
  if (found)
    {
      *etag = column (s->find, 0);
      *modified = column (s->find, 1);
      *page = column (s->find, 2);
    }
  sqlite3_reset (s->find);
  return found;
}

int
http_state_put (struct http_state *s, const struct http_sent *sent)
{
  int rc;

  sqlite3_bind_text (s->put, 1, sent->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (s->put, 2, sent->etag, -1, SQLITE_STATIC);
  sqlite3_bind_text (s->put, 3, sent->modified, -1, SQLITE_STATIC);
  sqlite3_bind_text (s->put, 4, sent->page, -1, SQLITE_STATIC);
  rc = sqlite3_step (s->put);
  sqlite3_reset (s->put);
  return rc == SQLITE_DONE ? 0 : -1;
}

/* ---- delivered, and not acknowledged yet ---- */

void
http_sent_free (struct http_sent *s)
{
  free (s->name);
  free (s->etag);
  free (s->modified);
  free (s->page);
  free (s);
}

void
http_sent_add (struct http *h, const struct http_target *t, const char *page)
{
  struct http_sent *s;

  if (!h->state || (!t->first_etag && !t->first_modified))
    return;
  s = calloc (1, sizeof *s);
  if (!s)
    return; /* it will be asked for without a condition */
  s->name = strdup (t->name);
  s->etag = t->first_etag ? strdup (t->first_etag) : NULL;
  s->modified = t->first_modified ? strdup (t->first_modified) : NULL;
  s->page = page ? strdup (page) : NULL;
  if (!s->name || (page && !s->page))
    {
      http_sent_free (s);
      return;
    }
  pthread_mutex_lock (&h->lock);
  s->next = h->sent;
  h->sent = s;
  pthread_mutex_unlock (&h->lock);
}

int
http_acked (struct http *h, const char *name, int accepted)
{
  struct http_sent **at, *s;
  int rc = 0;

  pthread_mutex_lock (&h->lock);
  for (at = &h->sent; *at && strcmp ((*at)->name, name);)
    at = &(*at)->next;
  s = *at;
  if (s)
    *at = s->next;
  pthread_mutex_unlock (&h->lock);
  if (!s)
    return 0;
  if (accepted)
    rc = http_state_put (h->state, s);
  http_sent_free (s);
  return rc;
}
