/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_wire.c - attacks on the host itself: the messages it reads and the memory it shares with a worker.
 *
 * The parser is told nothing of either; it finds both by reading the worker's own data, as an attacker would. */
#include "tests/plugins/hostile/hostile.h"

#include <link.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/wire.h"

#define SLOTS_MAX 64
#define PAGE 4096u

/* What was found in the worker. */
struct loot
{
  const struct pen_chunk *chunk;
  struct wire_head order; /* the host's order that is being carried out */
  int has_order;
  uint8_t *slot[SLOTS_MAX];
  size_t n_slots;
};

static uint64_t
roll (uint64_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed;
}

/* Only a shared mapping can be mapped a second time by mremap() from size 0; anything else says no. */
static int
is_shared (uint8_t *p)
{
  void *twin = mremap (p, 0, PAGE, MREMAP_MAYMOVE);

  if (twin == MAP_FAILED)
    return 0;
  munmap (twin, PAGE);
  return 1;
}

/* Reads what is none of its business, between variables too: nothing for a sanitizer. */
__attribute__ ((no_sanitize ("address", "thread", "undefined"), noinline)) static void
peek (void *to, const uint8_t *from, size_t n)
{
  volatile uint8_t *t = to;
  const volatile uint8_t *f = from;

  for (size_t i = 0; i < n; i++)
    t[i] = f[i];
}

static void
look_at (struct loot *l, const uint8_t *p)
{
  uint8_t *slot;

  if (!l->has_order)
    {
      peek (&l->order, p, sizeof l->order);
      l->has_order = l->order.version == WIRE_VERSION && l->order.type == WIRE_PARSE && l->order.a == l->chunk->offset
                     && l->order.b == l->chunk->bytes.n;
    }
  peek (&slot, p, sizeof slot);
  if ((uintptr_t)slot % PAGE || (uintptr_t)slot < (1u << 20) || (uintptr_t)slot >> 47 || l->n_slots == SLOTS_MAX)
    return;
  for (size_t i = 0; i < l->n_slots; i++)
    if (l->slot[i] == slot)
      return;
  if (is_shared (slot))
    l->slot[l->n_slots++] = slot;
}

/* The first object is the program itself. */
static int
search_program (struct dl_phdr_info *info, size_t size, void *arg)
{
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *h = &info->dlpi_phdr[i];
      const uint8_t *p = (const uint8_t *)(info->dlpi_addr + h->p_vaddr);
      if (h->p_type != PT_LOAD || !(h->p_flags & PF_W))
        continue;
      for (size_t at = 0; at + sizeof (struct wire_head) <= h->p_memsz; at += sizeof (void *))
        look_at (arg, p + at);
    }
  return 1;
}

static void
say (const struct wire_head *head, const void *payload, size_t n)
{
  uint8_t b[sizeof *head + WIRE_PAYLOAD_MAX];

  memcpy (b, head, sizeof *head);
  memcpy (b + sizeof *head, payload, n);
  if (send (WIRE_FD, b, sizeof *head + n, MSG_NOSIGNAL) == -1)
    _exit (1);
}

static void
garbage_messages (const struct loot *l)
{
  uint64_t seed = 0x9e3779b97f4a7c15u;
  uint8_t b[2048];

  for (int i = 0; i < 256; i++)
    {
      struct wire_head h = l->order;
      size_t n = roll (&seed) % sizeof b;
      for (size_t k = 0; k < n; k++)
        b[k] = (uint8_t)roll (&seed);
      h.type = (uint16_t)roll (&seed) % 256;
      h.len = (uint32_t)n;
      h.a = roll (&seed);
      h.b = roll (&seed);
      say (&h, b, n);
    }
}

static void
scribble (const struct loot *l, unsigned times)
{
  uint64_t seed = 0x2545f4914f6cdd1du;

  for (unsigned t = 0; t < times; t++)
    for (size_t i = 0; i < l->n_slots; i++)
      for (size_t k = 0; k < LIMIT_SLOT_SIZE; k += 8)
        {
          uint64_t r = roll (&seed);
          memcpy (l->slot[i] + k, &r, sizeof r);
        }
}

