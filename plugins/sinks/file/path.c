/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - where an object's file goes: placeholders filled in with harmless names, directories walked without ever
 * following a link or leaving the one that the configuration names. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

char *
file_split (const char *path, const char **pattern)
{
  const char *brace = strchr (path, '{');
  size_t n = brace ? (size_t)(brace - path) : strlen (path);
  char *base;

  while (n && path[n - 1] != '/')
    n--;
  *pattern = path + n;
  if (!n)
    return strdup (".");
  while (n > 1 && path[n - 1] == '/')
    n--;
  base = strndup (path, n);
  return base;
}

/* Length of the placeholder at p with its braces; 0 where there is none that we know. */
static size_t
placeholder (const char *p)
{
  static const char *const known[] = { "{object}", "{path}", "{table}", "{date}" };

  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strncmp (p, known[i], strlen (known[i])) == 0)
      return strlen (known[i]);
  return 0;
}

int
file_pattern_check (const char *pattern, char *why, size_t why_size)
{
  size_t n = strlen (pattern);

  if (!n || pattern[n - 1] == '/')
    {
      snprintf (why, why_size, "path: names a directory, not a file");
      return -1;
    }
  for (const char *p = pattern; *p; p++)
    if (*p == '{' || *p == '}')
      {
        size_t len = placeholder (p);
        if (!len)
          {
            snprintf (why, why_size, "path: \"%.20s\" is none of {object}, {path}, {table}, {date}", p);
            return -1;
          }
        p += len - 1;
      }
  return 0;
}

struct text
{
  char s[PATH_MAX];
  size_t n;
  int full;
};

static void
add (struct text *t, char c)
{
  if (t->n + 1 < sizeof t->s)
    t->s[t->n++] = c;
  else
    t->full = 1;
}

/* A remote name as one harmless component or a part of one: no separators, no control characters, no leading dots. */
static void
add_safe (struct text *t, const char *name)
{
  int leading = 1;

  if (!*name)
    add (t, '_');
  for (; *name; name++)
    {
      unsigned char c = (unsigned char)*name;
      leading = leading && c == '.';
      add (t, leading || c == '/' || c < 0x20 || c == 0x7f ? '_' : (char)c);
    }
}

/* "inbox/a.ach" -> "a.ach"; what ends with a slash has no such part and stays whole. */
static const char *
last_part (const char *name)
{
  const char *slash = strrchr (name, '/');

  return slash && slash[1] ? slash + 1 : name;
}

static void
add_date (struct text *t, int64_t ns)
{
  time_t s = (time_t)(ns / 1000000000 - (ns % 1000000000 < 0));
  char text[64];
  struct tm tm;

  gmtime_r (&s, &tm);
  snprintf (text, sizeof text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
  for (const char *p = text; *p; p++)
    add (t, *p);
}

static int
expand (struct file_sink *f, const struct pen_object *o, const char *table, struct text *t)
{
  t->n = 0;
  t->full = 0;
  for (const char *p = f->pattern; *p; p++)
    {
      size_t len = placeholder (p);
      if (!len)
        {
          add (t, *p);
          continue;
        }
      if (p[1] == 'o')
        add_safe (t, last_part (o->name));
      else if (p[1] == 'p')
        add_safe (t, o->name);
      else if (p[1] == 't')
        add_safe (t, table);
      else
        add_date (t, o->opened_ns);
      p += len - 1;
    }
  t->s[t->n] = 0;
  if (t->full)
    return f->host->fail (f->host->ctx, "the output path for %.100s is longer than %d bytes", o->name, PATH_MAX - 1);
  return PEN_OK;
}

/* One component below dir; links are refused, whoever planted them. */
static int
open_below (int dir, const char *name)
{
  struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                          .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
  long fd = syscall (SYS_openat2, dir, name, &how, sizeof how);

  if (fd < 0
      && (errno == ENOSYS || errno == EPERM)) /* before Linux 5.6, or filtered: a single component needs no more */
    fd = openat (dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return (int)fd;
}

static int
is_dots (const char *name)
{
  return !*name || strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

/* Makes base and what is missing above it. */
static int
make_base (char *base)
{
  for (char *p = base + 1; *p; p++)
    if (*p == '/')
      {
        *p = 0;
        if (mkdir (base, 0777) && errno != EEXIST)
          {
            *p = '/';
            return -1;
          }
        *p = '/';
      }
  return mkdir (base, 0777) && errno != EEXIST ? -1 : 0;
}

static int
open_base (struct file_sink *f)
{
  int fd = open (f->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd == -1 && errno == ENOENT && make_base (f->base) == 0)
    fd = open (f->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd == -1)
    file_fail (f, "open directory", f->base);
  return fd;
}

/* Steps from dir (closed) into the component, made and made durable where it is missing. */
static int
step (struct file_sink *f, int dir, const char *name)
{
  int next = -1;

  if (is_dots (name) || strlen (name) > NAME_MAX)
    f->host->fail (f->host->ctx, "\"%.60s\" cannot be a directory of an output path", name);
  else
    {
      int made = mkdirat (dir, name, 0777) == 0;
      if (made && file_sync (f, dir, name))
        made = -1;
      next = made < 0 ? -1 : open_below (dir, name);
      if (next == -1 && made >= 0)
        file_fail (f, "open directory", name);
    }
  close (dir);
  return next;
}

int
file_locate (struct file_sink *f, struct file_stream *s, const struct pen_object *o, const char *table)
{
  struct text t;
  char *name, *save = NULL;
  int dir;

  if (expand (f, o, table, &t))
    return PEN_ERR;
  name = strrchr (t.s, '/');
  name = name ? name + 1 : t.s;
  if (is_dots (name) || strlen (name) > NAME_MAX)
    return f->host->fail (f->host->ctx, "\"%.60s\" (%zu bytes) cannot be an output file's name", name, strlen (name));
  strcpy (s->name, name);
  *name = 0;
  dir = open_base (f);
  for (char *part = strtok_r (t.s, "/", &save); part && dir != -1; part = strtok_r (NULL, "/", &save))
    dir = step (f, dir, part);
  if (dir == -1)
    return PEN_ERR;
  s->dir = dir;
  return PEN_OK;
}
