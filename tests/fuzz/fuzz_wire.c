/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_wire.c - bytes from a hostile worker: messages off the socket, evidence out of slots, denials.
 *
 * The first byte of an input says which; for evidence the second is the size of the pieces. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/evidence.h"
#include "core/base/wire.h"
#include "core/worker/denial.h"

static void
fuzz_message (const uint8_t *p, size_t n)
{
  static int pair[2] = { -1, -1 };
  static struct wire_msg m;
  struct err e;
  int fd, rc;

  if (pair[0] == -1 && socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
    abort ();
  if (n > 2 * sizeof m || send (pair[0], p, n, MSG_NOSIGNAL) != (ssize_t)n)
    return;
  errno = 0;
  rc = wire_recv (pair[1], &m, &fd, MSG_DONTWAIT, &e);
  FUZZ_CHECK (fd == -1);
  if (n == 0) /* an empty message reads like the end */
    FUZZ_CHECK (rc == 0);
  else if (rc == 1)
    {
      FUZZ_CHECK (m.h.version == WIRE_VERSION);
      FUZZ_CHECK (m.h.len == n - sizeof m.h && m.h.len <= WIRE_PAYLOAD_MAX);
      FUZZ_CHECK (memcmp (&m, p, n) == 0);
    }
  else
    FUZZ_CHECK (rc == -1 && e.text[0]);
}

/* What a reader saw, folded into one number. */
struct seen
{
  uint64_t hash;
  size_t n;
};

static void
fold (struct seen *s, const void *bytes, size_t n)
{
  const uint8_t *b = bytes;

  for (size_t i = 0; i < n; i++)
    s->hash = (s->hash ^ b[i]) * 0x100000001b3u;
}

static void
check_text (struct seen *s, const char *text, size_t max)
{
  size_t n = strlen (text);

  FUZZ_CHECK (n <= max);
  for (size_t i = 0; i < n; i++)
    FUZZ_CHECK ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
  fold (s, text, n);
}

static int
see (void *ctx, const struct evidence *v)
{
  struct seen *s = ctx;

  s->n++;
  fold (s, &v->kind, sizeof v->kind);
  switch (v->kind)
    {
    case EVIDENCE_FINDING:
      FUZZ_CHECK (v->finding.severity >= PEN_SEV_WARN && v->finding.severity <= PEN_SEV_HALT);
      check_text (s, v->finding.rule, EVIDENCE_KEY_MAX);
      check_text (s, v->finding.text, EVIDENCE_TEXT_MAX);
      if (v->finding.column)
        check_text (s, v->finding.column, EVIDENCE_KEY_MAX);
      FUZZ_CHECK (v->raw.n <= LIMIT_EVIDENCE_RAW);
      fold (s, v->raw.p, v->raw.n);
      break;
    case EVIDENCE_UNIQUE:
      FUZZ_CHECK (v->raw.n <= EVIDENCE_KEY_MAX);
      fold (s, v->raw.p, v->raw.n);
      break;
    case EVIDENCE_DISTINCT:
      FUZZ_CHECK (v->raw.n <= LIMIT_EVIDENCE_RAW && v->raw.n % sizeof (struct distinct_key) == 0);
      fold (s, v->raw.p, v->raw.n);
      break;
    case EVIDENCE_CLOSE:
      FUZZ_CHECK (v->n_claims <= EVIDENCE_CLAIMS_MAX);
      for (size_t i = 0; i < v->n_claims; i++)
        fold (s, &v->claims[i].value, sizeof v->claims[i].value);
      /* fall through */
    case EVIDENCE_OPEN:
      FUZZ_CHECK (v->key.n <= EVIDENCE_KEY_MAX);
      fold (s, v->key.p, v->key.n);
      break;
    case EVIDENCE_ADD:
      fold (s, &v->value, sizeof v->value);
      break;
    case EVIDENCE_TALLY:
      fold (s, &v->tally.read, sizeof v->tally.read);
      break;
    default:
      FUZZ_CHECK (!"a kind that there is");
    }
  return 0;
}

/* In pieces of any size the same is seen as in one. */
static void
fuzz_evidence (const uint8_t *p, size_t n, size_t piece)
{
  struct evidence_reader whole = { 0 }, pieces = { 0 };
  struct seen a = { 0 }, b = { 0 };
  struct err e;
  int rc_a, rc_b = 0;

  rc_a = evidence_feed (&whole, p, n, see, &a, &e);
  for (size_t at = 0; at < n && rc_b == 0; at += piece)
    {
      size_t k = n - at < piece ? n - at : piece;
      uint8_t *copy = malloc (k);
      if (!copy)
        abort ();
      memcpy (copy, p + at, k);
      rc_b = evidence_feed (&pieces, copy, k, see, &b, &e);
      free (copy);
      FUZZ_CHECK (pieces.rest.n <= EVIDENCE_RECORD_MAX);
    }
  FUZZ_CHECK (rc_a == rc_b);
  FUZZ_CHECK (a.n == b.n && a.hash == b.hash);
  if (rc_a == 0)
    FUZZ_CHECK (evidence_is_whole (&whole) == evidence_is_whole (&pieces));
  evidence_reader_fini (&whole);
  evidence_reader_fini (&pieces);
}

static void
fuzz_denial (const uint8_t *p, size_t n)
{
  struct jail_denial d;
  char text[256];

  if (jail_denial_read (&d, p, n) == -1)
    return;
  jail_denial_text (&d, text, sizeof text);
  FUZZ_CHECK (strncmp (text, "denied ", 7) == 0);
  for (const char *c = text; *c; c++)
    FUZZ_CHECK (*c >= ' ' && *c < 0x7f);
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  if (n < 2)
    return 0;
  switch (p[0] % 3)
    {
    case 0:
      fuzz_message (p + 1, n - 1);
      break;
    case 1:
      fuzz_evidence (p + 2, n - 2, p[1] ? p[1] : 1);
      break;
    default:
      fuzz_denial (p + 1, n - 1);
    }
  return 0;
}
