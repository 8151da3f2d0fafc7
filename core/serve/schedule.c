/* SPDX-License-Identifier: Apache-2.0 */
/* schedule.c - when a pipeline is due: at intervals, at times of day in a time zone, or always; and when after a failure. */
#include "core/serve/schedule.h"

#include "core/serve/zone.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SECOND INT64_C (1000000000)

int
schedule_set_cron (struct schedule *s, const char *cron, const char *zone, struct err *e)
{
  s->has_cron = cron && *cron;
  if (zone_check (zone, e) == -1)
    return err_prefix (e, "timezone");
  if (s->has_cron && cron_parse (&s->cron, cron, e) == -1)
    return err_prefix (e, "cron");
  s->cron_text = s->has_cron ? xstrdup (cron) : NULL;
  s->zone = xstrdup (zone);
  return 0;
}

void
schedule_fini (struct schedule *s)
{
  free (s->cron_text);
  free (s->zone);
  s->cron_text = s->zone = NULL;
}

int64_t
schedule_next (const struct schedule *s, int64_t base, int64_t after)
{
  int64_t t;

  if (s->follow)
    return INT64_MAX;
  if (!s->has_cron)
    return after < base ? base : base + ((after - base) / s->every_ns + 1) * s->every_ns;
  t = cron_next (&s->cron, s->zone ? s->zone : "", after / SECOND);
  return t == -1 ? INT64_MAX : t * SECOND;
}

int64_t
schedule_jitter (const struct schedule *s, const char *pipeline, int64_t due)
{
  if (s->jitter_ns <= 0)
    return 0;
  return (int64_t)(XXH3_64bits_withSeed (pipeline, strlen (pipeline), (uint64_t)due) % (uint64_t)(s->jitter_ns + 1));
}

int64_t
schedule_backoff (const struct schedule *s, unsigned failures)
{
  int64_t most = s->retry_ns > SCHEDULE_RETRY_MAX_NS ? s->retry_ns : SCHEDULE_RETRY_MAX_NS, wait = s->retry_ns;

  for (unsigned i = 1; i < failures && wait < most; i++)
    wait *= 2;
  return wait < most ? wait : most;
}
