/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - a `penstock` process that the supervisor has started: what it prints comes line by line, then its end. */
#include "core/serve/job.h"

#include <stdlib.h>
#include <string.h>

void
job_init (struct job *j, uv_loop_t *loop, const struct job_calls *calls, void *owner)
{
  memset (j, 0, sizeof *j);
  j->loop = loop;
  j->calls = calls;
  j->owner = owner;
  j->out.job = j->error.job = j;
  j->error.is_error = true;
}

void
job_fini (struct job *j)
{
  free (j->out.line);
  free (j->error.line);
  j->out.line = j->error.line = NULL;
}

static void
on_closed (uv_handle_t *h)
{
  struct job *j = h->data;

  if (--j->n_handles)
    return;
  j->running = false;
  j->calls->ended (j->owner, j->status, j->signal);
}

/* ---- lines ---- */

static void
say_line (struct job_stream *s)
{
  if (s->n)
    s->job->calls->line (s->job->owner, s->is_error, s->line, s->n);
  s->n = 0;
}

static void
take (struct job_stream *s, const char *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (p[i] == '\n')
      {
        say_line (s);
        s->is_cut = false;
      }
    else if (!s->is_cut)
      {
        s->line[s->n++] = p[i];
        if (s->n == JOB_LINE_MAX)
          {
            say_line (s);
            s->is_cut = true;
          }
      }
}

static void
on_alloc (uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
  static char mem[65536];

  (void)h;
  (void)hint;
  *buf = uv_buf_init (mem, sizeof mem);
}

static void
on_read (uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  struct job *j = stream->data;
  struct job_stream *s = stream == (uv_stream_t *)&j->out.pipe ? &j->out : &j->error;

  if (n > 0)
    take (s, buf->base, (size_t)n);
  if (n >= 0)
    return;
  say_line (s);
  uv_close ((uv_handle_t *)stream, on_closed);
}

/* ---- the process ---- */

static void
on_process_end (uv_process_t *p, int64_t status, int sig)
{
  struct job *j = p->data;

  j->status = status;
  j->signal = sig;
  uv_close ((uv_handle_t *)p, on_closed);
}

static void
open_stream (struct job *j, struct job_stream *s, uv_stdio_container_t *to)
{
  uv_pipe_init (j->loop, &s->pipe, 0);
  s->pipe.data = j;
  s->n = 0;
  s->is_cut = false;
  if (!s->line)
    s->line = xmalloc (JOB_LINE_MAX);
  to->flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
  to->data.stream = (uv_stream_t *)&s->pipe;
  j->n_handles++;
}

int
job_start (struct job *j, char **argv, int config_fd, bool own_errors, struct err *e)
{
  uv_stdio_container_t io[4] = { { .flags = UV_IGNORE },
                                 { .flags = UV_IGNORE },
                                 { .flags = UV_INHERIT_FD, .data.fd = 2 },
                                 { .flags = UV_INHERIT_FD, .data.fd = config_fd } };
  uv_process_options_t o = { .exit_cb = on_process_end,
                             .file = argv[0],
                             .args = argv,
                             .stdio = io,
                             .stdio_count = 4,
                             .flags = UV_PROCESS_DETACHED }; /* a terminal's ^C is for the supervisor alone */
  int rc;

  j->running = true;
  j->n_handles = 1;
  j->process.data = j;
  open_stream (j, &j->out, &io[1]);
  if (own_errors)
    open_stream (j, &j->error, &io[2]);
  rc = uv_spawn (j->loop, &j->process, &o);
  if (rc)
    {
      /* handles that did not start are closed all the same: then it has ended */
      j->status = rc;
      j->signal = 0;
      uv_close ((uv_handle_t *)&j->process, on_closed);
      uv_close ((uv_handle_t *)&j->out.pipe, on_closed);
      if (own_errors)
        uv_close ((uv_handle_t *)&j->error.pipe, on_closed);
      return err_set (e, "cannot start %s: %s", argv[0], uv_strerror (rc));
    }
  uv_read_start ((uv_stream_t *)&j->out.pipe, on_alloc, on_read);
  if (own_errors)
    uv_read_start ((uv_stream_t *)&j->error.pipe, on_alloc, on_read);
  return 0;
}

void
job_signal (struct job *j, int sig)
{
  if (j->running && uv_is_active ((uv_handle_t *)&j->process))
    uv_process_kill (&j->process, sig);
}

pid_t
job_pid (const struct job *j)
{
  return j->running && uv_is_active ((const uv_handle_t *)&j->process) ? j->process.pid : 0;
}
