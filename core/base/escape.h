/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - makes foreign text fit for a message: no control bytes, no broken UTF-8, bounded. */
#ifndef PEN_BASE_ESCAPE_H
#define PEN_BASE_ESCAPE_H
#include <stddef.h>
#include <stdio.h>

/* Enough for a value quoted in a message. */
#define ESCAPE_MAX 128

/* Copies s (n bytes) into buf: C0, DEL, C1 and bytes that are not UTF-8 become \xNN; what does not fit ends in "...".
 * Always terminated; cap >= 8. Returns buf. */
char *escape_text (char *buf, size_t cap, const char *s, size_t n);

/* Length of the well-formed UTF-8 sequence at s, 0 if there is none (RFC 3629: no overlong forms, no surrogates); n >
 * 0. */
size_t escape_utf8_length (const char *s, size_t n);

/* Writes s as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
void escape_json (FILE *out, const char *s);
#endif
