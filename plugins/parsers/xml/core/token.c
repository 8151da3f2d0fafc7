/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - text, references, comments, processing instructions and CDATA; and the loop that goes from one to the next. */
#include <stdarg.h>
#include <stdio.h>
#include <penstock/utf8.h>
#include "walk.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

__attribute__ ((format (printf, 4, 0))) static void
note_error (struct xml_walk *w, size_t at, const char *rule, const char *fmt, va_list ap)
{
  w->error.at = at;
  w->error.rule = rule;
  vsnprintf (w->error.text, sizeof w->error.text, fmt, ap);
}

enum xml_tok
xml_bad (struct xml_walk *w, size_t at, const char *rule, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  note_error (w, at, rule, fmt, ap);
  va_end (ap);
  return TOK_BAD;
}

int
xml_refuse (struct xml_walk *w, size_t at, const char *rule, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  note_error (w, at, rule, fmt, ap);
  va_end (ap);
  return STATUS_REFUSED;
}

enum xml_tok
xml_bad_char (struct xml_walk *w, size_t at)
{
  const uint8_t *p = w->p + at;
  size_t n = w->n - at;
  if (p[0] >= 0x80 && xml_is_half (p, n))
    return TOK_MORE;
  if (p[0] >= 0x80 && !pen_utf8_length (p, n))
    return xml_bad (w, at, "encoding", "expected UTF-8, found the byte 0x%02x", p[0]);
  return xml_bad (w, at, NOT_WF, "expected a character that XML allows, found one that it does not (byte 0x%02x%s)",
                  p[0], p[0] >= 0x80 ? " and the next ones" : "");
}

/* ---- references ---- */

static enum xml_tok
char_reference (struct xml_walk *w, size_t at, uint8_t to[4], size_t *n, size_t *end)
{
  size_t i = at + 2;
  bool hex = i < w->n && w->p[i] == 'x', any = false;
  uint32_t c = 0;

  for (i += hex; i < w->n; i++, any = true)
    {
      unsigned d = (unsigned)w->p[i] - '0', h = ((unsigned)w->p[i] | 0x20) - 'a';
      if (d > 9 && !(hex && h < 6))
        break;
      c = c * (hex ? 16 : 10) + (d <= 9 ? d : h + 10);
      if (c > 0x110000)
        c = 0x110000;
    }
  if (i == w->n)
    return i - at > w->limits.value
               ? xml_bad (w, at, "limit", "a character reference of more than %u bytes", w->limits.value)
               : TOK_MORE;
  if (!any || w->p[i] != ';')
    return xml_bad (w, i, NOT_WF, "expected %s in a character reference",
                    any ? "\";\"" : (hex ? "hexadecimal digits" : "digits"));
  if (!xml_is_char (c))
    return xml_bad (w, at, NOT_WF, "expected a reference to a character that XML allows, found %s%x",
                    hex ? "&#x" : "code ", c);
  *n = xml_put_char (to, c);
  *end = i + 1;
  return TOK_OK;
}

enum xml_tok
xml_reference (struct xml_walk *w, size_t at, uint8_t to[4], size_t *n, size_t *end)
{
  static const struct
  {
    char name[6];
    uint8_t n, c;
  } known[] = { { "lt", 2, '<' }, { "gt", 2, '>' }, { "amp", 3, '&' }, { "quot", 4, '"' }, { "apos", 4, '\'' } };
  const uint8_t *p = w->p + at + 1;
  size_t left = w->n - at - 1, k, colon, colons;

  if (!left)
    return TOK_MORE;
  if (*p == '#')
    return char_reference (w, at, to, n, end);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (left > known[i].n && memcmp (p, known[i].name, known[i].n) == 0 && p[known[i].n] == ';')
      {
        *to = known[i].c;
        *n = 1;
        *end = at + known[i].n + 2;
        return TOK_OK;
      }
  k = xml_name_length (p, left, &colon, &colons);
  if (k > w->limits.name)
    return xml_bad (w, at, "limit", "the name of an entity has more than %u bytes", w->limits.name);
  if (k == left || (k < left && p[k] >= 0x80 && xml_is_half (p + k, left - k)))
    return TOK_MORE;
  if (!k || p[k] != ';')
    return xml_bad (w, at, NOT_WF, "expected &amp; or a reference, found & alone");
  return xml_bad (w, at, "entity", "expected no entity but lt, gt, amp, quot and apos, found &%.*s;",
                  (int)(k < 40 ? k : 40), (const char *)p);
}

/* ---- text ---- */

