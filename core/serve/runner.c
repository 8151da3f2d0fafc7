/* SPDX-License-Identifier: Apache-2.0 */
/* runner.c - one pipeline under serve: due, waiting for its share of the pool, running, stopped in three steps. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/serve/serve_int.h"

static const struct job_calls calls;

/* ---- times ---- */

/* Due at the next time of the schedule after `after`. */
static void
schedule_after (struct runner *r, int64_t after)
{
  const struct schedule *s = &r->facts->schedule;
  int64_t t = schedule_next (s, r->base, after);

  r->due = t == INT64_MAX ? t : t + schedule_jitter (s, r->facts->name, t);
  if (t != INT64_MAX)
    r->base = t;
}

/* A pipeline that comes: at intervals and following ones begin now, others at their next time. */
static void
schedule_first (struct runner *r, int64_t now)
{
  r->base = now;
  if (r->facts->schedule.has_cron)
    schedule_after (r, now);
  else
    r->due = now + schedule_jitter (&r->facts->schedule, r->facts->name, now);
}

/* The clock was set back: an interval is never longer than written. */
static void
check_clock (struct runner *r, int64_t now)
{
  const struct schedule *s = &r->facts->schedule;

  if (!s->has_cron && !s->follow && !r->failures && r->due != INT64_MAX && r->due - now > s->every_ns + s->jitter_ns)
    {
      r->base = now;
      r->due = now + s->every_ns;
    }
}

int64_t
runner_lag_ns (const struct runner *r, int64_t now)
{
  int64_t since = r->behind;

  if (r->started && r->now.oldest_ns && (!since || r->now.oldest_ns < since) && r->facts->schedule.follow)
    since = r->now.oldest_ns;
  return since && since < now ? now - since : 0;
}

/* ---- coming, changing, going ---- */

static int
by_name (const void *a, const void *b)
{
  return strcmp ((*(struct runner *const *)a)->facts->name, (*(struct runner *const *)b)->facts->name);
}

void
runner_create (struct serve *s, const struct facts *f, struct version *v)
{
  struct runner *r = xcalloc (1, sizeof *r);

  r->s = s;
  r->facts = facts_copy (f);
  r->version = version_ref (v);
  r->member = pool_add (&s->pool, &f->need);
  job_init (&r->job, &s->loop, &calls, r);
  schedule_first (r, serve_now ());
  s->runners = xrealloc (s->runners, (s->n_runners + 1) * sizeof (struct runner *));
  s->runners[s->n_runners++] = r;
  qsort (s->runners, s->n_runners, sizeof (struct runner *), by_name);
}

void
runner_free (struct runner *r)
{
  facts_free (r->facts);
  facts_free (r->next);
  version_unref (r->version);
  version_unref (r->next_version);
  job_fini (&r->job);
  free (r);
}

/* Takes a stopped runner out. */
static void
remove_runner (struct runner *r)
{
  struct serve *s = r->s;
  size_t i = 0;

  while (s->runners[i] != r)
    i++;
  memmove (s->runners + i, s->runners + i + 1, (--s->n_runners - i) * sizeof (struct runner *));
  serve_log (s, PEN_LOG_INFO, "%s: removed", r->facts->name);
  pool_remove (&s->pool, r->member);
  runner_free (r);
}

/* The new description comes into force; nothing runs. */
static void
swap (struct runner *r)
{
  facts_free (r->facts);
  version_unref (r->version);
  r->facts = r->next;
  r->version = r->next_version;
  r->next = NULL;
  r->next_version = NULL;
  r->failures = 0;
  r->behind = 0;
  r->error[0] = '\0';
  pool_withdraw (&r->s->pool, r->member);
  pool_change (&r->s->pool, r->member, &r->facts->need);
  schedule_first (r, serve_now ());
  serve_log (r->s, PEN_LOG_INFO, "%s: changed (%s)", r->facts->name, r->facts->where);
}

void
runner_replace (struct runner *r, const struct facts *f, struct version *v)
{
  r->is_leaving = false;
  facts_free (r->next);
  version_unref (r->next_version);
  r->next = facts_copy (f);
  r->next_version = version_ref (v);
  if (r->job.running)
    runner_stop (r, STOP_DRAIN);
  else
    swap (r);
}

void
runner_keep (struct runner *r, struct version *v)
{
  if (r->next || r->is_leaving) /* changed back while it drains: it begins again as it was */
    {
      const struct facts *f = catalog_find (&r->s->catalog, r->facts->name, NULL);

      runner_replace (r, f, v);
      return;
    }
  version_ref (v);
  version_unref (r->version);
  r->version = v;
}

void
runner_leave (struct runner *r)
{
  facts_free (r->next);
  version_unref (r->next_version);
  r->next = NULL;
  r->next_version = NULL;
  r->is_leaving = true;
  if (r->job.running)
    runner_stop (r, STOP_DRAIN);
  else
    remove_runner (r);
}

/* ---- running ---- */

void
runner_start (struct runner *r)
{
  const struct pool_grant *g = &r->member->grant;
  struct err e;
  size_t n;
  char **argv = serve_argv (r->s, "run", 12, &n);

  argv[n++] = xasprintf ("--supervisor=%d", (int)getpid ());
  argv[n++] = xstrdup ("--config-fd=3");
  argv[n++] = xasprintf ("--pipeline=%s", r->facts->name);
  argv[n++] = xasprintf ("--workers=%u", g->workers);
  argv[n++] = xasprintf ("--memory=%llu", (unsigned long long)g->memory);
  if (r->facts->schedule.follow)
    argv[n++] = xstrdup ("--follow");
  argv[n++] = xstrdup ("--");
  argv[n++] = xstrdup (r->version->path);
  r->started = serve_now ();
  r->stopping = STOP_NOT;
  r->is_overdue = r->has_error = false;
  r->n_strange = 0;
  r->now = (struct progress){ .workers = g->workers };
  r->runs++;
  if (job_start (&r->job, argv, r->version->fd, false, &e) == -1)
    {
      snprintf (r->error, sizeof r->error, "%.500s", e.text);
      r->has_error = true;
    }
  serve_argv_free (argv);
}

