/* SPDX-License-Identifier: Apache-2.0 */
/* lex.c - reads one line by the whole rule book: quotes, escapes, comments, every line end, and what is done when quotes
 * do not close.
 *
 * Resynchronisation. A quoted field that is not closed properly costs one record:
 *   - text after the closing quote, on the record's first line: the record ends with that line;
 *   - no closing quote before the end of the object, or text after a closing quote on a later line: the quote was a stray
 *     one, the record ends with its first line, and the next line is read afresh;
 *   - max_field or max_record is exceeded within quotes: the same, if the second line has as many delimiters as a row must
 *     have; else it is a long field, which is skipped up to its closing quote and the line end behind that.
 * A verdict never needs more than max_record and CSV_LOOK bytes. A chunk may end after any line, also after a broken one:
 * in it, a record that does not end is a record whose quote is not closed (`closed`). */
#include <stdlib.h>
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

/* Length of the line end at p[i]; 0: there is none. *more: the next byte decides. */
static inline size_t
end_at (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t i, bool *more)
{
  uint8_t c = p[i];
  if (c == '\n')
    return d->newline == NEWLINE_AUTO || d->newline == NEWLINE_LF;
  if (c != '\r')
    return 0;
  if (d->newline == NEWLINE_CR)
    return 1;
  if (i + 1 == n)
    {
      *more = true;
      return d->newline == NEWLINE_AUTO;
    }
  return p[i + 1] == '\n' ? 2 : d->newline == NEWLINE_AUTO;
}

static inline bool
delim_at (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t i)
{
  return p[i] == d->delim[0] && n - i >= d->n_delim && memcmp (p + i, d->delim, d->n_delim) == 0;
}

static inline bool
is_blank_at (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t i)
{
  return (p[i] == ' ' || p[i] == '\t') && !delim_at (d, p, n, i);
}

/* What the lexer is at. */
struct lexer
{
  const struct csv_dialect *d;
  const uint8_t *p;
  size_t n, start, i;
  bool last, closed;
  bool quiet;   /* a walk over what is known to be wrong: no verdicts */
  bool resumed; /* went on where another line's reading had failed: only a failure is to be believed */
  struct csv_cell *cells;
  size_t cap;
  struct csv_line *l;
  size_t open; /* of the last quoted field */
  size_t safe; /* a place within it that reading can go on from */
  struct csv_memo *memo;
};

static void
store (struct lexer *x, size_t from, size_t to, bool quoted, bool raw)
{
  if (x->cells && x->l->n_cells < x->cap)
    x->cells[x->l->n_cells] = (struct csv_cell){ x->p + from, (uint32_t)(to - from), quoted, raw };
}

static size_t
limit_of (const struct lexer *x, size_t field)
{
  size_t a = field + x->d->max_field, b = x->start + x->d->max_record;
  return a < b ? a : b;
}

/* The line at p[at] has as many delimiters as a row must have. *known: bytes that were looked at. */
static bool
has_shape (const struct lexer *x, size_t at, size_t *known)
{
  size_t next, count = 0, cap = at + CSV_LOOK < x->n ? at + CSV_LOOK : x->n;
  size_t end = csv_line_end (x->d, x->p, cap, at, &next);

  *known = next < cap ? next : cap;
  if (x->d->width < 2 || (end == cap && !(x->last && cap == x->n)))
    return false;
  for (size_t i = at; i < end; i++)
    if (delim_at (x->d, x->p, end, i))
      {
        count++;
        i += x->d->n_delim - 1u;
      }
  return count + 1 == x->d->width;
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

static bool field (struct lexer *x, size_t *stray);

/* A quoted field is not closed properly, and the record has more than one line: it ends with its first one. */
static void
unclosed (struct lexer *x)
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
      if (!field (&y, &stray) || y.i >= end)
        break;
      y.i += y.d->n_delim;
    }
  resync (x, "unclosed_quote", x->start, column, y.open);
}

/* The limit is exceeded at `place`; x->i is a place whose state is known. */
static void
too_long (struct lexer *x, size_t field, bool quoted, size_t place)
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
      if (has_shape (x, next, &known))
        {
          unclosed (x);
          l->known = known > place ? known : 0;
          return;
        }
    }
  l->kind = LINE_LONG;
  l->rule = place == field + x->d->max_field ? "field_too_long" : "record_too_long";
  l->column = l->n_cells;
  l->at = field;
  l->end = place;
  l->next = x->i;
  l->skip = quoted ? SKIP_QUOTED : SKIP_LINE;
  l->known = known > place ? known : place;
  if (l->known < l->next)
    l->known = l->next;
}

/* ---- the memo: quoted fields on the way to a failure ---- */

