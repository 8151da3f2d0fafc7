/* SPDX-License-Identifier: Apache-2.0 */
/* prolog.c - what may stand outside of the root element: the XML declaration, a document type (to refuse it), comments. */
#include "walk.h"

/* ---- the XML declaration ---- */

struct reader
{
  struct xml_walk *w;
  size_t at, end;
};

static bool
take_blanks (struct reader *r)
{
  size_t at = r->at;
  while (r->at < r->end && (xml_class[r->w->p[r->at]] & C_BLANK))
    r->at++;
  return r->at > at;
}

/* NAME = "value" */
static bool
take_pair (struct reader *r, const char *name, struct pen_span *value)
{
  const uint8_t *p = r->w->p, *close;
  size_t n = strlen (name);
  if (r->end - r->at < n || memcmp (p + r->at, name, n) != 0)
    return false;
  r->at += n;
  take_blanks (r);
  if (r->at == r->end || p[r->at] != '=')
    return false;
  r->at++;
  take_blanks (r);
  if (r->at == r->end || (p[r->at] != '"' && p[r->at] != '\''))
    return false;
  close = memchr (p + r->at + 1, p[r->at], r->end - r->at - 1);
  if (!close)
    return false;
  *value = (struct pen_span){ p + r->at + 1, (size_t)(close - p) - r->at - 1 };
  r->at = (size_t)(close - p) + 1;
  return true;
}

static bool
is_version (struct pen_span v)
{
  if (v.n < 2 || v.p[0] != '1' || v.p[1] != '.')
    return false;
  for (size_t i = 2; i < v.n; i++)
    if ((unsigned)v.p[i] - '0' > 9)
      return false;
  return true;
}

static bool
is_encoding (struct pen_span v)
{
  if (!v.n || v.n > 63 || ((v.p[0] | 0x20u) - 'a') > 25)
    return false;
  for (size_t i = 1; i < v.n; i++)
    if (((v.p[i] | 0x20u) - 'a') > 25 && (unsigned)v.p[i] - '0' > 9 && v.p[i] != '.' && v.p[i] != '_' && v.p[i] != '-')
      return false;
  return true;
}

static bool
is_word (struct pen_span v, const char *word)
{
  return v.n == strlen (word) && memcmp (v.p, word, v.n) == 0;
}

/* Version, encoding, standalone: in this order, with blanks between them. */
static bool
read_declaration (struct reader *r, char name[64])
{
  struct pen_span v;
  bool blank;
  take_blanks (r);
  if (!take_pair (r, "version", &v) || !is_version (v))
    return false;
  blank = take_blanks (r);
  if (blank && take_pair (r, "encoding", &v))
    {
      if (!is_encoding (v))
        return false;
      memcpy (name, v.p, v.n);
      name[v.n] = 0;
      blank = take_blanks (r);
    }
  if (blank && take_pair (r, "standalone", &v))
    {
      if (!is_word (v, "yes") && !is_word (v, "no"))
        return false;
      take_blanks (r);
    }
  return r->at == r->end;
}

enum xml_tok
xml_declaration (struct xml_walk *w, char name[64])
{
  static const char mark[] = "<?xml";
  const uint8_t *p = w->p + w->at;
  size_t left = w->n - w->at, i = 5;

  name[0] = 0;
  if (memcmp (p, mark, left < 5 ? left : 5) != 0 || (left > 5 && !(xml_class[p[5]] & C_BLANK)))
    return TOK_OK;
  while (i < left && i < 1024 && p[i] != '>' && p[i] != '<')
    i++;
  if (i >= left)
    return TOK_MORE;
  struct reader r = { w, w->at + 5, w->at + i - 1 };
  if (p[i] != '>' || p[i - 1] != '?' || i < 7 || !read_declaration (&r, name))
    return xml_bad (w, w->at, NOT_WF, "expected <?xml version=\"1.0\" encoding=\"...\" standalone=\"yes|no\"?>");
  w->at += i + 1;
  return TOK_OK;
}

/* ---- document types ---- */

static enum xml_tok
refuse (struct xml_walk *w, const char *found)
{
  return xml_bad (w, w->at, "doctype", "expected no document type (DOCTYPE), found %s", found);
}

