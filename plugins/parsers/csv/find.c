/* SPDX-License-Identifier: Apache-2.0 */
/* find.c - how the parser speaks: findings at places of the source, and the trailer's entries in the control ledger. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "csv.h"

void
csv_find (struct csv *c, int severity, size_t at, size_t end, uint64_t line, const char *column, const char *rule,
          const char *fmt, ...)
{
  char text[1000];
  va_list ap;
  uint64_t from = c->far.is_set ? 0 : csv_source (&c->text, at);
  int status;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  struct pen_finding f = { .size = sizeof f,
                           .severity = severity,
                           .offset = c->far.is_set ? c->far.at : c->chunk->offset + from,
                           .length = c->far.is_set ? c->far.length : csv_source (&c->text, end) - from,
                           .line = c->far.is_set ? c->far.line : line,
                           .column = column,
                           .rule = rule,
                           .text = text };
  status = c->out->finding (c->out->ctx, &f);
  if (status != PEN_OK && c->status == PEN_OK)
    c->status = status;
}

bool
csv_is_trailer (const struct csv *c, const uint8_t *p, size_t n)
{
  size_t k = c->n_mark;
  if (!k || n < k)
    return false;
  if (c->d.has_quote && n >= k + 2 && p[0] == c->d.quote && p[k + 1] == c->d.quote)
    return memcmp (p + 1, c->o->trailer_mark, k) == 0;
  if (memcmp (p, c->o->trailer_mark, k) != 0)
    return false;
  return n == k || p[k] == c->d.delim[0] || p[k] == '\n' || p[k] == '\r';
}

static bool
claim (struct csv *c, const struct csv_line *l, int64_t column, unsigned scale, const char *what, int64_t *v)
{
  pen_i128 n;
  if (!column)
    return false;
  if ((size_t)column > l->n_cells)
    csv_find (c, PEN_SEV_OBJECT, c->trailer.at, c->trailer.end, c->trailer.line, NULL, "trailer_format",
              "expected the %s as column %lld, found %zu columns", what, (long long)column, l->n_cells);
  else if (csv_number (c, c->lexed[column - 1].p, c->lexed[column - 1].n, 18, scale, &n))
    csv_find (c, PEN_SEV_OBJECT, c->trailer.at, c->trailer.end, c->trailer.line, NULL, "trailer_format",
              "expected the %s as column %lld, found \"%.*s\"", what, (long long)column,
              (int)(c->lexed[column - 1].n < 60 ? c->lexed[column - 1].n : 60), (const char *)c->lexed[column - 1].p);
  else
    {
      *v = (int64_t)n;
      return true;
    }
  return false;
}

void
csv_trailer_misplaced (struct csv *c)
{
  c->has_trailer = false;
  csv_find (c, PEN_SEV_OBJECT, c->trailer.at, c->trailer.end, c->trailer.line, NULL, "records_after_trailer",
            "expected the trailer as the last record, found more records behind it");
}

void
csv_trailer_read (struct csv *c, const struct csv_line *l, size_t at)
{
  if (c->has_trailer)
    csv_trailer_misplaced (c);
  c->has_trailer = true;
  c->trailer = (struct csv_row){ at, l->end, c->st.line };
  c->has_count = claim (c, l, c->o->trailer_count, 0, "number of rows", &c->trailer_count);
  c->has_sum = claim (c, l, c->o->trailer_sum, c->sum_col < 0 ? 0 : c->col[c->sum_col].scale, "sum", &c->trailer_sum);
}

void
csv_trailer_end (struct csv *c)
{
  int total = TOTAL_SUM + (c->sum_col < 0 ? 0 : c->col[c->sum_col].scale);
  const struct pen_out *out = c->out;

  if (!c->n_mark)
    return;
  if (c->n_read && c->status == PEN_OK)
    c->status = out->add (out->ctx, TOTAL_ROWS, (int64_t)c->n_read);
  if (c->sum && c->status == PEN_OK)
    c->status = out->add (out->ctx, total, c->sum);
  if (!c->last || c->st.phase == PHASE_DEAD)
    return;
  if (c->has_trailer)
    {
      struct pen_claim claims[2];
      struct pen_span key = { NULL, 0 };
      size_t n = 0;
      uint64_t from = csv_source (&c->text, c->trailer.at);
      if (c->has_count)
        claims[n++] = (struct pen_claim){ TOTAL_ROWS, PEN_SEV_OBJECT, c->trailer_count };
      if (c->has_sum && c->sum_col >= 0)
        claims[n++] = (struct pen_claim){ total, PEN_SEV_OBJECT, c->trailer_sum };
      if (c->status == PEN_OK)
        c->status = out->close (out->ctx, 0, key, claims, n, c->chunk->offset + from,
                                csv_source (&c->text, c->trailer.end) - from, c->trailer.line);
    }
  else if (c->o->trailer_required)
    csv_find (c, PEN_SEV_OBJECT, c->text.n, c->text.n, c->st.line, NULL, "trailer_missing",
              "expected a last record that begins with \"%s\", found none", c->o->trailer_mark);
}
