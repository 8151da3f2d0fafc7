/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - the file source: files of this machine become objects, now or as they arrive, and go where they belong afterwards. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ll
#define AGAIN_NS (60 * SECOND) /* while following: after something failed for a file */

int64_t
file_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static struct pen_after_rule
rule_of (const struct file_options *o, int accepted)
{
  return accepted ? (struct pen_after_rule){ o->success, o->to, o->suffix }
                  : (struct pen_after_rule){ o->refused, o->refused_to, o->refused_suffix };
}

static int
changes_files (const struct file_options *o)
{
  return o->success != PEN_AFTER_KEEP || o->refused != PEN_AFTER_KEEP;
}

/* ---- before it runs ---- */

static int
file_check (const struct pen_host *host, const void *options)
{
  const struct file_options *o = options;
  static const char *const groups[] = { "after.refused", "after.success" };
  const char *bad;

  for (int accepted = 0; accepted < 2; accepted++)
    {
      struct pen_after_rule r = rule_of (o, accepted);
      bad = pen_after_check (&r);
      if (bad)
        return host->fail (host->ctx, "%s: %s", groups[accepted], bad);
    }
  bad = o->done_file ? pen_done_check (o->done_file) : NULL;
  return bad ? host->fail (host->ctx, "done_file: %s", bad) : PEN_OK;
}

static int
file_reach (const struct pen_host *host, const void *options, const struct pen_reach *reach)
{
  const struct file_options *o = options;
  char dir[PEN_AFTER_PATH];
  int rc = reach->read (reach->ctx, "/"); /* links may lead anywhere */

  (void)host;
  for (size_t i = 0; rc == PEN_OK && changes_files (o) && i < o->path.n; i++)
    {
      file_static_dir (o->path.item[i], dir, sizeof dir);
      rc = reach->change (reach->ctx, dir);
    }
  for (int accepted = 0; rc == PEN_OK && accepted < 2; accepted++)
    {
      struct pen_after_rule r = rule_of (o, accepted);
      if (r.action == PEN_AFTER_ARCHIVE || r.action == PEN_AFTER_MOVE)
        rc = reach->change (reach->ctx, r.to);
    }
  return rc;
}

static int
is_directory (const struct pen_host *host, const struct pen_after_rule *r)
{
  struct stat st;

  if (r->action != PEN_AFTER_ARCHIVE && r->action != PEN_AFTER_MOVE)
    return PEN_OK;
  if (stat (r->to, &st) == -1)
    return host->fail (host->ctx, "cannot move files to %s: %s", r->to, strerror (errno));
  return S_ISDIR (st.st_mode) ? PEN_OK : host->fail (host->ctx, "cannot move files to %s: not a directory", r->to);
}

static int
file_create (const struct pen_host *host, const void *options, void **self)
{
  const struct file_options *o = options;
  struct pen_after_rule success = rule_of (o, 1), refused = rule_of (o, 0);
  struct file_source *s;

  if (is_directory (host, &success) != PEN_OK || is_directory (host, &refused) != PEN_OK)
    return PEN_ERR;
  s = calloc (1, sizeof *s);
  if (!s)
    return host->fail (host->ctx, "out of memory");
  s->host = host;
  s->options = o;
  s->inotify = -1;
  pthread_mutex_init (&s->lock, NULL);
  *self = s;
  return PEN_OK;
}

static void
file_destroy (void *self)
{
  struct file_source *s = self;

  file_forget (s);
  free (s->v);
  pen_arrivals_free (&s->table);
  pthread_mutex_destroy (&s->lock);
  if (s->inotify != -1)
    close (s->inotify);
  free (s);
}

/* ---- offering ---- */

