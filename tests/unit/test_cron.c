/* SPDX-License-Identifier: Apache-2.0 */
/* test_cron.c - points in time as crontab writes them, over the days on which clocks change, in zones of every kind. */
#include "core/serve/cron.h"
#include "core/serve/schedule.h"
#include "core/serve/zone.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "2026-03-08 06:30" in UTC. */
static int64_t
utc (const char *text)
{
  struct tm tm = { 0 };

  CU_ASSERT_PTR_NOT_NULL_FATAL (strptime (text, "%Y-%m-%d %H:%M:%S", &tm) ?: strptime (text, "%Y-%m-%d %H:%M", &tm));
  return timegm (&tm);
}

static const char *
utc_text (int64_t t)
{
  static char text[32];
  time_t when = (time_t)t;
  struct tm tm;

  gmtime_r (&when, &tm);
  strftime (text, sizeof text, "%Y-%m-%d %H:%M", &tm);
  return text;
}

/* The instants are the zones' published rules, written out by hand: e.g. New York is UTC-5, from 2026-03-08 07:00Z to
 * 2026-11-01 06:00Z UTC-4. */
static const struct
{
  const char *cron, *zone, *after, *next[4]; /* all in UTC */
} cases[] = {
  /* plain */
  { "*/15 * * * *",
    "UTC",
    "2026-01-01 00:00",
    { "2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45", "2026-01-01 01:00" } },
  { "*/15 * * * *", "UTC", "2026-01-01 00:14:59", { "2026-01-01 00:15" } },
  { "0 2 * * 1-5", "UTC", "2026-01-02 03:00", { "2026-01-05 02:00", "2026-01-06 02:00" } },
  { "0 2 * * mon-fri", "UTC", "2026-01-02 03:00", { "2026-01-05 02:00" } },
  { "30 23 31 * *", "UTC", "2026-01-31 23:30", { "2026-03-31 23:30", "2026-05-31 23:30" } },
  { "0 0 29 2 *", "UTC", "2026-01-01 00:00", { "2028-02-29 00:00", "2032-02-29 00:00" } },
  { "0 0 29 2 *", "UTC", "2097-01-01 00:00", { "2104-02-29 00:00" } },
  { "0 12 13 * 5",
    "UTC",
    "2026-01-01 00:00",
    { "2026-01-02 12:00", "2026-01-09 12:00", "2026-01-13 12:00", "2026-01-16 12:00" } },
  { "5 4 * * 7", "UTC", "2026-01-01 00:00", { "2026-01-04 04:05" } },
  { "5 4 * * sun", "UTC", "2026-01-01 00:00", { "2026-01-04 04:05" } },
  { "@monthly", "UTC", "2026-01-01 00:00", { "2026-02-01 00:00" } },
  { "0 9-17/4,20 * jan,JUL *",
    "UTC",
    "2026-01-31 13:00",
    { "2026-01-31 17:00", "2026-01-31 20:00", "2026-07-01 09:00" } },
  { "10/20 0 * * *",
    "UTC",
    "2026-01-01 00:00",
    { "2026-01-01 00:10", "2026-01-01 00:30", "2026-01-01 00:50", "2026-01-02 00:10" } },
  /* zones without changes, with half and quarter hours */
  { "0 2 * * *", "Asia/Tokyo", "2026-01-01 00:00", { "2026-01-01 17:00", "2026-01-02 17:00" } },
  { "0 2 * * *", "Asia/Kolkata", "2026-01-01 00:00", { "2026-01-01 20:30" } },
  { "0 2 * * *", "Asia/Kathmandu", "2026-01-01 00:00", { "2026-01-01 20:15" } },
  { "*/30 * * * *", "Asia/Kathmandu", "2026-01-01 00:00", { "2026-01-01 00:15", "2026-01-01 00:45" } },
  /* New York springs from 02:00 to 03:00 on 2026-03-08: the time that is skipped comes at the change, once */
  { "0 2 * * *",
    "America/New_York",
    "2026-03-07 06:00",
    { "2026-03-07 07:00", "2026-03-08 07:00", "2026-03-09 06:00" } },
  { "30 2 * * *", "America/New_York", "2026-03-07 08:00", { "2026-03-08 07:00", "2026-03-09 06:30" } },
  { "15,45 2 * * *",
    "America/New_York",
    "2026-03-07 08:00",
    { "2026-03-08 07:00", "2026-03-09 06:15", "2026-03-09 06:45" } },
  { "0 3 * * *", "America/New_York", "2026-03-08 06:00", { "2026-03-08 07:00", "2026-03-09 07:00" } },
  { "30 1,2,3 * * *",
    "America/New_York",
    "2026-03-08 06:00",
    { "2026-03-08 06:30", "2026-03-08 07:00", "2026-03-08 07:30", "2026-03-09 05:30" } },
  /* and falls back from 02:00 to 01:00 on 2026-11-01: the first 01:30 is the one */
  { "30 1 * * *", "America/New_York", "2026-11-01 00:00", { "2026-11-01 05:30", "2026-11-02 06:30" } },
  { "30 1 * * *", "America/New_York", "2026-11-01 05:45", { "2026-11-02 06:30" } },
  { "0 2 * * *", "America/New_York", "2026-11-01 00:00", { "2026-11-01 07:00", "2026-11-02 07:00" } },
  { "0 2 * * 1-5", "America/New_York", "2026-10-30 07:00", { "2026-11-02 07:00" } },
  /* every hour: elapsed time, through both changes */
  { "*/30 * * * *",
    "America/New_York",
    "2026-11-01 05:00",
    { "2026-11-01 05:30", "2026-11-01 06:00", "2026-11-01 06:30", "2026-11-01 07:00" } },
  { "15 * * * *",
    "America/New_York",
    "2026-03-08 06:00",
    { "2026-03-08 06:15", "2026-03-08 07:15", "2026-03-08 08:15" } },
  { "0 0-23 * * 0", "America/New_York", "2026-11-02 03:00", { "2026-11-02 04:00", "2026-11-08 05:00" } },
  /* Europe changes at 01:00Z whatever the zone: London 01:00->02:00, Berlin 02:00->03:00 on 2026-03-29; back on 2026-10-25 */
  { "30 1 * * *", "Europe/London", "2026-03-28 12:00", { "2026-03-29 01:00", "2026-03-30 00:30" } },
  { "30 2 * * *", "Europe/Berlin", "2026-03-28 12:00", { "2026-03-29 01:00", "2026-03-30 00:30" } },
  { "30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", { "2026-10-25 00:30", "2026-10-26 01:30" } },
  /* Lord Howe moves by half an hour: 02:00->02:30 on 2026-10-04 (15:30Z the day before), 02:00->01:30 on 2026-04-05 (15:00Z) */
  { "15 2 * * *", "Australia/Lord_Howe", "2026-10-03 10:00", { "2026-10-03 15:30", "2026-10-04 15:15" } },
  { "45 1 * * *", "Australia/Lord_Howe", "2026-04-04 10:00", { "2026-04-04 14:45", "2026-04-05 15:15" } },
  /* the south: Santiago's midnight of 2026-09-06 does not exist (04:00Z) */
  { "0 0 * * *", "America/Santiago", "2026-09-05 12:00", { "2026-09-06 04:00", "2026-09-07 03:00" } },
  { "30 0 6 9 *", "America/Santiago", "2026-09-05 12:00", { "2026-09-06 04:00" } },
  /* Samoa left out all of 2011-12-30 */
  { "0 9 * * *", "Pacific/Apia", "2011-12-29 18:00", { "2011-12-29 19:00", "2011-12-30 10:00", "2011-12-30 19:00" } },
};

