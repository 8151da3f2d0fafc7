/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c - reads the configuration again: files that changed are checked by processes of their own, then come into force. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/escape.h"
#include "core/base/units.h"
#include "core/serve/serve_int.h"

/* The check of one file. */
struct check
{
  struct serve *s;
  struct job job;
  char *path;
  int fd;
  uint64_t digest[2];
  struct facts **facts;
  size_t n;
  int64_t deadline; /* 0: has not begun */
  bool is_done, is_late, is_said;
  char why[ERR_TEXT_MAX]; /* the first error */
};

struct reload
{
  size_t n;
  struct check **v;
  bool is_cancelled, is_starting;
};

/* ---- one file ---- */

static void
check_free (struct check *c)
{
  for (size_t i = 0; i < c->n; i++)
    facts_free (c->facts[i]);
  free (c->facts);
  if (c->fd != -1)
    close (c->fd);
  job_fini (&c->job);
  free (c->path);
  free (c);
}

static void
add_facts (struct check *c, const char *text, size_t n)
{
  char minimum_text[UNITS_TEXT], pool_text[UNITS_TEXT];
  struct err e;
  struct facts *f = facts_parse (text, n, &e);
  uint64_t minimum;

  if (!f)
    {
      snprintf (c->why, sizeof c->why, "%s: %.900s", c->path, e.text);
      return;
    }
  if (!pool_has_room_for (&c->s->pool, &f->need, &minimum))
    snprintf (
        c->why, sizeof c->why,
        "%s: pipeline \"%s\": one worker needs %s of memory; limits.memory, quota.memory or the pool (%s) allow less",
        f->where, f->name, units_size_text (minimum_text, minimum), units_size_text (pool_text, c->s->pool.memory));
  c->facts = xrealloc (c->facts, (c->n + 1) * sizeof *c->facts);
  c->facts[c->n++] = f;
}

static void
on_line (void *owner, bool is_error, const char *text, size_t n)
{
  struct check *c = owner;
  char shown[ERR_TEXT_MAX];

  if (!is_error)
    {
      add_facts (c, text, n);
      return;
    }
  if (n > 10 && memcmp (text, "penstock: ", 10) == 0) /* said by us then */
    {
      text += 10;
      n -= 10;
    }
  escape_text (shown, sizeof shown, text, n);
  if (strncmp (shown, "warning: ", 9) == 0)
    {
      serve_log (c->s, PEN_LOG_WARN, "%s", shown + 9);
      return;
    }
  serve_log (c->s, PEN_LOG_ERROR, "%s", shown);
  if (!c->why[0])
    snprintf (c->why, sizeof c->why, "%s", shown);
  c->is_said = true;
}

static void settle (struct serve *s);

static void
on_ended (void *owner, int64_t status, int sig)
{
  struct check *c = owner;

  c->is_done = true;
  if (c->is_late)
    snprintf (c->why, sizeof c->why, "%s: checking it took longer than %d s", c->path, (int)(CHECK_NS / SECOND_NS));
  else if ((sig || status) && !c->why[0])
    snprintf (c->why, sizeof c->why, "%s: checking it %s %d", c->path,
              sig ? "was ended by signal" : "ended with status", sig ? sig : (int)status);
  serve_turn (c->s);
}

static const struct job_calls calls = { on_line, on_ended };

static void
start_check (struct check *c, int64_t now)
{
  struct err e;
  size_t n;
  char **argv = serve_argv (c->s, "check", 6, &n);

  argv[n++] = xstrdup ("--json");
  argv[n++] = xasprintf ("--supervisor=%d", (int)getpid ());
  argv[n++] = xstrdup ("--config-fd=3");
  argv[n++] = xstrdup ("--");
  argv[n++] = xstrdup (c->path);
  c->deadline = now + CHECK_NS;
  if (job_start (&c->job, argv, c->fd, true, &e) == -1)
    snprintf (c->why, sizeof c->why, "%s", e.text);
  serve_argv_free (argv);
}

/* ---- all files ---- */

static void
add_check (struct serve *s, const char *path, int fd, const uint64_t digest[2])
{
  struct reload *r = s->reload;
  struct check *c = xcalloc (1, sizeof *c);

  c->s = s;
  c->path = xstrdup (path);
  c->fd = fd;
  c->digest[0] = digest[0];
  c->digest[1] = digest[1];
  job_init (&c->job, &s->loop, &calls, c);
  r->v = xrealloc (r->v, (r->n + 1) * sizeof (struct check *));
  r->v[r->n++] = c;
}

/* A file that says what the one in force says is not checked again. */
static void
look_at (struct serve *s, const char *path)
{
  struct catalog_file *f = catalog_list (&s->catalog, path);
  uint64_t digest[2];
  struct err e;
  int fd = files_snapshot (path, digest, &e);

  if (fd == -1)
    snprintf (f->why, sizeof f->why, "%s", e.text);
  else if (f->current && memcmp (f->current->digest, digest, sizeof digest) == 0)
    close (fd);
  else
    add_check (s, path, fd, digest);
}

void
reload_start (struct serve *s)
{
  struct files files;
  struct err e;

  s->reload = xcalloc (1, sizeof *s->reload);
  s->reload_error[0] = '\0';
  if (s->is_ready)
    notify_say (&s->notify, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading the configuration",
                (unsigned long long)uv_hrtime () / 1000);
  catalog_begin (&s->catalog);
  if (files_list (&files, s->o->paths, s->o->n_paths, &e) == 0)
    {
      for (size_t i = 0; i < files.n; i++)
        look_at (s, files.path[i]);
      files_fini (&files);
      return;
    }
  serve_log (s, PEN_LOG_ERROR, "%s%s", e.text, s->is_ready ? "; everything stays as it was" : "");
  snprintf (s->reload_error, sizeof s->reload_error, "%s", e.text);
  for (size_t i = 0; i < s->catalog.n; i++)
    catalog_list (&s->catalog, s->catalog.v[i]->path);
}

