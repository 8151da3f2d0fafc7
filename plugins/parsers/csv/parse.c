/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c - turns a chunk into rows and findings: runs of well-formed records by the index, all others line by line. */
#include <stdlib.h>
#include <string.h>
#include <penstock/scan.h>
#include "csv.h"

#define SLACK 64 /* bytes behind the scratch texts that may be read and scribbled over */

static const uint8_t nothing[SLACK];

bool
csv_scratch (struct csv *c, size_t n)
{
  if (c->scratch_cap - c->scratch_n >= n + SLACK)
    return true;
  csv_batch_end (c);
  if (c->scratch_cap < n + SLACK)
    {
      uint8_t *p = realloc (c->scratch, 2 * n + 4096);
      if (!p)
        {
          c->status = c->host->fail (c->host->ctx, "csv: no memory for a record of %zu bytes", n);
          return false;
        }
      c->scratch = p;
      c->scratch_cap = 2 * n + 4096;
    }
  return c->status == PEN_OK;
}

int
csv_cook (struct csv *c, struct csv_cell *cell)
{
  uint8_t *to;
  if (!csv_scratch (c, cell->n))
    return -1;
  to = c->scratch + c->scratch_n;
  cell->n = (uint32_t)csv_unescape (&c->d, cell->p, cell->n, cell->quoted, to);
  cell->p = to;
  c->scratch_n += cell->n;
  return 0;
}

/* ---- single lines ---- */

void
csv_line_refuse (struct csv *c, const struct csv_line *l, size_t at, const char *column, const char *rule,
                 const char *fmt, unsigned long long a, unsigned long long b)
{
  csv_batch_end (c);
  if (c->has_trailer)
    csv_trailer_misplaced (c);
  c->n_read++;
  c->n_rejected++;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  csv_find (c, PEN_SEV_RECORD, at, l->end, c->st.line, column, rule, fmt, a, b);
#pragma GCC diagnostic pop
}

const char *
csv_cell_name (const struct csv *c, size_t cell)
{
  if (!c->st.n_map)
    return cell < c->n_cols ? c->col[cell].name : NULL;
  for (size_t i = 0; i < c->n_cols; i++)
    if (c->st.map[i] == cell)
      return c->col[i].name;
  return NULL;
}

void
csv_row_broken (struct csv *c, const struct csv_line *l, size_t at)
{
  const char *column = csv_cell_name (c, l->column);
  unsigned long long cell = l->column + 1, place = l->at - at + 1;

  if (strcmp (l->rule, "stray_quote") == 0)
    csv_line_refuse (
        c, l, at, column, l->rule,
        "column %llu: expected quotes around the whole field, found one within it, at byte %llu of the record", cell,
        place);
  else if (strcmp (l->rule, "text_after_quote") == 0)
    csv_line_refuse (c, l, at, column, l->rule,
                     "column %llu: expected a delimiter or the line's end after the closing quote, found text, at byte "
                     "%llu of the record",
                     cell, place);
  else if (strcmp (l->rule, "unclosed_quote") == 0)
    csv_line_refuse (
        c, l, at, column, l->rule,
        "column %llu: expected a closing quote for the one at byte %llu of the record, found none; the next "
        "line is read afresh",
        cell, place);
  else if (strcmp (l->rule, "field_too_long") == 0)
    csv_line_refuse (
        c, l, at, column, l->rule,
        c->d.streams
            ? "column %llu: expected at most %llu bytes in a field without quotes, found more; the record is skipped"
            : "column %llu: expected at most max_field = %llu bytes, found more; the record is skipped",
        cell, c->d.max_field);
  else
    csv_line_refuse (
        c, l, at, column, l->rule,
        "column %llu: expected at most max_record = %llu bytes up to here, found more; the record is skipped", cell,
        c->d.max_record);
}

/* NUL bytes taken out, by option. */
static bool
without_nul (struct csv *c, struct csv_cell *cell)
{
  uint8_t *to;
  uint32_t k = 0;
  if (c->o->nul_bytes != NUL_REMOVE || !memchr (cell->p, 0, cell->n))
    return true;
  if (c->scratch_cap - c->scratch_n < cell->n + SLACK)
    return false; /* cannot be: need_scratch() had room for two copies */
  to = c->scratch + c->scratch_n;
  for (uint32_t i = 0; i < cell->n; i++)
    if (cell->p[i])
      to[k++] = cell->p[i];
  c->scratch_n += k;
  *cell = (struct csv_cell){ to, k, cell->quoted, 1 };
  return true;
}

