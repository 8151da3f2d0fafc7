#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill_batch.sh - many small objects that are published in batches: the host is killed at random moments and in the middle of
# a batch's fsyncs and renames; each object is there once, whole, and never before its batch's intents are in the journal.
#
#   KILLS=500 SEED=7 tests/fault/kill_batch.sh     more kills; the seed of a failure is in its message
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3 sha256sum comm strace
requires_plugin nacha jsonl sink-file

: "${KILLS:=8}" "${SEED:=$$}"
RANDOM=$SEED
strace -o "$T/trace" -e trace=write true 2> /dev/null || skip "strace may not trace here"
trap 'echo "kill_batch.sh: SEED=$SEED" >&2' ERR

# Sinks that can put objects aside, and nothing else.
SETTINGS=
sinks () {
  cat <<EOC
  sinks: ( { plugin = "file"; name = "lines"; path = "$T/$1/out/{object}.jsonl"; },
           { plugin = "file"; name = "days"; path = "$T/$1/out/{date}/{object}.jsonl"; } );
EOC
}

# What is visible of an object has an intent, or more, in the journal.
intended () {
  (cd "$T/$1/out" && find . -maxdepth 1 -name 'file*.jsonl' -printf '%f\n' | sort) > "$T/seen"
  sqlite3 -cmd '.timeout 20000' "$T/$1/state/state.db" "select replace(name, rtrim(name, replace(name, '/', '')), '') || '.jsonl'
    from objects where status in ('intent', 'committed')" | sort > "$T/known"
  comm -23 "$T/seen" "$T/known" > "$T/beside"
  [ ! -s "$T/beside" ] || { head -3 "$T/beside" >&2; fail "SEED=$SEED: $1: visible without an intent in the journal"; }
}

# The next run after this one's death completes it.
completed () {
  [ ! -e "$T/$1/state/state.db" ] || intended "$1"
  nothing_but "$1" "$T/whole.txt"
  expect_status 0 "$PENSTOCK" run "$T/$1.conf"
  whole "$1" "$T/whole.txt"
  [ "$(sqlite3 "$T/$1/state/state.db" "select count(*), count(distinct key) from objects where status = 'committed'")" = "40|40" ] \
    || fail "SEED=$SEED: $1: the journal has not each of 40 objects once"
  rm -rf "$T/$1" "$T/$1.conf"
}

feed "$T/in" 40 25
reference "$T/in" "$T/whole.txt"
published=$(find "$T/reference/out" -name '*.jsonl' | wc -l)
[ "$published" = 80 ] || fail "80 files expected, $published came"

kills=0
for ((i = 1; i <= KILLS; i++)); do
  pipeline "round$i" "$T/in"
  status=0
  "$KILLER" -r "$T/report" -h $((RANDOM * duration / 32768)) "$PENSTOCK" run "$T/round$i.conf" > "$T/stdout" 2> "$T/err" || status=$?
  [ "$status" = 0 ] || [ "$status" = 137 ] || { cat "$T/err"; fail "SEED=$SEED: status $status"; }
  [ "$status" = 0 ] || kills=$((kills + 1))
  completed "round$i"
done
[ "$kills" -gt 0 ] || fail "SEED=$SEED: not one of $KILLS runs was killed"

# A thread that waits for the disk, or gives names, is where the host dies.
points=0
for call in fsync renameat2 fdatasync; do
  for n in 1 2 5; do
    pipeline "$call$n" "$T/in"
    status=0
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 "$KILLER" -r "$T/report" strace -f --detach-on=execve -o "$T/trace" \
      -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" \
      --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/$call$n.conf" > "$T/stdout" 2> "$T/err" < /dev/null || status=$?
    [ "$status" != 137 ] || points=$((points + 1))
    completed "$call$n"
  done
done
[ "$points" -ge 5 ] || fail "only $points of 9 runs were killed in the middle of a batch"
echo "$kills random kills, $points in fsync, renameat2 and fdatasync: nothing lost, nothing doubled, nothing without its intent"
