#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# headers.sh - every file opens with an SPDX line and one sentence that says which idea it holds.
. "${srcdir:-.}/tests/lib.sh"
requires awk find
cd "$srcdir"

find sdk core plugins tests bench -name '*.[ch]' -type f -print0 | sort -z > "$T/c"
find tests bench scripts .ci \( -name '*.sh' -o -name '*.py' -o -path 'scripts/*' -o -path '.ci/*' -o -path bench/run \) \
  -type f ! -name '*.mk' -print0 2>/dev/null | sort -z > "$T/scripts"
{
  xargs -0 -r awk '
    FNR == 1 && $0 != "/* SPDX-License-Identifier: Apache-2.0 */" { print FILENAME ":1: the SPDX line is lacking" }
    FNR == 2 {
      n = split (FILENAME, part, "/")
      # name.c - what it is about
      if (index ($0, "/* " part[n] " - ") != 1 || length ($0) < length (part[n]) + 20)
        print FILENAME ":2: expected \"/* " part[n] " - one sentence\""
    }' < "$T/c"
  xargs -0 -r awk '
    FNR == 1 { at = /^#!/ ? 2 : 1 }
    FNR == at && $0 != "# SPDX-License-Identifier: Apache-2.0" { print FILENAME ":" at ": the SPDX line is lacking" }
    FNR == at + 1 && ! /^(# |""").+[a-z]/ { print FILENAME ":" FNR ": expected one sentence on what this file is" }' < "$T/scripts"
} > "$T/bad"

n=$(tr -cd '\0' < "$T/c" | wc -c)
[ "$n" -gt 5 ] || fail "only $n C files found: the test looked in the wrong place"
[ ! -s "$T/bad" ] || { cat "$T/bad" >&2; fail "$(wc -l < "$T/bad") files open wrongly"; }
echo "$n C files and $(tr -cd '\0' < "$T/scripts" | wc -c) scripts open as they should"
