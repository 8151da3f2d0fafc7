#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# stuck_sink.sh - a sink whose call never comes back: one signal ends the run after limits.stop, a second one at once, and nobody is
# left behind.
. "${srcdir:-.}/tests/lib.sh"
requires_plugin nacha jsonl source-file
[ -e "$builddir/tests/plugins/.libs/hanging.so" ] || skip "the sink plugin \"hanging\" was not built"
mkdir -m 755 "$T/plugins"
cp "$builddir/tests/plugins/.libs/hanging.so" "$T/plugins/"
"$GEN_NACHA" -n 20 --seed 1 -o "$T/a.ach"

run_hanging () { # CALL STOP: $pid, once it hangs
  rm -rf "$T/state" "$T/mark"
  cat > "$T/x.conf" <<END
pipeline: { name = "x"; state = "$T/state";
  source: { plugin = "file"; path = [ "$T/a.ach" ]; };
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "hanging"; in = "$1"; mark = "$T/mark"; } );
  limits: { stop = "$2"; workers = 1; };
};
END
  "$builddir/penstock" --plugin-dir="$T/plugins" --plugin-dir="$builddir/.libs" --libexec-dir="$builddir" run "$T/x.conf" > "$T/out" 2> "$T/err" &
  pid=$!
  at_exit kill -9 "$pid"
  wait_for test -e "$T/mark"
}
# ends WITHIN TEXT: with status 3, in so many seconds (a loaded machine's allowance included), and says so
ends () {
  local began=$SECONDS got=0
  wait "$pid" || got=$?
  [ "$got" = 3 ] || { cat "$T/err"; fail "status 3 expected, got $got"; }
  [ $((SECONDS - began)) -lt "$1" ] || fail "it took $((SECONDS - began)) s"
  expect_text "$T/err" "$2"
  wait_for nobody_left
}
nobody_left () { ! pgrep -f -- "--parent=$pid"; }

for call in create table write finish; do
  run_hanging $call 300ms
  kill -TERM "$pid"
  ends 30 "a sink's call has not come back within 0.3 s of the signal (limits.stop)"
done
for call in create write; do # a patient run, and an impatient operator
  run_hanging $call 10m
  kill -TERM "$pid"
  heard () { [ "$call" = create ] || grep -q 'terminated: stopping' "$T/err"; }
  wait_for heard
  kill -INT "$pid"
  ends 30 "stopped at once by a second signal"
done
