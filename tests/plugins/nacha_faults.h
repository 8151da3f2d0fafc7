/* SPDX-License-Identifier: Apache-2.0 */
/* nacha_faults.h - one fault for every rule: which sample, what is changed in it, and which rule says so. */
#ifndef TEST_NACHA_FAULTS_H
#define TEST_NACHA_FAULTS_H
#include <stddef.h>

struct edit
{
  char op; /* 'r'eplace at a column, 'b'lank n columns, 'd'elete n lines, 'c'ut the line, 'i'nsert a copy of line n */
  int line, column;
  const char *text;
  int n;
};
struct fault
{
  const char *sample, *rule, *severity; /* severity when the rule rejects */
  struct edit edit[2];
};

#define PPD "ppd-ccd-web"
#define R(line, column, text)                                                                                          \
  {                                                                                                                    \
    'r', line, column, text, 0                                                                                         \
  }
#define B(line, column, n)                                                                                             \
  {                                                                                                                    \
    'b', line, column, NULL, n                                                                                         \
  }
#define D(line, n)                                                                                                     \
  {                                                                                                                    \
    'd', line, 0, NULL, n                                                                                              \
  }
static const struct fault faults[] = {
  { PPD, "record_length", "record", { { 'c', 3, 0, NULL, 80 } } },
  { PPD, "record_type", "record", { R (6, 1, "4") } },
  { PPD, "record_order", "object", { { 'i', 9, 0, NULL, 1 } } },
  { PPD, "filler", "object", { R (19, 50, "0") } },
  { "no-filler", "filler", "object", { { 0, 1, 0, NULL, 0 } } },
  { PPD, "character_set", "record", { R (3, 60, "\x01") } },
  { PPD, "numeric_field", "record", { R (3, 32, "X") } },
  { PPD, "reserved_field", "object", { R (18, 60, "X") } },
  { PPD, "missing_file_header", "object", { D (1, 1) } },
  { PPD, "missing_file_control", "object", { D (18, 3) } },
  { PPD, "missing_batch_header", "record", { D (2, 1) } },
  { PPD, "missing_batch_control", "object", { D (8, 1) } },
  { "zero", "no_batches", "object", { { 0, 1, 0, NULL, 0 } } },
  { PPD, "empty_batch", "record", { D (15, 2) } },
  { PPD, "priority_code", "object", { R (1, 2, "02") } },
  { PPD, "record_size", "object", { R (1, 35, "093") } },
  { PPD, "blocking_factor", "object", { R (1, 38, "11") } },
  { PPD, "format_code", "object", { R (1, 40, "2") } },
  { PPD, "immediate_destination", "object", { R (1, 4, " 091000018") } },
  { PPD, "immediate_origin", "object", { R (1, 14, "0000000000") } },
  { PPD, "immediate_origin_aba", "object", { R (1, 14, "1234567890") } },
  { PPD, "file_creation_date", "object", { R (1, 24, "261301") } },
  { PPD, "file_creation_time", "object", { R (1, 30, "2561") } },
  { PPD, "file_id_modifier", "object", { R (1, 34, "a") } },
  { PPD, "file_batch_count", "claim", { R (18, 2, "000004") } },
  { PPD, "file_block_count", "claim", { R (18, 8, "000009") } },
  { PPD, "file_entry_addenda_count", "claim", { R (18, 14, "00000099") } },
  { PPD, "file_entry_hash", "claim", { R (18, 22, "0000000000") } },
  { PPD, "file_total_debit", "claim", { R (18, 32, "000000000001") } },
  { PPD, "file_total_credit", "claim", { R (18, 44, "000000000001") } },
  { PPD, "service_class", "record", { R (2, 2, "201"), R (8, 2, "201") } },
  { PPD, "sec_code", "record", { R (2, 51, "XYZ") } },
  { PPD, "company_name", "record", { B (2, 5, 16) } },
  { PPD, "company_identification", "record", { B (2, 41, 10), B (8, 45, 10) } },
  { PPD, "entry_description", "record", { B (2, 54, 10) } },
  { "arc-boc-rck", "entry_description", "record", { R (8, 54, "SOMETHING "), { 0, 1, 0, NULL, 0 } } },
  { PPD, "effective_date", "record", { R (2, 70, "269999") } },
  { PPD, "settlement_date", "record", { R (2, 76, "400") } },
  { PPD, "originator_status", "record", { R (2, 79, "7") } },
  { "iat", "iat_header", "record", { R (2, 21, "XX") } },
  { PPD, "batch_number_order", "record", { R (9, 88, "0000000"), R (13, 88, "0000000") } },
  { PPD, "batch_number_duplicate", "record", { R (9, 88, "0000001"), R (13, 88, "0000001") } },
  { PPD, "service_class_mismatch", "object", { R (8, 2, "220") } },
  { PPD, "company_id_mismatch", "object", { R (8, 45, "X") } },
  { PPD, "odfi_mismatch", "object", { R (8, 80, "09100002") } },
  { PPD, "batch_number_mismatch", "object", { R (8, 88, "0000009") } },
  { PPD, "batch_entry_addenda_count", "claim", { R (8, 5, "000009") } },
  { PPD, "batch_entry_hash", "claim", { R (8, 11, "0000000000") } },
  { PPD, "batch_total_debit", "claim", { R (8, 21, "000000000001") } },
  { PPD, "batch_total_credit", "claim", { R (8, 33, "000000000001") } },
  { "return", "batch_category", "record", { R (5, 79, "0"), D (6, 1) } },
  { PPD, "transaction_code", "record", { R (3, 2, "25") } },
  { PPD, "transaction_code_class", "record", { R (10, 2, "27") } },
  { "tel", "transaction_code_sec", "record", { R (3, 2, "22"), R (2, 2, "200") } },
  { "iat", "transaction_code_iat", "record", { R (3, 2, "27") } },
  { PPD, "check_digit", "record", { R (3, 12, "9") } },
  { PPD, "amount_zero", "record", { R (3, 30, "0000000000") } },
  { PPD, "amount_not_zero", "record", { R (6, 39, "1") } },
  { "noc", "amount_not_zero", "record", { R (3, 39, "1") } },
  { "arc-boc-rck", "amount_limit", "record", { R (3, 30, "0002500001") } },
  { PPD, "account_number", "record", { B (3, 13, 17) } },
  { PPD, "individual_name", "record", { B (3, 55, 22) } },
  { PPD, "individual_name", "record", { R (3, 55, "0000000000000000000000") } },
  { "arc-boc-rck", "check_serial_number", "record", { B (3, 40, 15) } },
  { PPD, "payment_type", "record", { R (15, 77, "X") } },
  { "pos-shr-mte", "card_fields", "record", { R (7, 40, "1328") } },
  { "pos-shr-mte", "card_fields", "record", { R (3, 77, "77") } },
  { "trc-xck-trx", "item_type_indicator", "record", { B (3, 61, 16) } },
  { PPD, "trace_number", "record", { R (3, 80, "REJ00001") } },
  { PPD, "trace_order", "record", { R (4, 88, "0000001") } },
  { PPD, "trace_odfi", "record", { R (3, 80, "09100002") } },
  { PPD, "addenda_indicator", "record", { R (3, 79, "1") } },
  { PPD, "addenda_indicator", "record", { R (4, 79, "0") } },
  { PPD, "addenda_indicator", "record", { R (3, 79, "X") } },
  { "ctx", "number_of_addenda", "record", { R (3, 55, "0002") } },
  { "iat", "number_of_addenda", "record", { R (3, 13, "0005") } },
  { "iat", "iat_entry", "record", { R (3, 77, "X") } },
  { PPD, "orphan_addenda", "record", { D (10, 1) } },
  { PPD, "addenda_type", "record", { R (5, 2, "03") } },
  { "arc-boc-rck", "addenda_type", "record", { R (3, 79, "1"), { 'i', 4, 0, NULL, 0 } } },
  { "dne-enr", "addenda_count", "record", { R (3, 79, "0"), D (4, 1) } },
  { "ctx", "addenda_sequence", "record", { R (5, 84, "0001") } },
  { PPD, "addenda_trace", "record", { R (5, 88, "9999999") } },
  { "pos-shr-mte", "terminal_addenda", "record", { B (4, 63, 15) } },
  { "pos-shr-mte", "terminal_addenda", "record", { R (4, 26, "1332") } },
  { "pos-shr-mte", "terminal_state", "record", { R (4, 78, "ZZ") } },
  { "pop", "terminal_state", "record", { R (3, 53, "ZZ") } },
  { "iat", "iat_addenda_missing", "record", { D (6, 1) } },
  { "iat", "iat_addenda_order", "record", { R (5, 2, "15") } },
  { "iat", "iat_addenda_field", "record", { B (4, 47, 35) } },
  { "return", "return_code", "record", { R (4, 4, "R99") } },
  { "noc", "change_code", "record", { R (4, 4, "C99") } },
  { "noc", "corrected_data", "record", { B (4, 36, 29) } },
  { "return", "original_trace", "record", { B (4, 7, 15) } },
  { "return", "date_field", "record", { R (6, 22, "261399") } },
};
#define N_FAULTS (sizeof faults / sizeof *faults)
#endif
