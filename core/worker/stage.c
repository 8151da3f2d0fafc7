/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c - one chunk through parser, filters and encoders into slots. */
#include "core/worker/stage.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/evidence.h"
#include "core/worker/batch.h"

#define EVIDENCE_BATCH (64 * KIB) /* evidence is moved into slots when this much has come together */
#define PENDING_MAX 64            /* batches of one table between two flushes */
#define TOTALS_MAX 64

/* A batch between emit() and flush(), with lineage, after the filters. */
struct pending
{
  struct ArrowArray lined, object; /* object: the _object column, as long as the batch */
  const struct ArrowArray *children[LIMIT_COLUMNS + 1];
  const struct ArrowArray *final; /* what the encoders get; points to lined or into a filter */
  const uint64_t *order;          /* NULL: all 0 */
  uint8_t *keep;                  /* NULL: all */
};

struct table
{
  struct pending *pending[PENDING_MAX]; /* allocated once, reused */
  size_t n_pending;
  struct evidence_tally tally;
  /* merging: where we are */
  size_t at_batch;
  int64_t at_row;
};

struct stage
{
  struct setup *setup;
  struct slots *slots;
  struct table *tables;
  struct pen_out out;
  struct blob evidence;
  struct batches batches;
  __int128 adds[TOTALS_MAX]; /* ledger additions not yet written: they are folded until the next open or close */
  uint8_t added[TOTALS_MAX];
  const struct pen_chunk *chunk;
  /* the _object column: every index is 0 */
  struct ArrowArray object, object_dictionary;
  const void *object_buffers[2], *dictionary_buffers[3];
  int32_t dictionary_offsets[2];
  int32_t *zeros;
  size_t n_zeros;
  uint8_t *big; /* a row longer than a slot */
  struct err *e;
};

/* ---- evidence ---- */

static void
evidence_flush (struct stage *st, int all)
{
  if (st->evidence.n && (all || st->evidence.n >= EVIDENCE_BATCH))
    {
      slots_copy (st->slots, WIRE_SEG_EVIDENCE, 0, 0, st->evidence.p, st->evidence.n, 0);
      st->evidence.n = 0;
    }
}

static void
adds_flush (struct stage *st)
{
  for (int i = 0; i < TOTALS_MAX; i++)
    if (st->added[i])
      {
        evidence_put_add (&st->evidence, i, st->adds[i]);
        st->adds[i] = 0;
        st->added[i] = 0;
      }
}

static int
out_finding (void *ctx, const struct pen_finding *f)
{
  struct stage *st = ctx;
  const struct pen_chunk *c = st->chunk;
  struct pen_span raw = { NULL, 0 };

  if (f->offset >= c->offset && f->offset - c->offset <= c->bytes.n)
    {
      uint64_t at = f->offset - c->offset, left = c->bytes.n - at;
      raw.p = c->bytes.p + at;
      raw.n = (size_t)(f->length < left ? f->length : left);
    }
  evidence_put_finding (&st->evidence, f, raw);
  evidence_flush (st, 0);
  return PEN_OK;
}

static int
out_unique (void *ctx, struct pen_span key, const struct pen_finding *f)
{
  struct stage *st = ctx;
  evidence_put_unique (&st->evidence, key, f);
  evidence_flush (st, 0);
  return PEN_OK;
}

static int
out_distinct (void *ctx, struct pen_span key, const struct pen_finding *f)
{
  struct stage *st = ctx;
  batches_add (&st->batches, key, f, &st->evidence);
  evidence_flush (st, 0);
  return PEN_OK;
}

static int
out_open (void *ctx, int scope, struct pen_span key)
{
  struct stage *st = ctx;
  adds_flush (st);
  evidence_put_open (&st->evidence, scope, key);
  evidence_flush (st, 0);
  return PEN_OK;
}

static int
out_add (void *ctx, int total, int64_t value)
{
  struct stage *st = ctx;
  if (total < 0 || total >= TOTALS_MAX)
    return PEN_ERR;
  st->adds[total] += value; /* a chunk has fewer than 2^64 records: no overflow */
  st->added[total] = 1;
  return PEN_OK;
}

static int
out_close (void *ctx, int scope, struct pen_span key, const struct pen_claim *claims, size_t n, uint64_t offset,
           uint64_t length, uint64_t line)
{
  struct stage *st = ctx;
  if (n > EVIDENCE_CLAIMS_MAX)
    return PEN_ERR;
  adds_flush (st);
  evidence_put_close (&st->evidence, scope, key, claims, n, offset, length, line);
  evidence_flush (st, 0);
  return PEN_OK;
}

