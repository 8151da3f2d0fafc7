/* SPDX-License-Identifier: Apache-2.0 */
/* quick.c - segments of a set as they mostly are, from the index straight into columns: known to the definition, in its
 * order, of printable ASCII.
 *
 * A segment that anything could be said about is left to set.c before it has changed anything, and so are sets larger than
 * set_buffer; an element that is not short and plain goes to value.c. Both ways do the same, and the tests compare them. */
#include <penstock/wide.h>
#include "loop.h"
#include "short.h"
#include "x12.h"

/* The segment at hand. */
struct quick
{
  struct x12 *x;
  const struct x12_def *d;
  struct pen_table *table;
  const uint8_t *base; /* the index's window, from which `at` counts */
  uint32_t *at;        /* where element i begins, from 1 on; at[n_el]: one behind the terminator */
  uint32_t from;       /* where the id begins */
  unsigned n_el;
  uint32_t id;
  uint64_t offset;
  size_t text; /* bytes of text in columns, not yet told to the tables */
};

static __attribute__ ((noinline)) const struct x12_seg *
fill_segment (const struct quick *q)
{
  struct x12_seg *g = &q->x->seg;
  q->at[0] = q->from;
  g->p = q->base + q->from;
  g->n = q->at[q->n_el] - 1 - q->from;
  g->next = g->n + 1;
  g->offset = q->offset;
  g->id = q->id;
  g->n_el = q->n_el;
  g->base = q->base;
  g->at = q->at;
  g->overflow = g->odd = g->open = false;
  g->roomy = true;
  q->x->row = q->table;
  return g;
}

/* As the other files want it. From a copy: what has no address of its own stays in registers. */
static PEN_WIDE_INLINE const struct x12_seg *
make_segment (const struct quick *q)
{
  struct quick copy = *q;
  return fill_segment (&copy);
}

static PEN_WIDE_INLINE unsigned
put_slowly (const struct quick *q, struct x12_op *op, unsigned pos)
{
  return x12_element (q->x, q->d, op, make_segment (q), pos);
}

/* Elements from .. to - 1, of which the item's places from `place` on tell. */
static PEN_WIDE_INLINE void
put_elements (struct quick *q, const struct x12_item *it, unsigned place, unsigned from, unsigned to)
{
  struct hand h = { (uint8_t *)q->table->col, q->table->rows, 0 };
  struct x12_op *op = it->op + place;
  unsigned n_ops = it->last_pos + 1 - place;
  const uint32_t *at = q->at + from, *end = q->at + to, *told = to - from > n_ops ? at + n_ops : end;
  const uint8_t *base = q->base;
  for (; at < told; at++, op++)
    {
      const uint8_t *p = base + at[0];
      uint32_t n = at[1] - at[0] - 1;
      if (!n && !PEN_UNLIKELY (op->watch))
        continue;
      if (n && !PEN_UNLIKELY (!put_short (&h, op, p, n)))
        continue;
      if (n && op->act == ACT_PAIR && at + 1 < end)
        {
          unsigned line = x12_pair_line (q->d, op, (struct pen_span){ p, n });
          n = at[2] - at[1] - 1;
          if (line && n && put_short (&h, &q->d->value[line], base + at[1], n))
            {
              at++;
              op++;
              continue;
            }
        }
      if (put_slowly (q, op, (unsigned)(at - q->at)) == 2)
        {
          at++;
          op++;
        }
    }
  for (; at < end; at++)
    q->x->rest |= at[1] - at[0] > 1;
  q->text += h.text;
}

static PEN_WIDE_INLINE bool
is_room (struct x12 *x, struct pen_table *t)
{
  return pen_row_room (t, 1) || x12_more_rows (x, t);
}

/* A row for each group of elements that is not empty. */
static void
put_each (struct quick *q, const struct x12_item *it, uint32_t parent)
{
  struct x12 *x = q->x;
  for (unsigned from = it->each, to; from < q->n_el && is_room (x, q->table); from = to)
    {
      to = from + it->step < q->n_el ? from + it->step : q->n_el;
      if (q->at[to] - q->at[from] == to - from)
        continue; /* as many bytes as separators */
      x12_put_keys (x, q->table, x->set.segments, parent);
      put_elements (q, it, 1, 1, it->each);
      put_elements (q, it, it->each, from, to);
      x12_close_row (q->table, q->offset, q->offset, q->at[q->n_el] - 1 - q->from);
    }
}

/* Sets n counts to 0: mostly very few. */
static PEN_WIDE_INLINE void
forget (uint16_t *p, unsigned n)
{
  for (; n >= 16; n -= 16, p += 16)
    memset (p, 0, 32);
  if (n & 8)
    memset (p, 0, 16);
  p += n & 8;
  if (n & 4)
    memset (p, 0, 8);
  p += n & 4;
  if (n & 2)
    memset (p, 0, 4);
  p += n & 2;
  if (n & 1)
    *p = 0;
}

/* Leaves and enters loops. */
static PEN_WIDE_INLINE void
move (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_move *m, uint64_t offset)
{
  struct x12_set *s = &x->set;
  for (unsigned i = m->leave; i; i--)
    x12_close_loop (x, d, NULL, s->last, s->end);
  s->item = m->to;
  s->seen[m->to]++; /* find_move() has looked at the limit */
  if (it->starts)
    {
      const struct x12_loop *l = &d->loop[it->loop];
      forget (s->seen + m->to + 1, l->end - m->to - 1u);
      x12_open_loop (x, d, it->loop, offset, x12_parent_row (x, d));
    }
}

