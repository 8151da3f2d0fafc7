/* SPDX-License-Identifier: Apache-2.0 */
/* distinct.c - keys that come more than once in an object: sorted in memory, in runs on disk where they are many. */
#include "core/host/distinct.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KINDS 64  /* texts; a parser has a few */
#define BUFFER 85 /* entries of a run in memory while runs are merged: 4 KiB */

struct entry
{
  uint64_t hash[2], offset, length, line, kind;
};
#define ENTRIES (DISTINCT_MEMORY / sizeof (struct entry))

struct kind
{
  int severity;
  char *column, *rule, *text;
};

/* A sorted run, in the file or, the last one, in memory. */
struct run
{
  uint64_t at, left; /* in entries */
  struct entry *buf;
  size_t i, n;
};

struct distinct
{
  char *dir;
  int fd; /* -1: not needed yet */
  struct kind kind[KINDS];
  size_t n_kinds;
  struct entry *entry;
  size_t n, cap;
  uint64_t written; /* entries in the file; runs have ENTRIES each */
};

struct distinct *
distinct_create (const char *dir)
{
  struct distinct *d = xcalloc (1, sizeof *d);
  d->dir = xstrdup (dir);
  d->fd = -1;
  return d;
}

void
distinct_destroy (struct distinct *d)
{
  if (!d)
    return;
  if (d->fd != -1)
    close (d->fd);
  for (size_t i = 0; i < d->n_kinds; i++)
    {
      free (d->kind[i].column);
      free (d->kind[i].rule);
      free (d->kind[i].text);
    }
  free (d->entry);
  free (d->dir);
  free (d);
}

uint64_t
distinct_spilled (const struct distinct *d)
{
  return d->written * sizeof (struct entry);
}

/* ---- adding ---- */

static size_t
kind_of (struct distinct *d, const struct pen_finding *f)
{
  const char *column = f->column ? f->column : "";
  size_t i;

  for (i = 0; i < d->n_kinds; i++)
    if (d->kind[i].severity == f->severity && !strcmp (d->kind[i].rule, f->rule) && !strcmp (d->kind[i].text, f->text)
        && !strcmp (d->kind[i].column, column))
      return i;
  if (i == KINDS) /* a parser that words each key its own way hears the last one's words */
    return KINDS - 1;
  d->kind[d->n_kinds++] = (struct kind){ f->severity, xstrdup (column), xstrdup (f->rule), xstrdup (f->text) };
  return i;
}

