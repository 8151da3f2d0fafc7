#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# format.sh - the C code looks as .clang-format says.
. "${srcdir:-.}/tests/lib.sh"
requires clang-format
cd "$srcdir"
version=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$version" = 14 ] || skip "clang-format $version formats differently from version 14"

find sdk core plugins tests bench -name '*.[ch]' -type f -print0 > "$T/files"
[ -s "$T/files" ] || fail "no C files found"
xargs -0 clang-format --dry-run -Werror < "$T/files" 2> "$T/said" || {
  grep -o '^[^:]*:[0-9]*' "$T/said" | awk -F: '!seen[$1]++' >&2
  fail "run clang-format -i on these files"
}
