/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - every rule by its stable code, with its level in each profile: one list makes the enum, the options and the
 * docs.
 *
 * X (code, strict, standard, lenient, returns, doc); levels: O off, W warn, R reject. The standard profile refuses what
 * moov-io/ach refuses by default (the common yardstick) and warns of what is wrong beyond that but common in the field.
 */
#ifndef NACHA_RULES_H
#define NACHA_RULES_H

/* clang-format off */
#define NACHA_RULES(X) \
  /* physical layout and order of records */ \
  X (record_length,             R, R, W, R, "a record is shorter than its mandatory fields reach") \
  X (record_type,               R, R, R, R, "a record begins with something else than 1, 5, 6, 7, 8 or 9") \
  X (record_order,              R, R, R, R, "a second file header, or a batch control without a batch") \
  X (records_after_control,     R, R, R, R, "something else than filler follows the file control") \
  X (filler,                    R, O, O, O, "records do not fill blocks of ten, or filler is not all nines") \
  X (character_set,             R, R, W, R, "a character outside of what Nacha, or common practice, allows") \
  X (numeric_field,             R, R, R, R, "a numeric field holds something else than digits") \
  X (reserved_field,            W, O, O, O, "a reserved field is not blank") \
  X (missing_file_header,       R, R, W, W, "the first record is not a file header") \
  X (missing_file_control,      R, R, W, W, "the object ends without a file control") \
  X (missing_batch_header,      R, R, W, W, "an entry is outside of any batch") \
  X (missing_batch_control,     R, R, R, R, "a batch is not ended by a batch control") \
  X (no_batches,                R, R, W, W, "the file has no batch") \
  X (empty_batch,               R, R, W, R, "a batch has no entry") \
  /* file header */ \
  X (priority_code,             R, W, O, O, "the priority code is not 01") \
  X (record_size,               R, W, O, O, "the record size is not 094") \
  X (blocking_factor,           R, W, O, O, "the blocking factor is not 10") \
  X (format_code,               R, R, W, W, "the format code is not 1") \
  X (immediate_destination,     R, R, W, W, "the immediate destination is not a routing number with its check digit") \
  X (immediate_origin,          R, R, W, W, "the immediate origin is blank or zero") \
  X (immediate_origin_aba,      O, O, O, O, "the immediate origin is not a routing number with its check digit") \
  X (file_creation_date,        R, R, W, W, "the file creation date is not a date") \
  X (file_creation_time,        R, W, O, O, "the file creation time is neither blank nor a time of day") \
  X (file_id_modifier,          R, R, W, W, "the file id modifier is not A-Z or 0-9") \
  /* file control */ \
  X (file_batch_count,          R, R, W, W, "batch count of the file control") \
  X (file_block_count,          R, W, O, O, "block count of the file control") \
  X (file_entry_addenda_count,  R, R, W, W, "entry and addenda count of the file control") \
  X (file_entry_hash,           R, R, W, R, "entry hash of the file control") \
  X (file_total_debit,          R, R, R, R, "total debit of the file control") \
  X (file_total_credit,         R, R, R, R, "total credit of the file control") \
  /* batch header and control */ \
  X (service_class,             R, R, R, R, "the service class is not 200, 220, 225 or 280") \
  X (sec_code,                  R, R, R, R, "the standard entry class code is not known") \
  X (company_name,              R, R, W, R, "the company name is blank or zero") \
  X (company_identification,    R, R, W, R, "the company identification is blank or zero") \
  X (entry_description,         R, R, W, R, "the company entry description is blank or not what the SEC code asks for") \
  X (effective_date,            R, W, O, O, "the effective entry date is not a date") \
  X (settlement_date,           R, W, O, O, "the settlement date is neither blank nor a day of the year") \
  X (originator_status,         R, R, W, R, "the originator status code does not fit") \
  X (iat_header,                R, R, W, R, "an IAT batch header field is not one of its codes") \
  X (batch_number_order,        R, R, W, W, "batch numbers do not ascend") \
  X (batch_number_duplicate,    R, R, W, W, "a batch has the number of the batch before it") \
  X (service_class_mismatch,    R, R, W, R, "service class of batch control and header differ") \
  X (company_id_mismatch,       R, R, W, R, "company identification of batch control and header differ") \
  X (odfi_mismatch,             R, R, W, R, "ODFI of batch control and header differ") \
  X (batch_number_mismatch,     R, R, W, R, "batch number of batch control and header differ") \
  X (batch_entry_addenda_count, R, R, W, W, "entry and addenda count of the batch control") \
  X (batch_entry_hash,          R, R, W, R, "entry hash of the batch control") \
  X (batch_total_debit,         R, R, R, R, "total debit of the batch control") \
  X (batch_total_credit,        R, R, R, R, "total credit of the batch control") \
  X (batch_category,            R, R, W, W, "forward entries, returns and notifications of change are mixed in one batch") \
  /* entries */ \
  X (transaction_code,          R, R, R, R, "the transaction code is not known") \
  X (transaction_code_class,    R, R, W, R, "the transaction code does not fit the service class") \
  X (transaction_code_sec,      R, R, W, R, "the transaction code does not fit the SEC code") \
  X (transaction_code_iat,      R, W, O, W, "the transaction code of an IAT entry does not fit the service class") \
  X (check_digit,               R, R, W, R, "the check digit of the RDFI is wrong") \
  X (amount_zero,               R, R, W, R, "a live entry has no amount") \
  X (amount_not_zero,           R, R, W, R, "a prenote, zero-dollar entry or notification of change has an amount") \
  X (amount_limit,              R, R, W, R, "the amount is above the limit of the SEC code") \
  X (account_number,            R, R, W, R, "the account number is blank") \
  X (individual_name,           R, R, W, R, "the name is blank or zero where the SEC code asks for one") \
  X (check_serial_number,       R, R, W, R, "the check serial number is blank where the SEC code asks for one") \
  X (payment_type,              R, W, O, O, "the payment type code is not R or S") \
  X (card_fields,               R, R, W, R, "a card expiration date or card transaction type is not one") \
  X (item_type_indicator,       R, R, W, R, "the item type indicator or process control field does not fit") \
  X (trace_number,              R, R, W, W, "the trace number is not 15 digits") \
  X (trace_order,               R, R, W, W, "trace numbers do not ascend in a batch") \
  X (trace_odfi,                R, R, W, W, "the trace number does not begin with the ODFI") \
  X (addenda_indicator,         R, R, W, W, "the addenda record indicator does not say what follows") \
  X (number_of_addenda,         R, R, W, W, "the entry's number of addenda is not what follows") \
  X (iat_entry,                 R, R, W, R, "an IAT entry field is not one of its codes") \
  /* addenda */ \
  X (orphan_addenda,            R, R, R, R, "an addenda without an entry") \
  X (addenda_type,              R, R, R, R, "the addenda type is unknown or not allowed with the SEC code") \
  X (addenda_count,             R, R, R, R, "an entry has more or fewer addenda than its SEC code allows") \
  X (addenda_sequence,          R, R, W, W, "addenda sequence numbers are not 1, 2, 3 ...") \
  X (addenda_trace,             R, R, W, W, "the addenda does not carry the end of its entry's trace number") \
  X (terminal_addenda,          R, R, W, R, "a terminal addenda lacks or misstates a mandatory field") \
  X (terminal_state,            R, R, W, R, "the terminal state is not a US state") \
  X (iat_addenda_missing,       R, R, W, W, "one of the IAT addenda 10 to 16 is missing") \
  X (iat_addenda_order,         R, R, W, W, "IAT addenda are not in the order of their types") \
  X (iat_addenda_field,         R, R, W, R, "a mandatory IAT addenda field is blank or not one of its codes") \
  X (return_code,               R, R, W, W, "the return reason code is not known") \
  X (change_code,               R, R, W, W, "the change code is not known") \
  X (corrected_data,            R, R, W, R, "a notification of change has no corrected data") \
  X (original_trace,            R, W, O, W, "the original entry trace number is not 15 digits") \
  X (date_field,                R, W, O, W, "a date of an addenda is neither blank nor a date")
/* clang-format on */

#define NACHA_RULE_ENUM(code, ...) RULE_##code,
enum nacha_rule
{
  NACHA_RULES (NACHA_RULE_ENUM) N_RULES
};

enum nacha_level
{
  LEVEL_OFF,
  LEVEL_WARN,
  LEVEL_REJECT,
};

enum nacha_profile
{
  PROFILE_STRICT,
  PROFILE_STANDARD,
  PROFILE_LENIENT,
  PROFILE_RETURNS,
  N_PROFILES
};

struct nacha_rule_info
{
  const char *code;
  unsigned char level[N_PROFILES];
  const char *doc;
};
extern const struct nacha_rule_info nacha_rules[N_RULES];
#endif
