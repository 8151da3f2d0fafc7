/* SPDX-License-Identifier: Apache-2.0 */
/* xsd_memory.c - counts the bytes that libxml2 has asked for, exactly: what is said of a message must not depend on how the
 * heap looks.
 *
 * libxml2's allocator is one of the whole process, and so are the figures. Nothing is denied here, as libxml2 does not
 * always notice: who counts looks between two calls, and the worker's rlimit is behind that. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "xsd.h"

#define HEAD 16 /* the size, in front of each block; keeps the alignment */

static size_t used, peak;

static void *
count (uint8_t *p, size_t n)
{
  if (!p)
    return NULL;
  memcpy (p, &n, sizeof n);
  used += n + HEAD;
  if (used > peak)
    peak = used;
  return p + HEAD;
}

static size_t
size_of (const uint8_t *p)
{
  size_t n;
  memcpy (&n, p - HEAD, sizeof n);
  return n;
}

void *
xsd_malloc (size_t n)
{
  return n > SIZE_MAX - HEAD ? NULL : count (malloc (n + HEAD), n);
}

void
xsd_free (void *old)
{
  uint8_t *p = old;
  if (!p)
    return;
  used -= size_of (p) + HEAD;
  free (p - HEAD);
}

static void *
resize (void *old, size_t n)
{
  size_t before;
  uint8_t *p = old;
  if (!p)
    return xsd_malloc (n);
  before = size_of (p);
  p = n > SIZE_MAX - HEAD ? NULL : realloc (p - HEAD, n + HEAD);
  if (!p)
    return NULL;
  used -= before + HEAD;
  return count (p, n);
}

static char *
duplicate (const char *s)
{
  size_t n = strlen (s) + 1;
  char *p = xsd_malloc (n);
  return p ? memcpy (p, s, n) : NULL;
}

int
xsd_memory_count (const struct xsd_lib *lib)
{
  return lib->xmlMemSetup (xsd_free, xsd_malloc, resize, duplicate);
}

size_t
xsd_memory_used (void)
{
  return used;
}

size_t
xsd_memory_peak (bool from_now)
{
  if (from_now)
    peak = used;
  return peak;
}
