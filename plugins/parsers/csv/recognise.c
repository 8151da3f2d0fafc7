/* SPDX-License-Identifier: Apache-2.0 */
/* recognise.c - does the beginning of an object look like delimited text? Never more than likely: nearly everything with
 * lines could be. */
#include <string.h>
#include "csv.h"

static size_t
count (const uint8_t *p, size_t n, uint8_t c)
{
  size_t k = 0;
  for (size_t i = 0; i < n; i++)
    k += p[i] == c;
  return k;
}

int
csv_recognise (struct pen_span head)
{
  static const uint8_t delims[] = { ',', ';', '\t', '|' };
  struct csv_dialect d = { .newline = NEWLINE_AUTO };
  size_t second, third, end = csv_line_end (&d, head.p, head.n, 0, &second);
  size_t end2 = csv_line_end (&d, head.p, head.n, second, &third);

  if (head.n == 0 || memchr (head.p, 0, head.n))
    return 0;
  for (size_t i = 0; i < sizeof delims; i++)
    {
      size_t a = count (head.p, end, delims[i]), b = count (head.p + second, end2 - second, delims[i]);
      if (a && a == b)
        return 30;
      if (a && second == head.n)
        return 10;
    }
  return 0;
}
