/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - a child of the host: started, spoken to without waiting, listened to and buried. */
#include "core/host/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/escape.h"

#define ARGS_MAX 64

struct outgoing
{
  struct outgoing *next;
  struct wire_head h;
  int fd; /* owned */
  uint8_t payload[];
};

void
process_init (struct process *p, const struct process_calls *calls, void *owner, uv_loop_t *loop)
{
  memset (p, 0, sizeof *p);
  p->calls = calls;
  p->owner = owner;
  p->loop = loop;
  p->sock = -1;
  p->out_tail = &p->out;
}

/* ---- the end ---- */

static void
drop_outgoing (struct process *p)
{
  while (p->out)
    {
      struct outgoing *o = p->out;
      p->out = o->next;
      if (o->fd >= 0)
        close (o->fd);
      free (o);
    }
  p->out_tail = &p->out;
}

const char *
process_explain (const struct process *p, char *to, size_t cap)
{
  if (p->why[0])
    snprintf (to, cap, "%s", p->why);
  else if (p->hung_up && p->exit_signal == SIGKILL) /* ours, for that, or another's just before */
    snprintf (to, cap, "killed by signal 9, or closed its socket");
  else if (p->exit_signal)
    snprintf (to, cap, "killed by signal %d (%s)", p->exit_signal, strsignal (p->exit_signal));
  else
    snprintf (to, cap, "exited with status %lld", (long long)p->exit_status);
  return to;
}

static void
on_closed (uv_handle_t *h)
{
  struct process *p = h->data;

  if (--p->n_handles || !p->exited)
    return;
  drop_outgoing (p);
  p->running = 0;
  p->calls->gone (p);
}

static void
close_socket (struct process *p)
{
  if (p->sock < 0)
    return;
  uv_poll_stop (&p->poll);
  uv_close ((uv_handle_t *)&p->poll, on_closed);
  close (p->sock);
  p->sock = -1;
}

void
process_kill (struct process *p, const char *why)
{
  if (!p->running || p->exited)
    return;
  if (why && !p->why[0])
    snprintf (p->why, sizeof p->why, "%s", why);
  uv_process_kill (&p->handle, SIGKILL);
}

static void
on_process_exit (uv_process_t *handle, int64_t status, int sig)
{
  struct process *p = handle->data;

  p->exited = 1;
  p->exit_status = status;
  p->exit_signal = sig;
  if (p->sock >= 0)
    p->calls->readable (p); /* what it said before it ended */
  close_socket (p);
  uv_close ((uv_handle_t *)&p->handle, on_closed);
}

/* ---- standard error ---- */

static void
say_line (struct process *p)
{
  char text[4 * sizeof p->line];
  if (p->line_len)
    p->calls->line (p, escape_text (text, sizeof text, p->line, p->line_len));
  p->line_len = 0;
}

static void
on_alloc (uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
  static char mem[4096];
  (void)h;
  (void)hint;
  *buf = uv_buf_init (mem, sizeof mem);
}

static void
on_error_text (uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  struct process *p = stream->data;

  for (ssize_t i = 0; i < n; i++)
    {
      if (buf->base[i] == '\n' || p->line_len == sizeof p->line)
        say_line (p);
      if (buf->base[i] != '\n')
        p->line[p->line_len++] = buf->base[i];
    }
  if (n < 0)
    {
      say_line (p);
      uv_close ((uv_handle_t *)stream, on_closed);
    }
}

/* ---- messages ---- */

static void on_socket (uv_poll_t *poll, int status, int events);

static void
queue (struct process *p, const struct wire_head *h, const void *payload, int fd)
{
  struct outgoing *o = xcalloc (1, sizeof *o + h->len);
  o->h = *h;
  o->fd = fd >= 0 ? fcntl (fd, F_DUPFD_CLOEXEC, 3) : -1;
  if (h->len)
    memcpy (o->payload, payload, h->len);
  *p->out_tail = o;
  p->out_tail = &o->next;
  uv_poll_start (&p->poll, UV_READABLE | UV_WRITABLE, on_socket);
}

