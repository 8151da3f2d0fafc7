/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - where a record ends and which characters it has, for every line end and encoding that files arrive in.
 *
 * A record is 94 characters, or fewer up to a line end (LF, CRLF, CR). A line end right after 94 characters belongs to
 * the record; whatever else follows begins the next one. So lines cut short, lines with blanks at their end, blank
 * lines and streams without line ends need no mode of their own, and framing depends on nothing before the record. */
#include "nacha.h"

static size_t
utf8_frame (const uint8_t *p, size_t n, unsigned *chars)
{
  size_t i = 0;
  unsigned k = 0;
  for (; i < n && k < REC && p[i] != '\n' && p[i] != '\r'; k++)
    {
      size_t len = pen_utf8_length (p + i, n - i);
      i += len ? len : 1;
    }
  *chars = k;
  return i;
}

static size_t
byte_frame (const uint8_t *p, size_t n, unsigned *chars)
{
  size_t i = 0;
  while (i < n && i < REC && p[i] != '\n' && p[i] != '\r')
    i++;
  *chars = (unsigned)i;
  return i;
}

/* Is this UTF-8, by the characters that begin within its first 94 bytes? More must not count: the bytes behind a record
 * may be in another chunk. */
static bool
looks_utf8 (const uint8_t *p, size_t n)
{
  bool multi = false;
  for (size_t i = 0; i < n && i < REC && p[i] != '\n' && p[i] != '\r';)
    {
      size_t len = pen_utf8_length (p + i, n - i);
      if (!len)
        return false;
      multi |= len > 1;
      i += len;
    }
  return multi;
}

static void
classify (const uint8_t *p, struct nacha_frame *f)
{
  f->blank = f->padding = f->plain = 1;
  for (size_t i = 0; i < f->length; i++)
    {
      f->blank &= p[i] == ' ';
      f->padding &= p[i] == ' ' || p[i] == 0 || p[i] == 0x1a;
      f->plain &= p[i] >= 0x20 && p[i] < 0x7f;
    }
}

enum frame_status
nacha_frame (const uint8_t *p, size_t n, bool last, int encoding, struct nacha_frame *f)
{
  unsigned chars;
  size_t i;

  f->utf8 = encoding == ENC_UTF8 || (encoding == ENC_AUTO && looks_utf8 (p, n));
  i = f->utf8 ? utf8_frame (p, n, &chars) : byte_frame (p, n, &chars);
  /* a character cut off by the window's end, or what is behind it, may change all this */
  if (!last && (i == n || n - i < 4) && (i == n || p[i] != '\n'))
    return FRAME_MORE;
  f->length = i;
  f->chars = (uint16_t)chars;
  f->newline = i < n && (p[i] == '\n' || p[i] == '\r');
  if (f->newline)
    i += p[i] == '\r' && i + 1 < n && p[i + 1] == '\n' ? 2 : 1;
  f->next = i;
  classify (p, f);
  return FRAME_OK;
}

/* Windows-1252 0x80..0x9F; 0: no character there. */
static const uint16_t windows_1252[32] = { 0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                           0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                           0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                           0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178 };

/* Outside of ASCII, what banks send and common software lets through. */
static bool
is_tolerated (uint32_t u)
{
  return (u >= 0xc0 && u <= 0xff) || u == 0xa0 || u == 0xa2 || u == 0xa6 || u == 0xac || u == 0xb1;
}

static uint32_t
utf8_char (const uint8_t *p, size_t len)
{
  switch (len)
    {
    case 2:
      return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3:
      return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    case 4:
      return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6
             | (p[3] & 0x3f);
    default:
      return p[0];
    }
}

static size_t
put_utf8 (uint8_t *d, uint32_t u)
{
  if (u < 0x80)
    {
      d[0] = (uint8_t)u;
      return 1;
    }
  if (u < 0x800)
    {
      d[0] = (uint8_t)(0xc0 | u >> 6);
      d[1] = (uint8_t)(0x80 | (u & 0x3f));
      return 2;
    }
  if (u < 0x10000)
    {
      d[0] = (uint8_t)(0xe0 | u >> 12);
      d[1] = (uint8_t)(0x80 | (u >> 6 & 0x3f));
      d[2] = (uint8_t)(0x80 | (u & 0x3f));
      return 3;
    }
  d[0] = (uint8_t)(0xf0 | u >> 18);
  d[1] = (uint8_t)(0x80 | (u >> 12 & 0x3f));
  d[2] = (uint8_t)(0x80 | (u >> 6 & 0x3f));
  d[3] = (uint8_t)(0x80 | (u & 0x3f));
  return 4;
}

