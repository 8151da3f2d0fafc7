/* SPDX-License-Identifier: Apache-2.0 */
/* source_check.h - asks a source, in a process of its own, whether it accepts its options; nothing is opened, nobody is called. */
#ifndef PEN_HOST_SOURCE_CHECK_H
#define PEN_HOST_SOURCE_CHECK_H
#include "core/base/err.h"
#include "core/base/optset.h"

/* program: penstock-source; say: each thing that is wrong (is_error), or looks so. 0, or -1: it could not be asked. */
int source_check (const char *program, const char *plugin, const struct optset *options,
                  void (*say) (void *ctx, int is_error, const char *text), void *ctx, struct err *e);
#endif
