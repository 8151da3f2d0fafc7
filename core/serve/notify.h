/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - words to the service manager, by the protocol of sd_notify(3). */
#ifndef PEN_SERVE_NOTIFY_H
#define PEN_SERVE_NOTIFY_H
#include <stdint.h>

struct notify
{
  int fd;               /* -1: nobody wants to know */
  uint64_t watchdog_ns; /* WATCHDOG=1 must come at least as often; 0: no watchdog */
};

/* From NOTIFY_SOCKET and WATCHDOG_USEC, which are taken out of the environment: children are not the service. */
void notify_open (struct notify *n);
/* "READY=1\nSTATUS=..."; what cannot be sent is not said. */
void notify_say (const struct notify *n, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
void notify_close (struct notify *n);
#endif
