/* SPDX-License-Identifier: Apache-2.0 */
/* mask.c - the mask filter: hides text such as account numbers before anything is encoded, and refuses to run when it
 * cannot be sure that it hides what it was told to. */
#include <penstock/column.h>
#include <penstock/plugin.h>
#include <penstock/utf8.h>
#include <stdlib.h>

enum mode
{
  MODE_MASK = 0,
  MODE_NULL,
};
struct mask_options
{
  struct pen_list columns;
  int64_t keep_last;
  const char *with;
  int mode;
};

/* A column that is hidden: the array that takes its place. */
struct hidden
{
  int64_t at; /* which column */
  int kind;   /* PEN_KIND_TEXT or PEN_KIND_DICT */
  struct ArrowSchema schema;
  struct ArrowArray array;
  const void *buffers[3];
  int32_t *offsets;
  uint8_t *bits, *data;
  size_t offsets_cap, bits_cap, data_cap;
};

struct table
{
  char *name; /* owned */
  size_t n_hidden, n_columns;
  struct hidden *hidden;
  struct ArrowSchema schema, **columns;
  struct ArrowArray out, **arrays, *moved; /* moved: as in the batch, but for where they begin */
};

struct mask
{
  const struct pen_host *host;
  const struct mask_options *o;
  size_t with_len;
  uint8_t *matched; /* one per item of o->columns */
  int sure;         /* every item was matched */
  size_t n;
  struct table *table;
};

static int
mask_check (const struct pen_host *host, const void *options)
{
  const struct mask_options *o = options;
  size_t n = o->with ? strlen (o->with) : 0;

  if (!o->columns.n)
    return host->fail (host->ctx, "columns: names nothing to mask");
  if (o->mode == MODE_MASK && (!n || n > 16 || !pen_utf8_is_text ((const uint8_t *)o->with, n)))
    return host->fail (host->ctx, "with: must be 1 to 16 bytes of UTF-8");
  return PEN_OK;
}

static int
mask_create (const struct pen_host *host, const void *options, void **self)
{
  struct mask *m;

  if (mask_check (host, options))
    return PEN_ERR;
  m = calloc (1, sizeof *m);
  if (m)
    m->matched = calloc (((const struct mask_options *)options)->columns.n, 1);
  if (!m || !m->matched)
    {
      free (m);
      return host->fail (host->ctx, "out of memory");
    }
  m->host = host;
  m->o = options;
  m->with_len = m->o->with ? strlen (m->o->with) : 0;
  *self = m;
  return PEN_OK;
}

static void
table_fini (struct table *t)
{
  for (size_t i = 0; t->hidden && i < t->n_hidden; i++)
    {
      free (t->hidden[i].offsets);
      free (t->hidden[i].bits);
      free (t->hidden[i].data);
    }
  free (t->hidden);
  free (t->columns);
  free (t->arrays);
  free (t->moved);
  free (t->name);
  memset (t, 0, sizeof *t);
}

static void
mask_destroy (void *self)
{
  struct mask *m = self;

  for (size_t i = 0; i < m->n; i++)
    table_fini (&m->table[i]);
  free (m->table);
  free (m->matched);
  free (m);
}

/* ---- the plan ---- */

/* Does "table.column" or "column" mean this column? */
static int
means (const char *item, const char *table, const char *column)
{
  size_t n = strlen (table);

  if (strcmp (item, column) == 0)
    return 1;
  return strncmp (item, table, n) == 0 && item[n] == '.' && strcmp (item + n + 1, column) == 0;
}

/* Marks the items that mean this column; 1 where there is one. */
static int
is_wanted (struct mask *m, const char *table, const char *column)
{
  int wanted = 0;

  for (size_t k = 0; k < m->o->columns.n; k++)
    if (means (m->o->columns.item[k], table, column))
      m->matched[k] = (uint8_t)(wanted = 1);
  return wanted;
}

static int
hide (struct mask *m, struct table *t, int64_t at, const struct ArrowSchema *in)
{
  struct hidden *h = &t->hidden[t->n_hidden];
  struct pen_type type;

  if (pen_type_read (in, &type) || (type.kind != PEN_KIND_TEXT && type.kind != PEN_KIND_DICT))
    return m->host->fail (m->host->ctx, "table %s: column %s is not text (format \"%s\") and cannot be masked", t->name,
                          in->name, in->format);
  t->n_hidden++;
  h->at = at;
  h->kind = type.kind;
  h->schema = *in;
  h->schema.format = "u";
  h->schema.dictionary = NULL;
  h->schema.release = NULL;
  if (m->o->mode == MODE_NULL)
    h->schema.flags |= ARROW_FLAG_NULLABLE;
  t->columns[at] = &h->schema;
  return PEN_OK;
}