static int
out_read (void *ctx, unsigned table, uint64_t records)
{
  struct stage *st = ctx;
  if (table >= st->setup->n_tables)
    return PEN_ERR;
  st->tables[table].tally.read += records;
  return PEN_OK;
}

static int
out_rejected (void *ctx, unsigned table, uint64_t records)
{
  struct stage *st = ctx;
  if (table >= st->setup->n_tables)
    return PEN_ERR;
  st->tables[table].tally.rejected += records;
  return PEN_OK;
}

/* ---- batches ---- */

static void
need_zeros (struct stage *st, size_t n)
{
  if (n <= st->n_zeros)
    return;
  free (st->zeros);
  st->zeros = xcalloc (n, sizeof *st->zeros);
  st->n_zeros = n;
  st->object_buffers[1] = st->zeros;
}

static int
apply_filters (struct stage *st, unsigned table, struct pending *p)
{
  struct setup *s = st->setup;

  p->final = &p->lined;
  if (!s->n_filters)
    return PEN_OK;
  p->keep = xrealloc (p->keep, (size_t)p->lined.length + 1);
  memset (p->keep, 1, (size_t)p->lined.length);
  for (size_t f = 0; f < s->n_filters; f++)
    if (s->filters[f].plugin->filter->apply (s->filters[f].self, table, p->final, &p->final, p->keep) != PEN_OK)
      return err_set (st->e, "filter \"%s\": %s", s->filters[f].plugin->name, setup_why ()), PEN_ERR;
  for (int64_t i = 0; i < p->lined.length; i++)
    st->tables[table].tally.filtered += !p->keep[i];
  return PEN_OK;
}

static int flush (struct stage *st);

static int
out_emit (void *ctx, unsigned table, const struct ArrowArray *batch, const uint64_t *order)
{
  struct stage *st = ctx;
  struct table *t;
  struct stage_table *plan;
  struct pending *p;

  if (table >= st->setup->n_tables || batch->n_children != st->setup->tables[table].raw.n_children || batch->offset
      || batch->length < 0 || batch->length > INT32_MAX)
    return err_set (st->e, "parser \"%s\": malformed batch of table %u", st->setup->parser.plugin->name, table),
           PEN_ERR;
  if (!batch->length)
    return PEN_OK;
  t = &st->tables[table];
  plan = &st->setup->tables[table];
  if (t->n_pending == PENDING_MAX || (st->setup->n_filters && t->n_pending))
    return err_set (st->e, "parser \"%s\": too many batches of table %s without a flush",
                    st->setup->parser.plugin->name, plan->name),
           PEN_ERR;
  if (!t->pending[t->n_pending])
    t->pending[t->n_pending] = xcalloc (1, sizeof *p);
  p = t->pending[t->n_pending++];
  p->lined = *batch;
  p->order = order;
  need_zeros (st, (size_t)batch->length);
  p->object = st->object;
  p->object.length = batch->length;
  for (int64_t i = 0; i < plan->lined.n_children; i++)
    p->children[i] = plan->map[i] < 0 ? &p->object : batch->children[plan->map[i]];
  p->lined.n_children = plan->lined.n_children;
  p->lined.children = (struct ArrowArray **)p->children;
  t->tally.emitted += (uint64_t)batch->length;
  return apply_filters (st, table, p);
}

/* ---- encoding ---- */

/* One row that no slot can hold: encoded into private memory, then copied piece by piece. */
static int
encode_big (struct stage *st, unsigned stream, unsigned table, const struct ArrowArray *batch, size_t *row)
{
  const struct loaded *l = &st->setup->streams[stream].encoder;
  size_t cap = st->setup->row_max, n = 0;
  int rc = PEN_MORE;

  if (cap > LIMIT_SLOT_SIZE)
    {
      st->big = xmalloc (cap);
      rc = l->plugin->encoder->encode (l->self, table, batch, row, *row + 1, st->big, cap, &n);
      if (rc == PEN_OK)
        slots_copy (st->slots, WIRE_SEG_BODY, stream, st->setup->streams[stream].single ? 0 : table, st->big, n, 1);
      free (st->big);
      st->big = NULL;
    }
  if (rc == PEN_OK)
    return PEN_OK;
  if (rc != PEN_MORE)
    return err_set (st->e, "encoder \"%s\": %s", l->plugin->name, setup_why ()), PEN_ERR;
  return err_set (st->e,
                  "encoder \"%s\": a row of table %s takes more than %zu bytes, twice the longest record of parser "
                  "\"%s\" and 64 KiB",
                  l->plugin->name, st->setup->tables[table].name, cap, st->setup->parser.plugin->name),
         PEN_ERR;
}

