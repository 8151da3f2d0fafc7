/* SPDX-License-Identifier: Apache-2.0 */
/* gen_pacs008.c - one pacs.008 document of any size: customer credit transfers with parties, accounts and remittance
 * information, and the right number of transactions, control sum and total settlement amount in its header.
 *
 *   gen_pacs008 [-s SIZE] [-o FILE]      SIZE as 350M; the same size gives the same bytes */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t seed;

static uint32_t
below (uint32_t n)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)((seed >> 32) * n >> 32);
}

static const char *const given[] = { "Anna", "Bj\xc3\xb6rn", "Carla", "Denis", "Ewa", "Farid", "Greta", "Hugo" };
static const char *const family[] = { "Almeida", "Bernard", "Costa", "Dvo\xc5\x99\xc3\xa1k",
                                      "Eriksen", "Fischer", "Gallo", "Horvat" };
static const char *const street[] = { "Hauptstrasse", "Rue de la Paix", "Via Roma", "Calle Mayor", "Dorpsstraat" };
static const struct
{
  char code[3];
  const char *town, *bic;
  unsigned digits; /* of an IBAN behind the check digits */
} country[] = { { "DE", "Berlin", "COBADEFFXXX", 18 },
                { "BE", "Gent", "KREDBEBBXXX", 12 },
                { "ES", "Madrid", "BSCHESMMXXX", 20 },
                { "PT", "Porto", "BCOMPTPLXXX", 21 },
                { "AT", "Wien", "GIBAATWWXXX", 16 } };
#define COUNTRIES (sizeof country / sizeof *country)

static char *
put (char *p, const char *s)
{
  return stpcpy (p, s);
}

/* An IBAN of digits with its check digits. */
static char *
iban (char *p, unsigned c)
{
  char body[40];
  unsigned rest = 0, n = country[c].digits;
  for (unsigned i = 0; i < n; i++)
    {
      body[i] = (char)('0' + below (10));
      rest = (rest * 10 + (unsigned)(body[i] - '0')) % 97;
    }
  for (unsigned i = 0; i < 2; i++)
    rest = (rest * 100 + (unsigned)(country[c].code[i] - 'A') + 10) % 97;
  rest = 98 - rest * 100 % 97;
  return p + sprintf (p, "%.2s%02u%.*s", country[c].code, rest, (int)n, body);
}

static char *
party (char *p, const char *tag, unsigned c)
{
  return p
         + sprintf (
             p,
             "<%s><Nm>%s %s</Nm><PstlAdr><StrtNm>%s</StrtNm><BldgNb>%u</BldgNb><PstCd>%05u</PstCd><TwnNm>%s</TwnNm>"
             "<Ctry>%.2s</Ctry></PstlAdr></%s>",
             tag, given[below (8)], family[below (8)], street[below (5)], 1 + below (200), below (100000),
             country[c].town, country[c].code, tag);
}

static char *
account (char *p, const char *tag, unsigned c)
{
  p += sprintf (p, "<%s><Id><IBAN>", tag);
  p = iban (p, c);
  return p + sprintf (p, "</IBAN></Id></%s>", tag);
}

static char *
remittance (char *p, uint64_t id)
{
  if (below (5))
    return p
           + sprintf (p, "<RmtInf><Ustrd>Invoice %" PRIu64 " of %02u/2026, %s &amp; %s</Ustrd></RmtInf>", id,
                      1 + below (12), family[below (8)], family[below (8)]);
  return p
         + sprintf (p,
                    "<RmtInf><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>R-%" PRIu64
                    "</Nb></RfrdDocInf><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18%010" PRIu64
                    "</Ref></CdtrRefInf></Strd></RmtInf>",
                    id, id);
}