static void
on_line (void *owner, bool is_error, const char *text, size_t n)
{
  (void)is_error;
  runner_line (owner, text, n);
}

static void
add_numbers (struct numbers *to, const struct numbers *n)
{
  to->objects += n->objects;
  to->accepted += n->accepted;
  to->refused += n->refused;
  to->skipped += n->skipped;
  to->failed += n->failed;
  to->records += n->records;
  to->rejected += n->rejected;
  to->bytes += n->bytes;
}

static void
say_end (struct runner *r, int64_t status, int sig, int64_t wait)
{
  char how[96];

  if (sig)
    snprintf (how, sizeof how, "was killed by signal %d", sig);
  else if (status < 0)
    snprintf (how, sizeof how, "could not be started");
  else
    snprintf (how, sizeof how, "ended with status %d", (int)status);
  serve_log (r->s, PEN_LOG_ERROR, "%s: the run %s; failure %u in a row, again in %.1f s", r->facts->name, how,
             r->failures, (double)wait / 1e9);
  if (!r->has_error)
    snprintf (r->error, sizeof r->error, "the run %s", how);
}

/* What the end means for the time of the next start. */
static void
judge (struct runner *r, int64_t status, int sig, int64_t now)
{
  const struct schedule *s = &r->facts->schedule;
  bool is_good = !sig && (status == 0 || status == 1);
  bool ours = r->stopping != STOP_NOT && !r->is_overdue;

  if (is_good && !ours && !s->follow)
    {
      r->failures = 0;
      r->behind = 0;
      r->error[0] = '\0';
      schedule_after (r, s->skip_missed ? now : r->last_started);
    }
  else if (ours)
    r->due = now; /* it was cut short; whoever stopped it decides whether there is a next start */
  else
    {
      int64_t wait;

      if (s->follow && now - r->last_started >= SCHEDULE_HEALTHY_NS)
        r->failures = 0;
      r->failures++;
      r->runs_failed++;
      wait = schedule_backoff (s, r->failures);
      r->due = now + wait;
      say_end (r, status, sig, wait);
    }
}

static void
on_ended (void *owner, int64_t status, int sig)
{
  struct runner *r = owner;
  struct serve *s = r->s;
  int64_t now = serve_now ();

  pool_give (&s->pool, r->member);
  r->last_started = r->started;
  r->last_ended = now;
  r->last_status = (int)status;
  r->last_signal = sig;
  r->last = r->now.n;
  r->started = 0;
  add_numbers (&r->total, &r->now.n);
  if (sig == SIGTERM && r->stopping == STOP_DRAIN)
    ; /* it had not begun: nobody handled our signal */
  else if (sig || (status != 0 && status != 1))
    s->unfinished |= s->is_stopping;
  judge (r, status, sig, now);
  r->stopping = STOP_NOT;
  r->now = (struct progress){ 0 };
  if (r->is_leaving)
    remove_runner (r);
  else if (r->next)
    swap (r);
  serve_turn (s);
}

static const struct job_calls calls = { on_line, on_ended };

/* ---- stopping ---- */

void
runner_stop (struct runner *r, enum stop_level level)
{
  if (!r->job.running || r->stopping >= level)
    return;
  r->stopping = level;
  r->escalate = serve_now () + (level == STOP_DRAIN ? r->s->o->drain_ns : ROLL_BACK_NS);
  if (level == STOP_DRAIN)
    serve_log (r->s, PEN_LOG_INFO, "%s: completing what it took in", r->facts->name);
  else
    serve_log (r->s, PEN_LOG_WARN, "%s: %s", r->facts->name,
               level == STOP_KILL ? "killed; the next run resumes"
                                  : "takes too long to complete what it took in: rolled back, the next run resumes");
  job_signal (&r->job, level == STOP_KILL ? SIGKILL : SIGTERM);
}

/* What a running one needs: the next level of stopping, the end of its time. */
static int64_t
tick_running (struct runner *r, int64_t now)
{
  int64_t end = r->facts->schedule.max_run_ns ? r->started + r->facts->schedule.max_run_ns : INT64_MAX;

  if (r->stopping == STOP_NOT && now >= end)
    {
      r->is_overdue = true;
      snprintf (r->error, sizeof r->error, "stopped after max_run_time");
      r->has_error = true;
      serve_log (r->s, PEN_LOG_WARN, "%s: runs longer than max_run_time: stopped", r->facts->name);
      runner_stop (r, STOP_DRAIN);
    }
  if (r->stopping == STOP_NOT)
    return end;
  if (r->stopping < STOP_KILL && now >= r->escalate)
    runner_stop (r, r->stopping + 1);
  return r->stopping < STOP_KILL ? r->escalate : INT64_MAX;
}

int64_t
runner_tick (struct runner *r, int64_t now)
{
  if (r->job.running)
    return tick_running (r, now);
  check_clock (r, now);
  if (r->s->is_stopping)
    pool_withdraw (&r->s->pool, r->member);
  else if (r->due <= now)
    {
      if (!r->behind)
        r->behind = r->due;
      pool_ask (&r->s->pool, r->member);
    }
  return r->due <= now ? INT64_MAX : r->due;
}
