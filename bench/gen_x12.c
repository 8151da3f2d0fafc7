/* SPDX-License-Identifier: Apache-2.0 */
/* gen_x12.c - purchase orders (850) of any size with right envelopes: interchanges of two groups of 500 sets, or all sets in
 * one interchange, or all lines in one set.
 *
 *   gen_x12 [-s SIZE] [-m many|interchange|set] [-o FILE]      SIZE as 500M; the same options give the same bytes */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_SETS 500
#define INTERCHANGE_GROUPS 2

static uint64_t seed = 88172645463325252u;
static uint64_t done, interchanges, groups, sets; /* bytes; of the file; of the interchange; of the group */
static uint64_t segments, lines, hash;            /* of the set */
static char set_text[1 << 17];
static size_t n_text;
static FILE *to;

static uint32_t
below (uint32_t n)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)((seed >> 32) * n >> 32);
}

static void
flush_text (void)
{
  if (fwrite (set_text, 1, n_text, to) != n_text)
    {
      perror ("gen_x12");
      exit (3);
    }
  done += n_text;
  n_text = 0;
}

__attribute__ ((format (printf, 1, 2))) static void
put (const char *fmt, ...)
{
  va_list ap;
  if (n_text > sizeof set_text - 1000)
    flush_text ();
  va_start (ap, fmt);
  n_text += (size_t)vsnprintf (set_text + n_text, sizeof set_text - n_text, fmt, ap);
  va_end (ap);
  segments++;
}

static const char *const what[] = {
  "STEEL BOLT", "COPPER PIPE", "NYLON ROPE", "RUBBER SEAL", "BRASS VALVE", "OAK PANEL"
};
static const char *const city[] = { "RENO*NV*89501", "AUSTIN*TX*78701", "DENVER*CO*80202", "MIAMI*FL*33101" };

static void
line (void)
{
  uint32_t quantity = 1 + below (200);
  lines++;
  hash += quantity;
  put ("PO1*%llu*%u*EA*%u.%02u*PE*UP*%06u%06u*VN*SKU-%05u~\n", (unsigned long long)lines, quantity, 1 + below (400),
       below (100), below (1000000), below (1000000), below (100000));
  put ("PID*F****%s %u~\n", what[below (6)], below (1000));
  put ("PO4*%u~\n", 1 + below (24));
  if (below (10) == 0)
    put ("SDQ*EA*92*%04u*%u*%04u*%u~\n", below (10000), quantity / 2, below (10000), quantity - quantity / 2);
  if (below (3) == 0)
    put ("SCH*%u*EA***002*2026%02u%02u~\n", quantity, 1 + below (12), 1 + below (28));
}

static void
party (const char *role)
{
  uint32_t number = below (10000);
  put ("N1*%s*STORE %u*92*%04u~\n", role, number, number);
  put ("N3*%u DEPOT ROAD~\n", 1 + below (9999));
  put ("N4*%s*US~\n", city[below (4)]);
}

/* One set; endless = 1: lines up to `want` bytes of the file. */
static void
one_set (uint64_t want, int endless)
{
  uint32_t n = 4 + below (12);
  segments = lines = hash = 0;
  sets++;
  put ("ST*850*%04llu~\n", (unsigned long long)sets);
  put ("BEG*00*SA*PO%08u**2026%02u%02u~\n", below (100000000), 1 + below (12), 1 + below (28));
  put ("CUR*BY*USD~\n");
  put ("REF*DP*%03u~\n", below (1000));
  put ("PER*BD*ANN LEE*TE*555%07u~\n", below (10000000));
  put ("ITD*01*3*2**10**30~\n");
  put ("DTM*002*2026%02u%02u~\n", 1 + below (12), 1 + below (28));
  put ("TD5**2*UPSN*M*GROUND~\n");
  party ("BY");
  party ("ST");
  while (endless ? done + n_text < want : lines < n)
    line ();
  put ("CTT*%llu*%llu~\n", (unsigned long long)lines, (unsigned long long)hash);
  put ("SE*%llu*%04llu~\n", (unsigned long long)segments + 1, (unsigned long long)sets);
}

static void
open_interchange (void)
{
  groups = 0;
  interchanges++;
  put ("ISA*00*          *00*          *ZZ*BUYERCO        *ZZ*SUPPLIERCO     *260611*0930*U*00401*%09llu*0*T*:~\n",
       (unsigned long long)interchanges);
}
static void
close_interchange (void)
{
  put ("IEA*%llu*%09llu~\n", (unsigned long long)groups, (unsigned long long)interchanges);
}
static void
open_group (void)
{
  sets = 0;
  groups++;
  put ("GS*PO*BUYERCO*SUPPLIERCO*20260611*0930*%llu*X*004010~\n", (unsigned long long)groups);
}
static void
close_group (void)
{
  put ("GE*%llu*%llu~\n", (unsigned long long)sets, (unsigned long long)groups);
}

int
main (int argc, char **argv)
{
  uint64_t want = 100000000;
  const char *file = NULL, *mode = "many";
  char *end;

  for (int o; (o = getopt (argc, argv, "s:m:o:")) != -1;)
    switch (o)
      {
      case 's':
        want = strtoull (optarg, &end, 10);
        want <<= *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        break;
      case 'm':
        mode = optarg;
        break;
      case 'o':
        file = optarg;
        break;
      default:
        fprintf (stderr, "usage: gen_x12 [-s SIZE] [-m many|interchange|set] [-o FILE]\n");
        return 2;
      }
  to = file ? fopen (file, "w") : stdout;
  if (!to)
    {
      perror (file);
      return 3;
    }
  setvbuf (to, NULL, _IOFBF, 1 << 20);
  open_interchange ();
  open_group ();
  if (strcmp (mode, "set") == 0)
    one_set (want, 1);
  else
    while (done + n_text < want)
      {
        if (strcmp (mode, "many") == 0 && sets == GROUP_SETS)
          {
            close_group ();
            if (groups == INTERCHANGE_GROUPS)
              {
                close_interchange ();
                open_interchange ();
              }
            open_group ();
          }
        one_set (want, 0);
      }
  close_group ();
  close_interchange ();
  flush_text ();
  if (fclose (to))
    {
      perror ("gen_x12");
      return 3;
    }
  return 0;
}
