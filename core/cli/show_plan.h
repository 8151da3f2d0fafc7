/* SPDX-License-Identifier: Apache-2.0 */
/* show_plan.h - a resolved plan as text: every option with its value, secrets as ***. */
#ifndef PEN_CLI_SHOW_PLAN_H
#define PEN_CLI_SHOW_PLAN_H
#include "core/host/plan.h"

#include <stdio.h>

void show_plan (const struct plan *p, FILE *out);
#endif
