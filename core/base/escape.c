/* SPDX-License-Identifier: Apache-2.0 */
/* escape.c - makes foreign text fit for a message: no control bytes, no broken UTF-8, bounded. */
#include "core/base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t
escape_utf8_length (const char *text, size_t n)
{
  const uint8_t *s = (const uint8_t *)text;
  size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

  if (len == 0 || len > n)
    return 0;
  for (size_t i = 1; i < len; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90)
      || (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return len;
}

char *
escape_text (char *buf, size_t cap, const char *s, size_t n)
{
  const uint8_t *p = (const uint8_t *)s;
  size_t at = 0;

  for (size_t i = 0; i < n;)
    {
      size_t len = escape_utf8_length (s + i, n - i);
      int control = len == 0 || p[i] < 0x20 || p[i] == 0x7f || (p[i] == 0xc2 && p[i + 1] < 0xa0);
      size_t step = control ? 1 : len;
      size_t need = control ? 4 : len;

      /* room for what comes, or for the dots and the end */
      if (at + need + (i + step < n ? 4 : 1) > cap)
        {
          memcpy (buf + at, "...", 4);
          return buf;
        }
      if (control)
        snprintf (buf + at, cap - at, "\\x%02x", p[i]);
      else
        memcpy (buf + at, p + i, len);
      at += need;
      i += step;
    }
  buf[at] = '\0';
  return buf;
}

void
escape_json (FILE *out, const char *s)
{
  size_t n = strlen (s);

  putc ('"', out);
  for (size_t i = 0; i < n;)
    {
      size_t len = escape_utf8_length (s + i, n - i);

      if (len == 0)
        fputs ("\\ufffd", out);
      else if (s[i] == '"' || s[i] == '\\')
        fprintf (out, "\\%c", s[i]);
      else if ((uint8_t)s[i] < 0x20)
        fprintf (out, "\\u%04x", (unsigned)(uint8_t)s[i]);
      else
        fwrite (s + i, 1, len, out);
      i += len ? len : 1;
    }
  putc ('"', out);
}