/* The first byte from `at` on that is not plain text. */
static inline size_t
plain (const uint8_t *p, size_t at, size_t n)
{
#ifdef __SSE2__
  const __m128i low = _mm_set1_epi8 (0x20), tab = _mm_set1_epi8 ('\t'), lf = _mm_set1_epi8 ('\n'),
                lt = _mm_set1_epi8 ('<'), amp = _mm_set1_epi8 ('&'), close = _mm_set1_epi8 (']');
  for (; n - at >= 16; at += 16)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(p + at));
      __m128i ok = _mm_or_si128 (_mm_cmpeq_epi8 (v, tab), _mm_cmpeq_epi8 (v, lf));
      __m128i odd = _mm_andnot_si128 (ok, _mm_cmplt_epi8 (v, low)); /* signed: 0x80 and above, too */
      odd = _mm_or_si128 (odd, _mm_or_si128 (_mm_cmpeq_epi8 (v, lt),
                                             _mm_or_si128 (_mm_cmpeq_epi8 (v, amp), _mm_cmpeq_epi8 (v, close))));
      int m = _mm_movemask_epi8 (odd);
      if (m)
        return at + (size_t)__builtin_ctz ((unsigned)m);
    }
#endif
  while (at < n && ((p[at] >= 0x20 && p[at] < 0x80) || p[at] == '\t' || p[at] == '\n') && p[at] != '<' && p[at] != '&'
         && p[at] != ']')
    at++;
  return at;
}

static inline enum xml_tok
say_text (struct xml_walk *w, const uint8_t *p, size_t n, size_t at)
{
  if (!n || w->mute)
    return TOK_OK;
  int status = w->h->text (w->ctx, &w->stack[w->depth], (struct pen_span){ p, n }, at);
  if (status == PEN_OK)
    return TOK_OK;
  w->status = status;
  return TOK_STOP;
}

/* A byte of the text that is not plain, at `at`: what it stands for is said. *next: where to go on; *from: where the
 * piece begins that is not said yet. */
static enum xml_tok
odd_text (struct xml_walk *w, size_t at, size_t *next, size_t *from, bool cdata)
{
  const uint8_t *p = w->p;
  enum xml_tok t;
  uint8_t c[4];
  size_t k, end;

  if (p[at] >= 0x80)
    {
      k = xml_char (p + at, w->n - at);
      *next = at + k;
      return k ? TOK_OK : xml_bad_char (w, at);
    }
  if (p[at] == '\r')
    {
      if (at + 1 == w->n && !w->last)
        return TOK_MORE;
      t = say_text (w, p + *from, at - *from, *from);
      *next = *from = at + 1;
      if (t == TOK_OK && !(at + 1 < w->n && p[at + 1] == '\n'))
        t = say_text (w, (const uint8_t *)"\n", 1, at);
      return t;
    }
  if (p[at] == ']' && !cdata)
    {
      *next = at + 1;
      if (w->n - at < 3 && !w->last && memcmp (p + at, "]]>", w->n - at) == 0)
        return TOK_MORE;
      if (w->n - at >= 3 && p[at + 1] == ']' && p[at + 2] == '>')
        return xml_bad (w, at, NOT_WF, "expected no \"]]>\" in text");
      return TOK_OK;
    }
  if (p[at] == '&' && !cdata)
    {
      t = xml_reference (w, at, c, &k, &end);
      if (t != TOK_OK)
        return t;
      t = say_text (w, p + *from, at - *from, *from);
      *next = *from = end;
      return t == TOK_OK ? say_text (w, c, k, at) : t;
    }
  return xml_bad_char (w, at);
}

static enum xml_tok
long_text (struct xml_walk *w, size_t at, const char *what)
{
  return xml_bad (w, at, "limit", "%s has more than %u bytes (max_text)", what, w->limits.text);
}

/* Text from w->at up to the next '<'. */
static inline enum xml_tok
text (struct xml_walk *w)
{
  size_t start = w->at, from = start, at = start;
  enum xml_tok t;

  for (;;)
    {
      at = plain (w->p, at, w->n);
      if (at - start > w->limits.text)
        return long_text (w, start, "a text");
      if (at == w->n)
        return at == start ? TOK_END : TOK_MORE;
      if (w->p[at] == '<')
        break;
      t = odd_text (w, at, &at, &from, false);
      if (t != TOK_OK)
        return t;
    }
  w->at = at;
  return say_text (w, w->p + from, at - from, from);
}

/* ---- other markup ---- */

/* The place of a mark of two or three bytes from `from` on; TOK_BAD, TOK_MORE. All characters before it are looked at. */
static enum xml_tok
find_mark (struct xml_walk *w, size_t from, const char *mark, size_t n_mark, const char *what, size_t *place)
{
  size_t at = from;
  for (;;)
    {
      size_t k;
      if (at - from > w->limits.text)
        return long_text (w, from, what);
      if (at >= w->n)
        return TOK_MORE;
      if (w->p[at] == (uint8_t)mark[0])
        {
          size_t left = w->n - at;
          if (memcmp (w->p + at, mark, left < n_mark ? left : n_mark) == 0)
            {
              *place = at;
              return left < n_mark ? TOK_MORE : TOK_OK;
            }
        }
      k = w->p[at] >= 0x20 && w->p[at] < 0x80 ? 1 : xml_char (w->p + at, w->n - at);
      if (!k)
        return xml_bad_char (w, at);
      at += k;
    }
}

