/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan.c - from a file's text to a checked pipeline, its memory bound, and every message on the way. */
#include "core/cli/show_plan.h"
#include "core/host/bound.h"
#include "core/host/plan.h"

#include "core/base/cleanup.h"
#include "core/base/limits.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Plugins that exist as empty files and as descriptions only: no worker is asked in this test. */
#define HEAD(name, kinds)                                                                                              \
  "{\"format\":1,\"abi\":1,\"name\":\"" name "\",\"version\":\"1\",\"summary\":\"s\",\"kinds\":[" kinds "],"
#define OPT(name, type, more)                                                                                          \
  "{\"name\":\"" name "\",\"type\":\"" type "\",\"required\":false,\"deprecated\":false" more "}"
static const struct
{
  const char *file, *json;
} plugins[] = {
  { "source-file", HEAD ("file", "\"source\"") "\"options\":[" OPT ("path", "path", "") "]}" },
  { "file",
    HEAD ("file", "\"sink\"") "\"options\":[" OPT ("path", "path", "") "],\"sink\":{\"default_encoder\":\"jsonl\"}}" },
  { "db", HEAD ("db", "\"sink\"") "\"options\":[" OPT ("cache_size", "size", ",\"default\":\"2M\"") "," OPT (
              "password", "secret", "") "],\"sink\":{\"default_encoder\":\"rows\"}}" },
  { "jsonl", HEAD ("jsonl", "\"encoder\"") "\"options\":[],\"encoder\":{\"merges\":true}}" },
  { "rows", HEAD ("rows", "\"encoder\"") "\"options\":[],\"encoder\":{\"merges\":false}}" },
  { "mask", HEAD ("mask", "\"filter\"") "\"options\":[" OPT ("columns", "list", "") "]}" },
  { "nacha",
    HEAD ("nacha", "\"parser\"") "\"options\":[" OPT ("rules.check", "bool", "") "," OPT (
        "skip", "int", ",\"range\":\"0..9\"") "],\"parser\":{\"framing\":\"custom\",\"max_record\":\"1024\","
                                              "\"cut\":true,\"recognise\":true,\"scopes\":[],\"totals\":[]}}" },
};

static char top[64];

static int
make_top (void)
{
  snprintf (top, sizeof top, "/tmp/pen-plan-XXXXXX");
  if (!mkdtemp (top))
    return -1;
  setenv ("XDG_STATE_HOME", "/state", 1);
  for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
    {
      CLEANUP_FREE char *path = xasprintf ("%s/%s.so", top, plugins[i].file);
      FILE *f = fopen (path, "w");

      if (!f || fclose (f) == EOF)
        return -1;
    }
  return 0;
}

static int
remove_top (void)
{
  char command[128];

  snprintf (command, sizeof command, "rm -rf %s", top);
  return system (command);
}

static void
set_init (struct plan_set *s)
{
  struct plugin_dirs dirs = { 0 };

  plugin_dirs_add (&dirs, top);
  plan_set_init (s, &dirs, "/nonexistent");
  plugin_dirs_fini (&dirs);
  s->descs = xcalloc (sizeof plugins / sizeof *plugins, sizeof (struct plugin_desc *));
  for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
    {
      CLEANUP_FREE char *path = xasprintf ("%s/%s.so", top, plugins[i].file);
      struct err e = { 0 };

      s->descs[s->n_descs] = describe_parse (plugins[i].json, strlen (plugins[i].json), path, &e);
      CU_ASSERT_STRING_EQUAL (e.text, "");
      CU_ASSERT_PTR_NOT_NULL_FATAL (s->descs[s->n_descs]);
      s->n_descs++;
    }
}

static char said[8192];

static void
collect (void *ctx, bool is_error, const char *text)
{
  size_t n = strlen (said);

  (void)ctx;
  snprintf (said + n, sizeof said - n, "%c %s\n", is_error ? 'E' : 'W', text);
}
static const struct opt_report report = { collect, NULL };

