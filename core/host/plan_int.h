/* SPDX-License-Identifier: Apache-2.0 */
/* plan_int.h - what the files of the plan share among themselves. */
#ifndef PEN_HOST_PLAN_INT_H
#define PEN_HOST_PLAN_INT_H
#include "core/host/plan.h"

/* Where messages go while plans are made. */
struct plan_report
{
  const struct opt_report *r;
  struct err *e;
  unsigned errors;
};

/* One message; the first error also goes to e. Returns -1 for an error, 0 for a warning. */
int plan_say (struct plan_report *pr, bool is_error, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
/* `; did you mean "x"?` for a name that is not among known (ends with NULL), or "". Returns buf. */
#define PLAN_HINT 160
char *plan_hint (char buf[PLAN_HINT], const char *wrong, const char *const *known);

/* The settings of a pipeline that are not plugins: name, state, limits, errors ... *p is filled. */
extern const char *const plan_settings_keys[]; /* names at the top of a pipeline, groups included; ends with NULL */
int plan_settings (struct plan *p, const struct config_node *pipeline, const char *dir, struct plan_report *pr);
/* The same without a file: all defaults. */
void plan_settings_default (struct plan *p);
/* The commented table, for the manual and its test. */
const struct pen_opt *plan_settings_table (void);

/* Finds and describes plugin `name` and takes over *opts (moved, also on failure). */
int plan_resolve (struct plan_set *s, struct plan_plugin *pp, const char *name, unsigned kind, struct optset *opts,
                  struct plan_report *pr);
/* From a section { plugin = "csv"; ... }; reserved: keys that are not the plugin's (ends with NULL, has "plugin"). */
int plan_resolve_section (struct plan_set *s, struct plan_plugin *pp, const struct config_node *section, unsigned kind,
                          const char *dir, const char *const *reserved, struct plan_report *pr);
/* Fills p->fingerprint. */
void plan_fingerprint (struct plan *p, const struct config *c, const struct config_node *pipeline);
void plan_plugin_fini (struct plan_plugin *pp);
void plan_free (struct plan *p);
void plan_append (struct plan_set *s, struct plan *p);
#endif