/* The waiting row's cells from those of the line. */
static struct csv_cell *
arrange (struct csv *c, const struct csv_line *l)
{
  struct csv_cell *to = c->cells + c->n_rows * c->n_cols;
  static const struct csv_cell none = { nothing, 0, 0, 1 };
  for (size_t i = 0; i < c->n_cols; i++)
    {
      size_t k = c->st.n_map ? c->st.map[i] : i;
      to[i] = k < l->n_cells ? c->lexed[k] : none;
    }
  return to;
}

static void
add_line (struct csv *c, const struct csv_line *l, const uint8_t *p, size_t bytes, const struct csv_row *row)
{
  struct csv_cell *cells;

  if (!csv_scratch (c, 2 * bytes))
    return;
  if (c->n_rows == c->batch_rows)
    csv_batch_end (c);
  for (size_t i = 0; i < l->n_cells && i < CSV_FILE_COLUMNS; i++)
    if ((c->lexed[i].raw && csv_cook (c, &c->lexed[i])) || !without_nul (c, &c->lexed[i]))
      return;
  cells = arrange (c, l);
  c->n_read++;
  if (pen_find_bad_utf8 (p, bytes) < bytes || memchr (p, 0, bytes))
    for (size_t i = 0; i < c->n_cols; i++)
      {
        union csv_value v;
        if (csv_cell_read (c, &c->col[i], cells[i].p, cells[i].n, cells[i].quoted, &v, NULL) != CELL_BAD)
          continue;
        /* rows that wait are reported first; this one's cells stay where they are */
        struct csv_cell *own = c->lexed;
        memcpy (own, cells, c->n_cols * sizeof *own);
        size_t scratch_n = c->scratch_n;
        csv_batch_end (c);
        c->scratch_n = scratch_n;
        if (c->status == PEN_OK)
          csv_row_refuse (c, own, row);
        c->scratch_n = 0;
        return;
      }
  c->row[c->n_rows++] = *row;
  if (c->n_rows == c->batch_rows)
    csv_batch_end (c);
}

void
csv_row_take (struct csv *c, struct csv_line *l, const uint8_t *p, const struct csv_row *row)
{
  const struct csv_options *o = c->o;
  size_t at = row->at;
  if (l->rule && o->stray_quotes == STRAY_REJECT)
    csv_row_broken (c, l, at);
  else if (l->n_cells < c->st.width && o->short_rows == WIDTH_REJECT)
    csv_line_refuse (c, l, at, NULL, "missing_columns", "expected %llu columns, found %llu", c->st.width, l->n_cells);
  else if (l->n_cells > c->st.width && o->long_rows == WIDTH_REJECT)
    csv_line_refuse (c, l, at, NULL, "extra_columns", "expected %llu columns, found %llu", c->st.width, l->n_cells);
  else
    {
      if (c->has_trailer)
        csv_trailer_misplaced (c);
      add_line (c, l, p, l->end - (c->far.is_set ? 0 : at), row);
    }
}

static void
row_line (struct csv *c, struct csv_line *l, size_t at)
{
  struct csv_row row = { at, l->end, c->st.line };
  if (c->n_mark && csv_is_trailer (c, c->text.p + at, l->end - at))
    {
      csv_batch_end (c);
      csv_trailer_read (c, l, at);
      return;
    }
  csv_row_take (c, l, c->text.p + at, &row);
}

static void
blank_line (struct csv *c, struct csv_line *l, size_t at)
{
  if (c->o->blank_lines == BLANK_REJECT)
    csv_line_refuse (c, l, at, NULL, "blank_line", "expected %llu columns, found a blank line", c->st.width, 0);
  else if (c->o->blank_lines == BLANK_ROW)
    {
      c->lexed[0] = (struct csv_cell){ nothing, 0, 0, 1 };
      l->n_cells = 1;
      row_line (c, l, at);
    }
}

