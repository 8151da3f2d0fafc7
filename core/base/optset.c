/* SPDX-License-Identifier: Apache-2.0 */
/* optset.c - the options that somebody wrote for one plugin: names and value texts with the place of each, not yet
 * typed. */
#include "core/base/optset.h"

#include "core/base/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Packed: magic, count of pairs, owner, where, base, then per pair: flags, name, value, where. Integers are uint32_t of
 * this machine; a text is its length and its bytes without NUL. */
#define MAGIC 0x31504f50u /* "POP1" */

void
optset_init (struct optset *s, const char *owner, const char *where, const char *base)
{
  s->owner = xstrdup (owner ? owner : "");
  s->where = xstrdup (where ? where : "");
  s->base = xstrdup (base ? base : "");
  s->n = s->cap = 0;
  s->v = NULL;
}

void
optset_fini (struct optset *s)
{
  for (size_t i = 0; i < s->n; i++)
    {
      free (s->v[i].name);
      free (s->v[i].value);
      free (s->v[i].where);
    }
  free (s->v);
  free (s->owner);
  free (s->where);
  free (s->base);
  memset (s, 0, sizeof *s);
}

static int
add_pair (struct optset *s, const char *name, const char *value, const char *where, bool empty, struct err *e)
{
  char shown[ESCAPE_MAX];

  if (strlen (name) > OPTSET_NAME_MAX)
    return err_set (e, "%s: %s: the option's name has %zu bytes, the limit is %d", where, s->owner, strlen (name),
                    OPTSET_NAME_MAX);
  escape_text (shown, sizeof shown, name, strlen (name));
  if (strlen (value) > OPTSET_VALUE_MAX)
    return err_set (e, "%s: %s: %s: the value has %zu bytes, the limit is %d", where, s->owner, shown, strlen (value),
                    OPTSET_VALUE_MAX);
  if (s->n >= OPTSET_PAIRS_MAX)
    return err_set (e, "%s: %s: %s: more than %d values", where, s->owner, shown, OPTSET_PAIRS_MAX);
  if (s->n == s->cap)
    {
      s->cap = s->cap ? 2 * s->cap : 8;
      s->v = xrealloc (s->v, s->cap * sizeof *s->v);
    }
  s->v[s->n].name = xstrdup (name);
  s->v[s->n].value = xstrdup (value);
  s->v[s->n].where = xstrdup (where);
  s->v[s->n].empty = empty;
  s->n++;
  return 0;
}

int
optset_add (struct optset *s, const char *name, const char *value, const char *where, struct err *e)
{
  return add_pair (s, name, value, where ? where : "", false, e);
}

int
optset_add_empty (struct optset *s, const char *name, const char *where, struct err *e)
{
  return add_pair (s, name, "", where ? where : "", true, e);
}

const char *
optset_get (const struct optset *s, const char *name)
{
  for (size_t i = s->n; i-- > 0;)
    if (strcmp (s->v[i].name, name) == 0 && !s->v[i].empty)
      return s->v[i].value;
  return NULL;
}

void
optset_copy (struct optset *to, const struct optset *from)
{
  optset_init (to, from->owner, from->where, from->base);
  for (size_t i = 0; i < from->n; i++)
    add_pair (to, from->v[i].name, from->v[i].value, from->v[i].where, from->v[i].empty, NULL);
}

/* ---- packing ---- */

struct packer
{
  uint8_t *p; /* NULL: only count */
  size_t n;
};

static void
put_u32 (struct packer *k, uint32_t v)
{
  if (k->p)
    memcpy (k->p + k->n, &v, sizeof v);
  k->n += sizeof v;
}

static void
put_text (struct packer *k, const char *s)
{
  size_t n = strlen (s);

  put_u32 (k, (uint32_t)n);
  if (k->p)
    memcpy (k->p + k->n, s, n);
  k->n += n;
}

static void
put_all (struct packer *k, const struct optset *s)
{
  put_u32 (k, MAGIC);
  put_u32 (k, (uint32_t)s->n);
  put_text (k, s->owner);
  put_text (k, s->where);
  put_text (k, s->base);
  for (size_t i = 0; i < s->n; i++)
    {
      put_u32 (k, s->v[i].empty);
      put_text (k, s->v[i].name);
      put_text (k, s->v[i].value);
      put_text (k, s->v[i].where);
    }
}

int
optset_pack (const struct optset *s, void **bytes, size_t *n, struct err *e)
{
  struct packer count = { NULL, 0 }, write;

  put_all (&count, s);
  if (count.n > OPTSET_BYTES_MAX)
    return err_set (e, "%s: %s: the options take %zu bytes, the limit is %u", s->where, s->owner, count.n,
                    OPTSET_BYTES_MAX);
  write.p = xmalloc (count.n);
  write.n = 0;
  put_all (&write, s);
  *bytes = write.p;
  *n = write.n;
  return 0;
}

struct reader
{
  const uint8_t *p;
  size_t n;
  bool bad;
};

static uint32_t
get_u32 (struct reader *r)
{
  uint32_t v = 0;

  if (r->n < sizeof v)
    {
      r->bad = true;
      return 0;
    }
  memcpy (&v, r->p, sizeof v);
  r->p += sizeof v;
  r->n -= sizeof v;
  return v;
}

/* A copy, never NULL; a NUL inside is as bad as a length past the end. */
static char *
get_text (struct reader *r, size_t max)
{
  uint32_t n = get_u32 (r);
  char *s;

  if (r->bad || n > max || n > r->n || (n && memchr (r->p, 0, n)))
    {
      r->bad = true;
      return xstrdup ("");
    }
  s = xmalloc ((size_t)n + 1);
  memcpy (s, r->p, n);
  s[n] = '\0';
  r->p += n;
  r->n -= n;
  return s;
}

int
optset_unpack (struct optset *s, const void *bytes, size_t n, struct err *e)
{
  struct reader r = { bytes, n, n > OPTSET_BYTES_MAX };
  uint32_t magic = get_u32 (&r), pairs = get_u32 (&r);

  if (r.bad || magic != MAGIC || pairs > OPTSET_PAIRS_MAX)
    return err_set (e, "packed options of %zu bytes are damaged", n);
  s->owner = get_text (&r, OPTSET_VALUE_MAX);
  s->where = get_text (&r, OPTSET_VALUE_MAX);
  s->base = get_text (&r, OPTSET_VALUE_MAX);
  s->n = 0;
  s->cap = pairs;
  /* 16 bytes is the least that a pair takes: a count that the bytes cannot hold allocates nothing */
  s->v = !r.bad && pairs <= r.n / 16 ? xcalloc (pairs, sizeof *s->v) : NULL;
  r.bad |= !s->v;
  while (!r.bad && s->n < pairs)
    {
      struct opt_pair *p = &s->v[s->n++];
      uint32_t flags = get_u32 (&r);

      r.bad |= flags > 1;
      p->empty = flags == 1;
      p->name = get_text (&r, OPTSET_NAME_MAX);
      p->value = get_text (&r, OPTSET_VALUE_MAX);
      p->where = get_text (&r, OPTSET_VALUE_MAX);
    }
  if (!r.bad && r.n == 0)
    return 0;
  optset_fini (s);
  return err_set (e, "packed options of %zu bytes are damaged", n);
}
