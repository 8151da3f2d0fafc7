/* SPDX-License-Identifier: Apache-2.0 */
/* bound.c - the most memory that a pipeline can take, and how many workers fit into what it may take. */
#include "core/host/bound.h"

#include "core/base/limits.h"
#include "core/base/units.h"
#include "core/host/inputs.h"

#include <inttypes.h>
#include <string.h>

#define SCRATCH_ROW (3 * MIB) /* a row up to here is in what LIMIT_WORKER_TABLES has for encoders */

static void
add (struct bound *b, bool per_worker, const char *what, unsigned count, uint64_t each)
{
  if (each == 0 || b->n == BOUND_PARTS)
    return;
  b->part[b->n++] = (struct bound_part){ what, each, count, per_worker };
  if (per_worker)
    b->per_worker += count * each;
  else
    b->reserved += count * each;
}

/* What a size option is set to, or by default; 0: not declared. */
static uint64_t
size_option (const struct plan_plugin *p, const char *name)
{
  const struct opt_desc *d = p->desc ? opt_table_find (&p->desc->options, name) : NULL;
  const char *text = d ? optset_get (&p->opts, name) : NULL;
  uint64_t v = 0;

  if (!d || d->type != PEN_SIZE)
    return 0;
  if (!text)
    text = d->def;
  return text && units_size (text, &v) == 0 ? v : 0;
}

/* A parser may say that an option makes its records longer than it otherwise has them. */
static uint64_t
longest_record (const struct plan *p)
{
  const struct plugin_desc *d = p->parser.desc;
  uint64_t longest = d->parser.framing == PEN_FRAME_WHOLE ? 0 : d->parser.max_record;

  if (d->parser.longer_if && optset_get (&p->parser.opts, d->parser.longer_if))
    longest += size_option (&p->parser, d->parser.longer_by);
  return longest;
}

/* What a parser says that it takes beside window and tables. */
static uint64_t
parser_memory (const struct plan *p)
{
  const struct plugin_desc *d = p->parser.desc;

  return d->parser.memory_if && optset_get (&p->parser.opts, d->parser.memory_if)
             ? size_option (&p->parser, d->parser.memory_by)
             : 0;
}

uint64_t
bound_window (const struct plan *p)
{
  uint64_t longest = longest_record (p);

  return longest > p->chunk ? longest : p->chunk;
}

/* Of the longest record, as if each byte were escaped. */
uint64_t
bound_row (const struct plan *p)
{
  bool is_whole = p->parser.desc->parser.framing == PEN_FRAME_WHOLE;

  return 2 * (is_whole ? p->chunk : longest_record (p)) + 64 * KIB;
}

uint64_t
bound_spool_reserve (const struct plan *p)
{
  return 2 * bound_window (p) + 2 * LIMIT_SPOOL_STEP;
}

uint64_t
bound_decode_window (const struct plan *p)
{
  uint64_t least = bound_spool_reserve (p);

  return least > LIMIT_DECODE_WINDOW ? least : LIMIT_DECODE_WINDOW;
}

