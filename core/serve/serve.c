/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - the supervisor's loop: signals, time, the service manager, start and end. */
#include "core/serve/serve.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/units.h"
#include "core/serve/serve_int.h"

#define LOOK_NS (30 * SECOND_NS) /* at the latest: the clock may have been set */

void
serve_log (struct serve *s, int level, const char *fmt, ...)
{
  char text[2 * ERR_TEXT_MAX];
  va_list ap;

  va_start (ap, fmt);
  vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  s->o->log (s->o->ctx, level, text);
}

int64_t
serve_now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

char **
serve_argv (struct serve *s, const char *command, size_t room, size_t *n)
{
  char **argv = xcalloc (s->o->n_globals + 2 + room + 1, sizeof (char *));

  *n = 0;
  argv[(*n)++] = xstrdup (s->program);
  for (size_t i = 0; i < s->o->n_globals; i++)
    argv[(*n)++] = xstrdup (s->o->globals[i]);
  argv[(*n)++] = xstrdup (command);
  return argv;
}

void
serve_argv_free (char **argv)
{
  for (char **a = argv; *a; a++)
    free (*a);
  free (argv);
}

/* ---- the turn ---- */

static struct runner *
runner_of (struct serve *s, const struct pool_member *m)
{
  for (size_t i = 0; i < s->n_runners; i++)
    if (s->runners[i]->member == m)
      return s->runners[i];
  return NULL;
}

static void
on_wake (uv_timer_t *t)
{
  serve_turn (t->data);
}

static void
set_timer (struct serve *s, int64_t next, int64_t now)
{
  int64_t wait = next - now < LOOK_NS ? next - now : LOOK_NS;

  uv_timer_start (&s->wake, on_wake, wait > 0 ? (uint64_t)(wait + 999999) / 1000000 : 0, 0);
}

static bool
is_quiet (const struct serve *s)
{
  for (size_t i = 0; i < s->n_runners; i++)
    if (s->runners[i]->job.running)
      return false;
  return !s->reload;
}

void
serve_turn (struct serve *s)
{
  int64_t now = serve_now (), next = now + LOOK_NS;
  struct pool_member *m;

  if (s->turning)
    return;
  s->turning = true;
  for (size_t i = 0; i < s->n_runners; i++)
    {
      int64_t t = runner_tick (s->runners[i], now);

      next = t < next ? t : next;
    }
  while (!s->is_stopping && (m = pool_next (&s->pool)))
    runner_start (runner_of (s, m));
  if (s->reload)
    {
      int64_t t = reload_tick (s, now);

      next = t < next ? t : next;
    }
  s->turning = false;
  if (s->is_stopping && is_quiet (s))
    uv_stop (&s->loop);
  else
    set_timer (s, next, now);
}

/* ---- signals ---- */

void
serve_stop (struct serve *s, enum serve_end end)
{
  if (s->is_stopping)
    return;
  s->is_stopping = true;
  s->end = end;
  notify_say (&s->notify, "STOPPING=1\nSTATUS=completing what was taken in");
  reload_cancel (s);
  for (size_t i = 0; i < s->n_runners; i++)
    runner_stop (s->runners[i], STOP_DRAIN);
  serve_turn (s);
}

static void
on_signal (uv_signal_t *h, int sig)
{
  struct serve *s = h->data;

  if (s->n_signals++ == 0)
    {
      serve_log (s, PEN_LOG_INFO, "%s: starting nothing more (once more: stop at once)",
                 sig == SIGINT ? "interrupted" : "terminated");
      serve_stop (s, SERVE_DRAINED);
      return;
    }
  for (size_t i = 0; i < s->n_runners; i++)
    runner_stop (s->runners[i], STOP_KILL);
  serve_turn (s);
}

static void
on_hangup (uv_signal_t *h, int sig)
{
  struct serve *s = h->data;

  (void)sig;
  if (s->is_stopping)
    return;
  if (s->reload)
    s->reload_again = true;
  else
    reload_start (s);
  serve_turn (s);
}