/* An item that names this table, but none of its columns. */
static int
check_items (struct mask *m, const struct table *t)
{
  size_t n = strlen (t->name);

  for (size_t k = 0; k < m->o->columns.n; k++)
    {
      const char *item = m->o->columns.item[k];
      if (!m->matched[k] && strncmp (item, t->name, n) == 0 && item[n] == '.')
        return m->host->fail (m->host->ctx, "columns: table %s has no column \"%s\"", t->name, item + n + 1);
    }
  return PEN_OK;
}

static struct table *
add_table (struct mask *m, unsigned table)
{
  if (table >= m->n)
    {
      size_t n = (size_t)table + 1;
      struct table *t = realloc (m->table, n * sizeof *t);
      if (!t)
        return NULL;
      memset (t + m->n, 0, (n - m->n) * sizeof *t);
      m->table = t;
      m->n = n;
    }
  table_fini (&m->table[table]);
  return &m->table[table];
}

static int
mask_plan (void *self, unsigned table, const char *name, const struct ArrowSchema *in, struct ArrowSchema *out)
{
  struct mask *m = self;
  struct table *t = add_table (m, table);
  size_t n = (size_t)in->n_children;

  if (!t)
    return m->host->fail (m->host->ctx, "out of memory");
  t->n_columns = n;
  t->name = strdup (name);
  t->hidden = calloc (n ? n : 1, sizeof *t->hidden);
  t->columns = calloc (n ? n : 1, sizeof *t->columns);
  t->arrays = calloc (n ? n : 1, sizeof *t->arrays);
  t->moved = calloc (n ? n : 1, sizeof *t->moved);
  if (!t->name || !t->hidden || !t->columns || !t->arrays || !t->moved)
    return m->host->fail (m->host->ctx, "out of memory");
  for (size_t i = 0; i < n; i++)
    {
      t->columns[i] = in->children[i];
      if (is_wanted (m, name, in->children[i]->name ? in->children[i]->name : "")
          && hide (m, t, (int64_t)i, in->children[i]))
        return PEN_ERR;
    }
  if (check_items (m, t))
    return PEN_ERR;
  *out = *in;
  out->children = t->columns;
  out->release = NULL;
  return PEN_OK;
}

/* All tables were planned: an item that means none of their columns is a misspelt one, and something stays readable. */
static int
mask_planned (void *self)
{
  struct mask *m = self;

  for (size_t k = 0; k < m->o->columns.n; k++)
    if (!m->matched[k])
      return m->host->fail (m->host->ctx, "columns: no table has a column \"%s\"", m->o->columns.item[k]);
  m->sure = 1;
  return PEN_OK;
}

/* ---- rows ---- */

static void *
room (void *p, size_t *cap, size_t need)
{
  void *q;

  if (need <= *cap)
    return p;
  need += need / 2;
  q = realloc (p, need);
  if (q)
    *cap = need;
  return q;
}

static size_t
count_characters (const uint8_t *p, size_t n)
{
  size_t characters = 0;

  for (size_t i = 0; i < n; i++)
    characters += (p[i] & 0xc0) != 0x80;
  return characters;
}

/* Writes the masked text; returns its length. A text that is not longer than what may be kept is hidden whole. */
static size_t
mask_text (const struct mask *m, uint8_t *out, const uint8_t *p, size_t n)
{
  size_t characters = count_characters (p, n), keep = (size_t)m->o->keep_last, i = n, len = 0;

  if (keep >= characters)
    keep = 0;
  for (size_t k = 0; k < keep && i; k++)
    do
      i--;
    while (i && (p[i] & 0xc0) == 0x80);
  for (size_t k = characters - keep; k; k--, len += m->with_len)
    memcpy (out + len, m->o->with, m->with_len);
  memcpy (out + len, p + i, n - i);
  return len + n - i;
}

/* All rows of a column as null. */
static int
hide_all (struct hidden *h, int64_t rows)
{
  size_t bits = (size_t)rows / 8 + 1, offsets = ((size_t)rows + 1) * sizeof (int32_t);
  void *b = room (h->bits, &h->bits_cap, bits), *o;

  if (!b)
    return -1;
  h->bits = b;
  if (!(o = room (h->offsets, &h->offsets_cap, offsets)))
    return -1;
  h->offsets = o;
  memset (h->bits, 0, bits);
  memset (h->offsets, 0, offsets);
  h->array.null_count = rows;
  h->buffers[0] = h->bits;
  return 0;
}

