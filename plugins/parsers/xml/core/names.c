/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - element and attribute names, kept once each, and the namespace declarations that are in scope. */
#include <stdlib.h>
#include "walk.h"

const struct xml_ns xml_no_ns;
#define XML_URI "http://www.w3.org/XML/1998/namespace"
const struct xml_ns xml_xml_ns = { 0, { (const uint8_t *)"xml", 3 }, { (const uint8_t *)XML_URI, sizeof XML_URI - 1 } };

static void *
take (struct xml_walk *w, size_t n)
{
  struct xml_names *x = &w->names;
  struct xml_arena *a = x->arena;
  n = (n + 15) & ~(size_t)15;
  if (!a || a->cap - a->used < n)
    {
      size_t cap = n > XML_ARENA ? n : XML_ARENA;
      a = malloc (sizeof *a + cap + 16);
      if (!a)
        {
          w->status = w->host->fail (w->host->ctx, "xml: no memory for names");
          return NULL;
        }
      *a = (struct xml_arena){ x->arena, 0, cap };
      x->arena = a;
    }
  a->used += n;
  return (uint8_t *)a + ((sizeof *a + 15) & ~(size_t)15) + a->used - n;
}

static void
drop (struct xml_arena *a)
{
  while (a)
    {
      struct xml_arena *next = a->next;
      free (a);
      a = next;
    }
}

static uint32_t
number_of (const struct xml_known *k, size_t n_known, const uint8_t *p, size_t n)
{
  for (size_t i = 0; i < n_known; i++)
    if (k[i].n == n && memcmp (k[i].text, p, n) == 0)
      return (uint32_t)i + 1;
  return 0;
}

static uint32_t
enter (struct xml_known **known, size_t *n_known, const char *text)
{
  size_t n = strlen (text);
  uint32_t id = number_of (*known, *n_known, (const uint8_t *)text, n);
  struct xml_known *k;
  if (id)
    return id;
  k = realloc (*known, (*n_known + 1) * sizeof *k);
  if (!k)
    return 0;
  *known = k;
  k[*n_known] = (struct xml_known){ strdup (text), n };
  return k[*n_known].text ? (uint32_t)++ * n_known : 0;
}

uint32_t
xml_name_id (struct xml_walk *w, const char *local)
{
  return enter (&w->names.known, &w->names.n_known, local);
}

uint32_t
xml_ns_id (struct xml_walk *w, const char *uri)
{
  return enter (&w->names.uris, &w->names.n_uris, uri);
}

/* Reads a name's parts; false: w->error is set. */
static bool
read_name (struct xml_walk *w, struct xml_sym *s, const uint8_t *p, size_t n, size_t place)
{
  size_t colon, colons, good = xml_name_length (p, n, &colon, &colons), more, none;

  if (good < n || !n)
    {
      if (good < n && p[good] >= 0x80 && !xml_char (p + good, n - good))
        xml_bad_char (w, place + good);
      else if (good == 0)
        xml_bad (w, place, NOT_WF, "expected a name, found \"%.*s\"", (int)(n < 20 ? n : 20), (const char *)p);
      else
        xml_bad (w, place + good, NOT_WF, "expected a name, found \"%.*s\"", (int)(n < 60 ? n : 60), (const char *)p);
      return false;
    }
  s->local = s->name;
  if (!colons)
    return true;
  if (colons > 1 || colon == 0 || colon + 1 == n || xml_name_length (p + colon + 1, n - colon - 1, &more, &none) == 0)
    {
      xml_bad (w, place, "namespace", "expected a prefix and a local name, found \"%.*s\"", (int)(n < 60 ? n : 60),
               (const char *)p);
      return false;
    }
  s->local.p += colon + 1;
  s->local.n -= colon + 1;
  return true;
}

struct xml_sym *
xml_sym_new (struct xml_walk *w, const uint8_t *p, size_t n, uint32_t hash, size_t place)
{
  struct xml_names *x = &w->names;
  struct xml_sym *s, head = { .name = { p, n } };
  uint8_t *text;

  if (!read_name (w, &head, p, n, place))
    return NULL;
  s = take (w, sizeof *s);
  text = s ? take (w, n + 16) : NULL; /* 16 bytes may be read from any name */
  if (!text)
    return NULL;
  memcpy (text, p, n);
  memset (text + n, 0, 16);
  *s = (struct xml_sym){ .name = { text, n }, .local = { text + n - head.local.n, head.local.n }, .hash = hash };
  memcpy (s->key, text, 16);
  for (size_t i = 0; i < 16 && i < n; i++)
    ((uint8_t *)s->mask)[i] = 0xff;
  s->id = number_of (x->known, x->n_known, s->local.p, s->local.n);
  s->next = x->bucket[hash % XML_BUCKETS];
  x->bucket[hash % XML_BUCKETS] = s;
  x->n++;
  return s;
}

