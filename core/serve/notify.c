/* SPDX-License-Identifier: Apache-2.0 */
/* notify.c - words to the service manager, by the protocol of sd_notify(3). */
#include "core/serve/notify.h"

#include "core/base/units.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
connected_to (const char *path)
{
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  size_t n = strlen (path);
  int fd;

  if ((*path != '/' && *path != '@') || n < 2 || n >= sizeof to.sun_path)
    return -1;
  memcpy (to.sun_path, path, n);
  if (*path == '@') /* the abstract name space */
    to.sun_path[0] = '\0';
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd != -1 && connect (fd, (struct sockaddr *)&to, (socklen_t)(offsetof (struct sockaddr_un, sun_path) + n)) == -1)
    {
      close (fd);
      return -1;
    }
  return fd;
}

void
notify_open (struct notify *n)
{
  const char *path = getenv ("NOTIFY_SOCKET"), *usec = getenv ("WATCHDOG_USEC"), *pid = getenv ("WATCHDOG_PID");
  int64_t v;

  *n = (struct notify){ .fd = path ? connected_to (path) : -1 };
  if (usec && units_int (usec, &v) == 0 && v > 0 && v < INT64_MAX / 1000)
    n->watchdog_ns = (uint64_t)v * 1000;
  if (pid && (units_int (pid, &v) != 0 || v != getpid ()))
    n->watchdog_ns = 0;
  unsetenv ("NOTIFY_SOCKET");
  unsetenv ("WATCHDOG_USEC");
  unsetenv ("WATCHDOG_PID");
}

void
notify_say (const struct notify *n, const char *fmt, ...)
{
  char text[1024];
  va_list ap;
  int len;

  if (n->fd == -1)
    return;
  va_start (ap, fmt);
  len = vsnprintf (text, sizeof text, fmt, ap);
  va_end (ap);
  if (len > 0)
    (void)!send (n->fd, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1, MSG_NOSIGNAL);
}

void
notify_close (struct notify *n)
{
  if (n->fd != -1)
    close (n->fd);
  n->fd = -1;
}
