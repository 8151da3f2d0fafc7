/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - what is carried from chunk to chunk, and the lines before the first row, which cut and parse read alike. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "csv.h"

void
csv_state_save (const struct csv_state *s, struct pen_carry *c)
{
  size_t n = STATE_HEAD + s->n_map * sizeof *s->map;
  memcpy (c->b, s, n);
  memcpy (c->b + n, s->held, s->n_held);
  c->len = (uint32_t)(n + s->n_held);
}

bool
csv_state_load (struct csv_state *s, const struct pen_carry *c)
{
  memset (s, 0, sizeof *s);
  s->line = 1;
  if (c->len == 0)
    return true;
  if (c->len < STATE_HEAD || c->len > sizeof *s)
    return false;
  memcpy (s, c->b, STATE_HEAD);
  size_t map = s->n_map * sizeof *s->map;
  if (s->n_map > CSV_COLUMNS || s->n_held > CSV_HELD || c->len != STATE_HEAD + map + s->n_held)
    return false;
  memcpy (s->map, c->b + STATE_HEAD, map);
  memcpy (s->held, c->b + STATE_HEAD + map, s->n_held);
  return true;
}

static bool
is_sane (const struct csv *c)
{
  const struct csv_state *s = &c->st;
  if (s->phase > PHASE_DEAD || s->skip > SKIP_CR || s->encoding > ENC_WINDOWS_1252 || s->width > CSV_FILE_COLUMNS
      || (s->n_map && s->n_map != c->n_cols) || s->in_long > 1
      || (s->in_long && (!c->d.streams || s->skip || !s->n_held)))
    return false;
  for (size_t i = 0; i < s->n_map; i++)
    if (s->map[i] >= s->width)
      return false;
  return s->n_map || s->phase != PHASE_ROWS || s->width >= c->n_cols;
}

static void
start (struct csv *c)
{
  c->st.skip_lines = (uint32_t)c->o->skip_lines;
  c->st.width = (uint16_t)c->n_cols;
  c->st.phase = c->st.skip_lines ? PHASE_SKIP : c->o->header ? PHASE_HEADER : PHASE_ROWS;
}

int
csv_begin (struct csv *c, const struct pen_chunk *chunk, const struct pen_carry *in, size_t *at)
{
  size_t mark = 0;

  if (!csv_state_load (&c->st, in) || !is_sane (c))
    return c->host->fail (c->host->ctx, "csv: the carry of %u bytes is not one of this pipeline", in->len);
  c->chunk = chunk;
  c->last = chunk->flags & PEN_CHUNK_LAST;
  c->status = PEN_OK;
  c->far.is_set = false;
  if (c->st.phase == PHASE_START)
    {
      if (!csv_detect (chunk->bytes, c->last || c->out, c->o->encoding, &c->st.encoding, &mark))
        return PEN_MORE;
      start (c);
    }
  if (csv_decode (&c->text, chunk->bytes, c->st.encoding, c->last))
    return c->host->fail (c->host->ctx, "csv: no memory to decode %zu bytes", chunk->bytes.n);
  /* the mark is one character in whatever encoding, of three bytes as UTF-8 */
  *at = mark ? 3 : 0;
  c->d.width = c->st.width;
  csv_memo_clear (&c->memo);
  return PEN_OK;
}

static void
refuse (struct csv *c, const struct csv_line *l, size_t at, int severity, const char *rule, const char *text)
{
  c->st.phase = PHASE_DEAD;
  if (c->out)
    csv_find (c, severity, at, l->end, c->st.line, NULL, rule, "%s", text);
}

static void
header (struct csv *c, const struct csv_line *l, size_t at)
{
  char diff[900];
  bool extra;

  if (l->kind != LINE_ROW || l->n_cells > CSV_FILE_COLUMNS || (l->rule && c->o->stray_quotes == STRAY_REJECT))
    {
      refuse (c, l, at, PEN_SEV_OBJECT, "bad_header",
              l->n_cells > CSV_FILE_COLUMNS ? "expected at most 4096 columns in the header"
                                            : "expected a header, found one that breaks the rules of quoting");
      return;
    }
  c->scratch_n = 0;
  if (!csv_scratch (c, l->end - at))
    return;
  for (size_t i = 0; i < l->n_cells; i++)
    if (c->lexed[i].raw && csv_cook (c, &c->lexed[i]))
      return;
  if (!csv_header_map (c, c->lexed, l->n_cells, diff, sizeof diff, &extra))
    {
      refuse (c, l, at, c->o->on_drift == DRIFT_HALT ? PEN_SEV_HALT : PEN_SEV_OBJECT, "header_drift", diff);
      return;
    }
  c->d.width = c->st.width;
  c->st.phase = PHASE_ROWS;
  if (c->out && extra)
    csv_find (c, PEN_SEV_WARN, at, l->end, c->st.line, NULL, "header_drift", "%s", diff);
}

/* Excel's first line "sep=;", which some programs write. */
static bool
is_separator_line (const struct csv *c, const struct csv_line *l, size_t at)
{
  const uint8_t *p = c->text.p + at;
  return c->st.line == 1 && l->end - at == 4u + c->d.n_delim && memcmp (p, "sep=", 4) == 0
         && memcmp (p + 4, c->d.delim, c->d.n_delim) == 0;
}

void
csv_prologue (struct csv *c, const struct csv_line *l, size_t at)
{
  if (c->st.phase == PHASE_SKIP)
    {
      if (--c->st.skip_lines == 0)
        c->st.phase = c->o->header ? PHASE_HEADER : PHASE_ROWS;
    }
  else if (l->kind != LINE_BLANK && l->kind != LINE_COMMENT && !is_separator_line (c, l, at))
    header (c, l, at);
  c->st.line += l->lines;
}

/* One line before the rows, as it is read: raw while lines are skipped. */
void
csv_prologue_lex (struct csv *c, size_t at, bool closed, struct csv_line *l)
{
  const struct csv_text *t = &c->text;
  if (c->st.phase != PHASE_SKIP)
    {
      csv_lex (&c->d, t->p, t->n, at, c->last, closed, &c->memo, c->lexed, CSV_FILE_COLUMNS, l);
      if (l->kind == LINE_LONG || l->kind == LINE_STREAM)
        {
          l->kind = LINE_BROKEN; /* nothing is read behind it */
          l->next = l->known;
        }
      return;
    }
  memset (l, 0, sizeof *l);
  l->kind = LINE_COMMENT;
  l->end = csv_line_end (&c->d, t->p, t->n, at, &l->next);
  l->lines = l->next > l->end;
  if (!c->last && !closed && l->next == t->n)
    l->kind = LINE_MORE;
}
