/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - one failure of the environment on its way up, and allocation that cannot fail. */
#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
err_set (struct err *e, const char *fmt, ...)
{
  va_list ap;

  if (!e)
    return -1;
  e->code = 0;
  va_start (ap, fmt);
  vsnprintf (e->text, sizeof e->text, fmt, ap);
  va_end (ap);
  return -1;
}

int
err_errno (struct err *e, const char *fmt, ...)
{
  int code = errno;
  va_list ap;
  size_t n;

  if (!e)
    return -1;
  e->code = code;
  va_start (ap, fmt);
  vsnprintf (e->text, sizeof e->text, fmt, ap);
  va_end (ap);
  n = strlen (e->text);
  snprintf (e->text + n, sizeof e->text - n, ": %s", strerror (code));
  return -1;
}

int
err_prefix (struct err *e, const char *fmt, ...)
{
  char old[ERR_TEXT_MAX];
  va_list ap;
  size_t n;

  if (!e)
    return -1;
  memcpy (old, e->text, sizeof old);
  va_start (ap, fmt);
  vsnprintf (e->text, sizeof e->text, fmt, ap);
  va_end (ap);
  n = strlen (e->text);
  snprintf (e->text + n, sizeof e->text - n, ": %s", old);
  return -1;
}

static void
out_of_memory (size_t n)
{
  dprintf (2, "penstock: out of memory: cannot allocate %zu bytes\n", n);
  _exit (3);
}

void *
xmalloc (size_t n)
{
  void *p = malloc (n ? n : 1);
  if (!p)
    out_of_memory (n);
  return p;
}

void *
xcalloc (size_t n, size_t size)
{
  void *p = calloc (n ? n : 1, size ? size : 1);
  if (!p)
    out_of_memory (n * size);
  return p;
}

void *
xrealloc (void *p, size_t n)
{
  p = realloc (p, n ? n : 1);
  if (!p)
    out_of_memory (n);
  return p;
}

char *
xstrdup (const char *s)
{
  size_t n = strlen (s) + 1;
  return memcpy (xmalloc (n), s, n);
}

char *
xasprintf (const char *fmt, ...)
{
  char *s;
  va_list ap;

  va_start (ap, fmt);
  if (vasprintf (&s, fmt, ap) == -1)
    out_of_memory (0);
  va_end (ap);
  return s;
}
