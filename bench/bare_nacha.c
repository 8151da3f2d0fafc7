/* SPDX-License-Identifier: Apache-2.0 */
/* bare_nacha.c - the loop to compare with: one thread, pread of 1 MiB, fields to columns, JSON lines, write; checks nothing.
 *
 * It writes what Penstock's jsonl encoder (nulls = "omit") writes for the same file, byte for byte, as fast as plain C does
 * it: constant text is copied, digits come from a table, a record without quotes and backslashes (one look with SSE2) is
 * copied unescaped. It knows PPD and CCD in well-formed files with line feeds, and stops at anything else. */
#include "bench/bare.h"

#include <emmintrin.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 4096
#define ROW_MAX 2048 /* of JSON, all escaped */

/* Columns of a block of entries. Text columns are slices of the chunk: where, and how long without trailing blanks. */
struct entries
{
  size_t n;
  const uint8_t *rec[ROWS];
  int64_t amount[ROWS], ordinal[ROWS], offset[ROWS], line[ROWS];
  uint8_t account_n[ROWS], id_n[ROWS], name_n[ROWS], data_n[ROWS], clean[ROWS];
};

struct output
{
  int fd;
  uint8_t *buf;
  size_t n;
};

enum table
{
  FILES,
  BATCHES,
  ENTRIES,
  ADDENDA,
  N_TABLES
};
static const char *const table_name[N_TABLES] = { "files", "batches", "entries", "addenda" };

static struct entries block;
static struct output out[N_TABLES];
static const char *object;
static int64_t line_no = 1, entry_no, batch_no, addenda_no;
static uint8_t file_header[REC], batch_header[REC];
static int64_t file_at, file_line, batch_at, batch_line;
static char pair[100][2];

static void __attribute__ ((noreturn)) die (const char *what)
{
  fprintf (stderr, "bare_nacha: %s: %s\n", what, errno ? strerror (errno) : "not what this loop is made for");
  exit (3);
}

static void
drain (struct output *o)
{
  for (size_t done = 0; done < o->n;)
    {
      ssize_t k = write (o->fd, o->buf + done, o->n - done);
      if (k == -1)
        die ("write");
      done += (size_t)k;
    }
  o->n = 0;
}

static inline uint8_t *
room (struct output *o)
{
  if (o->n + ROW_MAX > CHUNK)
    drain (o);
  return o->buf + o->n;
}

static inline void
took (struct output *o, const uint8_t *end)
{
  o->n = (size_t)(end - o->buf);
}

/* ---- writing ---- */

#define PUT(p, text) ((p) = put_text (p, text, sizeof (text) - 1))
static inline __attribute__ ((always_inline)) uint8_t *
put_text (uint8_t *p, const char *s, size_t n)
{
  memcpy (p, s, n);
  return p + n;
}

static inline uint8_t *
put_number (uint8_t *p, uint64_t v)
{
  uint8_t t[20];
  size_t i = 20;

  for (; v >= 100; v /= 100)
    memcpy (t + (i -= 2), pair[v % 100], 2);
  if (v >= 10)
    memcpy (t + (i -= 2), pair[v], 2);
  else
    t[--i] = (uint8_t)('0' + v);
  memcpy (p, t + i, 20 - i);
  return p + (20 - i);
}

/* Cents as "12.34", with its quotes. */
static inline uint8_t *
put_money (uint8_t *p, uint64_t cents)
{
  *p++ = '"';
  p = put_number (p, cents / 100);
  *p++ = '.';
  memcpy (p, pair[cents % 100], 2);
  p[2] = '"';
  return p + 3;
}

static __attribute__ ((noinline)) uint8_t *
put_escaped (uint8_t *p, const uint8_t *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      if (s[i] < 0x20 || s[i] >= 0x7f)
        {
          errno = 0;
          die ("a character outside of printable ASCII");
        }
      if (s[i] == '"' || s[i] == '\\')
        *p++ = '\\';
      *p++ = s[i];
    }
  return p;
}

/* At most 22 characters (32 are copied where the record is clean). */
static inline uint8_t *
put_slice (uint8_t *p, const uint8_t *s, size_t n, int clean)
{
  if (__builtin_expect (!clean, 0))
    return put_escaped (p, s, n);
  memcpy (p, s, 32);
  return p + n;
}

