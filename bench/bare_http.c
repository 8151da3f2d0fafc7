/* SPDX-License-Identifier: Apache-2.0 */
/* bare_http.c - the floor below many small objects: libcurl fetches them, each becomes a durable file, and nothing else is done.
 *
 *   bare_http CONNECTIONS URLS FOLDER PERCENT
 *
 * URLS: a file with a URL a line. A file takes the name of its URL's end; PERCENT of the object's bytes are written into it, the
 * object again and again: as many as a program makes of them that writes other rows than it reads. 64 files at a time are synced by
 * four threads, then their folder. Errors end it. */
#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 64
#define THREADS 4
#define OBJECTS 100000

struct object
{
  char *url;
  uint8_t *p;
  size_t n, cap;
};

static struct object *objects;
static size_t n_objects, n_started, percent;
static int folder, batch[BATCH];
static size_t n_batch;
static _Atomic size_t next_sync;

static void
die (const char *what)
{
  perror (what);
  exit (1);
}

static void
read_urls (const char *path)
{
  FILE *f = fopen (path, "re");
  char line[4096];

  objects = calloc (OBJECTS, sizeof *objects);
  if (!f || !objects)
    die (path);
  while (n_objects < OBJECTS && fgets (line, sizeof line, f))
    {
      line[strcspn (line, "\n")] = 0;
      objects[n_objects].url = strdup (line);
      if (!objects[n_objects++].url)
        die ("memory");
    }
  fclose (f);
}

static size_t
on_body (char *p, size_t size, size_t n, void *ctx)
{
  struct object *o = ctx;

  n *= size;
  if (o->n + n > o->cap)
    {
      o->cap = 2 * (o->n + n);
      o->p = realloc (o->p, o->cap);
      if (!o->p)
        die ("memory");
    }
  memcpy (o->p + o->n, p, n);
  o->n += n;
  return n;
}

static void
write_file (struct object *o)
{
  int fd = openat (folder, strrchr (o->url, '/') + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  size_t left = o->n * percent / 100;

  if (fd == -1)
    die (o->url);
  while (left)
    {
      size_t n = left < o->n ? left : o->n;
      if (write (fd, o->p, n) != (ssize_t)n)
        die ("write");
      left -= n;
    }
  batch[n_batch++] = fd;
  free (o->p);
  o->p = NULL;
}

static void *
sync_some (void *ctx)
{
  size_t i;

  while ((i = atomic_fetch_add (&next_sync, 1)) < n_batch)
    if (fsync (batch[i]) || close (batch[i]))
      die ("fsync");
  return ctx;
}

static void
sync_batch (void)
{
  pthread_t t[THREADS - 1];

  next_sync = 0;
  for (int i = 0; i < THREADS - 1; i++)
    if (pthread_create (&t[i], NULL, sync_some, NULL))
      die ("thread");
  sync_some (NULL);
  for (int i = 0; i < THREADS - 1; i++)
    pthread_join (t[i], NULL);
  if (fsync (folder))
    die ("fsync");
  n_batch = 0;
}

static void
start (CURLM *multi, CURL *easy)
{
  struct object *o = &objects[n_started++];

  curl_easy_setopt (easy, CURLOPT_URL, o->url);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, o);
  curl_easy_setopt (easy, CURLOPT_PRIVATE, o);
  curl_multi_add_handle (multi, easy);
}

/* 1: its handle fetches another one. */
static int
finish (CURLM *multi, const CURLMsg *m)
{
  CURL *easy = m->easy_handle;
  struct object *o = NULL;
  long status = 0;

  curl_easy_getinfo (easy, CURLINFO_PRIVATE, &o);
  curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &status);
  if (m->data.result != CURLE_OK || status != 200)
    {
      fprintf (stderr, "%s: %s, status %ld\n", o->url, curl_easy_strerror (m->data.result), status);
      exit (1);
    }
  write_file (o);
  curl_multi_remove_handle (multi, easy);
  if (n_batch == BATCH)
    sync_batch ();
  if (n_started == n_objects)
    return 0;
  start (multi, easy);
  return 1;
}

int
main (int argc, char **argv)
{
  CURLM *multi = curl_multi_init ();
  int running = 1, left;

  if (argc != 5 || !multi)
    return 2;
  read_urls (argv[2]);
  percent = strtoul (argv[4], NULL, 10);
  folder = open (argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder == -1)
    die (argv[3]);
  for (int i = atoi (argv[1]); i && n_started < n_objects; i--)
    {
      CURL *easy = curl_easy_init ();
      curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_body);
      start (multi, easy);
    }
  while (running)
    {
      const CURLMsg *m;
      curl_multi_perform (multi, &running);
      while ((m = curl_multi_info_read (multi, &left)))
        if (m->msg == CURLMSG_DONE)
          running += finish (multi, m);
      if (running)
        curl_multi_poll (multi, NULL, 0, 1000, NULL);
    }
  sync_batch ();
  return 0;
}
