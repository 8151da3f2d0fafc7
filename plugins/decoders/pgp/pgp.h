/* SPDX-License-Identifier: Apache-2.0 */
/* pgp.h - what the files of the pgp decoder share: its options, the gpg process and what it says of a message. */
#ifndef PGP_H
#define PGP_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <penstock/plugin.h>

#define PGP_HIDDEN __attribute__ ((visibility ("hidden")))
#define PGP_TEXT 512

struct pgp_options
{
  const char *keyring, *passphrase, *gpg, *gpg_agent;
  struct pen_list require_signature;
};

/* ---- verdict.c: from gpg's words to one verdict; no I/O ---- */

#define PGP_SIGNERS_MAX 8
#define PGP_KEYS_MAX 8
struct pgp_verdict
{
  int began, has_key, decrypted, not_decrypted, modified, no_data, cut_off, wrong_passphrase, no_passphrase,
      no_integrity, several, plaintext, failed, not_checkable;
  char wanted[PGP_KEYS_MAX][48]; /* ids of keys that it is encrypted to and that are not there */
  size_t n_wanted;
  char good[PGP_SIGNERS_MAX][2][72]; /* fingerprints of a valid signature: of the signing key, of its primary key */
  size_t n_good;
  int n_signatures;
  char bad[48], unknown[72], expired[48], revoked[48], old[48]; /* key ids; old: the signature has expired itself */
  int passed;                                                   /* the last signature that was named is a good one */
  char last_error[200];                                         /* the last line that gpg wrote for people */
};
PGP_HIDDEN void pgp_status_line (struct pgp_verdict *v, const char *line); /* "[GNUPG:] ..." */
PGP_HIDDEN void pgp_error_line (struct pgp_verdict *v, const char *line);
/* exit_status: of gpg, -1: killed. signers: fingerprints, "any", or none. 0: good; -1: why not in text. */
PGP_HIDDEN int pgp_judge (const struct pgp_verdict *v, int exit_status, const struct pen_list *signers,
                          char text[PGP_TEXT]);
/* Is it the fingerprint of a key, in hexadecimal, spaces allowed? 1, and out has it without spaces in capitals. */
PGP_HIDDEN int pgp_fingerprint (const char *text, char out[72]);

/* ---- agent.c: the private home that gpg works in, and its agent, both as long as the process ---- */

/* Once: links to the keyring in the working directory, and an agent that listens there. Returns the directory's descriptor, or -1
 * after host->fail(). */
PGP_HIDDEN int pgp_home (const struct pen_host *host, const struct pgp_options *o);
/* A child with the descriptors 0 .. n-1 from fd[] and no others; -1 with errno. */
PGP_HIDDEN pid_t pgp_spawn (const char *const *argv, const int *fd, int n, int listens);

/* ---- gpg.c: one message through one gpg ---- */

struct pgp;
PGP_HIDDEN struct pgp *pgp_create (const struct pen_host *host, const struct pgp_options *o);
PGP_HIDDEN int pgp_open (struct pgp *g, const struct pen_bytes *in);
PGP_HIDDEN int pgp_read (struct pgp *g, void *buf, size_t cap, size_t *n);
PGP_HIDDEN void pgp_destroy (struct pgp *g);
#endif