static inline uint8_t *
put_lineage (uint8_t *p, int64_t offset, int64_t line)
{
  PUT (p, ",\"_object\":\"");
  p = put_text (p, object, strlen (object));
  PUT (p, "\",\"_offset\":");
  p = put_number (p, (uint64_t)offset);
  PUT (p, ",\"_length\":94,\"_line\":");
  p = put_number (p, (uint64_t)line);
  PUT (p, "}\n");
  return p;
}

static inline uint8_t *
put_entry (uint8_t *p, const struct entries *b, size_t i, const char *prefix, size_t prefix_n)
{
  const uint8_t *r = b->rec[i];
  int clean = b->clean[i];

  p = put_text (p, prefix, prefix_n);
  p = put_number (p, (uint64_t)b->ordinal[i]);
  PUT (p, ",\"transaction_code\":\"");
  memcpy (p, r + 1, 2);
  p += 2;
  PUT (p, "\",\"receiving_dfi_identification\":\"");
  memcpy (p, r + 3, 8);
  p += 8;
  PUT (p, "\",\"check_digit\":\"");
  *p++ = r[11];
  if (b->account_n[i])
    {
      PUT (p, "\",\"dfi_account_number\":\"");
      p = put_slice (p, r + 12, b->account_n[i], clean);
    }
  PUT (p, "\",\"amount\":");
  p = put_money (p, (uint64_t)b->amount[i]);
  if (b->id_n[i])
    {
      PUT (p, ",\"identification_number\":\"");
      p = put_slice (p, r + 39, b->id_n[i], clean);
      *p++ = '"';
    }
  if (b->name_n[i])
    {
      PUT (p, ",\"individual_name\":\"");
      p = put_slice (p, r + 54, b->name_n[i], clean);
      *p++ = '"';
    }
  if (b->data_n[i])
    {
      PUT (p, ",\"discretionary_data\":\"");
      p = put_slice (p, r + 76, b->data_n[i], clean);
      *p++ = '"';
    }
  PUT (p, ",\"addenda_record_indicator\":\"");
  *p++ = r[78];
  PUT (p, "\",\"trace_number\":\"");
  memcpy (p, r + 79, 15);
  p += 15;
  *p++ = '"';
  return put_lineage (p, b->offset[i], b->line[i]);
}

static void
flush_entries (void)
{
  struct output *o = &out[ENTRIES];
  char prefix[128];
  size_t n = (size_t)snprintf (prefix, sizeof prefix,
                               "{\"file_ordinal\":1,\"batch_ordinal\":%lld,\"entry_ordinal\":", (long long)batch_no);

  for (size_t i = 0; i < block.n; i++)
    took (o, put_entry (room (o), &block, i, prefix, n));
  block.n = 0;
}

/* ---- reading ---- */

/* Nothing to escape in the record's 94 characters (and the one behind, which is a line feed or padding). */
static inline int
is_clean (const uint8_t *r)
{
  __m128i bad = _mm_setzero_si128 ();

  for (int i = 0; i < REC; i += i == 64 ? 14 : 16)
    {
      __m128i v = _mm_loadu_si128 ((const __m128i *)(const void *)(r + i));
      bad = _mm_or_si128 (
          bad, _mm_or_si128 (_mm_cmpeq_epi8 (v, _mm_set1_epi8 ('"')), _mm_cmpeq_epi8 (v, _mm_set1_epi8 ('\\'))));
      bad = _mm_or_si128 (bad, _mm_cmplt_epi8 (v, _mm_set1_epi8 (0x20))); /* signed: 0x80 and above, too */
    }
  return _mm_movemask_epi8 (bad) == 0;
}

static inline void
take_entry (const uint8_t *r, int64_t offset)
{
  size_t i = block.n;

  block.rec[i] = r;
  block.amount[i] = (int64_t)digits (r + 29, 10);
  block.ordinal[i] = ++entry_no;
  block.offset[i] = offset;
  block.line[i] = line_no;
  block.account_n[i] = trimmed (r + 12, 17);
  block.id_n[i] = trimmed (r + 39, 15);
  block.name_n[i] = trimmed (r + 54, 22);
  block.data_n[i] = trimmed (r + 76, 2);
  block.clean[i] = (uint8_t)is_clean (r);
  addenda_no = 0;
  if (++block.n == ROWS)
    flush_entries ();
}

