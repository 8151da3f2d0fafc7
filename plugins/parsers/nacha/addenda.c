/* SPDX-License-Identifier: Apache-2.0 */
/* addenda.c - addenda records of every type: their rules and their row of `addenda`. */
#include "nacha.h"

#define FIND(rule, column, ...) nacha_item_find (n, RULE_##rule, n->item.n_addenda, r, column, __VA_ARGS__)

struct field
{
  uint8_t col, from, n;
};

/* Two digits of the type as a number; 100: no digits. */
static unsigned
type_of (const struct nacha_rec *r)
{
  unsigned a = (unsigned)r->c[1] - '0', b = (unsigned)r->c[2] - '0';
  return a > 9 || b > 9 ? 100 : a * 10 + b;
}

/* ---- rules ---- */

static void
check_sequence (struct nacha *n, const struct nacha_rec *r)
{
  int32_t v = (int32_t)pen_parse_digits (r->c + 83, 4);
  if (v < 0)
    FIND (numeric_field, "addenda_sequence_number", "expected 4 digits, found \"%.*s\"", REC_FIELD (r, 83, 4));
  else if (v < n->item.last_sequence + (n->batch.layout != LAYOUT_IAT))
    FIND (addenda_sequence, "addenda_sequence_number", "expected %d, found %d", n->item.last_sequence + 1, v);
  if (v > n->item.last_sequence)
    n->item.last_sequence = v;
}

/* Addenda of an entry carry the last seven digits of its trace number. */
static void
check_tie (struct nacha *n, const struct nacha_rec *r)
{
  unsigned len = rec_trimmed (r, 87, 7);
  if (memcmp (r->c + 87, n->item.trace + 8, 7) != 0
      && (!len || pen_parse_digits (r->c + 87, len) != pen_parse_digits (n->item.trace + 8, 7)))
    FIND (addenda_trace, "entry_detail_sequence_number", "expected %.7s as in the entry, found \"%.*s\"",
          (const char *)n->item.trace + 8, REC_FIELD (r, 87, 7));
}

static void
check_terminal (struct nacha *n, const struct nacha_rec *r)
{
  static const struct
  {
    uint8_t from, n;
    const char *column;
  } due[] = { { 13, 6, "terminal_identification_code" },
              { 19, 6, "transaction_serial_number" },
              { 35, 27, "terminal_location" },
              { 62, 15, "terminal_city" } };
  for (size_t i = 0; i < sizeof due / sizeof *due; i++)
    if (rec_is_blank (r, due[i].from, due[i].n))
      FIND (terminal_addenda, due[i].column, "expected a value, found blanks");
  int64_t day = pen_parse_digits (r->c + 25, 4);
  if (day < 0 || !pen_is_date (2000, (int)(day / 100), (int)(day % 100)))
    FIND (terminal_addenda, "transaction_date", "expected a day as MMDD, found \"%.*s\"", REC_FIELD (r, 25, 4));
  if (!nacha_is_state (r->c + 77))
    FIND (terminal_state, "terminal_state", "expected a US state, found \"%.*s\"", REC_FIELD (r, 77, 2));
}

static bool
is_iat_transaction (const uint8_t *c)
{
  static const char list[] = "ANNBUSDEPLOAMISMORPENREMRLSSALTAXARCBOCPOPPPDRCKTELWEBIAT";
  for (unsigned i = 0; list[i]; i += 3)
    if (memcmp (list + i, c, 3) == 0)
      return true;
  return false;
}

static void
need (struct nacha *n, const struct nacha_rec *r, unsigned from, unsigned width, const char *column)
{
  if (rec_is_blank (r, from, width))
    FIND (iat_addenda_field, column, "expected a value, found blanks");
}

