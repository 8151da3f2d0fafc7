/* SPDX-License-Identifier: Apache-2.0 */
/* bound.c - the most memory that a pipeline can take, and how many workers fit into what it may take. */
#include "core/host/bound.h"

#include "core/base/limits.h"
#include "core/base/units.h"

#include <inttypes.h>
#include <string.h>

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

/* A sink that declares a size called "cache_size" says with it what it keeps. */
static uint64_t
sink_cache (const struct plan_sink *k)
{
  const struct opt_desc *d = k->plugin.desc ? opt_table_find (&k->plugin.desc->options, "cache_size") : NULL;
  const char *text = d ? optset_get (&k->plugin.opts, "cache_size") : NULL;
  uint64_t v = 0;

  if (!d || d->type != PEN_SIZE)
    return 0;
  if (!text)
    text = d->def;
  return text && units_size (text, &v) == 0 ? v : 0;
}

uint64_t
bound_window (const struct plan *p)
{
  uint64_t longest = p->parser.desc->parser.framing == PEN_FRAME_WHOLE ? 0 : p->parser.desc->parser.max_record;

  return longest > p->chunk ? longest : p->chunk;
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
  uint64_t window =
      p->chunk + (p->parser.desc->parser.framing == PEN_FRAME_WHOLE ? 0 : p->parser.desc->parser.max_record);

  add (b, false, "host: program, event loop, journal", 1, LIMIT_HOST_BASE);
  if (p->source.name)
    add (b, false, "source process", 1, LIMIT_SOURCE_BASE);
  if (p->n_decoders)
    {
      add (b, false, "decoder: process with dictionary", LIMIT_DECODERS, LIMIT_DECODER_BASE);
      add (b, false, "decoder: decoded bytes not taken yet", LIMIT_DECODERS, bound_decode_window (p));
    }
  add (b, false, "cutter: process", 1, LIMIT_WORKER_BASE);
  add (b, false, "cutter: window of chunk + longest record", 1, window);
  add (b, false, "sink: thread and buffers", (unsigned)p->n_sinks, LIMIT_SINK_BASE);
  for (size_t i = 0; i < p->n_sinks; i++)
    add (b, false, "sink: cache", 1, sink_cache (&p->sinks[i]));
  add (b, true, "worker: process with plugins", 1, LIMIT_WORKER_BASE);
  add (b, true, "worker: chunk + longest record", 1, window);
  add (b, true, "worker: tables, filters, encoders", 1, LIMIT_WORKER_TABLES);
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