static void
on_watchdog (uv_timer_t *t)
{
  struct serve *s = t->data;

  notify_say (&s->notify, "WATCHDOG=1");
}

/* ---- start and end ---- */

static void
watch (struct serve *s)
{
  uv_timer_init (&s->loop, &s->wake);
  uv_timer_init (&s->loop, &s->watchdog);
  uv_signal_init (&s->loop, &s->on_term);
  uv_signal_init (&s->loop, &s->on_int);
  uv_signal_init (&s->loop, &s->on_hup);
  s->wake.data = s->watchdog.data = s->on_term.data = s->on_int.data = s->on_hup.data = s;
  uv_signal_start (&s->on_term, on_signal, SIGTERM);
  uv_signal_start (&s->on_int, on_signal, SIGINT);
  uv_signal_start (&s->on_hup, on_hangup, SIGHUP);
  if (s->notify.watchdog_ns)
    {
      uint64_t half = s->notify.watchdog_ns / 2000000;

      uv_timer_start (&s->watchdog, on_watchdog, 0, half ? half : 1);
    }
}

static int
set_up (struct serve *s, struct err *e)
{
  size_t n = sizeof s->program;
  char text[UNITS_TEXT];
  int rc = uv_exepath (s->program, &n);

  if (rc)
    return err_set (e, "cannot find this program: %s", uv_strerror (rc));
  machine_read (&s->machine, "");
  if (s->o->workers)
    s->machine.cores = s->o->workers;
  if (s->o->memory && (!s->machine.memory || s->o->memory < s->machine.memory))
    s->machine.memory = s->o->memory;
  /* the supervisor itself */
  if (s->machine.memory > 4 * LIMIT_HOST_BASE)
    s->machine.memory -= LIMIT_HOST_BASE;
  pool_init (&s->pool, s->machine.cores, s->machine.memory);
  serve_log (s, PEN_LOG_INFO, "pool: %u workers, %s of memory", s->machine.cores,
             s->machine.memory ? units_size_text (text, s->machine.memory) : "any amount");
  return s->o->socket ? control_open (s, s->o->socket, e) : 0;
}

static void
take_down (struct serve *s)
{
  control_close (s);
  uv_close ((uv_handle_t *)&s->wake, NULL);
  uv_close ((uv_handle_t *)&s->watchdog, NULL);
  uv_close ((uv_handle_t *)&s->on_term, NULL);
  uv_close ((uv_handle_t *)&s->on_int, NULL);
  uv_close ((uv_handle_t *)&s->on_hup, NULL);
  uv_run (&s->loop, UV_RUN_DEFAULT);
  for (size_t i = 0; i < s->n_runners; i++)
    runner_free (s->runners[i]);
  free (s->runners);
  catalog_fini (&s->catalog);
  pool_fini (&s->pool);
  notify_close (&s->notify);
  uv_loop_close (&s->loop);
}

enum serve_end
serve (const struct serve_opts *o)
{
  struct serve *s = xcalloc (1, sizeof *s);
  enum serve_end end;
  struct err e;

  s->o = o;
  s->started = serve_now ();
  notify_open (&s->notify);
  /* Who asks for the status may hang up before the answer. Runs start with the default again. */
  signal (SIGPIPE, SIG_IGN);
  uv_loop_init (&s->loop);
  watch (s);
  if (set_up (s, &e) == -1)
    {
      serve_log (s, PEN_LOG_ERROR, "%s", e.text);
      s->is_stopping = true;
      s->end = SERVE_FAILED;
    }
  else
    {
      reload_start (s);
      serve_turn (s);
      uv_run (&s->loop, UV_RUN_DEFAULT);
    }
  end = s->end == SERVE_DRAINED && s->unfinished ? SERVE_UNFINISHED : s->end;
  take_down (s);
  free (s);
  return end;
}
