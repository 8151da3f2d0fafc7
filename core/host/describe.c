/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c - asks a jailed worker what a plugin is, and remembers the answer, also when it is a refusal. */
#include <config.h>

#include "core/host/describe.h"

#include "core/base/cleanup.h"
#include "core/base/escape.h"
#include "core/host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <xxhash.h>

#define TIMEOUT_NS INT64_C (10000000000)
#define REFUSAL_SECONDS 600
#define EXIT_PLUGIN_FAULT 1 /* of penstock-worker --describe: the plugin is at fault, not the environment */

/* ---- the cache: one file per plugin; its first line is the key, its second "ok" or "refused", then the text ---- */

static char *
cache_file (const struct describer *d, const char *path)
{
  XXH128_hash_t h = XXH3_128bits (path, strlen (path));

  return xasprintf ("%s/%016" PRIx64 "%016" PRIx64 ".plugin", d->cache_dir, (uint64_t)h.high64, (uint64_t)h.low64);
}

/* Everything that the answer depends on: the file (ctime too: mtime can be set back) and the worker that answers. */
static char *
cache_key (const struct describer *d, const char *path, const struct stat *st)
{
  struct stat w = { 0 };

  if (stat (d->worker, &w) == -1)
    w.st_size = -1;
  return xasprintf ("%s %lld %lld.%09ld %lld.%09ld %lld %lld.%09ld %s", path, (long long)st->st_size,
                    (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
                    st->st_ctim.tv_nsec, (long long)w.st_size, (long long)w.st_mtim.tv_sec, w.st_mtim.tv_nsec,
                    PACKAGE_VERSION);
}

/* The file's text, or NULL: missing, not ours alone, or too long. */
static char *
read_cache_file (const char *file, time_t *written)
{
  CLEANUP_FD int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  size_t n = 0;
  char *text;

  if (fd == -1 || fstat (fd, &st) == -1 || !S_ISREG (st.st_mode) || st.st_uid != geteuid ()
      || (st.st_mode & (S_IWGRP | S_IWOTH)) || st.st_size > 2 * (off_t)DESCRIBE_MAX)
    return NULL;
  text = xmalloc ((size_t)st.st_size + 1);
  while (n < (size_t)st.st_size)
    {
      ssize_t got = read (fd, text + n, (size_t)st.st_size - n);

      if (got <= 0)
        break;
      n += (size_t)got;
    }
  text[n] = '\0';
  *written = st.st_mtime;
  return text;
}

enum answer
{
  UNKNOWN,
  DESCRIBED,
  REFUSED,
};

/* *text (caller frees) is the JSON or the reason. */
static enum answer
cache_read (const struct describer *d, const char *path, const char *key, char **text)
{
  CLEANUP_FREE char *file = cache_file (d, path);
  time_t written, now = time (NULL);
  CLEANUP_FREE char *all = read_cache_file (file, &written);
  size_t n = strlen (key);
  const char *at;

  if (!all || strncmp (all, key, n) != 0 || all[n] != '\n')
    return UNKNOWN;
  at = all + n + 1;
  if (strncmp (at, "ok\n", 3) == 0)
    {
      *text = xstrdup (at + 3);
      return DESCRIBED;
    }
  if (strncmp (at, "refused\n", 8) != 0 || written > now || now - written > REFUSAL_SECONDS)
    return UNKNOWN;
  *text = xstrdup (at + 8);
  return REFUSED;
}

static void
make_dirs (const char *dir)
{
  CLEANUP_FREE char *path = xstrdup (dir);

  for (char *p = path + 1; *p; p++)
    if (*p == '/')
      {
        *p = '\0';
        mkdir (path, 0755);
        *p = '/';
      }
  mkdir (path, 0700);
}

/* Best effort: without a cache everything works, only slower. */
static void
cache_write (const struct describer *d, const char *path, const char *key, enum answer a, const char *text)
{
  CLEANUP_FREE char *file = cache_file (d, path);
  CLEANUP_FREE char *temporary = xasprintf ("%s.XXXXXX", file);
  FILE *f;
  int fd, bad;

  if (strchr (path, '\n'))
    return;
  make_dirs (d->cache_dir);
  fd = mkostemp (temporary, O_CLOEXEC);
  if (fd == -1)
    return;
  f = fdopen (fd, "w");
  if (!f)
    {
      close (fd);
      unlink (temporary);
      return;
    }
  fprintf (f, "%s\n%s\n%s", key, a == DESCRIBED ? "ok" : "refused", text);
  bad = ferror (f);
  if (fclose (f) != 0 || bad || rename (temporary, file) != 0)
    unlink (temporary);
}

/* ---- asking ---- */

/* What a failed worker said, fit for a message: its last line. */
static char *
reason_of (const struct child_result *r, const char *path)
{
  char shown[ERR_TEXT_MAX / 2];
  const char *last = r->errors;
  size_t n = r->errors_len;

  while (n && last[n - 1] == '\n')
    n--;
  for (size_t i = 0; i + 1 < n; i++)
    if (last[i] == '\n')
      {
        last += i + 1;
        n -= i + 1;
        i = (size_t)-1;
      }
  escape_text (shown, sizeof shown, last, n);
  if (WIFSIGNALED (r->status))
    return xasprintf ("plugin %s: describing it ended with signal %d (%s)%s%s", path, WTERMSIG (r->status),
                      strsignal (WTERMSIG (r->status)), n ? ": " : "", shown);
  return n ? xstrdup (shown)
           : xasprintf ("plugin %s: describing it ended with status %d and no reason", path, WEXITSTATUS (r->status));
}

/* *text: the JSON or the reason. UNKNOWN: the environment is at fault, e says how. */
static enum answer
ask_worker (const struct describer *d, const char *path, char **text, struct err *e)
{
  CLEANUP_FREE char *read_dir = xasprintf ("--read-dir=%.*s", (int)(strrchr (path, '/') - path), path);
  const char *argv[] = { d->worker, "--describe", path, read_dir, d->best_effort ? "--jail=best-effort" : NULL, NULL };
  struct child_result r;
  enum answer a = UNKNOWN;

  if (child_run (argv, -1, d->timeout_ns, DESCRIBE_MAX, &r, e) == -1)
    {
      err_prefix (e, "plugin %s", path);
      return UNKNOWN;
    }
  if (WIFEXITED (r.status) && WEXITSTATUS (r.status) == 0)
    {
      *text = steal_ptr (&r.out);
      a = DESCRIBED;
    }
  else
    {
      *text = reason_of (&r, path);
      /* a plugin that crashes in its constructor is at fault; SIGKILL may be the kernel short of memory */
      if ((WIFSIGNALED (r.status) && WTERMSIG (r.status) != SIGKILL)
          || (WIFEXITED (r.status) && WEXITSTATUS (r.status) == EXIT_PLUGIN_FAULT))
        a = REFUSED;
      else
        {
          err_set (e, "%s", *text);
          free (*text);
          *text = NULL;
        }
    }
  child_result_fini (&r);
  return a;
}

struct plugin_desc *
describe_plugin (const struct describer *d, const char *path, struct err *e)
{
  CLEANUP_FREE char *key = NULL, *text = NULL;
  struct plugin_desc *desc = NULL;
  enum answer a = UNKNOWN;
  struct stat st;

  if (plugin_path_check (path, e) == -1)
    return NULL;
  if (stat (path, &st) == -1)
    {
      err_errno (e, "plugin %s", path);
      return NULL;
    }
  key = cache_key (d, path, &st);
  if (d->cache_dir && !d->refresh)
    a = cache_read (d, path, key, &text);
  if (a == DESCRIBED && (desc = describe_parse (text, strlen (text), path, NULL)))
    return desc;
  if (a != REFUSED)
    {
      free (steal_ptr (&text));
      a = ask_worker (d, path, &text, e);
      if (a == UNKNOWN)
        return NULL;
      if (a == DESCRIBED && !(desc = describe_parse (text, strlen (text), path, e)))
        {
          a = REFUSED;
          free (text);
          text = xstrdup (e->text);
        }
      if (d->cache_dir)
        cache_write (d, path, key, a, text);
    }
  if (a == REFUSED)
    err_set (e, "%s", text);
  return desc;
}

void
describer_init (struct describer *d, const char *libexec_dir)
{
  const char *xdg = getenv ("XDG_CACHE_HOME"), *home = getenv ("HOME");

  memset (d, 0, sizeof *d);
  d->timeout_ns = TIMEOUT_NS;
  d->worker = xasprintf ("%s/penstock-worker", libexec_dir ? libexec_dir : PENSTOCK_LIBEXECDIR);
  if (xdg && *xdg == '/')
    d->cache_dir = xasprintf ("%s/penstock", xdg);
  else if (geteuid () == 0)
    d->cache_dir = xstrdup ("/var/cache/penstock");
  else if (home && *home == '/')
    d->cache_dir = xasprintf ("%s/.cache/penstock", home);
}

void
describer_fini (struct describer *d)
{
  free (d->worker);
  free (d->cache_dir);
  memset (d, 0, sizeof *d);
}
