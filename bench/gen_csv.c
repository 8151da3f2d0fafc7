/* SPDX-License-Identifier: Apache-2.0 */
/* gen_csv.c - a supplier's order export of any size: 12 columns, one field in ten in quotes, with commas, doubled quotes and
 * line ends inside.
 *
 *   gen_csv [-s SIZE] [-o FILE]      SIZE as 500M; the same size gives the same bytes */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t seed = 88172645463325252u;

static uint32_t
below (uint32_t n)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)((seed >> 32) * n >> 32);
}

static const char *const first[] = { "steel", "copper", "nylon", "rubber", "brass", "cotton", "oak", "glass" };
static const char *const second[] = { "bolt", "washer", "pipe", "gasket", "cable", "panel", "valve", "hinge" };
static const char *const city[] = { "Berlin", "Lyon", "Gda\xc5\x84sk", "Porto", "Utrecht", "Malm\xc3\xb6" };
static const char *const status[] = { "open", "shipped", "closed", "backorder" };

/* A text field; three in ten of the four text columns are quoted, which makes one in ten of all. */
static char *
text (char *p, const char *a, const char *b)
{
  switch (below (10))
    {
    case 0:
      return p + sprintf (p, "\"%s, %s\"", a, b);
    case 1:
      return p + sprintf (p, "\"%s \"\"%s\"\"\"", a, b);
    case 2:
      return p + sprintf (p, "\"%s\n%s\"", a, b);
    default:
      return p + sprintf (p, "%s %s", a, b);
    }
}

static char *
row (char *p, uint64_t id)
{
  p += sprintf (p, "%llu,", (unsigned long long)id);
  p = text (p, first[below (8)], second[below (8)]);
  p += sprintf (p, ",%c%c-%05u,", 'A' + below (26), 'A' + below (26), below (100000));
  p = text (p, city[below (6)], second[below (8)]);
  p += sprintf (p, ",%u,%u.%02u,%u.%02u,", below (500), below (10000), below (100), below (100000), below (100));
  p += sprintf (p, "20%02u-%02u-%02u,%s,%s,", 20 + below (7), 1 + below (12), 1 + below (28), status[below (4)],
                below (2) ? "true" : "false");
  if (below (10))
    p = text (p, "deliver to dock", city[below (6)]);
  *p++ = ',';
  p = text (p, second[below (8)], first[below (8)]);
  *p++ = '\n';
  return p;
}

int
main (int argc, char **argv)
{
  uint64_t want = 500000000, done = 0, id = 0;
  const char *file = NULL;
  char line[1024], *end;
  FILE *f = stdout;

  for (int o; (o = getopt (argc, argv, "s:o:")) != -1;)
    switch (o)
      {
      case 's':
        want = strtoull (optarg, &end, 10);
        want <<= *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        break;
      case 'o':
        file = optarg;
        break;
      default:
        fprintf (stderr, "usage: gen_csv [-s SIZE] [-o FILE]\n");
        return 2;
      }
  if (file && !(f = fopen (file, "w")))
    {
      perror (file);
      return 3;
    }
  setvbuf (f, NULL, _IOFBF, 1 << 20);
  done = (uint64_t)fprintf (f, "id,item,sku,supplier,quantity,price,total,ordered,status,express,note,category\n");
  while (done < want)
    {
      size_t n = (size_t)(row (line, ++id) - line);
      if (fwrite (line, 1, n, f) != n)
        break;
      done += n;
    }
  if (fflush (f) || ferror (f))
    {
      perror ("gen_csv");
      return 3;
    }
  return 0;
}
