/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - batch header and batch control: their rules, the row of `batches`, and the totals that the batch claims. */
#include "nacha.h"

#define FIND(rule, column, ...) (refuse |= nacha_find (n, RULE_##rule, PEN_SEV_RECORD, r, column, 0, __VA_ARGS__))

static bool
check_codes (struct nacha *n, const struct nacha_rec *r)
{
  bool refuse = false, adv = rec_is (r, 50, "ADV"), zero = adv || rec_is (r, 50, "IAT") || rec_is (r, 4, "IATCOR");
  const struct nacha_sec *sec = nacha_sec_find (r->c + 50);

  if (!rec_is (r, 1, "200") && !rec_is (r, 1, "220") && !rec_is (r, 1, "225") && !rec_is (r, 1, "280"))
    FIND (service_class, "service_class_code", "expected 200, 220, 225 or 280, found \"%.*s\"", REC_FIELD (r, 1, 3));
  else if (rec_is (r, 1, "280") != adv)
    FIND (service_class, "service_class_code", "expected 280 for ADV and only there, found %.*s for %.*s",
          REC_FIELD (r, 1, 3), REC_FIELD (r, 50, 3));
  if (!sec)
    FIND (sec_code, "standard_entry_class_code", "expected a standard entry class code, found \"%.*s\"",
          REC_FIELD (r, 50, 3));
  if (r->c[78] != '1' && r->c[78] != '2' && !(r->c[78] == '0' && zero))
    FIND (originator_status, "originator_status_code", "expected 1 or 2%s, found \"%.*s\"", zero ? " or 0" : "",
          REC_FIELD (r, 78, 1));
  else if (rec_is (r, 50, "DNE") && r->c[78] != '2')
    FIND (originator_status, "originator_status_code", "expected 2 for DNE, found %c", r->c[78]);
  if (!pen_all_digits (r->c + 79, 8))
    FIND (numeric_field, "originating_dfi_identification", "expected 8 digits, found \"%.*s\"", REC_FIELD (r, 79, 8));
  if (!pen_all_digits (r->c + 87, 7))
    FIND (numeric_field, "batch_number", "expected 7 digits, found \"%.*s\"", REC_FIELD (r, 87, 7));
  return refuse;
}

static bool
check_company (struct nacha *n, const struct nacha_rec *r)
{
  bool refuse = false;
  if (!rec_is (r, 50, "IAT") && rec_is_void (r, 4, 16))
    FIND (company_name, "company_name", "expected a company name, found blanks or zeros");
  if (rec_is_void (r, 40, 10))
    FIND (company_identification, "company_identification", "expected a company identification, found blanks or zeros");
  if (rec_is_void (r, 53, 10))
    FIND (entry_description, "company_entry_description", "expected a description, found blanks or zeros");
  else if (rec_is (r, 50, "RCK") && !rec_is (r, 53, "REDEPCHECK"))
    FIND (entry_description, "company_entry_description", "expected REDEPCHECK for RCK, found \"%.*s\"",
          REC_FIELD (r, 53, 10));
  else if (rec_is (r, 50, "ENR") && !rec_is (r, 53, "AUTOENROLL"))
    FIND (entry_description, "company_entry_description", "expected AUTOENROLL for ENR, found \"%.*s\"",
          REC_FIELD (r, 53, 10));
  return refuse;
}

static bool
check_dates (struct nacha *n, const struct nacha_rec *r)
{
  bool refuse = false;
  int32_t day;
  if (pen_date_yymmdd (r->c + 69, DATE_PIVOT, &day))
    FIND (effective_date, "effective_entry_date", "expected a date as YYMMDD, found \"%.*s\"", REC_FIELD (r, 69, 6));
  int64_t settled = pen_parse_digits (r->c + 75, 3);
  if (!rec_is_blank (r, 75, 3) && !rec_is (r, 75, "000") && (settled < 1 || settled > 366))
    FIND (settlement_date, "settlement_date", "expected a day of the year or blanks, found \"%.*s\"",
          REC_FIELD (r, 75, 3));
  return refuse;
}

