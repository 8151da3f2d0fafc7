/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - the one connection to the server: made when needed, watched by a deadline, dropped when it fails. */
#include "sftp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Fast ones first: AES in hardware is several times faster than what OpenSSH puts first. */
#define CIPHERS                                                                                                        \
  "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"
#define BACKOFF_MOST (300 * SFTP_SECOND)

/* ---- the deadline ---- */

static void *
watch (void *ctx)
{
  struct sftp_link *l = ctx;

  pthread_mutex_lock (&l->lock);
  while (!l->ending)
    if (!l->deadline_ns)
      pthread_cond_wait (&l->changed, &l->lock);
    else if (sftp_now () >= l->deadline_ns)
      {
        l->fired = 1;
        l->deadline_ns = 0;
        if (l->socket != -1)
          shutdown (l->socket, SHUT_RDWR); /* whoever waits for the server wakes up with an error */
      }
    else
      {
        struct timespec t = { l->deadline_ns / SFTP_SECOND, l->deadline_ns % SFTP_SECOND };
        pthread_cond_timedwait (&l->changed, &l->lock, &t);
      }
  pthread_mutex_unlock (&l->lock);
  return NULL;
}

static void
set_deadline (struct sftp_link *l, int64_t deadline_ns)
{
  pthread_mutex_lock (&l->lock);
  /* the watcher sleeps until an earlier one: it looks again then, and need not be woken for a later one */
  if (deadline_ns && !l->deadline_ns)
    pthread_cond_signal (&l->changed);
  l->deadline_ns = deadline_ns;
  pthread_mutex_unlock (&l->lock);
}

void
sftp_link_arm (struct sftp_source *s, int64_t ns)
{
  set_deadline (&s->link, sftp_now () + ns);
}

void
sftp_link_disarm (struct sftp_source *s)
{
  set_deadline (&s->link, 0);
}

static void
set_socket (struct sftp_link *l, int fd)
{
  pthread_mutex_lock (&l->lock);
  if (l->socket != -1)
    close (l->socket);
  l->socket = fd;
  l->fired = 0;
  pthread_mutex_unlock (&l->lock);
}

/* ---- connecting ---- */

/* errno on failure. */
static int
connect_one (const struct addrinfo *a, int64_t timeout_ns)
{
  int fd = socket (a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol), one = 1, bad = 0;
  socklen_t n = sizeof bad;
  struct pollfd p = { .fd = fd, .events = POLLOUT };

  if (fd == -1)
    return -1;
  if (connect (fd, a->ai_addr, a->ai_addrlen) == -1)
    {
      if (errno != EINPROGRESS)
        bad = errno;
      else if (poll (&p, 1, (int)(timeout_ns / 1000000)) != 1)
        bad = ETIMEDOUT;
      else if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &bad, &n) == -1)
        bad = errno;
    }
  if (bad)
    {
      close (fd);
      errno = bad;
      return -1;
    }
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  return fd;
}

static int
dial (const struct sftp_options *o, char why[SFTP_WHY])
{
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
  char port[16];
  int fd = -1, rc;

  snprintf (port, sizeof port, "%d", (int)o->port);
  rc = getaddrinfo (o->host, port, &hints, &list);
  if (rc)
    {
      snprintf (why, SFTP_WHY, "cannot find %s: %s", o->host, rc == EAI_SYSTEM ? strerror (errno) : gai_strerror (rc));
      return -1;
    }
  errno = EHOSTUNREACH;
  for (const struct addrinfo *a = list; a && fd == -1; a = a->ai_next)
    fd = connect_one (a, o->connect_timeout);
  if (fd == -1)
    snprintf (why, SFTP_WHY, "cannot connect to %s port %s: %s", o->host, port, strerror (errno));
  freeaddrinfo (list);
  return fd;
}