/* A bank's name, id qualifier, id and country: addenda 13, 14, 18. */
static void
check_iat_bank (struct nacha *n, const struct nacha_rec *r)
{
  need (n, r, 3, 35, "name");
  if (r->c[38] != '0' || r->c[39] < '1' || r->c[39] > '3')
    FIND (iat_addenda_field, "identification_qualifier", "expected 01, 02 or 03, found \"%.*s\"", REC_FIELD (r, 38, 2));
  need (n, r, 40, 34, "identification");
  if (rec_is_blank (r, 74, 3))
    FIND (iat_addenda_field, "branch_country_code", "expected an ISO country code, found blanks");
}

static void
check_iat (struct nacha *n, const struct nacha_rec *r, unsigned type)
{
  switch (type)
    {
    case 10:
      if (!is_iat_transaction (r->c + 3))
        FIND (iat_addenda_field, "transaction_type_code", "expected a transaction type, found \"%.*s\"",
              REC_FIELD (r, 3, 3));
      if (!pen_all_digits (r->c + 6, 18))
        FIND (numeric_field, "foreign_payment_amount", "expected 18 digits, found \"%.*s\"", REC_FIELD (r, 6, 18));
      need (n, r, 46, 35, "receiving_company_name");
      break;
    case 11:
      need (n, r, 3, 35, "originator_name");
      need (n, r, 38, 35, "originator_street_address");
      break;
    case 12:
      need (n, r, 3, 35, "originator_city_state");
      need (n, r, 38, 35, "originator_country_postal_code");
      break;
    case 13:
    case 14:
    case 18:
      check_iat_bank (n, r);
      break;
    case 15:
      need (n, r, 18, 35, "receiver_street_address");
      break;
    case 16:
      need (n, r, 3, 35, "receiver_city_state");
      need (n, r, 38, 35, "receiver_country_postal_code");
      break;
    default:
      break;
    }
}

/* IAT addenda: mandatory ones once each, all in the order of their types, two 17 and five 18 at most. */
static void
count_iat (struct nacha *n, const struct nacha_rec *r, unsigned type)
{
  struct nacha_item *item = &n->item;
  uint16_t bit = (uint16_t)(1u << (type - 10));
  item->n17 += type == 17;
  item->n18 += type == 18;
  if ((item->types & bit) && type < 17)
    FIND (addenda_count, "addenda_type_code", "expected one addenda %u, found another one", type);
  else if (item->n17 > 2 || item->n18 > 5)
    FIND (addenda_count, "addenda_type_code", "expected at most %d addenda %u, found another one", type == 17 ? 2 : 5,
          type);
  if (type < item->iat_last)
    FIND (iat_addenda_order, "addenda_type_code", "expected type %u or above, found %u", item->iat_last, type);
  if (type != item->iat_last)
    item->last_sequence = 0;
  item->types |= bit;
  if (type > item->iat_last)
    item->iat_last = (uint8_t)type;
}

static void
check_original (struct nacha *n, const struct nacha_rec *r)
{
  if (!pen_all_digits (r->c + 6, 15))
    FIND (original_trace, "original_entry_trace_number", "expected 15 digits, found \"%.*s\"", REC_FIELD (r, 6, 15));
}

static void
check_noc (struct nacha *n, const struct nacha_rec *r)
{
  if (!nacha_is_change_code (r->c + 3))
    FIND (change_code, "change_code", "expected a change code C01-C14 or C61-C69, found \"%.*s\"", REC_FIELD (r, 3, 3));
  if (rec_is_blank (r, 35, 29))
    FIND (corrected_data, "corrected_data", "expected corrected data, found blanks");
  check_original (n, r);
}

static void
check_date (struct nacha *n, const struct nacha_rec *r, const char *column)
{
  int32_t day;
  if (!rec_is_void (r, 21, 6) && pen_date_yymmdd (r->c + 21, DATE_PIVOT, &day))
    FIND (date_field, column, "expected a date as YYMMDD or blanks, found \"%.*s\"", REC_FIELD (r, 21, 6));
}