/* What was opened is what will be acknowledged. 0: while following, it is another file than the one that was looked at. */
static int
note_opened (struct file_source *s, const char *path, const struct stat *st)
{
  struct pen_identity is = file_identity (st);
  struct pen_arrival *a;
  int same = 0;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, path);
  if (a && a->state != PEN_ARRIVAL_OFFERED)
    {
      same = !s->follow || pen_identity_same (&a->is, &is);
      if (!same)
        pen_arrivals_look (&s->table, path, &is, file_now ());
      else
        a->is = is;
    }
  else if (a)
    same = pen_identity_same (&a->is, &is);
  pthread_mutex_unlock (&s->lock);
  return same;
}

static void
note_state (struct file_source *s, const char *path, int state)
{
  struct pen_arrival *a;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, path);
  if (a)
    {
      a->state = (uint8_t)state;
      a->offered += state == PEN_ARRIVAL_OFFERED;
      if (state == PEN_ARRIVAL_LATER)
        a->retry_ns = file_now () + AGAIN_NS;
    }
  pthread_mutex_unlock (&s->lock);
}

static int
hand_over (struct file_source *s, const struct file_found *f, int fd, const struct stat *st)
{
  const struct pen_intake *in = s->in;
  struct pen_object o = { .size = sizeof o, .name = f->path };
  void *handle;
  int rc;

  o.length = (uint64_t)st->st_size;
  o.mtime_ns = file_identity (st).mtime_ns;
  rc = in->open (in->ctx, &o, &handle);
  if (rc != PEN_OK)
    {
      close (fd);
      return rc;
    }
  rc = in->give_fd (in->ctx, handle, fd);
  note_state (s, f->path, PEN_ARRIVAL_OFFERED); /* the acknowledgement may come as soon as it is closed */
  in->close (in->ctx, handle, rc == PEN_OK);
  return rc;
}

