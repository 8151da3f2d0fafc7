#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# serve_stuck.sh - a sink that waits for ever and a host that does not turn stall nobody else, and are ended in bounded time.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/functional/servelib.sh"
requires sqlite3
requires_plugin nacha sqlite source-file

customer stuck "" 'busy_timeout = "1h";'
customer frozen
customer well
# one customer's host is stopped in the middle
files frozen 200 200
serve_start --drain-time 1s
all_of frozen
hold "$T/frozen/out.db"
files frozen 201 201 20000
is_in_it () { [ "$(field frozen state)" = running ] && [ "$(field frozen open)" -ge 1 ]; }
wait_for is_in_it
kill -STOP "$(field frozen pid)"
let_go

# another one's database is locked by somebody else
hold "$T/stuck/out.db"
files stuck 1 4
files well 101 104
all_of well
wait_for is stuck state running

# whoever is well goes on, whatever comes; the pool is not held by the others, nor is the answer
for i in 1 2 3; do
  files well $((100 + 10 * i)) $((104 + 10 * i))
  all_of well
done
is stuck state running && is frozen state running || fail "stuck runs came to an end by themselves"
[ "$(field stuck lag_ns)" -gt 0 ] || fail "a stuck pipeline shows no lag"
[ "$(field well runs_failed)" = 0 ] || fail "the one that is well has failed"

# a stuck pipeline can be changed and removed: what does not end is killed in bounded time, the others go on
rm "$CONF/stuck.conf"
reload
WAIT_SECONDS=120 wait_for grep -q 'stuck: removed' "$T/serve.err"
expect_text "$T/serve.err" "stuck: takes too long to complete what it took in"
files well 150 154
all_of well

# put back, with the lock gone: everything is there, once
let_go
customer stuck
reload
all_of stuck

# the frozen one does not keep serve from ending; a second signal ends at once
below=$(descendants "$serve")
kill "$serve"
wait_for grep -q 'terminated: starting nothing more' "$T/serve.err"
kill "$serve"
status=0
wait "$serve" || status=$?
[ "$status" = 3 ] || fail "serve ended with status $status, expected 3: a run was killed"
wait_for none_alive $below
serve_start
all_of frozen
all_of well
kill "$serve"
serve_ends 0
