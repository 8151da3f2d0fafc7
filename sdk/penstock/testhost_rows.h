/* SPDX-License-Identifier: Apache-2.0 */
/* testhost_rows.h - the test host's emit and flush: rows as text, checked against the schema. Included by testhost.h. */
#ifndef PENSTOCK_TESTHOST_ROWS_H
#define PENSTOCK_TESTHOST_ROWS_H
#include <penstock/testhost_state.h>

/* ---- rows as text ---- */

static inline int
pen_test_bit_ (const void *bits, int64_t i)
{
  return ((const uint8_t *)bits)[i >> 3] >> (i & 7) & 1;
}

static inline void
pen_test_value_ (struct pen_test_text *t, const struct ArrowSchema *s, const struct ArrowArray *a, int64_t i)
{
  const void *data = a->buffers[1];
  const char *f = s->format;
  char text[PEN_DEC_TEXT];

  if (f[0] == 'u' || f[0] == 'z')
    {
      const int32_t *start = (const int32_t *)data;
      pen_test_escape_ (t, (const char *)a->buffers[2] + start[i], (size_t)(start[i + 1] - start[i]));
    }
  else if (f[0] == 'i')
    pen_test_add_ (t, "%d", (int)((const int32_t *)data)[i]);
  else if (f[0] == 'l' || f[0] == 't')
    {
      if (strcmp (f, "tdD") == 0)
        {
          pen_date_format (text, ((const int32_t *)data)[i]);
          pen_test_add_ (t, "%s", text);
        }
      else
        pen_test_add_ (t, "%lld", (long long)((const int64_t *)data)[i]);
    }
  else if (f[0] == 'b')
    pen_test_add_ (t, "%s", pen_test_bit_ (data, i) ? "true" : "false");
  else if (f[0] == 'g')
    pen_test_add_ (t, "%.17g", ((const double *)data)[i]);
  else if (f[0] == 'd')
    {
      const char *comma = strchr (f, ',');
      pen_dec_format (text, pen_dec_load ((const char *)data + 16 * i), comma ? (unsigned)atoi (comma + 1) : 0);
      pen_test_add_ (t, "%s", text);
    }
  else
    pen_test_add_ (t, "?%s?", f);
}

static inline int
pen_test_emit_ (void *ctx, unsigned table, const struct ArrowArray *b, const uint64_t *order)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (table >= t->n_tables || b->n_children != t->schema[table].n_children)
    {
      pen_test_add_ (&t->broken_, "emit: table %u is not as its schema says\n", table);
      return PEN_ERR;
    }
  const struct ArrowSchema *s = &t->schema[table];
  for (int64_t c = 0; c < b->n_children; c++)
    {
      const struct ArrowArray *a = b->children[c];
      int64_t nulls = 0;
      if (a->length != b->length)
        pen_test_add_ (&t->broken_, "emit: column %s has %lld rows of %lld\n", s->children[c]->name,
                       (long long)a->length, (long long)b->length);
      for (int64_t i = 0; a->buffers[0] && i < a->length; i++)
        nulls += !pen_test_bit_ (a->buffers[0], i);
      if (nulls != a->null_count || (nulls && !(s->children[c]->flags & ARROW_FLAG_NULLABLE)))
        pen_test_add_ (&t->broken_, "emit: column %s says %lld nulls and has %lld\n", s->children[c]->name,
                       (long long)a->null_count, (long long)nulls);
    }
  for (int64_t i = 0; i < b->length; i++)
    {
      uint64_t o = order ? order[i] : 0;
      size_t at = t->held.n;
      if (o < t->last_order[table] || o < t->promised)
        pen_test_add_ (&t->broken_, "emit: order %llu of table %u after %llu\n", (unsigned long long)o, table,
                       (unsigned long long)(o < t->promised ? t->promised : t->last_order[table]));
      t->last_order[table] = o;
      pen_test_add_ (&t->held, "%s", t->table_name[table]);
      for (int64_t c = 0; c < b->n_children; c++)
        {
          const struct ArrowArray *a = b->children[c];
          if (a->buffers[0] && !pen_test_bit_ (a->buffers[0], i))
            continue;
          pen_test_add_ (&t->held, "|%s=", s->children[c]->name);
          pen_test_value_ (&t->held, s->children[c], a, i);
        }
      pen_test_add_ (&t->held, "\n");
      if (t->n_held == t->cap_held)
        {
          t->cap_held = t->cap_held * 2 + 256;
          t->row = (struct pen_test_row *)realloc (t->row, t->cap_held * sizeof *t->row);
          if (!t->row)
            abort ();
        }
      struct pen_test_row r = { o, table, t->seq++, at, t->held.n - at };
      t->row[t->n_held++] = r;
    }
  t->emitted[table] += (uint64_t)b->length;
  t->n_rows += (uint64_t)b->length;
  return PEN_OK;
}

static inline int
pen_test_compare_ (const void *a, const void *b)
{
  const struct pen_test_row *x = (const struct pen_test_row *)a, *y = (const struct pen_test_row *)b;
  if (x->order != y->order)
    return x->order < y->order ? -1 : 1;
  if (x->table != y->table)
    return x->table < y->table ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static inline int
pen_test_flush_ (void *ctx)
{
  struct pen_test *t = (struct pen_test *)ctx;
  if (t->n_held)
    qsort (t->row, t->n_held, sizeof *t->row, pen_test_compare_);
  for (size_t i = 0; i < t->n_held; i++)
    {
      pen_test_addn_ (&t->rows_, t->held.p + t->row[i].at, t->row[i].n);
      t->promised = t->row[i].order;
    }
  t->n_held = 0;
  t->held.n = 0;
  return PEN_OK;
}
#endif
