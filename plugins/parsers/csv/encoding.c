/* SPDX-License-Identifier: Apache-2.0 */
/* encoding.c - makes UTF-8 of the encodings that exports come in, by tables of its own, and finds the way back.
 *
 * A character that does not exist becomes the byte 0xff, which is never part of UTF-8: the record that holds it is
 * refused like any other with bad bytes. */
#include <stdlib.h>
#include "csv.h"

#define BAD 0xff

/* Windows-1252, 0x80..0x9f; 0: not a character. */
static const uint16_t windows_1252[32] = {
  0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
  0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
  0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

bool
csv_detect (struct pen_span s, bool last, int option, uint8_t *encoding, size_t *mark)
{
  bool utf8 = s.n >= 3 && s.p[0] == 0xef && s.p[1] == 0xbb && s.p[2] == 0xbf;
  bool le = s.n >= 2 && s.p[0] == 0xff && s.p[1] == 0xfe, be = s.n >= 2 && s.p[0] == 0xfe && s.p[1] == 0xff;

  if (s.n < 3 && !last)
    return false;
  *encoding = (uint8_t)option;
  if (option == ENC_AUTO)
    *encoding = le ? ENC_UTF16LE : be ? ENC_UTF16BE : ENC_UTF8;
  *mark = 0;
  if (*encoding == ENC_UTF8 && utf8)
    *mark = 3;
  if ((*encoding == ENC_UTF16LE && le) || (*encoding == ENC_UTF16BE && be))
    *mark = 2;
  return true;
}

static uint8_t *
put (uint8_t *to, uint32_t cp)
{
  if (cp < 0x80)
    *to++ = (uint8_t)cp;
  else if (cp < 0x800)
    {
      *to++ = (uint8_t)(0xc0 | cp >> 6);
      *to++ = (uint8_t)(0x80 | (cp & 0x3f));
    }
  else if (cp < 0x10000)
    {
      *to++ = (uint8_t)(0xe0 | cp >> 12);
      *to++ = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
      *to++ = (uint8_t)(0x80 | (cp & 0x3f));
    }
  else
    {
      *to++ = (uint8_t)(0xf0 | cp >> 18);
      *to++ = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
      *to++ = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
      *to++ = (uint8_t)(0x80 | (cp & 0x3f));
    }
  return to;
}

static uint8_t *
decode_bytes (uint8_t *to, const uint8_t *s, size_t n, bool windows)
{
  for (size_t i = 0; i < n; i++)
    {
      uint32_t cp = s[i];
      if (windows && cp >= 0x80 && cp < 0xa0)
        cp = windows_1252[cp - 0x80];
      if (cp == 0 && s[i])
        *to++ = BAD;
      else
        to = put (to, cp);
    }
  return to;
}

static uint8_t *
decode_utf16 (uint8_t *to, const uint8_t *s, size_t n, bool big, bool last, size_t *used)
{
  size_t i = 0;
  for (; n - i >= 2; i += 2)
    {
      uint32_t cp = big ? (uint32_t)s[i] << 8 | s[i + 1] : (uint32_t)s[i + 1] << 8 | s[i];
      if (cp >= 0xd800 && cp < 0xdc00)
        {
          if (n - i < 4 && !last)
            break;
          uint32_t low = n - i < 4 ? 0 : big ? (uint32_t)s[i + 2] << 8 | s[i + 3] : (uint32_t)s[i + 3] << 8 | s[i + 2];
          if (low >= 0xdc00 && low < 0xe000)
            {
              to = put (to, 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00));
              i += 2;
              continue;
            }
          *to++ = BAD;
        }
      else if (cp >= 0xdc00 && cp < 0xe000)
        *to++ = BAD;
      else
        to = put (to, cp);
    }
  if (last && i < n)
    {
      *to++ = BAD;
      i = n;
    }
  *used = i;
  return to;
}

int
csv_decode (struct csv_text *t, struct pen_span source, uint8_t encoding, bool last)
{
  size_t need = source.n / 2 * 3 + 8;

  t->source = source;
  t->encoding = encoding;
  t->at = t->from = 0;
  t->p = source.p;
  t->n = source.n;
  if (encoding == ENC_UTF8)
    return 0;
  if (encoding == ENC_LATIN1 || encoding == ENC_WINDOWS_1252)
    need = source.n * 3 + 8;
  if (t->cap < need)
    {
      uint8_t *own = realloc (t->own, need);
      if (!own)
        return -1;
      t->own = own;
      t->cap = need;
    }
  t->p = t->own;
  if (encoding == ENC_UTF16LE || encoding == ENC_UTF16BE)
    t->n = (size_t)(decode_utf16 (t->own, source.p, source.n, encoding == ENC_UTF16BE, last, &t->source.n) - t->own);
  else
    t->n = (size_t)(decode_bytes (t->own, source.p, source.n, encoding == ENC_WINDOWS_1252) - t->own);
  return 0;
}

/* Source bytes of the character that begins with this byte. */
static inline size_t
units (uint8_t first, bool wide)
{
  return !wide ? 1 : first >= 0xf0 && first != BAD ? 4 : 2;
}

size_t
csv_source (struct csv_text *t, size_t at)
{
  bool wide = t->encoding == ENC_UTF16LE || t->encoding == ENC_UTF16BE;

  if (t->encoding == ENC_UTF8)
    return at;
  while (t->at > at)
    {
      do
        t->at--;
      while ((t->p[t->at] & 0xc0) == 0x80);
      t->from -= units (t->p[t->at], wide);
    }
  while (t->at < at)
    {
      uint8_t b = t->p[t->at];
      t->at += b < 0x80 || b == BAD ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
      t->from += units (b, wide);
    }
  return t->from < t->source.n ? t->from : t->source.n;
}

void
csv_text_fini (struct csv_text *t)
{
  free (t->own);
  t->own = NULL;
}
