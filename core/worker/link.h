/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - the worker's end of the socket to the host, and the objects that the host lent it. */
#ifndef PEN_WORKER_LINK_H
#define PEN_WORKER_LINK_H
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/wire.h"

struct link_object
{
  uint32_t id;
  int fd;          /* owned */
  uint64_t length; /* growing: what is there now */
  int growing;
  int once;   /* for one chunk only */
  char *name; /* owned */
};

struct slots;
struct link
{
  int sock;
  struct slots *slots;
  struct link_object *objects;
  size_t n_objects;
  uint8_t *inputs; /* chunks that the cutter has read, see core/host/inputs.h; only the cutter may write there */
  size_t n_inputs, input_stride;
  struct wire_msg msg; /* the last message received */
};

void link_init (struct link *l, int sock, struct slots *slots);
/* Sends; a host that is gone ends this process. */
void link_send (struct link *l, const struct wire_head *h, const void *payload);
/* Maps what WIRE_INPUTS has brought, and closes fd. */
void link_map_inputs (struct link *l, int fd);
/* Next message that is not handled here (slots, objects and quitting are): 1, or 0 when `wait` is 0 and nothing is
 * there. A host that is gone, or a malformed message, ends this process. */
int link_next (struct link *l, int wait);
/* Says why something cannot be done; not a crash. code: enum link_fail. */
enum link_fail
{
  LINK_FAIL_CHANGED = 1, /* the object shrank under us */
  LINK_FAIL_PLUGIN,      /* a plugin refused, or broke its contract */
};
/* Closes it; unknown ones are none. */
void link_forget (struct link *l, uint32_t id);
/* The last message was WIRE_GROWN: takes it. link_next() has done so by itself. */
void link_grow (struct link *l);
void link_fail (struct link *l, uint32_t obj, uint64_t seq, enum link_fail code, const char *text);
struct link_object *link_object (struct link *l, uint32_t id);
/* Reads exactly n bytes; -1 when the object has become shorter or cannot be read. */
int link_read (const struct link_object *o, void *to, size_t n, uint64_t offset, struct err *e);
#endif
