/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c - moves the carried state over interchanges, groups and set headers, for cut() and parse() alike; with an
 * output it also reports, fills rows and keeps the control ledger. */
#include "x12.h"

_Static_assert(sizeof (struct x12_state) + sizeof (struct x12_set) <= PEN_CARRY_MAX, "both must fit into a carry");

void
x12_state_load (struct x12 *x, const struct pen_carry *c)
{
  memset (&x->st, 0, sizeof x->st);
  memset (&x->set, 0, sizeof x->set);
  x->is_split = false;
  if (c->len >= sizeof x->st)
    memcpy (&x->st, c->b, sizeof x->st);
  if (c->len == sizeof x->st + sizeof x->set)
    memcpy (&x->set, c->b + sizeof x->st, sizeof x->set);
  if (x->set.def && !x12_def_link (x, &x->def[x->set.def - 1]))
    x->set.def = 0;
}

void
x12_state_save (const struct x12 *x, struct pen_carry *c)
{
  c->len = sizeof x->st;
  memcpy (c->b, &x->st, sizeof x->st);
  if (x->st.in_st)
    {
      memcpy (c->b + c->len, &x->set, sizeof x->set);
      c->len += (uint32_t)sizeof x->set;
    }
}

void
x12_recall (const struct x12_state *s, const uint8_t *p, size_t n, struct x12_seg *g)
{
  if (x12_segment (s, p, n, 0, 0, true, g) != FRAME_OK)
    *g = (struct x12_seg){ .p = p }; /* there is none */
  g->open = false;
}

const struct x12_seg *
x12_recall_header (struct x12 *x)
{
  if (!x->is_split)
    x12_recall (&x->st, x->set.st, x->set.st_n, &x->header);
  x->is_split = true;
  return &x->header;
}

/* ---- control numbers ---- */

/* A control number to compare and remember; texts that are no numbers by a fingerprint. */
static uint64_t
control_value (struct pen_span v)
{
  int64_t number = pen_parse_digits (v.p, v.n);
  uint64_t h = 0xcbf29ce484222325u;
  if (number >= 0)
    return (uint64_t)number;
  for (size_t i = 0; i < v.n; i++)
    h = (h ^ v.p[i]) * 0x100000001b3u;
  return h | 1ull << 63;
}

/* Remembers a number; true: it was there before. */
bool
x12_was_used (struct x12_run *run, uint8_t *n, unsigned max, struct pen_span text)
{
  uint64_t v = control_value (text);
  for (unsigned i = *n; i-- > 0;)
    if (v >= run[i].lo && v <= run[i].hi)
      return true;
  for (unsigned i = *n; i-- > 0;)
    if (v == run[i].hi + 1 || v + 1 == run[i].lo)
      {
        if (v > run[i].hi)
          run[i].hi = v;
        else
          run[i].lo = v;
        return false;
      }
  if (*n == max)
    {
      memmove (run, run + 1, (max - 1) * sizeof *run);
      (*n)--;
    }
  run[*n].lo = run[*n].hi = v;
  (*n)++;
  return false;
}

static bool
is_same_text (struct pen_span a, struct pen_span b)
{
  return a.n == b.n && (a.n == 0 || memcmp (a.p, b.p, a.n) == 0);
}

/* Compares a trailer's control number with its header's. True: refused. */
static bool
check_control (struct x12 *x, enum x12_rule rule, const struct x12_seg *g, const struct x12_seg *header, unsigned pos)
{
  struct pen_span want = seg_el (header, pos), got = seg_el (g, 2);
  if (is_same_text (want, got))
    return false;
  if (pen_parse_digits (want.p, want.n) >= 0 && pen_parse_digits (want.p, want.n) == pen_parse_digits (got.p, got.n))
    return x12_find (x, RULE_control_number_text, g, 2, 0,
                     "expected control number \"%.*s\" as in the header, found "
                     "\"%.*s\"",
                     (int)want.n, (const char *)want.p, (int)got.n, (const char *)got.p);
  return x12_find (x, rule, g, 2, 0, "expected control number \"%.*s\" as in the header, found \"%.*s\"", (int)want.n,
                   (const char *)want.p, (int)got.n, (const char *)got.p);
}

