/* SPDX-License-Identifier: Apache-2.0 */
/* keyholder.c - penstock-keyholder: the one process of a pipeline that sees its keys; decodes with one decoder that needs them.
 *
 * It speaks to the host as any decoder's process does. Its cage is another one: the decoder may execute programs and read what
 * its path options name; nothing can be written to any file, and there is no network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/plugincheck.h"
#include "core/base/secret.h"
#include "core/worker/cage.h"
#include "core/worker/decode.h"
#include "core/worker/slots.h"

#define READS_MAX 32

static void
refuse (struct link *l, const char *text)
{
  link_fail (l, 0, 0, LINK_FAIL_PLUGIN, text);
  _exit (1);
}

/* Sealed memory from the host; wiped before it is given back: there are secrets in it. */
static uint8_t *
take_config (struct link *l, size_t *n)
{
  struct err e;
  uint8_t *copy;
  void *p;
  int fd;

  if (wire_recv (l->sock, &l->msg, &fd, 0, &e) <= 0 || l->msg.h.type != WIRE_CONFIG || fd == -1)
    _exit (0);
  *n = l->msg.h.a;
  p = mmap (NULL, *n ? *n : 1, PROT_READ, MAP_PRIVATE, fd, 0);
  close (fd);
  if (p == MAP_FAILED)
    refuse (l, "cannot map the configuration");
  copy = xmalloc (*n + 1);
  memcpy (copy, p, *n);
  munmap (p, *n ? *n : 1);
  return copy;
}

int
main (int argc, char **argv)
{
  static struct slots slots;
  static struct decode_setup s;
  static struct link l;
  struct wire_head ready = { .type = WIRE_READY };
  const char *reads[READS_MAX + 1] = { NULL }, *dir = ".";
  struct blob_reader r;
  size_t n, n_reads = 0;
  uint8_t *blob;
  pid_t parent = 0;
  struct err e;

  for (int i = 1; i < argc; i++)
    if (!strncmp (argv[i], "--parent=", 9))
      parent = (pid_t)strtol (argv[i] + 9, NULL, 10);
    else if (!strncmp (argv[i], "--read=", 7) && n_reads < READS_MAX)
      reads[n_reads++] = argv[i] + 7;
    else if (!strncmp (argv[i], "--dir=", 6))
      dir = argv[i] + 6;
    else
      {
        fputs ("usage: penstock-keyholder is started by penstock\n", stderr);
        return 2;
      }
  if (cage_harden (parent) == -1 || chdir (dir) == -1)
    return 70;
  link_init (&l, WIRE_FD, &slots);
  setup_log_to (WIRE_FD);
  setup_reads_secrets ();
  blob = take_config (&l, &n);
  if (cage_enter_keyholder (reads, dir, &e) == -1)
    refuse (&l, e.text);
  blob_reader_init (&r, blob, n);
  secret_take (&r);
  if (r.bad || decode_load (&s, r.p, (size_t)(r.end - r.p), &e) == -1)
    refuse (&l, r.bad ? "malformed configuration" : e.text);
  clearenv ();
  setenv ("LC_ALL", "C", 1);
  setenv ("PATH", "/usr/bin:/bin", 1);
  explicit_bzero (blob, n);
  free (blob);
  link_send (&l, &ready, NULL);
  decode_serve (&l, &s);
}
