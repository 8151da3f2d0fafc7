/* SPDX-License-Identifier: Apache-2.0 */
/* infer.h - what a sample of delimited text looks like: delimiter, encoding, header, and a type for each column. */
#ifndef PEN_CLI_INFER_H
#define PEN_CLI_INFER_H
#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define INFER_COLUMNS 509
#define INFER_OPTIONS (INFER_COLUMNS + 8)

/* Options for the csv parser, as "key=value": one "columns=..." for each column, and what differs from the defaults. */
struct inferred
{
  char *text; /* owns them all */
  size_t n;
  const char *option[INFER_OPTIONS];
};

/* Looks at the first bytes of a file, in a child process that is jailed like a worker. typed: a type for each column, else
 * all are strings. 0, or -1 with the reason. The caller ends with inferred_fini(). */
int infer_file (const char *path, bool typed, struct inferred *out, struct err *e);
void inferred_fini (struct inferred *i);

/* The guess itself: writes lines "key=value" to `out`, at most cap bytes; returns how many, 0: this is no delimited text.
 * Touches nothing but its arguments and memory of its own. */
size_t infer_sample (const unsigned char *p, size_t n, bool whole, bool typed, char *out, size_t cap);
#endif
