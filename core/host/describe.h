/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - what a plugin is, as a jailed worker has described it: the host plans with this and never loads it. */
#ifndef PEN_HOST_DESCRIBE_H
#define PEN_HOST_DESCRIBE_H
#include "core/base/err.h"
#include "core/base/options.h"
#include "core/base/plugincheck.h"

#include <stdbool.h>
#include <stdint.h>

struct total_desc
{
  char *name, *rule, *doc; /* doc may be NULL */
  unsigned scope, fold, scale;
  uint64_t modulo;
};

/* Owned by whoever got it from describe_parse() or describe_plugin(). */
struct plugin_desc
{
  char *path;
  char *name, *version, *summary;
  char *doc; /* or NULL */
  unsigned abi;
  unsigned kinds; /* enum plugin_kind, or-ed */
  struct opt_table options;
  struct
  {
    int framing; /* enum pen_framing */
    uint64_t max_record;
    bool cut, recognises;
    char *longer_by, *longer_if, *memory_by, *memory_if; /* options, or NULL */
    size_t n_scopes, n_totals;
    char **scopes;
    struct total_desc *totals;
  } parser; /* all zero when it is none */
  struct
  {
    bool merges;
  } encoder;
  struct
  {
    bool keys; /* PEN_DECODER_KEYS */
  } decoder;
  struct
  {
    char *default_encoder; /* NULL when it is no sink */
  } sink;
};

/* Bytes of JSON that a plugin's description may have. */
#define DESCRIBE_MAX (1u << 20)

/* Reads what a worker printed; nothing in it is trusted. NULL with the reason in e. */
struct plugin_desc *describe_parse (const char *json, size_t n, const char *path, struct err *e);
void plugin_desc_free (struct plugin_desc *d);

/* How descriptions are had. */
struct describer
{
  char *worker; /* path of penstock-worker */
  int64_t timeout_ns;
  char *cache_dir;  /* NULL: no cache */
  bool best_effort; /* let the worker run where the kernel refuses the jail */
  bool refresh;     /* do not believe the cache, but write it */
};

/* libexec_dir: NULL for the one compiled in. The cache is $XDG_CACHE_HOME/penstock or ~/.cache/penstock, for root
 * /var/cache/penstock. */
void describer_init (struct describer *d, const char *libexec_dir);
void describer_fini (struct describer *d);

/* Checks that the file may be trusted, then asks the cache or a worker. A plugin's own fault is cached with its reason
 * for ten minutes (a library that it lacked may have been installed since); what hinders the worker is not. */
struct plugin_desc *describe_plugin (const struct describer *d, const char *path, struct err *e);
#endif
