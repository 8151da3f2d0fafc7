/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c - runs a command and says what it cost: wall time, CPU time of every process it started, and, in a run of
 * its own, the peak of the memory of all of them together.
 *
 * Orphans are adopted (PR_SET_CHILD_SUBREAPER) and waited for, so no process's time is lost. Memory is the proportional
 * set size: a page that four processes share counts once. Sampling costs time: never take time and memory from the same
 * run. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROCESSES 65536

struct process
{
  pid_t pid, parent;
};

struct peak
{
  uint64_t total_kib, one_kib; /* of all processes at one time; of the largest one */
  uint64_t samples, unreadable;
};

static void
die (const char *what)
{
  fprintf (stderr, "measure: %s: %s\n", what, strerror (errno));
  exit (3);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static ssize_t
slurp (const char *path, char *buf, size_t cap)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t n = -1;

  if (fd != -1)
    {
      n = read (fd, buf, cap - 1);
      close (fd);
    }
  if (n >= 0)
    buf[n] = 0;
  return n;
}

/* Parent of pid, or 0 where the process is gone. The name in parentheses may hold anything: look behind the last ')'.
 */
static pid_t
parent_of (pid_t pid)
{
  char path[64], buf[1024], *p;
  int parent = 0;

  snprintf (path, sizeof path, "/proc/%d/stat", pid);
  if (slurp (path, buf, sizeof buf) <= 0 || !(p = strrchr (buf, ')')) || sscanf (p + 1, " %*c %d", &parent) != 1)
    return 0;
  return parent;
}

static size_t
list_processes (struct process *all)
{
  DIR *d = opendir ("/proc");
  size_t n = 0;

  if (!d)
    die ("/proc");
  for (struct dirent *e; n < MAX_PROCESSES && (e = readdir (d));)
    if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
      {
        all[n].pid = atoi (e->d_name);
        all[n].parent = parent_of (all[n].pid);
        n++;
      }
  closedir (d);
  return n;
}

/* Is `me` an ancestor? Chains are short; a lost link ends the walk. */
static int
is_below (const struct process *all, size_t n, pid_t pid, pid_t me)
{
  for (int depth = 0; pid > 1 && depth < 64; depth++)
    {
      size_t i = 0;

      while (i < n && all[i].pid != pid)
        i++;
      if (i == n)
        return 0;
      if (all[i].parent == me)
        return 1;
      pid = all[i].parent;
    }
  return 0;
}

static uint64_t
pss_kib (pid_t pid, struct peak *k)
{
  char path[64], buf[4096], *p;
  uint64_t v = 0;

  snprintf (path, sizeof path, "/proc/%d/smaps_rollup", pid);
  errno = 0;
  if (slurp (path, buf, sizeof buf) > 0 && (p = strstr (buf, "\nPss:")))
    v = strtoull (p + 5, NULL, 10);
  else if (errno == EACCES || errno == EPERM)
    k->unreadable++;
  return v;
}

static void
sample (struct peak *k, pid_t me, struct process *all)
{
  size_t n = list_processes (all);
  uint64_t sum = 0;

  for (size_t i = 0; i < n; i++)
    if (all[i].pid != me && is_below (all, n, all[i].pid, me))
      {
        uint64_t v = pss_kib (all[i].pid, k);
        sum += v;
        if (v > k->one_kib)
          k->one_kib = v;
      }
  if (sum > k->total_kib)
    k->total_kib = sum;
  k->samples++;
}

static pid_t
start (char **argv)
{
  pid_t pid = fork ();

  if (pid == -1)
    die ("fork");
  if (!pid)
    {
      execvp (argv[0], argv);
      fprintf (stderr, "measure: %s: %s\n", argv[0], strerror (errno));
      _exit (127);
    }
  return pid;
}

/* Waits until every process below is gone; returns the exit status of the first one. */
static int
reap (pid_t first, long sample_us, struct peak *k)
{
  struct process *all = sample_us ? malloc (MAX_PROCESSES * sizeof *all) : NULL;
  struct timespec pause = { 0, sample_us * 1000 };
  int status, code = 0;
  pid_t pid;

  for (;;)
    {
      pid = waitpid (-1, &status, sample_us ? WNOHANG : 0);
      if (pid == first)
        code = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
      if (pid == -1 && errno == ECHILD)
        break;
      if (pid == 0 && all)
        {
          sample (k, getpid (), all);
          nanosleep (&pause, NULL);
        }
    }
  free (all);
  return code;
}

int
main (int argc, char **argv)
{
  struct peak k = { 0 };
  struct rusage u;
  long sample_us = 0;
  const char *to = NULL;
  FILE *f = stderr;
  double t0;
  pid_t first;
  int c, code;

  while ((c = getopt (argc, argv, "+mi:o:")) != -1)
    if (c == 'm')
      sample_us = sample_us ? sample_us : 4000;
    else if (c == 'i')
      sample_us = atol (optarg) * 1000;
    else if (c == 'o')
      to = optarg;
    else
      optind = argc;
  if (optind >= argc || sample_us < 0 || sample_us >= 1000000)
    {
      fprintf (stderr,
               "usage: measure [-m] [-i MILLISECONDS] [-o FILE] COMMAND...\n"
               "Prints wall, user and system seconds and the exit status; with -m also the peak of the PSS sum of\n"
               "all processes and of the largest one in KiB, sampled every 4 (-i) milliseconds.\n");
      return 2;
    }
  if (prctl (PR_SET_CHILD_SUBREAPER, 1))
    die ("prctl");
  t0 = now ();
  first = start (argv + optind);
  signal (SIGINT, SIG_IGN); /* the command gets it, too; we stay to count */
  code = reap (first, sample_us, &k);
  t0 = now () - t0;
  getrusage (RUSAGE_CHILDREN, &u);
  if (to && !(f = fopen (to, "w")))
    die (to);
  fprintf (f, "wall=%.3f user=%ld.%06ld sys=%ld.%06ld status=%d maxrss_kib=%ld", t0, (long)u.ru_utime.tv_sec,
           (long)u.ru_utime.tv_usec, (long)u.ru_stime.tv_sec, (long)u.ru_stime.tv_usec, code, u.ru_maxrss);
  if (sample_us)
    fprintf (f, " peak_kib=%llu largest_kib=%llu samples=%llu unreadable=%llu", (unsigned long long)k.total_kib,
             (unsigned long long)k.one_kib, (unsigned long long)k.samples, (unsigned long long)k.unreadable);
  fprintf (f, "\n");
  return code;
}
