/* SPDX-License-Identifier: Apache-2.0 */
/* parser_show.c - prints all that a parser says of each file named: status, rows, findings, failed claims.
 *
 *   NAME_show [-i] [-c CHUNK] [-o OPTION=VALUE]... FILE...      -i: also compare all chunk sizes with one chunk
 *   NAME_show -l LIST      the same for each line of a file: [-i] [-o OPTION=VALUE]... FILE, with tabs between
 *
 * Linked once with each parser: nacha_show, csv_show, x12_show, iso20022_show. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <penstock/testhost.h>

static uint8_t *
slurp (const char *path, size_t *n)
{
  FILE *f = fopen (path, "rb");
  size_t cap = 1 << 16;
  uint8_t *p = malloc (cap);
  *n = 0;
  if (!f || !p)
    {
      perror (path);
      exit (3);
    }
  for (size_t got; (got = fread (p + *n, 1, cap - *n, f)) > 0;)
    {
      *n += got;
      if (*n == cap && !(p = realloc (p, cap *= 2)))
        exit (3);
    }
  fclose (f);
  return p;
}

static void
option (struct pen_test *t, char *text)
{
  char *value = strchr (text, '=');
  if (value)
    *value++ = 0;
  if (!value || pen_test_option (t, text, value))
    {
      fprintf (stderr, "no such option or value: %s\n", text);
      exit (2);
    }
}

static int
show (int argc, char **argv)
{
  struct pen_test *t = pen_test_new (&penstock_plugin);
  size_t chunk = 0;
  int invariant = 0, bad = 0, o;
  t->reuse = 1;
  optind = 0;
  while ((o = getopt (argc, argv, "ic:o:")) != -1)
    if (o == 'i')
      invariant = 1;
    else if (o == 'c')
      chunk = strtoull (optarg, NULL, 10);
    else if (o == 'o')
      option (t, optarg);
    else
      exit (2);
  for (int i = optind; i < argc; i++)
    {
      size_t n;
      uint8_t *p = slurp (argv[i], &n);
      int same = !invariant || pen_test_invariant (t, p, n);
      pen_test_run (t, p, n, chunk);
      int seen = t->plugin->parser->recognise
                     ? t->plugin->parser->recognise ((struct pen_span){ p, n < 65536 ? n : 65536 })
                     : -1;
      printf ("=== %s\nstatus %d recognised %d invariant %d warn %llu record %llu object %llu\n", argv[i], t->status,
              seen, same, (unsigned long long)t->n_warn, (unsigned long long)t->n_record,
              (unsigned long long)t->n_object);
      printf ("--- rows\n%s--- findings\n%s--- claims\n%s--- broken\n%s%s", t->rows, t->findings, t->claims, t->broken,
              t->log);
      bad |= t->status != PEN_OK || t->broken[0] || !same;
      free (p);
    }
  pen_test_free (t);
  return bad;
}

#define WORDS 40
static int
show_list (const char *path)
{
  FILE *f = fopen (path, "r");
  char *line = NULL, *word[WORDS];
  size_t cap = 0;
  int bad = 0;
  if (!f)
    {
      perror (path);
      return 3;
    }
  while (getline (&line, &cap, f) > 0)
    {
      int n = 1;
      line[strcspn (line, "\n")] = 0;
      word[0] = line;
      for (char *p = strtok (line, "\t"); p && n + 1 < WORDS; p = strtok (NULL, "\t"))
        word[n++] = p;
      word[n] = NULL;
      bad |= show (n, word);
    }
  free (line);
  fclose (f);
  return bad;
}

int
main (int argc, char **argv)
{
  return argc == 3 && strcmp (argv[1], "-l") == 0 ? show_list (argv[2]) : show (argc, argv);
}
