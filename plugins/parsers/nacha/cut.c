/* SPDX-License-Identifier: Apache-2.0 */
/* cut.c - finds the last place in a window where no entry is apart from its addenda, and brings the carried state
 * there.
 *
 * Most records are printable ASCII, 94 characters and a line end, an entry followed by an entry: these cost six vector
 * loads and two counters. Everything else takes the same steps as parse() does, from state.c. */
#include "nacha.h"

/* A walk over a window. */
struct walk
{
  struct nacha *n;
  struct nacha_state *s;
  const uint8_t *p;
  uint64_t base;  /* offset of the window */
  size_t size, i; /* i: the next record */
  bool last;
  bool in_item;             /* what comes may be an addenda of the last entry */
  uint32_t addenda;         /* of that entry */
  size_t item;              /* where that entry begins ... */
  uint8_t head[STATE_HEAD]; /* ... and the state before it */
  struct nacha_buf buf;
};

const size_t nacha_walk_size = sizeof (struct walk);

/* 1 when the REC bytes at p are printable ASCII. */
static PEN_WIDE_INLINE bool
is_plain (const uint8_t *p)
{
#ifdef __SSE2__
  const __m128i blank = _mm_set1_epi8 (' ');
  __m128i most = _mm_setzero_si128 ();
#pragma GCC unroll 6
  for (int k = 0; k < 6; k++)
    {
      const uint8_t *at = p + (k < 5 ? 16 * k : REC - 16);
      most = _mm_max_epu8 (most, _mm_sub_epi8 (_mm_loadu_si128 ((const __m128i *)(const void *)at), blank));
    }
  return is_printable_at_most (most);
#else
  return pen_is_printable (p, REC);
#endif
}

/* Bytes from a plain record to the next; 0 when this is none, or its end is not in sight. */
static PEN_WIDE_INLINE size_t
stride_at (const uint8_t *p, size_t n)
{
  if (n < REC + 3 || !is_plain (p))
    return 0;
  if (p[REC] == '\n')
    return REC + 1;
  if (p[REC] == '\r')
    return p[REC + 1] == '\n' ? REC + 2 : REC + 1;
  return REC;
}

/* Plain items that are followed by another entry. Nothing to take back: each ends where it ends. */
static PEN_WIDE void
skip_items (struct walk *w)
{
  const uint8_t *p = w->p + w->i, *end = w->p + w->size, *trace = NULL;
  uint64_t entries = 0, records = 0, lines = 0;
  for (;;)
    {
      const uint8_t *q = p;
      uint64_t n = 0, n_lines = 0;
      size_t stride;
      do
        {
          stride = stride_at (q, (size_t)(end - q));
          q += stride;
          n_lines += stride > REC;
          n++;
        }
      while (stride && *q == '7' && n < MAX_ADDENDA);
      if (!stride || *q != '6')
        break;
      trace = p + 79;
      entries++;
      records += n;
      lines += n_lines;
      p = q;
    }
  if (!entries)
    return;
  w->i = (size_t)(p - w->p);
  w->s->entries += entries;
  w->s->records += records;
  w->s->batch_entries += (uint32_t)entries;
  w->s->line += lines;
  memcpy (w->s->last_trace, trace, 15);
}

static void
walk_entry (struct walk *w, const struct nacha_rec *r)
{
  memcpy (w->head, w->s, STATE_HEAD);
  w->item = w->i;
  w->in_item = true;
  w->addenda = 0;
  state_entry (w->s, r->c + 79);
}

static void
walk_addenda (struct walk *w, const struct nacha_rec *r)
{
  if (!w->in_item && w->s->run < MAX_ADDENDA)
    {
      state_orphan (w->s);
      return;
    }
  w->addenda = w->in_item ? w->addenda + 1 : MAX_ADDENDA + 1;
  state_addenda (w->s, r->c, w->addenda);
  w->in_item &= w->addenda < MAX_ADDENDA;
}

static void
walk_record (struct walk *w, const struct nacha_rec *r)
{
  bool refused = false;
  if (state_kills (w->s, r, w->n->level[RULE_records_after_control] != LEVEL_REJECT))
    {
      w->s->dead = 1;
      return;
    }
  if (r->c[0] == '6' && !w->s->after_control)
    {
      walk_entry (w, r);
      return;
    }
  if (r->c[0] == '7' && !w->s->after_control)
    {
      walk_addenda (w, r);
      return;
    }
  if (r->c[0] == '5')
    refused = nacha_batch_header_check (w->n, w->s, r);
  state_step (w->s, r);
  if (r->c[0] == '5')
    w->s->batch_refused = refused;
  w->in_item = false;
}

/* One line of any shape. False when its end is not in the window. */
static bool
walk_line (struct walk *w)
{
  struct nacha_frame f;
  struct nacha_rec r;
  const uint8_t *p = w->p + w->i;
  bool plain = nacha_read_plain (p, w->size - w->i, &f, &r);
  if (!plain && nacha_frame (p, w->size - w->i, w->last, w->n->o->encoding, &f) == FRAME_MORE)
    return false;
  if (!f.blank && !(f.padding && w->s->after_control))
    {
      state_frame (w->s, &f, w->last && w->i + f.next == w->size);
      if (!plain)
        nacha_decode (p, &f, w->n->o->encoding, &r, &w->buf);
      r.offset = w->base + w->i;
      r.line = w->s->stream ? 0 : w->s->line;
      walk_record (w, &r);
      if (w->s->dead)
        return true;
    }
  w->s->line += f.newline;
  w->i += f.next;
  return true;
}

/* The next byte, if it is in the window, cannot continue the item. */
static bool
is_boundary (const struct walk *w)
{
  if (!w->in_item)
    return true;
  if (w->i == w->size)
    return false;
  uint8_t c = w->p[w->i];
  return c != '7' && c != ' ' && c != '\n' && c != '\r' && c != 0 && c != 0x1a;
}

static bool
skip_mark (struct walk *w, const struct pen_chunk *window)
{
  static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };
  if (window->offset == 0 && w->size >= 3 && memcmp (w->p, mark, 3) == 0)
    w->i = 3;
  return w->last || w->size >= 3;
}

int
nacha_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut)
{
  struct nacha *n = self;
  struct nacha_state state;
  struct walk *w = n->walk;

  if (!state_load (&state, carry))
    return n->host->fail (n->host->ctx, "nacha: the carry has %u bytes, expected %zu", carry->len, sizeof state);
  memset (w, 0, offsetof (struct walk, head));
  w->n = n;
  w->s = &state;
  w->p = window->bytes.p;
  w->base = window->offset;
  w->size = window->bytes.n;
  w->last = window->flags & PEN_CHUNK_LAST;
  n->out = NULL;
  if (!skip_mark (w, window))
    return PEN_MORE;
  while (!state.dead && w->i < w->size)
    {
      if (state.in_batch && state.has_trace && !state.run && !state.after_bad && !w->in_item && w->p[w->i] == '6')
        skip_items (w);
      if (!walk_line (w))
        break;
      if (w->in_item && w->i < w->size && w->p[w->i] == '6')
        w->in_item = false;
    }
  if (state.dead || w->last)
    w->i = w->size;
  else if (!is_boundary (w))
    {
      memcpy (&state, w->head, STATE_HEAD);
      w->i = w->item;
    }
  if (w->i == 0)
    return PEN_MORE;
  state_save (&state, carry);
  *cut = w->i;
  return PEN_OK;
}
