/* SPDX-License-Identifier: Apache-2.0 */
/* arrival.h - when may a source take a file that arrives: repeated looks, done-files, harmless names. Decisions only, no I/O.
 *
 * A source looks at a directory again and again. pen_arrivals_look() is told what each look has seen; a file is due once its
 * size, time and identity stayed the same over two looks that are `settle` apart, or once its done-file is there. The table
 * remembers what was offered to the host, so that an acknowledgement concerns exactly that and nothing else of the same name.
 *
 * Times are nanoseconds of any clock that does not jump. Nothing here locks: a table that two threads use is locked by its
 * owner. A pointer into the table is good until the next look or sweep. */
#ifndef PENSTOCK_ARRIVAL_H
#define PENSTOCK_ARRIVAL_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What tells one content under a name from another, as far as a file system or a server shows it. */
struct pen_identity
{
  uint64_t size;
  int64_t mtime_ns;
  uint64_t dev, ino; /* 0: not known */
};

static inline int
pen_identity_same (const struct pen_identity *a, const struct pen_identity *b)
{
  return a->size == b->size && a->mtime_ns == b->mtime_ns && a->dev == b->dev && a->ino == b->ino;
}

enum pen_arrival_state
{
  PEN_ARRIVAL_SEEN = 0, /* waits until it is due */
  PEN_ARRIVAL_OFFERED,  /* the host has it; not acknowledged yet */
  PEN_ARRIVAL_DONE,     /* acknowledged; taken again only when it becomes another file */
  PEN_ARRIVAL_LATER,    /* something failed: due again at retry_ns */
};

struct pen_arrival
{
  char *name; /* owned by the table */
  struct pen_identity is;
  int64_t since_ns; /* when it was first seen as it is now */
  int64_t retry_ns;
  uint32_t looks;   /* at which it was as it is now */
  uint32_t round;   /* of the last look */
  uint32_t offered; /* times that it was offered and not acknowledged */
  uint8_t state;    /* enum pen_arrival_state */
  uint8_t mark;     /* the owner's */
};

struct pen_arrivals
{
  struct pen_arrival *v;
  size_t n, cap;
  uint32_t *slots; /* open addressing, index + 1 */
  size_t n_slots;  /* power of two, or 0 */
  uint32_t round;
};

static inline uint64_t
pen_arrival_hash_ (const char *s)
{
  uint64_t h = 0xcbf29ce484222325u;
  for (; *s; s++)
    h = (h ^ (uint8_t)*s) * 0x100000001b3u;
  return h ^ (h >> 29);
}

static inline size_t
pen_arrival_slot_ (const struct pen_arrivals *t, const char *name)
{
  size_t i = (size_t)pen_arrival_hash_ (name) & (t->n_slots - 1);
  while (t->slots[i] && strcmp (t->v[t->slots[i] - 1].name, name) != 0)
    i = (i + 1) & (t->n_slots - 1);
  return i;
}

/* 0, or -1 without memory. */
static inline int
pen_arrivals_index_ (struct pen_arrivals *t, size_t least)
{
  size_t n = 64;
  uint32_t *slots;

  while (n < 2 * least)
    n *= 2;
  slots = (uint32_t *)calloc (n, sizeof *slots);
  if (!slots)
    return -1;
  free (t->slots);
  t->slots = slots;
  t->n_slots = n;
  for (size_t i = 0; i < t->n; i++)
    t->slots[pen_arrival_slot_ (t, t->v[i].name)] = (uint32_t)i + 1;
  return 0;
}

/* Borrowed, or NULL. */
static inline struct pen_arrival *
pen_arrivals_find (const struct pen_arrivals *t, const char *name)
{
  size_t i;
  if (!t->n_slots)
    return NULL;
  i = pen_arrival_slot_ (t, name);
  return t->slots[i] ? &t->v[t->slots[i] - 1] : NULL;
}

static inline struct pen_arrival *
pen_arrivals_add_ (struct pen_arrivals *t, const char *name)
{
  struct pen_arrival *a;

  if (t->n == t->cap)
    {
      size_t cap = t->cap ? 2 * t->cap : 64;
      a = (struct pen_arrival *)realloc (t->v, cap * sizeof *a);
      if (!a)
        return NULL;
      t->v = a;
      t->cap = cap;
    }
  if (2 * (t->n + 1) > t->n_slots && pen_arrivals_index_ (t, t->n + 1) == -1)
    return NULL;
  a = &t->v[t->n];
  memset (a, 0, sizeof *a);
  a->name = (char *)malloc (strlen (name) + 1);
  if (!a->name)
    return NULL;
  memcpy (a->name, name, strlen (name) + 1);
  t->slots[pen_arrival_slot_ (t, name)] = (uint32_t)++t->n;
  return a;
}

/* One more look at a file. What the host has (OFFERED) stays as it was offered. NULL: no memory. */
static inline struct pen_arrival *
pen_arrivals_look (struct pen_arrivals *t, const char *name, const struct pen_identity *is, int64_t now_ns)
{
  struct pen_arrival *a = pen_arrivals_find (t, name);
  int is_new = a == NULL;

  if (is_new && !(a = pen_arrivals_add_ (t, name)))
    return NULL;
  a->round = t->round;
  if (a->state == PEN_ARRIVAL_OFFERED)
    return a;
  if (!is_new && pen_identity_same (&a->is, is))
    {
      a->looks++;
      return a;
    }
  a->is = *is;
  a->since_ns = now_ns;
  a->looks = 1;
  a->state = PEN_ARRIVAL_SEEN;
  a->offered = 0;
  return a;
}

