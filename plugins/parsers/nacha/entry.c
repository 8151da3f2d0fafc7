/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c - entry detail records of every layout: their rules and their row of `entries`.
 *
 * nacha_entry_run() takes the common case at speed and leaves what it is not sure of to nacha_entry(), which reports.
 */
#include "nacha.h"

#define FIND(rule, column, ...) nacha_item_find (n, RULE_##rule, 0, r, column, __VA_ARGS__)

/* ---- one entry, with all its questions ---- */

static unsigned
transaction_code (const struct nacha_rec *r)
{
  unsigned a = (unsigned)r->c[1] - '0', b = (unsigned)r->c[2] - '0';
  return a > 9 || b > 9 ? 100 : a * 10 + b;
}

static void
check_code (struct nacha *n, const struct nacha_rec *r)
{
  const struct nacha_batch *b = &n->batch;
  unsigned tc = n->item.tc;
  enum tc_kind kind = tc < 100 ? nacha_tc_kind (tc) : TC_UNKNOWN;

  if (kind == TC_UNKNOWN)
    FIND (transaction_code, "transaction_code", "expected a transaction code, found \"%.*s\"", REC_FIELD (r, 1, 2));
  else if (!b->tc_ok[tc])
    {
      bool debit = nacha_tc_is_debit (tc);
      if (b->layout == LAYOUT_IAT)
        FIND (transaction_code_iat, "transaction_code", "expected a %s in service class %.3s, found %u",
              debit ? "credit" : "debit", b->service_class, tc);
      else if (memcmp (b->service_class, debit ? "220" : "225", 3) == 0)
        FIND (transaction_code_class, "transaction_code", "expected a %s in service class %.3s, found %u",
              debit ? "credit" : "debit", b->service_class, tc);
      else
        FIND (transaction_code_sec, "transaction_code", "expected a transaction code for %.3s, found %u", b->code, tc);
    }
}

static void
check_rdfi (struct nacha *n, const struct nacha_rec *r)
{
  if (!pen_all_digits (r->c + 3, 8))
    FIND (numeric_field, "receiving_dfi_identification", "expected 8 digits, found \"%.*s\"", REC_FIELD (r, 3, 8));
  else if (r->c[11] - '0' != nacha_check_digit (r->c + 3))
    FIND (check_digit, "check_digit", "expected check digit %d, found %.*s", nacha_check_digit (r->c + 3),
          REC_FIELD (r, 11, 1));
}

static void
check_amount (struct nacha *n, const struct nacha_rec *r, unsigned from, unsigned width)
{
  const struct nacha_item *item = &n->item;
  int rule = item->tc < 100 ? n->batch.amount[item->tc] : AMOUNT_ANY;
  if (item->amount < 0)
    {
      FIND (numeric_field, "amount", "expected %u digits, found \"%.*s\"", width, REC_FIELD (r, from, width));
      return;
    }
  if (n->batch.sec_flags & SEC_NOC)
    rule = AMOUNT_NONE;
  if (rule == AMOUNT_LIVE && item->amount == 0)
    FIND (amount_zero, "amount", "expected an amount with transaction code %u, found zero", item->tc);
  if (rule == AMOUNT_NONE && item->amount != 0)
    FIND (amount_not_zero, "amount", "expected zero with transaction code %u, found %lld.%02lld", item->tc,
          (long long)item->amount / 100, (long long)item->amount % 100);
  if (n->batch.limit && item->amount > n->batch.limit)
    FIND (amount_limit, "amount", "expected at most %lld.00 for %.3s, found %lld.%02lld",
          (long long)n->batch.limit / 100, n->batch.code, (long long)item->amount / 100, (long long)item->amount % 100);
}

