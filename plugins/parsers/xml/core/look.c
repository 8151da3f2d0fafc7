/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - does this begin as an XML document, and what is its root? For recognise(), without a walk. */
#include "walk.h"

struct head
{
  const uint8_t *p, *end;
};

static void
blanks (struct head *h)
{
  while (h->p < h->end && (xml_class[*h->p] & C_BLANK))
    h->p++;
}

/* Behind the mark; false: the head ends before. */
static bool
pass (struct head *h, const char *mark)
{
  const uint8_t *q = memmem (h->p, (size_t)(h->end - h->p), mark, strlen (mark));
  h->p = q ? q + strlen (mark) : h->end;
  return q != NULL;
}

static bool
begins (const struct head *h, const char *mark)
{
  return (size_t)(h->end - h->p) >= strlen (mark) && memcmp (h->p, mark, strlen (mark)) == 0;
}

static struct pen_span
word (struct head *h)
{
  struct pen_span s = { h->p, 0 };
  while (h->p < h->end && !(xml_class[*h->p] & C_STOP))
    h->p++;
  s.n = (size_t)(h->p - s.p);
  return s;
}

/* The next attribute of the tag. */
static bool
next_attribute (struct head *h, struct pen_span *name, struct pen_span *value)
{
  const uint8_t *close;
  blanks (h);
  *name = word (h);
  blanks (h);
  if (!name->n || h->p == h->end || *h->p++ != '=')
    return false;
  blanks (h);
  if (h->p == h->end || (*h->p != '"' && *h->p != '\''))
    return false;
  close = memchr (h->p + 1, *h->p, (size_t)(h->end - h->p) - 1);
  if (!close)
    return false;
  *value = (struct pen_span){ h->p + 1, (size_t)(close - h->p) - 1 };
  h->p = close + 1;
  return true;
}

bool
xml_look (struct pen_span head, struct pen_span *root, struct pen_span *uri)
{
  struct head h = { head.p, head.p + head.n };
  struct pen_span name, value, prefix = { NULL, 0 };
  const uint8_t *colon;

  *root = *uri = prefix;
  if (head.n >= 3 && memcmp (head.p, "\xef\xbb\xbf", 3) == 0)
    h.p += 3;
  for (;;)
    {
      blanks (&h);
      if (begins (&h, "<!DOCTYPE"))
        return true;
      if (begins (&h, "<?") ? pass (&h, "?>") : begins (&h, "<!--") && pass (&h, "-->"))
        continue;
      break;
    }
  if (h.end - h.p < 2 || *h.p++ != '<')
    return false;
  *root = word (&h);
  if (!root->n || !((*root->p | 0x20u) - 'a' < 26 || *root->p == '_' || *root->p >= 0x80))
    return false;
  colon = memchr (root->p, ':', root->n);
  if (colon)
    {
      prefix = (struct pen_span){ root->p, (size_t)(colon - root->p) };
      root->n -= prefix.n + 1;
      root->p = colon + 1;
    }
  while (next_attribute (&h, &name, &value))
    if (name.n >= 5 && memcmp (name.p, "xmlns", 5) == 0
        && (prefix.n ? name.n == 6 + prefix.n && memcmp (name.p + 6, prefix.p, prefix.n) == 0 : name.n == 5))
      *uri = value;
  return true;
}
