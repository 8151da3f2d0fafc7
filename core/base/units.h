/* SPDX-License-Identifier: Apache-2.0 */
/* units.h - numbers, sizes and durations as people write them. */
#ifndef PEN_BASE_UNITS_H
#define PEN_BASE_UNITS_H
#include <stddef.h>
#include <stdint.h>

/* All take the whole text or fail: 0, -1 not written that way, -2 written that way but too large for the type. */
int units_int (const char *s, int64_t *v);
/* Bytes: "65536", "64K", "16M", "1G", "2T": powers of 1024. */
int units_size (const char *s, uint64_t *v);
/* Nanoseconds: "250ms", "30s", "5m", "2h", "1d"; the unit may be left out for 0 only. */
int units_duration (const char *s, int64_t *ns);
/* Parts per million: "2%", "0.25%", at most four decimals, at most 100%. */
int units_percent (const char *s, uint32_t *ppm);

/* The shortest exact way to write it, e.g. "64K" or "1500"; buf of UNITS_TEXT bytes, returns buf. */
#define UNITS_TEXT 32
char *units_size_text (char buf[UNITS_TEXT], uint64_t v);
char *units_duration_text (char buf[UNITS_TEXT], int64_t ns);
#endif
