/* SPDX-License-Identifier: Apache-2.0 */
/* config_text.c - the text of a configuration file with its includes in place, checked before libconfig sees it. */
#include "core/host/config_text.h"

#include "core/base/cleanup.h"
#include "core/base/escape.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- files ---- */

static int
check_stat (const struct stat *st, const char *path, struct err *e)
{
  if (!S_ISREG (st->st_mode))
    return err_set (e, "%s: not a regular file", path);
  if (st->st_uid != 0 && st->st_uid != geteuid ())
    return err_set (e, "%s: belongs to user %u, neither to root nor to us (%u)", path, (unsigned)st->st_uid,
                    (unsigned)geteuid ());
  if (st->st_mode & (S_IWGRP | S_IWOTH))
    return err_set (e, "%s: may be written by %s (mode %04o), who could choose what we run; chmod go-w helps", path,
                    st->st_mode & S_IWOTH ? "everybody" : "its group", (unsigned)st->st_mode & 07777);
  return 0;
}

/* The whole file, at most max bytes; the caller frees. */
static char *
read_file (const char *path, size_t max, size_t *n, struct err *e)
{
  CLEANUP_FD int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  CLEANUP_FREE char *text = NULL;
  struct stat st;

  if (fd == -1 || fstat (fd, &st) == -1)
    return err_errno (e, "%s", path), NULL;
  if (check_stat (&st, path, e) == -1)
    return NULL;
  text = xmalloc (max + 1);
  for (*n = 0; *n <= max;)
    {
      ssize_t got = read (fd, text + *n, max + 1 - *n);

      if (got == 0)
        return steal_ptr (&text);
      if (got == -1 && errno != EINTR)
        return err_errno (e, "%s", path), NULL;
      *n += got > 0 ? (size_t)got : 0;
    }
  err_set (e, "%s: the configuration is longer than %u bytes", path, CONFIG_BYTES_MAX);
  return NULL;
}

/* ---- scanning ---- */

enum state
{
  PLAIN,
  STRING,
  LINE_COMMENT,
  BLOCK_COMMENT,
};

struct scan
{
  struct config_text *t;
  const char *dir; /* NULL: no includes */
  unsigned file, line;
  const char *at, *end;
  enum state state;
  int depth, includes;
  struct err *e;
};

static int scan_file (struct config_text *t, const char *text, size_t n, const char *name, const char *dir,
                      int includes, int *depth, struct err *e);

static void
put (struct config_text *t, const char *s, size_t n)
{
  if (t->n + n + 1 > t->cap)
    {
      t->cap = 2 * (t->n + n + 1);
      t->text = xrealloc (t->text, t->cap);
    }
  memcpy (t->text + t->n, s, n);
  t->n += n;
  t->text[t->n] = '\0';
}

static void
begin_line (struct scan *s)
{
  struct config_text *t = s->t;

  if (t->n_lines == t->cap_lines)
    {
      t->cap_lines = t->cap_lines ? 2 * t->cap_lines : 64;
      t->origin = xrealloc (t->origin, t->cap_lines * sizeof *t->origin);
    }
  t->origin[t->n_lines++] = (struct config_origin){ s->file, s->line };
}

static int
fail_at (const struct scan *s, const char *text)
{
  return err_set (s->e, "%s:%u: %s", s->t->file[s->file], s->line, text);
}

