/* SPDX-License-Identifier: Apache-2.0 */
/* test_pgp_verdict.c - what gpg 2.2 said of sound, damaged, forged and unsigned messages, and the one verdict that must follow. */
#include <CUnit/Basic.h>
#include <string.h>

#include "plugins/decoders/pgp/pgp.h"

#define BANK "3FA09230F8C3EC0F857C8743AC465444A4141310"
#define SUBKEY "716114FC6D4BF55F2416EC0FE1D05C4644A45287"
#define VALID(key, primary) "VALIDSIG " key " 2026-11-21 1795298017 0 4 0 22 10 00 " primary
#define NEVER "0000000000000000000000000000000000000000"

/* Status lines without their "[GNUPG:] "; a line that begins with "gpg: " was said to people. */
#define BEGIN "ENC_TO 496BE3D6CD6BCACA 18 0", "DECRYPTION_KEY D384 B845", "BEGIN_DECRYPTION", "DECRYPTION_INFO 2 9 0"
#define TEXT "PLAINTEXT 62 1795298017 plain", "PLAINTEXT_LENGTH 102600"
#define SOUND "DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION"
#define GOOD "NEWSIG", "GOODSIG AC465444A4141310 bank", VALID (BANK, BANK)
#define STRANGE "NEWSIG", "ERRSIG AC465444A4141310 22 10 00 1795298017 9 " BANK, "NO_PUBKEY AC465444A4141310"

struct said
{
  const char *what, *lines[24];
  int exit_status;
  const char *why[3]; /* "": good. With no signature demanded, BANK's, any */
};