static void
check_trace (struct nacha *n, const struct nacha_rec *r)
{
  if (!pen_all_digits (r->c + 79, 15))
    {
      FIND (trace_number, "trace_number", "expected 15 digits, found \"%.*s\"", REC_FIELD (r, 79, 15));
      return;
    }
  if (n->batch.has_odfi && memcmp (r->c + 79, n->batch.odfi, 8) != 0)
    FIND (trace_odfi, "trace_number", "expected a trace number of ODFI %.8s, found %.*s", (const char *)n->batch.odfi,
          REC_FIELD (r, 79, 15));
  if (n->st.has_trace && memcmp (r->c + 79, n->st.last_trace, 15) <= 0)
    FIND (trace_order, "trace_number", "expected a trace number above %.15s, found %.*s",
          (const char *)n->st.last_trace, REC_FIELD (r, 79, 15));
}

static void
check_account (struct nacha *n, const struct nacha_rec *r)
{
  unsigned from = n->batch.layout == LAYOUT_IAT ? 39 : 12;
  unsigned width = n->batch.layout == LAYOUT_IAT ? 35 : n->batch.layout == LAYOUT_ADV ? 15 : 17;
  if (rec_is_blank (r, from, width))
    FIND (account_number, "dfi_account_number", "expected an account number, found blanks");
}

static void
check_entry (struct nacha *n, const struct nacha_rec *r)
{
  bool adv = n->batch.layout == LAYOUT_ADV;
  if (nacha_find_shape (n, r, PEN_SEV_RECORD, REC))
    {
      n->item.rejected = true;
      n->own[0] |= 1;
    }
  check_code (n, r);
  check_rdfi (n, r);
  check_account (n, r);
  check_amount (n, r, adv ? 27 : 29, adv ? 12 : 10);
  if (!adv)
    check_trace (n, r);
  if (n->item.indicator != '0' && n->item.indicator != '1')
    FIND (addenda_indicator, "addenda_record_indicator", "expected 0 or 1, found \"%.*s\"", REC_FIELD (r, 78, 1));
}

/* ---- rows ---- */

struct field
{
  uint8_t col, from, n;
};
static const struct field plain_fields[] = { { E_identification_number, 39, 15 },
                                             { E_individual_name, 54, 22 },
                                             { E_discretionary_data, 76, 2 },
                                             { 0, 0, 0 } },
                          cie_fields[] = { { E_individual_name, 39, 15 },
                                           { E_identification_number, 54, 22 },
                                           { E_discretionary_data, 76, 2 },
                                           { 0, 0, 0 } },
                          payment_fields[] = { { E_identification_number, 39, 15 },
                                               { E_individual_name, 54, 22 },
                                               { E_payment_type_code, 76, 2 },
                                               { 0, 0, 0 } },
                          check_fields[] = { { E_check_serial_number, 39, 15 },
                                             { E_individual_name, 54, 22 },
                                             { E_discretionary_data, 76, 2 },
                                             { 0, 0, 0 } },
                          pop_fields[] = { { E_check_serial_number, 39, 9 }, { E_terminal_city, 48, 4 },
                                           { E_terminal_state, 52, 2 },      { E_individual_name, 54, 22 },
                                           { E_discretionary_data, 76, 2 },  { 0, 0, 0 } },
                          counted_fields[] = { { E_identification_number, 39, 15 },
                                               { E_individual_name, 58, 16 },
                                               { E_discretionary_data, 76, 2 },
                                               { 0, 0, 0 } },
                          truncated_fields[] = { { E_check_serial_number, 39, 15 },
                                                 { E_process_control_field, 54, 6 },
                                                 { E_item_research_number, 60, 16 },
                                                 { E_item_type_indicator, 76, 2 },
                                                 { 0, 0, 0 } },
                          shr_fields[] = { { E_card_expiration_date, 39, 4 },
                                           { E_document_reference_number, 43, 11 },
                                           { E_individual_card_account_number, 54, 22 },
                                           { E_card_transaction_type_code, 76, 2 },
                                           { 0, 0, 0 } },
                          card_fields[] = { { E_identification_number, 39, 15 },
                                            { E_individual_name, 54, 22 },
                                            { E_card_transaction_type_code, 76, 2 },
                                            { 0, 0, 0 } },
                          iat_fields[] = { { E_ofac_screening_indicator, 76, 1 },
                                           { E_secondary_ofac_screening_indicator, 77, 1 },
                                           { 0, 0, 0 } },
                          adv_fields[] = { { E_advice_routing_number, 39, 9 },
                                           { E_file_identification, 48, 5 },
                                           { E_ach_operator_data, 53, 1 },
                                           { E_individual_name, 54, 22 },
                                           { E_discretionary_data, 76, 2 },
                                           { E_ach_operator_routing_number, 79, 8 },
                                           { E_julian_day, 87, 3 },
                                           { E_sequence_number, 90, 4 },
                                           { 0, 0, 0 } };
