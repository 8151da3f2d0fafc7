#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill_host.sh - the host is killed at random moments, again and again in the middle of its recovery: in the end every row
# is there once and in order; before, nothing half done is visible; within a second nobody is left.
#
#   KILLS=1000 SEED=7 tests/fault/kill_host.sh     more kills; the seed of a failure is in its message
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3 sha256sum comm
requires_plugin nacha sqlite jsonl encoder-csv

is_sanitized && : "${KILLS:=60}"
: "${KILLS:=200}" "${SEED:=$$}"
RANDOM=$SEED
trap 'echo "kill_host.sh: SEED=$SEED" >&2' ERR
feed "$T/in" 3 120
reference "$T/in" "$T/whole.txt"

kills=0 rounds=0
while [ "$kills" -lt "$KILLS" ]; do
  rounds=$((rounds + 1))
  name=round$rounds
  pipeline "$name" "$T/in"
  for ((life = 1; ; life++)); do
    shots=()
    [ "$life" -gt 12 ] || shots=(-h $((RANDOM * duration / 32768)))
    status=0
    "$KILLER" -r "$T/report" "${shots[@]}" "$PENSTOCK" run "$T/$name.conf" > "$T/stdout" 2> "$T/err" || status=$?
    [ "$status" != 99 ] || fail "SEED=$SEED: left behind: $(cat "$T/report")"
    if [ "$status" != 137 ]; then
      took=$(field microseconds "$T/report")
      [ "$took" -gt "$duration" ] || duration=$took # later runs need not describe the plugins
      break
    fi
    kills=$((kills + 1))
    nothing_but "$name" "$T/whole.txt"
  done
  [ "$status" = 0 ] || { cat "$T/err"; fail "SEED=$SEED: $name ended with status $status after $((life - 1)) kills"; }
  whole "$name" "$T/whole.txt"
  [ "$kills" -lt "$KILLS" ] || comparison_sees "$name" "$T/whole.txt"
  rm -rf "$T/$name" "$T/$name.conf"
done
echo "$kills kills in $rounds loads: nothing lost, nothing doubled, nothing half visible, nobody left"
