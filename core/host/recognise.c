/* SPDX-License-Identifier: Apache-2.0 */
/* recognise.c - which parser takes a file for its own: each is asked in a jailed worker, the surest one wins. */
#include "core/host/recognise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/cleanup.h"
#include "core/base/plugincheck.h"
#include "core/host/child.h"
#include "core/host/describe.h"

#define ANSWER_MAX 64

struct contest
{
  struct plan_set *set;
  const char *path;
  char *best, *rival;
  int best_score;
};

/* 0 .. 100; whoever cannot answer does not know it. */
static int
ask (const struct contest *c, const char *plugin, int fd)
{
  const char *slash = strrchr (plugin, '/');
  CLEANUP_FREE char *read_dir = xasprintf ("--read-dir=%.*s", (int)(slash ? slash - plugin : 0), plugin);
  const char *argv[] = { c->set->describer.worker,
                         "--recognise",
                         plugin,
                         read_dir,
                         c->set->describer.best_effort ? "--jail=best-effort" : NULL,
                         NULL };
  struct child_result r;
  long score = 0;

  if (lseek (fd, 0, SEEK_SET) == -1 || child_run (argv, fd, c->set->describer.timeout_ns, ANSWER_MAX, &r, NULL) == -1)
    return 0;
  if (WIFEXITED (r.status) && WEXITSTATUS (r.status) == 0)
    score = strtol (r.out, NULL, 10);
  child_result_fini (&r);
  return score < 0 || score > 100 ? 0 : (int)score;
}

static int
consider (void *ctx, const char *name, const char *path)
{
  struct contest *c = ctx;
  CLEANUP_FD int fd = -1;
  struct plugin_desc *d = describe_plugin (&c->set->describer, path, NULL);
  int score = 0;

  (void)name;
  if (d && (d->kinds & KIND_PARSER) && d->parser.recognises)
    {
      fd = open (c->path, O_RDONLY | O_CLOEXEC);
      score = fd == -1 ? 0 : ask (c, path, fd);
    }
  if (score && score >= c->best_score)
    {
      free (c->rival);
      c->rival = score == c->best_score ? c->best : NULL;
      if (!c->rival)
        free (c->best);
      c->best = xstrdup (d->name);
      c->best_score = score;
    }
  plugin_desc_free (d);
  return 0;
}

char *
recognise_file (struct plan_set *s, const char *path, struct err *e)
{
  struct contest c = { .set = s, .path = path };
  CLEANUP_FD int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1)
    return err_errno (e, "cannot read %s", path), NULL;
  plugin_dirs_each (&s->dirs, consider, &c);
  if (!c.best)
    err_set (e, "%s: no parser knows this format; name one with -p", path);
  else if (c.rival)
    {
      err_set (e, "%s: \"%s\" and \"%s\" are equally sure that it is theirs; name one with -p", path, c.rival, c.best);
      free (c.best);
      c.best = NULL;
    }
  free (c.rival);
  return c.best;
}
