/* SPDX-License-Identifier: Apache-2.0 */
/* journal_int.h - what the parts of the journal share: its database, and the transaction that is open. */
#ifndef PEN_HOST_JOURNAL_INT_H
#define PEN_HOST_JOURNAL_INT_H
#include "core/host/journal.h"

struct sqlite3_stmt;
/* A statement of journal_keys.c, compiled when it is first asked for, ready to be bound; NULL: it cannot be compiled. Whoever is
 * done with it resets it. */
enum journal_keys_query
{
  JOURNAL_KEY_NOTE,
  JOURNAL_KEYS_KNOWN,
  JOURNAL_KEYS_QUERIES,
};
struct sqlite3_stmt *journal_keys_query (struct journal *j, enum journal_keys_query which, const char *sql);
/* Opens a transaction unless one is open. */
int journal_begin (struct journal *j, struct err *e);
/* -1, with the database's own words. */
int journal_fail (struct journal *j, const char *what, struct err *e);
#endif
