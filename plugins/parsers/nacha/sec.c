/* SPDX-License-Identifier: Apache-2.0 */
/* sec.c - code lists and what each standard entry class asks for.
 *
 * Sources: Nacha file layouts as published for developers, and the limits that moov-io/ach checks by default. */
#include "nacha.h"

#define NAME SEC_NAME
static const struct nacha_sec secs[] = {
  { "ACK", LAYOUT_PLAIN, SEC_ZERO | SEC_ADDENDA_05, 0, 1, 0 },
  { "ADV", LAYOUT_ADV, 0, 0, 1, 0 },
  { "ARC", LAYOUT_CHECK, SEC_SERIAL | SEC_DEBIT_ONLY, 0, 0, 2500000 },
  { "ATX", LAYOUT_COUNTED, SEC_ZERO | SEC_ADDENDA_05, 0, MAX_ADDENDA, 0 },
  { "BOC", LAYOUT_CHECK, SEC_SERIAL | SEC_DEBIT_ONLY, 0, 0, 2500000 },
  { "CCD", LAYOUT_PLAIN, SEC_ADDENDA_05, 0, 1, 0 },
  { "CIE", LAYOUT_CIE, NAME | SEC_CREDIT_ONLY | SEC_ADDENDA_05, 0, 1, 0 },
  { "COR", LAYOUT_PLAIN, SEC_NOC, 0, 0, 0 },
  { "CTX", LAYOUT_COUNTED, SEC_ADDENDA_05, 0, MAX_ADDENDA, 0 },
  { "DNE", LAYOUT_PLAIN, NAME | SEC_ZERO | SEC_ADDENDA_05, 1, 1, 0 },
  { "ENR", LAYOUT_COUNTED, NAME | SEC_ZERO | SEC_ADDENDA_05, 0, MAX_ADDENDA, 0 },
  { "IAT", LAYOUT_IAT, 0, 0, 0, 0 },
  { "MTE", LAYOUT_CIE, NAME | SEC_LIVE | SEC_TERMINAL, 0, 0, 0 },
  { "POP", LAYOUT_POP, SEC_SERIAL | SEC_DEBIT_ONLY, 0, 0, 2500000 },
  { "POS", LAYOUT_CARD, NAME | SEC_TERMINAL | SEC_DEBIT_ONLY, 0, 0, 0 },
  { "PPD", LAYOUT_PLAIN, NAME | SEC_ADDENDA_05, 0, 1, 0 },
  { "RCK", LAYOUT_CHECK, NAME | SEC_SERIAL | SEC_DEBIT_ONLY, 0, 0, 250000 },
  { "SHR", LAYOUT_SHR, NAME | SEC_TERMINAL | SEC_DEBIT_ONLY, 0, 0, 0 },
  { "TEL", LAYOUT_PAYMENT, NAME, 0, 0, 0 },
  { "TRC", LAYOUT_TRUNCATED, SEC_SERIAL | SEC_DEBIT_ONLY, 0, 0, 0 },
  { "TRX", LAYOUT_COUNTED, SEC_DEBIT_ONLY | SEC_ADDENDA_05, 0, MAX_ADDENDA, 0 },
  { "WEB", LAYOUT_PAYMENT, NAME | SEC_ADDENDA_05, 0, 1, 0 },
  { "XCK", LAYOUT_TRUNCATED, SEC_SERIAL | SEC_DEBIT_ONLY, 0, 0, 250000 },
};

const struct nacha_sec *
nacha_sec_find (const uint8_t *code)
{
  for (size_t i = 0; i < sizeof secs / sizeof *secs; i++)
    if (memcmp (secs[i].code, code, 3) == 0)
      return &secs[i];
  return NULL;
}

enum tc_kind
nacha_tc_kind (unsigned tc)
{
  if (tc >= 81 && tc <= 88)
    return TC_ADV;
  if (tc < 21 || tc > 56)
    return TC_UNKNOWN;
  switch (tc % 10)
    {
    case 1:
      return TC_RETURN;
    case 6:
      return TC_RETURN;
    case 2:
      return TC_LIVE;
    case 3:
      return TC_PRENOTE;
    case 4:
      return TC_ZERO;
    case 5:
      return tc == 55 ? TC_LIVE : TC_UNKNOWN; /* reversal of a loan credit */
    case 7:
      return TC_LIVE;
    case 8:
      return TC_PRENOTE;
    case 9:
      return TC_ZERO;
    default:
      return TC_UNKNOWN;
    }
}

bool
nacha_tc_is_debit (unsigned tc)
{
  return tc >= 81 && tc <= 88 ? tc % 2 == 0 : tc % 10 >= 5;
}

