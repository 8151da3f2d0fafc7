/* SPDX-License-Identifier: Apache-2.0 */
/* set.c - moves over the segments of a transaction set by its definition: which loop, which row, which sums, and at the
 * SE whether the set is accepted. */
#include "x12.h"

static const struct x12_def *
def_of (const struct x12 *x)
{
  return x->set.def ? &x->def[x->set.def - 1] : NULL;
}

/* ---- rows of loops ---- */

/* What every row of a definition's tables begins with. */
static void
put_keys (struct x12 *x, struct pen_table *t, uint64_t ordinal, uint32_t parent)
{
  pen_put_i64 (t, 0, (int64_t)x->st.sets);
  pen_put_i64 (t, 1, (int64_t)ordinal);
  if (parent)
    pen_put_i64 (t, 2, parent);
}

/* The innermost open loop that has a row: its segment's ordinal. */
static uint32_t
parent_row (const struct x12 *x, const struct x12_def *d)
{
  for (unsigned i = x->set.depth; i-- > 1;)
    if (d->loop[x->set.open[i].loop].table >= 0)
      return x->set.open[i].ordinal;
  return 0;
}

static void
open_loop (struct x12 *x, const struct x12_def *d, unsigned loop, uint64_t offset, uint32_t parent)
{
  struct x12_set *s = &x->set;
  const struct x12_loop *l = &d->loop[loop];
  struct x12_open_loop *o = &s->open[s->depth++];
  o->offset = offset;
  o->ordinal = (uint32_t)s->segments;
  o->parent = parent;
  o->loop = (uint8_t)loop;
  o->log = s->n_log;
  if (l->table >= 0 && x->out)
    {
      struct pen_table *t = x12_begin_row (x, (unsigned)l->table);
      if (t)
        put_keys (x, t, o->ordinal, parent);
    }
}

static void
check_mandatory (struct x12 *x, const struct x12_def *d, unsigned loop, const struct x12_seg *g)
{
  const struct x12_loop *l = &d->loop[loop];
  for (unsigned i = l->must; i < (unsigned)l->must + l->n_must; i++)
    {
      const struct x12_item *it = &d->item[d->must[i]];
      if (!x->set.seen[d->must[i]])
        x12_set_find (x, RULE_mandatory_segment, g, 0, 3, 0, "expected a %.3s segment before this, found none",
                      (const char[4]){ (char)it->id, (char)(it->id >> 8), (char)(it->id >> 16), 0 });
    }
}

static void
close_loop (struct x12 *x, const struct x12_def *d, const struct x12_seg *g, uint64_t order, uint64_t end)
{
  struct x12_set *s = &x->set;
  struct x12_open_loop *o = &s->open[s->depth - 1];
  const struct x12_loop *l = &d->loop[o->loop];
  check_mandatory (x, d, o->loop, g);
  if (l->table >= 0 && x->out)
    x12_end_row (x, &x->tables.table[l->table], order, o->offset, end - o->offset);
  s->n_log = o->log;
  memset (o, 0, sizeof *o);
  s->depth--;
}

/* ---- hierarchies (HL) ---- */

static bool
is_level (const struct x12_level_open *l, struct pen_span id)
{
  return id.n <= sizeof l->id && memcmp (l->id, id.p, id.n) == 0 && (id.n == sizeof l->id || !l->id[id.n]);
}