static const struct field *const layout_fields[] = { [LAYOUT_PLAIN] = plain_fields,
                                                     [LAYOUT_CIE] = cie_fields,
                                                     [LAYOUT_PAYMENT] = payment_fields,
                                                     [LAYOUT_CHECK] = check_fields,
                                                     [LAYOUT_POP] = pop_fields,
                                                     [LAYOUT_COUNTED] = counted_fields,
                                                     [LAYOUT_TRUNCATED] = truncated_fields,
                                                     [LAYOUT_SHR] = shr_fields,
                                                     [LAYOUT_CARD] = card_fields,
                                                     [LAYOUT_IAT] = iat_fields,
                                                     [LAYOUT_ADV] = adv_fields };

static void
put_account (struct nacha *n, struct pen_table *t, const struct nacha_rec *r)
{
  unsigned from = n->batch.layout == LAYOUT_IAT ? 39 : 12;
  unsigned width = n->batch.layout == LAYOUT_IAT ? 35 : n->batch.layout == LAYOUT_ADV ? 15 : 17;
  if (n->o->preserve_spaces)
    nacha_put (t, E_dfi_account_number, r, from, width);
  else
    nacha_put_trimmed (t, E_dfi_account_number, r, from, width);
}

static void
put_entry (struct nacha *n, const struct nacha_rec *r)
{
  struct pen_table *t = &n->set.table[T_ENTRIES];
  pen_put_i32 (t, E_file_ordinal, (int32_t)n->st.files);
  if (n->st.in_batch)
    pen_put_i32 (t, E_batch_ordinal, (int32_t)n->st.batches);
  pen_put_i64 (t, E_entry_ordinal, (int64_t)n->st.entries);
  nacha_put (t, E_transaction_code, r, 1, 2);
  nacha_put (t, E_receiving_dfi_identification, r, 3, 8);
  nacha_put (t, E_check_digit, r, 11, 1);
  put_account (n, t, r);
  if (n->item.amount >= 0)
    pen_put_money (t, E_amount, n->item.amount);
  for (const struct field *f = layout_fields[n->item.plain ? LAYOUT_PLAIN : n->batch.layout]; f->n; f++)
    nacha_put_trimmed (t, f->col, r, f->from, f->n);
  if (n->item.claimed >= 0)
    pen_put_i32 (t, E_number_of_addenda_records, n->item.claimed);
  nacha_put (t, E_addenda_record_indicator, r, 78, 1);
  if (n->batch.layout != LAYOUT_ADV)
    nacha_put (t, E_trace_number, r, 79, 15);
  pen_row_end (t, r->offset, r->offset, r->length, r->line);
}

/* What the entry adds to the totals, whatever becomes of it. */
static void
add_up (struct nacha *n, const struct nacha_rec *r)
{
  int64_t rdfi = pen_parse_digits (r->c + 3, 8);
  n->sum[SUM_COUNT]++;
  n->sum[SUM_HASH] += rdfi > 0 ? rdfi : 0;
  if (n->item.amount > 0 && n->item.tc < 100)
    n->sum[nacha_tc_is_debit (n->item.tc) ? SUM_DEBIT : SUM_CREDIT] += n->item.amount;
}

