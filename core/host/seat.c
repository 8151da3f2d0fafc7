/* SPDX-License-Identifier: Apache-2.0 */
/* seat.c - one worker process at a time: started, spoken to, watched, buried and replaced. */
#include "core/host/seat.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <penstock/plugin.h>

#include "core/host/seat_messages.h"

#define LINES_MAX 200         /* of one worker process, so that no plugin fills the operator's disk */
#define SLOW_READ (10 * 1024) /* bytes a millisecond that reading is trusted to reach at worst */
#define RESERVED (LIMIT_SLOTS_PER_WORKER - 1)

/* ---- the end ---- */

static void
seat_stop_listening (struct seat *s)
{
  if (s->state != SEAT_DYING && s->state != SEAT_EMPTY)
    {
      s->before_dying = s->state;
      s->state = SEAT_DYING;
    }
}

/* Held slots are left to their readers; the successor gets fresh memory in their place. */
static void
orphan_slots (struct seat *s)
{
  for (unsigned i = 0; i < LIMIT_SLOTS_PER_WORKER; i++)
    if (s->slots[i] && s->slots[i]->state == SLOT_HELD)
      {
        s->slots[i]->seat = NULL;
        s->slots[i] = NULL;
      }
}

static void
on_gone (struct process *p)
{
  struct seat *s = p->owner;
  enum seat_state was = s->state == SEAT_DYING ? s->before_dying : s->state;
  char why[256];

  uv_timer_stop (&s->deadline);
  orphan_slots (s);
  s->n_known = 0;
  s->state = SEAT_EMPTY;
  s->calls->died (s->calls->ctx, s, was, process_explain (p, why, sizeof why));
}

/* Whoever broke the rules, or is at its end, is not listened to any more: an answer that follows counts for nothing. */
static int
on_readable (struct process *p)
{
  struct seat *s = p->owner;

  if (seat_drain (s) == 0)
    return 0;
  seat_stop_listening (s);
  return -1;
}

int
seat_may_speak (struct seat *s)
{
  char out[80];

  if (++s->n_lines < LINES_MAX)
    return 1;
  if (s->n_lines == LINES_MAX)
    {
      snprintf (out, sizeof out, "worker %u: further lines of this process are left out", s->index);
      s->calls->log (s->calls->ctx, PEN_LOG_WARN, out);
    }
  return 0;
}

static void
on_line (struct process *p, const char *text)
{
  struct seat *s = p->owner;
  char out[2200];

  if (!seat_may_speak (s))
    return;
  snprintf (out, sizeof out, "worker %u: %s", s->index, text);
  s->calls->log (s->calls->ctx, PEN_LOG_WARN, out);
}

static const struct process_calls process_calls = { on_readable, on_gone, on_line };

void
seat_kill (struct seat *s, const char *why)
{
  if (s->state == SEAT_EMPTY)
    return;
  seat_stop_listening (s);
  process_kill (&s->process, why);
}

void
seat_retire (struct seat *s)
{
  s->retired = 1;
  seat_kill (s, NULL);
}

static void
send_later_ones (struct seat *s)
{
  for (unsigned i = 0; i < s->n_later; i++)
    process_send (&s->process, &s->later[i], NULL, -1);
  s->n_later = 0;
}

void
seat_send (struct seat *s, const struct wire_head *h, const void *payload, int fd)
{
  if (s->state == SEAT_DYING)
    return;
  send_later_ones (s);
  process_send (&s->process, h, payload, fd);
}

/* An idle process need not be woken for what it has no use for now: with the next message, or once there are many. */
static void
send_later (struct seat *s, const struct wire_head *h)
{
  if (s->state != SEAT_IDLE || s->n_later == sizeof s->later / sizeof s->later[0])
    seat_send (s, h, NULL, -1);
  else
    s->later[s->n_later++] = *h;
}

/* ---- the start ---- */

struct seat *
seat_create (unsigned index, int is_cutter, const struct seat_opts *opts, const struct seat_calls *calls,
             uv_loop_t *loop)
{
  struct seat *s = xcalloc (1, sizeof *s);

  s->index = index;
  s->is_cutter = is_cutter;
  s->opts = opts;
  s->calls = calls;
  process_init (&s->process, &process_calls, s, loop);
  uv_timer_init (loop, &s->deadline);
  s->deadline.data = s;
  s->msg = xmalloc (sizeof *s->msg);
  return s;
}

static void
on_deadline (uv_timer_t *t)
{
  struct seat *s = t->data;
  char why[128];
  snprintf (why, sizeof why, "did not answer within its deadline of %.3g s (limits.deadline)",
            (double)s->opts->deadline_ns / 1e9);
  seat_kill (s, why);
}

static void
arm_deadline (struct seat *s)
{
  uv_timer_start (&s->deadline, on_deadline, s->opts->deadline_ns / 1000000 + 1, 0);
}

void
seat_expect (struct seat *s, int owes, uint64_t bytes)
{
  if (s->state != SEAT_IDLE)
    return;
  if (!owes)
    uv_timer_stop (&s->deadline);
  else if (!uv_is_active ((uv_handle_t *)&s->deadline))
    uv_timer_start (&s->deadline, on_deadline, s->opts->deadline_ns / 1000000 + 1 + bytes / SLOW_READ, 0);
}

static int
lend_slots (struct seat *s, struct err *e)
{
  for (unsigned i = 0; i < LIMIT_SLOTS_PER_WORKER; i++)
    {
      struct wire_head h = { .type = WIRE_SLOT, .a = i };
      if (!s->slots[i] && !(s->slots[i] = slot_create (s, i, e)))
        return -1;
      slot_lend (s->slots[i]);
      if (i == RESERVED)
        s->slots[i]->state = SLOT_RESERVED;
      seat_send (s, &h, NULL, s->slots[i]->fd);
      if (i == RESERVED)
        continue;
      h.type = WIRE_SLOT_FREE;
      seat_send (s, &h, NULL, -1);
    }
  return 0;
}

