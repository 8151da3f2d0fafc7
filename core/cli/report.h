/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what a run shows: log lines, a progress bar on a terminal, one summary at the end. */
#ifndef PEN_CLI_REPORT_H
#define PEN_CLI_REPORT_H
#include "core/cli/cli.h"
#include "core/host/run_plan.h"

struct report
{
  struct cli *cli;
  const char *pipeline; /* set: for a supervisor, which reads lines of JSON and knows the run by this name */
  bool follow;          /* the run stays, see run.h */
  bool bar;             /* standard error is a terminal */
  bool bar_shown;       /* a bar stands on the last line */
  double started;
};

void report_init (struct report *r, struct cli *c);
/* Callbacks for run_plan(), borrowed from r. */
struct run_reporter report_reporter (struct report *r);
/* One summary in words on standard error, or (json) one line on standard output. */
void report_summary (struct report *r, const char *pipeline, const struct run_result *result, bool json);
#endif