static int
encode_rows (struct stage *st, unsigned stream, unsigned table, const struct ArrowArray *batch, size_t row, size_t end)
{
  const struct stage_stream *plan = &st->setup->streams[stream];
  const struct pen_encoder *enc = plan->encoder.plugin->encoder;
  unsigned named = plan->single ? 0 : table;
  int fresh = 0;

  while (row < end)
    {
      size_t cap, n = 0, before = row;
      uint8_t *to = slots_room (st->slots, fresh, &cap);
      int rc = enc->encode (plan->encoder.self, table, batch, &row, end, to, cap, &n);

      if (n > cap || row > end || (rc != PEN_OK && rc != PEN_MORE))
        return err_set (st->e, "encoder \"%s\": %s", plan->encoder.plugin->name, setup_why ()), PEN_ERR;
      slots_put (st->slots, WIRE_SEG_BODY, stream, named, n, row - before);
      if (rc == PEN_OK)
        return PEN_OK;
      if (n == 0 && cap == LIMIT_SLOT_SIZE)
        {
          if (encode_big (st, stream, table, batch, &row) != PEN_OK)
            return PEN_ERR;
          fresh = 0;
          continue;
        }
      fresh = 1;
    }
  return PEN_OK;
}

/* Rows [row, end) without those that a filter dropped. */
static int
encode_kept (struct stage *st, unsigned stream, unsigned table, const struct pending *p, size_t row, size_t end)
{
  if (!p->keep)
    return encode_rows (st, stream, table, p->final, row, end);
  while (row < end)
    {
      size_t stop;
      while (row < end && !p->keep[row])
        row++;
      for (stop = row; stop < end && p->keep[stop];)
        stop++;
      if (row < stop && encode_rows (st, stream, table, p->final, row, stop) != PEN_OK)
        return PEN_ERR;
      row = stop;
    }
  return PEN_OK;
}

static int
encode_split (struct stage *st, unsigned stream)
{
  for (unsigned t = 0; t < st->setup->n_tables; t++)
    if (st->setup->streams[stream].wants[t])
      for (size_t i = 0; i < st->tables[t].n_pending; i++)
        {
          const struct pending *p = st->tables[t].pending[i];
          if (encode_kept (st, stream, t, p, 0, (size_t)p->lined.length) != PEN_OK)
            return PEN_ERR;
        }
  return PEN_OK;
}

static uint64_t
order_at (const struct table *t)
{
  const struct pending *p;
  if (t->at_batch == t->n_pending)
    return UINT64_MAX;
  p = t->pending[t->at_batch];
  return p->order ? p->order[t->at_row] : 0;
}

/* The wanted table whose next row comes first; -1 when none has a row left. *limit: the order at which another one's
 * turn comes; *limit_table: that one. */
static int
next_table (struct stage *st, unsigned stream, uint64_t *limit, unsigned *limit_table)
{
  int best = -1;
  uint64_t lowest = UINT64_MAX;

  *limit = UINT64_MAX;
  *limit_table = UINT32_MAX;
  for (unsigned t = 0; t < st->setup->n_tables; t++)
    {
      struct table *table = &st->tables[t];
      uint64_t o;
      if (!st->setup->streams[stream].wants[t] || table->at_batch == table->n_pending)
        continue;
      o = order_at (table);
      if (best < 0 || o < lowest)
        {
          if (best >= 0)
            {
              *limit = lowest;
              *limit_table = (unsigned)best;
            }
          lowest = o;
          best = (int)t;
        }
      else if (o < *limit)
        {
          *limit = o;
          *limit_table = t;
        }
    }
  return best;
}

/* Rows of all tables in the order of the input: whatever the chunks, the same bytes. */
static int
encode_merged (struct stage *st, unsigned stream)
{
  uint64_t limit;
  unsigned limit_table;
  int best;

  for (unsigned t = 0; t < st->setup->n_tables; t++)
    {
      st->tables[t].at_batch = 0;
      st->tables[t].at_row = 0;
    }
  while ((best = next_table (st, stream, &limit, &limit_table)) >= 0)
    {
      struct table *t = &st->tables[best];
      const struct pending *p = t->pending[t->at_batch];
      int64_t row = t->at_row, end = row + 1;
      /* at equal order the lower table goes first */
      uint64_t stop = limit == UINT64_MAX ? limit : (unsigned)best < limit_table ? limit + 1 : limit;

      if (stop == UINT64_MAX || !p->order)
        end = p->lined.length;
      else
        while (end < p->lined.length && p->order[end] < stop)
          end++;
      if (encode_kept (st, stream, (unsigned)best, p, (size_t)row, (size_t)end) != PEN_OK)
        return PEN_ERR;
      t->at_row = end;
      if (end == p->lined.length)
        {
          t->at_batch++;
          t->at_row = 0;
        }
    }
  return PEN_OK;
}

