/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - every rule by its stable code, with its default level: one list makes the enum, the options and the docs.
 *
 * X (code, level, doc); levels: O off, W warn, R reject. */
#ifndef ISO20022_RULES_H
#define ISO20022_RULES_H

/* clang-format off */
#define ISO20022_RULES(X) \
  /* the document */ \
  X (no_message,            R, "the document holds no ISO 20022 message: no element is in a message's namespace") \
  X (missing_namespace,     R, "the message is in no namespace; else its root element says which it is") \
  X (message_root,          R, "the message's root element does not fit the namespace of its document") \
  X (mixed_kinds,           R, "one document holds messages of different kinds") \
  X (unknown_kind,          W, "the message's kind has no definition: only its elements are kept") \
  X (application_header,    R, "the business application header names another message than the one that follows") \
  X (header_identifier,     O, "the business message identifier is not the message identification") \
  /* control totals */ \
  X (transaction_count,     R, "number of transactions of the group") \
  X (control_sum,           R, "control sum of the group") \
  X (settlement_total,      R, "total interbank settlement amount of the group") \
  X (payment_count,         R, "number of transactions of the payment") \
  X (payment_sum,           R, "control sum of the payment") \
  X (balance,               R, "opening balance and booked entries do not make the closing balance") \
  X (entry_count,           R, "number of entries in the statement's summary") \
  X (entry_sum,             R, "sums of entries in the statement's summary") \
  /* values */ \
  X (required,              R, "an element that the message cannot do without is missing or empty") \
  X (length,                R, "a text is longer than its type allows") \
  X (amount,                R, "an amount is no decimal number of at most 18 digits, 5 of them decimals, without a sign") \
  X (amount_decimals,       R, "an amount has more decimals than its currency") \
  X (currency,              R, "a currency is missing, or no code of ISO 4217") \
  X (commodity,             R, "the currency of a transaction is gold, silver, palladium or platinum, or none at all") \
  X (number,                R, "a count, rate or sum is no number, or has more digits than its column") \
  X (date,                  R, "a date or time is none") \
  X (indicator,             R, "an indicator is neither true nor false") \
  X (bic,                   R, "a BIC does not have the shape of one") \
  X (iban,                  R, "an IBAN has the wrong shape or length, or its check digits are wrong") \
  X (lei,                   R, "an LEI has the wrong shape or its check digits are wrong") \
  X (uetr,                  R, "a UETR is no UUID of version 4") \
  X (country,               W, "a country is not two capital letters") \
  X (slashes,               R, "an identification begins or ends with a slash, or has two in a row") \
  X (character_set,         O, "a text has characters outside of the SWIFT and SEPA set: letters, digits, blank, /-?:().,'+") \
  X (unknown_element,       O, "an element has no place in the message's definition") \
  /* schemas; nothing without option schema.directory */ \
  X (xsd,                   R, "the message is not valid by the schema of its namespace") \
  X (xsd_missing,           R, "there is no schema for the message's namespace") \
  X (xsd_limit,             R, "the message is longer than schema.limit, or takes more than schema.memory, and is not validated") \
  /* duplicates */ \
  X (duplicate_id,          W, "an end-to-end or transaction identification occurs twice in a message") \
  X (duplicate_message,     R, "a message identification occurs twice in a document") \
  X (repeated_message,      O, "an earlier object, of any run, has a message of this kind and identification")
/* clang-format on */

#define ISO20022_RULE_ENUM(code, ...) RULE_##code,
enum iso20022_rule
{
  ISO20022_RULES (ISO20022_RULE_ENUM) N_RULES
};

enum iso20022_level
{
  LEVEL_OFF,
  LEVEL_WARN,
  LEVEL_REJECT,
};
#endif
