/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - where a secret is kept: "env:NAME" or "file:/path"; the text itself is read only on demand. */
#ifndef PEN_BASE_SECRET_H
#define PEN_BASE_SECRET_H
#include "core/base/err.h"

#define SECRET_SHOWN "***"
#define SECRET_MAX 65536

/* Is it a well-formed reference? The error names no part of the text, which may be the secret itself. */
int secret_check (const char *reference, struct err *e);
/* Reads it: one newline at the end is dropped. A relative file is taken from base. *text is for the caller to release
 * with secret_free(). *readable (may be NULL): 1 when other users may read the file. */
int secret_read (const char *reference, const char *base, char **text, int *readable, struct err *e);
/* Overwrites and frees. */
void secret_free (char *text);

struct blob;
struct blob_reader;
struct optset;
/* A process that is to read these options' secrets has an empty environment: of ours it gets the variables that they are kept
 * in ("env:NAME"). The second sets them there; they are gone again once it clears its environment. */
void secret_lend (struct blob *b, const struct optset *options);
void secret_take (struct blob_reader *r);
#endif
