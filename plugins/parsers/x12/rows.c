/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - the tables that every file has: interchanges, groups, transaction_sets, ta1, segments, acknowledgements. */
#include "x12.h"

#define TEXT(name, doc)                                                                                                \
  {                                                                                                                    \
    name, PEN_COL_UTF8, 1, 0, 0, 8, doc, NULL                                                                          \
  }
#define LONG(name, doc)                                                                                                \
  {                                                                                                                    \
    name, PEN_COL_INT64, 1, 0, 0, 0, doc, NULL                                                                         \
  }
#define DATE(name, doc)                                                                                                \
  {                                                                                                                    \
    name, PEN_COL_DATE32, 1, 0, 0, 0, doc, NULL                                                                        \
  }

static const struct pen_col_spec interchange_cols[] = {
  LONG ("interchange_ordinal", "number of the interchange in the object, from 1"),
  TEXT ("authorization_qualifier", "ISA01"),
  TEXT ("authorization", "ISA02"),
  TEXT ("security_qualifier", "ISA03"),
  TEXT ("security", "ISA04"),
  TEXT ("sender_qualifier", "ISA05"),
  TEXT ("sender_id", "ISA06"),
  TEXT ("receiver_qualifier", "ISA07"),
  TEXT ("receiver_id", "ISA08"),
  DATE ("interchange_date", "ISA09"),
  TEXT ("interchange_time", "ISA10"),
  TEXT ("repetition_separator", "ISA11; U before version 00402"),
  TEXT ("version", "ISA12"),
  TEXT ("control_number", "ISA13"),
  TEXT ("acknowledgment_requested", "ISA14: 1 when a TA1 is wanted"),
  TEXT ("usage", "ISA15: P production, T test, I information"),
  TEXT ("component_separator", "ISA16"),
  TEXT ("element_separator", "byte 4 of the ISA, as two hexadecimal digits"),
  TEXT ("segment_terminator", "byte after ISA16, as two hexadecimal digits"),
  LONG ("group_count", "IEA01: groups, as the trailer says"),
  LONG ("groups_received", "groups, as counted"),
};
static const struct pen_col_spec group_cols[] = {
  LONG ("interchange_ordinal", "joins interchanges"),
  LONG ("group_ordinal", "number of the group in the object, from 1"),
  TEXT ("functional_id", "GS01: PO, IN, SH, ..."),
  TEXT ("sender_code", "GS02"),
  TEXT ("receiver_code", "GS03"),
  DATE ("group_date", "GS04"),
  TEXT ("group_time", "GS05"),
  TEXT ("control_number", "GS06"),
  TEXT ("agency", "GS07: X for X12"),
  TEXT ("release", "GS08: version, release and industry id"),
  LONG ("set_count", "GE01: transaction sets, as the trailer says"),
  LONG ("sets_received", "transaction sets, as counted"),
};
static const struct pen_col_spec set_cols[] = {
  LONG ("interchange_ordinal", "joins interchanges"),
  LONG ("group_ordinal", "joins groups"),
  LONG ("set_ordinal", "number of the transaction set in the object, from 1; every other row of the set carries it"),
  TEXT ("set_id", "ST01: 850, 810, ..."),
  TEXT ("control_number", "ST02"),
  TEXT ("implementation", "ST03: implementation convention"),
  LONG ("segment_count", "SE01: segments from ST to SE, as the trailer says"),
};
static const struct pen_col_spec ta1_cols[] = {
  LONG ("interchange_ordinal", "joins interchanges"),
  TEXT ("control_number", "TA101: ISA13 of the interchange that is acknowledged"),
  DATE ("interchange_date", "TA102"),
  TEXT ("interchange_time", "TA103"),
  TEXT ("code", "TA104: A accepted, E accepted with errors, R rejected"),
  TEXT ("note", "TA105: 000 no error, 001 control numbers differ, ..."),
};
#define E(n) TEXT ("e" #n, NULL)
static const struct pen_col_spec segment_cols[] = {
  LONG ("set_ordinal", "joins transaction_sets"),
  LONG ("segment_ordinal", "number of the segment in its set; the ST is 1"),
  TEXT ("segment_id", "REF, DTM, ..."),
  E (01),
  E (02),
  E (03),
  E (04),
  E (05),
  E (06),
  E (07),
  E (08),
  E (09),
  E (10),
  E (11),
  E (12),
  E (13),
  E (14),
  E (15),
  E (16),
  E (17),
  E (18),
  E (19),
  E (20),
  E (21),
  E (22),
  E (23),
  E (24),
  E (25),
  E (26),
  E (27),
  E (28),
  E (29),
  E (30),
  TEXT ("more", "elements from the 31st on, with their separators"),
};
static const struct pen_col_spec ack_cols[] = {
  LONG ("interchange_ordinal", "joins interchanges"),
  LONG ("group_ordinal", "joins groups; null for TA1"),
  LONG ("set_ordinal", "joins transaction_sets, for ST; null otherwise"),
  TEXT ("kind",
        "ISA begins the answer to an interchange, GS the one to a group; ST answers a set; GE ends a group's answer, "
        "TA1 answers the interchange and ends"),
  TEXT ("code", "ST: AK501, TA1: TA104; A accepted, E accepted with errors, R rejected"),
  LONG ("segment_count", "segments of the text that count in SE01"),
  TEXT ("segments", "the answer's segments, with delimiters, ids and release of what is answered"),
  LONG ("sets_included", "GE: GE01 of what is answered, for AK902"),
  LONG ("sets_received", "GE: for AK903"),
  TEXT ("error", "GE: for AK905; 3 trailer missing, 4 control numbers differ, 5 counts differ"),
  LONG ("requested", "TA1: 1 when ISA14 asks for one"),
};
#define N(a) (sizeof a / sizeof *a)
const struct pen_table_spec x12_fixed[N_FIXED] = {
  { "interchanges", interchange_cols, N (interchange_cols) },
  { "groups", group_cols, N (group_cols) },
  { "transaction_sets", set_cols, N (set_cols) },
  { "ta1", ta1_cols, N (ta1_cols) },
  { "segments", segment_cols, N (segment_cols) },
  { "acknowledgements", ack_cols, N (ack_cols) },
};

