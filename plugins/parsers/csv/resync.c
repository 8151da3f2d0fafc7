/* SPDX-License-Identifier: Apache-2.0 */
/* resync.c - what is done when quotes do not close, or a limit is exceeded: which line the record ends with.
 *
 * Resynchronisation. A quoted field that is not closed properly costs one record:
 *   - text after the closing quote, on the record's first line: the record ends with that line;
 *   - no closing quote before the end of the object, or text after a closing quote on a later line: the quote was a stray
 *     one, the record ends with its first line, and the next line is read afresh;
 *   - max_field or max_record is exceeded within quotes: the same, if most of the lines behind the first read as rows (of the
 *     first 32, and within 64 KiB); else it is a long field: read in pieces if it may be longer (long.c), else skipped up to
 *     its closing quote and the line end behind that.
 * A verdict never needs more than max_record and CSV_LOOK bytes. A chunk may end after any line, also after a broken one:
 * in it, a record that does not end is a record whose quote is not closed (`closed`). */
#include <stdlib.h>
#include <string.h>
#include "lexer.h"

#define LOOK_LINES 32

size_t
csv_lex_limit (const struct lexer *x, size_t field)
{
  size_t a = field + x->d->max_field, b = x->start + x->d->max_record;
  return a < b ? a : b;
}

/* The line from..end reads as a row without quotes around its fields: as many as a row must have, each of its column's
 * type. */
static bool
is_row (const struct lexer *x, size_t from, size_t end)
{
  const struct csv_dialect *d = x->d;
  const struct csv *c = d->owner;
  size_t cell = 0, n = 1;

  for (size_t i = from; i < end; i++)
    if (delim_at (d, x->p, end, i))
      {
        n++;
        i += d->n_delim - 1u;
      }
  if (n != d->width)
    return false;
  for (; cell < n; cell++)
    {
      size_t to = from, len;
      const uint8_t *p = x->p + from;
      union csv_value v;
      while (to < end && !delim_at (d, x->p, end, to))
        to++;
      len = to - from;
      bool quoted = d->has_quote && len > 1 && p[0] == d->quote && p[len - 1] == d->quote;
      for (size_t i = 0; i < c->n_cols; i++)
        if ((c->st.n_map ? c->st.map[i] : i) == cell
            && csv_cell_read (c, &c->col[i], p + quoted, len - 2u * quoted, quoted, &v, NULL) == CELL_BAD)
          return false;
      from = to + d->n_delim;
    }
  return true;
}

/* Most of the lines from p[at] on read as rows. *known: bytes that were looked at. */
static bool
are_rows (const struct lexer *x, size_t at, size_t *known)
{
  size_t cap = at + CSV_LOOK < x->n ? at + CSV_LOOK : x->n, next = at, lines = 0, rows = 0;

  *known = cap;
  if (x->d->width < 2)
    return false;
  while (at < cap && lines < LOOK_LINES)
    {
      size_t end = csv_line_end (x->d, x->p, cap, at, &next);
      if (end == cap && !(x->last && cap == x->n))
        {
          next = cap; /* not all of it */
          break;
        }
      lines += end > at;
      rows += end > at && is_row (x, at, end);
      at = next;
    }
  *known = next;
  return 2 * rows > lines;
}

/* The record ends with the line that p[at] stands in; what is wrong with it stands at `place`. */
static void
resync (struct lexer *x, const char *rule, size_t at, size_t column, size_t place)
{
  struct csv_line *l = x->l;
  l->kind = LINE_BROKEN;
  l->rule = rule;
  l->column = column;
  l->at = place;
  l->end = csv_line_end (x->d, x->p, x->n, at, &l->next);
  if (l->next == x->n && !x->last && !x->closed)
    l->kind = LINE_MORE;
}

