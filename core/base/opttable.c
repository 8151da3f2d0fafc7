/* SPDX-License-Identifier: Apache-2.0 */
/* opttable.c - a plugin's option table, copied out of the plugin and checked for soundness. */
#include "core/base/options.h"

#include "core/base/optvalue.h"

#include <stdlib.h>
#include <string.h>

static const struct
{
  unsigned type;
  uint16_t width;
  uint16_t align;
  const char *name;
} types[] = {
  { PEN_BOOL, sizeof (bool), _Alignof(bool), "bool" },
  { PEN_INT, sizeof (int64_t), _Alignof(int64_t), "int" },
  { PEN_SIZE, sizeof (uint64_t), _Alignof(uint64_t), "size" },
  { PEN_DURATION, sizeof (int64_t), _Alignof(int64_t), "duration" },
  { PEN_STRING, sizeof (char *), _Alignof(char *), "string" },
  { PEN_PATH, sizeof (char *), _Alignof(char *), "path" },
  { PEN_ENUM, sizeof (int), _Alignof(int), "enum" },
  { PEN_LIST, sizeof (struct pen_list), _Alignof(struct pen_list), "list" },
  { PEN_SECRET, sizeof (char *), _Alignof(char *), "secret" },
};
#define TYPES (sizeof types / sizeof *types)

const char *
opt_type_name (unsigned type)
{
  for (size_t i = 0; i < TYPES; i++)
    if (types[i].type == type)
      return types[i].name;
  return NULL;
}

unsigned
opt_type_of (const char *name)
{
  for (size_t i = 0; i < TYPES; i++)
    if (strcmp (types[i].name, name) == 0)
      return types[i].type;
  return 0;
}

static char *
copy_or_null (const char *s)
{
  return s ? xstrdup (s) : NULL;
}

void
opt_table_add (struct opt_table *t, const struct opt_desc *d)
{
  struct opt_desc *to;

  if (t->n == t->cap)
    {
      t->cap = t->cap ? 2 * t->cap : 16;
      t->v = xrealloc (t->v, t->cap * sizeof *t->v);
    }
  to = &t->v[t->n++];
  *to = *d;
  to->name = xstrdup (d->name);
  to->def = copy_or_null (d->def);
  to->range = copy_or_null (d->range);
  to->doc = copy_or_null (d->doc);
}

void
opt_table_fini (struct opt_table *t)
{
  for (size_t i = 0; i < t->n; i++)
    {
      free (t->v[i].name);
      free (t->v[i].def);
      free (t->v[i].range);
      free (t->v[i].doc);
    }
  free (t->v);
  memset (t, 0, sizeof *t);
}

const struct opt_desc *
opt_table_find (const struct opt_table *t, const char *name)
{
  for (size_t i = 0; i < t->n; i++)
    if (strcmp (t->v[i].name, name) == 0)
      return &t->v[i];
  return NULL;
}

/* Words of lower-case letters, digits, '_' and '-', joined by dots. */
static bool
is_option_name (const char *s)
{
  size_t n = strlen (s);

  return n && n <= OPTSET_NAME_MAX && s[strspn (s, "abcdefghijklmnopqrstuvwxyz0123456789_-.")] == '\0' && *s != '.'
         && s[n - 1] != '.' && !strstr (s, "..");
}

static int
check_default (const struct opt_desc *d, struct err *e)
{
  char item[OPTSET_NAME_MAX];
  const char *w;
  int64_t v;
  size_t n;

  if (!d->def)
    return 0;
  if (d->flags & PEN_OPT_REQUIRED)
    return err_set (e, "a required option has no default");
  if (d->type != PEN_LIST)
    return opt_value_parse (d, d->def, &v, e);
  for (size_t i = 0; d->range && (w = opt_word (d->def, ',', i, &n)); i++)
    {
      if (n >= sizeof item)
        return err_set (e, "an item of the default is longer than %zu bytes", sizeof item - 1);
      memcpy (item, w, n);
      item[n] = '\0';
      if (opt_value_parse (d, item, &v, e) == -1)
        return -1;
    }
  return 0;
}

static int
check_option (const struct opt_table *t, size_t i, struct err *e)
{
  const struct opt_desc *d = &t->v[i];

  if (!is_option_name (d->name))
    return err_set (e, "not a name of lower-case words joined by dots");
  for (size_t j = 0; j < i; j++)
    if (strcmp (t->v[j].name, d->name) == 0)
      return err_set (e, "declared twice");
  if (!opt_type_name (d->type))
    return err_set (e, "type %u is not known", d->type);
  if (opt_range_check (d, e) == -1 || check_default (d, e) == -1)
    return -1;
  return 0;
}

int
opt_table_check (const struct opt_table *t, struct err *e)
{
  for (size_t i = 0; i < t->n; i++)
    if (check_option (t, i, e) == -1)
      return err_prefix (e, "option table: %s", t->v[i].name);
  return 0;
}

/* Every field lies within the struct, has its type's width and shares no byte with another. */
static int
check_places (const struct opt_table *t, size_t options_size, struct err *e)
{
  for (size_t i = 0; i < t->n; i++)
    {
      const struct opt_desc *d = &t->v[i];

      for (size_t k = 0; k < TYPES; k++)
        if (types[k].type == d->type && (types[k].width != d->width || d->offset % types[k].align))
          return err_set (
              e, "option table: %s: a field of %u bytes at offset %u cannot hold a value of type %s, which has %u",
              d->name, d->width, d->offset, types[k].name, types[k].width);
      if ((size_t)d->offset + d->width > options_size)
        return err_set (e, "option table: %s: ends at byte %u, but the options have %zu", d->name, d->offset + d->width,
                        options_size);
      for (size_t j = 0; j < i; j++)
        if (d->offset < t->v[j].offset + t->v[j].width && t->v[j].offset < d->offset + d->width)
          return err_set (e, "option table: %s: shares its place with %s", d->name, t->v[j].name);
    }
  return 0;
}

int
opt_table_read (const struct pen_plugin *p, struct opt_table *t, struct err *e)
{
  const char *at = (const char *)p->opts;

  memset (t, 0, sizeof *t);
  if (!at)
    return 0;
  if (p->opt_size < sizeof (struct pen_opt) || p->opt_size % _Alignof(struct pen_opt))
    return err_set (e, "option table: elements of %zu bytes, at least %zu expected", p->opt_size,
                    sizeof (struct pen_opt));
  for (;; at += p->opt_size)
    {
      const struct pen_opt *o = (const struct pen_opt *)at;

      if (!o->name)
        break;
      if (t->n == OPT_TABLE_MAX)
        {
          opt_table_fini (t);
          return err_set (e, "option table: more than %d options, or no end", OPT_TABLE_MAX);
        }
      opt_table_add (t, &(struct opt_desc){ (char *)o->name, o->type, o->flags, o->offset, o->width, (char *)o->def,
                                            (char *)o->range, (char *)o->doc });
    }
  if (opt_table_check (t, e) == 0 && check_places (t, p->options_size, e) == 0)
    return 0;
  opt_table_fini (t);
  return -1;
}