static bool
check_iat (struct nacha *n, const struct nacha_rec *r)
{
  bool refuse = false;
  if (!rec_is (r, 50, "IAT"))
    return false;
  if (!rec_is_blank (r, 4, 16) && !rec_is (r, 4, "IATCOR          "))
    FIND (iat_header, "iat_indicator", "expected blanks or IATCOR, found \"%.*s\"", REC_FIELD (r, 4, 16));
  if (!rec_is (r, 20, "FV") && !rec_is (r, 20, "VF") && !rec_is (r, 20, "FF"))
    FIND (iat_header, "foreign_exchange_indicator", "expected FV, VF or FF, found \"%.*s\"", REC_FIELD (r, 20, 2));
  if (r->c[22] < '1' || r->c[22] > '3')
    FIND (iat_header, "foreign_exchange_reference_indicator", "expected 1, 2 or 3, found \"%.*s\"",
          REC_FIELD (r, 22, 1));
  if (!nacha_is_country (r->c + 38))
    FIND (iat_header, "iso_destination_country_code", "expected an ISO country code, found \"%.*s\"",
          REC_FIELD (r, 38, 2));
  if (!nacha_is_currency (r->c + 63))
    FIND (iat_header, "iso_originating_currency_code", "expected an ISO currency code, found \"%.*s\"",
          REC_FIELD (r, 63, 3));
  if (!nacha_is_currency (r->c + 66))
    FIND (iat_header, "iso_destination_currency_code", "expected an ISO currency code, found \"%.*s\"",
          REC_FIELD (r, 66, 3));
  return refuse;
}

static bool
check_number (struct nacha *n, const struct nacha_state *s, const struct nacha_rec *r)
{
  bool refuse = false;
  if (!s->has_number || !s->in_file)
    return false;
  int order = memcmp (r->c + 87, s->last_number, 7);
  if (order < 0)
    FIND (batch_number_order, "batch_number", "expected a number above %.7s, found %.*s", (const char *)s->last_number,
          REC_FIELD (r, 87, 7));
  else if (order == 0)
    FIND (batch_number_duplicate, "batch_number", "expected a number above %.7s, found it again",
          (const char *)s->last_number);
  return refuse;
}

bool
nacha_batch_header_check (struct nacha *n, const struct nacha_state *s, const struct nacha_rec *r)
{
  bool refuse = nacha_find_shape (n, r, PEN_SEV_RECORD, REC);
  refuse |= check_codes (n, r);
  refuse |= check_company (n, r);
  refuse |= check_dates (n, r);
  refuse |= check_iat (n, r);
  refuse |= check_number (n, s, r);
  return refuse;
}

void
nacha_batch_load (struct nacha *n)
{
  struct nacha_rec r;
  uint8_t key[12] = { 0 };
  if (n->st.in_batch)
    {
      nacha_recall (n->st.batch_header, n->st.batch_text, &r, &n->keep);
      memcpy (key, r.c + 1, 3);
      memcpy (key + 3, r.c + 50, 3);
      key[6] = 1;
      key[7] = rec_is (&r, 53, "REVERSAL");
      key[8] = rec_is (&r, 4, "IATCOR");
    }
  if (memcmp (n->batch.key, key, sizeof key) != 0 || !n->batch.loaded)
    {
      struct nacha_batch last = n->batch;
      n->batch = n->spare;
      n->spare = last;
    }
  if (memcmp (n->batch.key, key, sizeof key) != 0 || !n->batch.loaded)
    {
      memset (&n->batch, 0, sizeof n->batch);
      memcpy (n->batch.key, key, sizeof key);
      memcpy (n->batch.service_class, key, 3);
      memcpy (n->batch.code, key + 3, 3);
      n->batch.has_odfi = key[6];
      n->batch.reversal = key[7];
      n->batch.iat_cor = key[8];
      nacha_sec_load (&n->batch);
      n->batch.loaded = 1;
    }
  if (n->st.in_batch)
    memcpy (n->batch.odfi, r.c + 79, 8);
}

#undef FIND
#define FIND(rule, column, ...) nacha_find (n, RULE_##rule, PEN_SEV_OBJECT, r, column, follows, __VA_ARGS__)

/* Do two fields hold the same, but for blanks around it? */
static bool
is_same_text (const struct nacha_rec *a, unsigned at, const struct nacha_rec *b, unsigned bt, unsigned n)
{
  unsigned lead_a = (unsigned)pen_leading_blanks (a->c + at, n), lead_b = (unsigned)pen_leading_blanks (b->c + bt, n);
  unsigned len_a = rec_trimmed (a, at, n), len_b = rec_trimmed (b, bt, n);
  if (!len_a || !len_b)
    return len_a == len_b;
  return len_a - lead_a == len_b - lead_b && memcmp (a->c + at + lead_a, b->c + bt + lead_b, len_a - lead_a) == 0;
}

