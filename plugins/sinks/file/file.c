/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - the file sink: an object's rows in files of its own, visible all at once, or as they come. */
#include "file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
close_streams (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams; i++)
    {
      struct file_stream *s = &f->stream[i];
      file_part_discard (s); /* empty once it is published */
      file_close (&s->fd);
      file_close (&s->dir);
      s->used = 0;
      s->length = s->kicked = 0;
    }
  file_progress_close (f);
  f->last_seq = 0;
  f->mode = 0;
  f->broken = 0;
}

static void
file_destroy (void *self)
{
  struct file_sink *f = self;

  close_streams (f);
  for (size_t i = 0; i < f->n_tables; i++)
    free (f->table[i].name);
  for (size_t i = 0; i < f->n_streams; i++)
    free (f->stream[i].buf);
  free (f->table);
  free (f->stream);
  free (f->progress.blob);
  free (f->base);
  free (f);
}

static int
read_mode (const char *text, mode_t *mode)
{
  size_t n = strspn (text, "01234567");

  if (!n || n > 4 || text[n])
    return -1;
  *mode = (mode_t)strtoul (text, NULL, 8);
  return *mode > 0777 ? -1 : 0;
}

static int
file_check (const struct pen_host *host, const void *options)
{
  const struct file_options *o = options;
  const char *pattern;
  char why[200], *base = file_split (o->path, &pattern);
  int bad = file_pattern_check (pattern, why, sizeof why);
  mode_t mode;

  free (base);
  if (bad)
    return host->fail (host->ctx, "%s", why);
  if (read_mode (o->mode, &mode))
    return host->fail (host->ctx, "mode: \"%s\" is not an octal number within 0..0777", o->mode);
  return PEN_OK;
}

static int
file_create (const struct pen_host *host, const void *options, void **self)
{
  struct file_sink *f = calloc (1, sizeof *f);

  if (!f)
    return host->fail (host->ctx, "out of memory");
  f->host = host;
  f->o = options;
  f->progress.fd = -1;
  f->base = file_split (f->o->path, &f->pattern);
  f->per_table = f->pattern && strstr (f->pattern, "{table}");
  if (!f->base || file_check (host, options))
    {
      free (f->base);
      free (f);
      return PEN_ERR;
    }
  read_mode (f->o->mode, &f->file_mode);
  *self = f;
  return PEN_OK;
}

static int
file_per_table (void *self)
{
  return ((struct file_sink *)self)->per_table;
}

/* A single stream exists from the start on; a stream per table comes with its table. */
static int
add_stream (struct file_sink *f)
{
  size_t n = f->n_streams + 1;
  struct file_stream *s = realloc (f->stream, n * sizeof *s);

  if (!s)
    return -1;
  f->stream = s;
  s += n - 1;
  memset (s, 0, sizeof *s);
  s->fd = s->dir = -1;
  s->buf = malloc (FILE_BUFFER);
  if (!s->buf)
    return -1;
  f->n_streams = n;
  return 0;
}

static int
add_table (struct file_sink *f)
{
  struct file_table *t = realloc (f->table, (f->n_tables + 1) * sizeof *t);

  if (!t)
    return -1;
  f->table = t;
  memset (&t[f->n_tables++], 0, sizeof *t);
  return !f->n_streams || f->per_table ? add_stream (f) : 0;
}

static int
file_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema)
{
  struct file_sink *f = self;

  (void)schema; /* bytes are opaque here */
  while (f->n_tables <= table)
    if (add_table (f))
      return f->host->fail (f->host->ctx, "out of memory");
  free (f->table[table].name);
  f->table[table].name = strdup (name);
  return f->table[table].name ? PEN_OK : f->host->fail (f->host->ctx, "out of memory");
}

static int
file_head (void *self, unsigned table, struct pen_span bytes)
{
  struct file_sink *f = self;

  if (table >= f->n_tables)
    return f->host->fail (f->host->ctx, "a stream's first bytes came before its table %u", table);
  f->table[table].head = bytes;
  return PEN_OK;
}

static int
open_parts (struct file_sink *f)
{
  for (size_t i = 0; i < f->n_streams; i++)
    {
      file_sweep (f, f->stream[i].dir);
      if (file_part_open (f, &f->stream[i]) || file_put (f, &f->stream[i], f->table[i].head))
        return PEN_ERR;
    }
  return PEN_OK;
}

static int
file_begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
            struct pen_span *checkpoint)
{
  struct file_sink *f = self;
  int r;

