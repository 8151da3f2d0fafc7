/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv_long.c - csv fields that are too long to be held: refused, or read in pieces; and broken quoting all over a large file. */
#include "csv_drive.h"

#ifdef __SANITIZE_ADDRESS__
#define FIELD_BYTES (12u << 20)
#define QUOTES_BYTES (512u << 10)
#else
#define FIELD_BYTES (100u << 20)
#define QUOTES_BYTES (2u << 20)
#endif

/* One field of 100 MB costs one reject, and no more memory than any other file. */
static void
test_long_field (void)
{
  size_t n = FIELD_BYTES, at = 0;
  char *p = malloc (n + 64);
  struct pen_test *t = pen_test_new (&penstock_plugin);
  CU_ASSERT_PTR_NOT_NULL_FATAL (p);
  at += (size_t)sprintf (p, "a,b\n1,2\n3,\"");
  for (; at < n; at++)
    p[at] = at % 97 == 0 ? '\n' : at % 31 == 0 ? ',' : 'x';
  at += (size_t)sprintf (p + at, "\"\n5,6\n");
  pen_test_option (t, "columns", "a int,b string");
  CU_ASSERT_EQUAL (pen_test_run (t, p, at, 1 << 20), PEN_OK);
  CU_ASSERT_EQUAL (t->n_record, 1);
  CU_ASSERT_EQUAL (t->n_rows, 2);
  CU_ASSERT_STRING_EQUAL (t->broken, "");
  CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "field_too_long record 8 "));
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "a=5"));
  free (p);
  pen_test_free (t);
}

/* ---- fields that are read in pieces ---- */

struct long_case
{
  const char *options;
  const char *before, *fill; /* fill: repeated up to `n` bytes */
  size_t n;
  const char *after, *findings; /* "rule line column" */
  const char *rows;             /* of the table itself, with their lines */
};
#define BIG (2u << 20)
#define IN_PIECES "columns=a int,b string,c string;max_field=4M"
static const struct long_case long_cases[] = {
  { IN_PIECES, "a,b,c\n1,\"", "x, \"\"\xc3\xa4\"\"\r\ny", BIG + 300000, "\",z\n2,3,4\n", "long_field 2 b",
    "|a=1|b=|c=z @2 / |a=2|b=3|c=4 @" },
  { IN_PIECES, "a,b,c\r\n1,\"", "\r\n", BIG + 200000, "\",\"q\"\"\r\n\"\r\n2,3,4", "long_field 2 b",
    "|a=1|b=|c=q\"\\x0d\\x0a @2 / |a=2|b=3|c=4 @" },
  /* what is wrong with it refuses its record alone, at its first line */
  { IN_PIECES, "a,b,c\nx,\"", "long ", BIG + 1, "\",z\n2,3,4\n", "long_field 2 b, type 2 a", "|a=2|b=3|c=4 @3" },
  { IN_PIECES, "a,b,c\n1,\"", "lo\nng ", BIG + 1, "\"\n2,3,4\n", "long_field 2 b, missing_columns 2 -",
    "|a=2|b=3|c=4 @" },
  { IN_PIECES, "a,b,c\n1,\"", "lo\nng ", BIG + 1, "\"x,z\n2,3,4\n", "long_field 2 b, text_after_quote 2 b",
    "|a=2|b=3|c=4 @" },
  { IN_PIECES, "a,b,c\n1,\"", "lo\nng ", BIG + 1, "\",\"z\n2,3,4\n", "long_field 2 b, unclosed_quote 2 c",
    "|a=2|b=3|c=4 @" },
  { IN_PIECES, "a,b,c\n1,\"", "lo\n\xff ", BIG + 1, "\",z\n2,3,4\n", "encoding 2 b", "|a=2|b=3|c=4 @" },
  { IN_PIECES ";nul_bytes=reject", "a,b,c\n1,\"", "", BIG + 10, "\",z\n2,3,4\n", "nul_byte 2 b", "|a=2|b=3|c=4 @3" },
  { IN_PIECES ";nul_bytes=remove", "a,b,c\n1,\"", "", BIG + 10, "\",z\n2,3,4\n", "long_field 2 b",
    "|a=1|b=|c=z @2 / |a=2|b=3|c=4 @3" },
  { IN_PIECES, "a,b,c\n1,\"", "lo\nng ", 2 * BIG + 2, "\",z\n2,3,4\n", "field_too_long 2 b", "|a=2|b=3|c=4 @" },
  { IN_PIECES, "a,b,c\n1,\"", "lo\nng ", BIG + 9, "", "unclosed_quote 2 b", "" },
  { "columns=a int,b string length(..5),c string;max_field=4M", "a,b,c\n1,\"", "long ", BIG + 9, "\",z\n2,3,4\n",
    "field_too_long 2 b", "|a=2|b=3|c=4 @3" },
  { "columns=a int,b string,c string;max_field=4M;max_record=100", "a,b,c\n2,3,4\n1,", "long ", 3000, ",z\n2,3,4\n",
    "record_too_long 3 b", "|a=2|b=3|c=4 @2 / |a=2|b=3|c=4 @4" },
  /* where the columns stand elsewhere, with an escape, in other encodings' bytes */
  { IN_PIECES ";escape=\\;on_drift=ignore_extra", "b,c,x,a\n\"", "lo\\\"\nng ", BIG + 9, "\",z,,1\n3,4,,2\n",
    "header_drift 1 -, long_field 2 b", "|a=1|b=|c=z @2 / |a=2|b=3|c=4 @" },
  { IN_PIECES ";max_field=5M;encoding=latin1", "a,b,c\n1,\"", "\xe4", BIG + 9, "\",z\n2,3,4\n", "long_field 2 b",
    "|a=1|b=|c=z @2 / |a=2|b=3|c=4 @3" },
};

