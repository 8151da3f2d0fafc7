/* SPDX-License-Identifier: Apache-2.0 */
/* xmlxsd.h - validates elements with the user's schemas (XSD 1.0), from the events of the reading core.
 *
 *   x = xml_xsd_create (host, directory, &files);                  in create(), before the jail closes
 *   if (xml_xsd_has (x, e->ns->uri))                               in start() of the element that is to be validated
 *     status = xml_xsd_begin (x, walk, e, attr, n_attr);
 *   xml_xsd_start (), xml_xsd_text (), xml_xsd_end ()              all events inside, and the end of that element
 *   xml_xsd_stop (x);                                              after it, or to leave it
 *   why = xml_xsd_why (x);                                         after each of them: what it has found
 *
 * libxml2 does it, loaded only where there are schemas. It sees names and texts, never the document: that is read, and
 * found to be well-formed, by the core. Schemas come from the named files of one directory, and what they include or import
 * from other files of it, by the last part of the location. Nothing else is opened.
 *
 * One element at a time; one struct xml_xsd belongs to one thread. */
#ifndef XMLXSD_H
#define XMLXSD_H
#include "xmlcore.h"

struct xml_xsd;

/* directory is borrowed for the call; memory: bytes that libxml2 may take, for schemas and validation together. NULL:
 * host->fail() was called: there is no libxml2, a schema is not good, or they take more. */
struct xml_xsd *xml_xsd_create (const struct pen_host *host, const char *directory, const struct pen_list *files,
                                uint64_t memory);
void xml_xsd_destroy (struct xml_xsd *x);
/* Is there a schema for elements of this namespace? */
bool xml_xsd_has (const struct xml_xsd *x, struct pen_span uri);

/* PEN_OK, or PEN_ERR without memory. */
int xml_xsd_begin (struct xml_xsd *x, const struct xml_walk *w, const struct xml_element *e,
                   const struct xml_attr *attr, size_t n_attr);
int xml_xsd_start (struct xml_xsd *x, const struct xml_element *e, const struct xml_attr *attr, size_t n_attr);
void xml_xsd_text (struct xml_xsd *x, struct pen_span s);
void xml_xsd_end (struct xml_xsd *x, const struct xml_element *e);
void xml_xsd_stop (struct xml_xsd *x);
/* What the last calls have found wrong, in the schema's words; NULL: nothing. Borrowed until the next call of any. */
const char *xml_xsd_why (struct xml_xsd *x);
/* Has validating this element taken more than the memory that schemas have left? To be asked after each call. It depends
 * on the element alone. Never, where the process has used libxml2 before. */
bool xml_xsd_is_over (const struct xml_xsd *x);
#endif
