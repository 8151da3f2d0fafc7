/* SPDX-License-Identifier: Apache-2.0 */
/* run_settings.c - hashes of the settings that decide what a chunk is and which rows come of it: a half-loaded object is only
 * gone on with under the same ones, or rows would be lost or doubled where the chunks no longer meet. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/host/run_int.h"

static XXH3_state_t *
start (void)
{
  XXH3_state_t *h = XXH3_createState ();

  if (!h)
    abort (); /* out of memory */
  XXH3_64bits_reset (h);
  return h;
}

static uint64_t
end (XXH3_state_t *h)
{
  uint64_t sum = XXH3_64bits_digest (h);

  XXH3_freeState (h);
  return sum;
}

static void
put_number (XXH3_state_t *h, uint64_t v)
{
  XXH3_64bits_update (h, &v, sizeof v);
}

static void
put_text (XXH3_state_t *h, const char *s)
{
  XXH3_64bits_update (h, s ? s : "", s ? strlen (s) + 1 : 1);
}

/* Another build of a parser may cut elsewhere: its bytes count, not its path. */
static int
put_file (XXH3_state_t *h, const char *path, struct err *e)
{
  uint8_t buf[65536];
  ssize_t n;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1)
    return err_errno (e, "%s", path);
  while ((n = read (fd, buf, sizeof buf)) > 0)
    XXH3_64bits_update (h, buf, (size_t)n);
  if (n == -1)
    err_errno (e, "%s", path);
  close (fd);
  return n == -1 ? -1 : 0;
}

static int
put_plugin (XXH3_state_t *h, const struct run_plugin *p, struct err *e)
{
  if (put_file (h, p->path, e) == -1)
    return -1;
  put_number (h, p->options->n);
  for (size_t i = 0; i < p->options->n; i++)
    {
      put_text (h, p->options->v[i].name);
      put_text (h, p->options->v[i].value);
    }
  return 0;
}

/* What holds for all sinks. */
static int
common (const struct run_opts *o, uint64_t *sum, struct err *e)
{
  XXH3_state_t *h = start ();
  int rc;

  put_number (h, o->chunk);
  put_number (h, (uint64_t)o->lineage);
  put_number (h, o->n_filters);
  rc = put_plugin (h, &o->parser, e);
  for (size_t i = 0; rc == 0 && i < o->n_filters; i++)
    rc = put_plugin (h, &o->filters[i], e);
  *sum = end (h);
  return rc;
}

static int
of_sink (const struct run_sink *s, uint64_t *sum, struct err *e)
{
  XXH3_state_t *h = start ();
  int rc;

  put_text (h, s->name);
  put_number (h, s->n_tables);
  for (size_t i = 0; i < s->n_tables; i++)
    put_text (h, s->tables[i]);
  rc = put_plugin (h, &s->encoder, e);
  *sum = end (h);
  return rc;
}

int
run_settings_hash (struct run *r, struct err *e)
{
  if (common (r->o, &r->settings, e) == -1)
    return -1;
  for (size_t i = 0; i < r->o->n_sinks; i++)
    if (of_sink (&r->o->sinks[i], &r->sinks[i].settings, e) == -1)
      return -1;
  return 0;
}
