/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - a pipeline, resolved: every plugin found and described, every option checked, every default in its place. */
#ifndef PEN_HOST_PLAN_H
#define PEN_HOST_PLAN_H
#include "core/base/options.h"
#include "core/base/optset.h"
#include "core/base/plugindirs.h"
#include "core/host/config.h"
#include "core/host/describe.h"
#include "core/serve/schedule.h"

#include <penstock/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* A plugin in its place. name == NULL: there is none (only in plans made by plan_for_cat()). */
struct plan_plugin
{
  char *name; /* "csv" */
  char *path; /* absolute, of the shared object */
  unsigned kind;
  const struct plugin_desc *desc; /* borrowed from the plan set */
  struct optset opts;             /* checked; for the process that loads the plugin */
};

struct plan_sink
{
  char *name; /* unique in the pipeline; the plugin's unless the file says otherwise */
  char *where;
  struct plan_plugin plugin, encoder;
  size_t n_tables; /* 0: all */
  char **tables;
};

enum plan_duplicates
{
  PLAN_DUPLICATES_SKIP,
  PLAN_DUPLICATES_PROCESS,
  PLAN_DUPLICATES_REJECT,
};
enum plan_on_reject
{
  PLAN_QUARANTINE,    /* set the record aside, go on */
  PLAN_REJECT_OBJECT, /* one refused record refuses its object */
  PLAN_FAIL,          /* and stops the pipeline */
};

/* What `penstock serve` gives a run at most, out of the pool that all pipelines share. */
struct plan_quota
{
  unsigned workers; /* 0: no limit of its own */
  uint64_t memory;  /* bytes; 0: no limit of its own */
  bool is_reserved;
};

struct plan
{
  char *name, *where; /* "acme.conf:3" of the section */
  char *state;        /* directory; NULL: none is kept (cat) */
  int duplicates;     /* enum plan_duplicates */
  bool lineage;
  int commit;         /* enum pen_commit_mode */
  bool best_effort;   /* jail = "best-effort" */
  bool fresh_worker;  /* isolate = "object": a fresh worker for each object */
  int on_reject;      /* enum plan_on_reject */
  uint32_t error_ppm; /* refused records per million records of an object that are still accepted; 1000000: any */
  bool require_balance;
  uint64_t keep_findings;
  unsigned workers;         /* 0: as many as cores and memory allow, see bound.h */
  uint64_t chunk;           /* bytes */
  uint64_t memory;          /* bytes; 0: what the machine or its cgroup has */
  uint64_t spool;           /* bytes on disk */
  int64_t deadline_ns;      /* for one chunk */
  uint64_t expansion;       /* times its length that a chunk's output may have, for each sink */
  int64_t stop_ns;          /* from a signal to the end */
  int64_t sink_retry_ns;    /* for a sink's transient failure */
  struct schedule schedule; /* for `penstock serve`, as is quota */
  struct plan_quota quota;
  unsigned most_workers; /* that may run whatever workers says; 0: any. Set by the command line. */
  char fingerprint[33];  /* of everything that its section says, in hexadecimal; comments and layout do not count */
  struct plan_plugin source, parser;
  size_t n_decoders;
  struct plan_plugin *decoders;
  struct
  {
    bool by_magic;
    uint64_t max_size, max_ratio, max_members, max_nesting;
  } decode;
  size_t n_filters;
  struct plan_plugin *filters;
  size_t n_sinks;
  struct plan_sink *sinks;
};

/* Everything that the given files describe. */
struct plan_set
{
  size_t n;
  struct plan **v;
  struct plugin_dirs dirs;
  struct describer describer;
  size_t n_descs;
  struct plugin_desc **descs; /* each plugin is described once */
};

/* dirs: from --plugin-dir, may be empty; libexec_dir: from --libexec-dir or NULL. The directory compiled in comes last by
 * itself; a file's plugin_dirs in between. */
void plan_set_init (struct plan_set *s, const struct plugin_dirs *dirs, const char *libexec_dir);
void plan_set_fini (struct plan_set *s);

/* Adds the pipelines of one file: as it is there (packed -1), or as it was when the supervisor packed it into that descriptor.
 * Every error and warning goes to r; 0, or -1 when there was an error, the first one in e.
 * Broken pipelines are not added. */
int plan_load (struct plan_set *s, const char *path, int packed, const struct opt_report *r, struct err *e);
/* The same for a file that has been read. */
int plan_from_config (struct plan_set *s, const struct config *c, const struct opt_report *r, struct err *e);

/* What `penstock cat` wants. Texts are borrowed for the call. */
struct cat_request
{
  const char *parser;                 /* name; -p, or as recognised */
  size_t n_options, n_format_options; /* "key=value" for the parser (-O) and for the encoder */
  const char *const *options, *const *format_options;
  const char *format; /* encoder; NULL: "jsonl" */
  size_t n_tables;
  const char *const *tables;
  unsigned workers; /* 0: automatic */
  uint64_t chunk;   /* 0: default */
  bool lineage, best_effort;
};
/* A plan named "cat" without source, state and sink plugin: its one sink, "stdout", has only an encoder; commit is by chunk.
 * It is appended to s. NULL with the reason in e. */
struct plan *plan_for_cat (struct plan_set *s, const struct cat_request *q, const struct opt_report *r, struct err *e);

/* Finds and describes one plugin: KIND-NAME.so or NAME.so; kind 0: NAME.so only. Borrowed from s. */
const struct plugin_desc *plan_describe (struct plan_set *s, const char *name, unsigned kind, struct err *e);
const struct plugin_desc *plan_describe_path (struct plan_set *s, const char *path, struct err *e);

/* What a worker's probe found, for the checks that need schemas. */
struct plan_table
{
  const char *name;
  size_t n_columns;
  const char *const *columns;
};
/* Do the tables that sinks select exist, and does each sink with several tables have streams of their own for them
 * (per_table[i] != 0) or an encoder that merges? */
int plan_check_tables (const struct plan *p, const struct plan_table *t, size_t n, const int *per_table,
                       const struct opt_report *r, struct err *e);
#endif
