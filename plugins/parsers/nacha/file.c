/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - file header and file control: their rules, the row of `files`, and the totals that the file claims. */
#include "nacha.h"

#define FIND(rule, column, ...) nacha_find (n, RULE_##rule, PEN_SEV_OBJECT, r, column, 0, __VA_ARGS__)

/* A routing number of nine digits whose check digit holds, after one leading blank. */
static bool
is_routing (const uint8_t *c)
{
  return c[0] == ' ' && pen_all_digits (c + 1, 9) && nacha_check_digit (c + 1) == c[9] - '0';
}

static void
check_header_place (struct nacha *n, const struct nacha_rec *r)
{
  if (n->st.in_file)
    FIND (record_order, NULL, "expected one file header, found another one");
  else if (n->st.after_control)
    FIND (records_after_control, NULL, "expected filler after the file control, found another file");
}

static void
check_header_codes (struct nacha *n, const struct nacha_rec *r)
{
  if (!rec_is (r, 1, "01"))
    FIND (priority_code, "priority_code", "expected priority code 01, found \"%.*s\"", REC_FIELD (r, 1, 2));
  if (!rec_is (r, 34, "094"))
    FIND (record_size, "record_size", "expected record size 094, found \"%.*s\"", REC_FIELD (r, 34, 3));
  if (!rec_is (r, 37, "10"))
    FIND (blocking_factor, "blocking_factor", "expected blocking factor 10, found \"%.*s\"", REC_FIELD (r, 37, 2));
  if (r->c[39] != '1')
    FIND (format_code, "format_code", "expected format code 1, found \"%.*s\"", REC_FIELD (r, 39, 1));
  if (!((r->c[33] >= 'A' && r->c[33] <= 'Z') || (r->c[33] >= '0' && r->c[33] <= '9')))
    FIND (file_id_modifier, "file_id_modifier", "expected A-Z or 0-9, found \"%.*s\"", REC_FIELD (r, 33, 1));
}

static void
check_header_points (struct nacha *n, const struct nacha_rec *r)
{
  if (rec_is_void (r, 3, 10))
    FIND (immediate_destination, "immediate_destination", "expected a routing number, found blanks or zeros");
  else if (!is_routing (r->c + 3))
    {
      if (r->c[3] == ' ' && pen_all_digits (r->c + 4, 9))
        FIND (immediate_destination, "immediate_destination", "expected check digit %d, found %c",
              nacha_check_digit (r->c + 4), r->c[12]);
      else
        FIND (immediate_destination, "immediate_destination", "expected a blank and nine digits, found \"%.*s\"",
              REC_FIELD (r, 3, 10));
    }
  if (rec_is_void (r, 13, 10))
    FIND (immediate_origin, "immediate_origin", "expected a routing number or company id, found blanks or zeros");
  else if (!is_routing (r->c + 13))
    FIND (immediate_origin_aba, "immediate_origin", "expected a routing number with its check digit, found \"%.*s\"",
          REC_FIELD (r, 13, 10));
}

static void
check_header_date (struct nacha *n, const struct nacha_rec *r)
{
  int32_t day;
  if (pen_date_yymmdd (r->c + 23, DATE_PIVOT, &day))
    FIND (file_creation_date, "file_creation_date", "expected a date as YYMMDD, found \"%.*s\"", REC_FIELD (r, 23, 6));
  int64_t time = pen_parse_digits (r->c + 29, 4);
  if (!rec_is_blank (r, 29, 4) && (time < 0 || time > 2359 || time % 100 > 59))
    FIND (file_creation_time, "file_creation_time", "expected a time as HHMM or blanks, found \"%.*s\"",
          REC_FIELD (r, 29, 4));
}

void
nacha_file_header (struct nacha *n, const struct nacha_rec *r)
{
  check_header_place (n, r);
  if (n->st.in_file)
    return;
  nacha_find_shape (n, r, PEN_SEV_OBJECT, 40);
  check_header_codes (n, r);
  check_header_points (n, r);
  check_header_date (n, r);
}

static void
put_header (struct nacha *n, struct pen_table *t, struct nacha_rec *r)
{
  static const struct
  {
    uint8_t col, from, n;
  } field[] = {
    { F_priority_code, 1, 2 },           { F_immediate_destination, 3, 10 }, { F_immediate_origin, 13, 10 },
    { F_file_creation_time, 29, 4 },     { F_file_id_modifier, 33, 1 },      { F_record_size, 34, 3 },
    { F_blocking_factor, 37, 2 },        { F_format_code, 39, 1 },           { F_immediate_destination_name, 40, 23 },
    { F_immediate_origin_name, 63, 23 }, { F_reference_code, 86, 8 }
  };
  int32_t day;
  nacha_recall (n->st.file_header, n->st.file_text, r, &n->keep);
  for (size_t i = 0; i < sizeof field / sizeof *field; i++)
    nacha_put_trimmed (t, field[i].col, r, field[i].from, field[i].n);
  if (pen_date_yymmdd (r->c + 23, DATE_PIVOT, &day) == 0)
    pen_put_date (t, F_file_creation_date, day);
}

