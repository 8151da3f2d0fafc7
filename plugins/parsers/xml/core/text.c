/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - encodings: what a document is written in, its text as UTF-8, and the way back from there to the source's bytes.
 *
 * UTF-8 is read where it lies. Encodings of iconv are opened in create(), because nothing can be loaded once the jail is
 * locked; those with shift states are not taken, because a chunk begins without one. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <strings.h>
#include "walk.h"

#define STEP 1024 /* bytes of text between known places */

/* Names are compared without case, - and _. */
static bool
same_name (const char *a, const char *b)
{
  for (;;)
    {
      while (*a == '-' || *a == '_')
        a++;
      while (*b == '-' || *b == '_')
        b++;
      uint8_t x = (uint8_t)*a, y = (uint8_t)*b;
      x = (uint8_t)(x >= 'A' && x <= 'Z' ? x | 0x20 : x);
      y = (uint8_t)(y >= 'A' && y <= 'Z' ? y | 0x20 : y);
      if (x != y)
        return false;
      if (!x)
        return true;
      a++;
      b++;
    }
}

uint8_t
xml_encoding_by_name (const struct xml_walk *w, const char *name)
{
  static const struct
  {
    const char *name;
    uint8_t encoding;
  } known[] = { { "UTF-8", ENC_UTF8 },
                { "UTF-16", ENC_UTF16LE },
                { "UTF-16LE", ENC_UTF16LE },
                { "UTF-16BE", ENC_UTF16BE },
                { "ISO-10646-UCS-2", ENC_UTF16LE },
                { "UCS-2", ENC_UTF16LE },
                { "US-ASCII", ENC_ASCII },
                { "ASCII", ENC_ASCII },
                { "ISO-8859-1", ENC_LATIN1 },
                { "ISO-LATIN-1", ENC_LATIN1 },
                { "Latin1", ENC_LATIN1 },
                { "windows-1252", ENC_WINDOWS_1252 },
                { "CP1252", ENC_WINDOWS_1252 } };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (same_name (name, known[i].name))
      return known[i].encoding;
  for (size_t i = 0; i < w->limits.iconv.n; i++)
    if (w->iconv[i] && same_name (name, w->limits.iconv.item[i]))
      return (uint8_t)(ENC_ICONV + i);
  return ENC_NONE;
}

uint8_t
xml_detect (struct pen_span s, bool last)
{
  const uint8_t *p = s.p;
  if (s.n < 4 && !last)
    return ENC_NONE;
  if (s.n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (s.n >= 4 && memcmp (p, "<\0?\0", 4) == 0)))
    return ENC_UTF16LE;
  if (s.n >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (s.n >= 4 && memcmp (p, "\0<\0?", 4) == 0)))
    return ENC_UTF16BE;
  return ENC_UTF8;
}

/* ---- to UTF-8 ---- */

static bool
room (struct xml_walk *w, size_t n)
{
  struct xml_text *t = &w->text;
  if (t->cap < n)
    {
      free (t->own);
      t->own = malloc (n);
      t->cap = t->own ? n : 0;
    }
  if (t->cap < n)
    w->status = w->host->fail (w->host->ctx, "xml: no memory for %zu bytes of transcoded text", n);
  return t->cap >= n;
}

static uint32_t
one_byte (uint8_t encoding, uint8_t c)
{
  static const uint16_t windows[32] = { 0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                        0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17d,  0,
                                        0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                        0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178 };
  if (c < 0x80)
    return c;
  if (encoding == ENC_ASCII)
    return UINT32_MAX;
  if (encoding == ENC_WINDOWS_1252 && c < 0xa0)
    return windows[c - 0x80] ? windows[c - 0x80] : UINT32_MAX;
  return c;
}

static void
from_bytes (struct xml_walk *w)
{
  struct xml_text *t = &w->text;
  uint8_t *to = t->own;
  for (size_t i = 0; i < t->source.n; i++)
    {
      uint32_t c = one_byte (t->encoding, t->source.p[i]);
      if (c == UINT32_MAX)
        {
          t->broken = true;
          break;
        }
      to += xml_put_char (to, c);
    }
  w->n = (size_t)(to - t->own);
}

static uint32_t
unit (const struct xml_text *t, size_t i)
{
  const uint8_t *p = t->source.p + i;
  return t->encoding == ENC_UTF16LE ? p[0] | (uint32_t)p[1] << 8 : p[1] | (uint32_t)p[0] << 8;
}

static void
from_utf16 (struct xml_walk *w)
{
  struct xml_text *t = &w->text;
  uint8_t *to = t->own;
  size_t i = 0, n = t->source.n;
  while (n - i >= 2 && !t->broken)
    {
      uint32_t c = unit (t, i), d;
      if (c >= 0xd800 && c < 0xdc00)
        {
          if (n - i < 4)
            break;
          d = unit (t, i + 2);
          if (d >= 0xdc00 && d < 0xe000)
            {
              to += xml_put_char (to, 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00));
              i += 4;
              continue;
            }
        }
      t->broken = c >= 0xd800 && c < 0xe000;
      if (!t->broken)
        {
          to += xml_put_char (to, c);
          i += 2;
        }
    }
  t->broken |= w->last && i < n;
  w->n = (size_t)(to - t->own);
}

static bool
note_pair (struct xml_walk *w, size_t text, size_t source)
{
  struct xml_text *t = &w->text;
  if (t->n_pair == t->cap_pair)
    {
      size_t cap = 2 * t->cap_pair + 64;
      struct xml_pair *pair = realloc (t->pair, cap * sizeof *pair);
      if (!pair)
        {
          w->status = w->host->fail (w->host->ctx, "xml: no memory for places");
          return false;
        }
      t->pair = pair;
      t->cap_pair = cap;
    }
  t->pair[t->n_pair++] = (struct xml_pair){ text, source };
  return true;
}

