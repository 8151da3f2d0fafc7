/* SPDX-License-Identifier: Apache-2.0 */
/* bare_sqlite.c - the loop to compare with: one prepared INSERT, entries that are parsed already, one transaction.
 *
 * Same table, same pragmas as Penstock's sqlite sink with its defaults. Rows are taken apart a block at a time, outside of
 * the time that is measured; only columns that have a value are bound. Prints rows per second of the inserting alone. */
#include "bench/bare.h"
#include "plugins/parsers/nacha/columns.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS 8192
#define LINEAGE_OBJECT N_ENTRY_COLS /* _object, _offset, _length, _line follow the parser's columns */
#define N_COLUMNS (N_ENTRY_COLS + 4)

#define NAME_TYPE(name, type, nullable, precision, scale, width, doc) { #name, TYPE_##type },
#define TYPE_UTF8 "TEXT"
#define TYPE_INT32 "INTEGER"
#define TYPE_INT64 "INTEGER"
#define TYPE_DATE32 "TEXT"
#define TYPE_DECIMAL "INTEGER(12,2)"
static const struct
{
  const char *name, *type;
} column[N_COLUMNS] = { NACHA_ENTRY_COLS (NAME_TYPE){ "_object", "TEXT" },
                        { "_offset", "INTEGER" },
                        { "_length", "INTEGER" },
                        { "_line", "INTEGER" } };

struct slice
{
  const char *p;
  int n;
};
struct row
{
  int64_t batch, ordinal, amount, offset, line;
  struct slice code, rdfi, check, account, id, name, data, indicator, trace;
};

static struct row row[ROWS];
static size_t n_rows;
static sqlite3 *db;
static sqlite3_stmt *insert;
static const char *object;
static uint64_t stored;
static double seconds;

static void __attribute__ ((noreturn)) die (const char *what)
{
  fprintf (stderr, "bare_sqlite: %s: %s\n", what, db ? sqlite3_errmsg (db) : strerror (errno));
  exit (3);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
exec (const char *sql)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    die (sql);
}

static void
prepare (const char *path)
{
  char create[8192] = "CREATE TABLE entries(", into[8192] = "INSERT INTO entries(", marks[256] = "?";

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    die (path);
  exec ("PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA cache_spill = ON;"
        "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY");
  for (int i = 0; i < N_COLUMNS; i++)
    {
      sprintf (create + strlen (create), "%s\"%s\" %s", i ? "," : "", column[i].name, column[i].type);
      sprintf (into + strlen (into), "%s\"%s\"", i ? "," : "", column[i].name);
      strcat (marks, i ? ",?" : "");
    }
  strcat (create, ")");
  sprintf (into + strlen (into), ") VALUES (%s)", marks);
  exec (create);
  if (sqlite3_prepare_v3 (db, into, -1, SQLITE_PREPARE_PERSISTENT, &insert, NULL) != SQLITE_OK)
    die (into);
}

static inline void
bind_text (int col, struct slice s)
{
  if (s.n)
    sqlite3_bind_text (insert, col + 1, s.p, s.n, SQLITE_STATIC);
  else
    sqlite3_bind_null (insert, col + 1);
}

static inline void
bind_number (int col, int64_t v)
{
  sqlite3_bind_int64 (insert, col + 1, v);
}

static void
store (const struct row *r)
{
  bind_number (E_batch_ordinal, r->batch);
  bind_number (E_entry_ordinal, r->ordinal);
  bind_text (E_transaction_code, r->code);
  bind_text (E_receiving_dfi_identification, r->rdfi);
  bind_text (E_check_digit, r->check);
  bind_text (E_dfi_account_number, r->account);
  bind_number (E_amount, r->amount);
  bind_text (E_identification_number, r->id);
  bind_text (E_individual_name, r->name);
  bind_text (E_discretionary_data, r->data);
  bind_text (E_addenda_record_indicator, r->indicator);
  bind_text (E_trace_number, r->trace);
  bind_number (LINEAGE_OBJECT + 1, r->offset);
  bind_number (LINEAGE_OBJECT + 3, r->line);
  if (sqlite3_step (insert) != SQLITE_DONE)
    die ("insert");
  sqlite3_reset (insert);
}

static void
store_all (void)
{
  double t = now ();

  for (size_t i = 0; i < n_rows; i++)
    store (&row[i]);
  seconds += now () - t;
  stored += n_rows;
  n_rows = 0;
}

static struct slice
field (const uint8_t *r, int from, int n)
{
  return (struct slice){ (const char *)r + from, trimmed (r + from, n) };
}

static void
take_chunk (const uint8_t *p, size_t n, int64_t offset)
{
  static int64_t batch, ordinal, line;

  for (const uint8_t *end = p + n; p < end; p += STEP, offset += STEP)
    {
      line++;
      if (p[0] == '5')
        batch++;
      if (p[0] != '6')
        continue;
      row[n_rows++] = (struct row){ .batch = batch,
                                    .ordinal = ++ordinal,
                                    .amount = (int64_t)digits (p + 29, 10),
                                    .offset = offset,
                                    .line = line,
                                    .code = field (p, 1, 2),
                                    .rdfi = field (p, 3, 8),
                                    .check = field (p, 11, 1),
                                    .account = field (p, 12, 17),
                                    .id = field (p, 39, 15),
                                    .name = field (p, 54, 22),
                                    .data = field (p, 76, 2),
                                    .indicator = field (p, 78, 1),
                                    .trace = field (p, 79, 15) };
      if (n_rows == ROWS)
        store_all ();
    }
  store_all (); /* rows point into the chunk */
}

static void
read_all (const char *path)
{
  uint8_t *buf = malloc (CHUNK);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  int64_t at = 0;
  ssize_t k;

  if (fd == -1 || !buf)
    die (path);
  while ((k = pread (fd, buf, CHUNK / STEP * STEP, at)) >= STEP)
    {
      k -= k % STEP;
      take_chunk (buf, (size_t)k, at);
      at += k;
    }
  close (fd);
  free (buf);
}

int
main (int argc, char **argv)
{
  double t;

  if (argc < 3 || argc > 4)
    {
      fprintf (stderr, "usage: bare_sqlite FILE.ach DATABASE [OBJECT]\n");
      return 2;
    }
  object = argc == 4 ? argv[3] : argv[1];
  prepare (argv[2]);
  exec ("BEGIN IMMEDIATE");
  bind_number (E_file_ordinal, 1);
  bind_text (LINEAGE_OBJECT, (struct slice){ object, (int)strlen (object) });
  bind_number (LINEAGE_OBJECT + 2, REC);
  read_all (argv[1]);
  t = now ();
  exec ("COMMIT");
  seconds += now () - t;
  sqlite3_finalize (insert);
  t = now ();
  sqlite3_close (db); /* checkpoints the log */
  seconds += now () - t;
  printf ("rows=%llu seconds=%.3f rows_per_s=%.0f\n", (unsigned long long)stored, seconds, (double)stored / seconds);
  return 0;
}
