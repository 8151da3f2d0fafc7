/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_seat.c - a hostile worker's messages against the host's own bookkeeping: whatever comes, pieces lie in memory that
 * was lent to that worker, and nobody else's chunk is answered.
 *
 * An input is a byte of state and then messages: type, flags, three small numbers, length, payload. Flags say whether
 * object, sequence and length are the true ones, so that mutations get past the first check. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <penstock/plugin.h>

#include "core/host/seat.h"
#include "core/host/seat_messages.h"

#define OBJ 5u
#define SEQ 9u
#define STREAMS 2u
#define TABLES 3u
#define TRIED 1000u /* bytes that a try was given */

enum
{
  TRUE_OBJECT = 1,
  TRUE_SEQUENCE = 2,
  TRUE_LENGTH = 4,
  TRUE_VERSION = 8,
};

static struct seat *seat;
static int theirs = -1;
static unsigned keep; /* counts pieces: every third is given back at once */

static void
check_pieces (struct seat *s, const struct piece *v, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      FUZZ_CHECK (v[i].slot == s->slots[v[i].slot->index]);
      FUZZ_CHECK (v[i].slot->state == SLOT_HELD && v[i].slot->obj == OBJ && v[i].slot->seq == SEQ);
      FUZZ_CHECK (v[i].p >= v[i].slot->map && v[i].n <= LIMIT_SLOT_SIZE
                  && (size_t)(v[i].p - v[i].slot->map) <= LIMIT_SLOT_SIZE - v[i].n);
      if (v[i].kind == WIRE_SEG_BODY)
        FUZZ_CHECK (v[i].stream < STREAMS && v[i].table < TABLES);
    }
  for (size_t i = 0; i < n; i++)
    if (keep++ % 3 == 0)
      seat_give_back (v[i].slot);
}

static void
on_ready (void *ctx, struct seat *s, const uint8_t *answer, size_t n)
{
  (void)ctx;
  FUZZ_CHECK (answer == s->slots[0]->map && n <= LIMIT_SLOT_SIZE);
}
static void
on_chunk (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *carry)
{
  uint8_t copy[WIRE_PAYLOAD_MAX];
  (void)ctx;
  FUZZ_CHECK (s->is_cutter);
  memcpy (copy, carry, h->len);
}
static void
on_digest (void *ctx, struct seat *s, const struct wire_head *h, const uint8_t *digest)
{
  (void)ctx, (void)h;
  uint8_t copy[16];
  FUZZ_CHECK (s->is_cutter);
  if (digest)
    memcpy (copy, digest, sizeof copy);
}
static void
on_part (void *ctx, struct seat *s, const struct piece *v, size_t n, int starved)
{
  (void)ctx, (void)starved;
  FUZZ_CHECK (s->state == SEAT_BUSY);
  check_pieces (s, v, n);
}
static void
on_parsed (void *ctx, struct seat *s, const uint8_t *carry, size_t carry_len, const struct piece *v, size_t n)
{
  uint8_t copy[PEN_CARRY_MAX];
  (void)ctx;
  FUZZ_CHECK (carry_len <= PEN_CARRY_MAX);
  memcpy (copy, carry, carry_len);
  check_pieces (s, v, n);
}
static void
on_piece (void *ctx, struct seat *s, uint64_t n, const uint8_t *carry, size_t carry_len)
{
  uint8_t copy[PEN_CARRY_MAX];
  (void)ctx;
  FUZZ_CHECK (s->state == SEAT_BUSY && n > 0 && n <= TRIED && carry_len <= PEN_CARRY_MAX);
  memcpy (copy, carry, carry_len);
}
static void
check_line (const char *text)
{
  for (; *text; text++)
    FUZZ_CHECK ((unsigned char)*text >= ' ' && *text != 0x7f);
}
static void
on_failed (void *ctx, struct seat *s, const struct wire_head *h, const char *text)
{
  (void)ctx, (void)s, (void)h;
  check_line (text);
}
static void
on_died (void *ctx, struct seat *s, enum seat_state was, const char *why)
{
  (void)ctx, (void)s, (void)was, (void)why;
  FUZZ_CHECK (!"nobody died");
}
static void
on_log (void *ctx, int level, const char *text)
{
  (void)ctx;
  FUZZ_CHECK (level >= PEN_LOG_ERROR && level <= PEN_LOG_DEBUG);
  check_line (text);
}

static void
set_up (void)
{
  static const struct seat_opts opts = { .n_streams = STREAMS, .n_tables = TABLES, .deadline_ns = 1000000000 };
  static const struct seat_calls calls = { NULL,      on_ready, on_chunk,  on_digest, on_digest, on_part,
                                           on_parsed, on_piece, on_failed, on_died,   on_log };
  struct err e;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
    abort ();
  seat = seat_create (0, 0, &opts, &calls, uv_default_loop ());
  seat->process.sock = pair[0];
  theirs = pair[1];
  for (unsigned i = 0; i < LIMIT_SLOTS_PER_WORKER; i++)
    if (!(seat->slots[i] = slot_create (seat, i, &e)))
      abort ();
}

static void
begin (uint8_t state)
{
  static const enum seat_state states[] = { SEAT_STARTING, SEAT_IDLE, SEAT_BUSY, SEAT_BUSY };

  seat->state = states[state % 4];
  seat->is_cutter = state & 4;
  seat->obj = OBJ;
  seat->seq = SEQ;
  seat->rest = state & 8 ? TRIED : 0;
  seat->process.why[0] = 0;
  for (unsigned i = 0; i < LIMIT_SLOTS_PER_WORKER; i++)
    seat->slots[i]->state = i == LIMIT_SLOTS_PER_WORKER - 1 ? SLOT_RESERVED : SLOT_LENT;
}

/* What the host answered would fill the socket. */
static void
empty_their_end (void)
{
  static struct wire_msg m;
  while (recv (theirs, &m, sizeof m, MSG_DONTWAIT) > 0)
    continue;
}

static size_t
send_one (const uint8_t *p, size_t n)
{
  static uint8_t bytes[sizeof (struct wire_msg) + 256];
  struct wire_head h = { .version = WIRE_VERSION };
  size_t len;

  if (n < 8)
    return n;
  len = p[5] | (size_t)(p[6] & 0x0f) << 8; /* up to 4095 */
  len = len < n - 8 ? len : n - 8;
  h.type = (uint16_t)(64 + p[0] % 12);
  h.obj = p[1] & TRUE_OBJECT ? OBJ : p[2];
  h.seq = p[1] & TRUE_SEQUENCE ? SEQ : p[3];
  h.len = p[1] & TRUE_LENGTH ? (uint32_t)len : p[4];
  h.version = p[1] & TRUE_VERSION ? WIRE_VERSION : p[4];
  h.a = p[2] * 0x01010101010101u;
  h.b = p[3];
  h.c = (uint64_t)p[4] << (p[7] % 64);
  memcpy (bytes, &h, sizeof h);
  memcpy (bytes + sizeof h, p + 8, len);
  if (send (theirs, bytes, sizeof h + len, MSG_NOSIGNAL) == -1)
    abort ();
  return 8 + len;
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  int rc = 0;

  if (!seat)
    set_up ();
  if (n < 9)
    return 0;
  begin (p[0]);
  for (size_t at = 1; at < n && rc == 0;)
    {
      at += send_one (p + at, n - at);
      rc = seat_drain (seat);
      empty_their_end ();
    }
  if (rc == -1)
    FUZZ_CHECK (seat->process.why[0]);
  return 0;
}