static void
test_next (void)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct cron c;
      struct err e = { 0 };
      int64_t t = utc (cases[i].after);

      CU_ASSERT_EQUAL_FATAL (zone_check (cases[i].zone, &e), 0);
      CU_ASSERT_EQUAL_FATAL (cron_parse (&c, cases[i].cron, &e), 0);
      for (size_t k = 0; k < 4 && cases[i].next[k]; k++)
        {
          t = cron_next (&c, cases[i].zone, t);
          if (strcmp (utc_text (t), cases[i].next[k]) != 0)
            {
              fprintf (stderr, "%s in %s after %s: expected %s as number %zu, got %s\n", cases[i].cron, cases[i].zone,
                       cases[i].after, cases[i].next[k], k + 1, utc_text (t));
              CU_FAIL ("another time");
            }
        }
    }
}

/* For every zone and text: times increase, none is passed over (the next after one before it is the same), the clock there shows
 * what the text says unless the time was skipped. */
static void
test_properties (void)
{
  static const char *const zones[] = { "UTC",
                                       "America/New_York",
                                       "Europe/London",
                                       "Australia/Lord_Howe",
                                       "Africa/Casablanca",
                                       "America/St_Johns",
                                       "Asia/Kathmandu",
                                       "Pacific/Chatham",
                                       "America/Sao_Paulo" };
  static const char *const texts[] = { "7 2 * * *", "59 * * * *", "*/7 0-6 * * 0", "0 0 1 * *", "30 1,2 * * *" };

  for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
    for (size_t x = 0; x < sizeof texts / sizeof *texts; x++)
      {
        int64_t t = utc ("2026-01-01 00:00") + (int64_t)(z * 1000 + x), first;
        unsigned odd = 0;
        struct cron c;

        CU_ASSERT_EQUAL_FATAL (cron_parse (&c, texts[x], NULL), 0);
        for (int i = 0; i < 300; i++, t = first)
          {
            time_t when;
            struct tm tm;

            first = cron_next (&c, zones[z], t);
            CU_ASSERT_FATAL (first > t);
            CU_ASSERT_EQUAL (cron_next (&c, zones[z], first - 1), first);
            CU_ASSERT_EQUAL (cron_next (&c, zones[z], t + (first - t) / 2), first);
            zone_enter (zones[z]);
            when = (time_t)first;
            localtime_r (&when, &tm);
            zone_leave ();
            CU_ASSERT_EQUAL (tm.tm_sec, 0);
            odd += !(c.hour & (1u << tm.tm_hour)) || !(c.minute & (UINT64_C (1) << tm.tm_min));
          }
        CU_ASSERT (odd <= 4); /* changes of the clock only */
      }
}

