/* SPDX-License-Identifier: Apache-2.0 */
/* csv_drive.h - the csv parser in the mock host: options from one line of text, findings to one line of text. */
#ifndef TEST_CSV_DRIVE_H
#define TEST_CSV_DRIVE_H
#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <penstock/testhost.h>

#define OPTIONS_MAX 8
struct option
{
  char *name, *value;
};

/* Takes "name=value;name=value" apart, in place. */
static inline size_t
split_options (char *p, struct option *o)
{
  size_t n = 0;
  while (p && *p)
    {
      char *eq = strchr (p, '='), *end = eq ? strchr (eq + 1, ';') : NULL;
      CU_ASSERT_FATAL (eq != NULL && n < OPTIONS_MAX);
      if (end == eq + 1) /* the value is a semicolon */
        end = eq[2] ? eq + 2 : NULL;
      *eq = 0;
      if (end)
        *end = 0;
      o[n++] = (struct option){ p, eq + 1 };
      p = end ? end + 1 : NULL;
    }
  return n;
}

/* The same text, given to the plugin. */
static inline void
set_options (struct pen_test *t, const char *text)
{
  struct option o[OPTIONS_MAX];
  char copy[512];
  snprintf (copy, sizeof copy, "%s", text);
  size_t n = split_options (copy, o);
  for (size_t i = 0; i < n; i++)
    if (pen_test_option (t, o[i].name, o[i].value))
      CU_FAIL_FATAL (o[i].name);
}

/* "rule line column", ", " between them, and the claims that failed. */
static inline void
findings (const struct pen_test *t, char *to, size_t cap)
{
  size_t n = 0;
  to[0] = 0;
  for (const char *p = t->findings; *p; p = strchr (p, '\n') + 1)
    {
      char rule[64], column[64];
      unsigned long long line;
      CU_ASSERT_EQUAL_FATAL (sscanf (p, "%63s %*s %*u %*u %llu %63s", rule, &line, column), 3);
      n += (size_t)snprintf (to + n, cap - n, "%s%s %llu %s", n ? ", " : "", rule, line, column);
    }
  for (const char *p = t->claims; *p; p = strchr (p, '\n') + 1)
    {
      char rule[64], claimed[64], computed[64];
      CU_ASSERT_EQUAL_FATAL (sscanf (p, "%63s %*d %*u claimed %63s computed %63s", rule, claimed, computed), 3);
      n += (size_t)snprintf (to + n, cap - n, "%sclaim %s %s %s", n ? ", " : "", rule, claimed, computed);
    }
}
#endif
