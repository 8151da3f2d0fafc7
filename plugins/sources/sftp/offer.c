/* SPDX-License-Identifier: Apache-2.0 */
/* offer.c - one file of the server: looked at once more, claimed, downloaded and handed to the host. */
#include "sftp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
sftp_place (struct sftp_source *s, const char *path)
{
  struct pen_arrival *a;
  char *place;
  int claimed;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, path);
  claimed = a && a->mark;
  pthread_mutex_unlock (&s->lock);
  return asprintf (&place, "%s%s", path, claimed ? s->options->claim : "") == -1 ? NULL : place;
}

void
sftp_name (const struct sftp_source *s, const char *path, char name[SFTP_NAME])
{
  snprintf (name, SFTP_NAME, "%s%s%s", s->prefix, *path == '/' ? "" : "/~/", path);
}

const char *
sftp_path_of (const struct sftp_source *s, const char *name)
{
  size_t n = strlen (s->prefix);

  if (strncmp (name, s->prefix, n) != 0)
    return NULL;
  return strncmp (name + n, "/~/", 3) == 0 ? name + n + 3 : name + n;
}

void
sftp_note_state (struct sftp_source *s, const char *path, int state)
{
  struct pen_arrival *a;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, path);
  if (a)
    {
      a->state = (uint8_t)state;
      a->retry_ns = sftp_now () + SFTP_AGAIN_NS;
    }
  pthread_mutex_unlock (&s->lock);
}

/* The done-file is there and not older than the file. Holding the link. */
static int
is_done (struct sftp_source *s, const char *path, const struct pen_identity *is, int *done, char why[SFTP_WHY])
{
  const char *slash = strrchr (path, '/'), *name = slash ? slash + 1 : path;
  char marker[PEN_AFTER_PATH];
  struct pen_identity m;
  int dir = (int)(name - path), rc;

  *done = 1;
  if (!s->options->done_file)
    return PEN_OK;
  snprintf (marker, sizeof marker, "%.*s", dir, path);
  if (pen_done_name (marker + dir, sizeof marker - (size_t)dir, s->options->done_file, name) == -1)
    return snprintf (why, SFTP_WHY, "the name of its done-file is too long"), PEN_ERR;
  rc = sftp_remote_look (s, marker, done, &m, why);
  if (rc == PEN_OK && *done)
    *done = m.mtime_ns >= is->mtime_ns;
  return rc;
}

/* Our name for it, so that nobody else takes it. PEN_EOF: somebody was faster. Holding the link. */
static int
claim (struct sftp_source *s, const char *path, const char *place, char why[SFTP_WHY])
{
  struct pen_arrival *a;
  struct pen_identity is;
  int there, rc;

  rc = sftp_remote_look (s, place, &there, &is, why);
  if (rc != PEN_OK)
    return rc;
  if (there)
    return snprintf (why, SFTP_WHY, "cannot claim it: %s is there already", place), PEN_ERR;
  sftp_link_arm (s, s->options->timeout);
  rc = sftp_rename (s->link.sftp, path, place);
  sftp_link_disarm (s);
  if (rc != 0)
    {
      rc = sftp_link_failed (s, "claim it by renaming", why);
      if (rc == PEN_ERR && sftp_remote_look (s, path, &there, &is, why) == PEN_OK && !there)
        return PEN_EOF;
      return rc;
    }
  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, path);
  if (a)
    a->mark = 1;
  pthread_mutex_unlock (&s->lock);
  return PEN_OK;
}

/* Is it still what the look has seen, and ours? PEN_OK, PEN_EOF (leave it), PEN_RETRY, PEN_ERR. Holding the link. */
static int
confirm (struct sftp_source *s, const char *path, struct pen_identity *is, char why[SFTP_WHY])
{
  struct pen_identity now;
  struct pen_arrival *a;
  int there, done, claimed, rc;
  char *place = sftp_place (s, path), *ours = NULL;

  pthread_mutex_lock (&s->lock);
  a = pen_arrivals_find (&s->table, path);
  *is = a->is;
  claimed = a->mark;
  pthread_mutex_unlock (&s->lock);
  rc = place ? sftp_remote_look (s, place, &there, &now, why) : PEN_ERR;
  free (place);
  if (rc != PEN_OK || !there)
    return rc != PEN_OK ? rc : PEN_EOF; /* renamed or removed under us: another look will tell */
  if (!pen_identity_same (&now, is))
    {
      s->host->log (s->host->ctx, PEN_LOG_INFO, "%s%s%s is still changing: left for later", s->prefix,
                    *path == '/' ? "" : "/~/", path);
      pthread_mutex_lock (&s->lock);
      pen_arrivals_look (&s->table, path, &now, sftp_now ());
      pthread_mutex_unlock (&s->lock);
      return PEN_EOF;
    }
  rc = claimed ? PEN_OK : is_done (s, path, is, &done, why);
  if (rc != PEN_OK || (!claimed && !done))
    return rc != PEN_OK ? rc : PEN_EOF;
  if (!s->options->claim || claimed)
    return PEN_OK;
  if (asprintf (&ours, "%s%s", path, s->options->claim) == -1)
    return PEN_ERR;
  rc = claim (s, path, ours, why);
  free (ours);
  return rc;
}

