/* SPDX-License-Identifier: Apache-2.0 */
/* iso20022_input.h - a sample that a test of the iso20022 parser loads, changes and runs. Include it in one source file of a test
 * program, behind <CUnit/Basic.h>. */
#ifndef ISO20022_INPUT_H
#define ISO20022_INPUT_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/testhost.h>
#include "tests/plugins/below_top.h"

static char input[1 << 20];
static size_t n_input;

static void
load (const char *name)
{
  char path[256];
  snprintf (path, sizeof path, "tests/data/iso20022/%s.xml", name);
  FILE *f = fopen (below_top (path), "rb");
  CU_ASSERT_PTR_NOT_NULL_FATAL (f);
  n_input = fread (input, 1, sizeof input - 1, f);
  input[n_input] = 0;
  CU_ASSERT_FATAL (n_input > 0);
  fclose (f);
}

/* A parser with the project's definitions. */
static struct pen_test *
parser (void)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  t->reuse = 1;
  CU_ASSERT_FATAL (pen_test_option (t, "definitions", below_top ("plugins/parsers/xml/iso20022/messages")) == 0);
  return t;
}

/* Replaces the first `from`. */
static void
replace (const char *from, const char *to)
{
  char *at = strstr (input, from);
  CU_ASSERT_PTR_NOT_NULL_FATAL (at);
  size_t before = (size_t)(at - input), tail = n_input - before - strlen (from) + 1;
  memmove (at + strlen (to), at + strlen (from), tail);
  memcpy (at, to, strlen (to));
  n_input += strlen (to) - strlen (from);
}

static void
run (struct pen_test *t)
{
  pen_test_run (t, input, n_input, 0);
  CU_ASSERT (t->status == PEN_OK);
  if (t->broken[0] || t->status != PEN_OK)
    fprintf (stderr, "broken: %s%s\n", t->broken, t->log);
  CU_ASSERT (!t->broken[0]);
}

static bool
has (const char *text, const char *part)
{
  if (strstr (text, part))
    return true;
  fprintf (stderr, "no \"%s\" in:\n%s\n", part, text);
  return false;
}
#endif
