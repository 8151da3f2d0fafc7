/* SPDX-License-Identifier: Apache-2.0 */
/* killer.c - runs a program, kills it or its children at random moments, and proves that nobody is left behind.
 *
 *   killer [-h MICROSECONDS] [-w KILLS:MICROSECONDS] [-t SIGNAL:MICROSECONDS]... [-o NAME] [-s SEED] PROGRAM ARGUMENT...
 *     -h  SIGKILL to the program itself at that moment, if it is still there
 *     -w  up to KILLS times SIGKILL to one of its children named NAME (-o, default penstock-worker), a random time between
 *         half of MICROSECONDS and all of it after the last; the youngest of several is spared, so that no piece of work is hit again and again
 *     -t  SIGNAL to the program at that moment; once or twice
 * The exit status is the program's (128 + signal). A last line on standard output, or to the file of -r, says
 * "status=S kills=N microseconds=U left=L". Descendants that the program leaves behind are inherited (as a child
 * subreaper); those that have not ended within a second are counted in `left`, killed, and make the status 99. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEFT_BEHIND 99
#define CHILDREN_MAX 256

struct shot
{
  int64_t at; /* microseconds after the start */
  int signal;
};
struct plan
{
  struct shot shot[8];
  size_t n_shots, next_shot;
  unsigned worker_kills;
  int64_t worker_pause;
  const char *worker, *report;
  uint64_t seed;
};

