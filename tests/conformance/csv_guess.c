/* SPDX-License-Identifier: Apache-2.0 */
/* csv_guess.c - what `penstock infer -s` makes of each file named, in one process: "=== FILE", then lines "option=value". */
#include "core/cli/infer.h"

#include <stdio.h>
#include <stdlib.h>

#define SAMPLE (1u << 20)
#define ANSWER (256u << 10)

int
main (int argc, char **argv)
{
  unsigned char *sample = malloc (SAMPLE);
  char *out = malloc (ANSWER);

  for (int i = 1; i < argc && sample && out; i++)
    {
      FILE *f = fopen (argv[i], "rb");
      size_t n, k;
      if (!f)
        {
          perror (argv[i]);
          return 3;
        }
      n = fread (sample, 1, SAMPLE, f);
      k = infer_sample (sample, n, n < SAMPLE, false, out, ANSWER);
      printf ("=== %s\n%.*s", argv[i], (int)k, out);
      fclose (f);
    }
  free (sample);
  free (out);
  return 0;
}