bool
x12_more_rows (struct x12 *x, struct pen_table *t)
{
  if (pen_row_reserve (t, 1) == 0)
    return true;
  x12_no_memory (x);
  return false;
}

void
x12_end_row (struct x12 *x, struct pen_table *t, uint64_t order, uint64_t offset, uint64_t length)
{
  (void)x;
  pen_row_end (t, order, offset, (uint32_t)(length > INT32_MAX ? INT32_MAX : length), 0);
}

static void
put_date (struct pen_table *t, unsigned col, struct pen_span v)
{
  int32_t days;
  if (x12_is_date (v, &days))
    pen_put_date (t, col, days);
}

static void
put_count (struct pen_table *t, unsigned col, const struct x12_seg *g)
{
  struct pen_span v = g ? seg_el (g, 1) : (struct pen_span){ NULL, 0 };
  int64_t n = v.n ? pen_parse_digits (v.p, v.n) : -1;
  if (n >= 0)
    pen_put_i64 (t, col, n);
}

static void
put_hex (struct x12 *x, struct pen_table *t, unsigned col, uint8_t c)
{
  char hex[3];
  snprintf (hex, sizeof hex, "%02x", c);
  x12_put_text (x, t, col, (struct pen_span){ (const uint8_t *)hex, 2 });
}

/* Elements from .. to of a segment into texts from `col` on. */
static void
put_texts (struct x12 *x, struct pen_table *t, unsigned col, const struct x12_seg *g, unsigned from, unsigned to)
{
  for (unsigned i = from; i <= to; i++)
    x12_put_text (x, t, col + i - from, seg_el (g, i));
}