static void
take_addenda (const uint8_t *r, int64_t offset)
{
  struct output *o = &out[ADDENDA];
  uint8_t *p = room (o), n = trimmed (r + 3, 80);

  PUT (p, "{\"file_ordinal\":1,\"batch_ordinal\":");
  p = put_number (p, (uint64_t)batch_no);
  PUT (p, ",\"entry_ordinal\":");
  p = put_number (p, (uint64_t)entry_no);
  PUT (p, ",\"addenda_ordinal\":");
  p = put_number (p, (uint64_t)++addenda_no);
  PUT (p, ",\"addenda_type_code\":\"05\"");
  if (n)
    {
      PUT (p, ",\"payment_related_information\":\"");
      p = put_escaped (p, r + 3, n);
      *p++ = '"';
    }
  PUT (p, ",\"addenda_sequence_number\":");
  p = put_number (p, digits (r + 83, 4));
  PUT (p, ",\"entry_detail_sequence_number\":\"");
  memcpy (p, r + 87, 7);
  p += 7;
  *p++ = '"';
  took (o, put_lineage (p, offset, line_no));
}

/* `,"name":"value"`, or nothing where the field is blank; blanks before it are cut where `left` says so. */
static uint8_t *
put_field (uint8_t *p, const char *name, const uint8_t *s, int n, int left)
{
  n = trimmed (s, n);
  for (; left && n && *s == ' '; s++)
    n--;
  if (!n)
    return p;
  p += sprintf ((char *)p, ",\"%s\":\"", name);
  p = put_escaped (p, s, (size_t)n);
  *p++ = '"';
  return p;
}

static uint8_t *
put_date (uint8_t *p, const char *name, const uint8_t *s)
{
  return p + sprintf ((char *)p, ",\"%s\":\"20%.2s-%.2s-%.2s\"", name, s, s + 2, s + 4);
}

static uint8_t *
put_claims (uint8_t *p, const uint8_t *count, int count_n)
{
  const uint8_t *hash = count + count_n, *debit = hash + 10;

  p += sprintf ((char *)p, ",\"entry_addenda_count\":%llu,\"entry_hash\":%llu",
                (unsigned long long)digits (count, count_n), (unsigned long long)digits (hash, 10));
  PUT (p, ",\"total_debit_entry_dollar_amount\":");
  p = put_money (p, digits (debit, 12));
  PUT (p, ",\"total_credit_entry_dollar_amount\":");
  return put_money (p, digits (debit + 12, 12));
}

static void
take_batch (const uint8_t *control)
{
  struct output *o = &out[BATCHES];
  uint8_t *p = room (o);
  const uint8_t *h = batch_header;

  p += sprintf ((char *)p, "{\"file_ordinal\":1,\"batch_ordinal\":%lld", (long long)batch_no);
  p = put_field (p, "service_class_code", h + 1, 3, 0);
  p = put_field (p, "company_name", h + 4, 16, 0);
  p = put_field (p, "company_discretionary_data", h + 20, 20, 0);
  p = put_field (p, "company_identification", h + 40, 10, 0);
  p = put_field (p, "standard_entry_class_code", h + 50, 3, 0);
  p = put_field (p, "company_entry_description", h + 53, 10, 0);
  p = put_field (p, "company_descriptive_date", h + 63, 6, 0);
  p = put_date (p, "effective_entry_date", h + 69);
  p = put_field (p, "settlement_date", h + 75, 3, 0);
  p = put_field (p, "originator_status_code", h + 78, 1, 0);
  p = put_field (p, "originating_dfi_identification", h + 79, 8, 0);
  p = put_field (p, "batch_number", h + 87, 7, 0);
  p = put_claims (p, control + 4, 6);
  p = put_field (p, "message_authentication_code", control + 54, 19, 0);
  took (o, put_lineage (p, batch_at, batch_line));
}

