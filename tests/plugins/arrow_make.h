/* SPDX-License-Identifier: Apache-2.0 */
/* arrow_make.h - Arrow tables made by hand: one column at a time, nulls where a value is missing, rows before the first
 * one that must never be seen (offsets). Memory is given back by make_fini(). */
#ifndef TEST_ARROW_MAKE_H
#define TEST_ARROW_MAKE_H
#include <penstock/arrow.h>
#include <stdlib.h>
#include <string.h>

#define MAKE_COLUMNS 32
struct make
{
  int64_t rows, skip; /* skip: rows of rubbish before the first, in every column's own offset */
  struct ArrowSchema schema, column[MAKE_COLUMNS], *columns[MAKE_COLUMNS], word;
  struct ArrowArray batch, data[MAKE_COLUMNS], *datas[MAKE_COLUMNS], words;
  const void *none[1];
  const void *buffer[MAKE_COLUMNS + 1][3];
  size_t n_owned;
  void *owned[MAKE_COLUMNS * 4];
};

static inline void
make_init (struct make *m, int64_t rows, int64_t skip)
{
  memset (m, 0, sizeof *m);
  m->rows = rows;
  m->skip = skip;
  m->schema = (struct ArrowSchema){ .format = "+s", .children = m->columns };
  m->batch = (struct ArrowArray){ .length = rows, .n_buffers = 1, .buffers = m->none, .children = m->datas };
}

static inline void *
make_own (struct make *m, size_t n)
{
  void *p = malloc (n ? n : 1);
  memset (p, 0x5a, n);
  return m->owned[m->n_owned++] = p;
}

static inline void
make_fini (struct make *m)
{
  while (m->n_owned)
    free (m->owned[--m->n_owned]);
}

/* A column of fixed-size values; is_null may be NULL, else one byte per row. */
static inline struct ArrowArray *
make_column (struct make *m, const char *name, const char *format, const void *values, size_t size, const char *is_null)
{
  size_t i = (size_t)m->schema.n_children++, all = (size_t)(m->rows + m->skip);
  struct ArrowArray *a = &m->data[i];

  m->column[i] = (struct ArrowSchema){ .format = format, .name = name, .flags = is_null ? ARROW_FLAG_NULLABLE : 0 };
  m->columns[i] = &m->column[i];
  m->datas[i] = a;
  m->batch.n_children = m->schema.n_children;
  *a = (struct ArrowArray){ .length = m->rows, .offset = m->skip, .n_buffers = 2, .buffers = m->buffer[i] };
  if (is_null)
    {
      uint8_t *bits = make_own (m, all / 8 + 1);
      a->null_count = -1;
      for (size_t r = (size_t)m->skip; r < all; r++)
        if (is_null[r - (size_t)m->skip])
          bits[r / 8] &= (uint8_t) ~(1 << r % 8);
        else
          bits[r / 8] |= (uint8_t)(1 << r % 8);
      m->buffer[i][0] = bits;
    }
  if (values)
    {
      uint8_t *v = make_own (m, all * size);
      memcpy (v + (size_t)m->skip * size, values, (size_t)m->rows * size);
      m->buffer[i][1] = v;
    }
  return a;
}

/* Text or binary ("u", "z"): length < 0 means NUL-terminated; a NULL pointer is a null. */
struct make_bytes
{
  const void *p;
  long n;
};

static inline int32_t *
make_offsets (struct make *m, const struct make_bytes *v, size_t n, size_t skip, const void **data)
{
  int32_t *o = make_own (m, (n + skip + 1) * sizeof *o);
  size_t total = skip;
  char *d;

  for (size_t i = 0; i < n; i++)
    total += !v[i].p ? 0 : v[i].n < 0 ? strlen (v[i].p) : (size_t)v[i].n;
  d = make_own (m, total); /* exactly as long as it must be: memory checkers see every byte read too far */
  for (size_t i = 0; i <= skip; i++)
    o[i] = (int32_t)i;
  for (size_t i = 0; i < n; i++)
    {
      size_t len = !v[i].p ? 0 : v[i].n < 0 ? strlen (v[i].p) : (size_t)v[i].n;
      if (len)
        memcpy (d + o[skip + i], v[i].p, len);
      o[skip + i + 1] = o[skip + i] + (int32_t)len;
    }
  *data = d;
  return o;
}

static inline void
make_bytes (struct make *m, const char *name, const char *format, const struct make_bytes *v)
{
  char *is_null = calloc (1, (size_t)m->rows + 1);
  size_t i = (size_t)m->schema.n_children;

  for (int64_t r = 0; r < m->rows; r++)
    is_null[r] = !v[r].p;
  make_column (m, name, format, NULL, 0, memchr (is_null, 1, (size_t)m->rows) ? is_null : NULL);
  m->data[i].n_buffers = 3;
  m->buffer[i][1] = make_offsets (m, v, (size_t)m->rows, (size_t)m->skip, &m->buffer[i][2]);
  free (is_null);
}

static inline void
make_text (struct make *m, const char *name, const char *const *v)
{
  struct make_bytes *b = calloc ((size_t)m->rows + 1, sizeof *b);

  for (int64_t r = 0; r < m->rows; r++)
    b[r] = (struct make_bytes){ v[r], -1 };
  make_bytes (m, name, "u", b);
  free (b);
}

/* A dictionary column; one per table. */
static inline void
make_dict (struct make *m, const char *name, const int32_t *index, const char *const *words, size_t n_words,
           const char *is_null)
{
  struct make_bytes b[16];
  size_t i = (size_t)m->schema.n_children;

  for (size_t w = 0; w < n_words; w++)
    b[w] = (struct make_bytes){ words[w], -1 };
  make_column (m, name, "i", index, 4, is_null);
  m->word = (struct ArrowSchema){ .format = "u" };
  m->column[i].dictionary = &m->word;
  m->words = (struct ArrowArray){ .length = (int64_t)n_words, .n_buffers = 3, .buffers = m->buffer[MAKE_COLUMNS] };
  m->buffer[MAKE_COLUMNS][1] = make_offsets (m, b, n_words, 0, &m->buffer[MAKE_COLUMNS][2]);
  m->data[i].dictionary = &m->words;
}

/* Bits, first row in the lowest one. */
static inline void
make_bool (struct make *m, const char *name, const char *yes)
{
  size_t i = (size_t)m->schema.n_children, all = (size_t)(m->rows + m->skip);
  uint8_t *bits;

  make_column (m, name, "b", NULL, 0, NULL);
  bits = make_own (m, all / 8 + 1);
  for (size_t r = (size_t)m->skip; r < all; r++)
    if (yes[r - (size_t)m->skip])
      bits[r / 8] |= (uint8_t)(1 << r % 8);
    else
      bits[r / 8] &= (uint8_t) ~(1 << r % 8);
  m->buffer[i][1] = bits;
}
#endif
