/* SPDX-License-Identifier: Apache-2.0 */
/* gpg.c - one message through one gpg: bytes are passed on through pipes, its words become the verdict at the end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pgp.h"

#define INPUT_STEP (64 * 1024)

struct words /* lines from one descriptor */
{
  int fd;
  char line[1024];
  size_t n;
};

struct pgp
{
  const struct pen_host *host;
  const struct pgp_options *o;
  const struct pen_bytes *in;
  struct pgp_verdict verdict;
  pid_t pid;
  int to, from; /* its standard input and output; -1: closed */
  struct words errors, status;
  uint8_t buf[INPUT_STEP];
  size_t n, at;
  int judged;
};

struct pgp *
pgp_create (const struct pen_host *host, const struct pgp_options *o)
{
  struct pgp *g = calloc (1, sizeof *g);

  if (!g)
    return host->fail (host->ctx, "out of memory"), NULL;
  g->host = host;
  g->o = o;
  g->to = g->from = g->errors.fd = g->status.fd = -1;
  return g;
}

static void
shut (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* ---- the start ---- */

/* Its descriptors: 0 the message, 1 what is in it, 2 words for people, 3 the passphrase, 4 status lines, 5 its home. */
static int
start (struct pgp *g, int home, int theirs[5])
{
  const char *const argv[] = { g->o->gpg,
                               "--homedir",
                               "/proc/self/fd/5",
                               "--batch",
                               "--no-tty",
                               "--no-options",
                               "--lock-never",
                               "--no-autostart",
                               "--trust-model",
                               "always",
                               "--no-auto-check-trustdb",
                               "--no-random-seed-file",
                               "--disable-dirmngr",
                               "--no-auto-key-retrieve",
                               "--no-greeting",
                               "--exit-on-status-write-error",
                               "--pinentry-mode",
                               "loopback",
                               "--passphrase-fd",
                               "3",
                               "--status-fd",
                               "4",
                               "--decrypt",
                               NULL };
  const int fd[] = { theirs[0], theirs[1], theirs[2], theirs[3], theirs[4], home };

  g->pid = pgp_spawn (argv, fd, 6, 0);
  return g->pid > 0 ? PEN_OK : g->host->fail (g->host->ctx, "cannot start gpg: %s", strerror (errno));
}

static int
give_passphrase (const struct pgp *g, int fd)
{
  const char *p = g->o->passphrase ? g->o->passphrase : "";
  size_t n = strlen (p);

  return write (fd, p, n) == (ssize_t)n && write (fd, "\n", 1) == 1 ? 0 : -1; /* a pipe has room for that */
}

int
pgp_open (struct pgp *g, const struct pen_bytes *in)
{
  int pair[5][2], theirs[5], home = pgp_home (g->host, g->o), n = 0, rc = PEN_ERR;

  if (home < 0)
    return PEN_ERR;
  g->in = in;
  while (n < 5 && pipe2 (pair[n], O_CLOEXEC) == 0)
    n++;
  if (n < 5 || give_passphrase (g, pair[3][1]) == -1)
    g->host->fail (g->host->ctx, "cannot make pipes for gpg: %s", strerror (errno));
  else
    {
      for (int i = 0; i < 5; i++)
        theirs[i] = pair[i][i == 0 || i == 3 ? 0 : 1];
      rc = start (g, home, theirs);
    }
  if (rc == PEN_OK)
    {
      g->to = pair[0][1];
      g->from = pair[1][0];
      g->errors.fd = pair[2][0];
      g->status.fd = pair[4][0];
      pair[0][1] = pair[1][0] = pair[2][0] = pair[4][0] = -1;
      fcntl (g->to, F_SETFL, O_NONBLOCK);
    }
  for (int i = 0; i < n; i++)
    {
      shut (&pair[i][0]);
      shut (&pair[i][1]);
    }
  return rc;
}

/* ---- its words ---- */

static void
listen_to (struct pgp *g, struct words *w)
{
  char c[512];
  ssize_t n = read (w->fd, c, sizeof c);

  if (n <= 0)
    shut (&w->fd);
  for (ssize_t i = 0; i < n; i++)
    if (c[i] == '\n')
      {
        w->line[w->n] = 0;
        if (w == &g->status)
          pgp_status_line (&g->verdict, w->line);
        else
          pgp_error_line (&g->verdict, w->line);
        w->n = 0;
      }
    else if (w->n + 1 < sizeof w->line)
      w->line[w->n++] = c[i];
}

static int
judge (struct pgp *g)
{
  char text[PGP_TEXT];
  int status = 0, rc;

  while (waitpid (g->pid, &status, 0) == -1 && errno == EINTR)
    ;
  g->pid = 0;
  g->judged = 1;
  rc = pgp_judge (&g->verdict, WIFEXITED (status) ? WEXITSTATUS (status) : -1, &g->o->require_signature, text);
  if (rc == -1)
    return g->host->fail (g->host->ctx, "%s", text);
  if (g->verdict.unknown[0])
    g->host->log (g->host->ctx, PEN_LOG_WARN, "a signature of key %s was not checked: the keyring does not have it",
                  g->verdict.unknown);
  return PEN_OK;
}

/* ---- its bytes ---- */

/* One piece to it; the end is told by closing. gpg may have seen enough before. */
static int
feed (struct pgp *g)
{
  ssize_t k;

  if (g->at == g->n)
    {
      g->at = 0;
      if (g->in->read (g->in->ctx, g->buf, sizeof g->buf, &g->n) != PEN_OK)
        return PEN_ERR;
    }
  if (!g->n)
    {
      shut (&g->to);
      return PEN_OK;
    }
  k = write (g->to, g->buf + g->at, g->n - g->at);
  if (k > 0)
    g->at += (size_t)k;
  else if (errno != EAGAIN && errno != EINTR)
    shut (&g->to);
  return PEN_OK;
}

int
pgp_read (struct pgp *g, void *buf, size_t cap, size_t *n)
{
  *n = 0;
  while (!g->judged)
    {
      struct pollfd p[] = {
        { g->from, POLLIN, 0 }, { g->errors.fd, POLLIN, 0 }, { g->status.fd, POLLIN, 0 }, { g->to, POLLOUT, 0 }
      };
      if (g->from < 0 && g->errors.fd < 0 && g->status.fd < 0)
        return judge (g);
      if (poll (p, 4, -1) == -1 && errno != EINTR)
        return g->host->fail (g->host->ctx, "poll: %s", strerror (errno));
      if (p[1].revents)
        listen_to (g, &g->errors);
      if (p[2].revents)
        listen_to (g, &g->status);
      if (p[0].revents)
        {
          ssize_t k = read (g->from, buf, cap);
          if (k > 0)
            {
              *n = (size_t)k;
              return PEN_OK;
            }
          shut (&g->from);
        }
      else if (p[3].revents && feed (g) != PEN_OK)
        return PEN_ERR;
      if (g->from < 0 && g->to >= 0) /* it puts nothing more out, and needs nothing more */
        shut (&g->to);
    }
  return PEN_OK;
}

void
pgp_destroy (struct pgp *g)
{
  shut (&g->to);
  shut (&g->from);
  shut (&g->errors.fd);
  shut (&g->status.fd);
  if (g->pid > 0)
    {
      kill (g->pid, SIGKILL);
      while (waitpid (g->pid, NULL, 0) == -1 && errno == EINTR)
        ;
    }
  explicit_bzero (g, sizeof *g);
  free (g);
}