static int
hide_each (const struct mask *m, struct hidden *h, const struct pen_column *c)
{
  size_t used = 0;

  h->offsets[0] = 0;
  for (int64_t row = 0; row < c->length; row++)
    {
      const uint8_t *p = NULL;
      uint8_t *data;
      size_t n = 0;
      if (pen_column_is_null (c, row))
        h->array.null_count++;
      else if (pen_column_bytes (c, row, &p, &n))
        return m->host->fail (m->host->ctx, "a row is not in its dictionary");
      else
        h->bits[row / 8] |= (uint8_t)(1 << row % 8);
      if (n * (m->with_len + 1) > INT32_MAX - used)
        return m->host->fail (m->host->ctx, "more masked text than a batch can hold");
      data = room (h->data, &h->data_cap, used + n * (m->with_len + 1) + 1);
      if (!data)
        return m->host->fail (m->host->ctx, "out of memory");
      h->data = data;
      if (n)
        used += mask_text (m, h->data + used, p, n);
      h->offsets[row + 1] = (int32_t)used;
    }
  h->buffers[0] = h->array.null_count ? h->bits : NULL;
  return PEN_OK;
}

/* Fills h->array with what may be seen of the column; row 0 of the batch is its row 0. */
static int
hide_rows (const struct mask *m, const struct table *t, struct hidden *h, const struct ArrowArray *in)
{
  struct pen_column c;

  if (pen_column_open (in, h->at, h->kind, &c))
    return m->host->fail (m->host->ctx, "table %s: the batch is not what its schema says", t->name);
  if (hide_all (h, c.length))
    return m->host->fail (m->host->ctx, "out of memory");
  if (m->o->mode == MODE_MASK)
    {
      h->array.null_count = 0;
      if (hide_each (m, h, &c))
        return PEN_ERR;
    }
  h->array.length = c.length;
  h->array.n_buffers = 3;
  h->array.buffers = h->buffers;
  h->buffers[1] = h->offsets;
  h->buffers[2] = h->data ? h->data : (const uint8_t *)"";
  return PEN_OK;
}

/* The batch's own offset goes into its columns: what was masked begins at row 0. */
static void
move_start (struct table *t, const struct ArrowArray *in)
{
  for (size_t i = 0; i < t->n_columns; i++)
    {
      t->moved[i] = *in->children[i];
      t->moved[i].offset += in->offset;
      t->moved[i].length -= in->offset;
      if (t->moved[i].null_count)
        t->moved[i].null_count = -1; /* of these rows: not counted */
      t->moved[i].release = NULL;
      t->arrays[i] = &t->moved[i];
    }
  t->out = *in;
  t->out.offset = 0;
  t->out.children = t->arrays;
  t->out.release = NULL;
}

static int
mask_apply (void *self, unsigned table, const struct ArrowArray *in, const struct ArrowArray **out, uint8_t *keep)
{
  struct mask *m = self;
  struct table *t = &m->table[table];

  (void)keep; /* no row is dropped */
  if (!m->sure && mask_planned (m))
    return PEN_ERR;
  *out = in;
  if (!t->n_hidden)
    return PEN_OK;
  if (in->n_children != (int64_t)t->n_columns)
    return m->host->fail (m->host->ctx, "table %s: the batch is not what its schema says", t->name);
  move_start (t, in);
  for (size_t i = 0; i < t->n_hidden; i++)
    {
      struct hidden *h = &t->hidden[i];
      if (hide_rows (m, t, h, in))
        return PEN_ERR;
      t->arrays[h->at] = &h->array;
    }
  *out = &t->out;
  return PEN_OK;
}

static const struct pen_opt mask_opts[] = {
  { "columns", PEN_LIST, PEN_OPT_REQUIRED, PEN_FIELD (struct mask_options, columns), NULL, NULL,
    "Text columns to hide, each as \"column\" (in every table that has it) or \"table.column\"." },
  { "keep_last", PEN_INT, 0, PEN_FIELD (struct mask_options, keep_last), "0", "0..1000",
    "How many characters at the end stay readable; a text that is not longer than this is hidden whole." },
  { "with", PEN_STRING, 0, PEN_FIELD (struct mask_options, with), "*", NULL,
    "What each hidden character is replaced by." },
  { "mode", PEN_ENUM, 0, PEN_FIELD (struct mask_options, mode), "mask", "mask|null",
    "\"mask\" replaces characters, \"null\" the whole value." },
  { NULL },
};

static const struct pen_filter mask_filter = {
  .size = sizeof (struct pen_filter),
  .create = mask_create,
  .plan = mask_plan,
  .apply = mask_apply,
  .destroy = mask_destroy,
  .planned = mask_planned,
};

PEN_PLUGIN = {
  .abi = PEN_ABI,
  .size = sizeof (struct pen_plugin),
  .name = "mask",
  .version = "1",
  .summary = "hides text columns such as account numbers",
  .doc = "Replaces characters of text columns before rows are encoded, so that no sink sees them. Fails instead of "
         "guessing: "
         "a name that means no column, and a column that is not text, are errors. There is no hashing mode on purpose: "
         "account numbers are few enough to try them all, and a worker may not hold a secret key.",
  .options_size = sizeof (struct mask_options),
  .opt_size = sizeof (struct pen_opt),
  .opts = mask_opts,
  .check = mask_check,
  .filter = &mask_filter,
};
