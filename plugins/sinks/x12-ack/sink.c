/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c - the x12-ack sink: the rows of the x12 parser's table acknowledgements as a file of 997 and TA1 interchanges, visible
 * once the object is accepted. */
#include "x12ack.h"
#include <penstock/rows.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const column_name[N_COLUMNS] = { "kind",          "code",          "segment_count", "segments",
                                                    "sets_included", "sets_received", "error",         "requested" };

int
x12ack_fail (struct x12ack *a, const char *action, const char *path)
{
  a->broken = true;
  return a->host->fail (a->host->ctx, "cannot %s %s: %s", action, path, strerror (errno));
}

static void
forget (struct x12ack *a)
{
  for (int i = 0; i < 2; i++)
    {
      struct x12ack_answer *w = &a->answer[i];
      if (w->out)
        fclose (w->out);
      if (w->part[0])
        unlink (w->part);
      memset (w, 0, sizeof *w);
    }
  x12ack_control_close (a);
  a->is_open = a->broken = false;
  a->bytes = 0;
}

static int
sink_create (const struct pen_host *host, const void *options, void **self)
{
  struct x12ack *a = calloc (1, sizeof *a);

  if (!a)
    return host->fail (host->ctx, "out of memory");
  a->host = host;
  a->o = options;
  a->control_fd = -1;
  *self = a;
  return PEN_OK;
}

static void
sink_destroy (void *self)
{
  forget (self);
  free (self);
}

static int
sink_check (const struct pen_host *host, const void *options)
{
  const struct x12ack_options *o = options;

  if (!o->suffix[0] || strchr (o->suffix, '/'))
    return host->fail (host->ctx, "suffix: the end of a file's name is expected, not \"%s\"", o->suffix);
  return PEN_OK;
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
  struct x12ack *a = self;

  if (strcmp (name, "acknowledgements") != 0)
    return PEN_OK;
  a->table = table;
  a->has_table = 1;
  a->n_columns = (unsigned)schema->n_children;
  for (int c = 0; c < N_COLUMNS; c++)
    {
      a->at[c] = -1;
      for (int64_t i = 0; i < schema->n_children; i++)
        if (strcmp (schema->children[i]->name, column_name[c]) == 0)
          a->at[c] = (int)i;
      if (a->at[c] == -1)
        return a->host->fail (a->host->ctx, "x12-ack: the table acknowledgements has no column %s", column_name[c]);
    }
  return PEN_OK;
}

/* DIRECTORY/OBJECT SUFFIX, the object's name without folders, control characters and a leading dot. */
static int
name_files (struct x12ack *a, const char *object)
{
  static const char *const end[2] = { ".part", ".refused.part" };
  const char *base = strrchr (object, '/') ? strrchr (object, '/') + 1 : object;
  char clean[NAME_MAX + 1];
  int n, m = 0;

  snprintf (clean, sizeof clean, "%.200s", *base ? base : "_");
  for (char *c = clean; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f || (c == clean && *c == '.'))
      *c = '_';
  n = snprintf (a->name, sizeof a->name, "%s/%s%s", a->o->directory, clean, a->o->suffix);
  for (int i = 0; i < 2 && m < PATH_MAX; i++)
    m = snprintf (a->answer[i].part, sizeof a->answer[i].part, "%s/.%s%s%s", a->o->directory, clean, a->o->suffix,
                  end[i]);
  if (n >= (int)sizeof a->name || m >= PATH_MAX)
    {
      a->answer[0].part[0] = a->answer[1].part[0] = 0;
      return a->host->fail (a->host->ctx, "x12-ack: the name of the answer to %s is too long", clean);
    }
  return PEN_OK;
}

static int
open_answer (struct x12ack *a, struct x12ack_answer *w, bool refuses)
{
  int fd;
  /* the lock on the control numbers says that whoever left a part is dead */
  unlink (w->part);
  w->sink = a;
  w->refuses = refuses;
  w->next_control = a->next_control;
  fd = open (w->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  w->out = fd == -1 ? NULL : fdopen (fd, "w");
  if (w->out)
    return PEN_OK;
  x12ack_fail (a, "create", w->part);
  if (fd != -1)
    close (fd);
  return PEN_ERR;
}

static int
sink_begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
            struct pen_span *checkpoint)
{
  struct x12ack *a = self;
  time_t seen = (time_t)(o->opened_ns / 1000000000);
  struct tm tm;

  *next_seq = 0;
  checkpoint->p = NULL;
  checkpoint->n = 0;
  forget (a);
  if (b->mode != PEN_COMMIT_OBJECT)
    return a->host->fail (a->host->ctx, "x12-ack: an answer is written when all of an object is known: commit = "
                                        "\"object\" is needed");
  if (!a->has_table)
    return a->host->fail (a->host->ctx, "x12-ack: the table acknowledgements is not among the sink's tables");
  if (!gmtime_r (&seen, &tm) || !strftime (a->date, sizeof a->date, "%Y%m%d", &tm)
      || !strftime (a->time, sizeof a->time, "%H%M", &tm))
    return a->host->fail (a->host->ctx, "x12-ack: the object's time is out of range");
  if (name_files (a, o->name) || x12ack_control_open (a))
    return PEN_ERR;
  if (open_answer (a, &a->answer[ANSWER_ACCEPTED], false) || open_answer (a, &a->answer[ANSWER_REFUSED], true))
    return PEN_ERR;
  a->is_open = true;
  return PEN_OK;
}

