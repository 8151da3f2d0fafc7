/* SPDX-License-Identifier: Apache-2.0 */
/* hanging.c - a sink for tests that does not come back from one of its calls: create(), table(), write() or finish(). */
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <penstock/plugin.h>

struct options
{
  const char *in, *mark;
};

struct sink
{
  const struct options *o;
  uint64_t rows, bytes;
};

static void
pass (const struct options *o, const char *where)
{
  int fd;

  if (strcmp (o->in, where) != 0)
    return;
  fd = open (o->mark, O_WRONLY | O_CREAT, 0600); /* the test waits for it */
  if (fd >= 0)
    close (fd);
  for (;;)
    pause ();
}

static int
hang_create (const struct pen_host *host, const void *options, void **self)
{
  struct sink *s = calloc (1, sizeof *s);

  if (!s)
    return host->fail (host->ctx, "out of memory");
  s->o = options;
  pass (s->o, "create");
  *self = s;
  return PEN_OK;
}

static int
hang_per_table (void *self)
{
  (void)self;
  return 0;
}

static int
hang_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema)
{
  struct sink *s = self;

  (void)table;
  (void)name;
  (void)schema;
  pass (s->o, "table");
  return PEN_OK;
}

static int
hang_begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next, struct pen_span *stored)
{
  struct sink *s = self;

  (void)o;
  (void)b;
  (void)stored;
  s->rows = s->bytes = 0;
  *next = 0;
  return PEN_OK;
}

static int
hang_write (void *self, uint64_t seq, unsigned table, struct pen_span bytes, uint64_t rows)
{
  struct sink *s = self;

  (void)seq;
  (void)table;
  s->rows += rows;
  s->bytes += bytes.n;
  pass (s->o, "write");
  return PEN_OK;
}

static int
hang_commit (void *self, uint64_t seq, struct pen_span checkpoint)
{
  (void)self;
  (void)seq;
  (void)checkpoint;
  return PEN_OK;
}

static int
hang_finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally)
{
  struct sink *s = self;

  (void)o;
  (void)accepted;
  pass (s->o, "finish");
  tally->rows = s->rows;
  tally->bytes = s->bytes;
  return PEN_OK;
}

static void
hang_destroy (void *self)
{
  free (self);
}

static const struct pen_opt opts[] = {
  { "in", PEN_STRING, PEN_OPT_REQUIRED, PEN_FIELD (struct options, in), NULL, NULL, "The call that hangs." },
  { "mark", PEN_PATH, PEN_OPT_REQUIRED, PEN_FIELD (struct options, mark), NULL, NULL, "File that is made by then." },
  { 0 },
};

static const struct pen_sink sink = {
  .size = sizeof sink,
  .default_encoder = "jsonl",
  .create = hang_create,
  .per_table = hang_per_table,
  .table = hang_table,
  .begin = hang_begin,
  .write = hang_write,
  .commit = hang_commit,
  .finish = hang_finish,
  .destroy = hang_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "hanging",
  .version = "1",
  .summary = "does not come back (for tests)",
  .options_size = sizeof (struct options),
  .opt_size = sizeof (struct pen_opt),
  .opts = opts,
  .sink = &sink,
};