/* Passes over an internal subset that declares nothing that could change the document. */
static enum xml_tok
skip_doctype (struct xml_walk *w)
{
  const uint8_t *p = w->p;
  size_t at = w->at + 9, n = w->n;
  bool inside = false;

  while (at < n)
    {
      if (at - w->at > w->limits.text)
        return xml_bad (w, w->at, "limit", "a document type has more than %u bytes (max_text)", w->limits.text);
      if (p[at] == '"' || p[at] == '\'')
        {
          const uint8_t *q = memchr (p + at + 1, p[at], n - at - 1);
          if (!q)
            return TOK_MORE;
          at = (size_t)(q - p) + 1;
        }
      else if (n - at >= 4 && memcmp (p + at, "<!--", 4) == 0)
        {
          const uint8_t *q = memmem (p + at + 4, n - at - 4, "-->", 3);
          if (!q)
            return TOK_MORE;
          at = (size_t)(q - p) + 3;
        }
      else if (n - at >= 2 && p[at] == '<' && p[at + 1] == '?')
        {
          const uint8_t *q = memmem (p + at + 2, n - at - 2, "?>", 2);
          if (!q)
            return TOK_MORE;
          at = (size_t)(q - p) + 2;
        }
      else if (n - at < 8
               && (p[at] == '<' || memcmp (p + at, "SYSTEM>>", n - at) == 0
                   || memcmp (p + at, "PUBLIC>>", n - at) == 0))
        return TOK_MORE;
      else if (p[at] == '%')
        return refuse (w, "one with parameter entities");
      else if (n - at >= 8 && memcmp (p + at, "<!ENTITY", 8) == 0)
        return refuse (w, "one that declares entities");
      else if (!inside && n - at >= 6 && (memcmp (p + at, "SYSTEM", 6) == 0 || memcmp (p + at, "PUBLIC", 6) == 0)
               && (xml_class[p[at - 1]] & C_BLANK))
        return refuse (w, "one with an external subset");
      else if (p[at] == '[' && !inside)
        {
          inside = true;
          at++;
        }
      else if (p[at] == ']' && inside)
        {
          at = xml_skip_blanks (w, at + 1);
          if (at == n)
            return TOK_MORE;
          if (p[at] != '>')
            return xml_bad (w, at, NOT_WF, "expected \">\" at the end of a document type");
          w->at = at + 1;
          w->phase = PHASE_TYPED;
          return TOK_OK;
        }
      else if (p[at] == '>' && !inside)
        {
          w->at = at + 1;
          w->phase = PHASE_TYPED;
          return TOK_OK;
        }
      else
        at++;
    }
  return TOK_MORE;
}

static enum xml_tok
doctype (struct xml_walk *w)
{
  if (w->phase == PHASE_EPILOG || w->phase == PHASE_TYPED)
    return xml_bad (w, w->at, NOT_WF, "expected one document type at most, before the root element");
  return w->limits.doctype == XML_DOCTYPE_SKIP ? skip_doctype (w) : refuse (w, "one");
}

enum xml_tok
xml_outside (struct xml_walk *w)
{
  size_t at = xml_skip_blanks (w, w->at), left = w->n - at;
  const uint8_t *p = w->p + at;

  if (!left)
    return TOK_END;
  if (*p != '<' && *p >= 0x80 && xml_is_half (p, left))
    return TOK_MORE;
  if (*p != '<')
    return xml_bad (w, at, NOT_WF,
                    w->phase == PHASE_EPILOG ? "expected nothing but comments after the root element"
                                             : "expected the root element, found text");
  if (left < 2)
    return TOK_MORE;
  w->at = at;
  if (p[1] == '?')
    return xml_pi (w);
  if (p[1] == '!')
    {
      if (left >= 4 && p[2] == '-' && p[3] == '-')
        return xml_comment (w);
      if (left >= 9 && memcmp (p, "<!DOCTYPE", 9) == 0)
        return doctype (w);
      if (memcmp (p, "<!DOCTYPE", left < 9 ? left : 9) == 0 || (left == 3 && p[2] == '-'))
        return TOK_MORE;
      return xml_bad (w, at, NOT_WF, "expected a comment after \"<!\"");
    }
  if (w->phase == PHASE_EPILOG)
    return xml_bad (w, at, NOT_WF,
                    p[1] == '/' ? "expected nothing but comments after the root element, found an end tag"
                                : "expected one root element, found a second one");
  if (p[1] == '/')
    return xml_bad (w, at, NOT_WF, "expected the root element, found an end tag");
  return xml_start_tag (w);
}