static int
load (struct plan_set *s, const char *text)
{
  struct err e = { 0 };
  struct config *c = config_parse (text, strlen (text), "a.conf", "/conf", &e);
  int rc;

  said[0] = '\0';
  CU_ASSERT_STRING_EQUAL (e.text, "");
  CU_ASSERT_PTR_NOT_NULL_FATAL (c);
  rc = plan_from_config (s, c, &report, &e);
  CU_ASSERT_EQUAL (rc, strchr (said, 'E') == said ? -1 : 0);
  if (rc == -1)
    CU_ASSERT_EQUAL (strncmp (said + 2, e.text, strlen (e.text)), 0);
  config_free (c);
  return rc;
}

#define SOURCE "source: { plugin = \"file\"; path = \"in/*\"; };\n"
#define PARSER "parser: { plugin = \"nacha\"; };\n"
#define SINKS "sinks: ( { plugin = \"file\"; path = \"out\"; } );\n"
#define PIPELINE(more) "pipeline: {\nname = \"p\";\n" SOURCE PARSER SINKS more "};\n"

static void
test_good (void)
{
  static const char text[] =
      "pipeline: {\nname = \"p\";\n" SOURCE "parser: { plugin = \"nacha\"; rules: { check = false; }; };\n"
      "filters: ( { plugin = \"mask\"; columns = [ \"a\", \"b\" ]; } );\n"
      "sinks: ( { plugin = \"file\"; path = \"out\"; tables = [ \"t\", \"u\" ]; },\n"
      "{ plugin = \"file\"; name = \"second\"; path = \"/abs\"; encoder: { plugin = \"rows\"; }; },\n"
      "{ plugin = \"db\"; password = \"env:X\"; } );\n"
      "duplicates = \"reject\"; lineage = false; commit = \"chunk\"; jail = \"best-effort\";\n"
      "isolate = \"object\"; state = \"st\";\n"
      "limits: { workers = 3; chunk = \"2M\"; memory = \"256M\"; deadline = \"5s\"; };\n"
      "errors: { on_reject = \"fail\"; max_error_rate = \"2%\"; require_balance = false; keep_findings = 7; };\n"
      "schedule: { cron = \"0 2 * * 1-5\"; timezone = \"America/New_York\"; jitter = \"30s\"; missed = \"skip\";\n"
      "retry = \"1s\"; max_run_time = \"1h\"; }; quota: { workers = 2; memory = \"128M\"; reserved = true; };\n};\n";
  struct plan_set s;
  const struct plan *p;

  set_init (&s);
  CU_ASSERT_EQUAL (load (&s, text), 0);
  CU_ASSERT_STRING_EQUAL (said, "");
  CU_ASSERT_EQUAL_FATAL (s.n, 1);
  p = s.v[0];
  CU_ASSERT_STRING_EQUAL (p->name, "p");
  CU_ASSERT_STRING_EQUAL (p->state, "/conf/st");
  CU_ASSERT_EQUAL (p->duplicates, PLAN_DUPLICATES_REJECT);
  CU_ASSERT_FALSE (p->lineage);
  CU_ASSERT_EQUAL (p->commit, PEN_COMMIT_CHUNK);
  CU_ASSERT_TRUE (p->best_effort);
  CU_ASSERT_TRUE (p->fresh_worker);
  CU_ASSERT_EQUAL (p->workers, 3);
  CU_ASSERT_EQUAL (p->chunk, 2 << 20);
  CU_ASSERT_EQUAL (p->memory, 256 << 20);
  CU_ASSERT_EQUAL (p->deadline_ns, INT64_C (5000000000));
  CU_ASSERT_EQUAL (p->on_reject, PLAN_FAIL);
  CU_ASSERT_EQUAL (p->error_ppm, 20000);
  CU_ASSERT_FALSE (p->require_balance);
  CU_ASSERT_EQUAL (p->keep_findings, 7);
  CU_ASSERT_TRUE_FATAL (p->schedule.has_cron);
  CU_ASSERT_STRING_EQUAL (p->schedule.cron_text, "0 2 * * 1-5");
  CU_ASSERT_STRING_EQUAL (p->schedule.zone, "America/New_York");
  CU_ASSERT_TRUE (p->schedule.skip_missed && !p->schedule.follow);
  CU_ASSERT_EQUAL (p->schedule.jitter_ns, INT64_C (30000000000));
  CU_ASSERT_EQUAL (p->schedule.retry_ns, INT64_C (1000000000));
  CU_ASSERT_EQUAL (p->schedule.max_run_ns, INT64_C (3600000000000));
  CU_ASSERT_EQUAL (p->quota.workers, 2);
  CU_ASSERT_EQUAL (p->quota.memory, 128 << 20);
  CU_ASSERT_TRUE (p->quota.is_reserved);
  CU_ASSERT_PTR_NOT_NULL (strstr (p->source.path, "/source-file.so"));
  CU_ASSERT_STRING_EQUAL (p->source.desc->name, "file");
  CU_ASSERT_STRING_EQUAL (optset_get (&p->parser.opts, "rules.check"), "false");
  CU_ASSERT_STRING_EQUAL (p->parser.opts.owner, "parser \"nacha\"");
  CU_ASSERT_STRING_EQUAL (p->parser.opts.base, "/conf");
  CU_ASSERT_EQUAL_FATAL (p->n_filters, 1);
  CU_ASSERT_EQUAL (p->filters[0].opts.n, 2);
  CU_ASSERT_EQUAL_FATAL (p->n_sinks, 3);
  CU_ASSERT_STRING_EQUAL (p->sinks[0].name, "file");
  CU_ASSERT_EQUAL_FATAL (p->sinks[0].n_tables, 2);
  CU_ASSERT_STRING_EQUAL (p->sinks[0].tables[1], "u");
  CU_ASSERT_EQUAL (p->sinks[0].plugin.opts.n, 1);
  CU_ASSERT_STRING_EQUAL (p->sinks[0].encoder.name, "jsonl");
  CU_ASSERT_STRING_EQUAL (p->sinks[1].name, "second");
  CU_ASSERT_STRING_EQUAL (p->sinks[1].encoder.name, "rows");
  CU_ASSERT_STRING_EQUAL (p->sinks[2].encoder.name, "rows");
  plan_set_fini (&s);

  set_init (&s);
  CU_ASSERT_EQUAL (load (&s, PIPELINE ("")), 0);
  CU_ASSERT_EQUAL_FATAL (s.n, 1);
  p = s.v[0];
  CU_ASSERT_STRING_EQUAL (p->state, "/state/penstock/p");
  CU_ASSERT_EQUAL (p->duplicates, PLAN_DUPLICATES_SKIP);
  CU_ASSERT_TRUE (p->lineage);
  CU_ASSERT_EQUAL (p->commit, PEN_COMMIT_OBJECT);
  CU_ASSERT_FALSE (p->best_effort);
  CU_ASSERT_EQUAL (p->chunk, LIMIT_CHUNK_DEFAULT);
  CU_ASSERT_EQUAL (p->deadline_ns, (int64_t)LIMIT_DEADLINE_NS);
  CU_ASSERT_EQUAL (p->schedule.every_ns, SCHEDULE_EVERY_NS);
  CU_ASSERT_FALSE (p->schedule.has_cron || p->schedule.follow || p->quota.is_reserved);
  CU_ASSERT_EQUAL (p->error_ppm, 1000000);
  CU_ASSERT_TRUE (p->require_balance);
  CU_ASSERT_EQUAL (p->keep_findings, 100000);
  plan_set_fini (&s);
}

