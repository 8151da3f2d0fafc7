/* SPDX-License-Identifier: Apache-2.0 */
/* after.h - what becomes of a file once the sinks have committed: archive, move, rename or delete, in an order that survives
 * being killed anywhere, overwrites nothing, touches nothing but what was offered, and believes only what it sees afterwards.
 *
 * The order of the steps is here; the steps themselves (look, rename, remove, make a directory) are the caller's, on a local
 * file system or on a server. Nothing here locks, waits or logs. */
#ifndef PENSTOCK_AFTER_H
#define PENSTOCK_AFTER_H
#include <stdio.h>
#include <string.h>
#include <penstock/arrival.h>
#include <penstock/date.h>

enum pen_after
{
  PEN_AFTER_KEEP = 0, /* it stays where it is */
  PEN_AFTER_ARCHIVE,  /* to/YYYY-MM-DD/name, by the day of its modification time (UTC) */
  PEN_AFTER_MOVE,     /* to/name */
  PEN_AFTER_RENAME,   /* name + suffix, where it is */
  PEN_AFTER_DELETE,
};
#define PEN_AFTER_WORDS "keep|archive|move|rename|delete"

#define PEN_AFTER_PATH 4096
#define PEN_AFTER_PLACES 1000 /* names that are tried before giving up */

/* Strings are borrowed. */
struct pen_after_rule
{
  int action; /* enum pen_after */
  const char *to, *suffix;
};

/* The file in question. */
struct pen_after_file
{
  const char *path; /* where it is now */
  const char *dir;  /* where a renamed one goes: without a slash at its end, "" for the working directory */
  const char *name; /* as it was offered, without directory */
  const char *key;  /* hex fingerprint of its content; NULL or "": not known */
  struct pen_identity is;
};

/* Each returns 0, or -1 when it failed (the caller knows why). */
struct pen_after_steps
{
  void *ctx;
  /* *there = 0 and 0 where nothing is: that is no failure. */
  int (*look) (void *ctx, const char *path, int *there, struct pen_identity *is);
  /* Never over something else: 1 where `to` is taken. 2: it had to be copied and has another dev and ino. */
  int (*rename) (void *ctx, const char *from, const char *to);
  int (*remove) (void *ctx, const char *path, const struct pen_identity *is);
  int (*make_dir) (void *ctx, const char *dir); /* 0 also where it is there */
  /* 1: the two files hold the same bytes, 0: they do not. NULL where that cannot be told. */
  int (*same) (void *ctx, const char *a, const char *b);
};

enum pen_after_end
{
  PEN_AFTER_DONE = 0,
  PEN_AFTER_OTHER,  /* another file has its name now: left alone */
  PEN_AFTER_GONE,   /* neither where it was nor where it should be */
  PEN_AFTER_FAILED, /* a step failed; try again */
  PEN_AFTER_UNSEEN, /* the steps succeeded, but what is seen afterwards is not what they should have done; try again */
};

/* Where it goes, try n: the plain name first, then one with the content's fingerprint (or its time), then numbered ones.
 * 0, or -1 where it does not fit. */
static inline int
pen_after_place (char *buf, size_t cap, const struct pen_after_rule *r, const struct pen_after_file *f, unsigned n)
{
  char day[16] = "", tag[48] = "";
  int64_t s = f->is.mtime_ns / 1000000000;
  const char *slash = r->to && *r->to && r->to[strlen (r->to) - 1] == '/' ? "" : "/";
  int len, second;
  size_t stem;

  if (s < 0 || s > 253402300799) /* a time that no calendar of ours has */
    s = 0;
  second = (int)(s % 86400);
  pen_date_format (day, (int32_t)(s / 86400));
  if (n && f->key && *f->key)
    snprintf (tag, sizeof tag, "~%.12s", f->key);
  else if (n)
    snprintf (tag, sizeof tag, "~%.4s%.2s%.2sT%02d%02d%02dZ", day, day + 5, day + 8, second / 3600, second / 60 % 60,
              second % 60);
  if (n > 1)
    snprintf (tag + strlen (tag), sizeof tag - strlen (tag), "-%u", n);
  if (r->action == PEN_AFTER_RENAME)
    len = snprintf (buf, cap, "%s%s%s%s%s", f->dir, *f->dir ? "/" : "", f->name, tag, r->suffix);
  else
    {
      stem = pen_stem_length (f->name);
      len = snprintf (buf, cap, "%s%s%s%s%.*s%s%s", r->to, slash, r->action == PEN_AFTER_ARCHIVE ? day : "",
                      r->action == PEN_AFTER_ARCHIVE ? "/" : "", (int)stem, f->name, tag, f->name + stem);
    }
  return len < 0 || (size_t)len >= cap ? -1 : 0;
}