static void
collect (struct bound *b, const struct plan *p)
{
  uint64_t window = p->chunk + longest_record (p);

  add (b, false, "host: program, event loop, journal", 1, LIMIT_HOST_BASE);
  if (p->source.name)
    {
      add (b, false, "source process", 1, LIMIT_SOURCE_BASE);
      add (b, false, "source: small objects in memory", 1, LIMIT_SMALL_OPEN + LIMIT_OPEN_OBJECTS * LIMIT_SMALL_OBJECT);
    }
  if (p->n_decoders)
    {
      add (b, false, "decoder: process with dictionary", LIMIT_DECODERS, LIMIT_DECODER_BASE);
      add (b, false, "decoder: decoded bytes not taken yet", LIMIT_DECODERS, bound_decode_window (p));
    }
  if (p->n_decoders && p->decoders[0].desc && p->decoders[0].desc->decoder.keys)
    {
      add (b, false, "keyholder: process, gpg and its agent", LIMIT_DECODERS, LIMIT_KEYHOLDER);
      add (b, false, "keyholder: decrypted bytes not decoded yet", LIMIT_DECODERS, bound_decode_window (p));
    }
  add (b, false, "cutter: process", 1, LIMIT_WORKER_BASE);
  add (b, false, "cutter: window of chunk + longest record", 1, window);
  add (b, false, "cutter: memory of the parser's own", 1, parser_memory (p));
  add (b, false, "sink: thread and buffers", (unsigned)p->n_sinks, LIMIT_SINK_BASE);
  for (size_t i = 0; i < p->n_sinks; i++) /* one that declares a size of this name says with it what it keeps */
    add (b, false, "sink: cache", 1, size_option (&p->sinks[i].plugin, "cache_size"));
  add (b, true, "worker: process with plugins", 1, LIMIT_WORKER_BASE);
  add (b, true, "worker: chunk + longest record", 1, window);
  add (b, true, "worker: memory of the parser's own", 1, parser_memory (p));
  if (!p->fresh_worker)
    add (b, true, "worker: chunks that lie ready", LIMIT_INPUTS_PER_WORKER, inputs_stride (p->chunk));
  add (b, true, "worker: tables, filters, encoders", 1, LIMIT_WORKER_TABLES);
  add (b, true, "worker: a row that no slot can hold", 1, bound_row (p) > SCRATCH_ROW ? bound_row (p) : 0);
  add (b, true, "worker: slots", LIMIT_SLOTS_PER_WORKER, LIMIT_SLOT_SIZE);
}

int
bound_compute (struct bound *b, const struct plan *p, const struct machine *m, struct err *e)
{
  uint64_t fit = UINT32_MAX, need;
  int rc = 0;

  memset (b, 0, sizeof *b);
  b->cores = m->cores ? m->cores : 1;
  b->cores_from = m->cores_from;
  if (p->most_workers && p->most_workers < b->cores)
    {
      b->cores = p->most_workers;
      b->cores_from = "--workers";
    }
  b->memory = m->memory;
  b->memory_from = m->memory_from;
  if (p->memory && (!b->memory || p->memory < b->memory))
    {
      b->memory = p->memory;
      b->memory_from = "limits.memory";
    }
  collect (b, p);
  if (b->memory)
    fit = b->memory <= b->reserved ? 0 : (b->memory - b->reserved) / b->per_worker;
  b->workers = p->workers ? p->workers : b->cores;
  if (p->most_workers && p->most_workers < b->workers)
    b->workers = p->most_workers;
  if (!p->workers && fit && fit < b->workers)
    b->workers = (unsigned)fit;
  need = b->reserved + b->workers * b->per_worker;
  if (fit < b->workers)
    {
      if (!p->workers)
        {
          b->workers = 1;
          need = b->reserved + b->per_worker;
        }
      rc = err_set (e,
                    "%s: pipeline \"%s\": limits: %u worker%s can take %" PRIu64 " bytes, but %s allows %" PRIu64
                    "; give it more memory, a smaller chunk%s",
                    p->where, p->name, b->workers, b->workers == 1 ? "" : "s", need, b->memory_from, b->memory,
                    b->workers > 1 ? " or fewer workers" : "");
    }
  b->total = need;
  return rc;
}

void
bound_print (const struct bound *b, FILE *out)
{
  char text[UNITS_TEXT];

  fprintf (out, "workers: %u (cores: %u by %s", b->workers, b->cores, b->cores_from);
  if (b->memory)
    fprintf (out, "; memory: %s by %s", units_size_text (text, b->memory), b->memory_from);
  fputs (")\nmemory bound:\n", out);
  for (size_t i = 0; i < b->n; i++)
    {
      const struct bound_part *p = &b->part[i];
      unsigned count = p->count * (p->per_worker ? b->workers : 1);

      fprintf (out, "  %14" PRIu64 "  %s", p->each * count, p->what);
      if (count > 1)
        fprintf (out, ": %u x %s", count, units_size_text (text, p->each));
      putc ('\n', out);
    }
  fprintf (out, "  %14" PRIu64 "  bytes at most\n", b->total);
}