static void
test_texts (void)
{
  static const struct
  {
    const char *text, *why;
  } bad[] = {
    { "", "five fields are expected: minute, hour, day of the month, month, day of the week; found 0" },
    { "* * * *", "found 4" },
    { "* * * * * *", "five fields are expected, there is more: \"*\"" },
    { "60 * * * *", "minute: 0..59 are expected: a number, a-b, */n or a list of these; found \"60\"" },
    { "* 24 * * *", "hour: 0..23" },
    { "* * 0 * *", "day of the month: 1..31" },
    { "* * * 13 *", "month: 1..12" },
    { "* * * * 8", "day of the week: 0..7" },
    { "5-1 * * * *", "minute" },
    { "*/0 * * * *", "minute" },
    { "1, * * * *", "minute" },
    { ",1 * * * *", "minute" },
    { "1x * * * *", "minute: unexpected \"x\" in \"1x\"" },
    { "* * * foo *", "month" },
    { "* * * janx *", "month" },
    { "@fortnightly", "minute" },
    { "0 0 30 2 *", "there is no such day in any year" },
    { "0 0 31 4,6,9,11 *", "there is no such day in any year" },
    { "99999999999999999999 * * * *", "minute" },
  };
  struct cron c;

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      struct err e = { 0 };

      CU_ASSERT_EQUAL (cron_parse (&c, bad[i].text, &e), -1);
      if (!strstr (e.text, bad[i].why))
        {
          fprintf (stderr, "\"%s\": %s\n", bad[i].text, e.text);
          CU_FAIL ("another message");
        }
    }
  CU_ASSERT_EQUAL (cron_parse (&c, "0 0 30 2 1", NULL), 0); /* every Monday of February is meant, too */
  CU_ASSERT_EQUAL (cron_parse (&c, "  0\t0 1 1  * ", NULL), 0);
}

