/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - runs a fuzz target over kept inputs, and over simple mutations of them, where there is no libFuzzer.
 *
 *   fuzz_wire [-mutations=N] FILE|FOLDER...
 * Mutations come from a fixed seed: a failure says which, and happens again. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1u << 20)

static uint64_t seed;

static uint64_t
roll (void)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

/* Runs on an exact copy, so that a sanitizer sees a read past its end. */
static void
run (const uint8_t *p, size_t n)
{
  uint8_t *copy = malloc (n ? n : 1);

  if (!copy)
    abort ();
  if (n)
    memcpy (copy, p, n);
  LLVMFuzzerTestOneInput (copy, n);
  free (copy);
}

static size_t
mutate (uint8_t *p, size_t n)
{
  static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, '\n' };
  unsigned times = 1 + (unsigned)(roll () % 8);

  for (unsigned i = 0; i < times && n; i++)
    {
      size_t at = roll () % n;
      switch (roll () % 4)
        {
        case 0:
          p[at] ^= (uint8_t)(1u << (roll () % 8));
          break;
        case 1:
          p[at] = telling[roll () % sizeof telling];
          break;
        case 2:
          p[at] = (uint8_t)roll ();
          break;
        default:
          n = at;
        }
    }
  return n;
}

static size_t
replay_file (const char *path, size_t mutations)
{
  static uint8_t whole[INPUT_MAX], work[INPUT_MAX];
  FILE *f = fopen (path, "rb");
  size_t n;

  if (!f)
    {
      perror (path);
      exit (1);
    }
  n = fread (whole, 1, sizeof whole, f);
  fclose (f);
  run (whole, n);
  for (size_t i = 0; i < mutations; i++)
    {
      seed = 0x9e3779b97f4a7c15u ^ ((i + 1) * 0xbf58476d1ce4e5b9u);
      memcpy (work, whole, n);
      run (work, mutate (work, n));
    }
  return 1 + mutations;
}

static size_t
replay (const char *path, size_t mutations)
{
  struct stat st;
  struct dirent *d;
  size_t ran = 0;
  DIR *dir;

  if (stat (path, &st) == 0 && !S_ISDIR (st.st_mode))
    return replay_file (path, mutations);
  dir = opendir (path);
  if (!dir)
    {
      perror (path);
      exit (1);
    }
  while ((d = readdir (dir)))
    if (d->d_name[0] != '.')
      {
        char name[4096];
        snprintf (name, sizeof name, "%s/%s", path, d->d_name);
        ran += replay (name, mutations);
      }
  closedir (dir);
  return ran;
}

int
main (int argc, char **argv)
{
  size_t mutations = 0, ran = 0;

  for (int i = 1; i < argc; i++)
    if (strncmp (argv[i], "-mutations=", 11) == 0)
      mutations = strtoul (argv[i] + 11, NULL, 10);
    else
      ran += replay (argv[i], mutations);
  printf ("%s: %zu inputs\n", argv[0], ran);
  return ran ? 0 : 1;
}
