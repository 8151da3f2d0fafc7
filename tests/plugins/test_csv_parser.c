/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv_parser.c - what the csv parser makes of small files: one line for each dialect, type and rule; every case also
 * in chunks of every size. */
#include "csv_drive.h"

struct test_case
{
  const char *options; /* "name=value;name=value" */
  const char *in;
  size_t n;             /* 0: as long as the string */
  const char *rows;     /* without lineage, " / " between rows, values only: "1|a|2.50"; a null is nothing */
  const char *findings; /* "rule line column", ", " between them; column - : none */
};

#define AB "columns=a string,b string"
#define WIDE(s) s, sizeof s - 1

static const struct test_case cases[] = {
  /* RFC 4180 */
  { AB, "a,b\n1,2\n", 0, "1|2", "" },
  { AB, "a,b\r\n1,2\r\n3,4", 0, "1|2 / 3|4", "" },
  { AB, "a,b\r1,2\r", 0, "1|2", "" },
  { AB, "a,b\n\"x,\ny\",\"q\"\"q\"\n", 0, "x,\\x0ay|q\"q", "" },
  { AB, "a,b\n,\"\"\n", 0, "|", "" },
  { AB ";empty_text=true", "a,b\n,\"\"\n", 0, "|", "" },
  { AB,
    "\xef\xbb\xbf"
    "a,b\n1,2\n",
    0, "1|2", "" },
  { AB ";header=false", "1,2\n", 0, "1|2", "" },
  { AB, "a,b\n", 0, "", "" },
  { AB, "", 0, "", "missing_header 1 -" },
  { AB ";header=false", "1\\,x,2\n", 0, "", "extra_columns 1 -" },
  /* dialects */
  { AB ";delimiter=;", "a;b\n1;2\n", 0, "1|2", "" },
  { AB ";delimiter=tab", "a\tb\n1\t2\n", 0, "1|2", "" },
  { AB ";delimiter=\\x1f",
    "a\x1f"
    "b\n1\x1f"
    "2\n",
    0, "1|2", "" },
  { AB ";delimiter=||", "a||b\n1|x||\"2||3\"\n", 0, "1\\x7cx|2\\x7c\\x7c3", "" },
  { AB ";delimiter=\xc2\xa6",
    "a\xc2\xa6"
    "b\n1\xc2\xa6"
    "2\n",
    0, "1|2", "" },
  { AB ";quote='", "a,b\n'1,x',\"2\n", 0, "1,x|\"2", "" },
  { AB ";quote=none", "a,b\n\"1,2\"\n", 0, "\"1|2\"", "" },
  { AB ";escape=\\", "a,b\n\"1\\\"x\",2\\,3\n", 0, "1\"x|2,3", "" },
  { AB ";comment=#", "# no\na,b\n#\"\n1,#2\n", 0, "1|#2", "" },
  { AB ";trim=true", " a ,b\n 1 , \"2 \" \n", 0, "1|2 ", "" },
  { AB ";skip_lines=2", "title \"\n\na,b\n1,2\n", 0, "1|2", "" },
  { AB ";delimiter=;", "sep=;\na;b\n1;2\n", 0, "1|2", "" },
  { AB ";newline=lf", "a,b\r\n1,x\ry\r\n", 0, "1|x\\x0dy", "" },
  { AB ";newline=crlf", "a,b\r\n1,x\ny\r\n", 0, "1|x\\x0ay", "" },
  { AB ";newline=cr", "a,b\r1,x\ny\r", 0, "1|x\\x0ay", "" },
  /* encodings */
  { AB,
    WIDE ("\xff\xfe"
          "a\0,\0b\0\n\0"
          "\xe4\0,\0\x3d\xd8\x00\xde\n\0"),
    "\xc3\xa4|\xf0\x9f\x98\x80", "" },
  { AB ";encoding=utf-16be", WIDE ("\0a\0,\0b\0\n\0\xe4\0,\xd8\x3d\0\n"), "", "encoding 2 b" },
  { AB ";encoding=utf-16le", WIDE ("a\0,\0b\0\r\0\n\0\xe4\0,\0\x3d\xd8\x00\xde\r\0\n\0"), "\xc3\xa4|\xf0\x9f\x98\x80",
    "" },
  { AB ";header=false;encoding=utf-8", WIDE ("\xff\xfe\x31\0,\0\x32\0\n\0"), "",
    "encoding 1 a, nul_byte 1 b, missing_columns 2 -" },
  { AB ";encoding=latin1", "a,b\n\xe4,\x80\n", 0, "\xc3\xa4|\xc2\x80", "" },
  { AB ";encoding=windows-1252", "a,b\n\xe4,\x80\n\x81,x\n", 0, "\xc3\xa4|\xe2\x82\xac", "encoding 3 a" },
  { AB, "a,b\n\xe4,x\n1,2\n", 0, "1|2", "encoding 2 a" },
  { AB, WIDE ("a,b\n1\0,x\n1,2\n"), "1|2", "nul_byte 2 a" },
  { AB ";nul_bytes=remove", WIDE ("a,b\n1\0,x\n1,2\n"), "1|x / 1|2", "" },
  /* shapes */
  { AB, "a,b\n1\n2,3,4\n5,6\n", 0, "5|6", "missing_columns 2 -, extra_columns 3 -" },
  { AB ";short_rows=pad;long_rows=truncate", "a,b\n1\n2,3,4\n", 0, "1| / 2|3", "" },
  { AB, "a,b\n\n1,2\n\n", 0, "1|2", "" },
  { AB ";blank_lines=reject", "a,b\n\n1,2\n", 0, "1|2", "blank_line 2 -" },
  { "columns=a string;blank_lines=row", "a\n1\n\n2\n", 0, "1 /  / 2", "" },
  /* quoting gone wrong: one record each */
  { AB, "a,b\n5\" pipe,x\n1,2\n", 0, "1|2", "stray_quote 2 a" },
  { AB ";stray_quotes=data", "a,b\n5\" pipe,x\n1,2\n", 0, "5\" pipe|x / 1|2", "" },
  { AB, "a,b\n\"x\"y,z\n1,2\n", 0, "1|2", "text_after_quote 2 a" },
  { AB, "a,b\n\"x,z\n1,2\n3,\"4\"\n", 0, "1|2 / 3|4", "unclosed_quote 2 a" },
  { AB, "a,b\n1,2\nx,\"z\n3,4\n", 0, "1|2 / 3|4", "unclosed_quote 3 b" },
  { AB, "a,b\nx,\"z\n\",\",y\n\",\",y\n\",\",y\nq,\"r\"s\n", 0, ",|y / ,|y / ,|y",
    "unclosed_quote 2 b, text_after_quote 6 b" },
  { AB ";max_field=100",
    "a,b\n1,\""
    "0123456789012345678901234567890123456789\nabc,defghi,jklmn,opq\n0123456789012345678901234567890123456789"
    "\"\""
    "0123456789"
    "\"\n1,2\n",
    0, "1|2", "field_too_long 2 b" },
  { AB ";max_field=100",
    "a,b\n1,\"stray\n0123456789012345678901234567890123456789,2\n0123456789012345678901234567890123456789,"
    "3\n01234567890123456789,4\n",
    0,
    "0123456789012345678901234567890123456789|2 / 0123456789012345678901234567890123456789|3 / 01234567890123456789|4",
    "unclosed_quote 2 b" },
  { AB ";max_record=60",
    "a,b\n0123456789012345678901234567890123456789,0123456789012345678901234567890123456789\n1,2\n", 0, "1|2",
    "record_too_long 2 b" },
  { "columns=a string;header=false;max_field=70",
    "0123456789012345678901234567890123456789012345678901234567890123456789x\rb\r\nc\r", 0, "b / c",
    "field_too_long 1 a" },
  /* types */
  { "columns=n int;header=false", "1\n-20\n+3\n9223372036854775807\n007\n9223372036854775808\n1.0\nx\n\n1 \n", 0,
    "1 / -20 / 3 / 9223372036854775807 / 7", "type 6 n, type 7 n, type 8 n, type 10 n" },
  { "columns=n decimal(7 2);header=false", "1\n-0.5\n12345.67\n12345.670\n12345.678\n123456.00\n.5\n1e3\n", 0,
    "1.00 / -0.50 / 12345.67 / 12345.67 / 0.50", "type 5 n, type 6 n, type 8 n" },
  { "columns=n decimal(38 10);header=false", "1234567890123456789012345678.0123456789\n", 0,
    "1234567890123456789012345678.0123456789", "" },
  { "columns=n decimal(9 2);header=false;delimiter=;;decimal_point=,;group_separator=.",
    "1.234,50\n1234,5\n12.34\n1.234.567,00\n", 0, "1234.50 / 1234.50 / 1234567.00", "type 3 n" },
  { "columns=d date;header=false", "2024-02-29\n2023-02-29\n2024-2-9\n20240229\n", 0, "2024-02-29",
    "type 2 d, type 3 d, type 4 d" },
  { "columns=d date(%d.%m.%Y|%e/%n/%y|%b %e %Y);header=false", "31.12.2024\n1/2/24\nJan 5 1999\n2024-01-01\n", 0,
    "2024-12-31 / 2024-02-01 / 1999-01-05", "type 4 d" },
  { "columns=t timestamp;header=false", "1970-01-01T00:00:01\n1970-01-01 00:00:01.5\n1970-01-01T24:00:00\n", 0,
    "1000000 / 1500000", "type 3 t" },
  { "columns=t timestamp(%Y-%m-%d %H:%M:%S%z|%n/%e/%Y %I:%M %p %z);header=false",
    "1970-01-01 01:00:00+01:00\n1/1/1970 12:30 AM Z\n", 0, "0 / 1800000000", "" },
  { "columns=b bool;header=false", "true\nN\n1\nmaybe\n", 0, "true / false / true", "type 4 b" },
  { "columns=b bool;header=false;true_words=ja,si;false_words=nein", "si\nnein\nja\ntrue\n", 0, "true / false / true",
    "type 4 b" },
  { "columns=b bool;header=false;false_words=nein", "nein\n1\nfalse\n", 0, "false / true", "type 3 b" },
  { "columns=a string;table=other", "a\n1\n", 0, "1", "" },
  { "columns=e enum(open|closed);header=false", "open\nclosed\nOpen\n\n\"\"\n", 0, "open / closed",
    "enum 3 e, enum 5 e" },
  /* rules */
  { "columns=a string required,b int required", "a,b\nx,1\n,2\ny,\n\"\",3\n", 0, "x|1 / |3",
    "required 3 a, required 4 b" },
  { "columns=a int range(0..10),b date range(2024-01-01..)", "a,b\n0,2024-01-01\n11,2024-01-01\n1,2023-12-31\n", 0,
    "0|2024-01-01", "range 3 a, range 4 b" },
  { "columns=a string length(2..3)", "a\nxy\n\xc3\xa4\xc3\xb6\xc3\xbc\nx\nxxxx\n", 0, "xy / \xc3\xa4\xc3\xb6\xc3\xbc",
    "length 4 a, length 5 a" },
  { "columns=a string pattern([A-Z]{2}\\d+|none)", "a\nDE12\nnone\nDE\nde1\nnones\n", 0, "DE12 / none",
    "pattern 4 a, pattern 5 a, pattern 6 a" },
  { "columns=a string null(NA|-),b int;null_words=NULL", "a,b\nNA,NULL\n-,1\nNULL,2\n\"NA\",\"NULL\"\n", 0,
    "| / |1 / NULL|2 / NA|", "" },
  { "columns=a int,b int", "a,b\nx,y\n", 0, "", "type 2 a, type 2 b" },
  /* headers */
  { AB ";on_drift=quarantine", "a,c\n1,2\n", 0, "", "header_drift 1 -" },
  { AB ";on_drift=ignore_extra", "x,b,a\n0,2,1\n", 0, "1|2", "header_drift 1 -" },
  { AB ";on_drift=ignore_extra", "x,b\n0,2\n", 0, "", "header_drift 1 -" },
  { AB ";header_match=loose", " A ,B\n1,2\n", 0, "1|2", "" },
  { "columns=a string header(Order No),b string", "Order No,b\n1,2\n", 0, "1|2", "" },
  { AB ";on_drift=quarantine", "a,\"b\n1,2\n", 0, "", "bad_header 1 -" },
  /* trailers */
  { AB ";trailer.mark=T;trailer.count=2", "a,b\n1,2\n3,4\nT,2\n", 0, "1|2 / 3|4", "" },
  { AB ";trailer.mark=T;trailer.count=2", "a,b\n1,2\nT,2\n", 0, "1|2", "claim trailer_count 2 1" },
  { AB ";trailer.mark=T;trailer.count=2", "a,b\n1,2\n", 0, "1|2", "trailer_missing 3 -" },
  { AB ";trailer.mark=T;trailer.required=false", "a,b\n1,2\n", 0, "1|2", "" },
  { AB ";trailer.mark=T;trailer.count=2", "a,b\nT,1\n1,2\n", 0, "1|2",
    "records_after_trailer 2 -, trailer_missing 4 -" },
  { AB ";trailer.mark=T;trailer.count=2", "a,b\nT,x\n", 0, "", "trailer_format 2 -" },
  { "columns=a string,b decimal(9 2);trailer.mark=T;trailer.sum=2;trailer.sum_column=b",
    "a,b\nx,1.10\ny,2.20\nT,3.30\n\n", 0, "x|1.10 / y|2.20", "" },
  { "columns=a int,b decimal(9 2);trailer.mark=T;trailer.sum=2;trailer.sum_column=b", "a,b\n1,1.10\ny,2.20\nT,3.30\n",
    0, "1|1.10", "type 3 a" },
  { "columns=a string,b decimal(9 2);trailer.mark=T;trailer.sum=2;trailer.sum_column=b", "a,b\nx,1.10\nT,3.30\n", 0,
    "x|1.10", "claim trailer_sum 3.30 1.10" },
};