/* Rows of the first table, with the line where it is told by the case. */
static void
long_rows (const struct pen_test *t, const char *want, char *to, size_t cap)
{
  size_t n = 0;
  to[0] = 0;
  for (const char *p = t->rows; *p; p = strchr (p, '\n') + 1)
    {
      const char *end = strchr (p, '\n'), *line = NULL, *stop;
      if (strncmp (p, "rows|", 5) != 0)
        continue;
      stop = strstr (p, "|_offset=");
      line = strstr (p, "|_line=");
      CU_ASSERT_FATAL (stop && line && line < end);
      n += (size_t)snprintf (to + n, cap - n, "%s%.*s @", n ? " / " : "", (int)(stop - p - 4), p + 4);
      size_t k = strlen (want) > n ? strspn (want + n, "0123456789") : 0;
      if (k)
        n += (size_t)snprintf (to + n, cap - n, "%.*s", (int)(end - line - 7), line + 7);
    }
}

/* The pieces' text, put together again, is what stands between the quotes: by its length in the source and by its sum. */
static size_t
pieces_bytes (const struct pen_test *t)
{
  size_t sum = 0;
  unsigned long long number = 0;
  for (const char *p = t->rows; *p; p = strchr (p, '\n') + 1)
    {
      const char *at = strstr (p, "|_length=");
      if (strncmp (p, "rows_pieces|", 12) != 0)
        continue;
      CU_ASSERT_PTR_NOT_NULL_FATAL (at);
      sum += strtoul (at + 9, NULL, 10);
      CU_ASSERT_EQUAL (strtoull (strstr (p, "|piece=") + 7, NULL, 10), ++number);
    }
  return sum;
}

extern size_t csv_long_hold, csv_long_piece; /* of the parser */

/* The same with fields that are long from 70 bytes on, in pieces of 7, and in windows of every size. */
static void
run_small (const struct long_case *c, size_t n)
{
  size_t hold = csv_long_hold, piece = csv_long_piece, unit = strlen (c->fill), head = strlen (c->before);
  char in[1024] = { 0 }, rows[512], found[512];
  struct pen_test *t = pen_test_new (&penstock_plugin);

  memcpy (in, c->before, head);
  memset (in + head, 'x', 80); /* no line end so far: whether lines behind it are rows is not asked */
  for (size_t i = 80; i < n; i++)
    in[head + i] = unit ? c->fill[(i - 80) % unit] : 0;
  if (unit)
    n -= (n - 80) % unit;
  strcpy (in + head + n, c->after);
  csv_long_hold = 70;
  csv_long_piece = 7;
  set_options (t, c->options);
  pen_test_option (t, "max_field", "300");
  int same = pen_test_invariant (t, in, head + n + strlen (c->after));
  long_rows (t, c->rows, rows, sizeof rows);
  findings (t, found, sizeof found);
  if (!same || t->status != PEN_OK || strcmp (rows, c->rows) != 0 || strcmp (found, c->findings) != 0)
    {
      fprintf (stderr, "small: %s, \"%s\":\n  rows     %s\n  expected %s\n  found    %s\n  expected %s\n%s%s",
               c->options, c->fill, rows, c->rows, found, c->findings, t->log, t->broken);
      CU_FAIL ("small case");
    }
  pen_test_free (t);
  csv_long_hold = hold;
  csv_long_piece = piece;
}

