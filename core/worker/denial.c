/* SPDX-License-Identifier: Apache-2.0 */
/* denial.c - the host's side of a denied system call: check the bytes, put a name to the number. */
#include "core/worker/denial.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
jail_denial_read (struct jail_denial *d, const void *from, size_t n)
{
  if (n != sizeof *d)
    return -1;
  memcpy (d, from, sizeof *d);
  if (d->magic != JAIL_DENIAL_MAGIC || !memchr (d->module, 0, sizeof d->module) || !memchr (d->at, 0, sizeof d->at))
    return -1;
  return 0;
}

const char *
jail_syscall_name (int nr, char *buf, size_t cap)
{
  char *name = seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, nr);

  if (name)
    snprintf (buf, cap, "%s", name);
  else
    snprintf (buf, cap, "syscall %d", nr);
  free (name);
  return buf;
}

static void
printable (char *to, const char *from, size_t cap)
{
  size_t i;

  for (i = 0; i + 1 < cap && from[i]; i++)
    to[i] = from[i] > ' ' && from[i] < 0x7f ? from[i] : '?';
  to[i] = 0;
}

const char *
jail_denial_text (const struct jail_denial *d, char *buf, size_t cap)
{
  char name[64], module[JAIL_MODULE_MAX], at[JAIL_MODULE_MAX];

  jail_syscall_name (d->nr, name, sizeof name);
  printable (module, d->module, sizeof module);
  printable (at, d->at, sizeof at);
  if (strcmp (module, at) == 0)
    snprintf (buf, cap, "denied %s at %s+0x%llx", name, module, (unsigned long long)d->site);
  else
    snprintf (buf, cap, "denied %s at %s+0x%llx (in %s+0x%llx)", name, module, (unsigned long long)d->site, at,
              (unsigned long long)d->ip);
  return buf;
}
