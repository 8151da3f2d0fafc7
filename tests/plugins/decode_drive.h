/* SPDX-License-Identifier: Apache-2.0 */
/* decode_drive.h - runs one decoder over bytes in pieces of any size, as the worker does, and holds it to its contract. */
#ifndef TEST_DECODE_DRIVE_H
#define TEST_DECODE_DRIVE_H
#include <penstock/plugin.h>
#include <stdlib.h>
#include <string.h>

struct drive
{
  const struct pen_decoder *decoder;
  const struct pen_host *host;
  struct pen_span in; /* what is left of it */
  size_t step, cap;   /* bytes of input and of output at a time, at most */
  uint8_t *out;       /* all members: name, NUL, bytes; ours to free */
  size_t n, max;      /* it is stopped beyond */
  const char *broken; /* against the contract, or NULL */
};

static int
drive_input (void *ctx, void *buf, size_t cap, size_t *n)
{
  struct drive *d = ctx;

  *n = d->in.n < d->step ? d->in.n : d->step;
  *n = *n < cap ? *n : cap;
  if (*n)
    memcpy (buf, d->in.p, *n);
  d->in.p += *n;
  d->in.n -= *n;
  return PEN_OK;
}

static void
drive_put (struct drive *d, const void *p, size_t n)
{
  d->out = realloc (d->out, d->n + n + 1);
  if (!d->out)
    abort ();
  if (n)
    memcpy (d->out + d->n, p, n);
  d->n += n;
}

/* Input and output are of their very lengths: a sanitizer sees who goes beyond. */
static int
drive_bytes (struct drive *d, void *self)
{
  uint8_t *buf = malloc (d->cap), *piece = malloc (d->step);
  size_t n = 0, at = 0, put = 0, used = 0;
  int rc = PEN_OK, ended = 0, idle = 0;

  while (buf && piece && (rc == PEN_OK || rc == PEN_MORE) && d->n < d->max && !d->broken)
    {
      uint8_t *exact;
      if (at == n && !ended)
        {
          at = 0;
          drive_input (d, piece, d->step, &n);
          ended = n == 0;
        }
      exact = malloc (n - at ? n - at : 1);
      if (n - at)
        memcpy (exact, piece + at, n - at);
      used = put = 0;
      rc = d->decoder->decode (self, (struct pen_span){ exact, n - at }, &used, buf, d->cap, &put);
      free (exact);
      if (used > n - at || put > d->cap)
        d->broken = "more than there is";
      idle = used || put ? 0 : idle + 1;
      if (idle > 2 && (rc == PEN_OK || rc == PEN_MORE))
        d->broken = "it does not go on";
      if (d->broken)
        break;
      at += used;
      drive_put (d, buf, put);
    }
  free (buf);
  free (piece);
  return rc;
}

static int
drive_members (struct drive *d, void *self)
{
  const struct pen_bytes in = { sizeof in, d, drive_input };
  struct pen_member m = { .size = sizeof m };
  uint8_t *buf = malloc (d->cap);
  size_t n = 1;
  int rc = d->decoder->open (self, &in);

  while (rc == PEN_OK && d->n < d->max && (rc = d->decoder->next (self, &m)) == PEN_OK)
    {
      drive_put (d, m.name, strlen (m.name) + 1);
      n = 1;
      while (n && d->n < d->max && (rc = d->decoder->read (self, buf, d->cap, &n)) == PEN_OK)
        {
          if (n > d->cap)
            {
              d->broken = "more than there is room for";
              free (buf);
              return PEN_ERR;
            }
          drive_put (d, buf, n);
        }
    }
  free (buf);
  return rc;
}

/* PEN_EOF: all of it was decoded; PEN_OK, PEN_MORE: stopped at max; else it has failed. */
static int
drive_run (struct drive *d)
{
  void *self;
  int rc;

  d->n = 0;
  if (d->decoder->create (d->host, NULL, &self) != PEN_OK)
    return PEN_ERR;
  rc = d->decoder->decode ? drive_bytes (d, self) : drive_members (d, self);
  d->decoder->destroy (self);
  return rc;
}
#endif
