/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_status.c - penstock status: asks a running serve, and shows its answer as a table. */
#include "core/base/cleanup.h"
#include "core/base/escape.h"
#include "core/base/units.h"
#include "core/cli/cli.h"
#include "core/cli/control_path.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 10
#define ANSWER_MAX (64u << 20)

/* ---- the question ---- */

static int
connect_to (const char *path, struct err *e)
{
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  struct timeval patience = { .tv_sec = PATIENCE_S };
  CLEANUP_FD int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd == -1)
    return err_errno (e, "socket");
  if (strlen (path) >= sizeof to.sun_path)
    return err_set (e, "%s: a path of a socket has at most %zu bytes", path, sizeof to.sun_path - 1);
  strcpy (to.sun_path, path);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect (fd, (struct sockaddr *)&to, sizeof to) == -1)
    return err_errno (e, "no `penstock serve` answers at %s", path);
  return steal_fd (&fd);
}

/* One line, without its end; the caller frees. */
static char *
read_line (int fd, const char *path, struct err *e)
{
  CLEANUP_FREE char *line = NULL;
  size_t n = 0, cap = 0;

  for (;;)
    {
      ssize_t k;

      if (n == cap)
        {
          cap = cap ? 2 * cap : 65536;
          if (cap > ANSWER_MAX)
            return err_set (e, "%s: the answer is longer than %u bytes", path, ANSWER_MAX), NULL;
          line = xrealloc (line, cap);
        }
      k = recv (fd, line + n, cap - n, 0);
      if (k == -1 && errno == EINTR)
        continue;
      if (k == -1)
        return err_errno (e, "%s: no answer", path), NULL;
      if (k == 0)
        return err_set (e, "%s: hung up before it answered", path), NULL;
      n += (size_t)k;
      if (line[n - 1] == '\n')
        {
          line[n - 1] = '\0';
          return steal_ptr (&line);
        }
    }
}

static char *
ask (const char *path, const char *pipeline, struct err *e)
{
  CLEANUP_FD int fd = connect_to (path, e);
  json_t *q;
  CLEANUP_FREE char *text = NULL, *line = NULL;

  if (fd == -1)
    return NULL;
  q = json_pack ("{s:s}", "request", "status");
  if (pipeline)
    json_object_set_new (q, "pipeline", json_string (pipeline));
  text = json_dumps (q, JSON_COMPACT);
  json_decref (q);
  line = xasprintf ("%s\n", text);
  if (send (fd, line, strlen (line), MSG_NOSIGNAL) != (ssize_t)strlen (line))
    return err_errno (e, "%s", path), NULL;
  return read_line (fd, path, e);
}

/* ---- the table ---- */

static json_int_t
number (const json_t *o, const char *key)
{
  return json_integer_value (json_object_get (o, key));
}

static const char *
text_of (const json_t *o, const char *key)
{
  const char *t = json_string_value (json_object_get (o, key));

  return t ? t : "";
}

/* "0", "12 s", "5 min", "3 h", "2 d". */
static const char *
span_text (char *buf, size_t cap, int64_t ns)
{
  int64_t s = ns / 1000000000;

  if (s < 120)
    snprintf (buf, cap, "%lld s", (long long)s);
  else if (s < 7200)
    snprintf (buf, cap, "%lld min", (long long)s / 60);
  else if (s < 172800)
    snprintf (buf, cap, "%lld h", (long long)s / 3600);
  else
    snprintf (buf, cap, "%lld d", (long long)s / 86400);
  return buf;
}

static const char *
time_text (char *buf, size_t cap, int64_t ns)
{
  time_t t = (time_t)(ns / 1000000000);
  struct tm tm;

  localtime_r (&t, &tm);
  strftime (buf, cap, "%m-%d %H:%M:%S", &tm);
  return buf;
}

static const char *
last_text (char *buf, size_t cap, const json_t *last)
{
  if (!last)
    snprintf (buf, cap, "-");
  else if (number (last, "signal"))
    snprintf (buf, cap, "signal %d", (int)number (last, "signal"));
  else
    snprintf (buf, cap, "%d", (int)number (last, "status"));
  return buf;
}

