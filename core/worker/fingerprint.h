/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.h - xxh3-128 of an object's bytes, with the vectors of the processor at hand. */
#ifndef PEN_WORKER_FINGERPRINT_H
#define PEN_WORKER_FINGERPRINT_H
#include <stddef.h>
#include <stdint.h>

struct fingerprint;

struct fingerprint *fingerprint_create (void); /* never NULL; lives as long as the process */
void fingerprint_reset (struct fingerprint *f);
void fingerprint_update (struct fingerprint *f, const void *p, size_t n);
/* In canonical byte order. The state may be updated further. */
void fingerprint_get (const struct fingerprint *f, uint8_t to[16]);

/* fingerprint_wide.c: the same for processors with AVX2. `state` is FINGERPRINT_STATE bytes, aligned to 64. */
#define FINGERPRINT_STATE 1024
int fingerprint_wide_works (void);
void fingerprint_wide_reset (void *state);
void fingerprint_wide_update (void *state, const void *p, size_t n);
void fingerprint_wide_get (const void *state, uint8_t to[16]);
#endif
