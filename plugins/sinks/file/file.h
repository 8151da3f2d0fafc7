/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - what the parts of the file sink share: a sink, its streams, and who may touch which file. */
#ifndef SINK_FILE_H
#define SINK_FILE_H
#include <penstock/plugin.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

struct file_options
{
  const char *path;
  const char *mode; /* octal */
  bool overwrite;
};

#define FILE_BUFFER (64 * 1024) /* spans are gathered up to this size */
#define FILE_DIRECT (8 * 1024)  /* what does not fit and is as large as this is not copied */
#define FILE_UNIQUE 16          /* hex digits in a temporary name */
#define FILE_KEY_MAX 64

/* One output file of the object at hand. */
struct file_stream
{
  int dir, fd;             /* -1: closed */
  char name[NAME_MAX + 1]; /* final name in dir */
  char part[NAME_MAX + 1]; /* temporary name in dir; empty: none */
  uint8_t *buf;            /* FILE_BUFFER bytes, owned, kept from object to object */
  size_t used;             /* bytes in buf */
  uint64_t length;         /* bytes handed to the kernel */
  uint64_t kicked;         /* of which writeback was started */
};
#define FILE_STREAM_NONE                                                                                               \
  (struct file_stream)                                                                                                 \
  {                                                                                                                    \
    .dir = -1, .fd = -1                                                                                                \
  }

struct file_table
{
  char *name; /* owned */
  struct pen_span head;
};

/* Progress of an object in chunk mode, as its sidecar file has it. */
struct file_progress
{
  int dir, fd; /* dir is borrowed from stream 0 */
  char name[NAME_MAX + 1];
  uint64_t gen, next_seq, rows, bytes, ident;
  uint8_t *blob; /* the host's checkpoint; owned */
  size_t blob_len;
};

struct file_sink
{
  const struct pen_host *host;
  const struct file_options *o;
  char *base;          /* directory that is trusted and never left; owned */
  const char *pattern; /* the rest of the path, below base */
  mode_t file_mode;
  int per_table;
  size_t n_tables, n_streams;
  struct file_table *table;
  struct file_stream *stream; /* n_tables or one */
  int mode;                   /* enum pen_commit_mode; 0: no object is open */
  uint64_t last_seq;          /* chunk that was written last */
  int broken;                 /* a write or fsync of this object has failed: it can only be discarded */
  struct pen_tally tally;
  struct file_progress progress;
  struct
  {
    dev_t dev;
    ino_t ino;
  } swept[64]; /* directories already freed of dead parts */
  unsigned n_swept;
};

/* ---- path.c: from the pattern to a directory and a name ---- */

/* Splits the configured path into base and pattern; NULL without memory. */
char *file_split (const char *path, const char **pattern);
/* 0, or -1 with a sentence in why: every placeholder is known and the braces match. */
int file_pattern_check (const char *pattern, char *why, size_t why_size);
/* Opens the directory of this object's (and table's) file, made where it is missing, and sets s->dir, s->name. */
int file_locate (struct file_sink *f, struct file_stream *s, const struct pen_object *o, const char *table);

/* ---- stream.c: bytes to one file ---- */

/* host->fail() with "cannot ACTION NAME: " and errno's text; marks the object as broken; returns PEN_ERR. */
int file_fail (struct file_sink *f, const char *action, const char *name);
int file_put (struct file_sink *f, struct file_stream *s, struct pen_span bytes);
int file_flush (struct file_sink *f, struct file_stream *s);
/* fsync of file or directory, once: a second try after a failure would lie. */
int file_sync (struct file_sink *f, int fd, const char *name);
void file_close (int *fd);

/* ---- part.c: object mode ---- */

/* Unlinks the parts in this directory whose writer is dead. */
void file_sweep (struct file_sink *f, int dir);
/* Makes and locks a new part. */
int file_part_open (struct file_sink *f, struct file_stream *s);
void file_part_discard (struct file_stream *s);
/* All parts, synced, become visible. */
int file_publish (struct file_sink *f);
/* The steps of it: all bytes are on their way to the disk; the names are given; the directories are synced. */
int file_settle (struct file_sink *f);
int file_place (struct file_sink *f);
int file_sync_dirs (struct file_sink *f);

/* ---- batch.c: many objects published at once ---- */

int file_seal (void *self, const struct pen_object *o, void **sealed);
void file_publish_many (void *self, struct pen_sealed *v, size_t n);
void file_discard (void *self, void *sealed);

/* ---- progress.c: chunk mode ---- */

int file_progress_begin (struct file_sink *f, const struct pen_object *o, const struct pen_begin *b, uint64_t *next_seq,
                         struct pen_span *checkpoint);
int file_progress_commit (struct file_sink *f, uint64_t seq, struct pen_span checkpoint);
int file_progress_finish (struct file_sink *f, const struct pen_object *o, int accepted);
void file_progress_close (struct file_sink *f);

#pragma GCC visibility pop
#endif
