/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - configuration files as they are now: the names behind the arguments, and each one's content in a descriptor. */
#ifndef PEN_SERVE_FILES_H
#define PEN_SERVE_FILES_H
#include "core/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct files
{
  size_t n;
  char **path; /* sorted within a folder, folders and files as they were given, none twice */
};

/* A folder stands for its files *.conf that are not hidden. A file that is not there is an error, an empty folder is none. -1:
 * nothing in *f. */
int files_list (struct files *f, char *const *arguments, size_t n, struct err *e);
void files_fini (struct files *f);

/* A file with all that it includes, as config_text_pack() writes it, in a sealed descriptor that the caller closes; *digest tells
 * contents apart. -1 on error. */
int files_snapshot (const char *path, uint64_t digest[2], struct err *e);
#endif