static void
test_zones (void)
{
  struct err e = { 0 };

  CU_ASSERT_EQUAL (zone_check ("", &e), 0);
  CU_ASSERT_EQUAL (zone_check ("America/Argentina/Buenos_Aires", &e), 0);
  CU_ASSERT_EQUAL (zone_check ("Etc/GMT+5", &e), 0);
  for (const char *const *z = (const char *const[]){ "America/New_Yorkk", "America", "/etc/passwd", "../zoneinfo/UTC",
                                                     "tzdata.zi", "EST5EDT,M3", ":UTC", NULL };
       *z; z++)
    {
      e.text[0] = '\0';
      CU_ASSERT_EQUAL (zone_check (*z, &e), -1);
      CU_ASSERT_PTR_NOT_NULL (strstr (e.text, "there is no time zone"));
    }
  /* the process's own zone is as it was */
  setenv ("TZ", "Asia/Tokyo", 1);
  zone_enter ("UTC");
  CU_ASSERT_EQUAL (zone_offset (0), 0);
  zone_leave ();
  CU_ASSERT_STRING_EQUAL (getenv ("TZ"), "Asia/Tokyo");
  zone_enter ("");
  CU_ASSERT_EQUAL (zone_offset (0), 9 * 3600);
  zone_leave ();
  unsetenv ("TZ");
  zone_enter ("UTC");
  zone_leave ();
  CU_ASSERT_PTR_NULL (getenv ("TZ"));
}

#define S INT64_C (1000000000)

static void
test_schedule (void)
{
  struct schedule every = { .every_ns = 10 * S, .jitter_ns = 3 * S, .retry_ns = 2 * S };
  struct schedule cron = { 0 }, follow = { .follow = true };
  int64_t least = INT64_MAX, most = 0;
  struct err e;

  CU_ASSERT_EQUAL (schedule_next (&every, 100 * S, 0), 100 * S);
  CU_ASSERT_EQUAL (schedule_next (&every, 100 * S, 100 * S), 110 * S);
  CU_ASSERT_EQUAL (schedule_next (&every, 100 * S, 109 * S), 110 * S);
  /* a run that started late serves what has passed: the grid stays */
  CU_ASSERT_EQUAL (schedule_next (&every, 100 * S, 137 * S), 140 * S);
  CU_ASSERT_EQUAL (schedule_next (&follow, 100 * S, 137 * S), INT64_MAX);
  CU_ASSERT_EQUAL_FATAL (schedule_set_cron (&cron, "0 2 * * *", "America/New_York", &e), 0);
  CU_ASSERT_EQUAL (schedule_next (&cron, 0, utc ("2026-03-07 08:00") * S + 5), utc ("2026-03-08 07:00") * S);
  schedule_fini (&cron);
  CU_ASSERT_EQUAL (schedule_set_cron (&cron, "0 2 * *", "", &e), -1);
  CU_ASSERT_STRING_EQUAL (
      e.text, "cron: five fields are expected: minute, hour, day of the month, month, day of the week; found 4");
  CU_ASSERT_EQUAL (schedule_set_cron (&cron, NULL, "Mars/Olympus", &e), -1);
  CU_ASSERT_EQUAL (strncmp (e.text, "timezone: there is no time zone \"Mars/Olympus\"", 45), 0);
  for (int64_t i = 0; i < 1000; i++)
    {
      int64_t j = schedule_jitter (&every, "acme", i * S);

      CU_ASSERT (j >= 0 && j <= 3 * S);
      CU_ASSERT_EQUAL (j, schedule_jitter (&every, "acme", i * S));
      least = j < least ? j : least;
      most = j > most ? j : most;
    }
  CU_ASSERT (least < S / 10 && most > 29 * S / 10);
  CU_ASSERT_NOT_EQUAL (schedule_jitter (&every, "acme", 0), schedule_jitter (&every, "umbrella", 0));
  CU_ASSERT_EQUAL (schedule_backoff (&every, 1), 2 * S);
  CU_ASSERT_EQUAL (schedule_backoff (&every, 2), 4 * S);
  CU_ASSERT_EQUAL (schedule_backoff (&every, 5), 32 * S);
  CU_ASSERT_EQUAL (schedule_backoff (&every, 60), 600 * S);
  every.retry_ns = 3600 * S;
  CU_ASSERT_EQUAL (schedule_backoff (&every, 9), 3600 * S);
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("cron", NULL, NULL);
  CU_add_test (s, "next", test_next);
  CU_add_test (s, "properties", test_properties);
  CU_add_test (s, "texts", test_texts);
  CU_add_test (s, "zones", test_zones);
  CU_add_test (s, "schedule", test_schedule);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
