/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - sleeps until a watched directory changes, a time has come or the host wants something. */
#include "file.h"

#include <poll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define REST_MS 100 /* between two looks, however busy a directory is */
#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB | IN_MODIFY)

void
file_watch_open (struct file_source *s)
{
  s->inotify = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (s->inotify == -1)
    s->host->log (s->host->ctx, PEN_LOG_WARN, "directories cannot be watched: they are looked at every %lld s",
                  (long long)(s->options->poll / 1000000000));
}

/* Again before every wait: a directory may have come, or another one may have its name. What cannot be watched (a network file
 * system, a pattern of directories) is polled. */
static void
add_watches (struct file_source *s)
{
  char dir[PEN_AFTER_PATH];

  for (size_t i = 0; s->inotify != -1 && i < s->options->path.n; i++)
    {
      file_static_dir (s->options->path.item[i], dir, sizeof dir);
      inotify_add_watch (s->inotify, dir, CHANGES);
    }
}

static void
drain (int fd)
{
  char junk[4096];
  while (fd >= 0 && read (fd, junk, sizeof junk) > 0)
    ;
}

void
file_watch_wait (struct file_source *s, int64_t until_ns)
{
  struct pollfd p[2] = { { .fd = s->in->wake_fd, .events = POLLIN }, { .fd = s->inotify, .events = POLLIN } };
  int64_t left;

  add_watches (s);
  left = (until_ns - file_now ()) / 1000000 + 1;
  if (left > 0 && !s->in->stopping (s->in->ctx))
    poll (p, 2, left > 3600000 ? 3600000 : (int)left);
  if (p[1].revents)
    poll (p, 1, REST_MS);
  drain (s->in->wake_fd);
  drain (s->inotify);
}
