/* SPDX-License-Identifier: Apache-2.0 */
/* sftp.c - the sftp source: files of a server become objects, and go where they belong once the sinks have committed. */
#include "sftp.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t
sftp_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * SFTP_SECOND + t.tv_nsec;
}

int
sftp_stopping (const struct sftp_source *s)
{
  return s->in && s->in->stopping (s->in->ctx);
}

void
sftp_rest (const struct sftp_source *s, int64_t ns)
{
  for (int64_t end = sftp_now () + ns, left; (left = end - sftp_now ()) > 0 && !sftp_stopping (s);)
    poll (NULL, 0, left > 50000000 ? 50 : (int)(left / 1000000) + 1);
}

static struct pen_after_rule
rule_of (const struct sftp_options *o, int accepted)
{
  return accepted ? (struct pen_after_rule){ o->success, o->to, o->suffix }
                  : (struct pen_after_rule){ o->refused, o->refused_to, o->refused_suffix };
}

/* ---- before it runs ---- */

static int
sftp_check (const struct pen_host *host, const void *options)
{
  static const char *const groups[] = { "after.refused", "after.success" };
  const struct sftp_options *o = options;
  const char *bad;

  for (int accepted = 0; accepted < 2; accepted++)
    {
      struct pen_after_rule r = rule_of (o, accepted);
      bad = pen_after_check (&r);
      if (bad)
        return host->fail (host->ctx, "%s: %s", groups[accepted], bad);
    }
  bad = o->done_file ? pen_done_check (o->done_file) : NULL;
  if (bad)
    return host->fail (host->ctx, "done_file: %s", bad);
  for (size_t i = 0; i < o->path.n; i++)
    if (!sftp_path_check (o->path.item[i]))
      return host->fail (host->ctx, "path: \"%s\": wildcards are for the last part only", o->path.item[i]);
  if (!o->known_hosts && !o->fingerprints.n)
    return host->fail (
        host->ctx, "the server's key has to be pinned: give known_hosts or fingerprints (ssh-keygen -lf shows them)");
  if (!o->password && !o->key && !o->agent)
    return host->fail (host->ctx, "one of key, agent and password is needed");
  if (o->claim && (!*o->claim || strchr (o->claim, '/')))
    return host->fail (host->ctx, "claim: a suffix without slash is expected");
  if (o->claim && o->success == PEN_AFTER_KEEP)
    return host->fail (host->ctx, "claim: needs an after.success other than keep, else the file would stay claimed");
  return PEN_OK;
}

static int
sftp_reach (const struct pen_host *host, const void *options, const struct pen_reach *reach)
{
  const struct sftp_options *o = options;

  (void)host;
  if ((o->key && reach->read (reach->ctx, o->key) != PEN_OK)
      || (o->known_hosts && reach->read (reach->ctx, o->known_hosts) != PEN_OK))
    return PEN_ERR;
  return PEN_OK;
}

static int
sftp_create (const struct pen_host *host, const void *options, void **self)
{
  const struct sftp_options *o = options;
  struct sftp_source *s = calloc (1, sizeof *s);

  if (!s)
    return host->fail (host->ctx, "out of memory");
  ssh_init ();
  s->host = host;
  s->options = o;
  s->seed = (uint32_t)getpid ();
  if (o->port == 22)
    snprintf (s->prefix, sizeof s->prefix, "sftp://%.255s", o->host);
  else
    snprintf (s->prefix, sizeof s->prefix, "sftp://%.255s:%d", o->host, (int)o->port);
  pthread_mutex_init (&s->lock, NULL);
  sftp_link_init (s);
  *self = s;
  return PEN_OK;
}

static void
sftp_destroy (void *self)
{
  struct sftp_source *s = self;

  sftp_link_fini (s);
  sftp_forget (s);
  free (s->v);
  free (s->part);
  sftp_state_close (s->state);
  pen_arrivals_free (&s->table);
  free (s);
}

/* ---- offering ---- */

