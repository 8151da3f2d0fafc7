/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h - finds the known name that a mistyped one most likely meant. */
#ifndef PEN_BASE_NEAREST_H
#define PEN_BASE_NEAREST_H
#include <stddef.h>

struct nearest
{
  const char *wrong; /* borrowed */
  const char *best;  /* borrowed from the candidates; NULL: none is near */
  unsigned distance;
};

void nearest_init (struct nearest *n, const char *wrong);
/* Offers one known name. */
void nearest_offer (struct nearest *n, const char *known);
/* The same for a list that ends with NULL; returns the best so far. */
const char *nearest_of (const char *wrong, const char *const *known);
#endif
