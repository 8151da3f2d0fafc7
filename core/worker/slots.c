/* SPDX-License-Identifier: Apache-2.0 */
/* slots.c - shared memory that a worker fills with a chunk's output, and the segments that say what is where. */
#include "core/worker/slots.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/worker/link.h"

void
slots_init (struct slots *s, struct link *l)
{
  memset (s, 0, sizeof *s);
  s->link = l;
  s->current = -1;
}

void
slots_add (struct slots *s, unsigned index, int fd)
{
  void *p;
  if (index >= LIMIT_SLOTS_PER_WORKER || s->map[index])
    _exit (70);
  p = mmap (NULL, LIMIT_SLOT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED)
    _exit (70);
  close (fd);
  s->map[index] = p;
}

void
slots_free (struct slots *s, unsigned index)
{
  if (index >= LIMIT_SLOTS_PER_WORKER || !s->map[index] || s->n_free == LIMIT_SLOTS_PER_WORKER)
    _exit (70);
  s->stack[s->n_free++] = index;
}

void
slots_begin (struct slots *s, uint32_t obj, uint64_t seq)
{
  s->obj = obj;
  s->seq = seq;
  s->current = -1;
  s->used = 0;
  s->n_seg = 0;
}

static void
send_part (struct slots *s, int starved)
{
  struct wire_head h = { .type = WIRE_PART,
                         .obj = s->obj,
                         .seq = s->seq,
                         .a = (uint64_t)starved,
                         .len = (uint32_t)(s->n_seg * sizeof s->seg[0]) };
  link_send (s->link, &h, s->seg);
  s->n_seg = 0;
}

static void
take_slot (struct slots *s)
{
  if (!s->n_free)
    {
      send_part (s, 1);
      while (!s->n_free)
        link_next (s->link, 1);
    }
  s->current = (int)s->stack[--s->n_free];
  s->used = 0;
}

uint8_t *
slots_room (struct slots *s, int fresh, size_t *cap)
{
  if (s->current < 0 || s->used == LIMIT_SLOT_SIZE || (fresh && s->used))
    take_slot (s);
  *cap = LIMIT_SLOT_SIZE - s->used;
  return s->map[s->current] + s->used;
}

void
slots_put (struct slots *s, int kind, unsigned stream, unsigned table, size_t n, uint64_t rows)
{
  struct wire_segment *last = s->n_seg ? &s->seg[s->n_seg - 1] : NULL;

  if (!n)
    return;
  if (last && last->kind == kind && last->stream == stream && last->table == table && last->slot == s->current
      && last->offset + last->len == s->used)
    {
      last->len += (uint32_t)n;
      last->rows += (uint32_t)rows;
    }
  else
    {
      if (s->n_seg == SLOTS_SEGMENTS_MAX)
        send_part (s, 0);
      s->seg[s->n_seg++] = (struct wire_segment){ .kind = (uint8_t)kind,
                                                  .stream = (uint8_t)stream,
                                                  .table = (uint16_t)table,
                                                  .slot = (uint16_t)s->current,
                                                  .offset = (uint32_t)s->used,
                                                  .len = (uint32_t)n,
                                                  .rows = (uint32_t)rows };
    }
  s->used += n;
}

void
slots_copy (struct slots *s, int kind, unsigned stream, unsigned table, const void *p, size_t n, uint64_t rows)
{
  const uint8_t *at = p;

  while (n)
    {
      size_t cap, k;
      uint8_t *to = slots_room (s, 0, &cap);
      k = n < cap ? n : cap;
      memcpy (to, at, k);
      at += k;
      n -= k;
      slots_put (s, kind, stream, table, k, n ? 0 : rows);
    }
}

void
slots_finish (struct slots *s, const void *end_carry, size_t carry_len)
{
  uint8_t payload[WIRE_PAYLOAD_MAX];
  struct wire_head h = { .type = WIRE_PARSED, .obj = s->obj, .seq = s->seq, .b = carry_len };

  h.len = (uint32_t)(carry_len + s->n_seg * sizeof s->seg[0]);
  memcpy (payload, end_carry, carry_len);
  memcpy (payload + carry_len, s->seg, s->n_seg * sizeof s->seg[0]);
  s->n_seg = 0;
  link_send (s->link, &h, payload);
}
