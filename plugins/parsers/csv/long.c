/* SPDX-License-Identifier: Apache-2.0 */
/* long.c - quoted fields that are longer than any window: their text goes into a table of its own, piece by piece.
 *
 * A chunk may end between two pieces. The carry holds what the record has beside its long fields, each of them as "" there.
 * Once such a field is closed, this and the bytes behind it are read like any other record, and make its row. Pieces
 * are cut at places that depend on the field alone, and everything that is decided here depends on no more than a piece, so that
 * cut() and parse() decide alike. */
#include <stdlib.h>
#include <string.h>
#include <penstock/scan.h>
#include "csv.h"

size_t csv_long_hold = CSV_LIMIT, csv_long_piece = CSV_PIECE;

static void
leave (struct csv_state *s)
{
  s->in_long = 0;
  s->long_cell = s->n_held = 0;
  s->far_at = s->far_line = s->long_bytes = 0;
  s->pieces = 0;
  memset (s->held, 0, sizeof s->held);
}

/* Findings and the row are those of the record that began at st.far_at and is known up to `end` of the text. */
static void
go_far (struct csv *c, size_t end)
{
  uint64_t place = c->chunk->offset + csv_source (&c->text, end);
  csv_batch_end (c);
  c->far.is_set = true;
  c->far.at = c->st.far_at;
  c->far.line = c->st.far_line;
  c->far.length = place - c->st.far_at;
  c->far.order = place;
}

/* The record is refused; the rest of it is skipped from the field's `end` on. */
static void
refuse (struct csv *c, size_t end, const char *rule, const char *fmt, unsigned long long limit)
{
  struct csv_line l = { .end = end };
  if (c->out)
    {
      go_far (c, end);
      csv_line_refuse (c, &l, end, csv_cell_name (c, c->st.long_cell), rule, fmt, c->st.long_cell + 1u, limit);
      c->far.is_set = false;
    }
  leave (&c->st);
  c->st.skip = SKIP_QUOTED;
  c->st.skip_cr = 0;
}

/* The column that a cell goes to; NULL: none. */
static const struct csv_column *
column_of (const struct csv *c, size_t cell)
{
  for (size_t i = 0; i < c->n_cols; i++)
    if ((c->st.n_map ? c->st.map[i] : i) == cell)
      return &c->col[i];
  return NULL;
}

bool
csv_long_begin (struct csv *c, const struct csv_line *l, const uint8_t *p, size_t n, uint64_t at, uint64_t line)
{
  struct csv_state *s = &c->st;
  const struct csv_column *col = column_of (c, l->column);

  if (c->out && c->has_trailer)
    csv_trailer_misplaced (c);
  leave (s);
  s->far_at = at;
  s->far_line = line;
  s->long_cell = (uint16_t)l->column;
  if (n >= CSV_HELD)
    refuse (
        c, l->next, "record_too_long",
        "column %llu: expected at most %llu bytes before a field of more than 2M, found more; the record is skipped",
        CSV_HELD - 1);
  else if (col && (col->type != TYPE_STRING || col->pattern.n || col->has_length))
    refuse (
        c, l->next, "field_too_long",
        "column %llu: expected at most %llu bytes in a column with a type or rules, found more; the record is skipped",
        CSV_LIMIT);
  else
    {
      s->in_long = 1;
      memcpy (s->held, p, n);
      s->held[n] = c->d.quote;
      s->n_held = (uint16_t)(n + 1);
    }
  return s->in_long;
}

/* Where the piece at p[at] ends: at the closing quote, or where a piece has its bytes, but within no character, doubled
 * quote, escape or CRLF. SIZE_MAX: the window ends too early. */