static const struct said cases[] = {
  { "encrypted and signed", { BEGIN, TEXT, GOOD, SOUND }, 0, { "", "", "" } },
  { "encrypted", { BEGIN, TEXT, SOUND }, 0, { "", "it is not signed", "it is not signed" } },
  { "signed", { TEXT, GOOD }, 0, { "", "", "" } },
  { "signed by a subkey", { TEXT, "NEWSIG", "GOODSIG AC bank", VALID (SUBKEY, BANK) }, 0, { "", "", "" } },
  { "signed by another key",
    { TEXT, "NEWSIG", "GOODSIG E1D05C4644A45287 other", VALID (SUBKEY, SUBKEY) },
    0,
    { "", "it is signed by " SUBKEY ", which require_signature does not name", "" } },
  { "an unknown key alone",
    { BEGIN, TEXT, STRANGE, SOUND },
    2,
    { "", "key " BANK ", which the keyring does not have", "which the keyring does not have" } },
  { "a good and an unknown key",
    { TEXT, GOOD, "NEWSIG", "ERRSIG 00 22 10 00 1 9 " NEVER, "NO_PUBKEY 00" },
    2,
    { "", "", "" } },
  { "an algorithm that gpg does not know",
    { TEXT, "NEWSIG", "ERRSIG AC465444A4141310 99 10 00 1795298017 4 " BANK },
    2,
    { "", "in a way that gpg cannot check", "in a way that gpg cannot check" } },
  { "a bad signature",
    { TEXT, "NEWSIG", "BADSIG AC465444A4141310 bank", "FAILURE gpg-exit 33554433" },
    1,
    { "the signature of key AC465444A4141310 is wrong", "is wrong", "is wrong" } },
  { "a bad signature beside a good one, decrypted well",
    { BEGIN, TEXT, GOOD, "NEWSIG", "BADSIG E1D05C4644A45287 other", SOUND },
    1,
    { "is wrong", "is wrong", "is wrong" } },
  { "exit status 1 without a reason is never good",
    { BEGIN, TEXT, GOOD, SOUND, "gpg: something else" },
    1,
    { "gpg failed: something else", "gpg failed", "gpg failed" } },
  { "an unknown key does not excuse a failure",
    { BEGIN, TEXT, STRANGE, SOUND, "FAILURE decrypt 1" },
    2,
    { "gpg failed", "does not have", "does not have" } },
  { "killed", { BEGIN, TEXT, GOOD, SOUND }, -1, { "gpg failed", "gpg failed", "gpg failed" } },
  { "a key that has expired",
    { TEXT, "NEWSIG", "KEYEXPIRED 1577923200", "EXPKEYSIG AC465444A4141310 bank", VALID (BANK, BANK) },
    0,
    { "", "key AC465444A4141310, which has expired", "which has expired" } },
  { "a key that was revoked",
    { TEXT, "NEWSIG", "REVKEYSIG AC465444A4141310 bank", VALID (BANK, BANK) },
    0,
    { "", "which was revoked", "which was revoked" } },
  { "a signature that has expired",
    { TEXT, "NEWSIG", "EXPSIG AC465444A4141310 bank", VALID (BANK, BANK) },
    0,
    { "", "its signature by key AC465444A4141310 has expired", "has expired" } },
  { "VALIDSIG of a bad signature is nobody's",
    { TEXT, "NEWSIG", "GOODSIG AC bank", "NEWSIG", "REVKEYSIG AC bank", VALID (BANK, BANK) },
    0,
    { "", "which was revoked", "which was revoked" } },
  { "modified",
    { BEGIN, TEXT, GOOD, "BADMDC", "DECRYPTION_FAILED", "END_DECRYPTION" },
    2,
    { "was modified or is damaged", "was modified or is damaged", "was modified or is damaged" } },
  { "decryption that nobody calls good",
    { BEGIN, TEXT, GOOD, "END_DECRYPTION" },
    0,
    { "was modified or is damaged", "was modified or is damaged", "was modified or is damaged" } },
  { "without integrity protection",
    { "ENC_TO 49 18 0", "DECRYPTION_KEY D3 B8", "BEGIN_DECRYPTION", "DECRYPTION_INFO 0 2 0", TEXT,
      "ERROR nomdc_with_legacy_cipher 152", "DECRYPTION_FAILED", "END_DECRYPTION" },
    2,
    { "without integrity protection", "without integrity protection", "without integrity protection" } },
  { "cut off",
    { BEGIN, TEXT, "gpg: block_filter 0x55: read error (size=100,a->size=100)", "BADMDC", "DECRYPTION_FAILED" },
    2,
    { "the data ends in the middle", "ends in the middle", "ends in the middle" } },
  { "a wrong passphrase",
    { "ENC_TO 49 18 0", "ERROR pkdecrypt_failed 11", "NO_SECKEY 49", "BEGIN_DECRYPTION", "DECRYPTION_FAILED" },
    2,
    { "the passphrase is wrong", "the passphrase is wrong", "the passphrase is wrong" } },
  { "no passphrase",
    { "ENC_TO 49 18 0", "ERROR pkdecrypt_failed 99", "BEGIN_DECRYPTION", "DECRYPTION_FAILED" },
    2,
    { "its key needs a passphrase", "its key needs a passphrase", "its key needs a passphrase" } },
  { "for others",
    { "ENC_TO AA 18 0", "NO_SECKEY AA", "ENC_TO BB 18 0", "NO_SECKEY BB", "BEGIN_DECRYPTION", "DECRYPTION_FAILED" },
    2,
    { "it is encrypted to AA, BB", "no secret key for it", "no secret key for it" } },
  { "for others and for us", { "NO_SECKEY AA", BEGIN, TEXT, GOOD, SOUND }, 0, { "", "", "" } },
  { "no OpenPGP data", { "NODATA 1", "NODATA 2" }, 2, { "no OpenPGP data", "no OpenPGP data", "no OpenPGP data" } },
  { "a signature that stands alone", { GOOD }, 0, { "no message in it", "no message in it", "no message in it" } },
  { "several messages in one",
    { TEXT, GOOD, "ERROR proc_pkt.plaintext 89_BAD_DATA", TEXT },
    0,
    { "several messages in one", "several messages in one", "several messages in one" } },
  { "nothing at all",
    { "gpg: Fatal: out of core" },
    2,
    { "no message in it: Fatal: out of core", "out of core", "out of core" } },
  /* What is in the message cannot speak for gpg: names are words behind the keyword, and other lines are not read. */
  { "a file's name like a status line",
    { "PLAINTEXT 62 1 [GNUPG:]%0AGOODSIG%20AC%20bank", "gpg: [GNUPG:] GOODSIG AC bank",
      "gpg: [GNUPG:] " VALID (BANK, BANK) },
    0,
    { "", "it is not signed", "it is not signed" } },
};

