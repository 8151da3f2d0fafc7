/* SPDX-License-Identifier: Apache-2.0 */
/* config_text.h - the text of a configuration file with its includes in place, checked before libconfig sees it.
 *
 * libconfig 1.5 cuts integers to 32 bits without a word, opens included files itself and recurses without a limit. Here the
 * files are opened and checked by us, every integer is made 64 bits wide or refused, and depth is bounded. */
#ifndef PEN_HOST_CONFIG_TEXT_H
#define PEN_HOST_CONFIG_TEXT_H
#include "core/base/blob.h"
#include "core/base/err.h"

#include <stddef.h>

struct config_origin
{
  unsigned file, line;
};

struct config_text
{
  char *text; /* terminated */
  size_t n, cap;
  size_t n_lines, cap_lines;
  struct config_origin *origin; /* of line i + 1 of text */
  size_t n_files;
  char **file; /* as they were named */
};

#define CONFIG_BYTES_MAX (4u << 20) /* of all files together */
#define CONFIG_DEPTH_MAX 32         /* levels of groups and lists */
#define CONFIG_INCLUDE_MAX 8        /* files including each other */

/* Reads the file and what it includes, relative to dir. Refused: a file that is not regular, that belongs to neither root nor
 * us, or that its group or everybody may write. */
int config_text_load (struct config_text *t, const char *path, const char *dir, struct err *e);
/* From memory; an @include in it is refused. */
int config_text_take (struct config_text *t, const char *text, size_t n, const char *name, struct err *e);
/* For another process: the same text with the places of its lines. b is the caller's. */
void config_text_pack (const struct config_text *t, struct blob *b);
/* -1, with nothing to free, where these bytes were not packed by this version. */
int config_text_unpack (struct config_text *t, const void *p, size_t n, struct err *e);
void config_text_fini (struct config_text *t);
/* "acme.conf:12" for a line of the whole text; the caller frees. */
char *config_text_where (const struct config_text *t, unsigned line);
#endif
