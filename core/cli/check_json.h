/* SPDX-License-Identifier: Apache-2.0 */
/* check_json.h - what a supervisor must know of a checked pipeline, as one line of JSON on standard output. */
#ifndef PEN_CLI_CHECK_JSON_H
#define PEN_CLI_CHECK_JSON_H
#include "core/host/bound.h"

/* Read by core/serve/facts.c. */
void check_json (const struct plan *p, const struct bound *b);
#endif
