/* SPDX-License-Identifier: Apache-2.0 */
/* journal_keys.c - keys that no two accepted objects of a pipeline may have: noted as they are read, compared at the
 * verdict, so that what a refused object had may come again. */
#include <sqlite3.h>
#include <stdio.h>

#include "core/host/journal_int.h"

static const char note_sql[] =
    "INSERT OR IGNORE INTO keys (rule, key, object, seq, offset, length, field, severity, text) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char known_sql[] =
    "SELECT k.rule, k.offset, k.length, k.field, k.severity, k.text, o.name FROM keys k "
    "JOIN keys x ON x.rule = k.rule AND x.key = k.key AND x.object <> k.object JOIN objects o ON o.id = x.object "
    "WHERE k.object = ?1 AND (o.status = 'committed' OR (o.status = 'intent' AND o.key IS NOT ?2)) "
    "ORDER BY k.offset LIMIT 100";

int
journal_key_note (struct journal *j, int64_t row, uint64_t seq, const struct pen_finding *f, struct pen_span key,
                  struct err *e)
{
  sqlite3_stmt *q = journal_keys_query (j, JOURNAL_KEY_NOTE, note_sql);
  int rc;

  if (journal_begin (j, e) == -1)
    return -1;
  if (!q)
    return journal_fail (j, "cannot prepare", e);
  sqlite3_bind_text (q, 1, f->rule, -1, SQLITE_STATIC);
  sqlite3_bind_blob64 (q, 2, key.n ? (const void *)key.p : "", key.n, SQLITE_STATIC);
  sqlite3_bind_int64 (q, 3, row);
  sqlite3_bind_int64 (q, 4, (int64_t)seq);
  sqlite3_bind_int64 (q, 5, (int64_t)f->offset);
  sqlite3_bind_int64 (q, 6, (int64_t)f->length);
  if (f->column)
    sqlite3_bind_text (q, 7, f->column, -1, SQLITE_STATIC);
  sqlite3_bind_int (q, 8, f->severity);
  sqlite3_bind_text (q, 9, f->text, -1, SQLITE_STATIC);
  rc = sqlite3_step (q) == SQLITE_DONE ? 0 : journal_fail (j, "cannot write", e);
  sqlite3_reset (q);
  sqlite3_clear_bindings (q); /* what was bound is the caller's */
  return rc;
}

static void
tell (sqlite3_stmt *q, void (*see) (void *ctx, const struct pen_finding *f), void *ctx)
{
  char text[1400];
  int severity = sqlite3_column_int (q, 4);
  struct pen_finding f = { .size = sizeof f,
                           .severity = severity == PEN_SEV_WARN ? PEN_SEV_WARN : PEN_SEV_OBJECT,
                           .offset = (uint64_t)sqlite3_column_int64 (q, 1),
                           .length = (uint64_t)sqlite3_column_int64 (q, 2),
                           .column = (const char *)sqlite3_column_text (q, 3),
                           .rule = (const char *)sqlite3_column_text (q, 0),
                           .text = text };
  snprintf (text, sizeof text, "%s: %s has it", (const char *)sqlite3_column_text (q, 5),
            (const char *)sqlite3_column_text (q, 6));
  see (ctx, &f);
}

int
journal_keys_known (struct journal *j, int64_t row, const char *content_key,
                    void (*see) (void *ctx, const struct pen_finding *f), void *ctx, struct err *e)
{
  sqlite3_stmt *q = journal_keys_query (j, JOURNAL_KEYS_KNOWN, known_sql);
  int rc;

  if (!q)
    return journal_fail (j, "cannot prepare", e);
  sqlite3_bind_int64 (q, 1, row);
  sqlite3_bind_text (q, 2, content_key, -1, SQLITE_STATIC);
  while ((rc = sqlite3_step (q)) == SQLITE_ROW)
    tell (q, see, ctx);
  rc = rc == SQLITE_DONE ? 0 : journal_fail (j, "cannot read", e);
  sqlite3_reset (q);
  sqlite3_clear_bindings (q);
  return rc;
}
