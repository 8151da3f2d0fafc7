/* SPDX-License-Identifier: Apache-2.0 */
/* xsd_load.c - reads schemas from the files of one directory, what they include and import as well, and nothing from
 * elsewhere. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xsd.h"

#define FILE_BYTES (16 << 20) /* of one schema file */
#define FILES_MAX 256         /* read for one schema, with all that it includes */

/* The schema that is being read: libxml2's loader of files is a call of the whole process and gets no pointer of ours. */
static struct
{
  const struct xml_xsd *x;
  const char *directory, *main;
  char *text[FILES_MAX]; /* contents: borrowed by libxml2 until the schema is read */
  size_t n_text;
  char why[700]; /* the first thing that went wrong */
} reading;

PEN_PRINTF (1, 2)
static void
wrong (const char *fmt, ...)
{
  va_list ap;
  if (reading.why[0])
    return;
  va_start (ap, fmt);
  vsnprintf (reading.why, sizeof reading.why, fmt, ap);
  va_end (ap);
  reading.why[strcspn (reading.why, "\n")] = 0;
}

static void
on_error (void *ctx, XSD_ERROR *e)
{
  (void)ctx;
  if (!e->message || e->level < XML_ERR_ERROR)
    return;
  if (e->file && e->line > 0)
    wrong ("%.200s:%d: %s", e->file, e->line, e->message);
  else
    wrong ("%.200s: %s", e->file ? e->file : reading.main, e->message);
}

/* ---- files ---- */

/* The last part of a location, with %20 and the like read. */
static void
name_of (const char *url, char *to, size_t cap)
{
  const char *p = strrchr (url, '/');
  size_t n = 0;
  unsigned byte;
  for (p = p ? p + 1 : url; *p && n + 1 < cap; p++)
    if (*p == '%' && sscanf (p + 1, "%2x", &byte) == 1)
      {
        to[n++] = (char)byte;
        p += 2;
      }
    else
      to[n++] = *p;
  to[n] = 0;
}

/* The content of a file of the directory; NULL: wrong() has been told. */
static const char *
read_text (const char *name, const char *asked, size_t *n)
{
  char path[4096];
  FILE *f = NULL;
  char *text = NULL;
  long size;
  errno = ENOENT;
  if (*name && (size_t)snprintf (path, sizeof path, "%s/%s", reading.directory, name) < sizeof path)
    f = fopen (path, "re");
  if (!f && strcmp (name, reading.main) == 0)
    wrong ("cannot open %s/%s: %s", reading.directory, name, strerror (errno));
  else if (!f)
    wrong ("%s: it includes or imports \"%s\": cannot open %s/%s: %s", reading.main, asked, reading.directory, name,
           strerror (errno));
  if (!f)
    return NULL;
  if (reading.n_text == FILES_MAX)
    wrong ("%s: it includes and imports more than %d files", reading.main, FILES_MAX);
  else if (fseek (f, 0, SEEK_END) != 0 || (size = ftell (f)) < 0 || fseek (f, 0, SEEK_SET) != 0)
    wrong ("cannot read %s: %s", path, strerror (errno));
  else if (size > FILE_BYTES)
    wrong ("%s is longer than %d bytes", path, FILE_BYTES);
  else if ((text = xsd_malloc ((size_t)size + 1)))
    {
      reading.text[reading.n_text++] = text;
      *n = fread (text, 1, (size_t)size, f);
      if (ferror (f))
        wrong ("cannot read %s: %s", path, strerror (errno));
    }
  fclose (f);
  return reading.why[0] ? NULL : text;
}

static xmlParserInputPtr
open_file (const char *url, const char *id, xmlParserCtxtPtr parser)
{
  const struct xsd_lib *lib = reading.x->lib;
  xmlParserInputBufferPtr buffer;
  xmlParserInputPtr in;
  char name[256];
  const char *text;
  size_t n = 0;
  (void)id;
  name_of (url ? url : "", name, sizeof name);
  text = read_text (name, url ? url : "", &n);
  buffer = text ? lib->xmlParserInputBufferCreateMem (text, (int)n, XML_CHAR_ENCODING_NONE) : NULL;
  in = buffer ? lib->xmlNewIOInputStream (parser, buffer, XML_CHAR_ENCODING_NONE) : NULL;
  if (in)
    in->filename = (const char *)lib->xmlStrdup ((const xmlChar *)name);
  else
    wrong ("%s: no memory", reading.main);
  return in;
}

/* ---- schemas ---- */

static xmlSchemaPtr
parse (const char *name)
{
  const struct xsd_lib *lib = reading.x->lib;
  xmlExternalEntityLoader before = lib->xmlGetExternalEntityLoader ();
  xmlSchemaParserCtxtPtr parser;
  xmlSchemaPtr schema = NULL;

  reading.main = name;
  lib->xmlSetExternalEntityLoader (open_file);
  lib->xmlSetStructuredErrorFunc (NULL, on_error);
  parser = lib->xmlSchemaNewParserCtxt (name);
  if (parser)
    {
      lib->xmlSchemaSetParserStructuredErrors (parser, on_error, NULL);
      schema = lib->xmlSchemaParse (parser);
      lib->xmlSchemaFreeParserCtxt (parser);
    }
  if (!schema)
    wrong ("%s: no schema", name);
  lib->xmlSetStructuredErrorFunc (NULL, NULL);
  lib->xmlSetExternalEntityLoader (before);
  while (reading.n_text)
    xsd_free (reading.text[--reading.n_text]);
  if (schema && reading.why[0])
    { /* what libxml2 only warns of, such as an import that is not there */
      lib->xmlSchemaFree (schema);
      schema = NULL;
    }
  return schema;
}

static int
load_one (struct xml_xsd *x, const char *name)
{
  struct xsd_schema *s = &x->schema[x->n];
  const char *ns;

  if (!*name || strchr (name, '/'))
    return x->host->fail (x->host->ctx, "schema.files: \"%s\": a file's name without a directory is expected", name);
  reading.why[0] = 0;
  s->schema = parse (name);
  if (!s->schema)
    return x->host->fail (x->host->ctx, "schema.files: %s", reading.why);
  x->n++;
  ns = s->schema->targetNamespace ? (const char *)s->schema->targetNamespace : "";
  s->ns = strdup (ns);
  if (!s->ns)
    return x->host->fail (x->host->ctx, "schema.files: no memory");
  for (size_t i = 0; i + 1 < x->n; i++)
    if (strcmp (x->schema[i].ns, ns) == 0)
      return x->host->fail (x->host->ctx, "schema.files: \"%s\" is of the namespace \"%s\", as another one before it",
                            name, ns);
  return PEN_OK;
}

int
xsd_load (struct xml_xsd *x, const char *directory, const struct pen_list *files)
{
  x->schema = calloc (files->n + 1, sizeof *x->schema);
  if (!x->schema)
    return x->host->fail (x->host->ctx, "schema.files: no memory");
  if (!files->n)
    return x->host->fail (x->host->ctx, "schema.files: names of schema files in schema.directory are expected");
  x->lib->xmlInitParser ();
  reading.x = x;
  reading.directory = directory;
  for (size_t i = 0; i < files->n; i++)
    if (load_one (x, files->item[i]) != PEN_OK)
      return PEN_ERR;
  return PEN_OK;
}