/* Takes the HL into the path; returns the ordinal of its parent's segment, 0: none or not known. */
static uint32_t
hl_enter (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  struct pen_span id = seg_el (g, 1), parent = seg_el (g, 2);
  int64_t number = pen_parse_digits (id.p, id.n), above = pen_parse_digits (parent.p, parent.n);
  unsigned depth = 0;
  s->hl_count++;
  if (number != s->hl_count)
    {
      if (!s->hl_loose)
        x12_set_find (x, RULE_hl_number, g, 1, 8, 7, "expected HL number %u, found \"%.*s\"", s->hl_count, EL (g, 1));
      s->hl_loose = 1;
    }
  if (parent.n)
    {
      for (depth = s->hl_depth; depth && !is_level (&s->hl[depth - 1], parent);)
        depth--;
      /* a parent outside of the path is fine where numbers tell that it came before */
      if (!depth && (s->hl_loose || above < 1 || above >= number))
        x12_set_find (x, RULE_hl_parent, g, 2, 8, 7, "expected the number of an HL before this one, found \"%.*s\"",
                      EL (g, 2));
    }
  if (depth == HL_DEPTH)
    depth--;
  memset (&s->hl[depth], 0, (HL_DEPTH - depth) * sizeof *s->hl);
  memcpy (s->hl[depth].id, id.p, id.n < sizeof s->hl->id ? id.n : sizeof s->hl->id);
  s->hl[depth].ordinal = (uint32_t)s->segments;
  s->hl_depth = (uint8_t)(depth + 1);
  return depth ? s->hl[depth - 1].ordinal : 0;
}

/* ---- sums ---- */

static void
add_terms (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  for (unsigned i = 0; i < d->n_terms; i++)
    {
      const struct x12_term *t = &d->term[i];
      pen_i128 a, b = 100000; /* 1 at half the scale */
      if (t->id != it->id || (t->if_pos && !x12_is_code (d, t->if_code, t->n_if, seg_el (g, t->if_pos))))
        continue;
      if (t->count)
        a = 100000;
      else if (!x12_number (d, it, g, t->a, &a) || (t->b && !x12_number (d, it, g, t->b, &b)))
        continue;
      if (__builtin_mul_overflow (a, b * t->sign, &a) || pen_dec_add (&s->sum[t->sum], a))
        s->void_sums = (uint8_t)(s->void_sums | 1u << t->sum);
    }
  for (unsigned i = 0; i < d->n_checks; i++)
    if (d->check[i].id == it->id && x12_number (d, it, g, d->check[i].pos, &s->claim[i]))
      {
        s->claim[i] *= 100000;
        s->claimed = (uint8_t)(s->claimed | 1u << i);
      }
}

static void
check_sums (struct x12 *x, const struct x12_def *d, const struct x12_seg *g)
{
  const struct x12_set *s = &x->set;
  for (unsigned i = 0; i < d->n_checks; i++)
    {
      const struct x12_check *c = &d->check[i];
      /* money is rounded to cents, and partners round at different places */
      pen_i128 slack = c->rule == RULE_tds_total ? 50000000 : 0;
      bool fits = !(s->claimed >> i & 1);
      char want[PEN_DEC_TEXT], got[PEN_DEC_TEXT];
      for (unsigned k = c->first_sum; !fits && k < (unsigned)c->first_sum + c->n_sums; k++)
        {
          pen_i128 diff = s->claim[i] - s->sum[k];
          fits = (diff <= slack && -diff <= slack) || s->void_sums >> k & 1;
        }
      if (fits)
        continue;
      pen_dec_format (want, s->sum[c->first_sum] / 1000000, 4);
      pen_dec_format (got, s->claim[i] / 1000000, 4);
      x12_set_find (x, (enum x12_rule)c->rule, g, 0, 0, 0, "expected %s in %.3s%02u, found %s", want,
                    (const char[4]){ (char)c->id, (char)(c->id >> 8), (char)(c->id >> 16), 0 }, c->pos, got);
    }
}

/* ---- a segment in its place ---- */

