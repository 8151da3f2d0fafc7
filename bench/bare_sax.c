/* SPDX-License-Identifier: Apache-2.0 */
/* bare_sax.c - libxml2's SAX2 push parser over a file on one core, counting and nothing else: what the XML parsers are
 * measured against.
 *
 *   bare_sax FILE      prints elements, attributes, bytes of text, seconds, MB/s */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct counts
{
  unsigned long long elements, attributes, text;
};

static void
start (void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int n_ns, const xmlChar **ns,
       int n_attr, int n_default, const xmlChar **attr)
{
  struct counts *c = ctx;
  (void)local, (void)prefix, (void)uri, (void)n_ns, (void)ns, (void)n_default, (void)attr;
  c->elements++;
  c->attributes += (unsigned)n_attr;
}

static void
end (void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
  (void)ctx, (void)local, (void)prefix, (void)uri;
}

static void
text (void *ctx, const xmlChar *p, int n)
{
  (void)p;
  ((struct counts *)ctx)->text += (unsigned)n;
}

int
main (int argc, char **argv)
{
  static char buf[1 << 20];
  struct counts c = { 0, 0, 0 };
  xmlSAXHandler sax;
  struct timespec a, b;
  unsigned long long bytes = 0;
  xmlParserCtxtPtr parser;
  FILE *f = argc == 2 ? fopen (argv[1], "rb") : NULL;
  size_t n;
  double s;

  if (!f)
    {
      fprintf (stderr, "usage: bare_sax FILE\n");
      return 2;
    }
  setvbuf (f, NULL, _IONBF, 0);
  memset (&sax, 0, sizeof sax);
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = start;
  sax.endElementNs = end;
  sax.characters = sax.ignorableWhitespace = sax.cdataBlock = text;
  parser = xmlCreatePushParserCtxt (&sax, &c, NULL, 0, NULL);
  if (!parser)
    return 3;
  clock_gettime (CLOCK_MONOTONIC, &a);
  while ((n = fread (buf, 1, sizeof buf, f)) > 0)
    {
      bytes += n;
      if (xmlParseChunk (parser, buf, (int)n, 0))
        break;
    }
  xmlParseChunk (parser, NULL, 0, 1);
  clock_gettime (CLOCK_MONOTONIC, &b);
  s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
  printf ("elements=%llu attributes=%llu text=%llu well_formed=%d seconds=%.3f mb_s=%.0f\n", c.elements, c.attributes,
          c.text, parser->wellFormed, s, (double)bytes / s / 1e6);
  xmlFreeParserCtxt (parser);
  fclose (f);
  return 0;
}