static int64_t
now_us (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t
roll (uint64_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed;
}

static void
die (const char *what)
{
  perror (what);
  exit (98);
}

/* ---- victims ---- */

struct child
{
  pid_t pid;
  unsigned long long started; /* clock ticks since boot */
};

/* name "": any. Field 2 of /proc/PID/stat is the name in parentheses; 4 the parent, 22 the start. */
static int
read_stat (pid_t pid, pid_t parent, const char *name, struct child *c)
{
  char path[64], text[1024], *close_paren;
  int their_parent;
  FILE *f;
  size_t n;

  snprintf (path, sizeof path, "/proc/%d/stat", (int)pid);
  f = fopen (path, "r");
  if (!f)
    return 0;
  n = fread (text, 1, sizeof text - 1, f);
  fclose (f);
  text[n] = 0;
  close_paren = strrchr (text, ')');
  if (!close_paren || !strchr (text, '('))
    return 0;
  *close_paren = 0;
  if (name[0] && strncmp (strchr (text, '(') + 1, name, 15) != 0)
    return 0;
  if (sscanf (close_paren + 2, "%*c %d", &their_parent) != 1 || their_parent != parent)
    return 0;
  c->pid = pid;
  return sscanf (close_paren + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                 &c->started)
         == 1;
}

static size_t
find_children (pid_t parent, const char *name, struct child *c)
{
  DIR *d = opendir ("/proc");
  struct dirent *e;
  size_t n = 0;

  if (!d)
    die ("/proc");
  while ((e = readdir (d)) && n < CHILDREN_MAX)
    {
      pid_t pid = (pid_t)strtol (e->d_name, NULL, 10);
      if (pid > 1 && read_stat (pid, parent, name, &c[n]))
        n++;
    }
  closedir (d);
  return n;
}

/* Through a pidfd, looked at again: a pid that was given away in between is never hit. */
static int
kill_one (pid_t host, const char *name, uint64_t *seed)
{
  struct child c[CHILDREN_MAX], again;
  size_t n = find_children (host, name, c), youngest = 0, victim;
  int fd, done = 0;

  if (n == 0)
    return 0;
  for (size_t i = 1; i < n; i++)
    if (c[i].started > c[youngest].started || (c[i].started == c[youngest].started && c[i].pid > c[youngest].pid))
      youngest = i;
  victim = roll (seed) % n;
  if (n > 1 && victim == youngest)
    victim = (victim + 1) % n;
  fd = pidfd_open (c[victim].pid, 0);
  if (fd == -1)
    return 0;
  if (read_stat (c[victim].pid, host, name, &again) && again.started == c[victim].started)
    done = pidfd_send_signal (fd, SIGKILL, NULL, 0) == 0;
  close (fd);
  return done;
}

/* ---- the run ---- */

static pid_t
start (char **argv)
{
  pid_t pid = fork ();

  if (pid == -1)
    die ("fork");
  if (pid == 0)
    {
      sigset_t none;
      sigemptyset (&none);
      sigprocmask (SIG_SETMASK, &none, NULL);
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      execvp (argv[0], argv);
      perror (argv[0]);
      _exit (127);
    }
  return pid;
}

static int64_t
random_pause (struct plan *p)
{
  return p->worker_pause / 2 + (int64_t)(roll (&p->seed) % (uint64_t)(p->worker_pause / 2));
}

/* Until the program has ended; returns how many workers were killed. */
static unsigned
watch (struct plan *p, pid_t host, int pidfd, int64_t begin)
{
  int64_t next_kill = p->worker_kills ? begin + random_pause (p) : INT64_MAX;
  unsigned kills = 0;

  for (;;)
    {
      int64_t shot = p->next_shot < p->n_shots ? begin + p->shot[p->next_shot].at : INT64_MAX, now = now_us ();
      int64_t due = shot < next_kill ? shot : next_kill, wait = due > now ? due - now : 0;
      struct timespec t = { wait / 1000000, wait % 1000000 * 1000 };
      struct pollfd f = { .fd = pidfd, .events = POLLIN };

      if (ppoll (&f, 1, due == INT64_MAX ? NULL : &t, NULL) == 1)
        return kills;
      now = now_us ();
      if (now >= shot)
        pidfd_send_signal (pidfd, p->shot[p->next_shot++].signal, NULL, 0);
      if (now >= next_kill)
        {
          kills += (unsigned)kill_one (host, p->worker, &p->seed);
          next_kill = kills < p->worker_kills ? now + random_pause (p) : INT64_MAX;
        }
    }
}

/* Waits up to a second for what was left behind; what stays is killed and counted. */
static unsigned
bury_the_rest (int sigfd)
{
  int64_t deadline = now_us () + 1000000;
  struct signalfd_siginfo info;
  struct child c[CHILDREN_MAX];
  unsigned left = 0;

  for (;;)
    {
      pid_t p = waitpid (-1, NULL, WNOHANG);
      int64_t wait = deadline - now_us ();
      struct pollfd f = { .fd = sigfd, .events = POLLIN };
      if (p == -1 && errno == ECHILD)
        return left;
      if (p > 0)
        continue;
      if (wait > 0)
        {
          if (poll (&f, 1, (int)(wait / 1000) + 1) == 1 && read (sigfd, &info, sizeof info) < 0)
            die ("signalfd");
          continue;
        }
      left = (unsigned)find_children (getpid (), "", c);
      for (unsigned i = 0; i < left; i++)
        if (c[i].pid > 1)
          kill (c[i].pid, SIGKILL); /* our own child: not waited for yet, so the pid is still its own */
      while (waitpid (-1, NULL, 0) > 0)
        continue;
      return left;
    }
}

static void
read_shot (struct plan *p, const char *text, int signal)
{
  const char *colon = strchr (text, ':');

  if (p->n_shots == sizeof p->shot / sizeof *p->shot)
    exit (2);
  p->shot[p->n_shots].signal = colon ? (int)strtol (text, NULL, 10) : signal;
  p->shot[p->n_shots++].at = strtoll (colon ? colon + 1 : text, NULL, 10);
}

static void
read_options (struct plan *p, int argc, char **argv)
{
  int c;

  while ((c = getopt (argc, argv, "+h:w:t:o:r:s:")) != -1)
    switch (c)
      {
      case 'h':
        read_shot (p, optarg, SIGKILL);
        break;
      case 't':
        read_shot (p, optarg, SIGTERM);
        break;
      case 'w':
        p->worker_kills = (unsigned)strtoul (optarg, NULL, 10);
        p->worker_pause = strchr (optarg, ':') ? strtoll (strchr (optarg, ':') + 1, NULL, 10) : 0;
        if (p->worker_pause < 2)
          exit (2);
        break;
      case 'o':
        p->worker = optarg;
        break;
      case 'r':
        p->report = optarg;
        break;
      case 's':
        p->seed ^= strtoull (optarg, NULL, 10) * 0xbf58476d1ce4e5b9u;
        break;
      default:
        exit (2);
      }
  if (optind == argc)
    exit (2);
}

int
main (int argc, char **argv)
{
  struct plan p = { .worker = "penstock-worker", .seed = 0x9e3779b97f4a7c15u };
  int status, pidfd, sigfd;
  unsigned kills, left;
  sigset_t chld;
  int64_t begin, took;
  pid_t host;
  FILE *report;

  read_options (&p, argc, argv);
  sigemptyset (&chld);
  sigaddset (&chld, SIGCHLD);
  sigprocmask (SIG_BLOCK, &chld, NULL);
  sigfd = signalfd (-1, &chld, SFD_CLOEXEC);
  if (sigfd == -1 || prctl (PR_SET_CHILD_SUBREAPER, 1) == -1)
    die ("setting up");
  begin = now_us ();
  host = start (argv + optind);
  pidfd = pidfd_open (host, 0);
  if (pidfd == -1)
    die ("pidfd_open");
  kills = watch (&p, host, pidfd, begin);
  took = now_us () - begin;
  if (waitpid (host, &status, 0) != host)
    die ("waitpid");
  left = bury_the_rest (sigfd);
  status = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  report = p.report ? fopen (p.report, "w") : stdout;
  if (!report)
    die (p.report);
  fprintf (report, "status=%d kills=%u microseconds=%lld left=%u\n", status, kills, (long long)took, left);
  return left ? LEFT_BEHIND : status;
}
