/* SPDX-License-Identifier: Apache-2.0 */
/* cut.c - finds the end of the last whole record in a window, and brings the carried state there. */
#include "csv.h"

/* A walk over a window. */
struct walk
{
  struct csv *c;
  size_t at;
  size_t known;           /* no chunk may end before: a verdict needs the bytes */
  size_t good;            /* the last place that a chunk may end at; 0: none yet */
  struct csv_state state; /* there */
};

static void
may_end (struct walk *w)
{
  if (w->at == 0 || w->at < w->known)
    return;
  w->good = w->at;
  w->state = w->c->st;
}

/* Goes on skipping a long record. */
static void
skip (struct walk *w)
{
  struct csv *c = w->c;
  w->at = csv_skip (&c->d, c->text.p, c->text.n, w->at, &c->st.skip, &c->st.skip_cr, &c->st.line);
  /* whether an LF follows this CR is for the next chunk to see, since parse() would not */
  if (c->st.skip != SKIP_NONE || c->d.newline != NEWLINE_AUTO || w->at == 0 || c->text.p[w->at - 1] != '\r')
    may_end (w);
}

/* One line by the whole rule book. False: it does not end in the window. */
static bool
line (struct walk *w)
{
  struct csv *c = w->c;
  struct csv_line l;
  bool rows = c->st.phase == PHASE_ROWS, trailer;

  if (rows)
    csv_lex (&c->d, c->text.p, c->text.n, w->at, c->last, false, &c->memo, NULL, 0, &l);
  else
    csv_prologue_lex (c, w->at, false, &l);
  if (l.kind == LINE_MORE)
    return false;
  if (l.known > w->known)
    w->known = l.known;
  if (rows)
    c->st.line += l.lines;
  else
    csv_prologue (c, &l, w->at);
  trailer =
      rows && l.kind != LINE_BLANK && l.kind != LINE_COMMENT && csv_is_trailer (c, c->text.p + w->at, l.end - w->at);
  if (l.kind == LINE_STREAM)
    {
      csv_long_begin (c, &l, c->text.p + w->at, l.next - w->at, c->chunk->offset + csv_source (&c->text, w->at),
                      c->st.line - l.lines);
      w->at = l.next;
      may_end (w);
      return true;
    }
  bool gap = rows && (l.kind == LINE_BLANK || l.kind == LINE_COMMENT) && c->n_mark;
  size_t from = w->at;
  w->at = l.next;
  if (l.kind == LINE_LONG)
    {
      c->st.skip = l.skip;
      c->st.skip_cr = l.next > from && c->text.p[l.next - 1] == '\r';
      skip (w);
    }
  /* whether a trailer is the last record is for one chunk to see, together with what follows */
  else if (!trailer && !(gap && w->good < from))
    may_end (w);
  return true;
}

/* Goes on in a long field. False: the window ends too early. */
static bool
piece (struct walk *w)
{
  enum csv_long got = csv_long_step (w->c, &w->at, &w->known);
  if (got == LONG_PIECE)
    may_end (w);
  return got != LONG_MORE;
}

/* Records that quotes' parity is enough for. */
static void
run (struct walk *w)
{
  struct csv *c = w->c;
  const struct csv_text *t = &c->text;
  size_t n = t->n;

  if (n > w->at && !c->last && t->p[n - 1] == '\r')
    n--; /* perhaps half a line end */
  w->at = c->pass_run (&c->d, t->p, n, w->at, &c->st.line);
}

static int
walk (struct walk *w)
{
  struct csv *c = w->c;
  while (w->at < c->text.n && c->st.phase != PHASE_DEAD)
    {
      if (c->st.skip)
        {
          skip (w);
          continue;
        }
      if (c->st.in_long)
        {
          if (!piece (w))
            break;
          continue;
        }
      size_t from = w->at;
      if (c->st.phase == PHASE_ROWS && c->d.fast && !c->n_mark)
        run (w);
      if (w->at > from)
        may_end (w);
      if (w->at < c->text.n && !line (w))
        break;
    }
  if (c->st.phase == PHASE_DEAD || c->last)
    {
      w->at = w->good = c->text.n;
      if (c->st.in_long)
        csv_long_unclosed (c);
      w->state = c->st;
    }
  return w->good ? PEN_OK : PEN_MORE;
}

int
csv_cut (void *self, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut)
{
  struct csv *c = self;
  struct walk w = { .c = c };
  int status;

  c->out = NULL;
  status = csv_begin (c, window, carry, &w.at);
  if (status == PEN_OK)
    status = walk (&w);
  if (status == PEN_OK && c->status != PEN_OK)
    status = c->status;
  if (status != PEN_OK)
    return status;
  /* a dead object's windows end anywhere */
  *cut = w.state.phase == PHASE_DEAD || c->last ? window->bytes.n : csv_source (&c->text, w.good);
  csv_state_save (&w.state, carry);
  return PEN_OK;
}