/* Is it there already, from an earlier try that was killed? */
static inline int
pen_after_find_ (const struct pen_after_steps *s, const struct pen_after_rule *r, const struct pen_after_file *f,
                 char *place)
{
  for (unsigned n = 0; n < 3; n++)
    {
      struct pen_identity is;
      int there;

      if (pen_after_place (place, PEN_AFTER_PATH, r, f, n) == -1 || s->look (s->ctx, place, &there, &is) == -1)
        return PEN_AFTER_FAILED;
      if (there && is.size == f->is.size && is.mtime_ns == f->is.mtime_ns)
        return PEN_AFTER_DONE;
    }
  pen_after_place (place, PEN_AFTER_PATH, r, f, 0); /* for the message */
  return PEN_AFTER_GONE;
}

static inline int
pen_after_remove_ (const struct pen_after_steps *s, const struct pen_after_file *f)
{
  struct pen_identity is;
  int there;

  if (s->remove (s->ctx, f->path, &f->is) == -1 || s->look (s->ctx, f->path, &there, &is) == -1)
    return PEN_AFTER_FAILED;
  return there && pen_identity_same (&is, &f->is) ? PEN_AFTER_UNSEEN : PEN_AFTER_DONE;
}

/* After a rename: the file is at its place, and no longer where it was. */
static inline int
pen_after_verify_ (const struct pen_after_steps *s, const struct pen_after_file *f, const char *place, int copied)
{
  struct pen_identity is, old;
  int there, left;

  if (s->look (s->ctx, place, &there, &is) == -1 || s->look (s->ctx, f->path, &left, &old) == -1)
    return PEN_AFTER_FAILED;
  if (!there)
    return PEN_AFTER_UNSEEN;
  if (copied ? is.size != f->is.size : !pen_identity_same (&is, &f->is))
    { /* it was replaced between our look and the rename: the newcomer goes back */
      if (!left)
        s->rename (s->ctx, place, f->path);
      return PEN_AFTER_OTHER;
    }
  return left && pen_identity_same (&old, &f->is) ? PEN_AFTER_UNSEEN : PEN_AFTER_DONE;
}

/* Puts the directory of `place` where it has to be made: an archive's day. */
static inline int
pen_after_dir_ (const struct pen_after_steps *s, const struct pen_after_rule *r, const char *place)
{
  char dir[PEN_AFTER_PATH];
  const char *slash = strrchr (place, '/');

  if (r->action != PEN_AFTER_ARCHIVE || !slash)
    return 0;
  memcpy (dir, place, (size_t)(slash - place));
  dir[slash - place] = 0;
  return s->make_dir (s->ctx, dir);
}

/* One try; to be repeated as often as the caller likes, also after a crash. `place` (PEN_AFTER_PATH bytes): where it went. */
static inline enum pen_after_end
pen_after_once (const struct pen_after_steps *s, const struct pen_after_rule *r, const struct pen_after_file *f,
                char *place)
{
  struct pen_identity is;
  int there, rc;

  *place = 0;
  if (r->action == PEN_AFTER_KEEP)
    return PEN_AFTER_DONE;
  if (s->look (s->ctx, f->path, &there, &is) == -1)
    return PEN_AFTER_FAILED;
  if (!there)
    return (enum pen_after_end) (r->action == PEN_AFTER_DELETE ? PEN_AFTER_DONE : pen_after_find_ (s, r, f, place));
  if (!pen_identity_same (&is, &f->is))
    return PEN_AFTER_OTHER;
  if (r->action == PEN_AFTER_DELETE)
    return (enum pen_after_end)pen_after_remove_ (s, f);
  for (unsigned n = 0; n < PEN_AFTER_PLACES; n++)
    {
      if (pen_after_place (place, PEN_AFTER_PATH, r, f, n) == -1 || s->look (s->ctx, place, &there, &is) == -1)
        return PEN_AFTER_FAILED;
      if (there && is.size == f->is.size && is.mtime_ns == f->is.mtime_ns && s->same
          && s->same (s->ctx, f->path, place) == 1)
        return (enum pen_after_end)pen_after_remove_ (s, f); /* copied by a try that was killed */
      if (there)
        continue;
      if (pen_after_dir_ (s, r, place) == -1)
        return PEN_AFTER_FAILED;
      rc = s->rename (s->ctx, f->path, place);
      if (rc == 1)
        continue;
      return (enum pen_after_end) (rc == -1 ? PEN_AFTER_FAILED : pen_after_verify_ (s, f, place, rc == 2));
    }
  return PEN_AFTER_FAILED;
}

/* What is wrong with a rule, for the options' check: NULL, or a text. */
static inline const char *
pen_after_check (const struct pen_after_rule *r)
{
  if ((r->action == PEN_AFTER_ARCHIVE || r->action == PEN_AFTER_MOVE) && !(r->to && *r->to))
    return "archive and move need a directory to go to";
  if (r->action == PEN_AFTER_RENAME && !(r->suffix && *r->suffix))
    return "rename needs a suffix";
  if (r->action == PEN_AFTER_RENAME && strchr (r->suffix, '/'))
    return "a suffix has no slash";
  return NULL;
}
#endif