/* Header and control of one batch must agree. */
static void
check_match (struct nacha *n, const struct nacha_rec *r, const struct nacha_rec *h)
{
  int follows = n->st.batch_refused;
  if (memcmp (r->c + 1, h->c + 1, 3) != 0)
    FIND (service_class_mismatch, "service_class_code", "expected %.*s as in the header, found \"%.*s\"",
          REC_FIELD (h, 1, 3), REC_FIELD (r, 1, 3));
  if (n->batch.layout != LAYOUT_ADV && !is_same_text (r, 44, h, 40, 10)
      && !(n->batch.layout == LAYOUT_IAT && rec_is_blank (r, 44, 10)))
    FIND (company_id_mismatch, "company_identification", "expected \"%.*s\" as in the header, found \"%.*s\"",
          REC_FIELD (h, 40, 10), REC_FIELD (r, 44, 10));
  if (memcmp (r->c + 79, h->c + 79, 8) != 0)
    FIND (odfi_mismatch, "originating_dfi_identification", "expected %.*s as in the header, found \"%.*s\"",
          REC_FIELD (h, 79, 8), REC_FIELD (r, 79, 8));
  if (memcmp (r->c + 87, h->c + 87, 7) != 0)
    FIND (batch_number_mismatch, "batch_number", "expected %.*s as in the header, found \"%.*s\"", REC_FIELD (h, 87, 7),
          REC_FIELD (r, 87, 7));
}

static void
put_header (struct nacha *n, struct pen_table *t, const struct nacha_rec *h)
{
  static const struct
  {
    uint8_t col, from, n;
  } common[] = { { B_service_class_code, 1, 3 },
                 { B_company_identification, 40, 10 },
                 { B_standard_entry_class_code, 50, 3 },
                 { B_company_entry_description, 53, 10 },
                 { B_settlement_date, 75, 3 },
                 { B_originator_status_code, 78, 1 },
                 { B_originating_dfi_identification, 79, 8 },
                 { B_batch_number, 87, 7 } },
    domestic[] = { { B_company_name, 4, 16 },
                   { B_company_discretionary_data, 20, 20 },
                   { B_company_descriptive_date, 63, 6 } },
    iat[] = { { B_iat_indicator, 4, 16 },
              { B_foreign_exchange_indicator, 20, 2 },
              { B_foreign_exchange_reference_indicator, 22, 1 },
              { B_foreign_exchange_reference, 23, 15 },
              { B_iso_destination_country_code, 38, 2 },
              { B_iso_originating_currency_code, 63, 3 },
              { B_iso_destination_currency_code, 66, 3 } };
  int32_t day;
  for (size_t i = 0; i < sizeof common / sizeof *common; i++)
    nacha_put_trimmed (t, common[i].col, h, common[i].from, common[i].n);
  if (n->batch.layout == LAYOUT_IAT)
    for (size_t i = 0; i < sizeof iat / sizeof *iat; i++)
      nacha_put_trimmed (t, iat[i].col, h, iat[i].from, iat[i].n);
  else
    for (size_t i = 0; i < sizeof domestic / sizeof *domestic; i++)
      nacha_put_trimmed (t, domestic[i].col, h, domestic[i].from, domestic[i].n);
  if (pen_date_yymmdd (h->c + 69, DATE_PIVOT, &day) == 0)
    pen_put_date (t, B_effective_entry_date, day);
}

/* One number of the control; twenty digits of ADV must begin with two zeros to stay within 64 bits. */
static bool
take (struct nacha *n, const struct nacha_rec *r, unsigned from, unsigned width, const char *column, int64_t *v)
{
  int follows = n->st.batch_refused;
  unsigned skip = width > 18 ? width - 18 : 0;
  *v = pen_parse_digits (r->c + from + skip, width - skip);
  for (unsigned i = 0; i < skip; i++)
    if (r->c[from + i] != '0')
      *v = -1;
  if (*v >= 0)
    return true;
  FIND (numeric_field, column, "expected %u digits, found \"%.*s\"", width, REC_FIELD (r, from, width));
  return false;
}