/* A quoted field is not closed properly, and the record has more than one line: it ends with its first one. */
void
csv_lex_unclosed (struct lexer *x)
{
  struct csv_line none = { 0 };
  struct lexer y = *x;
  size_t next, column = 0, end = csv_line_end (x->d, x->p, x->n, x->start, &next);

  if (x->quiet)
    return;
  y.quiet = true;
  y.cells = NULL;
  y.memo = NULL;
  y.l = &none;
  for (y.i = x->start; y.i < end; column++)
    {
      size_t stray = SIZE_MAX;
      y.open = y.i;
      if (!csv_lex_field (&y, &stray) || y.i >= end)
        break;
      y.i += y.d->n_delim;
    }
  resync (x, "unclosed_quote", x->start, column, y.open);
}

/* The limit is exceeded at `place`; x->i is a place whose state is known. */
void
csv_lex_too_long (struct lexer *x, size_t field, bool quoted, size_t place)
{
  struct csv_line *l = x->l;
  size_t next, known = place;

  if (x->quiet)
    return;
  if (csv_line_end (x->d, x->p, place, x->start, &next) < place)
    {
      /* there are quotes that hold a line end: what stands behind it decides, in a look of fixed length */
      if (x->n < place + CSV_LOOK && !x->last && !x->closed)
        {
          l->kind = LINE_MORE;
          return;
        }
      if (are_rows (x, next, &known))
        {
          csv_lex_unclosed (x);
          l->known = known > place ? known : 0;
          return;
        }
    }
  l->kind = quoted && x->d->streams ? LINE_STREAM : LINE_LONG;
  l->rule = place == field + x->d->max_field ? "field_too_long" : "record_too_long";
  l->column = l->n_cells;
  l->at = field;
  l->end = place;
  l->next = l->kind == LINE_STREAM ? field : x->i;
  l->skip = quoted ? SKIP_QUOTED : SKIP_LINE;
  l->known = known > place ? known : place;
  if (l->known < x->i)
    l->known = x->i;
}

/* Something else than a delimiter or a line end follows the closing quote. */
void
csv_lex_junk (struct lexer *x)
{
  size_t next;
  if (csv_line_end (x->d, x->p, x->n, x->start, &next) < x->i)
    csv_lex_unclosed (x);
  else
    resync (x, "text_after_quote", x->i, x->l->n_cells, x->i);
}

/* ---- the memo: quoted fields on the way to a failure ---- */

bool
csv_memo_has (const struct csv_memo *m, size_t at)
{
  return m && m->n && at >= m->low && at <= m->high && (m->bits[at >> 3] >> (at & 7) & 1);
}

void
csv_memo_set (struct csv_memo *m, size_t at)
{
  if (at >> 3 >= m->cap)
    return;
  m->bits[at >> 3] |= (uint8_t)(1u << (at & 7));
  if (at < m->low)
    m->low = at;
  if (at > m->high)
    m->high = at;
}

void
csv_memo_clear (struct csv_memo *m)
{
  if (m->n)
    memset (m->bits + (m->low >> 3), 0, (m->high >> 3) - (m->low >> 3) + 1);
  m->n = 0;
}

/* A long way was read in vain. Whoever opens a quoted field on that way, behind the record's first line, comes to the
 * same place. */
void
csv_memo_keep (struct lexer *x)
{
  struct csv_memo *m = x->memo;
  struct csv_line none = { 0 };
  struct lexer y = *x;
  size_t failed = x->open, next = x->l->next, stray;

  if (m->cap < (x->n >> 3) + 1)
    {
      csv_memo_clear (m);
      uint8_t *bits = realloc (m->bits, (x->n >> 3) + 1);
      if (!bits)
        return;
      memset (bits, 0, (x->n >> 3) + 1);
      m->bits = bits;
      m->cap = (x->n >> 3) + 1;
    }
  if (!x->resumed)
    {
      csv_memo_clear (m);
      m->low = SIZE_MAX;
      m->high = 0;
      y.quiet = true;
      y.l = &none;
      y.cells = NULL;
      y.memo = NULL;
      for (y.i = x->start; y.i < failed; y.i += y.d->n_delim)
        {
          y.open = SIZE_MAX;
          if (!csv_lex_field (&y, &stray))
            break;
          if (y.open != SIZE_MAX && y.open >= next)
            csv_memo_set (m, y.open);
        }
      csv_memo_set (m, failed);
    }
  m->n = m->low <= m->high;
  m->open = failed;
  m->safe = x->safe;
}