/* A number where a word may begin: digits, hex digits, or what looks like a float, which is passed on. */
static int
scan_number (struct scan *s)
{
  const char *p = s->at + (*s->at == '-' || *s->at == '+'), *first = p;
  bool hex = p + 1 < s->end && *p == '0' && (p[1] == 'x' || p[1] == 'X');
  uint64_t v = 0;
  bool over = false;

  if (hex)
    p += 2;
  for (; p < s->end && (hex ? isxdigit ((unsigned char)*p) : isdigit ((unsigned char)*p)); p++)
    {
      unsigned digit = isdigit ((unsigned char)*p) ? (unsigned)(*p - '0') : (unsigned)(tolower (*p) - 'a') + 10;

      over |= __builtin_mul_overflow (v, hex ? 16 : 10, &v) || __builtin_add_overflow (v, digit, &v);
    }
  if (p < s->end && !hex && strchr (".eE", *p))
    while (p < s->end && (isdigit ((unsigned char)*p) || strchr (".eE+-", *p)))
      p++;
  else if (over || v > (uint64_t)INT64_MAX || p == first + (hex ? 2 : 0))
    return fail_at (s, "this number does not fit 64 bits");
  else
    {
      put (s->t, s->at, (size_t)(p - s->at));
      put (s->t, "L", 1);
      while (p < s->end && *p == 'L')
        p++;
      s->at = p;
      return 0;
    }
  put (s->t, s->at, (size_t)(p - s->at));
  s->at = p;
  return 0;
}

static bool
is_number_start (const struct scan *s)
{
  const char *p = s->at + (*s->at == '-' || *s->at == '+');

  return p < s->end && isdigit ((unsigned char)*p);
}

static int
scan_bracket (struct scan *s, char c)
{
  if (strchr ("{([", c))
    s->depth++;
  else if (strchr ("})]", c) && s->depth)
    s->depth--;
  if (s->depth > CONFIG_DEPTH_MAX)
    return err_set (s->e, "%s:%u: more than %d levels of groups and lists", s->t->file[s->file], s->line,
                    CONFIG_DEPTH_MAX);
  return 0;
}

/* One or more bytes outside of strings and comments. */
static int
scan_plain (struct scan *s)
{
  const char *p = s->at;
  char c = *p;

  if (isalpha ((unsigned char)c) || c == '*' || c == '_')
    {
      while (p < s->end && (isalnum ((unsigned char)*p) || strchr ("-_*", *p)))
        p++;
      put (s->t, s->at, (size_t)(p - s->at));
      s->at = p;
      return 0;
    }
  if (is_number_start (s))
    return scan_number (s);
  if (c == '"')
    s->state = STRING;
  else if (c == '#' || (c == '/' && p + 1 < s->end && p[1] == '/'))
    s->state = LINE_COMMENT;
  else if (c == '/' && p + 1 < s->end && p[1] == '*')
    {
      s->state = BLOCK_COMMENT;
      put (s->t, s->at++, 1);
    }
  else if (scan_bracket (s, c) == -1)
    return -1;
  put (s->t, s->at++, 1);
  return 0;
}

/* One byte of a string or a comment, or two that belong together. */
static void
scan_quoted (struct scan *s)
{
  bool pair = s->at + 1 < s->end
              && ((s->state == STRING && *s->at == '\\' && s->at[1] != '\n')
                  || (s->state == BLOCK_COMMENT && *s->at == '*' && s->at[1] == '/'));

  if ((s->state == STRING && *s->at == '"') || (s->state == BLOCK_COMMENT && pair))
    s->state = PLAIN;
  put (s->t, s->at, pair ? 2 : 1);
  s->at += pair ? 2 : 1;
}

/* `@include "file"` alone on its line: its text comes in place of the line. 1: it was one. */
static int
scan_include (struct scan *s)
{
  const char *p = s->at, *q, *eol = memchr (s->at, '\n', (size_t)(s->end - s->at));
  CLEANUP_FREE char *name = NULL, *text = NULL;
  size_t n;

  eol = eol ? eol : s->end;
  while (p < eol && (*p == ' ' || *p == '\t'))
    p++;
  if ((size_t)(eol - p) < 8 || memcmp (p, "@include", 8) != 0)
    return 0;
  p += 8;
  while (p < eol && (*p == ' ' || *p == '\t'))
    p++;
  q = p < eol && *p == '"' ? memchr (p + 1, '"', (size_t)(eol - p - 1)) : NULL;
  if (!q || q == p + 1)
    return fail_at (s, "@include \"FILE\" is expected, alone on its line");
  for (const char *r = q + 1; r < eol; r++)
    if (*r != ' ' && *r != '\t' && *r != '\r')
      return fail_at (s, "@include \"FILE\" is expected, alone on its line");
  if (!s->dir)
    return fail_at (s, "@include is not allowed here");
  if (s->includes >= CONFIG_INCLUDE_MAX)
    return err_set (s->e, "%s:%u: more than %d files include each other", s->t->file[s->file], s->line,
                    CONFIG_INCLUDE_MAX);
  name = p[1] == '/' ? xasprintf ("%.*s", (int)(q - p - 1), p + 1)
                     : xasprintf ("%s/%.*s", s->dir, (int)(q - p - 1), p + 1);
  text = read_file (name, CONFIG_BYTES_MAX - s->t->n, &n, s->e);
  if (!text)
    return err_prefix (s->e, "%s:%u", s->t->file[s->file], s->line);
  if (scan_file (s->t, text, n, name, s->dir, s->includes + 1, &s->depth, s->e) == -1)
    return -1;
  s->at = eol < s->end ? eol + 1 : eol;
  return 1;
}