void
reload_cancel (struct serve *s)
{
  s->reload_again = false;
  if (!s->reload)
    return;
  s->reload->is_cancelled = true;
  for (size_t i = 0; i < s->reload->n; i++)
    job_signal (&s->reload->v[i]->job, SIGKILL);
}

static void
reload_free (struct serve *s)
{
  struct reload *r = s->reload;

  for (size_t i = 0; i < r->n; i++)
    check_free (r->v[i]);
  free (r->v);
  free (r);
  s->reload = NULL;
}

int64_t
reload_tick (struct serve *s, int64_t now)
{
  struct reload *r = s->reload;
  int64_t next = INT64_MAX;
  size_t running = 0, left = 0;

  for (size_t i = 0; i < r->n; i++)
    running += r->v[i]->job.running;
  for (size_t i = 0; i < r->n; i++)
    {
      struct check *c = r->v[i];

      if (!c->deadline && running < CHECKS_AT_ONCE && !r->is_cancelled)
        {
          start_check (c, now);
          running++;
        }
      left += !c->is_done && (c->deadline || !r->is_cancelled);
      if (c->job.running && now >= c->deadline && !c->is_late)
        {
          c->is_late = true;
          job_signal (&c->job, SIGKILL);
        }
      else if (c->job.running && !c->is_late && c->deadline < next)
        next = c->deadline;
    }
  if (left)
    return next;
  settle (s);
  return now; /* pipelines may be due */
}

/* ---- coming into force ---- */

static struct runner *
find_runner (struct serve *s, const char *name)
{
  for (size_t i = 0; i < s->n_runners; i++)
    if (strcmp (s->runners[i]->facts->name, name) == 0)
      return s->runners[i];
  return NULL;
}

static const char *
fingerprint_of (const struct runner *r)
{
  return r->next ? r->next->fingerprint : r->facts->fingerprint;
}

/* Runners follow the catalog: leave, change, come. */
static void
apply (struct serve *s)
{
  for (size_t i = s->n_runners; i-- > 0;)
    if (!s->runners[i]->is_leaving && !catalog_find (&s->catalog, s->runners[i]->facts->name, NULL))
      runner_leave (s->runners[i]);
  for (size_t i = 0; i < s->catalog.n; i++)
    {
      struct version *v = s->catalog.v[i]->current;

      for (size_t k = 0; v && k < v->n; k++)
        {
          struct runner *r = find_runner (s, v->facts[k]->name);

          if (!r)
            {
              runner_create (s, v->facts[k], v);
              serve_log (s, PEN_LOG_INFO, "%s: added (%s)", v->facts[k]->name, v->facts[k]->where);
            }
          else if (r->is_leaving || strcmp (r->facts->fingerprint, v->facts[k]->fingerprint) != 0
                   || strcmp (fingerprint_of (r), v->facts[k]->fingerprint) != 0)
            {
              if (!r->next || r->is_leaving || strcmp (fingerprint_of (r), v->facts[k]->fingerprint) != 0)
                runner_replace (r, v->facts[k], v);
            }
          else
            runner_keep (r, v);
        }
    }
}

static void
say_result (struct serve *s)
{
  size_t bad = 0;

  for (size_t i = 0; i < s->catalog.n; i++)
    if (s->catalog.v[i]->why[0])
      {
        bad++;
        if (!s->catalog.v[i]->is_said)
          serve_log (s, PEN_LOG_ERROR, "%s", s->catalog.v[i]->why);
        serve_log (s, PEN_LOG_ERROR, "%s: %s", s->catalog.v[i]->path,
                   s->catalog.v[i]->current ? "not taken over: it stays as it was" : "left out: it has an error");
      }
  if (s->pool.is_crowded)
    serve_log (
        s, PEN_LOG_WARN,
        "the memory of the pool does not suffice for one worker of every pipeline at a time: they wait for each other");
  serve_log (s, PEN_LOG_INFO, "%zu pipeline%s in %zu file%s, %zu with errors", s->n_runners,
             s->n_runners == 1 ? "" : "s", s->catalog.n, s->catalog.n == 1 ? "" : "s", bad);
  notify_say (&s->notify, "READY=1\nSTATUS=%zu pipelines, %zu files with errors", s->n_runners, bad);
}

static void
offer (struct serve *s, struct check *c)
{
  struct catalog_file *f = catalog_list (&s->catalog, c->path);

  if (c->why[0])
    {
      snprintf (f->why, sizeof f->why, "%s", c->why);
      f->is_said = c->is_said;
      return;
    }
  f->candidate = version_create (c->path, c->fd, c->digest, c->facts, c->n);
  c->fd = -1;
  c->facts = NULL;
  c->n = 0;
}

static void
settle (struct serve *s)
{
  struct reload *r = s->reload;
  bool cancelled = r->is_cancelled, none_good = true;

  for (size_t i = 0; i < r->n && !cancelled; i++)
    offer (s, r->v[i]);
  reload_free (s);
  if (cancelled)
    return;
  catalog_settle (&s->catalog);
  for (size_t i = 0; i < s->catalog.n; i++)
    none_good &= s->catalog.v[i]->current == NULL;
  apply (s);
  say_result (s);
  s->n_reloads++;
  s->reloaded = serve_now ();
  if (!s->is_ready && none_good && (s->catalog.n || s->reload_error[0]))
    serve_stop (s, SERVE_NO_CONFIG);
  s->is_ready = true;
  if (s->reload_again && !s->is_stopping)
    {
      s->reload_again = false;
      reload_start (s);
    }
}
