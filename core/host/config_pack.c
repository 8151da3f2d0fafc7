/* SPDX-License-Identifier: Apache-2.0 */
/* config_pack.c - a configuration's text with its origins as bytes for another process, so that both read the same. */
#include "core/host/config_text.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x31544350u /* "PCT1" */
#define NAME_MAX_BYTES 4096

void
config_text_pack (const struct config_text *t, struct blob *b)
{
  blob_u32 (b, MAGIC);
  blob_bytes (b, t->text, t->n);
  blob_u32 (b, (uint32_t)t->n_files);
  for (size_t i = 0; i < t->n_files; i++)
    blob_str (b, t->file[i]);
  blob_u32 (b, (uint32_t)t->n_lines);
  for (size_t i = 0; i < t->n_lines; i++)
    {
      blob_u32 (b, t->origin[i].file);
      blob_u32 (b, t->origin[i].line);
    }
}

static void
take_files (struct config_text *t, struct blob_reader *r)
{
  uint32_t n = blob_get_u32 (r);

  for (uint32_t i = 0; i < n && !r->bad; i++)
    {
      char *name = blob_get_str (r, NAME_MAX_BYTES);

      if (!name)
        return;
      t->file = xrealloc (t->file, (t->n_files + 1) * sizeof *t->file);
      t->file[t->n_files++] = name;
    }
  r->bad |= t->n_files == 0;
}

static void
take_lines (struct config_text *t, struct blob_reader *r)
{
  uint32_t n = blob_get_u32 (r);

  if (r->bad || n > (size_t)(r->end - r->p) / 8)
    {
      r->bad = 1;
      return;
    }
  t->origin = xcalloc (n, sizeof *t->origin);
  for (t->n_lines = 0; t->n_lines < n; t->n_lines++)
    {
      struct config_origin *o = &t->origin[t->n_lines];

      o->file = blob_get_u32 (r);
      o->line = blob_get_u32 (r);
      r->bad |= o->file >= t->n_files;
    }
}

int
config_text_unpack (struct config_text *t, const void *p, size_t n, struct err *e)
{
  struct blob_reader r;
  const uint8_t *text;

  memset (t, 0, sizeof *t);
  blob_reader_init (&r, p, n);
  r.bad |= blob_get_u32 (&r) != MAGIC;
  text = blob_get_bytes (&r, &t->n);
  if (!r.bad)
    {
      r.bad |= t->n && memchr (text, 0, t->n) != NULL;
      t->text = xmalloc (t->n + 1);
      if (t->n)
        memcpy (t->text, text, t->n);
      t->text[t->n] = '\0';
      take_files (t, &r);
      take_lines (t, &r);
    }
  if (!r.bad && r.p == r.end)
    return 0;
  config_text_fini (t);
  return err_set (e, "these bytes are no packed configuration");
}
