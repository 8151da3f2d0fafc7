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
  uint64_t chunk, memory;
  int64_t deadline;
  const char *max_error_rate;
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
  { "limits.deadline", PEN_DURATION, 0, F (deadline), "60s", "10ms..1d",
    "Longest time that a worker may spend on one chunk." },
  { "errors.on_reject", PEN_ENUM, 0, F (on_reject), "quarantine", "quarantine|reject-object|fail",
    "A refused record is set aside, refuses its object, or stops the pipeline." },
  { "errors.max_error_rate", PEN_STRING, 0, F (max_error_rate), "100%", NULL,
    "An object with a larger share of refused records is refused, e.g. \"2%\"." },
  { "errors.require_balance", PEN_BOOL, 0, F (require_balance), "true", NULL,
    "Refuse an object whose control totals do not agree with its records." },
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

const char *const plan_settings_keys[] = { "name", "state",   "duplicates", "lineage", "commit",
                                           "jail", "isolate", "limits",     "errors",  NULL };

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
  p->workers = (unsigned)s->workers;
  p->chunk = s->chunk;
  p->memory = s->memory;
  p->deadline_ns = s->deadline;
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

/* Everything in s except the name has been checked against its range. */
static int
check_settings (struct plan *p, const struct settings *s, const struct optset *set, struct plan_report *pr)
{
  int rc = check_name (s->name, where_of (set, "name"), pr);

  if (units_percent (s->max_error_rate, &p->error_ppm) != 0)
    rc = plan_say (pr, true, "%s: %s: errors.max_error_rate: a percentage such as \"2%%\" or \"0.25%%\" is expected",
                   where_of (set, "errors.max_error_rate"), set->owner);
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
