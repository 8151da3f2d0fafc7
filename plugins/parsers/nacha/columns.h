/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - the four tables, column by column: one list each makes the enum, the schema and what the man page is
 * checked by.
 *
 * X (name, type, nullable, precision, scale, width, doc); names are Nacha's field names in snake_case. */
#ifndef NACHA_COLUMNS_H
#define NACHA_COLUMNS_H
#include <penstock/table.h>

#define NACHA_FILE_COLS(X)                                                                                             \
  X (file_ordinal, INT32, 0, 0, 0, 0, "number of the file in the object, from 1")                                      \
  X (priority_code, UTF8, 1, 0, 0, 8, "01")                                                                            \
  X (immediate_destination, UTF8, 1, 0, 0, 40, "routing number of the receiving point, without its leading blank")     \
  X (immediate_origin, UTF8, 1, 0, 0, 40, "routing number or company id of the sending point")                         \
  X (file_creation_date, DATE32, 1, 0, 0, 0, "date on which the file was made")                                        \
  X (file_creation_time, UTF8, 1, 0, 0, 16, "HHMM")                                                                    \
  X (file_id_modifier, UTF8, 1, 0, 0, 4, "A-Z or 0-9: tells files of one day apart")                                   \
  X (record_size, UTF8, 1, 0, 0, 12, "094")                                                                            \
  X (blocking_factor, UTF8, 1, 0, 0, 8, "10")                                                                          \
  X (format_code, UTF8, 1, 0, 0, 4, "1")                                                                               \
  X (immediate_destination_name, UTF8, 1, 0, 0, 92, "name of the receiving point")                                     \
  X (immediate_origin_name, UTF8, 1, 0, 0, 92, "name of the sending point")                                            \
  X (reference_code, UTF8, 1, 0, 0, 32, "reserved for the originator")                                                 \
  X (batch_count, INT64, 1, 0, 0, 0, "batches, as the file control says")                                              \
  X (block_count, INT64, 1, 0, 0, 0, "blocks of ten records, as the file control says")                                \
  X (entry_addenda_count, INT64, 1, 0, 0, 0, "entries and addenda, as the file control says")                          \
  X (entry_hash, INT64, 1, 0, 0, 0, "low ten digits of the sum of RDFI ids, as the file control says")                 \
  X (total_debit_entry_dollar_amount, DECIMAL, 1, 20, 2, 0, "debits, as the file control says")                        \
  X (total_credit_entry_dollar_amount, DECIMAL, 1, 20, 2, 0, "credits, as the file control says")

#define NACHA_BATCH_COLS(X)                                                                                            \
  X (file_ordinal, INT32, 1, 0, 0, 0, "joins files")                                                                   \
  X (batch_ordinal, INT32, 0, 0, 0, 0, "number of the batch in the object, from 1")                                    \
  X (service_class_code, UTF8, 1, 0, 0, 12, "200 mixed, 220 credits, 225 debits, 280 ADV")                             \
  X (company_name, UTF8, 1, 0, 0, 64, "originator")                                                                    \
  X (company_discretionary_data, UTF8, 1, 0, 0, 80, "for the originator's own use")                                    \
  X (company_identification, UTF8, 1, 0, 0, 40, "originator's id; IAT: originator identification")                     \
  X (standard_entry_class_code, UTF8, 1, 0, 0, 12, "kind of payment: PPD, CCD, WEB, IAT, ...")                         \
  X (company_entry_description, UTF8, 1, 0, 0, 40, "purpose, e.g. PAYROLL, REVERSAL")                                  \
  X (company_descriptive_date, UTF8, 1, 0, 0, 24, "free text; SD1300 asks for same-day settlement")                    \
  X (effective_entry_date, DATE32, 1, 0, 0, 0, "day on which the originator wants settlement")                         \
  X (settlement_date, UTF8, 1, 0, 0, 12, "day of the year, filled in by the ACH operator")                             \
  X (originator_status_code, UTF8, 1, 0, 0, 4, "1 DFI, 2 government, 0 ADV")                                           \
  X (originating_dfi_identification, UTF8, 1, 0, 0, 32, "first eight digits of the ODFI's routing number")             \
  X (batch_number, UTF8, 1, 0, 0, 28, "number that the originator gave")                                               \
  X (iat_indicator, UTF8, 1, 0, 0, 64, "IAT: blank, or IATCOR for notifications of change")                            \
  X (foreign_exchange_indicator, UTF8, 1, 0, 0, 8, "IAT: FV, VF or FF")                                                \
  X (foreign_exchange_reference_indicator, UTF8, 1, 0, 0, 4, "IAT: 1 rate, 2 reference number, 3 blank")               \
  X (foreign_exchange_reference, UTF8, 1, 0, 0, 60, "IAT: rate or reference number")                                   \
  X (iso_destination_country_code, UTF8, 1, 0, 0, 8, "IAT")                                                            \
  X (iso_originating_currency_code, UTF8, 1, 0, 0, 12, "IAT")                                                          \
  X (iso_destination_currency_code, UTF8, 1, 0, 0, 12, "IAT")                                                          \
  X (entry_addenda_count, INT64, 1, 0, 0, 0, "entries and addenda, as the batch control says")                         \
  X (entry_hash, INT64, 1, 0, 0, 0, "low ten digits of the sum of RDFI ids, as the batch control says")                \
  X (total_debit_entry_dollar_amount, DECIMAL, 1, 20, 2, 0, "debits, as the batch control says")                       \
  X (total_credit_entry_dollar_amount, DECIMAL, 1, 20, 2, 0, "credits, as the batch control says")                     \
  X (message_authentication_code, UTF8, 1, 0, 0, 76, "usually blank")                                                  \
  X (ach_operator_data, UTF8, 1, 0, 0, 76, "ADV")

