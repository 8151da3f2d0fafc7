#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# measure.sh - the meter counts what orphans used, too, passes the exit status on, and sees memory where it is.
. "${srcdir:-.}/tests/lib.sh"
requires awk dd
measure=$builddir/bench/measure

expect_status 7 "$measure" -o "$T/m" sh -c 'exit 7'
expect_text "$T/m" 'status=7'
expect_status 127 "$measure" -o "$T/m" "$T/nothing-here"

field () { sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p" "$T/m"; }
# The parent leaves at once; a child of its child does the work.
busy='( ( i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done ) & ) '
"$measure" -o "$T/m" sh -c "$busy; exit 0"
awk -v u="$(field user)" 'BEGIN { exit !(u > 0.05) }' || fail "the orphan's time is lost: $(cat "$T/m")"

# dd holds one buffer of 64 MiB and reads it full many times over.
"$measure" -m -o "$T/m" dd if=/dev/zero of=/dev/null bs=64M count=64 2> /dev/null
peak=$(field peak_kib)
[ "$peak" -gt 65000 ] && [ "$peak" -lt 80000 ] || fail "dd with a 64 MiB buffer peaks at $peak KiB"
"$measure" -m -o "$T/m" sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=64 & dd if=/dev/zero of=/dev/null bs=64M count=64; wait' 2> /dev/null
peak=$(field peak_kib)
[ "$peak" -gt 130000 ] && [ "$peak" -lt 150000 ] || fail "two of them peak at $peak KiB"
