/* SPDX-License-Identifier: Apache-2.0 */
/* run_plan.h - runs a resolved plan: fills what run.h wants to know. */
#ifndef PEN_HOST_RUN_PLAN_H
#define PEN_HOST_RUN_PLAN_H
#include "core/host/plan.h"
#include "core/host/run.h"

struct run_reporter
{
  void (*log) (void *ctx, int level, const char *text);
  void (*progress) (void *ctx, const struct run_progress *p); /* NULL: none */
  void *ctx;
  bool follow, drains; /* see run.h */
};

/* The plan's pipeline, with as many workers as bound.h says. What is wrong was told to the reporter. */
enum run_status run_plan (const struct plan_set *s, const struct plan *p, const struct run_reporter *reporter,
                          struct run_result *result);
/* Do the plugins accept their options, and do filters, encoders and the sinks' selections fit the parser's tables? Starts
 * one worker. 0, or -1: the reporter was told. */
int run_plan_check (const struct plan_set *s, const struct plan *p, const struct run_reporter *reporter);
#endif