/* The values of the rows, lineage left out. */
static void
values (const struct pen_test *t, char *to, size_t cap)
{
  struct ArrowSchema s;
  const char *name;
  void *self;
  size_t n = 0;
  to[0] = 0;
  if (t->plugin->parser->create (&t->host, t->options, &self) != PEN_OK)
    return;
  t->plugin->parser->schema (self, 0, &name, &s);
  for (const char *p = t->rows; *p; p = strchr (p, '\n') + 1)
    {
      n += (size_t)snprintf (to + n, cap - n, "%s", n || p > t->rows ? " / " : "");
      for (int64_t i = 0; i < s.n_children - 3; i++)
        {
          char key[80];
          snprintf (key, sizeof key, "|%s=", s.children[i]->name);
          const char *v = strstr (p, key), *line = strchr (p, '\n');
          n += (size_t)snprintf (to + n, cap - n, "%s", i ? "|" : "");
          if (!v || v > line)
            continue;
          v += strlen (key);
          n += (size_t)snprintf (to + n, cap - n, "%.*s", (int)strcspn (v, "|\n"), v);
        }
    }
  t->plugin->parser->destroy (self);
}

static void
test_cases (void)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      const struct test_case *c = &cases[i];
      char rows[2048], found[2048];
      struct pen_test *t = pen_test_new (&penstock_plugin);
      size_t n = c->n ? c->n : strlen (c->in);
      set_options (t, c->options);
      int same = pen_test_invariant (t, c->in, n);
      values (t, rows, sizeof rows);
      findings (t, found, sizeof found);
      if (!same || t->status != PEN_OK || strcmp (rows, c->rows) != 0 || strcmp (found, c->findings) != 0)
        {
          fprintf (stderr, "case %zu (%s): %s\n  rows     %s\n  expected %s\n  found    %s\n  expected %s\n%s%s", i,
                   c->options, c->in, rows, c->rows, found, c->findings, t->log, t->broken);
          CU_FAIL ("case");
        }
      pen_test_free (t);
    }
}

