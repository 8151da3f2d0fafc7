/* SPDX-License-Identifier: Apache-2.0 */
/* blob.c - plain bytes between our processes: little-endian numbers and counted strings, every read checked. */
#include "core/base/blob.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"

void
blob_fini (struct blob *b)
{
  free (b->p);
  memset (b, 0, sizeof *b);
}

void
blob_raw (struct blob *b, const void *p, size_t n)
{
  if (b->cap - b->n < n)
    {
      size_t cap = b->cap ? b->cap : 256;
      while (cap - b->n < n)
        cap *= 2;
      b->p = xrealloc (b->p, cap);
      b->cap = cap;
    }
  if (n)
    memcpy (b->p + b->n, p, n);
  b->n += n;
}

void
blob_u8 (struct blob *b, uint8_t v)
{
  blob_raw (b, &v, 1);
}

void
blob_u32 (struct blob *b, uint32_t v)
{
  blob_raw (b, &v, sizeof v); /* both ends run on this machine */
}

void
blob_u64 (struct blob *b, uint64_t v)
{
  blob_raw (b, &v, sizeof v);
}

void
blob_bytes (struct blob *b, const void *p, size_t n)
{
  blob_u32 (b, (uint32_t)n);
  blob_raw (b, p, n);
}

void
blob_str (struct blob *b, const char *s)
{
  blob_bytes (b, s ? s : "", s ? strlen (s) : 0);
}

void
blob_reader_init (struct blob_reader *r, const void *p, size_t n)
{
  r->p = p;
  r->end = r->p + n;
  r->bad = 0;
}

static int
take (struct blob_reader *r, void *to, size_t n)
{
  if (r->bad || (size_t)(r->end - r->p) < n)
    {
      r->bad = 1;
      memset (to, 0, n);
      return -1;
    }
  memcpy (to, r->p, n);
  r->p += n;
  return 0;
}

uint8_t
blob_get_u8 (struct blob_reader *r)
{
  uint8_t v;
  take (r, &v, sizeof v);
  return v;
}

uint32_t
blob_get_u32 (struct blob_reader *r)
{
  uint32_t v;
  take (r, &v, sizeof v);
  return v;
}

uint64_t
blob_get_u64 (struct blob_reader *r)
{
  uint64_t v;
  take (r, &v, sizeof v);
  return v;
}

const uint8_t *
blob_get_bytes (struct blob_reader *r, size_t *n)
{
  uint32_t len = blob_get_u32 (r);
  const uint8_t *p = r->p;

  *n = 0;
  if (r->bad || (size_t)(r->end - r->p) < len)
    {
      r->bad = 1;
      return NULL;
    }
  r->p += len;
  *n = len;
  return p;
}

char *
blob_get_str (struct blob_reader *r, size_t max)
{
  size_t n;
  const uint8_t *p = blob_get_bytes (r, &n);
  char *s;

  if (!p || n > max || memchr (p, 0, n))
    {
      r->bad = 1;
      return NULL;
    }
  s = xmalloc (n + 1);
  memcpy (s, p, n);
  s[n] = 0;
  return s;
}
