/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - what gpg said of a message, its status lines (doc/DETAILS of GnuPG) first, becomes one verdict. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pgp.h"

/* The n-th word behind the keyword, 0 the first; "" where there is none. */
static void
word (const char *args, int n, char *to, size_t cap)
{
  size_t len;

  for (; n-- && *args;)
    {
      args += strcspn (args, " ");
      args += strspn (args, " ");
    }
  len = strcspn (args, " ");
  len = len < cap ? len : cap - 1;
  memcpy (to, args, len);
  to[len] = 0;
}

static void
add_good (struct pgp_verdict *v, const char *args)
{
  if (!v->passed || v->n_good == PGP_SIGNERS_MAX)
    return;
  word (args, 0, v->good[v->n_good][0], sizeof v->good[0][0]);
  word (args, 9, v->good[v->n_good][1], sizeof v->good[0][1]);
  v->n_good++;
}

/* ERRSIG keyid pkalgo hash class time rc fingerprint; rc 9: the key is not known. */
static void
unchecked (struct pgp_verdict *v, const char *args)
{
  char fpr[72], rc[8];

  word (args, 5, rc, sizeof rc);
  v->not_checkable |= strcmp (rc, "9") != 0;

  word (args, 6, fpr, sizeof fpr);
  if (strlen (fpr) < 16)
    word (args, 0, fpr, sizeof fpr);
  snprintf (v->unknown, sizeof v->unknown, "%s", fpr);
}

static void
on_signature (struct pgp_verdict *v, const char *key, const char *args)
{
  static const struct
  {
    const char *key;
    size_t at;
  } states[] = { { "BADSIG", offsetof (struct pgp_verdict, bad) },
                 { "EXPKEYSIG", offsetof (struct pgp_verdict, expired) },
                 { "REVKEYSIG", offsetof (struct pgp_verdict, revoked) },
                 { "EXPSIG", offsetof (struct pgp_verdict, old) } };

  if (!strcmp (key, "NEWSIG"))
    {
      v->n_signatures++;
      v->passed = 0;
    }
  else if (!strcmp (key, "GOODSIG"))
    v->passed = 1;
  else if (!strcmp (key, "VALIDSIG"))
    add_good (v, args);
  else if (!strcmp (key, "ERRSIG"))
    unchecked (v, args);
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (!strcmp (key, states[i].key))
      {
        v->passed = 0;
        word (args, 0, (char *)v + states[i].at, 48);
      }
}

static void
on_error (struct pgp_verdict *v, const char *args)
{
  char where[64], code[32];
  unsigned number = 0;

  word (args, 0, where, sizeof where);
  word (args, 1, code, sizeof code);
  sscanf (code, "%u", &number);
  if (strstr (where, "pkdecrypt") || strstr (where, "get_passphrase"))
    {
      v->wrong_passphrase |= (number & 0xffff) == 11;                          /* GPG_ERR_BAD_PASSPHRASE */
      v->no_passphrase |= (number & 0xffff) == 177 || (number & 0xffff) == 99; /* NO_PASSPHRASE, CANCELED */
    }
  v->no_integrity |= strstr (where, "nomdc") != NULL;
  v->several |= !strcmp (where, "proc_pkt.plaintext");
}

void
pgp_status_line (struct pgp_verdict *v, const char *line)
{
  char key[32];
  const char *args;

  if (strncmp (line, "[GNUPG:] ", 9) != 0)
    return;
  word (line + 9, 0, key, sizeof key);
  args = line + 9 + strlen (key);
  args += strspn (args, " ");
  on_signature (v, key, args);
  if (!strcmp (key, "BEGIN_DECRYPTION"))
    v->began = 1;
  else if (!strcmp (key, "DECRYPTION_KEY") || !strcmp (key, "GOODMDC"))
    v->has_key = 1;
  else if (!strcmp (key, "DECRYPTION_OKAY"))
    v->decrypted = 1;
  else if (!strcmp (key, "DECRYPTION_FAILED"))
    v->not_decrypted = 1;
  else if (!strcmp (key, "PLAINTEXT"))
    v->plaintext = 1;
  else if (!strcmp (key, "FAILURE"))
    v->failed = 1;
  else if (!strcmp (key, "BADMDC"))
    v->modified = 1;
  else if (!strcmp (key, "NODATA"))
    v->no_data = 1;
  else if (!strcmp (key, "BAD_PASSPHRASE"))
    v->wrong_passphrase = 1;
  else if (!strcmp (key, "MISSING_PASSPHRASE"))
    v->no_passphrase = 1;
  else if (!strcmp (key, "ERROR"))
    on_error (v, args);
  else if (!strcmp (key, "NO_SECKEY") && v->n_wanted < PGP_KEYS_MAX)
    word (args, 0, v->wanted[v->n_wanted++], sizeof v->wanted[0]);
}

