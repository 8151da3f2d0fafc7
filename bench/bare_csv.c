/* SPDX-License-Identifier: Apache-2.0 */
/* bare_csv.c - the loop to compare with: one thread, pread of 1 MiB, a loop over bytes, JSON lines, write; checks nothing.
 *
 * It writes what Penstock's jsonl encoder (nulls = "omit") writes for the files of gen_csv, byte for byte: every byte is
 * looked at once, copied, and escaped where a table says so; names are constant text, numbers and dates go over as they
 * stand. It knows that table's columns, and no other file. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1u << 20)
#define ROW_MAX 8192
#define COLUMNS 12

static const char *const before[COLUMNS] = { "\"id\":",        ",\"item\":\"",  ",\"sku\":\"",   ",\"supplier\":\"",
                                             ",\"quantity\":", ",\"price\":\"", ",\"total\":\"", ",\"ordered\":\"",
                                             ",\"status\":\"", ",\"express\":", ",\"note\":\"",  ",\"category\":\"" };
static size_t before_n[COLUMNS];
static const char is_bare[COLUMNS] = { 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0 };
static uint8_t escape[256]; /* 0: as it is */
static char tail_text[4352];
static size_t tail_n;

static void __attribute__ ((noreturn)) die (const char *what)
{
  fprintf (stderr, "bare_csv: %s: %s\n", what, errno ? strerror (errno) : "not what this loop is made for");
  exit (3);
}

static uint8_t *
put_number (uint8_t *p, uint64_t v)
{
  uint8_t digit[20];
  int n = 0;
  do
    digit[n++] = (uint8_t)('0' + v % 10);
  while (v /= 10);
  while (n)
    *p++ = digit[--n];
  return p;
}

static inline uint8_t *
put_byte (uint8_t *p, uint8_t c)
{
  if (__builtin_expect (escape[c], 0))
    *p++ = '\\', c = escape[c];
  *p++ = c;
  return p;
}

/* One row from p, which is whole; returns where the next one begins. */
static const uint8_t *
take_row (const uint8_t *p, uint8_t **out, uint64_t offset, uint64_t *line)
{
  const uint8_t *row = p;
  uint64_t at_line = *line;
  uint8_t *o = *out;

  *o++ = '{';
  for (int c = 0; c < COLUMNS; c++)
    {
      uint8_t stop = c == COLUMNS - 1 ? '\n' : ',';
      if (*p == stop)
        {
          p++;
          continue;
        }
      memcpy (o, before[c], 16);
      o += before_n[c];
      if (*p == '"')
        {
          for (p++; *p != '"' || *++p == '"'; p++)
            {
              *line += *p == '\n';
              o = put_byte (o, *p);
            }
        }
      else
        while (*p != stop)
          o = put_byte (o, *p++);
      p++;
      if (!is_bare[c])
        *o++ = '"';
    }
  ++*line;
  memcpy (o, tail_text, tail_n);
  o = put_number (o + tail_n, offset);
  memcpy (o, ",\"_length\":", 11);
  o = put_number (o + 11, (uint64_t)(p - row) - 1);
  memcpy (o, ",\"_line\":", 9);
  o = put_number (o + 9, at_line);
  *o++ = '}';
  *o++ = '\n';
  *out = o;
  return p;
}

/* Where the last whole row of n bytes ends. */
static size_t
whole_rows (const uint8_t *p, size_t n)
{
  size_t end = 0;
  int inside = 0;
  for (size_t i = 0; i < n; i++)
    {
      if (p[i] == '"')
        inside = !inside;
      else if (p[i] == '\n' && !inside)
        end = i + 1;
    }
  return end;
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

static void
read_all (int in, int to, uint8_t *buf, uint8_t *out)
{
  uint64_t at = 0, line = 1;
  size_t have = 0;
  for (;;)
    {
      ssize_t k = pread (in, buf + have, CHUNK - have, (off_t)(at + have));
      if (k == -1)
        die ("pread");
      have += (size_t)k;
      if (!have)
        return;
      size_t n = whole_rows (buf, have);
      errno = 0;
      if (!n)
        die ("the last row");
      const uint8_t *p = buf;
      uint8_t *o = out;
      if (at == 0)
        {
          p = (const uint8_t *)memchr (buf, '\n', n) + 1;
          line++;
        }
      while (p < buf + n)
        {
          if (o - out > (long)CHUNK - ROW_MAX)
            {
              drain (to, out, (size_t)(o - out));
              o = out;
            }
          p = take_row (p, &o, at + (uint64_t)(p - buf), &line);
        }
      drain (to, out, (size_t)(o - out));
      memmove (buf, buf + n, have - n);
      at += n;
      have -= n;
    }
}

int
main (int argc, char **argv)
{
  uint8_t *buf = malloc (CHUNK + 64), *out = malloc (CHUNK + ROW_MAX);
  if (argc != 3 || !buf || !out)
    {
      fprintf (stderr, "usage: bare_csv FILE.csv OUTPUT.jsonl\n");
      return 2;
    }
  for (int c = 0; c < COLUMNS; c++)
    before_n[c] = strlen (before[c]);
  escape['"'] = '"';
  escape['\\'] = '\\';
  escape['\n'] = 'n';
  tail_n = (size_t)snprintf (tail_text, sizeof tail_text, ",\"_object\":\"%s\",\"_offset\":", argv[1]);
  int in = open (argv[1], O_RDONLY | O_CLOEXEC), to = open (argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (in == -1 || to == -1 || tail_n >= sizeof tail_text)
    die (argv[1]);
  read_all (in, to, buf, out);
  return 0;
}