/* Texts outside of sets are of any kind. */
static struct pen_table *
begin (struct x12 *x, enum x12_table table)
{
  x->plain = false;
  x->n_read[table]++;
  return x12_begin_row (x, table);
}

void
x12_row_interchange (struct x12 *x, const struct x12_seg *iea, uint64_t order)
{
  struct pen_table *t = begin (x, T_INTERCHANGES);
  const struct x12_state *s = &x->st;
  struct x12_seg g;
  if (!t)
    return;
  x12_recall (s, s->isa, s->isa_n, &g);
  pen_put_i64 (t, 0, (int64_t)s->interchanges);
  put_texts (x, t, 1, &g, 1, 8);
  put_date (t, 9, seg_el (&g, 9));
  put_texts (x, t, 10, &g, 10, 16);
  put_hex (x, t, 17, s->elem);
  put_hex (x, t, 18, s->term);
  put_count (t, 19, iea);
  pen_put_i64 (t, 20, s->isa_groups);
  x12_end_row (x, t, order, s->isa_offset, s->isa_n);
}

void
x12_row_group (struct x12 *x, const struct x12_seg *ge, uint64_t order)
{
  struct pen_table *t = begin (x, T_GROUPS);
  const struct x12_state *s = &x->st;
  struct x12_seg g;
  if (!t)
    return;
  x12_recall (s, s->gs, s->gs_n, &g);
  pen_put_i64 (t, 0, (int64_t)s->interchanges);
  pen_put_i64 (t, 1, (int64_t)s->groups);
  put_texts (x, t, 2, &g, 1, 3);
  put_date (t, 5, seg_el (&g, 4));
  put_texts (x, t, 6, &g, 5, 8);
  put_count (t, 10, ge);
  pen_put_i64 (t, 11, s->gs_sets);
  x12_end_row (x, t, order, s->gs_offset, s->gs_n);
}

void
x12_row_set (struct x12 *x, const struct x12_seg *se, uint64_t order, uint64_t end)
{
  struct pen_table *t = x12_begin_row (x, T_SETS);
  if (!t)
    return;
  x->plain = false;
  pen_put_i64 (t, 0, (int64_t)x->st.interchanges);
  if (x->st.in_gs)
    pen_put_i64 (t, 1, (int64_t)x->st.groups);
  pen_put_i64 (t, 2, (int64_t)x->st.sets);
  put_texts (x, t, 3, x12_recall_header (x), 1, 3);
  put_count (t, 6, se);
  x12_end_row (x, t, order, x->set.offset, end - x->set.offset);
}

void
x12_row_ta1 (struct x12 *x, const struct x12_seg *g)
{
  struct pen_table *t = begin (x, T_TA1);
  if (!t)
    return;
  pen_put_i64 (t, 0, (int64_t)x->st.interchanges);
  put_texts (x, t, 1, g, 1, 1);
  put_date (t, 2, seg_el (g, 2));
  put_texts (x, t, 3, g, 3, 5);
  x12_end_row (x, t, g->offset, g->offset, g->n);
}

void
x12_row_segment (struct x12 *x, const struct x12_seg *g)
{
  struct pen_table *t = x12_begin_row (x, T_SEGMENTS);
  unsigned last = g->n_el - 1 > SEGMENT_COLS ? SEGMENT_COLS : g->n_el - 1;
  if (!t)
    return;
  pen_put_i64 (t, 0, (int64_t)x->st.sets);
  pen_put_i64 (t, 1, (int64_t)x->set.segments);
  put_texts (x, t, 2, g, 0, last);
  if (g->n_el - 1 > SEGMENT_COLS)
    x12_put_text (x, t, 3 + SEGMENT_COLS,
                  (struct pen_span){ g->base + g->at[SEGMENT_COLS + 1], g->at[g->n_el] - 1 - g->at[SEGMENT_COLS + 1] });
  x12_end_row (x, t, g->offset, g->offset, g->n);
}