  close_streams (f);
  memset (&f->tally, 0, sizeof f->tally);
  *next_seq = 0;
  checkpoint->p = NULL;
  checkpoint->n = 0;
  for (size_t i = 0; i < f->n_streams; i++)
    if (file_locate (f, &f->stream[i], o, f->table[i].name ? f->table[i].name : ""))
      return PEN_ERR;
  f->mode = b->mode;
  r = b->mode == PEN_COMMIT_CHUNK ? file_progress_begin (f, o, b, next_seq, checkpoint) : open_parts (f);
  if (r != PEN_OK)
    close_streams (f);
  return r;
}

static int
file_write (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows)
{
  struct file_sink *f = self;
  size_t i = f->per_table ? table : 0;

  if (f->mode == PEN_COMMIT_CHUNK && seq < f->progress.next_seq)
    return PEN_OK; /* durable already */
  if (!f->mode || f->broken || i >= f->n_streams)
    return f->host->fail (f->host->ctx, "a write to %s after its failure or without an object", f->o->path);
  if (file_put (f, &f->stream[i], body))
    return PEN_ERR;
  f->last_seq = seq;
  f->tally.bytes += body.n;
  f->tally.rows += rows;
  return PEN_OK;
}

static int
file_commit (void *self, uint64_t seq, struct pen_span checkpoint)
{
  struct file_sink *f = self;

  if (f->mode != PEN_COMMIT_CHUNK || f->broken)
    return f->host->fail (f->host->ctx, "a commit to %s after its failure or without an object", f->o->path);
  return file_progress_commit (f, seq, checkpoint);
}

static int
file_finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally)
{
  struct file_sink *f = self;
  int r = PEN_OK;

  if (accepted && (!f->mode || f->broken))
    r = f->host->fail (f->host->ctx, "%s cannot be published: writing it has failed", f->o->path);
  else if (f->mode == PEN_COMMIT_CHUNK)
    r = file_progress_finish (f, o, accepted);
  else if (accepted)
    r = file_publish (f);
  close_streams (f);
  if (r != PEN_OK)
    return r;
  tally->rows = UINT64_MAX;
  tally->bytes = f->tally.bytes;
  return PEN_OK;
}

static const struct pen_opt file_opts[] = {
  { "path", PEN_PATH, PEN_OPT_REQUIRED, PEN_FIELD (struct file_options, path), NULL, NULL,
    "Output file; {object} stands for the object's name without directories, {path} for all of it with underscores "
    "instead "
    "of slashes, {table} for the table's name (each table then has a file of its own), {date} for the UTC day on which "
    "the "
    "object was first seen." },
  { "mode", PEN_STRING, 0, PEN_FIELD (struct file_options, mode), "0640", NULL,
    "Permission bits of the finished file, octal; the umask is not applied." },
  { "overwrite", PEN_BOOL, 0, PEN_FIELD (struct file_options, overwrite), "false", NULL,
    "Replace an existing file of the same name and other content instead of failing." },
  { NULL },
};

static const struct pen_sink file_sink = {
  .size = sizeof (struct pen_sink),
  .default_encoder = "jsonl",
  .create = file_create,
  .per_table = file_per_table,
  .table = file_table,
  .head = file_head,
  .begin = file_begin,
  .write = file_write,
  .commit = file_commit,
  .finish = file_finish,
  .destroy = file_destroy,
  .seal = file_seal,
  .publish = file_publish_many,
  .discard = file_discard,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "file",
  .version = "1",
  .summary = "files, one per object (and table), visible only when complete",
  .doc =
      "commit = object: a file is written under a temporary name beside its final one, flushed to the disk, and given "
      "its final name only when the whole object was accepted; of several tables' files none appears before all are on "
      "the "
      "disk. A file that is there already with the same bytes is a success (an earlier run wrote it); with other bytes "
      "it "
      "is an error unless overwrite is set. Every accepted object has a file for each table, an empty one where the "
      "table "
      "has no rows. commit = chunk: the file grows under its final name; .NAME.ckpt beside it says how much of it is "
      "committed, and stays when the object is finished: it is how the object is recognised later on. A rejected "
      "object's "
      "files are removed in both modes. Slashes, control characters and leading dots in an object's name become "
      "underscores; links below the directory that stands before the first placeholder are never followed.",
  .options_size = sizeof (struct file_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = file_opts,
  .check = file_check,
  .sink = &file_sink,
};
