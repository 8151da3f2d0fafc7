/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.c - the gzip decoder (RFC 1952): any number of members, each with its checksum and length compared. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

struct gzip
{
  const struct pen_host *host;
  struct gzip_engine *engine;
  int in_member, any; /* within a member; at least one was whole */
  int padding;        /* only zeros may follow */
};

static int
gzip_create (const struct pen_host *host, const void *options, void **self)
{
  struct gzip *g = calloc (1, sizeof *g);

  (void)options;
  if (g)
    g->engine = gzip_engine_create ();
  if (!g || !g->engine)
    {
      free (g);
      return host->fail (host->ctx, "out of memory");
    }
  g->host = host;
  *self = g;
  return PEN_OK;
}

static int
not_gzip (struct gzip *g)
{
  return g->host->fail (g->host->ctx, "something that is not gzip follows the data");
}

/* Tapes and blocks are padded with zeros; gzip(1) takes them silently, too. */
static int
skip_padding (struct gzip *g, struct pen_span in, size_t *used)
{
  while (*used < in.n && in.p[*used] == 0)
    ++*used;
  if (*used < in.n)
    return not_gzip (g);
  return in.n ? PEN_OK : PEN_EOF;
}

static int
gzip_decode (void *self, struct pen_span in, size_t *used, void *buf, size_t cap, size_t *n)
{
  struct gzip *g = self;
  const char *why = "no reason given";
  int rc;

  *used = *n = 0;
  if (g->padding)
    return skip_padding (g, in, used);
  if (in.n == 0 && !g->in_member && g->any)
    return PEN_EOF;
  if (!g->in_member && g->any && in.n && in.p[0] == 0)
    {
      g->padding = 1;
      return skip_padding (g, in, used);
    }
  if (!g->in_member && g->any && in.n && in.p[0] != 0x1f)
    return not_gzip (g);
  g->in_member = 1;
  rc = gzip_engine_run (g->engine, in, used, buf, cap, n, &why);
  if (rc == PEN_EOF)
    {
      g->in_member = 0;
      g->any = 1;
      return PEN_OK;
    }
  if (rc != PEN_OK)
    return g->host->fail (g->host->ctx, "the data is damaged: %s", why);
  return in.n == 0 && *n == 0 ? g->host->fail (g->host->ctx, "the data ends in the middle") : PEN_OK;
}

static void
gzip_destroy (void *self)
{
  struct gzip *g = self;
  gzip_engine_destroy (g->engine);
  free (g);
}

static int
gzip_recognise (struct pen_span head)
{
  return head.n >= 3 && head.p[0] == 0x1f && head.p[1] == 0x8b && head.p[2] == 8 ? 95 : 0;
}

static const struct pen_decoder gzip_decoder = {
  .size = sizeof gzip_decoder,
  .create = gzip_create,
  .decode = gzip_decode,
  .destroy = gzip_destroy,
  .recognise = gzip_recognise,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "gzip",
  .version = "1",
  .summary = "files of gzip",
  .doc = "Decodes gzip files of one or more members. A file that ends in the middle, a wrong checksum or length, and "
         "other "
         "data behind the last member are errors of the object.",
  .opt_size = sizeof (struct pen_opt),
  .decoder = &gzip_decoder,
};
