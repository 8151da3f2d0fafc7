/* SPDX-License-Identifier: Apache-2.0 */
/* framing.c - where records end in the stock framings, which are the host's own trusted code. */
#include "core/worker/framing.h"

#include <string.h>

/* The last LF that is outside of double quotes. Quotes toggle, so only their parity counts, however they are doubled.
 */
static size_t
quoted_line_cut (const uint8_t *p, size_t n)
{
  size_t at = 0, cut = 0;

  for (;;)
    {
      const uint8_t *open = memchr (p + at, '"', n - at), *close, *lf;
      size_t plain = open ? (size_t)(open - p) : n;

      lf = memrchr (p + at, '\n', plain - at);
      if (lf)
        cut = (size_t)(lf - p) + 1;
      if (!open)
        return cut;
      close = memchr (open + 1, '"', n - plain - 1);
      if (!close)
        return cut;
      at = (size_t)(close - p) + 1;
    }
}

size_t
framing_cut (int framing, uint64_t fixed, const uint8_t *p, size_t n, int eof)
{
  const uint8_t *lf;

  if (eof)
    return n;
  switch (framing)
    {
    case PEN_FRAME_LINE:
      lf = memrchr (p, '\n', n);
      return lf ? (size_t)(lf - p) + 1 : 0;
    case PEN_FRAME_QUOTED_LINE:
      return quoted_line_cut (p, n);
    case PEN_FRAME_FIXED:
      return fixed ? n - n % fixed : 0;
    default:
      return 0; /* whole: only at eof */
    }
}

int
framing_find (const struct pen_parser *p, void *self, struct pen_chunk w, int eof, struct pen_carry *carry, size_t *cut)
{
  size_t n = w.bytes.n;
  int rc;

  *cut = 0;
  if (p->framing != PEN_FRAME_CUSTOM)
    {
      *cut = framing_cut (p->framing, p->max_record, w.bytes.p, n, eof);
      if (!*cut && !eof)
        return PEN_MORE;
      w.bytes.n = *cut;
    }
  if (!p->cut || !n) /* an empty object is one empty chunk */
    return 0;
  rc = p->cut (self, carry, &w, cut);
  if (rc == PEN_MORE && !eof)
    return PEN_MORE;
  return rc != PEN_OK || *cut > n || (*cut == 0 && n) || carry->len > PEN_CARRY_MAX ? PEN_ERR : 0;
}