static unsigned
id_index (const struct x12_def *d, uint32_t id)
{
  for (unsigned h = (id * 0x9e3779b1u) >> 24;; h = (h + 1) % ID_SLOTS)
    {
      if (!d->slot[h])
        return d->n_ids;
      if (d->slot_id[h] == id)
        return d->slot[h] - 1u;
    }
}

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
static void
move_to (struct x12 *x, const struct x12_def *d, unsigned target, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  const struct x12_item *it = &d->item[target];
  unsigned want = it->starts ? d->loop[it->loop].parent : it->loop;
  uint32_t parent = 0;
  while (s->open[s->depth - 1].loop != want)
    close_loop (x, d, g, s->last, s->end);
  s->item = (uint16_t)target;
  if (s->seen[target] < UINT16_MAX)
    s->seen[target]++;
  if (it->max && s->seen[target] == it->max + 1u)
    x12_set_find (x, RULE_segment_repeat, g, 0, it->starts ? 4 : 5, 0, "expected at most %u of these here, found more",
                  it->max);
  if (!it->starts)
    return;
  const struct x12_loop *l = &d->loop[it->loop];
  memset (s->seen + target + 1, 0, (l->end - target - 1u) * sizeof *s->seen);
  parent = l->hl ? hl_enter (x, g) : parent_row (x, d);
  open_loop (x, d, it->loop, g->offset, parent);
}

/* The columns of a segment: into a row of its own, or the loop's. */
static void
put_columns (struct x12 *x, const struct x12_def *d, const struct x12_item *it, const struct x12_seg *g)
{
  bool fits = !x->set.huge || it->own_row || it->table < 0 || write_log (x, g);
  x->row = NULL;
  if (it->table >= 0 && x->out && !it->each && fits)
    x->row = it->own_row ? x12_begin_row (x, (unsigned)it->table) : &x->tables.table[it->table];
  if (it->own_row && x->row)
    put_keys (x, x->row, x->set.segments, parent_row (x, d));
  x12_elements (x, d, it, g);
  if (it->own_row && x->row)
    x12_end_row (x, x->row, g->offset, g->offset, g->n);
}

/* A row of a segment that makes several. */
void
x12_put_each_keys (struct x12 *x, const struct x12_def *d)
{
  if (x->row)
    put_keys (x, x->row, x->set.segments, parent_row (x, d));
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

static void
put_segment (struct x12 *x, const struct x12_seg *g, bool known)
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
    put_segment (x, g, false);
}

void
x12_set_segment (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d = def_of (x);
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
  if (PEN_UNLIKELY (g->odd || !g->id || g->overflow) && !check_shape (x, g))
    return;
  if (PEN_UNLIKELY (g->id == ID3 ('B', 'I', 'N') || g->id == ID3 ('B', 'D', 'S')))
    x12_set_find (x, RULE_binary_segment, g, 0, 2, 0,
                  "binary segments are not supported: the set cannot be read safely");
  if (!d)
    {
      put_segment (x, g, false);
      goto done;
    }
  k = id_index (d, g->id);
  to = k < d->n_ids ? d->to[s->item * d->n_ids + k] : NOWHERE;
  if (to == NOWHERE)
    unknown (x, d, g, k < d->n_ids);
  else
    {
      if (to & LATE)
        x12_set_find (x, RULE_segment_order, g, 0, 7, 0, "expected this segment earlier");
      to &= ~(unsigned)LATE;
      const struct x12_item *it = &d->item[to];
      move_to (x, d, to, g);
      put_columns (x, d, it, g);
      if (it->terms)
        add_terms (x, d, it, g);
      put_segment (x, g, true);
    }
done:
  s->last = g->offset;
  s->end = g->offset + g->n;
}

/* ---- begin, resume, end ---- */

static void
ledger_open (struct x12 *x, struct pen_span key)
{
  if (key.n > 32)
    key.n = 32;
  if (x->out)
    x12_take (x, x->out->open (x->out->ctx, SCOPE_SET, key));
}

void
x12_settle (struct x12 *x)
{
  if (x->segments_here && x->out)
    x12_take (x, x->out->add (x->out->ctx, TOTAL_SEGMENTS, x->segments_here));
  x->segments_here = 0;
}

