/* SPDX-License-Identifier: Apache-2.0 */
/* header.c - the header of a gzip member (RFC 1952, 2.3), byte by byte, for ISA-L: what ISA-L 2.30 makes of one depends on how it
 * is cut into pieces. */
#include "header.h"

#include <isa-l/crc.h>

enum
{
  FHCRC = 2,
  FEXTRA = 4,
  FNAME = 8,
  FCOMMENT = 16,
  RESERVED = 0xe0
};

enum state
{
  FIXED, /* 10 bytes */
  EXTRA_LENGTH,
  EXTRA,
  NAME,
  COMMENT,
  CHECK,
  WHOLE
};

void
gzip_header_begin (struct gzip_header *h)
{
  *h = (struct gzip_header){ .state = FIXED };
}

/* To the next part that is there. */
static void
go_on (struct gzip_header *h)
{
  static const uint8_t has[] = {
    [EXTRA_LENGTH] = FEXTRA, [EXTRA] = FEXTRA, [NAME] = FNAME, [COMMENT] = FCOMMENT, [CHECK] = FHCRC
  };

  do
    h->state++;
  while (h->state < WHOLE && (!(h->flags & has[h->state]) || (h->state == EXTRA && !h->number)));
  h->n = 0;
}

/* Little-endian; 1: it is whole. */
static int
two_bytes (struct gzip_header *h, uint8_t c)
{
  h->number = h->n ? h->number | (uint32_t)c << 8 : c;
  return ++h->n == 2;
}

static const char *
fixed (struct gzip_header *h, uint8_t c)
{
  static const uint8_t magic[] = { 0x1f, 0x8b };

  if (h->n < 2 && c != magic[h->n])
    return "incorrect header check";
  if (h->n == 2 && c != 8)
    return "unknown compression method";
  if (h->n == 3 && c & RESERVED)
    return "unknown header flags set";
  if (h->n == 3)
    h->flags = c;
  if (++h->n == 10)
    go_on (h);
  return NULL;
}

static const char *
take (struct gzip_header *h, uint8_t c)
{
  int ended = 0;

  switch (h->state)
    {
    case FIXED:
      return fixed (h, c);
    case EXTRA_LENGTH:
      ended = two_bytes (h, c);
      break;
    case EXTRA:
      ended = ++h->n == h->number;
      break;
    case CHECK:
      ended = two_bytes (h, c);
      if (ended && h->number != (h->crc & 0xffff))
        return "header crc mismatch";
      break;
    default: /* a text, up to its NUL */
      ended = !c;
    }
  if (ended)
    go_on (h);
  return NULL;
}

int
gzip_header_run (struct gzip_header *h, struct pen_span in, size_t *used, const char **why)
{
  *used = 0;
  while (h->state != WHOLE)
    {
      const uint8_t *p = in.p + *used;
      if (*used == in.n)
        return PEN_OK;
      if (h->state != CHECK)
        h->crc = crc32_gzip_refl (h->crc, p, 1);
      ++*used;
      *why = take (h, *p);
      if (*why)
        return PEN_ERR;
    }
  return PEN_EOF;
}
