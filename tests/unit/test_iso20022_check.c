/* SPDX-License-Identifier: Apache-2.0 */
/* test_iso20022_check.c - BIC, IBAN, LEI, UETR, currencies, characters: examples of the registries, and near misses. */
#include <CUnit/Basic.h>
#include <string.h>
#include <check.h>

static void
test_iban (void)
{
  /* examples of the IBAN registry */
  static const char *const good[] = { "GB29NWBK60161331926819",
                                      "DE89370400440532013000",
                                      "FR1420041010050500013M02606",
                                      "NO9386011117947",
                                      "MT84MALT011000012345MTLCAST001S",
                                      "SC18SSCB11010000000000001497USD",
                                      "LC55HEMM000100010012001200023015",
                                      "BE68539007547034",
                                      "CH9300762011623852957" };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    {
      char text[40];
      size_t n = strlen (good[i]);
      CU_ASSERT (iso20022_check_iban (good[i], n) == IBAN_OK);
      CU_ASSERT (iso20022_check_iban (good[i], n - 1) == IBAN_LENGTH);
      for (size_t k = 4; k < n; k++)
        { /* any digit wrong, any two neighbours exchanged */
          memcpy (text, good[i], n);
          text[k] = text[k] == '7' ? '3' : '7';
          CU_ASSERT (iso20022_check_iban (text, n) == IBAN_CHECK);
        }
    }
  CU_ASSERT (iso20022_check_iban ("GB2", 3) == IBAN_SHAPE);
  CU_ASSERT (iso20022_check_iban ("gb29NWBK60161331926819", 22) == IBAN_SHAPE);
  CU_ASSERT (iso20022_check_iban ("GB29 NWBK 6016 1331 9268 19", 27) == IBAN_SHAPE);
  CU_ASSERT (iso20022_iban_length ("AD") == 24 && iso20022_iban_length ("YE") == 30
             && iso20022_iban_length ("US") == 0);
}

static void
test_codes (void)
{
  CU_ASSERT (iso20022_is_bic ("COBADEFF", 8) && iso20022_is_bic ("COBADEFFXXX", 11) && iso20022_is_bic ("1CBADEF1", 8));
  CU_ASSERT (!iso20022_is_bic ("COBADEF", 7) && !iso20022_is_bic ("COBAD1FF", 8) && !iso20022_is_bic ("cobadeff", 8)
             && !iso20022_is_bic ("COBADEFFXX", 10));
  CU_ASSERT (iso20022_is_lei ("529900T8BM49AURSDO55", 20) && iso20022_is_lei ("5493001KJTIIGC8Y1R12", 20));
  CU_ASSERT (!iso20022_is_lei ("529900T8BM49AURSDO54", 20) && !iso20022_is_lei ("529900T8BM49AURSDO5", 19)
             && !iso20022_is_lei ("529900t8BM49AURSDO55", 20));
  CU_ASSERT (iso20022_is_uetr ("eb6305c9-1f7f-49de-aed0-16487c27b42d", 36));
  CU_ASSERT (!iso20022_is_uetr ("eb6305c9-1f7f-19de-aed0-16487c27b42d", 36));
  CU_ASSERT (!iso20022_is_uetr ("eb6305c9-1f7f-49de-ced0-16487c27b42d", 36));
  CU_ASSERT (!iso20022_is_uetr ("eb6305c91f7f-49de--aed0-16487c27b42d", 36));
  CU_ASSERT (!iso20022_is_uetr ("eb6305c9-1f7f-49de-aed0-16487c27b42g", 36));
}

static void
test_currencies (void)
{
  static const struct
  {
    const char *code;
    int decimals;
  } c[] = { { "EUR", 2 },
            { "USD", 2 },
            { "JPY", 0 },
            { "KWD", 3 },
            { "TND", 3 },
            { "CLF", 4 },
            { "AED", 2 },
            { "ZWL", 2 },
            { "XAU", CURRENCY_ANY },
            { "XXX", CURRENCY_ANY },
            { "EUX", -1 },
            { "eur", -1 },
            { "ZZZ", -1 },
            { "AAA", -1 } };
  for (size_t i = 0; i < sizeof c / sizeof *c; i++)
    CU_ASSERT (iso20022_currency_decimals (c[i].code, 3) == c[i].decimals);
  CU_ASSERT (iso20022_currency_decimals ("EU", 2) == -1 && iso20022_currency_decimals ("", 0) == -1);
}

static void
test_characters (void)
{
  static const char fine[] = "Invoice 7/2026 (part+1): a,b.c-d?'";
  CU_ASSERT (iso20022_find_foreign (fine, sizeof fine - 1) == sizeof fine - 1);
  CU_ASSERT (iso20022_find_foreign ("ab&", 3) == 2 && iso20022_find_foreign ("\xc3\xa9", 2) == 0);
  CU_ASSERT (iso20022_find_foreign ("a\0b", 3) == 1 && iso20022_find_foreign ("", 0) == 0);
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS)
    return 1;
  s = CU_add_suite ("iso20022 check", NULL, NULL);
  CU_add_test (s, "iban", test_iban);
  CU_add_test (s, "codes", test_codes);
  CU_add_test (s, "currencies", test_currencies);
  CU_add_test (s, "characters", test_characters);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
