/* SPDX-License-Identifier: Apache-2.0 */
/* xml_show.c - what the XML reading core and libxml2 say of files, side by side, one line a file.
 *
 *   xml_show FILE...      "FILE<tab>core: good|RULE|doctype<tab>libxml2: good|bad|doctype<tab>same|events|verdict<tab>why"
 * "events": both take it, but tell different things of it. Every file is read in windows of several sizes, with records
 * at depths 1 to 3; a difference between those is "cuts". Exit status 0 whatever is found. */
#include "tests/fuzz/xml_events.h"

static uint8_t *
read_file (const char *path, size_t *n)
{
  FILE *f = fopen (path, "rb");
  uint8_t *p = NULL;
  size_t cap = 0, k = 1;
  *n = 0;
  if (!f)
    {
      perror (path);
      exit (2);
    }
  while (k)
    {
      if (*n == cap)
        p = realloc (p, cap = 2 * cap + 65536);
      if (!p)
        abort ();
      k = fread (p + *n, 1, cap - *n, f);
      *n += k;
    }
  fclose (f);
  return p;
}

static const char *const encodings[] = { "EUC-JP",       "Shift_JIS",  "EUC-KR",     "GB18030",    "Big5",
                                         "ISO-8859-15",  "ISO-8859-2", "ISO-8859-5", "ISO-8859-7", "windows-1251",
                                         "windows-1250", "KOI8-R",     "IBM037" };

static struct xml_limits
limits (void)
{
  struct xml_limits l = core_limits;
  l.iconv = (struct pen_list){ sizeof encodings / sizeof *encodings, encodings };
  return l;
}

#ifdef __SANITIZE_ADDRESS__
#define STEP 12 /* the plain build tries more */
#define FIRST(n) (n > 20000 ? 4000 : 1)
#else
#define STEP 3
#define FIRST(n) 1
#endif

/* NULL, or what is different when the document is cut. */
static const char *
compare_cuts (struct core_trace *c, const struct trace *whole, const uint8_t *p, size_t n)
{
  static char what[1000];
  for (uint32_t depth = 0; depth < 4; depth++)
    for (size_t window = FIRST (n); window<n; window = n> 20000 ? window * 8 + 4000 : window * STEP + 4)
      {
        struct trace t;
        bool same;
        core_read (c, &t, p, n, window, depth);
        same = !t.broken && t.good == whole->good && (!t.good || (t.n == whole->n && memcmp (t.p, whole->p, t.n) == 0))
               && (t.good || (strcmp (t.rule, whole->rule) == 0 && t.at == whole->at && t.line == whole->line));
        if (!same)
          snprintf (what, sizeof what, "cuts\twindow %zu, records at depth %u: %s (%s)", window, depth,
                    t.broken ? t.broken : "another result", t.why);
        trace_fini (&t);
        if (!same)
          return what;
      }
  return NULL;
}

int
main (int argc, char **argv)
{
  struct xml_limits l = limits ();
  struct core_trace c;

  core_open (&c, &l); /* one for all: opening encodings costs more than reading a small file */
  for (int i = 1; i < argc; i++)
    {
      struct trace core, oracle;
      size_t n;
      uint8_t *p = read_file (argv[i], &n);
      const char *verdict = "same", *cuts;
      core_read (&c, &core, p, n, 0, 0);
      trace_libxml2 (&oracle, p, n);
      if (core.broken)
        verdict = core.broken;
      else if (core.rule && strcmp (core.rule, "doctype") == 0)
        verdict = oracle.doctype || !oracle.good ? "same" : "verdict";
      else if (oracle.doctype || core.good != oracle.good)
        verdict = "verdict";
      else if (core.good && (core.n != oracle.n || memcmp (core.p, oracle.p, core.n) != 0))
        verdict = "events";
      cuts = compare_cuts (&c, &core, p, n);
      printf ("%s\tcore: %s\tlibxml2: %s\t%s\t%llu: %s | %s\n", argv[i], core.good ? "good" : core.rule,
              oracle.doctype ? "doctype"
              : oracle.good  ? "good"
                             : "bad",
              cuts ? cuts : verdict, (unsigned long long)core.at, core.why, oracle.why);
      trace_fini (&core);
      trace_fini (&oracle);
      free (p);
    }
  xml_walk_destroy (c.w);
  return 0;
}
