#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# onedigit.sh - every digit of every amount, count, hash and total of a good NACHA file is changed, one at a time: nothing of
# such a file is visible in any sink, and the message names what was expected and what was found.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fault/faultlib.sh"
requires sqlite3 awk
requires_plugin nacha sqlite jsonl encoder-csv

mkdir -p "$T/in"
"$GEN_NACHA" -n 6 --seed 3 --batch 3 -o "$T/in/good.ach"

# Columns, 1-based, of what the controls cover: routing number and amount of entries (6), counts, hashes and totals of batch
# (8) and file (9) controls. The filler lines of nines are no controls.
awk -v out="$T/in" '
  function range (a, b, what,    i) { for (i = a; i <= b; i++) place[++n] = NR " " i " " what }
  { line[NR] = $0 }
  /^6/ { range(4, 11, "routing"); range(30, 39, "amount") }
  /^8/ { range(5, 10, "entry_count"); range(11, 20, "entry_hash"); range(21, 32, "debit"); range(33, 44, "credit") }
  /^9/ && !/^9+$/ {
    range(2, 7, "batch_count"); range(14, 21, "file_entry_count"); range(22, 31, "file_hash")
    range(32, 43, "file_debit"); range(44, 55, "file_credit")
  }
  END {
    for (k = 1; k <= n; k++) {
      split (place[k], p, " ")
      file = sprintf ("%s/wrong_%03d_line%02d_column%02d_%s.ach", out, k, p[1], p[2], p[3])
      digit = substr (line[p[1]], p[2], 1)
      for (i = 1; i <= NR; i++) {
        s = line[i]
        if (i == p[1]) s = substr (s, 1, p[2] - 1) ((digit + 1) % 10) substr (s, p[2] + 1)
        printf "%s\n", s > file
      }
      close (file)
    }
  }' "$T/in/good.ach"
wrong=$(find "$T/in" -name 'wrong_*' | wc -l)
[ "$wrong" -gt 200 ] || fail "only $wrong wrong files were made"

mkdir "$T/good"
cp "$T/in/good.ach" "$T/good/good.ach"
pipeline digits "$T/in"
expect_status 1 "$PENSTOCK" run "$T/digits.conf"
expect_text "$T/err" "1 accepted, $wrong refused"

# Visible is the good file, nothing else.
beside=$(cd "$T/digits/out" && find . -type f ! -name '.*' ! -name '*good.ach*')
[ -z "$beside" ] || fail "visible in spite of a wrong digit: $beside"
[ "$(find "$T/digits/out" -type f -name '*good.ach*' | wc -l)" -ge 6 ] || fail "the good file is not all there"
visible digits > "$T/now"
! grep -q 'wrong_' "$T/now" || fail "rows of a wrong file are visible"
[ "$(sqlite3 "$T/digits/out.db" "select count(*), count(distinct _object) from entries")" = "6|1" ] \
  || fail "the table of entries has not the six of the good file"

# Each is refused with a reason that has two numbers, what was expected and what was found.
for f in "$T"/in/wrong_*; do
  said=$(grep -F "$f" "$T/err" | tail -1)
  [ -n "$said" ] || fail "not a word of $f"
  case $said in
  *expected*found* | *found*expected* | *claim*) ;;
  *) fail "no expected and found: $said" ;;
  esac
done
echo "$wrong one-digit changes: nothing of them visible, each told with what was expected and found"