static bool
memo_has (const struct csv_memo *m, size_t at)
{
  return m && m->n && at >= m->low && at <= m->high && (m->bits[at >> 3] >> (at & 7) & 1);
}

static void
memo_set (struct csv_memo *m, size_t at)
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
static void
remember (struct lexer *x)
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
          if (!field (&y, &stray))
            break;
          if (y.open != SIZE_MAX && y.open >= next)
            memo_set (m, y.open);
        }
      memo_set (m, failed);
    }
  m->n = m->low <= m->high;
  m->open = failed;
  m->safe = x->safe;
}

/* The closing quote of the field that opened at x->open, from x->i on. True: x->i is behind it. */
static bool
closing_quote (struct lexer *x, bool *raw)
{
  const struct csv_dialect *d = x->d;
  const uint8_t *p = x->p;
  size_t limit = limit_of (x, x->open + 1), stop = limit + 1 < x->n ? limit + 1 : x->n;

  for (;;)
    {
      size_t k = x->i;
      if (k < stop && !d->has_escape)
        {
          const uint8_t *q = memchr (p + k, d->quote, stop - k);
          k = q ? (size_t)(q - p) : stop;
        }
      else
        while (k < stop && p[k] != d->quote && p[k] != d->escape)
          k++;
      x->i = x->safe = k;
      if (k >= stop)
        {
          if (k > limit)
            too_long (x, x->open + 1, true, limit);
          else if (x->last || x->closed)
            unclosed (x);
          else
            x->l->kind = LINE_MORE;
          return false;
        }
      bool escape = d->has_escape && p[k] == d->escape;
      if (k + 1 == x->n && !x->last && !x->closed)
        {
          x->l->kind = LINE_MORE;
          return false;
        }
      if (k + 1 < x->n && (escape || p[k + 1] == d->quote))
        {
          *raw = true;
          x->i = k + 2;
          continue;
        }
      x->i = k + 1;
      if (!escape)
        return true;
    }
}

static bool
quoted_field (struct lexer *x, bool *raw)
{
  x->i = x->open + 1;
  if (memo_has (x->memo, x->open))
    {
      x->resumed = true;
      x->open = x->memo->open;
      x->i = x->memo->safe;
    }
  else if (x->resumed && x->memo)
    memo_set (x->memo, x->open);
  return closing_quote (x, raw);
}

/* Something else than a delimiter or a line end follows the closing quote. */
static void
junk (struct lexer *x)
{
  size_t next;
  if (csv_line_end (x->d, x->p, x->n, x->start, &next) < x->i)
    unclosed (x);
  else
    resync (x, "text_after_quote", x->i, x->l->n_cells, x->i);
}

/* An unquoted field from x->i on; false: its record is too long, or more bytes are needed. */
static bool
plain_field (struct lexer *x, bool *raw, size_t *stray)
{
  const struct csv_dialect *d = x->d;
  const uint8_t *p = x->p;
  size_t from = x->i, limit = limit_of (x, from), stop = limit + 1 < x->n ? limit + 1 : x->n;
  bool more = false;

  for (; x->i < stop; x->i++)
    {
      uint8_t c = p[x->i];
      if (c == d->delim[0] && delim_at (d, p, x->n, x->i))
        return true;
      if ((c == '\n' || c == '\r') && end_at (d, p, x->n, x->i, &more))
        return true;
      if (d->has_escape && c == d->escape && x->i + 1 < x->n)
        {
          *raw = true;
          x->i++;
        }
      else if (d->has_quote && c == d->quote && *stray == SIZE_MAX)
        *stray = x->i;
    }
  if (x->i > limit)
    {
      too_long (x, from, false, limit);
      return false;
    }
  if (x->last)
    return true;
  x->l->kind = LINE_MORE;
  return false;
}

/* One field. True: the record goes on behind it or ends there. */
static bool
field (struct lexer *x, size_t *stray)
{
  const struct csv_dialect *d = x->d;
  size_t from = x->i, to;
  bool raw = false;

  if (d->trim)
    while (x->i < x->n && is_blank_at (d, x->p, x->n, x->i))
      x->i++;
  if (d->has_quote && x->i < x->n && x->p[x->i] == d->quote)
    {
      x->open = x->i;
      if (!quoted_field (x, &raw))
        return false;
      store (x, x->open + 1, x->i - 1, true, raw);
      if (d->trim)
        while (x->i < x->n && is_blank_at (d, x->p, x->n, x->i))
          x->i++;
      return true;
    }
  if (d->trim)
    from = x->i;
  if (!plain_field (x, &raw, stray))
    return false;
  to = x->i;
  if (d->trim)
    while (to > from && (x->p[to - 1] == ' ' || x->p[to - 1] == '\t'))
      to--;
  store (x, from, to, false, raw);
  return true;
}

