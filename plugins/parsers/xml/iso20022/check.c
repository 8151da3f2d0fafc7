/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - what makes a BIC, IBAN, LEI, UETR, currency or text a good one. */
#include <string.h>
#include "check.h"

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_upper (char c)
{
  return c >= 'A' && c <= 'Z';
}

static bool
is_upnum (char c)
{
  return is_digit (c) || is_upper (c);
}

bool
iso20022_is_bic (const char *p, size_t n)
{
  if (n != 8 && n != 11)
    return false;
  for (size_t i = 0; i < n; i++)
    if (!(i == 4 || i == 5 ? is_upper (p[i]) : is_upnum (p[i])))
      return false;
  return true;
}

/* Digits are themselves, A is 10 .. Z is 35; the remainder by 97 of all of them in a row. */
static unsigned
mod97 (const char *p, size_t n, unsigned rest)
{
  uint64_t v = rest;
  for (size_t i = 0; i < n; i++)
    {
      if (v > 100000000000000000u)
        v %= 97;
      v = is_digit (p[i]) ? v * 10 + (uint64_t)(p[i] - '0') : v * 100 + (uint64_t)(p[i] - 'A') + 10;
    }
  return (unsigned)(v % 97);
}

/* Country and length, as in the IBAN registry; sorted. */
static const char iban_length[][5] = {
  "AD24", "AE23", "AL28", "AT20", "AZ28", "BA20", "BE16", "BG22", "BH22", "BI27", "BR29", "BY28", "CH21",
  "CR22", "CY28", "CZ24", "DE22", "DJ27", "DK18", "DO28", "EE20", "EG29", "ES24", "FI18", "FK18", "FO18",
  "FR27", "GB22", "GE22", "GI23", "GL18", "GR27", "GT28", "HN28", "HR21", "HU28", "IE22", "IL23", "IQ23",
  "IS26", "IT27", "JO30", "KW30", "KZ20", "LB28", "LC32", "LI21", "LT20", "LU20", "LV21", "LY25", "MC27",
  "MD24", "ME22", "MK19", "MN20", "MR27", "MT31", "MU30", "NI28", "NL18", "NO15", "OM23", "PK24", "PL28",
  "PS29", "PT25", "QA29", "RO24", "RS22", "RU33", "SA24", "SC31", "SD18", "SE24", "SI19", "SK24", "SM27",
  "SO23", "ST25", "SV28", "TL23", "TN24", "TR26", "UA29", "VA22", "VG24", "XK20", "YE30",
};

unsigned
iso20022_iban_length (const char *country)
{
  size_t lo = 0, hi = sizeof iban_length / sizeof *iban_length;
  while (lo < hi)
    {
      size_t mid = (lo + hi) / 2;
      int order = memcmp (country, iban_length[mid], 2);
      if (order == 0)
        return (unsigned)(iban_length[mid][2] - '0') * 10 + (unsigned)(iban_length[mid][3] - '0');
      if (order < 0)
        hi = mid;
      else
        lo = mid + 1;
    }
  return 0;
}

enum iso20022_iban
iso20022_check_iban (const char *p, size_t n)
{
  unsigned length;
  if (n < 5 || n > 34 || !is_upper (p[0]) || !is_upper (p[1]) || !is_digit (p[2]) || !is_digit (p[3]))
    return IBAN_SHAPE;
  for (size_t i = 4; i < n; i++)
    if (!is_upnum (p[i]))
      return IBAN_SHAPE;
  length = iso20022_iban_length (p);
  if (length && length != n)
    return IBAN_LENGTH;
  return mod97 (p, 4, mod97 (p + 4, n - 4, 0)) == 1 ? IBAN_OK : IBAN_CHECK;
}

bool
iso20022_is_lei (const char *p, size_t n)
{
  if (n != 20 || !is_digit (p[18]) || !is_digit (p[19]))
    return false;
  for (size_t i = 0; i < 18; i++)
    if (!is_upnum (p[i]))
      return false;
  return mod97 (p, n, 0) == 1;
}