/* ---- no option is ignored ---- */

/* Everything that is said of a case, without its option `without`; caller frees. */
static char *
outcome (const struct test_case *c, const struct option *o, size_t n, size_t without)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  char *all, *text;
  for (size_t i = 0; i < n; i++)
    if (i != without)
      pen_test_option (t, o[i].name, o[i].value);
  int status = pen_test_run (t, c->in, c->n ? c->n : strlen (c->in), 0);
  all = status == PEN_OK ? pen_test_everything (t) : strdup (t->log);
  text = malloc (strlen (all) + 32);
  CU_ASSERT_PTR_NOT_NULL_FATAL (text);
  sprintf (text, "%d %s", status, all);
  free (all);
  pen_test_free (t);
  return text;
}

/* Is it said anywhere in the list that this option, with this value, makes a difference? */
static bool
matters (const char *name, const char *value)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct option o[OPTIONS_MAX];
      char copy[512];
      snprintf (copy, sizeof copy, "%s", cases[i].options);
      size_t n = split_options (copy, o);
      for (size_t k = 0; k < n; k++)
        if (strcmp (o[k].name, name) == 0 && (!value || strcmp (o[k].value, value) == 0))
          {
            char *with = outcome (&cases[i], o, n, n), *without = outcome (&cases[i], o, n, k);
            bool differ = strcmp (with, without) != 0;
            free (with);
            free (without);
            if (differ)
              return true;
          }
    }
  return false;
}

