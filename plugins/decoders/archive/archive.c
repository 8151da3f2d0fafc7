/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c - decoders on libarchive: members of zip and tar, and the one stream in bzip2, xz and zstd. Built once for each. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <penstock/plugin.h>

#if defined(ARCHIVE_zip)
#define NAME "zip"
#elif defined(ARCHIVE_tar)
#define NAME "tar"
#elif defined(ARCHIVE_bzip2)
#define NAME "bzip2"
#elif defined(ARCHIVE_xz)
#define NAME "xz"
#elif defined(ARCHIVE_zstd)
#define NAME "zstd"
#endif
#define INPUT_STEP (64 * 1024)
#define ZIP_END 22                  /* end of central directory record: APPNOTE.TXT, 4.3.16 */
#define ZIP_TAIL (ZIP_END + 0xffff) /* with the longest comment */

struct reader
{
  const struct pen_host *host;
  const struct pen_bytes *in;
  struct archive *a;
  char name[1024];
  uint8_t buf[INPUT_STEP];
  int failed_below; /* the reason was told by whoever we read from */
  int any;
  int64_t given, telling; /* bytes that libarchive was given; up to the last of them that is not 0 */
#if defined(ARCHIVE_zip)
  uint64_t members; /* that it has found, directories included */
  uint8_t tail[ZIP_TAIL];
  size_t n_tail; /* the last bytes that it was given */
#endif
};

static int
reader_create (const struct pen_host *host, const void *options, void **self)
{
  struct reader *r = calloc (1, sizeof *r);

  (void)options;
  if (!r)
    return host->fail (host->ctx, "out of memory");
  r->host = host;
  *self = r;
  return PEN_OK;
}

static void
reader_destroy (void *self)
{
  struct reader *r = self;
  if (r->a)
    archive_read_free (r->a);
  free (r);
}

static int
fail (struct reader *r)
{
  const char *why = archive_error_string (r->a);

  if (r->failed_below)
    return PEN_ERR;
  return r->host->fail (r->host->ctx, "the data is damaged or ends in the middle: %s; have it sent again",
                        why ? why : "no reason given");
}

#if defined(ARCHIVE_zip)
static void
keep_tail (struct reader *r, size_t n)
{
  size_t stays = r->n_tail + n > ZIP_TAIL ? ZIP_TAIL - n : r->n_tail;

  memmove (r->tail, r->tail + r->n_tail - stays, stays);
  memcpy (r->tail + stays, r->buf, n);
  r->n_tail = stays + n;
}
#endif

static int
read_more (struct reader *r, size_t *n)
{
  size_t k;

  if (r->in->read (r->in->ctx, r->buf, sizeof r->buf, n) != PEN_OK)
    {
      r->failed_below = 1;
      return PEN_ERR;
    }
  for (k = *n; k && !r->buf[k - 1];)
    k--;
  if (k)
    r->telling = r->given + (int64_t)k;
  r->given += (int64_t)*n;
#if defined(ARCHIVE_zip)
  keep_tail (r, *n);
#endif
  return PEN_OK;
}

static la_ssize_t
on_read (struct archive *a, void *ctx, const void **p)
{
  struct reader *r = ctx;
  size_t n;

  if (read_more (r, &n) != PEN_OK)
    {
      archive_set_error (a, EIO, "cannot read");
      return -1;
    }
  *p = r->buf;
  return (la_ssize_t)n;
}

/* The rest of what there is, which libarchive does not ask for. */
static int
read_rest (struct reader *r)
{
  size_t n = 1;

  while (n)
    if (read_more (r, &n) != PEN_OK)
      return PEN_ERR;
  return PEN_OK;
}

