/* SPDX-License-Identifier: Apache-2.0 */
/* isa.c - what is between interchanges, and where one begins: finds ISA segments, checks them, and passes over foreign text. */
#include "x12.h"

/* TA105 by the element of the ISA that is wrong. */
static const uint8_t note_of[17] = { 0, 10, 11, 12, 13, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 27 };

/* The note of the first finding that refuses. */
static void
note (uint8_t *first, bool refuses, unsigned code)
{
  if (refuses && !*first)
    *first = (uint8_t)code;
}

static void
check_widths (struct x12 *x, const struct x12_seg *g, uint8_t *first)
{
  static const uint8_t width[17] = { 3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1 };
  for (unsigned i = 1; i <= 16; i++)
    if (seg_el (g, i).n != width[i])
      {
        note (first,
              x12_find (x, RULE_isa_width, g, i, 0, "expected %u characters in ISA%02u, found %zu: \"%.*s\"", width[i],
                        i, seg_el (g, i).n, EL (g, i)),
              note_of[i]);
        return;
      }
}

/* TA105 for the first thing that refuses the interchange; 0: nothing does. */
static uint8_t
check_isa (struct x12 *x, const struct x12_seg *g)
{
  struct pen_span version = seg_el (g, 12), date = seg_el (g, 9);
  uint8_t first = 0;
  int32_t days;
  check_widths (x, g, &first);
  if (version.n != 5 || version.p[0] != '0' || version.p[1] != '0' || version.p[2] < '2'
      || !pen_all_digits (version.p, 5))
    note (&first,
          x12_find (x, RULE_isa_version, g, 12, 0, "expected a version such as 00401, found \"%.*s\"", EL (g, 12)),
          note_of[12]);
  if (date.n != 6 || pen_date_yymmdd (date.p, DATE_PIVOT, &days))
    note (&first, x12_find (x, RULE_isa_date, g, 9, 0, "expected a date YYMMDD, found \"%.*s\"", EL (g, 9)),
          note_of[9]);
  if (!x12_is_time (seg_el (g, 10)))
    note (&first, x12_find (x, RULE_isa_date, g, 10, 0, "expected a time HHMM, found \"%.*s\"", EL (g, 10)),
          note_of[10]);
  return first;
}

/* Interchanges of all files: the host knows them. */
static void
note_interchange (struct x12 *x, const struct x12_seg *g)
{
  int level = x->o->rule[RULE_used_interchange];
  char key[128], text[64];
  struct pen_finding f = { .size = sizeof f,
                           .severity = level == LEVEL_REJECT ? PEN_SEV_OBJECT : PEN_SEV_WARN,
                           .offset = g->offset,
                           .length = g->n,
                           .column = "ISA13",
                           .rule = "used_interchange",
                           .text = text };
  int n;
  if (level == LEVEL_OFF || !x->out || x->out->size < offsetof (struct pen_out, unique) + sizeof x->out->unique)
    return;
  n = snprintf (key, sizeof key, "%.*s|%.*s|%.*s|%.*s|%.*s", EL (g, 5), EL (g, 6), EL (g, 7), EL (g, 8), EL (g, 13));
  snprintf (text, sizeof text, "expected a control number not used before, found \"%.*s\"",
            (int)(seg_el (g, 13).n > 12 ? 12 : seg_el (g, 13).n), (const char *)seg_el (g, 13).p);
  x12_take (x, x->out->unique (
                   x->out->ctx,
                   (struct pen_span){ (const uint8_t *)key, n < (int)sizeof key ? (size_t)n : sizeof key - 1 }, &f));
}

static void
interchange_header (struct x12 *x, const uint8_t *p, const struct x12_isa *isa, uint64_t offset)
{
  struct x12_state *s = &x->st;
  struct x12_seg g;
  s->started = s->in_isa = 1;
  s->junk = 0;
  s->interchanges++;
  s->elem = isa->elem;
  s->comp = isa->comp;
  s->rep = isa->rep;
  s->term = isa->term;
  s->isa_offset = offset;
  s->isa_n = (uint16_t)isa->n;
  memcpy (s->isa, p, isa->n);
  x12_recall (s, s->isa, s->isa_n, &g);
  g.offset = offset;
  x12_ledger_open (x, SCOPE_INTERCHANGE, seg_el (&g, 13));
  s->isa_refused = check_isa (x, &g);
  if (x12_was_used (s->isa_run, &s->isa_runs, ISA_RUNS, seg_el (&g, 13)))
    note (&s->isa_refused,
          x12_find (x, RULE_duplicate_interchange, &g, 13, 0, "control number \"%.*s\" was used before in this file",
                    EL (&g, 13)),
          25);
  note_interchange (x, &g);
  if (x->out)
    x12_ack_interchange_begin (x, offset);
}

/* ---- outside of interchanges ---- */

static size_t
skip_outside (const uint8_t *p, size_t n, size_t at)
{
  while (at < n && (p[at] == '\n' || p[at] == '\r' || p[at] == ' ' || p[at] == '\t' || p[at] == 0 || p[at] == 0x1a))
    at++;
  return at;
}

static size_t
next_isa (const uint8_t *p, size_t n, size_t at, bool last)
{
  const uint8_t *q = at < n ? memmem (p + at, n - at, "ISA", 3) : NULL;
  if (q)
    return (size_t)(q - p);
  if (last)
    return n;
  return n - at < 2 ? at : n - 2; /* the beginning of one may be there */
}

static void
report_junk (struct x12 *x, const uint8_t *p, size_t n, uint64_t offset)
{
  struct x12_seg g = { .p = p, .n = (uint32_t)(n > JUNK_LOOK ? JUNK_LOOK : n), .offset = offset };
  char shown[25];
  size_t k = 0;
  for (; k < sizeof shown - 1 && k < g.n; k++)
    shown[k] = p[k] >= 0x20 && p[k] < 0x7f ? (char)p[k] : '.';
  shown[k] = 0;
  x12_find (x, RULE_text_outside, &g, 0, 0, "expected an ISA segment, found \"%s\"", shown);
  x->st.junk = 1;
}

size_t
x12_outside (struct x12 *x, const uint8_t *p, size_t n, size_t at, uint64_t base, bool last, bool *more)
{
  static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };
  *more = false;
  if (base == 0 && at == 0 && n >= 3 && memcmp (p, mark, 3) == 0)
    at = 3;
  while (at < n)
    {
      struct x12_isa isa;
      enum x12_frame f;
      if (!x->st.junk)
        at = skip_outside (p, n, at);
      f = at < n ? x12_isa (p + at, n - at, last, &isa) : FRAME_END;
      if (f == FRAME_OK)
        {
          interchange_header (x, p + at, &isa, base + at);
          return at + isa.n + 1;
        }
      if (at == n)
        break;
      if (f == FRAME_MORE || (!x->st.junk && !last && n - at < ISA_MAX))
        {
          *more = true;
          return at;
        }
      if (!x->st.junk)
        report_junk (x, p + at, n - at, base + at);
      at = next_isa (p, n, at + 1, last);
    }
  return at;
}

void
x12_object_end (struct x12 *x, uint64_t offset)
{
  x12_break (x, offset);
  if (!x->st.started && !x->st.junk)
    {
      struct x12_seg g = { .p = (const uint8_t *)"", .offset = offset };
      x12_find (x, RULE_text_outside, &g, 0, 0, "expected an ISA segment, found an empty file");
    }
}
