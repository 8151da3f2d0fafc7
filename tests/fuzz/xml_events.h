/* SPDX-License-Identifier: Apache-2.0 */
/* xml_events.h - a document's events as text, once by the XML reading core and once by libxml2, to be compared.
 *
 * Start tags with namespace and attributes, text with neighbours joined, end tags. Meant for tests: aborts without
 * memory. Include it in one source file of a program. */
#ifndef PEN_TEST_XML_EVENTS_H
#define PEN_TEST_XML_EVENTS_H
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmlcore.h>

struct trace
{
  char *p; /* NUL-terminated */
  size_t n, cap;
  bool text; /* the last line is one of text */
  bool good, doctype;
  char why[600];          /* of a bad one */
  const char *rule;       /* core only */
  uint64_t at, line;      /* core only: of the error */
  size_t depth, elements; /* on the way */
  const char *broken;     /* core only: a promise that was not kept */
  /* libxml2: where the first elements of depth 2 begin and end, behind their tags */
  size_t from[64], to[64], n_spans;
};

static inline void
trace_add (struct trace *t, const void *p, size_t n)
{
  if (t->n + n + 1 > t->cap)
    {
      t->cap = 2 * (t->n + n) + 256;
      t->p = realloc (t->p, t->cap);
      if (!t->p)
        abort ();
    }
  memcpy (t->p + t->n, p, n);
  t->n += n;
  t->p[t->n] = 0;
}

static inline void
trace_part (struct trace *t, const char *mark, const void *p, size_t n)
{
  trace_add (t, mark, strlen (mark));
  if (n)
    trace_add (t, p, n);
}

static inline void
trace_text (struct trace *t, const void *p, size_t n)
{
  if (!t->text)
    trace_add (t, "\nT ", 3);
  t->text = true;
  trace_add (t, p, n);
}

static inline void
trace_fini (struct trace *t)
{
  free (t->p);
  memset (t, 0, sizeof *t);
}

/* ---- the core ---- */

struct core_trace
{
  struct xml_walk *w;
  struct trace *t;
  uint32_t record_depth; /* elements of this depth are records; 0: none */
};

static inline int
core_start (void *ctx, struct xml_element *e, const struct xml_attr *attr, size_t n_attr, size_t end)
{
  struct core_trace *c = ctx;
  (void)end;
  if (!xml_is_cutting (c->w))
    {
      c->t->elements++;
      c->t->text = false;
      trace_part (c->t, "\nS {", e->ns->uri.p, e->ns->uri.n);
      trace_part (c->t, "}", e->sym->local.p, e->sym->local.n);
      for (size_t i = 0; i < n_attr; i++)
        {
          trace_part (c->t, "\nA {", attr[i].ns->uri.p, attr[i].ns->uri.n);
          trace_part (c->t, "}", attr[i].sym->local.p, attr[i].sym->local.n);
          trace_part (c->t, "=", attr[i].value.p, attr[i].value.n);
        }
    }
  return e->depth == c->record_depth ? XML_RECORD : XML_GO;
}

static inline int
core_text (void *ctx, struct xml_element *e, struct pen_span s, size_t at)
{
  struct core_trace *c = ctx;
  (void)e;
  (void)at;
  if (!xml_is_cutting (c->w))
    trace_text (c->t, s.p, s.n);
  return PEN_OK;
}

static inline int
core_end (void *ctx, struct xml_element *e, size_t at, size_t end)
{
  struct core_trace *c = ctx;
  (void)e;
  (void)at;
  (void)end;
  if (!xml_is_cutting (c->w))
    {
      c->t->text = false;
      trace_part (c->t, "\nE", NULL, 0);
    }
  return PEN_OK;
}

static inline int
core_finding (void *ctx, const struct pen_finding *f)
{
  struct core_trace *c = ctx;
  if (!c->t->rule)
    {
      snprintf (c->t->why, sizeof c->t->why, "%s", f->text);
      c->t->rule = f->rule;
      c->t->at = f->offset;
      c->t->line = f->line;
    }
  else
    c->t->broken = "two errors are reported";
  c->t->good = false;
  return PEN_OK;
}