/* May it be taken now? settle_ns = 0: one look is enough. A done-file is the caller's to ask for. */
static inline int
pen_arrival_is_due (const struct pen_arrival *a, int64_t now_ns, int64_t settle_ns)
{
  if (a->state == PEN_ARRIVAL_LATER)
    return now_ns >= a->retry_ns;
  return a->state == PEN_ARRIVAL_SEEN && (settle_ns == 0 || (a->looks > 1 && now_ns - a->since_ns >= settle_ns));
}

/* When a look would be worth it for this file's sake; INT64_MAX: never. */
static inline int64_t
pen_arrival_next_ns (const struct pen_arrival *a, int64_t settle_ns)
{
  if (a->state == PEN_ARRIVAL_LATER)
    return a->retry_ns;
  return a->state == PEN_ARRIVAL_SEEN ? a->since_ns + settle_ns : INT64_MAX;
}

/* Begins a round of looks. */
static inline void
pen_arrivals_begin (struct pen_arrivals *t)
{
  t->round++;
}

/* Ends a round that saw everything: what was not seen in it is forgotten, unless the host has it. */
static inline void
pen_arrivals_sweep (struct pen_arrivals *t)
{
  size_t n = 0;

  for (size_t i = 0; i < t->n; i++)
    if (t->v[i].round == t->round || t->v[i].state == PEN_ARRIVAL_OFFERED)
      t->v[n++] = t->v[i];
    else
      free (t->v[i].name);
  if (n == t->n)
    return;
  t->n = n;
  if (!t->n_slots)
    return;
  memset (t->slots, 0, t->n_slots * sizeof *t->slots);
  for (size_t i = 0; i < n; i++)
    t->slots[pen_arrival_slot_ (t, t->v[i].name)] = (uint32_t)i + 1;
}

static inline void
pen_arrivals_free (struct pen_arrivals *t)
{
  for (size_t i = 0; i < t->n; i++)
    free (t->v[i].name);
  free (t->v);
  free (t->slots);
  memset (t, 0, sizeof *t);
}

/* ---- done-files: a marker beside the file, named by a pattern like "{name}.done" or "{stem}.ok" ---- */

static inline size_t
pen_stem_length (const char *name)
{
  const char *dot = strrchr (name, '.');
  return dot && dot != name ? (size_t)(dot - name) : strlen (name);
}

/* NULL where the pattern is good, else what is wrong with it. */
static inline const char *
pen_done_check (const char *pattern)
{
  const char *brace = strchr (pattern, '{');

  if (!brace || (strncmp (brace, "{name}", 6) != 0 && strncmp (brace, "{stem}", 6) != 0))
    return "expected {name} or {stem} in it, for example \"{name}.done\"";
  if (strpbrk (brace + 1, "{") || strchr (pattern, '/'))
    return "expected one placeholder and no slash";
  if (strlen (pattern) == 6)
    return "it names the file itself";
  return NULL;
}

/* The marker's name for a file: 0, or -1 where it does not fit into cap bytes. */
static inline int
pen_done_name (char *buf, size_t cap, const char *pattern, const char *name)
{
  const char *brace = strchr (pattern, '{');
  size_t head = (size_t)(brace - pattern), tail = strlen (brace + 6);
  size_t n = brace[1] == 's' ? pen_stem_length (name) : strlen (name);

  if (head + n + tail + 1 > cap)
    return -1;
  memcpy (buf, pattern, head);
  memcpy (buf + head, name, n);
  memcpy (buf + head + n, brace + 6, tail + 1);
  return 0;
}

/* Could this name be a marker? Markers are never taken as files. */
static inline int
pen_is_done_name (const char *pattern, const char *name)
{
  const char *brace = strchr (pattern, '{');
  size_t head = (size_t)(brace - pattern), tail = strlen (brace + 6), n = strlen (name);

  return n > head + tail && memcmp (name, pattern, head) == 0 && memcmp (name + n - tail, brace + 6, tail) == 0;
}

/* ---- names ---- */

/* Can this name from a server be joined to a directory's path, and stand in a message? One component, nothing hidden in it. */
static inline int
pen_name_is_plain (const char *name)
{
  size_t n = strlen (name);

  if (n == 0 || n > 255 || strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return 0;
  for (size_t i = 0; i < n; i++)
    if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
      return 0;
  return 1;
}

/* ---- back-off ---- */

/* Before try n (0, 1, ...): first, doubled each time, at most `most`, a quarter more or less by chance. *seed: any number. */
static inline int64_t
pen_backoff_ns (unsigned n, int64_t first_ns, int64_t most_ns, uint32_t *seed)
{
  int64_t ns = first_ns;

  while (n-- && ns < most_ns)
    ns *= 2;
  if (ns > most_ns)
    ns = most_ns;
  *seed = *seed * 1664525u + 1013904223u;
  return ns - ns / 4 + (ns / 2) * (int64_t)(*seed >> 16) / 65536;
}
#endif