int
seat_start (struct seat *s, struct err *e)
{
  struct wire_head h = { .type = WIRE_CONFIG, .a = s->opts->config_len };

  s->seq = UINT64_MAX;
  s->n_lines = s->n_later = 0;
  s->served = s->retired = s->broke_rules = 0;
  s->state = SEAT_STARTING;
  if (process_start (&s->process, s->opts->argv, e) == -1)
    return -1;
  if (lend_slots (s, e) == -1)
    {
      seat_kill (s, "no memory for its slots");
      return -1;
    }
  if (s->opts->n_inputs)
    {
      struct wire_head in = {
        .type = WIRE_INPUTS, .a = s->opts->n_inputs, .b = s->opts->input_stride, .c = s->is_cutter != 0
      };
      seat_send (s, &in, NULL, s->opts->inputs);
    }
  seat_send (s, &h, NULL, s->opts->config);
  arm_deadline (s);
  return 0;
}

/* ---- work ---- */

int
seat_knows_object (const struct seat *s, uint32_t obj)
{
  for (size_t i = 0; i < s->n_known; i++)
    if (s->known[i] == obj)
      return 1;
  return 0;
}

void
seat_lend_object (struct seat *s, uint32_t obj, int fd, uint64_t length, enum seat_loan loan, const char *name)
{
  struct wire_head h = { .type = WIRE_OBJECT, .obj = obj, .a = length, .b = loan, .len = (uint32_t)strlen (name) };

  if (seat_knows_object (s, obj))
    return;
  if (loan != SEAT_LOAN_ONCE)
    {
      s->known = xrealloc (s->known, (s->n_known + 1) * sizeof *s->known);
      s->known[s->n_known++] = obj;
    }
  seat_send (s, &h, name, fd);
}

void
seat_forget_object (struct seat *s, uint32_t obj)
{
  struct wire_head h = { .type = WIRE_FORGET, .obj = obj };

  for (size_t i = 0; i < s->n_known; i++)
    if (s->known[i] == obj)
      {
        s->known[i] = s->known[--s->n_known];
        seat_send (s, &h, NULL, -1);
        return;
      }
}

void
seat_parse (struct seat *s, const struct seat_job *j)
{
  uint8_t payload[WIRE_PAYLOAD_MAX];
  struct wire_head h = { .type = j->window ? WIRE_TRY : WIRE_PARSE,
                         .obj = (uint32_t)j->obj,
                         .gen = j->window,
                         .seq = j->seq,
                         .a = j->offset,
                         .b = j->len,
                         .c = wire_chunk_word (j->flags, j->carry_len, j->input),
                         .len = j->carry_len + j->holes_len };

  assert (h.len <= sizeof payload);
  if (j->carry_len)
    memcpy (payload, j->carry, j->carry_len);
  if (j->holes_len)
    memcpy (payload + j->carry_len, j->holes, j->holes_len);
  s->state = SEAT_BUSY;
  s->served = 1;
  s->obj = j->obj;
  s->gen = j->gen;
  s->seq = j->seq;
  s->len = j->len;
  memset (s->made, 0, sizeof s->made);
  s->input = j->input;
  s->rest = j->window ? j->len : 0;
  arm_deadline (s);
  seat_send (s, &h, payload, -1);
}

void
seat_pause (struct seat *s)
{
  if (!uv_is_active ((uv_handle_t *)&s->deadline))
    return;
  s->left_ms = uv_timer_get_due_in (&s->deadline);
  uv_timer_stop (&s->deadline);
}

/* The rest of its time, not all of it again: a parser that fills slots for ever comes to an end, too. */
static void
resume (struct seat *s)
{
  if (s->state == SEAT_BUSY && !uv_is_active ((uv_handle_t *)&s->deadline))
    uv_timer_start (&s->deadline, on_deadline, s->left_ms + 1, 0);
}

void
seat_give_back (struct slot *slot)
{
  struct seat *s = slot->seat;
  struct wire_head h = { .type = WIRE_SLOT_FREE, .a = slot->index };

  assert (slot->state == SLOT_HELD && slot->n_pieces);
  if (--slot->n_pieces)
    return;
  if (!s)
    {
      slot_destroy (slot);
      return;
    }
  if (slot->index == RESERVED)
    {
      slot->state = SLOT_RESERVED;
      return;
    }
  slot_lend (slot);
  send_later (s, &h);
  resume (s);
}

void
seat_lend_reserved (struct seat *s)
{
  struct wire_head h = { .type = WIRE_SLOT_FREE, .a = RESERVED };

  resume (s); /* also where it has the slot already and only says that it waits */
  for (unsigned i = 0; i < LIMIT_SLOTS_PER_WORKER; i++)
    if (s->slots[i] && s->slots[i]->state == SLOT_LENT)
      return;
  if (!s->slots[RESERVED] || s->slots[RESERVED]->state != SLOT_RESERVED)
    return;
  slot_lend (s->slots[RESERVED]);
  seat_send (s, &h, NULL, -1);
}

static void
on_timer_closed (uv_handle_t *h)
{
  free (h->data); /* the seat itself */
}

void
seat_destroy (struct seat *s)
{
  for (unsigned i = 0; i < LIMIT_SLOTS_PER_WORKER; i++)
    slot_destroy (s->slots[i]);
  process_fini (&s->process);
  free (s->known);
  free (s->msg);
  uv_close ((uv_handle_t *)&s->deadline, on_timer_closed);
}