static inline void
core_log (void *ctx, int level, const char *fmt, ...)
{
  (void)ctx;
  (void)level;
  (void)fmt;
}
static inline int
core_fail (void *ctx, const char *fmt, ...)
{
  va_list ap;
  (void)ctx;
  va_start (ap, fmt);
  vfprintf (stderr, fmt, ap);
  va_end (ap);
  fputc ('\n', stderr);
  return PEN_ERR;
}

static const struct pen_host core_host = { sizeof core_host, NULL, core_log, core_fail };
/* As wide as libxml2's own, so that both meet them at the same documents. */
static const struct xml_limits core_limits = { XML_DEPTH_MAX,      50000,       XML_ATTRS_MAX, 10000000, 10000000,
                                               XML_DOCTYPE_REJECT, { 0, NULL }, false };

static inline void
carry_copy (struct pen_carry *to, const struct pen_carry *from)
{
  memcpy (to, from, offsetof (struct pen_carry, b) + from->len);
}

/* A walk reads any number of documents, as in a worker. */
static inline void
core_open (struct core_trace *c, const struct xml_limits *limits)
{
  static const struct xml_handler handler = { .start = core_start, .text = core_text, .end = core_end };
  memset (c, 0, sizeof *c);
  c->w = xml_walk_create (&core_host, limits, &handler, c);
  if (!c->w)
    abort ();
}

/* Reads the document in windows of `window` bytes (0: one chunk), with records at a depth. */
static inline void
core_read (struct core_trace *c, struct trace *t, const uint8_t *p, size_t n, size_t window, uint32_t record_depth)
{
  struct pen_out out = { .size = sizeof out, .ctx = c, .finding = core_finding };
  struct pen_carry *carry = calloc (3, sizeof *carry);
  size_t offset = 0;

  memset (t, 0, sizeof *t);
  t->good = true;
  c->t = t;
  c->record_depth = record_depth;
  if (!carry)
    abort ();
  do
    {
      size_t len = window && window < n - offset ? window : n - offset, cut = len;
      struct pen_chunk chunk = { sizeof chunk, { p + offset, len }, offset, 0 };
      int status = PEN_OK;
      carry_copy (&carry[1], &carry[0]);
      if (n)
        for (;; len = len * 2 < n - offset ? len * 2 : n - offset)
          {
            uint8_t *copy = malloc (len);
            chunk.bytes = (struct pen_span){ copy, len };
            chunk.flags = (offset ? 0 : PEN_CHUNK_FIRST) | (offset + len == n ? PEN_CHUNK_LAST : 0);
            carry_copy (&carry[1], &carry[0]);
            memcpy (copy, p + offset, len);
            status = xml_cut (c->w, &carry[1], &chunk, &cut);
            free (copy);
            if (status != PEN_MORE || offset + len == n)
              break;
          }
      if (status != PEN_OK || (n && (cut == 0 || cut > len)) || (offset + len == n && cut != len))
        {
          t->broken = "cut() did not keep its contract";
          break;
        }
      uint8_t *copy = malloc (cut + 1);
      memcpy (copy, p + offset, cut);
      copy = realloc (copy, cut ? cut : 1);
      chunk.bytes = (struct pen_span){ copy, cut };
      chunk.flags = (offset ? 0 : PEN_CHUNK_FIRST) | (offset + cut == n ? PEN_CHUNK_LAST : 0);
      status = xml_parse (c->w, &carry[0], &chunk, &carry[2], &out);
      free (copy);
      if (status != PEN_OK)
        t->broken = "parse() failed";
      else if (t->good && (carry[1].len != carry[2].len || memcmp (carry[1].b, carry[2].b, carry[1].len) != 0) && n)
        t->broken = "cut() and parse() end with different carries";
      carry_copy (&carry[0], &carry[2]);
      offset += cut;
    }
  while (offset < n && !t->broken);
  free (carry);
}

