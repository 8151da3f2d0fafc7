/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_x12.c - hostile X12 files: no crash, the plugin's contract kept, and chunks say what the whole file says.
 *
 * The first byte of an input chooses options, the second the size of the windows. Definitions are those of the folder that
 * the environment variable X12_SETS names, by default the ones of the checkout. */
#include "tests/fuzz/fuzz.h"
#include <string.h>
#include <penstock/testhost.h>

static const char *const choice[8][3] = {
  { NULL },
  { "set_buffer=1K" },
  { "unknown_segments=reject", "segments=all" },
  { "encoding=utf-8", "acknowledgements=false" },
  { "sets=none", "encoding=latin1" },
  { "set_buffer=1K", "unknown_segments=ignore", "segments=none" },
  { "rules.line_break=warn", "rules.segment_id=off", "rules.isa_width=warn" },
  { "set_buffer=2K", "rules.missing_se=warn", "rules.missing_gs=off" },
};

static void
set (struct pen_test *t, const char *text)
{
  char name[128], *eq;
  snprintf (name, sizeof name, "%s", text);
  eq = strchr (name, '=');
  *eq = 0;
  FUZZ_CHECK (pen_test_option (t, name, eq + 1) == 0);
}

static struct pen_test *
instance (unsigned kind)
{
  static struct pen_test *all[8];
  const char *sets = getenv ("X12_SETS"), *src = getenv ("srcdir");
  char path[4096];
  if (all[kind])
    return all[kind];
  /* kept from input to input: nothing of one may be left in the next */
  all[kind] = pen_test_new (&penstock_plugin);
  snprintf (path, sizeof path, "%s/plugins/parsers/x12/sets", src ? src : ".");
  FUZZ_CHECK (pen_test_option (all[kind], "definitions", sets ? sets : path) == 0);
  for (int i = 0; i < 3 && choice[kind][i]; i++)
    set (all[kind], choice[kind][i]);
  all[kind]->reuse = 1;
  return all[kind];
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  struct pen_test *t;
  char *whole, *chunks;
  size_t chunk;
  if (n < 2 || n > 20000)
    return 0;
  t = instance (p[0] % 8);
  chunk = (size_t)p[1] * (p[1] < 128 ? 1 : 16) + 1;
  t->plugin->parser->recognise ((struct pen_span){ p + 2, n - 2 });
  pen_test_run (t, p + 2, n - 2, 0);
  FUZZ_CHECK (t->status == PEN_OK);
  if (t->broken[0])
    fprintf (stderr, "%s", t->broken);
  FUZZ_CHECK (!t->broken[0]);
  whole = pen_test_everything (t);
  pen_test_run (t, p + 2, n - 2, chunk);
  chunks = pen_test_everything (t);
  if (strcmp (whole, chunks) != 0)
    pen_test_diff_ (whole, chunks, chunk);
  FUZZ_CHECK (strcmp (whole, chunks) == 0);
  free (whole);
  free (chunks);
  return 0;
}