/* ---- the ledger ---- */

static struct pen_span
short_key (struct pen_span v)
{
  return v.n > 32 ? (struct pen_span){ v.p, 32 } : v;
}

void
x12_ledger_open (struct x12 *x, enum x12_scope scope, struct pen_span key)
{
  if (x->out)
    x12_take (x, x->out->open (x->out->ctx, scope, short_key (key)));
}

static void
ledger_add (struct x12 *x, enum x12_total total, int64_t n)
{
  if (x->out)
    x12_take (x, x->out->add (x->out->ctx, total, n));
}

static void
ledger_close (struct x12 *x, enum x12_scope scope, struct pen_span key, const struct pen_claim *claim,
              const struct x12_seg *g)
{
  if (x->out)
    x12_take (x, x->out->close (x->out->ctx, scope, short_key (key), claim, claim ? 1 : 0, g->offset, g->n, 0));
}

/* Closes a scope by its trailer, whose element 1 is a count. True: the count is no number. */
static bool
close_counted (struct x12 *x, enum x12_scope scope, enum x12_rule rule, enum x12_total total, const struct x12_seg *g,
               const struct x12_seg *header, unsigned pos)
{
  struct pen_span count = seg_el (g, 1), key = seg_el (header, pos), got = seg_el (g, 2);
  int level = x->o->rule[rule];
  struct pen_claim claim = { total,
                             level == LEVEL_REJECT ? PEN_SEV_RECORD
                             : level == LEVEL_WARN ? PEN_SEV_WARN
                                                   : 0,
                             pen_parse_digits (count.p, count.n) };
  bool alone = scope == SCOPE_INTERCHANGE && x->st.ta1 && !x->st.isa_groups && claim.value == 1;
  bool refused =
      claim.value < 0
      && x12_find (x, rule, g, 1, 0, "expected a count, found \"%.*s\"", (int)count.n, (const char *)count.p);
  /* under another number the scope is not balanced either, unless that may pass */
  if (x->o->rule[scope == SCOPE_GROUP ? RULE_group_control : RULE_interchange_control] == LEVEL_REJECT
      && control_value (key) != control_value (got) && got.n)
    key = got;
  ledger_close (x, scope, key, claim.value < 0 || alone ? NULL : &claim, g);
  return refused;
}

/* ---- trailers, and their lack ---- */

static void
end_group (struct x12 *x)
{
  struct x12_state *s = &x->st;
  s->in_gs = s->gs_refused = s->st_runs = 0;
  s->gs_sets = 0;
  s->gs_n = 0;
  s->gs_offset = 0;
  memset (s->gs, 0, sizeof s->gs);
  memset (s->st_run, 0, sizeof s->st_run);
}

static void
end_interchange (struct x12 *x)
{
  struct x12_state *s = &x->st;
  s->in_isa = s->isa_refused = s->gs_runs = s->ta1 = s->stray = 0;
  s->isa_groups = 0;
  s->isa_n = 0;
  s->isa_offset = 0;
  memset (s->isa, 0, sizeof s->isa);
  memset (s->gs_run, 0, sizeof s->gs_run);
}

static void
count_refused (struct x12 *x, enum x12_table table)
{
  x->n_read[table]++;
  x->n_rejected[table]++;
}

static void
break_group (struct x12 *x, const struct x12_seg *at)
{
  static const struct pen_span none = { (const uint8_t *)"no GE", 5 };
  struct x12_seg gs;
  bool refused;
  x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
  refused = x12_find (x, RULE_missing_ge, at, 0, 0, "expected a GE for group \"%.*s\", found none", EL (&gs, 6));
  if (x->out)
    {
      ledger_close (x, SCOPE_GROUP, refused ? none : seg_el (&gs, 6), NULL, at);
      if (refused || x->st.gs_refused)
        count_refused (x, T_GROUPS);
      else
        x12_row_group (x, NULL, at->offset);
      x12_ack_group_end (x, NULL, at->offset);
    }
  end_group (x);
}

