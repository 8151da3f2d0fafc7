/* SPDX-License-Identifier: Apache-2.0 */
/* denial.h - one system call that the jail refused, as it travels from the worker to the host. */
#ifndef PEN_WORKER_DENIAL_H
#define PEN_WORKER_DENIAL_H
#include <stddef.h>
#include <stdint.h>

#define JAIL_DENIAL_MAGIC 0x4e454450u /* "PDEN" */
#define JAIL_MODULE_MAX 56

/* Plain bytes of fixed size. The worker made them, so the host copies them first and believes nothing but what
 * jail_denial_text() prints: a plugin that owns its process can lie here about itself, never about another one. */
struct jail_denial
{
  uint32_t magic; /* JAIL_DENIAL_MAGIC */
  int32_t nr;     /* number of the system call on this machine */
  uint32_t stage; /* 1: while plugins were loaded; 2: while data was read */
  uint32_t pad;
  uint64_t site;                /* offset of the nearest code of a plugin in its file */
  uint64_t ip;                  /* offset of the instruction after the system call */
  char module[JAIL_MODULE_MAX]; /* base name of the file that `site` is in */
  char at[JAIL_MODULE_MAX];     /* base name of the file that `ip` is in */
};

/* Copies the n bytes at `from` into *d. 0, or -1 if they are no denial. */
int jail_denial_read (struct jail_denial *d, const void *from, size_t n);

/* "denied openat at acme.so+0x1234 (in libc.so.6+0xf1a2)"; control bytes are shown as '?'. Returns buf. */
const char *jail_denial_text (const struct jail_denial *d, char *buf, size_t cap);

/* "openat", or "syscall 599" for a number without a name. Returns buf. */
const char *jail_syscall_name (int nr, char *buf, size_t cap);
#endif
