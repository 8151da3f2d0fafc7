/* SPDX-License-Identifier: Apache-2.0 */
/* run_decode_process.c - the processes that decode: started with what they need to know, buried, and their object tried again. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/secret.h"
#include "core/host/run_decode_int.h"

#define TRIES_MAX 2

/* ---- a keyholder's directory ---- */

/* Its name cannot be guessed: what listens in there answers whoever finds it. */
static int
make_dir (struct decoder *d, struct err *e)
{
  const char *tmp = getenv ("TMPDIR");
  uint64_t name[2];

  if (getrandom (name, sizeof name, 0) != sizeof name)
    return err_errno (e, "getrandom");
  d->dir = xasprintf ("%s/penstock-keys-%016llx%016llx", tmp && *tmp == '/' ? tmp : "/tmp", (unsigned long long)name[0],
                      (unsigned long long)name[1]);
  if (mkdir (d->dir, 0700) == 0)
    return 0;
  err_errno (e, "cannot create the directory %s", d->dir);
  free (d->dir);
  d->dir = NULL;
  return -1;
}

/* Links and sockets only: what is in it cannot hold bytes. */
void
run_decode_remove_dir (struct decoder *d)
{
  DIR *dir = d->dir ? opendir (d->dir) : NULL;

  for (const struct dirent *i; dir && (i = readdir (dir));)
    if (strcmp (i->d_name, ".") != 0 && strcmp (i->d_name, "..") != 0)
      unlinkat (dirfd (dir), i->d_name, 0);
  if (dir)
    closedir (dir);
  if (d->dir)
    rmdir (d->dir);
  free (d->dir);
  d->dir = NULL;
}

/* ---- life ---- */

void
run_decode_spawn (struct decoder *d)
{
  struct decoding *all = d->r->decoding;
  struct wire_head h = { .type = WIRE_CONFIG, .a = all->kind[d->keys].config_len };
  char *argv[64], **from = all->kind[d->keys].argv, *dir = NULL;
  size_t n = 0;
  struct err e;

  if (d->keys && make_dir (d, &e) == -1)
    {
      run_fail (d->r, RUN_FAILED, "%s", e.text);
      return;
    }
  while (from[n] && n < 60)
    {
      argv[n] = from[n];
      n++;
    }
  if (d->keys)
    argv[n++] = dir = xasprintf ("--dir=%s", d->dir);
  argv[n] = NULL;
  if (process_start (&d->process, argv, &e) == -1)
    run_fail (d->r, RUN_FAILED, "%s", e.text);
  else
    {
      d->state = DECODER_STARTING;
      process_send (&d->process, &h, NULL, all->kind[d->keys].config);
    }
  free (dir);
}

/* One more try from the beginning: what is whole is left out, the output that was under way is rolled back. */
static void
after_death (struct decoder *d, const char *why)
{
  struct run *r = d->r;
  struct encoded *x = d->work && d->work->outer ? d->work->outer : d->work;
  struct decoder *keys = x != d->work ? run_decode_on (r, x) : NULL;
  char text[400];

  if (!x)
    return;
  if (++x->tries == TRIES_MAX)
    {
      snprintf (text, sizeof text, "it killed two decoders: %s", why);
      run_decode_refuse (d, text);
      return;
    }
  if (x->given)
    {
      snprintf (text, sizeof text, "its decoder died, and what it had read is not there any more: %s", why);
      run_decode_refuse (d, text);
      x->failed = 1;
      return;
    }
  run_log (r, PEN_LOG_ERROR, "%s: its decoder died, once more from the beginning: %s", x->from.name, why);
  x->expanded = 0;
  if (d->output)
    {
      d->output->superseded = 1;
      commit_on_object_failed (r->commit, d->output->ord);
    }
  run_decode_end_output (d);
  d->work = NULL;
  run_decode_drop_inner (r, x);
  if (keys)
    run_decode_detach (keys);
}

void
run_decode_gone (struct process *p)
{
  struct decoder *d = p->owner;
  struct run *r = d->r;
  int was = d->state;
  char why[256];

  uv_timer_stop (&d->deadline);
  run_decode_remove_dir (d);
  d->state = DECODER_EMPTY;
  if (r->ended)
    return;
  process_explain (p, why, sizeof why);
  r->result->worker_deaths += d->work != NULL;
  after_death (d, why);
  if (was == DECODER_STARTING && ++r->decoding->starts_failed >= 5)
    run_fail (r, RUN_FAILED, "decoders cannot start: %s", why);
  if (!r->stopping)
    run_decode_spawn (d);
  run_pump (r);
}