void
process_send (struct process *p, const struct wire_head *h, const void *payload, int fd)
{
  if (p->sock < 0)
    return;
  if (p->out || wire_try_send (p->sock, h, payload, fd, NULL) == 0)
    queue (p, h, payload, fd);
}

static void
send_queued (struct process *p)
{
  while (p->out)
    {
      struct outgoing *o = p->out;
      if (wire_try_send (p->sock, &o->h, o->payload, o->fd, NULL) == 0)
        return;
      p->out = o->next;
      if (!p->out)
        p->out_tail = &p->out;
      if (o->fd >= 0)
        close (o->fd);
      free (o);
    }
  uv_poll_start (&p->poll, UV_READABLE, on_socket);
}

static void
on_socket (uv_poll_t *poll, int status, int events)
{
  struct process *p = poll->data;

  if (status == 0 && (events & UV_WRITABLE))
    send_queued (p);
  if (status == 0 && !(events & UV_READABLE))
    return;
  if (p->calls->readable (p) == -1)
    {
      p->hung_up = 1; /* a process that is ending closes it, too: then its exit says why */
      process_kill (p, NULL);
      if (p->sock >= 0)
        uv_poll_stop (&p->poll);
    }
}

/* ---- the start ---- */

static int
spawn (struct process *p, char *const *argv, int theirs, struct err *e)
{
  char *args[ARGS_MAX + 2], parent[32];
  static char locale[] = "LC_ALL=C", path[] = "PATH=/usr/bin:/bin", asan[] = "ASAN_OPTIONS=detect_leaks=0";
  static char *env[] = { locale, path, asan, NULL };
  uv_stdio_container_t io[4] = { { .flags = UV_IGNORE }, { .flags = UV_IGNORE } };
  uv_process_options_t o = { .exit_cb = on_process_exit,
                             .file = argv[0],
                             .args = args,
                             .env = env,
                             .stdio = io,
                             .stdio_count = 4,
                             .flags = UV_PROCESS_DETACHED }; /* a terminal's ^C is for the host alone */
  int n = 0, rc;

  while (argv[n] && n < ARGS_MAX)
    {
      args[n] = argv[n];
      n++;
    }
  snprintf (parent, sizeof parent, "--parent=%d", (int)getpid ());
  args[n++] = parent;
  args[n] = NULL;
  io[2].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
  io[2].data.stream = (uv_stream_t *)&p->errors;
  io[3].flags = UV_INHERIT_FD;
  io[3].data.fd = theirs;
  rc = uv_spawn (p->loop, &p->handle, &o);
  return rc ? err_set (e, "cannot start %s: %s", argv[0], uv_strerror (rc)) : 0;
}

int
process_start (struct process *p, char *const *argv, struct err *e)
{
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
    return err_errno (e, "socketpair");
  p->exited = p->exit_signal = p->hung_up = 0;
  p->exit_status = 0;
  p->why[0] = 0;
  p->line_len = 0;
  uv_pipe_init (p->loop, &p->errors, 0);
  p->errors.data = p->handle.data = p->poll.data = p;
  if (spawn (p, argv, pair[1], e) == -1)
    {
      /* a handle that did not start is closed all the same */
      p->exited = 1;
      p->n_handles = 3;
      uv_close ((uv_handle_t *)&p->errors, on_closed);
      uv_close ((uv_handle_t *)&p->handle, on_closed);
      uv_poll_init (p->loop, &p->poll, pair[0]);
      p->sock = pair[0];
      close (pair[1]);
      p->running = 1;
      snprintf (p->why, sizeof p->why, "could not be started");
      close_socket (p);
      return -1;
    }
  close (pair[1]);
  p->sock = pair[0];
  p->running = 1;
  p->n_handles = 3;
  uv_poll_init (p->loop, &p->poll, p->sock);
  uv_read_start ((uv_stream_t *)&p->errors, on_alloc, on_error_text);
  uv_poll_start (&p->poll, UV_READABLE, on_socket);
  return 0;
}

void
process_fini (struct process *p)
{
  drop_outgoing (p);
}
