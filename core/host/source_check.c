/* SPDX-License-Identifier: Apache-2.0 */
/* source_check.c - asks a source, in a process of its own, whether it accepts its options; nothing is opened, nobody is called. */
#include "core/host/source_check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/blob.h"
#include "core/base/cleanup.h"
#include "core/base/limits.h"
#include "core/base/wire.h"
#include "core/host/child.h"

#define ANSWER_MAX (64 * KIB)
#define DEADLINE_NS (20ll * 1000000000)

static int
pack (const char *plugin, const struct optset *options, struct err *e)
{
  struct blob b = { 0 };
  void *packed;
  size_t n;
  int fd;

  if (optset_pack (options, &packed, &n, e) == -1)
    return -1;
  blob_str (&b, plugin);
  blob_bytes (&b, packed, n);
  free (packed);
  fd = wire_memfd ("penstock-check", b.p, b.n, e);
  blob_fini (&b);
  return fd;
}

static void
tell (char *line, void (*say) (void *ctx, int is_error, const char *text), void *ctx)
{
  if (!strncmp (line, "error ", 6))
    say (ctx, 1, line + 6);
  else if (!strncmp (line, "warning ", 8))
    say (ctx, 0, line + 8);
}

int
source_check (const char *program, const char *plugin, const struct optset *options,
              void (*say) (void *ctx, int is_error, const char *text), void *ctx, struct err *e)
{
  const char *argv[] = { program, "--check", NULL };
  CLEANUP_FD int fd = pack (plugin, options, e);
  struct child_result r;
  char *rest;
  int rc;

  if (fd == -1 || child_run (argv, fd, DEADLINE_NS, ANSWER_MAX, &r, e) == -1)
    return -1;
  rest = r.out;
  for (char *line; (line = strsep (&rest, "\n"));)
    tell (line, say, ctx);
  rc = WIFEXITED (r.status) && WEXITSTATUS (r.status) == 0 ? 0 : -1;
  if (rc == -1)
    err_set (e, "penstock-source has ended in the middle of its check%s%s", r.errors_len ? ": " : "", r.errors);
  child_result_fini (&r);
  return rc;
}
