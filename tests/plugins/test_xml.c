/* SPDX-License-Identifier: Apache-2.0 */
/* test_xml.c - what the generic xml parser makes of small documents: paths, types, namespaces, tables, encodings, and what
 * it refuses; every case also in windows of every size. */
#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <penstock/testhost.h>

struct test_case
{
  const char *options; /* "name=value;name=value" */
  const char *in;
  size_t n;             /* 0: as long as the string */
  const char *rows;     /* without table for "records", without lineage, " / " between rows: "1|a=x" */
  const char *findings; /* "rule line", ", " between them */
};

#define R "record=/r/a;"
#define V R "columns=v string path(.)"
#define WIDE(s) s, sizeof s - 1

static const struct test_case cases[] = {
  /* paths */
  { V, "<r><a>x</a><a>y</a></r>", 0, "1|v=x / 2|v=y", "" },
  { V, "<r/>", 0, "", "" },
  { V, "<r><b><a>no</a></b><a/>text<a>y</a></r>", 0, "1 / 2|v=y", "" },
  { R "columns=v string path(@i)", "<r><a i='1'/><a j='2'/></r>", 0, "1|v=1 / 2", "" },
  { R "columns=v string path(b/c)", "<r><a><b><c>x</c><d><c>no</c></d></b><c>no</c></a></r>", 0, "1|v=x", "" },
  { R "columns=v string path(b/@i)", "<r><a><b i='5'/></a></r>", 0, "1|v=5", "" },
  { "record=/*/a;columns=v string path(*/c)", "<q><a><x><c>1</c></x></a></q>", 0, "1|v=1", "" },
  { "record=/r;columns=v string path(a)", "<r><a>x</a></r>", 0, "1|v=x", "" },
  { R "columns=v string path(.),w string path(b)", "<r><a>x<b>y</b>z</a></r>", 0, "1|v=xz|w=y", "" },
  { R "columns=v string path(../@d),w string path(.)", "<r d='D'><a>1</a><a>2</a></r>", 0, "1|v=D|w=1 / 2|v=D|w=2",
    "" },
  { "record=/r/b/a;columns=v string path(../@d)", "<r><b d='1'><a/></b><b><a/></b><b d='3'><a/><a/></b></r>", 0,
    "1|v=1 / 2 / 3|v=3 / 4|v=3", "" },
  /* one, first, all */
  { R "columns=v string path(b)", "<r><a><b>1</b><b>2</b></a><a><b>3</b></a></r>", 0, "2|v=3", "repeated 1" },
  { R "columns=v string path(b) first", "<r><a><b>1</b><b>2</b></a></r>", 0, "1|v=1", "" },
  { R "columns=v string path(b) all(+)", "<r><a><b>1</b><b/><b>2</b></a></r>", 0, "1|v=1+2", "" },
  /* text */
  { V, "<r><a>&lt;&amp;&gt;&quot;&apos;&#65;&#x20ac;</a></r>", 0, "1|v=<&>\"'A\xe2\x82\xac", "" },
  { V, "<r><a><![CDATA[<b>]]]]><![CDATA[>]]></a></r>", 0, "1|v=<b>]]>", "" },
  { V, "<r><a>x<!-- > </a> -->y<?p </a> ?>z</a></r>", 0, "1|v=xyz", "" },
  { V, "<r><a> \n x\r\ny \t</a></r>", 0, "1|v=x\\x0ay", "" },
  { R "columns=v string path(.) exact", "<r><a> x </a></r>", 0, "1|v= x ", "" },
  { R "columns=v string path(@i) exact", "<r><a i=' a\tb\nc&#10;&lt;'/></r>", 0, "1|v= a b c\\x0a<", "" },
  { R "columns=v string path(@i)", "<r><a j='/>' i='x>y'/><a i=\"</a>\" /></r>", 0, "1|v=x>y", "not_well_formed 1" },
  /* types */
  { R "columns=v int path(.)", "<r><a>-5</a><a>1.5</a><a>9223372036854775808</a><a/></r>", 0, "1|v=-5 / 4",
    "type 1, type 1" },
  { R "columns=v decimal(5 2) path(.)", "<r><a>1.5</a><a>1.505</a><a>1000</a></r>", 0, "1|v=1.50", "type 1, type 1" },
  { R "columns=v date path(.)", "<r><a>2024-02-29</a><a>2023-02-29</a></r>", 0, "1|v=2024-02-29", "type 1" },
  { R "columns=v timestamp path(.)", "<r><a>2024-02-29T10:00:00</a><a>2024-02-29T10:00:00Z</a></r>", 0,
    "1|v=1709200800000000", "type 1" },
  { R "columns=v timestamp(utc) path(.)", "<r><a>2024-02-29T10:00:00+01:00</a><a>2024-02-29T10:00:00</a></r>", 0,
    "1|v=1709197200000000", "type 1" },
  { R "columns=v bool path(.)", "<r><a>true</a><a>0</a><a>yes</a></r>", 0, "1|v=true / 2|v=false", "type 1" },
  { R "columns=v enum(x|y) path(.)", "<r><a>x</a><a>z</a></r>", 0, "1|v=x", "enum 1" },
  { R "columns=v int path(.) range(1..5)", "<r><a>5</a><a>6</a></r>", 0, "1|v=5", "range 1" },
  { R "columns=v string path(.) length(2..3)", "<r><a>\xc3\xa4\xc3\xa4</a><a>x</a></r>", 0, "1|v=\xc3\xa4\xc3\xa4",
    "length 1" },
  { R "columns=v string path(.) required,w int path(@i)", "<r>\n<a i='x'/>\n<a>y</a></r>", 0, "2|v=y",
    "type 2, required 2" },
  /* namespaces */
  { "record=/p:r/p:a;namespaces=p=urn:1;columns=v string path(p:b),w string path(b)",
    "<r xmlns='urn:1'><a><b>x</b></a><a xmlns='urn:2'><b>no</b></a></r>", 0, "1|v=x", "" },
  { "record=/p:r/p:a;namespaces=p=urn:1;columns=v string path(@p:i),w string path(@i)",
    "<q:r xmlns:q='urn:1'><q:a q:i='x' i='y'/></q:r>", 0, "1|v=x|w=y", "" },
  { "record=/r/a;columns=v string path(b)", "<r xmlns='urn:1'><a><b>x</b></a></r>", 0, "1|v=x", "" },
  { V, "<r><p:a/></r>", 0, "", "namespace 1" },
  { V, "<r xmlns:p='urn:1' xmlns:q='urn:1'>\n<a>x</a><a p:i='' q:i=''/></r>", 0, "1|v=x", "namespace 2" },
  /* tables */
  { R "tables=l b/c;columns=i string path(@i),l.v int path(.),l.n string path(@n)",
    "<r><a i='1'><b><c n='x'>1</c><c>2</c></b></a><a i='2'/><a i='3'><b><c>x</c></b></a><a "
    "i='4'><b><c>9</c></b></a></r>",
    0, "1|i=1 / l 1|no=1|v=1|n=x / l 1|no=2|v=2 / 2|i=2 / 4|i=4 / l 4|no=1|v=9", "type 1" },
  { R "tables=l b,m b/c;columns=i string path(@i),l.k string path(@k),m.v int path(.),m.k string path(../@k)",
    "<r><a><b k='p'><c>1</c></b><b k='q'><c>2</c><c>3</c></b></a></r>", 0,
    "1 / l 1|no=1|k=p / l 1|no=2|k=q / m 1|no=1|parent_no=1|v=1|k=p / m 1|no=2|parent_no=2|v=2|k=q / m "
    "1|no=3|parent_no=2|v=3|k=q",
    "" },
  /* encodings */
  { V, "\xef\xbb\xbf<r><a>\xc3\xa4</a></r>", 0, "1|v=\xc3\xa4", "" },
  { V, "<?xml version='1.0' encoding='ISO-8859-1'?><r><a>\xe4</a></r>", 0, "1|v=\xc3\xa4", "" },
  { V, "<?xml version='1.0' encoding='windows-1252'?><r><a>\x80</a></r>", 0, "1|v=\xe2\x82\xac", "" },
  { V, "<?xml version='1.0' encoding='Shift_JIS'?><r><a>\x83\x65</a><a>x</a></r>", 0, "1|v=\xe3\x83\x86 / 2|v=x", "" },
  { V, WIDE ("\xff\xfe<\0r\0>\0<\0a\0>\0\xe4\0<\0/\0a\0>\0<\0/\0r\0>\0"), "1|v=\xc3\xa4", "" },
  { V, WIDE ("\0<\0r\0>\0<\0a\0/\0>"), "", "not_well_formed 1" },
  { V, "<r><a>\xe4</a></r>", 0, "", "encoding 1" },
  { V, "<?xml version='1.0' encoding='UTF-16'?><r/>", 0, "", "encoding 1" },
  { V, "<?xml version='1.0' encoding='US-ASCII'?><r>\n<a>\xc3\xa4</a></r>", 0, "", "encoding 2" },
  { V, "<?xml version='1.0' encoding='x-none'?><r/>", 0, "", "encoding 1" },
  { V ";encodings=KOI8-R", "<?xml version='1.0' encoding='EUC-JP'?><r/>", 0, "", "encoding 1" },
  /* not well-formed: what was read before stays with the object, which is refused */
  { V, "", 0, "", "truncated 1" },
  { V, "<r><a>1</a>\n<a>2</b></r>", 0, "1|v=1", "not_well_formed 2" },
  { V, "<r>\n<a>1</a><a>2", 0, "1|v=1", "truncated 2" },
  { V, "<r><a>1</a></r><r/>", 0, "1|v=1", "not_well_formed 1" },
  { V, "<r><a>1</a></r>\n<!-- x --> x", 0, "1|v=1", "not_well_formed 2" },
  { V, "<r><a>1</a></s>", 0, "1|v=1", "not_well_formed 1" },
  { V, "<r><a>1</a><a x='1' x='2'/></r>", 0, "1|v=1", "not_well_formed 1" },
  { V, "<r><a>]]></a></r>", 0, "", "not_well_formed 1" },
  { V, "<r><a>&#0;</a></r>", 0, "", "not_well_formed 1" },
  { V, "<r><a>&x;</a></r>", 0, "", "entity 1" },
  { V, " <?xml version='1.0'?><r/>", 0, "", "not_well_formed 1" },
  { V, "plain text", 0, "", "not_well_formed 1" },
  { V, "<r><!-- a -- b --></r>", 0, "", "not_well_formed 1" },
  /* document types */
  { V, "<!DOCTYPE r [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><r><a>&e;</a></r>", 0, "", "doctype 1" },
  { V ";doctype=skip-internal", "<!DOCTYPE r [<!ELEMENT r ANY> <!-- ]> --> <?p ]>?>] ><r><a>1</a></r>", 0, "1|v=1",
    "" },
  { V ";doctype=skip-internal", "<!DOCTYPE r><r><a>1</a></r>", 0, "1|v=1", "" },
  { V ";doctype=skip-internal", "<!DOCTYPE r [<!ENTITY e 'x'>]><r><a>&e;</a></r>", 0, "", "doctype 1" },
  { V ";doctype=skip-internal", "<!DOCTYPE r SYSTEM 'x.dtd'><r/>", 0, "", "doctype 1" },
  { V ";doctype=skip-internal", "<!DOCTYPE r [ %p; ]><r/>", 0, "", "doctype 1" },
  /* limits */
  { V ";max_depth=3", "<r><a><b/></a><a><b><c/></b></a></r>", 0, "1", "limit 1" },
  { V ";max_name=3", "<r><a>1</a><abcd/></r>", 0, "1|v=1", "limit 1" },
  { V ";max_attributes=1", "<r><a x='1'>1</a><a x='1' y='2'/></r>", 0, "1|v=1", "limit 1" },
  { V ";max_value=3", "<r><a x='123'>1</a><a x='1234'/></r>", 0, "1|v=1", "limit 1" },
  { V ";max_text=3", "<r><a>123</a><a>1234</a></r>", 0, "1|v=123", "limit 1" },
};

