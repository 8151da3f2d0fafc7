/* SPDX-License-Identifier: Apache-2.0 */
/* below_top.h - the path of what lies below the top of the sources. */
#ifndef TEST_BELOW_TOP_H
#define TEST_BELOW_TOP_H
#include <stdio.h>
#include <stdlib.h>

/* Good until the call after the next: options keep one while a file is opened by another. */
static inline const char *
below_top (const char *name)
{
  static char path[2][1024];
  static int turn;
  const char *src = getenv ("srcdir");

  turn ^= 1;
  snprintf (path[turn], sizeof path[turn], "%s/%s", src ? src : ".", name);
  return path[turn];
}
#endif