static void
begin_item (struct nacha *n, const struct nacha_rec *r, size_t at)
{
  struct nacha_item *item = &n->item;
  bool adv = n->batch.layout == LAYOUT_ADV;
  memset (item, 0, sizeof *item);
  n->own[0] = 0;
  item->open = true;
  item->follow = "item_refused";
  item->at = at;
  item->offset = r->offset;
  item->line = r->line;
  item->length = r->length;
  item->category = CAT_FORWARD;
  item->indicator = r->c[78];
  item->tc = transaction_code (r);
  item->amount = adv ? pen_parse_digits (r->c + 27, 12) : pen_parse_digits (r->c + 29, 10);
  item->claimed = -1;
  if (n->batch.layout == LAYOUT_COUNTED || n->batch.layout == LAYOUT_IAT)
    item->claimed = (int32_t)pen_parse_digits (r->c + (n->batch.layout == LAYOUT_IAT ? 12 : 54), 4);
  item->plain = memcmp (n->batch.code, "ENR", 3) == 0 && item->claimed < 0;
  item->entry_row = n->set.table[T_ENTRIES].rows;
  item->addenda_row = n->set.table[T_ADDENDA].rows;
  memcpy (item->trace, r->c + 79, 15);
}

/* Entries of a refused batch, or without a batch: refused whole. */
static bool
is_lost (struct nacha *n, const struct nacha_rec *r)
{
  if (n->st.in_batch)
    {
      n->item.follow = "batch_refused";
      return n->st.batch_refused;
    }
  bool lost = nacha_find (n, RULE_missing_batch_header, PEN_SEV_RECORD, r, NULL, n->st.loose || n->st.after_bad,
                          "expected a batch header before the entry, found none");
  n->own[0] |= lost;
  return lost;
}

void
nacha_entry (struct nacha *n, const struct nacha_rec *r, size_t at)
{
  begin_item (n, r, at);
  n->n_read[T_ENTRIES]++;
  add_up (n, r);
  if (is_lost (n, r))
    n->item.rejected = n->item.quiet = true;
  else
    {
      n->item.follow = "item_refused";
      check_entry (n, r);
    }
  state_entry (&n->st, r->c + 79);
  if (!n->item.rejected)
    put_entry (n, r);
}

/* ---- many plain entries ---- */

/* A text field of a plain record: blanks cut at both ends, null when there is nothing else. span >= width: bytes copied. */
static PEN_WIDE_INLINE void
run_field (struct pen_run *run, int64_t row, const uint8_t *p, const struct nacha_rec *r, unsigned from, unsigned width,
           unsigned span, bool keep_leading)
{
  uint64_t m = rec_mask (r, from, width);
  if (!m)
    {
      pen_run_null_text (run, row);
      return;
    }
  unsigned len = 64u - (unsigned)__builtin_clzll (m), lead = 0;
  if (!keep_leading)
    lead = (unsigned)__builtin_ctzll (m);
  pen_run_text (run, row, p + from + lead, len - lead, span);
}

/* 1 when the check digit (a character) goes with the eight digits of the word: with it, the weighted sum is a multiple of
 * ten. Even and odd digits are weighted by one multiplication each; their sums meet in the topmost 16 bits. */
static PEN_WIDE_INLINE bool
is_checked (uint64_t eight, uint8_t check)
{
  uint64_t d = eight - 0x3030303030303030u, even = d & 0x00ff00ff00ff00ffu, odd = d >> 8 & 0x00ff00ff00ff00ffu;
  /* weights 3 7 1 3 7 1 3 7, the first digit in the lowest byte */
  uint32_t sum = (uint32_t)(even * 0x0003000100070003u >> 48) + (uint32_t)(odd * 0x0007000300010007u >> 48);
  return (uint8_t)(check - '0') <= 9 && (sum + check - '0') % 10 == 0;
}

static PEN_WIDE_INLINE uint64_t
big_endian8 (const uint8_t *p)
{
  return __builtin_bswap64 (pen_load8 (p));
}