#define NACHA_ENTRY_COLS(X)                                                                                            \
  X (file_ordinal, INT32, 1, 0, 0, 0, "joins files")                                                                   \
  X (batch_ordinal, INT32, 1, 0, 0, 0, "joins batches; null outside of a batch")                                       \
  X (entry_ordinal, INT64, 0, 0, 0, 0, "number of the entry in the object, from 1")                                    \
  X (transaction_code, UTF8, 1, 0, 0, 16, "account type and kind: 22 checking credit, 27 checking debit, ...")         \
  X (receiving_dfi_identification, UTF8, 1, 0, 0, 32, "first eight digits of the RDFI's routing number")               \
  X (check_digit, UTF8, 1, 0, 0, 16, "ninth digit of the RDFI's routing number")                                       \
  X (dfi_account_number, UTF8, 1, 0, 0, 140, "receiver's account; IAT: foreign receiver's account (35)")               \
  X (amount, DECIMAL, 1, 12, 2, 0, "in dollars")                                                                       \
  X (identification_number, UTF8, 1, 0, 0, 92, "individual identification number")                                     \
  X (individual_name, UTF8, 1, 0, 0, 92, "individual or receiving company")                                            \
  X (discretionary_data, UTF8, 1, 0, 0, 16, "for the ODFI's own use")                                                  \
  X (addenda_record_indicator, UTF8, 1, 0, 0, 16, "1 when addenda follow")                                             \
  X (trace_number, UTF8, 1, 0, 0, 64, "ODFI (8) and sequence (7)")                                                     \
  X (payment_type_code, UTF8, 1, 0, 0, 8, "WEB, TEL: R recurring, S single")                                           \
  X (number_of_addenda_records, INT32, 1, 0, 0, 0, "ATX, CTX, ENR, IAT, TRX: as the entry says")                       \
  X (check_serial_number, UTF8, 1, 0, 0, 64, "ARC, BOC, POP, RCK, TRC, XCK")                                           \
  X (terminal_city, UTF8, 1, 0, 0, 20, "POP")                                                                          \
  X (terminal_state, UTF8, 1, 0, 0, 8, "POP")                                                                          \
  X (process_control_field, UTF8, 1, 0, 0, 24, "TRC, XCK")                                                             \
  X (item_research_number, UTF8, 1, 0, 0, 64, "TRC, XCK")                                                              \
  X (item_type_indicator, UTF8, 1, 0, 0, 8, "TRC, XCK")                                                                \
  X (card_expiration_date, UTF8, 1, 0, 0, 16, "SHR: MMYY")                                                             \
  X (document_reference_number, UTF8, 1, 0, 0, 44, "SHR")                                                              \
  X (individual_card_account_number, UTF8, 1, 0, 0, 92, "SHR")                                                         \
  X (card_transaction_type_code, UTF8, 1, 0, 0, 8, "POS, SHR")                                                         \
  X (ofac_screening_indicator, UTF8, 1, 0, 0, 4, "IAT")                                                                \
  X (secondary_ofac_screening_indicator, UTF8, 1, 0, 0, 4, "IAT")                                                      \
  X (advice_routing_number, UTF8, 1, 0, 0, 36, "ADV")                                                                  \
  X (file_identification, UTF8, 1, 0, 0, 20, "ADV")                                                                    \
  X (ach_operator_data, UTF8, 1, 0, 0, 4, "ADV")                                                                       \
  X (ach_operator_routing_number, UTF8, 1, 0, 0, 32, "ADV")                                                            \
  X (julian_day, UTF8, 1, 0, 0, 12, "ADV: day of the year")                                                            \
  X (sequence_number, UTF8, 1, 0, 0, 16, "ADV: sequence within the batch")

