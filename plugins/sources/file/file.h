/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - what the files of the file source share: its options, what a scan has found, the actions on local files. */
#ifndef FILE_SOURCE_H
#define FILE_SOURCE_H
#include <pthread.h>
#include <sys/stat.h>

#include <penstock/after.h>
#include <penstock/plugin.h>

enum file_order
{
  FILE_ORDER_NAME,
  FILE_ORDER_MTIME,
  FILE_ORDER_GIVEN,
};

struct file_options
{
  struct pen_list path;
  int order; /* enum file_order */
  const char *done_file;
  int64_t settle, poll, tries;
  int success, refused; /* enum pen_after */
  const char *to, *suffix, *refused_to, *refused_suffix;
};

struct file_found
{
  char *path;
  int64_t mtime_ns;
  size_t given; /* ordinal of the path option that it came from, then of its place there */
};

struct file_source
{
  const struct pen_host *host;
  const struct file_options *options;
  const struct pen_intake *in; /* NULL before run() */
  struct file_found *v;        /* due in this round */
  size_t n, cap;
  int follow, scan_failed;
  int inotify;          /* -1: polling only */
  pthread_mutex_t lock; /* of the table: run() and ack() are on different threads */
  struct pen_arrivals table;
};

static inline struct pen_identity
file_identity (const struct stat *st)
{
  return (struct pen_identity){ (uint64_t)st->st_size, (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
                                (uint64_t)st->st_dev, (uint64_t)st->st_ino };
}

/* file.c */
int64_t file_now (void);

/* scan.c: looks at all paths; what is due is in s->v, in order. PEN_ERR when one of them cannot be read; the others are. */
int file_scan (struct file_source *s);
void file_forget (struct file_source *s);
/* 1: no marker is asked for, or it is there and not older than the file. */
int file_is_done (const struct file_source *s, const char *path, const struct pen_identity *is);
/* The marker's path for a file; PEN_ERR where it is too long. */
int file_marker (const struct file_source *s, const char *path, char *out, size_t cap);
/* The longest directory of a path or pattern that has no wildcard. */
void file_static_dir (const char *pattern, char *out, size_t cap);

/* watch.c: sleeps until something may have changed, `until` has come or the host wants something. */
void file_watch_open (struct file_source *s);
void file_watch_wait (struct file_source *s, int64_t until_ns);

/* after.c */
struct file_after /* what failed last */
{
  char why[512];
};
struct pen_after_steps file_after_steps (struct file_after *a);
/* Unlinks what a killed deletion has left in a directory. */
void file_after_sweep (const char *dir);
#endif
