/* SPDX-License-Identifier: Apache-2.0 */
/* jail.h - what a worker process takes away from itself before it touches foreign code and foreign data.
 *
 * Two stages, because a plugin's constructors run while it is loaded:
 *   jail_enter()  before the first dlopen(): files may be read, but only below the system's library folders and
 *                 opts.read_dirs (Landlock); code may be mapped from files; no network, no process, no writing.
 *   jail_lock()   after the plugins' create(), before the first byte of data: no files and no new code at all.
 * Both are one-way streets. The process must have a single thread, and must end by _exit(): exit handlers (a
 * sanitizer's leak check, coverage files) would be denied.
 *
 * A denied call ends the process by SIGSYS, after opts.denied was told which call it was and from where. The kernel
 * does the denying; the telling is done by a handler inside the process, which a plugin that has taken the process over
 * can garble, never turn into an allowed call. A worker killed by SIGSYS without a word has done that. */
#ifndef PEN_WORKER_JAIL_H
#define PEN_WORKER_JAIL_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/err.h"
#include "core/worker/denial.h"

enum jail_mode
{
  JAIL_ENFORCE,     /* fails where the kernel refuses seccomp, no_new_privs or a resource limit */
  JAIL_BEST_EFFORT, /* goes on without; the report says what is missing */
};

struct jail_opts
{
  enum jail_mode mode;
  pid_t parent;         /* the host: this process dies with it, at once if it is gone already; 0: whoever is now */
  int sock;             /* socket to the host: beside 1 and 2 the only one that may be written to; below 64 */
  const int *keep;      /* more descriptors that stay open, any order; 0 and 1 become /dev/null unless named */
  size_t n_keep;        /* (2 stays; the host must make it a pipe or /dev/null, never a file) */
  uint64_t as_limit;    /* bytes of address space; 0: no limit */
  unsigned cpu_seconds; /* 0: no limit */
  unsigned max_fds;     /* 0: 64 */
  const char *const
      *read_dirs; /* folders that plugins are loaded from, ends with NULL; borrowed for good; may be NULL */
  /* Called once, from the SIGSYS handler: only async-signal-safe code and allowed calls. May be NULL. */
  void (*denied) (const struct jail_denial *d, void *ctx);
  void *ctx;
};

/* What holds, for the log of the host. */
struct jail_report
{
  int seccomp;      /* 1: filter loaded */
  int landlock_abi; /* 0: not there */
  int mdwe;         /* 1: the kernel refuses writable code */
  int net_ns, user_ns, ipc_ns;
  int uid;           /* whom root became, or -1: was not root, or could not */
  char missing[256]; /* "Landlock, network namespace", or empty */
};

/* 0, or -1 with *e set: then the process must end, half jailed as it is. */
int jail_enter (const struct jail_opts *o, struct jail_report *r, struct err *e);
int jail_lock (struct jail_report *r, struct err *e);

/* "seccomp, Landlock ABI 7, network namespace, uid 65534; missing: memory-deny-write-execute" Returns buf. */
const char *jail_report_text (const struct jail_report *r, char *buf, size_t cap);
#endif
