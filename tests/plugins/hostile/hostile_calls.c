/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_calls.c - attacks by system call, by signal and by waste, each as a plugin's author would write it. */
#include "tests/plugins/hostile/hostile.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EAT_MAX (2ull << 30) /* where the attack gives up: the test machine is not the target */

static int
attack_open (void)
{
  return open ("/etc/passwd", O_RDONLY) >= 0;
}
static int
attack_create (void)
{
  return open ("/tmp/penstock-hostile", O_CREAT | O_WRONLY, 0600) >= 0;
}
static int
attack_stat (void)
{
  struct stat st;
  return stat ("/etc/passwd", &st) == 0;
}
static int
attack_socket (void)
{
  return socket (AF_INET, SOCK_DGRAM, 0) >= 0;
}
static int
attack_connect (void)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons (9), .sin_addr = { htonl (INADDR_LOOPBACK) } };
  return connect (3, (struct sockaddr *)&a, sizeof a) == 0;
}
static int
attack_fork (void)
{
  pid_t p = fork ();
  if (p == 0)
    _exit (0);
  return p > 0;
}
static void *
idle (void *p)
{
  return p;
}
static int
attack_thread (void)
{
  pthread_t t;
  return pthread_create (&t, NULL, idle, NULL) == 0;
}
static int
attack_exec (void)
{
  char name[] = "/bin/true", *argv[] = { name, NULL }, *env[] = { NULL };
  return execve (name, argv, env) == 0;
}
static int
attack_ptrace (void)
{
  return ptrace (PTRACE_TRACEME, 0, NULL, NULL) == 0;
}
static int
attack_kill (void)
{
  pid_t self = getpid ();
  return self > 1 && kill (self, 0) == 0; /* never a pid that might be 0 or -1 */
}
static int
attack_signals (void)
{
  return signal (SIGSYS, SIG_IGN) != SIG_ERR;
}
static int
attack_mask (void)
{
  sigset_t s;
  sigfillset (&s);
  return sigprocmask (SIG_BLOCK, &s, NULL) == 0;
}
static int
attack_prctl (void)
{
  return prctl (PR_SET_DUMPABLE, 1) == 0;
}
static int
attack_exec_mmap (void)
{
  return mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static int
attack_exec_mprotect (void)
{
  void *p = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p != MAP_FAILED && mprotect (p, 4096, PROT_READ | PROT_EXEC) == 0;
}
static int
attack_io_uring (void)
{
  return syscall (SYS_io_uring_setup, 8, NULL) >= 0;
}
static int
attack_bpf (void)
{
  return syscall (SYS_bpf, 0, NULL, 0) >= 0;
}
static int
attack_ftruncate (void)
{
  int any = 0;
  for (int fd = 4; fd < 64; fd++)
    any |= ftruncate (fd, 0) == 0;
  return any;
}
static int
attack_close_socket (void)
{
  return close (3) == 0;
}
static int
attack_dup (void)
{
  return dup2 (0, 3) == 3;
}
static volatile int forever = 1; /* so that no compiler sees the end of it */
static int
attack_spin (void)
{
  while (forever)
    ;
  return 0;
}
static int
attack_hang (void)
{
  return poll (NULL, 0, -1);
}
static int
attack_segv (void)
{
  int *volatile nowhere = (int *)16;
  *nowhere = 1;
  return 1;
}
static int
attack_abort (void)
{
  abort ();
}
__attribute__ ((noinline)) static int
deeper (volatile char *p)
{
  volatile char room[8192];
  room[0] = p ? p[0] : 0;
  return forever ? deeper (room) + room[0] : 0;
}
static int
attack_stack_overflow (void)
{
  return deeper (NULL);
}
static int
attack_exit0 (void)
{
  _exit (0);
}

static const struct
{
  const char *name;
  int (*act) (void);
} attacks[] = {
  { "open", attack_open },
  { "create", attack_create },
  { "stat", attack_stat },
  { "socket", attack_socket },
  { "connect", attack_connect },
  { "fork", attack_fork },
  { "thread", attack_thread },
  { "exec", attack_exec },
  { "ptrace", attack_ptrace },
  { "kill", attack_kill },
  { "signals", attack_signals },
  { "mask", attack_mask },
  { "prctl", attack_prctl },
  { "exec_mmap", attack_exec_mmap },
  { "exec_mprotect", attack_exec_mprotect },
  { "io_uring", attack_io_uring },
  { "bpf", attack_bpf },
  { "ftruncate", attack_ftruncate },
  { "close_socket", attack_close_socket },
  { "dup", attack_dup },
  { "spin", attack_spin },
  { "hang", attack_hang },
  { "segv", attack_segv },
  { "abort", attack_abort },
  { "stack_overflow", attack_stack_overflow },
  { "exit0", attack_exit0 },
};

static int
eat_memory (const struct hostile *h)
{
  const size_t piece = 4u << 20;

  for (uint64_t eaten = 0; eaten < EAT_MAX; eaten += piece)
    {
      char *p = malloc (piece);
      if (!p)
        return h->host->fail (h->host->ctx, "hungry after %llu MiB", (unsigned long long)(eaten >> 20));
      memset (p, 1, piece);
    }
  h->host->log (h->host->ctx, PEN_LOG_ERROR, "attack eat_memory got through");
  return PEN_OK;
}

/* Would clear a terminal, forge a line of a log, and set a window's title. */
static void
escape (const struct hostile *h)
{
  static const char bytes[] = "\033[2J\033]0;owned\007 forged\r\nworker 0: all is well\n\x9b"
                              "31m";

  h->host->log (h->host->ctx, PEN_LOG_WARN, "%s", bytes);
  if (write (2, bytes, sizeof bytes - 1) < 0)
    h->host->log (h->host->ctx, PEN_LOG_WARN, "no standard error");
}

void
hostile_cut_attack (const struct hostile *h, struct pen_carry *carry)
{
  if (hostile_is (h, "cut_open"))
    attack_open ();
  else if (hostile_is (h, "cut_segv"))
    attack_segv ();
  else if (hostile_is (h, "cut_hang"))
    attack_hang ();
  else if (hostile_is (h, "cut_carry"))
    carry->len = UINT32_MAX;
  else if (hostile_is (h, "cut_chunks"))
    hostile_wire_cut (h);
}

int
hostile_attack (const struct hostile *h, const struct pen_chunk *chunk)
{
  if (hostile_is (h, "none") || hostile_is (h, "bad_carry") || hostile_is_cut (h))
    return PEN_OK;
  for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
    if (hostile_is (h, attacks[i].name))
      {
        int through = attacks[i].act ();
        h->host->log (h->host->ctx, PEN_LOG_ERROR, "attack %s %s", attacks[i].name,
                      through ? "got through" : "was survived");
        return PEN_OK;
      }
  if (hostile_is (h, "eat_memory"))
    return eat_memory (h);
  if (hostile_is (h, "escape"))
    escape (h);
  return hostile_wire_attack (h, chunk);
}