static void
check_header (struct x12 *x, const struct x12_def *d, const struct x12_seg *g)
{
  struct pen_span id = seg_el (g, 1), number = seg_el (g, 2), release;
  struct x12_seg gs;
  if (id.n < 3 || id.n > 6 || !number.n || g->n > ST_MAX)
    x12_set_find (x, RULE_set_header, g, id.n < 3 ? 1 : 2, 0, 0,
                  "expected a set id and a control number of at most 9 characters, found \"%.*s\" and \"%.*s\"",
                  (int)(id.n > 20 ? 20 : id.n), (const char *)id.p, (int)(number.n > 40 ? 40 : number.n),
                  (const char *)number.p);
  if (!d || !x->st.in_gs)
    return;
  x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
  if (d->functional[0] && (seg_el (&gs, 1).n != 2 || memcmp (seg_el (&gs, 1).p, d->functional, 2) != 0))
    x12_set_find (x, RULE_functional_id, g, 1, 0, 0, "expected functional id %s in GS01 around set %s, found \"%.*s\"",
                  d->functional, d->name, EL (&gs, 1));
  release = seg_el (&gs, 8);
  for (unsigned i = 0; i < d->n_releases; i++)
    if (release.n >= strlen (d->release[i]) && memcmp (release.p, d->release[i], strlen (d->release[i])) == 0)
      return;
  if (d->n_releases)
    x12_set_find (x, RULE_release, g, 1, 0, 0, "expected a release that the definition of %s is for, found \"%.*s\"",
                  d->name, EL (&gs, 8));
}

void
x12_set_begin (struct x12 *x, const struct x12_seg *g, bool huge)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d;
  unsigned index = 0;
  memset (s, 0, offsetof (struct x12_set, log));
  memset (s->log, 0, huge ? sizeof s->log : 0);
  s->offset = s->last = g->offset;
  s->end = g->offset + g->n;
  s->segments = 1;
  s->huge = huge;
  s->st_n = (uint16_t)(g->n > ST_MAX ? ST_MAX : g->n);
  memcpy (s->st, g->p, s->st_n);
  d = x12_def_find (x, g, &index);
  s->def = (uint8_t)(d ? index + 1 : 0);
  x->segments_here = 1;
  if (x->out)
    {
      for (unsigned i = 0; i < x->n_tables; i++)
        x->rows_before[i] = x->tables.table[i].rows;
      ledger_open (x, seg_el (g, 2));
      x12_ack_set_begin (x);
    }
  check_header (x, d, g);
  if (huge && x->st.st_refused)
    x12_set_find (x, RULE_refused_envelope, g, 0, 0, 0,
                  "expected a sound envelope around a set larger than set_buffer");
  if (d)
    open_loop (x, d, 0, g->offset, 0);
}

/* Writes open rows again, after a flush or at the beginning of a chunk. */
void
x12_set_resume (struct x12 *x)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d = def_of (x);
  uint64_t segments = s->segments;
  unsigned depth = 0;
  if (!x->out)
    return;
  for (unsigned i = 0; i < x->n_tables; i++)
    x->rows_before[i] = x->tables.table[i].rows;
  if (!d)
    return;
  x->mute = true;
  for (unsigned at = 0; depth < s->depth || at < s->n_log;)
    {
      while (depth < s->depth && (s->open[depth].log <= at || at >= s->n_log))
        {
          const struct x12_open_loop *o = &s->open[depth++];
          int table = d->loop[o->loop].table;
          struct pen_table *t = table >= 0 ? x12_begin_row (x, (unsigned)table) : NULL;
          if (t)
            put_keys (x, t, o->ordinal, o->parent);
        }
      if (at >= s->n_log)
        break;
      uint16_t item, n;
      memcpy (&item, s->log + at, 2);
      memcpy (&n, s->log + at + 2, 2);
      x12_recall (&x->st, s->log + at + 4, n, &x->seg);
      if (item < d->n_items && d->item[item].table >= 0)
        {
          x->row = &x->tables.table[d->item[item].table];
          x->plain = !x->seg.odd;
          x12_elements (x, d, &d->item[item], &x->seg);
        }
      at += 4u + n;
    }
  x->mute = false;
  s->segments = segments;
}

