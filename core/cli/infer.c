/* SPDX-License-Identifier: Apache-2.0 */
/* infer.c - takes a sample of a file and has it looked at by a child process in a worker's jail: what a stranger wrote is
 * not read where the user's rights are. */
#include "core/cli/infer.h"

#include "core/base/cleanup.h"
#include "core/base/limits.h"
#include "core/worker/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SAMPLE (1 * MIB)
#define ANSWER (256 * KIB)

static void __attribute__ ((noreturn)) child (int sock, const unsigned char *sample, size_t n, bool whole, bool typed)
{
  static const char *const none[] = { NULL };
  struct jail_opts o = { .mode = JAIL_ENFORCE, .sock = sock, .cpu_seconds = 10, .read_dirs = none };
  struct jail_report r;
  struct err e;
  char *out = malloc (ANSWER);

  if (!out || jail_enter (&o, &r, &e) == -1 || jail_lock (&r, &e) == -1)
    _exit (3);
  size_t k = infer_sample (sample, n, whole, typed, out, ANSWER);
  for (size_t done = 0; done < k;)
    {
      ssize_t put = send (sock, out + done, k - done, MSG_NOSIGNAL);
      if (put <= 0)
        _exit (3);
      done += (size_t)put;
    }
  _exit (0);
}

static ssize_t
read_sample (const char *path, unsigned char *to, struct err *e)
{
  CLEANUP_FD int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  size_t n = 0;
  if (fd == -1)
    return err_errno (e, "cannot open %s", path);
  while (n < SAMPLE)
    {
      ssize_t k = read (fd, to + n, SAMPLE - n);
      if (k == -1 && errno == EINTR)
        continue;
      if (k == -1)
        return err_errno (e, "cannot read %s", path);
      if (k == 0)
        break;
      n += (size_t)k;
    }
  return (ssize_t)n;
}

/* Lines of "key=value", printable: the child is not trusted any more than the file. */
static int
take (struct inferred *out, char *text, size_t n)
{
  memset (out, 0, sizeof *out);
  text[n] = 0;
  out->text = text;
  for (char *p = text, *end; *p; p = end + 1)
    {
      end = strchr (p, '\n');
      if (!end || out->n == INFER_OPTIONS || !strchr (p, '=') || strchr (p, '=') > end)
        return -1;
      *end = 0;
      for (const char *c = p; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
          return -1;
      out->option[out->n++] = p;
    }
  return out->n ? 0 : -1;
}

int
infer_file (const char *path, bool typed, struct inferred *out, struct err *e)
{
  CLEANUP_FREE unsigned char *sample = xmalloc (SAMPLE);
  CLEANUP_FREE char *text = xmalloc (ANSWER + 1);
  ssize_t n = read_sample (path, sample, e);
  size_t got = 0;
  int pair[2], status;

  if (n == -1)
    return -1;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
    return err_errno (e, "cannot make a socket pair");
  pid_t pid = fork ();
  if (pid == 0)
    {
      close (pair[0]);
      child (pair[1], sample, (size_t)n, (size_t)n < SAMPLE, typed);
    }
  close (pair[1]);
  if (pid == -1)
    {
      close (pair[0]);
      return err_errno (e, "cannot fork");
    }
  while (got < ANSWER)
    {
      ssize_t k = read (pair[0], text + got, ANSWER - got);
      if (k == -1 && errno == EINTR)
        continue;
      if (k <= 0)
        break;
      got += (size_t)k;
    }
  close (pair[0]);
  while (waitpid (pid, &status, 0) == -1 && errno == EINTR)
    ;
  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    return err_set (e, "%s: the process that looked at it did not finish (status %d)", path, status);
  if (take (out, text, got) == -1)
    return err_set (e, "%s: this does not look like delimited text", path);
  steal_ptr (&text);
  return 0;
}

void
inferred_fini (struct inferred *i)
{
  free (i->text);
  memset (i, 0, sizeof *i);
}
