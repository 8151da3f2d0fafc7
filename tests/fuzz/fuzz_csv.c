/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_csv.c - the csv parser over any bytes in any dialect: it ends well, keeps its contract, and chunk sizes do not
 * matter. The first three bytes choose options and chunk size, the rest is the file. */
#include "fuzz.h"

#include <penstock/testhost.h>

static const char *const dialects[][4] = {
  { "header=false" },
  { "header=true", "on_drift=ignore_extra" },
  { "header=false", "escape=\\" },
  { "header=false", "comment=#", "blank_lines=reject" },
  { "header=false", "trim=true", "short_rows=pad", "long_rows=truncate" },
  { "header=false", "newline=lf", "stray_quotes=data" },
  { "header=false", "newline=crlf" },
  { "header=false", "newline=cr" },
  { "header=false", "delimiter=||" },
  { "header=false", "max_field=80", "max_record=120" },
  { "header=false", "encoding=utf-16le" },
  { "header=false", "encoding=utf-16be" },
  { "header=false", "encoding=windows-1252" },
  { "header=false", "trailer.mark=T", "trailer.count=2" },
  { "header=false", "skip_lines=1", "nul_bytes=remove" },
  { "header=false", "quote=none", "delimiter=;" },
};
static const char *const columns[] = {
  "columns=a string",
  "columns=a string,b string",
  "columns=a int range(-5..100),b decimal(9 2),c date",
  "columns=a bool,b enum(x|y),c timestamp null(-),d string pattern([a-z]*\\d?) required",
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

extern size_t csv_long_hold, csv_long_piece; /* of the parser */

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  static size_t hold, piece;
  struct pen_test *t;
  char *whole, *chunks;

  if (n < 3 || n > 20000)
    return 0;
  if (!hold)
    {
      hold = csv_long_hold;
      piece = csv_long_piece;
    }
  t = pen_test_new (&penstock_plugin);
  set (t, columns[p[1] % (sizeof columns / sizeof *columns)]);
  csv_long_hold = p[0] < 128 ? hold : 70;
  csv_long_piece = p[0] < 128 ? piece : 5;
  if (p[0] >= 128) /* fields in pieces */
    set (t, "max_field=300");
  for (int i = 0; i < 4 && dialects[p[0] % 16][i]; i++)
    set (t, dialects[p[0] % 16][i]);
  set (t, "on_drift=ignore_extra");
  FUZZ_CHECK (pen_test_run (t, p + 3, n - 3, 0) == PEN_OK);
  FUZZ_CHECK (!t->broken[0]);
  whole = pen_test_everything (t);
  FUZZ_CHECK (pen_test_run (t, p + 3, n - 3, 1u + p[2] % 64u) == PEN_OK);
  chunks = pen_test_everything (t);
  FUZZ_CHECK (strcmp (whole, chunks) == 0);
  free (whole);
  free (chunks);
  pen_test_free (t);
  return 0;
}
