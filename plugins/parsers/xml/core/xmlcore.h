/* SPDX-License-Identifier: Apache-2.0 */
/* xmlcore.h - the XML reading core: cuts one document into chunks at its record elements, and reads each chunk as events.
 *
 *   w = xml_walk_create (host, &limits, &handler, ctx);          in create()
 *   id = xml_name_id (w, "CdtTrfTxInf");                         once per name that matters
 *   return xml_cut (w, carry, window, cut);                      in cut()
 *   status = xml_parse (w, in, chunk, end, out);                 in parse(); then flush the tables
 *   xml_walk_destroy (w);
 *
 * Both calls bring the same events of everything outside of record elements to the handler, so that it knows where in the
 * document it is and what the carry has to say. start() names a record element by returning XML_RECORD. Its inside is
 * passed over by a structural scan in cut(), and read in parse(). A chunk ends behind markup outside of record elements,
 * wherever nobody holds (xml_hold).
 *
 * What is read: XML 1.0 (fifth edition) with namespaces, without a document type. Line ends and attribute values are
 * normalised, references replaced, CDATA is text; text is UTF-8 whatever the source was. The first error is reported as
 * one finding of severity object, with line, column and byte offset; nothing behind it is read, in any later chunk.
 *
 * A `place` (size_t) is a position in the text of the current chunk; xml_offset() and xml_line() make object offsets and
 * line numbers of it. Pointers handed to the handler are borrowed for the call. One walk belongs to one thread. */
#ifndef XMLCORE_H
#define XMLCORE_H
#include <stdbool.h>
#include <penstock/plugin.h>

#define XML_DEPTH_MAX 1024 /* of limits.depth */
#define XML_ATTRS_MAX 1024 /* of limits.attributes */
#define XML_ROWS_MAX                                                                                                   \
  (8u << 20) /* bytes that the rows of one record may take beside its own text: for parsers that count */

enum xml_doctype
{
  XML_DOCTYPE_REJECT,
  XML_DOCTYPE_SKIP, /* an internal subset without entities, parameter references and external ids is passed over */
};
struct xml_limits
{
  uint32_t depth;        /* open elements, up to XML_DEPTH_MAX */
  uint32_t name;         /* bytes of a name */
  uint32_t attributes;   /* of one element, with namespace declarations; up to XML_ATTRS_MAX */
  uint32_t value;        /* bytes of one attribute value */
  uint32_t text;         /* bytes of a run of text, a comment or a processing instruction */
  int doctype;           /* enum xml_doctype */
  struct pen_list iconv; /* encodings beyond UTF-8, UTF-16, ISO-8859-1, US-ASCII and windows-1252 that are understood */
  bool iconv_optional;   /* those that this machine does not have are left out, else they are an error */
  uint64_t window;       /* bytes from one place where the document may be cut to the next; 0: any number */
};

struct xml_walk;

struct xml_ns
{
  uint32_t id; /* by xml_ns_id(); 0: not registered, or no namespace (then uri.n is 0) */
  struct pen_span prefix, uri;
};

/* A name as it is written; one struct for each, as long as it is in use. */
struct xml_sym
{
  struct pen_span name;  /* with its prefix */
  struct pen_span local; /* without */
  uint32_t id;           /* of the local name, by xml_name_id(); 0: not registered */
  /* private */
  uint32_t hash;
  uint64_t key[2], mask[2]; /* names of up to 16 bytes: the bytes, zeros behind, and which of them count */
  struct xml_sym *likely;   /* the start tag that came after this one before */
  uint64_t epoch;
  const struct xml_ns *ns;
  struct xml_sym *next;
};

/* An open element. The elements that are open lie in a row: e[-1] is the parent (of the root: a blank one, depth 0). */
struct xml_element
{
  const struct xml_sym *sym;
  const struct xml_ns *ns; /* never NULL; the same pointer as the parent's where the same declaration applies */
  uint64_t user;           /* the handler's: 0 at first; outside of records it crosses cuts with the carry */
  size_t at;               /* place of its '<'; meaningless when it was opened before this chunk */
  uint32_t depth;          /* the root has 1 */
  uint32_t declared;       /* namespace declarations on it */
};

/* Attributes in their order, without namespace declarations. */
struct xml_attr
{
  const struct xml_sym *sym;
  const struct xml_ns *ns; /* never NULL; an attribute without a prefix is in no namespace */
  struct pen_span value;
};

