/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite.c - the sqlite sink: rows and the note that they are there, in one transaction. */
#include "sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
sq_fail (struct sq *s, const char *action)
{
  int rc = sqlite3_errcode (s->db) & 0xff;

  s->host->fail (s->host->ctx, "%s: cannot %s: %s", s->o->path, action, sqlite3_errmsg (s->db));
  return rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? PEN_RETRY : PEN_ERR;
}

static const char *const journal_modes[] = { "wal", "delete", "truncate", "persist", "memory" };

/* The journal mode is asked back: some file systems cannot do WAL, and SQLite then silently keeps another. */
static int
set_journal (struct sq *s)
{
  const char *want = journal_modes[s->o->journal_mode], *got = NULL;
  char text[64];
  sqlite3_stmt *q = NULL;
  int r = PEN_OK;

  snprintf (text, sizeof text, "PRAGMA journal_mode = %s", want);
  if (sqlite3_prepare_v2 (s->db, text, -1, &q, NULL) != SQLITE_OK || sqlite3_step (q) != SQLITE_ROW)
    r = sq_fail (s, "set the journal mode");
  else if ((got = (const char *)sqlite3_column_text (q, 0)) && strcmp (got, want) != 0)
    r = s->host->fail (s->host->ctx, "%s: journal mode \"%s\" is not possible here, it stays \"%s\"", s->o->path, want,
                       got);
  sqlite3_finalize (q);
  return r;
}

static int
set_up (struct sq *s)
{
  char pragmas[300];

  sqlite3_extended_result_codes (s->db, 1);
  sqlite3_busy_timeout (s->db, (int)(s->o->busy_timeout / 1000000));
  sqlite3_db_config (s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (set_journal (s))
    return PEN_ERR;
  snprintf (pragmas, sizeof pragmas,
            "PRAGMA synchronous = %s; PRAGMA cache_size = -%llu; PRAGMA cache_spill = ON;"
            "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY",
            s->o->synchronous ? "NORMAL" : "FULL", (unsigned long long)(s->o->cache_size / 1024));
  if (sqlite3_exec (s->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
    return sq_fail (s, "set up the connection");
  return sq_checkpoint_prepare (s);
}

static void
sink_destroy (void *self)
{
  struct sq *s = self;

  if (s->db)
    sq_forget (s);
  for (size_t i = 0; i < s->n_tables; i++)
    sq_table_fini (&s->table[i]);
  free (s->table);
  sq_checkpoint_fini (s);
  sqlite3_close (s->db);
  free (s);
}

static int
sink_create (const struct pen_host *host, const void *options, void **self)
{
  struct sq *s = calloc (1, sizeof *s);

  if (!s)
    return host->fail (host->ctx, "out of memory");
  s->host = host;
  s->o = options;
  *self = s;
  return PEN_OK;
}

/* With the first table: create() must leave nothing behind. */
static int
open_database (struct sq *s)
{
  int r;

  if (sqlite3_open_v2 (s->o->path, &s->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (s->o->create ? SQLITE_OPEN_CREATE : 0), NULL)
      != SQLITE_OK)
    {
      int why = s->db ? sqlite3_system_errno (s->db) : ENOMEM;
      r = s->host->fail (s->host->ctx, "cannot open %s: %s%s%s", s->o->path,
                         s->db ? sqlite3_errmsg (s->db) : "out of memory", why ? ": " : "", why ? strerror (why) : "");
      sqlite3_close (s->db);
      s->db = NULL;
      return r;
    }
  return set_up (s);
}

static int
sink_per_table (void *self)
{
  (void)self;
  return 0; /* rows say of which table they are */
}

static int
sink_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema)
{
  struct sq *s = self;
  int r;

  if (!s->db && (r = open_database (s)) != PEN_OK)
    return r;
  if (table >= s->n_tables)
    {
      struct sq_table *t = realloc (s->table, ((size_t)table + 1) * sizeof *t);
      if (!t)
        return s->host->fail (s->host->ctx, "out of memory");
      memset (t + s->n_tables, 0, (table + 1 - s->n_tables) * sizeof *t);
      s->table = t;
      s->n_tables = (size_t)table + 1;
    }
  sq_table_fini (&s->table[table]);
  return sq_table_prepare (s, &s->table[table], name, schema);
}

static int
sink_begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
            struct pen_span *checkpoint)
{
  *next_seq = 0;
  checkpoint->p = NULL;
  checkpoint->n = 0;
  return sq_begin (self, o, b, next_seq, checkpoint);
}

static int
sink_write (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows)
{
  struct sq *s = self;
  int r;

  (void)table, (void)rows; /* both are in the bytes; the tally tells what was found there */
  if (!s->mode || s->broken || s->done)
    return s->host->fail (s->host->ctx, "a write to %s after its failure or without an object", s->o->path);
  if (s->mode == PEN_COMMIT_CHUNK)
    {
      if (seq < s->next_seq)
        return PEN_OK; /* durable already */
      if ((r = sq_open_tx (s)) != PEN_OK)
        return r;
    }
  s->last_seq = seq;
  s->bytes += body.n;
  if (sq_insert (s, body) == PEN_OK)
    return PEN_OK;
  s->broken = 1; /* some rows may be in: this call cannot be made again */
  return PEN_ERR;
}

static int
sink_commit (void *self, uint64_t seq, struct pen_span checkpoint)
{
  struct sq *s = self;

  if (s->mode != PEN_COMMIT_CHUNK || s->broken)
    return s->host->fail (s->host->ctx, "a commit to %s after its failure or without an object", s->o->path);
  return sq_commit (s, seq, checkpoint);
}

static int
sink_finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally)
{
  struct sq *s = self;
  int r;

  if (!accepted)
    r = sq_discard (s);
  else if (!s->mode || s->broken)
    r = s->host->fail (s->host->ctx, "%s: the object cannot be published: storing it has failed", s->o->path);
  else
    r = s->done ? PEN_OK : sq_publish (s, o);
  if (r == PEN_RETRY)
    return r; /* to be called again, with all that we know */
  tally->rows = accepted ? s->rows : 0;
  tally->bytes = accepted ? s->bytes : 0;
  sq_forget (s);
  return r;
}

