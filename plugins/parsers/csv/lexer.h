/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.h - what lex.c is at while it reads a line, for it and for resync.c. */
#ifndef CSV_LEXER_H
#define CSV_LEXER_H
#include <string.h>
#include "csv.h"

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

/* lex.c. One field; true: the record goes on behind it or ends there. *stray: a quote in it, or SIZE_MAX. */
bool csv_lex_field (struct lexer *x, size_t *stray);

/* resync.c */
size_t csv_lex_limit (const struct lexer *x, size_t field);
/* A quoted field is not closed properly, and the record has more than one line: it ends with its first one. */
void csv_lex_unclosed (struct lexer *x);
/* The limit is exceeded at `place`; x->i is a place whose state is known. */
void csv_lex_too_long (struct lexer *x, size_t field, bool quoted, size_t place);
/* Something else than a delimiter or a line end follows the closing quote. */
void csv_lex_junk (struct lexer *x);
bool csv_memo_has (const struct csv_memo *m, size_t at);
void csv_memo_set (struct csv_memo *m, size_t at);
/* A long way was read in vain. */
void csv_memo_keep (struct lexer *x);

#endif
