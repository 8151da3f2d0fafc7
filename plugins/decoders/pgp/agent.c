/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c - the private home that gpg works in, and its agent: both live as long as this process.
 *
 * The home has links to the keyring and the agent's socket, so that an agent that runs for the keyring already is left alone, and a
 * keyring need not be writable. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "pgp.h"

#define FD_MAX 8

static int home = -1;

/* Between fork() and exec: this process has one thread. */
static void __attribute__ ((noreturn)) become (const char *const *argv, const int *fd, int n, int listens, pid_t parent)
{
  int high[FD_MAX];
  char pid[24];

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (127);
  for (int i = 0; i < n; i++)
    high[i] = fcntl (fd[i], F_DUPFD, FD_MAX);
  for (int i = 0; i < n; i++)
    if (dup2 (high[i], i) == -1)
      _exit (127);
  syscall (SYS_close_range, n, ~0u, 0);
  if (listens)
    {
      snprintf (pid, sizeof pid, "%d", (int)getpid ());
      setenv ("LISTEN_PID", pid, 1);
      setenv ("LISTEN_FDS", "1", 1);
      setenv ("LISTEN_FDNAMES", "std", 1);
    }
  execv (argv[0], (char *const *)(uintptr_t)argv);
  _exit (127);
}

pid_t
pgp_spawn (const char *const *argv, const int *fd, int n, int listens)
{
  pid_t parent = getpid (), pid = fork ();

  if (pid == 0)
    become (argv, fd, n, listens, parent);
  return pid;
}

static int
link_to (const char *keyring, const char *name)
{
  char path[4096];

  snprintf (path, sizeof path, "%s/%s", keyring, name);
  if (access (path, R_OK) == -1)
    return errno == ENOENT ? 0 : -1;
  unlinkat (home, name, 0);
  return symlinkat (path, home, name) == -1 ? -1 : 1;
}

static int
link_keyring (const struct pen_host *host, const char *keyring)
{
  int kbx = link_to (keyring, "pubring.kbx"), gpg = kbx == 0 ? link_to (keyring, "pubring.gpg") : 0;

  if (kbx == -1 || gpg == -1)
    return host->fail (host->ctx, "keyring: cannot read the public keys in %s: %s", keyring, strerror (errno));
  if (!kbx && !gpg)
    return host->fail (host->ctx,
                       "keyring: %s has no keys: neither pubring.kbx nor pubring.gpg is there; gpg --homedir %s "
                       "--import FILE makes them",
                       keyring, keyring);
  if (link_to (keyring, "private-keys-v1.d") == -1)
    return host->fail (host->ctx, "keyring: cannot read the secret keys in %s: %s", keyring, strerror (errno));
  return PEN_OK;
}

static int
listen_for_agent (void)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "S.gpg-agent" };
  int s = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  unlink (a.sun_path);
  if (s >= 0 && (bind (s, (struct sockaddr *)&a, sizeof a) == -1 || listen (s, 64) == -1))
    {
      close (s);
      s = -1;
    }
  return s;
}

static int
start_agent (const struct pen_host *host, const struct pgp_options *o)
{
  const char *const argv[] = { o->gpg_agent,
                               "--homedir",
                               "/proc/self/fd/4",
                               "--supervised",
                               "--quiet",
                               "--disable-check-own-socket",
                               "--allow-loopback-pinentry",
                               NULL };
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC), s = listen_for_agent (), fd[] = { null, null, null, s, home };
  pid_t pid = -1;

  if (null >= 0 && s >= 0)
    pid = pgp_spawn (argv, fd, 5, 1);
  if (null >= 0)
    close (null);
  if (s >= 0)
    close (s);
  return pid > 0 ? PEN_OK : host->fail (host->ctx, "cannot start gpg-agent: %s", strerror (errno));
}

static int
check_keyring (const struct pen_host *host, const char *keyring)
{
  struct stat st;

  if (stat (keyring, &st) == -1)
    return host->fail (host->ctx, "keyring: %s: %s", keyring, strerror (errno));
  if (!S_ISDIR (st.st_mode))
    return host->fail (host->ctx, "keyring: %s is no directory; GnuPG's home directory is expected", keyring);
  if (st.st_uid != geteuid () && st.st_uid != 0)
    return host->fail (host->ctx, "keyring: %s belongs to user %d, expected ours (%d)", keyring, (int)st.st_uid,
                       (int)geteuid ());
  if (st.st_mode & 077)
    return host->fail (host->ctx, "keyring: %s has mode %03o, expected 700: others could reach the keys (chmod 700)",
                       keyring, (unsigned)st.st_mode & 0777);
  return PEN_OK;
}

/* A child that cannot execute its program could only end, and say no reason. */
static int
check_program (const struct pen_host *host, const char *option, const char *path)
{
  if (access (path, X_OK) == 0)
    return PEN_OK;
  return host->fail (host->ctx, "%s: cannot execute %s: %s%s", option, path, strerror (errno),
                     errno == ENOENT ? " (install GnuPG, package gnupg, or set this option)" : "");
}

int
pgp_home (const struct pen_host *host, const struct pgp_options *o)
{
  if (home >= 0)
    return home;
  if (check_program (host, "gpg", o->gpg) != PEN_OK || check_program (host, "gpg_agent", o->gpg_agent) != PEN_OK
      || check_keyring (host, o->keyring) != PEN_OK)
    return -1;
  home = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (home == -1)
    return host->fail (host->ctx, "cannot open the working directory: %s", strerror (errno));
  if (link_keyring (host, o->keyring) == PEN_OK && start_agent (host, o) == PEN_OK)
    return home;
  close (home);
  return home = -1;
}
