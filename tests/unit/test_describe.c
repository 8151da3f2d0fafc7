/* SPDX-License-Identifier: Apache-2.0 */
/* test_describe.c - descriptions of plugins: what a worker prints comes back, what it may print wrongly is refused. */
#include "core/host/child.h"
#include "core/host/describe.h"
#include "core/worker/describe.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* STANDIN: the stand-in worker; TEST_PLUGINS: see test_loader.c. */

/* ---- printing and reading back ---- */

static int
no_create (const struct pen_host *host, const void *options, void **self)
{
  (void)host, (void)options, (void)self;
  return PEN_ERR;
}
static int
no_recognise (struct pen_span head)
{
  (void)head;
  return 0;
}

static const struct pen_scope scopes[] = { { "file" }, { "batch" } };
static const struct pen_total totals[] = {
  { "entry_hash", 1, PEN_FOLD_SUM, 0, UINT64_C (10000000000), "hash", "Sum of \"routing\" numbers.\nTen digits." },
  { "count", 0, PEN_FOLD_COUNT, 0, 0, "count", NULL },
};
static const struct pen_parser parser = {
  .size = sizeof parser,
  .framing = PEN_FRAME_QUOTED_LINE,
  .max_record = 65536,
  .scopes = scopes,
  .scope_size = sizeof *scopes,
  .n_scopes = 2,
  .totals = totals,
  .total_size = sizeof *totals,
  .n_totals = 2,
  .create = no_create,
  .recognise = no_recognise,
};
static const struct pen_encoder encoder = { .size = sizeof encoder, .flags = PEN_ENC_MERGES };
static const struct pen_opt opts[] = {
  { "skip", PEN_INT, PEN_OPT_DEPRECATED, 0, 8, "0", "0..1000", "Lines \xff to skip." },
  { "path", PEN_PATH, PEN_OPT_REQUIRED, 8, 8, NULL, NULL, NULL },
  { NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
static const struct pen_plugin plugin = {
  .abi = PEN_ABI,
  .size = sizeof plugin,
  .name = "csv",
  .version = "1.0",
  .summary = "Caf\xc3\xa9 \\ \"quoted\"",
  .options_size = 16,
  .opt_size = sizeof *opts,
  .opts = opts,
  .parser = &parser,
  .encoder = &encoder,
};

static void
test_round_trip (void)
{
  struct plugin_desc *d;
  struct err e = { 0 };
  char *json = NULL;
  size_t n = 0;
  FILE *f = open_memstream (&json, &n);

  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  CU_ASSERT_EQUAL (worker_describe (f, &plugin, &e), 0);
  fclose (f);
  d = describe_parse (json, n, "/p/csv.so", &e);
  CU_ASSERT_STRING_EQUAL (e.text, "");
  CU_ASSERT_PTR_NOT_NULL_FATAL (d);
  CU_ASSERT_STRING_EQUAL (d->summary, plugin.summary);
  CU_ASSERT_PTR_NULL (d->doc);
  CU_ASSERT_EQUAL (d->kinds, KIND_PARSER | KIND_ENCODER);
  CU_ASSERT_EQUAL_FATAL (d->options.n, 2);
  CU_ASSERT_STRING_EQUAL (d->options.v[0].range, "0..1000");
  CU_ASSERT_STRING_EQUAL (d->options.v[0].doc, "Lines \xef\xbf\xbd to skip.");
  CU_ASSERT_EQUAL (d->options.v[0].flags, PEN_OPT_DEPRECATED);
  CU_ASSERT_EQUAL (d->options.v[1].type, PEN_PATH);
  CU_ASSERT_EQUAL (d->options.v[1].flags, PEN_OPT_REQUIRED);
  CU_ASSERT_EQUAL (d->parser.framing, PEN_FRAME_QUOTED_LINE);
  CU_ASSERT_EQUAL (d->parser.max_record, 65536);
  CU_ASSERT_TRUE (d->parser.recognises);
  CU_ASSERT_FALSE (d->parser.cut);
  CU_ASSERT_EQUAL_FATAL (d->parser.n_scopes, 2);
  CU_ASSERT_STRING_EQUAL (d->parser.scopes[1], "batch");
  CU_ASSERT_EQUAL_FATAL (d->parser.n_totals, 2);
  CU_ASSERT_EQUAL (d->parser.totals[0].modulo, UINT64_C (10000000000));
  CU_ASSERT_STRING_EQUAL (d->parser.totals[0].doc, totals[0].doc);
  CU_ASSERT_EQUAL (d->parser.totals[1].fold, PEN_FOLD_COUNT);
  CU_ASSERT_TRUE (d->encoder.merges);
  plugin_desc_free (d);

  /* cut short or with a bit turned it is refused or read, never worse (the sanitizers watch) */
  for (size_t k = 0; k < n - 1; k++)
    CU_ASSERT_PTR_NULL (describe_parse (json, k, "/p/csv.so", &e));
  for (size_t k = 0; k < 8 * n; k++)
    {
      json[k / 8] ^= (char)(1 << k % 8);
      plugin_desc_free (describe_parse (json, n, "/p/csv.so", NULL));
      json[k / 8] ^= (char)(1 << k % 8);
    }
  free (json);
}

/* ---- hostile descriptions ---- */

#define HEAD "{\"format\": 1, \"abi\": 1, \"name\": \"x\", \"version\": \"1\", \"summary\": \"s\", "
#define PARSER_HEAD HEAD "\"kinds\": [\"parser\"], \"options\": [], \"parser\": "

static void
test_hostile (void)
{
  static const struct
  {
    const char *json, *error;
  } cases[] = {
    { "", "its description is not JSON: line 1: '[' or '{' expected near end of file" },
    { "[]", "its description: \"format\" is not a number" },
    { "{\"format\": 2}", "its description: it has format 2, expected 1" },
    { "{\"format\": -1}", "its description: \"format\" is not a number" },
    { "{\"format\": \"99999999999999999999\"}", "its description: \"format\" is not a number" },
    { "{\"format\": 1, \"abi\": 2, \"name\": \"x\", \"version\": \"1\", \"summary\": \"s\"}",
      "its description: \"abi\" is 2, expected 1" },
    { "{\"format\": 1, \"abi\": 1, \"name\": \"\\u001b[2J\"}", "its description: \"name\" has control characters" },
    { "{\"format\": 1, \"abi\": 1, \"name\": \"a\\u009b\"}", "its description: \"name\" has control characters" },
    { "{\"format\": 1, \"abi\": 1, \"name\": 7}", "its description: \"name\" is not a text of at most 16384 bytes" },
    { "{\"format\": 1, \"format\": 1}", "its description is not JSON: line 1: duplicate object key near '\"format\"'" },
    { HEAD "\"kinds\": []}", "its description: \"kinds\" is empty" },
    { HEAD "\"kinds\": [\"shell\"]}", "its description: \"kinds\" has what is no kind" },
    { HEAD "\"kinds\": {}}", "its description: \"kinds\" is not a list of at most 6 items" },
    { HEAD "\"kinds\": [\"source\"], \"options\": [7]}",
      "its description: option 0: \"type\" is no type of an option" },
    { HEAD "\"kinds\": [\"source\"], \"options\": [{\"type\": \"int\"}]}",
      "its description: option 0: \"required\" is neither true nor false" },
    { HEAD "\"kinds\": [\"source\"], \"options\": [{\"type\": \"int\", \"name\": \"../x\", \"required\": false, "
           "\"deprecated\": false}]}",
      "its description: option table: ../x: not a name of lower-case words joined by dots" },
    { HEAD "\"kinds\": [\"parser\"], \"options\": [{\"type\": \"secret\", \"name\": \"x\", \"required\": false, "
           "\"deprecated\": false}]}",
      "its description: option 0: a secret never enters a worker" },
    { PARSER_HEAD "7}", "its description: parser: \"framing\" is not known" },
    { PARSER_HEAD "{\"framing\": \"line\", \"max_record\": \"18446744073709551615\"}}",
      "its description: parser: \"max_record\" is 18446744073709551615, at most 67108864 expected" },
    { PARSER_HEAD "{\"framing\": \"line\", \"max_record\": \"0\", \"cut\": true, \"recognise\": true, \"scopes\": [], "
                  "\"totals\": []}}",
      "its description: parser: \"max_record\" is 0" },
    { PARSER_HEAD "{\"framing\": \"line\", \"max_record\": \"1\", \"cut\": true, \"recognise\": true, \"scopes\": [], "
                  "\"totals\": [{\"name\": \"n\", \"rule\": \"r\", \"scope\": 0, \"scale\": 0, \"modulo\": 0}]}}",
      "its description: parser: total 0: \"scope\" is 0, but there are 0" },
    { HEAD "\"kinds\": [\"sink\"], \"options\": []}",
      "its description: sink: \"default_encoder\" is not a text of at most 16384 bytes" },
  };
  char *deep = malloc (DESCRIBE_MAX + 2);
  struct err e;

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char expected[512];

      e.text[0] = '\0';
      snprintf (expected, sizeof expected, "/p/x.so: %s", cases[i].error);
      CU_ASSERT_PTR_NULL (describe_parse (cases[i].json, strlen (cases[i].json), "/p/x.so", &e));
      if (strcmp (e.text, expected))
        fprintf (stderr, "expected %s\nfound    %s\n", expected, e.text);
      CU_ASSERT_STRING_EQUAL (e.text, expected);
    }
  /* too long, and as deep as it may be long */
  CU_ASSERT_PTR_NOT_NULL_FATAL (deep);
  memset (deep, '[', DESCRIBE_MAX + 1);
  CU_ASSERT_PTR_NULL (describe_parse (deep, DESCRIBE_MAX, "/p/x.so", &e));
  CU_ASSERT_PTR_NOT_NULL (strstr (e.text, "is not JSON"));
  CU_ASSERT_PTR_NULL (describe_parse (deep, DESCRIBE_MAX + 1, "/p/x.so", &e));
  CU_ASSERT_STRING_EQUAL (e.text, "/p/x.so: its description has 1048577 bytes, the limit is 1048576");
  free (deep);
}

/* ---- asking a worker, with the cache ---- */

static char top[64], cache[96];
static struct describer asker;

static int
make_top (void)
{
  char command[256];

  snprintf (top, sizeof top, "/tmp/pen-describe-XXXXXX");
  if (!mkdtemp (top))
    return -1;
  snprintf (cache, sizeof cache, "%s/cache/deep", top);
  snprintf (command, sizeof command, "%s/worker", top);
  /* a copy, so that its count of calls is ours */
  snprintf (command, sizeof command, "cp %s %s/worker", STANDIN, top);
  if (system (command) != 0)
    return -1;
  asker = (struct describer){ xasprintf ("%s/worker", top), INT64_C (10000000000), cache, false, false };
  return 0;
}

static int
remove_top (void)
{
  char command[128];

  free (asker.worker);
  snprintf (command, sizeof command, "rm -rf %s", top);
  return system (command);
}

static long
calls (void)
{
  char path[128];
  struct stat st;

  snprintf (path, sizeof path, "%s/worker.calls", top);
  return stat (path, &st) == 0 ? (long)st.st_size : 0;
}

/* Describes TOP/NAME.so, made from TEST_PLUGINS/from.so where given; "" or the error. */
static const char *
ask (const char *name, const char *from)
{
  static struct err e;
  struct plugin_desc *d;
  char path[256], command[1024];

  snprintf (path, sizeof path, "%s/%s.so", top, name);
  if (from)
    {
      snprintf (command, sizeof command, "cp %s/%s.so %s", TEST_PLUGINS, from, path);
      CU_ASSERT_EQUAL (system (command), 0);
    }
  e.text[0] = '\0';
  d = describe_plugin (&asker, path, &e);
  if (d)
    CU_ASSERT_STRING_EQUAL (d->name, "bad");
  CU_ASSERT_EQUAL (d == NULL, e.text[0] != '\0');
  plugin_desc_free (d);
  return strncmp (e.text, "plugin ", 7) == 0 && strstr (e.text, ".so: ") ? strstr (e.text, ".so: ") + 5 : e.text;
}

static void
test_cache (void)
{
  char path[256], reason[512], file[64] = "";
  FILE *f;

  CU_ASSERT_STRING_EQUAL (ask ("good", "good"), "");
  CU_ASSERT_EQUAL (calls (), 1);
  CU_ASSERT_STRING_EQUAL (ask ("good", NULL), "");
  CU_ASSERT_EQUAL (calls (), 1);
  /* another file under the same name is another plugin */
  snprintf (reason, sizeof reason,
            "%s/good.so: built for plugin ABI 7; this Penstock speaks ABI 1: build it anew with this version's headers",
            top);
  CU_ASSERT_STRING_EQUAL (ask ("good", "bad_abi"), reason);
  CU_ASSERT_EQUAL (calls (), 2);
  /* and its refusal is remembered with the reason */
  CU_ASSERT_STRING_EQUAL (ask ("good", NULL), reason);
  CU_ASSERT_EQUAL (calls (), 2);
  asker.refresh = true;
  CU_ASSERT_STRING_EQUAL (ask ("good", NULL), reason);
  CU_ASSERT_EQUAL (calls (), 3);
  asker.refresh = false;
  /* a damaged cache is no cache */
  CU_ASSERT_STRING_EQUAL (ask ("good", "good"), "");
  CU_ASSERT_EQUAL (calls (), 4);
  snprintf (path, sizeof path, "ls %s", cache);
  f = popen (path, "r");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  CU_ASSERT_EQUAL (fscanf (f, "%63s", file), 1);
  pclose (f);
  snprintf (path, sizeof path, "%s/%s", cache, file);
  CU_ASSERT_EQUAL (truncate (path, 200), 0);
  CU_ASSERT_STRING_EQUAL (ask ("good", NULL), "");
  CU_ASSERT_EQUAL (calls (), 5);
  /* nor is one that others may write */
  CU_ASSERT_EQUAL (chmod (path, 0666), 0);
  CU_ASSERT_STRING_EQUAL (ask ("good", NULL), "");
  CU_ASSERT_EQUAL (calls (), 6);
}

static void
test_faults (void)
{
  long before;

  CU_ASSERT_STRING_EQUAL (ask ("crash", "good"), "describing it ended with signal 11 (Segmentation fault)");
  before = calls ();
  CU_ASSERT_STRING_EQUAL (ask ("crash", NULL), "describing it ended with signal 11 (Segmentation fault)");
  CU_ASSERT_EQUAL (calls (), before);
  CU_ASSERT_PTR_NOT_NULL (strstr (ask ("chatter", "good"), "worker: printed more than 1048576 bytes and was killed"));
  CU_ASSERT_PTR_NOT_NULL (strstr (ask ("garbage", "good"), "its description is not JSON"));
  CU_ASSERT_PTR_NOT_NULL (strstr (ask ("undefined", "bad_undefined"), "undefined symbol: there_is_no_such_function"));
  /* the environment's fault is not remembered */
  CU_ASSERT_STRING_EQUAL (ask ("jail", "good"), "penstock-worker: jail: seccomp is not to be had");
  before = calls ();
  CU_ASSERT_STRING_EQUAL (ask ("jail", NULL), "penstock-worker: jail: seccomp is not to be had");
  CU_ASSERT_EQUAL (calls (), before + 1);
  asker.timeout_ns = 50000000;
  CU_ASSERT_PTR_NOT_NULL (strstr (ask ("hang", "good"), "worker: has not ended in time and was killed"));
  asker.timeout_ns = INT64_C (10000000000);
  /* no worker at all */
  asker.worker[strlen (asker.worker) - 1] = 'x';
  CU_ASSERT_PTR_NOT_NULL (strstr (ask ("fresh", "good"), "cannot run "));
  asker.worker[strlen (asker.worker) - 1] = 'r';
  CU_ASSERT_STRING_EQUAL (ask ("fresh", NULL), "");
}

int
main (void)
{
  CU_pSuite suite;

  if (make_top () == -1 || CU_initialize_registry () != CUE_SUCCESS)
    return 99;
  suite = CU_add_suite ("describe", NULL, remove_top);
  CU_add_test (suite, "round trip", test_round_trip);
  CU_add_test (suite, "hostile", test_hostile);
  CU_add_test (suite, "cache", test_cache);
  CU_add_test (suite, "faults", test_faults);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