static int
set_up (struct sftp_source *s, ssh_session ssh, int fd)
{
  const struct sftp_options *o = s->options;
  int no = 0, port = (int)o->port;

  if (ssh_options_set (ssh, SSH_OPTIONS_PROCESS_CONFIG, &no) < 0 || ssh_options_set (ssh, SSH_OPTIONS_HOST, o->host) < 0
      || ssh_options_set (ssh, SSH_OPTIONS_PORT, &port) < 0 || ssh_options_set (ssh, SSH_OPTIONS_USER, o->user) < 0
      || ssh_options_set (ssh, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") < 0
      || ssh_options_set (ssh, SSH_OPTIONS_KNOWNHOSTS, o->known_hosts ? o->known_hosts : "/dev/null") < 0
      || ssh_options_set (ssh, SSH_OPTIONS_CIPHERS_C_S, CIPHERS) < 0
      || ssh_options_set (ssh, SSH_OPTIONS_CIPHERS_S_C, CIPHERS) < 0
      || (o->host_key_algorithms && ssh_options_set (ssh, SSH_OPTIONS_HOSTKEYS, o->host_key_algorithms) < 0)
      || (o->agent && ssh_options_set (ssh, SSH_OPTIONS_IDENTITY_AGENT, o->agent) < 0))
    return -1;
  return ssh_options_set (ssh, SSH_OPTIONS_FD, &fd);
}

static void
drop (struct sftp_link *l)
{
  pthread_mutex_lock (&l->lock);
  if (l->socket != -1)
    shutdown (l->socket, SHUT_RDWR); /* nothing below waits for the server any more */
  pthread_mutex_unlock (&l->lock);
  if (l->file)
    sftp_close (l->file);
  if (l->sftp)
    sftp_free (l->sftp);
  if (l->ssh)
    {
      ssh_disconnect (l->ssh);
      ssh_free (l->ssh);
    }
  l->file = NULL;
  l->sftp = NULL;
  l->ssh = NULL;
  set_socket (l, -1);
}

/* Everything before the first request of ours; the deadline is armed. */
static int
greet (struct sftp_source *s, char why[SFTP_WHY])
{
  struct sftp_link *l = &s->link;
  const char *host = s->options->host;
  int rc;

  if (ssh_connect (l->ssh) != SSH_OK)
    {
      snprintf (why, SFTP_WHY, "no SSH connection with %s: %s", host, l->fired ? "timeout" : ssh_get_error (l->ssh));
      return PEN_RETRY;
    }
  rc = sftp_hostkey_check (s, l->ssh, why);
  if (rc == PEN_OK)
    rc = sftp_auth (s, l->ssh, why);
  if (rc != PEN_OK)
    return l->fired ? PEN_RETRY : rc;
  l->sftp = sftp_new (l->ssh);
  if (!l->sftp || sftp_init (l->sftp) != SSH_OK)
    {
      snprintf (why, SFTP_WHY, "%s offers no SFTP: %s", host, l->fired ? "timeout" : ssh_get_error (l->ssh));
      return PEN_RETRY;
    }
  return PEN_OK;
}

static int
make (struct sftp_source *s, char why[SFTP_WHY])
{
  struct sftp_link *l = &s->link;
  int fd = dial (s->options, why), rc;

  if (fd == -1)
    return PEN_RETRY;
  l->ssh = ssh_new ();
  if (!l->ssh || set_up (s, l->ssh, fd) < 0)
    {
      snprintf (why, SFTP_WHY, "cannot set up SSH: %s", l->ssh ? ssh_get_error (l->ssh) : "out of memory");
      close (fd);
      drop (l);
      return PEN_ERR;
    }
  set_socket (l, fcntl (fd, F_DUPFD_CLOEXEC, 0));
  l->life++;
  sftp_link_arm (s, s->options->timeout);
  rc = greet (s, why);
  sftp_link_disarm (s);
  if (rc != PEN_OK)
    drop (l);
  return rc;
}

/* ---- taking turns ---- */

int
sftp_link_take (struct sftp_source *s, char why[SFTP_WHY])
{
  struct sftp_link *l = &s->link;
  int rc;

  pthread_mutex_lock (&l->turn);
  pthread_mutex_lock (&l->use);
  pthread_mutex_unlock (&l->turn);
  if (l->ssh && l->sftp)
    return PEN_OK;
  rc = make (s, why);
  if (rc != PEN_OK)
    pthread_mutex_unlock (&l->use);
  return rc;
}

void
sftp_link_give (struct sftp_source *s)
{
  pthread_mutex_unlock (&s->link.use);
}

int
sftp_link_take_patiently (struct sftp_source *s, char why[SFTP_WHY])
{
  for (unsigned n = 0;; n++)
    {
      int rc = sftp_link_take (s, why);
      if (rc == PEN_OK)
        return PEN_OK;
      if (rc == PEN_ERR || n + 1 >= (unsigned)s->options->retries || sftp_stopping (s))
        return PEN_ERR;
      s->host->log (s->host->ctx, PEN_LOG_WARN, "%s; trying again", why);
      sftp_rest (s, pen_backoff_ns (n, SFTP_SECOND / 4, BACKOFF_MOST, &s->seed));
    }
}

static const char *
answer_text (int code)
{
  switch (code)
    {
    case SSH_FX_NO_SUCH_FILE:
    case SSH_FX_NO_SUCH_PATH:
      return "no such file";
    case SSH_FX_PERMISSION_DENIED:
      return "permission denied";
    case SSH_FX_OP_UNSUPPORTED:
      return "the server cannot do that";
    case SSH_FX_FILE_ALREADY_EXISTS:
      return "it exists already";
    case SSH_FX_WRITE_PROTECT:
      return "write-protected";
    default:
      return "the server refused";
    }
}

int
sftp_link_failed (struct sftp_source *s, const char *what, char why[SFTP_WHY])
{
  struct sftp_link *l = &s->link;
  int code = l->sftp ? sftp_get_error (l->sftp) : SSH_FX_NO_CONNECTION;
  /* libssh keeps the last answer's code where none came any more: end of file is none of ours */
  int gone = l->fired || !l->sftp || !ssh_is_connected (l->ssh) || ssh_channel_is_eof (l->sftp->channel)
             || ssh_channel_is_closed (l->sftp->channel) || code == SSH_FX_EOF || code == SSH_FX_NO_CONNECTION
             || code == SSH_FX_CONNECTION_LOST || code == SSH_FX_OK || code == SSH_FX_BAD_MESSAGE;

  if (!gone)
    {
      snprintf (why, SFTP_WHY, "cannot %s: %s", what, answer_text (code));
      return PEN_ERR;
    }
  snprintf (why, SFTP_WHY, "cannot %s: %s", what,
            l->fired                            ? "timeout"
            : l->ssh && *ssh_get_error (l->ssh) ? ssh_get_error (l->ssh)
                                                : "the connection is lost");
  drop (l);
  return PEN_RETRY;
}

void
sftp_link_init (struct sftp_source *s)
{
  struct sftp_link *l = &s->link;
  pthread_condattr_t a;

  l->socket = -1;
  pthread_mutex_init (&l->turn, NULL);
  pthread_mutex_init (&l->use, NULL);
  pthread_mutex_init (&l->lock, NULL);
  pthread_condattr_init (&a);
  pthread_condattr_setclock (&a, CLOCK_MONOTONIC);
  pthread_cond_init (&l->changed, &a);
  pthread_condattr_destroy (&a);
  if (pthread_create (&l->watcher, NULL, watch, l) != 0)
    abort ();
}

void
sftp_link_fini (struct sftp_source *s)
{
  struct sftp_link *l = &s->link;

  drop (l);
  pthread_mutex_lock (&l->lock);
  l->ending = 1;
  pthread_cond_signal (&l->changed);
  pthread_mutex_unlock (&l->lock);
  pthread_join (l->watcher, NULL);
}
