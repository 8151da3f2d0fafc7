/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - penstock-source --check: what a source says of its options, without a secret, a server or data. */
#ifndef PEN_SOURCE_CHECK_H
#define PEN_SOURCE_CHECK_H

/* Standard input: a file with what core/host/source_check.c has packed. Prints lines for it: "error TEXT", "warning TEXT". The
 * exit status: 0, all was asked. */
int check_source (void);
#endif
