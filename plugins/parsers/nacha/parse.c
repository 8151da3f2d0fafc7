/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c - walks a chunk record by record, keeps items together, and hands rows over a few thousand at a time. */
#include "nacha.h"

static void
flush (struct nacha *n)
{
  int status = pen_tables_flush (&n->set, n->out);
  if (status != PEN_OK && n->status == PEN_OK)
    n->status = status;
}

/* Tells of every record of a refused item that has no rejecting finding of its own. */
static void
follow_item (struct nacha *n)
{
  const struct nacha_item *item = &n->item;
  uint64_t line = item->line;
  uint32_t record = 0;
  for (size_t at = item->at; at < item->end;)
    {
      struct nacha_frame f;
      nacha_frame (n->chunk.p + at, n->chunk.n - at, true, n->o->encoding, &f);
      if (!f.blank)
        {
          if (!(n->own[record >> 3] >> (record & 7) & 1))
            nacha_follow (n, item->follow, n->chunk_offset + at, (uint32_t)f.length, line);
          record++;
        }
      if (line)
        line += f.newline;
      at += f.next;
    }
}

void
nacha_item_end (struct nacha *n)
{
  struct nacha_item *item = &n->item;
  if (!item->open)
    return;
  item->open = false;
  if (!item->quiet)
    {
      struct nacha_frame f;
      struct nacha_rec entry;
      entry.offset = item->offset;
      entry.line = item->line;
      const uint8_t *p = n->chunk.p + item->at;
      if (!nacha_read_plain (p, n->chunk.n - item->at, &f, &entry))
        {
          nacha_frame (p, n->chunk.n - item->at, true, n->o->encoding, &f);
          nacha_decode (p, &f, n->o->encoding, &entry, &n->keep);
        }
      nacha_item_check (n, &entry);
    }
  if (item->rejected)
    {
      pen_rows_truncate (&n->set.table[T_ENTRIES], item->entry_row);
      pen_rows_truncate (&n->set.table[T_ADDENDA], item->addenda_row);
      n->n_rejected[T_ENTRIES]++;
      n->n_rejected[T_ADDENDA] += item->n_addenda;
      follow_item (n);
    }
  if (pen_tables_full (&n->set))
    flush (n);
}

/* A record other than a file header where no file is open. */
static void
require_file (struct nacha *n, const struct nacha_rec *r)
{
  if (!n->st.in_file)
    nacha_find (n, RULE_missing_file_header, PEN_SEV_OBJECT, r, NULL, n->st.after_bad,
                "expected a file header, found record type %c", r->c[0]);
}

/* The file that a record has begun becomes a scope of the ledger. */
static void
open_file (struct nacha *n, uint32_t files)
{
  char key[12];
  if (n->st.files != files)
    nacha_open (n, SCOPE_FILE, key, (size_t)snprintf (key, sizeof key, "%u", n->st.files));
}

static void
header (struct nacha *n, const struct nacha_rec *r)
{
  uint32_t files = n->st.files;
  nacha_file_header (n, r);
  state_step (&n->st, r);
  open_file (n, files);
}

static void
batch_header (struct nacha *n, const struct nacha_rec *r)
{
  uint32_t files = n->st.files;
  bool refused;
  require_file (n, r);
  if (n->st.in_batch)
    nacha_batch_end (n, r);
  nacha_settle (n);
  refused = nacha_batch_header_check (n, &n->st, r);
  state_step (&n->st, r);
  n->st.batch_refused = refused;
  open_file (n, files);
  nacha_open (n, SCOPE_BATCH, r->c + 87, 7);
  nacha_batch_load (n);
}

static void
batch_control (struct nacha *n, const struct nacha_rec *r)
{
  require_file (n, r);
  if (n->st.in_batch)
    nacha_batch_control (n, r);
  else
    nacha_find (n, RULE_record_order, PEN_SEV_OBJECT, r, NULL, n->st.loose || n->st.after_bad,
                "expected a batch header before the batch control, found none");
  state_step (&n->st, r);
  nacha_batch_load (n);
}

static void
file_control (struct nacha *n, const struct nacha_rec *r)
{
  uint32_t files = n->st.files;
  if (n->st.after_control || nacha_is_filler (r->c))
    {
      if (!nacha_is_filler (r->c))
        nacha_find (n, RULE_filler, PEN_SEV_OBJECT, r, NULL, 0, "expected filler of nines, found other characters");
      state_step (&n->st, r);
      return;
    }
  require_file (n, r);
  if (n->st.in_batch)
    {
      nacha_batch_end (n, r);
      nacha_settle (n);
    }
  if (!n->st.in_file)
    {
      /* a control and nothing else: the file begins and ends here */
      state_orphan (&n->st);
      n->st.records--;
      open_file (n, files);
    }
  nacha_file_control (n, r);
  state_step (&n->st, r);
  nacha_batch_load (n);
}

static void
unknown (struct nacha *n, const struct nacha_rec *r)
{
  n->n_read[T_ENTRIES]++;
  n->n_rejected[T_ENTRIES]++;
  nacha_find (n, RULE_record_type, PEN_SEV_RECORD, r, NULL, 0,
              "expected record type 1, 5, 6, 7, 8 or 9, found \"%.*s\"", REC_FIELD (r, 0, 1));
  state_step (&n->st, r);
}

