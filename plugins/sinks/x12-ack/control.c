/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - interchange control numbers (ISA13) of the answers: one file remembers the next, across objects and runs. */
#include "x12ack.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define CONTROL_NAME ".x12-ack.control"
#define CONTROL_MAX 999999999u

static void
path_of (const struct x12ack *a, char *path, size_t n)
{
  if (a->o->control)
    snprintf (path, n, "%s", a->o->control);
  else
    snprintf (path, n, "%s/%s", a->o->directory, CONTROL_NAME);
}

int
x12ack_control_open (struct x12ack *a)
{
  char path[PATH_MAX], text[16] = "";
  ssize_t n;

  path_of (a, path, sizeof path);
  a->control_fd = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (a->control_fd == -1)
    return x12ack_fail (a, "open", path);
  if (flock (a->control_fd, LOCK_EX))
    return x12ack_fail (a, "lock", path);
  n = pread (a->control_fd, text, sizeof text - 1, 0);
  if (n < 0)
    return x12ack_fail (a, "read", path);
  a->next_control = strtoul (text, NULL, 10);
  if (n && (!a->next_control || a->next_control > CONTROL_MAX || text[strspn (text, "0123456789")] != '\n'))
    {
      a->broken = true;
      return a->host->fail (a->host->ctx, "%s: expected a control number of 1..%u and a line end", path, CONTROL_MAX);
    }
  if (!a->next_control)
    a->next_control = 1;
  return PEN_OK;
}

int
x12ack_control_save (struct x12ack *a)
{
  char path[PATH_MAX], text[16];
  int n = snprintf (text, sizeof text, "%09llu\n", (unsigned long long)a->next_control);

  path_of (a, path, sizeof path);
  if (pwrite (a->control_fd, text, (size_t)n, 0) != n || ftruncate (a->control_fd, n) || fsync (a->control_fd))
    return x12ack_fail (a, "write", path);
  return PEN_OK;
}

void
x12ack_control_close (struct x12ack *a)
{
  if (a->control_fd != -1)
    close (a->control_fd);
  a->control_fd = -1;
}
