/* SPDX-License-Identifier: Apache-2.0 */
/* bounds.c - a transaction set from its ST to its SE: begins it, takes it up again in the middle, counts its rows, and says
 * at the end whether it is accepted. */
#include "loop.h"
#include "x12.h"

/* What x12_set_count() counts from. */
static void
set_mark (struct x12 *x)
{
  const struct x12_def *d = x12_def_of (x);
  x->rows_before[T_SETS] = x->tables.table[T_SETS].rows;
  x->rows_before[T_SEGMENTS] = x->tables.table[T_SEGMENTS].rows;
  for (unsigned i = 0; d && i < d->n_tables; i++)
    x->rows_before[d->table[i]] = x->tables.table[d->table[i]].rows;
}

void
x12_settle (struct x12 *x)
{
  if (x->segments_here && x->out)
    x12_take (x, x->out->add (x->out->ctx, TOTAL_SEGMENTS, x->segments_here));
  x->segments_here = 0;
}

static void
check_header (struct x12 *x, const struct x12_seg *g)
{
  struct pen_span id = seg_el (g, 1), number = seg_el (g, 2);
  if (id.n < 3 || id.n > 6 || !number.n || g->n > ST_MAX)
    x12_set_find (x, RULE_set_header, g, id.n < 3 ? 1 : 2, 0, 0,
                  "expected a set id and a control number of at most 9 characters, found \"%.*s\" and \"%.*s\"",
                  (int)(id.n > 20 ? 20 : id.n), (const char *)id.p, (int)(number.n > 40 ? 40 : number.n),
                  (const char *)number.p);
}

/* Is the group around the set one that the definition is for? */
static bool
check_release (struct x12 *x, const struct x12_def *d, const struct x12_seg *g)
{
  struct x12_seg gs;
  struct pen_span release;
  bool is_sound = true;
  if (!d || !x->st.in_gs)
    return true;
  x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
  if (d->functional[0] && (seg_el (&gs, 1).n != 2 || memcmp (seg_el (&gs, 1).p, d->functional, 2) != 0))
    {
      is_sound = false;
      x12_set_find (x, RULE_functional_id, g, 1, 0, 0,
                    "expected functional id %s in GS01 around set %s, found \"%.*s\"", d->functional, d->name,
                    EL (&gs, 1));
    }
  release = seg_el (&gs, 8);
  for (unsigned i = 0; i < d->n_releases; i++)
    if (release.n >= strlen (d->release[i]) && memcmp (release.p, d->release[i], strlen (d->release[i])) == 0)
      return is_sound;
  if (d->n_releases)
    x12_set_find (x, RULE_release, g, 1, 0, 0, "expected a release that the definition of %s is for, found \"%.*s\"",
                  d->name, EL (&gs, 8));
  return is_sound && !d->n_releases;
}

/* The definition for the set; *is_known: nothing was wrong with it in this group before. */
static const struct x12_def *
find_def (struct x12 *x, const struct x12_seg *g, bool *is_known)
{
  struct pen_span id = seg_el (g, 1);
  struct x12_known *k = &x->known;
  const struct x12_def *d;
  unsigned index = 0;
  *is_known = k->group == x->st.groups && k->group && x->st.in_gs && id.n == k->n && memcmp (id.p, k->id, k->n) == 0;
  if (*is_known)
    return k->def;
  d = x12_def_find (x, g, &index);
  return d && x12_def_link (x, &x->def[index]) ? d : NULL;
}

static void
note_def (struct x12 *x, const struct x12_def *d, const struct x12_seg *g)
{
  struct pen_span id = seg_el (g, 1);
  struct x12_known *k = &x->known;
  if (!x->st.in_gs || id.n > sizeof k->id)
    return;
  k->group = x->st.groups;
  k->def = d;
  k->n = (uint8_t)id.n;
  memcpy (k->id, id.p, id.n);
}

void
x12_set_begin (struct x12 *x, const struct x12_seg *g, bool huge)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d;
  bool is_known;
  memset (s, 0, offsetof (struct x12_set, log));
  memset (s->log, 0, huge ? sizeof s->log : 0);
  s->offset = s->last = g->offset;
  s->end = g->offset + g->n;
  s->segments = 1;
  s->huge = huge;
  s->st_n = (uint16_t)(g->n > ST_MAX ? ST_MAX : g->n);
  memcpy (s->st, g->p, s->st_n);
  x->is_split = false;
  d = find_def (x, g, &is_known);
  s->def = (uint8_t)(d ? d - x->def + 1 : 0);
  x->segments_here = 1;
  if (x->out)
    {
      set_mark (x);
      x12_ledger_open (x, SCOPE_SET, seg_el (g, 2));
      x12_ack_set_begin (x);
    }
  check_header (x, g);
  if (!is_known && check_release (x, d, g))
    note_def (x, d, g);
  if (huge && x->st.st_refused)
    x12_set_find (x, RULE_refused_envelope, g, 0, 0, 0,
                  "expected a sound envelope around a set larger than set_buffer");
  if (d)
    x12_open_loop (x, d, 0, g->offset, 0);
}

/* Writes open rows again, after a flush or at the beginning of a chunk. */
void
x12_set_resume (struct x12 *x)
{
  struct x12_set *s = &x->set;
  const struct x12_def *d = x12_def_of (x);
  uint64_t segments = s->segments;
  unsigned depth = 0;
  if (!x->out)
    return;
  set_mark (x);
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
            x12_put_keys (x, t, o->ordinal, o->parent);
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

static void
count_rows (struct x12 *x, unsigned table, bool refused)
{
  struct pen_table *t = &x->tables.table[table];
  int64_t n = t->rows - x->rows_before[table];
  x->n_read[table] += (uint64_t)n;
  if (refused)
    {
      x->n_rejected[table] += (uint64_t)n;
      pen_rows_truncate (t, x->rows_before[table]);
    }
  x->rows_before[table] = t->rows;
  x->is_full |= t->rows >= x->tables.full_rows;
}

/* Rows since the set began (or, in a huge one, since the last flush) become read, or vanish. */
void
x12_set_count (struct x12 *x, bool refused)
{
  const struct x12_def *d = x12_def_of (x);
  count_rows (x, T_SETS, refused);
  count_rows (x, T_SEGMENTS, refused);
  for (unsigned i = 0; d && i < d->n_tables; i++)
    {
      /* in a refused one there may be the beginning of a row */
      if (!refused && x->tables.table[d->table[i]].rows == x->rows_before[d->table[i]])
        continue;
      count_rows (x, d->table[i], refused);
      x12_rows_settle (x, &x->tables.table[d->table[i]]);
    }
}

static bool
check_trailer (struct x12 *x, const struct x12_seg *g)
{
  struct x12_set *s = &x->set;
  struct pen_span count = seg_el (g, 1), want, got = seg_el (g, 2);
  int64_t n = pen_parse_digits (count.p, count.n);
  uint32_t before = s->errors;
  want = seg_el (x12_recall_header (x), 2);
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
  struct pen_span key;
  struct pen_claim claim = { TOTAL_SEGMENTS, PEN_SEV_OBJECT, (int64_t)x->set.segments };
  if (!x->out)
    return;
  x12_settle (x);
  key = seg_el (x12_recall_header (x), 2);
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
  const struct x12_def *d = x12_def_of (x);
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
        x12_close_loop (x, d, g, s->last, s->end);
      x12_close_loop (x, d, g, order, g->offset + g->n);
      x12_check_sums (x, d, g);
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
  memset (s, 0, offsetof (struct x12_set, log));
  x->st.in_st = x->st.st_refused = 0;
}
