/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.c - the gzip decoder (RFC 1952) on zlib: any number of members, each with its checksum and length compared. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <penstock/plugin.h>

struct gzip
{
  const struct pen_host *host;
  z_stream z;
  int in_member, any; /* within a member; at least one was whole */
  int padding;        /* only zeros may follow */
};

static int
gzip_create (const struct pen_host *host, const void *options, void **self)
{
  struct gzip *g = calloc (1, sizeof *g);

  (void)options;
  if (!g)
    return host->fail (host->ctx, "out of memory");
  g->host = host;
  if (inflateInit2 (&g->z, 15 + 16) != Z_OK) /* 16: gzip, not zlib */
    {
      free (g);
      return host->fail (host->ctx, "out of memory");
    }
  *self = g;
  return PEN_OK;
}

static int
fail (struct gzip *g, int rc)
{
  if (rc == Z_BUF_ERROR)
    return g->host->fail (g->host->ctx, "the data ends in the middle");
  return g->host->fail (g->host->ctx, "the data is damaged: %s", g->z.msg ? g->z.msg : zError (rc));
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
  g->z.next_in = (Bytef *)(uintptr_t)in.p;
  g->z.avail_in = (uInt)in.n;
  g->z.next_out = buf;
  g->z.avail_out = (uInt)(cap < (1u << 30) ? cap : 1u << 30);
  rc = inflate (&g->z, Z_NO_FLUSH);
  *used = in.n - g->z.avail_in;
  *n = (size_t)((uint8_t *)g->z.next_out - (uint8_t *)buf);
  if (rc == Z_STREAM_END)
    {
      g->in_member = 0;
      g->any = 1;
      inflateReset (&g->z);
      return PEN_OK;
    }
  if (rc == Z_BUF_ERROR && (in.n || *n))
    return PEN_OK;
  if (rc != Z_OK)
    return fail (g, rc);
  return in.n == 0 && *n == 0 ? fail (g, Z_BUF_ERROR) : PEN_OK;
}

static void
gzip_destroy (void *self)
{
  struct gzip *g = self;
  inflateEnd (&g->z);
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