static void
take_file (const uint8_t *control)
{
  struct output *o = &out[FILES];
  uint8_t *p = room (o);
  const uint8_t *h = file_header;

  PUT (p, "{\"file_ordinal\":1");
  p = put_field (p, "priority_code", h + 1, 2, 0);
  p = put_field (p, "immediate_destination", h + 3, 10, 1);
  p = put_field (p, "immediate_origin", h + 13, 10, 1);
  p = put_date (p, "file_creation_date", h + 23);
  p = put_field (p, "file_creation_time", h + 29, 4, 0);
  p = put_field (p, "file_id_modifier", h + 33, 1, 0);
  p = put_field (p, "record_size", h + 34, 3, 0);
  p = put_field (p, "blocking_factor", h + 37, 2, 0);
  p = put_field (p, "format_code", h + 39, 1, 0);
  p = put_field (p, "immediate_destination_name", h + 40, 23, 0);
  p = put_field (p, "immediate_origin_name", h + 63, 23, 0);
  p = put_field (p, "reference_code", h + 86, 8, 0);
  p += sprintf ((char *)p, ",\"batch_count\":%llu,\"block_count\":%llu", (unsigned long long)digits (control + 1, 6),
                (unsigned long long)digits (control + 7, 6));
  p = put_claims (p, control + 13, 8);
  took (o, put_lineage (p, file_at, file_line));
}

static void
take_other (const uint8_t *r, int64_t offset)
{
  switch (r[0])
    {
    case '1':
      memcpy (file_header, r, REC);
      file_at = offset;
      file_line = line_no;
      return;
    case '5':
      if (memcmp (r + 50, "PPD", 3) && memcmp (r + 50, "CCD", 3))
        break;
      memcpy (batch_header, r, REC);
      batch_at = offset;
      batch_line = line_no;
      batch_no++;
      return;
    case '8':
      flush_entries ();
      take_batch (r);
      return;
    case '9':
      if (r[1] != '9')
        take_file (r);
      return;
    default:
      break;
    }
  errno = 0;
  die ("a record");
}

static void
take_chunk (const uint8_t *p, size_t n, int64_t offset)
{
  for (const uint8_t *end = p + n; p < end; p += STEP, offset += STEP, line_no++)
    {
      if (__builtin_expect (p[0] == '6', 1))
        take_entry (p, offset);
      else if (p[0] == '7')
        take_addenda (p, offset);
      else
        take_other (p, offset);
    }
  flush_entries (); /* its slices end with the chunk */
}

static void
read_all (int fd, uint8_t *buf)
{
  int64_t at = 0;
  size_t have = 0;

  for (;;)
    {
      ssize_t k = pread (fd, buf + have, CHUNK - have, at + (int64_t)have);
      if (k == -1)
        die ("pread");
      have += (size_t)k;
      size_t whole = have - have % STEP;
      if (k == 0)
        {
          errno = 0;
          if (have)
            die ("the last record");
          return;
        }
      take_chunk (buf, whole, at);
      memmove (buf, buf + whole, have - whole);
      at += (int64_t)whole;
      have -= whole;
    }
}

int
main (int argc, char **argv)
{
  uint8_t *buf = malloc (CHUNK + 64);
  int fd;

  if (argc < 3 || argc > 4)
    {
      fprintf (stderr,
               "usage: bare_nacha FILE.ach FOLDER [OBJECT]\nWrites FOLDER/{files,batches,entries,addenda}.jsonl.\n");
      return 2;
    }
  object = argc == 4 ? argv[3] : strrchr (argv[1], '/') ? strrchr (argv[1], '/') + 1 : argv[1];
  for (int i = 0; i < 100; i++)
    pair[i][0] = (char)('0' + i / 10), pair[i][1] = (char)('0' + i % 10);
  if ((fd = open (argv[1], O_RDONLY | O_CLOEXEC)) == -1 || !buf)
    die (argv[1]);
  for (int t = 0; t < N_TABLES; t++)
    {
      char path[4096];

      snprintf (path, sizeof path, "%s/%s.jsonl", argv[2], table_name[t]);
      out[t].fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
      out[t].buf = malloc (CHUNK + 64);
      if (out[t].fd == -1 || !out[t].buf)
        die (path);
    }
  read_all (fd, buf);
  for (int t = 0; t < N_TABLES; t++)
    drain (&out[t]);
  return 0;
}
