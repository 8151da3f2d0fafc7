/* SPDX-License-Identifier: Apache-2.0 */
/* plan_settings.c - the settings of a pipeline that are not plugins, declared in one table like a plugin's options. */
#include "core/host/plan_int.h"

#include "core/base/escape.h"
#include "core/base/units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings
{
  const char *name, *state;
  int duplicates, commit, jail, isolate, on_reject;
  bool lineage, require_balance;
  int64_t workers;
  uint64_t chunk, memory, spool, decode_size;
  int decode_by;
  int64_t decode_ratio, decode_members, decode_nesting;
  int64_t deadline, expansion, sink_retry, stop;
  const char *max_error_rate;
  int64_t keep_findings;
  int64_t every, jitter, retry, max_run_time;
  const char *cron, *timezone;
  int missed;
  bool follow, quota_reserved;
  int64_t quota_workers;
  uint64_t quota_memory;
};

#define F(field) PEN_FIELD (struct settings, field)
static const struct pen_opt table[] = {
  { "name", PEN_STRING, PEN_OPT_REQUIRED, F (name), NULL, NULL,
    "Name of the pipeline, unique: letters, digits, dot, dash and underscore, at most 64." },
  { "state", PEN_PATH, 0, F (state), NULL, NULL,
    "Directory of the journal, the spool and the quarantine; by default below $XDG_STATE_HOME/penstock, for root "
    "below /var/lib/penstock." },
  { "duplicates", PEN_ENUM, 0, F (duplicates), "skip", "skip|process|reject",
    "What becomes of content that was accepted before, under whatever name." },
  { "lineage", PEN_BOOL, 0, F (lineage), "true", NULL,
    "Adds _object, _offset, _length and _line, the exact source bytes, to every row." },
  { "commit", PEN_ENUM, 0, F (commit), "object", "object|chunk",
    "object: nothing of an object is visible before all of it is accepted; chunk: progressively." },
  { "jail", PEN_ENUM, 0, F (jail), "enforce", "enforce|best-effort",
    "best-effort: run also where the kernel refuses to cage the workers." },
  { "isolate", PEN_ENUM, 0, F (isolate), "pipeline", "pipeline|object", "object: fresh workers for every object." },
  { "limits.workers", PEN_INT, 0, F (workers), "0", "0..1024",
    "Worker processes; 0: one a core, as far as the memory allows." },
  { "limits.chunk", PEN_SIZE, 0, F (chunk), "1M", "1..5M", "Bytes of input that a worker parses at a time." },
  { "limits.memory", PEN_SIZE, 0, F (memory), "0", NULL,
    "Bytes that the pipeline may take in all its processes; 0: what the machine or its cgroup has." },
  { "limits.spool", PEN_SIZE, 0, F (spool), "1G", "1M..1024T",
    "Bytes on disk that may be taken by what a source has fetched and the sinks do not have yet." },
  { "limits.deadline", PEN_DURATION, 0, F (deadline), "60s", "10ms..1d",
    "Longest time that a worker may spend on one chunk." },
  { "limits.expansion", PEN_INT, 0, F (expansion), "1000", "1..1000000",
    "Times its own length that a chunk may become for one sink; the first 8 MiB are free." },
  { "limits.sink_retry", PEN_DURATION, 0, F (sink_retry), "5m", "0s..7d",
    "How long a sink's transient failure is tried again, with growing pauses, before it ends the run." },
  { "limits.stop", PEN_DURATION, 0, F (stop), "30s", "100ms..1d",
    "Longest time from a signal that stops the run to its end, even where a sink's call does not come back." },
  { "decode.by", PEN_ENUM, 0, F (decode_by), "order", "order|magic",
    "order: every object passes all decoders in their order; magic: those of the list that know its first bytes." },
  { "decode.max_size", PEN_SIZE, 0, F (decode_size), "64G", NULL, "Bytes that one object may expand to." },
  { "decode.max_ratio", PEN_INT, 0, F (decode_ratio), "200", "1..1000000",
    "Times its own length that an object may expand to; counts from 16 MiB on." },
  { "decode.max_members", PEN_INT, 0, F (decode_members), "10000", "1..10000000", "Objects that may be in one." },
  { "decode.max_nesting", PEN_INT, 0, F (decode_nesting), "3", "1..16",
    "Decoders that may be needed one after the other." },
  { "errors.on_reject", PEN_ENUM, 0, F (on_reject), "quarantine", "quarantine|reject-object|fail",
    "A refused record is set aside, refuses its object, or stops the pipeline." },
  { "errors.max_error_rate", PEN_STRING, 0, F (max_error_rate), "100%", NULL,
    "An object with a larger share of refused records is refused, e.g. \"2%\"." },
  { "errors.keep_findings", PEN_INT, 0, F (keep_findings), "100000", "0..1000000000000",
    "Findings of one object that the state database keeps with their records; further ones are counted." },
  { "errors.require_balance", PEN_BOOL, 0, F (require_balance), "true", NULL,
    "Refuse an object whose control totals do not agree with its records." },
  { "schedule.every", PEN_DURATION, 0, F (every), "0", "0..366d",
    "serve: run at this interval; 0 without cron and follow: 5m." },
  { "schedule.cron", PEN_STRING, 0, F (cron), NULL, NULL, "serve: run at these times, as in crontab(5)." },
  { "schedule.timezone", PEN_STRING, 0, F (timezone), NULL, NULL,
    "serve: the time zone of cron, e.g. \"America/New_York\"; by default the system's." },
  { "schedule.follow", PEN_BOOL, 0, F (follow), "false", NULL,
    "serve: one run that stays and takes objects as they come, for sources that can." },
  { "schedule.jitter", PEN_DURATION, 0, F (jitter), "0", "0..1d",
    "serve: every start is put off by a part of this, different for each pipeline and time." },
  { "schedule.missed", PEN_ENUM, 0, F (missed), "run", "run|skip",
    "serve: what becomes of times that pass while the pipeline runs: one run afterwards, or none." },
  { "schedule.retry", PEN_DURATION, 0, F (retry), "10s", "10ms..1d",
    "serve: wait this long after a failure, twice as long after each further one, at most 10m." },
  { "schedule.max_run_time", PEN_DURATION, 0, F (max_run_time), "0", "0..366d",
    "serve: a run that takes longer is stopped; 0: any time." },
  { "quota.workers", PEN_INT, 0, F (quota_workers), "0", "0..1024",
    "serve: at most so many workers of the shared pool; 0: a fair share." },
  { "quota.memory", PEN_SIZE, 0, F (quota_memory), "0", NULL,
    "serve: at most so many bytes of the shared pool; 0: a fair share." },
  { "quota.reserved", PEN_BOOL, 0, F (quota_reserved), "false", NULL,
    "serve: keep memory for one worker free for it also where there is not enough for all." },
  { NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

/* The table is read as if it were a plugin's. */
static const struct pen_plugin as_plugin = {
  .abi = PEN_ABI,
  .size = sizeof as_plugin,
  .name = "pipeline",
  .options_size = sizeof (struct settings),
  .opt_size = sizeof (struct pen_opt),
  .opts = table,
};

const char *const plan_settings_keys[] = { "name",   "state",  "duplicates", "lineage",  "commit", "jail", "isolate",
                                           "limits", "decode", "errors",     "schedule", "quota",  NULL };

const struct pen_opt *
plan_settings_table (void)
{
  return table;
}

static void
take (struct plan *p, const struct settings *s)
{
  p->duplicates = s->duplicates;
  p->lineage = s->lineage;
  p->commit = s->commit == 0 ? PEN_COMMIT_OBJECT : PEN_COMMIT_CHUNK;
  p->best_effort = s->jail == 1;
  p->fresh_worker = s->isolate == 1;
  p->on_reject = s->on_reject;
  p->require_balance = s->require_balance;
  p->keep_findings = (uint64_t)s->keep_findings;
  p->workers = (unsigned)s->workers;
  p->chunk = s->chunk;
  p->memory = s->memory;
  p->spool = s->spool;
  p->decode.by_magic = s->decode_by == 1;
  p->decode.max_size = s->decode_size;
  p->decode.max_ratio = (uint64_t)s->decode_ratio;
  p->decode.max_members = (uint64_t)s->decode_members;
  p->decode.max_nesting = (uint64_t)s->decode_nesting;
  p->deadline_ns = s->deadline;
  p->expansion = (uint64_t)s->expansion;
  p->schedule = (struct schedule){ .follow = s->follow,
                                   .skip_missed = s->missed == 1,
                                   .every_ns = s->every ? s->every : SCHEDULE_EVERY_NS,
                                   .jitter_ns = s->jitter,
                                   .retry_ns = s->retry,
                                   .max_run_ns = s->max_run_time };
  p->quota = (struct plan_quota){ (unsigned)s->quota_workers, s->quota_memory, s->quota_reserved };
  p->sink_retry_ns = s->sink_retry;
  p->stop_ns = s->stop;
}

static int
check_name (const char *name, const char *where, struct plan_report *pr)
{
  static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

  if (*name && *name != '.' && *name != '-' && strlen (name) <= 64 && !name[strspn (name, chars)])
    return 0;
  return plan_say (pr, true,
                   "%s: pipeline: name: letters, digits, dot, dash and underscore are expected, at most 64, the first "
                   "neither dot nor dash",
                   where);
}

static const char *
where_of (const struct optset *set, const char *name)
{
  for (size_t i = 0; i < set->n; i++)
    if (strcmp (set->v[i].name, name) == 0)
      return set->v[i].where;
  return set->where;
}

static int
check_schedule (struct plan *p, const struct settings *s, const struct optset *set, struct plan_report *pr)
{
  bool has_cron = s->cron && *s->cron, has_zone = s->timezone && *s->timezone;
  const char *where = where_of (set, has_cron ? "schedule.cron" : has_zone ? "schedule.timezone" : "schedule.follow");
  struct err e;

  if (schedule_set_cron (&p->schedule, s->cron, has_zone ? s->timezone : "", &e) == -1)
    return plan_say (pr, true, "%s: %s: schedule: %s", where, set->owner, e.text);
  if (has_cron + s->follow + (s->every != 0) > 1)
    return plan_say (pr, true, "%s: %s: schedule: one of every, cron and follow is expected", where, set->owner);
  if (has_zone && !has_cron)
    return plan_say (pr, true, "%s: %s: schedule: timezone: there is no cron that it could be for", where, set->owner);
  return 0;
}

/* Everything in s except the name has been checked against its range. */
static int
check_settings (struct plan *p, const struct settings *s, const struct optset *set, struct plan_report *pr)
{
  int rc = check_name (s->name, where_of (set, "name"), pr);

  if (units_percent (s->max_error_rate, &p->error_ppm) != 0)
    rc = plan_say (pr, true, "%s: %s: errors.max_error_rate: a percentage such as \"2%%\" or \"0.25%%\" is expected",
                   where_of (set, "errors.max_error_rate"), set->owner);
  if (check_schedule (p, s, set, pr) == -1)
    rc = -1;
  return rc;
}

static char *
default_state (const char *name, const char *where, struct plan_report *pr)
{
  const char *xdg = getenv ("XDG_STATE_HOME"), *home = getenv ("HOME");

  if (xdg && *xdg == '/')
    return xasprintf ("%s/penstock/%s", xdg, name);
  if (geteuid () == 0)
    return xasprintf ("/var/lib/penstock/%s", name);
  if (home && *home == '/')
    return xasprintf ("%s/.local/state/penstock/%s", home, name);
  plan_say (pr, true, "%s: pipeline \"%s\": state: a directory is needed: neither XDG_STATE_HOME nor HOME is set",
            where, name);
  return NULL;
}

static bool
is_setting (const char *key)
{
  for (const char *const *k = plan_settings_keys; *k; k++)
    if (strcmp (*k, key) == 0)
      return true;
  return false;
}

/* The settings of a pipeline's section as an option set. Other keys are the caller's: sections, and what is unknown. */
static int
collect (struct optset *set, const struct config_node *pipeline, const char *dir, struct err *e)
{
  const struct config_node *name = config_get (pipeline, "name");
  const char **others = xcalloc (pipeline->n + 1, sizeof *others);
  char shown[ESCAPE_MAX], *owner;
  size_t n = 0;
  int rc;

  for (size_t i = 0; i < pipeline->n; i++)
    if (!is_setting (pipeline->child[i]->name))
      others[n++] = pipeline->child[i]->name;
  owner = name && name->type == CONFIG_VALUE
              ? xasprintf ("pipeline \"%s\"", escape_text (shown, sizeof shown, name->value, strlen (name->value)))
              : xstrdup ("pipeline");
  optset_init (set, owner, pipeline->where, dir);
  rc = config_flatten (pipeline, others, set, e);
  free (owner);
  free (others);
  return rc;
}

static int
fill (struct plan *p, const struct optset *set, struct plan_report *pr)
{
  struct options o = { 0 };
  const struct settings *s;
  struct err e;
  int rc;

  if (options_fill (&as_plugin, set, 0, pr->r, &o, &e) == -1)
    {
      /* the report has it already */
      if (pr->errors++ == 0)
        err_set (pr->e, "%s", e.text);
      return -1;
    }
  s = o.data;
  take (p, s);
  rc = check_settings (p, s, set, pr);
  if (rc == 0)
    {
      p->name = xstrdup (s->name);
      p->state = s->state ? xstrdup (s->state) : default_state (s->name, set->where, pr);
      rc = p->state ? 0 : -1;
    }
  options_free (&o);
  return rc;
}

int
plan_settings (struct plan *p, const struct config_node *pipeline, const char *dir, struct plan_report *pr)
{
  struct optset set;
  struct err e;
  int rc;

  p->where = xstrdup (pipeline->where);
  if (collect (&set, pipeline, dir, &e) == -1)
    rc = plan_say (pr, true, "%s", e.text);
  else
    rc = fill (p, &set, pr);
  optset_fini (&set);
  return rc;
}

void
plan_settings_default (struct plan *p)
{
  struct options o;
  struct optset set;
  struct err e;

  optset_init (&set, "", "", "");
  if (optset_add (&set, "name", "x", "", &e) == -1 || options_fill (&as_plugin, &set, 0, NULL, &o, &e) == -1)
    abort (); /* our own table */
  take (p, o.data);
  p->error_ppm = 1000000;
  options_free (&o);
  optset_fini (&set);
}
