/* SPDX-License-Identifier: Apache-2.0 */
/* drip.c - a source for tests: files come in small pieces, several at a time, as from a network, and may break off. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <penstock/plugin.h>

struct options
{
  struct pen_list path;
  uint64_t piece, break_at, pause_at;
  const char *breaks, *pause;
  int together, announce;
};

struct drop /* one file under way */
{
  const char *path;
  void *handle;
  int fd;
  uint64_t done;
};

struct source
{
  const struct pen_host *host;
  const struct options *o;
  uint8_t *buf;
};

static int
drip_create (const struct pen_host *host, const void *options, void **self)
{
  struct source *s = calloc (1, sizeof *s);

  if (!s)
    return host->fail (host->ctx, "out of memory");
  s->host = host;
  s->o = options;
  s->buf = malloc (s->o->piece);
  *self = s;
  return s->buf ? PEN_OK : host->fail (host->ctx, "out of memory");
}

static int
start (struct source *s, const struct pen_intake *in, struct drop *d, const char *path)
{
  struct pen_object o = { .size = sizeof o, .name = path };
  struct stat st;

  d->path = path;
  d->done = 0;
  d->fd = open (path, O_RDONLY | O_CLOEXEC);
  if (d->fd == -1 || fstat (d->fd, &st) == -1)
    return s->host->fail (s->host->ctx, "cannot open %s: %s", path, strerror (errno));
  o.length = s->o->announce ? (uint64_t)st.st_size : UINT64_MAX;
  o.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000;
  return in->open (in->ctx, &o, &d->handle);
}

static int
breaks (const struct source *s, const struct drop *d)
{
  return s->o->breaks && strstr (d->path, s->o->breaks) && d->done >= s->o->break_at;
}

/* The test makes the file of that name once it has seen enough. */
static int
pauses (const struct source *s, const struct drop *d)
{
  return s->o->pause && d->done >= s->o->pause_at && access (s->o->pause, F_OK) == -1;
}

/* 1: went on, 0: no credit now, -1: over (closed). */
static int
drip (struct source *s, const struct pen_intake *in, struct drop *d)
{
  ssize_t n = breaks (s, d) ? -1 : pread (d->fd, s->buf, s->o->piece, (off_t)d->done);
  size_t taken = 0;

  if (n > 0 && in->write (in->ctx, d->handle, (struct pen_span){ s->buf, (size_t)n }, &taken) == PEN_OK)
    {
      d->done += taken;
      return taken > 0;
    }
  in->close (in->ctx, d->handle, n == 0);
  close (d->fd);
  d->path = NULL;
  return -1;
}

/* One round over all files under way: 1 when one of them went on. */
static int
one_round (struct source *s, const struct pen_intake *in, struct drop *v, size_t n, size_t *next, int *worst)
{
  int moved = 0;

  for (size_t i = 0; i < n; i++)
    {
      if (!v[i].path && *next < s->o->path.n && !in->stopping (in->ctx))
        {
          int rc = start (s, in, &v[i], s->o->path.item[(*next)++]);
          if (rc == PEN_ERR)
            *worst = PEN_ERR;
          if (rc != PEN_OK)
            v[i].path = NULL;
          moved = 1;
        }
      if (v[i].path && !pauses (s, &v[i]) && drip (s, in, &v[i]))
        moved = 1;
    }
  return moved;
}

static int
drip_run (void *self, const struct pen_intake *in, int follow)
{
  struct source *s = self;
  size_t n = (size_t)s->o->together, next = 0, open = 1;
  struct drop *v = calloc (n, sizeof *v);
  int worst = PEN_EOF;

  (void)follow;
  while (v && (next < s->o->path.n || open) && !in->stopping (in->ctx))
    {
      struct pollfd wake = { in->wake_fd, POLLIN, 0 };
      if (!one_round (s, in, v, n, &next, &worst))
        poll (&wake, 1, s->o->pause ? 20 : -1);
      open = 0;
      for (size_t i = 0; i < n; i++)
        open += v[i].path != NULL;
    }
  for (size_t i = 0; v && i < n; i++)
    if (v[i].path)
      {
        in->close (in->ctx, v[i].handle, 0);
        close (v[i].fd);
      }
  free (v);
  return worst;
}

static void
drip_destroy (void *self)
{
  struct source *s = self;
  free (s->buf);
  free (s);
}

static const struct pen_opt drip_opts[] = {
  { "path", PEN_LIST, PEN_OPT_REQUIRED, PEN_FIELD (struct options, path), NULL, NULL, "Files." },
  { "piece", PEN_SIZE, 0, PEN_FIELD (struct options, piece), "64K", "1..16M", "Bytes at a time." },
  { "together", PEN_ENUM, 0, PEN_FIELD (struct options, together), "1", "0|1|2|3|4|5|6|7|8", "Files at a time." },
  { "announce", PEN_ENUM, 0, PEN_FIELD (struct options, announce), "no", "no|yes", "Say the length beforehand." },
  { "breaks", PEN_STRING, 0, PEN_FIELD (struct options, breaks), NULL, NULL,
    "Files with this in their path break off." },
  { "break_at", PEN_SIZE, 0, PEN_FIELD (struct options, break_at), "0", NULL, "After so many bytes." },
  { "pause", PEN_STRING, 0, PEN_FIELD (struct options, pause), NULL, NULL, "Stand still until this file is there." },
  { "pause_at", PEN_SIZE, 0, PEN_FIELD (struct options, pause_at), "0", NULL, "After so many bytes." },
  { 0 },
};

static const struct pen_source drip_source = {
  .size = sizeof drip_source,
  .create = drip_create,
  .run = drip_run,
  .destroy = drip_destroy,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "drip",
  .version = "1",
  .summary = "files in small pieces, for tests",
  .options_size = sizeof (struct options),
  .opt_size = sizeof (struct pen_opt),
  .opts = drip_opts,
  .source = &drip_source,
};