static int64_t
next_look (struct sftp_source *s)
{
  int64_t now = sftp_now (), next = now + s->options->poll;

  pthread_mutex_lock (&s->lock);
  for (size_t i = 0; i < s->table.n && !s->options->done_file; i++)
    {
      int64_t t = pen_arrival_next_ns (&s->table.v[i], s->options->settle);
      if (t < next)
        next = t;
    }
  pthread_mutex_unlock (&s->lock);
  return next < now + SFTP_SECOND / 10 ? SFTP_SECOND / 10 : next - now;
}

/* Not following: a second round for what has to settle. What is still changing then is left for the next run. */
static int
sftp_run (void *self, const struct pen_intake *in, int follow)
{
  struct sftp_source *s = self;
  int worst = PEN_OK;

  s->in = in;
  s->follow = follow;
  if (in->state_dir && !(s->state = sftp_state_open (s)))
    return PEN_ERR;
  for (int round = 0;; round++)
    {
      if (sftp_list (s) != PEN_OK)
        worst = PEN_ERR;
      for (size_t i = 0; i < s->n && !in->stopping (in->ctx); i++)
        sftp_offer (s, s->v[i].path); /* what fails is told, and the others go on */
      sftp_forget (s);
      if (in->stopping (in->ctx) || (!follow && (round || !s->waiting)))
        break;
      sftp_rest (s, follow ? next_look (s) : s->options->settle);
    }
  if (s->passed_over)
    s->host->log (s->host->ctx, PEN_LOG_INFO, "%s: %zu files were loaded before, with the same size and time",
                  s->prefix, s->passed_over);
  if (!follow && s->waiting)
    s->host->log (s->host->ctx, PEN_LOG_INFO,
                  "%s: %zu files have just come or are still changing: left for the next run", s->prefix, s->waiting);
  return worst == PEN_OK || follow ? PEN_EOF : PEN_ERR;
}

/* ---- afterwards ---- */

/* The marker goes after its file: a marker that is older than a file of that name does not count. */
static int
remove_marker (struct sftp_source *s, const struct pen_after_steps *steps, const char *path)
{
  const char *slash = strrchr (path, '/'), *name = slash ? slash + 1 : path;
  char marker[PEN_AFTER_PATH];
  struct pen_identity is;
  int dir = (int)(name - path), there = 1;

  if (!s->options->done_file)
    return 0;
  snprintf (marker, sizeof marker, "%.*s", dir, path);
  if (pen_done_name (marker + dir, sizeof marker - (size_t)dir, s->options->done_file, name) == -1)
    return 0;
  if (steps->look (steps->ctx, marker, &there, &is) == 0 && there)
    return steps->remove (steps->ctx, marker, &is) == 0 && steps->look (steps->ctx, marker, &there, &is) == 0 && !there
               ? 0
               : -1;
  return there ? -1 : 0;
}

/* A refused file that stays gets its own name back. */
static enum pen_after_end
unclaim (const struct pen_after_steps *steps, const char *place, const char *path)
{
  struct pen_identity is;
  int there;

  if (steps->look (steps->ctx, place, &there, &is) == -1)
    return PEN_AFTER_FAILED;
  if (!there)
    return PEN_AFTER_DONE;
  return steps->rename (steps->ctx, place, path) == 0 ? PEN_AFTER_DONE : PEN_AFTER_FAILED;
}

static int
put_away (struct sftp_source *s, const struct pen_after_rule *r, const struct pen_after_file *f, const char *path)
{
  static const char *const what[] = { "give its name back to", "archive", "move", "rename", "delete" };
  char place[PEN_AFTER_PATH] = "";
  struct sftp_after last;
  struct pen_after_steps steps = sftp_after_steps (&last, s);
  uint32_t seed = (uint32_t)sftp_now ();
  enum pen_after_end end;

  for (unsigned n = 0;; n++)
    {
      end = r->action == PEN_AFTER_KEEP ? unclaim (&steps, f->path, path) : pen_after_once (&steps, r, f, place);
      if (end == PEN_AFTER_DONE && r->action != PEN_AFTER_KEEP && remove_marker (s, &steps, path) == -1)
        end = PEN_AFTER_FAILED;
      if ((end != PEN_AFTER_FAILED && end != PEN_AFTER_UNSEEN) || n + 1 >= (unsigned)s->options->tries
          || sftp_stopping (s))
        break;
      sftp_rest (s, pen_backoff_ns (n, SFTP_SECOND / 4, 30 * SFTP_SECOND, &seed));
    }
  switch (end)
    {
    case PEN_AFTER_DONE:
      return PEN_OK;
    case PEN_AFTER_OTHER:
      s->host->log (s->host->ctx, PEN_LOG_WARN,
                    "%s: %s was replaced since it was read: the newer file stays where it is", s->prefix, f->path);
      return PEN_OK;
    case PEN_AFTER_GONE:
      return s->host->fail (s->host->ctx, "%s: %s is gone, and is not at %s either", s->prefix, f->path, place);
    case PEN_AFTER_UNSEEN:
      return s->host->fail (s->host->ctx, "%s: cannot %s %s: the server says it is done, but it is not", s->prefix,
                            what[r->action], f->path);
    default:
      return s->host->fail (s->host->ctx, "%s: cannot %s %s: %s", s->prefix, what[r->action], f->path,
                            last.why[0]
                                ? last.why
                                : "no name is free there: other files have its name, with and without its fingerprint");
    }
}