/* The whole object is refused because of this record, and not read further. */
static void
kill (struct nacha *n, const struct nacha_rec *r)
{
  struct pen_finding f = { .size = sizeof f,
                           .severity = PEN_SEV_OBJECT,
                           .offset = r->offset,
                           .length = r->length,
                           .line = r->line,
                           .rule = n->st.started ? "records_after_control" : "record_type",
                           .text = n->st.started
                                       ? "expected nothing but filler after the file control, found more records"
                                       : "expected a NACHA file header, found something else" };
  int status = n->out->finding (n->out->ctx, &f);
  if (status != PEN_OK && n->status == PEN_OK)
    n->status = status;
  n->st.dead = 1;
}

static void
record (struct nacha *n, const struct nacha_rec *r, size_t at)
{
  uint8_t type = r->c[0];
  uint32_t files = n->st.files;
  if (type != '7')
    nacha_item_end (n);
  if (state_kills (&n->st, r, n->level[RULE_records_after_control] != LEVEL_REJECT))
    {
      kill (n, r);
      return;
    }
  switch (type)
    {
    case '1':
      header (n, r);
      break;
    case '5':
      batch_header (n, r);
      break;
    case '6':
      require_file (n, r);
      nacha_entry (n, r, at);
      open_file (n, files);
      break;
    case '7':
      if (!n->item.open)
        require_file (n, r);
      nacha_addenda (n, r);
      open_file (n, files);
      break;
    case '8':
      batch_control (n, r);
      break;
    case '9':
      file_control (n, r);
      break;
    default:
      unknown (n, r);
    }
}

/* One line of any shape; returns where the next one begins. */
static size_t
line (struct nacha *n, size_t at)
{
  const uint8_t *p = n->chunk.p + at;
  struct nacha_frame f;
  struct nacha_rec r;

  bool plain = nacha_read_plain (p, n->chunk.n - at, &f, &r);
  if (!plain)
    nacha_frame (p, n->chunk.n - at, true, n->o->encoding, &f);
  if (!f.blank && !(f.padding && n->st.after_control))
    {
      state_frame (&n->st, &f, n->chunk_last && at + f.next == n->chunk.n);
      if (!plain)
        nacha_decode (p, &f, n->o->encoding, &r, &n->buf);
      r.offset = n->chunk_offset + at;
      r.line = n->st.stream ? 0 : n->st.line;
      record (n, &r, at);
      if (n->item.open)
        n->item.end = at + f.next;
    }
  if (!n->st.dead)
    n->st.line += f.newline;
  return at + f.next;
}

/* What is missing at the object's end. */
static void
finish (struct nacha *n)
{
  struct nacha_rec r = { .offset = n->chunk_offset + n->chunk.n, .line = n->st.stream ? 0 : n->st.line };
  if (n->st.dead)
    return;
  if (!n->st.started)
    nacha_find (n, RULE_missing_file_header, PEN_SEV_OBJECT, &r, NULL, 0,
                "expected a file header, found no record at all");
  if (n->st.in_batch)
    nacha_batch_end (n, NULL);
  if (n->st.in_file)
    nacha_file_end (n);
  else if (n->st.records % 10)
    nacha_find (n, RULE_filler, PEN_SEV_OBJECT, &r, NULL, 0,
                "expected records to fill blocks of ten, found %llu records", (unsigned long long)n->st.records);
}

static size_t
skip_mark (const struct pen_chunk *chunk)
{
  static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };
  return chunk->offset == 0 && chunk->bytes.n >= 3 && memcmp (chunk->bytes.p, mark, 3) == 0 ? 3 : 0;
}

static void
count (struct nacha *n)
{
  for (unsigned i = 0; i < N_TABLES && n->status == PEN_OK; i++)
    {
      if (n->n_read[i])
        n->status = n->out->read (n->out->ctx, i, n->n_read[i]);
      if (n->n_rejected[i] && n->status == PEN_OK)
        n->status = n->out->rejected (n->out->ctx, i, n->n_rejected[i]);
    }
}

static void
begin (struct nacha *n, const struct pen_chunk *chunk, const struct pen_out *out)
{
  n->out = out;
  n->chunk = chunk->bytes;
  n->chunk_offset = chunk->offset;
  n->chunk_last = chunk->flags & PEN_CHUNK_LAST;
  n->status = PEN_OK;
  n->item.open = false;
  memset (n->sum, 0, sizeof n->sum);
  memset (n->n_read, 0, sizeof n->n_read);
  memset (n->n_rejected, 0, sizeof n->n_rejected);
  pen_tables_reset (&n->set);
  nacha_batch_load (n);
}

int
nacha_parse (void *self, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
             const struct pen_out *out)
{
  struct nacha *n = self;
  if (!state_load (&n->st, in))
    return n->host->fail (n->host->ctx, "nacha: the carry has %u bytes, expected %zu", in->len, sizeof n->st);
  begin (n, chunk, out);
  for (size_t at = skip_mark (chunk); at < chunk->bytes.n && !n->st.dead && n->status == PEN_OK;)
    {
      at = line (n, at);
      /* an entry is followed by another one: that is where the time goes */
      if (at < chunk->bytes.n && chunk->bytes.p[at] == '6' && n->st.in_batch)
        {
          nacha_item_end (n);
          at = nacha_entry_run (n, at);
          if (pen_tables_full (&n->set))
            flush (n);
        }
    }
  nacha_item_end (n);
  if (n->chunk_last)
    finish (n);
  nacha_settle (n);
  flush (n);
  count (n);
  n->out = NULL;
  state_save (&n->st, end);
  return n->status;
}
