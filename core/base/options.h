/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - checks written options against a plugin's table and fills the plugin's options struct from them. */
#ifndef PEN_BASE_OPTIONS_H
#define PEN_BASE_OPTIONS_H
#include "core/base/err.h"
#include "core/base/optset.h"

#include <penstock/plugin.h>
#include <stdint.h>

/* One option as a table declares it, copied. offset and width are known only where the plugin itself is loaded. */
struct opt_desc
{
  char *name;
  uint16_t type, flags; /* enum pen_opt_type, enum pen_opt_flags */
  uint16_t offset, width;
  char *def, *range, *doc; /* each may be NULL */
};

/* A plugin's table, detached from the plugin: what a jailed worker describes is checked in the same way. */
struct opt_table
{
  size_t n, cap;
  struct opt_desc *v;
};

#define OPT_TABLE_MAX 256

/* Copies the table of a loaded plugin, stepping by its opt_size, and checks widths and places against the struct. */
int opt_table_read (const struct pen_plugin *p, struct opt_table *t, struct err *e);
/* Adds one option; texts are copied, NULL where there is none. */
void opt_table_add (struct opt_table *t, const struct opt_desc *d);
/* Is the table itself sound: names, types, ranges, defaults? opt_table_read() has called it already. */
int opt_table_check (const struct opt_table *t, struct err *e);
void opt_table_fini (struct opt_table *t);
/* Borrowed, or NULL. */
const struct opt_desc *opt_table_find (const struct opt_table *t, const char *name);
/* "size" for PEN_SIZE; NULL for what is no type. And back: 0 for what is no name. */
const char *opt_type_name (unsigned type);
unsigned opt_type_of (const char *name);

/* Takes every message, e.g. `acme.conf:12: parser "csv": skip: -1 is outside 0..1000`. May be NULL. */
struct opt_report
{
  void (*say) (void *ctx, bool is_error, const char *text);
  void *ctx;
};

/* Checks all of the set: 0, or -1 with the first error in e (and every error and warning told to r). Reads no secret.
 */
int options_check (const struct opt_table *t, const struct optset *set, const struct opt_report *r, struct err *e);

enum options_flags
{
  OPTIONS_SECRETS = 1, /* read the secrets; without it each one that is written down is "***" */
};

/* A filled options struct; data is what create() and check() get. Zeroed: nothing to free. */
struct options
{
  void *data;
  size_t n_owned;
  struct options_owned *owned;
};

/* Checks and fills. *out is set on success only; everything in it lives until options_free(). */
int options_fill (const struct pen_plugin *p, const struct optset *set, unsigned flags, const struct opt_report *r,
                  struct options *out, struct err *e);
/* Overwrites secrets before it frees them. */
void options_free (struct options *o);
#endif
