/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_iso20022.c - hostile ISO 20022 messages: no crash, the plugin's contract kept, and for a well-formed document chunks
 * say what the whole document says.
 *
 * The first byte of an input chooses options, the second the size of the windows. A document that is not well-formed is
 * refused where parse() finds it, which cut() need not. */
#include "tests/fuzz/fuzz.h"
#include <string.h>
#include <penstock/testhost.h>

static struct pen_test *
parser (unsigned kind)
{
  static const char *const elements[] = { "rest", "all", "none", "rest" };
  struct pen_test *t = pen_test_new (&penstock_plugin);
  char path[1024];
  const char *src = getenv ("srcdir");
  snprintf (path, sizeof path, "%s/plugins/parsers/xml/iso20022/messages", src ? src : ".");
  pen_test_option (t, "definitions", path);
  pen_test_option (t, "elements", elements[kind % 4]);
  if (kind & 4)
    {
      pen_test_option (t, "rules.missing_namespace", "warn");
      pen_test_option (t, "rules.character_set", "warn");
      pen_test_option (t, "rules.unknown_element", "reject");
    }
  t->reuse = 1;
  return t;
}

static int
is_well_formed (const struct pen_test *t)
{
  static const char *const rules[] = { "not_well_formed ", "truncated ", "limit ",  "encoding ",
                                       "namespace ",       "entity ",    "doctype " };
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (strstr (t->findings, rules[i]))
      return 0;
  return 1;
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  static struct pen_test *all[8]; /* kept from input to input: nothing of one may be left in the next */
  struct pen_test *t;
  size_t chunk;
  if (n < 2)
    return 0;
  t = all[p[0] % 8];
  if (!t)
    t = all[p[0] % 8] = parser (p[0] % 8);
  chunk = (size_t)p[1] * (p[1] < 128 ? 1 : 16) + 1;
  t->plugin->parser->recognise ((struct pen_span){ p + 2, n - 2 });
  pen_test_run (t, p + 2, n - 2, 0);
  FUZZ_CHECK (t->status == PEN_OK);
  int good = is_well_formed (t);
  if (good && t->broken[0])
    fprintf (stderr, "%s", t->broken);
  FUZZ_CHECK (!good || !t->broken[0]);
  char *whole = pen_test_everything (t);
  pen_test_run (t, p + 2, n - 2, chunk);
  FUZZ_CHECK (t->status == PEN_OK);
  char *chunks = pen_test_everything (t);
  if (good && strcmp (whole, chunks) != 0)
    pen_test_diff_ (whole, chunks, chunk);
  FUZZ_CHECK (!good || strcmp (whole, chunks) == 0);
  free (whole);
  free (chunks);
  return 0;
}
