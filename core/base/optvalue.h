/* SPDX-License-Identifier: Apache-2.0 */
/* optvalue.h - turns the text of one option into a value of the option's type, within its range. */
#ifndef PEN_BASE_OPTVALUE_H
#define PEN_BASE_OPTVALUE_H
#include "core/base/options.h"

/* Value of `text`: a bool, a number, a size, nanoseconds or the index of an enum's word; 0 for texts. On failure e has
 * the reason, e.g. "-1 is outside 0..1000", without the option's name. */
int opt_value_parse (const struct opt_desc *d, const char *text, int64_t *v, struct err *e);
/* Is the range itself well-formed for the type? */
int opt_range_check (const struct opt_desc *d, struct err *e);
/* The n-th of "a|b|c" (or of "a,b,c" with sep ','), not terminated; NULL past the last. */
const char *opt_word (const char *words, char sep, size_t index, size_t *n);
#endif