/* Its download, if it was kept, makes room for the next. */
static void
settled (struct sftp_source *s, const char *path, int state)
{
  sftp_note_state (s, path, state);
  pthread_mutex_lock (&s->lock);
  if (s->part && !strcmp (s->part, path))
    {
      free (s->part);
      s->part = NULL;
    }
  pthread_mutex_unlock (&s->lock);
}

static int
sftp_ack (void *self, const struct pen_object *o, int accepted)
{
  struct sftp_source *s = self;
  struct pen_after_rule r = rule_of (s->options, accepted);
  const char *path = sftp_path_of (s, o->name), *slash = path ? strrchr (path, '/') : NULL;
  struct pen_after_file f = { .key = o->key, .is = { .size = o->length, .mtime_ns = o->mtime_ns } };
  char dir[PEN_AFTER_PATH], *place;
  int rc = PEN_OK;

  if (!path)
    return s->host->fail (s->host->ctx, "%s was not offered by this source", o->name);
  place = sftp_place (s, path);
  if (!place)
    return s->host->fail (s->host->ctx, "out of memory");
  snprintf (dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 0, path);
  f.path = place;
  f.dir = slash == path ? "/." : dir;
  f.name = slash ? slash + 1 : path;
  if (r.action != PEN_AFTER_KEEP || strcmp (place, path) != 0)
    rc = put_away (s, &r, &f, path);
  else if (accepted && sftp_state_loaded (s->state, o->name, &f.is) == -1)
    s->host->log (s->host->ctx, PEN_LOG_WARN, "%s: cannot note that it is loaded; a later run will fetch it again",
                  o->name);
  free (place);
  if (rc == PEN_OK)
    sftp_part_drop (s, o->name);
  settled (s, path, rc == PEN_OK ? PEN_ARRIVAL_DONE : PEN_ARRIVAL_LATER);
  return rc;
}

static void
sftp_again (void *self, const struct pen_object *o)
{
  const char *path = sftp_path_of (self, o->name);
  if (path)
    settled (self, path, PEN_ARRIVAL_LATER);
}

/* ---- the plugin ---- */

