/* SPDX-License-Identifier: Apache-2.0 */
/* control_path.h - where `penstock serve` and `penstock status` meet, and where configuration is by default. */
#ifndef PEN_CLI_CONTROL_PATH_H
#define PEN_CLI_CONTROL_PATH_H
#include <stdbool.h>

#define CONTROL_CONF_DIR PENSTOCK_CONFDIR

/* /run/penstock/serve.sock for root, else below $XDG_RUNTIME_DIR or /tmp. create: its directory, too (0755 for root, else 0700). The
 * caller frees. */
char *control_path (bool create);
#endif