/* Only where there is no status line for it: that a packet ends early is said to people alone. */
void
pgp_error_line (struct pgp_verdict *v, const char *line)
{
  v->cut_off |= strstr (line, "block_filter") != NULL || strstr (line, "pending bytes") != NULL
                || strstr (line, "premature eof") != NULL || strstr (line, "unexpected end of file") != NULL;
  v->modified |= strstr (line, "inflate problem") != NULL || strstr (line, "mdc_packet with invalid encoding") != NULL;
  v->no_integrity |= strstr (line, "not integrity protected") != NULL;
  if (strncmp (line, "gpg: ", 5) == 0)
    snprintf (v->last_error, sizeof v->last_error, "%s", line + 5);
}

int
pgp_fingerprint (const char *text, char out[72])
{
  size_t n = 0;

  for (; *text; text++)
    if (isxdigit ((unsigned char)*text) && n < 64)
      out[n++] = (char)toupper ((unsigned char)*text);
    else if (*text != ' ')
      return 0;
  out[n] = 0;
  return n == 40 || n == 64;
}

static int
is_trusted (const struct pgp_verdict *v, const struct pen_list *signers)
{
  char want[72];

  for (size_t i = 0; i < signers->n; i++)
    for (size_t k = 0; k < v->n_good; k++)
      if (!strcasecmp (signers->item[i], "any")
          || (pgp_fingerprint (signers->item[i], want)
              && (!strcmp (want, v->good[k][0]) || !strcmp (want, v->good[k][1]))))
        return 1;
  return 0;
}

#define NO(...) return snprintf (text, PGP_TEXT, __VA_ARGS__), -1

static int
judge_signatures (const struct pgp_verdict *v, const struct pen_list *signers, char text[PGP_TEXT])
{
  if (v->bad[0])
    NO ("the signature of key %s is wrong: the data is not what was signed", v->bad);
  if (!signers->n || is_trusted (v, signers))
    return 0;
  if (v->expired[0])
    NO ("it is signed with key %s, which has expired", v->expired);
  if (v->revoked[0])
    NO ("it is signed with key %s, which was revoked", v->revoked);
  if (v->old[0])
    NO ("its signature by key %s has expired", v->old);
  if (v->n_good)
    NO ("it is signed by %s, which require_signature does not name", v->good[0][1][0] ? v->good[0][1] : v->good[0][0]);
  if (v->not_checkable)
    NO ("it is signed with key %s, in a way that gpg cannot check", v->unknown);
  if (v->unknown[0])
    NO ("it is signed with key %s, which the keyring does not have", v->unknown);
  NO ("it is not signed, and require_signature asks for it");
}

static int
judge_decryption (const struct pgp_verdict *v, char text[PGP_TEXT])
{
  int n;

  if (v->wrong_passphrase)
    NO ("the passphrase is wrong");
  if (v->no_passphrase)
    NO ("its key needs a passphrase, and there is no option passphrase");
  if (v->n_wanted && !v->has_key && !v->decrypted)
    {
      n = snprintf (text, PGP_TEXT, "the keyring has no secret key for it; it is encrypted to");
      for (size_t i = 0; i < v->n_wanted; i++)
        n += snprintf (text + n, PGP_TEXT - (size_t)n, "%s %.47s", i ? "," : "", v->wanted[i]);
      return -1;
    }
  if (v->no_integrity)
    NO ("it is encrypted without integrity protection, which is never taken");
  if (v->cut_off)
    NO ("the data ends in the middle");
  if (v->modified)
    NO ("the encrypted data was modified or is damaged");
  if (v->no_data && !v->began)
    NO ("this is no OpenPGP data");
  if (v->began && (!v->decrypted || v->not_decrypted))
    NO ("the encrypted data was modified or is damaged");
  return 0;
}

/* Status lines decide what is wrong, since gpg's exit status does not tell (1: a signature is bad; 2: some error, be it only that
 * a signature's key is unknown). But nothing is good against the exit status: 0 it has to be, or 2 with just that one complaint,
 * where the signatures that do count were judged above, and what was encrypted is known to be whole (DECRYPTION_OKAY). 1 is
 * never good, and neither is 0 where what should have been said was not. */
int
pgp_judge (const struct pgp_verdict *v, int exit_status, const struct pen_list *signers, char text[PGP_TEXT])
{
  if (judge_decryption (v, text) == -1)
    return -1;
  if (v->several)
    NO ("it has several messages in one, which would be ambiguous");
  if (!v->plaintext)
    NO ("there is no message in it: %s", v->last_error[0] ? v->last_error : "gpg said no reason");
  if (judge_signatures (v, signers, text) == -1)
    return -1;
  if (exit_status == 0 || (exit_status == 2 && v->unknown[0] && !v->failed))
    return 0;
  NO ("gpg failed: %s", v->last_error[0] ? v->last_error : "it said no reason");
}