/* Every option, and every word of those that take words, changes what becomes of some case: one that did nothing would be
 * found here, and so would a new one without a case. */
static void
test_no_option_is_ignored (void)
{
  for (const struct pen_opt *o = penstock_plugin.opts; o->name; o++)
    {
      char words[256], *next = words, *word;
      if (!matters (o->name, NULL))
        {
          fprintf (stderr, "no case shows what %s does\n", o->name);
          CU_FAIL ("option");
        }
      if (o->type != PEN_ENUM)
        continue;
      snprintf (words, sizeof words, "%s", o->range);
      while ((word = strsep (&next, "|")))
        if (strcmp (word, o->def) != 0 && !matters (o->name, word))
          {
            fprintf (stderr, "no case shows what %s = %s does\n", o->name, word);
            CU_FAIL ("word");
          }
    }
}

/* A difference in the header stops the pipeline, with the difference in words, and no row is read. */
static void
test_halt (void)
{
  static const struct
  {
    const char *in, *want[3];
  } files[] = {
    { "id,amnt,x\n1,2,3\n",
      { "header_drift halt 0 9 1 - 0 expected 2 columns, found 3; - \"amount\" is missing (expected as column 2)",
        "+ column 2 \"amnt\" is not in the schema", "+ column 3 \"x\" is not in the schema" } },
    { "amount,id\n1,2\n", { "header_drift halt", "~ \"id\" is column 2, expected as column 1", "" } },
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      pen_test_option (t, "columns", "id int,amount decimal(9 2)");
      CU_ASSERT_TRUE (pen_test_invariant (t, files[i].in, strlen (files[i].in)));
      CU_ASSERT_EQUAL (t->status, PEN_OK);
      CU_ASSERT_EQUAL (t->n_object, 1);
      CU_ASSERT_EQUAL (t->n_rows, 0);
      for (int k = 0; k < 3; k++)
        CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, files[i].want[k]));
      pen_test_free (t);
    }
}

