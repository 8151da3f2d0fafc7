/* SPDX-License-Identifier: Apache-2.0 */
/* zone.c - offsets from UTC in a named time zone, out of the system's time zone database. */
#include "core/serve/zone.h"

#include "core/base/cleanup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400

/* What TZ was before zone_enter(). */
static char *before;
static bool had_zone;

static const char *
database (void)
{
  const char *dir = getenv ("TZDIR");

  return dir && *dir == '/' ? dir : "/usr/share/zoneinfo";
}

/* Every zone file begins with this; a folder and a text file of the database do not. */
static bool
is_zone_file (const char *path)
{
  char magic[4] = "";
  FILE *f = fopen (path, "re");
  bool is = f && fread (magic, 1, sizeof magic, f) == sizeof magic && memcmp (magic, "TZif", 4) == 0;

  if (f)
    fclose (f);
  return is;
}

int
zone_check (const char *name, struct err *e)
{
  static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
  CLEANUP_FREE char *path = xasprintf ("%s/%s", database (), name);

  if (*name == '\0')
    return 0;
  if (strlen (name) > 64 || *name == '/' || name[strspn (name, chars)] || !is_zone_file (path))
    return err_set (e, "there is no time zone \"%s\" in %s; a name such as \"America/New_York\" or \"UTC\" is expected",
                    name, database ());
  return 0;
}

void
zone_enter (const char *name)
{
  const char *tz = getenv ("TZ");
  CLEANUP_FREE char *value = NULL;

  had_zone = tz != NULL;
  before = tz ? xstrdup (tz) : NULL;
  if (*name)
    {
      value = xasprintf (":%s", name);
      setenv ("TZ", value, 1);
    }
  tzset ();
}

void
zone_leave (void)
{
  if (had_zone)
    setenv ("TZ", before, 1);
  else
    unsetenv ("TZ");
  free (before);
  before = NULL;
  tzset ();
}

int64_t
zone_offset (int64_t t)
{
  time_t when = (time_t)t;
  struct tm tm;

  return localtime_r (&when, &tm) ? tm.tm_gmtoff : 0;
}

/* The instant at which the offset changes, between lo and hi, where it differs. */
static int64_t
change_between (int64_t lo, int64_t hi)
{
  int64_t old = zone_offset (lo);

  while (hi - lo > 1)
    {
      int64_t mid = lo + (hi - lo) / 2;

      if (zone_offset (mid) == old)
        lo = mid;
      else
        hi = mid;
    }
  return hi;
}

/* A zone changes its offset at most once within two days, so that a day before and a day after know both offsets. */
int64_t
zone_instant (int64_t local)
{
  int64_t lo = local - DAY - DAY / 2, hi = local + DAY + DAY / 2;
  int64_t early = local - zone_offset (lo), late = local - zone_offset (hi);
  bool has_early = zone_offset (early) == local - early, has_late = zone_offset (late) == local - late;

  if (has_early && has_late)
    return early < late ? early : late;
  if (has_early || has_late)
    return has_early ? early : late;
  return change_between (lo, hi);
}
