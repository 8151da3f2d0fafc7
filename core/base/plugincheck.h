/* SPDX-License-Identifier: Apache-2.0 */
/* plugincheck.h - may this file be loaded, and is what it exported a plugin that this Penstock can run? */
#ifndef PEN_BASE_PLUGINCHECK_H
#define PEN_BASE_PLUGINCHECK_H
#include "core/base/err.h"

#include <penstock/plugin.h>

/* Bits, so that a plugin's kinds fit one word. */
enum plugin_kind
{
  KIND_SOURCE = 1,
  KIND_DECODER = 2,
  KIND_PARSER = 4,
  KIND_FILTER = 8,
  KIND_ENCODER = 16,
  KIND_SINK = 32,
};
#define KIND_WORKER (KIND_DECODER | KIND_PARSER | KIND_FILTER | KIND_ENCODER)

#define PLUGIN_SCOPES_MAX 16
#define PLUGIN_TOTALS_MAX 64
#define PLUGIN_RECORD_MAX (64u << 20) /* bytes of the longest record that a parser may ask for */

/* "parser"; NULL for what is not one kind. And back: 0 for what is no kind. */
const char *plugin_kind_name (unsigned kind);
unsigned plugin_kind_of (const char *name);
/* "parser, encoder"; buf of KINDS_TEXT bytes, returns buf. */
#define KINDS_TEXT 64
char *plugin_kinds_text (char buf[KINDS_TEXT], unsigned kinds);

/* Before anything is loaded (constructors run at dlopen): the path is absolute, the file is regular and no symbolic
 * link, and the file and every directory above it belong to root or to us and cannot be written by everybody. A sticky
 * directory such as /tmp may be further up, but not be the plugin's own. */
int plugin_path_check (const char *path, struct err *e);
/* The same for a directory that plugins are looked for in. */
int plugin_dir_check (const char *dir, struct err *e);

/* What the symbol PEN_SYMBOL of `path` points to (NULL: it has none): ABI, sizes, needs, functions that a kind cannot
 * do without, the option table. `kind`: the kind that is wanted of it; 0: any. */
int plugin_check (const struct pen_plugin *p, const char *path, unsigned kind, struct err *e);
/* Kinds that it has; after plugin_check(). */
unsigned plugin_kinds (const struct pen_plugin *p);
/* 1: a decoder with PEN_DECODER_KEYS, and nothing else besides. */
int plugin_holds_keys (const struct pen_plugin *p);
#endif
