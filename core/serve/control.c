/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - the Unix socket on which serve answers: a line of JSON in, a line of JSON out; bounded in number, size and time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/serve/serve_int.h"

#define CLIENTS_MAX 32
#define LINE_MAX_BYTES 4096
#define IDLE_MS 30000 /* without a whole line, or without reading its answer */

struct client
{
  struct control *c;
  uv_pipe_t pipe;
  uv_timer_t timer;
  uv_write_t write;
  char line[LINE_MAX_BYTES];
  size_t n;
  char *answer; /* owned while it is written */
  unsigned n_handles;
};

struct control
{
  struct serve *s;
  uv_pipe_t listener;
  unsigned n_clients;
  struct client *clients[CLIENTS_MAX];
  char *path;
  bool is_closing;
};

/* ---- clients ---- */

static void
on_client_closed (uv_handle_t *h)
{
  struct client *cl = h->data;

  if (--cl->n_handles)
    return;
  free (cl->answer);
  free (cl);
}

static void
hang_up (struct client *cl)
{
  struct control *c = cl->c;

  if (uv_is_closing ((uv_handle_t *)&cl->pipe))
    return;
  for (unsigned i = 0; i < c->n_clients; i++)
    if (c->clients[i] == cl)
      {
        c->clients[i] = c->clients[--c->n_clients];
        break;
      }
  uv_close ((uv_handle_t *)&cl->pipe, on_client_closed);
  uv_close ((uv_handle_t *)&cl->timer, on_client_closed);
}

static void
on_idle (uv_timer_t *t)
{
  hang_up (t->data);
}

static void on_read (uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

/* The rest of the line's buffer: a client cannot send more than fits. */
static void
on_alloc (uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
  struct client *cl = h->data;

  (void)hint;
  *buf = uv_buf_init (cl->line + cl->n, (unsigned)(sizeof cl->line - cl->n));
}

static void answer_lines (struct client *cl);

static void
on_written (uv_write_t *w, int status)
{
  struct client *cl = w->data;

  free (cl->answer);
  cl->answer = NULL;
  if (status != 0)
    {
      hang_up (cl);
      return;
    }
  uv_timer_start (&cl->timer, on_idle, IDLE_MS, 0);
  answer_lines (cl);
}

/* One answer at a time; the client's next line is read once it has taken this one. */
static void
answer_lines (struct client *cl)
{
  char *end = memchr (cl->line, '\n', cl->n);
  size_t used, len;
  uv_buf_t buf;

  if (!end)
    {
      if (cl->n == sizeof cl->line)
        hang_up (cl);
      else
        uv_read_start ((uv_stream_t *)&cl->pipe, on_alloc, on_read);
      return;
    }
  uv_read_stop ((uv_stream_t *)&cl->pipe);
  used = (size_t)(end - cl->line);
  cl->answer = status_answer (cl->c->s, cl->line, used, &len);
  used++;
  memmove (cl->line, cl->line + used, cl->n - used);
  cl->n -= used;
  buf = uv_buf_init (cl->answer, (unsigned)len);
  cl->write.data = cl;
  if (uv_write (&cl->write, (uv_stream_t *)&cl->pipe, &buf, 1, on_written) != 0)
    hang_up (cl);
}

static void
on_read (uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  struct client *cl = stream->data;

  (void)buf;
  if (n < 0)
    hang_up (cl);
  else
    {
      cl->n += (size_t)n;
      answer_lines (cl);
    }
}

static void
on_connection (uv_stream_t *listener, int status)
{
  struct control *c = listener->data;
  struct client *cl = xcalloc (1, sizeof *cl);

  cl->c = c;
  cl->n_handles = 2;
  uv_pipe_init (&c->s->loop, &cl->pipe, 0);
  uv_timer_init (&c->s->loop, &cl->timer);
  cl->pipe.data = cl->timer.data = cl;
  if (status != 0 || uv_accept (listener, (uv_stream_t *)&cl->pipe) != 0 || c->n_clients == CLIENTS_MAX)
    {
      hang_up (cl);
      return;
    }
  c->clients[c->n_clients++] = cl;
  uv_timer_start (&cl->timer, on_idle, IDLE_MS, 0);
  uv_read_start ((uv_stream_t *)&cl->pipe, on_alloc, on_read);
}

/* ---- the socket ---- */

/* A socket that nobody listens on was left by one that was killed; one that is served belongs to another serve. */
static int
clear_path (const char *path, struct err *e)
{
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  CLEANUP_FD int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct stat st;

  if (strlen (path) >= sizeof to.sun_path)
    return err_set (e, "--socket %s: a path of a socket has at most %zu bytes", path, sizeof to.sun_path - 1);
  if (lstat (path, &st) == -1)
    return errno == ENOENT ? 0 : err_errno (e, "--socket %s", path);
  if (!S_ISSOCK (st.st_mode))
    return err_set (e, "--socket %s: there is something else, which is no socket", path);
  strcpy (to.sun_path, path);
  if (fd == -1)
    return err_errno (e, "socket");
  if (connect (fd, (struct sockaddr *)&to, sizeof to) == 0 || errno != ECONNREFUSED)
    return err_set (e, "--socket %s: another `penstock serve` answers there", path);
  return unlink (path) == 0 ? 0 : err_errno (e, "--socket %s", path);
}

int
control_open (struct serve *s, const char *path, struct err *e)
{
  struct control *c;
  mode_t mask;
  int rc;

  if (clear_path (path, e) == -1)
    return -1;
  c = s->control = xcalloc (1, sizeof *c);
  c->s = s;
  c->path = xstrdup (path);
  uv_pipe_init (&s->loop, &c->listener, 0);
  c->listener.data = c;
  mask = umask (0117); /* its owner and group */
  rc = uv_pipe_bind (&c->listener, path);
  umask (mask);
  if (rc == 0)
    rc = uv_listen ((uv_stream_t *)&c->listener, 16, on_connection);
  return rc == 0 ? 0 : err_set (e, "--socket %s: %s", path, uv_strerror (rc));
}

static void
on_closed (uv_handle_t *h)
{
  struct control *c = h->data;

  free (c->path);
  free (c);
}

void
control_close (struct serve *s)
{
  struct control *c = s->control;

  if (!c)
    return;
  while (c->n_clients)
    hang_up (c->clients[0]);
  uv_close ((uv_handle_t *)&c->listener, on_closed); /* unlinks the path */
  s->control = NULL;
}