static void
run_long (const struct long_case *c)
{
  static const size_t chunks[] = { 0, 70001 };
  size_t unit = strlen (c->fill), n = unit ? c->n / unit * unit : c->n, head = strlen (c->before);
  char *in = calloc (head + n + strlen (c->after) + 1, 1), rows[512], found[512];
  struct pen_test *t = pen_test_new (&penstock_plugin);
  char *first = NULL;

  CU_ASSERT_PTR_NOT_NULL_FATAL (in);
  memcpy (in, c->before, head);
  for (size_t i = 0; unit && i < n; i += unit)
    memcpy (in + head + i, c->fill, unit);
  strcpy (in + head + n, c->after);
  set_options (t, c->options);
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
    {
      CU_ASSERT_EQUAL (pen_test_run (t, in, head + n + strlen (c->after), chunks[i]), PEN_OK);
      long_rows (t, c->rows, rows, sizeof rows);
      findings (t, found, sizeof found);
      if (strcmp (rows, c->rows) != 0 || strcmp (found, c->findings) != 0 || *t->broken)
        {
          fprintf (stderr,
                   "%s, \"%s\", chunks of %zu:\n  rows     %s\n  expected %s\n  found    %s\n  expected %s\n%s%s",
                   c->options, c->fill, chunks[i], rows, c->rows, found, c->findings, t->log, t->broken);
          CU_FAIL ("long case");
        }
      if (strstr (c->findings, "long_field"))
        CU_ASSERT_EQUAL (pieces_bytes (t), n);
      if (first)
        CU_ASSERT_STRING_EQUAL (t->rows, first);
      if (!first)
        first = strdup (t->rows);
    }
  free (first);
  free (in);
  pen_test_free (t);
}

static void
test_pieces (void)
{
  for (size_t i = 0; i < sizeof long_cases / sizeof *long_cases; i++)
    {
      run_long (&long_cases[i]);
      if (!strstr (long_cases[i].options, "max_record"))
        run_small (&long_cases[i], long_cases[i].n > BIG * 2 ? 400 : 150);
    }
}

/* Broken quoting all over a file is read in time that grows with its size alone. */
static void
test_linear (void)
{
  static const char *const line[] = { "a\",\"b\n", "a,\"b\n", "x,\"\"\n", "\"\"\"\n" };
  for (size_t k = 0; k < sizeof line / sizeof *line; k++)
    {
      size_t step = strlen (line[k]), n = QUOTES_BYTES / step * step;
      char *p = malloc (n);
      struct pen_test *t = pen_test_new (&penstock_plugin);
      CU_ASSERT_PTR_NOT_NULL_FATAL (p);
      for (size_t i = 0; i < n; i += step)
        memcpy (p + i, line[k], step);
      pen_test_option (t, "columns", "a string,b string");
      pen_test_option (t, "header", "false");
      CU_ASSERT_EQUAL (pen_test_run (t, p, n, 1 << 20), PEN_OK);
      CU_ASSERT_STRING_EQUAL (t->broken, "");
      /* quotes of the last one match across two lines */
      CU_ASSERT_EQUAL (t->read[0], k == 3 ? n / step / 2 : n / step);
      free (p);
      pen_test_free (t);
    }
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS || !(s = CU_add_suite ("csv long fields", NULL, NULL)))
    return 99;
  CU_add_test (s, "long field", test_long_field);
  CU_add_test (s, "pieces", test_pieces);
  CU_add_test (s, "linear", test_linear);
  CU_basic_set_mode (CU_BRM_NORMAL);
  CU_basic_run_tests ();
  int failures = CU_get_number_of_failures () != 0;
  CU_cleanup_registry ();
  return failures;
}