/* Ends the row of `files`: where its header lies, or else where its control does. */
static void
end_row (struct nacha *n, struct pen_table *t, uint64_t order, const struct nacha_rec *control)
{
  pen_put_i32 (t, F_file_ordinal, (int32_t)n->st.files);
  if (n->st.file_length)
    pen_row_end (t, order, n->st.file_offset, n->st.file_length, n->st.file_line);
  else
    pen_row_end (t, order, control ? control->offset : order, control ? control->length : 0,
                 control ? control->line : 0);
  n->n_read[T_FILES]++;
}

static void
close_file (struct nacha *n, const struct pen_claim *claims, size_t n_claims, const struct nacha_rec *r)
{
  char key[12];
  struct pen_span span = { (const uint8_t *)key, (size_t)snprintf (key, sizeof key, "%u", n->st.files) };
  int status = n->out->close (n->out->ctx, SCOPE_FILE, span, claims, n_claims, r->offset, r->length, r->line);
  if (status != PEN_OK && n->status == PEN_OK)
    n->status = status;
}

/* One number of the control: puts it into its column and makes it a claim; false when it is no number. */
static bool
take (struct nacha *n, const struct nacha_rec *r, unsigned from, unsigned width, const char *column, int64_t *v)
{
  /* twenty digits of ADV: the first two must be zeros to stay within 64 bits */
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

void
nacha_file_control (struct nacha *n, const struct nacha_rec *r)
{
  struct pen_table *t = &n->set.table[T_FILES];
  struct nacha_rec header;
  struct pen_claim claims[6];
  size_t k = 0;
  int64_t v;
  bool adv = n->batch.layout == LAYOUT_ADV || (rec_is_blank (r, 71, 23) && pen_all_digits (r->c + 55, 16));

  nacha_find_shape (n, r, PEN_SEV_OBJECT, adv ? 71 : 55);
  if (n->st.file_text)
    put_header (n, t, &header);
  if (n->st.file_batches == 0)
    FIND (no_batches, NULL, "expected at least one batch, found none");
#define CLAIM(total, rule, col, put, from, width)                                                                      \
  if (take (n, r, from, width, #col, &v))                                                                              \
    {                                                                                                                  \
      put (t, F_##col, v);                                                                                             \
      claims[k++] = (struct pen_claim){ total, nacha_claim_severity (n, RULE_##rule), v };                             \
    }
  CLAIM (TOTAL_FILE_BATCHES, file_batch_count, batch_count, pen_put_i64, 1, 6)
  CLAIM (TOTAL_FILE_BLOCKS, file_block_count, block_count, pen_put_i64, 7, 6)
  CLAIM (TOTAL_FILE_COUNT, file_entry_addenda_count, entry_addenda_count, pen_put_i64, 13, 8)
  CLAIM (TOTAL_FILE_HASH, file_entry_hash, entry_hash, pen_put_i64, 21, 10)
  CLAIM (TOTAL_FILE_DEBIT, file_total_debit, total_debit_entry_dollar_amount, pen_put_money, 31, (adv ? 20u : 12u))
  CLAIM (TOTAL_FILE_CREDIT, file_total_credit, total_credit_entry_dollar_amount, pen_put_money, (adv ? 51u : 43u),
         (adv ? 20u : 12u))
#undef CLAIM
  if (!rec_is_blank (r, adv ? 71 : 55, adv ? 23 : 39))
    FIND (reserved_field, NULL, "expected blanks after the totals, found \"%.*s\"",
          REC_FIELD (r, adv ? 71 : 55, adv ? 23 : 39));
  end_row (n, t, r->offset, r);
  nacha_settle (n);
  /* blocks of ten records up to this one; the filler that follows cannot add any */
  uint64_t records = n->st.records + 1;
  n->out->add (n->out->ctx, TOTAL_FILE_BATCHES, (int64_t)n->st.file_batches);
  n->out->add (n->out->ctx, TOTAL_FILE_BLOCKS, (int64_t)((records + 9) / 10));
  close_file (n, claims, k, r);
}

void
nacha_file_end (struct nacha *n)
{
  struct pen_table *t = &n->set.table[T_FILES];
  struct nacha_rec at = { .offset = n->chunk_offset + n->chunk.n, .line = n->st.stream ? 0 : n->st.line }, header;
  const struct nacha_rec *r = &at;

  FIND (missing_file_control, NULL, "expected a file control, found the end of the object");
  if (n->st.file_text)
    put_header (n, t, &header);
  end_row (n, t, at.offset, NULL);
  nacha_settle (n);
  close_file (n, NULL, 0, r);
}