static size_t
one_line (struct csv *c, size_t at)
{
  const struct csv_text *t = &c->text;
  struct csv_line l;

  csv_lex (&c->d, t->p, t->n, at, c->last, true, &c->memo, c->lexed, CSV_FILE_COLUMNS, &l);
  if (l.kind == LINE_MORE) /* only of a chunk that cut() did not make */
    csv_lex (&c->d, t->p, t->n, at, true, true, NULL, c->lexed, CSV_FILE_COLUMNS, &l);
  switch (l.kind)
    {
    case LINE_ROW:
      row_line (c, &l, at);
      break;
    case LINE_BLANK:
      blank_line (c, &l, at);
      break;
    case LINE_BROKEN:
      csv_row_broken (c, &l, at);
      break;
    case LINE_LONG:
      csv_row_broken (c, &l, at);
      c->st.skip = l.skip;
      c->st.skip_cr = l.next > at && t->p[l.next - 1] == '\r';
      break;
    case LINE_STREAM:
      csv_long_begin (c, &l, t->p + at, l.next - at, c->chunk->offset + csv_source (&c->text, at), c->st.line);
      break;
    default:
      break;
    }
  c->st.line += l.lines;
  return l.next;
}

/* ---- runs of well-formed records ---- */

/* A cell between two separators; quotes stand at both of its ends or nowhere. */
static inline struct csv_cell
make_cell (struct csv *c, const uint8_t *from, const uint8_t *to)
{
  struct csv_cell cell = { from, (uint32_t)(to - from), 0, 0 };
  if (PEN_UNLIKELY (cell.n && c->d.has_quote && *from == c->d.quote))
    {
      cell.p++;
      cell.n -= 2;
      cell.quoted = 1;
      if (memchr (cell.p, c->d.quote, cell.n))
        {
          cell.raw = 1;
          csv_cook (c, &cell);
        }
    }
  return cell;
}

static inline size_t
text_end (const struct csv *c, size_t at, size_t end)
{
  if (c->d.newline == NEWLINE_CRLF || (c->d.newline == NEWLINE_LF && end > at && c->text.p[end - 1] == '\r'))
    return end - 1;
  return end;
}

/* Is all text of the indexed records good, so that none of them has to be looked at? */
static bool
is_clean (const struct csv *c, size_t base)
{
  const struct csv_index *x = &c->index;
  uint8_t odd = 0;
  if (!x->n_rec)
    return true;
  size_t n = x->sep[x->rec[x->n_rec - 1]];
  for (size_t b = 0; b <= n >> 6; b++)
    odd |= x->odd[b];
  return odd < 2 && (!odd || c->utf8_run (c->text.p + base, n));
}

/* Is the text between these places, counted from the index's start? */
static bool
is_text (const struct csv *c, size_t base, size_t from, size_t to)
{
  const struct csv_index *x = &c->index;
  const uint8_t *p = c->text.p + base;
  uint8_t odd = 0;
  for (size_t b = from >> 6; b <= to >> 6 && b < x->n_odd; b++)
    odd |= x->odd[b];
  return !odd || (pen_find_bad_utf8 (p + from, to - from) == to - from && !memchr (p + from, 0, to - from));
}

/* A record of the index that needs no second look becomes a waiting row. */
static inline bool
add_record (struct csv *c, size_t base, size_t at, size_t end, size_t first, size_t width, bool clean)
{
  const struct csv_index *x = &c->index;
  const uint8_t *p = c->text.p;

  if (width != c->st.width || end == at || end - at > c->d.max_field || end - at > c->d.max_record
      || (c->n_mark && csv_is_trailer (c, p + at, end - at)) || c->has_trailer)
    return false;
  if (!clean && !is_text (c, base, at - base, end - base))
    return false;
  if (PEN_UNLIKELY (c->scratch_cap - c->scratch_n < end - at + SLACK) && !csv_scratch (c, end - at))
    return true;
  struct csv_cell *cell = c->cells + c->n_rows * c->n_cols;
  const uint32_t *sep = x->sep + first;
  if (!c->st.n_map)
    {
      size_t from = at;
      for (size_t i = 0; i + 1 < c->n_cols; i++)
        {
          cell[i] = make_cell (c, p + from, p + base + sep[i]);
          from = base + sep[i] + 1;
        }
      cell[c->n_cols - 1] = make_cell (c, p + from, c->n_cols == width ? p + end : p + base + sep[c->n_cols - 1]);
    }
  else
    for (size_t i = 0; i < c->n_cols; i++)
      {
        size_t k = c->st.map[i];
        cell[i] = make_cell (c, p + (k ? base + sep[k - 1] + 1 : at), k + 1 == width ? p + end : p + base + sep[k]);
      }
  c->row[c->n_rows++] = (struct csv_row){ at, end, c->st.line };
  c->n_read++;
  return true;
}

