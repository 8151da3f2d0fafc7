/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.h - which version of which configuration file is in force: a bad one never replaces a good one. Pure. */
#ifndef PEN_SERVE_CATALOG_H
#define PEN_SERVE_CATALOG_H
#include "core/serve/facts.h"

/* A file as it was read and checked once. Counted: runs keep the version that they were started from. */
struct version
{
  unsigned refs;
  char *path;
  int fd; /* the packed text; owned */
  uint64_t digest[2];
  size_t n;
  struct facts **facts; /* owned */
};

/* Takes fd and facts over. */
struct version *version_create (const char *path, int fd, const uint64_t digest[2], struct facts **facts, size_t n);
struct version *version_ref (struct version *v);
void version_unref (struct version *v);

struct catalog_file
{
  char *path;
  struct version *current;   /* in force; NULL: none yet */
  struct version *candidate; /* read at this reload and good by itself; NULL: none */
  bool is_listed;            /* still there at this reload */
  char why[ERR_TEXT_MAX];    /* set: what it says now is bad, and current goes on */
  bool is_said;              /* the caller's: why was told */
};

struct catalog
{
  size_t n;
  struct catalog_file **v; /* in the order of the list */
};

void catalog_fini (struct catalog *c);
/* A reload begins: nothing is listed yet. */
void catalog_begin (struct catalog *c);
/* The file is there: borrowed. */
struct catalog_file *catalog_list (struct catalog *c, const char *path);
/* All candidates are in: each comes into force unless it names a pipeline, or a state directory, that another file in force has
 * too; then `why` says so. What is not listed any more goes. */
void catalog_settle (struct catalog *c);
/* The pipeline in force of that name and, if version is not NULL, its file's version; borrowed; NULL: there is none. */
const struct facts *catalog_find (const struct catalog *c, const char *name, struct version **version);
#endif
