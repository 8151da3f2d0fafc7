/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c - where lines end by each convention, and passing over the rest of a record that is too long. */
#include <string.h>
#include "csv.h"

size_t
csv_line_end (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, size_t *next)
{
  const uint8_t *lf, *cr;
  size_t end = n;

  *next = n;
  if (at >= n)
    return n;
  switch (d->newline)
    {
    case NEWLINE_CR:
      cr = memchr (p + at, '\r', n - at);
      if (cr)
        *next = (end = (size_t)(cr - p)) + 1;
      return end;
    case NEWLINE_CRLF:
      for (size_t i = at; (lf = memchr (p + i, '\n', n - i)); i = (size_t)(lf - p) + 1)
        if (lf > p + at && lf[-1] == '\r')
          {
            *next = (size_t)(lf - p) + 1;
            return *next - 2;
          }
        else if (lf == p + n - 1)
          break;
      return n;
    case NEWLINE_LF:
      lf = memchr (p + at, '\n', n - at);
      if (!lf)
        return n;
      *next = (size_t)(lf - p) + 1;
      return lf > p + at && lf[-1] == '\r' ? *next - 2 : *next - 1;
    default:
      lf = memchr (p + at, '\n', n - at);
      if (lf)
        *next = (end = (size_t)(lf - p)) + 1;
      cr = memchr (p + at, '\r', end - at);
      if (cr)
        {
          end = (size_t)(cr - p);
          *next = end + 1 + (end + 1 < n && p[end + 1] == '\n');
        }
      return end;
    }
}

uint64_t
csv_count_lines (const struct csv_dialect *d, const uint8_t *p, size_t n)
{
  uint64_t lines = 0;
  for (size_t i = 0; i < n; i++)
    {
      if (p[i] == '\n')
        lines += d->newline != NEWLINE_CR;
      else if (p[i] == '\r' && (d->newline == NEWLINE_CR || d->newline == NEWLINE_AUTO))
        lines += d->newline == NEWLINE_CR || i + 1 == n || p[i + 1] != '\n';
    }
  return lines;
}

/* Up to the next quote. */
static size_t
skip_text (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint8_t *cr, uint64_t *lines)
{
  const uint8_t *q = memchr (p + at, d->quote, n - at);
  size_t end = q ? (size_t)(q - p) : n;

  if (end == at)
    return at;
  *lines += csv_count_lines (d, p + at, end - at);
  *lines -= d->newline == NEWLINE_AUTO && *cr && p[at] == '\n'; /* half of a line end that counts already */
  *cr = p[end - 1] == '\r';
  return end;
}

size_t
csv_skip (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint8_t *skip, uint8_t *cr,
          uint64_t *lines)
{
  size_t i = at;
  for (; i < n; i++)
    {
      if (*skip == SKIP_QUOTED && !d->has_escape)
        {
          i = skip_text (d, p, n, i, cr, lines);
          if (i == n)
            break;
        }
      uint8_t c = p[i];
      bool pair = c == '\n' && *cr;
      bool ends;
      if (*skip == SKIP_CR && !pair)
        {
          *skip = SKIP_NONE;
          *cr = 0;
          return i;
        }
      switch (d->newline)
        {
        case NEWLINE_CR:
          ends = c == '\r';
          *lines += ends;
          break;
        case NEWLINE_CRLF:
          ends = pair;
          *lines += c == '\n';
          break;
        case NEWLINE_LF:
          ends = c == '\n';
          *lines += ends;
          break;
        default:
          ends = c == '\n' || c == '\r';
          *lines += ends && !pair;
        }
      *cr = c == '\r';
      if (*skip == SKIP_CR)
        {
          *skip = SKIP_NONE;
          *cr = 0;
          return i + 1;
        }
      if (*skip == SKIP_ESCAPE)
        *skip = SKIP_QUOTED;
      else if (*skip == SKIP_QUOTED)
        *skip = d->has_escape && c == d->escape ? SKIP_ESCAPE : c == d->quote ? SKIP_QUOTE : SKIP_QUOTED;
      else if (*skip == SKIP_QUOTE && c == d->quote)
        *skip = SKIP_QUOTED;
      else
        {
          *skip = SKIP_LINE;
          if (ends && c == '\r' && d->newline == NEWLINE_AUTO)
            *skip = SKIP_CR;
          else if (ends)
            {
              *skip = SKIP_NONE;
              *cr = 0;
              return i + 1;
            }
        }
    }
  return n;
}
