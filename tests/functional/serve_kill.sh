#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# serve_kill.sh - the supervisor is killed again and again under load: nothing of it lives on, nothing is lost or doubled.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/functional/servelib.sh"
requires sqlite3
requires_plugin nacha sqlite source-file

customer acme
customer umbrella 'schedule: { every = "50ms"; }; limits: { chunk = "4K"; workers = 2; }; commit = "chunk";'
files acme 1 1
serve_start
all_of acme
kill "$serve"
serve_ends 0
killed=0
for round in 1 2 3 4 5 6; do
  # in the middle of a run: it has taken something in, and cannot end
  hold "$T/acme/out.db"
  files acme $((round * 10)) $((round * 10 + 2)) 2000
  files umbrella $((1000 + round * 10)) $((1000 + round * 10 + 2)) 2000
  serve_start
  is_in_a_run () { [ "$(field acme open)" -ge 1 ] && [ "$(descendants "$serve" | wc -w)" -ge 3 ]; }
  wait_for is_in_a_run
  below=$(descendants "$serve")
  kill -9 "$serve"
  wait "$serve" 2>/dev/null || true
  wait_for none_alive $below
  let_go
  killed=$((killed + $(wc -w <<< "$below")))
done
[ "$killed" -ge 18 ] || fail "only $killed processes were running below the six supervisors: the kills came too late"
# one that is stopped by a signal at once, and one whose run is killed
serve_start
files acme 100 102 4000
hit_run () {
  local pid
  pid=$(field acme pid)
  if [ "${pid:-0}" -gt 0 ]; then kill -9 "$pid" 2>/dev/null || true; fi
  grep -q 'acme: the run was killed by signal 9; failure 1 in a row' "$T/serve.err"
}
wait_for hit_run
all_of acme
all_of umbrella
[ "$(field acme failures_in_a_row)" = 0 ] || fail "a good run does not end the count of failures"
kill "$serve"
serve_ends 0
[ ! -e "$SOCKET" ] || fail "the socket was left behind"
echo "$killed processes ended with six supervisors; acme $(arrived acme), umbrella $(arrived umbrella) entries, each once"
