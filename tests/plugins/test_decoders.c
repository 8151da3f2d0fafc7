/* SPDX-License-Identifier: Apache-2.0 */
/* test_decoders.c - every decoder of compressed and archived files: in pieces of any size the same; what is cut off, damaged or
 * followed by something else is never taken for whole. Samples are written by libarchive. */
#include "plug.h"

#include <archive.h>
#include <archive_entry.h>

#include "decode_drive.h"

#define TEXT 12000
#define ROOM (1u << 20)

struct kind
{
  const char *name;
  int (*filter) (struct archive *); /* NULL: it is an archive */
  int (*format) (struct archive *);
};

static const struct kind kinds[] = {
  { "gzip", archive_write_add_filter_gzip, archive_write_set_format_raw },
  { "bzip2", archive_write_add_filter_bzip2, archive_write_set_format_raw },
  { "xz", archive_write_add_filter_xz, archive_write_set_format_raw },
  { "zstd", archive_write_add_filter_zstd, archive_write_set_format_raw },
  { "zip", NULL, archive_write_set_format_zip },
  { "tar", NULL, archive_write_set_format_ustar },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct pen_decoder *decoders[KINDS];
static uint8_t text[TEXT], sample[KINDS][ROOM];
static size_t length[KINDS];

/* Half of it repeats, half does not. */
static void
make_text (void)
{
  uint64_t seed = 88172645463325252u;

  for (size_t i = 0; i < TEXT; i++)
    {
      seed ^= seed << 13;
      seed ^= seed >> 7;
      seed ^= seed << 17;
      text[i] = i / 100 % 2 ? (uint8_t) "payment order "[i % 14] : (uint8_t)('a' + seed % 26);
    }
}

static void
add_member (struct archive *a, const char *name, size_t n)
{
  struct archive_entry *e = archive_entry_new ();

  archive_entry_set_pathname (e, name);
  archive_entry_set_filetype (e, AE_IFREG);
  archive_entry_set_perm (e, 0600);
  archive_entry_set_size (e, (la_int64_t)n);
  CU_ASSERT_FATAL (archive_write_header (a, e) == ARCHIVE_OK);
  CU_ASSERT_FATAL (archive_write_data (a, text, n) == (la_ssize_t)n);
  archive_entry_free (e);
}

static void
make_samples (void)
{
  make_text ();
  for (size_t k = 0; k < KINDS; k++)
    {
      struct archive *a = archive_write_new ();

      CU_ASSERT_FATAL (kinds[k].format (a) == ARCHIVE_OK);
      CU_ASSERT_FATAL (!kinds[k].filter || kinds[k].filter (a) == ARCHIVE_OK);
      archive_write_set_bytes_in_last_block (a, 1);
      CU_ASSERT_FATAL (archive_write_open_memory (a, sample[k], ROOM / 4, &length[k]) == ARCHIVE_OK);
      add_member (a, "one", TEXT);
      if (!kinds[k].filter)
        add_member (a, "dir/two", 1000);
      CU_ASSERT_FATAL (archive_write_close (a) == ARCHIVE_OK);
      archive_write_free (a);
      decoders[k] = plug_load (kinds[k].name)->decoder;
    }
}

static int
run (size_t k, size_t n, size_t step, size_t cap, struct drive *d)
{
  int rc;

  *d = (struct drive){ decoders[k], &plug_host, { sample[k], n }, step, cap, NULL, 0, ROOM, NULL };
  plug_said[0] = 0;
  rc = drive_run (d);
  if (d->broken)
    printf ("\n%s: %s", kinds[k].name, d->broken);
  CU_ASSERT (!d->broken);
  CU_ASSERT (rc == PEN_EOF || plug_said[0]); /* who fails says why */
  return rc;
}

/* `times` times the text, as this decoder gives it. */
static int
is_right (size_t k, const struct drive *d, size_t times)
{
  static uint8_t want[8 * TEXT];
  size_t n = 0;

  if (!decoders[k]->decode)
    n = (size_t)(stpcpy ((char *)want, kinds[k].filter ? "" : "one") - (char *)want) + 1;
  for (size_t i = 0; i < times; i++, n += TEXT)
    memcpy (want + n, text, TEXT);
  if (!kinds[k].filter)
    {
      memcpy (want + n, "dir/two", 8);
      memcpy (want + n + 8, text, 1000);
      n += 1008;
    }
  return d->n == n && !memcmp (d->out, want, n);
}

static void
in_pieces (void)
{
  static const size_t sizes[] = { 1, 2, 13, 511, 4096, 100000 };

  for (size_t k = 0; k < KINDS; k++)
    for (size_t i = 0; i < 6; i++)
      for (size_t c = 0; c < 6; c++)
        {
          struct drive d;
          CU_ASSERT (run (k, length[k], sizes[i], sizes[c], &d) == PEN_EOF);
          CU_ASSERT (is_right (k, &d, 1));
          free (d.out);
        }
}

/* From where on an archive is whole enough: what says that no member follows is there. */
static size_t
whole_at (size_t k)
{
  if (!strcmp (kinds[k].name, "tar"))
    return 512 + (TEXT + 511) / 512 * 512 + 512 + 1024 + 512; /* one block of zeros */
  return length[k];
}

static void
cut_off (void)
{
  for (size_t k = 0; k < KINDS; k++)
    {
      size_t whole = whole_at (k), step = !strcmp (kinds[k].name, "xz") ? 41 : 7;

      for (size_t n = 0; n < whole; n += n + 600 < whole && n > 600 && n % 512 ? step : 1)
        {
          struct drive d;
          int rc = run (k, n, 4096, 4096, &d);
          if (rc != PEN_ERR)
            printf ("\n%s: %zu of %zu bytes: %d", kinds[k].name, n, length[k], rc);
          CU_ASSERT (rc == PEN_ERR);
          free (d.out);
        }
    }
}

static int
with_tail (size_t k, const void *tail, size_t n, struct drive *d)
{
  memcpy (sample[k] + length[k], tail, n);
  return run (k, length[k] + n, 4096, 4096, d);
}

static void
followed (void)
{
  for (size_t k = 0; k < KINDS; k++)
    {
      struct drive d;

      if (with_tail (k, "more", 4, &d) != PEN_ERR)
        CU_FAIL (kinds[k].name);
      free (d.out);
      if (!strcmp (kinds[k].name, "zip") || !strcmp (kinds[k].name, "tar"))
        {
          CU_ASSERT (with_tail (k, sample[k], length[k], &d)
                     == PEN_ERR); /* another archive, which nobody would look into */
          free (d.out);
        }
      if (!kinds[k].filter)
        continue;
      CU_ASSERT (with_tail (k, sample[k], length[k], &d) == PEN_EOF); /* the same once more is one file of two */
      CU_ASSERT (is_right (k, &d, 2));
      free (d.out);
    }
}

/* The end of a zip archive: a comment, as it may have, and padding; a directory that speaks of another number of members. */
static void
zip_end (void)
{
  for (size_t k = 0; k < KINDS; k++)
    {
      uint8_t *end = strcmp (kinds[k].name, "zip") == 0 ? sample[k] + length[k] - 22 : NULL;
      struct drive d;

      if (!end)
        continue;
      CU_ASSERT_FATAL (memcmp (end, "PK\5\6", 4) == 0);
      end[20] = 4;
      CU_ASSERT (with_tail (k, "note", 4, &d) == PEN_EOF);
      free (d.out);
      CU_ASSERT (with_tail (k, "not", 3, &d) == PEN_ERR);
      free (d.out);
      end[20] = 0;
      CU_ASSERT (with_tail (k, "\0\0\0\0", 4, &d) == PEN_EOF);
      free (d.out);
      end[10]++;
      CU_ASSERT (run (k, length[k], 4096, 4096, &d) == PEN_ERR);
      free (d.out);
      end[10]--;
    }
}

/* Names, times and the like may change; what was packed may not without a word. Tar has no checksum of it, zstd need not have one
 * (zstd(1) writes it, libarchive does not). */
static void
damaged (void)
{
  for (size_t k = 0; k < KINDS; k++)
    for (size_t i = 0; i < length[k] && strcmp (kinds[k].name, "tar") != 0 && strcmp (kinds[k].name, "zstd") != 0;
         i += 1 + i / 60 % 29)
      {
        struct drive d;
        sample[k][i] ^= 0x10;
        if (run (k, length[k], 4096, 4096, &d) == PEN_EOF && !memmem (d.out, d.n, text, TEXT))
          {
            printf ("\n%s: damage at %zu of %zu is not seen", kinds[k].name, i, length[k]);
            CU_FAIL (kinds[k].name);
          }
        sample[k][i] ^= 0x10;
        free (d.out);
      }
}

static void
foreign (void)
{
  for (size_t k = 0; k < KINDS; k++)
    for (size_t other = 0; other < KINDS; other++)
      {
        const struct pen_span head = { sample[other], length[other] < 512 ? length[other] : 512 };
        struct drive d = { decoders[k], &plug_host, { sample[other], length[other] }, 4096, 4096, NULL, 0, ROOM, NULL };

        CU_ASSERT ((decoders[k]->recognise (head) > 0) == (k == other));
        if (k != other)
          CU_ASSERT (drive_run (&d) == PEN_ERR);
        free (d.out);
      }
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("decoders", NULL, NULL);
  CU_add_test (s, "samples", make_samples);
  CU_add_test (s, "in pieces of any size", in_pieces);
  CU_add_test (s, "cut off anywhere", cut_off);
  CU_add_test (s, "followed by something else, or by the same", followed);
  CU_add_test (s, "the end of a zip archive", zip_end);
  CU_add_test (s, "damaged anywhere", damaged);
  CU_add_test (s, "each other's files", foreign);
  CU_basic_set_mode (CU_BRM_VERBOSE);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