static void
set_options (struct pen_test *t, const char *text)
{
  char copy[512], *p = copy;
  snprintf (copy, sizeof copy, "%s", text);
  while (p && *p)
    {
      char *eq = strchr (p, '='), *end = eq ? strchr (eq, ';') : NULL;
      CU_ASSERT_PTR_NOT_NULL_FATAL (eq);
      *eq = 0;
      if (end)
        *end = 0;
      if (pen_test_option (t, p, eq + 1))
        CU_FAIL_FATAL (p);
      p = end ? end + 1 : NULL;
    }
  t->resumes = t->reuse = 1; /* an instance opens its encodings, which takes longer than a small document */
}

static void
values (const struct pen_test *t, char *to, size_t cap)
{
  size_t n = 0;
  to[0] = 0;
  for (const char *p = t->rows; *p; p = strchr (p, '\n') + 1)
    {
      const char *end = strstr (p, "|_offset="), *bar = strchr (p, '|');
      CU_ASSERT_FATAL (end && bar && strncmp (bar, "|record_no=", 11) == 0);
      n += (size_t)snprintf (to + n, cap - n, "%s", n ? " / " : "");
      if (strncmp (p, "records|", 8) != 0)
        n += (size_t)snprintf (to + n, cap - n, "%.*s ", (int)(bar - p), p);
      n += (size_t)snprintf (to + n, cap - n, "%.*s", (int)(end - bar - 11), bar + 11);
    }
}

