/* SPDX-License-Identifier: Apache-2.0 */
/* engine_zlib.c - members of gzip files by zlib. */
#include <stdlib.h>
#include <zlib.h>

#include "engine.h"

struct gzip_engine
{
  z_stream z;
};

struct gzip_engine *
gzip_engine_create (void)
{
  struct gzip_engine *g = calloc (1, sizeof *g);

  if (g && inflateInit2 (&g->z, 15 + 16) == Z_OK) /* 16: gzip, not zlib */
    return g;
  free (g);
  return NULL;
}

int
gzip_engine_run (struct gzip_engine *g, struct pen_span in, size_t *used, void *buf, size_t cap, size_t *n,
                 const char **why)
{
  int rc;

  g->z.next_in = (Bytef *)(uintptr_t)in.p;
  g->z.avail_in = (uInt)in.n;
  g->z.next_out = buf;
  g->z.avail_out = (uInt)(cap < (1u << 30) ? cap : 1u << 30);
  rc = inflate (&g->z, Z_NO_FLUSH);
  *used = in.n - g->z.avail_in;
  *n = (size_t)((uint8_t *)g->z.next_out - (uint8_t *)buf);
  if (rc == Z_STREAM_END)
    {
      inflateReset (&g->z);
      return PEN_EOF;
    }
  if (rc == Z_OK || rc == Z_BUF_ERROR)
    return PEN_OK;
  *why = g->z.msg ? g->z.msg : zError (rc);
  return PEN_ERR;
}

void
gzip_engine_destroy (struct gzip_engine *g)
{
  inflateEnd (&g->z);
  free (g);
}
