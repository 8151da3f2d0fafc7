/* SPDX-License-Identifier: Apache-2.0 */
/* lex.c - reads one line by the whole rule book: quotes, escapes, comments, every line end. */
#include <stdlib.h>
#include <string.h>
#include "lexer.h"

static void
store (struct lexer *x, size_t from, size_t to, bool quoted, bool raw)
{
  if (x->cells && x->l->n_cells < x->cap)
    x->cells[x->l->n_cells] = (struct csv_cell){ x->p + from, (uint32_t)(to - from), quoted, raw };
}

/* The closing quote of the field that opened at x->open, from x->i on. True: x->i is behind it. */
static bool
closing_quote (struct lexer *x, bool *raw)
{
  const struct csv_dialect *d = x->d;
  const uint8_t *p = x->p;
  size_t limit = csv_lex_limit (x, x->open + 1), stop = limit + 1 < x->n ? limit + 1 : x->n;

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
            csv_lex_too_long (x, x->open + 1, true, limit);
          else if (x->last || x->closed)
            csv_lex_unclosed (x);
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
  if (csv_memo_has (x->memo, x->open))
    {
      x->resumed = true;
      x->open = x->memo->open;
      x->i = x->memo->safe;
    }
  else if (x->resumed && x->memo)
    csv_memo_set (x->memo, x->open);
  return closing_quote (x, raw);
}

/* An unquoted field from x->i on; false: its record is too long, or more bytes are needed. */
static bool
plain_field (struct lexer *x, bool *raw, size_t *stray)
{
  const struct csv_dialect *d = x->d;
  const uint8_t *p = x->p;
  size_t from = x->i, limit = csv_lex_limit (x, from), stop = limit + 1 < x->n ? limit + 1 : x->n;
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
      csv_lex_too_long (x, from, false, limit);
      return false;
    }
  if (x->last)
    return true;
  x->l->kind = LINE_MORE;
  return false;
}

/* One field. True: the record goes on behind it or ends there. */
bool
csv_lex_field (struct lexer *x, size_t *stray)
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
        csv_lex_junk (x);
      return false;
    }
  l->n_cells++;
  x->i += x->d->n_delim;
  if (x->i - x->start <= x->d->max_record)
    return true;
  csv_lex_too_long (x, x->start, false, x->i);
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
      if (!csv_lex_field (x, &stray))
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
    csv_memo_keep (&x);
}

size_t
csv_unescape (const struct csv_dialect *d, const uint8_t *p, size_t n, bool quoted, uint8_t *to)
{
  size_t k = 0;
  if (!d->has_escape && quoted)
    {
      bool half =
          false; /* the byte before was the first quote of two; no branches: texts have few, and nobody knows where */
      for (size_t i = 0; i < n; i++)
        {
          bool drop = half;
          half = i + 1 < n && (p[i] == d->quote) & (p[i + 1] == d->quote) & !half;
          to[k] = p[i];
          k += !drop;
        }
      return k;
    }
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