/* Converts up to `most` bytes of text from *source on; what iconv() says. */
static size_t
convert (struct xml_walk *w, size_t *source, uint8_t *to, size_t most, size_t *got)
{
  struct xml_text *t = &w->text;
  iconv_t cd = w->iconv[t->encoding - ENC_ICONV];
  char *in = (char *)(uintptr_t)t->source.p + *source, *out = (char *)to;
  size_t left = t->source.n - *source, space = most, rc;

  iconv (cd, NULL, NULL, NULL, NULL);
  rc = iconv (cd, &in, &left, &out, &space);
  *source = t->source.n - left;
  *got = most - space;
  return rc;
}

static bool
from_iconv (struct xml_walk *w)
{
  struct xml_text *t = &w->text;
  size_t source = 0, n = 0, got;
  t->n_pair = 0;
  for (;;)
    {
      size_t rc;
      if (!note_pair (w, n, source) || !room (w, t->cap))
        return false;
      errno = 0;
      rc = convert (w, &source, t->own + n, t->cap - n < STEP ? t->cap - n : STEP, &got);
      n += got;
      if (rc != (size_t)-1)
        break;
      if (errno == EILSEQ || (errno == EINVAL && w->last))
        t->broken = true;
      if (errno != E2BIG || !got)
        break;
    }
  w->n = n;
  return true;
}

int
xml_text_load (struct xml_walk *w, struct pen_span source, uint8_t encoding)
{
  struct xml_text *t = &w->text;
  t->source = source;
  t->encoding = encoding;
  t->broken = false;
  t->last = (struct xml_pair){ 0, 0 };
  if (encoding == ENC_UTF8)
    {
      w->p = source.n ? source.p : (const uint8_t *)"";
      w->n = source.n;
      return PEN_OK;
    }
  if (!room (w, 4 * source.n + STEP))
    return PEN_ERR;
  w->p = t->own;
  if (encoding >= ENC_ICONV)
    return from_iconv (w) ? PEN_OK : PEN_ERR;
  if (encoding == ENC_UTF16LE || encoding == ENC_UTF16BE)
    from_utf16 (w);
  else
    from_bytes (w);
  return PEN_OK;
}

/* ---- and back ---- */

static size_t
iconv_source (struct xml_walk *w, size_t place)
{
  const struct xml_text *t = &w->text;
  uint8_t text[STEP + 8];
  size_t low = 0, high = t->n_pair, source, got;
  while (high - low > 1)
    {
      size_t mid = (low + high) / 2;
      if (t->pair[mid].text <= place)
        low = mid;
      else
        high = mid;
    }
  source = t->pair[low].source;
  if (place > t->pair[low].text)
    convert (w, &source, text, place - t->pair[low].text < STEP ? place - t->pair[low].text : STEP, &got);
  return source;
}

size_t
xml_text_source (struct xml_walk *w, size_t place)
{
  struct xml_text *t = &w->text;
  bool wide = t->encoding == ENC_UTF16LE || t->encoding == ENC_UTF16BE;

  if (t->encoding <= ENC_UTF8)
    return place;
  if (t->encoding >= ENC_ICONV)
    return iconv_source (w, place);
  if (place < t->last.text)
    t->last = (struct xml_pair){ 0, 0 };
  for (; t->last.text < place; t->last.text++)
    {
      uint8_t c = w->p[t->last.text];
      if ((c & 0xc0) != 0x80)
        t->last.source += !wide ? 1 : c >= 0xf0 ? 4 : 2;
    }
  return t->last.source;
}

/* ---- iconv ---- */

static bool
has_shifts (const char *name)
{
  return strncasecmp (name, "ISO-2022", 8) == 0 || strncasecmp (name, "ISO2022", 7) == 0
         || strncasecmp (name, "UTF-7", 5) == 0 || strncasecmp (name, "UTF7", 4) == 0
         || strncasecmp (name, "HZ", 2) == 0 || strncasecmp (name, "UTF-16", 6) == 0
         || strncasecmp (name, "IBM93", 5) == 0;
}

int
xml_text_init (struct xml_walk *w)
{
  size_t n = w->limits.iconv.n;
  if (n > 200)
    return w->host->fail (w->host->ctx, "encodings: %zu are given, at most 200 are possible", n);
  w->iconv = n ? calloc (n, sizeof *w->iconv) : NULL;
  if (n && !w->iconv)
    return w->host->fail (w->host->ctx, "xml: no memory for encodings");
  for (size_t i = 0; i < n; i++)
    {
      const char *name = w->limits.iconv.item[i];
      iconv_t cd;
      if (has_shifts (name))
        return w->host->fail (w->host->ctx, "encodings: \"%s\" has shift states, which cannot be cut", name);
      cd = iconv_open ("UTF-8", name);
      if (cd == (iconv_t)-1 && w->limits.iconv_optional)
        continue;
      if (cd == (iconv_t)-1)
        return w->host->fail (w->host->ctx, "encodings: \"%s\" is not known to iconv on this machine", name);
      w->iconv[i] = cd;
    }
  return PEN_OK;
}

void
xml_text_fini (struct xml_walk *w)
{
  for (size_t i = 0; w->iconv && i < w->limits.iconv.n; i++)
    if (w->iconv[i])
      iconv_close (w->iconv[i]);
  free (w->iconv);
  free (w->text.own);
  free (w->text.pair);
}
