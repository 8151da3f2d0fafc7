/* SPDX-License-Identifier: Apache-2.0 */
/* seat_messages.c - what a worker says, checked before anything is believed. */
#include "core/host/seat_messages.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <penstock/plugin.h>

#include "core/base/escape.h"
#include "core/worker/denial.h"

#define PIECES_MAX (WIRE_PAYLOAD_MAX / sizeof (struct wire_segment))
#define SLOT_PIECES_MAX 65536 /* the host keeps a note of each */

static int
malformed (struct seat *s, const char *what)
{
  s->broke_rules = 1;
  if (!s->process.why[0])
    snprintf (s->process.why, sizeof s->process.why, "sent a malformed message (%s)", what);
  return -1;
}

static void
disarm (struct seat *s)
{
  uv_timer_stop (&s->deadline);
}

/* A segment becomes a piece: every field checked against what this worker was lent. */
static int
check_segment (struct seat *s, const struct wire_segment *g, struct piece *p)
{
  struct slot *slot = g->slot < LIMIT_SLOTS_PER_WORKER ? s->slots[g->slot] : NULL;
  int held_by_this = slot && slot->state == SLOT_HELD && slot->obj == s->obj && slot->seq == s->seq;

  if (!slot || (slot->state != SLOT_LENT && !held_by_this))
    return malformed (s, "a slot that it was not lent");
  if (g->offset > LIMIT_SLOT_SIZE || g->len > LIMIT_SLOT_SIZE - g->offset)
    return malformed (s, "bytes beyond the slot's end");
  if (!g->len || g->offset < slot->taken || slot->n_taken == SLOT_PIECES_MAX)
    return malformed (s, "a segment that is empty, or named before, or one too many");
  if (g->kind != WIRE_SEG_BODY && g->kind != WIRE_SEG_EVIDENCE)
    return malformed (s, "unknown kind of segment");
  if (g->kind == WIRE_SEG_BODY && (g->stream >= s->opts->n_streams || g->table >= s->opts->n_tables))
    return malformed (s, "unknown stream or table");
  slot->taken = g->offset + g->len;
  slot->n_taken++;
  *p = (struct piece){ g->kind, g->stream, g->table, g->len, g->rows, slot->map + g->offset, slot };
  return 0;
}

/* A parser that makes rows, or findings, for ever would fill the disk: its deadline does not count while it waits for sinks. */
static int
check_expansion (struct seat *s, const struct wire_segment *g)
{
  int is_evidence = g->kind == WIRE_SEG_EVIDENCE;
  uint64_t most = LIMIT_OUTPUT_FREE + s->opts->expansion * s->len;
  uint64_t *made = &s->made[is_evidence ? LIMIT_STREAMS : g->stream];

  *made += g->len;
  if (*made <= most)
    return 0;
  s->broke_rules = 1;
  snprintf (s->process.why, sizeof s->process.why,
            "made %llu bytes of %s out of %llu: more than limits.expansion (%llu) allows, %llu",
            (unsigned long long)*made, is_evidence ? "findings" : "output for one sink", (unsigned long long)s->len,
            (unsigned long long)s->opts->expansion, (unsigned long long)most);
  return -1;
}

static int
take_segments (struct seat *s, const uint8_t *bytes, size_t n, struct piece *pieces, size_t *n_pieces)
{
  struct wire_segment g;

  if (n % sizeof g || n / sizeof g > PIECES_MAX)
    return malformed (s, "segments");
  *n_pieces = n / sizeof g;
  for (size_t i = 0; i < *n_pieces; i++)
    {
      memcpy (&g, bytes + i * sizeof g, sizeof g);
      if (check_segment (s, &g, &pieces[i]) == -1 || check_expansion (s, &g) == -1)
        return -1;
    }
  for (size_t i = 0; i < *n_pieces; i++)
    {
      pieces[i].slot->state = SLOT_HELD;
      pieces[i].slot->n_pieces++;
      pieces[i].slot->obj = s->obj;
      pieces[i].slot->seq = s->seq;
    }
  return 0;
}

static int
is_ours (const struct seat *s, const struct wire_head *h)
{
  return s->state == SEAT_BUSY && h->obj == (uint32_t)s->obj && h->seq == s->seq;
}

static int
on_part (struct seat *s, const struct wire_msg *m)
{
  struct piece pieces[PIECES_MAX];
  size_t n;

  if (!is_ours (s, &m->h))
    return malformed (s, "a part of a chunk that it was not given");
  if (take_segments (s, m->payload, m->h.len, pieces, &n) == -1)
    return -1;
  if (m->h.a)
    seat_pause (s);
  s->calls->part (s->calls->ctx, s, pieces, n, m->h.a != 0);
  return 0;
}

static int
on_parsed (struct seat *s, const struct wire_msg *m)
{
  struct piece pieces[PIECES_MAX];
  size_t n, carry = m->h.b;

  if (!is_ours (s, &m->h))
    return malformed (s, "a chunk that it was not given");
  if (carry > PEN_CARRY_MAX || carry > m->h.len)
    return malformed (s, "carry");
  if (take_segments (s, m->payload + carry, m->h.len - carry, pieces, &n) == -1)
    return -1;
  disarm (s);
  s->state = SEAT_IDLE;
  s->calls->parsed (s->calls->ctx, s, m->payload, carry, pieces, n);
  s->seq = s->state == SEAT_BUSY ? s->seq : UINT64_MAX;
  return 0;
}

