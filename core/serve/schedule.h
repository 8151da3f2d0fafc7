/* SPDX-License-Identifier: Apache-2.0 */
/* schedule.h - when a pipeline is due: at intervals, at times of day in a time zone, or always; and when after a failure. */
#ifndef PEN_SERVE_SCHEDULE_H
#define PEN_SERVE_SCHEDULE_H
#include "core/serve/cron.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_EVERY_NS (300 * INT64_C (1000000000))     /* where nothing is written */
#define SCHEDULE_RETRY_MAX_NS (600 * INT64_C (1000000000)) /* back-off does not grow beyond */
#define SCHEDULE_HEALTHY_NS                                                                                            \
  (60 * INT64_C (1000000000)) /* a following run that lasted this long did not crash at its start */

/* As a configuration has it. All times are nanoseconds; points in time are since 1970. */
struct schedule
{
  bool follow;      /* one long run that stays */
  bool has_cron;    /* else at intervals */
  bool skip_missed; /* a time that passes while it runs is left out; else one run follows */
  int64_t every_ns, jitter_ns, retry_ns, max_run_ns; /* max_run_ns 0: any */
  struct cron cron;
  char *cron_text, *zone; /* owned; NULL and "" where there are none */
};

/* Texts are copied. cron: NULL or "": none; zone "": the system's. -1 with the reason in e, nothing to free. */
int schedule_set_cron (struct schedule *s, const char *cron, const char *zone, struct err *e);
void schedule_fini (struct schedule *s);

/* The first time after `after` that it is due; base: a time that it was due, for intervals. A run serves every time up to its
 * start (skip_missed: up to its end): give that as `after`. INT64_MAX: never (follow). */
int64_t schedule_next (const struct schedule *s, int64_t base, int64_t after);
/* 0..jitter_ns, the same for the same pipeline and time. */
int64_t schedule_jitter (const struct schedule *s, const char *pipeline, int64_t due);
/* How long to wait after so many failures in a row (1, 2, ...): doubled each time. */
int64_t schedule_backoff (const struct schedule *s, unsigned failures);
#endif
