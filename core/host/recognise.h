/* SPDX-License-Identifier: Apache-2.0 */
/* recognise.h - which parser takes a file for its own: each is asked in a jailed worker, the surest one wins. */
#ifndef PEN_HOST_RECOGNISE_H
#define PEN_HOST_RECOGNISE_H
#include "core/host/plan.h"

/* The name of the parser; the caller frees. NULL with the reason in e: unreadable, nobody knows it, or two are as sure. */
char *recognise_file (struct plan_set *s, const char *path, struct err *e);
#endif