/* Does the transaction code fit the SEC code? */
static bool
fits_sec (const struct nacha_batch *b, unsigned tc, enum tc_kind kind)
{
  bool debit = nacha_tc_is_debit (tc);
  if (!b->sec)
    return true;
  if (b->layout == LAYOUT_ADV || kind == TC_ADV)
    return b->layout == LAYOUT_ADV && kind == TC_ADV;
  if (kind == TC_RETURN)
    return true;
  if (((b->sec_flags & SEC_DEBIT_ONLY) && !debit) || ((b->sec_flags & SEC_CREDIT_ONLY) && debit))
    return false;
  if (memcmp (b->code, "TEL", 3) == 0 && !debit && !b->reversal)
    return false;
  if (memcmp (b->code, "ACK", 3) == 0 || memcmp (b->code, "ATX", 3) == 0)
    return kind == TC_ZERO && !debit;
  if (memcmp (b->code, "DNE", 3) == 0 || memcmp (b->code, "ENR", 3) == 0)
    return kind == TC_PRENOTE && !debit;
  return true;
}

void
nacha_sec_load (struct nacha_batch *b)
{
  /* notifications of change of IAT come as COR and look like IAT */
  const struct nacha_sec *sec = nacha_sec_find ((const uint8_t *)(b->iat_cor ? "IAT" : b->code));
  b->sec = sec;
  b->layout = sec ? sec->layout : LAYOUT_PLAIN;
  b->sec_flags = sec ? sec->flags : SEC_ADDENDA_05;
  b->limit = sec ? sec->limit : 0;
  for (unsigned tc = 0; tc < 100; tc++)
    {
      enum tc_kind kind = nacha_tc_kind (tc);
      bool debit = nacha_tc_is_debit (tc), fits = kind != TC_UNKNOWN;
      if (memcmp (b->service_class, "220", 3) == 0)
        fits &= !debit;
      if (memcmp (b->service_class, "225", 3) == 0)
        fits &= debit;
      b->debit[tc] = debit;
      b->tc_ok[tc] = fits && fits_sec (b, tc, kind);
      b->amount[tc] = kind == TC_LIVE ? AMOUNT_LIVE : kind == TC_PRENOTE || kind == TC_ZERO ? AMOUNT_NONE : AMOUNT_ANY;
    }
}

static bool
in_list (const char *list, const void *code, size_t n)
{
  for (; *list; list += n + 1)
    if (memcmp (list, code, n) == 0)
      return true;
  return false;
}

bool
nacha_is_state (const uint8_t *two)
{
  return in_list (
      "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
      "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI UM FM MH PW AA AE AP ",
      two, 2);
}

bool
nacha_is_payment_type (const uint8_t *two, const char *code)
{
  static const char *const word[] = { "R ", "S ", " R", " S", "  " };
  for (int i = 0; i < 4 + (code[0] == 'W'); i++)
    if (memcmp (two, word[i], 2) == 0)
      return true;
  return false;
}

bool
nacha_is_return_code (const uint8_t *c)
{
  if (c[0] != 'R' || (unsigned)c[1] - '0' > 9 || (unsigned)c[2] - '0' > 9)
    return false;
  unsigned v = (c[1] - '0') * 10u + (c[2] - '0');
  return (v >= 1 && v <= 47) || (v >= 50 && v <= 53) || (v >= 61 && v <= 77) || (v >= 80 && v <= 85) || v == 90;
}

bool
nacha_is_change_code (const uint8_t *c)
{
  if (c[0] != 'C' || (unsigned)c[1] - '0' > 9 || (unsigned)c[2] - '0' > 9)
    return false;
  unsigned v = (c[1] - '0') * 10u + (c[2] - '0');
  return (v >= 1 && v <= 14) || (v >= 61 && v <= 69);
}

/* ISO 3166-1 alpha-2. */
bool
nacha_is_country (const uint8_t *two)
{
  return in_list ("AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
                  "BV BW BY BZ CA CC CD "
                  "CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM "
                  "FO FR GA GB GD GE GF "
                  "GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO "
                  "JP KE KG KH KI KM KN "
                  "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT "
                  "MU MV MW MX MY MZ NA "
                  "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA "
                  "SB SC SD SE SG SH SI "
                  "SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US "
                  "UY UZ VA VC VE VG VI "
                  "VN VU WF WS YE YT ZA ZM ZW ",
                  two, 2);
}

/* Three capital letters: the list of ISO 4217 changes too often to refuse payments by. */
bool
nacha_is_currency (const uint8_t *c)
{
  for (int i = 0; i < 3; i++)
    if (c[i] < 'A' || c[i] > 'Z')
      return false;
  return true;
}

int
nacha_check_digit (const uint8_t *e)
{
  unsigned sum = 3u * (e[0] - '0' + e[3] - '0' + e[6] - '0') + 7u * (e[1] - '0' + e[4] - '0' + e[7] - '0')
                 + (unsigned)(e[2] - '0' + e[5] - '0');
  return (int)((10 - sum % 10) % 10);
}