#if defined(ARCHIVE_zip)
static uint32_t
little (const uint8_t *p, int bytes)
{
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (bytes == 4 ? (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0);
}

/* The end record, at p, `at` bytes into the archive: does it fit to what was read, and does nothing but padding follow? All bits
 * set: the value is in a record of Zip64. */
static int
is_end (const struct reader *r, const uint8_t *p, int64_t at)
{
  uint32_t members = little (p + 10, 2), size = little (p + 12, 4), start = little (p + 16, 4);
  int64_t end = at + ZIP_END + little (p + 20, 2);

  return memcmp (p, "PK\5\6", 4) == 0 && end <= r->given && end >= r->telling
         && (members == 0xffff || members == (r->members & 0xffff))
         && (size == UINT32_MAX || start == UINT32_MAX || (int64_t)start + size == at);
}

/* libarchive stops where the central directory begins: whether that is whole, and speaks of these members, is seen at its end. */
static int
finish (struct reader *r)
{
  if (read_rest (r) != PEN_OK)
    return PEN_ERR;
  for (size_t i = r->n_tail < ZIP_END ? 0 : r->n_tail - ZIP_END + 1; i--;)
    if (is_end (r, r->tail + i, r->given - (int64_t)(r->n_tail - i)))
      return PEN_EOF;
  return r->host->fail (
      r->host->ctx,
      "the archive does not end with a directory of the %llu members that are in it: it was cut off, or "
      "something else follows it",
      (unsigned long long)r->members);
}
#else
/* libarchive leaves alone what stands behind the end that it has found, be it another archive. Padding may. */
static int
finish (struct reader *r)
{
  if (read_rest (r) != PEN_OK)
    return PEN_ERR;
  if (r->telling > archive_filter_bytes (r->a, -1))
    return r->host->fail (r->host->ctx, "something else follows the data");
  return PEN_EOF;
}
#endif

/* One format each, and nothing that libarchive could run or recognise besides. */
static int
choose (struct archive *a)
{
#if defined(ARCHIVE_zip)
  return archive_read_support_format_zip_streamable (a);
#elif defined(ARCHIVE_tar)
  return archive_read_support_format_tar (a);
#elif defined(ARCHIVE_bzip2)
  return archive_read_support_filter_bzip2 (a) | archive_read_support_format_raw (a);
#elif defined(ARCHIVE_xz)
  return archive_read_support_filter_xz (a) | archive_read_support_format_raw (a);
#elif defined(ARCHIVE_zstd)
  return archive_read_support_filter_zstd (a) | archive_read_support_format_raw (a);
#endif
}

static int
reader_open (void *self, const struct pen_bytes *in)
{
  struct reader *r = self;

  r->in = in;
  r->a = archive_read_new ();
  if (!r->a)
    return r->host->fail (r->host->ctx, "out of memory");
  if (choose (r->a) != ARCHIVE_OK || archive_read_open2 (r->a, r, NULL, on_read, NULL, NULL) != ARCHIVE_OK)
    return fail (r);
#if !defined(ARCHIVE_zip) && !defined(ARCHIVE_tar)
  if (archive_filter_count (r->a) < 2)
    return r->host->fail (r->host->ctx, "this is not what " NAME
                                        " makes: leave this decoder out, or choose by decode.by = \"magic\"");
#endif
  return PEN_OK;
}

#if defined(ARCHIVE_zip) || defined(ARCHIVE_tar)
/* An archive that was cut off between two members is a good one to libarchive: only the block of zeros behind the last member says
 * that no other was there. */
static int
ends (struct reader *r, int64_t before)
{
  if (!r->any)
    return r->host->fail (r->host->ctx, "this is no " NAME " archive, or one without members");
#if defined(ARCHIVE_tar)
  if (archive_filter_bytes (r->a, 0) - before < 512)
    return r->host->fail (r->host->ctx,
                          "the archive ends without its end mark: members may be missing; have it sent again");
#else
  (void)before;
#endif
  return finish (r);
}

static int
reader_next (void *self, struct pen_member *m)
{
  struct reader *r = self;
  struct archive_entry *e;

  for (;;)
    {
      int64_t before = archive_filter_bytes (r->a, 0);
      int rc = archive_read_next_header (r->a, &e);
      const char *name;
      if (rc == ARCHIVE_EOF)
        return ends (r, before);
      if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
        return fail (r);
      r->any = 1;
#if defined(ARCHIVE_zip)
      r->members++;
#endif
      if (archive_entry_is_encrypted (e))
        return r->host->fail (
            r->host->ctx,
            "a member is encrypted: have it sent without a password, or encrypted with OpenPGP (decoder pgp)");
      if (archive_entry_filetype (e) != AE_IFREG || archive_entry_hardlink (e))
        continue;
      name = archive_entry_pathname (e);
      m->name = name && *name ? name : "unnamed";
      m->length = archive_entry_size_is_set (e) ? (uint64_t)archive_entry_size (e) : UINT64_MAX;
      return PEN_OK;
    }
}
#else
static int
reader_next (void *self, struct pen_member *m)
{
  struct reader *r = self;
  struct archive_entry *e;

  if (r->any)
    return PEN_EOF;
  r->any = 1;
  if (archive_read_next_header (r->a, &e) != ARCHIVE_OK)
    return fail (r);
  m->name = ""; /* it keeps the name that it has */
  m->length = UINT64_MAX;
  return PEN_OK;
}
#endif

static int
reader_read (void *self, void *buf, size_t cap, size_t *n)
{
  struct reader *r = self;
  la_ssize_t k = archive_read_data (r->a, buf, cap);

  *n = k > 0 ? (size_t)k : 0;
  if (k < 0)
    return fail (r);
#if !defined(ARCHIVE_zip) && !defined(ARCHIVE_tar)
  if (!k && finish (r) != PEN_EOF) /* before the output is said to be whole */
    return PEN_ERR;
#endif
  return PEN_OK;
}

static int
starts (struct pen_span head, size_t at, const char *with, size_t n)
{
  return head.n >= at + n && memcmp (head.p + at, with, n) == 0;
}

static int
reader_recognise (struct pen_span head)
{
#if defined(ARCHIVE_zip)
  return starts (head, 0, "PK\3\4", 4) || starts (head, 0, "PK\5\6", 4) ? 90 : 0;
#elif defined(ARCHIVE_tar)
  return starts (head, 257, "ustar", 5) ? 90 : 0;
#elif defined(ARCHIVE_bzip2)
  return starts (head, 0, "BZh", 3) && starts (head, 4, "1AY&SY", 6) ? 95 : 0;
#elif defined(ARCHIVE_xz)
  return starts (head, 0, "\3757zXZ\0", 6) ? 95 : 0;
#elif defined(ARCHIVE_zstd)
  return starts (head, 0, "\x28\xb5\x2f\xfd", 4) ? 95 : 0;
#endif
}

static const struct pen_decoder reader_decoder = {
  .size = sizeof reader_decoder,
  .create = reader_create,
  .destroy = reader_destroy,
  .recognise = reader_recognise,
  .open = reader_open,
  .next = reader_next,
  .read = reader_read,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = NAME,
  .version = "1",
#if defined(ARCHIVE_zip) || defined(ARCHIVE_tar)
  .summary = "members of " NAME " archives",
  .doc =
      "Every plain file in the archive becomes an object named archive/member. Directories and links are left out; an "
      "encrypted member refuses the archive. Names are shown, never used as paths.",
#else
  .summary = "files of " NAME,
  .doc = "Decodes one compressed file. One that is damaged or ends in the middle is refused.",
#endif
  .opt_size = sizeof (struct pen_opt),
  .decoder = &reader_decoder,
};
