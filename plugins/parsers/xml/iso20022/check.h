/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - what makes a BIC, IBAN, LEI, UETR, currency or text a good one: pure functions without memory. */
#ifndef ISO20022_CHECK_H
#define ISO20022_CHECK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ISO 9362: four letters or digits, a country, two letters or digits, and three more or none. */
bool iso20022_is_bic (const char *p, size_t n);

enum iso20022_iban
{
  IBAN_OK,
  IBAN_SHAPE,  /* not two letters, two digits and up to 30 letters and digits */
  IBAN_LENGTH, /* not as long as the country's IBANs are (registry of ISO 13616) */
  IBAN_CHECK,  /* modulo 97 of ISO 7064 is not 1 */
};
enum iso20022_iban iso20022_check_iban (const char *p, size_t n);
/* Length of the country's IBANs; 0: not in the registry. */
unsigned iso20022_iban_length (const char *country);

/* ISO 17442: 18 letters or digits, two check digits by modulo 97. */
bool iso20022_is_lei (const char *p, size_t n);
/* UUID of version 4, variant 1, lower case as ISO 20022 wants it, or upper case. */
bool iso20022_is_uetr (const char *p, size_t n);

/* Decimals of an ISO 4217 currency; -1: no code of the list, which has those in use and the ones gone since 1999; CURRENCY_ANY: has none. */
#define CURRENCY_ANY 5
int iso20022_currency_decimals (const char *p, size_t n);

/* First byte outside of the character set of SWIFT (x) and SEPA; n: none. */
size_t iso20022_find_foreign (const char *p, size_t n);
#endif