/* Adds what the segment adds to sums; false: something is not a short number, and nothing was added. */
static PEN_WIDE_INLINE bool
add_quick_terms (const struct quick *q, const struct x12_item *it)
{
  struct x12_set *s = &q->x->set;
  int64_t v[QUICK_TERMS];
  for (unsigned i = 0; i < it->n_quick; i++)
    {
      const struct x12_quick_term *t = &it->quick[i];
      v[i] = 100000; /* 1 at half the scale */
      if (t->pos
          && (t->pos >= q->n_el
              || !number_short (q->base + q->at[t->pos], q->at[t->pos + 1] - q->at[t->pos] - 1, SUM_SCALE / 2, &v[i])))
        return false;
    }
  for (unsigned i = 0; i < it->n_quick; i++)
    if (pen_dec_add (&s->sum[it->quick[i].sum], (pen_i128)(v[i] * 100000 * it->quick[i].sign)))
      s->void_sums = (uint8_t)(s->void_sums | 1u << it->quick[i].sum);
  return it->n_quick != 0;
}

/* The columns of the segment, which is in its place by now. */
static PEN_WIDE_INLINE void
put_segment (struct quick *q, const struct x12_item *it)
{
  struct x12 *x = q->x;
  if (it->each)
    {
      struct quick copy = *q;
      put_each (&copy, it, x12_parent_row (x, q->d));
      q->text = copy.text;
    }
  else
    {
      if (it->own_row)
        x12_put_keys (x, q->table, x->set.segments, x12_parent_row (x, q->d));
      put_elements (q, it, 1, 1, q->n_el);
      if (PEN_UNLIKELY (q->n_el <= it->last_required))
        x12_check_behind (x, q->d, it, make_segment (q));
      if (it->own_row)
        x12_close_row (q->table, q->offset, q->offset, q->at[q->n_el] - 1 - q->from);
    }
  if (it->terms && !add_quick_terms (q, it))
    x12_add_terms (x, q->d, it, make_segment (q));
  if (PEN_UNLIKELY (x->rest))
    x12_put_segment (x, make_segment (q), true);
}

/* The id of n letters, 2 or 3, in the four bytes at p. */
static PEN_WIDE_INLINE uint32_t
load_id (const uint8_t *p, uint32_t n)
{
  return ID2 (p[0], p[1]) | (n == 3 ? (uint32_t)p[2] << 16 : 0);
}

/* Where a segment of this id leads; NULL: not for us. */
static PEN_WIDE_INLINE const struct x12_move *
find_move (const struct x12_def *d, const struct x12_set *s, uint32_t id)
{
  unsigned k = x12_id_index (d, id);
  const struct x12_move *m = &d->move[s->item * d->n_ids + k];
  if (k == d->n_ids || !m->to || s->seen[m->to] >= d->item[m->to].limit)
    return NULL;
  return m;
}

static bool
is_ready (const struct x12 *x, const struct pen_chunk *c, size_t at)
{
  const struct x12_index *ix = x->index;
  return x->set.def && !x->set.huge && x->out && !x->mute && x->o->segments != SEGMENTS_ALL && ix->n && !ix->odd
         && ix->elem == x->st.elem && ix->term == x->st.term && at >= SEG_BEFORE && c->bytes.p + at >= ix->p;
}

PEN_WIDE size_t
x12_quick (struct x12 *x, const struct pen_chunk *c, size_t at)
{
  struct x12_index *ix = x->index;
  struct x12_set *s = &x->set;
  struct quick q = { .x = x, .d = x12_def_of (x), .base = ix->p };
  const uint8_t *p = c->bytes.p;
  size_t n = c->bytes.n, window = (size_t)(ix->p - p);
  unsigned cursor = ix->cursor;
  const bool is_lf_data = x->st.elem == '\n';
  if (!is_ready (x, c, at) || n - at < SEG_AFTER)
    return at;
  x->plain = true;
  while (x->status == PEN_OK)
    {
      size_t next = at + (p[at] == '\n' && !is_lf_data);
      uint32_t end, from, before = cursor ? ix->ends[cursor - 1] : 0;
      const struct x12_move *m;
      const struct x12_item *it;
      if (PEN_UNLIKELY (cursor == ix->n_term))
        break;
      if (PEN_UNLIKELY ((uint8_t)(p[next] - 'A') > 'Z' - 'A'))
        next = x12_skip (&x->st, p, n, next);
      from = (uint32_t)(next - window);
      end = ix->ends[cursor];
      q.at = ix->sep + before;
      q.n_el = end - before;
      /* as x12_index_segment() has it; and room to copy more than there is */
      if (PEN_UNLIKELY (q.at[1] <= from) || PEN_UNLIKELY (q.n_el > ELEMENTS) || q.at[1] - from - 3 > 1
          || PEN_UNLIKELY (window + q.at[q.n_el] + SEG_AFTER > n))
        break;
      q.id = load_id (q.base + from, q.at[1] - from - 1);
      m = find_move (q.d, s, q.id);
      if (PEN_UNLIKELY (!m))
        break;
      it = &q.d->item[m->to];
      q.table = &x->tables.table[it->table];
      if (PEN_UNLIKELY (!is_room (x, q.table)))
        break;
      q.from = from;
      q.offset = c->offset + next;
      s->segments++;
      x->segments_here++;
      x->rest = false;
      move (x, q.d, it, m, q.offset);
      put_segment (&q, it);
      s->last = q.offset;
      s->end = q.offset + (q.at[q.n_el] - 1 - from);
      at = window + q.at[q.n_el];
      cursor++;
    }
  ix->cursor = cursor;
  x->tables.grown_text += q.text;
  return at;
}
