#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# signals.sh - SIGTERM and SIGINT end a run in order, a second one at once; both leave work that the next run completes.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3 sha256sum comm
requires_plugin nacha sqlite jsonl encoder-csv

is_sanitized && : "${RUNS:=5}"
: "${RUNS:=12}" "${SEED:=$$}"
RANDOM=$SEED
feed "$T/in" 4 800
reference "$T/in" "$T/whole.txt"
pipeline warm "$T/in"
expect_status 0 "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/warm.conf"
duration=$(field microseconds "$T/report")

# signalled NAME SHOTS: one run under these signals, then one without.
signalled () {
  local name=$1
  shift
  pipeline "$name" "$T/in"
  status=0
  "$KILLER" -r "$T/report" "$@" "$PENSTOCK" run "$T/$name.conf" > "$T/stdout" 2> "$T/err" || status=$?
  case $status in
  0) ;; # it came too late
  3) stopped=$((stopped + 1)) ;;
  130 | 143) # before the run has begun
    [ ! -e "$T/$name/state/state.db" ] || fail "SEED=$SEED: $name: killed by a signal in the middle of its work"
    ;;
  *) cat "$T/err"; fail "SEED=$SEED: $name: status $status after $*: expected 0 or 3" ;;
  esac
  nothing_but "$name" "$T/whole.txt"
  [ "$status" = 0 ] || expect_status 0 "$PENSTOCK" run "$T/$name.conf"
  whole "$name" "$T/whole.txt"
  rm -rf "$T/$name"
}

for how in "15" "2" "15 15" "2 15"; do
  set -- $how
  stopped=0
  for ((i = 0; i < RUNS; i++)); do
    at=$((duration * (i + 1) / (RUNS + 1)))
    shots=(-t "$1:$at")
    [ -z "${2:-}" ] || shots+=(-t "$2:$((at + RANDOM % 3000))")
    signalled "s$1-${2:-0}-$i" "${shots[@]}"
  done
  [ "$stopped" -gt 0 ] || fail "not one of $RUNS runs was stopped by signal $how"
  echo "signals $how: $stopped of $RUNS runs stopped with status 3, each completed by the next"
done

# What it says: who stopped it and what to do.
pipeline words "$T/in"
for ((i = 1; i <= 40; i++)); do
  status=0
  "$KILLER" -r "$T/report" -t "15:$((duration * i / 41))" "$PENSTOCK" run "$T/words.conf" 2> "$T/err" || status=$?
  [ "$status" != 3 ] || break
  rm -rf "$T/words"
  pipeline words "$T/in"
done
[ "$status" = 3 ] || fail "not one of 40 runs was stopped by SIGTERM"
expect_text "$T/err" "terminated: stopping"
