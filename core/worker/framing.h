/* SPDX-License-Identifier: Apache-2.0 */
/* framing.h - where records end in the stock framings, which are the host's own trusted code. */
#ifndef PEN_WORKER_FRAMING_H
#define PEN_WORKER_FRAMING_H
#include <stddef.h>
#include <stdint.h>

/* The end of the last whole record in p[0..n), 0 when there is none; p[0] starts a record. framing: enum pen_framing
 * (not custom). At eof everything is whole. */
size_t framing_cut (int framing, uint64_t fixed, const uint8_t *p, size_t n, int eof);
#endif