/* Told to the operator once, and counted: the run ends with status 3. */
static void
give_up (struct sftp_source *s, const struct pen_object *o, void *handle, const char *why)
{
  const struct pen_intake *in = s->in;

  if (in->size > offsetof (struct pen_intake, give_up) && in->give_up)
    {
      in->give_up (in->ctx, o, handle, why);
      return;
    }
  s->host->fail (s->host->ctx, "%s: %s", o->name, why);
  if (handle)
    in->close (in->ctx, handle, 0);
}

static int
confirm_patiently (struct sftp_source *s, const char *path, struct pen_identity *is, char why[SFTP_WHY])
{
  int rc = PEN_RETRY;

  for (unsigned n = 0; rc == PEN_RETRY && n < (unsigned)s->options->retries; n++)
    {
      rc = sftp_link_take_patiently (s, why);
      if (rc != PEN_OK)
        return rc;
      rc = confirm (s, path, is, why);
      sftp_link_give (s);
    }
  return rc;
}

static int
is_part_free (struct sftp_source *s)
{
  int is_free;

  pthread_mutex_lock (&s->lock);
  is_free = !s->part;
  pthread_mutex_unlock (&s->lock);
  return is_free;
}

/* Into a file that outlives the run. One at a time, so that no more than one of them is on the disk. */
static int
fetch_kept (struct sftp_source *s, const char *path, const struct pen_object *o, const struct pen_identity *is,
            void *handle, char why[SFTP_WHY])
{
  struct sftp_goal to = { .handle = handle };
  int rc = PEN_EOF;

  while (!is_part_free (s) && !sftp_stopping (s))
    sftp_rest (s, SFTP_SECOND / 20);
  if (sftp_stopping (s))
    return PEN_EOF;
  to.part = sftp_part_open (s, o->name, is, &to.done, why);
  if (!to.part)
    return PEN_ERR;
  rc = sftp_fetch (s, path, is, &to, why);
  if (rc == PEN_OK)
    rc = sftp_part_give (to.part, handle, why);
  sftp_part_close (to.part);
  if (rc == PEN_OK)
    {
      pthread_mutex_lock (&s->lock);
      s->part = strdup (path); /* without memory for it the next download may take the disk a little earlier */
      pthread_mutex_unlock (&s->lock);
    }
  return rc;
}

static int
fetch (struct sftp_source *s, const char *path, const struct pen_object *o, const struct pen_identity *is, void *handle,
       char why[SFTP_WHY])
{
  struct sftp_goal to = { .handle = handle };

  if (s->state && s->options->resume && is->size >= (uint64_t)s->options->resume)
    return fetch_kept (s, path, o, is, handle, why);
  return sftp_fetch (s, path, is, &to, why);
}

int
sftp_offer (struct sftp_source *s, const char *path)
{
  char name[SFTP_NAME], why[SFTP_WHY] = "out of memory";
  struct pen_object o = { .size = sizeof o, .name = name };
  struct pen_identity is;
  void *handle = NULL;
  int rc = confirm_patiently (s, path, &is, why);

  sftp_name (s, path, name);
  if (rc == PEN_EOF)
    return rc;
  if (rc == PEN_OK)
    {
      o.length = is.size;
      o.mtime_ns = is.mtime_ns;
      rc = s->in->open (s->in->ctx, &o, &handle);
      if (rc == PEN_EOF)
        return rc;
      if (rc != PEN_OK)
        snprintf (why, sizeof why, "its name is longer than 4095 bytes");
    }
  if (rc == PEN_OK)
    rc = fetch (s, path, &o, &is, handle, why);
  if (rc == PEN_OK)
    {
      sftp_note_state (s, path, PEN_ARRIVAL_OFFERED); /* the acknowledgement may come as soon as it is closed */
      s->in->close (s->in->ctx, handle, 1);
      return PEN_OK;
    }
  sftp_note_state (s, path, PEN_ARRIVAL_LATER);
  if (rc == PEN_EOF)
    s->in->close (s->in->ctx, handle, 0); /* stopping */
  else
    give_up (s, &o, handle, why);
  return rc;
}