static size_t
piece_end (const struct csv *c, size_t at, bool *closed, bool *raw)
{
  const struct csv_dialect *d = &c->d;
  const uint8_t *p = c->text.p;
  size_t n = c->text.n, i = at, stop = at + csv_long_piece;

  *closed = *raw = false;
  for (;;)
    {
      size_t high = stop < n ? stop : n;
      if (i < high && !d->has_escape)
        {
          const uint8_t *q = memchr (p + i, d->quote, high - i);
          i = q ? (size_t)(q - p) : high;
        }
      else
        while (i < high && p[i] != d->quote && p[i] != d->escape)
          i++;
      if (i >= high)
        break;
      uint8_t b = p[i];
      if (i + 1 == n && !c->last)
        return SIZE_MAX;
      if (i + 1 < n && ((d->has_escape && b == d->escape) || p[i + 1] == d->quote))
        {
          *raw = true;
          i += 2;
          continue;
        }
      *closed = b == d->quote;
      if (*closed)
        return i;
      i++;
    }
  for (int k = 0; k < 3 && i < n && (p[i] & 0xc0) == 0x80; k++)
    i++;
  if (i >= n)
    return c->last || c->out ? n : SIZE_MAX; /* a chunk that is parsed ends with a piece */
  return p[i] == '\n' && p[i - 1] == '\r' ? i + 1 : i;
}

static bool
is_clean (struct csv *c, size_t at, size_t end)
{
  const uint8_t *p = c->text.p + at;
  const char *wrong = NULL;
  if (c->o->nul_bytes == NUL_REJECT && memchr (p, 0, end - at))
    wrong = "nul_byte";
  else if (pen_find_bad_utf8 (p, end - at) < end - at)
    wrong = "encoding";
  if (wrong)
    refuse (c, at, wrong,
            wrong[0] == 'n'
                ? "column %llu: expected text without NUL, found one in piece %llu; the record is skipped"
                : "column %llu: expected characters of the encoding, found other bytes in piece %llu; the record "
                  "is skipped",
            c->st.pieces + 1);
  return !wrong;
}

static void
emit (struct csv *c, const struct csv_column *col, size_t at, size_t end, bool raw)
{
  struct pen_table *t = &c->set.table[1];
  const uint8_t *p = c->text.p + at;
  size_t n = end - at, length = csv_source (&c->text, end) - csv_source (&c->text, at), k = 0;
  uint64_t place = c->chunk->offset + csv_source (&c->text, at);

  if (raw || c->o->nul_bytes == NUL_REMOVE)
    {
      if (!csv_scratch (c, n))
        return;
      uint8_t *to = c->scratch + c->scratch_n;
      n = csv_unescape (&c->d, p, n, true, to);
      for (size_t i = 0; c->o->nul_bytes == NUL_REMOVE && i < n; i++)
        if (to[i])
          to[k++] = to[i];
      if (c->o->nul_bytes == NUL_REMOVE)
        n = k;
      p = to;
    }
  if (!pen_row_room (t, 1))
    csv_flush (c);
  pen_put_i64 (t, 0, (int64_t)c->st.far_at);
  pen_put_i64 (t, 2, (int64_t)c->st.pieces + 1);
  if (pen_add_text (t, 1, col->name, strlen (col->name)) || pen_add_text (t, 3, p, n))
    {
      c->status = c->host->fail (c->host->ctx, "csv: no memory for a piece of %zu bytes", n);
      return;
    }
  pen_row_end (t, place, place, (uint32_t)length, c->st.line);
  c->n_pieces++;
  if (pen_tables_full (&c->set))
    csv_flush (c);
}

/* Reads what is held and what stands behind the closing quote as one record. *whole: the text was not longer. */
static bool
lex_tail (struct csv *c, size_t end, struct csv_line *l)
{
  const struct csv_state *s = &c->st;
  size_t left = c->text.n - end - 1, n = left < CSV_LIMIT + 2 * CSV_LOOK ? left : CSV_LIMIT + 2 * CSV_LOOK;
  bool whole = n == left;

  if (c->cap_tail < s->n_held + n)
    {
      free (c->tail);
      c->cap_tail = s->n_held + n;
      c->tail = malloc (c->cap_tail);
      if (!c->tail)
        {
          c->cap_tail = 0;
          c->status = c->host->fail (c->host->ctx, "csv: no memory for a record of %zu bytes", n);
          return false;
        }
    }
  memcpy (c->tail, s->held, s->n_held);
  memcpy (c->tail + s->n_held, c->text.p + end + 1, n);
  csv_lex (&c->d, c->tail, s->n_held + n, 0, c->last && whole, c->out && whole, NULL, c->lexed, CSV_FILE_COLUMNS, l);
  if (l->kind == LINE_MORE && c->out) /* only of a chunk that cut() did not make */
    csv_lex (&c->d, c->tail, s->n_held + n, 0, true, true, NULL, c->lexed, CSV_FILE_COLUMNS, l);
  return l->kind != LINE_MORE;
}

