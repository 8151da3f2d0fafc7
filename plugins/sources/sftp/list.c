/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - one round of looks at the remote paths: directories are read as a stream, and only what matches is kept. */
#include "sftp.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
sftp_path_check (const char *path)
{
  const char *slash = strrchr (path, '/'), *wild = strpbrk (path, "*?[");
  return *path && (!wild || !slash || wild > slash);
}

static int
push (struct sftp_source *s, const char *path, int64_t mtime_ns)
{
  if (s->n == s->cap)
    {
      size_t cap = s->cap ? 2 * s->cap : 64;
      struct sftp_found *v = realloc (s->v, cap * sizeof *v);
      if (!v)
        return -1;
      s->v = v;
      s->cap = cap;
    }
  s->v[s->n] = (struct sftp_found){ strdup (path), mtime_ns };
  return s->v[s->n].path && ++s->n ? 0 : -1;
}

static int
ends_with (const char *name, const char *suffix)
{
  size_t n = strlen (name), k = suffix ? strlen (suffix) : 0;
  return k && n > k && strcmp (name + n - k, suffix) == 0;
}

static int
is_passed_over (const struct sftp_options *o, const char *name)
{
  return (o->done_file && pen_is_done_name (o->done_file, name))
         || (o->success == PEN_AFTER_RENAME && ends_with (name, o->suffix))
         || (o->refused == PEN_AFTER_RENAME && ends_with (name, o->refused_suffix));
}

/* Only where it is to stay on the server: else it has to be put away yet. */
static int
was_loaded (struct sftp_source *s, const char *path, const struct pen_identity *is)
{
  char name[SFTP_NAME];

  if (!s->options->skip_loaded || s->options->success != PEN_AFTER_KEEP)
    return 0;
  sftp_name (s, path, name);
  if (!sftp_state_is_loaded (s->state, name, is))
    return 0;
  s->passed_over++;
  return 1;
}

static int
is_listed (void *ctx, const char *name)
{
  struct sftp_source *s = ctx;
  const char *path = sftp_path_of (s, name);

  return path && pen_arrivals_find (&s->table, path);
}

/* One look at a file of this name. What is ours already need not settle. */
static int
note (struct sftp_source *s, const char *path, const struct pen_identity *is, int claimed)
{
  const struct sftp_options *o = s->options;
  int64_t now = sftp_now (), settle = o->done_file || claimed ? 0 : o->settle;
  struct pen_arrival *a;
  int due = 0;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_look (&s->table, path, is, now);
  if (a)
    {
      if (a->state != PEN_ARRIVAL_OFFERED)
        a->mark = (uint8_t)claimed;
      if (a->state == PEN_ARRIVAL_SEEN && a->looks == 1 && was_loaded (s, path, is))
        a->state = PEN_ARRIVAL_DONE;
      due = pen_arrival_is_due (a, now, settle);
      s->waiting += !due && a->state == PEN_ARRIVAL_SEEN;
    }
  pthread_mutex_unlock (&s->lock);
  if (!a || (due && push (s, path, is->mtime_ns) == -1))
    return s->host->fail (s->host->ctx, "out of memory");
  return PEN_OK;
}

/* A listing entry. Its name is the server's: it is joined to a remote path at most, and never to a local one. */
static int
take_entry (struct sftp_source *s, const char *dir, const char *pattern, const sftp_attributes e)
{
  const struct sftp_options *o = s->options;
  const char *slash = *dir && dir[strlen (dir) - 1] == '/' ? "" : "/";
  struct pen_identity is = sftp_identity (e);
  char name[256], path[PEN_AFTER_PATH], why[SFTP_WHY];
  int claimed, there = 1, n;

  if (!e->name || strcmp (e->name, ".") == 0 || strcmp (e->name, "..") == 0 || e->type == SSH_FILEXFER_TYPE_DIRECTORY
      || e->type == SSH_FILEXFER_TYPE_SPECIAL)
    return PEN_OK;
  if (!pen_name_is_plain (e->name))
    {
      s->host->log (s->host->ctx, PEN_LOG_WARN, "%s lists a name that no file can have, passed over: \"%.100s\"",
                    s->prefix, e->name);
      return PEN_OK;
    }
  claimed = ends_with (e->name, o->claim);
  n = (int)(strlen (e->name) - (claimed ? strlen (o->claim) : 0));
  snprintf (name, sizeof name, "%.*s", n, e->name);
  if (fnmatch (pattern, name, FNM_PERIOD) != 0 || is_passed_over (o, name))
    return PEN_OK;
  if ((size_t)snprintf (path, sizeof path, "%s%s%s", dir, *dir ? slash : "", name) >= sizeof path)
    return s->host->fail (s->host->ctx, "%s: the path of %s is too long", s->prefix, name);
  if (e->type != SSH_FILEXFER_TYPE_REGULAR)
    { /* a link, or a server that does not say */
      char *place = sftp_place (s, path);
      sftp_attributes a = place ? sftp_stat (s->link.sftp, place) : NULL;
      there = a && a->type == SSH_FILEXFER_TYPE_REGULAR;
      if (a)
        is = sftp_identity (a);
      sftp_attributes_free (a);
      free (place);
      (void)why;
    }
  return there ? note (s, path, &is, claimed) : PEN_OK;
}

