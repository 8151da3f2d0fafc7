/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_serve.c - lines on serve's socket, lines from its runs and checks, and times as crontab writes them, told apart by the first byte. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/serve/facts.h"
#include "core/serve/serve_int.h"
#include "core/serve/zone.h"

#define START INT64_C (1767225600) /* 2026 */

static void
fuzz_cron (const char *text)
{
  static const char *const zones[] = { "UTC", "America/New_York", "Australia/Lord_Howe" };
  struct err e = { 0 };
  struct cron c;

  if (cron_parse (&c, text, &e) == -1)
    {
      FUZZ_CHECK (e.text[0]);
      return;
    }
  FUZZ_CHECK (c.minute && c.hour && c.mday && c.month && c.wday);
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
    {
      int64_t t = cron_next (&c, zones[i], START);

      FUZZ_CHECK (t > START);
      FUZZ_CHECK (cron_next (&c, zones[i], t - 1) == t);
    }
}

static void
fuzz_zone (const char *name)
{
  struct err e = { 0 };

  FUZZ_CHECK ((zone_check (name, &e) == -1) == (e.text[0] != '\0'));
}

static void
fuzz_facts (const char *line, size_t n)
{
  struct err e = { 0 };
  struct facts *f = facts_parse (line, n, &e), *copy;

  FUZZ_CHECK ((f == NULL) == (e.text[0] != '\0'));
  if (!f)
    return;
  FUZZ_CHECK (f->need.workers >= 1 && f->schedule.every_ns > 0 && f->schedule.zone);
  FUZZ_CHECK (schedule_next (&f->schedule, START * SECOND_NS, START * SECOND_NS) > START * SECOND_NS);
  copy = facts_copy (f);
  facts_free (f);
  facts_free (copy);
}

static void
quiet (void *ctx, int level, const char *text)
{
  (void)ctx;
  (void)level;
  (void)text;
}

/* One pipeline, of which a run says `line`, or about which a client asks. */
static void
fuzz_line (const char *line, size_t n, bool from_run)
{
  static const char facts[] =
      "{\"pipeline\":\"a\",\"where\":\"a.conf:1\",\"state\":\"/s\",\"fingerprint\":\"0\",\"base\":1,"
      "\"per_worker\":1,\"workers\":1,\"memory\":0,\"reserved\":false,\"schedule\":{\"follow\":false,"
      "\"skip_missed\":false,\"every_ns\":1,\"jitter_ns\":0,\"retry_ns\":1,\"max_run_ns\":0,\"timezone\":\"\"}}";
  struct serve_opts o = { .log = quiet };
  struct serve s = { .o = &o };
  struct runner r = { .s = &s, .due = INT64_MAX }, *runners[] = { &r };
  struct err e;
  char *answer;
  size_t len;

  pool_init (&s.pool, 1, 100);
  r.facts = facts_parse (facts, sizeof facts - 1, &e);
  FUZZ_CHECK (r.facts);
  r.member = pool_add (&s.pool, &r.facts->need);
  s.runners = runners;
  s.n_runners = 1;
  if (from_run)
    runner_line (&r, line, n);
  answer = from_run ? status_answer (&s, "{\"request\":\"status\"}", 20, &len) : status_answer (&s, line, n, &len);
  FUZZ_CHECK (len > 2 && answer[len - 1] == '\n' && !memchr (answer, '\n', len - 1) && answer[0] == '{');
  FUZZ_CHECK (!from_run || memcmp (answer, "{\"ok\":true", 10) == 0);
  free (answer);
  facts_free (r.facts);
  pool_fini (&s.pool);
}

int
LLVMFuzzerTestOneInput (const uint8_t *p, size_t n)
{
  char *text;

  if (n < 1)
    return 0;
  text = malloc (n);
  memcpy (text, p + 1, n - 1);
  text[n - 1] = '\0';
  switch (*p)
    {
    case 'c':
      fuzz_cron (text);
      break;
    case 'z':
      fuzz_zone (text);
      break;
    case 'f':
      fuzz_facts (text, n - 1);
      break;
    case 'r':
    case 'q':
      fuzz_line (text, n - 1, *p == 'r');
      break;
    default:
      break;
    }
  free (text);
  return 0;
}
