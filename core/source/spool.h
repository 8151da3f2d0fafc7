/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h - an object's bytes until the host has them: in memory while they are few, then in an unlinked file of the spool. */
#ifndef PEN_SOURCE_SPOOL_H
#define PEN_SOURCE_SPOOL_H
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

/* What all small objects of a process share. */
struct spool
{
  const char *dir;            /* borrowed */
  _Atomic uint64_t in_memory; /* bytes of open objects that are */
};
struct spool_object
{
  int fd; /* -1: nothing was begun; ours */
  int is_small;
  uint64_t written;
  XXH3_state_t *fingerprint; /* of what was written; ours */
};

/* All return 0, or -1 with errno. One thread per object at a time. */
int spool_begin (struct spool *s, struct spool_object *o);
/* *done of the n bytes, all of them unless it fails. */
int spool_append (struct spool *s, struct spool_object *o, const void *p, size_t n, size_t *done);
/* Whoever reads while it grows reads a file. */
int spool_to_disk (struct spool *s, struct spool_object *o);
/* Nobody can write to it any more, if it is in memory. */
void spool_seal (struct spool_object *o);
/* Closes. */
void spool_end (struct spool *s, struct spool_object *o);
#endif
