/* SPDX-License-Identifier: Apache-2.0 */
/* framing.h - where records end in the stock framings, which are the host's own trusted code. */
#ifndef PEN_WORKER_FRAMING_H
#define PEN_WORKER_FRAMING_H
#include <stddef.h>
#include <stdint.h>

#include <penstock/plugin.h>

/* The end of the last whole record in p[0..n), 0 when there is none; p[0] starts a record. framing: enum pen_framing
 * (not custom). At eof everything is whole. */
size_t framing_cut (int framing, uint64_t fixed, const uint8_t *p, size_t n, int eof);
/* The end of the last whole record in the window, by the parser's framing or its own cut(); *carry moves from the window's
 * start to there. 0; PEN_MORE: not one record ends here (never at eof); PEN_ERR: the parser failed or broke its contract. */
int framing_find (const struct pen_parser *p, void *self, struct pen_chunk w, int eof, struct pen_carry *carry,
                  size_t *cut);
#endif
