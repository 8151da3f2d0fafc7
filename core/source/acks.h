/* SPDX-License-Identifier: Apache-2.0 */
/* acks.h - acknowledgements, one after the other on a thread of their own: a plugin may wait for its server in them. */
#ifndef PEN_SOURCE_ACKS_H
#define PEN_SOURCE_ACKS_H
#include <penstock/plugin.h>

#include "core/base/err.h"
#include "core/base/wire.h"

struct acks;
/* Starts the thread. sock: where the answers go; a host that is gone ends this process. NULL with *e. Never freed: the thread
 * lives as long as the process. */
struct acks *acks_create (int sock, const struct pen_source *source, void *self, struct err *e);
/* m: a WIRE_S_ACK or WIRE_S_AGAIN, copied. */
void acks_put (struct acks *a, const struct wire_msg *m);
/* Waits until all that was put is done; from then on the plugin is not called any more. */
void acks_stop (struct acks *a);
#endif