enum xml_tok
xml_comment (struct xml_walk *w)
{
  size_t end;
  enum xml_tok t = find_mark (w, w->at + 4, "--", 2, "a comment", &end);
  if (t != TOK_OK)
    return t;
  if (end + 2 == w->n)
    return TOK_MORE;
  if (w->p[end + 2] != '>')
    return xml_bad (w, end, NOT_WF, "expected no \"--\" within a comment");
  w->at = end + 3;
  return TOK_OK;
}

enum xml_tok
xml_pi (struct xml_walk *w)
{
  const uint8_t *p = w->p + w->at + 2;
  size_t left = w->n - w->at - 2, colon, colons, k = xml_name_length (p, left, &colon, &colons), end;
  enum xml_tok t;

  if (k > w->limits.name)
    return xml_bad (w, w->at, "limit", "a name has more than %u bytes (max_name)", w->limits.name);
  if (k == left || (p[k] >= 0x80 && xml_is_half (p + k, left - k)))
    return TOK_MORE;
  if (!k)
    return xml_bad (w, w->at + 2, NOT_WF, "expected the name of a processing instruction");
  if (k == 3 && (p[0] | 0x20) == 'x' && (p[1] | 0x20) == 'm' && (p[2] | 0x20) == 'l')
    return xml_bad (w, w->at, NOT_WF, "expected the XML declaration only as the first bytes of the document");
  if (colons)
    return xml_bad (w, w->at, "namespace", "expected no colon in the name of a processing instruction");
  if (p[k] != '?' && !(xml_class[p[k]] & C_BLANK))
    return xml_bad (w, w->at + 2 + k, NOT_WF, "expected a blank or \"?>\" after the name of a processing instruction");
  t = find_mark (w, w->at + 2 + k, "?>", 2, "a processing instruction", &end);
  if (t != TOK_OK)
    return t;
  if (p[k] == '?' && end != w->at + 2 + k)
    return xml_bad (w, w->at + 2 + k, NOT_WF, "expected \"?>\" after the name of a processing instruction");
  w->at = end + 2;
  return TOK_OK;
}

static enum xml_tok
cdata (struct xml_walk *w)
{
  size_t from = w->at + 9, start = from, at = from;
  for (;;)
    {
      enum xml_tok t;
      while (at < w->n && w->p[at] >= 0x20 && w->p[at] < 0x80 && w->p[at] != ']')
        at++;
      if (at - start > w->limits.text)
        return long_text (w, start, "a CDATA section");
      if (at == w->n)
        return TOK_MORE;
      if (w->p[at] == ']')
        {
          size_t left = w->n - at;
          if (memcmp (w->p + at, "]]>", left < 3 ? left : 3) != 0)
            at++;
          else if (left < 3)
            return TOK_MORE;
          else
            {
              w->at = at + 3;
              return say_text (w, w->p + from, at - from, from);
            }
        }
      else if (w->p[at] == '\t' || w->p[at] == '\n')
        at++;
      else if ((t = odd_text (w, at, &at, &from, true)) != TOK_OK)
        return t;
    }
}

/* "<!" within the root. */
static enum xml_tok
declared (struct xml_walk *w)
{
  static const char mark[] = "<![CDATA[";
  const uint8_t *p = w->p + w->at;
  size_t left = w->n - w->at, k = left < 9 ? left : 9;

  if (left >= 4 && p[2] == '-' && p[3] == '-')
    return xml_comment (w);
  if (left >= 9 && memcmp (p, mark, 9) == 0)
    return cdata (w);
  if (memcmp (p, mark, k) == 0 || (left == 3 && p[2] == '-'))
    return TOK_MORE;
  return xml_bad (w, w->at, NOT_WF, "expected a comment or CDATA after \"<!\"");
}

enum xml_tok
xml_run (struct xml_walk *w)
{
  for (;;)
    {
      enum xml_tok t = TOK_OK;
      if (w->depth)
        {
          t = text (w);
          if (t != TOK_OK)
            return t;
          if (w->n - w->at < 2)
            return TOK_MORE;
          switch (w->p[w->at + 1])
            {
            case '/':
              t = xml_end_tag (w);
              break;
            case '!':
              t = declared (w);
              break;
            case '?':
              t = xml_pi (w);
              break;
            default:
              t = xml_start_tag (w);
            }
        }
      else
        t = xml_outside (w);
      if (t != TOK_OK)
        return t;
      if (w->cutting)
        xml_safe_place (w);
      else if (xml_is_long (w) && (t = xml_free_place (w, w->at)) != TOK_OK)
        return t;
    }
}
