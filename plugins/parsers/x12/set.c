/* SPDX-License-Identifier: Apache-2.0 */
/* set.c - moves over the segments of a transaction set by its definition: which loop, which row, which sums. */
#include "loop.h"
#include "x12.h"

/* False: it cannot be carried, and would be lost with the next chunk. */
static bool
write_log (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  if (s->n_log + 4 + g->n > LOG_MAX)
    {
      x12_set_find (x, RULE_segment_elements, g, 0, 0, 0,
                    "expected at most %u bytes in the open rows of a set larger than set_buffer, found more", LOG_MAX);
      return false;
    }
  memcpy (s->log + s->n_log, &s->item, 2);
  uint16_t n = (uint16_t)g->n;
  memcpy (s->log + s->n_log + 2, &n, 2);
  memcpy (s->log + s->n_log + 4, g->p, g->n);
  s->n_log = (uint16_t)(s->n_log + 4 + g->n);
  return true;
}

/* Leaves and enters loops so that the item's own is the innermost. */
static inline void
move_to (struct x12 *x, const struct x12_def *d, unsigned target, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  const struct x12_item *it = &d->item[target];
  while (s->open[s->depth - 1].loop != it->inside)
    x12_close_loop (x, d, g, s->last, s->end);
  s->item = (uint16_t)target;
  if (s->seen[target] < UINT16_MAX)
    s->seen[target]++;
  if (PEN_UNLIKELY (it->max && s->seen[target] == it->max + 1u))
    x12_set_find (x, RULE_segment_repeat, g, 0, it->starts ? 4 : 5, 0, "expected at most %u of these here, found more",
                  it->max);
  if (!it->starts)
    return;
  const struct x12_loop *l = &d->loop[it->loop];
  if (l->end > target + 1)
    memset (s->seen + target + 1, 0, (l->end - target - 1u) * sizeof *s->seen);
  x12_open_loop (x, d, it->loop, g->offset, l->hl ? x12_hl_enter (x, g) : x12_parent_row (x, d));
}

/* The columns of a segment: into a row of its own, or the loop's. */
static inline void
put_columns (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  x->row = NULL;
  if (it->table >= 0 && x->out && !it->each && (!PEN_UNLIKELY (x->set.huge) || it->own_row || write_log (x, g)))
    x->row = it->own_row ? x12_begin_row (x, (unsigned)it->table) : &x->tables.table[it->table];
  else if (PEN_UNLIKELY (x->set.huge) && !it->own_row && it->table >= 0 && !x->out)
    write_log (x, g);
  if (it->own_row && x->row)
    x12_put_keys (x, x->row, x->set.segments, x12_parent_row (x, d));
  x12_elements (x, d, it, g);
  if (it->own_row && x->row)
    x12_close_row (x->row, g->offset, g->offset, g->n);
}

/* A row of a segment that makes several. */
void
x12_put_each_keys (struct x12 *x, const struct x12_def *d)
{
  if (x->row)
    x12_put_keys (x, x->row, x->set.segments, x12_parent_row (x, d));
}

static bool
check_shape (struct x12 *x, const struct x12_seg *g)
{
  bool breaks = false, control = false;
  if (g->overflow)
    x12_set_find (x, RULE_segment_elements, g, 0, 8, 0, "expected at most %u elements, found more", ELEMENTS - 1);
  if (!g->id)
    x12_set_find (x, RULE_segment_id, g, 0, 1, 0,
                  "expected a segment id of two or three letters and digits, found \"%.*s\"",
                  (int)(seg_el (g, 0).n > 40 ? 40 : seg_el (g, 0).n), (const char *)g->p);
  if (g->odd)
    for (uint32_t i = 0; i < g->n; i++)
      {
        uint8_t c = g->p[i];
        if (c == x->st.elem || c == x->st.comp || c == x->st.rep)
          continue;
        breaks |= c == '\n' || c == '\r';
        control |= c < 0x20 || c == 0x7f;
      }
  if (breaks)
    x12_set_find (x, RULE_line_break, g, 0, 1, 0, "expected a terminator before the line break, found none");
  else if (control)
    x12_set_find (x, RULE_control_character, g, 0, 8, 0, "expected printable characters, found a control character");
  return g->id != 0;
}

void
x12_put_segment (struct x12 *x, const struct x12_seg *g, bool known)
{
  int wanted = x->o->segments;
  if (!x->out || wanted == SEGMENTS_NONE)
    return;
  if (wanted == SEGMENTS_ALL || !known || x->rest)
    x12_row_segment (x, g);
}

static void
unknown (struct x12 *x, const struct x12_def *d, const struct x12_seg *g, bool in_set)
{
  if (x->o->unknown_segments == UNKNOWN_REJECT && d)
    x12_set_find (x, RULE_unexpected_segment, g, 0, in_set ? 2 : 6, 0,
                  "expected a segment of the %s's definition, found %s", d->name,
                  in_set ? "one that belongs elsewhere" : "one that it has not");
  else if (x->o->unknown_segments != UNKNOWN_IGNORE || !d || x->o->segments == SEGMENTS_ALL)
    x12_put_segment (x, g, false);
}

/* Whatever is not as usual with it; false: it is not to be read. */
static __attribute__ ((noinline)) bool
check_segment (struct x12 *x, const struct x12_seg *g)
{
  if ((g->odd || !g->id || g->overflow) && !check_shape (x, g))
    return false;
  if (x12_is_binary (g->id))
    x12_set_find (x, RULE_binary_segment, g, 0, 2, 0,
                  "binary segments are not supported: the set cannot be read safely");
  return true;
}

/* A segment that the definition leads to item `to`. */
static inline void
place (struct x12 *x, const struct x12_def *d, unsigned to, const struct x12_seg *g)
{
  if (PEN_UNLIKELY (to & LATE))
    x12_set_find (x, RULE_segment_order, g, 0, 7, 0, "expected this segment earlier");
  to &= ~(unsigned)LATE;
  const struct x12_item *it = &d->item[to];
  move_to (x, d, to, g);
  if (PEN_UNLIKELY (x->status != PEN_OK))
    return; /* there may be no room for its row */
  put_columns (x, d, it, g);
  if (it->terms)
    x12_add_terms (x, d, it, g);
  if (PEN_UNLIKELY (x->rest || x->o->segments == SEGMENTS_ALL))
    x12_put_segment (x, g, true);
}

void
x12_set_segment (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d = x12_def_of (x);
  unsigned k, to;

  if (PEN_UNLIKELY (g->n == 0))
    {
      x12_set_find (x, RULE_empty_segment, g, 0, 0, 0, "expected a segment, found nothing between two terminators");
      return;
    }
  s->segments++;
  x->segments_here++;
  x->rest = false;
  x->plain = !g->odd;
  if (PEN_UNLIKELY (g->odd || !g->id || g->overflow || x12_is_binary (g->id)) && !check_segment (x, g))
    return;
  if (!d)
    x12_put_segment (x, g, false);
  else
    {
      k = x12_id_index (d, g->id);
      to = k < d->n_ids ? d->to[s->item * d->n_ids + k] : NOWHERE;
      if (PEN_UNLIKELY (to == NOWHERE))
        unknown (x, d, g, k < d->n_ids);
      else
        place (x, d, to, g);
    }
  s->last = g->offset;
  s->end = g->offset + g->n;
}
