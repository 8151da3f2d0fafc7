/* SPDX-License-Identifier: Apache-2.0 */
/* journal_int.h - what the parts of the journal share: its database, and the transaction that is open. */
#ifndef PEN_HOST_JOURNAL_INT_H
#define PEN_HOST_JOURNAL_INT_H
#include "core/host/journal.h"

struct sqlite3;
struct sqlite3 *journal_db (struct journal *j);
/* Opens a transaction unless one is open. */
int journal_begin (struct journal *j, struct err *e);
/* -1, with the database's own words. */
int journal_fail (struct journal *j, const char *what, struct err *e);
#endif