static char *
transaction (char *p, uint64_t id, uint64_t *cents)
{
  unsigned d = below (COUNTRIES), c = below (COUNTRIES);
  *cents = 1 + (uint64_t)below (1000) * below (2500);
  p += sprintf (p,
                "<CdtTrfTxInf><PmtId><InstrId>I%010" PRIu64 "</InstrId><EndToEndId>E2E-%012" PRIu64
                "</EndToEndId><TxId>TX%010" PRIu64 "</TxId><UETR>%08x-%04x-4%03x-%04x-%08x%04x</UETR></PmtId>",
                id, id, id, below (UINT32_MAX), below (65536), below (4096), 0x8000 + below (0x4000),
                below (UINT32_MAX), below (65536));
  p += sprintf (p,
                "<PmtTpInf><InstrPrty>%s</InstrPrty><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf><IntrBkSttlmAmt "
                "Ccy=\"EUR\">%" PRIu64 ".%02" PRIu64 "</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>",
                below (10) ? "NORM" : "HIGH", *cents / 100, *cents % 100);
  p = party (p, "Dbtr", d);
  p = account (p, "DbtrAcct", d);
  p += sprintf (p,
                "<DbtrAgt><FinInstnId><BICFI>%s</BICFI></FinInstnId></DbtrAgt><CdtrAgt><FinInstnId><BICFI>%s</BICFI>"
                "</FinInstnId></CdtrAgt>",
                country[d].bic, country[c].bic);
  p = party (p, "Cdtr", c);
  p = account (p, "CdtrAcct", c);
  p = put (p, "<Purp><Cd>SUPP</Cd></Purp>");
  p = remittance (p, id);
  return put (p, "</CdtTrfTxInf>\n");
}

/* Transactions until `want` bytes are reached; f NULL: only counts. */
static int
transactions (FILE *f, uint64_t want, uint64_t *n, uint64_t *sum)
{
  char line[4096];
  uint64_t done = 0, cents;
  seed = 88172645463325252u;
  for (*n = *sum = 0; done < want; *sum += cents)
    {
      size_t len = (size_t)(transaction (line, ++*n, &cents) - line);
      if (f && fwrite (line, 1, len, f) != len)
        return -1;
      done += len;
    }
  return 0;
}

int
main (int argc, char **argv)
{
  uint64_t want = 350000000, n, sum;
  const char *file = NULL;
  char *end;
  FILE *f = stdout;

  for (int o; (o = getopt (argc, argv, "s:o:")) != -1;)
    switch (o)
      {
      case 's':
        want = strtoull (optarg, &end, 10);
        want <<= *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        break;
      case 'o':
        file = optarg;
        break;
      default:
        fprintf (stderr, "usage: gen_pacs008 [-s SIZE] [-o FILE]\n");
        return 2;
      }
  if (file && !(f = fopen (file, "w")))
    {
      perror (file);
      return 3;
    }
  setvbuf (f, NULL, _IOFBF, 1 << 20);
  transactions (NULL, want, &n, &sum);
  fprintf (f,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document "
           "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08\">\n"
           "<FIToFICstmrCdtTrf><GrpHdr><MsgId>BENCH-%" PRIu64
           "</MsgId><CreDtTm>2026-03-02T09:30:00+01:00</CreDtTm><NbOfTxs>%" PRIu64 "</NbOfTxs><CtrlSum>%" PRIu64
           ".%02" PRIu64 "</CtrlSum><TtlIntrBkSttlmAmt Ccy=\"EUR\">%" PRIu64 ".%02" PRIu64
           "</TtlIntrBkSttlmAmt><IntrBkSttlmDt>2026-03-03</IntrBkSttlmDt><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>"
           "<InstgAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></InstgAgt></GrpHdr>\n",
           n, n, sum / 100, sum % 100, sum / 100, sum % 100);
  if (transactions (f, want, &n, &sum) == 0)
    fprintf (f, "</FIToFICstmrCdtTrf>\n</Document>\n");
  if (fflush (f) || ferror (f))
    {
      perror ("gen_pacs008");
      return 3;
    }
  return 0;
}
