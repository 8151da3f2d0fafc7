#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# naps.sh - no test waits on time: it waits for an event, or uses a fake clock.
. "${srcdir:-.}/tests/lib.sh"
requires grep
cd "$srcdir"

nap='(^|[^[:alnum:]_./-])(u?sleep|nanosleep|time\.sleep|asyncio\.sleep)[[:space:]]*(\(|[0-9]|\$)'
printf 'x; sleep 1\n' | grep -qE "$nap" || fail "the pattern finds nothing"
if grep -rnE "$nap" tests --include='*.sh' --include='*.c' --include='*.py' --include='*.h' | grep -v '^tests/house/' >&2; then
  fail "these tests wait on time"
fi
