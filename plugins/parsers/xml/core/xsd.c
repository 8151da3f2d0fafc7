/* SPDX-License-Identifier: Apache-2.0 */
/* xsd.c - hands the events of one element to libxml2's schema validator, and keeps what it says. */
#include <stdlib.h>
#include <string.h>
#include "xsd.h"

struct xml_xsd *
xml_xsd_create (const struct pen_host *host, const char *directory, const struct pen_list *files, uint64_t memory)
{
  struct xml_xsd *x = calloc (1, sizeof *x);
  const char *why = NULL;
  size_t before = xsd_memory_peak (true); /* of other instances */

  if (!x)
    {
      host->fail (host->ctx, "schema.files: no memory");
      return NULL;
    }
  x->host = host;
  x->lib = xsd_lib_get (&why);
  if (!x->lib)
    host->fail (host->ctx, "schema.files: validation needs libxml2: %s", why ? why : "it cannot be loaded");
  else if (xsd_load (x, directory, files) == PEN_OK)
    {
      size_t most = xsd_memory_peak (false) - before;
      if (most <= memory)
        {
          x->room = memory - (xsd_memory_used () - before);
          return x;
        }
      host->fail (host->ctx,
                  "schema.memory: expected at least %zu bytes, which reading these schemas takes, found %llu", most,
                  (unsigned long long)memory);
    }
  xml_xsd_destroy (x);
  return NULL;
}

void
xml_xsd_destroy (struct xml_xsd *x)
{
  if (!x)
    return;
  xml_xsd_stop (x);
  for (size_t i = 0; i < x->n; i++)
    {
      x->lib->xmlSchemaFree (x->schema[i].schema);
      free (x->schema[i].ns);
    }
  free (x->schema);
  free (x->word);
  free (x->value);
  free (x);
}

static const struct xsd_schema *
schema_of (const struct xml_xsd *x, struct pen_span uri)
{
  for (size_t i = 0; i < x->n; i++)
    if (strlen (x->schema[i].ns) == uri.n && (!uri.n || memcmp (x->schema[i].ns, uri.p, uri.n) == 0))
      return &x->schema[i];
  return NULL;
}

bool
xml_xsd_has (const struct xml_xsd *x, struct pen_span uri)
{
  return schema_of (x, uri) != NULL;
}

/* ---- what was found ---- */

/* In one line, and without {the schema's own namespace}, which stands before every name. */
static void
on_error (void *ctx, XSD_ERROR *e)
{
  struct xml_xsd *x = ctx;
  const char *ns = x->used->ns;
  size_t n_ns = strlen (ns);

  if (!e->message || e->level < XML_ERR_ERROR)
    return;
  if (x->told)
    x->n_why = 0;
  x->told = false;
  if (x->n_why && x->n_why + 2 < sizeof x->why)
    {
      x->why[x->n_why++] = ';';
      x->why[x->n_why++] = ' ';
    }
  for (const char *p = e->message; *p && x->n_why + 1 < sizeof x->why; p++)
    if (*p == '{' && n_ns && strncmp (p + 1, ns, n_ns) == 0 && p[1 + n_ns] == '}')
      p += n_ns + 1;
    else if (*p != '\n' || p[1])
      x->why[x->n_why++] = *p == '\n' ? ' ' : *p;
  x->why[x->n_why] = 0;
}

const char *
xml_xsd_why (struct xml_xsd *x)
{
  if (!x->n_why || x->told)
    return NULL;
  x->told = true;
  return x->why;
}

bool
xml_xsd_is_over (const struct xml_xsd *x)
{
  return xsd_memory_peak (false) - x->began > x->room;
}

/* ---- names ---- */

static const xmlChar *
name (struct xml_xsd *x, struct pen_span s)
{
  return x->lib->xmlDictLookup (x->names, s.n ? s.p : (const uint8_t *)"", (int)s.n);
}

static struct pen_span
prefix_of (const struct xml_sym *s)
{
  return (struct pen_span){ s->name.p, s->name.n > s->local.n ? s->name.n - s->local.n - 1 : 0 };
}

static int
no_memory (struct xml_xsd *x)
{
  return x->host->fail (x->host->ctx, "xml: no memory for validation");
}

static int
need (struct xml_xsd *x, size_t words, size_t bytes)
{
  if (x->word_cap < words)
    {
      void *p = realloc (x->word, 2 * words * sizeof *x->word);
      if (!p)
        return no_memory (x);
      x->word = p;
      x->word_cap = 2 * words;
    }
  if (x->value_cap < bytes)
    {
      void *p = realloc (x->value, 2 * bytes);
      if (!p)
        return no_memory (x);
      x->value = p;
      x->value_cap = 2 * bytes;
    }
  return PEN_OK;
}

