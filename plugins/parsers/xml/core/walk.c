/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - goes over a window to cut it, or over a chunk to parse it, from one carry to the next. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <penstock/scan.h>
#include "walk.h"

#define SPARSE (16u << 10) /* bytes between remembered places, but for the window's last ones */

struct xml_walk *
xml_walk_create (const struct pen_host *host, const struct xml_limits *limits, const struct xml_handler *handler,
                 void *ctx)
{
  struct xml_walk *w = calloc (1, sizeof *w);

  if (!w)
    {
      host->fail (host->ctx, "xml: no memory");
      return NULL;
    }
  w->host = host;
  w->limits = *limits;
  w->h = handler;
  w->ctx = ctx;
  w->stack = calloc (limits->depth + 2, sizeof *w->stack);
  w->attr = calloc (limits->attributes + 1, sizeof *w->attr);
  w->cooked = calloc (limits->attributes + 1, 1);
  if (!w->stack || !w->attr || !w->cooked || xml_names_init (w) != PEN_OK)
    host->fail (host->ctx, "xml: no memory");
  else if (xml_text_init (w) == PEN_OK)
    {
      w->stack[0].ns = &xml_no_ns;
      return w;
    }
  xml_walk_destroy (w);
  return NULL;
}

void
xml_walk_destroy (struct xml_walk *w)
{
  if (!w)
    return;
  xml_names_fini (w);
  xml_text_fini (w);
  free (w->stack);
  free (w->attr);
  free (w->cooked);
  free (w->scratch);
  free (w);
}

/* ---- places ---- */

void
xml_line_start_to (struct xml_walk *w, size_t place)
{
  const uint8_t *p = w->p, *lf;

  if (place < w->start_at)
    {
      w->line_start = w->first_start;
      w->start_at = 0;
    }
  if (place == w->start_at)
    return;
  lf = memrchr (p + w->start_at, '\n', place - w->start_at);
  if (lf)
    w->line_start = w->offset + xml_text_source (w, (size_t)(lf - p) + 1);
  w->start_at = place;
}

uint64_t
xml_offset (struct xml_walk *w, size_t place)
{
  return w->offset + xml_text_source (w, place);
}

uint64_t
xml_line (struct xml_walk *w, size_t place)
{
  if (place < w->line_at)
    {
      w->line = w->first_line;
      w->line_at = 0;
    }
  w->line += pen_count_newlines (w->p + w->line_at, place - w->line_at);
  w->line_at = place;
  return w->line;
}

/* ---- what handlers ask ---- */

struct pen_span
xml_bytes (const struct xml_walk *w, size_t at, size_t end)
{
  return (struct pen_span){ w->p + at, end - at };
}

void
xml_hold (struct xml_walk *w, bool hold)
{
  w->held = hold;
}
bool
xml_is_cutting (const struct xml_walk *w)
{
  return w->cutting;
}
bool
xml_in_record (const struct xml_walk *w)
{
  return w->record != 0;
}
const struct pen_out *
xml_out (const struct xml_walk *w)
{
  return w->out;
}

size_t
xml_scopes (const struct xml_walk *w)
{
  return w->names.n_scope;
}
const struct xml_ns *
xml_scope (const struct xml_walk *w, size_t i)
{
  return &w->names.scope[i]->ns;
}

int
xml_find (struct xml_walk *w, int severity, size_t at, size_t end, const char *column, const char *rule,
          const char *fmt, ...)
{
  struct pen_finding f = { .size = sizeof f, .severity = severity, .column = column, .rule = rule };
  char text[512];
  va_list ap;

  if (!w->out)
    return PEN_OK;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  f.text = text;
  f.line = xml_line (w, at);
  f.offset = xml_offset (w, at);
  f.length = xml_offset (w, end) - f.offset;
  return w->out->finding (w->out->ctx, &f);
}

/* ---- beginning and end of a chunk ---- */