static int
compare (const void *a, const void *b)
{
  const struct entry *x = a, *y = b;
  for (int i = 0; i < 2; i++)
    if (x->hash[i] != y->hash[i])
      return x->hash[i] < y->hash[i] ? -1 : 1;
  if (x->offset != y->offset)
    return x->offset < y->offset ? -1 : 1;
  return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int
spill (struct distinct *d, struct err *e)
{
  size_t done = 0, all = d->n * sizeof *d->entry;

  if (d->fd == -1)
    d->fd = open (d->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (d->fd == -1)
    {
      char *path = xasprintf ("%s/keys.XXXXXX", d->dir);
      d->fd = mkostemp (path, O_CLOEXEC);
      if (d->fd != -1)
        unlink (path);
      free (path);
    }
  if (d->fd == -1)
    return err_errno (e, "cannot make a file in %s", d->dir);
  qsort (d->entry, d->n, sizeof *d->entry, compare);
  while (done < all)
    {
      ssize_t k = pwrite (d->fd, (const char *)d->entry + done, all - done, (off_t)(distinct_spilled (d) + done));
      if (k <= 0)
        return err_errno (e, "cannot write keys to %s", d->dir);
      done += (size_t)k;
    }
  d->written += d->n;
  d->n = 0;
  return 0;
}

int
distinct_add (struct distinct *d, const struct distinct_key *k, size_t n, const struct pen_finding *f, struct err *e)
{
  size_t kind = kind_of (d, f);

  for (size_t i = 0; i < n; i++)
    {
      if (d->n == d->cap)
        {
          d->cap = d->cap ? 2 * d->cap : 256;
          if (d->cap > ENTRIES)
            d->cap = ENTRIES;
          d->entry = xrealloc (d->entry, d->cap * sizeof *d->entry);
        }
      d->entry[d->n++] = (struct entry){ { k[i].hash[0], k[i].hash[1] }, k[i].offset, k[i].length, k[i].line, kind };
      if (d->n == ENTRIES && spill (d, e) == -1)
        return -1;
    }
  return 0;
}

/* ---- the end ---- */

struct dup
{
  struct entry entry;
  uint64_t first;
};

static int
by_offset (const void *a, const void *b)
{
  const struct dup *x = a, *y = b;
  if (x->entry.offset != y->entry.offset)
    return x->entry.offset < y->entry.offset ? -1 : 1;
  return compare (&x->entry, &y->entry);
}

struct merge
{
  struct distinct *d;
  struct run *run;
  size_t n_runs, *heap, n_heap;
  struct dup *dup; /* the lowest DISTINCT_TOLD, and room for as many */
  size_t n_dups;
  uint64_t all;
  struct err *e;
};

static int
refill (struct merge *m, struct run *r)
{
  size_t n = r->left < BUFFER ? (size_t)r->left : BUFFER, got = 0;

  r->i = 0;
  r->n = n;
  while (got < n * sizeof *r->buf)
    {
      ssize_t k =
          pread (m->d->fd, (char *)r->buf + got, n * sizeof *r->buf - got, (off_t)(r->at * sizeof *r->buf + got));
      if (k <= 0)
        return k == 0 ? err_set (m->e, "keys in %s are cut off", m->d->dir) : err_errno (m->e, "cannot read keys");
      got += (size_t)k;
    }
  r->at += n;
  r->left -= n;
  return 0;
}

static int
less (const struct merge *m, size_t a, size_t b)
{
  const struct run *x = &m->run[m->heap[a]], *y = &m->run[m->heap[b]];
  return compare (&x->buf[x->i], &y->buf[y->i]) < 0;
}

static void
sink (struct merge *m, size_t i)
{
  for (;;)
    {
      size_t least = i, t;
      for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < m->n_heap; c++)
        if (less (m, c, least))
          least = c;
      if (least == i)
        return;
      t = m->heap[i];
      m->heap[i] = m->heap[least];
      m->heap[least] = t;
      i = least;
    }
}

static int
merge_init (struct merge *m, struct distinct *d)
{
  size_t on_disk = (size_t)((d->written + ENTRIES - 1) / ENTRIES);

  if (d->n) /* else there is no memory of it either */
    qsort (d->entry, d->n, sizeof *d->entry, compare);
  m->run = xcalloc (on_disk + 1, sizeof *m->run);
  m->heap = xcalloc (on_disk + 1, sizeof *m->heap);
  m->dup = xcalloc (2 * DISTINCT_TOLD, sizeof *m->dup);
  for (m->n_runs = 0; m->n_runs < on_disk; m->n_runs++)
    {
      struct run *r = &m->run[m->n_runs];
      r->at = m->n_runs * ENTRIES;
      r->left = d->written - r->at < ENTRIES ? d->written - r->at : ENTRIES;
      r->buf = xcalloc (BUFFER, sizeof *r->buf);
      if (refill (m, r) == -1)
        {
          m->n_runs++;
          return -1;
        }
    }
  if (d->n)
    m->run[m->n_runs++] = (struct run){ .buf = d->entry, .n = d->n };
  for (; m->n_heap < m->n_runs; m->n_heap++)
    m->heap[m->n_heap] = m->n_heap;
  for (size_t i = m->n_heap; i-- > 0;)
    sink (m, i);
  return 0;
}

static void
merge_fini (struct merge *m)
{
  for (size_t i = 0; i < m->n_runs; i++)
    if (m->run[i].buf != m->d->entry)
      free (m->run[i].buf);
  free (m->run);
  free (m->heap);
  free (m->dup);
}

static void
found (struct merge *m, const struct entry *x, uint64_t first)
{
  m->all++;
  m->dup[m->n_dups++] = (struct dup){ *x, first };
  if (m->n_dups < 2 * DISTINCT_TOLD)
    return;
  qsort (m->dup, m->n_dups, sizeof *m->dup, by_offset);
  m->n_dups = DISTINCT_TOLD;
}

static int
merge (struct merge *m)
{
  struct entry before = { .hash = { 0, 0 } };
  uint64_t first = 0;
  int is_first = 1;

  while (m->n_heap)
    {
      struct run *r = &m->run[m->heap[0]];
      const struct entry *x = &r->buf[r->i];
      if (!is_first && x->hash[0] == before.hash[0] && x->hash[1] == before.hash[1])
        found (m, x, first);
      else
        first = x->offset;
      before = *x;
      is_first = 0;
      if (++r->i == r->n && r->left && refill (m, r) == -1)
        return -1;
      if (r->i == r->n)
        m->heap[0] = m->heap[--m->n_heap];
      sink (m, 0);
    }
  qsort (m->dup, m->n_dups, sizeof *m->dup, by_offset);
  return 0;
}

static void
tell (const struct merge *m, void (*see) (void *ctx, const struct pen_finding *f), void *ctx)
{
  char text[1400];
  size_t n = m->n_dups < DISTINCT_TOLD ? m->n_dups : DISTINCT_TOLD;

  for (size_t i = 0; i < n; i++)
    {
      const struct entry *x = &m->dup[i].entry;
      const struct kind *k = &m->d->kind[x->kind];
      struct pen_finding f = { .size = sizeof f,
                               .severity = k->severity,
                               .offset = x->offset,
                               .length = x->length,
                               .line = x->line,
                               .column = k->column[0] ? k->column : NULL,
                               .rule = k->rule,
                               .text = text };
      int at = snprintf (text, sizeof text, "%s: the one at offset %" PRIu64 " has it", k->text, m->dup[i].first);
      if (i + 1 == n && m->all > n)
        snprintf (text + at, sizeof text - (size_t)at, "; and %" PRIu64 " more", m->all - n);
      see (ctx, &f);
    }
}

int
distinct_end (struct distinct *d, void (*see) (void *ctx, const struct pen_finding *f), void *ctx, struct err *e)
{
  struct merge m = { .d = d, .e = e };
  int rc = merge_init (&m, d);

  if (rc == 0)
    rc = merge (&m);
  if (rc == 0)
    tell (&m, see, ctx);
  merge_fini (&m);
  return rc;
}
