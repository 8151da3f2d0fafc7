/* SPDX-License-Identifier: Apache-2.0 */
/* zone.h - offsets from UTC in a named time zone, out of the system's time zone database. */
#ifndef PEN_SERVE_ZONE_H
#define PEN_SERVE_ZONE_H
#include "core/base/err.h"

#include <stdint.h>

/* Is name a zone of the database ("America/New_York", "UTC")? "" is the system's own. -1 with the reason in e. */
int zone_check (const char *name, struct err *e);

/* Between the two, the functions below speak of that zone. The C library keeps one zone a process, so: one thread, no call in
 * between that forks, and always a pair. */
void zone_enter (const char *name);
void zone_leave (void);

/* Seconds east of UTC at that instant (seconds since 1970). */
int64_t zone_offset (int64_t t);
/* The first instant at which clocks there show `local` (seconds since 1970 if they showed UTC). Where a change skips that
 * time: the instant of the change. */
int64_t zone_instant (int64_t local);
#endif
