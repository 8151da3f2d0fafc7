#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# serve_follow.sh - pipelines that stay: files are loaded as they come, SIGTERM completes what came in, alone and under serve.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/functional/servelib.sh"
requires sqlite3
requires_plugin nacha sqlite source-file

# alone
customer alone 'limits: { chunk = "4K"; workers = 1; };'
sed -i "s|$T/alone/in/\*.ach|$T/alone/in|" "$CONF/alone.conf"
files alone 1 3
"$PENSTOCK" run --follow --json "$CONF/alone.conf" > "$T/out" 2> "$T/err" &
run=$!
at_exit kill -9 "$run"
all_of alone
files alone 4 9
all_of alone
files alone 10 10 20000
has_begun () { sqlite3 "$T/alone/state/state.db" "select 1 from objects where name like '%file0010.ach'" | grep -q 1; }
wait_for has_begun
kill "$run"
status=0
wait "$run" || status=$?
[ "$status" = 0 ] || { tail -5 "$T/err" >&2; fail "run --follow ended with status $status, expected 0"; }
expect_text "$T/err" "terminated: completing"
expect_text "$T/out" '"failed":0'
all_of alone
rm "$CONF/alone.conf"

# under serve, beside one that comes and goes
customer acme 'schedule: { follow = true; retry = "50ms"; }; limits: { chunk = "4K"; };'
sed -i "s|$T/acme/in/\*.ach|$T/acme/in|" "$CONF/acme.conf"
customer umbrella
serve_start --workers 4
files acme 1 5
files umbrella 101 103
all_of acme
all_of umbrella
is acme state running || fail "a following run has ended"
is acme runs 1 || fail "a following pipeline was started $(field acme runs) times"
# changed: it completes, and stays again
customer acme 'schedule: { follow = true; retry = "50ms"; }; limits: { chunk = "8K"; };'
sed -i "s|$T/acme/in/\*.ach|$T/acme/in|" "$CONF/acme.conf"
files acme 6 7 5000
reload
wait_for grep -q 'acme: changed' "$T/serve.err"
files acme 8 12
all_of acme
is acme runs 2 || fail "after one change a following pipeline was started $(field acme runs) times"
# killed: started again
kill -9 "$(field acme pid)"
wait_for grep -q 'acme: the run was killed by signal 9' "$T/serve.err"
files acme 13 15
all_of acme
kill "$serve"
serve_ends 0
