/* SPDX-License-Identifier: Apache-2.0 */
/* report_json.c - what a run says to programs on standard output: one line of JSON for progress, an error, the summary. */
#include "core/cli/report_json.h"

#include "core/base/escape.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SHOWN 200

static int output = STDOUT_FILENO;

void
report_json_keep_output (void)
{
  int fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

  if (fd != -1 && dup2 (STDERR_FILENO, STDOUT_FILENO) != -1)
    output = fd;
}

/* One line, written whole: what fits into a pipe's buffer is not torn. Takes o. */
static void
say (json_t *o, int flags)
{
  char *text = json_dumps (o, JSON_COMPACT | flags);
  size_t n = text ? strlen (text) : 0;

  for (size_t done = 0; text && done <= n;)
    {
      ssize_t k;

      text[n] = '\n';
      k = write (output, text + done, n + 1 - done);
      if (k <= 0)
        break; /* whoever listened is gone; the exit status tells */
      done += (size_t)k;
    }
  free (text);
  json_decref (o);
}

void
report_json_summary (const char *pipeline, const struct run_result *s)
{
  json_t *totals = json_object ();

  for (size_t i = 0; i < s->n_totals; i++)
    json_object_set_new (totals, s->totals[i].name, json_string (s->totals[i].value));
  say (json_pack ("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "pipeline", pipeline,
                  "status", (int)s->status, "objects", (json_int_t)s->objects, "accepted", (json_int_t)s->accepted,
                  "refused", (json_int_t)s->refused, "skipped", (json_int_t)s->skipped, "failed", (json_int_t)s->failed,
                  "records", (json_int_t)s->records, "rejected", (json_int_t)s->rejected, "filtered",
                  (json_int_t)s->filtered, "warnings", (json_int_t)s->warnings, "bytes", (json_int_t)s->bytes,
                  "worker_deaths", (json_int_t)s->worker_deaths, "seconds", s->seconds, "totals", totals),
       JSON_REAL_PRECISION (6));
}

void
report_json_progress (const struct run_progress *p)
{
  char name[4 * NAME_SHOWN + 1] = "";
  struct pollfd out = { .fd = output, .events = POLLOUT };

  if (poll (&out, 1, 0) != 1 || !(out.revents & POLLOUT))
    return;
  if (p->object)
    escape_text (name, sizeof name, p->object, strnlen (p->object, NAME_SHOWN));
  say (json_pack ("{s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:I, s:s}}", "progress", "objects",
                  (json_int_t)p->objects, "accepted", (json_int_t)p->accepted, "refused", (json_int_t)p->refused,
                  "skipped", (json_int_t)p->skipped, "records", (json_int_t)p->records, "rejected",
                  (json_int_t)p->rejected, "bytes", (json_int_t)p->bytes_done, "bytes_known",
                  (json_int_t)p->bytes_known, "open", (int)p->open, "workers", (int)p->workers, "oldest_ns",
                  (json_int_t)p->oldest_ns, "object", name),
       0);
}

void
report_json_error (const char *text)
{
  json_t *o = json_pack ("{s:s%}", "error", text, strnlen (text, 2000));

  if (o) /* cut in the middle of a character: not said here, standard error has it */
    say (o, 0);
}
