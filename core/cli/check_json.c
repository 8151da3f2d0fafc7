/* SPDX-License-Identifier: Apache-2.0 */
/* check_json.c - what a supervisor must know of a checked pipeline, as one line of JSON on standard output. */
#include "core/cli/check_json.h"

#include <jansson.h>
#include <stdio.h>

static json_t *
schedule_json (const struct schedule *s)
{
  json_t *o = json_pack ("{s:b, s:b, s:I, s:I, s:I, s:I}", "follow", (int)s->follow, "skip_missed", (int)s->skip_missed,
                         "every_ns", (json_int_t)s->every_ns, "jitter_ns", (json_int_t)s->jitter_ns, "retry_ns",
                         (json_int_t)s->retry_ns, "max_run_ns", (json_int_t)s->max_run_ns);

  if (s->has_cron)
    json_object_set_new (o, "cron", json_string (s->cron_text));
  json_object_set_new (o, "timezone", json_string (s->zone ? s->zone : ""));
  return o;
}

/* The smaller of two limits, of which 0 is none. */
static uint64_t
tighter (uint64_t a, uint64_t b)
{
  return !a || (b && b < a) ? b : a;
}

void
check_json (const struct plan *p, const struct bound *b)
{
  uint64_t workers = tighter (p->workers, p->quota.workers);
  json_t *o = json_pack ("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:b}", "pipeline", p->name, "where", p->where,
                         "state", p->state, "fingerprint", p->fingerprint, "schedule", schedule_json (&p->schedule),
                         "base", (json_int_t)b->reserved, "per_worker", (json_int_t)b->per_worker, "workers",
                         (json_int_t)(workers ? workers : b->cores), "memory",
                         (json_int_t)tighter (p->memory, p->quota.memory), "reserved", (int)p->quota.is_reserved);

  if (!o || json_dumpf (o, stdout, JSON_COMPACT) == -1) /* a path that is no UTF-8 */
    fprintf (stderr, "penstock: %s: pipeline \"%s\": its state has a name that is not UTF-8\n", p->where, p->name);
  putchar ('\n');
  json_decref (o);
}
