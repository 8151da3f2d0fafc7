/* SPDX-License-Identifier: Apache-2.0 */
/* test_catalog.c - which version of which file is in force: bad ones, collisions, moves, removals. */
#include "core/serve/catalog.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

/* A version of pipelines "name" or "name:state", separated by blanks. */
static struct version *
version_of (const char *path, const char *pipelines)
{
  static const uint64_t digest[2];
  struct facts **facts = NULL;
  char *copy = xstrdup (pipelines), *save = NULL;
  size_t n = 0;

  for (char *p = strtok_r (copy, " ", &save); p; p = strtok_r (NULL, " ", &save))
    {
      struct facts *f = xcalloc (1, sizeof *f);
      char *colon = strchr (p, ':');

      if (colon)
        *colon = '\0';
      f->name = xstrdup (p);
      f->state = xstrdup (colon ? colon + 1 : p);
      f->where = xasprintf ("%s:1", path);
      f->fingerprint = xstrdup (pipelines);
      facts = xrealloc (facts, (n + 1) * sizeof *facts);
      facts[n++] = f;
    }
  free (copy);
  return version_create (path, -1, digest, facts, n);
}

struct change
{
  const char *path, *pipelines; /* NULL: bad, "=": as it was */
};

/* One reload with these files. */
static void
reload (struct catalog *c, const struct change *v, size_t n)
{
  catalog_begin (c);
  for (size_t i = 0; i < n; i++)
    {
      struct catalog_file *f = catalog_list (c, v[i].path);

      if (!v[i].pipelines)
        strcpy (f->why, "bad");
      else if (strcmp (v[i].pipelines, "=") != 0)
        f->candidate = version_of (v[i].path, v[i].pipelines);
    }
  catalog_settle (c);
}
#define RELOAD(c, ...)                                                                                                 \
  reload (c, (const struct change[]){ __VA_ARGS__ },                                                                   \
          sizeof ((const struct change[]){ __VA_ARGS__ }) / sizeof (struct change))

/* Where a pipeline comes from, and how its file was described; "" when it is not there. */
static const char *
found (const struct catalog *c, const char *name)
{
  static char text[128];
  struct version *v = NULL;
  const struct facts *f = catalog_find (c, name, &v);

  snprintf (text, sizeof text, "%s%s%s", f ? v->path : "", f ? "|" : "", f ? f->fingerprint : "");
  return text;
}

static const char *
why (const struct catalog *c, const char *path)
{
  for (size_t i = 0; i < c->n; i++)
    if (strcmp (c->v[i]->path, path) == 0)
      return c->v[i]->why;
  return "(not listed)";
}

static void
test_bad_keeps (void)
{
  struct catalog c = { 0 };

  RELOAD (&c, { "a", "x y" }, { "b", NULL });
  CU_ASSERT_STRING_EQUAL (found (&c, "x"), "a|x y");
  CU_ASSERT_STRING_EQUAL (found (&c, "z"), "");
  CU_ASSERT_STRING_EQUAL (why (&c, "b"), "bad");
  RELOAD (&c, { "a", NULL }, { "b", "z" });
  CU_ASSERT_STRING_EQUAL (found (&c, "y"), "a|x y");
  CU_ASSERT_STRING_EQUAL (found (&c, "z"), "b|z");
  CU_ASSERT_STRING_EQUAL (why (&c, "a"), "bad");
  RELOAD (&c, { "a", "x" }, { "b", "=" });
  CU_ASSERT_STRING_EQUAL (found (&c, "x"), "a|x");
  CU_ASSERT_STRING_EQUAL (found (&c, "y"), "");
  CU_ASSERT_STRING_EQUAL (found (&c, "z"), "b|z");
  CU_ASSERT_STRING_EQUAL (why (&c, "a"), "");
  /* gone, also with the last version bad */
  RELOAD (&c, { "b", NULL });
  CU_ASSERT_STRING_EQUAL (found (&c, "x"), "");
  CU_ASSERT_STRING_EQUAL (found (&c, "z"), "b|z");
  catalog_fini (&c);
}

static void
test_collisions (void)
{
  struct catalog c = { 0 };

  RELOAD (&c, { "a", "x" }, { "b", "x" }, { "c", "y:x" }, { "d", "w" });
  CU_ASSERT_STRING_EQUAL (found (&c, "x"), "a|x");
  CU_ASSERT_STRING_EQUAL (why (&c, "b"), "b:1: pipeline \"x\": has the name of the pipeline at a:1");
  CU_ASSERT_STRING_EQUAL (why (&c, "c"), "c:1: pipeline \"y\": state: x is the state of pipeline \"x\" (a:1)");
  CU_ASSERT_STRING_EQUAL (found (&c, "w"), "d|w");
  /* a new file before an old one in the list does not take its pipeline */
  RELOAD (&c, { "0", "w v" }, { "a", "=" }, { "d", "=" });
  CU_ASSERT_STRING_EQUAL (found (&c, "w"), "d|w");
  CU_ASSERT_STRING_EQUAL (found (&c, "v"), "");
  CU_ASSERT_STRING_NOT_EQUAL (why (&c, "0"), "");
  /* nor does a changed one; what it said before stays */
  RELOAD (&c, { "a", "x w" }, { "d", "=" });
  CU_ASSERT_STRING_EQUAL (found (&c, "x"), "a|x");
  catalog_fini (&c);
}

static void
test_moves (void)
{
  struct catalog c = { 0 };

  RELOAD (&c, { "a", "x y" }, { "b", "z" });
  /* y moves backwards, and forwards again */
  RELOAD (&c, { "a", "x" }, { "b", "z y" });
  CU_ASSERT_STRING_EQUAL (found (&c, "y"), "b|z y");
  RELOAD (&c, { "a", "y x" }, { "b", "z" });
  CU_ASSERT_STRING_EQUAL (found (&c, "y"), "a|y x");
  CU_ASSERT_STRING_EQUAL (why (&c, "a"), "");
  /* a renamed file */
  RELOAD (&c, { "0", "z" }, { "a", "=" });
  CU_ASSERT_STRING_EQUAL (found (&c, "z"), "0|z");
  CU_ASSERT_EQUAL (c.n, 2);
  /* one whose place is not given up: its new owner waits, nothing is there twice */
  RELOAD (&c, { "0", "z x" }, { "a", NULL });
  CU_ASSERT_STRING_EQUAL (found (&c, "x"), "a|y x");
  CU_ASSERT_STRING_EQUAL (found (&c, "z"), "0|z");
  catalog_fini (&c);
}

int
main (void)
{
  CU_pSuite s;

  CU_initialize_registry ();
  s = CU_add_suite ("catalog", NULL, NULL);
  CU_add_test (s, "bad keeps", test_bad_keeps);
  CU_add_test (s, "collisions", test_collisions);
  CU_add_test (s, "moves", test_moves);
  CU_basic_run_tests ();
  return CU_get_number_of_failures () != 0;
}
