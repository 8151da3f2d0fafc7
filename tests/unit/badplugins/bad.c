/* SPDX-License-Identifier: Apache-2.0 */
/* bad.c - one small sink, built once as it should be and once for each thing that a loader must refuse. */
#include <penstock/plugin.h>

struct options
{
  int64_t size;
};

#ifdef BAD_UNDEFINED
extern int there_is_no_such_function (void);
#endif

static int
sink_create (const struct pen_host *host, const void *options, void **self)
{
  (void)host, (void)options;
#ifdef BAD_UNDEFINED
  *self = NULL;
  return there_is_no_such_function ();
#else
  *self = NULL;
  return PEN_OK;
#endif
}
static int
sink_per_table (void *self)
{
  (void)self;
  return 0;
}
static int
sink_table (void *self, unsigned table, const char *name, const struct ArrowSchema *schema)
{
  (void)self, (void)table, (void)name, (void)schema;
  return PEN_OK;
}
static int
sink_begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
            struct pen_span *checkpoint)
{
  (void)self, (void)o, (void)b, (void)checkpoint;
  *next_seq = 0;
  return PEN_OK;
}
static int
sink_write (void *self, uint64_t seq, unsigned table, struct pen_span body, uint64_t rows)
{
  (void)self, (void)seq, (void)table, (void)body, (void)rows;
  return PEN_OK;
}
static int
sink_commit (void *self, uint64_t seq, struct pen_span checkpoint)
{
  (void)self, (void)seq, (void)checkpoint;
  return PEN_OK;
}
static int
sink_finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *tally)
{
  (void)self, (void)o, (void)accepted, (void)tally;
  return PEN_OK;
}
static void
sink_destroy (void *self)
{
  (void)self;
}

static const struct pen_opt opts[] = {
#ifdef BAD_WIDTH
  { "size", PEN_INT, 0, 0, 4, "1", "0..9", "A number." },
#else
  { "size", PEN_INT, 0, PEN_FIELD (struct options, size), "1", "0..9", "A number." },
#endif
  { NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

static const struct pen_sink sink = {
  .size = sizeof sink,
  .default_encoder = "jsonl",
  .create = sink_create,
  .per_table = sink_per_table,
  .table = sink_table,
  .begin = sink_begin,
#ifndef BAD_FUNCTION
  .write = sink_write,
#endif
  .commit = sink_commit,
  .finish = sink_finish,
  .destroy = sink_destroy,
};
#ifdef BAD_FUNCTION
int (*const unused_write) (void *, uint64_t, unsigned, struct pen_span, uint64_t) = sink_write;
#endif

#ifdef BAD_SYMBOL
#define penstock_plugin some_other_name
extern PEN_EXPORT const struct pen_plugin some_other_name;
#endif
PEN_PLUGIN = {
#ifdef BAD_ABI
  .abi = 7,
#else
  .abi = PEN_ABI,
#endif
#ifdef BAD_SIZE
  .size = 40,
#else
  .size = sizeof (struct pen_plugin),
#endif
#ifdef BAD_NEEDS
  .needs = UINT64_C (1) << 40,
#endif
  .name = "bad",
  .version = "1.0",
  .summary = "A sink that takes everything and keeps nothing.",
  .options_size = sizeof (struct options),
  .opt_size = sizeof (struct pen_opt),
  .opts = opts,
#ifndef BAD_KIND
  .sink = &sink,
#endif
};
#ifdef BAD_KIND
const struct pen_sink *const unused_sink = &sink;
#endif