/* Rows since the set began (or, in a huge one, since the last flush) become read, or vanish. */
void
x12_set_count (struct x12 *x, bool refused)
{
  for (unsigned i = 0; i < x->n_tables; i++)
    {
      struct pen_table *t = &x->tables.table[i];
      int64_t n = t->rows - x->rows_before[i];
      if (i <= T_GROUPS || i == T_TA1 || i == T_ACKS)
        continue;
      x->n_read[i] += (uint64_t)n;
      if (refused)
        {
          x->n_rejected[i] += (uint64_t)n;
          pen_rows_truncate (t, x->rows_before[i]);
        }
      x->rows_before[i] = t->rows;
    }
}

static bool
check_trailer (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  struct pen_span count = seg_el (g, 1), want, got = seg_el (g, 2);
  struct x12_seg st;
  int64_t n = pen_parse_digits (count.p, count.n);
  uint32_t before = s->errors;
  x12_recall (&x->st, s->st, s->st_n, &st);
  want = seg_el (&st, 2);
  if (n != (int64_t)s->segments)
    {
      x12_set_find (x, RULE_set_segments, g, 1, 0, 0, "expected %llu segments in SE01, found \"%.*s\"",
                    (unsigned long long)s->segments, EL (g, 1));
      s->ak5 = (uint16_t)(s->ak5 | (x->o->rule[RULE_set_segments] == LEVEL_REJECT) << 4);
    }
  if (want.n != got.n || memcmp (want.p, got.p, got.n) != 0)
    {
      bool same = pen_parse_digits (want.p, want.n) >= 0
                  && pen_parse_digits (want.p, want.n) == pen_parse_digits (got.p, got.n);
      x12_set_find (x, same ? RULE_control_number_text : RULE_set_control, g, 2, 0, 0,
                    "expected control number \"%.*s\" as in the ST, found \"%.*s\"", (int)want.n, (const char *)want.p,
                    (int)(got.n > 40 ? 40 : got.n), (const char *)got.p);
      s->ak5 = (uint16_t)(s->ak5 | (!same && x->o->rule[RULE_set_control] == LEVEL_REJECT) << 3);
    }
  return s->errors == before && n == (int64_t)s->segments;
}

static void
close_ledger (struct x12 *x, const struct x12_seg *g, bool claims)
{
  struct x12_seg st;
  struct pen_span key;
  struct pen_claim claim = { TOTAL_SEGMENTS, PEN_SEV_OBJECT, (int64_t)x->set.segments };
  if (!x->out)
    return;
  x12_settle (x);
  x12_recall (&x->st, x->set.st, x->set.st_n, &st);
  key = seg_el (&st, 2);
  if (key.n > 32)
    key.n = 32;
  if (claims)
    claim.value = pen_parse_digits (seg_el (g, 1).p, seg_el (g, 1).n);
  x12_take (x, x->out->close (x->out->ctx, SCOPE_SET, key, &claim, claims, g->offset, g->n, 0));
}

void
x12_set_end (struct x12 *x, const struct x12_seg *se, uint64_t at)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d = def_of (x);
  struct x12_seg none = { .p = (const uint8_t *)"", .offset = at };
  const struct x12_seg *g = se ? se : &none;
  uint64_t order = g->offset;
  bool claims = false, refused;

  if (se)
    {
      s->segments++;
      x->segments_here++;
    }
  else
    {
      x12_set_find (x, RULE_missing_se, g, 0, 0, 0, "expected an SE, found the end of what is around the set");
      s->ak5 |= 1 << 2;
    }
  if (d)
    {
      while (s->depth > 1)
        close_loop (x, d, g, s->last, s->end);
      close_loop (x, d, g, order, g->offset + g->n);
      check_sums (x, d, g);
    }
  if (se)
    claims = check_trailer (x, g);
  refused = s->errors || x->st.st_refused;
  if (x->out)
    {
      if (!s->huge || !refused)
        x12_row_set (x, se, order, g->offset + g->n);
      else
        x->n_read[T_SETS]++, x->n_rejected[T_SETS]++;
      close_ledger (x, g, claims && !refused);
      x12_set_count (x, refused && !s->huge);
      x12_ack_set (x, order);
    }
  memset (s, 0, sizeof *s);
  x->st.in_st = x->st.st_refused = 0;
}
