/* SPDX-License-Identifier: Apache-2.0 */
/* cage.c - the lighter cage of a source process: it talks to its servers, but reads and writes only what it has named. */
#include "core/worker/cage.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include "core/base/cleanup.h"
#include "core/worker/jail_parts.h"

/* What the C library, its name services, TLS and the sanitizers open by themselves. No secret is below these. */
static const char *const libraries[] = { "/lib",
                                         "/lib64",
                                         "/usr/lib",
                                         "/usr/lib64",
                                         "/usr/local/lib",
                                         "/usr/share/zoneinfo",
                                         "/usr/share/ca-certificates",
                                         "/usr/local/share/ca-certificates",
                                         "/etc/ld.so.cache",
                                         "/etc/ssl/certs",
                                         "/etc/ssl/openssl.cnf",
                                         "/etc/pki/tls/certs",
                                         "/etc/hosts",
                                         "/etc/host.conf",
                                         "/etc/resolv.conf",
                                         "/etc/nsswitch.conf",
                                         "/etc/gai.conf",
                                         "/etc/services",
                                         "/etc/protocols",
                                         "/etc/passwd",
                                         "/etc/localtime",
                                         "/run/systemd/resolve",
                                         "/run/nscd",
                                         "/dev/urandom",
                                         "/dev/null",
                                         "/proc/self",
                                         "/proc/sys/kernel/random",
                                         NULL };

int
cage_enter (const struct cage *c, int *abi, struct err *e)
{
  CLEANUP_FD int ruleset = -1;

  *abi = jail_landlock_abi ();
  if (!*abi)
    return 0;
  ruleset = jail_landlock_make_source (*abi, c->reads, c->reads ? libraries : NULL, c->changes, e);
  if (ruleset == -1)
    return -1;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || jail_landlock_apply (ruleset) == -1)
    return err_errno (e, "cannot confine this process to its files");
  return 0;
}