static const struct pen_opt sink_opts[] = {
  { "path", PEN_PATH, PEN_OPT_REQUIRED, PEN_FIELD (struct sq_options, path), NULL, NULL, "Database file." },
  { "table_prefix", PEN_STRING, 0, PEN_FIELD (struct sq_options, table_prefix), "", NULL,
    "Put before the name of every record table." },
  { "create", PEN_BOOL, 0, PEN_FIELD (struct sq_options, create), "true", NULL,
    "Create the database and the record tables where they are missing (penstock_checkpoint is created in any case)." },
  { "decimals", PEN_ENUM, 0, PEN_FIELD (struct sq_options, decimals), "integer", "integer|text",
    "How money is stored: \"integer\" as exact smallest units (12345 for 123.45 in a column declared INTEGER(12,2)), "
    "\"text\" as written (123.45), which SQLite's sum() turns into floats." },
  { "journal_mode", PEN_ENUM, 0, PEN_FIELD (struct sq_options, journal_mode), "wal",
    "wal|delete|truncate|persist|memory", "SQLite's journal; \"memory\" cannot be repaired after a crash." },
  { "synchronous", PEN_ENUM, 0, PEN_FIELD (struct sq_options, synchronous), "full", "full|normal",
    "\"full\" survives a power cut; with \"normal\" and wal the last objects may be lost and are loaded again." },
  { "cache_size", PEN_SIZE, 0, PEN_FIELD (struct sq_options, cache_size), "16M", "64K..64G",
    "Most memory for pages; what a transaction has beyond that goes to the journal." },
  { "busy_timeout", PEN_DURATION, 0, PEN_FIELD (struct sq_options, busy_timeout), "10s", "0s..1h",
    "How long to wait for another process's transaction before trying again later." },
  { NULL },
};

static const struct pen_sink sink = {
  .size = sizeof (struct pen_sink),
  .default_encoder = "rows",
  .create = sink_create,
  .per_table = sink_per_table,
  .table = sink_table,
  .begin = sink_begin,
  .write = sink_write,
  .commit = sink_commit,
  .finish = sink_finish,
  .destroy = sink_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "sqlite",
  .version = "1",
  .summary = "tables of an SQLite database, exactly once",
  .doc =
      "Each record table becomes an SQL table; columns are found by name, so an existing table may have more of them. "
      "commit = object: one transaction per object. commit = chunk: one per commit; rows that are committed stay when "
      "the "
      "object is refused later on. The table penstock_checkpoint says which objects the database holds, is written in "
      "the "
      "same transaction, and compared first: an object is loaded once, by whichever host comes first. Money is stored "
      "as "
      "INTEGER in smallest units by default, because SQLite has no decimal type: its NUMERIC and REAL columns, and "
      "sum() "
      "over text, are floats. The scale is in the declared type: amount INTEGER(12,2) is summed exactly, and shown by "
      "sum(amount) / 100.0. Columns of more than 18 digits are TEXT. Dates and timestamps are ISO 8601 text, which "
      "SQLite's date functions read; NaN becomes NULL.",
  .options_size = sizeof (struct sq_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = sink_opts,
  .sink = &sink,
};
