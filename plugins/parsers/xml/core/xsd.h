/* SPDX-License-Identifier: Apache-2.0 */
/* xsd.h - the inside of schema validation: the calls of libxml2, and what is kept of schemas and of the element that is
 * being validated.
 *
 * xsd_lib.c finds the calls, xsd_memory.c counts their memory, xsd_load.c reads schemas, xsd.c validates. */
#ifndef XML_XSD_H
#define XML_XSD_H
#include <libxml/parserInternals.h>
#include <libxml/schemasInternals.h>
#include <libxml/xmlschemas.h>
#include "xmlxsd.h"

#if LIBXML_VERSION >= 21200
#define XSD_ERROR const xmlError
#else
#define XSD_ERROR xmlError
#endif

#define XSD_CALLS(X)                                                                                                   \
  X (xmlDictCreate)                                                                                                    \
  X (xmlDictFree)                                                                                                      \
  X (xmlDictLookup)                                                                                                    \
  X (xmlGetExternalEntityLoader)                                                                                       \
  X (xmlInitParser)                                                                                                    \
  X (xmlMemSetup)                                                                                                      \
  X (xmlNewIOInputStream)                                                                                              \
  X (xmlParserInputBufferCreateMem)                                                                                    \
  X (xmlSchemaFree)                                                                                                    \
  X (xmlSchemaFreeParserCtxt)                                                                                          \
  X (xmlSchemaFreeValidCtxt)                                                                                           \
  X (xmlSchemaNewParserCtxt)                                                                                           \
  X (xmlSchemaNewValidCtxt)                                                                                            \
  X (xmlSchemaParse)                                                                                                   \
  X (xmlSchemaSAXPlug)                                                                                                 \
  X (xmlSchemaSAXUnplug)                                                                                               \
  X (xmlSchemaSetParserStructuredErrors)                                                                               \
  X (xmlSchemaSetValidStructuredErrors)                                                                                \
  X (xmlSetExternalEntityLoader)                                                                                       \
  X (xmlSetStructuredErrorFunc)                                                                                        \
  X (xmlStrdup)

struct xsd_lib
{
#define XSD_MEMBER(name) __typeof__ (&name) name;
  XSD_CALLS (XSD_MEMBER)
#undef XSD_MEMBER
};

struct xsd_schema
{
  char *ns; /* "": none */
  xmlSchemaPtr schema;
};

struct xml_xsd
{
  const struct pen_host *host;
  const struct xsd_lib *lib;
  struct xsd_schema *schema;
  size_t n;
  size_t room;  /* bytes that validating one element may take: what schemas have left of the limit */
  size_t began; /* used before the element */
  /* the element that is being validated */
  const struct xsd_schema *used;
  const struct xml_walk *walk;
  xmlSchemaValidCtxtPtr valid;
  xmlSchemaSAXPlugPtr plug;
  xmlSAXHandlerPtr sax;
  void *sax_ctx;
  xmlDictPtr names; /* libxml2 keeps pointers to names while their elements are open */
  const xmlChar **word;
  size_t word_cap;
  uint8_t *value; /* of the attributes of a tag, as libxml2's tokeniser would hand them over */
  size_t value_cap;
  const xmlChar *open[2 * XML_DEPTH_MAX]; /* name and URI of each element that is open */
  size_t n_open;
  char why[1024];
  size_t n_why;
  bool told; /* xml_xsd_why() has given it out */
};

/* The calls of libxml2; NULL, with the reason from dlerror() in *why (borrowed): it cannot be loaded. */
const struct xsd_lib *xsd_lib_get (const char **why);

/* From now on libxml2 takes its memory here, and it is counted. Before its first call. 0 or -1. */
int xsd_memory_count (const struct xsd_lib *lib);
void *xsd_malloc (size_t n); /* memory of ours that counts as well */
void xsd_free (void *p);
size_t xsd_memory_used (void);
size_t xsd_memory_peak (bool from_now); /* the most since it was asked for from_now */

/* Reads the schemas into x. PEN_OK, or what host->fail() returned. */
int xsd_load (struct xml_xsd *x, const char *directory, const struct pen_list *files);
#endif
