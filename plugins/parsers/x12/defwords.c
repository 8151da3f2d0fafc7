/* SPDX-License-Identifier: Apache-2.0 */
/* defwords.c - words, numbers and codes in a line of a definition file, and how a bad line is reported. */
#include <errno.h>
#include <stdarg.h>
#include <penstock/words.h>
#include "def.h"

int
x12_def_bad (struct reader *r, const char *fmt, ...)
{
  char text[256];
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  return r->x->host->fail (r->x->host->ctx, "%s:%u: %s", r->path, r->line, text);
}

int
x12_def_split (struct reader *r)
{
  const char *wrong = pen_words (r->text, r->word, DEF_WORDS, &r->n_words, &r->doc);
  return wrong ? x12_def_bad (r, "%s", wrong) : PEN_OK;
}

int
x12_def_number (struct reader *r, const char *w, unsigned max, bool star, unsigned *out)
{
  char *end;
  unsigned long v;
  if (star && strcmp (w, "*") == 0)
    {
      *out = 0;
      return PEN_OK;
    }
  errno = 0;
  v = strtoul (w, &end, 10);
  if (end == w || *end || *w < '0' || *w > '9' || errno || v > max)
    return x12_def_bad (r, "\"%.40s\" is not a number of 0..%u", w, max);
  *out = (unsigned)v;
  return PEN_OK;
}

int
x12_def_codes (struct reader *r, const char *w, uint16_t *first, uint16_t *n)
{
  struct x12_def *d = r->d;
  *first = (uint16_t)d->n_codes;
  *n = 0;
  while (*w)
    {
      size_t len = strcspn (w, ",");
      struct x12_code *all;
      if (len == 0 || len > sizeof all->c)
        return x12_def_bad (r, "a code has 1 to %zu characters, found \"%.40s\"", sizeof all->c, w);
      all = realloc (d->code, (d->n_codes + 1) * sizeof *all);
      if (!all || d->n_codes >= UINT16_MAX - 1)
        return x12_def_bad (r, "no memory for codes");
      d->code = all;
      memset (&all[d->n_codes], 0, sizeof *all);
      memcpy (all[d->n_codes].c, w, len);
      all[d->n_codes++].n = (uint8_t)len;
      (*n)++;
      w += len;
      if (*w == ',' && !*++w)
        return x12_def_bad (r, "a code is expected after the comma");
    }
  return *n ? PEN_OK : x12_def_bad (r, "codes are expected");
}

bool
x12_is_segment_id (const char *w)
{
  size_t n = strlen (w);
  for (size_t i = 0; i < n; i++)
    if (!((w[i] >= 'A' && w[i] <= 'Z') || (w[i] >= '0' && w[i] <= '9')))
      return false;
  return n == 2 || n == 3;
}
