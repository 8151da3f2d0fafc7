/* SPDX-License-Identifier: Apache-2.0 */
/* remote.c - looks and after-success steps on the server: never over an existing file, believed only when seen. */
#include "sftp.h"

#include <stdio.h>
#include <string.h>

struct pen_identity
sftp_identity (sftp_attributes a)
{
  struct pen_identity is = { .size = a->size };

  is.mtime_ns = (int64_t)(a->mtime64 ? a->mtime64 : a->mtime) * SFTP_SECOND;
  return is;
}

static int
is_absent (int code)
{
  return code == SSH_FX_NO_SUCH_FILE || code == SSH_FX_NO_SUCH_PATH;
}

static int
failed_at (struct sftp_source *s, const char *what, const char *path, char why[SFTP_WHY])
{
  char text[700];
  snprintf (text, sizeof text, "%s %.600s", what, path);
  return sftp_link_failed (s, text, why);
}

int
sftp_remote_look (struct sftp_source *s, const char *path, int *there, struct pen_identity *is, char why[SFTP_WHY])
{
  sftp_attributes a;

  *there = 0;
  sftp_link_arm (s, s->options->timeout);
  a = sftp_stat (s->link.sftp, path);
  if (!a && is_absent (sftp_get_error (s->link.sftp)))
    a = sftp_lstat (s->link.sftp, path); /* a link that leads nowhere is something, too */
  sftp_link_disarm (s);
  if (!a)
    return is_absent (sftp_get_error (s->link.sftp)) && !s->link.fired ? PEN_OK : failed_at (s, "look at", path, why);
  *there = 1;
  *is = sftp_identity (a);
  sftp_attributes_free (a);
  return PEN_OK;
}

/* ---- steps: each takes the link for itself ---- */

static int
look (void *ctx, const char *path, int *there, struct pen_identity *is)
{
  struct sftp_after *a = ctx;
  int rc;

  if (sftp_link_take (a->s, a->why) != PEN_OK)
    return -1;
  rc = sftp_remote_look (a->s, path, there, is, a->why);
  sftp_link_give (a->s);
  return rc == PEN_OK ? 0 : -1;
}

/* A server may answer to a rename by overwriting: we look first. OpenSSH's does not, but says no more than "failure". */
static int
move (void *ctx, const char *from, const char *to)
{
  struct sftp_after *a = ctx;
  struct sftp_source *s = a->s;
  struct pen_identity is;
  int there = 0, rc;

  if (sftp_link_take (s, a->why) != PEN_OK)
    return -1;
  rc = sftp_remote_look (s, to, &there, &is, a->why);
  if (rc == PEN_OK && !there)
    {
      sftp_link_arm (s, s->options->timeout);
      rc = sftp_rename (s->link.sftp, from, to);
      sftp_link_disarm (s);
      if (rc != 0 && failed_at (s, "move it to", to, a->why) == PEN_ERR)
        {
          char other[SFTP_WHY];
          if (sftp_remote_look (s, to, &there, &is, other) != PEN_OK)
            there = 0;
        }
    }
  sftp_link_give (s);
  return there ? 1 : rc == 0 ? 0 : -1;
}

static int
removal (void *ctx, const char *path, const struct pen_identity *is)
{
  struct sftp_after *a = ctx;
  struct sftp_source *s = a->s;
  int rc;

  (void)is;
  if (sftp_link_take (s, a->why) != PEN_OK)
    return -1;
  sftp_link_arm (s, s->options->timeout);
  rc = sftp_unlink (s->link.sftp, path);
  sftp_link_disarm (s);
  if (rc != 0 && is_absent (sftp_get_error (s->link.sftp)) && !s->link.fired)
    rc = 0;
  if (rc != 0)
    failed_at (s, "delete", path, a->why);
  sftp_link_give (s);
  return rc == 0 ? 0 : -1;
}

static int
make_dir (void *ctx, const char *dir)
{
  struct sftp_after *a = ctx;
  struct sftp_source *s = a->s;
  sftp_attributes there = NULL;
  int rc;

  if (sftp_link_take (s, a->why) != PEN_OK)
    return -1;
  sftp_link_arm (s, s->options->timeout);
  rc = sftp_mkdir (s->link.sftp, dir, 0770);
  if (rc != 0 && failed_at (s, "make the directory", dir, a->why) == PEN_ERR)
    {
      there = sftp_stat (s->link.sftp, dir);
      if (there && there->type == SSH_FILEXFER_TYPE_DIRECTORY)
        rc = 0;
      sftp_attributes_free (there);
    }
  sftp_link_disarm (s);
  sftp_link_give (s);
  return rc == 0 ? 0 : -1;
}

/* A rename on a server is one step: what lies at the goal is never a half of ours, so same() is not asked for. */
struct pen_after_steps
sftp_after_steps (struct sftp_after *a, struct sftp_source *s)
{
  a->s = s;
  a->why[0] = 0;
  return (struct pen_after_steps){ a, look, move, removal, make_dir, NULL };
}
