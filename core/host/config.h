/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - a configuration file as a tree in which every value knows its file and line; the only user of libconfig. */
#ifndef PEN_HOST_CONFIG_H
#define PEN_HOST_CONFIG_H
#include "core/base/err.h"
#include "core/base/optset.h"

#include <stdbool.h>
#include <stddef.h>

enum config_type
{
  CONFIG_GROUP, /* { a = 1; }: named children */
  CONFIG_LIST,  /* ( ... ) or [ ... ]: nameless children */
  CONFIG_VALUE, /* everything else, as text */
};

struct config_node
{
  enum config_type type;
  char *name;  /* NULL for the items of a list and for the root */
  char *value; /* CONFIG_VALUE only: "true", "12", "text" */
  char *where; /* "acme.conf:12" */
  size_t n;
  struct config_node **child; /* in the file's order */
};

struct config
{
  char *file; /* as it was named */
  char *dir;  /* its directory, absolute: relative paths start here */
  struct config_node *root;
};

/* Reads a file with what it includes (relative to its directory); config_text.h says what is refused. NULL with "file:line: text" in e. */
struct config *config_load (const char *path, struct err *e);
/* The same from memory; there is no @include in it. */
struct config *config_parse (const char *text, size_t n, const char *name, const char *dir, struct err *e);
/* The same from a descriptor of what config_text_pack() has made of file `path`; fd is borrowed, its offset not used. */
struct config *config_load_packed (int fd, const char *path, struct err *e);
void config_free (struct config *c);

/* A group's child, or NULL; borrowed. */
const struct config_node *config_get (const struct config_node *group, const char *name);

/* Adds a plugin's section to *set: groups in it are joined by dots ("rules.check_digit"), lists become repeated names.
 * Keys in skip (ends with NULL) are left out at the top. */
int config_flatten (const struct config_node *group, const char *const *skip, struct optset *set, struct err *e);
#endif
