/* SPDX-License-Identifier: Apache-2.0 */
/* item.c - what an entry and its addenda, taken together, are asked for: known only once the next entry begins. */
#include "nacha.h"

#define FIND(rule, column, ...) nacha_item_find (n, RULE_##rule, 0, r, column, __VA_ARGS__)

static const char *const category_name[] = {
  "none", "forward entry", "return", "notification of change", "dishonored return", "contested dishonored return"
};

static void
check_presence (struct nacha *n, const struct nacha_rec *r)
{
  const struct nacha_item *item = &n->item;
  if (item->indicator == '0' && item->n_addenda)
    FIND (addenda_indicator, "addenda_record_indicator", "expected 1 with %u addenda, found 0", item->n_addenda);
  if (item->indicator == '1' && !item->n_addenda)
    FIND (addenda_indicator, "addenda_record_indicator", "expected 0 without addenda, found 1");
  if (n->st.in_batch && n->st.category != CAT_NONE && n->st.category != item->category)
    FIND (batch_category, NULL, "expected a %s as the first item of the batch is, found a %s",
          category_name[n->st.category], category_name[item->category]);
}

static void
check_names (struct nacha *n, const struct nacha_rec *r)
{
  const struct nacha_batch *b = &n->batch;
  bool counted = b->layout == LAYOUT_COUNTED && !n->item.plain;
  unsigned from = counted ? 58 : b->layout == LAYOUT_CIE ? 39 : 54;
  unsigned width = counted ? 16 : b->layout == LAYOUT_CIE ? 15 : 22;
  if ((b->sec_flags & SEC_NAME) && rec_is_void (r, from, width))
    FIND (individual_name, b->layout == LAYOUT_SHR ? "individual_card_account_number" : "individual_name",
          "expected a value for %.3s, found blanks or zeros", b->code);
  if ((b->sec_flags & SEC_SERIAL) && rec_is_blank (r, 39, b->layout == LAYOUT_POP ? 9 : 15))
    FIND (check_serial_number, "check_serial_number", "expected a check serial number for %.3s, found blanks", b->code);
  if (b->layout == LAYOUT_PAYMENT && !nacha_is_payment_type (r->c + 76, b->code))
    FIND (payment_type, "payment_type_code", "expected R or S, found \"%.*s\"", REC_FIELD (r, 76, 2));
}

static bool
is_card_transaction (const uint8_t *c)
{
  static const char list[] = "01020311121321222399";
  for (unsigned i = 0; list[i]; i += 2)
    if (memcmp (list + i, c, 2) == 0)
      return true;
  return false;
}

static void
check_layout (struct nacha *n, const struct nacha_rec *r)
{
  int64_t expiry = pen_parse_digits (r->c + 39, 4);
  switch (n->batch.layout)
    {
    case LAYOUT_SHR:
      if (expiry < 0 || expiry / 100 < 1 || expiry / 100 > 12)
        FIND (card_fields, "card_expiration_date", "expected a month as MMYY, found \"%.*s\"", REC_FIELD (r, 39, 4));
      /* fall through */
    case LAYOUT_CARD:
      if (!is_card_transaction (r->c + 76))
        FIND (card_fields, "card_transaction_type_code", "expected a card transaction type, found \"%.*s\"",
              REC_FIELD (r, 76, 2));
      break;
    case LAYOUT_POP:
      if (!nacha_is_state (r->c + 52))
        FIND (terminal_state, "terminal_state", "expected a US state, found \"%.*s\"", REC_FIELD (r, 52, 2));
      break;
    case LAYOUT_TRUNCATED:
      if (rec_is_blank (r, 54, 6))
        FIND (item_type_indicator, "process_control_field", "expected a value, found blanks");
      if (rec_is_blank (r, 60, 16))
        FIND (item_type_indicator, "item_research_number", "expected a value, found blanks");
      break;
    default:
      break;
    }
}

static void
check_remittance (struct nacha *n, const struct nacha_rec *r)
{
  const struct nacha_item *item = &n->item;
  const struct nacha_batch *b = &n->batch;
  if (!b->sec)
    return;
  if (item->n05 && !(b->sec_flags & SEC_ADDENDA_05))
    FIND (addenda_type, NULL, "expected no addenda 05 with %.3s, found %u", b->code, item->n05);
  else if (item->n05 < b->sec->min_addenda || item->n05 > b->sec->max_addenda)
    FIND (addenda_count, NULL, "expected %u to %u addenda 05 with %.3s, found %u", b->sec->min_addenda,
          b->sec->max_addenda, b->code, item->n05);
  if (item->n02 != !!(b->sec_flags & SEC_TERMINAL))
    FIND (addenda_count, NULL, "expected %d addenda 02 with %.3s, found %u", !!(b->sec_flags & SEC_TERMINAL), b->code,
          item->n02);
  if (b->layout == LAYOUT_COUNTED && !item->plain && item->claimed != (int32_t)item->n05)
    FIND (number_of_addenda, "number_of_addenda_records", "expected %u as addenda follow, found \"%.*s\"", item->n05,
          REC_FIELD (r, 54, 4));
  if ((b->sec_flags & SEC_NOC) && !item->n98)
    FIND (addenda_count, NULL, "expected an addenda 98 with COR, found none");
}

static void
check_iat (struct nacha *n, const struct nacha_rec *r)
{
  const struct nacha_item *item = &n->item;
  for (unsigned type = 10; type <= 16; type++)
    if (!(item->types >> (type - 10) & 1))
      {
        FIND (iat_addenda_missing, NULL, "expected addenda 10 to 16, found no addenda %u", type);
        break;
      }
  for (unsigned at = 76; at <= 77; at++)
    if (r->c[at] != ' ' && r->c[at] != '0' && r->c[at] != '1')
      FIND (iat_entry, at == 76 ? "ofac_screening_indicator" : "secondary_ofac_screening_indicator",
            "expected blank, 0 or 1, found \"%.*s\"", REC_FIELD (r, at, 1));
  /* some count the mandatory ones only */
  if (item->claimed != (int32_t)item->n_addenda && item->claimed != 7)
    FIND (number_of_addenda, "number_of_addenda_records", "expected %u as addenda follow, found \"%.*s\"",
          item->n_addenda, REC_FIELD (r, 12, 4));
}

void
nacha_item_check (struct nacha *n, const struct nacha_rec *r)
{
  check_presence (n, r);
  if (n->batch.layout == LAYOUT_IAT && n->item.category != CAT_NOC)
    check_iat (n, r);
  if (n->item.category != CAT_FORWARD)
    return;
  check_names (n, r);
  check_layout (n, r);
  if (n->batch.layout != LAYOUT_IAT)
    check_remittance (n, r);
}