/* Puts the control's numbers into the row and claims them of the ledger; returns how many. */
static size_t
put_control (struct nacha *n, struct pen_table *t, const struct nacha_rec *r, struct pen_claim *claims)
{
  bool adv = n->batch.layout == LAYOUT_ADV;
  size_t k = 0;
  int64_t v;
#define CLAIM(total, rule, col, put, from, width)                                                                      \
  if (take (n, r, from, width, #col, &v))                                                                              \
    {                                                                                                                  \
      put (t, B_##col, v);                                                                                             \
      claims[k++] = (struct pen_claim){ total, nacha_claim_severity (n, RULE_##rule), v };                             \
    }
  CLAIM (TOTAL_BATCH_COUNT, batch_entry_addenda_count, entry_addenda_count, pen_put_i64, 4, 6)
  CLAIM (TOTAL_BATCH_HASH, batch_entry_hash, entry_hash, pen_put_i64, 10, 10)
  CLAIM (TOTAL_BATCH_DEBIT, batch_total_debit, total_debit_entry_dollar_amount, pen_put_money, 20, (adv ? 20u : 12u))
  CLAIM (TOTAL_BATCH_CREDIT, batch_total_credit, total_credit_entry_dollar_amount, pen_put_money, (adv ? 40u : 32u),
         (adv ? 20u : 12u))
#undef CLAIM
  if (adv)
    nacha_put_trimmed (t, B_ach_operator_data, r, 60, 19);
  else
    nacha_put_trimmed (t, B_message_authentication_code, r, 54, 19);
  return k;
}

/* The row of `batches`, or the count of a refused one. */
static void
end_row (struct nacha *n, struct pen_table *t, uint64_t order, bool refused)
{
  n->n_read[T_BATCHES]++;
  if (refused)
    {
      pen_rows_truncate (t, t->rows);
      n->n_rejected[T_BATCHES]++;
      return;
    }
  pen_put_i32 (t, B_file_ordinal, (int32_t)n->st.files);
  pen_put_i32 (t, B_batch_ordinal, (int32_t)n->st.batches);
  pen_row_end (t, order, n->st.batch_offset, n->st.batch_length, n->st.batch_line);
}

static void
close_batch (struct nacha *n, const struct nacha_rec *h, const struct pen_claim *claims, size_t k,
             const struct nacha_rec *r)
{
  struct pen_span key = { h->c + 87, 7 };
  int status;
  nacha_settle (n);
  status = n->out->close (n->out->ctx, SCOPE_BATCH, key, claims, k, r->offset, r->length, r->line);
  if (status != PEN_OK && n->status == PEN_OK)
    n->status = status;
}

void
nacha_batch_control (struct nacha *n, const struct nacha_rec *r)
{
  struct pen_table *t = &n->set.table[T_BATCHES];
  struct nacha_rec h;
  struct pen_claim claims[4];
  bool refused = n->st.batch_refused;
  int follows = refused;
  size_t k;

  nacha_recall (n->st.batch_header, n->st.batch_text, &h, &n->keep);
  nacha_find_shape (n, r, PEN_SEV_OBJECT, REC);
  check_match (n, r, &h);
  if (n->batch.layout != LAYOUT_ADV && !rec_is_blank (r, 73, 6))
    FIND (reserved_field, NULL, "expected blanks in columns 74 to 79, found \"%.*s\"", REC_FIELD (r, 73, 6));
  if (n->st.batch_entries == 0)
    refused |=
        nacha_find (n, RULE_empty_batch, PEN_SEV_RECORD, r, NULL, follows, "expected at least one entry, found none");
  put_header (n, t, &h);
  k = put_control (n, t, r, claims);
  end_row (n, t, r->offset, refused);
  close_batch (n, &h, claims, k, r);
}

void
nacha_batch_end (struct nacha *n, const struct nacha_rec *met)
{
  struct pen_table *t = &n->set.table[T_BATCHES];
  struct nacha_rec h, end = { .offset = n->chunk_offset + n->chunk.n, .line = n->st.stream ? 0 : n->st.line };
  const struct nacha_rec *r = met ? met : &end;
  int follows = 0;

  if (met)
    FIND (missing_batch_control, NULL, "expected a batch control, found record type %c", met->c[0]);
  else
    FIND (missing_batch_control, NULL, "expected a batch control, found the end of the object");
  nacha_recall (n->st.batch_header, n->st.batch_text, &h, &n->keep);
  put_header (n, t, &h);
  end_row (n, t, r->offset, n->st.batch_refused);
  close_batch (n, &h, NULL, 0, r);
}