/* An answer to the order in hand that claims one piece of output. */
static void
claim_piece (const struct loot *l, uint64_t seq, struct wire_segment s)
{
  struct wire_head h = { .version = WIRE_VERSION, .type = WIRE_PARSED, .len = sizeof s, .obj = l->order.obj };

  h.gen = l->order.gen;
  h.seq = seq;
  say (&h, &s, sizeof s);
}

/* Says that it waits for slots, then waits for nothing. */
static void
starve_and_hang (const struct loot *l)
{
  struct wire_head h = { .version = WIRE_VERSION, .type = WIRE_PART, .a = 1, .obj = l->order.obj, .seq = l->order.seq };

  h.gen = l->order.gen;
  say (&h, "", 0);
  poll (NULL, 0, -1);
}

/* Says of every object but its own that it cannot be done. */
static void
fail_others (const struct loot *l)
{
  struct wire_head h = { .version = WIRE_VERSION, .type = WIRE_FAIL, .len = 4 };

  for (uint32_t obj = 0; obj < 8; obj++)
    if (obj != l->order.obj)
      {
        h.obj = obj;
        say (&h, "spam", 4);
      }
}

/* Chunks without end, none of them with a byte in it, of any object. */
void
hostile_wire_cut (const struct hostile *h)
{
  struct wire_head m = { .version = WIRE_VERSION, .type = WIRE_CHUNK };

  (void)h;
  for (uint64_t i = 0; i < 160000; i++)
    {
      m.obj = (uint32_t)(i % 4);
      m.gen = (uint32_t)(i / 4 % 4);
      m.seq = i / 16;
      say (&m, "", 0);
    }
}

static void
send_descriptors (const struct loot *l)
{
  struct wire_head h = { .version = WIRE_VERSION, .type = WIRE_LOG, .a = PEN_LOG_DEBUG, .obj = l->order.obj };
  int fd[1] = { WIRE_FD };
  union
  {
    struct cmsghdr align;
    char b[CMSG_SPACE (sizeof fd)];
  } c = { .align = { CMSG_LEN (sizeof fd), SOL_SOCKET, SCM_RIGHTS } };
  struct iovec v = { &h, sizeof h };
  struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = c.b, .msg_controllen = sizeof c.b };

  memcpy (CMSG_DATA (&c.align), fd, sizeof fd);
  for (int i = 0; i < 2000; i++)
    if (sendmsg (WIRE_FD, &m, MSG_NOSIGNAL) == -1)
      return;
}

static void
flood (void)
{
  struct wire_head h = { .version = WIRE_VERSION, .type = WIRE_LOG, .a = PEN_LOG_WARN, .len = 4 };

  for (int i = 0; i < 50000; i++)
    say (&h, "spam", 4);
}

int
hostile_wire_attack (const struct hostile *h, const struct pen_chunk *chunk)
{
  struct loot l = { .chunk = chunk };

  dl_iterate_phdr (search_program, &l);
  if (!l.has_order || !l.n_slots)
    return h->host->fail (h->host->ctx, "the attack found %s and %zu slots", l.has_order ? "its order" : "no order",
                          l.n_slots);
  if (hostile_is (h, "garbage_message"))
    garbage_messages (&l);
  else if (hostile_is (h, "garbage_slot"))
    scribble (&l, 1);
  else if (hostile_is (h, "flip_after_handover"))
    scribble (&l, 15);
  else if (hostile_is (h, "wrong_seq"))
    claim_piece (&l, l.order.seq + 1000, (struct wire_segment){ 0 });
  else if (hostile_is (h, "huge_counts"))
    claim_piece (&l, l.order.seq,
                 (struct wire_segment){ .kind = WIRE_SEG_BODY, .offset = ~0u - 7, .len = ~0u, .rows = ~0u });
  else if (hostile_is (h, "foreign_slot"))
    claim_piece (&l, l.order.seq, (struct wire_segment){ .kind = WIRE_SEG_BODY, .slot = 0xffff, .len = 16, .rows = 1 });
  else if (hostile_is (h, "send_fds"))
    send_descriptors (&l);
  else if (hostile_is (h, "flood"))
    flood ();
  else if (hostile_is (h, "starve_hang"))
    starve_and_hang (&l);
  else if (hostile_is (h, "wrong_fail"))
    fail_others (&l);
  return PEN_OK;
}