/* Only what is said counts: not where, not with how many blanks. */
static void
test_fingerprint (void)
{
  static const char *const same[] = { PIPELINE (""), "# comment\n\n" PIPELINE ("/* more */"),
                                      "pipelines: ( {name=\"p\";" SOURCE PARSER SINKS "} );" };
  static const char *const other[] = { PIPELINE ("lineage = false;"),          PIPELINE ("limits: { workers = 1; };"),
                                       PIPELINE ("limits: { workers = 2; };"), PIPELINE ("limits: { chunk = 2; };"),
                                       PIPELINE ("quota: { workers = 2; };"),  "plugin_dirs = [ ];" PIPELINE ("") };
  char seen[8][33];
  size_t n = 0;

  for (size_t i = 0; i < 9; i++)
    {
      struct plan_set s;
      bool is_same = i < 3;

      set_init (&s);
      CU_ASSERT_EQUAL_FATAL (load (&s, is_same ? same[i] : other[i - 3]), 0);
      CU_ASSERT_EQUAL (strlen (s.v[0]->fingerprint), 32);
      for (size_t k = is_same && n ? 1 : 0; k < n; k++)
        CU_ASSERT_STRING_NOT_EQUAL (s.v[0]->fingerprint, seen[k]);
      if (is_same && n)
        {
          CU_ASSERT_STRING_EQUAL (s.v[0]->fingerprint, seen[0]);
        }
      else
        memcpy (seen[n++], s.v[0]->fingerprint, sizeof seen[0]);
      plan_set_fini (&s);
    }
}

