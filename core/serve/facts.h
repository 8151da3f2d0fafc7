/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - what the supervisor knows of a checked pipeline: a line of `penstock check --json`. */
#ifndef PEN_SERVE_FACTS_H
#define PEN_SERVE_FACTS_H
#include "core/base/err.h"
#include "core/serve/pool.h"
#include "core/serve/schedule.h"

struct facts
{
  char *name, *where, *state, *fingerprint;
  struct schedule schedule;
  struct pool_need need;
};

/* NULL with the reason in e: the line is not of this version. */
struct facts *facts_parse (const char *line, size_t n, struct err *e);
struct facts *facts_copy (const struct facts *f);
void facts_free (struct facts *f);
#endif
