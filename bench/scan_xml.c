/* SPDX-License-Identifier: Apache-2.0 */
/* scan_xml.c - speed of the XML reading core on one core, step by step: structural scan, cut, and reading as events.
 *
 *   scan_xml FILE RECORD      RECORD: local name of the record elements
 * Reads the whole file into memory first. Prints what was found, so that nothing is measured that did not happen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdarg.h>
#include <time.h>
#include <walk.h>

#define WINDOW (1u << 20)

struct counts
{
  uint32_t record;
  unsigned long long records, elements, text;
};

static int
start (void *ctx, struct xml_element *e, const struct xml_attr *attr, size_t n_attr, size_t end)
{
  struct counts *c = ctx;
  (void)attr, (void)n_attr, (void)end;
  c->elements++;
  if (e->sym->id != c->record)
    return XML_GO;
  c->records++;
  return XML_RECORD;
}
static int
text (void *ctx, struct xml_element *e, struct pen_span s, size_t at)
{
  (void)e, (void)at;
  ((struct counts *)ctx)->text += s.n;
  return PEN_OK;
}
static int
end (void *ctx, struct xml_element *e, size_t at, size_t to)
{
  (void)ctx, (void)e, (void)at, (void)to;
  return PEN_OK;
}

static int
say (void *ctx, const char *fmt, ...)
{
  va_list ap;
  (void)ctx;
  va_start (ap, fmt);
  vfprintf (stderr, fmt, ap);
  va_end (ap);
  return PEN_ERR;
}
static int
finding (void *ctx, const struct pen_finding *f)
{
  (void)ctx;
  fprintf (stderr, "line %llu: %s\n", (unsigned long long)f->line, f->text);
  return PEN_OK;
}

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint8_t *
read_file (const char *path, size_t *n)
{
  FILE *f = fopen (path, "rb");
  uint8_t *p;
  if (!f || fseek (f, 0, SEEK_END))
    return NULL;
  *n = (size_t)ftell (f);
  rewind (f);
  p = malloc (*n + 64);
  if (p && fread (p, 1, *n, f) != *n)
    return NULL;
  fclose (f);
  return p;
}

/* The scan alone: from behind the root's start tag to its end. */
static void
scan (const uint8_t *p, size_t n)
{
  for (unsigned i = 0; xml_skip_variant (i); i++)
    {
      const uint8_t *root = p;
      size_t at, behind;
      double a;
      do
        root = memchr (root + 1, '<', n - (size_t)(root + 1 - p));
      while (root[1] == '!' || root[1] == '?');
      at = (size_t)((const uint8_t *)memchr (root, '>', n - (size_t)(root - p)) - p) + 1;
      a = now ();
      behind = xml_skip_variant (i) (p, n, at);
      a = now () - a;
      printf ("scan variant=%u end=%zu seconds=%.4f gb_s=%.2f\n", i, behind, a, (double)n / a / 1e9);
    }
}

static void
cut_and_read (struct xml_walk *w, struct counts *c, const uint8_t *p, size_t n, bool read)
{
  static struct pen_carry carry, end;
  struct pen_out out = { .size = sizeof out, .finding = finding };
  size_t at = 0, chunks = 0;
  double a = now (), cut_time = 0;
  carry.len = 0;
  while (at < n)
    {
      size_t len = n - at < WINDOW ? n - at : WINDOW, cut = 0;
      struct pen_chunk chunk = { sizeof chunk, { p + at, len }, at, at + len == n ? PEN_CHUNK_LAST : 0 };
      struct pen_carry in = carry;
      double b = now ();
      if (xml_cut (w, &carry, &chunk, &cut) != PEN_OK)
        exit (1);
      cut_time += now () - b;
      if (read)
        {
          chunk.bytes.n = cut;
          chunk.flags = at + cut == n ? PEN_CHUNK_LAST : 0;
          if (xml_parse (w, &in, &chunk, &end, &out) != PEN_OK)
            exit (1);
        }
      at += cut;
      chunks++;
    }
  a = read ? now () - a - cut_time : now () - a;
  printf ("%s records=%llu elements=%llu text=%llu chunks=%zu seconds=%.4f gb_s=%.2f\n", read ? "read" : "cut",
          c->records, c->elements, c->text, chunks, a, (double)n / a / 1e9);
}

int
main (int argc, char **argv)
{
  static const struct xml_handler handler = { .start = start, .text = text, .end = end };
  static const struct xml_limits limits = { 256, 1000, 256, 65536, 1u << 20, XML_DOCTYPE_REJECT, { 0, NULL }, false };
  struct pen_host host = { .size = sizeof host, .fail = say };
  struct counts c = { 0, 0, 0, 0 };
  struct xml_walk *w;
  size_t n;
  uint8_t *p = argc == 3 ? read_file (argv[1], &n) : NULL;
  if (!p)
    {
      fprintf (stderr, "usage: scan_xml FILE RECORD\n");
      return 2;
    }
  w = xml_walk_create (&host, &limits, &handler, &c);
  if (!w)
    return 3;
  c.record = xml_name_id (w, argv[2]);
  scan (p, n);
  cut_and_read (w, &c, p, n, false);
  c = (struct counts){ c.record, 0, 0, 0 };
  cut_and_read (w, &c, p, n, true);
  xml_walk_destroy (w);
  free (p);
  return 0;
}
