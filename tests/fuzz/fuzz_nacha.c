/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_nacha.c - hostile NACHA files: no crash, the plugin's contract kept, and chunks say what the whole file says.
 *
 * The first byte of an input chooses encoding and profile, the second the size of the windows. */
#include "tests/fuzz/fuzz.h"
#include <string.h>
#include <penstock/testhost.h>

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  static const char *const encoding[] = { "auto", "ascii", "latin1", "windows-1252", "utf-8" };
  static const char *const profile[] = { "standard", "strict", "lenient", "returns" };
  static struct pen_test *all[64];
  unsigned kind;
  if (n < 2)
    return 0;
  kind = p[0] % 64;
  struct pen_test *t = all[kind];
  if (!t)
    {
      /* kept from input to input: nothing of one may be left in the next */
      t = all[kind] = pen_test_new (&penstock_plugin);
      pen_test_option (t, "encoding", encoding[kind % 5]);
      pen_test_option (t, "profile", profile[kind / 8 % 4]);
      pen_test_option (t, "rules.records_after_control", kind & 0x20 ? "warn" : "profile");
      t->reuse = 1;
    }
  size_t chunk = (size_t)p[1] * (p[1] < 128 ? 1 : 16) + 1;
  t->plugin->parser->recognise ((struct pen_span){ p + 2, n - 2 });
  pen_test_run (t, p + 2, n - 2, 0);
  FUZZ_CHECK (t->status == PEN_OK);
  if (t->broken[0])
    fprintf (stderr, "%s", t->broken);
  FUZZ_CHECK (!t->broken[0]);
  char *whole = pen_test_everything (t);
  pen_test_run (t, p + 2, n - 2, chunk);
  char *chunks = pen_test_everything (t);
  if (strcmp (whole, chunks) != 0)
    pen_test_diff_ (whole, chunks, chunk);
  FUZZ_CHECK (strcmp (whole, chunks) == 0);
  free (whole);
  free (chunks);
  return 0;
}
