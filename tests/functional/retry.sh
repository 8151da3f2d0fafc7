# SPDX-License-Identifier: Apache-2.0
# retry.sh - a sink's transient failures: every call is made again with the same bytes until it works, a signal or
# limits.sink_retry ends the waiting, and another run resumes.
. "${srcdir:-.}/tests/lib.sh"
requires gcc
requires_plugin jsonl source-file

mkdir -m 755 "$T/own"
umask 022
# Writes what it is given, but only after each of its calls has failed `times` times; times = -1: begin() fails always.
cat > "$T/own/shaky.c" <<'END_C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <penstock/plugin.h>
struct options { const char *path; int64_t times; };
struct sink { const struct pen_host *h; const struct options *o; int fd; int64_t left; uint64_t rows, bytes; };
static const struct pen_opt opts[] = { { "path", PEN_PATH, PEN_OPT_REQUIRED, PEN_FIELD (struct options, path), NULL, NULL, "File." },
                                       { "times", PEN_INT, 0, PEN_FIELD (struct options, times), "2", NULL, "Failures." }, { NULL } };
static int create (const struct pen_host *h, const void *p, void **self)
{
  struct sink *s = calloc (1, sizeof *s);
  s->h = h;
  s->o = p;
  s->fd = -1;
  s->left = s->o->times;
  *self = s;
  return PEN_OK;
}
static int per_table (void *self) { (void)self; return 0; }
static int table (void *self, unsigned t, const char *name, const struct ArrowSchema *s) { (void)self; (void)t; (void)name; (void)s; return PEN_OK; }
static int is_shaky (struct sink *s, const char *what)
{
  if (s->o->times >= 0 && s->left-- == 0)
    {
      s->left = s->o->times;
      return 0;
    }
  s->h->fail (s->h->ctx, "%s: the server is away", what);
  return 1;
}
static int begin (void *self, const struct pen_object *o, const struct pen_begin *b, uint64_t *next, struct pen_span *c)
{
  struct sink *s = self;
  (void)o; (void)b; (void)c;
  if (is_shaky (s, "begin"))
    return PEN_RETRY;
  s->fd = open (s->o->path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  s->rows = s->bytes = 0;
  *next = 0;
  return s->fd < 0 ? s->h->fail (s->h->ctx, "cannot open") : PEN_OK;
}
static int put (void *self, uint64_t seq, unsigned t, struct pen_span p, uint64_t n)
{
  struct sink *s = self;
  (void)seq; (void)t;
  if (is_shaky (s, "write"))
    return PEN_RETRY;
  s->rows += n;
  s->bytes += p.n;
  return write (s->fd, p.p, p.n) == (ssize_t)p.n ? PEN_OK : s->h->fail (s->h->ctx, "cannot write");
}
static int commit (void *self, uint64_t seq, struct pen_span c) { (void)seq; (void)c; return is_shaky (self, "commit") ? PEN_RETRY : PEN_OK; }
static int finish (void *self, const struct pen_object *o, int accepted, struct pen_tally *y)
{
  struct sink *s = self;
  (void)o; (void)accepted;
  if (is_shaky (s, "finish"))
    return PEN_RETRY;
  close (s->fd);
  y->rows = s->rows;
  y->bytes = s->bytes;
  return PEN_OK;
}
static void destroy (void *self) { free (self); }
static const struct pen_sink sink = { .size = sizeof sink, .default_encoder = "jsonl", .create = create, .per_table = per_table,
  .table = table, .begin = begin, .write = put, .commit = commit, .finish = finish, .destroy = destroy };
PEN_PLUGIN = { .abi = PEN_ABI, .size = sizeof (struct pen_plugin), .name = "shaky", .version = "1", .summary = "A sink that fails.",
  .options_size = sizeof (struct options), .opt_size = sizeof (struct pen_opt), .opts = opts, .sink = &sink };
END_C
gcc -std=c11 -D_GNU_SOURCE -Wall -Werror -shared -fPIC -fvisibility=hidden -I"$srcdir/sdk" -o "$T/own/shaky.so" "$T/own/shaky.c"
"$GEN_NACHA" -n 200 --seed 3 -o "$T/in.ach"

conf () { # NAME TIMES RETRY COMMIT
  cat > "$T/$1.conf" <<END_CONF
plugin_dirs = [ "$T/own" ];
pipeline: {
  name = "$1"; state = "state-$1"; commit = "$4";
  source: { plugin = "file"; path = "in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "shaky"; path = "$1.jsonl"; times = $2; } );
  limits: { workers = 2; chunk = "8K"; sink_retry = "$3"; };
};
END_CONF
  chmod 644 "$T/$1.conf"
}

conf steady 0 5m object
expect_status 0 "$PENSTOCK" run "$T/steady.conf"
[ -s "$T/steady.jsonl" ] || fail "nothing was written"
# begin, some writes and finish fail twice each: the same bytes, once
for mode in object chunk; do
  conf shaky-$mode 1 5m $mode
  expect_status 0 "$PENSTOCK" run "$T/shaky-$mode.conf"
  same "$T/steady.jsonl" "$T/shaky-$mode.jsonl"
  expect_text "$T/err" 'sink "shaky": begin: the server is away; will be tried again in 0.1 s'
  expect_text "$T/err" 'sink "shaky": write: the server is away'
  expect_text "$T/err" 'sink "shaky": finish: the server is away'
done
expect_text "$T/err" 'sink "shaky": commit: the server is away'

# it never works: the run ends after limits.sink_retry, or at once, and says how often it was tried
conf never -1 1s object
expect_status 3 "$PENSTOCK" run "$T/never.conf"
grep -q 'begin: the server is away (tried [0-9]* times in ' "$T/err" || { cat "$T/err"; fail "the number of tries is not told"; }
conf never -1 0s object
expect_status 3 "$PENSTOCK" run "$T/never.conf"
! grep -q 'again' "$T/err" || fail "tried again although limits.sink_retry is 0s"

# a signal ends the waiting
conf never -1 1d object
"$PENSTOCK" run "$T/never.conf" > "$T/out" 2> "$T/err" &
pid=$!
at_exit kill -9 "$pid"
wait_for grep -q 'tried again in 0.4 s' "$T/err"
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" = 3 ] || fail "exit status $status after a signal, expected 3"

# and the same object is delivered by the next run
conf never 0 1s object
expect_status 0 "$PENSTOCK" run "$T/never.conf"
same "$T/steady.jsonl" "$T/never.jsonl"

# SQLite: another program's transaction
requires_plugin sqlite
requires python3
cat > "$T/locked.conf" <<END_CONF
pipeline: {
  name = "locked"; state = "state-locked";
  source: { plugin = "file"; path = "in.ach"; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "locked.db"; busy_timeout = "0s"; } );
  limits: { workers = 1; };
};
END_CONF
expect_status 0 "$PENSTOCK" run "$T/locked.conf"
rows=$(python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from entries").fetchone()[0])' "$T/locked.db")
"$GEN_NACHA" -n 200 --seed 4 -o "$T/in.ach"
python3 - "$T/locked.db" "$T/held" <<'END_PY' &
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin immediate")
open(sys.argv[2], "w").close()
os.mkfifo(sys.argv[2] + ".go")
open(sys.argv[2] + ".go").read()
db.execute("rollback")
END_PY
wait_for test -p "$T/held.go"
"$PENSTOCK" run "$T/locked.conf" > "$T/out" 2> "$T/err" &
pid=$!
wait_for grep -q 'locked; will be tried again' "$T/err"
echo go > "$T/held.go"
wait "$pid" || { cat "$T/err"; fail "the run did not go on once the lock was gone"; }
after=$(python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from entries").fetchone()[0])' "$T/locked.db")
[ "$after" = $((2 * rows)) ] || fail "$after rows after the lock, expected $((2 * rows))"
