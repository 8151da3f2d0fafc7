/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - messages between the host and its worker and source processes. */
#include "core/base/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/cleanup.h"

static int
send_flags (int sock, const struct wire_head *head, const void *payload, int fd, int flags, struct err *e)
{
  struct wire_head h = *head;
  struct iovec iov[2] = { { &h, sizeof h }, { (void *)payload, head->len } };
  union
  {
    struct cmsghdr align;
    char b[CMSG_SPACE (sizeof (int))];
  } control;
  struct msghdr m = { .msg_iov = iov, .msg_iovlen = head->len ? 2 : 1 };
  ssize_t n;

  h.version = WIRE_VERSION;
  if (fd >= 0)
    {
      struct cmsghdr *c;
      memset (&control, 0, sizeof control);
      m.msg_control = control.b;
      m.msg_controllen = sizeof control.b;
      c = CMSG_FIRSTHDR (&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (c), &fd, sizeof fd);
    }
  do
    n = sendmsg (sock, &m, MSG_NOSIGNAL | flags);
  while (n == -1 && errno == EINTR);
  if (n == -1 && (flags & MSG_DONTWAIT) && (errno == EAGAIN || errno == EWOULDBLOCK))
    return 0;
  if (n == -1)
    return err_errno (e, "cannot send a message of type %u", head->type);
  return 1;
}

int
wire_send (int sock, const struct wire_head *h, const void *payload, int fd, struct err *e)
{
  return send_flags (sock, h, payload, fd, 0, e) == 1 ? 0 : -1;
}

int
wire_try_send (int sock, const struct wire_head *h, const void *payload, int fd, struct err *e)
{
  return send_flags (sock, h, payload, fd, MSG_DONTWAIT, e);
}

/* Takes the one descriptor that a message may carry and closes any others that a hostile sender added. */
static int
take_fds (struct msghdr *m, int *fd)
{
  int n_taken = 0;

  *fd = -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (m); c; c = CMSG_NXTHDR (m, c))
    {
      size_t n;
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN (0))
        continue;
      n = (c->cmsg_len - CMSG_LEN (0)) / sizeof (int);
      for (size_t i = 0; i < n; i++)
        {
          int f;
          memcpy (&f, CMSG_DATA (c) + i * sizeof f, sizeof f);
          if (n_taken++ == 0)
            *fd = f;
          else
            close (f);
        }
    }
  return n_taken;
}

int
wire_recv (int sock, struct wire_msg *msg, int *fd, int flags, struct err *e)
{
  struct iovec iov = { msg, sizeof *msg };
  union
  {
    struct cmsghdr align;
    char b[CMSG_SPACE (4 * sizeof (int))];
  } control;
  struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.b, .msg_controllen = sizeof control.b };
  ssize_t n;
  int resets = 0;

  *fd = -1;
  /* Who closes with something unread leaves a reset, once, before its own last words, which are still to be read. */
  do
    n = recvmsg (sock, &m, MSG_CMSG_CLOEXEC | flags);
  while (n == -1 && (errno == EINTR || (errno == ECONNRESET && !resets++)));
  if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return 0;
  if (n == -1)
    return errno == ECONNRESET ? (errno = 0, 0) : err_errno (e, "cannot receive a message");
  if (n == 0)
    {
      errno = 0;
      return 0;
    }
  if (take_fds (&m, fd) > 1 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || (size_t)n < sizeof msg->h
      || msg->h.version != WIRE_VERSION || msg->h.len != (size_t)n - sizeof msg->h)
    {
      if (*fd >= 0)
        close (*fd);
      *fd = -1;
      return err_set (e, "malformed message of %zd bytes", n);
    }
  return 1;
}

int
wire_memfd (const char *name, const void *p, size_t n, struct err *e)
{
  CLEANUP_FD int fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const char *at = p;

  if (fd == -1)
    return err_errno (e, "memfd_create");
  for (size_t left = n; left;)
    {
      ssize_t k = write (fd, at, left);
      if (k == -1 && errno == EINTR)
        continue;
      if (k == -1)
        return err_errno (e, "cannot fill %zu bytes of shared memory", n);
      at += k;
      left -= (size_t)k;
    }
  if (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == -1)
    return err_errno (e, "cannot seal shared memory");
  return steal_fd (&fd);
}