/* The declared encoding is weighed against what the first bytes are. */
static enum xml_tok
choose_encoding (struct xml_walk *w, const char *name, bool marked)
{
  uint8_t is = w->text.encoding, declared = xml_encoding_by_name (w, name);
  bool wide = is != ENC_UTF8, wide_declared = declared == ENC_UTF16LE || declared == ENC_UTF16BE;

  if (!*name)
    return TOK_OK;
  if (declared == ENC_NONE)
    return xml_bad (w, 0, "encoding", "expected an encoding that is known (option encodings), found \"%s\"", name);
  if (wide && wide_declared && (declared == is || (declared == ENC_UTF16LE && strcasecmp (name, "UTF-16LE") != 0)))
    return TOK_OK;
  if (wide || wide_declared || (marked && declared != ENC_UTF8))
    return xml_bad (w, 0, "encoding", "expected %s, as the first bytes say, found the declaration of \"%s\"",
                    wide ? "UTF-16" : "an encoding of single bytes", name);
  if (declared != is && xml_text_load (w, w->text.source, declared) != PEN_OK)
    return TOK_STOP;
  return TOK_OK;
}

static enum xml_tok
start_document (struct xml_walk *w, struct pen_span bytes)
{
  char name[64];
  enum xml_tok t;
  uint8_t encoding = xml_detect (bytes, w->last || !w->cutting);
  bool marked;

  if (encoding == ENC_NONE)
    return TOK_MORE;
  if (xml_text_load (w, bytes, encoding) != PEN_OK)
    return TOK_STOP;
  marked = w->n >= 3 && memcmp (w->p, "\xef\xbb\xbf", 3) == 0;
  w->at = marked ? 3 : 0;
  t = xml_declaration (w, name);
  if (t == TOK_OK)
    t = choose_encoding (w, name, marked);
  if (t != TOK_OK)
    return t;
  w->phase = PHASE_PROLOG;
  if (w->cutting && w->at > 3)
    xml_safe_place (w);
  return TOK_OK;
}

/* How the walk ended; TOK_OK: well, and everything was read that can be. */
static enum xml_tok
settle (struct xml_walk *w, enum xml_tok t)
{
  if (t != TOK_MORE && t != TOK_END)
    return t;
  if (w->text.broken)
    return xml_bad (w, w->n, "encoding", "expected a character of the document's encoding, found bytes that are none");
  if (w->last && (t == TOK_MORE || w->phase != PHASE_EPILOG))
    {
      const struct pen_span name = w->depth ? w->stack[w->depth].sym->name : (struct pen_span){ NULL, 0 };
      if (!w->depth)
        return xml_bad (w, w->n, "truncated", "expected a root element up to the document's end, found %s",
                        w->phase == PHASE_EPILOG ? "markup that does not end" : "none");
      return xml_bad (w, w->n, "truncated", "expected </%.*s>, found the document's end",
                      (int)(name.n < 60 ? name.n : 60), (const char *)name.p);
    }
  return t == TOK_END && !w->record ? TOK_OK : TOK_MORE;
}

static enum xml_tok
walk (struct xml_walk *w, const struct pen_chunk *c)
{
  enum xml_tok t = TOK_OK;
  w->offset = c->offset;
  w->last = c->flags & PEN_CHUNK_LAST;
  w->at = w->line_at = w->start_at = w->free_at = 0;
  w->first_line = w->line;
  w->first_start = w->line_start;
  w->held = w->has_safe = w->text.broken = false;
  w->status = PEN_OK;
  w->text.broken = false; /* of an earlier document, should this window be too short to tell the encoding by */
  if (w->phase == PHASE_START)
    t = start_document (w, c->bytes);
  else if (xml_text_load (w, c->bytes, w->text.encoding) != PEN_OK)
    t = TOK_STOP;
  if (t == TOK_OK)
    t = xml_run (w);
  if (t == TOK_STOP && w->status == STATUS_REFUSED)
    return TOK_BAD;
  return settle (w, t);
}

static int
foreign (struct xml_walk *w)
{
  return w->host->fail (w->host->ctx, "xml: a carry that this parser did not write");
}