/* What start() says; a negative enum pen_status ends the call with it. */
enum xml_say
{
  XML_GO = 0,
  XML_RECORD = 1, /* this is a record element; ignored inside of one */
  XML_MUTE = 2,   /* no text() and start() and end() for what is inside (it is still checked); not outside of records */
};

struct xml_handler
{
  /* end: place behind the start tag. An element without content gets end() as well. */
  int (*start) (void *ctx, struct xml_element *e, const struct xml_attr *attr, size_t n_attr, size_t end);
  /* A piece of the text in e, not empty; blanks between elements too. Several pieces where comments, CDATA or references
   * part it. PEN_OK or a negative status, as all below. */
  int (*text) (void *ctx, struct xml_element *e, struct pen_span s, size_t at);
  /* at, end: places of its end tag (of the whole tag for an element without content). */
  int (*end) (void *ctx, struct xml_element *e, size_t at, size_t end);
  /* A chunk or window begins: takes up what save() wrote; nothing at the start of an object. */
  void (*load) (void *ctx, struct pen_span context);
  /* What the next chunk has to know, canonical plain bytes; returns their number. More than cap: no cut here. Also called
   * on the way, without a cut following. */
  size_t (*save) (void *ctx, uint8_t *to, size_t cap);
  /* Reading ended with an error (parse only, it is reported): what is half built is to be forgotten. Optional. */
  void (*broken) (void *ctx);
};

/* host and what limits->iconv points to are borrowed for life. NULL without memory, or where an encoding of
 * limits->iconv is not known: host->fail() has been called. */
struct xml_walk *xml_walk_create (const struct pen_host *host, const struct xml_limits *limits,
                                  const struct xml_handler *handler, void *ctx);
void xml_walk_destroy (struct xml_walk *w);

/* Numbers 1, 2, ... for local names and namespace URIs, to be asked for before the first document; the same again for
 * the same text. 0 without memory. The text is copied. */
uint32_t xml_name_id (struct xml_walk *w, const char *local);
uint32_t xml_ns_id (struct xml_walk *w, const char *uri);

/* The parser's cut() and parse(), and a recognise() that says whether this is XML and where its root's name is. */
int xml_cut (struct xml_walk *w, struct pen_carry *carry, const struct pen_chunk *window, size_t *cut);
int xml_parse (struct xml_walk *w, const struct pen_carry *in, const struct pen_chunk *chunk, struct pen_carry *end,
               const struct pen_out *out);

/* While held the document is not cut; to be released by the same handler that holds. Outside of records only: within
 * one, nothing is cut anyway. A chunk begins released. */
void xml_hold (struct xml_walk *w, bool hold);

/* ---- for handlers ---- */

bool xml_is_cutting (const struct xml_walk *w);           /* in cut(): nothing is to be emitted */
bool xml_in_record (const struct xml_walk *w);            /* after a record's start(), up to and with its end() */
const struct pen_out *xml_out (const struct xml_walk *w); /* NULL in cut() */
uint64_t xml_offset (struct xml_walk *w, size_t place);   /* in the object's bytes */
uint64_t xml_line (struct xml_walk *w, size_t place);     /* from 1 */
/* The text between two places of this chunk; borrowed for the call of the handler. */
struct pen_span xml_bytes (const struct xml_walk *w, size_t at, size_t end);
/* Reports a finding on the bytes from one place to another; in cut() it does nothing. What out->finding() returned. */
int xml_find (struct xml_walk *w, int severity, size_t at, size_t end, const char *column, const char *rule,
              const char *fmt, ...) PEN_PRINTF (7, 8);

/* What a handler returns for a document that is to be refused, as one that is not well-formed is: in parse() the finding is
 * of severity object at that place, with its column. In cut() nothing is said. */
int xml_refuse (struct xml_walk *w, size_t at, const char *rule, const char *fmt, ...) PEN_PRINTF (4, 5);

/* Namespace declarations in scope, outermost first: the last e->declared of them are on the element opened last. */
size_t xml_scopes (const struct xml_walk *w);
const struct xml_ns *xml_scope (const struct xml_walk *w, size_t i);

/* Does this begin as an XML document? The root element's namespace URI and local name, as far as the head shows them. */
bool xml_look (struct pen_span head, struct pen_span *root, struct pen_span *uri);
#endif
