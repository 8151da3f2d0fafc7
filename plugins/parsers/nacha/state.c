/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - moves the carried state over records: one code for cut() and parse(), so that both always agree. */
#include "nacha.h"

_Static_assert(sizeof (struct nacha_state) <= PEN_CARRY_MAX, "the state must fit into a carry");
_Static_assert(sizeof (struct nacha_state) == 7 * 8 + 7 * 4 + 2 * 2 + 13 + 3 + 8 + 16 + 2 * REC_TEXT,
               "no padding: carries are compared with memcmp()");

void
state_init (struct nacha_state *s)
{
  memset (s, 0, sizeof *s);
  s->line = 1;
}

bool
state_load (struct nacha_state *s, const struct pen_carry *c)
{
  if (c->len == 0)
    state_init (s);
  else if (c->len == sizeof *s)
    memcpy (s, c->b, sizeof *s);
  else
    return false;
  return true;
}

void
state_save (const struct nacha_state *s, struct pen_carry *c)
{
  c->len = sizeof *s;
  memcpy (c->b, s, sizeof *s);
}

bool
nacha_is_filler (const uint8_t *c)
{
  for (unsigned i = 0; i < REC; i++)
    if (c[i] != '9')
      return false;
  return true;
}

bool
nacha_is_sloppy_filler (const uint8_t *c)
{
  if (c[0] != '9')
    return false;
  for (unsigned i = 1; i < REC; i++)
    if (c[i] != '9' && c[i] != '0' && c[i] != ' ')
      return false;
  return true;
}

void
state_frame (struct nacha_state *s, const struct nacha_frame *f, bool ends)
{
  if (s->framed)
    return;
  s->framed = 1;
  s->stream = !f->newline && !ends;
}

bool
state_kills (const struct nacha_state *s, const struct nacha_rec *r, bool more_files)
{
  uint8_t type = r->c[0];
  if (!s->started)
    return type < '1' || type > '9' || (type > '1' && type < '5');
  if (!s->after_control)
    return false;
  return !nacha_is_sloppy_filler (r->c) && !(type == '1' && more_files);
}

/* A file begins: with its header, or with the first record where there is none. */
static void
begin_file (struct nacha_state *s)
{
  s->files++;
  s->in_file = 1;
  s->after_control = 0;
  s->file_batches = 0;
  s->has_number = 0;
  s->file_length = 0;
  s->file_text = 0;
  memset (s->file_header, 0, sizeof s->file_header);
}

static void
end_batch (struct nacha_state *s)
{
  s->in_batch = s->batch_refused = s->category = s->has_trace = s->loose = 0;
  s->batch_entries = s->batch_length = 0;
  s->batch_offset = s->batch_line = 0;
  s->batch_text = 0;
  memset (s->last_trace, 0, sizeof s->last_trace);
  memset (s->batch_header, 0, sizeof s->batch_header);
}

static void
begin_batch (struct nacha_state *s, const struct nacha_rec *r)
{
  if (!s->in_file)
    begin_file (s);
  end_batch (s);
  s->in_batch = 1;
  s->batches++;
  s->file_batches++;
  s->batch_offset = r->offset;
  s->batch_line = r->line;
  s->batch_length = r->length;
  s->batch_text = nacha_keep (s->batch_header, r);
  s->has_number = 1;
  memcpy (s->last_number, r->c + 87, 7);
}

void
state_step (struct nacha_state *s, const struct nacha_rec *r)
{
  s->started = 1;
  s->records++;
  s->run = 0;
  s->after_bad = 0;
  switch (r->c[0])
    {
    case '1':
      if (s->in_file)
        return;
      begin_file (s);
      s->file_offset = r->offset;
      s->file_line = r->line;
      s->file_length = r->length;
      s->file_text = nacha_keep (s->file_header, r);
      return;
    case '5':
      begin_batch (s, r);
      return;
    case '8':
      end_batch (s);
      return;
    case '9':
      if (s->after_control || nacha_is_filler (r->c))
        return;
      if (!s->in_file)
        begin_file (s);
      end_batch (s);
      s->in_file = 0;
      s->after_control = 1;
      s->file_offset = s->file_line = s->file_length = s->file_text = 0;
      memset (s->file_header, 0, sizeof s->file_header);
      return;
    default:
      s->after_bad = 1;
    }
}

void
state_entry (struct nacha_state *s, const uint8_t *trace)
{
  s->started = 1;
  s->records++;
  s->entries++;
  s->run = 0;
  s->after_bad = 0;
  if (!s->in_file)
    begin_file (s);
  if (!s->in_batch)
    {
      s->loose = 1;
      return;
    }
  s->batch_entries++;
  s->has_trace = 1;
  memcpy (s->last_trace, trace, 15);
  if (s->category == CAT_NONE)
    s->category = CAT_FORWARD;
}

void
state_addenda (struct nacha_state *s, const uint8_t *c, uint32_t ordinal)
{
  uint8_t category = nacha_addenda_category (c);
  s->records++;
  if (s->in_batch && s->batch_entries == 1 && category != CAT_NONE)
    s->category = category;
  if (ordinal >= MAX_ADDENDA)
    s->run = ordinal > MAX_ADDENDA ? MAX_ADDENDA + 1 : MAX_ADDENDA;
}

void
state_orphan (struct nacha_state *s)
{
  s->started = 1;
  s->records++;
  if (!s->in_file)
    begin_file (s);
}

uint8_t
nacha_addenda_category (const uint8_t *c)
{
  if (c[1] != '9' || (c[2] != '8' && c[2] != '9'))
    return CAT_NONE;
  if (c[2] == '8')
    return CAT_NOC;
  if (c[3] == 'R' && (c[4] == '6' || c[4] == '7'))
    {
      static const char dishonored[] = "R61R62R67R68R69R70";
      for (unsigned i = 0; dishonored[i]; i += 3)
        if (memcmp (c + 3, dishonored + i, 3) == 0)
          return CAT_DISHONORED;
      if (c[4] == '7' && c[5] >= '1' && c[5] <= '7')
        return CAT_CONTESTED;
    }
  return CAT_RETURN;
}
