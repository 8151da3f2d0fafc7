/* SPDX-License-Identifier: Apache-2.0 */
/* jail_parts.h - the walls that jail.c puts up, one file each; not for anyone else. */
#ifndef PEN_WORKER_JAIL_PARTS_H
#define PEN_WORKER_JAIL_PARTS_H
#include <linux/filter.h>
#include "core/worker/jail.h"

/* jail_seccomp.c: the program of a stage; (*prog).filter is malloc'ed, caller frees. Made before anything is locked,
 * because the making needs calls that the filter denies. */
int jail_seccomp_build (int stage, int sock, struct sock_fprog *prog, struct err *e);
/* -1 with errno. */
int jail_seccomp_load (const struct sock_fprog *prog);

/* jail_landlock.c: ABI of the kernel, 0 without Landlock. */
int jail_landlock_abi (void);
/* A ruleset that allows reading below dirs (NULL: nothing) and forbids every other right that ABI knows.
 * Returns a descriptor, or -1 with *e set. */
int jail_landlock_make (int abi, const char *const *dirs, const char *const *more_dirs, struct err *e);
/* A ruleset that forbids executing, and changing anything that is not below one of `changes`; reads = NULL: reading stays
 * free, else only what is below reads, more_reads and changes. */
int jail_landlock_make_source (int abi, const char *const *reads, const char *const *more_reads,
                               const char *const *changes, struct err *e);
/* The same, reading only, but what is below programs may be executed, too. */
int jail_landlock_make_keyholder (int abi, const char *const *programs, const char *const *reads, const char *dir,
                                  struct err *e);
/* -1 with errno. */
int jail_landlock_apply (int ruleset);

/* jail_trap.c: tells of denied calls. Code below one of dirs counts as a plugin's. */
int jail_trap_install (void (*denied) (const struct jail_denial *, void *), void *ctx, const char *const *dirs,
                       struct err *e);
void jail_trap_stage (int stage);

/* jail_drop.c: descriptors, environment, namespaces, user, limits. */
int jail_close_fds (const struct jail_opts *o, struct err *e);
void jail_scrub_env (void);
void jail_unshare (struct jail_report *r);
/* Root becomes nobody. keep_search: CAP_DAC_READ_SEARCH stays until jail_drop_caps(), so that plugins below folders of
 * root's own still load; only with Landlock, which says what may be searched. */
void jail_drop_user (struct jail_report *r, int keep_search);
int jail_drop_caps (void);
int jail_limit (const struct jail_opts *o, struct err *e);
#endif