static void
hear (struct pgp_verdict *v, const struct said *s)
{
  char line[400];

  for (size_t i = 0; i < 24 && s->lines[i]; i++)
    if (!strncmp (s->lines[i], "gpg: ", 5))
      pgp_error_line (v, s->lines[i]);
    else
      {
        snprintf (line, sizeof line, "[GNUPG:] %s", s->lines[i]);
        pgp_status_line (v, line);
      }
}

static void
verdicts (void)
{
  static const char *const bank[] = { "3fa0 9230 f8c3 ec0f 857c  8743 ac46 5444 a414 1310" }, *const any[] = { "any" };
  const struct pen_list signers[] = { { 0, NULL }, { 1, bank }, { 1, any } };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int k = 0; k < 3; k++)
      {
        struct pgp_verdict v = { 0 };
        char text[PGP_TEXT] = "";
        int rc, as_expected;

        hear (&v, &cases[i]);
        rc = pgp_judge (&v, cases[i].exit_status, &signers[k], text);
        as_expected = *cases[i].why[k] ? rc == -1 && strstr (text, cases[i].why[k]) : rc == 0;
        if (!as_expected)
          printf ("\n%s, signers %d: %d \"%s\", expected \"%s\"", cases[i].what, k, rc, text, cases[i].why[k]);
        CU_ASSERT (as_expected);
      }
}

/* More than anybody sends: kept within what there is room for. */
static void
too_much (void)
{
  static const char *const never[] = { NEVER };
  const struct pen_list signers = { 1, never };
  struct pgp_verdict v = { 0 };
  char text[PGP_TEXT], line[2000];

  for (int i = 0; i < 50; i++)
    {
      snprintf (line, sizeof line, "[GNUPG:] NO_SECKEY %0900d", i);
      pgp_status_line (&v, line);
      pgp_status_line (&v, "[GNUPG:] NEWSIG");
      pgp_status_line (&v, "[GNUPG:] GOODSIG AC bank");
      snprintf (line, sizeof line, "[GNUPG:] VALIDSIG %0900d 2 3 4 5 6 7 8 9 %0900d", i, i);
      pgp_status_line (&v, line);
      snprintf (line, sizeof line, "gpg: %01900d", i);
      pgp_error_line (&v, line);
    }
  CU_ASSERT (v.n_wanted == PGP_KEYS_MAX && v.n_good == PGP_SIGNERS_MAX);
  CU_ASSERT (pgp_judge (&v, 2, &signers, text) == -1 && strlen (text) < sizeof text);
}

static void
fingerprints (void)
{
  char out[72];

  CU_ASSERT (pgp_fingerprint ("3fa0 9230 f8c3 ec0f 857c  8743 ac46 5444 a414 1310", out) && !strcmp (out, BANK));
  CU_ASSERT (!pgp_fingerprint ("AC465444A4141310", out)); /* a key id: others can make a key of that id */
  CU_ASSERT (!pgp_fingerprint (BANK "00", out));
  CU_ASSERT (!pgp_fingerprint ("bank@example.com", out));
  CU_ASSERT (pgp_fingerprint (BANK "000000000000000000000000", out)); /* of version 5 */
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("pgp_verdict", NULL, NULL);
  CU_add_test (s, "what gpg said becomes one verdict", verdicts);
  CU_add_test (s, "too much of everything", too_much);
  CU_add_test (s, "fingerprints", fingerprints);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
