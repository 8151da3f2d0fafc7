/* SPDX-License-Identifier: Apache-2.0 */
/* cron.h - points in time as crontab(5) writes them, and the next of them in a time zone. */
#ifndef PEN_SERVE_CRON_H
#define PEN_SERVE_CRON_H
#include "core/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct cron
{
  uint64_t minute; /* bit i: minute i */
  uint32_t hour, mday;
  uint16_t month;          /* bit 1: January */
  uint8_t wday;            /* bit 0: Sunday */
  bool any_mday, any_wday; /* written as *: the other field alone decides */
};

/* "minute hour day-of-month month day-of-week": numbers, names of months and days, lists, ranges, steps; or @hourly, @daily,
 * @weekly, @monthly, @yearly. -1 with the reason in e, also where no day is ever meant (30 February). */
int cron_parse (struct cron *c, const char *text, struct err *e);

/* The first point in time after `after`, in seconds since 1970; -1: none within nine years. zone has passed zone_check().
 *
 * When clocks change: a time of day that is skipped comes at the instant of the change, one that is shown twice comes the first
 * time only. Where every hour is meant (the hour is * or 0-23), elapsed time counts instead: what is skipped is left out, what is
 * shown twice comes twice. */
int64_t cron_next (const struct cron *c, const char *zone, int64_t after);
#endif