static void
check_return (struct nacha *n, const struct nacha_rec *r, uint8_t category)
{
  if (!nacha_is_return_code (r->c + 3))
    FIND (return_code, "return_reason_code", "expected a return reason code, found \"%.*s\"", REC_FIELD (r, 3, 3));
  if (category == CAT_CONTESTED)
    check_date (n, r, "date_original_entry_returned");
  else if (category == CAT_RETURN)
    check_date (n, r, "date_of_death");
  check_original (n, r);
}

static void
wrong_type (struct nacha *n, const struct nacha_rec *r)
{
  FIND (addenda_type, "addenda_type_code", "expected an addenda type of %.3s, found \"%.*s\"",
        n->batch.sec ? n->batch.code : "NACHA", REC_FIELD (r, 1, 2));
}

static void
check_addenda (struct nacha *n, const struct nacha_rec *r, unsigned type)
{
  struct nacha_item *item = &n->item;
  uint8_t category = nacha_addenda_category (r->c);

  if (nacha_find_shape (n, r, PEN_SEV_RECORD, REC))
    {
      item->rejected = true;
      n->own[item->n_addenda >> 3] |= (uint8_t)(1u << (item->n_addenda & 7));
    }
  if (category != CAT_NONE)
    item->category = category;
  if (type == 5)
    {
      item->n05++;
      check_sequence (n, r);
      check_tie (n, r);
    }
  else if (type == 2)
    {
      item->n02++;
      check_terminal (n, r);
    }
  else if (type >= 10 && type <= 18 && n->batch.layout == LAYOUT_IAT)
    {
      count_iat (n, r, type);
      if (type >= 17)
        check_sequence (n, r);
      check_iat (n, r, type);
      check_tie (n, r);
    }
  else if (type == 98)
    {
      item->n98++;
      check_noc (n, r);
    }
  else if (type == 99)
    {
      item->n99++;
      check_return (n, r, category);
    }
  else
    wrong_type (n, r);
}

/* ---- rows ---- */

