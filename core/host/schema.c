/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - what a worker answers when its pipeline stands, checked and copied. */
#include "core/host/schema.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/blob.h"

#define NAME_MAX_HERE 255
#define SCOPES_MAX 16
#define TOTALS_MAX 64

static void
read_scopes (struct blob_reader *r, struct schema *s)
{
  size_t n = blob_get_u32 (r);

  if (n > SCOPES_MAX)
    r->bad = 1;
  if (r->bad)
    return;
  s->scopes = xcalloc (n, sizeof *s->scopes);
  for (; s->n_scopes < n && !r->bad; s->n_scopes++)
    s->scopes[s->n_scopes].name = blob_get_str (r, NAME_MAX_HERE);
}

static void
read_totals (struct blob_reader *r, struct schema *s)
{
  size_t n = blob_get_u32 (r);

  if (n > TOTALS_MAX)
    r->bad = 1;
  if (r->bad)
    return;
  s->totals = xcalloc (n, sizeof *s->totals);
  for (; s->n_totals < n && !r->bad; s->n_totals++)
    {
      struct pen_total *t = &s->totals[s->n_totals];
      t->name = blob_get_str (r, NAME_MAX_HERE);
      t->rule = blob_get_str (r, NAME_MAX_HERE);
      t->scope = (uint16_t)blob_get_u32 (r);
      t->fold = (uint16_t)blob_get_u32 (r);
      t->scale = (uint16_t)blob_get_u32 (r);
      t->modulo = blob_get_u64 (r);
      if (t->scope >= s->n_scopes || t->scale > 38)
        r->bad = 1;
    }
}

static int
known_format (const char *f)
{
  return (f[0] && strchr ("bilguz", f[0]) && !f[1]) || !strncmp (f, "d:", 2) || !strcmp (f, "tdD")
         || !strncmp (f, "tsu:", 4);
}

static void
point_arrow (struct schema_table *t)
{
  t->children = xcalloc (t->n_columns, sizeof *t->children);
  t->child = xcalloc (t->n_columns, sizeof *t->child);
  t->dictionary = (struct ArrowSchema){ .format = "u", .name = "" };
  for (size_t i = 0; i < t->n_columns; i++)
    {
      t->children[i] = (struct ArrowSchema){ .format = t->columns[i].format,
                                             .name = t->columns[i].name,
                                             .flags = t->columns[i].flags,
                                             .dictionary = t->columns[i].has_dictionary ? &t->dictionary : NULL };
      t->child[i] = &t->children[i];
    }
  t->arrow = (struct ArrowSchema){
    .format = "+s", .name = t->name, .n_children = (int64_t)t->n_columns, .children = t->child
  };
}

static void
read_table (struct blob_reader *r, struct schema_table *t)
{
  size_t n;

  t->name = blob_get_str (r, NAME_MAX_HERE);
  n = blob_get_u32 (r);
  if (n < 1 || n > LIMIT_COLUMNS + 1)
    r->bad = 1;
  if (r->bad)
    return;
  t->columns = xcalloc (n, sizeof *t->columns);
  for (; t->n_columns < n && !r->bad; t->n_columns++)
    {
      struct schema_column *c = &t->columns[t->n_columns];
      c->name = blob_get_str (r, NAME_MAX_HERE);
      c->format = blob_get_str (r, NAME_MAX_HERE);
      c->flags = (int64_t)blob_get_u64 (r);
      c->has_dictionary = blob_get_u8 (r);
      if (!c->format || !known_format (c->format))
        r->bad = 1;
    }
  if (!r->bad)
    point_arrow (t);
}

static void
read_stream (struct blob_reader *r, const struct schema *s, struct schema_stream *st)
{
  st->single = blob_get_u8 (r);
  st->heads = xcalloc (s->n_tables, sizeof *st->heads);
  for (size_t t = 0; t < s->n_tables && !r->bad; t++)
    {
      struct schema_head *h = &st->heads[t];
      const uint8_t *p;
      h->wanted = blob_get_u8 (r);
      p = blob_get_bytes (r, &h->n);
      h->bytes = xmalloc (h->n);
      if (h->n)
        memcpy (h->bytes, p, h->n);
    }
}

struct schema *
schema_read (const uint8_t *p, size_t n, struct err *e)
{
  struct schema *s = xcalloc (1, sizeof *s);
  struct blob_reader r;
  size_t n_tables = 0, n_streams = 0;

  blob_reader_init (&r, p, n);
  read_scopes (&r, s);
  read_totals (&r, s);
  n_tables = blob_get_u32 (&r);
  if (!r.bad && n_tables >= 1 && n_tables <= LIMIT_TABLES)
    {
      s->tables = xcalloc (n_tables, sizeof *s->tables);
      while (s->n_tables < n_tables && !r.bad)
        read_table (&r, &s->tables[s->n_tables++]);
    }
  else
    r.bad = 1;
  n_streams = blob_get_u32 (&r);
  if (!r.bad && n_streams <= LIMIT_STREAMS)
    {
      s->streams = xcalloc (n_streams, sizeof *s->streams);
      while (s->n_streams < n_streams && !r.bad)
        read_stream (&r, s, &s->streams[s->n_streams++]);
    }
  else
    r.bad = 1;
  if (r.bad || r.p != r.end)
    {
      schema_free (s);
      return err_set (e, "a worker described its tables in a malformed way"), NULL;
    }
  return s;
}

static void
free_table (struct schema_table *t)
{
  for (size_t c = 0; c < t->n_columns; c++)
    {
      free (t->columns[c].name);
      free (t->columns[c].format);
    }
  free (t->columns);
  free (t->children);
  free (t->child);
  free (t->name);
}

void
schema_free (struct schema *s)
{
  if (!s)
    return;
  for (size_t i = 0; i < s->n_scopes; i++)
    free ((char *)s->scopes[i].name);
  for (size_t i = 0; i < s->n_totals; i++)
    {
      free ((char *)s->totals[i].name);
      free ((char *)s->totals[i].rule);
    }
  for (size_t i = 0; i < s->n_streams; i++)
    {
      for (size_t t = 0; s->streams[i].heads && t < s->n_tables; t++)
        free (s->streams[i].heads[t].bytes);
      free (s->streams[i].heads);
    }
  for (size_t i = 0; i < s->n_tables; i++)
    free_table (&s->tables[i]);
  free (s->scopes);
  free (s->totals);
  free (s->streams);
  free (s->tables);
  free (s);
}