static int
scan_line (struct scan *s)
{
  int rc = s->state == PLAIN ? scan_include (s) : 0;

  if (rc != 0)
    return rc;
  begin_line (s);
  while (s->at < s->end && *s->at != '\n')
    if (s->state == PLAIN ? scan_plain (s) == -1 : (scan_quoted (s), false))
      return -1;
  if (s->state == LINE_COMMENT)
    s->state = PLAIN;
  put (s->t, "\n", 1);
  s->at += s->at < s->end;
  return 0;
}

static int
scan_file (struct config_text *t, const char *text, size_t n, const char *name, const char *dir, int includes,
           int *depth, struct err *e)
{
  struct scan s = { t, dir, (unsigned)t->n_files, 0, text, text + n, PLAIN, *depth, includes, e };

  t->file = xrealloc (t->file, (t->n_files + 1) * sizeof *t->file);
  t->file[t->n_files++] = xstrdup (name);
  if (memchr (text, 0, n))
    return err_set (e, "%s: has a NUL byte", name);
  while (s.at < s.end)
    {
      s.line++;
      if (t->n > CONFIG_BYTES_MAX)
        return err_set (e, "%s: the configuration is longer than %u bytes", name, CONFIG_BYTES_MAX);
      if (scan_line (&s) == -1)
        return -1;
    }
  if (s.state == STRING || s.state == BLOCK_COMMENT)
    return fail_at (&s, s.state == STRING ? "a string has no end" : "a comment has no end");
  *depth = s.depth;
  return 0;
}

int
config_text_take (struct config_text *t, const char *text, size_t n, const char *name, struct err *e)
{
  int depth = 0;

  memset (t, 0, sizeof *t);
  put (t, "", 0);
  if (n <= CONFIG_BYTES_MAX && scan_file (t, text, n, name, NULL, 0, &depth, e) == 0)
    return 0;
  if (n > CONFIG_BYTES_MAX)
    err_set (e, "%s: the configuration is longer than %u bytes", name, CONFIG_BYTES_MAX);
  config_text_fini (t);
  return -1;
}

int
config_text_load (struct config_text *t, const char *path, const char *dir, struct err *e)
{
  CLEANUP_FREE char *text = NULL;
  int depth = 0;
  size_t n;

  memset (t, 0, sizeof *t);
  put (t, "", 0);
  text = read_file (path, CONFIG_BYTES_MAX, &n, e);
  if (text && scan_file (t, text, n, path, dir, 0, &depth, e) == 0)
    return 0;
  config_text_fini (t);
  return -1;
}

void
config_text_fini (struct config_text *t)
{
  for (size_t i = 0; i < t->n_files; i++)
    free (t->file[i]);
  free (t->file);
  free (t->origin);
  free (t->text);
  memset (t, 0, sizeof *t);
}

char *
config_text_where (const struct config_text *t, unsigned line)
{
  /* libconfig names the line after the last when something is missing at the end */
  if (line > t->n_lines)
    line = (unsigned)t->n_lines;
  if (line == 0)
    return xasprintf ("%s:1", t->file[0]);
  return xasprintf ("%s:%u", t->file[t->origin[line - 1].file], t->origin[line - 1].line);
}