static void
say_long (struct csv *c, size_t end)
{
  const char *name = csv_cell_name (c, c->st.long_cell);
  go_far (c, end);
  csv_find (c, PEN_SEV_WARN, end, end, 0, name, "long_field",
            "column %u: %llu bytes, in %u pieces in table %s; the row has an empty text", c->st.long_cell + 1u,
            (unsigned long long)c->st.long_bytes, c->st.pieces, c->pieces_name);
  c->far.is_set = false;
}

/* The record that the closing quote at `end` belongs to; returns where the next one begins, or its next long field. */
static size_t
finish (struct csv *c, size_t end, struct csv_line *l)
{
  size_t held = c->st.n_held, next = end + 1 + l->next - held;
  struct csv_row row = { end, end, c->st.far_line };
  uint64_t at = c->st.far_at, line = c->st.far_line;

  if (l->kind == LINE_STREAM)
    {
      csv_long_begin (c, l, c->tail, l->next, at, line);
      return next;
    }
  if (c->out)
    {
      go_far (c, end + 1 + l->end - held);
      l->at = (size_t)(c->chunk->offset + csv_source (&c->text, end + 1 + (l->at > held ? l->at - held : 0)) - at);
      if (l->kind == LINE_ROW)
        {
          for (size_t i = 0; i < l->n_cells && i < CSV_FILE_COLUMNS; i++)
            c->lexed[i].raw = 1; /* they are not part of the chunk's text */
          l->at += end;
          csv_row_take (c, l, c->tail, &row);
        }
      else
        csv_row_broken (c, l, 0);
      csv_batch_end (c);
      c->far.is_set = false;
    }
  leave (&c->st);
  if (l->kind == LINE_LONG)
    {
      c->st.skip = l->skip;
      c->st.skip_cr = c->text.p[next - 1] == '\r';
    }
  return next;
}

enum csv_long
csv_long_step (struct csv *c, size_t *at, size_t *known)
{
  const struct csv_column *col = column_of (c, c->st.long_cell);
  struct csv_line l = { 0 };
  size_t from = *at, end;
  bool closed, raw;

  end = piece_end (c, from, &closed, &raw);
  if (end == SIZE_MAX)
    return LONG_MORE;
  if (c->st.long_bytes + (end - from) > c->o->max_field)
    {
      refuse (c, from, "field_too_long",
              "column %llu: expected at most max_field = %llu bytes, found more; the record is skipped",
              c->o->max_field);
      return LONG_AGAIN;
    }
  if (!is_clean (c, from, end))
    return LONG_AGAIN;
  if (closed && !lex_tail (c, end, &l))
    return LONG_MORE;
  if (end > from)
    {
      if (c->out && col)
        emit (c, col, from, end, raw);
      c->st.pieces++;
    }
  c->st.long_bytes += end - from;
  c->st.line += csv_count_lines (&c->d, c->text.p + from, end - from);
  *at = end;
  if (!closed)
    return LONG_PIECE;
  if (c->out && col)
    say_long (c, end);
  if (l.known > c->st.n_held && end + 1 + l.known - c->st.n_held > *known)
    *known = end + 1 + l.known - c->st.n_held;
  *at = finish (c, end, &l);
  c->st.line += csv_count_lines (&c->d, c->text.p + end + 1, *at - end - 1);
  return LONG_PIECE;
}

void
csv_long_unclosed (struct csv *c)
{
  refuse (c, c->text.n, "unclosed_quote",
          "column %llu: expected a closing quote within max_field = %llu bytes, found the end of the object",
          c->o->max_field);
  c->st.skip = SKIP_NONE;
}
