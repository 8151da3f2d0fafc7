/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_decoders.c - any bytes through every decoder: bounded, the same in pieces of any size, and gzip as zlib has it. */
#include <stdarg.h>
#include <zlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/plugins/decode_drive.h"

#define OUT_MAX (256u << 10)

extern const struct pen_plugin plugin_gzip, plugin_bzip2, plugin_xz, plugin_zstd, plugin_zip, plugin_tar;
static const struct pen_plugin *const plugins[] = { &plugin_gzip, &plugin_bzip2, &plugin_xz,
                                                    &plugin_zstd, &plugin_zip,   &plugin_tar };

static int said;

static int
on_fail (void *ctx, const char *fmt, ...)
{
  char text[2048];
  va_list ap;

  (void)ctx;
  va_start (ap, fmt);
  FUZZ_CHECK (vsnprintf (text, sizeof text, fmt, ap) > 0);
  va_end (ap);
  said = 1;
  return PEN_ERR;
}

static void
on_log (void *ctx, int level, const char *fmt, ...)
{
  (void)ctx, (void)level, (void)fmt;
}

static const struct pen_host host = { sizeof host, NULL, on_log, on_fail };

static int
run (struct drive *d, const struct pen_plugin *p, const uint8_t *data, size_t n, size_t step, size_t cap)
{
  int rc;

  *d = (struct drive){ p->decoder, &host, { data, n }, step, cap, NULL, 0, OUT_MAX, NULL };
  said = 0;
  rc = drive_run (d);
  if (d->broken)
    fprintf (stderr, "%s: %s\n", p->name, d->broken);
  FUZZ_CHECK (!d->broken);
  FUZZ_CHECK (rc == PEN_EOF || said || d->n >= OUT_MAX); /* who fails says why */
  return rc;
}

/* Every member by zlib, as gzip.c takes them: zeros may follow. 1: it is whole, and *n bytes long. */
static int
by_zlib (const uint8_t *data, size_t n, uint8_t *out, size_t cap, size_t *got)
{
  size_t at = 0, put = 0;
  int any = 0, rc;

  do
    {
      z_stream z = { .next_in = (Bytef *)(uintptr_t)(data + at), .avail_in = (uInt)(n - at) };

      FUZZ_CHECK (inflateInit2 (&z, 15 + 16) == Z_OK);
      z.next_out = out + put;
      z.avail_out = (uInt)(cap - put);
      rc = inflate (&z, Z_FINISH);
      at = n - z.avail_in;
      put = cap - z.avail_out;
      inflateEnd (&z);
      any |= rc == Z_STREAM_END;
    }
  while (rc == Z_STREAM_END && at < n && data[at] == 0x1f);
  while (at < n && data[at] == 0)
    at++;
  *got = put;
  return any && rc == Z_STREAM_END && at == n;
}

/* Whatever library inflates. */
static void
compare_gzip (const struct drive *d, int rc, const uint8_t *data, size_t n)
{
  static uint8_t out[OUT_MAX + 4096];
  size_t got;
  int whole = by_zlib (data, n, out, sizeof out, &got);

  if (d->n < OUT_MAX && got < OUT_MAX)
    FUZZ_CHECK (whole == (rc == PEN_EOF));
  if (whole && rc == PEN_EOF)
    FUZZ_CHECK (d->n == got && !memcmp (d->out, out, got));
}

/* The first byte chooses the decoder, the second the pieces. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const size_t steps[] = { 1, 3, 17, 512, 1000, 20000 };
  const struct pen_plugin *p;
  struct drive whole, pieces;
  int rc, again;

  if (size < 2 || size > (64u << 10))
    return 0;
  p = plugins[data[0] % 6];
  FUZZ_CHECK (p->decoder->recognise ((struct pen_span){ data + 2, size - 2 < 512 ? size - 2 : 512 }) <= 100);
  rc = run (&whole, p, data + 2, size - 2, 8192, 8192);
  again = run (&pieces, p, data + 2, size - 2, steps[data[1] % 6], steps[data[1] / 6 % 6]);
  if (whole.n < OUT_MAX && pieces.n < OUT_MAX)
    {
      FUZZ_CHECK (rc == again);
      FUZZ_CHECK (rc != PEN_EOF || (whole.n == pieces.n && (!whole.n || !memcmp (whole.out, pieces.out, whole.n))));
    }
  if (p == &plugin_gzip)
    compare_gzip (&whole, rc, data + 2, size - 2);
  free (whole.out);
  free (pieces.out);
  return 0;
}
