/* SPDX-License-Identifier: Apache-2.0 */
/* commit_story.h - a commit core under test, and its queue of actions as text. */
#ifndef TEST_COMMIT_STORY_H
#define TEST_COMMIT_STORY_H
#include "core/host/commit.h"

#include <CUnit/Basic.h>
#include <penstock/plugin.h>
#include <stdio.h>
#include <string.h>

static struct commit *c;

static inline struct commit *
create (int mode, unsigned n_sinks, unsigned window)
{
  struct commit_config cfg = { n_sinks, mode, window, 4, 1 };

  return c = commit_create (&cfg);
}

/* The queue as text: "CUT 0 1@1", object, seq, @gen, /sink, =what; what is 0 is left out. */
static inline const char *
actions (void)
{
  static const char *const name[] = { "",           "HASH",      "CUT",     "RECUT",  "BEGIN",      "REPLAY",  "WRITE",
                                      "WRITE_PART", "PART_DONE", "RELEASE", "COMMIT", "QUARANTINE", "VERDICT", "SEAL",
                                      "RECORD",     "FINISH",    "ACK",     "CLOSE",  "STOPPED" };
  static char text[4096];
  struct commit_action a;
  size_t n = 0;

  text[0] = 0;
  while (commit_next (c, &a))
    {
      n += (size_t)snprintf (text + n, sizeof text - n, "%s%s %u %u", n ? ", " : "", name[a.kind], (unsigned)a.obj,
                             (unsigned)a.seq);
      if (a.gen)
        n += (size_t)snprintf (text + n, sizeof text - n, "@%u", a.gen);
      if (a.sink)
        n += (size_t)snprintf (text + n, sizeof text - n, "/%u", a.sink);
      if (a.what)
        n += (size_t)snprintf (text + n, sizeof text - n, "=%d", a.what);
      if (a.more)
        n += (size_t)snprintf (text + n, sizeof text - n, "+");
    }
  return text;
}

static inline void
expect_at (int line, const char *want)
{
  const char *got = actions ();

  if (strcmp (got, want))
    printf ("\nline %d\n  expected: %s\n  got:      %s\n", line, want, got);
  CU_ASSERT_STRING_EQUAL (got, want);
}
#define expect(want) expect_at (__LINE__, want)
#endif