/* The values of a row that are used. */
static int
read_row (const struct x12ack *a, struct pen_rows_row *row, struct x12ack_row *r)
{
  memset (r, 0, sizeof *r);
  if (row->n_values != a->n_columns)
    return -1;
  for (unsigned i = 0; i < a->n_columns; i++)
    {
      struct pen_rows_value v;
      if (pen_rows_value (row, &v))
        return -1;
      for (int c = 0; c < N_COLUMNS; c++)
        if (a->at[c] == (int)i && v.tag == PEN_ROWS_TEXT)
          r->text[c] = v.u.s;
        else if (a->at[c] == (int)i && v.tag == PEN_ROWS_INT64)
          r->number[c] = v.u.i;
    }
  return 0;
}

static int
sink_write (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows)
{
  struct x12ack *a = self;
  struct pen_rows_row row;
  struct x12ack_row r;
  int more;

  (void)seq, (void)table, (void)rows;
  if (!a->is_open || a->broken)
    return a->host->fail (a->host->ctx, "x12-ack: a write after a failure or without an object");
  a->bytes += body.n;
  while ((more = pen_rows_next (&body, &row)) > 0)
    {
      if (row.table != a->table)
        continue;
      if (read_row (a, &row, &r))
        {
          more = -1;
          break;
        }
      if (x12ack_take (&a->answer[ANSWER_ACCEPTED], &r) || x12ack_take (&a->answer[ANSWER_REFUSED], &r))
        return PEN_ERR;
    }
  if (more < 0)
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "x12-ack: a malformed row");
    }
  return PEN_OK;
}

static int
sink_commit (void *self, uint64_t seq, struct pen_span checkpoint)
{
  struct x12ack *a = self;
  (void)seq, (void)checkpoint;
  return a->host->fail (a->host->ctx, "x12-ack: a commit before the object's end");
}

static int
sync_directory (struct x12ack *a)
{
  int fd = open (a->o->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = PEN_OK;
  if (fd == -1 || fsync (fd))
    r = x12ack_fail (a, "sync", a->o->directory);
  if (fd != -1)
    close (fd);
  return r;
}

/* Numbers first: a number that was taken and not used is a gap, one that is used twice is refused by the partner. */
static int
publish (struct x12ack *a, struct x12ack_answer *w)
{
  if (x12ack_end (w))
    return PEN_ERR;
  if (!w->interchanges)
    return PEN_OK; /* nothing to answer */
  if (fflush (w->out) || fsync (fileno (w->out)))
    return x12ack_fail (a, "write", w->part);
  a->next_control = w->next_control;
  if (x12ack_control_save (a))
    return PEN_ERR;
  if (rename (w->part, a->name))
    return x12ack_fail (a, "rename to", a->name);
  w->part[0] = 0;
  return sync_directory (a);
}

static int
sink_finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally)
{
  struct x12ack *a = self;
  int r = PEN_OK;

  (void)o;
  if (accepted)
    r = a->is_open && !a->broken
            ? publish (a, &a->answer[ANSWER_ACCEPTED])
            : a->host->fail (a->host->ctx, "x12-ack: the answer cannot be published: writing it has failed");
  tally->rows = UINT64_MAX;
  tally->bytes = accepted ? a->bytes : 0;
  forget (a);
  return r;
}

static int
sink_refused (void *self, const struct pen_object *o)
{
  struct x12ack *a = self;
  int r = PEN_OK;

  (void)o;
  if (a->is_open && !a->broken && a->o->refused)
    r = publish (a, &a->answer[ANSWER_REFUSED]);
  forget (a);
  return r;
}

static const struct pen_opt sink_opts[] = {
  { "directory", PEN_PATH, PEN_OPT_REQUIRED, PEN_FIELD (struct x12ack_options, directory), NULL, NULL,
    "Folder for the answers; it must exist. An answer is named after its object." },
  { "suffix", PEN_STRING, 0, PEN_FIELD (struct x12ack_options, suffix), ".997", NULL,
    "Added to the object's name for the name of its answer." },
  { "control", PEN_PATH, 0, PEN_FIELD (struct x12ack_options, control), NULL, NULL,
    "File that remembers the next interchange control number (ISA13); by default .x12-ack.control in the directory." },
  { "ta1", PEN_ENUM, 0, PEN_FIELD (struct x12ack_options, ta1), "asked", "asked|always|never",
    "When an interchange acknowledgement (TA1) is written: where ISA14 asks for one, always, never." },
  { "refused", PEN_BOOL, 0, PEN_FIELD (struct x12ack_options, refused), "true", NULL,
    "Answer objects that are refused as a whole, too: every set, group and interchange of theirs is rejected." },
  { NULL, 0, 0, 0, 0, NULL, NULL, NULL },
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
  .refused = sink_refused,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "x12-ack",
  .version = "1",
  .summary = "997 and TA1 acknowledgements of what the x12 parser has read",
  .doc = "Writes one file per object: an interchange with a 997 for each group, and TA1 where asked. Give it the "
         "parser's table: tables = [ \"acknowledgements\" ]. See penstock-x12(7).",
  .options_size = sizeof (struct x12ack_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = sink_opts,
  .check = sink_check,
  .sink = &sink,
};
