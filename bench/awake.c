/* SPDX-License-Identifier: Apache-2.0 */
/* awake.c - keeps memory of a virtual machine from going back to its hypervisor while something is measured.
 *
 * A guest that reports its free pages loses them within seconds, in whole blocks of 2 MiB, and pays several times over at the
 * next touch: more than the programs that are compared here differ by. So this program touches as much memory as it is told to,
 * then gives it back to the kernel except for one page in 64. No block is whole any more, so none is reported, and the pages
 * between the kept ones are as dear as on real hardware. It says "awake" once it has done so, and ends with its input. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define KEEP_EVERY                                                                                                     \
  ((size_t)64) /* pages; eight are kept in a block, since neighbours here need not be neighbours in memory */

int
main (int argc, char **argv)
{
  char *end = NULL, *p, byte;
  size_t mib = argc == 2 ? strtoul (argv[1], &end, 10) : 0, n = mib << 20;

  if (mib == 0 || *end != '\0' || mib > SIZE_MAX >> 20)
    {
      fputs ("usage: awake MEBIBYTES\n", stderr);
      return 2;
    }
  p = mmap (NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED || madvise (p, n, MADV_NOHUGEPAGE) != 0)
    {
      fprintf (stderr, "awake: %zu MiB: %s\n", mib, strerror (errno));
      return 3;
    }
  for (size_t at = 0; at < n; at += PAGE)
    p[at] = 1;
  for (size_t at = 0; at < n; at += KEEP_EVERY * PAGE)
    if (madvise (p + at + PAGE, (KEEP_EVERY - 1) * PAGE, MADV_DONTNEED) != 0)
      {
        fprintf (stderr, "awake: %s\n", strerror (errno));
        return 3;
      }
  puts ("awake");
  fflush (stdout);
  while (read (STDIN_FILENO, &byte, 1) > 0)
    ;
  return 0;
}