void
x12_break (struct x12 *x, uint64_t offset)
{
  static const struct pen_span none = { (const uint8_t *)"no IEA", 6 };
  struct x12_seg at = { .p = (const uint8_t *)"", .offset = offset, .n_el = 0 }, isa;
  bool refused;
  if (x->st.in_gs)
    break_group (x, &at);
  if (!x->st.in_isa)
    return;
  x12_recall (&x->st, x->st.isa, x->st.isa_n, &isa);
  refused =
      x12_find (x, RULE_missing_iea, &at, 0, 0, "expected an IEA for interchange \"%.*s\", found none", EL (&isa, 13));
  if (x->out)
    {
      ledger_close (x, SCOPE_INTERCHANGE, refused ? none : seg_el (&isa, 13), NULL, &at);
      if (refused || x->st.isa_refused)
        count_refused (x, T_INTERCHANGES);
      else
        x12_row_interchange (x, NULL, offset);
      x12_ack_interchange (x, x->st.isa_refused ? x->st.isa_refused : 23, true, offset);
    }
  end_interchange (x);
}

static void
group_trailer (struct x12 *x, const struct x12_seg *g)
{
  struct x12_seg gs;
  bool refused;
  if (!x->st.in_gs)
    {
      if (x12_find (x, RULE_missing_gs, g, 0, 0, "expected a GS before this GE, found none"))
        count_refused (x, T_GROUPS);
      return;
    }
  x12_recall (&x->st, x->st.gs, x->st.gs_n, &gs);
  refused = check_control (x, RULE_group_control, g, &gs, 6);
  if (x->out)
    {
      refused |= close_counted (x, SCOPE_GROUP, RULE_group_sets, TOTAL_SETS, g, &gs, 6);
      if (refused || x->st.gs_refused)
        count_refused (x, T_GROUPS);
      else
        x12_row_group (x, g, g->offset);
      x12_ack_group_end (x, g, g->offset);
    }
  end_group (x);
}

static void
interchange_trailer (struct x12 *x, const struct x12_seg *g)
{
  struct x12_seg isa;
  bool refused;
  if (x->st.in_gs)
    break_group (x, g);
  x12_recall (&x->st, x->st.isa, x->st.isa_n, &isa);
  refused = check_control (x, RULE_interchange_control, g, &isa, 13);
  if (x->out)
    {
      struct pen_span count = seg_el (g, 1);
      bool counted = pen_parse_digits (count.p, count.n) == (int64_t)x->st.isa_groups || x->st.ta1;
      unsigned code = x->st.isa_refused ? x->st.isa_refused : refused ? 1 : counted ? 0 : 21;
      refused |= close_counted (x, SCOPE_INTERCHANGE, RULE_interchange_groups, TOTAL_GROUPS, g, &isa, 13);
      if (refused || x->st.isa_refused)
        count_refused (x, T_INTERCHANGES);
      else
        x12_row_interchange (x, g, g->offset);
      x12_ack_interchange (x, code, refused || x->st.isa_refused, g->offset);
    }
  end_interchange (x);
}

/* ---- headers ---- */

static bool
check_group (struct x12 *x, const struct x12_seg *g)
{
  struct pen_span id = seg_el (g, 1), date = seg_el (g, 4), time = seg_el (g, 5), release = seg_el (g, 8);
  bool refused = false;
  int32_t days;
  if (id.n != 2 || !seg_el (g, 6).n || g->n > GS_MAX)
    refused |= x12_find (x, RULE_group_header, g, id.n == 2 ? 6 : 1, 0,
                         "expected GS01 of two characters and a control number, found \"%.*s\" and \"%.*s\"", EL (g, 1),
                         EL (g, 6));
  if (!x12_is_date (date, &days))
    refused |= x12_find (x, RULE_group_header, g, 4, 0, "expected a date, found \"%.*s\"", EL (g, 4));
  if (!x12_is_time (time))
    refused |= x12_find (x, RULE_group_header, g, 5, 0, "expected a time, found \"%.*s\"", EL (g, 5));
  if (release.n < 6 || release.n > 12 || release.p[0] != '0' || release.p[1] != '0' || release.p[2] < '2'
      || !pen_all_digits (release.p, 6))
    refused |= x12_find (x, RULE_release, g, 8, 0, "expected a release such as 004010, found \"%.*s\"", EL (g, 8));
  return refused;
}