static int
flush (struct stage *st)
{
  for (unsigned i = 0; i < st->setup->n_streams; i++)
    if ((st->setup->streams[i].merged ? encode_merged (st, i) : encode_split (st, i)) != PEN_OK)
      return PEN_ERR;
  for (size_t t = 0; t < st->setup->n_tables; t++)
    st->tables[t].n_pending = 0;
  return PEN_OK;
}

static int
out_flush (void *ctx)
{
  return flush (ctx);
}

/* ---- a chunk ---- */

struct stage *
stage_create (struct setup *s, struct slots *slots)
{
  struct stage *st = xcalloc (1, sizeof *st);

  st->setup = s;
  st->slots = slots;
  st->tables = xcalloc (s->n_tables, sizeof *st->tables);
  st->out = (struct pen_out){ sizeof st->out, st,        out_emit, out_flush,    out_finding, out_open,
                              out_add,        out_close, out_read, out_rejected, out_unique,  out_distinct };
  st->dictionary_buffers[1] = st->dictionary_offsets;
  st->object_dictionary = (struct ArrowArray){ .length = 1, .n_buffers = 3, .buffers = st->dictionary_buffers };
  st->object =
      (struct ArrowArray){ .n_buffers = 2, .buffers = st->object_buffers, .dictionary = &st->object_dictionary };
  return st;
}

static void
begin_chunk (struct stage *st, const struct link_object *o, const struct pen_chunk *chunk)
{
  st->chunk = chunk;
  st->dictionary_buffers[2] = o->name;
  st->dictionary_offsets[1] = (int32_t)strlen (o->name);
  st->evidence.n = 0;
  memset (st->adds, 0, sizeof st->adds);
  memset (st->added, 0, sizeof st->added);
  for (unsigned t = 0; t < st->setup->n_tables; t++)
    {
      st->tables[t].n_pending = 0;
      st->tables[t].tally = (struct evidence_tally){ .table = t };
    }
}

static void
end_chunk (struct stage *st)
{
  adds_flush (st);
  batches_flush (&st->batches, &st->evidence);
  for (unsigned t = 0; t < st->setup->n_tables; t++)
    {
      const struct evidence_tally *y = &st->tables[t].tally;
      if (y->read || y->rejected || y->emitted)
        evidence_put_tally (&st->evidence, y);
    }
  evidence_flush (st, 1);
}

/* Bytes from..to of the chunk. Whoever leaves out a chunk's end still has to hear that the object ends. */
static int
parse_part (struct stage *st, const struct pen_chunk *chunk, size_t from, size_t to, const struct pen_carry *carry,
            struct pen_carry *end)
{
  const struct loaded *l = &st->setup->parser;
  struct pen_chunk part = { sizeof part, { chunk->bytes.p + from, to - from }, chunk->offset + from, chunk->flags };

  if (from)
    part.flags &= ~(uint32_t)PEN_CHUNK_FIRST;
  if (to < chunk->bytes.n)
    part.flags &= ~(uint32_t)PEN_CHUNK_LAST;
  end->len = 0;
  if (l->plugin->parser->parse (l->self, carry, &part, end, &st->out) == PEN_OK && flush (st) == PEN_OK)
    return end->len <= PEN_CARRY_MAX ? 0
                                     : err_set (st->e, "parser \"%s\": carry of %u bytes", l->plugin->name, end->len);
  {
    const char *why = setup_why ();
    if (*why)
      return err_set (st->e, "parser \"%s\": %s", l->plugin->name, why);
  }
  return st->e->text[0] ? -1 : err_set (st->e, "parser \"%s\" failed without a word", l->plugin->name);
}

int
stage_parse (struct stage *st, const struct link_object *o, const struct pen_carry *carry,
             const struct pen_chunk *chunk, const struct stage_hole *holes, size_t n_holes, struct pen_carry *end,
             struct err *e)
{
  size_t at = 0;

  st->e = e;
  e->text[0] = 0;
  begin_chunk (st, o, chunk);
  for (size_t i = 0; i < n_holes; i++)
    {
      if (holes[i].at > at && parse_part (st, chunk, at, holes[i].at, carry, end) == -1)
        return -1;
      at = holes[i].at + holes[i].n;
      carry = &holes[i].after;
    }
  if (at == chunk->bytes.n && n_holes && !(chunk->flags & PEN_CHUNK_LAST))
    *end = *carry;
  else if (parse_part (st, chunk, at, chunk->bytes.n, carry, end) == -1)
    return -1;
  end_chunk (st);
  return 0;
}
