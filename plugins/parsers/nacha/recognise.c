/* SPDX-License-Identifier: Apache-2.0 */
/* recognise.c - does the beginning of an object look like a NACHA file? */
#include "nacha.h"

/* Points for what a file header says of itself, with a batch header, entry or control for the files that have none. */
static int
judge (const struct nacha_rec *r)
{
  if (r->c[0] == '1')
    {
      int points =
          5 * rec_is (r, 1, "01") + 30 * rec_is (r, 34, "094") + 20 * rec_is (r, 37, "10") + 10 * (r->c[39] == '1');
      points += 15 * pen_all_digits (r->c + 4, 9) + 15 * pen_all_digits (r->c + 23, 6);
      return points > 30 ? points : 0;
    }
  if (r->c[0] == '5' && r->chars == REC && nacha_sec_find (r->c + 50) && pen_all_digits (r->c + 87, 7))
    return 70;
  if (r->c[0] == '6' && r->chars == REC && pen_all_digits (r->c + 1, 11) && pen_all_digits (r->c + 79, 15)
      && nacha_check_digit (r->c + 3) == r->c[11] - '0')
    return 60;
  return 0;
}

int
nacha_recognise (struct pen_span head)
{
  static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };
  struct nacha_frame f;
  struct nacha_rec r = { 0 };
  struct nacha_buf buf;
  size_t at = head.n >= 3 && memcmp (head.p, mark, 3) == 0 ? 3 : 0;
  for (; at < head.n; at += f.next)
    {
      nacha_frame (head.p + at, head.n - at, true, ENC_AUTO, &f);
      if (f.blank)
        continue;
      nacha_decode (head.p + at, &f, ENC_AUTO, &r, &buf);
      return judge (&r);
    }
  return 0;
}
