/* SPDX-License-Identifier: Apache-2.0 */
/* optset.h - the options that somebody wrote for one plugin: names and value texts with the place of each, not yet
 * typed. */
#ifndef PEN_BASE_OPTSET_H
#define PEN_BASE_OPTSET_H
#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* A repeated name is a list, in order. empty: the list was written down without items ("columns = []"). */
struct opt_pair
{
  char *name;  /* "rules.check_digit" */
  char *value; /* never NULL */
  char *where; /* "acme.conf:12", or "-O" for the command line */
  bool empty;
};

struct optset
{
  char *owner; /* as messages name it: `parser "csv"` */
  char *where; /* of the section, for what is missing from it */
  char *base;  /* directory that relative paths start from; absolute, or "" when there is none */
  size_t n, cap;
  struct opt_pair *v;
};

#define OPTSET_NAME_MAX 128
#define OPTSET_VALUE_MAX 65536
#define OPTSET_PAIRS_MAX 16384
#define OPTSET_BYTES_MAX (1u << 20) /* of the packed form */

void optset_init (struct optset *s, const char *owner, const char *where, const char *base);
void optset_fini (struct optset *s);
/* Everything is copied. Fails on a name or value over the limits above. */
int optset_add (struct optset *s, const char *name, const char *value, const char *where, struct err *e);
int optset_add_empty (struct optset *s, const char *name, const char *where, struct err *e);
/* The last value of this name, or NULL; borrowed. */
const char *optset_get (const struct optset *s, const char *name);
void optset_copy (struct optset *to, const struct optset *from);

/* Plain bytes for another process of the same build; *bytes is for the caller to free. Fails over OPTSET_BYTES_MAX. */
int optset_pack (const struct optset *s, void **bytes, size_t *n, struct err *e);
/* Reads them back; trusts nothing in them. *s is initialised on success only. */
int optset_unpack (struct optset *s, const void *bytes, size_t n, struct err *e);
#endif