/* Is this an entry without any question? Fills in what its row needs. */
static PEN_WIDE_INLINE bool
is_sound (const struct nacha *n, const uint8_t *p, const struct nacha_rec *r, const uint8_t *last, int64_t *amount,
          uint32_t *rdfi, unsigned *tc)
{
  const struct nacha_batch *b = &n->batch;
  uint64_t bank = pen_load8 (p + 3), low = pen_load8 (p + 31), trace = pen_load8 (p + 79), end = pen_load8 (p + 86);
  unsigned a = (unsigned)p[1] - '0', c = (unsigned)p[2] - '0', x = (unsigned)p[29] - '0', y = (unsigned)p[30] - '0';

  if (!pen_is_digits8 (bank) | !pen_is_digits8 (low) | !pen_is_digits8 (trace) | !pen_is_digits8 (end) | (a > 9)
      | (c > 9) | (x > 9) | (y > 9))
    return false;
  *tc = a * 10 + c;
  *rdfi = pen_digits8 (bank);
  *amount = (int64_t)(x * 10 + y) * 100000000 + pen_digits8 (low);
  if (!b->tc_ok[*tc] | (b->amount[*tc] == AMOUNT_LIVE && *amount == 0)
      | (b->amount[*tc] == AMOUNT_NONE && *amount != 0))
    return false;
  if (!is_checked (bank, p[11]) | (p[78] < '0') | (p[78] > '1') | (pen_load8 (b->odfi) != trace)
      | (b->limit && *amount > b->limit))
    return false;
  uint64_t before = big_endian8 (last), now = __builtin_bswap64 (trace);
  if (now < before || (now == before && __builtin_bswap64 (end) <= big_endian8 (last + 7)))
    return false;
  /* a name that begins with a zero may be all zeros: somebody else looks */
  uint64_t name = rec_mask (r, 54, 22);
  if ((b->sec_flags & SEC_NAME) && (!name || p[54 + __builtin_ctzll (name)] == '0'))
    return false;
  return rec_mask (r, 12, 17) != 0;
}

/* The columns of `entries` that a run writes one by one; see pen_run_begin(). */
enum
{
  RUN_CODE,
  RUN_RDFI,
  RUN_CHECK,
  RUN_ACCOUNT,
  RUN_ID,
  RUN_NAME,
  RUN_DATA,
  RUN_INDICATOR,
  RUN_TRACE,
  N_RUNS
};
struct run
{
  struct pen_run col[N_RUNS];
  uint8_t at[N_RUNS]; /* their columns */
  int64_t *amount, *offset, *line;
  uint64_t *order;
  int64_t first; /* row */
};

static void
begin_run (struct run *x, struct pen_table *t, bool payment)
{
  static const uint8_t at[N_RUNS] = { E_transaction_code,   E_receiving_dfi_identification, E_check_digit,
                                      E_dfi_account_number, E_identification_number,        E_individual_name,
                                      E_discretionary_data, E_addenda_record_indicator,     E_trace_number };
  memcpy (x->at, at, sizeof at);
  if (payment)
    x->at[RUN_DATA] = E_payment_type_code;
  for (int i = 0; i < N_RUNS; i++)
    pen_run_begin (&x->col[i], t, x->at[i]);
  /* columns that a bad entry may have left null */
  pen_col_fill_ (&t->col[E_file_ordinal], t->rows);
  pen_col_fill_ (&t->col[E_batch_ordinal], t->rows);
  pen_col_fill_ (&t->col[E_amount], t->rows);
  pen_col_fill_ (&t->col[N_ENTRY_COLS + 2], t->rows);
  x->amount = (int64_t *)(void *)t->col[E_amount].data;
  x->offset = (int64_t *)(void *)t->col[N_ENTRY_COLS].data;
  x->line = (int64_t *)(void *)t->col[N_ENTRY_COLS + 2].data;
  x->order = t->order;
  x->first = t->rows;
}

/* What is the same in all rows, or counts up. */
static void
end_run (struct nacha *n, struct run *x, struct pen_table *t, int64_t rows)
{
  if (rows == x->first)
    return;
  for (int i = 0; i < N_RUNS; i++)
    pen_run_end (&x->col[i], t, x->at[i], rows);
  pen_fill_i32 (t, E_file_ordinal, rows, (int32_t)n->st.files);
  pen_fill_i32 (t, E_batch_ordinal, rows, (int32_t)n->st.batches);
  pen_fill_i64 (t, E_entry_ordinal, rows, (int64_t)n->st.entries - (rows - x->first) + 1, 1);
  pen_fill_i32 (t, N_ENTRY_COLS + 1, rows, REC);
  t->col[E_amount].rows = t->col[N_ENTRY_COLS].rows = rows;
  if (!n->st.stream)
    t->col[N_ENTRY_COLS + 2].rows = rows;
  t->rows = rows;
}

