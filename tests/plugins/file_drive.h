/* SPDX-License-Identifier: Apache-2.0 */
/* file_drive.h - the file sink as its tests drive it: options, one object from begin to verdict. */
#ifndef TEST_FILE_DRIVE_H
#define TEST_FILE_DRIVE_H
#include "sink_drive.h"
#include <stdbool.h>

struct options
{
  const char *path, *mode;
  bool overwrite;
};
static const char *const one[] __attribute__ ((unused)) = { "entries", NULL };
static const char *const two[] __attribute__ ((unused)) = { "entries", "addenda", NULL };

static inline void *
open_sink (const char *path, bool overwrite, const char *const *tables)
{
  static struct options o[8]; /* as long as the sink lives */
  static char kept[8][512];
  static int turn;
  int i = turn++ & 7;

  snprintf (kept[i], sizeof kept[i], "%s", path);
  o[i] = (struct options){ kept[i], "0640", overwrite };
  return new_sink (&o[i], tables);
}

static inline int
begin (void *self, const char *object, int mode, uint64_t *next)
{
  struct pen_object o = an_object (object);
  struct pen_begin b = a_begin (mode);
  struct pen_span ck;
  return plugin->sink->begin (self, &o, &b, next, &ck);
}

static inline int
finish (void *self, const char *object, int accepted, uint64_t *bytes)
{
  struct pen_object o = an_object (object);
  struct pen_tally t = { sizeof t, 0, 0 };
  int r;
  o.key = "00112233445566778899aabbccddeeff";
  r = plugin->sink->finish (self, &o, accepted, &t);
  if (bytes)
    *bytes = t.bytes;
  return r;
}

/* One object of one table from begin to verdict. */
static inline int
deliver (void *self, const char *object, const char *text, int accepted)
{
  uint64_t next = 99;
  int r = begin (self, object, PEN_COMMIT_OBJECT, &next);

  if (r != PEN_OK)
    return r;
  CU_ASSERT (next == 0);
  if (plugin->sink->write (self, 0, 0, span (text), 1) != PEN_OK)
    {
      finish (self, object, 0, NULL);
      return PEN_ERR;
    }
  return finish (self, object, accepted, NULL);
}
#endif
