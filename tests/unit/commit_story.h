/* SPDX-License-Identifier: Apache-2.0 */
/* commit_story.h - a commit core under test, what befalls it in a line, and its queue of actions as text. */
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

/* n chunks of an object, cut as generation gen. */
static inline void
cut (uint64_t obj, uint32_t gen, uint64_t from, uint64_t n)
{
  for (uint64_t seq = from; seq < n; seq++)
    {
      CU_ASSERT_EQUAL (commit_take_credit (c, obj, gen), 1);
      CU_ASSERT_EQUAL (commit_on_cut (c, obj, gen, seq), 1);
    }
}

static inline void
pick (uint64_t want_obj, uint64_t want_seq)
{
  uint64_t obj = 99, seq = 99;
  uint32_t gen;

  CU_ASSERT_EQUAL (commit_pick (c, &obj, &gen, &seq), 1);
  CU_ASSERT_EQUAL (obj, want_obj);
  CU_ASSERT_EQUAL (seq, want_seq);
}

static inline void
pick_none (void)
{
  uint64_t obj, seq;
  uint32_t gen;

  CU_ASSERT_EQUAL (commit_pick (c, &obj, &gen, &seq), 0);
}

/* Object 0 with one sink, n chunks written and released: the verdict is asked for. */
static inline void
flow (int mode, uint64_t n)
{
  create (mode, 1, 8);
  commit_on_object (c, 0, mode == PEN_COMMIT_CHUNK);
  if (mode == PEN_COMMIT_CHUNK)
    commit_on_hashed (c, 0, COMMIT_FRESH);
  commit_on_begun (c, 0, 0, 0);
  cut (0, 1, 0, n);
  commit_on_cut_end (c, 0, 1, n);
  for (uint64_t seq = 0; seq < n; seq++)
    {
      pick (0, seq);
      commit_on_parsed (c, 0, 1, seq);
      commit_on_wrote (c, 0, seq, 0);
      if (mode == PEN_COMMIT_CHUNK)
        commit_on_committed (c, 0, seq, 0);
    }
}
#endif