/* ---- libxml2 ---- */

static xmlParserCtxtPtr oracle_parser;

static inline void
oracle_start (void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int n_ns, const xmlChar **ns,
              int n_attr, int n_default, const xmlChar **attr)
{
  struct trace *t = ctx;
  (void)prefix;
  (void)n_ns;
  (void)ns;
  (void)n_default;
  t->elements++;
  if (++t->depth == 2 && t->n_spans < 64)
    t->from[t->n_spans] = (size_t)xmlByteConsumed (oracle_parser);
  t->text = false;
  trace_part (t, "\nS {", uri, uri ? strlen ((const char *)uri) : 0);
  trace_part (t, "}", local, strlen ((const char *)local));
  for (int i = 0; i < n_attr; i++, attr += 5)
    {
      trace_part (t, "\nA {", attr[2], attr[2] ? strlen ((const char *)attr[2]) : 0);
      trace_part (t, "}", attr[0], strlen ((const char *)attr[0]));
      trace_part (t, "=", attr[3], (size_t)(attr[4] - attr[3]));
    }
}

static inline void
oracle_end (void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
  struct trace *t = ctx;
  (void)local;
  (void)prefix;
  (void)uri;
  if (t->depth-- == 2 && t->n_spans < 64)
    t->to[t->n_spans++] = (size_t)xmlByteConsumed (oracle_parser);
  t->text = false;
  trace_part (t, "\nE", NULL, 0);
}

static inline void
oracle_text (void *ctx, const xmlChar *p, int n)
{
  if (n > 0)
    trace_text (ctx, p, (size_t)n);
}

static inline void
oracle_error (void *ctx, xmlErrorPtr e)
{
  struct trace *t = ctx;
  if (e->level < XML_ERR_ERROR || e->code == XML_WAR_NS_URI) /* a namespace's name that is no URI */
    return;
  if (t->good)
    {
      snprintf (t->why, sizeof t->why, "%d:%d: %s", e->line, e->int2, e->message ? e->message : "");
      t->why[strcspn (t->why, "\n")] = 0;
    }
  t->good = false;
}

static inline void
oracle_doctype (void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
  struct trace *t = ctx;
  (void)name;
  (void)external;
  (void)system;
  t->doctype = true;
  xmlStopParser (oracle_parser); /* nothing behind it counts */
}

/* Pulls, because libxml2 2.9 does not normalise line ends of CDATA when it is pushed; references are replaced, because it
 * leaves "&#38;" in attribute values otherwise. The document's type stops it. */
static inline void
trace_libxml2 (struct trace *t, const uint8_t *p, size_t n)
{
  xmlSAXHandler sax, *own;
  memset (&sax, 0, sizeof sax);
  memset (t, 0, sizeof *t);
  t->good = n > 0;
  if (!n)
    return;
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = oracle_start;
  sax.endElementNs = oracle_end;
  sax.characters = sax.ignorableWhitespace = sax.cdataBlock = oracle_text;
  sax.internalSubset = oracle_doctype;
  sax.serror = oracle_error;
  xmlParserMaxDepth = XML_DEPTH_MAX;
  oracle_parser = xmlCreateMemoryParserCtxt ((const char *)p, (int)n);
  if (!oracle_parser)
    abort ();
  own = oracle_parser->sax;
  oracle_parser->sax = &sax;
  oracle_parser->userData = t;
  xmlCtxtUseOptions (oracle_parser, XML_PARSE_NONET | XML_PARSE_NOENT);
  if (xmlParseDocument (oracle_parser) || !oracle_parser->wellFormed)
    t->good = false;
  oracle_parser->sax = own;
  xmlFreeDoc (oracle_parser->myDoc);
  xmlFreeParserCtxt (oracle_parser);
}
#endif