#define F(field) PEN_FIELD (struct sftp_options, field)
static const struct pen_opt sftp_opts[] = {
  { "host", PEN_STRING, PEN_OPT_REQUIRED, F (host), NULL, NULL, "Name or address of the server." },
  { "port", PEN_INT, 0, F (port), "22", "1..65535", "Its port." },
  { "user", PEN_STRING, PEN_OPT_REQUIRED, F (user), NULL, NULL, "Name of the account there." },
  { "path", PEN_LIST, PEN_OPT_REQUIRED, F (path), NULL, NULL,
    "Remote files, directories (their files that are not hidden) or patterns with wildcards in the last part." },
  { "order", PEN_ENUM, 0, F (order), "name", "name|mtime", "Order of the objects: by path, or oldest first." },
  { "key", PEN_PATH, 0, F (key), NULL, NULL, "File of the private key." },
  { "passphrase", PEN_SECRET, 0, F (passphrase), NULL, NULL, "Passphrase of the key." },
  { "agent", PEN_STRING, 0, F (agent), NULL, NULL, "Socket of an ssh-agent." },
  { "password", PEN_SECRET, 0, F (password), NULL, NULL, "Password, tried last." },
  { "known_hosts", PEN_PATH, 0, F (known_hosts), NULL, NULL,
    "File in which the server's host key is pinned, as ssh keeps it." },
  { "fingerprints", PEN_LIST, 0, F (fingerprints), NULL, NULL,
    "Pinned host keys, current and next: \"SHA256:...\"; each of them is good." },
  { "host_key_algorithms", PEN_STRING, 0, F (host_key_algorithms), NULL, NULL,
    "Kinds of host key to ask for, e.g. \"rsa-sha2-512,rsa-sha2-256\", where the server has several and another is "
    "pinned." },
  { "connect_timeout", PEN_DURATION, 0, F (connect_timeout), "10s", "100ms..10m",
    "Longest time until the server answers at all." },
  { "timeout", PEN_DURATION, 0, F (timeout), "30s", "100ms..1h", "Longest time for a single answer." },
  { "retries", PEN_INT, 0, F (retries), "5", "1..1000",
    "Tries to connect, and to go on with a download, with back-off." },
  { "requests", PEN_INT, 0, F (requests), "64", "1..256", "Reads of 32 KiB that are under way at a time." },
  { "settle", PEN_DURATION, 0, F (settle), "2s", "0s..1h",
    "A file is taken when two looks this far apart see the same size and modification time; 0s: one look is enough." },
  { "done_file", PEN_STRING, 0, F (done_file), NULL, NULL,
    "Instead of two looks: a marker of this name lies beside the file, not older than itself: \"{name}.done\", "
    "\"{stem}.ok\"." },
  { "claim", PEN_STRING, 0, F (claim), NULL, NULL,
    "Suffix with which a file is renamed before it is read, so that nobody else takes it; unique to this reader." },
  { "skip_loaded", PEN_BOOL, 0, F (skip_loaded), "true", NULL,
    "Pass over files that stay on the server and were loaded by an earlier run with the same size and modification "
    "time." },
  { "resume", PEN_SIZE, 0, F (resume), "0", NULL,
    "Files of this size and more are downloaded into the state directory before they are read, and a run that was "
    "killed "
    "goes on where it was; 0: none." },
  { "poll", PEN_DURATION, 0, F (poll), "30s", "100ms..1d", "While following: directories are looked at this often." },
  { "after.success", PEN_ENUM, 0, F (success), "keep", PEN_AFTER_WORDS,
    "What becomes of a file once every sink has committed it." },
  { "after.to", PEN_STRING, 0, F (to), NULL, NULL,
    "Remote directory for archive (below it, one directory a day) and move." },
  { "after.suffix", PEN_STRING, 0, F (suffix), ".done", NULL, "What rename adds to the name." },
  { "after.refused", PEN_ENUM, 0, F (refused), "keep", "keep|archive|move|rename", "What becomes of a refused file." },
  { "after.refused_to", PEN_STRING, 0, F (refused_to), NULL, NULL, "Remote directory for refused files." },
  { "after.refused_suffix", PEN_STRING, 0, F (refused_suffix), ".refused", NULL,
    "What rename adds to the name of a refused file." },
  { "after.tries", PEN_INT, 0, F (tries), "5", "1..100", "Tries of such an action, with back-off, in one run." },
  { 0 },
};

static const struct pen_source sftp_source = {
  .size = sizeof sftp_source,
  .create = sftp_create,
  .run = sftp_run,
  .ack = sftp_ack,
  .destroy = sftp_destroy,
  .reach = sftp_reach,
  .again = sftp_again,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "sftp",
  .version = "1",
  .summary = "files of an SFTP server",
  .doc =
      "Downloads files whose server proves to be the pinned one, as soon as they have stopped changing, with many "
      "reads "
      "under way at a time. A broken connection is made again and a download goes on where it was. Once the sinks have "
      "committed, a file can be archived, moved, renamed or deleted, never over another; what counts is what is seen "
      "afterwards.",
  .options_size = sizeof (struct sftp_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = sftp_opts,
  .check = sftp_check,
  .source = &sftp_source,
};
