/* SPDX-License-Identifier: Apache-2.0 */
/* skip_body.h - the fast loop of skip.c, once for each way to look at 64 bytes: LOOK (p, masks) and TARGET are the
 * includer's.
 *
 * In well-formed XML outside of comments, CDATA, processing instructions and of > in text or values, < and > take turns.
 * As long as they do, each > ends the tag that the last < began, so that / behind < and / before > say all there is to
 * know; depth is then a matter of counting bits. Where they do not, one_markup() reads on, byte by byte. */

TARGET static size_t
NAME (const uint8_t *p, size_t n, size_t at)
{
  struct skip s = { .p = p, .n = n, .depth = 1, .last = at };
  uint64_t before_lt = 0, before_slash = 0, in_tag = 0;

  while (n - at >= 64)
    {
      struct masks m;
      LOOK (p + at, &m);
      uint64_t both = m.lt | m.gt, parity = both;
      parity ^= parity << 1;
      parity ^= parity << 2;
      parity ^= parity << 4;
      parity ^= parity << 8;
      parity ^= parity << 16;
      parity ^= parity << 32;
      uint64_t behind = m.lt << 1 | before_lt; /* the byte behind each < */
      if (__builtin_expect ((both & (parity ^ in_tag)) != m.lt || (behind & m.odd), 0))
        {
          /* the tag that was open at the block's start is read again */
          size_t from = at;
          if (in_tag)
            {
              from = s.last;
              if (from + 1 < at)
                s.depth -= p[from + 1] == '/' ? -1 : 1;
            }
          at = slow (&s, from, at + 64);
          if (s.done || !at)
            return at;
          before_lt = before_slash = in_tag = 0;
          continue;
        }
      uint64_t ends = behind & m.slash, starts = behind & ~m.slash, selves = m.gt & (m.slash << 1 | before_slash);
      int64_t down = __builtin_popcountll (ends) + __builtin_popcountll (selves);
      if (s.depth <= down)
        {
          int64_t depth = s.depth;
          for (uint64_t all = ends | starts | selves; all; all &= all - 1)
            {
              uint64_t bit = all & -all;
              /* a self-closing tag's > is its own bit; the / of an end tag comes before its > */
              depth += bit & starts ? 1 : -1;
              if (depth == 0)
                {
                  const uint8_t *gt =
                      memchr (p + at + __builtin_ctzll (bit), '>', n - at - (size_t)__builtin_ctzll (bit));
                  return gt ? (size_t)(gt - p) + 1 : 0;
                }
            }
        }
      s.depth += __builtin_popcountll (starts) - down;
      if (m.lt)
        s.last = at + 63 - (size_t)__builtin_clzll (m.lt);
      in_tag = (__builtin_popcountll (both) & 1) ? ~in_tag : in_tag;
      before_lt = m.lt >> 63;
      before_slash = m.slash >> 63;
      at += 64;
    }
  if (in_tag)
    {
      if (s.last + 1 < at)
        s.depth -= p[s.last + 1] == '/' ? -1 : 1;
      at = s.last;
    }
  return slow (&s, at, n);
}
