/* SPDX-License-Identifier: Apache-2.0 */
/* run_gather.c - accepted objects wait a moment for others where others are coming: a flush to disk costs the same for many. */
#include "core/host/run_int.h"

#define GATHER_MS 10

static void
on_timer (uv_timer_t *t)
{
  struct run *r = t->data;

  commit_on_gathered (r->commit);
  run_pump (r);
}

/* Nobody else can join them: nothing is parsed, nothing is opened. */
static int
is_alone (const struct run *r)
{
  return !commit_n_ahead (r->commit) && !run_decode_waiting (r) && (!r->feed || feed_is_quiet (r->feed));
}

void
run_gather (struct run *r)
{
  if (!r->commit || r->stopped || !commit_is_gathering (r->commit))
    uv_timer_stop (&r->gather_timer);
  else if (is_alone (r))
    uv_timer_start (&r->gather_timer, on_timer, 0, 0);
  else if (!uv_is_active ((uv_handle_t *)&r->gather_timer))
    uv_timer_start (&r->gather_timer, on_timer, GATHER_MS, 0);
}
