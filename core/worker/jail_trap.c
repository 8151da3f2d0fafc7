/* SPDX-License-Identifier: Apache-2.0 */
/* jail_trap.c - the SIGSYS handler that says which call was denied and which code made it, then dies by the signal. */
#include "core/worker/jail_parts.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unwind.h>
#include <unistd.h>

#define TRAP_STACK 65536

static struct
{
  void (*denied) (const struct jail_denial *, void *);
  void *ctx;
  const char *const *dirs;
  int stage;
} trap;

/* Where an address lies. */
struct place
{
  uintptr_t addr;
  uint64_t offset;
  const char *path; /* "" for the program itself; NULL: in no code at all */
};

static int
find_segment (struct dl_phdr_info *info, size_t size, void *arg)
{
  struct place *p = arg;

  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *h = &info->dlpi_phdr[i];
      uintptr_t start = info->dlpi_addr + h->p_vaddr;

      if (h->p_type == PT_LOAD && (h->p_flags & PF_X) && p->addr - start < h->p_memsz)
        {
          p->offset = p->addr - info->dlpi_addr;
          p->path = info->dlpi_name;
          return 1;
        }
    }
  return 0;
}

/* Asks the dynamic linker. It may be in the middle of loading (a constructor's call): its lock is recursive, and the
 * signal is our own thread's doing, so nobody else can hold it. */
static void
locate (struct place *p, uintptr_t addr)
{
  p->addr = addr;
  p->offset = addr;
  p->path = NULL;
  dl_iterate_phdr (find_segment, p);
}

static int
is_plugin (const struct place *p)
{
  for (const char *const *d = trap.dirs; p->path && d && *d; d++)
    {
      size_t n = strlen (*d);
      while (n > 1 && (*d)[n - 1] == '/')
        n--;
      if (strncmp (p->path, *d, n) == 0 && p->path[n] == '/')
        return 1;
    }
  return 0;
}

/* One step up the stack: the first return address into a plugin is who made the C library call. */
static _Unwind_Reason_Code
look_at_frame (struct _Unwind_Context *frame, void *arg)
{
  struct place p;

  locate (&p, (uintptr_t)_Unwind_GetIP (frame));
  if (!is_plugin (&p))
    return _URC_NO_REASON;
  *(struct place *)arg = p;
  return _URC_END_OF_STACK;
}

/* By the unwinder, which needs tables that every compiler writes; code without any is found by its own address only. It may
 * crash on a stack that was spoilt on purpose: then the process dies by that, nameless but dead. */
static void
blame (struct place *site, const struct place *ip)
{
  *site = *ip;
  if (!is_plugin (ip))
    _Unwind_Backtrace (look_at_frame, site);
}

static void
base_name (char *to, const struct place *p)
{
  const char *path = p->path ? p->path : "unknown code", *slash = strrchr (path, '/');

  if (!path[0])
    path = program_invocation_short_name;
  strncpy (to, slash ? slash + 1 : path, JAIL_MODULE_MAX - 1);
}

static void
on_denied (int sig, siginfo_t *si, void *context)
{
  struct jail_denial d = { .magic = JAIL_DENIAL_MAGIC, .nr = si->si_syscall, .stage = (uint32_t)trap.stage };
  struct place ip, site;

  (void)sig, (void)context;
  locate (&ip, (uintptr_t)si->si_call_addr);
  blame (&site, &ip);
  d.ip = ip.offset;
  d.site = site.offset;
  base_name (d.at, &ip);
  base_name (d.module, &site);
  if (trap.denied)
    trap.denied (&d, trap.ctx);
  /* SA_RESETHAND has put the default back: one more denied call, and the kernel ends the process by SIGSYS. */
  for (;;)
    syscall (SYS_personality, 0xffffffffUL);
}

int
jail_trap_install (void (*denied) (const struct jail_denial *, void *), void *ctx, const char *const *dirs,
                   struct err *e)
{
  static char stack[TRAP_STACK] __attribute__ ((aligned (16)));
  struct sigaction sa = { .sa_sigaction = on_denied, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER | SA_ONSTACK };
  stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
  sigset_t sys;

  trap.denied = denied;
  trap.ctx = ctx;
  trap.dirs = dirs;
  trap.stage = 1;
  sigemptyset (&sa.sa_mask);
  sigemptyset (&sys);
  sigaddset (&sys, SIGSYS);
  if (sigaltstack (&alt, NULL) == -1 || sigaction (SIGSYS, &sa, NULL) == -1
      || sigprocmask (SIG_UNBLOCK, &sys, NULL) == -1)
    return err_errno (e, "cannot install the SIGSYS handler");
  return 0;
}

void
jail_trap_stage (int stage)
{
  trap.stage = stage;
}