/* Reads records from `at` on; returns where the next one begins, `at` when csv_lex() has to read it. */
static size_t
run (struct csv *c, size_t at)
{
  struct csv_index *x = &c->index;
  const uint8_t *p = c->text.p;
  size_t base = at, first = 0, n = c->text.n;
  uint64_t line = c->st.line;

  c->index_run (&c->d, p, n, at, c->batch_rows - c->n_rows, x);
  bool clean = is_clean (c, base);
  for (size_t r = 0; r < x->n_rec && c->status == PEN_OK; r++)
    {
      size_t stop = base + x->sep[x->rec[r]], next = stop + 1;
      next += c->d.newline == NEWLINE_AUTO && p[stop] == '\r' && next < n && p[next] == '\n';
      c->st.line = line + (r ? x->line[r - 1] : 0);
      if (add_record (c, base, at, text_end (c, at, stop), first, x->rec[r] - first + 1, clean))
        c->st.line = line + x->line[r];
      else
        {
          size_t got = one_line (c, at);
          if (got != next || c->st.skip || c->st.in_long)
            return got; /* too long: what the index says of it is void */
        }
      at = next;
      first = x->rec[r] + 1;
    }
  if (c->n_rows == c->batch_rows)
    csv_batch_end (c);
  return at;
}

int
csv_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
           const struct pen_out *out)
{
  struct csv *c = self;
  size_t at;
  int status;

  c->out = out;
  c->n_read = c->n_rejected = c->n_pieces = 0;
  c->sum = 0;
  c->has_trailer = false;
  c->n_rows = c->scratch_n = 0;
  pen_tables_reset (&c->set);
  status = csv_begin (c, chunk, in, &at);
  if (status == PEN_MORE)
    return c->host->fail (c->host->ctx, "csv: a chunk of %zu bytes is not one of this parser's", chunk->bytes.n);
  if (status != PEN_OK)
    return status;
  while (at < c->text.n && c->st.phase != PHASE_DEAD && c->status == PEN_OK)
    {
      struct csv_line l;
      size_t from = at;
      if (c->st.in_long)
        {
          size_t known;
          if (csv_long_step (c, &at, &known) == LONG_MORE) /* only of a chunk that cut() did not make */
            csv_long_unclosed (c), at = c->text.n;
        }
      else if (c->st.skip)
        at = csv_skip (&c->d, c->text.p, c->text.n, at, &c->st.skip, &c->st.skip_cr, &c->st.line);
      else if (c->st.phase != PHASE_ROWS)
        {
          csv_prologue_lex (c, at, true, &l);
          if (l.kind == LINE_MORE)
            l.next = c->text.n;
          csv_prologue (c, &l, at);
          at = l.next;
        }
      else
        {
          if (c->d.fast)
            at = run (c, at);
          if (at == from && c->status == PEN_OK)
            at = one_line (c, at);
        }
    }
  if (c->last && c->st.in_long)
    csv_long_unclosed (c);
  csv_batch_end (c);
  if (c->last && c->st.phase == PHASE_HEADER && c->status == PEN_OK)
    csv_find (c, PEN_SEV_WARN, c->text.n, c->text.n, c->st.line, NULL, "missing_header",
              "expected a header, found nothing");
  csv_trailer_end (c);
  csv_flush (c);
  if (c->n_read && c->status == PEN_OK)
    c->status = out->read (out->ctx, 0, c->n_read);
  if (c->n_pieces && c->status == PEN_OK)
    c->status = out->read (out->ctx, 1, c->n_pieces);
  if (c->n_rejected && c->status == PEN_OK)
    c->status = out->rejected (out->ctx, 0, c->n_rejected);
  csv_state_save (&c->st, end);
  c->out = NULL;
  return c->status;
}
