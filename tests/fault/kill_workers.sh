#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill_workers.sh - workers are killed at random moments: the run goes on, and its output is that of an undisturbed run.
#
#   KILLS=1000 SEED=7 tests/fault/kill_workers.sh
# A chunk whose second try is hit, too, is a chunk that kills workers: its object is refused, and nothing of it is visible. The
# youngest worker is spared and kills are some time apart, so that this is rare; such a run counts for nothing else. How far apart
# follows from what a run takes here, and a run that was over before its first kill is no luck to rely on: the next one comes earlier.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3 sha256sum comm
requires_plugin nacha sqlite jsonl encoder-csv

is_sanitized && : "${KILLS:=20}" "${PARTS:=4}" # workers take their time to start there
: "${KILLS:=200}" "${PARTS:=8}" "${SEED:=$$}"
feed "$T/in" 6 2500
reference "$T/in" "$T/whole.txt"

pipeline warm "$T/in" # plugins are described now
expect_status 0 "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/warm.conf"
pause=$(($(field microseconds "$T/report") / PARTS))

kills=0 runs=0 unlucky=0 idle=0
while [ "$kills" -lt "$KILLS" ]; do
  runs=$((runs + 1))
  name=run$runs
  pipeline "$name" "$T/in"
  status=0
  "$KILLER" -r "$T/report" -s "$((SEED + runs))" -w "$KILLS:$pause" "$PENSTOCK" run "$T/$name.conf" > "$T/stdout" \
    2> "$T/err" || status=$?
  if [ "$status" = 1 ] && grep -q "killed two workers\|looked for the chunks" "$T/err"; then
    unlucky=$((unlucky + 1))
    [ $((unlucky * 4)) -le $((runs + 12)) ] || fail "SEED=$SEED: in $unlucky of $runs runs a chunk lost both its tries"
    nothing_but "$name" "$T/whole.txt"
  else
    [ "$status" = 0 ] || { tail -20 "$T/err"; fail "SEED=$SEED: $name: status $status: $(cat "$T/report")"; }
    whole "$name" "$T/whole.txt"
    got=$(field kills "$T/report")
    kills=$((kills + got)) idle=$((got ? 0 : idle + 1))
    [ "$got" != 0 ] || pause=$((pause * 2 / 3 + 2))
    [ "$idle" -lt 20 ] || fail "SEED=$SEED: no worker could be killed in $idle runs on end"
  fi
  rm -rf "$T/$name" "$T/$name.conf"
done
echo "$kills workers killed in $runs runs: the same output as without ($unlucky runs refused an object hit twice)"