static void
print_row (const json_t *p)
{
  const json_t *run = json_object_get (p, "run"), *total = json_object_get (p, "total");
  char last[32], lag[32], due[32] = "-", workers[16] = "-", memory[32] = "-";

  if (run)
    {
      snprintf (workers, sizeof workers, "%d", (int)number (run, "workers"));
      snprintf (memory, sizeof memory, "%lldM", (long long)number (run, "memory") >> 20);
    }
  else if (number (p, "due_ns"))
    time_text (due, sizeof due, number (p, "due_ns"));
  printf ("%-24s %-8s %-9s %6lld %8lld %8lld %11lld %9lld %7s %7s %7s  %s\n", text_of (p, "pipeline"),
          text_of (p, "state"), last_text (last, sizeof last, json_object_get (p, "last")),
          (long long)number (p, "runs"), (long long)(number (total, "accepted") + number (run, "accepted")),
          (long long)(number (total, "refused") + number (run, "refused")),
          (long long)(number (total, "records") + number (run, "records")),
          (long long)(number (total, "rejected") + number (run, "rejected")), workers, memory,
          span_text (lag, sizeof lag, number (p, "lag_ns")), due);
}

static void
print_errors (const json_t *answer)
{
  char shown[2 * ERR_TEXT_MAX];
  const json_t *o;
  size_t i;

  json_array_foreach (json_object_get (answer, "pipelines"), i, o)
  {
    const char *error = text_of (o, "error");

    if (*error)
      printf ("%s: %s\n", text_of (o, "pipeline"), escape_text (shown, sizeof shown, error, strlen (error)));
  }
  json_array_foreach (json_object_get (json_object_get (answer, "serve"), "bad_files"), i, o)
  {
    const char *error = text_of (o, "error");

    printf ("%s (%s)\n", escape_text (shown, sizeof shown, error, strlen (error)),
            json_is_true (json_object_get (o, "in_force")) ? "the version before is in force" : "left out");
  }
}

static void
print_table (const json_t *answer)
{
  const json_t *s = json_object_get (answer, "serve"), *p;
  char since[32], total[UNITS_TEXT];
  size_t i;

  printf ("penstock %s, process %d, %s since %s; workers %d of %d, memory %lldM of %s%s\n", text_of (s, "version"),
          (int)number (s, "pid"), text_of (s, "state"), time_text (since, sizeof since, number (s, "started_ns")),
          (int)number (s, "workers_used"), (int)number (s, "workers"), (long long)number (s, "memory_used") >> 20,
          units_size_text (total, (uint64_t)number (s, "memory") >> 20 << 20),
          json_is_true (json_object_get (s, "crowded")) ? "; not enough memory for all at once" : "");
  printf ("%-24s %-8s %-9s %6s %8s %8s %11s %9s %7s %7s %7s  %s\n", "PIPELINE", "STATE", "LAST EXIT", "RUNS",
          "ACCEPTED", "REFUSED", "RECORDS", "REJECTED", "WORKERS", "MEMORY", "LAG", "NEXT");
  json_array_foreach (json_object_get (answer, "pipelines"), i, p) print_row (p);
  print_errors (answer);
}

static int
show (struct cli *c, const char *line, bool as_json)
{
  json_t *answer = json_loads (line, 0, NULL);
  int rc = CLI_OK;

  if (!json_is_true (json_object_get (answer, "ok")))
    {
      cli_error (c, "status: %s", answer ? text_of (answer, "error") : "the answer is not understood");
      rc = CLI_ENVIRONMENT;
    }
  else if (as_json)
    puts (line);
  else
    print_table (answer);
  json_decref (answer);
  return rc;
}

static int
run (struct cli *c, int argc, char **argv)
{
  static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                           { "json", no_argument, NULL, 'j' },
                                           { "socket", required_argument, NULL, 's' },
                                           { NULL, 0, NULL, 0 } };
  CLEANUP_FREE char *path = NULL, *line = NULL;
  bool json = false;
  struct err e;

  for (int o; (o = getopt_long (argc, argv, "", options, NULL)) != -1;)
    if (o == 'j')
      json = true;
    else if (o == 's')
      {
        free (path);
        path = xstrdup (optarg);
      }
    else
      return o == 'h' ? cli_help (&cmd_status) : cli_usage (&cmd_status, NULL);
  if (argc - optind > 1)
    return cli_usage (&cmd_status, "status: one pipeline, or none for all");
  if (!path)
    path = control_path (false);
  line = ask (path, optind < argc ? argv[optind] : NULL, &e);
  if (line)
    return show (c, line, json);
  cli_error (c, "status: %s", e.text);
  return CLI_ENVIRONMENT;
}

const struct cli_command cmd_status = {
  "status",
  "[--json] [--socket PATH] [PIPELINE]",
  "Ask a running `penstock serve` how its pipelines are.",
  run,
  "  --json         the answer as one line of JSON\n"
  "  --socket PATH  of that serve\n",
};