static void
findings (const struct pen_test *t, char *to, size_t cap)
{
  size_t n = 0;
  to[0] = 0;
  for (const char *p = t->findings; *p; p = strchr (p, '\n') + 1)
    {
      char rule[64];
      unsigned long long line;
      CU_ASSERT_EQUAL_FATAL (sscanf (p, "%63s %*s %*u %*u %llu", rule, &line), 2);
      n += (size_t)snprintf (to + n, cap - n, "%s%s %llu", n ? ", " : "", rule, line);
    }
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
          fprintf (stderr, "case %zu (%s): %s\n  rows     %s\n  expected %s\n  found    %s\n  expected %s\n%s%s%s", i,
                   c->options, c->in, rows, c->rows, found, c->findings, t->log, t->broken, t->findings);
          CU_FAIL ("case");
        }
      pen_test_free (t);
    }
}

/* Well-formed documents: the carry that cut() makes is the one that parse() ends with, at every seam. */
static void
test_seams (void)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      const struct test_case *c = &cases[i];
      struct pen_test *t = pen_test_new (&penstock_plugin);
      set_options (t, c->options);
      t->resumes = 0;
      pen_test_run (t, c->in, c->n ? c->n : strlen (c->in), 0);
      if (!t->n_object && !pen_test_invariant (t, c->in, c->n ? c->n : strlen (c->in)))
        CU_FAIL ("seams");
      pen_test_free (t);
    }
}

