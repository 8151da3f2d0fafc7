/* SPDX-License-Identifier: Apache-2.0 */
/* seat_messages.h - what a worker says, checked before anything is believed. */
#ifndef PEN_HOST_SEAT_MESSAGES_H
#define PEN_HOST_SEAT_MESSAGES_H
#include "core/host/seat.h"

/* Reads and dispatches all messages that are there; -1 when the socket is at its end or a message was malformed (then
 * seat->why says so). */
int seat_drain (struct seat *s);
#endif