void
xml_safe_place (struct xml_walk *w)
{
  if (w->held || w->record || (w->has_safe && w->at - w->safe_at < SPARSE && w->n - w->at > SPARSE))
    return;
  if (xml_carry_save (w, &w->safe[w->safe_is ^ 1]))
    {
      w->safe_is ^= 1;
      w->safe_at = w->at;
      w->has_safe = true;
    }
}

/* What begins at a place is longer than a window that a cut must be found in. */
static enum xml_tok
too_long (struct xml_walk *w, size_t at, const char *what)
{
  return xml_bad (w, at, "record_too_long", "expected %s of at most %llu bytes, found a longer one", what,
                  (unsigned long long)w->limits.window);
}

enum xml_tok
xml_free_place (struct xml_walk *w, size_t end)
{
  if (w->held || (w->record && w->record != w->depth))
    return TOK_OK;
  if (xml_text_source (w, end) - xml_text_source (w, w->free_at) > w->limits.window)
    return too_long (w, xml_skip_blanks (w, w->free_at), "a record");
  if (!w->record)
    w->free_at = end;
  return TOK_OK;
}

int
xml_cut (struct xml_walk *w, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut)
{
  enum xml_tok t;

  w->cutting = true;
  w->out = NULL;
  if (!xml_carry_load (w, carry))
    return foreign (w);
  *cut = window->bytes.n;
  if (w->phase == PHASE_DEAD)
    return PEN_OK;
  t = walk (w, window);
  if (t == TOK_STOP)
    return w->status;
  if (t == TOK_BAD)
    {
      xml_carry_dead (carry);
      return PEN_OK;
    }
  if (w->last)
    {
      w->at = w->n;
      return xml_carry_save (w, carry) ? PEN_OK : w->host->fail (w->host->ctx, "xml: too much to carry at the end");
    }
  if (!w->has_safe && (!w->limits.window || window->bytes.n < w->limits.window))
    return PEN_MORE;
  if (!w->has_safe) /* a longer window will not come: parse() says what is wrong */
    {
      xml_carry_dead (carry);
      return PEN_OK;
    }
  *cut = xml_text_source (w, w->safe_at);
  *carry = w->safe[w->safe_is];
  return PEN_OK;
}

static int
report (struct xml_walk *w)
{
  struct pen_finding f = { .size = sizeof f, .severity = PEN_SEV_OBJECT, .rule = w->error.rule };
  char text[sizeof w->error.text + 40];

  if (w->h->broken)
    w->h->broken (w->ctx);
  f.line = xml_line (w, w->error.at);
  f.offset = xml_offset (w, w->error.at);
  xml_line_start_to (w, w->error.at);
  snprintf (text, sizeof text, "column %llu: %s", (unsigned long long)(f.offset - w->line_start + 1), w->error.text);
  f.text = text;
  return w->out->finding (w->out->ctx, &f);
}

int
xml_parse (struct xml_walk *w, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
           const struct pen_out *out)
{
  enum xml_tok t;
  int status = PEN_OK;

  w->cutting = false;
  w->out = out;
  if (!xml_carry_load (w, in))
    return foreign (w);
  xml_carry_dead (end);
  if (w->phase == PHASE_DEAD)
    return PEN_OK;
  t = walk (w, chunk);
  if (t == TOK_STOP)
    status = w->status;
  else if (t == TOK_OK)
    {
      w->at = w->n;
      if (!xml_carry_save (w, end))
        status = w->host->fail (w->host->ctx, "xml: too much to carry at the chunk's end");
    }
  else
    {
      if (t == TOK_MORE && w->limits.window && chunk->bytes.n >= w->limits.window)
        too_long (w, w->record ? w->stack[w->record].at : 0, w->record ? "a record" : "a header");
      else if (t == TOK_MORE)
        xml_bad (w, w->n, NOT_WF, "expected markup to end, found another record's bytes within it");
      status = report (w);
    }
  w->out = NULL;
  return status;
}
