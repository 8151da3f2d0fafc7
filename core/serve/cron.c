/* SPDX-License-Identifier: Apache-2.0 */
/* cron.c - points in time as crontab(5) writes them, and the next of them in a time zone. */
#include "core/serve/cron.h"

#include "core/serve/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
#define DAYS_AHEAD (9 * 366) /* 29 February may be eight years away */
#define ALL_HOURS 0xffffffu

/* ---- text ---- */

struct field
{
  const char *what;
  unsigned lo, hi;
  const char *const *names; /* of lo, lo + 1, ... */
  unsigned n_names;
};

static const char *const months[] = {
  "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"
};
static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
static const struct field fields[] = {
  { "minute", 0, 59, NULL, 0 },   { "hour", 0, 23, NULL, 0 },           { "day of the month", 1, 31, NULL, 0 },
  { "month", 1, 12, months, 12 }, { "day of the week", 0, 7, days, 7 },
};

/* A number or a name at *p; -1: neither. */
static int
read_value (const struct field *f, const char **p)
{
  unsigned v = 0;

  for (unsigned i = 0; i < f->n_names; i++)
    if (strncasecmp (*p, f->names[i], 3) == 0 && !isalnum ((unsigned char)(*p)[3]))
      {
        *p += 3;
        return (int)(f->lo + i);
      }
  if (!isdigit ((unsigned char)**p))
    return -1;
  for (; isdigit ((unsigned char)**p); ++*p)
    {
      v = 10 * v + (unsigned)(**p - '0');
      if (v > 99)
        return -1;
    }
  return (int)v;
}

/* One item of a list: `*`, `a`, `a-b`, each with `/step`. */
static int
read_item (const struct field *f, const char **p, uint64_t *mask)
{
  int lo = (int)f->lo, hi = (int)f->hi, step = 1;

  if (**p == '*')
    ++*p;
  else
    {
      lo = hi = read_value (f, p);
      if (**p == '-')
        {
          ++*p;
          hi = read_value (f, p);
        }
      else if (**p == '/')
        hi = (int)f->hi; /* a/n: from a on */
    }
  if (**p == '/')
    {
      static const struct field plain = { "step", 1, 99, NULL, 0 };

      ++*p;
      step = read_value (&plain, p);
    }
  if (lo < (int)f->lo || hi > (int)f->hi || lo > hi || step < 1)
    return -1;
  for (int i = lo; i <= hi; i += step)
    *mask |= UINT64_C (1) << i;
  return 0;
}

static int
read_field (const struct field *f, const char **p, uint64_t *mask, bool *is_any, struct err *e)
{
  const char *start = *p;

  *mask = 0;
  do
    if (*p += **p == ',' && *p != start, read_item (f, p, mask) == -1)
      return err_set (e, "%s: %u..%u are expected: a number, a-b, */n or a list of these; found \"%.*s\"", f->what,
                      f->lo, f->hi, (int)strcspn (start, " \t"), start);
  while (**p == ',');
  if (**p && **p != ' ' && **p != '\t')
    return err_set (e, "%s: unexpected \"%.*s\" in \"%.*s\"", f->what, (int)strcspn (*p, " \t"), *p,
                    (int)strcspn (start, " \t"), start);
  *is_any = *start == '*' && *p == start + 1;
  *p += strspn (*p, " \t");
  return 0;
}

/* Is there a day that the fields mean? Days of the week come in every month. */
static bool
is_ever (const struct cron *c)
{
  static const unsigned length[] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

  if (!c->any_wday)
    return true;
  for (unsigned m = 1; m <= 12; m++)
    if (c->month & (1u << m))
      for (unsigned d = 1; d <= length[m]; d++)
        if (c->mday & (1u << d))
          return true;
  return false;
}

static const char *
expand (const char *text)
{
  static const char *const names[][2] = {
    { "@hourly", "0 * * * *" }, { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
    { "@weekly", "0 0 * * 0" }, { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp (text, names[i][0]) == 0)
      return names[i][1];
  return text;
}

int
cron_parse (struct cron *c, const char *text, struct err *e)
{
  const char *p = expand (text);
  uint64_t mask[5];
  bool any[5];

  memset (c, 0, sizeof *c);
  p += strspn (p, " \t");
  for (unsigned i = 0; i < 5; i++)
    {
      if (!*p)
        return err_set (e, "five fields are expected: minute, hour, day of the month, month, day of the week; found %u",
                        i);
      if (read_field (&fields[i], &p, &mask[i], &any[i], e) == -1)
        return -1;
    }
  if (*p)
    return err_set (e, "five fields are expected, there is more: \"%.40s\"", p);
  c->minute = mask[0];
  c->hour = (uint32_t)mask[1];
  c->mday = (uint32_t)mask[2];
  c->month = (uint16_t)mask[3];
  c->wday = (uint8_t)((mask[4] | mask[4] >> 7) & 0x7f); /* 7 is Sunday, too */
  c->any_mday = any[2];
  c->any_wday = any[4];
  return is_ever (c) ? 0 : err_set (e, "there is no such day in any year");
}

/* ---- time ---- */

/* crontab's rule: with both days written, either will do. */
static bool
is_day (const struct cron *c, const struct tm *tm)
{
  bool mday = c->mday & (1u << tm->tm_mday), wday = c->wday & (1u << tm->tm_wday);

  if (!(c->month & (1u << (tm->tm_mon + 1))))
    return false;
  if (c->any_mday || c->any_wday)
    return mday && wday;
  return mday || wday;
}

/* Named times of day: day after day, hour after hour, as the local clock shows them. */
static int64_t
next_named (const struct cron *c, int64_t after)
{
  int64_t midnight = after + zone_offset (after);

  /* from the day before on: what a change has skipped there may come today */
  midnight -= midnight % DAY + DAY;
  for (int day = 0; day < DAYS_AHEAD; day++, midnight += DAY)
    {
      time_t t = (time_t)midnight;
      struct tm tm;

      gmtime_r (&t, &tm);
      for (int minute = 0; is_day (c, &tm) && minute < 24 * 60; minute++)
        {
          int64_t at;

          if (!(c->hour & (1u << minute / 60)) || !(c->minute & (UINT64_C (1) << minute % 60)))
            continue;
          at = zone_instant (midnight + minute * MINUTE);
          if (at > after)
            return at;
        }
    }
  return -1;
}

/* Every hour of the day: elapsed time, minute after minute; days that are not meant are passed in longer steps. */
static int64_t
next_running (const struct cron *c, int64_t after)
{
  int64_t t = after, end = after + (int64_t)DAYS_AHEAD * DAY;

  for (t += MINUTE - (t + zone_offset (t)) % MINUTE; t < end; t += MINUTE)
    {
      time_t when = (time_t)t;
      struct tm tm;

      localtime_r (&when, &tm);
      if (!is_day (c, &tm))
        t += tm.tm_hour < 20 ? (20 - tm.tm_hour) * HOUR : 0; /* never over a change into the next day */
      else if (c->minute & (UINT64_C (1) << tm.tm_min))
        return t;
    }
  return -1;
}

int64_t
cron_next (const struct cron *c, const char *zone, int64_t after)
{
  int64_t t;

  zone_enter (zone);
  t = (c->hour & ALL_HOURS) == ALL_HOURS ? next_running (c, after) : next_named (c, after);
  zone_leave ();
  return t;
}
