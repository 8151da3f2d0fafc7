/* SPDX-License-Identifier: Apache-2.0 */
/* carry.c - the state between chunks as plain bytes: phase, line, open elements with their namespaces, the handler's own.
 *
 *   u8 phase, u8 encoding, u16 depth, u16 n, u16 0, u64 line, u64 offset of the line's first byte
 *   per open element: u64 user, u16 bytes of its name, u16 declarations; the name; per declaration: u16 bytes of the
 *   prefix, u16 bytes of the URI; both
 *   n bytes of the handler */
#include "walk.h"

#define HEAD 24

struct writer
{
  struct pen_carry *c;
  bool full;
};

static void
put (struct writer *o, const void *p, size_t n)
{
  if (o->full || PEN_CARRY_MAX - o->c->len < n)
    {
      o->full = true;
      return;
    }
  if (n)
    memcpy (o->c->b + o->c->len, p, n);
  o->c->len += (uint32_t)n;
}

static void
put16 (struct writer *o, size_t v)
{
  uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
  o->full |= v > UINT16_MAX;
  put (o, b, 2);
}

static void
put64 (struct writer *o, uint64_t v)
{
  uint8_t b[8];
  for (int i = 0; i < 8; i++)
    b[i] = (uint8_t)(v >> (8 * i));
  put (o, b, 8);
}

void
xml_carry_dead (struct pen_carry *c)
{
  memset (c->b, 0, HEAD);
  c->b[0] = PHASE_DEAD;
  c->len = HEAD;
}

bool
xml_carry_save (struct xml_walk *w, struct pen_carry *c)
{
  struct writer o = { c, false };
  size_t scope = 0, n;

  xml_line (w, w->at);
  xml_line_start_to (w, w->at);
  c->len = 0;
  put16 (&o, (size_t)w->phase | (size_t)w->text.encoding << 8);
  put16 (&o, w->depth);
  put16 (&o, 0);
  put16 (&o, 0);
  put64 (&o, w->line);
  put64 (&o, w->line_start);
  for (uint32_t i = 1; i <= w->depth; i++)
    {
      const struct xml_element *e = &w->stack[i];
      put64 (&o, e->user);
      put16 (&o, e->sym->name.n);
      put16 (&o, e->declared);
      put (&o, e->sym->name.p, e->sym->name.n);
      for (uint32_t k = 0; k < e->declared; k++, scope++)
        {
          const struct xml_ns *ns = &w->names.scope[scope]->ns;
          put16 (&o, ns->prefix.n);
          put16 (&o, ns->uri.n);
          put (&o, ns->prefix.p, ns->prefix.n);
          put (&o, ns->uri.p, ns->uri.n);
        }
    }
  if (o.full)
    return false;
  n = w->h->save ? w->h->save (w->ctx, c->b + c->len, PEN_CARRY_MAX - c->len) : 0;
  if (n > PEN_CARRY_MAX - c->len)
    return false;
  c->b[4] = (uint8_t)n;
  c->b[5] = (uint8_t)(n >> 8);
  c->len += (uint32_t)n;
  return true;
}

struct reader
{
  const uint8_t *p;
  size_t left;
  bool bad;
};

static struct pen_span
get (struct reader *r, size_t n)
{
  struct pen_span s = { r->p, n };
  if (r->left < n)
    {
      r->bad = true;
      return (struct pen_span){ NULL, 0 };
    }
  r->p += n;
  r->left -= n;
  return s;
}

static uint64_t
get_number (struct reader *r, size_t bytes)
{
  struct pen_span s = get (r, bytes);
  uint64_t v = 0;
  for (size_t i = 0; i < s.n; i++)
    v |= (uint64_t)s.p[i] << (8 * i);
  return v;
}

static bool
get_element (struct xml_walk *w, struct reader *r)
{
  struct xml_element *e = &w->stack[w->depth + 1];
  uint64_t user = get_number (r, 8);
  size_t n = get_number (r, 2), declared = get_number (r, 2);
  struct pen_span name = get (r, n);
  uint32_t hash = 2166136261u;

  if (r->bad || declared > XML_SCOPE_MAX - w->names.n_scope)
    return false;
  *e = (struct xml_element){ .user = user, .depth = w->depth + 1, .declared = (uint32_t)declared };
  for (size_t i = 0; i < declared; i++)
    {
      size_t n_prefix = get_number (r, 2), n_uri = get_number (r, 2);
      struct pen_span prefix = get (r, n_prefix), uri = get (r, n_uri);
      if (r->bad || !xml_scope_push (w, prefix, uri))
        return false;
    }
  if (n <= 16)
    {
      uint64_t key[2] = { 0, 0 };
      memcpy (key, name.p, n);
      hash = xml_hash (key[0], key[1], n);
    }
  else
    for (size_t i = 0; i < n; i++)
      hash = (hash ^ name.p[i]) * 16777619u;
  struct xml_sym *s = w->names.bucket[hash % XML_BUCKETS];
  while (s && (s->name.n != n || memcmp (s->name.p, name.p, n) != 0))
    s = s->next;
  if (!s)
    s = xml_sym_new (w, name.p, n, hash, 0);
  if (!s)
    return false;
  e->sym = s;
  e->ns = xml_scope_find (w, s);
  w->depth++;
  return e->ns != NULL;
}

bool
xml_carry_load (struct xml_walk *w, const struct pen_carry *c)
{
  struct reader r = { c->b, c->len, false };
  size_t depth, n;

  xml_scope_pop (w, w->names.n_scope);
  w->depth = w->record = w->mute = 0;
  w->phase = PHASE_START;
  w->text.encoding = ENC_NONE;
  w->line = 1;
  w->line_start = 0;
  if (c->len == 0)
    {
      if (w->h->load)
        w->h->load (w->ctx, (struct pen_span){ NULL, 0 });
      return true;
    }
  w->phase = (uint8_t)get_number (&r, 1);
  w->text.encoding = (uint8_t)get_number (&r, 1);
  depth = get_number (&r, 2);
  n = get_number (&r, 2);
  get_number (&r, 2);
  w->line = get_number (&r, 8);
  w->line_start = get_number (&r, 8);
  if (r.bad || w->phase > PHASE_DEAD || depth > w->limits.depth)
    return false;
  for (size_t i = 0; i < depth; i++)
    if (!get_element (w, &r))
      return false;
  if (r.left != n)
    return false;
  if (w->h->load && w->phase != PHASE_DEAD)
    w->h->load (w->ctx, get (&r, n));
  return true;
}