static void
group_header (struct x12 *x, const struct x12_seg *g)
{
  struct x12_state *s = &x->st;
  if (s->in_gs)
    break_group (x, g);
  s->in_gs = 1;
  s->groups++;
  s->isa_groups++;
  s->gs_offset = g->offset;
  s->gs_n = (uint16_t)(g->n > GS_MAX ? GS_MAX : g->n);
  memcpy (s->gs, g->p, s->gs_n);
  ledger_add (x, TOTAL_GROUPS, 1);
  x12_ledger_open (x, SCOPE_GROUP, seg_el (g, 6));
  s->gs_refused = check_group (x, g);
  if (x12_was_used (s->gs_run, &s->gs_runs, GS_RUNS, seg_el (g, 6)))
    s->gs_refused |= x12_find (x, RULE_duplicate_group, g, 6, 0,
                               "control number \"%.*s\" was used before in this interchange", EL (g, 6));
  if (x->out)
    x12_ack_group_begin (x, g->offset);
}

static void
set_header (struct x12 *x, const struct x12_seg *g)
{
  struct x12_state *s = &x->st;
  s->in_st = 1;
  s->stray = 0;
  s->sets++;
  s->st_refused = s->isa_refused || s->gs_refused;
  if (s->st_refused)
    x12_find (x, RULE_refused_envelope, g, 0, 1, "the %s around it is refused",
              s->isa_refused ? "interchange" : "group");
  if (!s->in_gs)
    s->st_refused |=
        x12_find (x, RULE_missing_gs, g, 0, s->isa_refused != 0, "expected a GS before this ST, found none");
  else
    {
      s->gs_sets++;
      ledger_add (x, TOTAL_SETS, 1);
    }
  if (x12_was_used (s->st_run, &s->st_runs, ST_RUNS, seg_el (g, 2)))
    s->st_refused |=
        x12_find (x, RULE_duplicate_set, g, 2, 0, "control number \"%.*s\" was used before in this group", EL (g, 2));
}

static void
interchange_acknowledgement (struct x12 *x, const struct x12_seg *g)
{
  x->st.ta1 = 1;
  if (x->out)
    x12_row_ta1 (x, g);
}

void
x12_envelope (struct x12 *x, const struct x12_seg *g)
{
  struct x12_state *s = &x->st;
  if (g->open)
    x12_find (x, RULE_unterminated, g, 0, 0, "expected a terminator at the end of the file, found none");
  switch (g->id)
    {
    case ID2 ('G', 'S'):
      group_header (x, g);
      return;
    case ID2 ('S', 'T'):
      set_header (x, g);
      return;
    case ID2 ('G', 'E'):
      group_trailer (x, g);
      return;
    case ID3 ('I', 'E', 'A'):
      interchange_trailer (x, g);
      return;
    case ID3 ('T', 'A', '1'):
      interchange_acknowledgement (x, g);
      return;
    case ID2 ('S', 'E'):
      if (x12_find (x, RULE_missing_st, g, 0, s->stray, "expected an ST before this SE, found none"))
        count_refused (x, T_SETS);
      s->stray = 0;
      return;
    }
  if (g->n == 0)
    {
      x12_find (x, RULE_empty_segment, g, 0, 0, "expected a segment, found nothing between two terminators");
      return;
    }
  if (x12_find (x, RULE_stray_segment, g, 0, s->stray, "expected %s, found \"%.*s\"",
                s->in_gs ? "ST or GE" : "GS or IEA", EL (g, 0)))
    count_refused (x, T_SEGMENTS);
  s->stray = 1;
}