static PEN_WIDE_INLINE void
put_plain (struct run *x, int64_t row, const uint8_t *p, const struct nacha_rec *r, int64_t amount, bool keep)
{
  pen_run_text (&x->col[RUN_CODE], row, p + 1, 2, 2);
  pen_run_text (&x->col[RUN_RDFI], row, p + 3, 8, 8);
  pen_run_text (&x->col[RUN_CHECK], row, p + 11, 1, 1);
  run_field (&x->col[RUN_ACCOUNT], row, p, r, 12, 17, 32, keep);
  x->amount[2 * row] = amount;
  x->amount[2 * row + 1] = 0;
  run_field (&x->col[RUN_ID], row, p, r, 39, 15, 16, false);
  run_field (&x->col[RUN_NAME], row, p, r, 54, 22, 32, false);
  run_field (&x->col[RUN_DATA], row, p, r, 76, 2, 2, false);
  pen_run_text (&x->col[RUN_INDICATOR], row, p + 78, 1, 1);
  pen_run_text (&x->col[RUN_TRACE], row, p + 79, 15, 16);
  x->order[row] = r->offset;
  x->offset[row] = (int64_t)r->offset;
  x->line[row] = (int64_t)r->line;
}

/* Bytes from one plain record to the next. */
static PEN_WIDE_INLINE size_t
stride_of (const uint8_t *p)
{
  if (p[REC] == '\n')
    return REC + 1;
  if (p[REC] == '\r')
    return p[REC + 1] == '\n' ? REC + 2 : REC + 1;
  return REC;
}

/* Is this the one addenda 05 of the entry at `entry`? */
static inline bool
is_sound_addenda (const uint8_t *p, const uint8_t *entry)
{
  return p[0] == '7' && p[1] == '0' && p[2] == '5' && memcmp (p + 83, "0001", 4) == 0
         && memcmp (p + 87, entry + 87, 7) == 0;
}

static inline void
put_plain_addenda (struct nacha *n, const uint8_t *p, const struct nacha_rec *r)
{
  struct pen_table *t = &n->set.table[T_ADDENDA];
  uint64_t head = rec_mask (r, 3, 64), tail = rec_mask (r, 67, 16);
  unsigned len = tail ? 128u - (unsigned)__builtin_clzll (tail) : head ? 64u - (unsigned)__builtin_clzll (head) : 0;
  pen_put_i32 (t, A_file_ordinal, (int32_t)n->st.files);
  pen_put_i32 (t, A_batch_ordinal, (int32_t)n->st.batches);
  pen_put_i64 (t, A_entry_ordinal, (int64_t)n->st.entries);
  pen_put_i32 (t, A_addenda_ordinal, 1);
  pen_put_short (t, A_addenda_type_code, p + 1, 2, 2);
  if (len)
    pen_put_short (t, A_payment_related_information, p + 3, len, 80);
  pen_put_i32 (t, A_addenda_sequence_number, 1);
  pen_put_short (t, A_entry_detail_sequence_number, p + 87, 7, 8);
  pen_row_end (t, r->offset, r->offset, REC, r->line);
}

/* Puts the addenda of an entry, if it is sound and the item ends with it; returns its stride, or 0. */
static size_t
run_addenda (struct nacha *n, const uint8_t *entry, const uint8_t *p, const uint8_t *end)
{
  struct nacha_rec r;
  struct pen_table *t = &n->set.table[T_ADDENDA];
  if ((size_t)(end - p) <= REC + 34 || !is_sound_addenda (p, entry) || !scan_plain (p, r.nb) || t->rows == t->cap)
    return 0;
  size_t stride = stride_of (p);
  if (p[stride] != '6' && p[stride] != '8')
    return 0;
  r.offset = n->chunk_offset + (uint64_t)(p - n->chunk.p);
  r.line = n->st.stream ? 0 : n->st.line + (stride_of (entry) > REC);
  n->st.entries++;
  put_plain_addenda (n, p, &r);
  n->st.entries--;
  return stride;
}