bool
iso20022_is_uetr (const char *p, size_t n)
{
  uint8_t hex = 0; /* all bytes wide: the loop is a few vectors */
  if (n != 36 || p[14] != '4' || !p[19] || !strchr ("89abAB", p[19]))
    return false;
  for (size_t i = 0; i < 36; i++)
    {
      uint8_t c = (uint8_t)p[i], digit = (uint8_t)(c - '0'), letter = (uint8_t)((c | 0x20) - 'a');
      hex = (uint8_t)(hex + ((digit < 10) | (letter < 6)));
    }
  return hex == 32 && p[8] == '-' && p[13] == '-' && p[18] == '-' && p[23] == '-';
}

/* Codes of ISO 4217 by their decimals; each is three letters, sorted. */
static const char decimals0[] = "BEFBIFBYRCLPDJFESPGNFGRDISKITLJPYKMFKRWLUFMGFPTEPYGROLRWFTPETRLUGXUYIVNDVUVXAFXOFXPF";
static const char decimals3[] = "BHDIQDJODKWDLYDOMRTND";
static const char decimals4[] = "CLFUYW";
static const char decimals_any[] = "XAGXAUXBAXBBXBCXBDXDRXPDXPTXSUXTSXUAXXX";
static const char decimals2[] =
    "AEDAFNALLAMDANGAOAARSATSAUDAWGAZMAZNBAMBBDBDTBGNBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCNHCNYCOPCOUCRCCUC"
    "CUPCVECYPCZKDEMDKKDOPDZDEEKEGPERNETBEURFIMFJDFKPFRFGBPGELGHCGHSGIPGMDGTQGYDHKDHNLHRKHTGHUFIDRIEPILSINRIRRJMDKES"
    "KGSKHRKPWKYDKZTLAKLBPLKRLRDLSLLTLLVLMADMDLMGAMKDMMKMNTMOPMROMRUMTLMURMVRMWKMXNMXVMYRMZMMZNNADNGNNIONLGNOKNPRNZD"
    "PABPENPGKPHPPKRPLNQARRONRSDRUBRURSARSBDSCRSDDSDGSEKSGDSHPSITSKKSLESLLSOSSRDSRGSSPSTDSTNSVCSYPSZLTHBTJSTMMTMT"
    "TOPTRYTTDTWDTZSUAHUSDUSNUSSUYUUZSVEBVEDVEFVESWSTXCDXCGYERYUMZARZMKZMWZWDZWGZWL";

static bool
is_listed (const char *list, size_t size, const char *p)
{
  size_t lo = 0, hi = size / 3;
  while (lo < hi)
    {
      size_t mid = (lo + hi) / 2;
      int order = memcmp (p, list + 3 * mid, 3);
      if (order == 0)
        return true;
      if (order < 0)
        hi = mid;
      else
        lo = mid + 1;
    }
  return false;
}

int
iso20022_currency_decimals (const char *p, size_t n)
{
  if (n != 3)
    return -1;
  if (memcmp (p, "EUR", 3) == 0 || memcmp (p, "USD", 3) == 0)
    return 2;
#define LISTED(list) is_listed (list, sizeof (list) - 1, p)
  if (LISTED (decimals2))
    return 2;
  if (LISTED (decimals0))
    return 0;
  if (LISTED (decimals3))
    return 3;
  if (LISTED (decimals4))
    return 4;
  if (LISTED (decimals_any))
    return CURRENCY_ANY;
#undef LISTED
  return -1;
}

size_t
iso20022_find_foreign (const char *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      char c = p[i];
      if (is_digit (c) || is_upper (c) || (c >= 'a' && c <= 'z') || c == ' ')
        continue;
      if (!c || !strchr ("/-?:().,'+\r\n", c))
        return i;
    }
  return n;
}