/* The character at p and its bytes; U+FFFD where there is none. */
static uint32_t
next_char (const uint8_t *p, size_t n, bool utf8, int encoding, size_t *len)
{
  *len = 1;
  if (p[0] < 0x80)
    return p[0] ? p[0] : 0xfffd;
  if (utf8)
    {
      *len = pen_utf8_length (p, n);
      if (*len)
        return utf8_char (p, *len);
      *len = 1;
      return 0xfffd;
    }
  if (encoding == ENC_ASCII)
    return 0xfffd;
  if (p[0] >= 0xa0 || encoding == ENC_LATIN1)
    return p[0];
  return windows_1252[p[0] - 0x80] ? windows_1252[p[0] - 0x80] : 0xfffd;
}

static void
decode_chars (const uint8_t *p, size_t n, unsigned chars, bool utf8, int encoding, struct nacha_rec *r,
              struct nacha_buf *buf)
{
  size_t i = 0, w = 0;
  r->odd = 0;
  for (unsigned k = 0; k < REC; k++)
    {
      uint32_t u = ' ';
      size_t len = 0;
      if (k < chars)
        u = next_char (p + i, n - i, utf8, encoding, &len);
      i += len;
      buf->c[k] = (uint8_t)(u < 0x80 ? u : is_tolerated (u) ? CH_EXTENDED : CH_FOREIGN);
      r->odd |= u < 0x20 || u == 0x7f || buf->c[k] == CH_FOREIGN;
      r->at[k] = (uint16_t)w;
      w += put_utf8 (buf->text + w, u);
    }
  r->at[REC] = (uint16_t)w;
  memset (buf->c + REC, ' ', sizeof buf->c - REC);
  r->c = buf->c;
  r->text = buf->text;
}

void
nacha_mark_blanks (struct nacha_rec *r)
{
  r->nb[0] = r->nb[1] = 0;
  for (unsigned i = 0; i < REC; i++)
    r->nb[i >> 6] |= (uint64_t)(r->c[i] != ' ') << (i & 63);
}

void
nacha_decode (const uint8_t *p, const struct nacha_frame *f, int encoding, struct nacha_rec *r, struct nacha_buf *buf)
{
  r->length = (uint32_t)f->length;
  r->chars = f->chars;
  if (f->plain)
    {
      memcpy (buf->c, p, f->length);
      memset (buf->c + f->length, ' ', sizeof buf->c - f->length);
      r->c = buf->c;
      r->text = NULL;
      r->odd = 0;
    }
  else
    decode_chars (p, f->length, f->chars, f->utf8, encoding, r, buf);
  nacha_mark_blanks (r);
}

void
nacha_recall (const uint8_t *text, size_t n, struct nacha_rec *r, struct nacha_buf *buf)
{
  struct nacha_frame f = { .length = n, .chars = REC, .utf8 = 1 };
  classify (text, &f);
  f.plain &= n == REC;
  nacha_decode (text, &f, ENC_UTF8, r, buf);
}

uint16_t
nacha_keep (uint8_t *text, const struct nacha_rec *r)
{
  size_t n = r->text ? r->at[REC] : REC;
  memset (text, 0, REC_TEXT);
  memcpy (text, r->text ? r->text : r->c, n);
  return (uint16_t)n;
}

/* Where a field's text ends, trailing blanks cut; `from` when it is blank. */
static unsigned
field_end (const struct nacha_rec *r, unsigned from, unsigned n)
{
  unsigned tail = n > 64 ? rec_trimmed (r, from + 64, n - 64) : 0;
  return tail ? from + 64 + tail : from + rec_trimmed (r, from, n > 64 ? 64 : n);
}

static void
put_range (struct pen_table *t, unsigned col, const struct nacha_rec *r, unsigned from, unsigned end)
{
  if (end == from)
    return;
  if (r->text)
    pen_put_text (t, col, r->text + r->at[from], (size_t)(r->at[end] - r->at[from]));
  else if (end - from <= 16)
    pen_put_short (t, col, r->c + from, end - from, 16);
  else
    pen_put_text (t, col, r->c + from, end - from);
}

void
nacha_put (struct pen_table *t, unsigned col, const struct nacha_rec *r, unsigned from, unsigned n)
{
  put_range (t, col, r, from, field_end (r, from, n));
}

void
nacha_put_trimmed (struct pen_table *t, unsigned col, const struct nacha_rec *r, unsigned from, unsigned n)
{
  unsigned end = field_end (r, from, n);
  while (from < end && r->c[from] == ' ')
    from++;
  put_range (t, col, r, from, end);
}