/* Options that mean nothing are refused, and the message names the place. */
static void
test_options (void)
{
  static const char *const bad[][3] = {
    { "columns=a", "a type is expected", "" },
    { "columns=a strin", "unknown type \"strin\"", "" },
    { "columns=a int,a int", "\"a\" is declared twice", "" },
    { "columns=a decimal(3 4)", "decimal(PRECISION,SCALE)", "" },
    { "columns=a date(%Y)", "year, month and day", "" },
    { "columns=a date(%Q%Y)", "there are %Y", "" },
    { "columns=a string range(1..2)", "range(MIN..MAX) is for", "" },
    { "columns=a int range(x..2)", "\"x\" is not a number", "" },
    { "columns=a int nonsense", "unknown attribute \"nonsense\"", "" },
    { "columns=a string pattern([a)", "a [ has no ]", "" },
    { "columns=a string pattern(*)", "nothing before it", "" },
    { "columns=a string pattern(a{64})", "up to 63", "" },
    { "columns=a enum", "enum(WORD|WORD)", "" },
    { "columns=a int;delimiter=12345", "1 to 4 bytes", "" },
    { "columns=a int;delimiter=\"", "cannot be part of it", "" },
    { "columns=a int;quote=ab", "not one character", "" },
    { "columns=a int;trailer.count=2", "mark is expected", "" },
    { "columns=a int;trailer.mark=T;trailer.sum=2", "belong together", "" },
    { "columns=a int;trailer.mark=T;trailer.sum=2;trailer.sum_column=b", "no column \"b\"", "" },
    { "columns=a string;trailer.mark=T;trailer.sum=2;trailer.sum_column=a", "not an int or a decimal", "" },
    { "table=x", "penstock infer", "" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      set_options (t, bad[i][0]);
      CU_ASSERT_EQUAL (pen_test_run (t, "", 0, 0), PEN_ERR);
      if (!strstr (t->log, bad[i][1]))
        {
          fprintf (stderr, "%s: %s\n", bad[i][0], t->log);
          CU_FAIL ("message");
        }
      pen_test_free (t);
    }
}

int
main (void)
{
  CU_pSuite s;
  if (CU_initialize_registry () != CUE_SUCCESS || !(s = CU_add_suite ("csv parser", NULL, NULL)))
    return 99;
  CU_add_test (s, "cases", test_cases);
  CU_add_test (s, "no option is ignored", test_no_option_is_ignored);
  CU_add_test (s, "halt", test_halt);
  CU_add_test (s, "options", test_options);
  CU_basic_set_mode (CU_BRM_NORMAL);
  CU_basic_run_tests ();
  int failures = CU_get_number_of_failures () != 0;
  CU_cleanup_registry ();
  return failures;
}
