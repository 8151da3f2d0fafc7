/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h - one object through the decoders that it needs, into memory that the host lends. */
#ifndef PEN_WORKER_DECODE_H
#define PEN_WORKER_DECODE_H
#include <penstock/plugin.h>

#include "core/worker/link.h"
#include "core/worker/setup.h"

#define DECODERS_MAX 16

struct decode_setup
{
  struct loaded decoders[DECODERS_MAX];
  size_t n;
  int by_magic;       /* else in their order, each once */
  unsigned max_depth; /* decoders on one way */
};

/* Reads the host's blob, loads the decoders and creates each once: what a library looks up once it looks up then, while it
 * may. */
int decode_load (struct decode_setup *s, const uint8_t *blob, size_t n, struct err *e);
/* Serves WIRE_DECODE for ever. */
void decode_serve (struct link *l, const struct decode_setup *s) __attribute__ ((noreturn));
#endif