void
run_decode_detach (struct decoder *d)
{
  if (d->output)
    {
      d->output->superseded = 1;
      commit_on_object_failed (d->r->commit, d->output->ord);
    }
  run_decode_end_output (d);
  d->work = NULL;
  process_kill (&d->process, NULL);
}

static void
on_line (struct process *p, const char *text)
{
  struct decoder *d = p->owner;
  run_log (d->r, PEN_LOG_WARN, "decoder: %s", text);
}

static const struct process_calls process_calls = { run_decode_readable, run_decode_gone, on_line };

/* ---- what they are started with ---- */

/* A keyholder is lent the variables that its secrets are kept in. */
static int
make_config (struct run *r, int keys, struct err *e)
{
  const struct run_plugin *v = keys ? r->o->keys : r->o->decoders;
  size_t n = keys ? 1 : r->o->n_decoders;
  struct blob b = { 0 };
  int fd;

  if (keys)
    secret_lend (&b, r->o->keys->options);
  blob_u8 (&b, (uint8_t)r->o->decode_by_magic);
  blob_u32 (&b, (uint32_t)r->o->decode_max_nesting);
  blob_u32 (&b, (uint32_t)n);
  for (size_t i = 0; i < n; i++)
    run_put_plugin (&b, &v[i]);
  fd = wire_memfd ("penstock-decode", b.p, b.n, e);
  r->decoding->kind[keys].config = fd;
  r->decoding->kind[keys].config_len = b.n;
  if (b.n)
    explicit_bzero (b.p, b.n);
  blob_fini (&b);
  return fd == -1 ? -1 : 0;
}

static char **
worker_argv (const struct run *r)
{
  char **argv;
  size_t n = 0;

  while (r->worker_argv[n])
    n++;
  argv = xcalloc (n + 2, sizeof *argv);
  for (size_t i = 0; i < n; i++)
    argv[i] = strncmp (r->worker_argv[i], "--as-limit=", 11)
                  ? xstrdup (r->worker_argv[i])
                  : xasprintf ("--as-limit=%llu", (unsigned long long)(LIMIT_DECODER_BASE + LIMIT_WORKER_CODE));
  argv[n] = xstrdup ("--decode");
  return argv;
}

static char **
keyholder_argv (const struct run *r)
{
  char **argv;
  size_t n = 0;

  while (r->o->key_reads[n])
    n++;
  argv = xcalloc (n + 2, sizeof *argv);
  argv[0] = xstrdup (r->o->keyholder);
  for (size_t i = 0; i < n; i++)
    argv[i + 1] = xasprintf ("--read=%s", r->o->key_reads[i]);
  return argv;
}

int
run_decode_make (struct run *r, struct err *e)
{
  struct decoding *all = r->decoding = xcalloc (1, sizeof *all);
  unsigned each = r->o->workers < LIMIT_DECODERS ? 1 : LIMIT_DECODERS, plain = r->o->n_decoders ? each : 0;

  all->kind[0].config = all->kind[1].config = -1;
  all->kind[0].argv = worker_argv (r);
  if (r->o->keys)
    all->kind[1].argv = keyholder_argv (r);
  if (make_config (r, 0, e) == -1 || (r->o->keys && make_config (r, 1, e) == -1))
    return -1;
  all->n_decoders = plain + (r->o->keys ? each : 0);
  all->decoders = xcalloc (all->n_decoders, sizeof *all->decoders);
  for (unsigned i = 0; i < all->n_decoders; i++)
    {
      struct decoder *d = &all->decoders[i];
      d->r = r;
      d->fd = -1;
      d->keys = i >= plain;
      d->msg = xmalloc (sizeof *d->msg);
      process_init (&d->process, &process_calls, d, &r->loop);
      uv_timer_init (&r->loop, &d->deadline);
      d->deadline.data = d;
      run_decode_spawn (d);
    }
  return 0;
}

void
run_decode_unmake (struct run *r)
{
  struct decoding *all = r->decoding;

  for (unsigned i = 0; i < all->n_decoders; i++)
    {
      run_decode_end_output (&all->decoders[i]);
      run_decode_remove_dir (&all->decoders[i]);
      process_fini (&all->decoders[i].process);
      free (all->decoders[i].msg);
    }
  for (int k = 0; k < 2; k++)
    {
      for (char **a = all->kind[k].argv; a && *a; a++)
        free (*a);
      free (all->kind[k].argv);
      if (all->kind[k].config >= 0)
        close (all->kind[k].config);
    }
  free (all->decoders);
  free (all->v);
  free (all);
  r->decoding = NULL;
}
