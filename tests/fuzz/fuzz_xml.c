/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_xml.c - the XML reading core beside libxml2: the same verdict and the same events for any bytes, whatever the
 * windows and the records; and the structural scan finds each element's end where libxml2 sees it.
 *
 * The first two bytes choose window and depth of records, the rest is the document. Documents with a document type count
 * only as refused, and such as declare other encodings than UTF-8 are not compared: the core refuses more of them. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/xml_events.h"
#include <walk.h>

static bool
declares_encoding (const uint8_t *p, size_t n)
{
  size_t head = n < 200 ? n : 200;
  return memmem (p, head, "encoding", 8) || (n >= 2 && (p[0] >= 0xf0 || p[0] == 0 || p[1] == 0))
         || (n >= 4 && memcmp (p, "\x4c\x6f\xa7\x94", 4) == 0);
}

static void
compare (const struct trace *core, const struct trace *oracle, const uint8_t *p, size_t n)
{
  /* a NUL behind the root element is the document's end for libxml2 */
  if (declares_encoding (p, n) || (!core->good && core->at < n && p[core->at] == 0))
    return;
  if (core->rule && strcmp (core->rule, "doctype") == 0)
    FUZZ_CHECK (oracle->doctype || !oracle->good);
  else if (oracle->doctype)
    FUZZ_CHECK (!core->good);
  else if (core->good != oracle->good)
    {
      fprintf (stderr, "core: %s %s\nlibxml2: %s %s\n", core->good ? "good" : "bad", core->why,
               oracle->good ? "good" : "bad", oracle->why);
      FUZZ_CHECK (!"the same verdict");
    }
  else if (core->good)
    FUZZ_CHECK (core->n == oracle->n && memcmp (core->p, oracle->p, core->n) == 0);
}

/* Of a well-formed document: every way to scan finds the same ends, and they are libxml2's. */
static void
compare_scans (const struct trace *oracle, const uint8_t *p, size_t n)
{
  for (size_t i = 0; i < oracle->n_spans; i++)
    {
      size_t from = oracle->from[i], to = oracle->to[i];
      if (from > n || to > n || from < 2 || p[from - 1] != '>' || p[from - 2] == '/')
        continue; /* libxml2 says where it has read to, not always where the tag ends */
      for (unsigned v = 0; xml_skip_variant (v); v++)
        FUZZ_CHECK (xml_skip_variant (v) (p, n, from) == to);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  static struct core_trace walk; /* kept from input to input: nothing of one may be left in the next */
  struct trace core, cut, oracle;

  if (n < 2 || n > 100000)
    return 0;
  uint32_t depth = p[1] % 5u;
  size_t window = 1 + p[0] % 100u;
  p += 2;
  n -= 2;
  if (!walk.w)
    core_open (&walk, &core_limits);
  core_read (&walk, &core, p, n, 0, 0);
  FUZZ_CHECK (!core.broken);
  core_read (&walk, &cut, p, n, window, depth);
  FUZZ_CHECK (!cut.broken && cut.good == core.good);
  FUZZ_CHECK (core.good ? cut.n == core.n && (!core.n || memcmp (cut.p, core.p, core.n) == 0)
                        : strcmp (cut.rule, core.rule) == 0 && cut.at == core.at && cut.line == core.line);
  trace_libxml2 (&oracle, p, n);
  compare (&core, &oracle, p, n);
  if (core.good && oracle.good && !declares_encoding (p, n))
    compare_scans (&oracle, p, n);
  trace_fini (&core);
  trace_fini (&cut);
  trace_fini (&oracle);
  return 0;
}
