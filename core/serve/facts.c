/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - what the supervisor knows of a checked pipeline: a line of `penstock check --json`. */
#include "core/serve/facts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void
facts_free (struct facts *f)
{
  if (!f)
    return;
  free (f->name);
  free (f->where);
  free (f->state);
  free (f->fingerprint);
  schedule_fini (&f->schedule);
  free (f);
}

struct facts *
facts_copy (const struct facts *f)
{
  struct facts *to = xmalloc (sizeof *to);

  *to = *f;
  to->name = xstrdup (f->name);
  to->where = xstrdup (f->where);
  to->state = xstrdup (f->state);
  to->fingerprint = xstrdup (f->fingerprint);
  to->schedule.cron_text = f->schedule.cron_text ? xstrdup (f->schedule.cron_text) : NULL;
  to->schedule.zone = xstrdup (f->schedule.zone ? f->schedule.zone : "");
  return to;
}

static int
take_schedule (struct schedule *s, json_t *o, struct err *e)
{
  const char *cron = NULL, *zone;
  json_int_t every, jitter, retry, max_run;
  int follow, skip;

  if (json_unpack (o, "{s:b, s:b, s:I, s:I, s:I, s:I, s:s, s?s}", "follow", &follow, "skip_missed", &skip, "every_ns",
                   &every, "jitter_ns", &jitter, "retry_ns", &retry, "max_run_ns", &max_run, "timezone", &zone, "cron",
                   &cron)
          == -1
      || every <= 0 || jitter < 0 || retry <= 0 || max_run < 0)
    return err_set (e, "the schedule is not what this version writes");
  *s = (struct schedule){ .follow = follow,
                          .skip_missed = skip,
                          .every_ns = every,
                          .jitter_ns = jitter,
                          .retry_ns = retry,
                          .max_run_ns = max_run };
  return schedule_set_cron (s, cron, zone, e);
}

static int
take (struct facts *f, json_t *o, struct err *e)
{
  const char *name, *where, *state, *fingerprint;
  json_int_t base, per_worker, workers, memory;
  json_t *schedule;
  int reserved;

  if (json_unpack (o, "{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:b}", "pipeline", &name, "where", &where, "state",
                   &state, "fingerprint", &fingerprint, "schedule", &schedule, "base", &base, "per_worker", &per_worker,
                   "workers", &workers, "memory", &memory, "reserved", &reserved)
          == -1
      || base < 0 || per_worker < 0 || workers < 1 || workers > 1024 || memory < 0)
    return err_set (e, "this is not what `penstock check --json` of this version writes");
  f->name = xstrdup (name);
  f->where = xstrdup (where);
  f->state = xstrdup (state);
  f->fingerprint = xstrdup (fingerprint);
  f->need = (struct pool_need){ .base = (uint64_t)base,
                                .per_worker = (uint64_t)per_worker,
                                .workers = (unsigned)workers,
                                .memory = (uint64_t)memory,
                                .must_reserve = reserved };
  if (take_schedule (&f->schedule, schedule, e) == -1)
    return -1;
  f->need.is_lasting = f->schedule.follow;
  return 0;
}

struct facts *
facts_parse (const char *line, size_t n, struct err *e)
{
  struct facts *f = xcalloc (1, sizeof *f);
  json_error_t why;
  json_t *o = json_loadb (line, n, JSON_REJECT_DUPLICATES, &why);
  int rc;

  rc = o ? take (f, o, e) : err_set (e, "no JSON: %s", why.text);
  json_decref (o);
  if (rc == 0)
    return f;
  facts_free (f);
  return NULL;
}