/* Opened without following the host's hand: O_NONBLOCK so that a FIFO that took the file's place cannot hang us. */
static int
offer (struct file_source *s, const struct file_found *f)
{
  struct stat st;
  int fd = open (f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc;

  if (fd == -1 && errno == ENOENT && s->follow)
    return PEN_EOF; /* gone again */
  if (fd == -1 || fstat (fd, &st) == -1)
    rc = s->host->fail (s->host->ctx, "cannot open %s: %s", f->path, strerror (errno));
  else if (!S_ISREG (st.st_mode))
    rc = s->host->fail (s->host->ctx, "%s is not a regular file: a directory, a pipe or a device cannot be read twice",
                        f->path);
  else
    rc = note_opened (s, f->path, &st) ? PEN_OK : PEN_EOF;
  if (rc == PEN_OK)
    rc = hand_over (s, f, fd, &st);
  else if (fd != -1)
    close (fd);
  if (rc != PEN_OK && rc != PEN_EOF)
    note_state (s, f->path, PEN_ARRIVAL_LATER);
  return rc;
}

static int64_t
next_look (struct file_source *s)
{
  int64_t next = file_now () + s->options->poll;
  int64_t settle = s->options->done_file ? INT64_MAX / 2 : s->options->settle; /* a marker's coming is seen */

  pthread_mutex_lock (&s->lock);
  for (size_t i = 0; i < s->table.n; i++)
    {
      int64_t t = pen_arrival_next_ns (&s->table.v[i], settle);
      if (t < next)
        next = t;
    }
  pthread_mutex_unlock (&s->lock);
  return next;
}

static void
sweep_leftovers (struct file_source *s)
{
  char dir[PEN_AFTER_PATH];

  for (size_t i = 0; s->options->success == PEN_AFTER_DELETE && i < s->options->path.n; i++)
    {
      file_static_dir (s->options->path.item[i], dir, sizeof dir);
      file_after_sweep (dir);
    }
}

static int
file_run (void *self, const struct pen_intake *in, int follow)
{
  struct file_source *s = self;
  int worst = PEN_OK;

  s->in = in;
  s->follow = follow;
  sweep_leftovers (s);
  if (follow)
    file_watch_open (s);
  for (;;)
    {
      if (file_scan (s) != PEN_OK)
        worst = PEN_ERR;
      for (size_t i = 0; i < s->n && !in->stopping (in->ctx); i++)
        {
          int rc = offer (s, &s->v[i]);
          if (rc != PEN_OK && rc != PEN_EOF)
            worst = PEN_ERR;
        }
      file_forget (s);
      if (!follow || in->stopping (in->ctx))
        return worst == PEN_OK || follow ? PEN_EOF : PEN_ERR;
      file_watch_wait (s, next_look (s));
    }
}

/* ---- afterwards ---- */

static int
is_stopping (const struct file_source *s)
{
  return s->in && s->in->stopping (s->in->ctx);
}

static void
rest (const struct file_source *s, int64_t ns)
{
  for (int64_t end = file_now () + ns, left; (left = end - file_now ()) > 0 && !is_stopping (s);)
    poll (NULL, 0, left > 50000000 ? 50 : (int)(left / 1000000) + 1);
}

/* The marker goes after its file: a marker that is older than a file of that name does not count. */
static int
remove_marker (struct file_source *s, const char *path)
{
  char marker[PEN_AFTER_PATH];
  struct stat st;

  if (!s->options->done_file || file_marker (s, path, marker, sizeof marker) != PEN_OK)
    return PEN_OK;
  if ((unlink (marker) == 0 || errno == ENOENT) && lstat (marker, &st) == -1 && errno == ENOENT)
    return PEN_OK;
  return s->host->fail (s->host->ctx, "%s: cannot remove its done-file %s: %s", path, marker, strerror (errno));
}

static int
put_away (struct file_source *s, const struct pen_after_rule *r, const struct pen_after_file *f)
{
  static const char *const what[] = { "keep", "archive", "move", "rename", "delete" };
  char place[PEN_AFTER_PATH];
  struct file_after last;
  struct pen_after_steps steps = file_after_steps (&last);
  uint32_t seed = (uint32_t)file_now ();
  enum pen_after_end end;

  for (unsigned n = 0;; n++)
    {
      end = pen_after_once (&steps, r, f, place);
      if ((end != PEN_AFTER_FAILED && end != PEN_AFTER_UNSEEN) || n + 1 >= (unsigned)s->options->tries
          || is_stopping (s))
        break;
      rest (s, pen_backoff_ns (n, SECOND / 10, 5 * SECOND, &seed));
    }
  switch (end)
    {
    case PEN_AFTER_DONE:
      return remove_marker (s, f->path);
    case PEN_AFTER_OTHER:
      s->host->log (s->host->ctx, PEN_LOG_WARN, "%s was replaced since it was read: the newer file stays where it is",
                    f->path);
      return PEN_OK;
    case PEN_AFTER_GONE:
      return s->host->fail (s->host->ctx, "%s is gone, and is not at %s either", f->path, place);
    case PEN_AFTER_UNSEEN:
      return s->host->fail (s->host->ctx, "cannot %s %s: the file system says it is done, but it is not",
                            what[r->action], f->path);
    default:
      return s->host->fail (s->host->ctx, "cannot %s %s: %s", what[r->action], f->path,
                            last.why[0]
                                ? last.why
                                : "no name is free there: other files have its name, with and without its fingerprint");
    }
}

static int
file_ack (void *self, const struct pen_object *o, int accepted)
{
  struct file_source *s = self;
  struct pen_after_rule r = rule_of (s->options, accepted);
  struct pen_after_file f = { .path = o->name, .key = o->key };
  const char *slash = strrchr (o->name, '/');
  char dir[PEN_AFTER_PATH];
  struct pen_arrival *a;
  int rc = PEN_OK;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, o->name);
  if (a)
    f.is = a->is;
  pthread_mutex_unlock (&s->lock);
  if (!a)
    return s->host->fail (s->host->ctx, "%s was not offered by this process", o->name);
  snprintf (dir, sizeof dir, "%.*s", slash ? (int)(slash - o->name) : 0, o->name);
  f.dir = dir;
  f.name = slash ? slash + 1 : o->name;
  if (slash == o->name) /* in the root */
    f.dir = "/.";
  if (r.action != PEN_AFTER_KEEP)
    rc = put_away (s, &r, &f);
  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, o->name);
  if (a && (a->offered == 0 || --a->offered == 0))
    {
      a->state = rc == PEN_OK ? PEN_ARRIVAL_DONE : PEN_ARRIVAL_LATER;
      a->retry_ns = file_now () + AGAIN_NS;
    }
  pthread_mutex_unlock (&s->lock);
  return rc;
}

