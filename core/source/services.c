/* SPDX-License-Identifier: Apache-2.0 */
/* services.c - what a source's plugin may call of its process: to log, and to say why something failed. */
#include "core/source/services.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/err.h"

static char last_why[ERR_TEXT_MAX];
static void (*tell) (int level, const char *text);
static int tells_failures;

static void
host_log (void *ctx, int level, const char *fmt, ...)
{
  char text[ERR_TEXT_MAX];
  va_list ap;

  (void)ctx;
  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  tell (level, text);
}

static int
host_fail (void *ctx, const char *fmt, ...)
{
  va_list ap;

  (void)ctx;
  va_start (ap, fmt);
  vsnprintf (last_why, sizeof last_why, fmt, ap);
  va_end (ap);
  if (tells_failures)
    tell (PEN_LOG_ERROR, last_why);
  return PEN_ERR;
}

static const struct pen_host host = { sizeof host, NULL, host_log, host_fail };

void
services_start (void (*to) (int level, const char *text))
{
  tell = to;
}

void
services_tell_failures (void)
{
  tells_failures = 1;
}

const struct pen_host *
services_host (void)
{
  return &host;
}

const char *
services_why (void)
{
  return last_why;
}