static void
finish (struct lexer *x, size_t end, size_t next)
{
  x->l->end = end;
  x->l->next = next;
  x->l->lines = csv_count_lines (x->d, x->p + x->start, next - x->start);
}

/* A field has been read, and something follows it. True: another field. */
static bool
after_field (struct lexer *x)
{
  struct csv_line *l = x->l;
  bool more = false;
  size_t len = end_at (x->d, x->p, x->n, x->i, &more);

  if (more && !x->last && !x->closed)
    {
      l->kind = LINE_MORE;
      return false;
    }
  if (len)
    {
      l->n_cells++;
      finish (x, x->i, x->i + len);
      return false;
    }
  if (!delim_at (x->d, x->p, x->n, x->i))
    {
      if (!x->last && !x->closed && x->n - x->i < x->d->n_delim)
        l->kind = LINE_MORE;
      else
        junk (x);
      return false;
    }
  l->n_cells++;
  x->i += x->d->n_delim;
  if (x->i - x->start <= x->d->max_record)
    return true;
  too_long (x, x->start, false, x->i);
  if (l->kind == LINE_LONG)
    l->rule = "record_too_long";
  return false;
}

static void
lex_row (struct lexer *x)
{
  struct csv_line *l = x->l;
  l->kind = LINE_ROW;
  for (;;)
    {
      size_t stray = SIZE_MAX;
      if (!field (x, &stray))
        break;
      if (stray != SIZE_MAX && !l->rule)
        {
          l->rule = "stray_quote";
          l->at = stray;
          l->column = l->n_cells;
        }
      if (x->i == x->n)
        {
          l->n_cells++;
          if (!x->last)
            l->kind = LINE_MORE;
          finish (x, x->n, x->n);
          break;
        }
      if (!after_field (x))
        break;
    }
  if (l->kind == LINE_BROKEN || l->kind == LINE_LONG)
    l->lines = csv_count_lines (x->d, x->p + x->start, l->next - x->start);
}

/* A line that is no row: blank, or a comment. */
static bool
lex_other (struct lexer *x)
{
  struct csv_line *l = x->l;
  const struct csv_dialect *d = x->d;
  bool more = false;
  size_t next, end, len = end_at (d, x->p, x->n, x->start, &more);

  l->kind = LINE_BLANK;
  if (more && !x->last && !x->closed)
    l->kind = LINE_MORE;
  else if (len)
    finish (x, x->start, x->start + len);
  else if (d->has_comment && x->p[x->start] == d->comment)
    {
      l->kind = LINE_COMMENT;
      end = csv_line_end (d, x->p, x->n, x->start, &next);
      if ((end == x->n || next == x->n) && !x->last && !x->closed)
        l->kind = LINE_MORE;
      finish (x, end, next);
    }
  else
    return false;
  return true;
}

void
csv_lex (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, bool last, bool closed,
         struct csv_memo *memo, struct csv_cell *cells, size_t cap, struct csv_line *l)
{
  struct lexer x = { .d = d,
                     .p = p,
                     .n = n,
                     .start = at,
                     .i = at,
                     .last = last,
                     .closed = closed,
                     .cells = cells,
                     .cap = cap,
                     .l = l,
                     .open = at,
                     .memo = memo };

  memset (l, 0, sizeof *l);
  if (at == n)
    {
      l->kind = LINE_MORE;
      return;
    }
  if (lex_other (&x))
    return;
  lex_row (&x);
  bool lost = l->kind == LINE_BROKEN && strcmp (l->rule, "unclosed_quote") == 0;
  if (x.resumed && !lost && l->kind != LINE_MORE)
    {
      csv_lex (d, p, n, at, last, closed, NULL, cells, cap, l);
      return;
    }
  if (memo && lost && x.safe > l->next + 256)
    remember (&x);
}

size_t
csv_skip (const struct csv_dialect *d, const uint8_t *p, size_t n, size_t at, uint8_t *skip, uint8_t *cr,
          uint64_t *lines)
{
  size_t i = at;
  for (; i < n; i++)
    {
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

size_t
csv_unescape (const struct csv_dialect *d, const uint8_t *p, size_t n, bool quoted, uint8_t *to)
{
  size_t k = 0;
  for (size_t i = 0; i < n; i++)
    {
      if (d->has_escape && p[i] == d->escape && i + 1 < n)
        i++;
      else if (quoted && p[i] == d->quote && i + 1 < n)
        i++;
      to[k++] = p[i];
    }
  return k;
}