/* Places are those of the source's bytes, also where it is not UTF-8. */
static void
test_lineage (void)
{
  static const struct
  {
    const char *in;
    size_t n;
    const char *place;
  } all[] = {
    { "<r>\n\xc3\xa4 <a>x</a></r>", 0, "|_offset=7|_length=8|_line=2" },
    { "<?xml version='1.0' encoding='latin1'?><r>\n\xe4 <a>\xe4</a></r>", 0, "|_offset=45|_length=8|_line=2" },
    { "<?xml version='1.0' encoding='GB18030'?><r>\n\xb0\xa1 <a>\xb0\xa1</a></r>", 0, "|_offset=47|_length=9|_line=2" },
    { WIDE ("\xff\xfe<\0r\0>\0\n\0\x3d\xd8\x00\xde<\0a\0/\0>\0<\0/\0r\0>\0"), "|_offset=14|_length=8|_line=2" }
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      set_options (t, V);
      pen_test_run (t, all[i].in, all[i].n ? all[i].n : strlen (all[i].in), 5);
      if (!strstr (t->rows, all[i].place))
        {
          fprintf (stderr, "expected %s, found %s%s", all[i].place, t->rows, t->findings);
          CU_FAIL ("place");
        }
      pen_test_free (t);
    }
}

/* Nothing of an object stays for the next one. */
static void
test_next (void)
{
  static const char broken[] = "\xff\xfe<\0r\0/\0>\0\x3d", good[] = "<r><a>1</a></r>";
  struct pen_test *t = pen_test_new (&penstock_plugin);
  set_options (t, V);
  pen_test_run (t, broken, sizeof broken - 1, 0);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "encoding object"));
  pen_test_run (t, good, sizeof good - 1, 1);
  CU_ASSERT_STRING_EQUAL (t->findings, "");
  CU_ASSERT_STRING_EQUAL (t->broken, "");
  CU_ASSERT_PTR_NOT_NULL (strstr (t->rows, "v=1"));
  pen_test_free (t);
}

/* An error names the place, in words and figures. */
static void
test_message (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  const char *in = "<r>\n <a>1</a>\n <a>2</b></r>";
  set_options (t, V);
  pen_test_run (t, in, strlen (in), 3);
  CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "not_well_formed object 19 0 3"));
  CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "column 6: expected </a>, found </b>"));
  if (!strstr (t->findings, "not_well_formed object 19 0 3"))
    fprintf (stderr, "%s", t->findings);
  pen_test_free (t);
}