static void
test_messages (void)
{
  static const struct
  {
    const char *text, *said;
  } cases[] = {
    { "x = 1;", "E a.conf:1: top of the file: unknown key \"x\"\n"
                "E a.conf: no pipeline is described: pipeline = { ... } is expected\n" },
    { "pipline: { };", "E a.conf:1: top of the file: unknown key \"pipline\"; did you mean \"pipeline\"?\n"
                       "E a.conf: no pipeline is described: pipeline = { ... } is expected\n" },
    { "pipeline = 3;", "E a.conf:1: pipeline: a group { name = \"...\"; ... } is expected\n" },
    { "pipelines = { };", "E a.conf:1: pipelines: a list ( { ... }, { ... } ) is expected\n" },
    { "pipeline: { };", "E a.conf:1: pipeline: name: is required: Name of the pipeline, unique: letters, digits, dot, "
                        "dash and underscore, at "
                        "most 64.\n"
                        "E a.conf:1: pipeline: source: is required: { plugin = \"NAME\"; ... }\n"
                        "E a.conf:1: pipeline: parser: is required: { plugin = \"NAME\"; ... }\n"
                        "E a.conf:1: pipeline: sinks: at least one is required\n" },
    { "pipeline: {\nname = \"../x\";\n" SOURCE PARSER SINKS "};",
      "E a.conf:2: pipeline: name: letters, digits, dot, dash and underscore are expected, at most 64, the first "
      "neither "
      "dot nor dash\n" },
    { PIPELINE ("sink: ( );\n"), "E a.conf:6: pipeline: unknown key \"sink\"; did you mean \"sinks\"?\n" },
    { PIPELINE ("limits: { wrkers = 1; };\n"),
      "E a.conf:6: pipeline \"p\": unknown option \"limits.wrkers\"; did you mean \"limits.workers\"?\n" },
    { PIPELINE ("limits: { chunk = \"6M\"; };\n"), "E a.conf:6: pipeline \"p\": limits.chunk: 6M is outside 1..5M\n" },
    { PIPELINE ("limits = 3;\n"), "E a.conf:6: pipeline \"p\": unknown option \"limits\"\n" },
    { PIPELINE ("duplicates = \"skp\";\n"),
      "E a.conf:6: pipeline \"p\": duplicates: \"skp\" is none of skip|process|reject; did you mean \"skip\"?\n" },
    { PIPELINE ("errors: {\nmax_error_rate = \"2\"; };\n"),
      "E a.conf:7: pipeline \"p\": errors.max_error_rate: a percentage such as \"2%\" or \"0.25%\" is expected\n" },
    { PIPELINE ("schedule: { cron = \"0 25 * * *\"; };\n"),
      "E a.conf:6: pipeline \"p\": schedule: cron: hour: 0..23 are expected: a number, a-b, */n or a list of these; "
      "found \"25\"\n" },
    { PIPELINE ("schedule: { cron = \"0 2 * * *\";\ntimezone = \"America/New_Yorkk\"; };\n"),
      "E a.conf:6: pipeline \"p\": schedule: timezone: there is no time zone \"America/New_Yorkk\" in "
      "/usr/share/zoneinfo; a name such as \"America/New_York\" or \"UTC\" is expected\n" },
    { PIPELINE ("schedule: { cron = \"0 2 * * *\"; every = \"5m\"; };\n"),
      "E a.conf:6: pipeline \"p\": schedule: one of every, cron and follow is expected\n" },
    { PIPELINE ("schedule: { timezone = \"UTC\"; };\n"),
      "E a.conf:6: pipeline \"p\": schedule: timezone: there is no cron that it could be for\n" },
    { PIPELINE ("schedule: { evry = \"5m\"; };\n"),
      "E a.conf:6: pipeline \"p\": unknown option \"schedule.evry\"; did you mean \"schedule.every\"?\n" },
    { PIPELINE ("filters: { plugin = \"mask\"; };\n"),
      "E a.conf:6: filters: a list ( { ... }, { ... } ) is expected\n" },
    { PIPELINE ("filters: ( 3 );\n"), "E a.conf:6: filter: a group { plugin = \"NAME\"; ... } is expected\n" },
    { PIPELINE ("filters: ( { columns = [ \"a\" ]; } );\n"),
      "E a.conf:6: filter: plugin: is required: the name of a plugin\n" },
    { PIPELINE ("filters: ( { plugin = \"mask\";\ncolumn = [ \"a\", \"b\" ]; } );\n"),
      "E a.conf:7: filter \"mask\": unknown option \"column\"; did you mean \"columns\"?\n" },
    { PIPELINE ("filters: ( { plugin = \"jsonl\"; } );\n"),
      "E a.conf:6: filter \"jsonl\": plugin \"jsonl\" is no filter but: encoder\n" },
    { PIPELINE ("filters: ( { plugin = \"../mask\"; } );\n"),
      "E a.conf:6: filter \"../mask\": \"../mask\" is not the name of a plugin (lower-case letters, digits, _ and -); "
      "the "
      "directory of your own plugins belongs into plugin_dirs or --plugin-dir\n" },
    { "pipeline: {\nname = \"p\";\n" SOURCE PARSER
      "sinks: ( { plugin = \"file\"; },\n{ plugin = \"file\"; tables = 3; } );\n};\n",
      "E a.conf:6: sink \"file\": tables: a list of 1 to 64 names is expected\n"
      "E a.conf:6: sink \"file\": has the name of the sink at a.conf:5; give one of them a name = \"...\"\n" },
    { "pipeline: {\nname = \"p\";\n" SOURCE "parser: { plugin = \"nacha\";\nskip = -1; };\n" SINKS "};\n",
      "E a.conf:5: parser \"nacha\": skip: -1 is outside 0..9\n" },
    { "pipeline: {\nname = \"p\";\n" SOURCE PARSER "sinks: ( { plugin = \"db\"; password = \"hunter2\"; } );\n};\n",
      "E a.conf:5: sink \"db\": password: a secret is written \"env:NAME\" or \"file:/path\", never as itself\n" },
    { "pipelines: ( { name = \"p\";\n" SOURCE PARSER SINKS " },\n{ name = \"p\";\n" SOURCE PARSER SINKS "} );\n",
      "E a.conf:6: pipeline \"p\": has the name of the pipeline at a.conf:1\n" },
    { "pipelines: ( { name = \"p\"; state = \"s\";\n" SOURCE PARSER SINKS
      " },\n{ name = \"q\"; state = \"s\";\n" SOURCE PARSER SINKS "} );\n",
      "E a.conf:6: pipeline \"q\": state: /conf/s is the state of pipeline \"p\" (a.conf:1)\n" },
    { "plugin_dirs = \"x\";\n" PIPELINE (""), "E a.conf:1: plugin_dirs: a list of directories is expected\n" },
    { "plugin_dirs = [\n\"none\" ];\n" PIPELINE (""),
      "E a.conf:2: plugin_dirs: plugin directory /conf/none: /conf: No such file or directory\n" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct plan_set s;

      set_init (&s);
      CU_ASSERT_EQUAL (load (&s, cases[i].text), -1);
      if (strcmp (said, cases[i].said))
        fprintf (stderr, "case %zu\nexpected %sfound    %s", i, cases[i].said, said);
      CU_ASSERT_STRING_EQUAL (said, cases[i].said);
      plan_set_fini (&s);
    }
}

static void
test_not_found (void)
{
  char expected[512];
  struct plan_set s;

  set_init (&s);
  CU_ASSERT_EQUAL (load (&s, PIPELINE ("filters: ( { plugin = \"msk\"; } );\n")), -1);
  snprintf (expected, sizeof expected,
            "E a.conf:6: filter \"msk\": plugin \"msk\" was not found; searched: %s, %s; did you mean \"mask\"?\n", top,
            PENSTOCK_PLUGINDIR);
  CU_ASSERT_STRING_EQUAL (said, expected);
  plan_set_fini (&s);
}

static void
test_tables (void)
{
  static const char text[] =
      "pipeline: {\nname = \"p\";\n" SOURCE PARSER "sinks: ( { plugin = \"file\"; tables = [ \"entries\" ]; },\n"
      "{ plugin = \"db\"; },\n"
      "{ plugin = \"db\"; name = \"two\"; tables = [ \"entris\", \"entries\", \"entries\" ]; } );\n};\n";
  static const struct plan_table tables[] = { { "entries", 0, NULL }, { "batches", 0, NULL } };
  static const int per_table[] = { 0, 1, 0 }, none_per_table[] = { 0, 0, 0 };
  struct plan_set s;
  struct err e;

  set_init (&s);
  CU_ASSERT_EQUAL_FATAL (load (&s, text), 0);
  CU_ASSERT_EQUAL (plan_check_tables (s.v[0], tables, 2, per_table, &report, &e), -1);
  CU_ASSERT_STRING_EQUAL (
      said, "E a.conf:7: sink \"two\": tables: parser \"nacha\" has no table \"entris\"; did you mean \"entries\"?\n"
            "E a.conf:7: sink \"two\": tables: \"entries\" is named twice\n"
            "E a.conf:7: sink \"two\": encoder \"rows\" cannot put 3 tables into one stream; choose one by tables = [ "
            "\"entris\" ] or give each a stream of its own, with {table} in the path\n");
  said[0] = '\0';
  CU_ASSERT_EQUAL (plan_check_tables (s.v[0], tables, 2, none_per_table, &report, &e), -1);
  CU_ASSERT_PTR_NOT_NULL (strstr (said, "E a.conf:6: sink \"db\": encoder \"rows\" cannot put 2 tables"));
  said[0] = '\0';
  CU_ASSERT_EQUAL (plan_check_tables (s.v[0], tables, 1, none_per_table, &report, &e), -1);
  CU_ASSERT_PTR_NULL (strstr (said, "sink \"db\""));
  plan_set_fini (&s);
}

static void
test_cat (void)
{
  static const char *const options[] = { "rules.check=true" }, *const bad[] = { "skip" },
                           *const tables[] = { "entries" };
  struct cat_request q = { .parser = "nacha", .n_options = 1, .options = options, .n_tables = 1, .tables = tables };
  struct plan_set s;
  struct err e;
  struct plan *p;

  set_init (&s);
  p = plan_for_cat (&s, &q, &report, &e);
  CU_ASSERT_PTR_NOT_NULL_FATAL (p);
  CU_ASSERT_PTR_NULL (p->source.name);
  CU_ASSERT_PTR_NULL (p->state);
  CU_ASSERT_STRING_EQUAL (optset_get (&p->parser.opts, "rules.check"), "true");
  CU_ASSERT_STRING_EQUAL (p->sinks[0].encoder.name, "jsonl");
  CU_ASSERT_EQUAL (p->sinks[0].n_tables, 1);
  said[0] = '\0';
  q.options = bad;
  CU_ASSERT_PTR_NULL (plan_for_cat (&s, &q, &report, &e));
  CU_ASSERT_STRING_EQUAL (said, "E -O skip: KEY=VALUE is expected\n");
  said[0] = '\0';
  q.n_options = 0;
  q.chunk = LIMIT_CHUNK_MAX + 1;
  CU_ASSERT_PTR_NULL (plan_for_cat (&s, &q, &report, &e));
  CU_ASSERT_STRING_EQUAL (said, "E -c: 5242881 is outside 1..5242880\n");
  said[0] = '\0';
  q.chunk = 0;
  q.format = "mask";
  CU_ASSERT_PTR_NULL (plan_for_cat (&s, &q, &report, &e));
  CU_ASSERT_STRING_EQUAL (said, "E command line: encoder \"mask\": plugin \"mask\" is no encoder but: filter\n");
  plan_set_fini (&s);
}

static void
test_show (void)
{
  static const char text[] =
      "pipeline: {\nname = \"p\";\n" SOURCE PARSER
      "sinks: ( { plugin = \"db\"; password = \"env:THE_SECRET\"; tables = [ \"a\", \"b\" ]; } );\n};\n";
  struct plan_set s;
  char *shown = NULL;
  size_t n = 0;
  FILE *f;

  set_init (&s);
  CU_ASSERT_EQUAL_FATAL (load (&s, text), 0);
  f = open_memstream (&shown, &n);
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  show_plan (s.v[0], f);
  fclose (f);
  CU_ASSERT_PTR_NOT_NULL (strstr (shown, "      password = ***\n"));
  CU_ASSERT_PTR_NULL (strstr (shown, "THE_SECRET"));
  CU_ASSERT_PTR_NOT_NULL (strstr (shown, "      cache_size = \"2M\"  (default)\n"));
  CU_ASSERT_PTR_NOT_NULL (strstr (shown, "    path = \"in/*\"\n"));
  CU_ASSERT_PTR_NOT_NULL (strstr (shown, "  sink \"db\": tables a, b\n"));
  free (shown);
  plan_set_fini (&s);
}

/* ---- memory ---- */

static void
test_bound (void)
{
  struct machine m = { 8, "affinity", 0, "machine" };
  const uint64_t window = LIMIT_CHUNK_DEFAULT + 1024;
  const uint64_t worker = LIMIT_WORKER_BASE + window + LIMIT_WORKER_TABLES + LIMIT_SLOTS_PER_WORKER * LIMIT_SLOT_SIZE
                          + LIMIT_INPUTS_PER_WORKER * (LIMIT_CHUNK_DEFAULT + 4096);
  const uint64_t reserved = LIMIT_HOST_BASE + LIMIT_SOURCE_BASE + LIMIT_SMALL_OPEN
                            + LIMIT_OPEN_OBJECTS * LIMIT_SMALL_OBJECT + LIMIT_WORKER_BASE + window + 2 * LIMIT_SINK_BASE
                            + 2 * MIB;
  char *text = NULL, expected[64];
  size_t n = 0;
  struct plan_set s;
  struct plan *p;
  struct bound b;
  struct err e;
  FILE *f;

  set_init (&s);
  CU_ASSERT_EQUAL_FATAL (load (&s, "pipeline: {\nname = \"p\";\n" SOURCE PARSER
                                   "sinks: ( { plugin = \"db\"; }, { plugin = \"file\"; } );\n};\n"),
                         0);
  p = s.v[0];
  /* no limit on memory: as many workers as cores */
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), 0);
  CU_ASSERT_EQUAL (b.workers, 8);
  CU_ASSERT_EQUAL (b.per_worker, worker);
  CU_ASSERT_EQUAL (b.reserved, reserved);
  CU_ASSERT_EQUAL (b.total, reserved + 8 * worker);
  /* the last byte counts */
  m.memory = reserved + 3 * worker;
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), 0);
  CU_ASSERT_EQUAL (b.workers, 3);
  CU_ASSERT_EQUAL (b.total, m.memory);
  m.memory--;
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), 0);
  CU_ASSERT_EQUAL (b.workers, 2);
  /* limits.memory is the tighter one, and says so */
  p->memory = reserved + worker;
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), 0);
  CU_ASSERT_EQUAL (b.workers, 1);
  CU_ASSERT_STRING_EQUAL (b.memory_from, "limits.memory");
  p->memory--;
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), -1);
  CU_ASSERT_PTR_NOT_NULL (strstr (e.text, "a.conf:1: pipeline \"p\": limits: 1 worker can take "));
  CU_ASSERT_PTR_NOT_NULL (strstr (e.text, "but limits.memory allows "));
  /* a number of workers that was asked for is not silently reduced */
  p->memory = 0;
  p->workers = 3;
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), -1);
  CU_ASSERT_PTR_NOT_NULL (strstr (e.text, "limits: 3 workers can take "));
  p->workers = 2;
  CU_ASSERT_EQUAL (bound_compute (&b, p, &m, &e), 0);
  CU_ASSERT_EQUAL (b.total, reserved + 2 * worker);
  /* the printed parts add up to the printed sum */
  f = open_memstream (&text, &n);
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  bound_print (&b, f);
  fclose (f);
  uint64_t sum = 0, last = 0;
  for (char *line = strtok (text, "\n"); line; line = strtok (NULL, "\n"))
    if (*line == ' ')
      {
        sum += last;
        last = strtoull (line, NULL, 10);
      }
  CU_ASSERT_EQUAL (sum, b.total);
  CU_ASSERT_EQUAL (last, b.total);
  snprintf (expected, sizeof expected, "%llu", (unsigned long long)b.total);
  CU_ASSERT (n > strlen (expected));
  free (text);
  plan_set_fini (&s);
}