static int
on_piece (struct seat *s, const struct wire_msg *m)
{
  if (!is_ours (s, &m->h) || !s->rest)
    return malformed (s, "a piece of a chunk that it was not to try");
  if (!m->h.a || m->h.a > s->rest || m->h.len > PEN_CARRY_MAX || (m->h.a == s->rest && m->h.len))
    return malformed (s, "a piece");
  s->rest = 0;
  s->calls->piece (s->calls->ctx, s, m->h.a, m->payload, m->h.len);
  return 0;
}

static int
on_ready (struct seat *s, const struct wire_msg *m)
{
  if (s->state != SEAT_STARTING || m->h.a > LIMIT_SLOT_SIZE || !s->slots[0])
    return malformed (s, "ready");
  disarm (s);
  s->state = SEAT_IDLE;
  s->calls->ready (s->calls->ctx, s, s->slots[0]->map, m->h.a);
  return 0;
}

static int
on_cutting (struct seat *s, const struct wire_msg *m)
{
  const struct wire_head *h = &m->h;

  if (!s->is_cutter || s->state != SEAT_IDLE)
    return malformed (s, "it is no cutter");
  disarm (s);
  if (h->type == WIRE_CHUNK)
    {
      uint32_t first = wire_chunk_carry (h->c);
      if (first > PEN_CARRY_MAX || first > h->len || h->len - first > PEN_CARRY_MAX)
        return malformed (s, "carry");
      s->calls->chunk (s->calls->ctx, s, h, m->payload);
      return 0;
    }
  if (h->len != 0 && h->len != 16)
    return malformed (s, "fingerprint");
  if (h->type == WIRE_CUT_END)
    s->calls->cut_end (s->calls->ctx, s, h, h->len ? m->payload : NULL);
  else
    s->calls->hashed (s->calls->ctx, s, h, h->len ? m->payload : NULL);
  return 0;
}

static int
on_fail (struct seat *s, const struct wire_msg *m)
{
  char text[ERR_TEXT_MAX];

  if (s->state != SEAT_STARTING && !s->is_cutter && !is_ours (s, &m->h))
    return malformed (s, "the failure of a chunk that it was not given");
  escape_text (text, sizeof text, (const char *)m->payload, m->h.len);
  if (s->state == SEAT_STARTING)
    snprintf (s->process.why, sizeof s->process.why, "%.250s", text);
  disarm (s);
  if (s->state == SEAT_BUSY)
    s->state = SEAT_IDLE;
  s->calls->failed (s->calls->ctx, s, &m->h, text);
  return 0;
}

static void
on_log (struct seat *s, const struct wire_msg *m)
{
  char text[ERR_TEXT_MAX], out[ERR_TEXT_MAX + 32];
  uint64_t level = m->h.a > PEN_LOG_DEBUG ? PEN_LOG_DEBUG : m->h.a;

  if (!seat_may_speak (s))
    return;
  escape_text (text, sizeof text, (const char *)m->payload, m->h.len);
  snprintf (out, sizeof out, "worker %u: %s", s->index, text);
  s->calls->log (s->calls->ctx, (int)level, out);
}

static int
on_denied (struct seat *s, const struct wire_msg *m)
{
  struct jail_denial d;

  if (jail_denial_read (&d, m->payload, m->h.len) == -1)
    return malformed (s, "denial");
  s->broke_rules = 1;
  jail_denial_text (&d, s->process.why, sizeof s->process.why);
  return 0;
}

static int
dispatch (struct seat *s, const struct wire_msg *m)
{
  switch (m->h.type)
    {
    case WIRE_READY:
      return on_ready (s, m);
    case WIRE_CHUNK:
    case WIRE_CUT_END:
    case WIRE_HASHED:
      return on_cutting (s, m);
    case WIRE_PART:
      return on_part (s, m);
    case WIRE_PIECE:
      return on_piece (s, m);
    case WIRE_PARSED:
      return on_parsed (s, m);
    case WIRE_FAIL:
      return on_fail (s, m);
    case WIRE_LOG:
      on_log (s, m);
      return 0;
    case WIRE_DENIED:
      return on_denied (s, m);
    default:
      return malformed (s, "unknown type");
    }
}

int
seat_drain (struct seat *s)
{
  /* bounded, so that one talkative worker cannot keep the loop */
  for (int i = 0; i < 64 && s->process.sock >= 0; i++)
    {
      struct err e;
      int fd, rc = wire_recv (s->process.sock, s->msg, &fd, MSG_DONTWAIT, &e);
      if (rc == 0)
        return errno == EAGAIN ? 0 : -1;
      if (rc == -1)
        return malformed (s, "length, version or descriptors");
      if (fd >= 0)
        close (fd); /* no worker message carries one */
      if (s->state == SEAT_DYING && s->msg->h.type != WIRE_DENIED)
        continue;
      if (dispatch (s, s->msg) == -1)
        return -1;
    }
  return 0;
}
