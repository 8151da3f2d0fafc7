/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the pgp decoder (RFC 4880): decrypts and verifies with GnuPG and the keys of one keyring, in a keyholder's process. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pgp.h"

static const struct pen_opt options[] = {
  { "keyring", PEN_PATH, PEN_OPT_REQUIRED, PEN_FIELD (struct pgp_options, keyring), NULL, NULL,
    "Directory with the keys, as GnuPG keeps them (its home directory); of mode 700, ours or root's." },
  { "passphrase", PEN_SECRET, 0, PEN_FIELD (struct pgp_options, passphrase), NULL, NULL,
    "Passphrase of the secret key; without it the key has to be one without." },
  { "require_signature", PEN_LIST, 0, PEN_FIELD (struct pgp_options, require_signature), NULL, NULL,
    "Fingerprints of the keys of which one has to have signed every message; \"any\": any key of the keyring." },
  { "gpg", PEN_PATH, 0, PEN_FIELD (struct pgp_options, gpg), GPG_PROGRAM, NULL, "GnuPG's gpg, somewhere below /usr." },
  { "gpg_agent", PEN_PATH, 0, PEN_FIELD (struct pgp_options, gpg_agent), GPG_AGENT_PROGRAM, NULL,
    "GnuPG's gpg-agent, somewhere below /usr." },
  { 0 },
};

static int
check (const struct pen_host *host, const void *opts)
{
  const struct pgp_options *o = opts;
  char fpr[72];

  for (size_t i = 0; i < o->require_signature.n; i++)
    if (strcasecmp (o->require_signature.item[i], "any") != 0 && !pgp_fingerprint (o->require_signature.item[i], fpr))
      return host->fail (host->ctx,
                         "require_signature: \"%s\" is no fingerprint: 40 hexadecimal digits (or \"any\") are expected",
                         o->require_signature.item[i]);
  return PEN_OK;
}

struct reader
{
  struct pgp *gpg;
  int begun;
};

static int
create (const struct pen_host *host, const void *opts, void **self)
{
  struct reader *r;

  if (pgp_home (host, opts) < 0) /* what is wrong with the keyring is told at the start */
    return PEN_ERR;
  r = calloc (1, sizeof *r);
  if (!r)
    return host->fail (host->ctx, "out of memory");
  r->gpg = pgp_create (host, opts);
  if (!r->gpg)
    {
      free (r);
      return PEN_ERR;
    }
  *self = r;
  return PEN_OK;
}

static void
destroy (void *self)
{
  struct reader *r = self;
  pgp_destroy (r->gpg);
  free (r);
}

static int
open_message (void *self, const struct pen_bytes *in)
{
  struct reader *r = self;
  return pgp_open (r->gpg, in);
}

static int
next (void *self, struct pen_member *m)
{
  struct reader *r = self;

  if (r->begun++)
    return PEN_EOF;
  m->name = ""; /* it keeps the name that it has: the one inside is the sender's word */
  m->length = UINT64_MAX;
  return PEN_OK;
}

static int
read_message (void *self, void *buf, size_t cap, size_t *n)
{
  struct reader *r = self;
  return pgp_read (r->gpg, buf, cap, n);
}

/* Where the body of the packet begins whose header is at p; 0: there is none. */
static size_t
body_of (struct pen_span head, int *tag)
{
  uint8_t c = head.n > 8 ? head.p[0] : 0;

  if (!(c & 0x80))
    return 0;
  if (c & 0x40) /* new format: RFC 4880, 4.2.2 */
    {
      *tag = c & 0x3f;
      return head.p[1] < 192 ? 2 : head.p[1] < 224 ? 3 : head.p[1] == 255 ? 6 : 2;
    }
  *tag = c >> 2 & 0xf;
  return (c & 3) == 3 ? 1 : 1 + (1u << (c & 3));
}

/* The packets that a message can begin with, by their versions. */
static int
recognise (struct pen_span head)
{
  static const char message[] = "-----BEGIN PGP MESSAGE-----", cleartext[] = "-----BEGIN PGP SIGNED MESSAGE-----";
  int tag = 0;
  size_t at;

  if ((head.n >= sizeof message - 1 && memcmp (head.p, message, sizeof message - 1) == 0)
      || (head.n >= sizeof cleartext - 1 && memcmp (head.p, cleartext, sizeof cleartext - 1) == 0))
    return 95;
  at = body_of (head, &tag);
  if (!at)
    return 0;
  switch (tag)
    {
    case 1: /* session key, encrypted to a key */
      return head.p[at] == 3 ? 80 : 0;
    case 3: /* or with a passphrase */
      return head.p[at] == 4 || head.p[at] == 5 ? 80 : 0;
    case 4: /* signed in one pass */
      return head.p[at] == 3 && head.p[at + 1] <= 1 ? 80 : 0;
    case 8: /* compressed */
      return head.p[at] >= 1 && head.p[at] <= 3 ? 50 : 0;
    case 18: /* encrypted, with integrity */
      return head.p[at] == 1 ? 50 : 0;
    default:
      return 0;
    }
}

static const struct pen_decoder decoder = {
  .size = sizeof decoder,
  .create = create,
  .destroy = destroy,
  .recognise = recognise,
  .open = open_message,
  .next = next,
  .read = read_message,
  .flags = PEN_DECODER_KEYS,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "pgp",
  .version = "1",
  .summary = "OpenPGP messages, decrypted and verified",
  .doc = "Decrypts with the secret keys of a keyring and verifies signatures, in a process of its own, the only one "
         "that sees the "
         "keys. Nothing is written to disk, and nothing of a message becomes visible before its integrity and its "
         "signature "
         "are known to be good.",
  .options_size = sizeof (struct pgp_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = options,
  .check = check,
  .decoder = &decoder,
};