/* Options that mean nothing are refused, and the message names the place. */
static void
test_options (void)
{
  static const struct
  {
    const char *options, *says;
  } all[] = { { "record=r;columns=v string", "not a path from the root" },
              { "record=/;columns=v string", "not a path from the root" },
              { R "columns=v text", "unknown type \"text\"" },
              { R "columns=v decimal(4 5)", "precision 1..38" },
              { R "columns=v string path(b/@c/d)", "nothing may stand behind an attribute" },
              { R "columns=v string path(p:b)", "prefix that is not declared" },
              { R "columns=v string path(../b)", "only attributes can be had" },
              { R "columns=v string path(../../../@b)", "above the root" },
              { R "columns=v string,v int", "declared twice" },
              { R "columns=l.v string", "there is no table \"l\"" },
              { R "columns=no int,record_no int", "column that every table has" },
              { R "tables=l;columns=v string", "NAME PATH is expected" },
              { R "tables=l ../b;columns=v string", "within the record" },
              { R "tables=l b,m b;columns=v string", "of the same element" },
              { R "columns=v string;namespaces=p", "PREFIX=URI is expected" },
              { R "columns=v string;encodings=ISO-2022-JP", "shift states" },
              { R "columns=v string;encodings=x-none", "not known to iconv" },
              { R "columns=v int range(a..)", "not of the column's type" },
              { R "columns=v int all(x)", "is for string" } };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      set_options (t, all[i].options);
      CU_ASSERT_EQUAL (pen_test_run (t, "<r/>", 4, 0), PEN_ERR);
      if (!strstr (t->log, all[i].says))
        {
          fprintf (stderr, "%s: expected \"%s\", found %s", all[i].options, all[i].says, t->log);
          CU_FAIL ("option");
        }
      pen_test_free (t);
    }
}

/* A record longer than a window is the same error, whether a chunk holds all of it or not. */
static void
test_long (void)
{
  static const size_t chunks[] = { 0, 100000, 1 << 20, 3 << 20, 4 << 20, 5 << 20 };
  size_t n = (9u << 19) + 100;
  char *in = malloc (n);
  CU_ASSERT_PTR_NOT_NULL_FATAL (in);
  memset (in, 'x', n);
  memcpy (in, "<r>\n <a>1</a>\n <a>", 18);
  for (size_t i = 5000; i + 5000 < n; i += 100000)
    memcpy (in + i, "<!-- -->", 8);
  memcpy (in + n - 8, "</a></r>", 8);
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
    {
      struct pen_test *t = pen_test_new (&penstock_plugin);
      set_options (t, V);
      CU_ASSERT_EQUAL (pen_test_run (t, in, n, chunks[i]), PEN_OK);
      CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "record_too_long object 15 0 3"));
      CU_ASSERT_PTR_NOT_NULL (strstr (t->findings, "column 2: expected a record of at most 4194304 bytes"));
      CU_ASSERT_STRING_EQUAL (t->rows, "records|record_no=1|v=1|_offset=5|_length=8|_line=2\n");
      CU_ASSERT (strchr (t->findings, '\n') == strrchr (t->findings, '\n') && !t->broken[0]);
      if (!strstr (t->findings, "record_too_long object 15 0 3") || t->broken[0])
        fprintf (stderr, "chunk %zu: %.300s%s", chunks[i], t->findings, t->broken);
      pen_test_free (t);
    }
  free (in);
}

static void
test_recognise (void)
{
  static const char *const yes[] = { "<r/>", "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><p:r xmlns:p='u'>" };
  static const char *const no[] = { "", "a,b\n<", "101 12345", "ISA*00*", "< r>" };
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
    CU_ASSERT (penstock_plugin.parser->recognise ((struct pen_span){ (const uint8_t *)yes[i], strlen (yes[i]) }) > 0);
  for (size_t i = 0; i < sizeof no / sizeof *no; i++)
    CU_ASSERT (penstock_plugin.parser->recognise ((struct pen_span){ (const uint8_t *)no[i], strlen (no[i]) }) == 0);
}

int
main (void)
{
  CU_pSuite s;
  CU_initialize_registry ();
  s = CU_add_suite ("xml", NULL, NULL);
  CU_add_test (s, "cases", test_cases);
  CU_add_test (s, "seams", test_seams);
  CU_add_test (s, "lineage", test_lineage);
  CU_add_test (s, "next", test_next);
  CU_add_test (s, "message", test_message);
  CU_add_test (s, "options", test_options);
  CU_add_test (s, "long", test_long);
  CU_add_test (s, "recognise", test_recognise);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