#define NACHA_ADDENDA_COLS(X)                                                                                          \
  X (file_ordinal, INT32, 1, 0, 0, 0, "joins files")                                                                   \
  X (batch_ordinal, INT32, 1, 0, 0, 0, "joins batches")                                                                \
  X (entry_ordinal, INT64, 1, 0, 0, 0, "joins entries; null for an orphan")                                            \
  X (addenda_ordinal, INT32, 1, 0, 0, 0, "number of the addenda in its entry, from 1")                                 \
  X (addenda_type_code, UTF8, 1, 0, 0, 8, "02, 05, 10-18, 98, 99")                                                     \
  X (payment_related_information, UTF8, 1, 0, 0, 320, "05, 17: 80 characters of the originator's text")                \
  X (addenda_sequence_number, INT32, 1, 0, 0, 0, "05, 17, 18: from 1 in each entry")                                   \
  X (entry_detail_sequence_number, UTF8, 1, 0, 0, 28, "05, 10-18: last seven digits of the entry's trace number")      \
  X (trace_number, UTF8, 1, 0, 0, 64, "02, 98, 99: trace number of the record")                                        \
  X (reference_information_one, UTF8, 1, 0, 0, 28, "02")                                                               \
  X (reference_information_two, UTF8, 1, 0, 0, 12, "02")                                                               \
  X (terminal_identification_code, UTF8, 1, 0, 0, 24, "02")                                                            \
  X (transaction_serial_number, UTF8, 1, 0, 0, 24, "02")                                                               \
  X (transaction_date, UTF8, 1, 0, 0, 16, "02: MMDD")                                                                  \
  X (authorization_code_or_expiration_date, UTF8, 1, 0, 0, 24, "02")                                                   \
  X (terminal_location, UTF8, 1, 0, 0, 108, "02")                                                                      \
  X (terminal_city, UTF8, 1, 0, 0, 60, "02")                                                                           \
  X (terminal_state, UTF8, 1, 0, 0, 8, "02")                                                                           \
  X (transaction_type_code, UTF8, 1, 0, 0, 12, "10: ANN, BUS, ... or a secondary SEC code")                            \
  X (foreign_payment_amount, DECIMAL, 1, 18, 2, 0, "10")                                                               \
  X (foreign_trace_number, UTF8, 1, 0, 0, 88, "10")                                                                    \
  X (receiving_company_name, UTF8, 1, 0, 0, 140, "10: receiving company or individual")                                \
  X (originator_name, UTF8, 1, 0, 0, 140, "11")                                                                        \
  X (originator_street_address, UTF8, 1, 0, 0, 140, "11")                                                              \
  X (originator_city_state, UTF8, 1, 0, 0, 140, "12: CITY*STATE\\")                                                    \
  X (originator_country_postal_code, UTF8, 1, 0, 0, 140, "12: COUNTRY*POSTAL\\")                                       \
  X (originating_dfi_name, UTF8, 1, 0, 0, 140, "13")                                                                   \
  X (originating_dfi_identification_qualifier, UTF8, 1, 0, 0, 8, "13: 01 clearing, 02 BIC, 03 IBAN")                   \
  X (originating_dfi_identification, UTF8, 1, 0, 0, 136, "13")                                                         \
  X (originating_dfi_branch_country_code, UTF8, 1, 0, 0, 12, "13")                                                     \
  X (receiving_dfi_name, UTF8, 1, 0, 0, 140, "14")                                                                     \
  X (receiving_dfi_identification_qualifier, UTF8, 1, 0, 0, 8, "14")                                                   \
  X (receiving_dfi_identification, UTF8, 1, 0, 0, 136, "14")                                                           \
  X (receiving_dfi_branch_country_code, UTF8, 1, 0, 0, 12, "14")                                                       \
  X (receiver_identification_number, UTF8, 1, 0, 0, 60, "15")                                                          \
  X (receiver_street_address, UTF8, 1, 0, 0, 140, "15")                                                                \
  X (receiver_city_state, UTF8, 1, 0, 0, 140, "16: CITY*STATE\\")                                                      \
  X (receiver_country_postal_code, UTF8, 1, 0, 0, 140, "16: COUNTRY*POSTAL\\")                                         \
  X (foreign_correspondent_bank_name, UTF8, 1, 0, 0, 140, "18")                                                        \
  X (foreign_correspondent_bank_identification_qualifier, UTF8, 1, 0, 0, 8, "18")                                      \
  X (foreign_correspondent_bank_identification, UTF8, 1, 0, 0, 136, "18")                                              \
  X (foreign_correspondent_bank_branch_country_code, UTF8, 1, 0, 0, 12, "18")                                          \
  X (change_code, UTF8, 1, 0, 0, 12, "98: C01-C14; refused: C61-C69")                                                  \
  X (corrected_data, UTF8, 1, 0, 0, 116, "98: positional by change code, blanks kept inside")                          \
  X (iat_corrected_data, UTF8, 1, 0, 0, 24, "98: columns 65-70 on IAT")                                                \
  X (refused_change_code, UTF8, 1, 0, 0, 12, "98 refused: change code of the refused notification")                    \
  X (trace_sequence_number, UTF8, 1, 0, 0, 28, "98 refused")                                                           \
  X (return_reason_code, UTF8, 1, 0, 0, 12, "99: R01-R85; dishonored R61-R70; contested R71-R77")                      \
  X (original_entry_trace_number, UTF8, 1, 0, 0, 60, "98, 99")                                                         \
  X (date_of_death, DATE32, 1, 0, 0, 0, "99: R14, R15")                                                                \
  X (original_receiving_dfi_identification, UTF8, 1, 0, 0, 32, "98, 99")                                               \
  X (addenda_information, UTF8, 1, 0, 0, 176, "99")                                                                    \
  X (date_original_entry_returned, DATE32, 1, 0, 0, 0, "99 contested")                                                 \
  X (original_settlement_date, UTF8, 1, 0, 0, 12, "99 contested: day of the year")                                     \
  X (return_trace_number, UTF8, 1, 0, 0, 60, "99 dishonored, contested")                                               \
  X (return_settlement_date, UTF8, 1, 0, 0, 12, "99 dishonored, contested: day of the year")                           \
  X (original_return_reason_code, UTF8, 1, 0, 0, 8, "99 dishonored, contested: two digits, without R")                 \
  X (dishonored_return_trace_number, UTF8, 1, 0, 0, 60, "99 contested")                                                \
  X (dishonored_return_settlement_date, UTF8, 1, 0, 0, 12, "99 contested: day of the year")                            \
  X (dishonored_return_reason_code, UTF8, 1, 0, 0, 8, "99 contested: two digits, without R")

enum nacha_table
{
  T_FILES,
  T_BATCHES,
  T_ENTRIES,
  T_ADDENDA,
  N_TABLES
};

#define NACHA_ENUM_F(name, ...) F_##name,
#define NACHA_ENUM_B(name, ...) B_##name,
#define NACHA_ENUM_E(name, ...) E_##name,
#define NACHA_ENUM_A(name, ...) A_##name,
enum nacha_file_col
{
  NACHA_FILE_COLS (NACHA_ENUM_F) N_FILE_COLS
};
enum nacha_batch_col
{
  NACHA_BATCH_COLS (NACHA_ENUM_B) N_BATCH_COLS
};
enum nacha_entry_col
{
  NACHA_ENTRY_COLS (NACHA_ENUM_E) N_ENTRY_COLS
};
enum nacha_addenda_col
{
  NACHA_ADDENDA_COLS (NACHA_ENUM_A) N_ADDENDA_COLS
};

extern const struct pen_table_spec nacha_tables[N_TABLES];
#endif