/* May the batch in force be read in a hurry? */
static bool
is_simple_batch (const struct nacha *n)
{
  const struct nacha_batch *b = &n->batch;
  const struct nacha_state *s = &n->st;
  return (b->layout == LAYOUT_PLAIN || b->layout == LAYOUT_PAYMENT) && b->sec && !(b->sec_flags & SEC_NOC)
         && !b->sec->min_addenda && s->in_batch && !s->batch_refused && s->category == CAT_FORWARD;
}

/* The entries of a run, counted. */
struct tally
{
  uint64_t entries, addenda, hash;
  int64_t debit, credit;
};

static void
settle_run (struct nacha *n, const struct tally *k, const uint8_t *last)
{
  struct nacha_state *s = &n->st;
  if (!k->entries)
    return;
  memcpy (s->last_trace, last, 15);
  s->has_trace = 1;
  s->run = s->after_bad = 0;
  s->records += k->entries + k->addenda;
  s->batch_entries += (uint32_t)k->entries;
  n->sum[SUM_COUNT] += (int64_t)(k->entries + k->addenda);
  n->sum[SUM_HASH] += (int64_t)k->hash;
  n->sum[SUM_DEBIT] += k->debit;
  n->sum[SUM_CREDIT] += k->credit;
  n->n_read[T_ENTRIES] += k->entries;
  n->n_read[T_ADDENDA] += k->addenda;
}

PEN_WIDE size_t
nacha_entry_run (struct nacha *n, size_t at)
{
  const uint8_t *p = n->chunk.p + at, *const end = n->chunk.p + n->chunk.n;
  struct pen_table *t = &n->set.table[T_ENTRIES];
  struct nacha_state *s = &n->st;
  const bool payment = n->batch.layout == LAYOUT_PAYMENT, keep = n->o->preserve_spaces, stream = s->stream;
  const bool remittance = (n->batch.sec_flags & SEC_ADDENDA_05) && n->batch.sec && n->batch.sec->max_addenda;
  const uint8_t *last = s->last_trace; /* zeros in a batch that has none yet */
  const int64_t cap = t->cap;
  int64_t row = t->rows;
  uint64_t line = s->line;
  struct nacha_rec r;
  struct run x;
  struct tally k = { 0 };

  if (!is_simple_batch (n))
    return at;
  begin_run (&x, t, payment);
  while ((size_t)(end - p) > REC + 34 && *p == '6' && row < cap)
    {
      size_t stride = stride_of (p), more = 0;
      int64_t amount;
      uint32_t rdfi;
      unsigned tc;
      if (!scan_plain (p, r.nb) || !is_sound (n, p, &r, last, &amount, &rdfi, &tc)
          || (payment && !nacha_is_payment_type (p + 76, n->batch.code)))
        break;
      if (p[78] == '1')
        {
          s->line = line;
          if (!remittance || !(more = run_addenda (n, p, p + stride, end)))
            break;
        }
      else if (p[stride] != '6' && p[stride] != '8')
        break;
      r.offset = n->chunk_offset + (uint64_t)(p - n->chunk.p);
      r.line = stream ? 0 : line;
      put_plain (&x, row++, p, &r, amount, keep);
      s->entries++;
      line += (uint64_t)(stride > REC) + (more > REC);
      k.hash += rdfi;
      k.debit += n->batch.debit[tc] ? amount : 0;
      k.credit += n->batch.debit[tc] ? 0 : amount;
      k.entries++;
      k.addenda += more > 0;
      last = p + 79;
      p += stride + more;
    }
  s->line = line;
  end_run (n, &x, t, row);
  settle_run (n, &k, last);
  return (size_t)(p - n->chunk.p);
}