/* libxml2's tokeniser leaves one reference in values, and so its validator replaces it. */
static uint8_t *
escape (uint8_t *to, struct pen_span s)
{
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] == '&')
      to = (uint8_t *)memcpy (to, "&#38;", 5) + 5;
    else
      *to++ = s.p[i];
  return to;
}

/* ---- events ---- */

/* Prefix and URI of the last n declarations in scope, innermost first: the first one of a prefix counts. */
static void
put_declarations (struct xml_xsd *x, size_t n)
{
  size_t all = xml_scopes (x->walk);
  for (size_t i = 0; i < n; i++)
    {
      const struct xml_ns *ns = xml_scope (x->walk, all - 1 - i);
      x->word[2 * i] = ns->prefix.n ? name (x, ns->prefix) : NULL;
      x->word[2 * i + 1] = name (x, ns->uri);
    }
}

static int
open_element (struct xml_xsd *x, const struct xml_element *e, const struct xml_attr *attr, size_t n_attr, size_t n_ns)
{
  size_t bytes = 1;
  const xmlChar **a, *prefix;
  uint8_t *to;

  for (size_t i = 0; i < n_attr; i++)
    bytes += 5 * attr[i].value.n;
  if (need (x, 2 * n_ns + 5 * n_attr + 1, bytes) != PEN_OK)
    return PEN_ERR;
  put_declarations (x, n_ns);
  a = x->word + 2 * n_ns;
  to = x->value;
  for (size_t i = 0; i < n_attr; i++, a += 5)
    {
      prefix = name (x, prefix_of (attr[i].sym));
      a[0] = name (x, attr[i].sym->local);
      a[1] = *prefix ? prefix : NULL;
      a[2] = attr[i].ns->uri.n ? name (x, attr[i].ns->uri) : NULL;
      a[3] = to;
      a[4] = to = escape (to, attr[i].value);
    }
  prefix = name (x, prefix_of (e->sym));
  x->open[2 * x->n_open] = name (x, e->sym->local);
  x->open[2 * x->n_open++ + 1] = e->ns->uri.n ? name (x, e->ns->uri) : NULL;
  x->sax->startElementNs (x->sax_ctx, name (x, e->sym->local), *prefix ? prefix : NULL,
                          e->ns->uri.n ? name (x, e->ns->uri) : NULL, (int)n_ns, x->word, (int)n_attr, 0,
                          x->word + 2 * n_ns);
  return PEN_OK;
}

int
xml_xsd_begin (struct xml_xsd *x, const struct xml_walk *w, const struct xml_element *e, const struct xml_attr *attr,
               size_t n_attr)
{
  xml_xsd_stop (x);
  x->began = xsd_memory_peak (true);
  x->walk = w;
  x->used = schema_of (x, e->ns->uri);
  x->names = x->lib->xmlDictCreate ();
  x->valid = x->lib->xmlSchemaNewValidCtxt (x->used->schema);
  x->sax = NULL;
  if (x->valid)
    {
      x->lib->xmlSchemaSetValidStructuredErrors (x->valid, on_error, x);
      x->plug = x->lib->xmlSchemaSAXPlug (x->valid, &x->sax, &x->sax_ctx);
    }
  if (!x->names || !x->plug)
    {
      xml_xsd_stop (x);
      return no_memory (x);
    }
  return open_element (x, e, attr, n_attr, xml_scopes (w));
}

int
xml_xsd_start (struct xml_xsd *x, const struct xml_element *e, const struct xml_attr *attr, size_t n_attr)
{
  return open_element (x, e, attr, n_attr, e->declared);
}

void
xml_xsd_text (struct xml_xsd *x, struct pen_span s)
{
  x->sax->characters (x->sax_ctx, s.p, (int)s.n);
}

void
xml_xsd_end (struct xml_xsd *x, const struct xml_element *e)
{
  const xmlChar *prefix = name (x, prefix_of (e->sym));
  x->n_open--;
  x->sax->endElementNs (x->sax_ctx, name (x, e->sym->local), *prefix ? prefix : NULL,
                        e->ns->uri.n ? name (x, e->ns->uri) : NULL);
}

void
xml_xsd_stop (struct xml_xsd *x)
{
  /* Keys of elements that stay open are never freed: they are closed, whatever is said of that. */
  for (; x->n_open; x->n_why = 0)
    {
      x->n_open--;
      x->sax->endElementNs (x->sax_ctx, x->open[2 * x->n_open], NULL, x->open[2 * x->n_open + 1]);
    }
  if (x->plug)
    x->lib->xmlSchemaSAXUnplug (x->plug);
  if (x->valid)
    x->lib->xmlSchemaFreeValidCtxt (x->valid);
  if (x->names)
    x->lib->xmlDictFree (x->names);
  x->plug = NULL;
  x->valid = NULL;
  x->names = NULL;
}
