/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - validates with the user's schemas: each record by itself, or the document as a whole, which then is not cut.
 *
 * What is told depends on lengths and on libxml2's memory for this document or record, not on cuts. */
#include <stdio.h>
#include "xml.h"

int
xml_schema_create (struct xml *x)
{
  const struct xml_options *o = x->o;
  if (!o->schemas && (o->schema_files.n || o->schema_document))
    return x->host->fail (x->host->ctx, "schema.%s: schema.directory is not set",
                          o->schema_files.n ? "files" : "document");
  if (!o->schemas)
    return PEN_OK;
  x->xsd = xml_xsd_create (x->host, o->schemas, &o->schema_files, o->schema_memory);
  return x->xsd ? PEN_OK : PEN_ERR;
}

void
xml_schema_stop (struct xml *x)
{
  if (x->is_checking && !xml_is_cutting (x->walk))
    xml_xsd_stop (x->xsd);
  x->is_checking = false;
}

/* Of a record, it costs that; of what is outside of them, the document. */
static int
tell (struct xml *x, bool of_record, size_t at, size_t end, const char *rule, const char *text)
{
  if (!of_record)
    return xml_find (x->walk, PEN_SEV_OBJECT, at, end, NULL, rule, "%s", text);
  xml_note (x, NULL, at, rule, "%s", text);
  return PEN_OK;
}

static int
tell_why (struct xml *x, bool of_record, size_t at, size_t end)
{
  const char *why = xml_xsd_why (x->xsd);
  return why ? tell (x, of_record, at, end, "xsd", why) : PEN_OK;
}

/* In cut() only the length is known: a document beyond its memory is refused as well, and so goes on not to be cut. */
static bool
is_over (struct xml *x, size_t end, int *status)
{
  bool whole = x->o->schema_document,
       is_long = whole && xml_offset (x->walk, end) - xml_offset (x->walk, x->check_at) > x->o->schema_document;
  char text[200];
  if (!is_long && (xml_is_cutting (x->walk) || !xml_xsd_is_over (x->xsd)))
    return false;
  xml_schema_stop (x);
  if (whole)
    xml_hold (x->walk, false);
  if (is_long)
    snprintf (text, sizeof text,
              "expected a document of at most schema.document = %llu bytes to validate, found a longer one",
              (unsigned long long)x->o->schema_document);
  else
    snprintf (text, sizeof text,
              "expected a %s that takes at most schema.memory = %llu bytes to validate, found one that takes more",
              whole ? "document" : "record", (unsigned long long)x->o->schema_memory);
  *status = tell (x, !whole, x->check_at, x->check_end, "xsd_limit", text);
  return true;
}

static int
begin (struct xml *x, const struct xml_element *e, const struct xml_attr *attr, size_t n, size_t end, bool record)
{
  bool whole = x->o->schema_document;
  int status;
  char text[200];

  if (whole ? e->depth != 1 : !record || xml_is_cutting (x->walk))
    return PEN_OK;
  if (!xml_xsd_has (x->xsd, e->ns->uri))
    {
      snprintf (text, sizeof text, "expected a namespace that a schema is for, found \"%.*s\"",
                (int)(e->ns->uri.n < 120 ? e->ns->uri.n : 120), (const char *)e->ns->uri.p);
      return tell (x, !whole, e->at, end, "xsd_missing", text);
    }
  x->is_checking = true;
  x->check_depth = e->depth;
  x->check_at = e->at;
  x->check_end = end;
  if (whole)
    xml_hold (x->walk, true);
  if (xml_is_cutting (x->walk))
    return PEN_OK;
  status = xml_xsd_begin (x->xsd, x->walk, e, attr, n);
  return status == PEN_OK ? tell_why (x, record, e->at, end) : status;
}

int
xml_schema_start (struct xml *x, const struct xml_element *e, const struct xml_attr *attr, size_t n, size_t end,
                  bool record)
{
  int status = PEN_OK;
  if (!x->is_checking)
    return begin (x, e, attr, n, end, record);
  if (is_over (x, end, &status) || xml_is_cutting (x->walk))
    return status;
  status = xml_xsd_start (x->xsd, e, attr, n);
  return status == PEN_OK ? tell_why (x, record || xml_in_record (x->walk), e->at, end) : status;
}

void
xml_schema_text (struct xml *x, struct pen_span s)
{
  if (x->is_checking && !xml_is_cutting (x->walk))
    xml_xsd_text (x->xsd, s);
}

int
xml_schema_end (struct xml *x, const struct xml_element *e, size_t end)
{
  int status = PEN_OK;
  if (!x->is_checking || is_over (x, end, &status))
    return status;
  if (!xml_is_cutting (x->walk))
    {
      xml_xsd_end (x->xsd, e);
      status = tell_why (x, xml_in_record (x->walk), e->at, end);
    }
  if (e->depth == x->check_depth)
    {
      xml_schema_stop (x);
      if (x->o->schema_document)
        xml_hold (x->walk, false);
    }
  return status;
}
