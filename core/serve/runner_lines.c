/* SPDX-License-Identifier: Apache-2.0 */
/* runner_lines.c - what a run says on its standard output: progress, errors, its summary. */
#include "core/serve/serve_int.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static uint64_t
number (const json_t *o, const char *key)
{
  json_int_t v = json_integer_value (json_object_get (o, key));

  return v > 0 ? (uint64_t)v : 0;
}

static void
take_numbers (struct numbers *to, const json_t *o)
{
  to->objects = number (o, "objects");
  to->accepted = number (o, "accepted");
  to->refused = number (o, "refused");
  to->skipped = number (o, "skipped");
  to->failed = number (o, "failed");
  to->records = number (o, "records");
  to->rejected = number (o, "rejected");
  to->bytes = number (o, "bytes");
}

static void
take_progress (struct progress *to, const json_t *o)
{
  const char *object = json_string_value (json_object_get (o, "object"));

  take_numbers (&to->n, o);
  to->bytes_known = number (o, "bytes_known");
  to->open = (unsigned)number (o, "open");
  to->workers = (unsigned)number (o, "workers");
  to->oldest_ns = (int64_t)number (o, "oldest_ns");
  snprintf (to->object, sizeof to->object, "%s", object ? object : "");
}

void
runner_line (struct runner *r, const char *text, size_t n)
{
  json_t *o = json_loadb (text, n, 0, NULL);
  const json_t *progress = json_object_get (o, "progress");
  const char *error = json_string_value (json_object_get (o, "error"));

  if (progress)
    take_progress (&r->now, progress);
  else if (error)
    {
      if (!r->has_error)
        snprintf (r->error, sizeof r->error, "%s", error);
      r->has_error = true;
    }
  else if (json_object_get (o, "status"))
    take_numbers (&r->now.n, o);
  else if (r->n_strange++ == 0)
    serve_log (r->s, PEN_LOG_WARN, "%s: a line on standard output is not understood", r->facts->name);
  json_decref (o);
}
