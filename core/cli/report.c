/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - what a run shows: log lines, a progress bar on a terminal, one summary at the end. */
#include "core/cli/report.h"

#include "core/base/clock.h"
#include "core/cli/report_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 24

void
report_init (struct report *r, struct cli *c)
{
  *r = (struct report){ .cli = c, .bar = isatty (2) && !c->quiet, .started = clock_seconds () };
}

static void
wipe (struct report *r)
{
  if (r->bar_shown)
    fputs ("\r\033[K", stderr);
  r->bar_shown = false;
}

static void
on_log (void *ctx, int level, const char *text)
{
  struct report *r = ctx;

  if (level == PEN_LOG_ERROR && r->pipeline)
    report_json_error (text);
  if (level >= (r->pipeline ? PEN_LOG_INFO : PEN_LOG_DEBUG) && !r->cli->verbose)
    return; /* every few minutes, for hundreds of pipelines: what did not change is not said again */
  if (level >= PEN_LOG_WARN && r->cli->quiet)
    return;
  wipe (r);
  fprintf (stderr, "penstock: %s%s%s%s\n", r->pipeline ? r->pipeline : "", r->pipeline ? ": " : "",
           level == PEN_LOG_WARN ? "warning: " : "", text);
}

static const char *
size_text (char *buf, size_t cap, double v)
{
  static const char *const unit[] = { "B", "KB", "MB", "GB", "TB" };
  size_t u = 0;

  while (v >= 1000 && u + 1 < sizeof unit / sizeof *unit)
    {
      v /= 1000;
      u++;
    }
  snprintf (buf, cap, u ? "%.1f %s" : "%.0f %s", v, unit[u]);
  return buf;
}

/* [=========>              ] 41 %  570.2 MB of 1.4 GB  5.1 M records  1.2 M records/s  ETA 0:07 */
static void
on_progress (void *ctx, const struct run_progress *p)
{
  struct report *r = ctx;
  double passed = clock_seconds () - r->started,
         part = p->bytes_known ? (double)p->bytes_done / (double)p->bytes_known : 0;
  char bar[BAR_WIDTH + 1], a[32], b[32];
  int eta, filled = (int)(part * BAR_WIDTH);

  if (passed < 1)
    return;
  memset (bar, ' ', BAR_WIDTH);
  memset (bar, '=', (size_t)filled);
  if (filled < BAR_WIDTH)
    bar[filled] = '>';
  bar[BAR_WIDTH] = 0;
  eta = part > 0.01 ? (int)(passed / part - passed) : -1;
  fprintf (stderr, "\r\033[K[%s] %3.0f %%  %s of %s  %.1f M records/s", bar, 100 * part,
           size_text (a, sizeof a, (double)p->bytes_done), size_text (b, sizeof b, (double)p->bytes_known),
           (double)p->records / passed / 1e6);
  if (p->rejected)
    fprintf (stderr, "  %llu rejected", (unsigned long long)p->rejected);
  if (eta >= 0)
    fprintf (stderr, "  ETA %d:%02d", eta / 60, eta % 60);
  r->bar_shown = true;
}

static void
on_supervised_progress (void *ctx, const struct run_progress *p)
{
  (void)ctx;
  report_json_progress (p);
}

struct run_reporter
report_reporter (struct report *r)
{
  if (r->pipeline)
    return (struct run_reporter){ on_log, on_supervised_progress, r, r->follow, true };
  return (struct run_reporter){ on_log, r->bar ? on_progress : NULL, r, r->follow, r->follow };
}

static void
summary_words (const char *pipeline, const struct run_result *s)
{
  char bytes[32], rate[32];

  fprintf (stderr, "penstock: %s: %llu object%s: %llu accepted", pipeline, (unsigned long long)s->objects,
           s->objects == 1 ? "" : "s", (unsigned long long)s->accepted);
  if (s->refused)
    fprintf (stderr, ", %llu refused", (unsigned long long)s->refused);
  if (s->skipped)
    fprintf (stderr, ", %llu skipped as duplicates", (unsigned long long)s->skipped);
  if (s->failed)
    fprintf (stderr, ", %llu not finished", (unsigned long long)s->failed);
  fprintf (stderr, "; %llu records, %llu rejected", (unsigned long long)s->records, (unsigned long long)s->rejected);
  if (s->filtered)
    fprintf (stderr, ", %llu filtered", (unsigned long long)s->filtered);
  if (s->warnings)
    fprintf (stderr, ", %llu warnings", (unsigned long long)s->warnings);
  fprintf (stderr, "; %s in %.2f s (%s/s)\n", size_text (bytes, sizeof bytes, (double)s->bytes), s->seconds,
           size_text (rate, sizeof rate, s->seconds > 0 ? (double)s->bytes / s->seconds : 0));
  for (size_t i = 0; i < s->n_totals; i++)
    if (s->totals[i].value[strspn (s->totals[i].value, "0.")])
      fprintf (stderr, "penstock:   %s %s\n", s->totals[i].name, s->totals[i].value);
}

static bool
is_news (const struct run_result *s)
{
  return s->status != RUN_OK || s->accepted || s->refused || s->failed;
}

void
report_summary (struct report *r, const char *pipeline, const struct run_result *result, bool json)
{
  wipe (r);
  if (json)
    report_json_summary (pipeline, result);
  if (!r->cli->quiet && (!r->pipeline || r->cli->verbose || is_news (result)))
    summary_words (pipeline, result);
}