/* While following: it comes again, a while later. */
static void
file_again (void *self, const struct pen_object *o)
{
  struct file_source *s = self;
  struct pen_arrival *a;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, o->name);
  if (a && (a->offered == 0 || --a->offered == 0))
    {
      a->state = PEN_ARRIVAL_LATER;
      a->retry_ns = file_now () + AGAIN_NS;
    }
  pthread_mutex_unlock (&s->lock);
}

/* ---- the plugin ---- */

#define F(field) PEN_FIELD (struct file_options, field)
static const struct pen_opt file_opts[] = {
  { "path", PEN_LIST, PEN_OPT_REQUIRED, F (path), NULL, NULL,
    "Files, directories (their regular files that are not hidden) or glob patterns; a pattern may match nothing, but "
    "the directory that it starts with has to be there." },
  { "order", PEN_ENUM, 0, F (order), "name", "name|mtime|given",
    "Order of the objects: by path, by modification time (oldest first), or as the paths are given." },
  { "done_file", PEN_STRING, 0, F (done_file), NULL, NULL,
    "A file is taken once a marker of this name lies beside it, not older than itself: \"{name}.done\", "
    "\"{stem}.ok\"." },
  { "settle", PEN_DURATION, 0, F (settle), "1s", "0s..1h",
    "While following: a file is taken when size and modification time stayed the same this long." },
  { "poll", PEN_DURATION, 0, F (poll), "10s", "10ms..1d",
    "While following: directories are looked at this often even if nothing is heard of them." },
  { "after.success", PEN_ENUM, 0, F (success), "keep", PEN_AFTER_WORDS,
    "What becomes of a file once every sink has committed it." },
  { "after.to", PEN_PATH, 0, F (to), NULL, NULL, "Directory for archive (below it, one directory a day) and move." },
  { "after.suffix", PEN_STRING, 0, F (suffix), ".done", NULL, "What rename adds to the name." },
  { "after.refused", PEN_ENUM, 0, F (refused), "keep", "keep|archive|move|rename", "What becomes of a refused file." },
  { "after.refused_to", PEN_PATH, 0, F (refused_to), NULL, NULL, "Directory for refused files." },
  { "after.refused_suffix", PEN_STRING, 0, F (refused_suffix), ".refused", NULL,
    "What rename adds to the name of a refused file." },
  { "after.tries", PEN_INT, 0, F (tries), "5", "1..100", "Tries of such an action, with back-off, in one run." },
  { 0 },
};

static const struct pen_source file_source = {
  .size = sizeof file_source,
  .create = file_create,
  .run = file_run,
  .ack = file_ack,
  .destroy = file_destroy,
  .reach = file_reach,
  .again = file_again,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "file",
  .version = "2",
  .summary = "files of this machine",
  .doc = "Delivers files from given paths, directories and glob patterns. A file is handed over by descriptor and read "
         "by the workers in place; if it shrinks or changes while it is read, nothing of it becomes visible. Once the "
         "sinks have committed, it can be archived, moved, renamed or deleted; what is changed is only what was read.",
  .options_size = sizeof (struct file_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = file_opts,
  .check = file_check,
  .source = &file_source,
};
