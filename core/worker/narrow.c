/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.c - a chunk that has killed its workers: its next small piece, and the records of it that are left out. */
#include "core/worker/narrow.h"

#include <string.h>

#include "core/base/wire.h"
#include "core/worker/framing.h"

struct look
{
  const struct pen_parser *p;
  void *self;
  const struct pen_chunk *rest;
  const struct pen_carry *start;
};

static int
look (const struct look *l, size_t window, struct pen_carry *after, size_t *cut)
{
  struct pen_chunk w = { sizeof w, { l->rest->bytes.p, window }, l->rest->offset, l->rest->flags };

  w.flags &= ~(uint32_t)PEN_CHUNK_LAST;
  *after = *l->start;
  return framing_find (l->p, l->self, w, 0, after, cut);
}

int
narrow_piece (const struct pen_parser *p, void *self, const struct pen_chunk *rest, size_t window,
              struct pen_carry *carry, size_t *n)
{
  static struct pen_carry start, after;
  struct look l = { p, self, rest, &start };
  size_t too_short = 0, enough = rest->bytes.n, cut;
  int rc;

  start = *carry;
  *n = rest->bytes.n; /* a chunk ends with a record */
  for (size_t w = window; w < enough; w *= 2)
    {
      rc = look (&l, w, &after, &cut);
      if (rc == PEN_ERR)
        return -1;
      if (rc == PEN_MORE)
        too_short = w;
      else
        {
          enough = w;
          *n = cut;
          *carry = after;
        }
    }
  while (window == 1 && enough - too_short > 1)
    {
      size_t w = too_short + (enough - too_short) / 2;
      rc = look (&l, w, &after, &cut);
      if (rc == PEN_ERR)
        return -1;
      if (rc == PEN_MORE)
        too_short = w;
      else
        {
          enough = w;
          *n = cut;
          *carry = after;
        }
    }
  return 0;
}

int
narrow_holes (const uint8_t *p, size_t len, const struct pen_chunk *chunk, struct stage_hole to[LIMIT_HOLES], size_t *n)
{
  size_t at = 0;

  for (*n = 0; len; ++*n)
    {
      struct wire_hole h;
      if (*n == LIMIT_HOLES || len < sizeof h)
        return -1;
      memcpy (&h, p, sizeof h);
      p += sizeof h;
      len -= sizeof h;
      if (h.carry_len > PEN_CARRY_MAX || h.carry_len > len || h.offset < chunk->offset + at
          || h.offset - chunk->offset > chunk->bytes.n || h.len > chunk->bytes.n - (h.offset - chunk->offset))
        return -1;
      to[*n].at = (size_t)(h.offset - chunk->offset);
      to[*n].n = (size_t)h.len;
      to[*n].after.len = h.carry_len;
      memcpy (to[*n].after.b, p, h.carry_len);
      at = to[*n].at + to[*n].n;
      p += h.carry_len;
      len -= h.carry_len;
    }
  return 0;
}