static const struct field fields_02[] = { { A_reference_information_one, 3, 7 },
                                          { A_reference_information_two, 10, 3 },
                                          { A_terminal_identification_code, 13, 6 },
                                          { A_transaction_serial_number, 19, 6 },
                                          { A_transaction_date, 25, 4 },
                                          { A_authorization_code_or_expiration_date, 29, 6 },
                                          { A_terminal_location, 35, 27 },
                                          { A_terminal_city, 62, 15 },
                                          { A_terminal_state, 77, 2 },
                                          { A_trace_number, 79, 15 },
                                          { 0, 0, 0 } },
                          fields_05[] = { { A_entry_detail_sequence_number, 87, 7 }, { 0, 0, 0 } },
                          fields_10[] = { { A_transaction_type_code, 3, 3 },
                                          { A_foreign_trace_number, 24, 22 },
                                          { A_receiving_company_name, 46, 35 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_11[] = { { A_originator_name, 3, 35 },
                                          { A_originator_street_address, 38, 35 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_12[] = { { A_originator_city_state, 3, 35 },
                                          { A_originator_country_postal_code, 38, 35 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_13[] = { { A_originating_dfi_name, 3, 35 },
                                          { A_originating_dfi_identification_qualifier, 38, 2 },
                                          { A_originating_dfi_identification, 40, 34 },
                                          { A_originating_dfi_branch_country_code, 74, 3 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_14[] = { { A_receiving_dfi_name, 3, 35 },
                                          { A_receiving_dfi_identification_qualifier, 38, 2 },
                                          { A_receiving_dfi_identification, 40, 34 },
                                          { A_receiving_dfi_branch_country_code, 74, 3 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_15[] = { { A_receiver_identification_number, 3, 15 },
                                          { A_receiver_street_address, 18, 35 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_16[] = { { A_receiver_city_state, 3, 35 },
                                          { A_receiver_country_postal_code, 38, 35 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_18[] = { { A_foreign_correspondent_bank_name, 3, 35 },
                                          { A_foreign_correspondent_bank_identification_qualifier, 38, 2 },
                                          { A_foreign_correspondent_bank_identification, 40, 34 },
                                          { A_foreign_correspondent_bank_branch_country_code, 74, 3 },
                                          { A_entry_detail_sequence_number, 87, 7 },
                                          { 0, 0, 0 } },
                          fields_98[] = { { A_change_code, 3, 3 },
                                          { A_original_entry_trace_number, 6, 15 },
                                          { A_original_receiving_dfi_identification, 27, 8 },
                                          { A_corrected_data, 35, 29 },
                                          { A_trace_number, 79, 15 },
                                          { 0, 0, 0 } },
                          fields_refused[] = { { A_change_code, 3, 3 },
                                               { A_original_entry_trace_number, 6, 15 },
                                               { A_original_receiving_dfi_identification, 27, 8 },
                                               { A_corrected_data, 35, 29 },
                                               { A_refused_change_code, 64, 3 },
                                               { A_trace_sequence_number, 67, 7 },
                                               { A_trace_number, 79, 15 },
                                               { 0, 0, 0 } },
                          fields_99[] = { { A_return_reason_code, 3, 3 },
                                          { A_original_entry_trace_number, 6, 15 },
                                          { A_original_receiving_dfi_identification, 27, 8 },
                                          { A_addenda_information, 35, 44 },
                                          { A_trace_number, 79, 15 },
                                          { 0, 0, 0 } },
                          fields_dishonored[] = { { A_return_reason_code, 3, 3 },
                                                  { A_original_entry_trace_number, 6, 15 },
                                                  { A_original_receiving_dfi_identification, 27, 8 },
                                                  { A_return_trace_number, 38, 15 },
                                                  { A_return_settlement_date, 53, 3 },
                                                  { A_original_return_reason_code, 56, 2 },
                                                  { A_addenda_information, 58, 21 },
                                                  { A_trace_number, 79, 15 },
                                                  { 0, 0, 0 } },
                          fields_contested[] = { { A_return_reason_code, 3, 3 },
                                                 { A_original_entry_trace_number, 6, 15 },
                                                 { A_original_receiving_dfi_identification, 27, 8 },
                                                 { A_original_settlement_date, 35, 3 },
                                                 { A_return_trace_number, 38, 15 },
                                                 { A_return_settlement_date, 53, 3 },
                                                 { A_original_return_reason_code, 56, 2 },
                                                 { A_dishonored_return_trace_number, 58, 15 },
                                                 { A_dishonored_return_settlement_date, 73, 3 },
                                                 { A_dishonored_return_reason_code, 76, 2 },
                                                 { A_trace_number, 79, 15 },
                                                 { 0, 0, 0 } },
                          no_fields[] = { { 0, 0, 0 } };

static const struct field *
fields_of (const struct nacha_rec *r, unsigned type)
{
  switch (type)
    {
    case 2:
      return fields_02;
    case 5:
    case 17:
      return fields_05;
    case 10:
      return fields_10;
    case 11:
      return fields_11;
    case 12:
      return fields_12;
    case 13:
      return fields_13;
    case 14:
      return fields_14;
    case 15:
      return fields_15;
    case 16:
      return fields_16;
    case 18:
      return fields_18;
    case 98:
      return r->c[4] == '6' ? fields_refused : fields_98;
    case 99:
      switch (nacha_addenda_category (r->c))
        {
        case CAT_DISHONORED:
          return fields_dishonored;
        case CAT_CONTESTED:
          return fields_contested;
        default:
          return fields_99;
        }
    default:
      return no_fields;
    }
}

/* What is not plain text. */
static void
put_typed (struct nacha *n, struct pen_table *t, const struct nacha_rec *r, unsigned type)
{
  uint8_t category = nacha_addenda_category (r->c);
  int64_t v;
  int32_t day;
  if (type == 5 || type == 17)
    {
      /* blanks are part of the text, only those at its end are not */
      nacha_put (t, A_payment_related_information, r, 3, 64 + 16);
    }
  if (type == 5 || type == 17 || type == 18)
    if ((v = pen_parse_digits (r->c + 83, 4)) >= 0)
      pen_put_i32 (t, A_addenda_sequence_number, (int32_t)v);
  if (type == 10 && (v = pen_parse_digits (r->c + 6, 18)) >= 0)
    pen_put_money (t, A_foreign_payment_amount, v);
  if (type == 98 && n->batch.layout == LAYOUT_IAT && r->c[4] != '6')
    nacha_put_trimmed (t, A_iat_corrected_data, r, 64, 6);
  if ((category == CAT_RETURN || category == CAT_CONTESTED) && pen_date_yymmdd (r->c + 21, DATE_PIVOT, &day) == 0)
    pen_put_date (t, category == CAT_RETURN ? A_date_of_death : A_date_original_entry_returned, day);
}

static void
put_addenda (struct nacha *n, const struct nacha_rec *r, unsigned type, bool orphan)
{
  struct pen_table *t = &n->set.table[T_ADDENDA];
  if (pen_row_reserve (t, 1))
    {
      if (n->status == PEN_OK)
        n->status = n->host->fail (n->host->ctx, "nacha: no memory for the addenda of one entry");
      return;
    }
  pen_put_i32 (t, A_file_ordinal, (int32_t)n->st.files);
  if (n->st.in_batch)
    pen_put_i32 (t, A_batch_ordinal, (int32_t)n->st.batches);
  if (!orphan)
    {
      pen_put_i64 (t, A_entry_ordinal, (int64_t)n->st.entries);
      pen_put_i32 (t, A_addenda_ordinal, (int32_t)n->item.n_addenda);
    }
  nacha_put (t, A_addenda_type_code, r, 1, 2);
  for (const struct field *f = fields_of (r, type); f->n; f++)
    nacha_put_trimmed (t, f->col, r, f->from, f->n);
  put_typed (n, t, r, type);
  pen_row_end (t, r->offset, r->offset, r->length, r->line);
}

/* ---- an addenda in its place ---- */

/* After MAX_ADDENDA of one entry: reported once, and refused. */
static void
excess (struct nacha *n, const struct nacha_rec *r)
{
  if (n->st.run == MAX_ADDENDA)
    nacha_find (n, RULE_addenda_count, PEN_SEV_RECORD, r, NULL, 0,
                "expected at most %d addenda of one entry, found more", MAX_ADDENDA);
  n->n_rejected[T_ADDENDA]++;
  state_addenda (&n->st, r->c, MAX_ADDENDA + 1);
}

static void
orphan (struct nacha *n, const struct nacha_rec *r)
{
  bool refused = n->st.in_batch && n->st.batch_refused;
  if (refused)
    nacha_follow (n, "batch_refused", r->offset, r->length, r->line);
  else
    refused = nacha_find (n, RULE_orphan_addenda, PEN_SEV_RECORD, r, NULL, n->st.after_bad,
                          "expected an entry before the addenda, found none");
  state_orphan (&n->st);
  if (refused)
    n->n_rejected[T_ADDENDA]++;
  else
    put_addenda (n, r, type_of (r), true);
}

void
nacha_addenda (struct nacha *n, const struct nacha_rec *r)
{
  struct nacha_item *item = &n->item;
  unsigned type = type_of (r);

  n->n_read[T_ADDENDA]++;
  n->sum[SUM_COUNT]++;
  if (item->open && item->n_addenda == MAX_ADDENDA)
    nacha_item_end (n);
  if (!item->open)
    {
      if (n->st.run >= MAX_ADDENDA)
        excess (n, r);
      else
        orphan (n, r);
      return;
    }
  item->n_addenda++;
  if (!(item->n_addenda & 7))
    n->own[item->n_addenda >> 3] = 0;
  state_addenda (&n->st, r->c, item->n_addenda);
  if (item->quiet)
    return;
  check_addenda (n, r, type);
  if (!item->rejected)
    put_addenda (n, r, type, false);
}