static void
put (const char *name, const char *text)
{
  CLEANUP_FREE char *path = xasprintf ("%s/m/%s", top, name);
  CLEANUP_FREE char *command = xasprintf ("mkdir -p \"$(dirname %s)\"", path);
  FILE *f;

  CU_ASSERT_EQUAL_FATAL (system (command), 0);
  f = fopen (path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  fputs (text, f);
  fclose (f);
}

static void
test_machine (void)
{
  CLEANUP_FREE char *root = xasprintf ("%s/m", top);
  struct machine m, real;

  machine_read (&real, "");
  CU_ASSERT (real.cores > 0);
  put ("proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\n");
  machine_read (&m, root);
  CU_ASSERT_EQUAL (m.memory, 2048 * 1024);
  CU_ASSERT_STRING_EQUAL (m.memory_from, "machine");
  /* version 2: the tightest of the ancestors */
  put ("proc/self/cgroup", "0::/a/b\n");
  put ("sys/fs/cgroup/a/b/memory.max", "max\n");
  put ("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  put ("sys/fs/cgroup/a/memory.max", "1048576\n");
  put ("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
  machine_read (&m, root);
  CU_ASSERT_EQUAL (m.memory, 1048576);
  CU_ASSERT_STRING_EQUAL (m.memory_from, "cgroup");
  CU_ASSERT_EQUAL (m.cores, 1);
  /* version 1, where the path of the group does not exist below the mount, as in a container */
  put ("proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n");
  put ("sys/fs/cgroup/memory/memory.limit_in_bytes", "524288\n");
  machine_read (&m, root);
  CU_ASSERT_EQUAL (m.memory, 524288);
  CU_ASSERT_EQUAL (m.cores, real.cores < m.cores ? real.cores : m.cores);
  put ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  put ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  machine_read (&m, root);
  CU_ASSERT_EQUAL (m.cores, 1);
  /* "unlimited" of version 1 is a huge number: the machine's memory holds */
  put ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  machine_read (&m, root);
  CU_ASSERT_EQUAL (m.memory, 2048 * 1024);
}

int
main (void)
{
  CU_pSuite suite;

  if (make_top () == -1 || CU_initialize_registry () != CUE_SUCCESS)
    return 99;
  suite = CU_add_suite ("plan", NULL, remove_top);
  CU_add_test (suite, "good", test_good);
  CU_add_test (suite, "messages", test_messages);
  CU_add_test (suite, "fingerprint", test_fingerprint);
  CU_add_test (suite, "not found", test_not_found);
  CU_add_test (suite, "tables", test_tables);
  CU_add_test (suite, "cat", test_cat);
  CU_add_test (suite, "show", test_show);
  CU_add_test (suite, "bound", test_bound);
  CU_add_test (suite, "machine", test_machine);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