/* Holding the link. PEN_RETRY: the connection is gone. */
static int
list_directory (struct sftp_source *s, const char *dir, const char *pattern, char why[SFTP_WHY])
{
  char what[400];
  sftp_attributes e;
  sftp_dir d;
  int rc = PEN_OK;

  snprintf (what, sizeof what, "list %.300s", dir);
  sftp_link_arm (s, s->options->timeout);
  d = sftp_opendir (s->link.sftp, *dir ? dir : ".");
  if (!d)
    {
      sftp_link_disarm (s);
      return sftp_link_failed (s, what, why);
    }
  while (rc == PEN_OK && (e = sftp_readdir (s->link.sftp, d)))
    {
      sftp_link_arm (s, s->options->timeout);
      rc = take_entry (s, dir, pattern, e);
      sftp_attributes_free (e);
    }
  sftp_link_disarm (s);
  if (rc == PEN_OK && !sftp_dir_eof (d))
    {
      sftp_closedir (d);
      return sftp_link_failed (s, what, why);
    }
  sftp_closedir (d);
  *why = 0; /* it was said */
  return rc;
}

/* A path without wildcards: a directory, or one file. */
static int
list_plain (struct sftp_source *s, const char *path, char why[SFTP_WHY])
{
  struct pen_identity is;
  sftp_attributes a;
  int there, rc, claimed = 0;
  char *place;

  sftp_link_arm (s, s->options->timeout);
  a = sftp_stat (s->link.sftp, path);
  sftp_link_disarm (s);
  rc = a && a->type == SSH_FILEXFER_TYPE_DIRECTORY;
  sftp_attributes_free (a);
  if (rc)
    return list_directory (s, path, "*", why);
  rc = sftp_remote_look (s, path, &there, &is, why);
  if (rc == PEN_OK && !there && s->options->claim && asprintf (&place, "%s%s", path, s->options->claim) != -1)
    {
      rc = sftp_remote_look (s, place, &there, &is, why);
      claimed = there;
      free (place);
    }
  if (rc != PEN_OK || (!there && s->follow))
    return rc;
  if (!there)
    return s->host->fail (s->host->ctx, "%s: there is no %s", s->prefix, path);
  return note (s, path, &is, claimed);
}

static int
list_path (struct sftp_source *s, const char *path, char why[SFTP_WHY])
{
  const char *slash = strrchr (path, '/');
  char dir[PEN_AFTER_PATH];
  int rc = sftp_link_take_patiently (s, why);

  s->unreachable = rc != PEN_OK;
  if (rc != PEN_OK)
    return rc;
  *why = 0; /* of tries before */
  if (strpbrk (path, "*?["))
    {
      snprintf (dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + (slash == path) : 0, path);
      rc = list_directory (s, dir, slash ? slash + 1 : path, why);
    }
  else
    rc = list_plain (s, path, why);
  sftp_link_give (s);
  return rc;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const struct sftp_found *)a)->path, ((const struct sftp_found *)b)->path);
}

static int
by_mtime (const void *a, const void *b)
{
  const struct sftp_found *x = a, *y = b;
  return x->mtime_ns < y->mtime_ns ? -1 : x->mtime_ns > y->mtime_ns ? 1 : by_name (a, b);
}

void
sftp_forget (struct sftp_source *s)
{
  while (s->n)
    free (s->v[--s->n].path);
}

int
sftp_list (struct sftp_source *s)
{
  const struct sftp_options *o = s->options;
  int worst = PEN_OK;

  sftp_forget (s);
  s->waiting = 0;
  pthread_mutex_lock (&s->lock);
  pen_arrivals_begin (&s->table);
  pthread_mutex_unlock (&s->lock);
  for (size_t i = 0; i < o->path.n && !sftp_stopping (s); i++)
    {
      char why[SFTP_WHY] = "";
      int rc = PEN_RETRY;
      for (unsigned n = 0; rc == PEN_RETRY && n < (unsigned)o->retries && !sftp_stopping (s); n++)
        {
          why[0] = 0;
          rc = list_path (s, o->path.item[i], why);
        }
      if (rc == PEN_OK)
        continue;
      worst = PEN_ERR; /* the other paths are listed all the same */
      if (*why)
        s->host->fail (s->host->ctx, "%s: %s", s->prefix, why);
      if (s->unreachable)
        break; /* no connection: the others would say the same */
    }
  if (worst == PEN_OK)
    {
      pthread_mutex_lock (&s->lock);
      pen_arrivals_sweep (&s->table);
      if (!s->pruned)
        sftp_state_prune (s->state, is_listed, s);
      s->pruned = 1;
      pthread_mutex_unlock (&s->lock);
    }
  if (s->n)
    qsort (s->v, s->n, sizeof *s->v, o->order == SFTP_ORDER_NAME ? by_name : by_mtime);
  return worst;
}
