/* SPDX-License-Identifier: Apache-2.0 */
/* bare_x12.c - the loop to compare with: one thread, pread of 1 MiB, a loop over bytes that makes one JSON array of strings
 * of each segment, write; knows no sets, no types, no names, and checks nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1u << 20)

static void __attribute__ ((noreturn)) die (const char *what)
{
  fprintf (stderr, "bare_x12: %s: %s\n", what, errno ? strerror (errno) : "not what this loop is made for");
  exit (3);
}

static void
drain (int fd, const uint8_t *p, size_t n)
{
  while (n)
    {
      ssize_t k = write (fd, p, n);
      if (k == -1)
        die ("write");
      p += k;
      n -= (size_t)k;
    }
}

/* Whole segments of n bytes as JSON; returns how many bytes those were. */
static size_t
take (const uint8_t *p, size_t n, uint8_t elem, uint8_t term, uint8_t **out)
{
  uint8_t *o = *out, *whole = o;
  size_t done = 0;
  for (size_t i = 0; i < n;)
    {
      while (i < n && (p[i] == '\n' || p[i] == '\r' || p[i] == ' '))
        i++;
      *o++ = '[';
      *o++ = '"';
      for (; i < n && p[i] != term; i++)
        {
          uint8_t c = p[i];
          if (c == elem)
            {
              memcpy (o, "\",\"", 3);
              o += 3;
              continue;
            }
          if (c == '"' || c == '\\')
            *o++ = '\\';
          *o++ = c;
        }
      if (i == n)
        break;
      memcpy (o, "\"]\n", 3);
      o += 3;
      whole = o;
      done = ++i;
    }
  *out = whole;
  return done;
}

int
main (int argc, char **argv)
{
  uint8_t *buf = malloc (CHUNK), *out = malloc (4 * CHUNK), *o;
  uint64_t at = 0;
  size_t have = 0, n;
  if (argc != 3 || !buf || !out)
    {
      fprintf (stderr, "usage: bare_x12 FILE.edi OUTPUT.jsonl\n");
      return 2;
    }
  int in = open (argv[1], O_RDONLY | O_CLOEXEC), to = open (argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  uint8_t isa[106];
  if (in == -1 || to == -1 || pread (in, isa, sizeof isa, 0) != sizeof isa)
    die (argv[1]);
  for (;;)
    {
      ssize_t k = pread (in, buf + have, CHUNK - have, (off_t)(at + have));
      if (k == -1)
        die ("pread");
      have += (size_t)k;
      o = out;
      n = take (buf, have, isa[3], isa[105], &o);
      drain (to, out, (size_t)(o - out));
      if (!k && !n)
        return 0;
      memmove (buf, buf + n, have - n);
      at += n;
      have -= n;
    }
}