int
xml_names_forget (struct xml_walk *w)
{
  struct xml_names *x = &w->names;
  struct xml_arena *old = x->arena;

  x->arena = NULL;
  x->n = 0;
  x->before = NULL;
  memset (x->bucket, 0, sizeof x->bucket);
  for (uint32_t i = 1; i <= w->depth; i++)
    {
      const struct xml_sym *was = w->stack[i].sym;
      struct xml_sym *s = x->bucket[was->hash % XML_BUCKETS];
      while (s && (s->name.n != was->name.n || memcmp (s->name.p, was->name.p, was->name.n) != 0))
        s = s->next;
      if (!s)
        s = xml_sym_new (w, was->name.p, was->name.n, was->hash, 0);
      if (!s)
        break;
      w->stack[i].sym = s;
    }
  drop (old);
  return w->status;
}

/* ---- namespaces ---- */

struct xml_ns *
xml_scope_push (struct xml_walk *w, struct pen_span prefix, struct pen_span uri)
{
  struct xml_names *x = &w->names;
  struct xml_scope *s = x->scope[x->n_scope];
  size_t n = prefix.n + uri.n;

  if (!s)
    s = x->scope[x->n_scope] = calloc (1, sizeof *s);
  if (s && (!s->own || s->cap < n))
    {
      uint8_t *own = realloc (s->own, n + 32);
      s->own = own ? own : s->own;
      s->cap = own ? n + 32 : s->cap;
    }
  if (!s || !s->own || s->cap < n)
    {
      w->status = w->host->fail (w->host->ctx, "xml: no memory for namespaces");
      return NULL;
    }
  if (prefix.n)
    memcpy (s->own, prefix.p, prefix.n);
  if (uri.n)
    memcpy (s->own + prefix.n, uri.p, uri.n);
  s->ns.prefix = (struct pen_span){ s->own, prefix.n };
  s->ns.uri = (struct pen_span){ s->own + prefix.n, uri.n };
  s->ns.id = number_of (x->uris, x->n_uris, s->ns.uri.p, uri.n);
  x->n_scope++;
  x->epoch++;
  return &s->ns;
}

void
xml_scope_pop (struct xml_walk *w, size_t n)
{
  struct xml_names *x = &w->names;
  if (!n)
    return;
  x->epoch++;
  while (n--)
    {
      struct xml_scope *s = x->scope[--x->n_scope];
      if (s->cap > 512)
        {
          free (s->own);
          s->own = NULL;
          s->cap = 0;
        }
    }
}

const struct xml_ns *
xml_scope_find (struct xml_walk *w, struct xml_sym *s)
{
  struct xml_names *x = &w->names;
  size_t n = s->name.n - s->local.n; /* with the colon */

  if (s->epoch == x->epoch)
    return s->ns;
  s->ns = n ? NULL : &xml_no_ns;
  n -= n > 0;
  if (n == 3 && memcmp (s->name.p, "xml", 3) == 0)
    s->ns = &xml_xml_ns;
  else
    for (size_t i = x->n_scope; i-- > 0;)
      {
        const struct xml_ns *ns = &x->scope[i]->ns;
        if (ns->prefix.n == n && memcmp (ns->prefix.p, s->name.p, n) == 0)
          {
            s->ns = ns->uri.n ? ns : &xml_no_ns;
            break;
          }
      }
  s->epoch = x->epoch;
  return s->ns;
}

int
xml_names_init (struct xml_walk *w)
{
  w->names.epoch = 1;
  return PEN_OK;
}

void
xml_names_fini (struct xml_walk *w)
{
  struct xml_names *x = &w->names;
  drop (x->arena);
  for (size_t i = 0; i < x->n_known; i++)
    free (x->known[i].text);
  for (size_t i = 0; i < x->n_uris; i++)
    free (x->uris[i].text);
  for (size_t i = 0; i < XML_SCOPE_MAX && x->scope[i]; i++)
    {
      free (x->scope[i]->own);
      free (x->scope[i]);
    }
  free (x->known);
  free (x->uris);
}
