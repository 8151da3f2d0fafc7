#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill_points.sh - SIGKILL, EIO and ENOSPC at the 1st, 2nd, 3rd ... call of each kind that changes a file; the next run
# completes the work.
#
#   STRIDE=1 tests/fault/kill_points.sh     every call instead of one in STRIDE (starting from a random one)
# The n-th call of whichever thread comes to its n-th first; calls on the database of the SQLite sink are counted apart.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires strace sqlite3 sha256sum comm
requires_plugin nacha sqlite jsonl encoder-csv
strace -o "$T/trace" -e trace=write true 2>/dev/null || skip "strace may not trace here"

is_sanitized && : "${STRIDE:=40}" # strace and a sanitizer's start: five times as long
: "${STRIDE:=8}" "${SEED:=$$}"
RANDOM=$SEED
feed "$T/in" 2 40
reference "$T/in" "$T/whole.txt"

# at CALL N FAULT [PATH]: sets $status and $hit (1: the call was reached).
at () {
  local paths=()
  [ -z "${4:-}" ] || paths=(-P "$4" -P "$4-wal" -P "$4-journal")
  rm -f "$T/trace"
  status=0
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 "$KILLER" -r "$T/report" strace -f --detach-on=execve -o "$T/trace" "${paths[@]}" -e trace="$1" -e inject="$1:$3:when=$2" \
    "$builddir/penstock" --plugin-dir="$PEN_PLUGIN_DIR" --libexec-dir="$PEN_LIBEXEC_DIR" run "$T/$name.conf" \
    > "$T/stdout" 2> "$T/err" < /dev/null || status=$?
  hit=0
  if [ "$status" = 137 ] || grep -q '(INJECTED)' "$T/trace"; then hit=1; fi
}

points=0
# every CALL FAULT [PATH]: at one call in STRIDE, until a run no longer comes that far.
every () {
  local n
  for ((n = 1 + RANDOM % STRIDE; ; n += STRIDE)); do
    points=$((points + 1))
    name=point$points
    pipeline "$name" "$T/in"
    at "$1" "$n" "$2" "${3:+$T/$name/out.db}"
    case $status in
    0 | 3 | 137) ;;
    *) cat "$T/err" >&2; fail "SEED=$SEED: $2 at $1 number $n: status $status" ;;
    esac
    nothing_but "$name" "$T/whole.txt"
    if [ "$status" != 0 ]; then
      expect_status 0 "$KILLER" -r "$T/report" "$PENSTOCK" run "$T/$name.conf"
    fi
    whole "$name" "$T/whole.txt"
    rm -rf "$T/$name" "$T/$name.conf"
    [ "$hit" = 1 ] || break
  done
}

for call in write writev pwrite64 fsync fdatasync ftruncate rename renameat2 unlink unlinkat; do
  every "$call" signal=SIGKILL
done
every pwrite64 signal=SIGKILL database
every fdatasync signal=SIGKILL database
for call in pwrite64 fsync fdatasync renameat2; do
  every "$call" error=EIO
done
every pwrite64 error=ENOSPC
every pwrite64 error=ENOSPC database
echo "$points runs with a fault at a chosen call: each completed by the next run"
